"""``plan rounds``: which rounds came out, which comes next and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, option
from wangdi.cli.kinds import DAY
from wangdi.cli.session import Session, read_clock

if TYPE_CHECKING:
    from wangdi.app.plan_rounds import Edition

ROUND_WORDS = {"week": "round_week", "month": "round_month", "quarter": "round_quarter", "year": "round_year"}
COLUMNS = ("every", "first", "last", "edition", "at", "known", "items", "red", "amber", "grey", "green", "done")


def run_rounds(session: Session, on: date | None) -> Answer:
    """The schedule and what came out."""
    from wangdi.app.plan_rounds import list_editions, list_schedule

    with session.open_city() as city:
        found = list_editions(city)
        schedule = list_schedule(found, on or read_clock().date())
    rows = [tell_edition(one) for one in found]
    coming = [{"every": one.every, "first": one.first, "last": one.last, "out_on": one.out_on} for one in schedule]
    ahead = ("round", "round_first", "round_last", "round_out_on")
    grids = [Grid(ahead, [_show(session, row) for row in coming], title=session.word("rounds_coming"))]
    if rows:
        out = ("round", "round_last", "edition", "at", "round_items", "light_red", "light_done")
        grids.append(Grid(out, [_show(session, row) for row in rows], title=session.word("rounds_out")))
    return Answer(payload={"rows": rows, "next": coming}, grids=tuple(grids), rows=Grid(COLUMNS, rows))


def _show(session: Session, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row by the headings of its table."""
    named = {f"round_{name}": value for name, value in row.items()}
    lights = {f"light_{name}": row.get(name) for name in ("red", "done")}
    return {**row, **named, **lights, "round": session.word(ROUND_WORDS[row["every"]])}


def tell_edition(one: Edition) -> dict[str, Any]:
    """An edition as it is answered."""
    return {"every": one.every, "first": one.first, "last": one.last, "edition": one.number, "at": one.at, "known": one.known,
            "seq": one.seq, "items": len(one.items), **one.count_lights(), "closed": one.closed,
            "reopened": one.reopened}  # fmt: skip


rounds = Verb(run_rounds, [option("--on", type=DAY, metavar="DATE")])
