"""What the commands of plans share: their words and tables, who changes something, and what progress is read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from wangdi.cli.answer import Answer, Grid, Row
from wangdi.cli.session import Session, actor_name, read_clock

if TYPE_CHECKING:
    from wangdi.app.derivation import Standing
    from wangdi.app.link_decisions import By
    from wangdi.app.plan_items import Held
    from wangdi.app.plan_progress import Ground

KIND_WORDS = {
    "quantity": "plan_kind_quantity",
    "milestone": "plan_kind_milestone",
    "investment": "plan_kind_investment",
}
STATE_WORDS = {"draft": "plan_state_draft", "confirmed": "plan_state_confirmed", "dropped": "plan_state_dropped"}
SURE_WORDS = {"exact": "sure_exact", "likely": "sure_likely", "possible": "sure_possible"}
PLAN_HEADINGS = {
    "item",
    "name",
    "value",
    "count",
    "owner",
    "due",
    "why",
    "evidence",
    "missing",
    "month",
    "planned",
    "paid",
}


def plan_grid(columns: Sequence[str], rows: Sequence[Row], spare: Sequence[str] = (), title: str = "") -> Grid:
    """A table whose headings are those of plans: what a column is called elsewhere (a person's name) is not meant here."""

    def named(key: str) -> str:
        return f"plan_{key}" if key in PLAN_HEADINGS else key

    told = [{named(key): value for key, value in row.items()} for row in rows]
    return Grid(tuple(named(one) for one in columns), told, tuple(named(one) for one in spare), title)


def tell_changed(session: Session, held: Sequence[Held], text: str) -> Answer:
    """Items as they stand after a change."""
    from wangdi.app.plan_telling import tell_item

    rows = [tell_item(one) for one in held]
    columns = ("item", "state", "name", "goal_text", "deadline", "owner", "indicator")
    shown = [{**row, "state": session.word(STATE_WORDS[row["state"]])} for row in rows]
    return Answer(
        payload={"rows": rows}, text=text, grids=(plan_grid(columns, shown),), rows=Grid((*columns, "seq"), rows)
    )


def change_by(why: str | None) -> By:
    """Whoever runs the command, now, and the reason given."""
    from wangdi.app.link_decisions import By

    return By(actor_name(), why or "", read_clock())


def progress_ground(standing: Standing, indicators: Sequence[str], on: date | None, area: str = "") -> Ground:
    """What progress is read from; figures stand on the last facts, which no change of a plan moves."""
    from wangdi.app.cities import BEGINNING
    from wangdi.app.plan_progress import find_areas, stand_ground
    from wangdi.app.questions import as_of_number, read_places

    known = standing.city.facts_known(standing.known)
    last = as_of_number(standing.city, known)
    day = on or (last if last > BEGINNING.date() else read_clock().date())
    places = read_places(standing.city, known)
    return stand_ground(replace(standing, known=known), find_areas(places, day, area), indicators, places, day)
