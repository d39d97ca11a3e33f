"""Counts of some of what another count is of, told by their names alone: 新增托位 beside 托位, 医院诊疗 beside 总诊疗."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangdi.reports.relations.ground import BASES, CROWD, Ground, Relation
from wangdi.reports.relations.sums import compare_part

_SHORTEST = 2
"""Characters a name must have for another that ends with it to be of some of the same things."""
_JOINS = "和及与、或"
"""Before the end of a name: it is of more, not of some."""
_OTHER = 10
"""A part so many times its whole is of something else that is called alike."""


def find_subsets(ground: Ground) -> Iterator[Relation]:
    """Every count whose name ends with the whole name of a stock or a total of its unit and time, against the nearest of those.

    Rule: what is larger than what it is named as a part of is a question: the two may be told of different places.
    """
    names = [
        _bare(one.own or one.indicator) if ground.is_count(index) else "" for index, one in enumerate(ground.claims)
    ]
    wholes: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if name and ground.claims[index].cell is None and (whole := _whole_name(ground, index, name)):
            wholes.setdefault(whole, []).append(index)
    for part, name in enumerate(names):
        found = [
            whole
            for start in range(1, len(name) - _SHORTEST + 1)
            if name[start - 1] not in _JOINS
            for whole in ground.near(wholes.get(name[start:], ()), part)
            if _holds(ground, whole, part)
        ]
        if found and ground.claims[part].cell is None:
            yield compare_part(ground, (part,), min(found, key=lambda whole: abs(whole - part)), BASES)


def _bare(name: str) -> str:
    """A name without the word that says it is counted."""
    return re.sub(r"(?:总数|人数|人次|数|总量|量)$", "", name)


def _whole_name(ground: Ground, index: int, name: str) -> str:
    """What a count is of that is told of all there are: 诊疗 of 总诊疗, 托位 of 已有托位; empty for any other."""
    total = re.fullmatch(r"(?:(?:全[省市县区州国]|各级各类)*(?:医疗卫生机构|医疗机构|医疗)?)总(?P<what>\w{2,})", name)
    if total:
        return total["what"]
    one = ground.claims[index]
    before = ground.text[max(ground.sentence_start(index), one.start - 24) : one.start]
    stock = re.search(r"(?:现有|已有|共有|设有|在册|总数)[^,，。;；\d]*$", before)
    return re.sub(r"^(?:现有|已有|共有|设有)", "", name) if stock else ""


def _holds(ground: Ground, whole: int, part: int) -> bool:
    """Whether a count may hold another: of its kind, report and time, and not so much smaller that it is of something else."""
    one, other = ground.claims[whole], ground.claims[part]
    alike = ground.same_kind(whole, part) and ground.same_part(whole, part) and ground.same_time(whole, part)
    counted = one.norm_unit in CROWD or one.norm_unit in ("个", "家", "所", "张")
    return whole != part and counted and alike and other.exact < _OTHER * one.exact
