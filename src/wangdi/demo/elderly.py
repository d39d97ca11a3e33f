"""The forms that go with the examination of the elderly: self-care, the questionnaires after a finding, the lungs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Days, quarter_ends
from wangdi.demo.examinations import Examined
from wangdi.demo.forms import World, make_rows
from wangdi.demo.rows import Rows
from wangdi.demo.settings import load_model, random_stream

ITEMS = ("feeding", "grooming", "dressing", "toileting", "moving")
_RESULTS = np.array(["arrived", "arrived", "not_arrived", "unreachable"], dtype=object)


def elderly_rows(world: World, examined: Examined) -> Iterator[Rows]:
    """Each form in turn. They are sent once a quarter."""
    rng = random_stream(world.settings, "elderly forms")
    model = load_model()["elderly"]
    assessed = np.flatnonzero(examined.elderly & (rng.random(examined.size) < model["self_care_form"]))
    columns = {name: examined.degrees[item][assessed] for item, name in enumerate(ITEMS)}
    columns["total_score"] = examined.score[assessed]
    late = np.where(rng.random(len(assessed)) < 0.05, rng.integers(1, 8, len(assessed)), 0)
    yield _make(world, "elderly.self_care", (examined, assessed), late, ("assessed_on", columns))
    for form, found, (low, high) in (("cognition", examined.forgetful, (9, 27)), ("mood", examined.sad, (8, 25))):
        chosen = np.flatnonzero(found)
        prompt, delayed = model["questionnaire"]
        chance = rng.random(len(chosen))
        wait = np.where(chance < prompt, rng.integers(0, 15, len(chosen)), rng.integers(18, 70, len(chosen)))
        done = chance < prompt + delayed
        scores = {"total_score": rng.integers(low, high, len(chosen)).astype(np.int16)[done]}
        yield _make(world, f"elderly.{form}", (examined, chosen[done]), wait[done], ("assessed_on", scores))
    yield from _lungs(world, examined, rng)


def _lungs(world: World, examined: Examined, rng: np.random.Generator) -> Iterator[Rows]:
    model = load_model()["elderly"]
    chosen = np.flatnonzero(examined.elderly & (rng.random(examined.size) < model["tb_screened"]))
    cough, blood = (rng.random(len(chosen)) < model[name] for name in ("cough", "blood"))
    suspect = cough | blood
    told = {
        "cough_two_weeks": cough,
        "blood_in_sputum": blood,
        "referred": suspect & (rng.random(len(chosen)) < 0.95),
    }
    yield _make(world, "elderly.tb_screen", (examined, chosen), np.zeros(len(chosen)), ("screened_on", told))
    asked = chosen[suspect & (rng.random(len(chosen)) < model["tb_called"])]
    result = {"tb_contact_result": _RESULTS[rng.integers(0, len(_RESULTS), len(asked))]}
    wait = np.where(rng.random(len(asked)) < 0.9, rng.integers(1, 8, len(asked)), rng.integers(8, 30, len(asked)))
    yield _make(world, "elderly.tb_contact", (examined, asked), wait, ("contacted_on", result))


def _make(
    world: World,
    form: str,
    chosen: tuple[Examined, NDArray[Any]],
    wait: NDArray[Any],
    said: tuple[str, dict[str, Any]],
) -> Rows:
    """Rows so many days after the examinations they belong to; nobody is asked after having left."""
    examined, index = chosen
    date_name, columns = said
    registration = examined.registration[index]
    day: Days = (examined.day[index] + wait).astype(np.int32)
    still = (day < world.registrations.until[registration]) & (day <= world.population.last_day)
    registration, day = registration[still], day[still]
    kept = {date_name: day, **{name: values[still] for name, values in columns.items()}}
    org = world.registrations.sender[registration]
    rows = make_rows(world, form, (registration, org), (day, day + 1), kept)
    rows.send[:] = quarter_ends(rows.send)
    return rows
