"""A worklist as visits: everything that is due for one person is one trip, chosen and ordered as somebody wants to go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from wangdi.app.worklists import NOBODY_SAID, Due, Reach

Order = Literal["closes", "due", "village", "name"]
ORDERS: tuple[Order, ...] = ("closes", "due", "village", "name")
NAMED_ORDERS: tuple[Order, ...] = ("village", "name")
"""Orders that go by who people are: they need :func:`wangdi.app.worklists.find_reach`."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person with everything that is due for them. Grain: one per person."""

    person: int
    tasks: tuple[Due, ...]

    @property
    def division(self) -> str:
        """The village they live in, by code; empty where nobody said."""
        return self.tasks[0].home.division

    @property
    def overdue(self) -> bool:
        """Whether anything is late."""
        return any(one.overdue for one in self.tasks)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which visits, in which order. Empty asks for all. ``village``: a code, or :data:`NO_VILLAGE`."""

    programme: str = ""
    overdue: bool = False
    village: str = ""
    order: Order = "closes"


NO_VILLAGE = "none"
"""Asks for the people of whom nobody said where they live."""


def gather_visits(found: Iterable[Due], wish: Wish, reach: Mapping[int, Reach] | None = None) -> list[Visit]:
    """The visits of a worklist. Rule: a person is kept when one of their things is asked for; of these only things of the
    programme asked for are shown, but whatever else is due stays when only lateness is asked for: one trip serves all.
    ``reach``: who the people are, where the order goes by it.
    """
    known = reach or {}
    visits: list[Visit] = []
    for _, rows in groupby(found, key=lambda row: row.trip):
        tasks = tuple(row for row in rows if wish.programme in ("", row.programme))
        if not tasks or (wish.village and wish.village != (tasks[0].home.division or NO_VILLAGE)):
            continue
        visit = Visit(tasks[0].person, tasks)
        if visit.overdue or not wish.overdue:
            visits.append(visit)
    keys: dict[Order, Callable[[Visit], Any]] = {
        "due": lambda visit: min(row.due for row in visit.tasks),
        "village": lambda visit: (visit.division == "", visit.division, known.get(visit.person, NOBODY_SAID).address),
        "name": lambda visit: ((name := known.get(visit.person, NOBODY_SAID).name) == "", name),
    }
    return sorted(visits, key=keys[wish.order]) if wish.order in keys else visits


def count_villages(found: Sequence[Due]) -> dict[str, int]:
    """How many people of a worklist live in each village; in order of code, last those of whom nobody said where."""
    counts: dict[str, int] = {}
    for _, rows in groupby(found, key=lambda row: row.trip):
        village = next(rows).home.division or NO_VILLAGE
        counts[village] = counts.get(village, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (item[0] == NO_VILLAGE, item[0])))
