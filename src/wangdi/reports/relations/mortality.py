"""Deaths and births of one period: the live births that mortality rates imply, and rates of a part of a year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from math import ceil, floor

from wangdi.core.problem import Problem
from wangdi.reports.reading.claims import Claim
from wangdi.reports.relations.ground import BASES, UNVERIFIABLE, Ground, Relation, unit_of, written_claim
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.text.when import Period

_NEAR = 8
"""How many claims before and behind mortality rates their births may stand."""
_PART_YEAR = re.compile(r"\d{1,2}—\d{1,2}月|上半年|下半年|季度|^\d{1,2}月|前\d{1,2}个月")


def find_mortality(ground: Ground) -> list[Relation]:
    """Live births that several mortality rates imply together, and yearly rates told for some months."""
    return [*_find_live_births(ground), *_find_part_years(ground)]


def _find_live_births(ground: Ground) -> Iterator[Relation]:
    """The smallest number of live births on which all mortality rates of one period are whole deaths."""
    rules = load_lexicon("relations")["live_births"]
    taken: set[int] = set()
    for index in range(len(ground.claims)):
        rates = _mortality_rates(ground, index, rules["rates"])
        if taken & set(rates):
            continue
        if len(rates) == 2:
            yield from _compare_two(ground, rates, rules["births"])
        if len(rates) < 3:
            continue
        taken |= set(rates)
        births = _solve_births([ground.claims[rate] for rate in rates], int(rules["most_births"]))
        if births is None:
            continue
        deaths = "、".join(str(_deaths(ground.claims[rate], births)) for rate in rates)
        args = {
            "births": str(births),
            "deaths": deaths,
            "rates": "、".join(written_claim(ground.claims[rate]) for rate in rates),
        }
        yield Relation("implied_denominator", tuple(rates), True, "", Problem(code="AUDIT-165", args=args))
        here = _stated_births(ground, rates, rules["births"])
        if not here:
            continue
        stated = next((place for place in here if _fits(ground, rates, place)), here[0])
        args["stated"] = written_claim(ground.claims[stated])
        fits = _fits(ground, rates, stated)
        told = Problem(code="AUDIT-166", args=args) if fits else Problem(code="AUDIT-167", args=args)
        yield Relation("implied_denominator", (*rates, stated), fits, "" if fits else BASES, told)


def _compare_two(ground: Ground, rates: list[int], names: list[str]) -> Iterator[Relation]:
    """Two mortality rates on the births of their paragraph.

    Rule: two rates fit so many births that nothing is said of them without a number of births beside them.
    """
    beside = [
        index
        for index in range(max(0, rates[0] - _NEAR), min(len(ground.claims), rates[-1] + _NEAR))
        if ground.is_count(index)
        and ground.same_paragraph(index, rates[0])
        and ground.claims[index].status == ground.claims[rates[0]].status
        and any(re.fullmatch(name.replace("$", ""), ground.nouns[index]) for name in names)
    ]
    for births in beside:
        deaths = [_deaths(ground.claims[rate], int(ground.claims[births].exact)) for rate in rates]
        if None not in deaths:
            told = {
                "births": written_claim(ground.claims[births]),
                "deaths": "、".join(str(one) for one in deaths),
                "rates": "、".join(written_claim(ground.claims[rate]) for rate in rates),
                "stated": written_claim(ground.claims[births]),
            }
            problem = Problem(code="AUDIT-166", args=told)
            yield Relation("implied_denominator", (*rates, births), True, "", problem)


def _mortality_rates(ground: Ground, index: int, patterns: list[str]) -> list[int]:
    """Mortality rates of one sentence and period, from this claim on."""
    found = []
    for place in range(index, min(index + 8, len(ground.claims))):
        one = ground.claims[place]
        plain = (
            one.measure == "rate"
            and one.comparator == "="
            and one.norm_unit not in ("%", "")
            and one.status == "actual"
        )
        if not (
            ground.same_sentence(index, place) and plain and any(re.search(rule, one.indicator) for rule in patterns)
        ):
            if place == index:
                return []
            continue
        if ground.same_time(index, place) and one.exact > 0:
            found.append(place)
    return found


def _solve_births(rates: list[Claim], most: int) -> int | None:
    """Steps through the deaths of the rarest rate; answers nothing where rounding leaves almost any number open."""
    rarest = min(rates, key=lambda one: one.exact * unit_of(one))
    unit = unit_of(rarest)
    low, high = rarest.interval.low * unit, (rarest.interval.high or rarest.interval.low) * unit
    if low <= 0:
        return None
    for deaths in range(1, floor(most * high) + 1):
        first, last = ceil(deaths / high), floor(deaths / low)
        if last - first > most // 100:
            return None
        for births in range(first, min(last, most) + 1):
            if all(_deaths(one, births) is not None for one in rates):
                return births
    return None


def _deaths(one: Claim, births: int) -> int | None:
    """The whole number of deaths that gives a rate on so many births."""
    unit = unit_of(one)
    low, high = ceil(one.interval.low * unit * births), floor((one.interval.high or one.interval.low) * unit * births)
    return low if low <= high else None


def _fits(ground: Ground, rates: list[int], births: int) -> bool:
    """Whether all rates are whole deaths of so many births."""
    return all(_deaths(ground.claims[rate], int(ground.claims[births].exact)) is not None for rate in rates)


def _stated_births(ground: Ground, rates: list[int], names: list[str]) -> list[int]:
    """Births of the same period told elsewhere in the report."""
    return _births(ground, tuple(names)).get(_time_of(ground, rates[0]), [])


@lru_cache(maxsize=1)
def _births(ground: Ground, names: tuple[str, ...]) -> dict[tuple[int, Period, str], list[int]]:
    """Counts of births by report, period and status."""
    found: dict[tuple[int, Period, str], list[int]] = {}
    for index, noun in enumerate(ground.nouns):
        if ground.is_count(index) and any(re.fullmatch(name.replace("$", ""), noun) for name in names):
            found.setdefault(_time_of(ground, index), []).append(index)
    return found


def _time_of(ground: Ground, index: int) -> tuple[int, Period, str]:
    one = ground.claims[index]
    return ground.layout.part_at(one.start).start, one.period, one.status


def _find_part_years(ground: Ground) -> Iterator[Relation]:
    """A yearly rate told for some months: comparable with no full year."""
    for index, one in enumerate(ground.claims):
        yearly = re.search(r"出生率|死亡率|自然增长率|发病率", one.indicator) and one.norm_unit not in ("%", "")
        if one.measure == "rate" and yearly and one.status == "actual" and _PART_YEAR.search(one.period.part):
            args = {"name": one.indicator, "rate": written_claim(one), "period": one.period.text()}
            yield Relation("partial_year", (index,), None, UNVERIFIABLE, Problem(code="AUDIT-168", args=args))
