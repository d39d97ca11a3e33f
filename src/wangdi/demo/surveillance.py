"""Everything that is true of infectious diseases in the county, and who came to know of whom by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.cards import Cards, make_cards
from wangdi.demo.days import NEVER, month_index
from wangdi.demo.epidemics import Cases, join_cases, keep_possible, make_endemic_cases
from wangdi.demo.forms import World
from wangdi.demo.gatherings import Attendance, make_gatherings
from wangdi.demo.planted import HOURS, Meal, Outbreak, plant_outbreaks
from wangdi.demo.registrations import REPORTED, extend_registrations
from wangdi.demo.reporting import DAY, Minutes, Reports, make_reports

_ORGANISATIONS = 100_000


@dataclass(frozen=True, slots=True)
class Surveillance:
    """The cases, what became known of them, and the planted outbreaks.

    ``centre``: the registration of each case with the county's CDC; ``facility``: with whoever diagnosed it.
    """

    attendance: Attendance
    reports: Reports
    cards: Cards
    outbreaks: tuple[Outbreak, ...]
    meal: Meal
    centre: NDArray[np.int32]
    facility: NDArray[np.int32]


def watch_diseases(world: World, spared: tuple[int, ...]) -> tuple[World, Surveillance]:
    """All cases of all years and their cards; whoever has one is known to the CDC and where they were diagnosed.

    ``spared``: people who must not be ill.
    """
    settings, people = world.settings, world.population
    attendance = Attendance(people, make_gatherings(people))
    planted = plant_outbreaks(settings, people, attendance, spared)
    endemic = make_endemic_cases(settings, people, attendance)
    endemic = endemic.take(np.flatnonzero(~np.isin(endemic.person, spared)))
    cases = keep_possible(people, join_cases([planted.cases, endemic]))
    reports = make_reports(settings, people, cases, _earliest(cases, planted.meal), attendance)
    cards, outbreaks = make_cards(settings, people.places, reports, planted.outbreaks)
    day = (reports.diagnosed // DAY).astype(np.int32)
    county = people.places.county_of_township[people.places.village_township[reports.village]]
    centre = np.array(people.places.disease_centres, dtype=np.int32)[county]
    world, of_centre = _know(world, reports.cases.person, centre, day, reports.carded)
    listed = month_index(day, settings.year) > 0
    world, of_facility = _know(world, reports.cases.person, reports.facility, day, listed)
    return world, Surveillance(attendance, reports, cards, outbreaks, planted.meal, of_centre, of_facility)


def _earliest(cases: Cases, meal: Meal) -> Minutes:
    """The moment of onset: of a meal's guests the hour is known, of everybody else the day."""
    moment = cases.onset.astype(np.int64) * DAY
    ill = meal.guests[: meal.ill]
    order = np.argsort(ill)
    mine = np.flatnonzero(cases.outbreak == meal.outbreak)
    moment[mine] = meal.hour[order[np.searchsorted(ill[order], cases.person[mine])]] * (DAY // HOURS)
    return moment


def _know(
    world: World,
    person: NDArray[np.int32],
    sender: NDArray[np.int32],
    day: NDArray[np.int32],
    chosen: NDArray[np.bool_],
) -> tuple[World, NDArray[np.int32]]:
    """The registration of each chosen case with an institution, new where it did not know the person; -1 for the others."""
    registrations = world.registrations
    wanted = np.flatnonzero(chosen)
    keys = person[wanted].astype(np.int64) * _ORGANISATIONS + sender[wanted]
    known = registrations.person.astype(np.int64) * _ORGANISATIONS + registrations.sender
    unique, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    since = np.full(len(unique), NEVER, dtype=np.int32)
    np.minimum.at(since, inverse, day[wanted])
    order = np.argsort(known, kind="stable")
    at = np.minimum(np.searchsorted(known[order], unique), len(order) - 1)
    found = np.where(known[order[at]] == unique, order[at], -1).astype(np.int32)
    new = np.flatnonzero(found < 0)
    of_new = wanted[first[new]]
    registrations, found[new] = extend_registrations(
        registrations, person[of_new], sender[of_new], since[new], REPORTED
    )
    registration = np.full(len(person), -1, dtype=np.int32)
    registration[wanted] = found[inverse]
    return replace(world, registrations=registrations), registration


def known_dead(world: World, surveillance: Surveillance) -> NDArray[np.int32]:
    """Registrations of people whom a CDC knows from a card and from the death register: it must write of them what is so.

    The death register has no telephones: who has no number in it would be another than who has none on a card.
    """
    registration = np.unique(surveillance.centre[surveillance.centre >= 0])
    return np.asarray(registration[world.registrations.why[registration] != REPORTED])
