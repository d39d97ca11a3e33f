"""``signals``: the daily run, the signals it made, what was done about them, and what they were worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import CHECK_FAILED, Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import DAY, MOMENT, PATH, WordKind
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.surveillance.states import GROUPS, JUDGED, OUTCOMES, SHOWN, STATES

if TYPE_CHECKING:
    from wangdi.app.signals import Handled
    from wangdi.store.city import City

COLUMNS = (
    "signal", "title", "place_names", "sites", "methods", "observed", "expected", "records", "state", "outcome", "due_at", "org",
)  # fmt: skip
SPARE = ("org", "methods", "expected", "sites", "due_at")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Which days."""

    on: date | None
    first: date | None
    last: date | None
    at: datetime | None


def run_run(session: Session, asked: RunOptions) -> Answer:
    """Judge one day or several."""
    from wangdi.app.signals import read_signals
    from wangdi.app.surveillance import RunAsked, read_city_settings, run_surveillance

    at = asked.at or read_clock()
    last = asked.last or asked.on or at.date() - timedelta(days=1)
    wanted = RunAsked(asked.first or asked.on or last, last, actor_name(), at)
    with session.open_city() as city:
        with session.standing(city) as standing:
            done = run_surveillance(standing, wanted, lambda step: session.say(session.word("judging", step=step)))
        signals = read_signals(city, read_city_settings(city.folder))
        changed = {one.id for one in (*done.opened, *done.grown)}
        rows = _rows(session, city, [one for one in signals if one.signal.id in changed], at)
    payload = {
        "first": wanted.first, "last": wanted.last, "days": done.days, "cards": done.cards, "findings": done.findings,
        "opened": [one.id for one in done.opened], "grown": [one.id for one in done.grown], "failed": done.failed, "rows": rows,
    }  # fmt: skip
    told = {"days": done.days, "cards": done.cards, "opened": len(done.opened), "grown": len(done.grown)}
    notes = tuple(session.word("not_judged", step=step, reason=reason) for step, reason in done.failed.items())
    return Answer(
        payload=payload,
        grids=(Grid(COLUMNS, rows, SPARE),) if rows else (),
        text=session.word("days_judged", **told),
        notes=notes,
        exit_code=CHECK_FAILED if done.failed else 0,
    )


run = Verb(
    run_run,
    [
        option("--on", type=DAY, metavar="DATE"),
        option("--from", "first", type=DAY, metavar="DATE"),
        option("--to", "last", type=DAY, metavar="DATE"),
        option("--at", type=MOMENT, metavar="TIMESTAMP"),
    ],
    shape=RunOptions,
)


def run_list(session: Session, state: str | None, org: str | None, now: datetime | None) -> Answer:
    """The signals, the urgent and overdue first."""
    from wangdi.app.signals import choose_signals, read_signals
    from wangdi.app.surveillance import read_city_settings

    moment, wanted = now or read_clock(), state or SHOWN[0]
    with session.open_city() as city:
        signals = read_signals(city, read_city_settings(city.folder))
        ours = [one for one in signals if not org or one.org == org]
        kept = _rows(session, city, choose_signals(ours, wanted, moment), moment)
    return Answer(
        payload={"rows": kept},
        grids=(Grid(COLUMNS, kept, SPARE),) if kept else (),
        text="" if kept else session.word("no_signals"),
    )


list_signals = Verb(
    run_list,
    [
        option("--state", type=WordKind(SHOWN)),
        option("--org", metavar="CODE"),
        option("--now", type=MOMENT, metavar="TIMESTAMP"),
    ],
)


def run_show(session: Session, signal: str) -> Answer:
    """One signal with its reasons and steps."""
    from wangdi.app.signals import find_signal
    from wangdi.app.surveillance import read_city_settings
    from wangdi.app.watched_area import day_of

    with session.open_city() as city:
        handled = find_signal(city, read_city_settings(city.folder), signal)
        (row,) = _rows(session, city, [handled], read_clock())
    reasons = [
        {
            "day": day_of(one.day).isoformat(), "method": one.method, "subject": one.subject, "places": list(one.places),
            "site": one.site, "first": day_of(one.first).isoformat(), "observed": one.observed, "expected": one.expected,
            "bound": one.bound, "probability": one.probability, "records": list(one.facts),
        }
        for one in handled.signal.findings
    ]  # fmt: skip
    steps = [one.to_json() | {"number": one.number, "who": one.who} for one in handled.steps]
    reason_columns = ("day", "method", "site", "observed", "expected", "bound", "probability")
    shown = [one | {name: _short(one[name]) for name in ("expected", "bound", "probability")} for one in reasons]
    grids = [Grid(COLUMNS, [row], SPARE), Grid(reason_columns, shown, title=session.word("reasons"))]
    if steps:
        grids.append(
            Grid(("number", "state", "outcome", "at", "who", "note"), steps, title=session.word("steps_taken"))
        )
    return Answer(payload=row | {"findings": reasons, "steps": steps}, grids=tuple(grids))


def _short(value: Any) -> str:
    """A number as far as it says something."""
    return "" if value is None else f"{value:.2g}"


show = Verb(run_show, [argument("signal", metavar="SIGNAL")])


@dataclass(frozen=True, slots=True)
class StepOptions:
    """What was done about a signal."""

    signal: str
    state: str
    outcome: str | None
    note: str | None
    at: datetime | None
    event: str | None


def run_step(session: Session, asked: StepOptions) -> Answer:
    """Write down a step."""
    from wangdi.app.signals import StepAsked, take_step
    from wangdi.app.surveillance import read_city_settings

    at = asked.at or read_clock()
    step = StepAsked(asked.state, asked.outcome or "", asked.note or "", actor_name(), at, asked.event or "")
    with session.open_city() as city:
        handled = take_step(city, read_city_settings(city.folder), asked.signal, step)
        rows = _rows(session, city, [handled], at)
    return Answer(payload=rows[0], grids=(Grid(COLUMNS, rows, SPARE),))


step = Verb(
    run_step,
    [
        argument("signal", metavar="SIGNAL"),
        argument("state", type=WordKind(STATES[1:])),
        option("--outcome", type=WordKind(OUTCOMES)),
        option("--note", metavar="TEXT"),
        option("--at", type=MOMENT, metavar="TIMESTAMP"),
        option("--event", metavar="EVENT"),
    ],
    shape=StepOptions,
)


def run_undo(session: Session, signal: str) -> Answer:
    """Take the last step back."""
    from wangdi.app.signals import undo_step
    from wangdi.app.surveillance import read_city_settings

    at = read_clock()
    with session.open_city() as city:
        handled = undo_step(city, read_city_settings(city.folder), signal, actor_name(), at)
        rows = _rows(session, city, [handled], at)
    return Answer(payload=rows[0], grids=(Grid(COLUMNS, rows, SPARE),))


undo = Verb(run_undo, [argument("signal", metavar="SIGNAL")])


def run_record(session: Session, by: str | None) -> Answer:
    """What signals were worth."""
    from wangdi.app.signal_record import tell_record
    from wangdi.app.surveillance import read_city_settings

    with session.open_city() as city:
        found = tell_record(city, read_city_settings(city.folder), _names(session.lang, city), by or GROUPS[0])
    columns = ("name", "signals", "per_week", "answered", "answer_hours", "closed", *JUDGED, "ppv")
    text = session.word("by_chance", days=found["days"], findings=found["findings"], chance=found["by_chance"])
    return Answer(payload=found, grids=(Grid(columns, found["rows"], ("answered", "closed")),), text=text)


record = Verb(run_record, [option("--by", type=WordKind(GROUPS))])


def run_try(session: Session, first: date, last: date, changes: Sequence[str], truth: Path | None) -> Answer:
    """Other settings on one's own past."""
    from wangdi.app.signal_record import Trial, try_settings

    asked = Trial(first, last, _parse_changes(changes), truth)
    with session.open_city() as city, session.standing(city) as standing:
        found = try_settings(standing, asked, lambda step: session.say(session.word("judging", step=step)))
    columns = ("settings", "signals", "per_week", "events", "found", "false", "delay_days")
    grids = [Grid(columns, found["rows"])]
    if found["events"]:
        grids.append(Grid(tuple(found["events"][0]), found["events"], title=session.word("days_until_found")))
    return Answer(payload=found, grids=tuple(grids))


try_out = Verb(
    run_try,
    [
        option("--from", "first", type=DAY, metavar="DATE", required=True),
        option("--to", "last", type=DAY, metavar="DATE", required=True),
        option("--set", "changes", multiple=True, metavar="SECTION.NAME=VALUE"),
        option("--truth", type=PATH, metavar="FILE.csv"),
    ],
)


def _parse_changes(changes: Sequence[str]) -> dict[str, dict[str, str]]:
    """``section.name=value`` as settings. Errors: SIGNAL-001 it is not written so."""
    found: dict[str, dict[str, str]] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        section, dot, field = name.strip().partition(".")
        if not (equals and dot and field):
            raise Refusal(Problem(code="SIGNAL-001", args={"name": change}))
        found.setdefault(section, {})[field] = value.strip()
    return found


def _names(lang: str, city: City) -> Mapping[str, str]:
    from wangdi.app.cities import open_library
    from wangdi.app.signal_names import name_subjects_and_places

    return name_subjects_and_places(city, open_library(city), lang)


def _rows(session: Session, city: City, signals: Sequence[Handled], now: datetime) -> list[dict[str, Any]]:
    from wangdi.app.signals import tell_signal

    names = _names(session.lang, city)
    return [tell_signal(one, names, now) for one in signals]
