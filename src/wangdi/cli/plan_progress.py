"""``plan progress``, ``plan settle`` and ``plan bulletin``: where plans stand, what turned, and the pages of the rounds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from wangdi.app.numbers import show_number
from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import DAY, WordKind
from wangdi.cli.plan_rounds import tell_edition
from wangdi.cli.plan_tables import plan_grid, progress_ground
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal
from wangdi.plans.rounds import ROUNDS

if TYPE_CHECKING:
    from wangdi.app.plan_progress import Ground, Progress
    from wangdi.store.city import City

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
    from wangdi.app.plan_telling import show_value, tell_progress

    with session.open_city() as city:
        found, ground = _read(session, city, plan, on, known)
    rows = [tell_progress(one, session.lang) for one in found]
    shown = [
        {
            **row,
            "light": session.word(LIGHT_WORDS[row["light"]]),
            "value": show_value(one, session.lang),
            "more": "" if row["more"] is None else show_number(row["more"]),
            "days_left": "" if row["closed"] else row["days_left"],
            "why": row["sentence"],
        }
        for one, row in zip(found, rows, strict=True)
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


def run_gaps(session: Session, item: str, on: date | None, known: str | None) -> Answer:
    """Where an item's missing people or things are: by responsible unit, area and organisation."""
    from wangdi.app.plan_gaps import find_known_gaps, group_gaps
    from wangdi.app.plan_items import find_item, find_plan
    from wangdi.app.plan_progress import measure

    with session.open_city() as city:
        number = city.seq_known(known)
        held = find_item(city, item, number)
        indicators = [held.item.indicator] if held.item.indicator else []
        with session.standing(city, str(number)) as standing:
            ground = progress_ground(standing, indicators, on, find_plan(city, held.plan, number).area)
            facts = replace(standing, known=city.facts_known(number))
            found = find_known_gaps(facts, measure(held, ground), ground)
    rows = [
        {"owner": group.owner, "area": "" if group.area is None else group.area.code,
         "area_name": "" if group.area is None else group.area.name, "more": group.more, "org": gap.org,
         "org_name": gap.name, "missing": gap.missing}
        for group in group_gaps(found)
        for gap in group.gaps
    ]  # fmt: skip
    shown = [{**row, "code": row["org"]} for row in rows]
    period = found.stand.last.period if found.stand.last is not None else ""
    people = session.word("gap_people", indicator=held.item.indicator, period=period)
    return Answer(
        payload={"item": held.key, "on": ground.on, "period": period, "more": found.stand.more, "rows": rows},
        grids=(plan_grid(("owner", "area_name", "more", "org_name", "missing", "code"), shown),) if rows else (),
        rows=Grid(("owner", "area", "area_name", "more", "org", "org_name", "missing"), rows),
        text=session.word("gap_all", name=held.item.name, more=found.stand.more or 0)
        if rows
        else session.word("no_gaps"),
        footer=(people,) if rows else (),
    )


gaps = Verb(
    run_gaps,
    [
        argument("item", metavar="ITEM"),
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


@dataclass(frozen=True, slots=True)
class BulletinAsked:
    """Which round. ``publish``: let it come out; ``kept``: as it came out, by its ``edition``."""

    plan: str | None
    every: str
    on: date | None
    publish: bool
    kept: bool
    edition: int


def run_bulletin(session: Session, asked: BulletinAsked) -> Answer:
    """The page of a round: as it stands, as it comes out now, or as it came out then."""
    if session.out is None and not asked.publish:
        raise Refusal(Problem(code="PLAN-006"))
    if asked.plan is not None and (asked.publish or asked.kept):
        raise Refusal(Problem(code="PLAN-026", args={"plan": asked.plan}))
    if asked.kept:
        return _write_kept(session, asked)
    return _publish(session, asked) if asked.publish else _write_standing(session, asked)


def _write_standing(session: Session, asked: BulletinAsked) -> Answer:
    """Write the page of the round so far; nothing of it is kept."""
    from wangdi.app.bulletins import compose_bulletin, page_of, write_page

    assert session.out is not None, "asked for before"
    with session.open_city() as city:
        found, ground = _read(session, city, asked.plan, asked.on, None)
    bulletin = compose_bulletin(found, ground, asked.every)
    write_page(page_of(bulletin, session.lang), session.out, session.lang)
    head = {"every": asked.every, "from": bulletin.first, "to": bulletin.last, "file": session.out}
    return Answer(
        payload={**head, "items": len(bulletin.lines), "turns": len(bulletin.turns)},
        text=session.word("written", file=session.out),
    )


def _publish(session: Session, asked: BulletinAsked) -> Answer:
    """Let a round that has ended come out, once more where it came out already."""
    from wangdi.app.bulletins import write_page
    from wangdi.app.link_decisions import By
    from wangdi.app.plan_rounds import keep_edition, measure_plans
    from wangdi.plans.rounds import round_around

    now = read_clock()
    _, last = round_around(asked.every, asked.on or now.date())
    if last >= now.date():
        raise Refusal(Problem(code="PLAN-009", args={"last": f"{last}"}))
    with session.open_city() as city:
        with session.standing(city) as standing:
            measured = measure_plans(standing, last)
        if measured is None:
            return Answer(payload={}, text=session.word("no_plan_items"))
        edition = keep_edition(city, measured, asked.every, By(actor_name(), "", now))
    if session.out is not None:
        write_page(edition.pages[session.lang], session.out, session.lang)
    told = tell_edition(edition)
    text = session.word("round_published", first=edition.first, last=edition.last, number=edition.number)
    return Answer(payload=told, text=text)


def _write_kept(session: Session, asked: BulletinAsked) -> Answer:
    """Write the page of a round as it came out."""
    from wangdi.app.bulletins import write_page
    from wangdi.app.plan_rounds import find_edition
    from wangdi.plans.rounds import round_around

    assert session.out is not None, "asked for before"
    _, last = round_around(asked.every, asked.on or read_clock().date())
    with session.open_city() as city:
        edition = find_edition(city, asked.every, last, asked.edition)
    write_page(edition.pages[session.lang], session.out, session.lang)
    return Answer(payload=tell_edition(edition) | {"file": session.out}, text=session.word("written", file=session.out))


bulletin = Verb(
    run_bulletin,
    [
        option("--plan", metavar="PLAN"),
        option("--every", type=WordKind(ROUNDS), required=True),
        option("--on", type=DAY, metavar="DATE"),
        option("--publish", is_flag=True),
        option("--kept", is_flag=True),
        option("--edition", type=int, default=0),
    ],
    BulletinAsked,
    own_out=True,
)
