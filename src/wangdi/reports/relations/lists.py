"""A total and the list of its parts: 其中, 分别为, parts in parentheses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from wangdi.reports.relations.ground import Ground, plain_thing
from wangdi.reports.text.lexicon import either, load_lexicon

Listed = tuple[int, tuple[int, ...], str]
"""Total, members, and how the list is told: ``closed`` says that it names all, ``bracketed`` looks so, ``open`` need not, and
``among`` tells what some of them have."""
_BACK = 24
"""How many claims back a total that is named may stand."""
_FAR = 160
"""How far before its list a total may stand, in characters."""
_BY_KIND = r"按[^,，。；;\d]{1,14}分[,，:：为]?"
_OF_THEM = r"(?P<whole>(?:[^\W\d的]|[（）()]){2,14})中[,，:：]"
"""按等级分, and 医院中: the total is told before, in the first the one that was parted last."""
_LONGEST = 60
"""Members of a list that somebody wrote out."""


@lru_cache(maxsize=1)
def listed(ground: Ground) -> tuple[Listed, ...]:
    """Every 其中, 分别为 and pair of parentheses with parts of a total."""
    return tuple(_find_listed(ground))


def _find_listed(ground: Ground) -> Iterator[Listed]:
    opening = either(load_lexicon("relations")["complements"]["opening"])
    told: set[int] = set()
    for match in re.finditer(rf"其中|{opening}|{_BY_KIND}|{_OF_THEM}", ground.text):
        found = _read_list(ground, match)
        if found is not None:
            told |= set(found[1])
            yield found
    for found in _find_bracketed(ground):
        if not told & set(found[1]):
            yield found


def _find_bracketed(ground: Ground) -> Iterator[Listed]:
    """A total with its parts in parentheses: 26家(县级3家、乡镇18家、社区5家)."""
    for total, one in enumerate(ground.claims):
        match = re.match(r"[^,，、。;；()（）\d]{0,12}[(（]([^()（）]*)[)）]", ground.text[one.end : one.end + 400])
        if match is None or not ground.is_count(total):
            continue
        end = one.end + match.end()
        inside = range(total + 1, ground.first_from(end))
        members = tuple(index for index in inside if ground.same_unit(index, total) and ground.is_count(index))
        if len(members) > 1 and len(members) == len(inside):
            yield total, members, "bracketed"
        elif len(members) == len(inside) == 1 and re.match(r"(?:其中)?含|其中", match.group(1)):
            yield total, members, "open"


def _read_list(ground: Ground, match: re.Match[str]) -> Listed | None:
    claims = ground.claims
    first = ground.first_from(match.end())
    if first in (0, len(claims)) or claims[first].start - match.end() > 40:
        return None
    total = _total_before(ground, match, first)
    if total is None:
        return None
    depth = ground.depth(first)
    inside = range(first, min(ground.first_from(_list_end(ground, match, first)), first + 2 * _LONGEST))
    # 其中普惠性托位420个,在上年末3248个的基础上总数达到3888个: here the talk is of all again.
    past = (index for index in inside if index > first and _is_of_all(ground, total, index))
    members = tuple(
        index
        for index in range(first, next(past, inside.stop))
        if ground.same_unit(index, total)
        and ground.is_amount(index)
        and claims[index].measure == claims[total].measure
        and ground.depth(index) == depth
    )
    if not 0 < len(members) <= _LONGEST or not ground.is_amount(total):
        return None
    # 其中公办18所、民办56所,完成备案46所: two groups are the whole, and what follows is told of it.
    exact = [claims[index].exact for index in members]
    ends = (
        count
        for count in range(2, len(members))
        if sum(exact[:count]) == claims[total].exact and make_a_whole(ground, members[:count])
    )
    members = members[: next(ends, len(members))]
    if match.group().startswith("按") and not _names_all(ground, members):
        return total, members, "bracketed"
    closed = (match.group() != "其中" and not match["whole"]) or _names_all(ground, members)
    return total, members, "closed" if closed else "among" if match["whole"] else "open"


def _is_of_all(ground: Ground, total: int, index: int) -> bool:
    """Whether a number behind a list's first member is of more than the list's total: of another time, or of all there is."""
    one, whole = ground.claims[index], ground.claims[total]
    larger = ground.same_unit(index, total) and one.exact > whole.exact
    return larger and (one.status != whole.status or "总" in one.indicator or one.period != whole.period)


def _total_before(ground: Ground, match: re.Match[str], first: int) -> int | None:
    """The count of the same unit in the clause before the list; further back only where the list opens a sentence of its own."""
    claims = ground.claims
    if match["whole"] or match.group().startswith("按"):
        return _total_named(ground, match, first)
    inside = ground.text[max(0, match.start() - 2) : match.start()].rstrip().endswith(("(", "（"))
    opens = not inside and not ground.text[ground.sentence_start(first) : match.start()].strip()
    for index in range(first - 1, -1, -1):
        one = claims[index]
        if match.start() - one.end > _FAR:
            return None
        if not (ground.same_sentence(index, first) or (opens and ground.same_paragraph(index, first))):
            return None
        between = re.sub(r"[(（][^()（）]*[)）]", "", ground.text[one.end : match.start()])
        if re.match(r"[^(（]*[)）]", between):
            continue
        if "分别" in match.group() and between.strip(",， "):
            return None
        changes = sum(claims[place].measure == "change" for place in range(index + 1, first))
        commas = len(re.findall(r"[,，]", between)) - changes
        if not opens and (commas > (0 if inside else 1) or re.search(r"[;；]", between)):
            return None
        same = ground.same_unit(index, first) and one.measure == claims[first].measure
        # 较上年（2035人）增加: what a total is compared with is not parted.
        same = same and one.period.year in ("", claims[first].period.year)
        if opens and not one.norm_unit:
            return None
        if same and one.measure in ("count", "money") and one.comparator in ("=", "approx") and not one.per:
            return index
    return None


def _total_named(ground: Ground, match: re.Match[str], first: int) -> int | None:
    """The last amount of the paragraph that is called as the words before 中 say; of 按…分 the one named last so, or the last.

    Rule: the members of a list by kind are no total of the next one.
    """
    text, start = ground.text, ground.layout.paragraph_at(match.start()).start
    whole = match["whole"]
    if whole is None:
        told = list(re.finditer(_OF_THEM, text[start : match.start()]))
        whole = told[-1]["whole"] if told else None
    noun = plain_thing(whole) if whole else ""
    for index in range(first - 1, max(-1, first - _BACK), -1):
        one = ground.claims[index]
        if one.start < start:
            return None
        now = one.period.year in ("", ground.claims[first].period.year)
        alike = ground.same_unit(index, first) and ground.is_amount(index) and now
        if alike and (
            _is_called(ground.nouns[index], noun) if noun else index == first - 1 or ground.same_sentence(index, first)
        ):
            return index
    return None


def _is_called(noun: str, told: str) -> bool:
    """Whether a count's noun is what the words before 中 say, which may have the count's unit before it."""
    return noun == told or (len(noun) > 2 and len(told) - len(noun) == 1 and told.endswith(noun))


def _list_end(ground: Ground, match: re.Match[str], first: int) -> int:
    """A list ends with its parenthesis or its sentence."""
    end = ground.sentence_end(first)
    before = ground.text[max(0, match.start() - 2) : match.start()].rstrip()
    if before.endswith(("(", "（")):
        level = 0
        for place in range(match.end(), end):
            sign = ground.text[place]
            level += (sign in "(（") - (sign in ")）")
            if level < 0:
                return place
    semicolons = [place for mark in "；;" if (place := ground.text.find(mark, match.end(), end)) >= 0]
    again = re.compile(rf"{_BY_KIND}|其中").search(ground.text, ground.claims[first].end, end)
    if match.group() != "其中" and again:
        semicolons.append(again.start())
    return min([end, *semicolons])


def _names_all(ground: Ground, members: tuple[int, ...]) -> bool:
    """Whether a 其中 list says that it leaves nothing out: by its last member, or by groups that make up a whole."""
    words = load_lexicon("relations")["complements"]
    last = ground.text[ground.claims[members[-2]].end : ground.claims[members[-1]].start] if len(members) > 1 else ""
    said = "".join(ground.text[ground.claims[a].end : ground.claims[b].start] for a, b in pairwise(members))
    counts_up = "及以上" in last and bool(re.match(r"[一首未无01]", ground.claims[members[0]].own))
    ends = [ground.claims[index].own for index in (members[0], members[-1])]
    banded = len(members) > 2 and all(any(word in end for end in ends) for word in ("以下", "以上"))
    return (
        counts_up
        or banded
        or any(word in last or word in said for word in words["closing"])
        or make_a_whole(ground, members)
    )


def make_a_whole(ground: Ground, members: tuple[int, ...]) -> bool:
    """Whether the members of a list are groups that make up a whole: 公办 and 民办; 完工, 在建 and 未开工."""
    names = [ground.claims[index].indicator for index in members]
    return any(len(group) == len(names) for group in groups_in(names))


def groups_in(names: Sequence[str]) -> list[list[str]]:
    """The groups that make up a whole all of whose words some names tell: 公立 and 民营."""
    groups: list[list[str]] = load_lexicon("relations")["complements"]["groups"]
    return [group for group in groups if all(any(word in name for name in names) for word in group)]
