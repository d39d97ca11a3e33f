"""The rounds of the plans as they come out: 周统计, 月晾晒, 季通报, 年考评, each kept as it was and never counted again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from wangdi.app.bulletins import Bulletin, compose_bulletin, page_of
from wangdi.app.derivation import Standing
from wangdi.app.link_decisions import By
from wangdi.app.plan_items import list_items
from wangdi.app.plan_progress import Ground, Progress, find_areas, list_progress, stand_ground
from wangdi.app.plan_telling import show_value
from wangdi.app.questions import read_places
from wangdi.core.problem import LANGUAGES, Problem, Refusal
from wangdi.plans.bulletin_page import Page, page_from_json, page_json
from wangdi.plans.goals import show_goal
from wangdi.plans.model import CONFIRMED
from wangdi.plans.rounds import ROUNDS, round_around, round_before
from wangdi.plans.standing import LIGHTS
from wangdi.store.city import City
from wangdi.store.records import LedgerRow

EDITION_KIND = "plan.edition"
"""Kind of the ledger, by ``every/last day``; a newer row under a key is a newer edition."""


@dataclass(frozen=True, slots=True)
class Stood:
    """Where one item stood when a round came out."""

    name: str
    light: str
    value: str
    goal: str
    owner: str


@dataclass(frozen=True, slots=True)
class Edition:
    """A round as it came out. ``number``: from 1, how often it has come out; ``known``: by what it was counted; ``seq``: its own
    number in the ledger; ``items``: plan/item -> where it stood; ``closed``, ``reopened``: turns of the round.
    """

    every: str
    first: date
    last: date
    at: datetime
    who: str
    known: int
    seq: int
    number: int
    pages: Mapping[str, Page]
    items: Mapping[str, Stood]
    closed: int
    reopened: int

    def count_lights(self) -> dict[str, int]:
        """Items by light."""
        return {light: sum(one.light == light for one in self.items.values()) for light in LIGHTS}


@dataclass(frozen=True, slots=True)
class Scheduled:
    """When a round comes out. ``newest``: the last edition there is; ``first`` to ``last``: the round under way."""

    every: str
    newest: Edition | None
    first: date
    last: date
    out_on: date


@dataclass(frozen=True, slots=True)
class Measured:
    """Where the items of all plans stand on a day, by what was known at a number."""

    progress: Sequence[Progress]
    ground: Ground
    known: int


def measure_plans(standing: Standing, on: date) -> Measured | None:
    """Where every confirmed item stands on a day; None where none was confirmed."""
    city = standing.city
    held = list_items(city, "", (CONFIRMED,), standing.known)
    if not held:
        return None
    indicators = sorted({one.item.indicator for one in held if one.item.indicator})
    known = city.facts_known(standing.known)
    places = read_places(city, known)
    ground = stand_ground(replace(standing, known=known), find_areas(places, on), indicators, places, on)
    return Measured(list_progress(city, ground, "", standing.known), ground, standing.known)


def keep_edition(city: City, measured: Measured, every: str, by: By) -> Edition:
    """Write a round down as it comes out: its page in every language, and where each item stands."""
    bulletin = compose_bulletin(measured.progress, measured.ground, every)
    key = edition_key(every, bulletin.last)
    with city.writer(by.who) as writer:
        writer.put_ledger([LedgerRow(EDITION_KIND, key, _body(bulletin, by, measured.known), by.who)], by.at)
    return find_edition(city, every, bulletin.last)


def _body(bulletin: Bulletin, by: By, known: int) -> dict[str, Any]:
    items = {
        one.held.key: {
            "name": one.item.name,
            "light": one.stand.light,
            "value": show_value(one, LANGUAGES[0]),
            "goal": show_goal(one.item.goal) if one.item.goal is not None else "",
            "owner": one.item.owner,
        }
        for one in bulletin.lines
    }
    turns = [turn.state for _, turn in bulletin.turns]
    return {
        "every": bulletin.every,
        "first": bulletin.first.isoformat(),
        "last": bulletin.last.isoformat(),
        "at": by.at.isoformat(),
        "known": known,
        "pages": {lang: page_json(page_of(bulletin, lang)) for lang in LANGUAGES},
        "items": items,
        "closed": turns.count("closed"),
        "reopened": turns.count("open"),
    }


def edition_key(every: str, last: date) -> str:
    """Under which key a round stands."""
    return f"{every}/{last}"


def list_editions(city: City, known: int | None = None) -> list[Edition]:
    """Every edition of every round that came out by ``known``, the newest first."""
    counted: dict[str, int] = {}
    found = []
    for seq, row in city.ledger_history(EDITION_KIND, known):
        counted[row.key] = counted.get(row.key, 0) + 1
        found.append(_read(row, seq, counted[row.key]))
    return sorted(found, key=lambda one: (one.last, ROUNDS.index(one.every), one.number), reverse=True)


def _read(row: LedgerRow, seq: int, number: int) -> Edition:
    body = row.body or {}
    return Edition(
        body["every"],
        date.fromisoformat(body["first"]),
        date.fromisoformat(body["last"]),
        datetime.fromisoformat(body["at"]),
        row.who,
        body["known"],
        seq,
        number,
        {lang: page_from_json(page) for lang, page in body["pages"].items()},
        {key: Stood(**one) for key, one in body["items"].items()},
        body["closed"],
        body["reopened"],
    )


def find_edition(city: City, every: str, last: date, number: int = 0, known: int | None = None) -> Edition:
    """One round as it came out, the newest edition where no number is given. Errors: PLAN-008 it did not come out."""
    for one in list_editions(city, known):
        if (one.every, one.last) == (every, last) and number in (0, one.number):
            return one
    raise Refusal(Problem(code="PLAN-008", args={"round": edition_key(every, last), "number": f"{number or 1}"}))


def find_due_rounds(editions: Sequence[Edition], since: date, on: date) -> list[tuple[str, date]]:
    """The rounds to come out on a day, with their last days: of each kind the last that has ended and did not come out yet.

    Rule: one that had ended before the first night (``since``) is not made up afterwards, nor one that another has followed: it
    would tell its round by what came to be known later.
    """
    out = {(one.every, one.last) for one in editions}
    ended = [(every, round_before(every, on)[1]) for every in ROUNDS]
    return [(every, last) for every, last in ended if (every, last) not in out and last >= since - timedelta(days=1)]


def list_schedule(editions: Sequence[Edition], on: date) -> list[Scheduled]:
    """Of each kind the newest edition, and the round under way with the day it comes out."""
    found = []
    for every in ROUNDS:
        first, last = round_around(every, on)
        newest = next((one for one in editions if one.every == every), None)
        found.append(Scheduled(every, newest, first, last, last + timedelta(days=1)))
    return found
