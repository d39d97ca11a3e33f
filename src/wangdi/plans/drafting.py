"""Drafts the items of a plan: what its text promises, as amounts and as milestones, each with its sentence.

A draft is a proposal: a person confirms it, or drops it.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from wangdi.plans.duties import Duties, find_duties, read_deadline
from wangdi.plans.model import BETWEEN, CHANGE, INVESTMENT, LEVEL, MILESTONE, QUANTITY, Goal, Item

LONGEST_NAME = 80
_NUMBERED = re.compile(r"\s*[(（]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})(?:[)）、]|[.．](?!\d))\s*")
"""The number a paragraph begins with: no part of what it says."""


@cache
def load_rules() -> Mapping[str, Any]:
    """How items are told from other sentences (``data/drafting.toml``)."""
    return tomllib.loads(files("wangdi.plans").joinpath("data", "drafting.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Amount:
    """A target that the reading of the report found: its place, name and value, 万 multiplied out.

    ``sort``: ``count``, ``rate``, ``money``, ``change`` or another; ``falls``: a change downwards. ``year``: the year the
    text gives for it, None where it gives none.
    """

    start: int
    end: int
    name: str
    comparator: str
    value: float
    high: float | None
    unit: str
    sort: str
    falls: bool
    year: int | None


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence or clause of the text. ``planned``: it stands in a section that is a plan."""

    start: int
    end: int
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A plan's text as it was read: its target amounts, sentences (to the full stop) and clauses, each in order."""

    text: str
    year: int
    amounts: Sequence[Amount]
    sentences: Sequence[Span]
    clauses: Sequence[Span]


def draft_items(reading: Reading) -> list[Item]:
    """The items of a plan, in the order of the text, numbered ``001``, ``002`` and so on.

    Rule: an amount that is to be reached is an item; a clause of a plan that names something done once, and holds no such
    amount, is a milestone. Conditions ("1000人口以上的村") and numbers in names ("26项行动") are neither.
    """
    duties = find_duties(reading.text, load_rules()["units"])
    amounts = [one for one in reading.amounts if _is_goal(reading, one)]
    found = [_amount_item(reading, amount, duties) for amount in amounts]
    found += [_milestone_item(reading, clause, duties) for clause in _milestones(reading, amounts)]
    found.sort(key=lambda item: (item.start, item.end))
    headings = find_headings(reading.text)
    return [
        replace(item, id=f"{place:03d}", heading=_heading_at(headings, item.start))
        for place, item in enumerate(found, start=1)
    ]


def find_headings(text: str) -> list[tuple[int, str]]:
    """The numbered headings of a text, each with where it begins: "(八)织密乡村医疗卫生机构网底"."""
    pattern = load_rules()["heading"]["numbered"]
    return [(match.start(), match["heading"].strip()) for match in re.finditer(pattern, text)]


def _heading_at(headings: Sequence[tuple[int, str]], place: int) -> str:
    """The last heading before a place; empty before the first."""
    index = bisect_right(headings, place, key=lambda one: one[0]) - 1
    return headings[index][1] if index >= 0 else ""


def _is_goal(reading: Reading, one: Amount) -> bool:
    rules, text = load_rules(), reading.text
    after = text[one.end : one.end + 12]
    if one.sort == "count" and re.match(rules["condition_after"], after):
        return False
    programme = rf"[“\"《]?{rules['named_programme_after']}"
    return not (one.unit in rules["named_programme_units"] and re.match(programme, after))


def _sentence_of(reading: Reading, place: int) -> Span:
    return _span_at(reading.sentences, place)


def _clause_of(reading: Reading, place: int) -> Span:
    return _span_at(reading.clauses, place)


def _span_at(spans: Sequence[Span], place: int) -> Span:
    index = bisect_right(spans, place, key=lambda one: one.start) - 1
    return spans[index] if index >= 0 and place < spans[index].end else Span(place, place)


def _strip(text: str, one: Span) -> Span:
    """Without blanks and marks at its ends, and without the number it begins with."""
    inner = text[one.start : one.end]
    number = _NUMBERED.match(inner)
    lead = number.end() if number else len(inner) - len(inner.lstrip(" \t\r\n\u3000"))
    tail = len(inner.rstrip(" \t\r\n\u3000,，。；;！？!?：:"))
    return Span(one.start + lead, one.start + max(lead, tail), one.planned)


def _amount_item(reading: Reading, one: Amount, duties: Duties) -> Item:
    sentence = _strip(reading.text, _sentence_of(reading, one.start))
    value = -one.value if one.falls else one.value
    moves = one.sort == "change" or (one.sort == "count" and one.name.startswith(tuple(load_rules()["added"])))
    goal = Goal(
        comparator=BETWEEN if one.high is not None else one.comparator.replace("approx", "="),
        value=value,
        unit=one.unit,
        high=one.high,
        sort=CHANGE if moves else LEVEL,
        base_year=(one.year or reading.year) - 1 if moves else None,
    )
    clause = _strip(reading.text, _clause_of(reading, one.start))
    kind = INVESTMENT if one.sort == "money" else QUANTITY
    name = _count_name(reading, one, clause) or re.sub(rf"^{_NUMBERED.pattern}", "", one.name)
    return _item(reading, (kind, name, goal), (clause, one.start, one.end), (sentence, one.year, duties))


def _count_name(reading: Reading, one: Amount, clause: Span) -> str:
    """What a count is called: its clause without the number, as the plan words it.

    Why: the name the reading of reports gives it is made to be compared (新建立项厅局级课题数), not to be read on a list.
    Missing: empty for a rate, money, or a clause of several numbers.
    """
    rules, text = load_rules()["naming"], reading.text
    beside = sum(clause.start <= other.start < clause.end for other in reading.amounts)
    if one.sort != "count" or beside != 1 or not clause.start <= one.start < one.end <= clause.end:
        return ""
    said = re.match(rules["with_number"], text[one.end : clause.end])
    cut = one.end + (said.end() if said else 0)
    before = re.sub(rules["tail"], "", text[clause.start : one.start])
    name = re.sub(rules["lead"], "", before + text[cut : clause.end])
    return name if 2 <= len(name) <= LONGEST_NAME else ""


def _milestone_item(reading: Reading, clause: Span, duties: Duties) -> Item:
    sentence = _strip(reading.text, _sentence_of(reading, clause.start))
    name = reading.text[clause.start : clause.end][:LONGEST_NAME]
    told = (clause, clause.start, clause.end)
    return _item(reading, (MILESTONE, name, None), told, (sentence, None, duties))


def _item(
    reading: Reading,
    what: tuple[str, str, Goal | None],
    where: tuple[Span, int, int],
    around: tuple[Span, int | None, Duties],
) -> Item:
    kind, name, goal = what
    clause, start, end = where
    sentence, year, duties = around
    said = reading.text[sentence.start : max(end, clause.end)]
    owner, cooperating = duties.at(start)
    return Item(
        id="",
        kind=kind,
        name=name,
        text=reading.text[clause.start : clause.end],
        start=start,
        end=end,
        sentence=reading.text[sentence.start : sentence.end],
        sentence_start=sentence.start,
        goal=goal,
        deadline=read_deadline(said, year or reading.year, load_rules()["deadline"]) or _year_end(year or reading.year),
        owner=owner,
        cooperating=cooperating,
    )


def _year_end(year: int) -> date:
    return date(year, 12, 31)


def _milestones(reading: Reading, amounts: Iterable[Amount]) -> Iterator[Span]:
    taken = sorted(one.start for one in amounts)
    for clause in reading.clauses:
        here = _strip(reading.text, clause)
        if bisect_right(taken, here.end) > bisect_right(taken, clause.start - 1):
            continue
        said = reading.text[here.start : here.end]
        if (clause.planned or _is_promised(reading, here)) and is_milestone(said):
            yield here


def _is_promised(reading: Reading, here: Span) -> bool:
    sentence = _sentence_of(reading, here.start)
    return re.search(load_rules()["milestone"]["will"], reading.text[sentence.start : here.end]) is not None


def is_milestone(clause: str) -> bool:
    """Whether a clause names something that is done once: built, opened, passed, issued, or begun under a name of its own."""
    rules = load_rules()["milestone"]
    if re.search(rules["never"], clause) and not re.search(rules["unless"], clause):
        return False
    if any(re.search(pattern, clause) for pattern in (*rules["done"], *rules["accept"])):
        return True
    verbs = "|".join(rules["verbs"])
    found = re.match(rf"{rules['begin']}(?:{verbs})(?P<object>.+)", clause)
    return found is not None and re.search(rules["things"], found["object"]) is not None
