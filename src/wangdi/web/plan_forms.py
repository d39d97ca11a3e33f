"""What the forms of an item say: each button as a change of the item."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from starlette.requests import Request

from wangdi.app.link_decisions import By
from wangdi.app.plan_confirming import split_units
from wangdi.app.plan_edits import (
    Edits,
    assign,
    break_down_change,
    edit_item,
    in_turn,
    remove_step,
    take_payment,
    take_step,
)
from wangdi.app.plan_items import Change, confirm, drop
from wangdi.core.problem import Problem, Refusal
from wangdi.plans.breakdown import METHODS
from wangdi.plans.goals import parse_amount
from wangdi.plans.model import Step
from wangdi.web.deciding import name_actor
from wangdi.web.door import Door
from wangdi.web.planning import make_ground, read_asked
from wangdi.web.view import read_view, read_whole

LONGEST = 500
PART, PLANNED, PAID, PROOF = "part:", "planned:", "paid:", "proof:"
"""How fields of an area or month begin; its code or the month follows."""


def read_change(request: Request, said: Mapping[str, str]) -> Change:
    """What the pressed button asks for.

    Errors: PLAN-030 no such button, PLAN-032 no amount, PLAN-033 dropped without a reason, WEB-010 no date.
    """
    match said.get("act", ""):
        case "drop":
            if not said.get("why", "").strip():
                raise Refusal(Problem(code="PLAN-033"))
            return drop
        case "step":
            return take_step(_step(said))
        case "unstep":
            return remove_step(said.get("step", ""))
        case "money":
            return _money(said)
        case "parts":
            named = {name.removeprefix(PART): text for name, text in said.items() if name.startswith(PART)}
            return in_turn(*(assign(text.strip()[:LONGEST], None, area) for area, text in named.items()))
        case "save":
            return _edited(request, said)
        case "confirm":
            return in_turn(_edited(request, said), confirm)
    raise Refusal(Problem(code="PLAN-030"))


def _edited(request: Request, said: Mapping[str, str]) -> Change:
    door: Door = request.app.state.door
    edited = edit_item(_edits(said), door.library)
    if said.get("breakdown") not in METHODS:
        return edited
    ground = make_ground(door, read_asked(request, door, read_view(request)))
    return in_turn(edited, break_down_change(ground, said["breakdown"], door.city.populations()))


def _step(said: Mapping[str, str]) -> Step:
    return Step(
        said.get("step", "").strip()[:LONGEST],
        read_day(said.get("step_due", "")),
        read_day(said.get("step_done", "")),
        said.get("step_evidence", "").strip()[:LONGEST],
        read_whole(said.get("step_count", ""), 0),
        said.get("step_area", "").strip(),
    )


def _money(said: Mapping[str, str]) -> Change:
    """Every month of which something is written."""
    months = sorted({name.removeprefix(PLANNED) for name in said if name.startswith(PLANNED)})
    changes = []
    for month in months:
        planned, paid = (_amount(said.get(f"{kind}{month}", "")) for kind in (PLANNED, PAID))
        proof = said.get(f"{PROOF}{month}", "").strip()[:LONGEST]
        if planned is not None or paid is not None or proof:
            changes.append(take_payment(month, planned, paid, proof))
    return in_turn(*changes)


def _amount(text: str) -> float | None:
    """An amount of money; None where nothing is written. Errors: PLAN-032."""
    if not text.strip():
        return None
    found = parse_amount(text)
    if isinstance(found, Problem):
        raise Refusal(found)
    return found


def _edits(said: Mapping[str, str]) -> Edits:
    """What the fields say; cooperating units and evidence can be emptied, other empty fields leave what is there."""

    def given(name: str) -> str | None:
        return said[name].strip()[:LONGEST] if said.get(name, "").strip() else None

    return Edits(
        goal=given("goal"),
        indicator=given("indicator"),
        owner=given("owner"),
        cooperating=split_units(said["cooperating"][:LONGEST]) if "cooperating" in said else None,
        deadline=read_day(said.get("deadline", "")),
        evidence=said["evidence"].strip()[:LONGEST] if "evidence" in said else None,
        name=given("name"),
        base_value=_amount(said.get("base_value", "")),
    )


def read_day(text: str) -> date | None:
    """A day of a form; None where nothing is written. Errors: WEB-010."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise Refusal(Problem(code="WEB-010", args={"text": text})) from None


def decided_by(request: Request, said: Mapping[str, str]) -> By:
    """Who pressed the button, now, and the reason given."""
    door: Door = request.app.state.door
    return By(name_actor(request, said), said.get("why", "").strip()[:LONGEST], door.clock.now())
