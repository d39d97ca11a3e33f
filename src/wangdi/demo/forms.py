"""The rows institutions would write if nobody ever made a mistake, from what happened to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import UNKNOWN, Days, month_index, quarter_ends
from wangdi.demo.illness import PROGRAMMES, Programme
from wangdi.demo.population import Population
from wangdi.demo.registrations import OTHER, Care, Registrations
from wangdi.demo.rows import Rows, join_rows
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
    gone = np.flatnonzero((registrations.until <= people.last_day) & (registrations.why < OTHER))
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
    # Of those whom a CDC knows, the ones it has from the death register: the others were cases.
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
    columns = {
        "departed_on": day,
        "reason": reason.astype(object),
        "note": np.full(len(who), "", dtype=object),
        **_hand_over(world, who, day, reason == "moved_out"),
    }
    return make_rows(world, "health_record.departure", (who, org), (day, day + delay), columns)


def _hand_over(world: World, who: NDArray[Any], day: Days, moved: NDArray[Any]) -> dict[str, Any]:
    """Where the record of somebody who moved went: most follow their owner within the month."""
    people, person = world.population, world.registrations.person[who]
    names = np.array([organisation.name for organisation in people.places.organisations], dtype=object)
    village = people.next_village[person]
    target = np.where(village >= 0, names[people.places.village_sender[np.maximum(village, 0)]], "外县卫生院")
    done = moved & ((person + day) % 5 > 0) & (day <= people.last_day - 30)
    return {
        "handed_over": np.where(moved, done, -1).astype(np.int8),
        "handed_over_on": np.where(done, day + 2 + person % 19, UNKNOWN).astype(np.int32),
        "handed_over_to": np.where(done, target, "").astype(object),
    }


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
