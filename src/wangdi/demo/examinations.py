"""The yearly examination: patients are measured, the elderly examined from head to foot, not everywhere with the same care."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Days, day_number, year_month_day
from wangdi.demo.forms import World, make_rows
from wangdi.demo.records import deal_out, draw_codes
from wangdi.demo.registrations import SECOND
from wangdi.demo.rows import Rows
from wangdi.demo.settings import load_model, random_stream

_SCORES = ((0, 0, 3, 5), (0, 1, 3, 7), (0, 0, 3, 5), (0, 1, 5, 10), (0, 1, 5, 10))
"""What each degree of the five items counts."""
_LEVELS = (4, 9, 19)
"""From this score: a little, more, wholly dependent."""
_TRACES = np.array(["-", "-", "-", "-", "-", "-", "-", "±", "+", "++"], dtype=object)
_RISKS = np.array(["3", "4", "3;4", "1", "1;3;4", "5", "6", ""], dtype=object)
_EXERCISE = np.array([4, 4, 2, 2, 2, 2, 2, 1])
"""The form's code by times a week."""
_LABORATORY: tuple[tuple[str, float, float, float, float], ...] = (
    # box, middle, spread of the logarithm, least, most
    ("haemoglobin", 134, 0.10, 70, 185),
    ("wbc", 6.1, 0.24, 2.0, 30),
    ("platelets", 205, 0.25, 40, 480),
    ("alt", 19, 0.45, 4, 300),
    ("ast", 22, 0.35, 6, 280),
    ("tbil", 12, 0.38, 3, 90),
    ("scr", 72, 0.24, 30, 500),
    ("bun", 5.6, 0.26, 1.8, 28),
)
_MAY_LACK = (
    "self_care_level", "health_self_rating", "cognition_screen", "mood_screen", "exercise_frequency", "diet",
    "smoking_status", "drinking_frequency", "waist", "haemoglobin", "wbc", "platelets", "urine_protein",
    "urine_glucose", "fpg", "alt", "ast", "tbil", "scr", "bun", "ecg", "abdominal_ultrasound",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Examined:
    """Who was examined when, and what the screens of the elderly found.

    Grain: one element per examination; at most one a year of a registration. ``degrees``: one row per item of self-care.
    """

    registration: NDArray[np.int32]
    day: Days
    elderly: NDArray[np.bool_]
    degrees: NDArray[np.int8]
    score: NDArray[np.int16]
    forgetful: NDArray[np.bool_]
    sad: NDArray[np.bool_]

    @property
    def size(self) -> int:
        return len(self.day)


def make_examined(world: World) -> Examined:
    """The examinations of all years: most patients and many of the elderly."""
    rng = random_stream(world.settings, "examinations")
    years = range(world.settings.year - world.settings.history_years, world.settings.year + 1)
    parts = [_choose(world, year, rng) for year in years]
    who, day = (np.concatenate([part[k] for part in parts]).astype(np.int32) for k in range(2))
    people, model = world.population, load_model()["elderly"]
    born, year = (year_month_day(days)[0] for days in (people.birth[world.registrations.person[who]], day))
    ages = year - born
    elderly = ages >= model["age"]
    degrees = np.array([draw_codes(rng, model["self_care"], ages) for _ in _SCORES], dtype=np.int8)
    score = sum(np.array(scores)[degree - 1] for scores, degree in zip(_SCORES, degrees, strict=True))
    forgetful, sad = (_found(rng, model[name], ages) for name in ("cognition", "mood"))
    return Examined(who, day, elderly, degrees, np.asarray(score, dtype=np.int16), forgetful & elderly, sad & elderly)


def _choose(world: World, year: int, rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[Any]]:
    people, registrations, model = world.population, world.registrations, load_model()["care"]
    patient = np.zeros(registrations.size, dtype=bool)
    for care in world.care.values():
        patient[care.registration] = True
    start = day_number(year)
    eligible = registrations.why < SECOND
    elderly = year - year_month_day(people.birth[registrations.person])[0] >= load_model()["elderly"]["age"]
    chance = np.where(patient, model["examined_patients"], np.where(elderly, model["examined_elderly"], 0.0))
    season = (75 + registrations.sender * 37 % 90 + rng.integers(0, 45, registrations.size)).astype(np.int32)
    autumn = rng.random(registrations.size) < 0.25
    day = (start + np.where(autumn, 250 + rng.integers(0, 80, registrations.size), season)).astype(np.int32)
    here = (registrations.opened < day) & (registrations.until > day) & people.resident[registrations.person]
    who = np.flatnonzero(eligible & here & (rng.random(registrations.size) < chance))
    return who, day[who]


def _found(rng: np.random.Generator, steps: list[list[float]], ages: NDArray[Any]) -> NDArray[np.bool_]:
    at = np.maximum(np.searchsorted([step[0] for step in steps], ages, side="right") - 1, 0)
    return np.asarray(rng.random(len(ages)) < np.array([step[1] for step in steps])[at])


def examination_rows(world: World, examined: Examined) -> Rows:
    """Form ``health_record.examination``."""
    rng = random_stream(world.settings, "examination boxes")
    who, day = examined.registration, examined.day
    columns = _measure(world, examined, rng) | _test(world, examined, rng) | _ask(world, examined, rng)
    _leave_gaps(world, examined, columns, rng)
    org = world.registrations.sender[who]
    days = day, (day + rng.integers(0, 10, examined.size)).astype(np.int32)
    return make_rows(world, "health_record.examination", (who, org), days, columns)


def _measure(world: World, examined: Examined, rng: np.random.Generator) -> dict[str, Any]:
    """What everybody examined is measured."""
    person, count = world.registrations.person[examined.registration], examined.size
    sbp = np.clip(np.round(rng.normal(136, 14, count) / 2) * 2, 92, 200).astype(np.int16)
    dbp = np.minimum(np.clip(np.round(rng.normal(80, 8, count) / 2) * 2, 52, 118), sbp - 14).astype(np.int16)
    weight = np.round(world.traits.weight[person] + rng.normal(0, 1, count), 1)

    def fats(middle: float, spread: float) -> NDArray[np.float32]:
        return np.clip(np.round(rng.lognormal(np.log(middle), spread, count), 2), 0.3, 15).astype(np.float32)

    return {
        "exam_date": examined.day,
        "sbp": sbp,
        "dbp": dbp,
        "height": world.traits.height[person],
        "weight": weight.astype(np.float32),
        "waist": np.clip(np.round(weight * 0.6 + 46 + rng.normal(0, 4, count)), 58, 130).astype(np.float32),
        "heart_rate": np.clip(np.round(rng.normal(75, 8, count)), 48, 118).astype(np.int16),
        "fpg": np.round(np.clip(rng.lognormal(np.log(5.7), 0.17, count), 3.5, 18), 1).astype(np.float32),
        "tc": fats(4.8, 0.2),
        "tg": fats(1.5, 0.45),
        "ldl": fats(2.8, 0.28),
        "hdl": fats(1.35, 0.2),
        "conclusion": np.where(rng.random(count) < 0.7, 2, 1).astype(np.int8),
        "guidance": np.where(rng.random(count) < load_model()["elderly"]["guided"], 1, -1).astype(np.int8),
        "risk_control": np.full(count, "", dtype=object),
    }


def _test(world: World, examined: Examined, rng: np.random.Generator) -> dict[str, Any]:
    """The laboratory and the machines: for the elderly only; HbA1c and the chest film since they are asked for."""
    count, elderly, model = examined.size, examined.elderly, load_model()["elderly"]
    columns: dict[str, Any] = {}
    for name, middle, spread, least, most in _LABORATORY:
        values = np.clip(np.round(rng.lognormal(np.log(middle), spread, count), 1), least, most)
        columns[name] = np.where(elderly, values, np.nan).astype(np.float32)
    for name in ("urine_protein", "urine_glucose"):
        columns[name] = np.where(elderly, _TRACES[rng.integers(0, len(_TRACES), count)], "").astype(object)
    new = year_month_day(examined.day)[0] >= model["new_tests_from"]
    done = {
        name: elderly
        & (rng.random(count) < np.where(new, deal_out(world, model[name], examined.registration), model["before"]))
        for name in ("hba1c", "chest_xray")
    }
    hba1c = np.round(np.clip(rng.lognormal(np.log(5.7), 0.11, count), 4.2, 13), 1)
    columns["hba1c"] = np.where(done["hba1c"], hba1c, np.nan).astype(np.float32)
    for name, abnormal in (("ecg", 0.28), ("abdominal_ultrasound", 0.30), ("chest_xray", 0.12)):
        code = np.where(rng.random(count) < abnormal, 2, 1)
        columns[name] = np.where(done.get(name, elderly), code, -1).astype(np.int8)
    return columns


def _ask(world: World, examined: Examined, rng: np.random.Generator) -> dict[str, Any]:
    """What only the elderly are asked: how they feel, how they live, and the screens."""
    person, count, elderly = world.registrations.person[examined.registration], examined.size, examined.elderly
    traits = world.traits
    habits = {
        "self_care_level": np.searchsorted(_LEVELS, examined.score, side="right") + 1,
        "health_self_rating": rng.choice(np.array([1, 1, 2, 2, 2, 3, 4, 5]), count),
        "cognition_screen": np.where(examined.forgetful, 2, 1),
        "mood_screen": np.where(examined.sad, 2, 1),
        "exercise_frequency": _EXERCISE[traits.exercise_times[person]],
        "diet": rng.choice(np.array([1, 1, 1, 1, 2, 3, 4]), count),
        "smoking_status": np.where(traits.smoking[person] > 0, 3, np.where(rng.random(count) < 0.08, 2, 1)),
        "drinking_frequency": np.where(traits.drinking[person] > 0, rng.integers(2, 5, count), 1),
    }
    columns: dict[str, Any] = {name: np.where(elderly, values, -1).astype(np.int8) for name, values in habits.items()}
    columns["risk_control"] = np.where(elderly, _RISKS[rng.integers(0, len(_RISKS), count)], "").astype(object)
    unguided = rng.random(count) >= load_model()["elderly"]["guided"]
    columns["risk_control"][unguided] = ""
    return columns


def _leave_gaps(world: World, examined: Examined, columns: dict[str, Any], rng: np.random.Generator) -> None:
    """Empty some boxes of the hurried examinations, at least one of each; and the guidance of some that say nothing else."""
    model, count = load_model()["elderly"], examined.size
    hurried = rng.random(count) >= deal_out(world, model["complete"], examined.registration)
    at_least = rng.integers(0, len(_MAY_LACK), count)
    for place, name in enumerate(_MAY_LACK):
        empty = hurried & ((rng.random(count) < model["gap"]) | (at_least == place))
        values = columns[name]
        values[empty] = "" if values.dtype == object else np.nan if values.dtype.kind == "f" else -1
    silent = examined.elderly & (rng.random(count) >= model["guided"])
    columns["guidance"][silent], columns["risk_control"][silent] = -1, ""
