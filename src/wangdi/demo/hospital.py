"""What the county's hospitals see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import NEVER, Days, month_index, quarter_ends, years_at
from wangdi.demo.illness import PROGRAMMES, Programme
from wangdi.demo.places import Places
from wangdi.demo.population import Population
from wangdi.demo.registrations import SECOND, Care, Registrations
from wangdi.demo.settings import WorldSettings, load_model, random_stream

BIRTH = -1
"""The reason of a visit at which somebody was born."""


@dataclass(frozen=True, slots=True)
class Patients:
    """Whom hospitals know. ``of_visit``: the registration of each visit; ``on_file``: registrations without a visit."""

    of_visit: NDArray[np.int32]
    on_file: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class HospitalVisits:
    """Grain: one element per visit. Units: mg/dL for ``glucose``. Missing: -1 where not measured."""

    person: NDArray[np.int32]
    hospital: NDArray[np.int32]
    day: Days
    send: NDArray[np.int8]
    inpatient: NDArray[np.bool_]
    reason: NDArray[np.int8]
    sbp: NDArray[np.int16]
    dbp: NDArray[np.int16]
    glucose: NDArray[np.int16]
    known: dict[Programme, NDArray[np.bool_]]
    """The visit codes this disease, of which the person is a patient already."""
    vaccinated: NDArray[np.bool_]

    @property
    def size(self) -> int:
        return len(self.day)


def make_hospital_visits(
    settings: WorldSettings, population: Population, registrations: Registrations, care: dict[Programme, Care]
) -> HospitalVisits:
    """Visits of the whole period. A disease is coded only for people in an institution's care for it on that day."""
    rng = random_stream(settings, "hospitals")
    model = load_model()["hospital"]
    years = settings.history_years + 1
    person = np.sort(rng.integers(0, population.size, int(population.size * model["seen_a_year"] * years)))
    day = rng.integers(population.first_day, population.last_day + 1, len(person)).astype(np.int32)
    left = np.where(population.next_village[person] < 0, population.moved_on[person], NEVER)
    here = (day > population.entered[person]) & (day < np.minimum(population.died_on[person], left))
    here &= years_at(population.birth[person], day) >= 18
    patient, day = person[here].astype(np.int32), day[here]
    places, count = population.places, len(patient)
    county = places.county_of_township[places.village_township[population.village_on_of(patient, day)]]
    choice = rng.integers(0, -(-len(places.hospitals) // len(places.counties)), count) * len(places.counties) + county
    choice = np.where(choice < len(places.hospitals), choice, county)
    sbp = np.round(rng.normal(132, 15, count) / 2).astype(np.int16) * 2
    measured, tested = rng.random(count) < model["measured"], rng.random(count) < model["tested"]
    glucose = np.round(rng.lognormal(np.log(100), 0.2, count))
    coded = {
        p: _in_care(population, registrations, care[p], patient, day) & (rng.random(count) < model["known_coded"])
        for p in PROGRAMMES
    }
    hospital = np.array(places.hospitals)[choice].astype(np.int32)
    grown = HospitalVisits(
        person=patient,
        hospital=hospital,
        day=day,
        send=_sends(settings, places, hospital, day),
        inpatient=rng.random(count) < 0.15,
        reason=rng.integers(0, len(model["low_grade"]), count).astype(np.int8),
        sbp=np.where(measured, np.clip(sbp, 92, 210), -1).astype(np.int16),
        dbp=np.clip(np.round(sbp * 0.58 + rng.normal(0, 4, count)), 50, 120).astype(np.int16),
        glucose=np.where(tested, glucose, -1).astype(np.int16),
        known=coded,
        vaccinated=rng.random(count) < model["vaccinated"],
    )
    return add_visits(settings, places, grown, (_births(settings, population), BIRTH))


def add_visits(
    settings: WorldSettings,
    places: Places,
    visits: HospitalVisits,
    more_of: tuple[tuple[NDArray[Any], NDArray[Any], Days], int],
) -> HospitalVisits:
    """Some more visits at which nothing is measured. ``more_of``: their person, hospital and day; the reason of all."""
    (person, hospital, day), reason = more_of
    none = np.full(len(person), -1, dtype=np.int16)
    no = np.zeros(len(person), dtype=bool)
    more = HospitalVisits(
        person=person.astype(np.int32),
        hospital=hospital.astype(np.int32),
        day=day.astype(np.int32),
        send=_sends(settings, places, hospital, day),
        inpatient=np.full(len(person), reason == BIRTH),
        reason=np.full(len(person), reason, dtype=np.int8),
        sbp=none,
        dbp=none,
        glucose=none,
        known=dict.fromkeys(PROGRAMMES, no),
        vaccinated=no,
    )
    parts = {
        name: np.concatenate([getattr(visits, name), getattr(more, name)])
        for name in HospitalVisits.__dataclass_fields__
        if name != "known"
    }
    known = {programme: np.concatenate([visits.known[programme], no]) for programme in PROGRAMMES}
    return HospitalVisits(**parts, known=known)


def _sends(settings: WorldSettings, places: Places, hospital: NDArray[Any], day: Days) -> NDArray[np.int8]:
    """A county's first hospital sends every quarter, the others once a year."""
    months = month_index(day, settings.year)
    first = np.isin(hospital, places.hospitals[: len(places.counties)])
    return np.where(first, quarter_ends(months), (months + 11) // 12 * 12).astype(np.int8)


def _births(settings: WorldSettings, population: Population) -> tuple[NDArray[Any], NDArray[Any], Days]:
    """Who was born in a hospital of the county in these years: person, hospital, day."""
    rng = random_stream(settings, "births in hospitals")
    model, places = load_model()["records"], population.places
    here = (population.birth == population.entered) & population.resident
    person = np.flatnonzero(here & (rng.random(population.size) < model["born_in_hospital"]))
    county = places.county_of_township[places.village_township[population.village[person]]]
    return person, np.array(places.hospitals)[county], population.birth[person]


def _in_care(
    population: Population, registrations: Registrations, care: Care, person: NDArray[np.int32], day: Days
) -> NDArray[np.bool_]:
    """Whether each person is, on that day, a resident patient enrolled at 35 or over and never revoked."""
    since = np.full(population.size, NEVER, dtype=np.int32)
    until = np.zeros(population.size, dtype=np.int32)
    grown = years_at(population.birth[care.person], care.diagnosed_on) >= load_model()[care.programme]["known"][2][0]
    lasting = grown & (care.revoked_on < 0) & (registrations.why[care.registration] != SECOND)
    since[care.person[lasting]] = care.diagnosed_on[lasting]
    until[care.person[lasting]] = care.until[lasting]
    return (since[person] < day) & (until[person] > day) & population.resident[person]
