"""Who answers for what a plan says, and until when: units and days named in its text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from wangdi.core.dates import month_end

MOST_BESIDE = 6
"""Units of one item that stand side by side, at most."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Units named somewhere in a text, for everything between ``begin`` and ``end``."""

    begin: int
    end: int
    owner: str
    cooperating: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duties:
    """All units named in a text, in order."""

    found: tuple[Duty, ...]

    def at(self, place: int) -> tuple[str, tuple[str, ...]]:
        """The responsible unit and those that cooperate, of what stands at a place; empty where the text names none."""
        holding = []
        for one in self.found[bisect_right(self.found, place, key=lambda duty: duty.end) :]:
            if one.begin > place:
                break
            holding.append(one)
        owner = next((one.owner for one in holding if one.owner), "")
        helping = tuple(dict.fromkeys(name for one in holding for name in one.cooperating if name != owner))
        return owner, helping


def find_duties(text: str, rules: Mapping[str, Any]) -> Duties:
    """The units a text names.

    Rule: units named at the end of an item ("责任单位：…") answer for what stands before them in the paragraph, back to
    the units named before; in a line of their own, for the line before.
    """
    named = sorted(
        (
            match.start(),
            match.end(),
            tuple(part for part in re.split(rules["split"], match["names"].strip("。.；; ")) if part),
            kind,
        )
        for kind in ("owner", "cooperating")
        for pattern in rules[kind]
        for match in re.finditer(pattern, text)
    )
    ends = [end for _, end, _, _ in named]
    found = []
    for start, end, names, kind in named:
        begin = _paragraph_start(text, start)
        before = bisect_left(ends, start)
        # The units of one item stand side by side: only units with other words between them end an earlier item.
        for place in range(before - 1, max(-1, before - 1 - MOST_BESIDE), -1):
            if len(re.sub(r"[\s（()），,；;。]", "", text[ends[place] : start])):
                begin = max(begin, ends[place])
                break
        owner = names[0] if kind == "owner" and names else ""
        helping = names[1:] if kind == "owner" else names
        found.append(Duty(begin, end, owner, helping))
    return Duties(tuple(found))


def _paragraph_start(text: str, place: int) -> int:
    start = text.rfind("\n", 0, place) + 1
    if text[start:place].strip(" \t\u3000（("):
        return start
    return text.rfind("\n", 0, max(0, start - 1)) + 1


def read_deadline(said: str, year: int, rules: Mapping[str, Any]) -> date | None:
    """The last day a sentence names before its end: "6月底前", "上半年", "2026年底前"; None where it names none.

    Rule: the last one named holds; a month without a year is one of ``year``.
    """
    found: list[tuple[int, date]] = []
    prefix = rf"(?:{rules['year']})?"
    for match in re.finditer(prefix + rules["month"], said):
        month_year = int(match["year"] or year)
        last = month_end(date(month_year, int(match["month"]), 1))
        found.append((match.start(), last.replace(day=min(int(match["day"]), last.day)) if match["day"] else last))
    for words, month in [*rules["halves"], [rules["end"], 12]]:
        found += [
            (match.start(), month_end(date(int(match["year"] or year), month, 1)))
            for match in re.finditer(rf"{prefix}(?:{words})", said)
        ]
    return max(found)[1] if found else None
