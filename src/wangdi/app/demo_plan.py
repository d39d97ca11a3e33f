"""The demo county's plan for its year, read from its document and confirmed as somebody of the county would."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any

from wangdi.app.link_decisions import By
from wangdi.app.plan_drafts import read_plan_text
from wangdi.app.plan_items import confirm_items, list_items, save_drafts
from wangdi.core.dates import month_end
from wangdi.language.library import Library
from wangdi.plans.model import Item, Step, put_step
from wangdi.store.city import City

DOCUMENT, DECISIONS = "plan.txt", "plan.toml"


def keep_demo_plan(city: City, library: Library, year: int) -> int:
    """Read, keep and confirm the plan after the last delivery; answers how many items it has.

    Why after: what is accepted takes numbers in order, and the numbers of the county's records are told in its manuals.
    """
    folder = files("wangdi.demo").joinpath("data")
    text = folder.joinpath(DOCUMENT).read_text(encoding="utf-8").replace("{year}", f"{year}")
    decided = tomllib.loads(folder.joinpath(DECISIONS).read_text(encoding="utf-8"))
    at = city.acceptance(city.latest_seq())[0].accepted_at
    by = By("demo", f"{year}年工作要点", at)
    drafted = read_plan_text(text, DOCUMENT, library, year)
    save_drafts(city, drafted, by)
    changed = [(held, _decide(held.item, decided, year)) for held in list_items(city, drafted.plan.id)]
    return confirm_items(city, changed, by)


def _decide(item: Item, decided: Mapping[str, Any], year: int) -> Item:
    """An item with its indicator and steps, as the county's decisions have them."""
    for one in decided["measured"]:
        if item.name.startswith(one["item"]):
            item = replace(item, indicator=one["indicator"])
    for one in decided["step"]:
        if item.name.startswith(one["item"]):
            step = Step(
                one["name"],
                _day(year, one["due"]),
                _day(year, one["done"]) if "done" in one else None,
                one.get("evidence", ""),
                one.get("count", 0),
            )
            item = replace(item, steps=put_step(item.steps, step))
    return item


def _day(year: int, text: str) -> date:
    month, day = map(int, text.split("-"))
    first = date(year, month, 1)
    return first.replace(day=min(day, month_end(first).day))
