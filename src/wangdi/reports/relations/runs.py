"""Every sum of a report, however it is told; classes told in sentences of their own; shares of the members of a sum."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from wangdi.reports.relations.additions import find_additions
from wangdi.reports.relations.ground import UNVERIFIABLE, Ground, Relation
from wangdi.reports.relations.groups import paired_with
from wangdi.reports.relations.lists import listed
from wangdi.reports.relations.missed_sums import find_missed_sums
from wangdi.reports.relations.share_sums import compare_shares
from wangdi.reports.relations.sums import add_up, is_one_slip, judge_sum
from wangdi.reports.text.lexicon import either, load_lexicon


@lru_cache(maxsize=1)
def find_runs(ground: Ground) -> tuple[Relation, ...]:
    """Every run that comes to its total, classes of one whole, and the shares of members that make up a hundred."""
    found = [*find_additions(ground), *_find_classes(ground)]
    sums = [one.claims for one in found if one.holds]
    told = [(total, *members) for total, members, _ in listed(ground)]
    adding = [one for one in told if add_up(ground, one[1:]).meets(ground.claims[one[0]].interval)]
    closed = [(total, *members) for total, members, how in listed(ground) if how == "closed" and len(members) > 1]
    found += [one for one in find_missed_sums(ground, [*sums, *adding, *closed]) if one.claims not in told]
    # Numbers may come to one another by chance: then shares that make no hundred say nothing.
    by_run = [one for one in _find_shares(ground, sums) if one.holds]
    return (*found, *_find_shares(ground, told), *by_run)


def _compare(ground: Ground, total: int, parts: tuple[int, ...], whole: bool = False) -> Iterator[Relation]:
    """Rule: parts that miss their total are a question, and only where one slip of the pen would make the sum.

    ``whole``: there are no other parts, so that the slip need not be a telling one.
    """
    told = judge_sum(ground, total, parts, UNVERIFIABLE)
    if told.holds or whole or any(is_one_slip(ground, total, parts, index) for index in (total, *parts)):
        yield told


def _find_classes(ground: Ground) -> Iterator[Relation]:
    """Classes of one whole, each told in a sentence of its own: 甲类, 乙类 and 丙类传染病."""
    for rule in load_lexicon("relations")["classes"]:
        named: dict[tuple[int, str], list[list[int]]] = {}
        for index, one in enumerate(ground.claims):
            names = (ground.nouns[index], one.indicator)
            place = next(
                (n for n, part in enumerate(rule["parts"]) if any(re.search(part, name) for name in names)), -1
            )
            whole = place < 0 and any(re.search(rule["whole"], name) for name in names)
            if ground.is_amount(index) and (place >= 0 or whole):
                key = (ground.layout.part_at(one.start).start, one.norm_unit)
                named.setdefault(key, [[] for _ in range(len(rule["parts"]) + 1)])[place + 1].append(index)
        for found in named.values():
            firsts = [group[0] for group in found[1:] if group]
            total = next((index for index in found[0] if firsts and index < firsts[0]), None)
            same = total is not None and all(ground.same_time(total, index) for index in firsts)
            if total is not None and same and len(firsts) > 1:
                missing = [part for part, group in zip(rule["parts"], found[1:], strict=True) if not group]
                complete = bool(rule["complete"]) and all(_is_told_none(ground, total, part) for part in missing)
                yield from _compare(ground, total, tuple(firsts), complete)


def _is_told_none(ground: Ground, index: int, name: str) -> bool:
    """Whether a claim's report says that there is nothing of this name: 甲类传染病无发病."""
    none = either(load_lexicon("relations")["none"]["said"])
    part = ground.layout.part_at(ground.claims[index].start)
    return re.search(rf"{name.lstrip('^')}[^,，。\d]{{0,4}}(?:{none})", ground.text[part.start : part.end]) is not None


def _find_shares(ground: Ground, sums: list[tuple[int, ...]]) -> Iterator[Relation]:
    """The shares told right behind the members of a sum: together a hundred, where the members are the whole."""
    paired = {partner: index for index in range(len(ground.claims)) if (partner := _share_paired(ground, index)) >= 0}
    for total, *members in sums:
        whole = add_up(ground, tuple(members)).meets(ground.claims[total].interval)
        beside = {
            index: index + 1 for index in members if index + 1 < len(ground.claims) and _is_share_of(ground, index)
        }
        shares = tuple(found for index in members if (found := beside.get(index, paired.get(index))) is not None)
        if whole and len(shares) == len(members) > 1:
            yield compare_shares(ground, shares)


def _share_paired(ground: Ground, index: int) -> int:
    """The amount that a share told with 分别 is one of; below nought where there is none."""
    near = ground.text[max(0, ground.claims[index].start - 40) : ground.claims[index].start]
    partner = paired_with(ground, index) if ground.is_share(index) and re.search(r"占", near) else None
    return -1 if partner is None else partner


def _is_share_of(ground: Ground, index: int) -> bool:
    between = ground.between(index, index + 1)
    return ground.is_share(index + 1) and re.fullmatch(r"\s*[(（,，、]?(?:占|占比)?(?:比|为|达)?", between) is not None
