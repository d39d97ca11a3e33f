"""Changes with the levels they lie between: now, before, by how much, and by how much in per cent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from wangdi.core.problem import Problem
from wangdi.reports.reading.claims import Claim
from wangdi.reports.relations.differences import by_size, tell_difference
from wangdi.reports.relations.ground import (
    ARITHMETIC,
    BASES,
    IMPOSSIBLE,
    Ground,
    Relation,
    slips_into,
    written,
    written_claim,
)
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.text.numerals import Interval

_REACH = 8
"""How many claims before a change its levels may stand."""
_COMPARED = re.compile(
    r"(?:[较与由从]|(?<![占别])比(?![例重值])|[高低多少]于)(?:[^,，。;；\d]|(?:19|20)\d{2}年){0,14}[(（]?$"
)
_PRIOR = re.compile(r"(?:上年|去年|上月|上季度|上一年|上周)(?:(?![增减升降多少]|提高|[,，。;；]).)*$")
"""Before a level: it is what another is compared with; it is told of the time before."""
_REACHED = re.compile(r"[,，](?:总数|累计)?(?:达到|达|增至|提高到|提高至|降至|降到)")
"""Between a change and the level that it leads to: 提高1.5个百分点,达到33.3%."""
_PAIRED = 6
"""How many levels before a difference are tried against each other: two lists of three, now and then."""
_POINTS = {"个百分点": "%", "百分点": "%", "个千分点": "‰"}


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels before a change: those of now and those they are compared with, the nearest first."""

    now: tuple[int, ...]
    then: tuple[int, ...]


def find_changes(ground: Ground) -> Iterator[Relation]:
    """Every change that stands beside its levels: in per cent as growth, in units or points as a difference.

    Rule: levels that fit are told as holding, wherever they stand. Where none fit, the nearest are asked about if the sentence
    names both sides, or one slip of the pen would make them fit; any others may be of something else.
    """
    for index, one in enumerate(ground.claims):
        if one.measure != "change" or one.comparator != "=" or one.value_hi is not None or not one.exact:
            continue
        if one.norm_unit == "%":
            yield from _find_growth(ground, index)
        else:
            yield from _find_difference(ground, index)


def _find_growth(ground: Ground, index: int) -> Iterator[Relation]:
    step = _step_beside(ground, index)
    levels = _levels_before(ground, index, None if step is None else ground.claims[step].norm_unit)
    pairs = [(now, then) for then in levels.then for now in levels.now if _alike(ground, now, then)]
    steps = [] if step is None else [(now, step) for now in levels.now if ground.same_kind(now, step)]
    found = [
        next((one for one in (compare(ground, pair, index) for pair in group) if one.holds), None)
        for group, compare in ((pairs, _compare_levels), (steps, _compare_step))
    ]
    holding = [one for one in found if one is not None]
    if holding:
        yield from holding
        return
    nearest = max((place for place in (*levels.now, *levels.then) if place < index), default=-1)
    for group, compare in ((pairs, _compare_levels), (steps, _compare_step)):
        misfits = (compare(ground, pair, index) for pair in group if nearest in pair)
        told = next((one for one in misfits if one.severity), None)
        if told is not None:
            yield told
            return


def _step_beside(ground: Ground, index: int) -> int | None:
    """By how much something changed, told beside the change in per cent: 增加12例,增长8%; 增长8%,即多出12例."""
    for place in (index - 1, index + 1):
        if not 0 <= place < len(ground.claims) or not ground.same_sentence(place, index):
            continue
        other = ground.claims[place]
        absolute = other.measure == "change" and other.norm_unit not in ("%", *_POINTS)
        if absolute and other.direction == ground.claims[index].direction:
            return place
    return None


def _levels_before(ground: Ground, index: int, unit: str | None) -> Levels:
    """What may have changed: amounts and rates before a change, in its paragraph, of the unit of its step."""
    places = [place for place in range(index - 1, max(-1, index - _REACH), -1) if ground.same_paragraph(place, index)]
    behind = index + 1
    if behind < len(ground.claims) and (
        ground.depth(behind) > ground.depth(index)
        or (ground.same_sentence(index, behind) and _REACHED.fullmatch(ground.between(index, behind)))
    ):
        places.append(behind)
    levels = [place for place in places if _is_level(ground.claims[place], unit)]
    years = [year for place in levels if (year := ground.claims[place].period.year).isdecimal()]
    then = tuple(
        place
        for place in levels
        if _is_prior(ground, place) or "" < ground.claims[place].period.year < max(years, default="")
    )
    return Levels(tuple(place for place in levels if place not in then), then)


def _is_level(one: Claim, unit: str | None) -> bool:
    exact = one.measure in ("count", "money", "rate", "value") and one.comparator == "=" and one.value_hi is None
    return exact and bool(one.exact) and (unit is None or _of_unit(one, unit))


def _of_unit(one: Claim, unit: str) -> bool:
    return one.norm_unit == unit or {one.norm_unit, unit} <= {"人", "名", "例", ""}


def _is_prior(ground: Ground, place: int) -> bool:
    """Whether a level is told as what another is compared with, or of the time before."""
    one = ground.claims[place]
    start = ground.claims[place - 1].end if place else 0
    if _COMPARED.search(ground.text[max(start, one.start - 24) : one.start]):
        return True
    return _PRIOR.search(ground.text[max(ground.sentence_start(place), one.start - 40) : one.start]) is not None


def _alike(ground: Ground, now: int, then: int) -> bool:
    one, other = ground.claims[now], ground.claims[then]
    return one.norm_unit == other.norm_unit and one.measure == other.measure


def _is_beside(ground: Ground, *members: int) -> bool:
    """Whether claims stand in one sentence with no other level between them but in parentheses."""
    first, last = min(members), max(members)
    between = [place for place in range(first + 1, last) if place not in members]
    plain = all(
        ground.claims[place].measure == "change" or ground.depth(place) > ground.depth(first) for place in between
    )
    return plain and ground.same_sentence(first, last) and not re.search(r"[;；]", ground.between(first, last))


def _compare_levels(ground: Ground, pair: tuple[int, int], index: int) -> Relation:
    """A level, the one it is compared with, and the change in per cent."""
    (now, then), change = (ground.claims[place] for place in pair), ground.claims[index]
    sign = 1 if change.direction == "up" else -1
    grown = now.interval.over(then.interval)
    years = _years_of_mean(ground, pair, index)
    if grown is not None and years > 1:
        grown = Interval(_root(grown.low, years), _root(grown.high or grown.low, years))
    computed = None if grown is None else _between(sign * (grown.low - 1), sign * ((grown.high or grown.low) - 1))
    share = change.interval.times(Fraction(1, 100))
    factors = sorted((1 + sign * end) ** max(1, years) for end in (share.low, share.high or share.low))
    slipped = factors[0] > 0 and (
        slips_into(now, then.exact * factors[0], then.exact * factors[1])
        or slips_into(then, now.exact / factors[1], now.exact / factors[0])
    )
    return _judge(ground, (*pair, index), computed, slipped)


def _years_of_mean(ground: Ground, pair: tuple[int, int], index: int) -> int:
    """Over how many years a mean yearly growth is told; nought where it is none, or the years are not known."""
    if "年均" not in ground.claims[index].indicator:
        return 0
    years = [ground.claims[place].period.year for place in pair]
    return int(years[0]) - int(years[1]) if all(year.isdecimal() for year in years) else 0


def _root(value: Fraction, years: int) -> Fraction:
    return Fraction(float(value) ** (1 / years))


def _compare_step(ground: Ground, pair: tuple[int, int], index: int) -> Relation:
    """A level, by how much it changed, and by how much in per cent."""
    (now, step), change = (ground.claims[place] for place in pair), ground.claims[index]
    sign = 1 if change.direction == "up" else -1
    if sign > 0 and now.interval.high is not None and now.interval.high < step.interval.low:
        args = {"now": written_claim(now), "step": written_claim(step), "share": written_claim(change)}
        severity = IMPOSSIBLE if _is_beside(ground, *pair, index) else ""
        return Relation("growth", (*pair, index), False, severity, Problem(code="AUDIT-141", args=args))
    # The same step stands above and below the line, so that its ends belong together.
    high, top = step.interval.high or step.interval.low, now.interval.high or now.interval.low
    low_base, high_base = top - sign * step.interval.low, now.interval.low - sign * high
    computed = Interval(step.interval.low / low_base, high / high_base) if low_base > 0 < high_base else None
    share = change.exact / 100
    slipped = slips_into(now, *sorted((step.exact / share + sign * step.exact,) * 2)) or slips_into(
        step, *(now.exact * share / (1 + sign * share),) * 2
    )
    return _judge(ground, (*pair, index), computed, slipped)


def _between(one: Fraction, other: Fraction) -> Interval:
    return Interval(*sorted((one, other)))


def _judge(ground: Ground, members: tuple[int, int, int], computed: Interval | None, slipped: bool) -> Relation:
    """Rule: a level, what it is compared with and the change must agree in one sentence; a step, and what is further apart, is an
    error or a question where one slip explains it.
    """
    one, other, share = (ground.claims[place] for place in members)
    args = {"now": written_claim(one), "then": written_claim(other), "share": written_claim(share)}
    if computed is None or computed.high is None:
        return Relation("growth", members, None, "", Problem(code="AUDIT-133", args=args))
    per_cent = computed.times(Fraction(100)) if computed.low >= 0 else Interval(computed.low * 100, computed.high * 100)
    args |= {"low": written(per_cent.low), "high": written(per_cent.high or per_cent.low)}
    if per_cent.meets(share.interval):
        return Relation("growth", members, True, "", Problem(code="AUDIT-130", args=args))
    of_share = slips_into(share, per_cent.low, per_cent.high or per_cent.low)
    slipped, beside = slipped or of_share, _is_beside(ground, *members)
    compared = other.measure != "change" and _is_beside(ground, *members[1:])
    sure = (beside and (slipped or compared)) or (compared and of_share)
    severity = ARITHMETIC if sure else BASES if beside or slipped else ""
    return Relation("growth", members, False, severity, Problem(code="AUDIT-131", args=args))


def _find_difference(ground: Ground, index: int) -> Iterator[Relation]:
    """Two levels and what lies between them."""
    one = ground.claims[index]
    levels = _levels_before(ground, index, _POINTS.get(one.norm_unit, one.norm_unit))
    named = [(now, then) for then in levels.then for now in levels.now if _alike(ground, now, then)]
    if index + 1 in levels.now:
        before = (place for place in levels.now if place < index and _alike(ground, index + 1, place))
        named += [(index + 1, place) for place in before][:1]
    near = sorted((*levels.now, *levels.then), reverse=True)[:_PAIRED]
    others = [(now, then) for now in near for then in near if now > then and _alike(ground, now, then)]
    apart = re.search(load_lexicon("relations")["changes"]["apart"], ground.text[one.start - 8 : one.end + 3])
    for pair in (*named, *others):
        if _gap(ground, pair).meets(one.interval):
            yield tell_difference(ground, (*by_size(ground, pair), index), "")
            return
    for number, pair in enumerate((*named, *(others[:1] if apart else ()))):
        slipped, beside = _is_slip_between(ground, pair, index), _is_beside(ground, *pair, index)
        if slipped or (beside and not number):
            severity = ARITHMETIC if slipped and beside else BASES
            yield tell_difference(ground, (*by_size(ground, pair), index), severity)
            return


def _is_slip_between(ground: Ground, pair: tuple[int, int], index: int) -> bool:
    """Whether one slip of the pen, in a level or in the difference, keeps two levels from lying so far apart."""
    (now, then), one, gap = (ground.claims[place] for place in pair), ground.claims[index], _gap(ground, pair)
    low, high = one.interval.low, one.interval.high or one.interval.low
    return (
        slips_into(one, gap.low, gap.high or gap.low)
        or any(slips_into(now, then.exact + sign * low, then.exact + sign * high) for sign in (1, -1))
        or any(slips_into(then, now.exact + sign * low, now.exact + sign * high) for sign in (1, -1))
    )


def _gap(ground: Ground, pair: tuple[int, int]) -> Interval:
    """What can lie between two levels, either way."""
    one, other = (ground.claims[place].interval for place in pair)
    high, low = one.minus(other), other.minus(one)
    if high is None or low is None:
        return Interval(Fraction(0), None)
    wider = high if (high.low + (high.high or 0)) >= 0 else low
    return Interval(max(Fraction(0), wider.low), wider.high)
