"""How a case becomes known: from onset to diagnosis, to the card and its reviews; where, and what is said of the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import UNKNOWN, Days, Texts, date_texts, day_number, years_at
from wangdi.demo.epidemics import Cases
from wangdi.demo.gatherings import KINDS, SCHOOLS, Attendance, Gatherings
from wangdi.demo.population import Population
from wangdi.demo.seasons import is_holiday, is_weekend
from wangdi.demo.settings import WorldSettings, load_epidemics, random_stream

DAY = 1_440
"""Minutes of a day."""
NO_MOMENT = -1
Minutes = NDArray[np.int64]
CLASSES = ("confirmed", "clinical", "suspected", "carrier")
_PUPIL, _TODDLER, _AT_HOME = "学生", "幼托儿童", "散居儿童"
_SCHOOL_AGE = 7


@dataclass(frozen=True, slots=True)
class Reports:
    """What became known of each case.

    Grain: one element per case. Units: minutes since 1970-01-01; ``NO_MOMENT`` for what has not happened by the year's end.
    """

    cases: Cases
    diagnosed: Minutes
    entered: Minutes
    reviews: Minutes
    """Of the county, the city and the province: three columns."""
    late: NDArray[np.bool_]
    facility: NDArray[np.int32]
    village: NDArray[np.int32]
    gathering: NDArray[np.int32]
    case_class: NDArray[np.int8]
    course: NDArray[np.int8]
    """0 acute, 1 chronic, 2 not applied."""
    occupation: Texts
    died_on: Days
    carded: NDArray[np.bool_]
    """Whether there is a card; else the case stands in a register only."""

    @property
    def size(self) -> int:
        return self.cases.size

    def take(self, index: NDArray[Any]) -> Reports:
        changes = {one.name: getattr(self, one.name)[index] for one in fields(self) if one.name != "cases"}
        return replace(self, cases=self.cases.take(index), **changes)


def make_reports(
    settings: WorldSettings, population: Population, cases: Cases, earliest: Minutes, attendance: Attendance
) -> Reports:
    """The course of every case; those diagnosed or entered only after the year's end are left out.

    ``earliest``: the moment before which each cannot have been diagnosed.
    """
    rng, model = random_stream(settings, "reporting"), load_epidemics()["reporting"]
    diagnosed = _diagnose(cases, rng, model)
    diagnosed += np.where(diagnosed < earliest, DAY, 0)
    late = rng.random(cases.size) < model["late"]
    entered = _enter(diagnosed, late, rng, model)
    gathering = attendance.at(cases.person, cases.onset)
    village = population.village_on_of(cases.person, cases.onset)
    day = (diagnosed // DAY).astype(np.int32)
    course, case_class, fatal = _classify(cases, rng)
    died = population.died_on[cases.person]
    told = fatal & (died >= day) & (died <= np.minimum(day + model["death_within"], population.last_day))
    reports = Reports(
        cases=cases,
        diagnosed=diagnosed,
        entered=entered,
        reviews=_review(entered, rng, (population.last_day + 1) * DAY),
        late=late,
        facility=_choose_facility(population, village, rng, model["at_hospital"]),
        village=village,
        gathering=gathering,
        case_class=case_class,
        course=course,
        occupation=_occupations(population, cases, gathering, attendance.gatherings, rng),
        died_on=np.where(told, died, UNKNOWN).astype(np.int32),
        carded=np.ones(cases.size, dtype=bool),
    )
    known = (entered < (population.last_day + 1) * DAY) & (day < died)
    reports = reports.take(np.flatnonzero(known))
    return _leave_out(settings, reports, rng, model["unreported"])


def moment_texts(minutes: Minutes) -> Texts:
    """``2025-03-01 09:30:00``; "" for ``NO_MOMENT``."""
    dates = date_texts((minutes // DAY).astype(np.int32), "iso")
    clock = np.array([f" {m // 60:02}:{m % 60:02}:00" for m in range(DAY)], dtype=object)
    return np.where(minutes == NO_MOMENT, "", dates + clock[minutes % DAY]).astype(object)


def _spread(rng: np.random.Generator, median: float, spread: float, size: int) -> NDArray[np.int64]:
    return np.asarray(median * np.exp(rng.normal(0.0, spread, size)), dtype=np.int64)


def _diagnose(cases: Cases, rng: np.random.Generator, model: Any) -> Minutes:
    """Some wait for the end of a weekend or of a holiday."""
    diseases = load_epidemics()["disease"]
    median, spread = np.array([disease["delay"] for disease in diseases]).T
    day = cases.onset + (median[cases.disease] * np.exp(rng.normal(0, 1, cases.size) * spread[cases.disease])).astype(
        np.int32
    )
    lot = rng.random(cases.size)
    weekend, holiday = model["waits"]
    while True:
        closed = (is_weekend(day) & (lot < weekend)) | (is_holiday(day) & (lot < holiday))
        if not closed.any():
            break
        day = day + closed
    return np.asarray(
        day.astype(np.int64) * DAY + rng.integers(model["clinic_hours"][0], model["clinic_hours"][1], cases.size)
    )


def _enter(diagnosed: Minutes, late: NDArray[np.bool_], rng: np.random.Generator, model: Any) -> Minutes:
    """Within the day mostly; some cards are forgotten for days."""
    median, spread, most = model["entry"]
    first, last = model["late_minutes"]
    soon = np.minimum(_spread(rng, median, spread, len(late)), most)
    return _after_night(diagnosed + np.where(late, rng.integers(first, last, len(late)), soon), model)


def _after_night(minutes: Minutes, model: Any) -> Minutes:
    """What falls into the night is done first thing in the morning."""
    evening, morning = model["night"]
    of_day = minutes % DAY
    up = minutes - of_day + np.where(of_day >= evening, DAY, 0) + morning + of_day % 45
    return np.where((of_day >= evening) | (of_day < morning), up, minutes)


def _review(entered: Minutes, rng: np.random.Generator, end: int) -> Minutes:
    model, columns, before = load_epidemics()["reporting"], [], entered
    for median, spread in model["review"]:
        before = before + np.minimum(_spread(rng, median, spread, len(entered)), model["review_most"])
        before = _after_night(before, model)
        columns.append(np.where(before < end, before, NO_MOMENT))
    return np.stack(columns, axis=1)


def _choose_facility(
    population: Population, village: NDArray[np.int32], rng: np.random.Generator, share: float
) -> NDArray[np.int32]:
    """A hospital of the county, or the township's own."""
    places = population.places
    township = places.village_township[village]
    county = places.county_of_township[township]
    several = max(1, len(places.hospitals) // len(places.counties))
    choice = county + rng.integers(0, several, len(village)) * len(places.counties)
    hospital = np.array(places.hospitals)[choice]
    return np.where(rng.random(len(village)) < share, hospital, places.township_hospital[township]).astype(np.int32)


def _classify(cases: Cases, rng: np.random.Generator) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.bool_]]:
    """Course, class, and whether the disease kills at times. Planted outbreaks are looked into: more are confirmed or fewer."""
    diseases = load_epidemics()["disease"]
    shares = np.cumsum([disease["classes"] for disease in diseases], axis=1)
    lot = rng.random(cases.size)
    case_class = (lot[:, None] >= shares[cases.disease]).sum(axis=1)
    planted = [model["confirmed"] for model in load_epidemics()["outbreak"].values() if "confirmed" in model]
    of = np.flatnonzero(cases.outbreak >= 0)
    case_class[of] = rng.random(len(of)) >= np.array([*planted, 0.0])[cases.outbreak[of]]
    chronic = np.array([disease.get("chronic", -1.0) for disease in diseases])[cases.disease]
    course = np.where(chronic < 0, 2, rng.random(cases.size) < chronic)
    fatal = np.array([disease.get("fatal", False) for disease in diseases])[cases.disease]
    last = len(CLASSES) - 1
    return course.astype(np.int8), np.minimum(case_class, last).astype(np.int8), fatal


def _occupations(
    population: Population, cases: Cases, gathering: NDArray[np.int32], gatherings: Gatherings, rng: np.random.Generator
) -> Texts:
    ages = years_at(population.birth[cases.person], cases.onset)
    found = np.full(cases.size, _AT_HOME, dtype=object)
    steps: list[list[Any]] = load_epidemics()["reporting"]["occupations"]
    for number, (start, words) in enumerate(steps):
        end = steps[number + 1][0] if number + 1 < len(steps) else ages.max(initial=0) + 1
        at = np.flatnonzero((ages >= start) & (ages < end))
        found[at] = rng.choice(np.array(list(words), dtype=object), len(at), p=list(words.values()))
    found[(ages >= _SCHOOL_AGE) & (ages < steps[0][0])] = _PUPIL
    kind = np.where(gathering >= 0, gatherings.kind[np.maximum(gathering, 0)], -1)
    found[kind == KINDS.index("kindergarten")] = _TODDLER
    found[np.isin(kind, [KINDS.index(school) for school in SCHOOLS])] = _PUPIL
    return found


def _leave_out(settings: WorldSettings, reports: Reports, rng: np.random.Generator, model: Sequence[Any]) -> Reports:
    """Some of the year's cases are never reported; none of the planted ones."""
    share, least = model
    free = np.flatnonzero((reports.diagnosed >= day_number(settings.year) * DAY) & (reports.cases.outbreak < 0))
    count = min(len(free), max(least, round(share * len(free))))
    carded = reports.carded.copy()
    carded[rng.choice(free, count, replace=False)] = False
    return replace(reports, carded=carded)
