"""Which institution knows whom, and who is in whose care."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import NEVER, UNKNOWN, Days, day_number
from wangdi.demo.illness import PROGRAMMES, Illness, Programme, make_illnesses
from wangdi.demo.population import Population
from wangdi.demo.settings import WorldSettings, load_model, random_stream

OWN, MOVED, SECOND, OTHER, REPORTED = 0, 1, 2, 3, 4
"""Why an institution knows a person: lives there, moved there, registered there as well, reported by another, was a case."""


@dataclass(frozen=True, slots=True)
class Registrations:
    """What institutions know of people.

    Grain: one element per (person, sender). ``serial`` numbers its people;
    ``until`` is the first day it no longer looks after the person.
    """

    person: NDArray[np.int32]
    sender: NDArray[np.int32]
    """Index in ``places.organisations``."""
    village: NDArray[np.int32]
    opened: Days
    until: Days
    why: NDArray[np.int8]
    serial: NDArray[np.int32]

    @property
    def size(self) -> int:
        return len(self.person)


@dataclass(frozen=True, slots=True)
class Care:
    """A patient in one institution's care, of one programme.

    Grain: one element per (registration, programme). Days from ``diagnosed_on`` to the day before ``until``.
    """

    programme: Programme
    registration: NDArray[np.int32]
    person: NDArray[np.int32]
    village: NDArray[np.int32]
    diagnosed_on: Days
    until: Days
    revoked_on: Days
    lost_on: Days
    """UNKNOWN, or the day from which the institution has lost sight of the patient: nobody visits after it."""

    @property
    def size(self) -> int:
        return len(self.person)


def make_registrations(
    settings: WorldSettings, population: Population, illnesses: dict[Programme, Illness]
) -> Registrations:
    """Everybody's registrations with the institutions that look after residents."""
    rng = random_stream(settings, "registrations")
    model = load_model()["records"]
    places = population.places
    patient = np.zeros(population.size, dtype=bool)
    for illness in illnesses.values():
        patient[illness.person] = True
    chance = np.where(population.resident, model["opened"], model["opened"] * 0.5)
    person = np.flatnonzero(patient | (rng.random(population.size) < chance)).astype(np.int32)
    opened = _opening_days(rng, population, person)
    next_village = population.next_village
    leaves = (next_village < 0) | (places.village_sender[next_village] != places.village_sender[population.village])
    until = np.minimum(population.died_on[person], np.where(leaves, population.moved_on, NEVER)[person])
    own = (person, population.village[person], opened, until, OWN)
    moves = (next_village >= 0) & leaves & (population.moved_on < population.died_on)
    mover = person[moves[person]]
    arrival = (population.moved_on[mover] + rng.integers(3, 30, len(mover))).astype(np.int32)
    moved = (mover, population.next_village[mover], arrival, population.died_on[mover], MOVED)
    stays = person[(until == NEVER) & population.resident[person] & (opened < day_number(settings.year))]
    second = stays[rng.random(len(stays)) < model["second_registration"]]
    elsewhere = rng.integers(0, len(places.villages), len(second)).astype(np.int32)
    differs = places.village_sender[elsewhere] != places.village_sender[population.village[second]]
    second, elsewhere = second[differs], elsewhere[differs]
    since = (day_number(settings.year) + rng.integers(10, 200, len(second))).astype(np.int32)
    also = (second, elsewhere, since, np.full(len(second), NEVER), SECOND)
    return _join_registrations(population, (own, moved, also))


def extend_registrations(
    registrations: Registrations, person: NDArray[np.int32], sender: NDArray[np.int32], day: Days, why: int = OTHER
) -> tuple[Registrations, NDArray[np.int32]]:
    """Add people as other institutions know them (a hospital, a CDC); answers the new ones' indexes as well.

    Cases are numbered after whom the institutions knew before.
    """
    count = registrations.size
    before = int(registrations.serial[registrations.why == OTHER].max(initial=0)) if why == REPORTED else 0
    fresh = np.arange(count, count + len(person), dtype=np.int32)
    joined = Registrations(
        person=np.concatenate([registrations.person, person]),
        sender=np.concatenate([registrations.sender, sender]),
        village=np.concatenate([registrations.village, np.full(len(person), -1, dtype=np.int32)]),
        opened=np.concatenate([registrations.opened, day]),
        until=np.concatenate([registrations.until, np.full(len(person), NEVER, dtype=np.int32)]),
        why=np.concatenate([registrations.why, np.full(len(person), why, dtype=np.int8)]),
        serial=np.concatenate([registrations.serial, before + np.arange(1, len(person) + 1, dtype=np.int32)]),
    )
    return joined, fresh


def leave_out_cases(registrations: Registrations) -> Registrations:
    """Without those that are there because of a disease alone, which stand last: what is drawn for the others stays the same."""
    first = int((registrations.why != REPORTED).sum())
    return replace(
        registrations, **{one.name: getattr(registrations, one.name)[:first] for one in fields(registrations)}
    )


def make_care(settings: WorldSettings, population: Population, registrations: Registrations, illness: Illness) -> Care:
    """Who looks after each patient, and from when: whoever takes over a mover writes the diagnosis anew."""
    rng = random_stream(settings, f"care {illness.programme}")
    at = np.full(population.size, -1, dtype=np.int32)
    at[illness.person] = np.arange(len(illness.person))
    chosen = np.flatnonzero((at[registrations.person] >= 0) & (registrations.why != SECOND))
    person = registrations.person[chosen]
    known = illness.diagnosed_on[at[person]]
    moved = registrations.why[chosen] == MOVED
    rewritten = registrations.opened[chosen] + rng.integers(0, 10, len(chosen))
    day = np.where(moved, np.maximum(rewritten, known), known).astype(np.int32)
    revoked = illness.revoked_on[at[person]]
    until = np.minimum(registrations.until[chosen], np.where(revoked == UNKNOWN, NEVER, revoked))
    lost = _lost_days(settings, population)[person]
    until = np.minimum(until, np.where(lost > day + 120, lost, NEVER))
    kept = (day < until) & (day <= population.last_day)
    pick = chosen[kept]
    revoked, until, lost = revoked[kept], until[kept], lost[kept]
    mine = (revoked != UNKNOWN) & (revoked <= until)
    return Care(
        programme=illness.programme,
        registration=pick.astype(np.int32),
        person=person[kept],
        village=registrations.village[pick],
        diagnosed_on=day[kept],
        until=until.astype(np.int32),
        revoked_on=np.where(mine, revoked, UNKNOWN).astype(np.int32),
        lost_on=np.where((until == lost) & (lost != NEVER), lost, UNKNOWN).astype(np.int32),
    )


def _lost_days(settings: WorldSettings, population: Population) -> Days:
    """The day somebody is lost to follow-up, the same for every programme; NEVER for nearly all."""
    rng = random_stream(settings, "lost")
    span = population.last_day - population.first_day
    chance = load_model()["care"]["lost_a_year"] * (settings.history_years + 1)
    day = population.first_day + rng.integers(60, span - 10, population.size)
    return np.where(rng.random(population.size) < chance, day, NEVER).astype(np.int32)


def all_care(settings: WorldSettings, population: Population) -> tuple[Registrations, dict[Programme, Care]]:
    """Registrations and care of every programme in one step."""
    illnesses = make_illnesses(settings, population)
    registrations = make_registrations(settings, population, illnesses)
    care = {programme: make_care(settings, population, registrations, illnesses[programme]) for programme in PROGRAMMES}
    return registrations, care


def _opening_days(rng: np.random.Generator, population: Population, person: NDArray[np.int32]) -> Days:
    entered = population.entered[person]
    old = day_number(2012) + rng.integers(0, max(population.first_day - day_number(2012), 1), len(person))
    old = np.maximum(old, population.birth[person] + 20)
    return np.where(entered > population.first_day, entered + rng.integers(2, 19, len(person)), old).astype(np.int32)


def _join_registrations(population: Population, parts: tuple[tuple[object, ...], ...]) -> Registrations:
    columns = [np.concatenate([np.asarray(part[k], dtype=np.int32) for part in parts]) for k in range(4)]
    why = np.concatenate([np.full(len(np.asarray(part[0])), part[4], dtype=np.int8) for part in parts])
    person, village, opened, until = columns
    kept = (opened < until) & (opened <= population.last_day)
    person, village, opened, until, why = (values[kept] for values in (person, village, opened, until, why))
    sender = population.places.village_sender[village]
    order = np.lexsort((person, opened, village, sender))
    person, village, opened, until, why, sender = (
        values[order] for values in (person, village, opened, until, why, sender)
    )
    return Registrations(person, sender, village, opened, until, why, _serials(village))


def _serials(village: NDArray[np.int32]) -> NDArray[np.int32]:
    """1, 2, 3 ... within each village; the villages stand together."""
    starts = np.concatenate([[True], village[1:] != village[:-1]]) if len(village) else np.zeros(0, dtype=bool)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(village)), 0))
    return (np.arange(len(village)) - first + 1).astype(np.int32)
