"""Lists that one slip of the pen keeps from their total.

A list is held against a total only where its words or its place say that it may be the total's; which of them explains how small
the numbers may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from wangdi.reports.relations.additions import (
    LONGEST,
    REACH,
    TAIL,
    amounts_near,
    is_gathered_or_opened,
    lead_to,
    opening_of,
)
from wangdi.reports.relations.ground import UNVERIFIABLE, Ground, Relation, count_digits
from wangdi.reports.relations.lists import make_a_whole
from wangdi.reports.relations.sums import gap_of, is_one_slip, judge_sum, slip_closes

_SURE = 100
"""Below it one slip makes so many sums that a list must say that it names all."""
_MANY_DIGITS = 4
"""Numbers of so many digits seldom come to one another by one slip."""

Run = tuple[int, ...]
ALL, NAMED, SOME, NUMBERS = "all", "named", "some", "numbers"
"""Why a list may be a total's: its words name all parts; the total; parts; only its place and many digits."""


def find_missed_sums(ground: Ground, explained: Sequence[Run]) -> Iterator[Relation]:
    """The lists that were meant to come to a total and do not, one for each total. ``explained``: sums that hold, totals first.

    Rule: a total that has its parts, or is a part itself, has no other list but one that names it or all of them.
    """
    totals, parts = {one[0] for one in explained}, {part for one in explained for part in one[1:]}
    for total, one in enumerate(ground.claims):
        if not ground.is_amount(total) or not one.exact:
            continue
        for run, why in _list_meant(ground, total):
            if why not in (ALL, NAMED) and (total in totals or total in parts):
                continue
            if not parts & set(run) and _is_slip(ground, total, run, why):
                yield judge_sum(ground, total, run, UNVERIFIABLE)
                break


def _is_slip(ground: Ground, total: int, run: Run, why: str) -> bool:
    """Whether one slip explains what a list lacks, and its numbers are large enough for that to say something."""
    claims, members = ground.claims, (total, *run)
    largest = max(claims[index].norm_value for index in members)
    if why == SOME and largest < _SURE:
        return False
    if why in (NAMED, NUMBERS) and max(count_digits(claims[index]) for index in members) < _MANY_DIGITS:
        return False
    gap = gap_of(ground, total, run)
    meant = [index for index in members if slip_closes(ground, index, -gap if index == total else gap)]
    return bool(meant) if why == ALL else any(is_one_slip(ground, total, run, index) for index in meant)


def _list_meant(ground: Ground, total: int) -> Iterator[tuple[Run, str]]:
    """Every list that may be a total's, and why."""
    behind = amounts_near(ground, total, range(total + 1, min(total + REACH, len(ground.claims))))
    of_its_time = [place for place in behind if ground.same_time(total, place)]
    yield from _lists_behind(ground, total, of_its_time)
    if of_its_time != behind:
        yield from _lists_behind(ground, total, behind)
    yield from _lists_before(ground, total)
    yield from _alike(ground, total, behind)


def _lists_behind(ground: Ground, total: int, places: Sequence[int]) -> Iterator[tuple[Run, str]]:
    """The lists behind a total: the next one, and those that a word opens and that name it or things that are called as it is."""
    for number, first in enumerate(places):
        lead = lead_to(ground, total, first)
        why = opening_of(lead) or (SOME if re.search(rf"{re.escape(ground.nouns[total])}[中里]?\w", lead) else "")
        rest = _in_one_list(ground, places[number : number + LONGEST])
        if not why and (number or len(rest) < 3):
            continue
        named = _is_named(ground, total, (lead, rest))
        if number == 0 or named:
            for run in _ended(ground, rest):
                yield run, ALL if make_a_whole(ground, run) else NAMED if named and why == SOME else why or NUMBERS


def _in_one_list(ground: Ground, places: Sequence[int]) -> list[int]:
    """The first of some places, and those that go on in its statement at its depth, up to where another list is opened."""
    run = [places[0]]
    for place in places[1:]:
        if not ground.same_sentence(places[0], place) or re.search(r"按[^,，]{1,12}分", ground.between(run[-1], place)):
            break
        if ground.depth(place) == ground.depth(places[0]):
            run.append(place)
    return run


def _is_named(ground: Ground, total: int, told: tuple[str, Sequence[int]]) -> bool:
    """Whether what leads to a list names its total, or all its members are called as the total is."""
    (lead, run), noun = told, ground.nouns[total]
    if len(noun) < TAIL:
        return False
    tail = re.escape(noun[-TAIL:])
    said = noun in lead or re.search(rf"{tail}\w{{0,2}}[中里][,，]?", lead) is not None
    return said or all(ground.nouns[place].endswith(noun[-TAIL:]) for place in run)


def _ended(ground: Ground, run: Sequence[int]) -> Iterator[Run]:
    """A list as a whole, and what of it ends with a clause: 医疗74件、其他21件,办结161件."""
    ends = [count for count in range(2, len(run)) if re.search(r"[,，;；]", ground.between(run[count - 1], run[count]))]
    for count in sorted({*ends, len(run)}, reverse=True):
        if count > 1:
            yield tuple(run[:count])


def _lists_before(ground: Ground, total: int) -> Iterator[tuple[Run, str]]:
    """The amounts before a 合计 in its paragraph, from one of its clauses on."""
    places = amounts_near(ground, total, range(total - 1, max(-1, total - LONGEST), -1))
    run = [
        place for place in places if ground.same_paragraph(place, total) and ground.depth(place) == ground.depth(total)
    ]
    for count in range(len(run), 1, -1):
        members = tuple(sorted(run[:count]))
        if is_gathered_or_opened(ground, total, members):
            tails = {ground.nouns[place][-TAIL:] for place in (total, *members)}
            yield members, ALL if len(tails) == 1 and len(next(iter(tails))) == TAIL else SOME


def _alike(ground: Ground, total: int, places: Sequence[int]) -> Iterator[tuple[Run, str]]:
    """The amounts behind a total in its paragraph that are called as it is: 总收入, then 职工医保基金收入 and 居民医保基金收入."""
    thing = re.sub("^.*总", "", ground.nouns[total])
    here = [place for place in places if ground.same_paragraph(total, place) and ground.nouns[place].endswith(thing)]
    named = sorted(here, key=lambda place: (ground.nouns[place][-TAIL:], place))
    for tail, group in groupby(named, key=lambda place: ground.nouns[place][-TAIL:]):
        run = tuple(group)
        if len(run) > 1 and len(tail) == TAIL and tail in ground.claims[total].indicator:
            yield run, NUMBERS
            if len(run) > 2:
                yield run[:2], NUMBERS
