"""Reading a plan document: its claims that are targets and its milestones become drafts of items."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from wangdi.language.library import Library
from wangdi.plans.drafting import Amount, Reading, Span, draft_items
from wangdi.plans.model import Item, Plan
from wangdi.plans.suggesting import Title, suggest_indicators
from wangdi.reports.files.documents import read_document
from wangdi.reports.reading.claims import Claim, find_claims
from wangdi.reports.reading.telling import TARGET
from wangdi.reports.text.layout import Layout
from wangdi.reports.text.when import find_year

LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Drafted:
    """A plan document as it was read: the plan, its items as drafts, and the year its text names."""

    plan: Plan
    items: tuple[Item, ...]
    printed_year: int


def read_plan_file(path: Path, library: Library, year: int | None, area: str = "") -> Drafted:
    """Draft the items of a plan document.

    Rule: ``year`` reads the plan as one of that year: what the text says of its own year is moved by as much.
    Errors: AUDIT-001 to AUDIT-007 the file, PLAN-001 no year is named, in the text or by ``year``.
    """
    return read_plan_text(read_document(path), path.name, library, year, area)


def read_plan_text(text: str, name: str, library: Library, year: int | None, area: str = "") -> Drafted:
    """The same of a text. ``name``: the file it came from."""
    from wangdi.core.problem import Problem, Refusal

    title = _find_title(text, name)
    printed = _printed_year(title, text)
    if printed is None and year is None:
        raise Refusal(Problem(code="PLAN-001", file=name))
    own = printed or year or 0
    layout, claims = find_claims(text)
    amounts = [_amount(one) for one in claims if one.status == TARGET]
    sentences = [Span(one.start, one.end) for one in layout.statements]
    drafts = draft_items(Reading(text, own, amounts, sentences, _clauses(layout)))
    titles = list_titles(library)
    items = [_suggest(item, titles) for item in drafts]
    if year is not None and year != own:
        items = [move_years(item, year - own) for item in items]
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    used = year or own
    return Drafted(Plan(f"{used}-{sha256[:6]}", title, used, area, name, sha256), tuple(items), own)


def list_titles(library: Library) -> list[Title]:
    """Every indicator of the packs with its title and unit."""
    return [Title(one.id, one.title, one.unit) for pack in library.newest.values() for one in pack.indicators.values()]


def move_years(item: Item, years: int) -> Item:
    """An item as of another year: its deadline, and its base year with it."""
    goal = item.goal
    if goal is not None and goal.base_year is not None:
        goal = replace(goal, base_year=goal.base_year + years)
    return replace(item, goal=goal, deadline=None if item.deadline is None else _move(item.deadline, years))


def _move(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _suggest(item: Item, titles: list[Title]) -> Item:
    if item.goal is None:
        return item
    return replace(item, suggested=suggest_indicators(item.name, item.goal.unit, titles))


def _amount(one: Claim) -> Amount:
    return Amount(
        start=one.start,
        end=one.end,
        name=one.indicator,
        comparator=one.comparator,
        value=one.norm_value,
        high=None if one.value_hi is None else one.value_hi * one.scale,
        unit=one.norm_unit,
        sort=one.measure,
        falls=one.direction == "down",
        year=int(one.period.year) if one.period.year.isdecimal() else None,
    )


def _clauses(layout: Layout) -> list[Span]:
    return [Span(one.start, one.end, layout.section_at(one.start).status == TARGET) for one in layout.clauses]


def _find_title(text: str, name: str) -> str:
    """The first line that names a year or a plan, else the file's name."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines[:10]:
        if re.search(r"20\d{2}|要点|计划|规划|方案|目标", line):
            return re.split(r"[。；;:：]", line)[0][:LONGEST_TITLE]
    return Path(name).stem[:LONGEST_TITLE]


def _printed_year(title: str, text: str) -> int | None:
    for said in (title, text[:400]):
        found = find_year(said)
        if found is not None and found.year.isdecimal():
            return int(found.year)
    return None
