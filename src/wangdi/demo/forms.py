"""The rows institutions would write if nobody ever made a mistake, from what happened to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import NEVER, UNKNOWN, Days, day_number, month_index, quarter_ends, years_at
from wangdi.demo.illness import PROGRAMMES, Programme
from wangdi.demo.population import Population
from wangdi.demo.registrations import MOVED, OTHER, SECOND, Care, Registrations
from wangdi.demo.rows import SUPERSEDED, Rows, join_rows
from wangdi.demo.settings import WorldSettings, load_model, random_stream
from wangdi.demo.traits import Traits
from wangdi.demo.visits import OUTCOMES, Attempts, Visits

PROGRAMME_TEXTS: dict[Programme, str] = {"hypertension": "高血压", "diabetes": "糖尿病"}


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is true of a synthetic county, before anybody writes it down."""

    settings: WorldSettings
    population: Population
    registrations: Registrations
    care: dict[Programme, Care]
    visits: dict[Programme, Visits]
    attempts: dict[Programme, Attempts]
    traits: Traits


def make_rows(
    world: World,
    form: str,
    registration_org: tuple[NDArray[Any], NDArray[Any]],
    days: tuple[Days, Days],
    columns: dict[str, Any],
) -> Rows:
    """Rows of a form, sent with the month in which they were entered.

    ``registration_org``: whose record it is, who did it; ``days``: when it happened, when it was entered.
    """
    registration, org = registration_org
    occurred, entered = days
    count = len(occurred)
    return Rows(
        form=form,
        registration=registration.astype(np.int32),
        sender=world.registrations.sender[registration],
        org=org.astype(np.int32),
        occurred=occurred.astype(np.int32),
        entered=entered.astype(np.int32),
        send=month_index(np.minimum(entered, world.population.last_day), world.settings.year).astype(np.int8),
        status=np.zeros(count, dtype=np.int8),
        retired=np.full(count, -1, dtype=np.int8),
        defect=np.zeros(count, dtype=np.int8),
        columns=columns,
    )


def resident_rows(world: World) -> Rows:
    """Form ``health_record.resident``: one row per registration, and one more when somebody changes village."""
    people, registrations = world.population, world.registrations
    rng = random_stream(world.settings, "resident rows")
    chosen = np.flatnonzero(registrations.why != OTHER)
    person, village = registrations.person[chosen], registrations.village[chosen]
    moved = people.moved_on[person]
    stays = (registrations.why[chosen] != SECOND) & (registrations.until[chosen] > people.last_day)
    within = stays & (people.next_village[person] >= 0) & (registrations.why[chosen] != MOVED)
    within &= (moved <= people.last_day - 40) & (people.died_on[person] == NEVER)
    before = within & (moved < day_number(world.settings.year))
    division = np.where(before, people.next_village[person], village)
    opened = registrations.opened[chosen]
    first = _resident_part(world, chosen, division, opened, opened + rng.integers(0, 4, len(chosen)))
    later = within & ~before
    again = _resident_part(
        world,
        chosen[later],
        people.next_village[person[later]],
        opened[later],
        moved[later] + rng.integers(3, 25, int(later.sum())),
    )
    first.status[later], first.retired[later] = SUPERSEDED, again.send
    return join_rows([first, again])


def _resident_part(
    world: World, registration: NDArray[Any], village: NDArray[Any], opened: Days, entered: Days
) -> Rows:
    people = world.population
    person = world.registrations.person[registration]
    columns = {
        "opened_on": opened,
        "id_type": np.ones(len(person), dtype=np.int8),
        "division": village.astype(np.int32),
        "resident_kind": np.where(people.hukou[person], 1, 2).astype(np.int8),
        "is_resident": people.resident[person],
    }
    sender = world.registrations.sender[registration]
    return make_rows(world, "health_record.resident", (registration, sender), (opened, entered), columns)


def diagnosis_rows(world: World) -> Rows:
    """Form ``health_record.diagnosis``: one row per care, and a later one where it was revoked."""
    parts = []
    for programme in PROGRAMMES:
        care = world.care[programme]
        for day, revoked in ((care.diagnosed_on, False), (care.revoked_on, True)):
            chosen = np.flatnonzero(day != UNKNOWN)
            when = day[chosen]
            columns = {
                "diagnosed_on": when,
                "disease": np.full(len(chosen), load_model()[programme]["disease"], dtype=object),
                "revoked": np.full(len(chosen), revoked),
            }
            registration = care.registration[chosen]
            entered = np.maximum(when, world.registrations.opened[registration]) + 1
            org = world.population.places.village_clinic[care.village[chosen]]
            parts.append(make_rows(world, "health_record.diagnosis", (registration, org), (when, entered), columns))
    return join_rows(parts)


def departure_rows(world: World) -> Rows:
    """Form ``health_record.departure``: deaths and removals of all, losses of patients, with some delay."""
    people, registrations = world.population, world.registrations
    rng = random_stream(world.settings, "departures")
    gone = np.flatnonzero((registrations.until <= people.last_day) & (registrations.why != OTHER))
    died = people.died_on[registrations.person[gone]] == registrations.until[gone]
    parts = [(gone, registrations.until[gone], np.where(died, "died", "moved_out"), rng.integers(1, 55, len(gone)))]
    lost: dict[int, int] = {}
    for care in world.care.values():
        chosen = np.flatnonzero(care.lost_on != UNKNOWN)
        lost.update(zip(care.registration[chosen].tolist(), care.lost_on[chosen].tolist(), strict=True))
    who = np.array(sorted(lost), dtype=np.int64)
    parts.append(
        (
            who,
            np.array([lost[k] for k in who.tolist()], dtype=np.int32),
            np.full(len(who), "lost"),
            rng.integers(1, 20, len(who)),
        )
    )
    listed = np.flatnonzero(registrations.why == OTHER)
    listed = listed[np.isin(registrations.sender[listed], people.places.disease_centres)]
    deaths = people.died_on[registrations.person[listed]]
    parts.append((listed, deaths, np.full(len(listed), "died"), rng.integers(5, 30, len(listed))))
    rows = join_rows([_departure_part(world, *part) for part in parts])
    centre = np.isin(rows.sender, people.places.disease_centres)
    rows.send[centre] = quarter_ends(rows.send[centre])
    return rows


def _departure_part(world: World, who: NDArray[Any], day: Days, reason: NDArray[Any], delay: NDArray[Any]) -> Rows:
    clinics = world.population.places.village_clinic
    village = world.registrations.village[who]
    org = np.where(village >= 0, clinics[np.maximum(village, 0)], world.registrations.sender[who])
    columns = {"departed_on": day, "reason": reason.astype(object), "note": np.full(len(who), "", dtype=object)}
    return make_rows(world, "health_record.departure", (who, org), (day, day + delay), columns)


def attempt_rows(world: World) -> Rows:
    """Form ``health_record.contact_attempt``."""
    parts = []
    for programme in PROGRAMMES:
        tries, care = world.attempts[programme], world.care[programme]
        fresh = np.ones(len(tries.day), dtype=bool)
        fresh[1:] = (tries.care[1:] != tries.care[:-1]) | (tries.day[1:] != tries.day[:-1])
        who, day, outcome = tries.care[fresh], tries.day[fresh], tries.outcome[fresh]
        columns = {
            "attempted_on": day,
            "programme": np.full(len(day), PROGRAMME_TEXTS[programme], dtype=object),
            "outcome": np.array(OUTCOMES, dtype=object)[outcome],
        }
        org = world.population.places.village_clinic[care.village[who]]
        parts.append(
            make_rows(world, "health_record.contact_attempt", (care.registration[who], org), (day, day + 1), columns)
        )
    return join_rows(parts)


def examination_rows(world: World) -> Rows:
    """Form ``health_record.examination``: once a year, most patients and many of the elderly."""
    people, registrations, model = world.population, world.registrations, load_model()["care"]
    rng = random_stream(world.settings, "examinations")
    patient = np.zeros(registrations.size, dtype=bool)
    for care in world.care.values():
        patient[care.registration] = True
    parts = []
    for year in range(world.settings.year - world.settings.history_years, world.settings.year + 1):
        start = day_number(year)
        eligible = registrations.why < SECOND
        elderly = years_at(people.birth[registrations.person], start) >= load_model()["hypertension"]["elderly_age"]
        chance = np.where(patient, model["examined_patients"], np.where(elderly, model["examined_elderly"], 0.0))
        season = (75 + registrations.sender * 37 % 90 + rng.integers(0, 45, registrations.size)).astype(np.int32)
        autumn = rng.random(registrations.size) < 0.25
        day = (start + np.where(autumn, 250 + rng.integers(0, 80, registrations.size), season)).astype(np.int32)
        here = (registrations.opened < day) & (registrations.until > day) & people.resident[registrations.person]
        who = np.flatnonzero(eligible & here & (rng.random(registrations.size) < chance))
        parts.append(_examination_part(world, who, day[who], rng))
    return join_rows(parts)


def _examination_part(world: World, who: NDArray[Any], day: Days, rng: np.random.Generator) -> Rows:
    person, count = world.registrations.person[who], len(who)
    sbp = np.clip(np.round(rng.normal(136, 14, count) / 2) * 2, 92, 200).astype(np.int16)
    dbp = np.minimum(np.clip(np.round(rng.normal(80, 8, count) / 2) * 2, 52, 118), sbp - 14).astype(np.int16)
    weight = np.round(world.traits.weight[person] + rng.normal(0, 1, count), 1)

    def fats(middle: float, spread: float) -> NDArray[np.float32]:
        return np.clip(np.round(rng.lognormal(np.log(middle), spread, count), 2), 0.3, 15).astype(np.float32)

    columns = {
        "exam_date": day,
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
    }
    org = world.registrations.sender[who]
    return make_rows(world, "health_record.examination", (who, org), (day, day + rng.integers(0, 10, count)), columns)
