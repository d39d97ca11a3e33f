"""Which population each rate implies, and whether the rates of one report speak of one population."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from wangdi.core.problem import Problem
from wangdi.reports.reading.claims import Claim
from wangdi.reports.relations.ground import (
    BASES,
    POPULATIONS_APART,
    Ground,
    Relation,
    plain_thing,
    slips_into,
    unit_of,
    written,
    written_claim,
)
from wangdi.reports.relations.runs import find_runs
from wangdi.reports.text.layout import Stretch
from wangdi.reports.text.lexicon import MOVED_FROM, load_lexicon
from wangdi.reports.text.numerals import Interval

_FAR = 24
"""How many claims around a rate are searched for its disease."""
_PEOPLE = {
    "人": 1,
    "百人": 100,
    "千人": 1000,
    "万人": 10_000,
    "十万人": 100_000,
    "10万人": 100_000,
    "百万人": 1_000_000,
}


@dataclass(frozen=True, slots=True)
class Implied:
    """A count with its rate, and every population that fits both. ``per``: how many people the rate is told for."""

    count: int
    rate: int
    population: Interval
    per: Fraction


def find_populations(ground: Ground) -> list[Relation]:
    """Rates of the population against each other, deaths against live births, and rates of a part of a year."""
    found: list[Relation] = []
    implied = list(find_implied(ground))
    found += [_tell_implied(ground, one) for one in implied]
    found += _compare_stated(ground, implied)
    by_part = itertools.groupby(implied, lambda one: ground.layout.part_at(ground.claims[one.rate].start))
    for _, here in by_part:
        found += _compare_populations(ground, list(here))
    return [*found, *_compare_growth(ground, implied)]


def _compare_stated(ground: Ground, implied: list[Implied]) -> Iterator[Relation]:
    """Counts and their rates on the population that the report states.

    Rule: one of the populations stated (常住, 户籍) must fit to hold; where none does it is a question, if one slip explains it.
    """
    for one in implied:
        if re.search(r"婴儿|儿童死亡|孕产妇", ground.claims[one.rate].indicator):
            continue
        near = [place for place in ground.near(ground.residents, one.rate) if ground.same_part(place, one.rate)]
        fitting = next((place for place in near if one.population.meets(ground.claims[place].interval)), None)
        other = any(_is_close(ground, one, place) for place in near)
        slipped = None if other else next((place for place in near if _is_one_slip(ground, one, place)), None)
        if fitting is not None or slipped is not None:
            yield _tell_stated(ground, one, fitting if fitting is not None else slipped or 0, fitting is not None)


def _is_close(ground: Ground, one: Implied, place: int) -> bool:
    """Whether the year's mean population may explain what a rate is off the stated one."""
    stated = ground.claims[place].norm_value
    return abs(float(one.population.low) - stated) <= POPULATIONS_APART * stated


def _is_one_slip(ground: Ground, one: Implied, place: int) -> bool:
    """Whether one slip in the count, the rate or the population keeps them from agreeing."""
    count, rate, people = ground.claims[one.count], ground.claims[one.rate], ground.claims[place]
    if not rate.exact or not people.exact or rate.interval.high is None:
        return False
    computed = count.exact * one.per / people.exact
    low, high = people.exact * rate.interval.low / one.per, people.exact * rate.interval.high / one.per
    return (
        slips_into(people, one.population.low, one.population.high or one.population.low)
        or slips_into(count, low, high)
        or slips_into(rate, computed, computed)
    )


def _tell_stated(ground: Ground, one: Implied, place: int, holds: bool) -> Relation:
    count, rate, people = ground.claims[one.count], ground.claims[one.rate], ground.claims[place]
    args = {
        "over": written_claim(count),
        "base": written_claim(people),
        "name": rate.indicator,
        "share": written_claim(rate),
    }
    args["computed"] = f"{ceil(one.population.low)}—{floor(one.population.high or one.population.low)}"
    told = Problem(code="AUDIT-128" if holds else "AUDIT-129", args=args)
    return Relation("rate", (one.count, place, one.rate), holds, "" if holds else BASES, told)


def _tell_implied(ground: Ground, one: Implied) -> Relation:
    """The population a single rate implies."""
    told = Problem(code="AUDIT-169", args={"implied": _told(ground, one)})
    return Relation("implied_denominator", (one.count, one.rate), True, "", told)


def find_implied(ground: Ground) -> Iterator[Implied]:
    """Every count that its rate per so many people follows, or that stands anywhere under the same noun."""
    for index, one in enumerate(ground.claims):
        if one.measure != "rate" or one.comparator != "=" or one.exact <= 0 or _is_left(ground, index):
            continue
        factor = Fraction(_PEOPLE[one.per]) if one.per in _PEOPLE and one.per != "人" else None
        if factor is None and one.norm_unit not in ("%", ""):
            factor = 1 / unit_of(one)
        count = _find_count(ground, index) if factor is not None else None
        if count is None or factor is None:
            continue
        people = ground.claims[count].interval.over(one.interval)
        if people is not None:
            yield Implied(count, index, people.times(factor), factor)


def _is_left(ground: Ground, rate: int) -> bool:
    """Whether a rate is what one moved away from, told of another time: 由2.15个提高到3.86个."""
    start = ground.claims[rate].start
    return re.search(MOVED_FROM, ground.text[max(0, start - 8) : start]) is not None


def _find_count(ground: Ground, rate: int) -> int | None:
    """The count a rate was made of."""
    one = ground.claims[rate]
    if one.per:
        noun = _without_people(one.indicator)
        return _nearest(ground, rate, noun) if len(noun) > 1 else None
    for rule in load_lexicon("relations")["populations"]:
        if re.search(rule["rate"], one.own):
            return next(
                (index for index in _before(ground, rate) if re.search(rule["count"], ground.nouns[index])), None
            )
    if re.search(r"发病率|报告发病率|患病率", one.indicator):
        return _find_cases(ground, rate)
    return None


def _find_cases(ground: Ground, rate: int) -> int | None:
    """The cases an incidence is made of: those of the disease that its name tells, else the nearest where it tells none."""
    cases = [
        index
        for index in _before(ground, rate)
        if _are_cases(ground.claims[index]) and "死亡" not in ground.nouns[index]
    ]
    disease = re.sub(r"(?:报告)?(?:发病|患病)率.*$", "", ground.claims[rate].indicator)
    named = [index for index in cases if len(disease) > 1 and disease in ground.claims[index].indicator]
    near = range(max(0, rate - _FAR), min(len(ground.claims), rate + _FAR))
    told = any(disease in ground.claims[index].indicator for index in near if index != rate)
    found = next(iter(named if named or (len(disease) > 1 and told) else cases), None)
    # A rate behind a list is one of what the list parts.
    totals = (one.claims[0] for one in find_runs(ground) if one.holds and found in one.claims[1:] and not named)
    return found if found is None else next((total for total in totals if total in cases), found)


def _are_cases(one: Claim) -> bool:
    return one.norm_unit == "例" or (one.norm_unit == "人" and re.search("病|感染|患者", one.indicator) is not None)


def _without_people(name: str) -> str:
    text = re.sub(
        r"^.*?(?:每[十百千万\d]+(?:名|个)?(?:常住|户籍)?(?:人口?|居民)|千人(?:口|均)?|万人(?:口|均)?)(?:口?拥有|均)?",
        "",
        name,
    )
    return plain_thing(text)


def _nearest(ground: Ground, rate: int, noun: str) -> int | None:
    """The count of a noun in the same report that stands nearest before a rate, else behind it."""
    found = [
        index
        for index in ground.near(ground.amounts_called(noun[-2:]), rate)
        if _is_noun_of(ground.nouns[index], noun)
        and ground.same_part(index, rate)
        and ground.claims[index].status == ground.claims[rate].status
        and _is_stock(ground, index)
    ]
    return min(found, key=lambda index: (index > rate, abs(index - rate)), default=None)


def _is_noun_of(own: str, noun: str) -> bool:
    """Whether a count's noun is that of a rate."""
    return own == noun or (min(len(own), len(noun)) > 1 and (own.endswith(noun) or noun.endswith(own)))


def _before(ground: Ground, rate: int) -> list[int]:
    near = range(rate - 1, max(-1, rate - 6), -1)
    return [index for index in near if ground.is_count(index) and ground.same_paragraph(index, rate)]


def _is_stock(ground: Ground, index: int) -> bool:
    """Whether a count is of all there are, and not of what is new or of a part."""
    one = ground.claims[index]
    near = one.indicator + ground.text[max(0, one.start - 8) : one.start]
    return not re.search(r"新增|新建|备案|其中|培训|能开展", near)


def _compare_populations(ground: Ground, implied: list[Implied]) -> Iterator[Relation]:
    """The largest group that agrees is one relation; every other pair is held against it, and neighbours against each other."""
    kinds = [one for one in implied if not re.search(r"婴儿|儿童死亡|孕产妇", ground.claims[one.rate].indicator)]
    if len(kinds) < 2:
        return
    group = _largest_group(kinds)
    if len(group) > 1:
        yield _agreeing(ground, group)
    seen: set[tuple[int, int]] = set()
    lead, agreeing = group[0], {one.rate for one in group}
    pairs = [(one, lead) for one in kinds if one.rate not in agreeing]
    pairs += [
        (one, other)
        for one, other in itertools.pairwise(kinds)
        if not {one.rate, other.rate} & agreeing and ground.same_paragraph(one.rate, other.rate)
    ]
    for one, other in pairs:
        if (one.rate, other.rate) not in seen:
            seen |= {(one.rate, other.rate), (other.rate, one.rate)}
            yield _compare_two(ground, *sorted((one, other), key=lambda item: item.count))


def _largest_group(kinds: list[Implied]) -> list[Implied]:
    """The most pairs that some one population fits."""
    lows = sorted(one.population.low for one in kinds)
    highs = sorted(one.population.high or one.population.low for one in kinds)
    best = max(lows, key=lambda end: bisect_right(lows, end) - bisect_left(highs, end))
    return [one for one in kinds if one.population.meets(Interval(best, best))]


def _places(*pairs: Implied) -> tuple[int, ...]:
    return tuple(index for one in pairs for index in (one.count, one.rate))


def _agreeing(ground: Ground, group: list[Implied]) -> Relation:
    low = max(one.population.low for one in group)
    high = min(one.population.high or one.population.low for one in group)
    args = {"count": str(len(group)), "low": str(ceil(low)), "high": str(floor(high))}
    return Relation("same_denominator", _places(*group), True, "", Problem(code="AUDIT-160", args=args))


def _compare_two(ground: Ground, one: Implied, other: Implied) -> Relation:
    holds = one.population.meets(other.population)
    args = {"one": _told(ground, one), "other": _told(ground, other)}
    told = Problem(code="AUDIT-161", args=args) if holds else Problem(code="AUDIT-162", args=args)
    return Relation("same_denominator", _places(one, other), holds, "" if holds else BASES, told)


def _told(ground: Ground, one: Implied) -> str:
    count, rate = ground.claims[one.count], ground.claims[one.rate]
    high = one.population.high or one.population.low
    return f"{rate.indicator} {written_claim(count)} / {written_claim(rate)}: {ceil(one.population.low)}—{floor(high)}"


def _compare_growth(ground: Ground, implied: list[Implied]) -> Iterator[Relation]:
    """Natural growth in people against its rate, on the population of the births beside it."""
    born: dict[Stretch, Implied] = {}
    for pair in reversed(implied):
        if "出生" in ground.claims[pair.rate].indicator:
            born[ground.layout.paragraph_at(ground.claims[pair.rate].start)] = pair
    for index, one in enumerate(ground.claims):
        if not re.search(r"自然增长率", one.indicator):
            continue
        people = next(
            (
                p
                for p in range(index - 1, max(-1, index - 4), -1)
                if re.search(r"负增长|自然增长(?!率)|净增", ground.claims[p].indicator)
            ),
            None,
        )
        births = born.get(ground.layout.paragraph_at(one.start))
        if people is None or births is None or births.population.low <= 0:
            continue
        rate = ground.claims[people].interval.over(births.population)
        if rate is None or rate.high is None:
            continue
        thousand = rate.times(1 / unit_of(one))
        stated = abs(one.exact)
        half = (one.interval.high or one.interval.low) - one.exact
        holds = thousand.meets(Interval(stated - half, stated + half))
        args = {
            "people": written_claim(ground.claims[people]),
            "rate": written_claim(one),
            "computed": written(thousand.low, 3),
        }
        args["births"] = _told(ground, births)
        told = Problem(code="AUDIT-163", args=args) if holds else Problem(code="AUDIT-164", args=args)
        yield Relation("rate", (people, index, births.count, births.rate), holds, "" if holds else BASES, told)
