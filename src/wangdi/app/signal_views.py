"""What pages show of the watched: a signal's curve, map and line list; a disease over the years; a place of today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np

from wangdi.app.derivation import Standing, derive
from wangdi.app.watched import CARD, COUNT, COUNT_FIELDS
from wangdi.app.watched_area import day_number, day_of
from wangdi.core.dates import age_years
from wangdi.link.people import show_person
from wangdi.outbreaks.series import Floats, Ints
from wangdi.outbreaks.surveillance.cases import NOWHERE, WEEK, Cases, count_weeks
from wangdi.outbreaks.surveillance.day import Watched
from wangdi.outbreaks.surveillance.findings import STREAM, Finding
from wangdi.outbreaks.surveillance.settings import SurveillanceSettings
from wangdi.outbreaks.surveillance.signals import Signal
from wangdi.outbreaks.surveillance.streams import StreamCounts, expect_window
from wangdi.outbreaks.surveillance.unusual import Judged, judge_weekday

WEEKS_SHOWN = 52
SPANS_SHOWN = {1: 56, WEEK: 12}
"""How many single days, or weeks, of a stream are drawn."""
MOST_CURVES = 4
YEARS_SHOWN = 5
YEAR_WEEKS = 53
AGE_ENDS = (0, 3, 7, 18, 45, 65)
"""Where the age groups of a line list begin."""
CARD_FIELDS = (
    "card_no",
    "disease",
    "case_class",
    "onset_on",
    "diagnosed_on",
    "reported_at",
    "workplace",
    "address_code",
    "reporting_unit",
)


@dataclass(frozen=True, slots=True)
class Curve:
    """Counts over time with what was expected. ``labels``: the last day of each period.

    Missing: null where nothing is known, or nothing was expected for want of history.
    """

    labels: tuple[str, ...]
    observed: tuple[float | None, ...]
    expected: tuple[float | None, ...]
    bound: tuple[float | None, ...]
    marked: tuple[bool, ...] = field(default=())
    """The periods that belong to the signal."""
    subject: str = ""
    site: str = ""
    days: int = WEEK
    """How many days are counted together."""


def draw_signal(watched: Watched, signal: Signal, settings: SurveillanceSettings) -> list[Curve]:
    """The curves behind a signal: the weeks of its first disease in its places, then each source of a stream that stood out.

    Grain: one a disease or source, at most ``MOST_CURVES``; sources by probability.
    """
    curves = []
    disease = next((one for one in signal.subjects if one in watched.cases.diseases), None)
    if disease is not None:
        curves.append(draw_cases(watched.cases, disease, signal.places, (signal.day - WEEK + 1, signal.last), settings))
    streams = {stream.stream: stream for stream in watched.streams}
    best: dict[tuple[str, str], list[Finding]] = {}
    for one in sorted(
        signal.findings, key=lambda one: (one.probability if one.probability is not None else 1.0, one.day)
    ):
        if one.method == STREAM and one.subject in streams:
            best.setdefault((one.subject, one.site), []).append(one)
    curves += [_draw_source(streams[stream], found, settings) for (stream, _), found in best.items()]
    return curves[:MOST_CURVES]


def draw_cases(
    cases: Cases, subject: str, places: Sequence[str], span: tuple[int, int], settings: SurveillanceSettings
) -> Curve:
    """A disease's last year by weeks that end on the weekday of ``span``'s last day, in a township, several, or a county.

    Of several townships without their county expectation and bound are left out: they are not one series.
    """
    if subject not in cases.diseases:
        return Curve((), (), (), (), subject=subject)
    disease, last = cases.diseases.index(subject), span[1]
    days = last - WEEK * np.arange(WEEKS_SHOWN)[::-1]
    here = _places_of(cases, places)
    counts = count_weeks(cases, last, WEEKS_SHOWN)[disease][here].sum(axis=0)
    expected, bound = np.full((2, WEEKS_SHOWN), np.nan)
    row = _row_of(cases, places)
    for judged in judge_weekday(cases, days, settings.unusual, disease):
        at = np.searchsorted(days, judged.days)
        for series in np.flatnonzero(judged.rows.place == row) if row is not None else ():
            expected[at], bound[at] = judged.given.mean[series][:, 0], judged.bounds_of(int(series))
    marked = tuple(bool(span[0] <= day and day - WEEK < span[1]) for day in days)
    return Curve(_labels(days), _known(counts), _known(expected), _known(bound), marked, subject)


def _places_of(cases: Cases, places: Sequence[str]) -> Ints:
    """The townships meant, by index; of nothing, all and the unknown."""
    chosen = [
        number
        for number, place in enumerate(cases.places)
        if not places or place.code in places or place.county in places
    ]
    return np.array(chosen if places else [*chosen, len(cases.places)], dtype=np.int64)


def _row_of(cases: Cases, places: Sequence[str]) -> int | None:
    """Which series of a panel places are: a township, or a county with or without some of its townships, counted downwards
    from -1. Missing: null where they are several.
    """
    counties = {place.county for place in cases.places if place.code in places or place.county in places or not places}
    if len(counties) == 1 and (not places or counties.issubset(places)):
        return -1 - cases.counties.index(next(iter(counties)))
    if len(places) != 1:
        return None
    return next((number for number, place in enumerate(cases.places) if place.code == places[0]), None)


def _labels(days: Ints) -> tuple[str, ...]:
    return tuple(f"{day_of(int(day)):%m-%d}" for day in days)


def _known(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if not np.isfinite(value) else round(float(value), 2) for value in values)


def _draw_source(stream: StreamCounts, findings: Sequence[Finding], settings: SurveillanceSettings) -> Curve:
    """What a source counted, what was expected of it and the most that would have said nothing, up to its last finding.

    Rule: by the days looked at together in the strongest (the first) finding, each judged as on its last day. Missing: null where
    it did not report; expectation and bound are null where too little was known before.
    """
    length = findings[0].day - findings[0].first + 1
    days = max(one.day for one in findings) - length * np.arange(SPANS_SHOWN[length])[::-1]
    row = next((number for number, one in enumerate(stream.sources) if one.name == findings[0].site), None)
    observed, expected, bound = np.full((3, len(days)), np.nan)
    for place, day in enumerate(days) if row is not None else ():
        if 0 <= day - stream.first < stream.counts.shape[1]:
            window = expect_window(stream, int(day) - stream.first, length, settings.streams)
            counted = np.isfinite(stream.counts[row, max(day - stream.first - length + 1, 0) : day - stream.first + 1])
            observed[place] = window.observed[row] if counted.any() else np.nan
            if window.known[row]:
                expected[place], bound[place] = window.expected[row], window.bound[row]
    marked = tuple(any(day - length < one.day and one.first <= day for one in findings) for day in days)
    return Curve(
        _labels(days), _known(observed), _known(expected), _known(bound), marked,
        findings[0].subject, findings[0].site, length,
    )  # fmt: skip


def count_townships(cases: Cases, signal: Signal) -> dict[str, int]:
    """Cases of the signal's diseases in each township, from the first day looked at to the last."""
    first = min(one.first for one in signal.findings)
    subjects = [number for number, code in enumerate(cases.diseases) if code in signal.subjects]
    inside = (cases.day >= first) & (cases.day <= signal.last) & np.isin(cases.disease, subjects) & cases.counted()
    counts = np.bincount(cases.place[inside & (cases.place != NOWHERE)], minlength=len(cases.places))
    return {place.code: int(count) for place, count in zip(cases.places, counts, strict=True)}


@dataclass(frozen=True, slots=True)
class CardLine:
    """One card of a line list. Missing: whatever the card, or the person's registration, does not say is null."""

    fact: int
    person: str
    sex: str | None
    age: int | None
    card_no: str
    disease: str
    case_class: str | None
    onset_on: date | None
    diagnosed_on: date | None
    reported_at: datetime | None
    workplace: str | None
    address_code: str | None
    reporting_unit: str | None


def list_cards(standing: Standing, facts: Sequence[int]) -> list[CardLine]:
    """The cards behind a signal, by onset. Facts that are no cards are left out."""
    if CARD not in standing.library.forms or not facts:
        return []
    derived = derive(standing)
    fields = ", ".join(f"f.{name}" for name in CARD_FIELDS)
    numbers = ", ".join(str(int(fact)) for fact in facts)
    rows = standing.workspace.rows(
        f"SELECT f.seq, l.person_id, p.sex, p.birth_date, {fields} FROM {standing.facts(standing.form(CARD), CARD_FIELDS)} f"
        f" LEFT JOIN {derived.links} l USING (registration_id) LEFT JOIN {derived.people} p USING (person_id)"
        f" WHERE f.seq IN ({numbers}) ORDER BY f.onset_on NULLS LAST, f.seq"
    )
    return [_card_line(row) for row in rows]


def _card_line(row: Sequence[Any]) -> CardLine:
    seq, person, sex, birth_date, *said = row
    on = said[3] or said[4]
    age = None if birth_date is None or on is None else age_years(birth_date, on)
    return CardLine(seq, "" if person is None else show_person(person), sex, age, *said)


@dataclass(frozen=True, slots=True)
class CountLine:
    """One count of a stream behind a signal."""

    fact: int
    on: date
    stream: str
    source: str
    count: int
    of: float | None


def list_counts(standing: Standing, facts: Sequence[int]) -> list[CountLine]:
    """The counts behind a signal, by day. Facts that are no counts are left out."""
    if COUNT not in standing.library.forms or not facts:
        return []
    numbers = ", ".join(str(int(fact)) for fact in facts)
    rows = standing.workspace.rows(
        f"SELECT seq, occurred_on, stream, coalesce(source_name, source), count, of"
        f" FROM {standing.facts(standing.form(COUNT), COUNT_FIELDS)} WHERE seq IN ({numbers}) ORDER BY occurred_on, seq"
    )
    return [CountLine(*row) for row in rows]


def group_ages(lines: Sequence[CardLine]) -> list[dict[str, Any]]:
    """Cases by age group and sex, as far as both are known. ``first``, ``last``: ages in years, the last group open."""
    groups = []
    for first, after in zip(AGE_ENDS, (*AGE_ENDS[1:], None), strict=True):
        of_age = [
            one for one in lines if one.age is not None and one.age >= first and (after is None or one.age < after)
        ]
        groups.append(
            {
                "first": first,
                "last": None if after is None else after - 1,
                "male": sum(one.sex == "1" for one in of_age),
                "female": sum(one.sex == "2" for one in of_age),
                "all": len(of_age),
            }
        )
    return groups


@dataclass(frozen=True, slots=True)
class Seasons:
    """A disease by week of the year. ``years``: year -> cases by week 1 to 53; ``bound``: the most cases of each week of the last
    year that would have said nothing.
    """

    years: dict[int, tuple[float | None, ...]]
    bound: tuple[float | None, ...]


def draw_seasons(
    cases: Cases, subject: str, places: Sequence[str], on: date, settings: SurveillanceSettings
) -> Seasons:
    """The last years of a disease laid over each other, by ISO week.

    Missing: weeks before the first card and after the day are null; so is a bound without history.
    """
    if subject not in cases.diseases or not len(cases.day):
        return Seasons({}, ())
    disease = cases.diseases.index(subject)
    sunday = day_number(on) + (7 - on.isoweekday())
    first = date(on.year - YEARS_SHOWN + 1, 1, 1)
    weeks = (sunday - day_number(first)) // WEEK + 1
    counts = count_weeks(cases, sunday, weeks)[disease][_places_of(cases, places)].sum(axis=0)
    years: dict[int, list[float | None]] = {first.year + back: [None] * YEAR_WEEKS for back in range(YEARS_SHOWN)}
    ends = sunday - WEEK * np.arange(weeks)[::-1]
    for end, count in zip(ends, counts, strict=True):
        year, week, _ = day_of(int(end)).isocalendar()
        if year in years and end >= cases.day[0]:
            years[year][week - 1] = float(count)
    bound: list[float | None] = [None] * YEAR_WEEKS
    row = _row_of(cases, places)
    of_year = ends[[day_of(int(end)).isocalendar()[0] == on.year for end in ends]]
    for judged in judge_weekday(cases, of_year, settings.unusual, disease):
        for series in np.flatnonzero(judged.rows.place == row) if row is not None else ():
            for end, value in zip(judged.days, judged.bounds_of(int(series)), strict=True):
                bound[day_of(int(end)).isocalendar()[1] - 1] = None if not np.isfinite(value) else float(value)
    return Seasons({year: tuple(values) for year, values in years.items()}, tuple(bound))


@dataclass(frozen=True, slots=True)
class DiseaseToday:
    """A disease at a place: cases of the last 7 and 28 days, what was expected of the 7, the same 28 days a year before."""

    disease: str
    week: int
    expected: float | None
    bound: float | None
    month: int
    month_before: int


def list_today(cases: Cases, places: Sequence[str], on: date, settings: SurveillanceSettings) -> list[DiseaseToday]:
    """Every disease with a case in the last 28 days or in the same days of the year before, the most this week first."""
    last = day_number(on)
    here = _places_of(cases, places)
    inside = cases.counted() & np.isin(np.where(cases.place == NOWHERE, len(cases.places), cases.place), here)

    def count(first: int, end: int) -> Ints:
        chosen = inside & (cases.day > first) & (cases.day <= end)
        return np.bincount(cases.disease[chosen], minlength=len(cases.diseases))

    week, month, before = count(last - 7, last), count(last - 28, last), count(last - 364 - 28, last - 364)
    expected: dict[int, tuple[float, float]] = {}
    row = _row_of(cases, places)
    for judged in judge_weekday(cases, np.array([last]), settings.unusual):
        expected |= _expected_at(judged, row)
    rows = []
    for number, code in enumerate(cases.diseases):
        if month[number] or before[number]:
            mean, bound = expected.get(number, (np.nan, np.nan))
            said = [None if not np.isfinite(value) else round(float(value), 2) for value in (mean, bound)]
            rows.append(
                DiseaseToday(code, int(week[number]), said[0], said[1], int(month[number]), int(before[number]))
            )
    return sorted(rows, key=lambda one: (-one.week, -one.month, one.disease))


def _expected_at(judged: Judged, row: int | None) -> dict[int, tuple[float, float]]:
    if row is None:
        return {}
    rows = np.flatnonzero(judged.rows.place == row)
    return {
        int(judged.rows.disease[one]): (float(judged.given.mean[one][0, 0]), float(judged.bounds_of(int(one))[0]))
        for one in rows
    }


def list_quiet(watched: Watched, on: date) -> list[dict[str, Any]]:
    """Where it is quiet: townships by the days since their last card, streams and sources by the days since their last count.

    Grain: one row a township, one a source that has missed what it usually sends. Missing: ``days`` is null where there never
    was a card.
    """
    last = day_number(on)
    rows: list[dict[str, Any]] = []
    cases = watched.cases
    for number, place in enumerate(cases.places):
        days = cases.day[(cases.place == number) & (cases.day <= last)]
        rows.append(
            {
                "kind": "cards",
                "code": place.code,
                "name": place.name,
                "days": last - int(days[-1]) if len(days) else None,
            }
        )
    for stream in watched.streams:
        for row, source in enumerate(stream.sources):
            known = np.flatnonzero(np.isfinite(stream.counts[row])) + stream.first
            known = known[known <= last]
            if len(known) > 1:
                silent, usual = last - int(known[-1]), int(np.quantile(np.diff(known), 0.95))
                if silent > max(2 * usual, WEEK):
                    rows.append({"kind": stream.stream, "code": source.place, "name": source.name, "days": silent})
    return sorted(rows, key=lambda one: (one["kind"] != "cards", -(one["days"] if one["days"] is not None else 10**6)))
