"""``truth/outbreaks.csv`` and what belongs to it: which card is of which outbreak, who was never reported, what was eaten."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import numpy as np

from wangdi.demo.days import date_texts
from wangdi.demo.deliveries import Inbox
from wangdi.demo.epidemics import disease_codes
from wangdi.demo.planted import HOURS
from wangdi.demo.reporting import DAY, moment_texts
from wangdi.demo.surveillance import Surveillance
from wangdi.demo.tables import ColumnFile, write_rows

QUESTIONNAIRE = "食物问卷.csv"


def write_outbreak_truth(inbox: Inbox, surveillance: Surveillance) -> None:
    """All of them, and the questionnaire an investigator of the meal would bring along."""
    folder = inbox.folder / "truth"
    numbers = [f"{inbox.year}-{n + 1:02}" for n in range(len(surveillance.outbreaks))]
    _write_outbreaks(folder, surveillance, numbers)
    cards = surveillance.cards
    inside = np.flatnonzero(cards.outbreak >= 0)
    with ColumnFile(folder / "outbreak_cases.csv", ("card_no", "outbreak")) as file:
        file.add([cards.number[inside], np.array(numbers, dtype=object)[cards.outbreak[inside]]])
    _write_unreported(folder, inbox, surveillance)
    _write_meal(inbox, surveillance, numbers[surveillance.meal.outbreak])


def _write_outbreaks(folder: Path, surveillance: Surveillance, numbers: list[str]) -> None:
    """Grain: one row per outbreak; ``kind`` data_fault is none. ``cases``: cards; the first is the one entered first."""
    cards, codes, gatherings = surveillance.cards, disease_codes(), surveillance.attendance.gatherings
    names = ("id", "kind", "title", "disease", "place", "workplace", "first_onset", "last_onset", "cases", "first_card",
             "first_reported_at", "note")  # fmt: skip
    rows: list[dict[str, object]] = []
    for number, outbreak in enumerate(surveillance.outbreaks):
        mine = np.flatnonzero(cards.outbreak == number)
        onsets = date_texts(np.sort(cards.onset[mine]), "iso").tolist()
        first = mine[np.argmin(cards.entered[mine])]
        rows.append(
            {
                "id": numbers[number],
                "kind": outbreak.kind,
                "title": outbreak.title,
                "disease": codes[outbreak.disease],
                "place": outbreak.place.ljust(12, "0"),
                "workplace": gatherings.name[outbreak.gathering] if outbreak.gathering >= 0 else "",
                "first_onset": onsets[0],
                "last_onset": onsets[-1],
                "cases": len(mine),
                "first_card": cards.number[first],
                "first_reported_at": moment_texts(cards.entered[[first]])[0],
                "note": outbreak.note,
            }
        )
    write_rows(folder / "outbreaks.csv", names, rows)


def _write_unreported(folder: Path, inbox: Inbox, surveillance: Surveillance) -> None:
    """Cases that stand in a unit's register and on no card."""
    reports = surveillance.reports
    left = np.flatnonzero(~reports.carded)
    person = reports.cases.person[left]
    with ColumnFile(folder / "unreported.csv", ("registration", "person", "org", "disease", "diagnosed_on")) as file:
        file.add(
            [
                surveillance.facility[left],
                person,
                inbox.writing.org_codes[reports.facility[left]],
                disease_codes()[reports.cases.disease[left]],
                date_texts((reports.diagnosed[left] // DAY).astype(np.int32), "iso"),
            ]
        )


def _write_meal(inbox: Inbox, surveillance: Surveillance, outbreak: str) -> None:
    """The questionnaire as it is filled in, and which dish it was."""
    meal, people = surveillance.meal, inbox.writing.world.population
    ill = np.arange(len(meal.guests)) < meal.ill
    hours = np.concatenate([meal.hour, np.zeros((~ill).sum(), dtype=np.int64)])
    moments = np.where(ill, moment_texts(hours * (DAY // HOURS)), "").tolist()
    order = np.argsort(people.id_numbers[meal.guests], kind="stable").tolist()
    names = people.names(meal.guests).tolist()
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(["姓名", "证件号", "是否发病", "发病时间", *meal.foods])
    for at in order:
        ate = ["是" if one else "否" for one in meal.ate[at].tolist()]
        number = people.id_numbers[meal.guests[at]].decode()
        writer.writerow([names[at], number, "是" if ill[at] else "否", moments[at][:-3], *ate])
    centre = inbox.writing.world.registrations.sender[surveillance.centre[_first_ill(surveillance)]]
    path = inbox.folder / "inbox" / inbox.writing.org_codes[centre] / QUESTIONNAIRE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue().encode("utf-8-sig"))
    counts = [
        {
            "outbreak": outbreak,
            "food": food,
            "guilty": int(place == meal.guilty),
            "ill_ate": int((meal.ate[:, place] & ill).sum()),
            "ill_not": int((~meal.ate[:, place] & ill).sum()),
            "well_ate": int((meal.ate[:, place] & ~ill).sum()),
            "well_not": int((~meal.ate[:, place] & ~ill).sum()),
        }
        for place, food in enumerate(meal.foods)
    ]
    write_rows(inbox.folder / "truth" / "exposures.csv", tuple(counts[0]), counts)


def _first_ill(surveillance: Surveillance) -> int:
    """A case of the meal: whose CDC looks into it."""
    return int(np.flatnonzero(surveillance.reports.cases.outbreak == surveillance.meal.outbreak)[0])
