"""``plan progress``, ``plan settle`` and ``plan bulletin``: where plans stand, what turned, and the pages of the rounds."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from wangdi.app.numbers import show_number, show_rate
from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, option
from wangdi.cli.kinds import DAY, WordKind
from wangdi.cli.plans import plan_grid, progress_ground
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal

if TYPE_CHECKING:
    from wangdi.app.plan_progress import Ground, Progress
    from wangdi.store.city import City

ROUNDS = ("week", "month", "quarter", "year")
LIGHT_WORDS = {
    "done": "light_done",
    "green": "light_green",
    "amber": "light_amber",
    "red": "light_red",
    "grey": "light_grey",
}
COLUMNS = (
    "item", "name", "owner", "deadline", "indicator", "goal", "light", "closed", "value", "numerator", "denominator", "period",
    "distance", "more", "a_month", "ends_at", "ends_at_last", "months_left", "days_left", "why",
)  # fmt: skip


def run_progress(session: Session, plan: str | None, on: date | None, known: str | None) -> Answer:
    """Where every confirmed item stands."""
    from wangdi.app.plan_telling import tell_progress

    with session.open_city() as city:
        found, ground = _read(session, city, plan, on, known)
    rows = [tell_progress(one, session.lang) for one in found]
    shown = [
        {
            **row,
            "light": session.word(LIGHT_WORDS[row["light"]]),
            "value": show_rate(row["value"], row["unit"], session.lang) if row["unit"] else show_number(row["value"]),
            "more": "" if row["more"] is None else show_number(row["more"]),
            "why": row["sentence"],
        }
        for row in rows
    ]
    columns = ("item", "light", "name", "goal", "value", "more", "days_left", "owner", "why")
    counts = {key: sum(row["light"] == light for row in rows) for light, key in LIGHT_WORDS.items()}
    return Answer(
        payload={"on": ground.on, "area": ground.whole.code, "rows": rows},
        grids=(plan_grid(columns, shown, ("days_left", "owner")),) if rows else (),
        rows=Grid(COLUMNS, rows),
        text="" if rows else session.word("no_plan_items"),
        footer=(session.word("plan_lights", on=ground.on, **counts),) if rows else (),
    )


def _read(
    session: Session, city: City, plan: str | None, on: date | None, known: str | None
) -> tuple[list[Progress], Ground]:
    from wangdi.app.plan_items import find_plan, list_items
    from wangdi.app.plan_progress import list_progress

    number = city.seq_known(known)
    area = find_plan(city, plan, number).area if plan else ""
    held = list_items(city, plan or "", ("confirmed",), number)
    indicators = sorted({one.item.indicator for one in held if one.item.indicator})
    with session.standing(city, str(number)) as standing:
        ground = progress_ground(standing, indicators, on, area)
        return list_progress(city, ground, plan or "", number), ground


progress = Verb(
    run_progress,
    [
        option("--plan", metavar="PLAN"),
        option("--on", type=DAY, metavar="DATE"),
        option("--known", metavar="DATE|N"),
    ],
)


def run_settle(session: Session, plan: str | None, on: date | None) -> Answer:
    """The scheduled run: write down which items closed, and which opened again."""
    from wangdi.app.link_decisions import By
    from wangdi.app.plan_progress import write_turns

    with session.open_city() as city:
        found, ground = _read(session, city, plan, on, None)
        taken = write_turns(city, found, ground.on, By(actor_name(), "", read_clock()))
    names = {one.held.key: (one.item.name, one.unit) for one in found}
    words = {"closed": session.word("turn_closed"), "open": session.word("turn_open")}
    rows = [
        {"item": key, "name": names[key][0], "state": turn.state, "on": turn.on, "value": turn.value,
         "numerator": turn.numerator, "denominator": turn.denominator, "period": turn.period}
        for key, turn in taken
    ]  # fmt: skip
    shown = [{**row, "state": words[str(row["state"])]} for row in rows]
    columns = ("item", "name", "state", "on", "period", "value", "numerator", "denominator")
    return Answer(
        payload={"on": ground.on, "rows": rows},
        grids=(plan_grid(columns, shown),) if rows else (),
        rows=Grid(columns, rows),
        text="" if rows else session.word("plan_nothing_turned", on=ground.on),
    )


settle = Verb(run_settle, [option("--plan", metavar="PLAN"), option("--on", type=DAY, metavar="DATE")])


def run_bulletin(session: Session, plan: str | None, every: str, on: date | None) -> Answer:
    """Write the page of a round: weekly count, monthly ranking, quarterly report, yearly assessment."""
    from wangdi.app.bulletins import compose_bulletin, write_bulletin

    if session.out is None:
        raise Refusal(Problem(code="PLAN-006"))
    with session.open_city() as city:
        found, ground = _read(session, city, plan, on, None)
    bulletin = compose_bulletin(found, ground, every)
    write_bulletin(bulletin, session.out, session.lang)
    head = {"every": every, "from": bulletin.first, "to": bulletin.last, "file": session.out}
    return Answer(
        payload={**head, "items": len(bulletin.lines), "turns": len(bulletin.turns)},
        text=session.word("written", file=session.out),
    )


bulletin = Verb(
    run_bulletin,
    [
        option("--plan", metavar="PLAN"),
        option("--every", type=WordKind(ROUNDS), required=True),
        option("--on", type=DAY, metavar="DATE"),
    ],
    own_out=True,
)
