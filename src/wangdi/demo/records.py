"""The resident's record: the basic form with its boxes filled as in life, well at some institutions and badly at others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import NEVER, Days, Texts, day_number, year_month_day, years_at
from wangdi.demo.forms import World, make_rows
from wangdi.demo.illness import PROGRAMMES
from wangdi.demo.registrations import MOVED, OTHER, SECOND
from wangdi.demo.rows import SUPERSEDED, Rows, join_rows
from wangdi.demo.settings import load_model, random_stream

_FROM_ONE = (
    "education", "payment", "blood_abo", "blood_rh", "drug_allergies", "exposures", "disabilities", "kitchen_vent",
    "fuel", "water", "toilet", "livestock",
)  # fmt: skip
_RELATIVES = ("father_history", "mother_history", "siblings_history", "children_history")
_PAST = np.array(["1", "2", "3", "2;3", ""], dtype=object)
_MAY_LACK = (
    "contact_name", "contact_phone", "ethnic_kind", "blood_abo", "blood_rh", "education", "occupation",
    "marital_status", "payment", "drug_allergies", "exposures", "past_diseases", "had_surgery", "had_injury",
    "had_transfusion", *_RELATIVES, "genetic_disease", "disabilities", "kitchen_vent", "fuel", "water", "toilet",
    "livestock",
)  # fmt: skip
"""Boxes a hurried hand leaves empty."""


def resident_rows(world: World) -> Rows:
    """Form ``health_record.resident``: one row per registration, and one more when somebody changes village."""
    people, registrations = world.population, world.registrations
    rng = random_stream(world.settings, "resident rows")
    chosen = np.flatnonzero(registrations.why < OTHER)
    person, village = registrations.person[chosen], registrations.village[chosen]
    moved = people.moved_on[person]
    stays = (registrations.why[chosen] != SECOND) & (registrations.until[chosen] > people.last_day)
    within = stays & (people.next_village[person] >= 0) & (registrations.why[chosen] != MOVED)
    within &= (moved <= people.last_day - 40) & (people.died_on[person] == NEVER)
    before = within & (moved < day_number(world.settings.year))
    division = np.where(before, people.next_village[person], village)
    opened = registrations.opened[chosen]
    boxes = _fill_form(world, chosen)
    first = _resident_part(world, chosen, division, (opened, opened + rng.integers(0, 4, len(chosen))), boxes)
    later = within & ~before
    again = _resident_part(
        world,
        chosen[later],
        people.next_village[person[later]],
        (opened[later], moved[later] + rng.integers(3, 25, int(later.sum()))),
        {name: values[later] for name, values in boxes.items()},
    )
    first.status[later], first.retired[later] = SUPERSEDED, again.send
    return join_rows([first, again])


def _resident_part(
    world: World, registration: NDArray[Any], village: NDArray[Any], days: tuple[Days, Days], boxes: dict[str, Any]
) -> Rows:
    """The clinic of the village where the record was opened keeps it, also when its owner goes to the next village."""
    registrations = world.registrations
    columns = {"opened_on": days[0], "division": village.astype(np.int32), **boxes}
    org = world.population.places.village_clinic[registrations.village[registration]]
    return make_rows(world, "health_record.resident", (registration, org), days, columns)


def deal_out(world: World, shares: list[float], registration: NDArray[Any]) -> NDArray[np.float64]:
    """The share of each registration's institution: the institutions take the shares in turn."""
    senders = np.array(world.population.places.senders)
    turn = np.zeros(len(world.population.places.organisations), dtype=np.int64)
    turn[senders] = np.arange(len(senders))
    return np.asarray(np.array(shares)[turn[world.registrations.sender[registration]] % len(shares)])


def draw_codes(
    rng: np.random.Generator, steps: list[list[float]], ages: NDArray[Any], *, first: int = 1
) -> NDArray[np.int8]:
    """A code for everybody. ``steps``: from this age, the share of each code, of which the lowest is ``first``."""
    at = np.maximum(np.searchsorted([step[0] for step in steps], ages, side="right") - 1, 0)
    bounds = np.cumsum(np.array([step[1:] for step in steps]), axis=1)
    chance = rng.random(len(ages)) * bounds[at, -1]
    code = np.full(len(ages), first, dtype=np.int8)
    for column in range(bounds.shape[1] - 1):
        code += chance >= bounds[at, column]
    return code


def _fill_form(world: World, registration: NDArray[Any]) -> dict[str, Any]:
    """Every box of the basic form of these registrations, gaps included."""
    people, registrations, model = world.population, world.registrations, load_model()["basic_form"]
    rng = random_stream(world.settings, "basic form")
    person, count = registrations.person[registration], len(registration)
    ages = years_at(people.birth[person], people.last_day)
    boxes: dict[str, Any] = {
        "id_type": np.ones(count, dtype=np.int8),
        "resident_kind": np.where(people.hukou[person], 1, 2).astype(np.int8),
        "is_resident": people.resident[person],
        "electronic": np.where(rng.random(count) < model["paper_only"], 0, -1).astype(np.int8),
        "ethnic_kind": np.where(people.of_minority(person), "99", "01").astype(object),
        "occupation": draw_codes(rng, model["occupation"], ages, first=0),
        "marital_status": draw_codes(rng, model["marital"], ages),
        **{name: draw_codes(rng, model[name], ages) for name in _FROM_ONE},
        **{name: _relatives(draw_codes(rng, model["family"], ages)) for name in _RELATIVES},
        **_past(world, registration),
        "had_surgery": (rng.random(count) < 0.04 + ages / 600).astype(np.int8),
        "had_injury": (rng.random(count) < 0.03).astype(np.int8),
        "had_transfusion": (rng.random(count) < 0.01).astype(np.int8),
        "genetic_disease": (rng.random(count) < 0.002).astype(np.int8),
        "record_no": _record_numbers(world, registration, rng.random(count) < model["no_number"]),
        **_contact(world, person),
    }
    _leave_gaps(rng, model["gap"], boxes, rng.random(count) >= deal_out(world, model["complete"], registration))
    return boxes


def _relatives(code: NDArray[np.int8]) -> Texts:
    """What a parent had; one in four of those with hypertension had diabetes or a stroke as well."""
    table = np.array(["", *(str(number) for number in range(1, 12)), "2;3", "2;7"], dtype=object)
    place = np.arange(len(code))
    return np.asarray(table[np.where((code == 2) & (place % 4 == 0), 12 + place // 4 % 2, code)])


def _past(world: World, registration: NDArray[Any]) -> dict[str, Texts]:
    """What was known when the form was last written over: the programmes' diseases, and the month of the diagnosis."""
    known = np.zeros(world.registrations.size, dtype=np.int8)
    months: dict[str, Texts] = {}
    for bit, programme in enumerate(PROGRAMMES):
        care = world.care[programme]
        old = care.diagnosed_on < world.registrations.opened[care.registration]
        known[care.registration[old]] |= 1 << bit
        text = np.full(world.registrations.size, "", dtype=object)
        year, month, _ = year_month_day(care.diagnosed_on[old])
        text[care.registration[old]] = [f"{y}-{m:02}" for y, m in zip(year.tolist(), month.tolist(), strict=True)]
        months[f"past_{programme}_month"] = text[registration]
    return {"past_diseases": _PAST[known[registration]], **months}


def _record_numbers(world: World, registration: NDArray[Any], lacks: NDArray[np.bool_]) -> Texts:
    """17 digits. Who files by the number always has it."""
    places, registrations = world.population.places, world.registrations
    village, serial = registrations.village[registration], registrations.serial[registration]
    by_number = np.array([organisation.style == "a" for organisation in places.organisations])
    lacks = lacks & ~by_number[registrations.sender[registration]]
    numbers = [
        f"{places.villages[at]}{number:05}" for at, number in zip(village.tolist(), serial.tolist(), strict=True)
    ]
    return np.where(lacks, "", np.array(numbers, dtype=object)).astype(object)


def _contact(world: World, person: NDArray[Any]) -> dict[str, Texts]:
    """A relative: somebody of the county whose telephone is known."""
    people = world.population
    other = (person + 1 + person % 97) % people.size
    phones = np.where(people.phones[other] > 0, people.phones[other], 14_200_000_000 + other.astype(np.int64))
    return {"contact_name": people.names(other), "contact_phone": phones.astype("U11").astype(object)}


def _leave_gaps(rng: np.random.Generator, share: float, boxes: dict[str, Any], hurried: NDArray[np.bool_]) -> None:
    """Empty some boxes of the hurried records, at least one of each."""
    at_least = rng.integers(0, len(_MAY_LACK), len(hurried))
    for place, name in enumerate(_MAY_LACK):
        empty = hurried & ((rng.random(len(hurried)) < share) | (at_least == place))
        boxes[name][empty] = "" if boxes[name].dtype == object else -1
