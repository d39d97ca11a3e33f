"""``return`` for a period: filled, held against itself, corrected, locked, handed out again, and what changed since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import CHECK_FAILED, OK, Answer, Grid
from wangdi.cli.figures import LEVELS
from wangdi.cli.frame import Tree, Verb, argument, option
from wangdi.cli.kinds import PERIOD, WordKind
from wangdi.cli.returns import by_me, check_workbook_name
from wangdi.cli.session import Session
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal

if TYPE_CHECKING:
    from wangdi.app.derivation import Standing
    from wangdi.app.return_filling import Filled
    from wangdi.app.return_locking import ChangedCell, Locked
    from wangdi.store.city import City

CHOICES = ("reported", "computed")
TABLE_SUFFIXES = (".xlsx", ".docx", ".html")
STATE_WORDS = {
    "computed": "return_computed",
    "reported": "return_reported",
    "kept": "return_kept",
    "empty": "return_empty",
}
PERIOD_OPTION = {"type": PERIOD, "metavar": "P", "required": True}
KNOWN_OPTION = {"metavar": "DATE|TIMESTAMP|N"}
COLUMNS = (
    "cell",
    "return_state",
    "printed",
    "computed",
    "reported_value",
    "indicator",
    "part",
    "area_name",
    "return_note",
)
SPARE = ("part", "computed", "area_name")


@contextmanager
def standing_on_facts(session: Session, city: City, known: str | None) -> Iterator[Standing]:
    """The city at what was known; where nobody says when, at its last facts: what is bound or locked moves no figure."""

    with session.standing(city, known or str(city.facts_known(city.latest_seq()))) as standing:
        yield standing


def _fill(session: Session, city: City, name: str, period: Period, known: str | None) -> Filled:
    from wangdi.app.return_filling import fill_return, read_source

    with standing_on_facts(session, city, known) as standing:
        return fill_return(read_source(standing), name, period)


def _head(filled: Filled) -> dict[str, Any]:
    return {
        "name": filled.kept.name,
        "template_edition": filled.kept.edition,
        "period": filled.period.text,
        "known": filled.known,
        "snapshot": filled.snapshot,
    }


def _cell_rows(filled: Filled) -> list[dict[str, Any]]:
    from wangdi.app.return_filling import tell_value

    return [tell_value(one, filled.period) for one in filled.values.values()]


def _cells_grid(session: Session, rows: Sequence[dict[str, Any]]) -> Grid:
    shown = [
        {
            **row,
            "return_state": session.word(STATE_WORDS[row["state"]]),
            "reported_value": row["reported"],
            "return_note": row["reason"] or _note(session, row["note"]),
        }
        for row in rows
    ]
    return Grid(COLUMNS, shown, SPARE)


def _note(session: Session, code: str) -> str:
    return Problem(code=code).message(session.lang) if code else ""


def run_show(session: Session, name: str, period: Period | None, known: str | None) -> Answer:
    """What a return is bound to; for a period with the values in it."""
    from wangdi.app.return_locking import list_locked
    from wangdi.app.returns import find_return, list_bindings

    with session.open_city() as city:
        if period is not None:
            filled = _fill(session, city, name, period, known)
            rows = _cell_rows(filled)
            sent = [_sent_row(one) for one in list_locked(city, name, period.text)]
            head = _head(filled) | {"locked": bool(sent) and not sent[-1]["reopened"], "sent": sent}
            grid = _cells_grid(session, rows)
        else:
            kept = find_return(city, name)
            bound = list_bindings(city, name)
            rows = [
                {"cell": str(place), "kind": one.kind, "labels": list(one.labels), "indicator": one.indicator}
                | {"part": one.part, "area": one.area, "scale": one.scale, "decimals": one.decimals}
                | {"over": one.over, "text": one.text}
                for place, one in bound.items()
            ]
            head = {"name": name, "template_edition": kept.edition, "file": kept.file, "sha256": kept.sha256}
            told = [{**row, "labels": " / ".join(row["labels"]), "binding": _binding_text(row)} for row in rows]
            grid = Grid(("cell", "labels", "binding"), told)
    return Answer(payload=head | {"cells": rows}, grids=(grid,))


def _binding_text(row: dict[str, Any]) -> str:
    if row["kind"] == "figure":
        return f"{row['indicator']} {row['part']} {row['area']}"
    return f"= {row['over']}" if row["kind"] == "sum" else f"--text {row['text']}"


show = Verb(
    run_show,
    [argument("name"), option("--period", type=PERIOD, metavar="P"), option("--known", **KNOWN_OPTION)],
)


def run_check(session: Session, name: str, period: Period, known: str | None) -> Answer:
    """Whether every binding still holds, and whether the filled return agrees with itself; ends with 13 where not."""
    from wangdi.app.return_checking import check_kept, explain_check
    from wangdi.app.return_filling import tell_check

    with session.open_city() as city:
        broken = check_kept(session_library(city), city, name)
        filled = _fill(session, city, name, period, known)
    rows = [tell_check(one) | {"told": explain_check(one).message(session.lang)} for one in filled.checks]
    shown = [row for row in rows if row["state"] != "holds"]
    bad = [{"cell": str(place), "code": one.code, "told": one.message(session.lang)} for place, one in broken]
    counts = {state: sum(row["state"] == state for row in rows) for state in ("holds", "differs", "open")}
    return Answer(
        payload=_head(filled) | {"bindings": bad, "checks": rows, "counts": counts},
        text=session.word("return_checked", bad=len(bad), **counts),
        grids=(Grid(("cell", "told"), [*bad, *shown]),) if bad or shown else (),
        rows=Grid(("check", "cell", "state", "found", "expected", "told"), rows),
        exit_code=CHECK_FAILED if bad or counts["differs"] else OK,
    )


def session_library(city: City) -> Any:
    """The packs in use."""
    from wangdi.app.cities import open_library

    return open_library(city)


check = Verb(run_check, [argument("name"), option("--period", **PERIOD_OPTION), option("--known", **KNOWN_OPTION)])


def run_fill(session: Session, name: str, period: Period, known: str | None) -> Answer:
    """Write the superior's workbook with the values of a period in it."""
    from wangdi.app.return_filling import write_filled

    out = check_workbook_name(session)
    with session.open_city() as city:
        filled = _fill(session, city, name, period, known)
        out.write_bytes(write_filled(city, filled))
    rows = _cell_rows(filled)
    empty = [
        {"cell": row["cell"], "return_note": _note(session, row["note"])} for row in rows if row["state"] == "empty"
    ]
    return Answer(
        payload=_head(filled) | {"file": str(out), "cells": rows},
        text=session.word("return_filled", cells=len(rows), empty=len(empty), wrong=len(filled.wrong)),
        grids=(Grid(("cell", "return_note"), empty),) if empty else (),
        notes=(session.word("written", file=out),),
    )


fill = Verb(
    run_fill, [argument("name"), option("--period", **PERIOD_OPTION), option("--known", **KNOWN_OPTION)], own_out=True
)


@dataclass(frozen=True, slots=True)
class SetAsked:
    """A value reported upward for a cell."""

    name: str
    cell: str
    value: str | None
    period: Period
    reason: str
    choose: str
    clear: bool


def run_set(session: Session, asked: SetAsked) -> Answer:
    """Keep a value reported upward beside the computed one."""
    from wangdi.app.return_reported import Reported, set_value

    if (asked.value is None) != asked.clear:
        raise Refusal(Problem(code="RETURN-029", args={"cell": asked.cell}))
    with session.open_city() as city:
        said = Reported(asked.cell, asked.value, asked.choose)
        place = set_value(city, asked.name, asked.period, said, by_me(asked.reason))
    payload = {"name": asked.name, "period": asked.period.text, "cell": str(place)}
    told = {"value": asked.value, "chosen": asked.choose, "reason": asked.reason}
    return Answer(
        payload=payload | told, text=session.word("return_cleared" if asked.clear else "return_set", cell=place)
    )


set_verb = Verb(
    run_set,
    [
        argument("name"),
        argument("cell", metavar="SHEET!B5"),
        argument("value", required=False),
        option("--period", **PERIOD_OPTION),
        option("--reason", required=True),
        option("--choose", type=WordKind(CHOICES), default=CHOICES[0]),
        option("--clear", is_flag=True),
    ],
    SetAsked,
)


@dataclass(frozen=True, slots=True)
class LockAsked:
    """Which period is sent, or opened again."""

    name: str
    period: Period
    known: str | None
    reason: str
    reopen: bool


def run_lock(session: Session, asked: LockAsked) -> Answer:
    """Keep what is sent for a period, or open a locked one again."""
    from wangdi.app.return_locking import lock_return, reopen_return

    with session.open_city() as city:
        if asked.reopen:
            one = reopen_return(city, asked.name, asked.period, by_me(asked.reason))
        else:
            filled = _fill(session, city, asked.name, asked.period, asked.known)
            one = lock_return(city, filled, by_me(asked.reason))
    row = _sent_row(one)
    return Answer(payload=row, text=session.word("return_reopened" if asked.reopen else "return_locked", **row))


lock = Verb(
    run_lock,
    [
        argument("name"),
        option("--period", **PERIOD_OPTION),
        option("--known", **KNOWN_OPTION),
        option("--reason", default=""),
        option("--reopen", is_flag=True),
    ],
    LockAsked,
)


def _sent_row(one: Locked) -> dict[str, Any]:
    names = (
        "name",
        "period",
        "edition",
        "sha256",
        "size",
        "known",
        "snapshot",
        "template_edition",
        "locked_at",
        "who",
        "reason",
    )
    return {name: getattr(one, name) for name in names} | {"reopened": dict(one.reopened)}


def run_sent(session: Session, name: str, period: Period | None, edition: int | None) -> Answer:
    """What was sent; with ``--period`` and ``--out`` exactly its bytes again."""
    from wangdi.app.return_locking import find_locked, list_locked, read_sent
    from wangdi.app.returns import find_return

    with session.open_city() as city:
        find_return(city, name)
        if session.out is not None:
            if period is None:
                raise Refusal(Problem(code="CLI-003", args={"name": "--period", "verb": "wangdi return sent"}))
            one = find_locked(city, name, period, edition)
            check_workbook_name(session).write_bytes(read_sent(city, one))
            note = session.word("written", file=session.out)
            return Answer(
                payload=_sent_row(one), text=session.word("return_sent_again", **_sent_row(one)), notes=(note,)
            )
        rows = [_sent_row(one) for one in list_locked(city, name, period.text if period else "")]
    columns = ("period", "sent_edition", "known", "locked_at", "locked_by", "sha256", "reopened")
    shown = [
        {**row, "sent_edition": row["edition"], "locked_by": row["who"], "reopened": row["reopened"].get("why", "")}
        for row in rows
    ]
    return Answer(
        payload={"name": name, "rows": rows},
        grids=(Grid(columns, shown, ("sha256", "locked_by")),) if rows else (),
        text="" if rows else session.word("return_never_sent"),
    )


sent = Verb(
    run_sent,
    [argument("name"), option("--period", type=PERIOD, metavar="P"), option("--edition", type=int)],
    own_out=True,
)


def run_changes(session: Session, name: str, period: Period, known: str | None, edition: int | None) -> Answer:
    """Which cells of a sent return would be computed differently, and why."""
    from wangdi.app.return_locking import compare_locked, find_locked

    with session.open_city() as city:
        one = find_locked(city, name, period, edition)
        with session.standing(city, str(one.known)) as then, standing_on_facts(session, city, known) as now:
            changed = compare_locked(one, period, then, now)
            reached = now.known
    rows = [_changed_row(each) for each in changed]
    head = {"name": name, "period": period.text, "edition": one.edition, "known": one.known, "today": reached}
    shown = [{**row, "causes": _causes(session, row)} for row in rows]
    return Answer(
        payload=head | {"cells": rows},
        grids=(Grid(("cell", "sent_value", "before", "after", "causes"), shown),) if rows else (),
        text="" if rows else session.word("return_unchanged"),
        footer=(session.word("return_compared", **head),),
    )


def _changed_row(one: ChangedCell) -> dict[str, Any]:
    row: dict[str, Any] = {"cell": str(one.place), "sent_value": one.sent, "before": one.before, "after": one.after}
    row |= {"indicator": one.binding.indicator, "part": one.binding.part, "area": one.binding.area}
    if one.moved is None:
        return row | {"causes": {}, "people": []}
    sides = {"before_figure": one.moved.before, "after_figure": one.moved.after}
    told = {
        name: {"numerator": side.numerator, "denominator": side.denominator, "value": side.value}
        for name, side in sides.items()
    }
    return row | told | {"causes": dict(one.moved.causes), "people": one.moved.people}


def _causes(session: Session, row: dict[str, Any]) -> str:
    told = [
        session.word("cause_count", cause=session.word(f"cause_{name}"), count=count)
        for name, count in row["causes"].items()
    ]
    return session.word("and").join(told)


changes = Verb(
    run_changes,
    [
        argument("name"),
        option("--period", **PERIOD_OPTION),
        option("--known", **KNOWN_OPTION),
        option("--edition", type=int),
    ],
)


@dataclass(frozen=True, slots=True)
class TableAsked:
    """A plain table: which indicators, by which areas, of which period."""

    indicator: tuple[str, ...]
    by: str | None
    area: str | None
    period: Period
    known: str | None


def run_table(session: Session, asked: TableAsked) -> Answer:
    """A table with a two-row heading: the indicator, and under it numerator, denominator and rate, by area."""
    from wangdi.app.return_tables import TableWanted, count_table, print_table

    if session.out is not None and session.out.suffix.lower() not in TABLE_SUFFIXES:
        raise Refusal(Problem(code="RETURN-040", args={"suffix": session.out.suffix or session.out.name}))
    with session.open_city() as city, standing_on_facts(session, city, asked.known) as standing:
        wanted = TableWanted(asked.period, asked.indicator, asked.by or "", asked.area or "")
        table = count_table(standing, wanted, session.lang)
    if session.out is not None:
        session.out.write_bytes(print_table(table, session.out.suffix.lower()))
        return Answer(payload=table.as_json(), notes=(session.word("written", file=session.out),))
    rows = table.flat_rows()
    columns = tuple(rows[0]) if rows else ()
    return Answer(payload=table.as_json(), grids=(Grid(columns, rows),), text=table.title, footer=table.notes)


table = Verb(
    run_table,
    [
        option("--indicator", multiple=True, metavar="ID"),
        option("--by", type=WordKind(LEVELS)),
        option("--area", metavar="CODE"),
        option("--period", **PERIOD_OPTION),
        option("--known", **KNOWN_OPTION),
    ],
    TableAsked,
    own_out=True,
)

returns = Tree(
    "return",
    (
        ("example", "wangdi.cli.returns:example"),
        ("add", "wangdi.cli.returns:add"),
        ("list", "wangdi.cli.returns:list_returns_verb"),
        ("draft", "wangdi.cli.returns:draft"),
        ("bind", "wangdi.cli.returns:bind"),
        ("unbind", "wangdi.cli.returns:unbind"),
        ("show", "wangdi.cli.return_periods:show"),
        ("check", "wangdi.cli.return_periods:check"),
        ("fill", "wangdi.cli.return_periods:fill"),
        ("set", "wangdi.cli.return_periods:set_verb"),
        ("lock", "wangdi.cli.return_periods:lock"),
        ("sent", "wangdi.cli.return_periods:sent"),
        ("changes", "wangdi.cli.return_periods:changes"),
        ("table", "wangdi.cli.return_periods:table"),
    ),
)
