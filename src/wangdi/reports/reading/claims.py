"""What a report claims: every amount with its indicator, unit, comparator, period, and whether it is a result or a target."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

from wangdi.reports.naming.names import Name, Named
from wangdi.reports.naming.naming import name_quantity
from wangdi.reports.naming.phrases import find_per, left_of
from wangdi.reports.reading.dating import Dates
from wangdi.reports.reading.quantities import find_quantities
from wangdi.reports.reading.regions import Regions
from wangdi.reports.reading.tables import Place, Tabled, find_tabled
from wangdi.reports.reading.telling import (
    ACTUAL,
    CHANGE,
    MONEY,
    RATE,
    TARGET,
    VALUE,
    add_head,
    read_comparator,
    read_direction,
    read_measure,
    read_status,
)
from wangdi.reports.text.layout import Layout, Stretch
from wangdi.reports.text.lexicon import load_lexicon, ratio_units
from wangdi.reports.text.numerals import Interval, Quantity, narrow_digits, open_interval, rounding_interval
from wangdi.reports.text.when import Period, prior_to

_BACK = 12
"""How many values back the total of a list may stand."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One statistical statement.

    ``start`` to ``end``: number and unit, in code points of the text. ``norm_value``: in ``norm_unit``, without 万 and 亿.
    ``interval``: every value the statement allows, in ``norm_unit``; ``printed``: the same without 以上, 不超过 and their like.
    ``own``: what the claim itself is called, without
    what it takes from the claim before it. ``per``: the people a rate is told for. ``cell``: its place in a table.
    """

    start: int
    end: int
    text: str
    indicator: str
    own: str
    value: float
    value_hi: float | None
    unit: str
    norm_value: float
    norm_unit: str
    comparator: str
    measure: str
    status: str
    period: Period
    region: str
    per: str
    direction: str
    sentence: Stretch
    interval: Interval
    printed: Interval
    cell: Place | None = None

    @property
    def kind(self) -> str:
        """One label: target before change before money before rank before rate before count before any other value."""
        if self.status == TARGET:
            return TARGET
        return ACTUAL if self.measure == VALUE else self.measure

    @property
    def scale(self) -> int:
        """What 万 or 亿 multiplies the printed number by."""
        return round(self.norm_value / self.value) if self.value else 1

    @property
    def printed_number(self) -> str:
        """The number in digits as printed, without unit, sign and separators."""
        return _digits_of(self.text) or str(self.value)

    @property
    def exact(self) -> Fraction:
        """The stated number itself."""
        return _exact_of(self.norm_value)


@lru_cache(maxsize=65536)
def _digits_of(text: str) -> str:
    found = re.match(r"[-−－]?([\d,，.]+)", narrow_digits(text))
    return re.sub(r"[,，]", "", found.group(1)).rstrip(".") if found else ""


@lru_cache(maxsize=65536)
def _exact_of(value: float) -> Fraction:
    """A number as it is written; asked again for every pair that it is held against."""
    return Fraction(str(value))


def find_claims(text: str) -> tuple[Layout, list[Claim]]:
    """Every claim of a text, in order, with the text's layout.

    Rule: comparators are literal: 以上 and 不低于 are ``>=``, 余, 约 and 左右 are ``approx``; 控制在 is ``<=`` in a target only.
    """
    layout = Layout(text)
    tabled = find_tabled(text)
    cells = {one.quantity.start for one in tabled}
    quantities = [one for one in find_quantities(text) if one.start not in cells]
    regions, dates = Regions(layout), Dates(layout)
    claims: list[Claim] = []
    names: list[Name] = []
    told: Stretch | None = None
    for index, one in enumerate(quantities):
        sentence = layout.statement_at(one.start)
        near = names[-1] if told and layout.paragraph_at(told.start) == layout.paragraph_at(one.start) else None
        before = names[-1] if told == sentence else _total_before(layout, quantities, names)
        name = name_quantity(Named(layout, quantities, names, before, near))
        names.append(name)
        told = sentence
        claim = _read_claim(layout, one, (left_of(layout, quantities, index), name), (regions, dates))
        changed = claim.measure == CHANGE and bool(claims) and claims[-1].measure != CHANGE
        if changed and not name.own and name.text == names[-2].text:
            claim = replace(
                claim,
                indicator=add_head(
                    claims[-1].indicator, one, left_of(layout, quantities, index), CHANGE, claim.direction
                ),
            )
        if (
            claim.measure == CHANGE
            and claims
            and claims[-1].measure == CHANGE
            and not name.own
            and name.text == names[-2].text
        ):
            claim = replace(claim, indicator=_as_compared(claims[-1].indicator, claim.indicator))
        claims.append(_share_reading(layout, claims[-1], claim) if claims else claim)
    claims = _share_ends(layout, _spread_years(layout, claims))
    claims += [_read_tabled(layout, one, (regions, dates)) for one in tabled]
    return layout, sorted(claims, key=lambda one: one.start) if tabled else claims


def _as_compared(last: str, name: str) -> str:
    """The name of a change with what the change before it was compared with: 较上年增加9人、增长3%."""
    found = re.search(r"较上年(?:同期)?|较\d{4}年|同比|环比", last)
    if found is None or found.group() in name:
        return name
    return re.sub(r"(增加|减少|[升增降]幅)$", rf"{found.group()}\1", name)


_YEARS = re.compile(
    r"(?P<first>(?:19|20)\d{2})年?(?:至|到|[-—–~～]{1,2})(?P<last>(?:19|20)\d{2})年[^。；;\d]{0,30}(?:分别|依次)[^。；;\d]{0,6}$"
)


def _spread_years(layout: Layout, claims: list[Claim]) -> list[Claim]:
    """Values that 分别 hands out to the years of a range, each with its own: 2020年至2022年出生人口分别为9人、8人、7人."""
    found = list(claims)
    for index, one in enumerate(claims):
        told = _YEARS.search(layout.text[layout.statement_at(one.start).start : one.start])
        if told is None:
            continue
        years = range(int(told["first"]), int(told["last"]) + 1)
        values = claims[index : index + len(years)]
        alike = len(values) == len(years) and all(value.norm_unit == one.norm_unit for value in values)
        joined = alike and all(
            re.fullmatch("[、和及,，]", layout.text[left.end : right.start]) for left, right in pairwise(values)
        )
        if joined:
            for place, year in enumerate(years):
                found[index + place] = replace(claims[index + place], period=Period(str(year)))
    return found


def _total_before(layout: Layout, quantities: Sequence[Quantity], names: Sequence[Name]) -> Name | None:
    """The name of what a sentence that begins with 其中 parts: the last value of its unit in the paragraph."""
    one = quantities[len(names)]
    if not layout.text.startswith("其中", layout.statement_at(one.start).start):
        return None
    start = layout.paragraph_at(one.start).start
    for place in range(len(names) - 1, max(-1, len(names) - _BACK), -1):
        if quantities[place].start < start:
            return None
        if quantities[place].unit == one.unit and names[place].own:
            return names[place]
    return None


def _read_tabled(layout: Layout, told: Tabled, where: tuple[Regions, Dates]) -> Claim:
    """A number of a table as a claim: named by its row and column, of the period they name."""
    one, (regions, dates) = told.quantity, where
    base = dates.period_at(one.start, told.change)
    period = base if told.period is None else told.period if told.period.year else prior_to(base, told.period.part)
    direction = ("down" if layout.text[one.start] in "-−－" else "up") if told.change else ""
    name = Name(told.name, told.full, per=find_per(told.name))
    measure = read_measure(one, name, direction)
    in_plan = told.target or layout.section_at(one.start).status == TARGET
    return Claim(
        **_read_number(layout, one, "="),
        indicator=told.name or "—",
        own=told.full,
        measure=measure,
        status=TARGET if in_plan else ACTUAL,
        period=period,
        region=told.region or regions.at(one.start),
        per=name.per if measure in (RATE, MONEY) else "",
        direction=direction,
        cell=told.place,
    )


def _read_number(layout: Layout, one: Quantity, comparator: str) -> dict[str, Any]:
    """What a claim says by its number alone."""
    return {
        "start": one.start,
        "end": one.end,
        "text": layout.text[one.start : one.end],
        "value": float(one.value),
        "value_hi": None if one.value_hi is None else float(one.value_hi),
        "unit": one.written_unit,
        "norm_value": float(one.value * one.scale),
        "norm_unit": one.unit,
        "comparator": comparator,
        "sentence": layout.sentence_at(one.start),
        "interval": _interval(one, comparator),
        "printed": _interval(one, "approx" if comparator == "approx" else "="),
    }


def _share_reading(layout: Layout, last: Claim, one: Claim) -> Claim:
    """分别比上年增长9.8%、8.8%, 分别不低于24%和30%: what stands before the first is said of the second too."""
    between = layout.text[last.end : one.start]
    if (
        between not in ("、", "和", "及", "与", "，", ",")
        or last.norm_unit != one.norm_unit
        or (between in "，," and one.own)
    ):
        return one
    before = layout.text[layout.clause_at(last.start).start : last.start]
    if between == "、" and last.status == TARGET and one.status != TARGET and not one.own:
        one = replace(one, status=TARGET)
    told_alike = one.measure == RATE or (one.measure != CHANGE and "分别" in before)
    if last.measure == CHANGE and told_alike and not one.per:
        grown = "增幅" if last.indicator.endswith("增幅") else "升幅"
        words = {"up": grown, "down": "降幅"} if one.measure == RATE else {"up": "增加", "down": "减少"}
        name = one.indicator.removesuffix("数")
        name += "" if re.search(r"[高低多少快慢]于", name) else words[last.direction]
        return replace(one, measure=CHANGE, direction=last.direction, indicator=name, period=last.period)
    shared = "分别" in before and last.comparator in (">=", "<=") and one.comparator == "="
    return _with_comparator(one, last.comparator) if shared else one


def _share_ends(layout: Layout, claims: Sequence[Claim]) -> list[Claim]:
    """分别达到43%和80%以上, 分别控制在4‰、5‰以内: what stands behind the last of a list is said of all of it."""
    found = list(claims)
    for index in range(len(found) - 2, -1, -1):
        one, other = found[index], found[index + 1]
        told = layout.text[layout.clause_at(one.start).start : one.start]
        listed = layout.text[one.end : other.start] in ("、", "和", "及", "与") and "分别" in told
        if listed and one.comparator == "=" and other.comparator in (">=", "<=") and one.measure == other.measure:
            found[index] = _with_comparator(one, other.comparator)
    return found


def _with_comparator(one: Claim, comparator: str) -> Claim:
    """A claim told exactly, as at least or at most what it says."""
    return replace(one, comparator=comparator, interval=_open_to(one.printed, comparator))


def _read_claim(layout: Layout, one: Quantity, told: tuple[str, Name], where: tuple[Regions, Dates]) -> Claim:
    left, name = told
    regions, dates = where
    direction = read_direction(layout.text, one, left)
    measure = read_measure(one, name, direction)
    status = read_status(layout, one, left, measure)
    comparator = read_comparator(layout.text, one, status)
    return Claim(
        **_read_number(layout, one, comparator),
        indicator=add_head(name.text, one, left, measure, direction),
        own=name.own,
        measure=measure,
        status=status,
        period=dates.period_at(one.start, measure == CHANGE),
        region=regions.at(one.start),
        per=name.per if measure in (RATE, MONEY) else "",
        direction=direction if measure == CHANGE else "",
    )


def _interval(one: Quantity, comparator: str) -> Interval:
    whole = one.unit not in ratio_units() and one.unit not in load_lexicon("units")["money"]["units"]
    exact = Fraction(one.value) * one.scale
    if one.value_hi is not None:
        return Interval(exact, Fraction(one.value_hi) * one.scale)
    if one.step is not None:
        return Interval(exact - Fraction(one.step) / 2, exact + Fraction(one.step) / 2)
    if comparator == "approx":
        return open_interval(one.value, one.scale) if one.more else _around(one)
    return _open_to(rounding_interval(one.value, one.scale, whole), comparator)


def _open_to(printed: Interval, comparator: str) -> Interval:
    """What a printed number leaves open as at least or at most itself."""
    if comparator == ">=":
        return Interval(printed.low, None)
    return Interval(Fraction(0), printed.high) if comparator == "<=" else printed


def _around(one: Quantity) -> Interval:
    """约: as a number rounded at its last digit that is not a nought."""
    opened = open_interval(one.value, one.scale)
    step = (opened.high or opened.low) - opened.low
    return Interval(opened.low - step, opened.low + step)
