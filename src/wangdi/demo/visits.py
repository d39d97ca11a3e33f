"""Follow-ups as they happen: the rhythm of real life, with its missed visits, rechecks, emergencies and absences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Days, year_month_day, years_at
from wangdi.demo.population import Population
from wangdi.demo.registrations import Care
from wangdi.demo.settings import WorldSettings, load_model, random_stream

CLINIC, HOME, PHONE = 1, 2, 3
SATISFACTORY, UNSATISFACTORY, ADVERSE, COMPLICATION = 1, 2, 3, 4
"""The form's own codes."""


@dataclass(frozen=True, slots=True)
class Visits:
    """Follow-ups of one programme, ordered by care and day.

    Grain: one element per visit; at most one a day per patient. ``care`` indexes the :class:`Care` it belongs to.
    Units: mmHg, mmol/L. Missing: ``fpg`` is NaN in the hypertension programme.
    """

    care: NDArray[np.int32]
    day: Days
    way: NDArray[np.int8]
    sbp: NDArray[np.int16]
    dbp: NDArray[np.int16]
    fpg: NDArray[np.float32]
    adverse_reaction: NDArray[np.bool_]
    danger_sign: NDArray[np.bool_]
    new_complication: NDArray[np.bool_]
    unsatisfactory: NDArray[np.bool_]
    referred: NDArray[np.bool_]
    visit_class: NDArray[np.int8]
    next_date: Days

    @property
    def size(self) -> int:
        return len(self.day)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Contact attempts that found nobody. ``outcome``: index in ``OUTCOMES``."""

    care: NDArray[np.int32]
    day: Days
    outcome: NDArray[np.int8]


OUTCOMES = ("refused", "away", "lost", "hospitalised")


def make_visits(settings: WorldSettings, population: Population, care: Care) -> tuple[Visits, Attempts]:
    """Every follow-up of one programme from the first day to the last.

    All patients step forward together, one visit at a time, so that there is no loop over people.
    """
    walk = _Walk(settings, population, care)
    while len(walk.alive):
        walk.step()
    return walk.visits(), walk.attempts()


class _Walk:
    """The patients on their way through the years: what carries over from one visit to the next."""

    def __init__(self, settings: WorldSettings, population: Population, care: Care) -> None:
        self.rng = random_stream(settings, f"visits {care.programme}")
        self.habits = load_model()["care"]
        self.norms = load_model()["hypertension"] | load_model()[care.programme]
        self.diabetes = care.programme == "diabetes"
        self.population, self.care = population, care
        count, rng = care.size, self.rng
        self.last = np.minimum(care.until - 1, population.last_day).astype(np.int32)
        self.planned = self._first_plans(count)
        steady, others, share = self.habits["missed"]
        self.misses = np.where(rng.random(count) < share, others, steady)
        self.level_sbp = self._spread(self.norms["sbp"], count)
        self.level_dbp = self._spread(self.norms["dbp"], count)
        median, spread = load_model()["diabetes"]["fpg"]
        self.level_fpg = np.log(median) + rng.normal(0, spread, count)
        self.drift = rng.normal(0, 1, (3, count))
        self.resistant = rng.random(count) < self.habits["resistant"][0]
        self._raise_levels()
        self.failed_before = np.zeros(count, dtype=np.int16)
        """Visits in a row that were not satisfactory."""
        self.recheck_next = np.zeros(count, dtype=bool)
        self.copying_village = int(rng.integers(0, len(population.places.villages)))
        self.rows: list[dict[str, NDArray[Any]]] = []
        self.tries: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
        resident = population.resident[care.person] | (rng.random(count) < 0.2)
        self.alive = np.flatnonzero((self.planned <= self.last) & resident)

    def _raise_levels(self) -> None:
        _, sbp, dbp, fpg = self.habits["resistant"]
        self.level_sbp += sbp * self.resistant
        self.level_dbp += dbp * self.resistant
        self.level_fpg += fpg * self.resistant

    def _spread(self, level: list[float], count: int) -> NDArray[np.float64]:
        return level[0] + self.rng.normal(0, level[1], count)

    def _first_plans(self, count: int) -> Days:
        low, high = self.habits["first_visit"]
        new = self.care.diagnosed_on + self.rng.integers(low, high + 1, count)
        old = self.population.first_day + self.rng.integers(0, 88, count)
        return np.where(self.care.diagnosed_on >= self.population.first_day, new, old).astype(np.int32)

    def step(self) -> None:
        """One visit, or one missed visit, of everybody who still has one ahead."""
        who, rng, habits = self.alive, self.rng, self.habits
        away = self.population.is_away(self.care.person[who], self.planned[who])
        mood = rng.random(len(who))
        by_phone = away & (mood < habits["away_phone"])
        waits = away & ~by_phone & (mood < habits["away_phone"] + habits["away_wait"])
        misses = ~by_phone & ~waits & (rng.random(len(who)) < self.misses[who])
        misses &= ~self.recheck_next[who]
        absent = waits | misses
        self._write_attempts(who[absent], away[absent])
        low, high = habits["lapse"]
        self.planned[who[misses]] += rng.integers(low, high, int(misses.sum()))
        self.planned[who[waits]] += rng.integers(25, 60, int(waits.sum()))
        self._visit(who[~absent], by_phone[~absent])
        self.alive = who[self.planned[who] <= self.last[who]]

    def _write_attempts(self, who: NDArray[np.intp], away: NDArray[np.bool_]) -> None:
        written = self.rng.random(len(who)) < self.habits["attempt_written"]
        who, away = who[written], away[written]
        day = self.planned[who] + self.rng.integers(0, 6, len(who))
        other = self.rng.choice(np.array([0, 1, 2, 3]), len(who), p=[0.35, 0.35, 0.1, 0.2])
        kept = day <= self.last[who]
        self.tries.append((who[kept], day[kept], np.where(away, 1, other)[kept]))

    def _visit(self, who: NDArray[np.intp], by_phone: NDArray[np.bool_]) -> None:
        rng, habits = self.rng, self.habits
        day = self.planned[who].copy()
        sbp, dbp, fpg = self._measure(who, day)
        chance = rng.random((4, len(who)))
        adverse = chance[0] < habits["adverse_reaction"]
        complication = chance[1] < habits["new_complication"]
        danger = chance[2] < habits["danger_sign"]
        unsatisfactory, emergency = self._judge(who, day, (sbp, dbp, fpg), danger)
        unsatisfactory |= adverse
        refer = emergency | complication | (unsatisfactory & (self.failed_before[who] > 0))
        again = refer | unsatisfactory
        way = np.where(chance[3] < habits["home"], HOME, CLINIC)
        way = np.where(by_phone | (chance[3] > 1 - habits["phone"]), PHONE, way)
        code = np.select([complication, adverse, unsatisfactory], [COMPLICATION, ADVERSE, UNSATISFACTORY], SATISFACTORY)
        wrong = rng.random(len(who)) < habits["class_miscoded"]
        following = np.where(again, day + 14, day + 90).astype(np.int32)
        self.rows.append(
            {
                "care": who.astype(np.int32),
                "day": day,
                "way": way.astype(np.int8),
                "sbp": sbp,
                "dbp": dbp,
                "fpg": fpg,
                "adverse_reaction": adverse,
                "danger_sign": danger,
                "new_complication": complication,
                "unsatisfactory": unsatisfactory,
                "referred": refer,
                "visit_class": np.where(wrong, SATISFACTORY, code).astype(np.int8),
                "next_date": following,
            }
        )
        self._plan_next(who, day, again)
        self.failed_before[who] = np.where(unsatisfactory, self.failed_before[who] + 1, 0)
        self._treat(who, unsatisfactory)

    def _treat(self, who: NDArray[np.intp], unsatisfactory: NDArray[np.bool_]) -> None:
        """Treatment is changed after a bad reading, and helps most people; without a change it slowly loses its effect."""
        rng = self.rng
        changed = unsatisfactory & ~self.resistant[who]
        self.level_sbp[who] -= np.where(changed, rng.uniform(0, 5, len(who)), -0.35 * ~unsatisfactory)
        self.level_dbp[who] -= np.where(changed, rng.uniform(0, 2, len(who)), -0.1 * ~unsatisfactory)
        self.level_fpg[who] -= np.where(changed, rng.uniform(0, 0.06, len(who)), -0.008 * ~unsatisfactory)

    def _plan_next(self, who: NDArray[np.intp], day: Days, again: NDArray[np.bool_]) -> None:
        rng, habits = self.rng, self.habits
        mean, spread, least, most = habits["routine"]
        routine = np.clip(rng.normal(mean, spread, len(who)), least, most).astype(np.int32)
        share, low, high = habits["early"]
        routine = np.where(rng.random(len(who)) < share, rng.integers(low, high, len(who)), routine)
        recheck = rng.integers(habits["recheck"][0], habits["recheck"][1] + 1, len(who))
        tired = habits["tired"] * (self.failed_before[who] > 1)
        done = rng.random(len(who)) < habits["recheck_done"] - 0.5 * self.misses[who] - tired
        late = rng.integers(habits["late_recheck"][0], habits["late_recheck"][1], len(who))
        self.planned[who] = day + np.where(again, np.where(done, recheck, late), routine)
        self.recheck_next[who] = again & done

    def _measure(self, who: NDArray[np.intp], day: Days) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        rng, norms = self.rng, self.norms
        keep = norms["memory"]
        self.drift[:, who] = keep * self.drift[:, who] + np.sqrt(1 - keep**2) * rng.normal(0, 1, (3, len(who)))
        _, month, _ = year_month_day(day)
        winter = np.where((month >= 11) | (month <= 2), norms["winter"], 0.0)
        sbp = self.level_sbp[who] + winter + norms["sbp_noise"] * self.drift[0, who]
        dbp = self.level_dbp[who] + winter / 2 + norms["dbp_noise"] * self.drift[1, who]
        crisis = rng.random(len(who)) < 0.0025
        sbp = self._round_reading(np.where(crisis, sbp + 45, sbp))
        dbp = np.minimum(self._round_reading(dbp), sbp - 12)
        copied = (self.care.village[who] == self.copying_village) & (
            rng.random(len(who)) < self.habits["copying_clinic"]
        )
        fpg = np.full(len(who), np.nan)
        if self.diabetes:
            fpg = np.exp(self.level_fpg[who] + load_model()["diabetes"]["fpg_noise"] * self.drift[2, who])
            fpg *= np.where(rng.random(len(who)) < 0.003, rng.uniform(0.45, 2.6, len(who)), 1.0)
        return (
            np.clip(np.where(copied, 130, sbp), 88, 240).astype(np.int16),
            np.clip(np.where(copied, 80, dbp), 48, 138).astype(np.int16),
            np.clip(np.round(fpg, 1), 2.2, 33.0).astype(np.float32),
        )

    def _round_reading(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """What is written down: often a full ten, mostly an even number."""
        habit = self.rng.random(len(values))
        tens, evens, ones = np.round(values / 10) * 10, np.round(values / 2) * 2, np.round(values)
        full, even = self.habits["round_reading"], self.habits["even_reading"]
        return np.asarray(np.select([habit < full, habit < even], [tens, evens], ones), dtype=np.int64)

    def _judge(
        self, who: NDArray[np.intp], day: Days, readings: tuple[Any, Any, Any], danger: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        sbp, dbp, fpg = readings
        norms = self.norms
        emergency = (sbp >= norms["emergency_sbp"]) | (dbp >= norms["emergency_dbp"]) | danger
        if self.diabetes:
            emergency |= (fpg >= norms["emergency_fpg_high"]) | (fpg <= norms["emergency_fpg_low"])
            return fpg >= norms["goal_fpg"], emergency
        ages = years_at(self.population.birth[self.care.person[who]], day)
        goal = np.where(ages >= norms["elderly_age"], norms["goal_sbp_elderly"], norms["goal_sbp"])
        return (sbp >= goal) | (dbp >= norms["goal_dbp"]), emergency

    def visits(self) -> Visits:
        columns = {name: np.concatenate([row[name] for row in self.rows]) for name in self.rows[0]}
        order = np.lexsort((columns["day"], columns["care"]))
        return Visits(**{name: values[order] for name, values in columns.items()})

    def attempts(self) -> Attempts:
        care, day, outcome = (np.concatenate([part[k] for part in self.tries]) for k in range(3))
        order = np.lexsort((day, care))
        return Attempts(care[order].astype(np.int32), day[order].astype(np.int32), outcome[order].astype(np.int8))
