"""The night of a city: judge what came, erase what is due, settle targets, let rounds come out, tell people.

One step's failure is told and stops no other; what became of the night is written down.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from wangdi.app.derivation import Standing
from wangdi.app.event_erasing import erase_due
from wangdi.app.events import Author
from wangdi.app.link_decisions import By
from wangdi.app.notifying import FAILED, SENT, SendAsked, has_settings, send_notices
from wangdi.app.plan_progress import write_turns
from wangdi.app.plan_rounds import find_due_rounds, keep_edition, list_editions, measure_plans
from wangdi.app.surveillance import LONGEST, RunAsked, find_last_run, run_surveillance
from wangdi.core.problem import LANGUAGES, Problem, Refusal
from wangdi.store.city import City
from wangdi.store.records import LedgerRow

NIGHT_KIND = "night"
"""Kind of the ledger, by the day on whose morning it ran."""
JUDGE, ERASE, SETTLE, ROUNDS, NOTIFY = "judge", "erase", "settle", "rounds", "notify"
STEPS = (JUDGE, ERASE, SETTLE, ROUNDS, NOTIFY)
DONE, NOTHING, BROKEN = "done", "nothing", "failed"
OpenStanding = Callable[[], AbstractContextManager[Standing]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NightAsked:
    """On which day it runs (it judges to the day before), by whom, when, and where the secrets of addresses are."""

    on: date
    at: datetime
    who: str
    environment: Mapping[str, str] = field(repr=False)

    @property
    def yesterday(self) -> date:
        """The last day that is over."""
        return self.on - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StepDone:
    """What became of one step. ``counts``: what it came to; ``code`` and ``reason`` (language -> text): why it failed."""

    step: str
    state: str
    counts: Mapping[str, int] = field(default_factory=dict)
    code: str = ""
    reason: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Night:
    """A night as it was written down."""

    on: date
    at: datetime
    who: str
    steps: tuple[StepDone, ...]

    @property
    def failed(self) -> tuple[StepDone, ...]:
        """The steps that did not do what they should."""
        return tuple(one for one in self.steps if one.state == BROKEN)


@dataclass(frozen=True, slots=True)
class _Work:
    city: City
    stand: OpenStanding
    asked: NightAsked


def run_night(city: City, stand: OpenStanding, asked: NightAsked, tell: Callable[[str], None] | None = None) -> Night:
    """Run every step and write down what became of it.

    ``stand`` opens what a question stands on; ``tell`` hears each step's name, and what it raises ends the night unwritten.
    Errors: none of a step's; STORE-010 where the night itself cannot be written down.
    """
    work = _Work(city, stand, asked)
    done = []
    for name, step in ((JUDGE, _judge), (ERASE, _erase), (SETTLE, _settle), (ROUNDS, _let_out), (NOTIFY, _notify)):
        if tell is not None:
            tell(name)
        done.append(_try_step(name, step, work))
    night = Night(asked.on, asked.at, asked.who, tuple(done))
    body = {"on": asked.on.isoformat(), "at": asked.at.isoformat(), "steps": [asdict(one) for one in done]}
    with city.writer(asked.who) as writer:
        writer.put_ledger([LedgerRow(NIGHT_KIND, asked.on.isoformat(), body, asked.who)], asked.at)
    return night


def _try_step(name: str, step: Callable[[_Work], StepDone], work: _Work) -> StepDone:
    try:
        return step(work)
    except Refusal as refusal:
        return _broken(name, refusal.problem)
    except Exception:  # whatever it was, the steps after it do not depend on it
        log.exception("the night's step %s failed", name)
        return _broken(name, Problem(code="NIGHT-001", args={"step": name}))


def _broken(name: str, problem: Problem, counts: Mapping[str, int] | None = None) -> StepDone:
    reason = {lang: f"{problem.place()} {problem.message(lang)}".strip() for lang in LANGUAGES}
    return StepDone(name, BROKEN, counts or {}, problem.code, reason)


def _judge(work: _Work) -> StepDone:
    """Judge every day since the last run to yesterday; the first night only yesterday."""
    last, until = find_last_run(work.city), work.asked.yesterday
    first = date.fromisoformat(last["last"]) + timedelta(days=1) if last else until
    if first > until:
        return StepDone(JUDGE, NOTHING)
    first = max(first, until - timedelta(days=LONGEST - 1))
    with work.stand() as standing:
        done = run_surveillance(standing, RunAsked(first, until, work.asked.who, work.asked.at))
    counts = {"days": done.days, "cards": done.cards, "opened": len(done.opened), "grown": len(done.grown)}
    if done.failed:
        return _broken(JUDGE, Problem(code="NIGHT-002", args={"what": ", ".join(sorted(done.failed))}), counts)
    return StepDone(JUDGE, DONE, counts)


def _erase(work: _Work) -> StepDone:
    """Erase names of events closed long enough ago, on days on which nothing was judged too."""
    erased = erase_due(work.city, work.asked.on, Author(work.asked.who, work.asked.at))
    return StepDone(ERASE, DONE if erased else NOTHING, {"events": len(erased)} if erased else {})


def _settle(work: _Work) -> StepDone:
    """Write down which targets closed and which opened again by yesterday."""
    with work.stand() as standing:
        measured = measure_plans(standing, work.asked.yesterday)
    if measured is None:
        return StepDone(SETTLE, NOTHING)
    taken = write_turns(work.city, measured.progress, work.asked.yesterday, _by(work))
    return StepDone(SETTLE, DONE, {"items": len(measured.progress), "turns": len(taken)})


def _let_out(work: _Work) -> StepDone:
    """Let the rounds come out that have ended."""
    nights = work.city.ledger(NIGHT_KIND)
    since = date.fromisoformat(nights[0][1].key) if nights else work.asked.on
    due = find_due_rounds(list_editions(work.city), since, work.asked.on)
    counts: dict[str, int] = {}
    for day in sorted({last for _, last in due}):  # a year ends with its month and its quarter: counted once
        with work.stand() as standing:
            measured = measure_plans(standing, day)
        if measured is None:
            break
        for every, _ in [one for one in due if one[1] == day]:
            keep_edition(work.city, measured, every, _by(work))
            counts[every] = 1
    return StepDone(ROUNDS, DONE if counts else NOTHING, counts)


def _notify(work: _Work) -> StepDone:
    """Tell people what is due."""
    if not has_settings(work.city):
        return StepDone(NOTIFY, NOTHING)
    asked = SendAsked(work.asked.who, work.asked.at, work.asked.environment)
    states = [one.state for one in send_notices(work.city, asked)]
    counts = {state: states.count(state) for state in dict.fromkeys(states)}
    if counts.get(FAILED):
        return _broken(NOTIFY, Problem(code="NIGHT-003", args={"count": f"{counts[FAILED]}"}), counts)
    return StepDone(NOTIFY, DONE if counts.get(SENT) else NOTHING, counts)


def _by(work: _Work) -> By:
    return By(work.asked.who, "", work.asked.at)


def find_last_night(city: City, known: int | None = None) -> Night | None:
    """The night of the latest day, as it was written down; None where there was none."""
    nights = city.ledger(NIGHT_KIND, known)
    return _read(nights[-1][1]) if nights else None


def _read(row: LedgerRow) -> Night:
    body: dict[str, Any] = dict(row.body or {})
    steps = tuple(StepDone(**one) for one in body["steps"])
    return Night(date.fromisoformat(body["on"]), datetime.fromisoformat(body["at"]), row.who, steps)
