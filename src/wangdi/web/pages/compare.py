"""Two knowledge dates side by side: which figures moved, and who moved them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.numbers import plain_number, show_rate
from wangdi.app.questions import find_indicators
from wangdi.catalog.trees import UNALLOCATED
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import Figure, Level
from wangdi.store.records import Batch
from wangdi.web.door import Door
from wangdi.web.moves import (
    COUNTED_PEOPLE,
    Both,
    cause_counts,
    explained,
    list_moved,
    moves_of,
    people_link,
    show_change,
    show_fraction,
)
from wangdi.web.names import name_people, organisation_name
from wangdi.web.pages.deliveries import all_batches, form_title, organisation_names
from wangdi.web.render import english_or, render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.view import View, read_view
from wangdi.web.where import Here, areas_under, stand_here
from wangdi.web.words import word

router = APIRouter()
PAGE_ROWS = 50
SUGGESTED = 10
"""The last so many batches before and after which one may want to look."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A knowledge date somebody may want: the end of a month, or before or after a batch."""

    value: str
    title: str


@router.get("/compare")
def show_compare(request: Request, before: str = "", level: str = "") -> Response:
    """The figures of a period that differ between two knowledge dates. Errors: WEB-048 the earlier is the later."""
    door: Door = request.app.state.door
    view = read_view(request)
    known = door.number(view.known)
    batches = all_batches(door, known)
    earlier = door.number(before) if before.strip() else (batches[-1].first_seq - 1 if batches else 0)
    if earlier > known:
        raise Refusal(Problem(code="WEB-048", args={"before": before.strip(), "after": view.known}))
    here = stand_here(door, view)
    chosen: Level = level if level in here.below else here.level
    both = Both(earlier, here.known, here.period, chosen)
    moved = _moved_here(door, here, both)
    table = _table(view, here, both, moved)
    if (file := export_table(request, table)) is not None:
        return file
    context = {
        "here_at": here,
        "before": before.strip() or str(earlier),
        "both": both,
        "chosen": chosen,
        "levels": (here.level, *(one for one in here.below if one != here.level)),
        "days": (door.as_of(earlier) if earlier else None, door.as_of(here.known)),
        "moved_table": table,
        "suggestions": _suggest(door, view, batches),
    }
    return render_page(request, "compare.html", context, view=view)


def _moved_here(door: Door, here: Here, both: Both) -> list[tuple[Figure, Figure]]:
    if both.level == here.level:
        inside = {here.area}
    else:
        inside = {code for code, _ in areas_under(here, both.level)}
        inside |= {UNALLOCATED} if len(here.path) == 1 else set()
    return [pair for pair in list_moved(door, both) if pair[1].area in inside]


def _suggest(door: Door, view: View, batches: Sequence[Batch]) -> list[Suggestion]:
    """The ends of the months in which something came, then the last batches; newest first."""
    names = organisation_names(door, door.number())
    said: list[Suggestion] = []
    for batch in reversed(batches[-SUGGESTED:]):
        args = {
            "batch": batch.id,
            "org": names.get(batch.record.org, batch.record.org),
            "day": f"{batch.record.received_at:%Y-%m-%d}",
        }
        said.append(Suggestion(str(batch.last_seq), word(view.lang, "compare.after_batch", **args)))
        said.append(Suggestion(str(batch.first_seq - 1), word(view.lang, "compare.before_batch", **args)))
    months = sorted({f"{batch.accepted_at:%Y-%m}": batch.accepted_at.date() for batch in batches}.values())
    days = [f"{day:%Y-%m-%d}" for day in reversed(months)]
    return [*said, *(Suggestion(day, word(view.lang, "compare.on_day", day=day)) for day in days)]


def _table(view: View, here: Here, both: Both, moved: Sequence[tuple[Figure, Figure]]) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"compare.{key}")

    sides = ("before", "after", "change")
    columns = [
        Column("title", title("indicator")),
        *([Column("area", title("area"))] if both.level != here.level else []),
        *(Column(f"numerator_{side}", title(side), "number", group=title("numerator")) for side in sides),
        *(Column(f"denominator_{side}", title(side), "number", group=title("denominator")) for side in sides),
        *(Column(f"value_{side}", title(side), "rate", group=title("value")) for side in sides),
    ]
    rows = [_row(view, both, was, now) for was, now in moved]
    name = f"compare-{both.before}-{both.after}-{here.period.text}"
    return Table(columns, rows, name=name, empty=title("nothing_moved"))


def _row(view: View, both: Both, was: Figure, now: Figure) -> dict[str, Any]:
    people = people_link(view, both, now)
    return {
        "title": Cell(english_or(now.title, now.title_en, view.lang), people),
        "area": word(view.lang, "page.unallocated") if now.area == UNALLOCATED else now.area_name,
        "numerator_before": plain_number(was.numerator),
        "numerator_after": plain_number(now.numerator),
        "numerator_change": _signed(was.numerator, now.numerator, people),
        "denominator_before": plain_number(was.denominator),
        "denominator_after": plain_number(now.denominator),
        "denominator_change": _signed(was.denominator, now.denominator, people),
        "value_before": Cell(was.value, text=show_rate(was.value, was.unit, view.lang)),
        "value_after": Cell(now.value, text=show_rate(now.value, now.unit, view.lang)),
        "value_change": Cell(
            None if was.value is None or now.value is None else now.value - was.value, text=show_change(was, now)
        ),
    }


def _signed(was: float | None, now: float | None, href: str) -> Cell:
    if was is None or now is None:
        return Cell(None)
    change = plain_number(now - was) or 0
    return Cell(change, href if change else "", text=f"{'+' if change > 0 else ''}{change:,.0f}")


@router.get("/compare/people")
def show_moves(request: Request, indicator: str, before: str, level: str = "", page: int = 1) -> Response:
    """Who moved one figure: what each did to it, why, and the records."""
    door: Door = request.app.state.door
    view = read_view(request)
    find_indicators(door.library, [indicator])
    outside = view.area == UNALLOCATED
    here = stand_here(door, view.at(area="") if outside else view)
    chosen: Level = level if level in (here.level, *here.below) else here.level
    both = Both(door.number(before), here.known, here.period, chosen)
    area = view.area or here.area
    pair = next((one for one in list_moved(door, both) if (one[1].indicator, one[1].area) == (indicator, area)), None)
    moves = moves_of(door, both, pair[1]) if pair is not None else {}
    first = max(0, page - 1) * PAGE_ROWS
    ids = list(moves) if "format" in request.query_params else list(moves)[first : first + PAGE_ROWS]
    every = len(moves) <= COUNTED_PEOPLE
    people = explained(door, both, moves if every else {one: moves[one] for one in ids})
    shown = [one for one in people if one["person_id"] in set(ids)]
    table = _people_table(door, view, here, shown)
    if (file := export_table(request, table)) is not None:
        return file
    was, now = pair or (None, None)
    context = {
        "here_at": here,
        "both": both,
        "figure": now,
        "title": english_or(now.title, now.title_en, view.lang) if now else indicator,
        "was_of": show_fraction(was) if was else "",
        "now_of": show_fraction(now) if now else "",
        "was_value": show_rate(was.value, was.unit, view.lang) if was else "",
        "now_value": show_rate(now.value, now.unit, view.lang) if now else "",
        "causes": cause_counts(view.lang, people) if every else "",
        "move_counts": _count_moves(view, moves),
        "people_table": table,
        "page": page,
        "pages": max(1, -(-len(moves) // PAGE_ROWS)),
        "page_link": people_link(view, both, now) if now else "",
    }
    return render_page(request, "compare_people.html", context, view=view)


def _count_moves(view: View, moves: Any) -> str:
    counts: dict[str, int] = {}
    for words in moves.values():
        for one in words:
            counts[one] = counts.get(one, 0) + 1
    parts = [
        word(view.lang, "compare.move_count", move=word(view.lang, f"compare.move_{name}"), count=count)
        for name, count in counts.items()
    ]
    return word(view.lang, "compare.and").join(parts)


def _people_table(door: Door, view: View, here: Here, people: Sequence[dict[str, Any]]) -> Table:
    """Grain: one row per person and record; a person without records has one row."""

    def title(key: str) -> str:
        return word(view.lang, f"compare.{key}")

    names = name_people(door, here.known, [one["person_id"] for one in people])
    columns = [
        Column("name", title("name")),
        Column("moves", title("moves")),
        Column("cause", title("cause")),
        Column("record", title("record")),
        Column("day", title("day"), "day"),
        Column("org", title("org")),
        Column("person", title("person")),
    ]
    rows: list[dict[str, Any]] = []
    for one in people:
        number = one["person_id"]
        head = {
            "name": Cell(names.get(number, "") or number, view.link(f"/person/{number}")),
            "person": number,
            "moves": title("and").join(title(f"move_{move}") for move in one["moves"]),
        }
        cells = [_record_cells(door, view, here, record) for record in one["records"]]
        rows += [head | one_record for one_record in cells or [{"cause": title(f"cause_{one['cause']}")}]]
    return Table(columns, rows, name=f"moves-{here.area}", empty=title("no_people"))


def _record_cells(door: Door, view: View, here: Here, record: dict[str, Any]) -> dict[str, Any]:
    return {
        "cause": word(view.lang, f"compare.cause_{record['kind']}"),
        "record": Cell(form_title(door, record["form"]), view.link(f"/fact/{record['fact_id']}")),
        "day": record["occurred_on"],
        "org": organisation_name(here, record["org"]) if record["org"] else None,
    }
