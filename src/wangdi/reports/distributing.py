"""Names of values that a list of nouns shares: A、B健康管理率分别达1%、2%."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wangdi.reports.layout import Layout
from wangdi.reports.lexicon import one_of
from wangdi.reports.phrases import LONGEST, plain_noun, strip_tail
from wangdi.reports.quantities import Quantity

_LONGEST_LIST = 16
"""Values that one list of nouns may share."""


def name_distributed(layout: Layout, quantities: Sequence[Quantity], index: int) -> str:
    """The name of one of several values that a list of nouns shares: A、B率分别达1%、2%."""
    first = last = index
    lowest, highest = max(0, index - _LONGEST_LIST), min(len(quantities) - 1, index + _LONGEST_LIST)
    while first > lowest and _joined(layout.text, quantities[first - 1], quantities[first]):
        first -= 1
    while last < highest and _joined(layout.text, quantities[last], quantities[last + 1]):
        last += 1
    count = last - first + 1
    if count < 2:
        return ""
    start = layout.clause_at(quantities[first].start).start
    if first and quantities[first - 1].end > start:
        start = quantities[first - 1].end
    subject, told, _ = layout.text[start : quantities[first].start].partition("分别")
    subject = strip_tail(subject) if not told else subject
    parts = _split_list(plain_noun(subject))
    while len(parts) > count and len(parts[0]) + len(parts[1]) < LONGEST:
        parts[:2] = [parts[0] + "、" + parts[1]]
    return _share_head(parts)[index - first] if len(parts) == count else ""


def _split_list(subject: str) -> list[str]:
    """The members of a list; what stands in parentheses is not split."""
    marks = one_of("separators")
    return [one for one in re.split(rf"{marks}(?![^(（]*[)）])", subject) if one]


def _joined(text: str, one: Quantity, other: Quantity) -> bool:
    between = re.sub(r"^(?:及?以上|以下|左右)", "", text[one.end : other.start])
    return between in ("、", "和", "及", ",", "，", "与", ", ") and one.scale == other.scale


def _share_head(parts: list[str]) -> list[str]:
    heads = one_of("rate_heads")
    last = parts[-1]
    topic = re.match(one_of("topics"), last)
    head = last[topic.end() :] if topic else re.sub(rf"^.*?(?=\w{{0,4}}{heads}$)", "", last)
    front = re.match(r"每[十百千万\d]+(?:名|个)?(?:常住)?人?口?(?:拥有)?", parts[0])
    lead = front.group() if front else ""
    named = [one if re.search(rf"{heads}$", one) else one + head for one in parts]
    return [one if one.startswith(lead) else lead + one for one in named]
