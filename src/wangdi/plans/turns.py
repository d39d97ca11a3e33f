"""An item closes itself when its evidence holds, and opens again when the figure falls back: each turn with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from wangdi.plans.standing import Stand

CLOSED, OPEN = "closed", "open"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a scheduled run saw: that an item closed or opened again on a day, at which figure, by what was known.

    Missing: ``value`` and the counts are None where the evidence is steps.
    """

    state: str
    on: date
    known: int
    period: str = ""
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None


def find_turn(before: str, stand: Stand, on: date, known: int) -> Turn | None:
    """The turn an item takes from the state written down before (``open`` where nothing was); None where it takes none.

    Rule: the state follows from the evidence alone, so the same figure never turns an item twice.
    """
    state = CLOSED if stand.holds else OPEN
    if state == before:
        return None
    last = stand.last
    if last is None:
        return Turn(state, on, known, value=stand.value)
    return Turn(state, on, known, last.period, last.value, last.numerator, last.denominator)


def write_turn(turn: Turn) -> dict[str, Any]:
    """A turn as the ledger keeps it."""
    return {**asdict(turn), "on": turn.on.isoformat()}


def read_turn(body: Mapping[str, Any]) -> Turn:
    """A turn from the ledger."""
    return Turn(**{**body, "on": date.fromisoformat(body["on"])})
