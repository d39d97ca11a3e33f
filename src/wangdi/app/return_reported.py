"""Values reported upward that are not the computed ones: kept beside them, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from wangdi.app.link_decisions import By
from wangdi.app.return_filling import VALUE
from wangdi.app.return_locking import refuse_locked
from wangdi.app.returns import find_place, find_return, list_bindings, open_return
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal
from wangdi.returns.model import COMPUTED, REPORTED, TEXT, Binding, Place, read_number
from wangdi.store.city import City
from wangdi.store.records import LedgerRow

LONGEST = 200
"""Characters of a value of text."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A value reported upward. ``chosen``: which of the two goes into the return; ``value`` None takes it back."""

    cell: str
    value: str | None
    chosen: str = REPORTED


def set_value(city: City, name: str, period: Period, said: Reported, by: By) -> Place:
    """Keep a value reported upward beside the computed one, with the reason they differ.

    Errors: RETURN-020, RETURN-010, RETURN-022 the cell is not bound, RETURN-023 it is no number, RETURN-026 no reason,
    RETURN-027 neither of the two is chosen, RETURN-030 the period is locked.
    """
    template = open_return(city, find_return(city, name))
    place = find_place(template, said.cell)
    binding = list_bindings(city, name).get(place)
    if binding is None:
        raise Refusal(Problem(code="RETURN-022", args={"cell": str(place)}))
    if not by.why.strip():
        raise Refusal(Problem(code="RETURN-026", args={"cell": str(place)}))
    if said.chosen not in (COMPUTED, REPORTED):
        raise Refusal(Problem(code="RETURN-027", args={"text": said.chosen}))
    value = None if said.value is None else _check_value(place, binding, said.value)
    body = {"value": value, "chosen": said.chosen, "reason": by.why.strip(), "at": by.at.isoformat()}
    with city.writer(by.who) as writer:
        # Looked up while nobody else can lock it.
        refuse_locked(city, name, period)
        writer.put_ledger([LedgerRow(VALUE, f"{name}/{period.text}/{place}", body, by.who)], by.at)
    return place


def _check_value(place: Place, binding: Binding, text: str) -> str:
    if binding.kind == TEXT:
        return text.strip()[:LONGEST]
    number = read_number(text)
    if number is None:
        raise Refusal(Problem(code="RETURN-023", args={"cell": str(place), "text": text[:LONGEST]}))
    return f"{number:f}"
