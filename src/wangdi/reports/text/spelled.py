"""Amounts in words: 二十余场, 百分之八点五, 三分之二, 近九成, 上千人, 翻一番; and ratios of one thing to another, 1∶1.2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from wangdi.reports.text.lexicon import counted_units, either, load_lexicon
from wangdi.reports.text.numerals import DIGITS, HANZI_NUMBER, Quantity, parse_hanzi, parse_spelled, scale_of

_OF = {"百分之": "%", "千分之": "‰", "万分之": "‱"}
_SPELLED = r"[零〇一二两三四五六七八九十百千]{1,8}(?:点[零〇一二三四五六七八九]{1,4})?"
_LIST = 120
"""How far back a list may begin that a numeral counts, in characters."""
_TENTH = Decimal(10)
"""What 九成 and 三分之二 are rounded to, in per cent."""

_SHARE = re.compile(rf"(?P<of>[百千万]分之)(?P<number>\d{{1,9}}(?:\.\d{{1,9}})?|{_SPELLED})")
_FRACTION = re.compile(r"(?P<base>[二三四五六七八九十])分之(?P<over>[一二三四五六七八九])(?!点)")
_TENTHS = re.compile(
    r"(?<=[近约超逾达占有为过])(?P<number>[一二三四五六七八九1-9])成(?P<half>半)?|(?P<more>[一二三四五六七八九1-9])成(?=以上|左右|多)"
)
_DOUBLED = re.compile(r"翻了?(?P<number>[一两二三四])番")
_RATIO = re.compile(
    r"(?<![\d.])(?P<one>\d{1,9}(?:\.\d{1,9})?)\s?[:：∶]\s?(?P<other>\d{1,9}(?:\.\d{1,9})?)(?![\d.]*[:：∶\d])"
)
_RATIO_NOUN = re.compile(r"比(?!分|赛)(?:例|值)?[^,，。;；、\d]{0,8}(?:\d[\d.]*[:：∶]\d[\d.]*[^,，。;；\d]{0,6})?$")


def find_spelled(text: str, taken: bytearray) -> Iterator[Quantity]:
    """Every amount in words outside of what is ``taken`` already, one byte per character."""
    for search in (_read_shares, _read_fractions, _read_tenths, _read_doubled, _read_ratios, _read_round, _read_counts):
        for one in search(text):
            if not any(taken[one.start : one.end]) or search is _read_ratios:
                taken[one.start : one.end] = b"\1" * (one.end - one.start)
                yield one


def _read_shares(text: str) -> Iterator[Quantity]:
    for match in _SHARE.finditer(text):
        value = parse_spelled(match["number"])
        if value is not None:
            yield Quantity(match.start(), match.end(), value, None, 1, "", _OF[match["of"]])


def _read_fractions(text: str) -> Iterator[Quantity]:
    for match in _FRACTION.finditer(text):
        base, over = (parse_hanzi(match[name]) or 1 for name in ("base", "over"))
        if over < base:
            share = (Decimal(100 * over) / base).quantize(Decimal("0.01"))
            yield Quantity(match.start(), match.end(), share, None, 1, "", "%", step=_TENTH)


def _read_tenths(text: str) -> Iterator[Quantity]:
    for match in _TENTHS.finditer(text):
        number = match["number"] or match["more"]
        share = Decimal(10 * (DIGITS.get(number) or int(number)) + (5 if match["half"] else 0))
        yield Quantity(match.start(), match.end(), share, None, 1, "", "%", step=_TENTH)


def _read_doubled(text: str) -> Iterator[Quantity]:
    for match in _DOUBLED.finditer(text):
        yield Quantity(match.start(), match.end(), Decimal(DIGITS[match["number"]]), None, 1, "", "番")


def _read_ratios(text: str) -> Iterator[Quantity]:
    """How many of the second come to one of the first, or the other way round where the second is one."""
    for match in _RATIO.finditer(text):
        one, other = Decimal(match["one"]), Decimal(match["other"])
        if not one or not other or not _RATIO_NOUN.search(text[max(0, match.start() - 30) : match.start()]):
            continue
        value = other if one == 1 else one if other == 1 else round(one / other, 4)
        yield Quantity(match.start(), match.end(), value, None, 1, "", "")


@cache
def _units() -> str:
    return either(counted_units() | set(load_lexicon("units")["money"]["units"]))


def _read_round(text: str) -> Iterator[Quantity]:
    """上千人, 近百家, 超万人次: a power of ten and no digit."""
    pattern = re.compile(
        rf"(?:上|(?<=[近逾超过约]))(?P<number>百|千|万|十万|百万|千万|亿)(?P<unit>{_units()})(?!分之|[佳强优])"
    )
    for match in pattern.finditer(text):
        power = {"百": 100, "千": 1000}.get(match["number"]) or scale_of(match["number"])
        more = match.group().startswith("上")
        yield Quantity(match.start(), match.end(), Decimal(power), None, 1, "", match["unit"], more)


def _read_counts(text: str) -> Iterator[Quantity]:
    """Chinese numerals with a unit.

    Rule: a single digit counts only after a verb of counting or a list of as many: 五大, 三个, 两项 are labels.
    """
    words = load_lexicon("words")
    pattern = re.compile(rf"(?P<number>{HANZI_NUMBER})(?P<more>[余多])?(?P<scale>[万亿])?(?P<unit>{_units()})")
    verbs = re.compile(rf"{either(words['counting_verbs'])}$")
    for match in pattern.finditer(text):
        if (value := parse_hanzi(match["number"])) is None:
            continue
        before, number = text[max(0, match.start() - 6) : match.start()], match["number"]
        lone = len(number) == 1 and number not in "十"
        counts = verbs.search(before) or _lists(text[max(0, match.start() - _LIST) : match.start()], value)
        if lone and not (match["unit"] in words["hanzi_units"] and counts):
            continue
        if not lone and not match["more"] and (value < 10 or before[-1:] in "第数几" or number in ("十", "百", "千")):
            continue
        scale, more = match["scale"] or "", bool(match["more"])
        yield Quantity(match.start(), match.end(), Decimal(value), None, scale_of(scale), scale, match["unit"], more)


def _lists(before: str, count: int) -> bool:
    """Whether a text ends with a list of so many members: 城东、城西两家中心."""
    clause = re.split(r"[,，。;；:：!！\n]", before)[-1]
    return len(re.findall(r"[^、]{2,}?(?=、|和|与|$)", clause)) == count > 1 and "、" in clause
