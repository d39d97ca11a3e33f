"""Follow-up forms with every box a doctor fills in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Days
from wangdi.demo.forms import World, make_rows
from wangdi.demo.illness import Programme
from wangdi.demo.registrations import MOVED, SECOND
from wangdi.demo.rows import Rows
from wangdi.demo.settings import load_model, random_stream
from wangdi.demo.visits import SATISFACTORY, Visits


def followup_rows(world: World, programme: Programme) -> Rows:
    """``hypertension.followup`` or ``diabetes.followup`` with every box a doctor fills in."""
    visits, care, model = world.visits[programme], world.care[programme], load_model()["care"]
    rng = random_stream(world.settings, f"followup rows {programme}")
    person = care.person[visits.care]
    places = world.population.places
    clinic = places.village_clinic[world.population.village_on_of(person, visits.day)]
    moved_in = world.registrations.why[care.registration[visits.care]] == MOVED
    clinic = np.where(moved_in, places.village_clinic[care.village[visits.care]], clinic)
    at_township = rng.random(visits.size) < model["at_township"]
    registration = _visited_registrations(world, care.registration[visits.care], person, visits.day)
    elsewhere = registration != care.registration[visits.care]
    org = np.where(at_township | elsewhere, world.registrations.sender[registration], clinic)
    entered = visits.day + rng.integers(0, model["entered_within"] + 1, visits.size)
    columns = _common_boxes(world, programme, person, rng) | _programme_boxes(world, programme, person, rng)
    form = f"{programme}.followup"
    return make_rows(world, form, (registration, org), (visits.day, entered.astype(np.int32)), columns)


def _visited_registrations(
    world: World, registration: NDArray[Any], person: NDArray[Any], day: Days
) -> NDArray[np.int32]:
    """Under which registration each visit is written: people registered twice are also seen elsewhere."""
    registrations = world.registrations
    second = np.full(world.population.size, -1, dtype=np.int32)
    twice = np.flatnonzero(registrations.why == SECOND)
    second[registrations.person[twice]] = twice
    other = second[person]
    there = (other >= 0) & (day > registrations.opened[other]) & ((day + person) % 5 < 2)
    return np.where(there, other, registration).astype(np.int32)


def _common_boxes(world: World, programme: Programme, person: NDArray[Any], rng: np.random.Generator) -> dict[str, Any]:
    visits, traits = world.visits[programme], world.traits
    count = visits.size
    by_phone = visits.way == 3
    bad = visits.unsatisfactory
    symptoms = np.where(rng.random(count) < np.where(bad, 0.35, 0.07), rng.integers(2, 11, count), 1)
    taken = rng.choice(np.array([1, 2, 3]), count, p=[0.82, 0.14, 0.04])
    return {
        "contact_date": visits.day,
        "way": visits.way,
        "symptoms": _symptom_texts(rng, symptoms),
        "sbp": visits.sbp,
        "dbp": visits.dbp,
        "height": np.where(by_phone, np.nan, traits.height[person]).astype(np.float32),
        "weight": np.where(by_phone, np.nan, np.round(traits.weight[person] + rng.normal(0, 1.2, count), 1)).astype(
            np.float32
        ),
        "smoking": _blank(rng, traits.smoking[person]),
        "drinking": np.where(rng.random(count) < 0.002, np.nan, traits.drinking[person] / 10).astype(np.float32),
        "exercise_times": traits.exercise_times[person],
        "exercise_minutes": np.where(traits.exercise_times[person] > 0, traits.exercise_minutes[person], 0).astype(
            np.int16
        ),
        "mind": rng.choice(np.array([1, 1, 1, 2, 3], dtype=np.int8), count),
        "compliance": np.where(bad, rng.choice(np.array([1, 2, 2, 3]), count), 1).astype(np.int8),
        "medication_adherence": np.where(bad, taken, np.where(rng.random(count) < 0.93, 1, 2)).astype(np.int8),
        "adverse_reaction": visits.adverse_reaction,
        "danger_sign": visits.danger_sign,
        "new_complication": visits.new_complication,
        "visit_class": visits.visit_class,
        "referral_reason": _referral_reasons(visits),
        "referral_org": np.where(visits.referred, "县人民医院内科", "").astype(object),
        "next_date": visits.next_date,
    }


def _programme_boxes(
    world: World, programme: Programme, person: NDArray[Any], rng: np.random.Generator
) -> dict[str, Any]:
    visits = world.visits[programme]
    count = visits.size
    if programme == "hypertension":
        return {
            "heart_rate": np.clip(np.round(rng.normal(75, 8, count)), 46, 128).astype(np.int16),
            "salt": _blank(rng, world.traits.salt[person]),
        }
    measured = rng.random(count) < 0.15
    hba1c = np.clip(np.round((visits.fpg * 0.55 + 3.3) + rng.normal(0, 0.4, count), 1), 4.5, 15)
    return {
        "fpg": visits.fpg,
        "hba1c": np.where(measured, hba1c, np.nan).astype(np.float32),
        "foot_pulse": np.where(rng.random(count) < 0.96, 1, 2).astype(np.int8),
        "staple_food": _blank(rng, rng.choice(np.array([200, 250, 300, 350, 400], dtype=np.int16), count)),
        "hypoglycaemia": np.where(visits.fpg <= load_model()["diabetes"]["emergency_fpg_low"], 2, 1).astype(np.int8),
    }


def _blank(rng: np.random.Generator, values: NDArray[Any]) -> NDArray[Any]:
    """A box in five hundred is left empty."""
    return np.where(rng.random(len(values)) < 0.002, -1, values).astype(np.int16)


def _symptom_texts(rng: np.random.Generator, first: NDArray[Any]) -> NDArray[np.object_]:
    """Codes as the form has them; some people have two complaints."""
    second = np.where((first > 1) & (rng.random(len(first)) < 0.2), rng.integers(2, 11, len(first)), 0)
    second = np.where(second == first, 0, second)
    low, high = (
        np.where(second > 0, np.minimum(first, second), first),
        np.where(second > 0, np.maximum(first, second), 0),
    )
    table = np.array([[f"{a}" if b == 0 else f"{a};{b}" for b in range(11)] for a in range(11)], dtype=object)
    return np.asarray(table[low, high], dtype=object)


def _referral_reasons(visits: Visits) -> NDArray[np.int8]:
    reason = np.where(visits.new_complication, 3, np.where(visits.adverse_reaction, 2, 1))
    return np.where(visits.referred & (visits.visit_class != SATISFACTORY), reason, -1).astype(np.int8)
