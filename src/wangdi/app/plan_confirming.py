"""Many drafts confirmed at once: those ticked on a page, or the lines of a list that was filled in as a spreadsheet."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from wangdi.app.line_lists import Line, read_lines
from wangdi.app.link_decisions import By
from wangdi.app.plan_edits import Edits, edit_item
from wangdi.app.plan_items import Held, confirm_items, find_item
from wangdi.core.dates import parse_date_text
from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.plans.model import CONFIRMED, DROPPED, Item
from wangdi.store.city import City

_BETWEEN = re.compile(r"[、，,；;]\s*")


@dataclass(frozen=True, slots=True)
class Pick:
    """One item somebody wants confirmed, with what is changed of it. ``seen``: the change that stood before them."""

    item: str
    edits: Edits
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What came of it. ``left``: items that nobody answers for yet; they stay drafts."""

    held: tuple[Held, ...]
    left: tuple[str, ...]


def confirm_picks(city: City, library: Library, picks: Iterable[Pick], by: By) -> Confirmed:
    """Confirm those of some items that somebody answers for, together or not at all.

    Rule: an item that was dropped stays dropped; one that is confirmed and would not change is not written again.
    Errors: PLAN-004, PLAN-013 changed by somebody else meanwhile, and those of confirming and editing, of any of them.
    """
    changed: list[tuple[Held, Item]] = []
    left = []
    for pick in picks:
        held = find_item(city, pick.item)
        if held.item.state == DROPPED:
            continue
        if pick.seen is not None and pick.seen != held.seq:
            raise Refusal(Problem(code="PLAN-013", args={"item": held.key, "who": held.who}))
        item = edit_item(pick.edits, library)(held.item)
        if not item.owner:
            left.append(held.key)
        elif held.item.state != CONFIRMED or item != held.item:
            changed.append((held, item))
    if changed:
        confirm_items(city, changed, by)
    return Confirmed(tuple(find_item(city, held.key) for held, _ in changed), tuple(left))


def split_units(text: str) -> list[str]:
    """Names of units as people list them: 财务科、医政科."""
    return [one for one in _BETWEEN.split(text.strip()) if one]


@cache
def sheet_headers() -> Mapping[str, Sequence[str]]:
    """The columns of a list of items as a sheet, each with its headings (``plans/data/sheet.toml``)."""
    text = files("wangdi.plans").joinpath("data", "sheet.toml").read_text(encoding="utf-8")
    found: Mapping[str, Sequence[str]] = tomllib.loads(text)["columns"]
    return found


def read_sheet(path: Path) -> list[Pick]:
    """The lines of a filled-in list (CSV or workbook): an item each, with what its cells say of it.

    Missing: an empty cell changes nothing. Errors: EVENT-020 no table, PLAN-027 no column of numbers, PLAN-028 no date.
    """
    known = {heading: name for name, headings in sheet_headers().items() for heading in (name, *headings)}
    header, lines = read_lines(path, tuple(known))
    named = {heading: known[heading.strip()] for heading in header if heading.strip() in known}
    if "item" not in named.values():
        raise Refusal(Problem(code="PLAN-027", file=path.name))
    picks = []
    for line in lines:
        said = {name: line.cells.get(heading, "").strip().lstrip("'") for heading, name in named.items()}
        if said["item"]:
            picks.append(Pick(said["item"], _edits(said, line, path.name)))
    return picks


def _edits(said: Mapping[str, str], line: Line, file: str) -> Edits:
    day = parse_date_text(said["deadline"]) if said.get("deadline") else None
    if said.get("deadline") and day is None:
        args = {"line": str(line.number), "text": said["deadline"]}
        raise Refusal(Problem(code="PLAN-028", file=file, line=line.number, args=args))
    return Edits(
        goal=said.get("goal_text") or None,
        indicator=said.get("indicator") or None,
        owner=said.get("owner") or None,
        cooperating=split_units(said["cooperating"]) if said.get("cooperating") else None,
        deadline=day,
        evidence=said.get("evidence") or None,
        name=said.get("name") or None,
    )
