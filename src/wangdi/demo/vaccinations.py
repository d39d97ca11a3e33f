"""Children's vaccinations: certificates and doses near the schedule's ages, with the lapses of real life."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import UNKNOWN, Days, day_number, quarter_ends, years_at
from wangdi.demo.forms import World, make_rows
from wangdi.demo.registrations import MOVED, OTHER, OWN, extend_registrations
from wangdi.demo.rows import Rows
from wangdi.demo.settings import load_model, random_stream

_NEW_DTAP = day_number(2025)
_HPV_FROM, _HPV_BORN = day_number(2025, 11, 10), day_number(2011, 11, 11)
_STEPS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    # months of age, least days since the step before, what is given together
    (0, 0, ("hepb", "bcg")),
    (1, 28, ("hepb",)),
    (2, 28, ("ipv", "dtap@2")),
    (3, 28, ("ipv", "dtap@3")),
    (4, 28, ("bopv", "dtap@4")),
    (5, 28, ("dtap@5",)),
    (6, 28, ("hepb", "mpsv_a", "dtap@6")),
    (8, 28, ("mmr", "je_l")),
    (9, 30, ("mpsv_a",)),
    (18, 180, ("mmr", "hepa_l", "dtap@18")),
    (24, 60, ("je_l",)),
    (36, 90, ("mpsv_ac",)),
    (48, 90, ("bopv",)),
    (72, 90, ("mpsv_ac", "dt@72", "dtap@72")),
)
_APART = {"hepb": 122, "dtap": 62, "mpsv_a": 95, "mpsv_ac": 1100}
"""Least days a doctor leaves since the dose of the same vaccine before, beyond the first weeks of life."""
EARLY_STEP = 8
"""At this age some are vaccinated a few days too soon: the dose does not count."""


@dataclass(frozen=True, slots=True)
class Children:
    """The children whose doses have been typed in, and the girls who may be vaccinated at 13.

    ``own``, ``moved``: the registrations; -1 for none. ``away``: that with another township, where a child is vaccinated for
    a while.
    ``stops``: the number of the step from which nobody brings the child any more; ``refuses``: never vaccinated.
    """

    person: NDArray[np.int32]
    own: NDArray[np.int32]
    moved: NDArray[np.int32]
    away: NDArray[np.int32]
    stops: NDArray[np.int8]
    refuses: NDArray[np.bool_]


def vaccination_rows(world: World) -> Iterator[Rows]:
    """Doses, certificates and refusals in turn."""
    rng = random_stream(world.settings, "vaccinations")
    children = _choose(world, rng)
    yield _doses(world, children, rng)
    yield _certificates(world, children, rng)
    yield _refusals(world, children, rng)


def months_after(days: Days, months: int) -> Days:
    """The day of the month so many months later, or the last of a shorter month."""
    dates = days.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    of_month = (dates - month).astype(np.int64)
    first = month + months
    last = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64) - 1
    return np.asarray(first.astype("datetime64[D]").astype(np.int64) + np.minimum(of_month, last), dtype=np.int32)


def _choose(world: World, rng: np.random.Generator) -> Children:
    people, registrations, model = world.population, world.registrations, load_model()["vaccination"]
    found = {}
    kinds = {OWN: registrations.why == OWN, MOVED: registrations.why == MOVED, OTHER: _by_townships(world)}
    for why, those in kinds.items():
        at = np.full(people.size, -1, dtype=np.int32)
        chosen = np.flatnonzero(those)
        at[registrations.person[chosen]] = chosen
        found[why] = at
    young = years_at(people.birth, people.first_day) < model["under"]
    girl = ~people.male & (people.birth >= _HPV_BORN)
    person = np.flatnonzero((young | girl) & people.resident & (found[OWN] >= 0)).astype(np.int32)
    leaves = rng.random(len(person)) < model["stops"]
    stops = np.where(leaves, rng.integers(3, len(_STEPS), len(person)), len(_STEPS))
    stops = np.where(young[person], stops, 0).astype(np.int8)
    refuses = rng.random(len(person)) < model["refuses"]
    return Children(person, found[OWN][person], found[MOVED][person], found[OTHER][person], stops, refuses)


def _by_townships(world: World) -> NDArray[np.bool_]:
    """The registrations of who does not live there with institutions that vaccinate."""
    registrations = world.registrations
    return np.asarray(
        (registrations.why == OTHER) & np.isin(registrations.sender, world.population.places.village_sender)
    )


def register_elsewhere(world: World) -> World:
    """Some children are vaccinated for a while where a grandmother lives or a parent works: another township knows them too."""
    people, places, model = world.population, world.population.places, load_model()["records"]
    rng = random_stream(world.settings, "vaccinated elsewhere")
    own = np.flatnonzero(world.registrations.why == OWN)
    person = world.registrations.person[own]
    young = years_at(people.birth[person], people.first_day) < load_model()["vaccination"]["under"]
    own = own[young & people.resident[person] & (rng.random(len(own)) < model["vaccinated_elsewhere"])]
    person = world.registrations.person[own]
    first, last, _ = model["elsewhere_days"]
    since = people.birth[person] + np.maximum(0, rng.integers(first - last // 2, last, len(own)))
    sender = np.unique(places.village_sender)[rng.integers(0, len(np.unique(places.village_sender)), len(own))]
    keys = person.astype(np.int64) * 10_000 + sender
    known = world.registrations.person.astype(np.int64) * 10_000 + world.registrations.sender
    chosen = (since <= people.last_day) & ~np.isin(keys, known)
    registrations, _ = extend_registrations(
        world.registrations, person[chosen], sender[chosen], since[chosen].astype(np.int32)
    )
    return replace(world, registrations=registrations)


def _doses(world: World, children: Children, rng: np.random.Generator) -> Rows:
    """Form ``vaccination.dose``: step by step, all children together."""
    people, model, count = world.population, load_model()["vaccination"], len(children.person)
    birth = people.birth[children.person]
    before = birth.copy()
    latest: dict[str, NDArray[np.int32]] = {}
    numbers: dict[str, NDArray[np.int8]] = {}
    parts: list[tuple[NDArray[Any], Days, str, NDArray[Any]]] = []
    for step, (months, gap, given) in enumerate(_STEPS):
        due = np.maximum(months_after(birth, months), before + gap) + _delay(rng, model["delay"], count, months)
        if months == EARLY_STEP:
            early = rng.random(count) < model["early"]
            due = np.where(early, months_after(birth, months) - rng.integers(1, 7, count), due)
        for vaccine in {what.partition("@")[0] for what in given} & set(_APART) if months > EARLY_STEP - 3 else ():
            due = np.maximum(due, latest.get(vaccine, birth) + _APART[vaccine])
        comes = ~children.refuses & (step < children.stops) & (rng.random(count) >= model["missed"])
        before = np.where(comes, due, before).astype(np.int32)
        for what in given:
            vaccine, mine = _which(what, birth, due)
            who = np.flatnonzero(comes & mine)
            number = numbers.setdefault(vaccine, np.zeros(count, dtype=np.int8))
            number[who] += 1
            latest.setdefault(vaccine, birth.copy())[who] = due[who]
            parts.append((who, due[who].astype(np.int32), vaccine, number[who].copy()))
    parts += _hpv(world, children, rng)
    who, dose = (np.concatenate([part[k] for part in parts]) for k in (0, 3))
    day: Days = np.concatenate([part[1] for part in parts]).astype(np.int32)
    vaccine_texts = np.concatenate([np.full(len(part[0]), part[2], dtype=object) for part in parts])
    registration, kept = _where(world, children, who, day)
    day = day[kept]
    batches = np.array([f"D{number:05}" for number in range(1_000)], dtype=object)
    columns = {
        "given_on": day,
        "vaccine": vaccine_texts[kept],
        "dose_no": dose[kept].astype(np.int16),
        "batch_no": batches[day // 45 % 1_000],
        "payment": np.ones(len(day), dtype=np.int8),
    }
    village = world.registrations.village[registration]
    org = world.population.places.village_clinic[np.maximum(village, 0)]
    org = np.where(
        (village < 0) | (rng.random(len(day)) < model["at_township"]), world.registrations.sender[registration], org
    )
    return make_rows(
        world,
        "vaccination.dose",
        (registration, org),
        (day, (day + rng.integers(0, 3, len(day))).astype(np.int32)),
        columns,
    )


def _delay(rng: np.random.Generator, delay: dict[str, Any], count: int, months: int) -> NDArray[np.int64]:
    """Most come within weeks; the first doses are given where the child is born."""
    if months == 0:
        return np.where(rng.random(count) < delay["at_birth"], rng.integers(0, 2, count), rng.integers(2, 40, count))
    chance = rng.random(count)
    late, very_late = delay["late"], delay["very_late"]
    return np.select(
        [chance < very_late, chance < very_late + late],
        [rng.integers(90, 400, count), rng.integers(25, 90, count)],
        rng.integers(0, 25, count),
    )


def _which(what: str, birth: Days, day: NDArray[Any]) -> tuple[str, NDArray[np.bool_]]:
    """The vaccine, and for which children: what belongs to DTaP changed its ages, and its last dose, in 2025."""
    vaccine, _, age = what.partition("@")
    everybody = np.ones(len(birth), dtype=bool)
    if not age:
        return vaccine, everybody
    from_two, old_third = months_after(birth, 2) >= _NEW_DTAP, months_after(birth, 5) < _NEW_DTAP
    rules = {"2": from_two, "3": ~from_two, "5": old_third & (day < _NEW_DTAP), "6": ~old_third | (day < 0)}
    if age == "72":
        return vaccine, np.asarray((day >= _NEW_DTAP) == (vaccine == "dtap"))
    return vaccine, rules.get(age, everybody)


def _hpv(world: World, children: Children, rng: np.random.Generator) -> list[tuple[NDArray[Any], Days, str, Any]]:
    """Girls of 13, since it is free."""
    people, model = world.population, load_model()["vaccination"]
    birth = people.birth[children.person]
    since = np.maximum(months_after(birth, 13 * 12), _HPV_FROM)
    girls = ~people.male[children.person] & (birth >= _HPV_BORN) & ~children.refuses
    who = np.flatnonzero(girls & (rng.random(len(birth)) < model["hpv"]))
    return [
        (who, (since[who] + rng.integers(0, 60, len(who))).astype(np.int32), "hpv2", np.ones(len(who), dtype=np.int8))
    ]


def _where(
    world: World, children: Children, who: NDArray[Any], day: Days
) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Under which registration each dose stands, and which doses were given at all: before the child left, by today."""
    registrations, people = world.registrations, world.population
    own, moved = children.own[who], children.moved[who]
    there = (moved >= 0) & (day >= registrations.opened[np.maximum(moved, 0)])
    registration = np.where(there, moved, own)
    away = children.away[who]
    since = registrations.opened[np.maximum(away, 0)]
    lasts = load_model()["records"]["elsewhere_days"][2]
    kept = np.flatnonzero((day < registrations.until[registration]) & (day <= people.last_day))
    registration = np.where((away >= 0) & (day >= since) & (day < since + lasts) & ~there, away, registration)
    return registration[kept].astype(np.int32), kept


def _certificates(world: World, children: Children, rng: np.random.Generator) -> Rows:
    """Form ``vaccination.certificate``: within a month of birth, or when a child moves in; some get none."""
    people, registrations, model = world.population, world.registrations, load_model()["vaccination"]
    chosen = np.flatnonzero(rng.random(len(children.person)) < model["certificate"])
    person, own = children.person[chosen], children.own[chosen]
    arrived = people.entered[person] > np.maximum(people.birth[person] + 30, people.first_day)
    late = rng.random(len(person)) < model["certificate_late"]
    wait = np.where(late, rng.integers(31, 300, len(person)), rng.integers(1, 29, len(person)))
    day = np.where(arrived, registrations.opened[own] + wait % 20, people.birth[person] + wait).astype(np.int32)
    kept = (day < registrations.until[own]) & (day <= people.last_day)
    own, day = own[kept], day[kept]
    columns = {"certificate_on": day, "certificate_kind": np.where(arrived[kept], 3, 1).astype(np.int8)}
    rows = make_rows(world, "vaccination.certificate", (own, registrations.sender[own]), (day, day + 1), columns)
    rows.send[:] = quarter_ends(rows.send)
    return rows


def _refusals(world: World, children: Children, rng: np.random.Generator) -> Rows:
    """Form ``vaccination.deferral``: who refuses says so once, of the vaccine asked about; a few children have to wait."""
    people, registrations, model = world.population, world.registrations, load_model()["vaccination"]
    waits = ~children.refuses & (rng.random(len(children.person)) < model["deferred"])
    chosen = np.flatnonzero(children.refuses | waits)
    refuses, own = children.refuses[chosen], children.own[chosen]
    day = people.birth[children.person[chosen]] + np.where(refuses, rng.integers(20, 60, len(chosen)), 250)
    day = np.maximum(day, registrations.opened[own] + 3).astype(np.int32)
    kept = (day < registrations.until[own]) & (day <= people.last_day)
    refuses, own, day = refuses[kept], own[kept], day[kept]
    columns = {
        "decided_on": day,
        "kind": np.where(refuses, "refused", "deferred").astype(object),
        "vaccine": np.where(refuses, "mmr", "je_l").astype(object),
        "until_on": np.where(refuses, UNKNOWN, day + 60).astype(np.int32),
    }
    rows = make_rows(world, "vaccination.deferral", (own, registrations.sender[own]), (day, day + 1), columns)
    rows.send[:] = quarter_ends(rows.send)
    return rows
