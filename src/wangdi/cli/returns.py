"""``return``: the superior's workbooks kept, and their cells bound to figures, sums and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import PATH, WordKind
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal

if TYPE_CHECKING:
    from wangdi.app.link_decisions import By
    from wangdi.app.returns import Return
    from wangdi.returns.model import Binding, Place
    from wangdi.returns.proposing import Proposal
    from wangdi.store.city import City

PARTS = ("numerator", "denominator", "value")
TEXTS = ("period", "organisation", "date")


def by_me(why: str = "") -> By:
    """Whoever is at the keyboard, now."""
    from wangdi.app.link_decisions import By

    return By(actor_name(), why, read_clock())


def check_workbook_name(session: Session) -> Path:
    """The file a workbook is written into. Errors: RETURN-042 none is named, RETURN-041 it is no .xlsx."""
    if session.out is None:
        raise Refusal(Problem(code="RETURN-042"))
    if session.out.suffix.lower() != ".xlsx":
        raise Refusal(Problem(code="RETURN-041", args={"suffix": session.out.suffix or session.out.name}))
    return session.out


def run_example(session: Session) -> Answer:
    """Write a made-up return for this city's areas."""
    from wangdi.app.cities import open_library
    from wangdi.app.return_tables import draw_example

    out = check_workbook_name(session)
    with session.open_city() as city:
        out.write_bytes(draw_example(city, open_library(city)))
    return Answer(payload={"file": str(out)}, notes=(session.word("written", file=out),))


example = Verb(run_example, own_out=True)


def run_add(session: Session, name: str, workbook: Path) -> Answer:
    """Keep a workbook as a template, or as the next edition of one."""
    from wangdi.app.returns import add_template

    with session.open_city() as city:
        added = add_template(city, name, workbook, by_me())
    rows = [_problem_row(session, place, problem) for place, problem in added.lost]
    sheets = [
        {"sheet": one.name, "rows": one.rows, "columns": one.columns, "merged": len(one.merges)}
        for one in added.template.sheets.values()
    ]
    told = {"name": name, "edition": added.kept.edition, "sheets": len(sheets), "carried": added.carried}
    return Answer(
        payload=_return_row(added.kept) | {"sheets": sheets, "carried": added.carried, "lost": rows},
        text=session.word("return_added", **told),
        grids=(Grid(("cell", "why"), rows, title=session.word("return_lost")),) if rows else (),
    )


add = Verb(run_add, [argument("name"), argument("workbook", type=PATH, metavar="FILE.xlsx")])


def _return_row(one: Return) -> dict[str, Any]:
    return {
        "name": one.name,
        "template_edition": one.edition,
        "file": one.file,
        "sha256": one.sha256,
        "added_at": one.added_at,
        "who": one.who,
    }


def _problem_row(session: Session, place: Place, problem: Problem) -> dict[str, Any]:
    return {"cell": str(place), "code": problem.code, "why": problem.message(session.lang)}


def run_list(session: Session) -> Answer:
    """Every return, with what was sent of it."""
    from wangdi.app.return_locking import list_locked
    from wangdi.app.returns import list_bindings, list_returns

    with session.open_city() as city:
        rows = []
        for one in list_returns(city):
            sent = [
                {"period": each.period, "edition": each.edition, "sha256": each.sha256, "reopened": bool(each.reopened)}
                for each in list_locked(city, one.name)
            ]
            rows.append(_return_row(one) | {"bound": len(list_bindings(city, one.name)), "sent": sent})
    shown = [
        {
            **row,
            "return_name": row["name"],
            "cells_bound": row["bound"],
            "sent": "、".join(f"{one['period']}/{one['edition']}" for one in row["sent"]),
        }
        for row in rows
    ]
    columns = ("return_name", "template_edition", "cells_bound", "sent", "file", "added_at", "who")
    return Answer(
        payload={"rows": rows},
        grids=(Grid(columns, shown, ("who", "added_at", "file")),) if rows else (),
        text="" if rows else session.word("return_none"),
    )


list_returns_verb = Verb(run_list)


def run_draft(session: Session, name: str, save: bool) -> Answer:
    """Propose bindings from the words of the template; with ``--save`` bind those that are understood."""
    from wangdi.app.cities import open_library
    from wangdi.app.returns import bind_cells, draft_bindings

    with session.open_city() as city:
        library = open_library(city)
        proposals = draft_bindings(city, library, name)
        found = {str(one.place): one.binding for one in proposals if one.binding is not None}
        if save and found:
            bind_cells(city, library, name, found, by_me(session.word("return_by_draft")))
    rows = [_proposal_row(one) for one in proposals]
    told = session.word("return_drafted", found=len(found), left=len(rows) - len(found))
    return Answer(
        payload={"name": name, "saved": save, "proposals": rows},
        text=told if rows else session.word("return_nothing_to_draft"),
        grids=(Grid(("cell", "labels", "indicator", "part", "area", "not_understood"), [_flat(row) for row in rows]),)
        if rows
        else (),
        footer=(session.word("return_saved" if save else "return_not_saved", found=len(found)),) if found else (),
    )


draft = Verb(run_draft, [argument("name"), option("--save", is_flag=True)])


def _proposal_row(one: Proposal) -> dict[str, Any]:
    binding = one.binding
    return {
        "cell": str(one.place),
        "labels": list(one.labels),
        "indicator": binding.indicator if binding is not None else None,
        "part": (binding.text or binding.part) if binding is not None else None,
        "area": binding.area if binding is not None else None,
        "not_understood": list(one.left),
    }


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {name: " / ".join(value) if isinstance(value, list) else value for name, value in row.items()}


@dataclass(frozen=True, slots=True)
class BindAsked:
    """What a cell is to be bound to."""

    name: str
    cell: str
    indicator: str | None
    part: str
    area: str | None
    scale: str | None
    decimals: int | None
    over: str | None
    text: str | None


def run_bind(session: Session, asked: BindAsked) -> Answer:
    """Bind one cell."""
    from wangdi.app.cities import open_library
    from wangdi.app.returns import bind_cells

    with session.open_city() as city:
        binding = _read_binding(city, asked)
        places = bind_cells(city, open_library(city), asked.name, {asked.cell: binding}, by_me())
    return Answer(
        payload={"name": asked.name, "bound": [str(place) for place in places]},
        text=session.word("return_bound", cell=places[0]),
    )


bind = Verb(
    run_bind,
    [
        argument("name"),
        argument("cell", metavar="SHEET!B5"),
        option("--indicator", metavar="ID"),
        option("--part", type=WordKind(PARTS), default=PARTS[-1]),
        option("--area", metavar="CODE"),
        option("--scale", metavar="NUMBER"),
        option("--decimals", type=int),
        option("--sum", "over", metavar="B5:B9"),
        option("--text", type=WordKind(TEXTS)),
    ],
    BindAsked,
)


def _read_binding(city: City, asked: BindAsked) -> Binding:
    """What the options say. Errors: RETURN-028 none of three, or several."""
    from wangdi.app.questions import read_places
    from wangdi.app.told_figures import find_root
    from wangdi.returns.model import FIGURE, SUM, TEXT, Binding

    if sum(one is not None for one in (asked.indicator, asked.over, asked.text)) != 1:
        raise Refusal(Problem(code="RETURN-028", args={"cell": asked.cell}))
    if asked.over is not None:
        return Binding(SUM, over=asked.over)
    if asked.text is not None:
        return Binding(TEXT, text=asked.text)
    area = asked.area or find_root(read_places(city, city.latest_seq()))[0]
    part: Any = asked.part
    return Binding(FIGURE, asked.indicator or "", part, area, asked.scale or "", asked.decimals)


def run_unbind(session: Session, name: str, cell: Sequence[str]) -> Answer:
    """Take bindings away."""
    from wangdi.app.returns import unbind_cells

    with session.open_city() as city:
        places = unbind_cells(city, name, cell, by_me())
    return Answer(
        payload={"name": name, "unbound": [str(place) for place in places]},
        text=session.word("return_unbound", cell=", ".join(map(str, places))),
    )


unbind = Verb(run_unbind, [argument("name"), argument("cell", nargs=-1, required=True, metavar="SHEET!B5...")])
