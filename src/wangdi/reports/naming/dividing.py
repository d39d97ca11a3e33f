"""Bare numbers behind a share: what was divided by what, 管理率95%(190/200)."""

from __future__ import annotations

import re

from wangdi.reports.naming.names import Named
from wangdi.reports.text.lexicon import ratio_units


def in_fraction(given: Named) -> tuple[int, bool] | None:
    """The place of the share that a bare fraction behind it was divided from, and whether this number is its denominator."""
    text, place = given.layout.text, given.index - 1
    below = text[given.one.start - 1 : given.one.start] in ("/", "／")
    place -= below
    if place < 0 or given.quantities[place].unit not in ratio_units():
        return None
    between = text[given.quantities[place].end : given.one.start]
    wanted = r"[(（][^()（）]*[/／]" if below else r"[(（]"
    after = below or text[given.one.end : given.one.end + 1] in ("/", "／")
    return (place, below) if after and re.fullmatch(wanted, between) else None


def name_in_fraction(given: Named, place: int, below: bool) -> str:
    """What is above or below a share's line: what was done, or all to whom it was to be done.

    Rule: below, the last count of the same size in the report's part bears the name; else the people the share is told of.
    """
    rate = given.names[place].text
    deed = re.sub(r"率$", "", rate)
    if not below:
        return deed
    start = given.layout.part_at(given.one.start).start
    for back in range(place - 1, -1, -1):
        other = given.quantities[back]
        if other.start < start:
            break
        if other.value == given.one.value and other.scale == given.one.scale and other.unit not in ratio_units():
            return given.names[back].text
    topic = given.names[place].topic
    return topic if topic and topic in rate else f"应{deed}"
