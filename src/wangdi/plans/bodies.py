"""Plans and items as the ledger keeps them: the one place where their JSON is written and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from wangdi.plans.model import Goal, Item, Part, Payment, Plan, Step, Suggestion

PLAN_KIND, ITEM_KIND, TURN_KIND = "plan", "plan.item", "plan.turn"
"""Kinds of the ledger: a plan by its id; an item, and what its figure did to it, by ``plan/item``."""


def item_key(plan: str, item: str) -> str:
    """Under which key an item stands."""
    return f"{plan}/{item}"


def write_plan(plan: Plan) -> dict[str, Any]:
    """A plan as JSON."""
    return asdict(plan)


def read_plan(body: Mapping[str, Any]) -> Plan:
    """A plan from its JSON."""
    return Plan(**body)


def write_item(item: Item) -> dict[str, Any]:
    """An item as JSON: days as ISO texts."""
    body: dict[str, Any] = _days_as_text(asdict(item))
    return body


def read_item(body: Mapping[str, Any]) -> Item:
    """An item from its JSON."""
    goal = body["goal"]
    told = {
        **body,
        "goal": None if goal is None else Goal(**goal),
        "suggested": tuple(Suggestion(**one) for one in body["suggested"]),
        "deadline": _day(body["deadline"]),
        "cooperating": tuple(body["cooperating"]),
        "parts": tuple(Part(**one) for one in body["parts"]),
        "steps": tuple(
            Step(**{**one, "due": _day(one["due"]), "done_on": _day(one["done_on"])}) for one in body["steps"]
        ),
        "payments": tuple(Payment(**one) for one in body["payments"]),
    }
    return Item(**told)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _days_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _days_as_text(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_days_as_text(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
