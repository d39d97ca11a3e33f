"""Whether a return's bindings still hold, and what each test of a filled one found, in words."""

from __future__ import annotations

from wangdi.app.returns import check_meaning, find_return, list_bindings, open_return, read_meanings
from wangdi.core.problem import Problem
from wangdi.language.library import Library
from wangdi.returns.binding import check_bindings
from wangdi.returns.crossfooting import OPEN
from wangdi.returns.model import Checked, Place
from wangdi.store.city import City


def check_kept(library: Library, city: City, name: str) -> list[tuple[Place, Problem]]:
    """The bindings that do not hold any more: of the template, of the packs, of the areas. Errors: RETURN-020."""
    bindings = list_bindings(city, name)
    found = check_bindings(open_return(city, find_return(city, name)), bindings)
    told = {place for place, _ in found}
    meanings = read_meanings(city, library)
    found += [
        (place, problem)
        for place, one in bindings.items()
        if place not in told and (problem := check_meaning(meanings, place, one)) is not None
    ]
    return sorted(found, key=lambda one: one[0])


def explain_check(one: Checked) -> Problem:
    """A test in words, whether it holds or not."""
    args = {"cell": str(one.place), "found": one.found or "—", "expected": one.expected or "—", **one.args}
    if one.kind == "formula":
        return Problem(code="RETURN-063", args=args)
    if one.state == OPEN:
        parts = one.args.get("parts") or f"{one.args['numerator']}, {one.args['denominator']}"
        return Problem(code="RETURN-064", args={**args, "parts": parts})
    code = {"whole": "RETURN-060", "rate": "RETURN-061"}.get(one.kind, "RETURN-062")
    return Problem(code=code, args=args)
