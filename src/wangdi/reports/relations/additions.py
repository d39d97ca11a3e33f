"""Totals and parts by their numbers: amounts of one kind, near each other, that come to another one.

Words tie a list to its total in ``lists``. Reports often need no such word: 总支出…。职工…支出, 居民…支出.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from wangdi.reports.relations.ground import UNVERIFIABLE, Ground, Relation, count_digits
from wangdi.reports.relations.lists import listed
from wangdi.reports.relations.sums import add_up, judge_sum
from wangdi.reports.text.lexicon import load_lexicon

REACH = 24
"""How many claims from its total a part may stand."""
_STARTS = 8
"""How many amounts between a total and its first part are passed over at most."""
LONGEST = 16
TAIL = 2
"""Characters that two nouns share at their end if they count one thing: 职工医保基金收入 and 总收入."""
_LEAST = 20
"""Below it numbers come to one another by chance, unless a word ties them."""
_GATHERED = re.compile(
    r"(?:合计|共计|总计|加总|相加|[两三四五六七八九十][项者类病种级]|以上各?[项类])[^,，。;；\d]{0,8}$|共(?:有|计)?[^,，。;；\d]{0,12}$"
)

Run = tuple[int, ...]


def find_additions(ground: Ground) -> list[Relation]:
    """Every total with amounts near it that come to it.

    Rule: what comes to its total to the last digit is told as holding; few digits only where a word or a list ties them.
    """
    told = {(total, members) for total, members, _ in listed(ground)}
    return [
        judge_sum(ground, total, run, UNVERIFIABLE)
        for total, one in enumerate(ground.claims)
        if ground.is_amount(total) and one.exact
        for run in _runs_that_add_up(ground, total)
        if (total, run) not in told
    ]


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
    behind = amounts_near(ground, total, range(total + 1, min(total + REACH, len(ground.claims))))
    before = amounts_near(ground, total, range(total - 1, max(-1, total - REACH), -1))
    for places in (behind, before):
        yield from _runs_in(ground, total, [place for place in places if ground.same_time(total, place)])
        yield from _runs_in(ground, total, places)
        tails: dict[str, list[int]] = {}
        for place in places:
            tails.setdefault(ground.nouns[place][-TAIL:], []).append(place)
        for tail, alike in tails.items():
            if 1 < len(alike) < len(places) and len(tail) == TAIL and tail in ground.claims[total].indicator:
                yield from _runs_in(ground, total, alike)


def amounts_near(ground: Ground, total: int, places: range) -> list[int]:
    """Amounts of a total's kind on one side of it, in its report."""
    found = []
    for place in places:
        if not ground.same_part(total, place):
            break
        one, other = ground.claims[place], ground.claims[total]
        crowd = ground.both_crowds(total, place) and count_digits(other) > 3
        alike = one.measure == other.measure and (ground.same_kind(total, place) or crowd)
        if alike and ground.is_amount(place) and ground.claims[place].status == ground.claims[total].status:
            found.append(place)
    return found


def _runs_in(ground: Ground, total: int, places: Sequence[int]) -> Iterator[Run]:
    """Of the runs from each place on, of one depth, the one that comes nearest to a total.

    Plain numbers here, a twentieth apart at most: the exact test is the caller's.
    """
    claims, whole = ground.claims, ground.claims[total].norm_value
    for start in range(min(_STARTS, len(places))):
        depth, added, best = ground.depth(places[start]), 0.0, (whole / 20 + 1, 0)
        run: list[int] = []
        for place in places[start:]:
            value = claims[place].norm_value
            if value >= whole or len(run) == LONGEST or added > whole:
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
    near, tied = _is_beside(ground, total, run, taken), is_gathered_or_opened(ground, total, run)
    if digits > 3 or (digits == 3 and near) or _is_spelled_out(ground, total, run):
        return True
    return (near and ground.claims[total].exact >= _LEAST) or (tied and ground.same_paragraph(total, run[0]))


def _is_spelled_out(ground: Ground, total: int, run: Run) -> bool:
    """Whether parts follow their total at once, parted by 、, and nothing else follows: 机构9家,医办养5家、养办医4家;"""
    claims = ground.claims
    if run != tuple(range(total + 1, total + 1 + len(run))) or not ground.same_sentence(total, run[-1]):
        return False
    opened = re.match(r"[,，:：(（]", ground.text[claims[total].end : claims[total].end + 1])
    listed = all("、" in ground.between(one, other) for one, other in pairwise(run))
    end = claims[run[-1]].end
    return bool(opened and listed and re.match(r"\s*[)）]?[;；。\n]", ground.text[end : end + 3]))


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


def is_gathered_or_opened(ground: Ground, total: int, run: Run) -> bool:
    """Whether a word says that parts make a total: one that opens the list, or one that gathers it."""
    if total < run[0]:
        return opening_of(lead_to(ground, total, run[0])) != ""
    start = ground.claims[run[-1]].end
    return _GATHERED.search(ground.text[start : ground.claims[total].start]) is not None


def lead_to(ground: Ground, total: int, first: int) -> str:
    """What stands between the number before a list and its first member."""
    start = ground.claims[first - 1].end if first - 1 > total else ground.claims[total].end
    return ground.text[start : ground.claims[first].start]


def opening_of(lead: str) -> str:
    """How what leads to a list opens it: ``all`` says that it names all parts, ``some`` need not; empty where nothing does."""
    return next((kind for kind, words in _openings() if words.search(lead)), "")


@cache
def _openings() -> tuple[tuple[str, re.Pattern[str]], ...]:
    words = load_lexicon("relations")["additions"]
    return tuple((kind, re.compile("|".join(words[kind]))) for kind in ("all", "some"))
