"""What was told to whom, as the ledger keeps it, and what is still to be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from wangdi.notices.notice import Notice, is_wanted
from wangdi.notices.settings import NotifySettings, Receiver

SENT_KIND = "notify.sent"
"""Kind of the ledger, by ``receiver/notice``."""
DUE, QUIET, LATER, GIVEN_UP = "due", "quiet", "later", "given_up"
"""What becomes of a notice that was not told yet: now, after quiet hours, with the next run, not at all."""


@dataclass(frozen=True, slots=True)
class Told:
    """The last try to tell a receiver. ``reached``: its addresses, counted from 1, that have it; ``error``: empty, or how the
    last of the others failed. No address stands here.
    """

    receiver: str
    notice: str
    kind: str
    at: datetime
    tries: int
    reached: tuple[int, ...]
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether every address has it."""
        return not self.error

    @property
    def key(self) -> str:
        """Under which key it stands."""
        return told_key(self.receiver, self.notice)

    def to_json(self) -> dict[str, Any]:
        """As it is written down."""
        return {**asdict(self), "at": self.at.isoformat(), "reached": list(self.reached)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Told:
        """As it was written down."""
        return cls(**{**body, "at": datetime.fromisoformat(body["at"]), "reached": tuple(body["reached"])})


def told_key(receiver: str, notice: str) -> str:
    """A receiver's name has no ``/``."""
    return f"{receiver}/{notice}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice for one receiver. ``before``: the tries so far, null where there were none."""

    receiver: Receiver
    notice: Notice
    state: str
    before: Told | None


def plan_deliveries(
    notices: Sequence[Notice], settings: NotifySettings, told: Mapping[str, Told], now: datetime
) -> list[Delivery]:
    """Who is to be told what: everything that was not told yet, the urgent first, then what was tried least.

    Rule: quiet hours hold back what is not urgent. After ``tries`` a notice is given up. A receiver gets at most ``most_a_run`` in
    one run.
    """
    found = [
        Delivery(receiver, notice, _state(receiver, notice, before, settings, now), before)
        for receiver in settings.receivers
        for notice in notices
        if is_wanted(notice, receiver)
        and not ((before := told.get(told_key(receiver.name, notice.key))) is not None and before.ok)
    ]
    found.sort(key=lambda one: (not one.notice.urgent, 0 if one.before is None else one.before.tries))
    return list(_hold_back(found, int(settings.limits.most_a_run)))


def _state(receiver: Receiver, notice: Notice, before: Told | None, settings: NotifySettings, now: datetime) -> str:
    if before is not None and before.tries >= settings.limits.tries:
        return GIVEN_UP
    if not notice.urgent and receiver.quiet is not None and receiver.quiet.covers(now):
        return QUIET
    return DUE


def _hold_back(deliveries: Iterable[Delivery], most: int) -> Iterable[Delivery]:
    given: Counter[str] = Counter()
    for one in deliveries:
        if one.state == DUE:
            given[one.receiver.name] += 1
            if given[one.receiver.name] > most:
                yield Delivery(one.receiver, one.notice, LATER, one.before)
                continue
        yield one
