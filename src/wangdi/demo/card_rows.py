"""Report cards as the national system exports them, and the registers of those who diagnosed the cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.cards import Cards
from wangdi.demo.days import UNKNOWN, Days, Texts, day_number, month_index, quarter_ends, years_at
from wangdi.demo.epidemics import disease_codes
from wangdi.demo.forms import World
from wangdi.demo.reporting import CLASSES, DAY, NO_MOMENT, Minutes, moment_texts
from wangdi.demo.rows import SUPERSEDED, Rows, join_rows
from wangdi.demo.settings import load_epidemics, random_stream
from wangdi.demo.surveillance import Surveillance

CARD, REGISTER = "disease_report.card", "disease_report.register"
_COURSES = ("acute", "chronic", "")
_STATES = ("valid", "revised", "deleted")
_GUARDED = 14
"""Up to this age a card names mother or father."""
_KINDS = {"hospital": "医院", "township_hospital": "乡镇卫生院", "community_centre": "社区卫生服务中心"}
_HERE = "1"
"""Patients belong to this county: all of them live here."""
_DECEMBER = 12

Columns = dict[str, NDArray[Any]]


def card_rows(world: World, surveillance: Surveillance) -> Rows:
    """Form ``disease_report.card``: the national system's export, made when the month of entry ends.

    A card that is reviewed or changed after that stands in the next export again.
    """
    cards = surveillance.cards
    first = _card_part(world, replace(surveillance, cards=_known_by(cards, _export_moments(world, cards))))
    first.defect[:] = cards.defect
    open_still = (cards.reviews > _export_moments(world, cards)[:, None]).any(axis=1)
    open_still |= cards.changed > _export_moments(world, cards)
    again = np.flatnonzero(open_still & (first.send < _DECEMBER))
    later = _card_part(world, replace(surveillance, cards=cards.take(again)))
    later.send[:] = first.send[again] + 1
    first.status[again], first.retired[again] = SUPERSEDED, later.send
    return join_rows([first, later])


def _export_moments(world: World, cards: Cards) -> Minutes:
    """The midnight at which the month of each card's entry ends; the years before the demonstration's are exported together."""
    entered = (cards.entered // DAY).astype("datetime64[D]")
    ends = (entered.astype("datetime64[M]") + 1).astype("datetime64[D]").astype(np.int64)
    return np.asarray(np.maximum(ends, day_number(world.settings.year)) * DAY)


def _known_by(cards: Cards, moment: Minutes) -> Cards:
    """The cards as they were at a moment of each."""
    changed = cards.changed <= moment
    return replace(
        cards,
        reviews=np.where(cards.reviews <= moment[:, None], cards.reviews, NO_MOMENT),
        state=np.where(changed, cards.state, 0).astype(np.int8),
        changed=np.where(changed, cards.changed, NO_MOMENT),
    )


def _card_part(world: World, surveillance: Surveillance) -> Rows:
    reports, cards = surveillance.reports, surveillance.cards
    of = cards.of
    diagnosed = reports.diagnosed[of]
    day, entered = (diagnosed // DAY).astype(np.int32), (cards.entered // DAY).astype(np.int32)
    registration = surveillance.centre[of]
    columns: Columns = {
        "card_no": cards.number,
        "card_state": np.array(_STATES, dtype=object)[cards.state],
        "disease": disease_codes()[reports.cases.disease[of]],
        "case_class": np.array(CLASSES, dtype=object)[reports.case_class[of]],
        "course": np.array(_COURSES, dtype=object)[reports.course[of]],
        "onset_on": cards.onset,
        "diagnosed_on": day,
        "diagnosed_at": moment_texts(diagnosed),
        "died_on": reports.died_on[of],
        "filled_on": day,
        "reported_at": moment_texts(cards.entered),
        **_review_columns(surveillance),
        **_patient_columns(world, surveillance),
        **_unit_columns(world, surveillance),
        "division": reports.village[of],
        "note": np.full(cards.size, "", dtype=object),
        "~card_id": np.array([number.replace("-", "") for number in cards.number.tolist()], dtype=object),
        "~death_reviewed": np.where(reports.died_on[of] == UNKNOWN, "", moment_texts(cards.reviews[:, -1])),
    }
    return _rows(world, CARD, registration, (day, entered, month_index(entered, world.settings.year)), columns)


def register_rows(world: World, surveillance: Surveillance) -> Rows:
    """Form ``disease_report.register``: the year's cases as the units have them, also those that nobody reported."""
    reports, settings, places = surveillance.reports, world.settings, world.population.places
    rng, model = random_stream(settings, "registers"), load_epidemics()["reporting"]
    kept = np.flatnonzero(surveillance.facility >= 0)
    diagnosed, unit = reports.diagnosed[kept], reports.facility[kept]
    day, lot = (diagnosed // DAY).astype(np.int32), rng.random(len(kept))
    tested = (reports.case_class[kept] == CLASSES.index("confirmed")) & (lot < model["laboratory"])
    inside = lot > 1 - model["inpatient"]
    register = np.where(tested, "laboratory", np.where(inside, "inpatient", "outpatient")).astype(object)
    first_card = np.full(reports.size, "", dtype=object)
    first_card[surveillance.cards.of[::-1]] = surveillance.cards.number[::-1]
    columns: Columns = {
        "register": register,
        "registered_no": _registered_numbers(world, unit, day),
        "found_on": day,
        "found_at": moment_texts(diagnosed),
        "disease": disease_codes()[reports.cases.disease[kept]],
        "result": np.where(tested, "阳性", "").astype(object),
        "doctor": world.traits.doctors[unit],
        "card_no": np.where(rng.random(len(kept)) < model["carded"], first_card[kept], "").astype(object),
    }
    months = month_index(day, settings.year)
    once = np.isin(unit, places.hospitals[len(places.counties) :])
    send = np.where(once, 12, quarter_ends(months))
    return _rows(world, REGISTER, surveillance.facility[kept], (day, day, send), columns)


def _registered_numbers(world: World, unit: NDArray[np.int32], day: NDArray[np.int32]) -> Texts:
    """Rule: the unit's code, the year and a running number of the unit."""
    order = np.lexsort((np.arange(len(unit)), day, unit))
    first = np.concatenate([[True], unit[order][1:] != unit[order][:-1]])[: len(unit)]
    serial = np.empty(len(unit), dtype=np.int64)
    serial[order] = np.arange(len(unit)) - np.maximum.accumulate(np.where(first, np.arange(len(unit)), 0)) + 1
    codes, year = world.population.places.organisations, world.settings.year
    parts = zip(unit.tolist(), serial.tolist(), strict=True)
    return np.array([f"{codes[u].code}-{year}-{n:05}" for u, n in parts], dtype=object)


def _review_columns(surveillance: Surveillance) -> Columns:
    cards = surveillance.cards
    revised, deleted = (np.where(cards.state == state, cards.changed, NO_MOMENT) for state in (1, 2))
    reasons = np.array(load_epidemics()["reporting"]["reasons"], dtype=object)
    code = disease_codes()[surveillance.reports.cases.disease[cards.of]]
    last = cards.reviews[:, -1]
    return {
        "reviewed_at": moment_texts(cards.reviews[:, 0]),
        "~city_reviewed": moment_texts(cards.reviews[:, 1]),
        "final_reviewed_at": moment_texts(last),
        "~review_state": np.where(last == NO_MOMENT, "未终审", "已终审卡").astype(object),
        "revised_at": moment_texts(revised),
        "~revision_reviewed": moment_texts(np.where(revised == NO_MOMENT, NO_MOMENT, revised + DAY // 4)),
        "revised_from": np.where(cards.state == 1, code, "").astype(object),
        "~diagnosed_before": np.where(cards.state == 1, moment_texts(surveillance.reports.diagnosed[cards.of]), ""),
        "~reviewed_before": np.where(cards.state == 1, moment_texts(last), "").astype(object),
        "deleted_at": moment_texts(deleted),
        "delete_reason": np.where(cards.state == 2, reasons[np.arange(cards.size) % len(reasons)], "").astype(object),
    }


def _patient_columns(world: World, surveillance: Surveillance) -> Columns:
    people, reports = world.population, surveillance.reports
    of = surveillance.cards.of
    person, gathering = reports.cases.person[of], reports.gathering[of]
    ages = years_at(people.birth[person], reports.cases.onset[of])
    families = people.families
    parent = np.where(families.mother[person] >= 0, families.mother[person], families.father[person])
    parent = np.where(parent >= 0, parent, families.household[person])
    guarded = (ages <= _GUARDED) & (parent >= 0) & (parent != person)
    workplace = surveillance.attendance.gatherings.name[np.maximum(gathering, 0)]
    return {
        "address_code": np.array(people.places.villages, dtype=object)[reports.village[of]],
        "resident_of": np.full(len(of), _HERE, dtype=object),
        "occupation_group": reports.occupation[of],
        "workplace": np.where(gathering >= 0, workplace, "").astype(object),
        "guardian": np.where(guarded, people.names(np.maximum(parent, 0)), "").astype(object),
        "~age": np.array([f"{age}岁" for age in ages.tolist()], dtype=object),
    }


def _unit_columns(world: World, surveillance: Surveillance) -> Columns:
    organisations, unit = world.population.places.organisations, surveillance.cards.unit
    names = np.array([organisation.name for organisation in organisations], dtype=object)
    areas = np.array([f"{organisation.region[:6]}00" for organisation in organisations], dtype=object)
    kinds = np.array([_KINDS.get(organisation.kind, "") for organisation in organisations], dtype=object)
    users = np.array([f"u{number:05}" for number in range(len(organisations))], dtype=object)
    revised = surveillance.cards.state == 1
    return {
        "reporting_unit": names[unit],
        "reporting_area": areas[unit],
        "unit_kind": kinds[unit],
        "doctor": world.traits.doctors[unit],
        "~user": users[unit],
        "~user_unit": names[unit],
        "~revised_by": np.where(revised, users[unit], "").astype(object),
    }


def _rows(
    world: World, form: str, registration: NDArray[np.int32], when: tuple[Days, Days, NDArray[Any]], columns: Columns
) -> Rows:
    """``when``: the days of diagnosis and of entry, and the delivery with which a row is sent."""
    days, send = when[:2], when[2]
    size, sender = len(registration), world.registrations.sender[registration]
    return Rows(
        form=form,
        registration=registration,
        sender=sender,
        org=sender,
        occurred=days[0],
        entered=days[1],
        send=send.astype(np.int8),
        status=np.zeros(size, dtype=np.int8),
        retired=np.full(size, -1, dtype=np.int8),
        defect=np.zeros(size, dtype=np.int8),
        columns=columns,
    )
