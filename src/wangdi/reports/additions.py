"""Totals and parts by their numbers: amounts of one kind, near each other, that come to another one.

Words tie a list to its total in ``lists``. Reports often need no such word: 总支出…。职工…支出, 居民…支出. Here the numbers are
tried first, and words only tell which of those that miss their total were meant to make it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from wangdi.core.problem import Problem
from wangdi.reports.ground import UNVERIFIABLE, Ground, Relation, count_digits
from wangdi.reports.lexicon import load_lexicon
from wangdi.reports.lists import listed
from wangdi.reports.sums import add_up, is_one_slip, slip_makes_sum, tell_sum, told_parts

_REACH = 24
"""How many claims from its total a part may stand."""
_STARTS = 8
"""How many amounts between a total and its first part are passed over at most."""
_LONGEST = 16
_TAIL = 2
"""Characters that two nouns share at their end if they count one thing: 职工医保基金收入 and 总收入."""
_LEAST = 20
"""Below it numbers come to one another by chance, unless a word ties them."""
_SURE = 100
"""Below it one slip makes so many sums that a list must say that it names all."""
_GATHERED = re.compile(
    r"(?:合计|共计|总计|加总|相加|[两三四五六七八九十][项者类病种级]|以上各?[项类])[^,，。;；\d]{0,8}$|共(?:有|计)?[^,，。;；\d]{0,12}$"
)

Run = tuple[int, ...]


def find_additions(ground: Ground) -> list[Relation]:
    """Every total with amounts near it that come to it, and every list that one slip of the pen keeps from its total.

    Rule: what comes to its total to the last digit is told as holding; few digits only where a word or a list ties them. What
    misses it is a question, and only where a word opens or closes the list and one slip explains the gap.
    """
    told = {(total, members) for total, members, _ in listed(ground)}
    holding = [
        (total, run)
        for total, one in enumerate(ground.claims)
        if ground.is_amount(total) and one.exact
        for run in _runs_that_add_up(ground, total)
        if (total, run) not in told
    ]
    explained = [one for one in told if add_up(ground, one[1]).meets(ground.claims[one[0]].interval)] + holding
    return [*(_holds(ground, total, run) for total, run in holding), *_find_slipped(ground, explained)]


def _holds(ground: Ground, total: int, run: Run) -> Relation:
    return Relation("sum", (total, *run), True, "", Problem(code="AUDIT-101", args=told_parts(ground, total, run)))


def _runs_that_add_up(ground: Ground, total: int) -> Iterator[Run]:
    """Runs that come to a total, each part in one of them at most: a total may be parted twice, by kind and by rank."""
    taken: set[int] = set()
    for run in _list_runs(ground, total):
        if taken & set(run) or not add_up(ground, run).meets(ground.claims[total].interval):
            continue
        if _is_telling(ground, total, run, taken):
            taken |= set(run)
            yield run


def _list_runs(ground: Ground, total: int) -> Iterator[Run]:
    """Runs of neighbours whose rounded numbers come to a total: behind it, before it, and of those that count one thing."""
    behind = _amounts_near(ground, total, range(total + 1, min(total + _REACH, len(ground.claims))))
    before = _amounts_near(ground, total, range(total - 1, max(-1, total - _REACH), -1))
    for places in (behind, before):
        yield from _runs_in(ground, total, [place for place in places if ground.same_time(total, place)])
        yield from _runs_in(ground, total, places)
        tails: dict[str, list[int]] = {}
        for place in places:
            tails.setdefault(ground.nouns[place][-_TAIL:], []).append(place)
        for tail, alike in tails.items():
            if 1 < len(alike) < len(places) and len(tail) == _TAIL and tail in ground.claims[total].indicator:
                yield from _runs_in(ground, total, alike)


def _amounts_near(ground: Ground, total: int, places: range) -> list[int]:
    """Amounts of a total's kind on one side of it, in its report."""
    found = []
    for place in places:
        if not ground.same_part(total, place):
            break
        alike = ground.claims[place].measure == ground.claims[total].measure and ground.same_kind(total, place)
        if alike and ground.is_amount(place) and ground.claims[place].status == ground.claims[total].status:
            found.append(place)
    return found


def _runs_in(ground: Ground, total: int, places: Sequence[int]) -> Iterator[Run]:
    """Of the runs from each place on, of one depth, the one that comes nearest to a total.

    Plain numbers here, a twentieth apart at most: the exact test is the caller's.
    """
    claims, whole = ground.claims, ground.claims[total].norm_value
    for start in range(min(_STARTS, len(places))):
        depth, run, added, best = ground.depth(places[start]), [], 0.0, (whole / 20 + 1, 0)
        for place in places[start:]:
            value = claims[place].norm_value
            if value >= whole or len(run) == _LONGEST or added > whole:
                break
            if ground.depth(place) != depth:
                continue
            run.append(place)
            added += value
            if len(run) > 1:
                best = min(best, (abs(added - whole), len(run)))
        if best[1]:
            yield tuple(sorted(run[: best[1]]))


def _is_telling(ground: Ground, total: int, run: Run, taken: set[int]) -> bool:
    """Whether a sum that holds is more than chance: enough digits for how far its parts are fetched, or a word that ties them."""
    digits = min(count_digits(ground.claims[total]), max(count_digits(ground.claims[place]) for place in run) + 1)
    near, tied = _is_beside(ground, total, run, taken), _is_tied(ground, total, run)
    if digits > 3 or (digits == 3 and near):
        return True
    return (near and ground.claims[total].exact >= _LEAST) or (tied and ground.same_paragraph(total, run[0]))


def _is_beside(ground: Ground, total: int, run: Run, taken: set[int]) -> bool:
    """Whether parts stand in one paragraph with their total, with no amount of their kind in between but other parts of it."""
    first, last = min(total, *run), max(total, *run)
    inside = [
        place
        for place in range(first, last + 1)
        if place not in (total, *run, *taken) and ground.is_amount(place) and ground.same_kind(total, place)
    ]
    return ground.same_paragraph(first, last) and not any(
        ground.depth(place) == ground.depth(run[0]) for place in inside
    )


def _is_tied(ground: Ground, total: int, run: Run) -> bool:
    """Whether a word says that parts make a total: one that opens the list, or one that gathers it."""
    if total < run[0]:
        return re.search(_openings("all", "some"), _lead(ground, total, run[0])) is not None
    start = ground.claims[run[-1]].end
    return _GATHERED.search(ground.text[start : ground.claims[total].start]) is not None


def _lead(ground: Ground, total: int, first: int) -> str:
    """What stands between the number before a list and its first member."""
    start = ground.claims[first - 1].end if first - 1 > total else ground.claims[total].end
    return ground.text[start : ground.claims[first].start]


def _openings(*kinds: str) -> str:
    return "|".join(one for kind in kinds for one in load_lexicon("relations")["additions"][kind])


def _find_slipped(ground: Ground, explained: Sequence[tuple[int, Run]]) -> Iterator[Relation]:
    """The lists that a word ties to a total and one slip of the pen keeps from it, one for each total.

    Rule: a total that has its parts, or is a part itself, has no other list but one that names it; a list that need not name all
    of the parts is one slip away by telling digits only.
    """
    totals, parts = {total for total, _ in explained}, {part for _, run in explained for part in run}
    for total, one in enumerate(ground.claims):
        if not ground.is_amount(total) or not one.exact:
            continue
        for run in (*_lists_behind(ground, total), *_lists_before(ground, total)):
            named = total < run[0] and _names_all_of(ground, total, run)
            known = (total in totals or total in parts or one.exact < _SURE) and not named
            if known or parts & set(run) or not _is_tied(ground, total, run):
                continue
            slips = slip_makes_sum if named else is_one_slip
            if any(slips(ground, total, run, index) for index in (total, *run)):
                args = told_parts(ground, total, run)
                yield Relation("sum", (total, *run), False, UNVERIFIABLE, tell_sum(ground, total, run, args))
                break


def _names_all_of(ground: Ground, total: int, run: Run) -> bool:
    """Whether what leads to a list says that it names all parts of this total: 医院按等级分."""
    lead = _lead(ground, total, run[0])
    return re.search(_openings("all"), lead) is not None and (run[0] == total + 1 or ground.nouns[total] in lead)


def _lists_behind(ground: Ground, total: int) -> Iterator[Run]:
    """Every list that a word opens behind a total: right behind it, or with its name, or of things that are called as it is."""
    places = _amounts_near(ground, total, range(total + 1, min(total + _REACH, len(ground.claims))))
    for number, first in enumerate(places):
        lead = _lead(ground, total, first)
        if not re.search(_openings("all", "some"), lead):
            continue
        depth, run = ground.depth(first), [first]
        for place in places[number + 1 : number + _LONGEST]:
            if not ground.same_sentence(first, place) or re.search(
                r"[;；]|按[^,，]{1,12}分", ground.between(run[-1], place)
            ):
                break
            if ground.depth(place) == depth:
                run.append(place)
        if number == 0 or _is_named(ground, total, (lead, run)):
            yield from _ended(ground, run)


def _is_named(ground: Ground, total: int, told: tuple[str, Sequence[int]]) -> bool:
    """Whether what leads to a list names its total, or all its members are called as the total is."""
    (lead, run), noun = told, ground.nouns[total]
    if len(noun) < _TAIL:
        return False
    return noun in lead or all(ground.nouns[place].endswith(noun[-_TAIL:]) for place in run)


def _ended(ground: Ground, run: Sequence[int]) -> Iterator[Run]:
    """A list as a whole, and what of it ends with a clause: 医疗74件、其他21件,办结161件."""
    ends = [count for count in range(2, len(run)) if ground.between(run[count - 1], run[count])[:1] in ",，;；"]
    for count in sorted({*ends, len(run)}, reverse=True):
        if count > 1:
            yield tuple(run[:count])


def _lists_before(ground: Ground, total: int) -> Iterator[Run]:
    """The amounts before a total in its paragraph, from one of its clauses on."""
    places = _amounts_near(ground, total, range(total - 1, max(-1, total - _LONGEST), -1))
    run = [
        place for place in places if ground.same_paragraph(place, total) and ground.depth(place) == ground.depth(total)
    ]
    for count in range(len(run), 1, -1):
        yield tuple(sorted(run[:count]))
