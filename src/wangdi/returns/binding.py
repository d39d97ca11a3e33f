"""Whether a cell can be bound so, and which bindings hold in a newer edition of the template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from wangdi.core.problem import Problem
from wangdi.returns.labels import Labels, read_labels
from wangdi.returns.model import FIGURE, PARTS, SUM, TEXT, TEXTS, Binding, Place, Template, parse_box, split_sheet
from wangdi.returns.valuing import added_places, order_sums

MOST_DECIMALS = 10
MOST_ADDED = 5_000
_SCALE = re.compile(r"\d{1,9}(\.\d{1,9})?")


def check_binding(template: Template, place: Place, binding: Binding) -> Problem | None:
    """What is wrong with a binding by itself.

    Errors: RETURN-010 no such cell, RETURN-011 a formula stands there, RETURN-012 it is the inside of a merged cell,
    RETURN-013 words stand there, RETURN-014 no such sum, RETURN-015 no such words, RETURN-016 a scale or decimals out of range.
    """
    at = {"cell": str(place)}
    sheet = template.sheets.get(place.sheet)
    if sheet is None or place.row > sheet.rows or place.column > sheet.columns:
        return Problem(code="RETURN-010", args=at)
    if (place.row, place.column) in sheet.owner:
        first = Place(place.sheet, *sheet.owner[place.row, place.column])
        return Problem(code="RETURN-012", args={**at, "first": str(first)})
    cell = template.at(place)
    if cell.formula:
        return Problem(code="RETURN-011", args={**at, "formula": cell.formula})
    if cell.text and cell.number is None and binding.kind != TEXT:
        return Problem(code="RETURN-013", args={**at, "text": cell.text})
    if binding.kind == SUM:
        return _check_sum(template, place, binding)
    if binding.kind == TEXT and binding.text not in TEXTS:
        return Problem(code="RETURN-015", args={**at, "text": binding.text, "known": ", ".join(TEXTS)})
    decimals = 0 if binding.decimals is None else binding.decimals
    wrong = binding.scale and (not _SCALE.fullmatch(binding.scale) or not float(binding.scale))
    if binding.kind == FIGURE and (wrong or not 0 <= decimals <= MOST_DECIMALS or binding.part not in PARTS):
        return Problem(code="RETURN-016", args={**at, "most": str(MOST_DECIMALS)})
    return None


def _check_sum(template: Template, place: Place, binding: Binding) -> Problem | None:
    wrong = Problem(code="RETURN-014", args={"cell": str(place), "over": binding.over})
    for stretch in binding.over.split(","):
        sheet, cells = split_sheet(stretch.strip())
        box = parse_box(cells)
        if box is None or box.size > MOST_ADDED or (sheet or place.sheet) not in template.sheets:
            return wrong
    return wrong if place in set(added_places(place, binding)) else None


def check_bindings(template: Template, bindings: Mapping[Place, Binding]) -> list[tuple[Place, Problem]]:
    """What is wrong with bindings, each by itself and together. Errors: as above; RETURN-014 sums that add one another."""
    found = [(place, one) for place, binding in bindings.items() if (one := check_binding(template, place, binding))]
    round_about = {place for place, one in bindings.items() if one.kind == SUM} - set(order_sums(bindings))
    told = {place for place, _ in found}
    wrong = sorted(round_about - told)
    return found + [
        (one, Problem(code="RETURN-014", args={"cell": str(one), "over": bindings[one].over})) for one in wrong
    ]


@dataclass(frozen=True, slots=True)
class Carried:
    """The bindings of one edition in the next: those that hold, and those that do not with the reason."""

    kept: Mapping[Place, Binding]
    lost: tuple[tuple[Place, Problem], ...]


def carry_bindings(old: Mapping[Place, Binding], template: Template) -> Carried:
    """Bindings carried over to a newer template.

    Rule: one holds where its cell is still there, can be bound so, and the words beside it are the same. Nothing is moved: a
    cell that went elsewhere is bound again by somebody who looks. Errors: RETURN-017 other words stand beside it, and those
    of :func:`check_binding`.
    """
    kept: dict[Place, Binding] = {}
    lost: list[tuple[Place, Problem]] = []
    known: dict[str, Labels] = {}
    for place, binding in sorted(old.items()):
        problem = check_binding(template, place, binding)
        if problem is None:
            labels = known.setdefault(place.sheet, read_labels(template.sheets[place.sheet]))
            now = (*labels.left(place.row, place.column), *labels.above(place.row, place.column))
            if now != binding.labels:
                args = {"cell": str(place), "before": _told(binding.labels), "after": _told(now)}
                problem = Problem(code="RETURN-017", args=args)
        if problem is None:
            kept[place] = binding
        else:
            lost.append((place, problem))
    return Carried(kept, tuple(lost))


def _told(labels: tuple[str, ...]) -> str:
    return " / ".join(labels) or "—"
