"""Finds every number with its unit in a text, and leaves out those that date, order, label or limit something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache

from wangdi.reports.text.lexicon import counted_units, cue, either, load_lexicon, ratio_units
from wangdi.reports.text.numerals import HANZI_NUMBER, Quantity, narrow_digits, parse_decimal, parse_hanzi, scale_of
from wangdi.reports.text.spelled import find_spelled

_DASH = r" ?[-—–－~～至]{1,2} ?"
_YEAR = r"(?:(?:19|20)\d{2}|(?:19|20)[xX×＊*]{2}|[xX×]{4}|[一二三四五六七八九〇零]{4})"
# Bounded repetitions throughout: a line of digits must not be tried from each of its places to its end.
_WHOLE = r"(?<!\d)\d{1,15}"
_FRACTION = r"(?:\.\d{1,9})?"
# A fixed space parts thousands too; a plain one only between words: elsewhere it parts columns.
_SPACED = r"(?<=[\u4e00-\u9fff])\d{1,3}(?: \d{3}){1,4}(?= ?[\u4e00-\u9fff])"
_GROUPED = rf"(?<!\d)\d{{1,3}}(?:[,，\u00a0\u2009\u202f]\d{{3}}){{1,4}}(?!\d){_FRACTION}"
_NUMBER = rf"{_SPACED}|{_GROUPED}|{_WHOLE}{_FRACTION}(?!\d)"


_FRACTION_OF = re.compile(r"(?<=[%‰万])[(（]\d[\d,]{0,11}\w{0,2} ?[/／] ?\d[\d,]{0,11}\w{0,2}[)）]")
_LONGEST_FRACTION = 32


@cache
def _masks() -> tuple[re.Pattern[str], ...]:
    """What holds digits and claims nothing."""
    span = rf"\d{{1,2}}{_DASH}\d{{1,2}}"
    patterns = (
        rf"{_YEAR}{_DASH}{_YEAR}(?:年度?)?",
        rf"{_YEAR}年(?:度|底|末|初)?(?:\d{{1,2}}(?:{_DASH}\d{{1,2}})?月(?:份|底|末|初|上旬|中旬|下旬)?(?:\d{{1,2}}[日号])?)?",
        r"(?<!\d)(?:19|20)\d{2}(?:[-/]\d{1,2}(?:[-/]\d{1,2})?|\.\d{1,2}\.\d{1,2})(?![\d%‰])",
        r"\d{1,2}[:：]\d{2}(?::\d{2})?",
        rf"{span}月(?:份|底|末)?",
        rf"\d{{1,2}}月(?:份|底|末|初|上旬|中旬|下旬)?(?:\d{{1,2}}(?:{_DASH}\d{{1,2}})?[日号])?",
        rf"(?<![\d.])\d{{1,2}}(?:{_DASH}\d{{1,2}})?[日号](?!均)",
        rf"{_WHOLE}(?:{_DASH}\d{{1,9}})?(?:余|多)?(?:个)?(?:周?年(?!级)|个月|季度|世纪|星期|周(?!岁|年))",
        r"[〔\[【(（]\s*(?:19|20)\d{2}\s*[〕\]】)）]",
        r"“[^”]{0,28}”",
        r"‘[^’]{0,28}’",
        r"「[^」]{0,28}」",
        r"《[^》]{0,120}》",
        rf"第\s?(?:\d{{1,9}}|{HANZI_NUMBER})",
        r"(?m)^\s*(?:[(（]?\d{1,2}[)）.、．]|\d{1,2}$)(?!\d)",
        r"(?:(?<![A-Za-z])[A-Za-z_]|(?<![A-Za-z\d\u4e00-\u9fff%‰ ])/)[A-Za-z]{0,20}[-./]?\d{1,9}(?:\.\d{1,9}){0,4}[A-Za-z]{0,9}",
        rf"{_WHOLE}(?:\.\d{{1,9}})?(?:G\b|D\b|型|号|版|级|价|线(?!下|上))",
        r"每\s?\d{1,9}\s?(?:万|千|百)?\s?(?:名|个)?(?:常住|户籍)?(?:人口?|居民|儿童)",
        r"(?:https?|www)[:.]\S+",
        r"(?<=[\t|(（])\s?1/10?万",
        r"以(?:女性|男性)?为?100(?:为基数)?",
        r"十[一二三四五六七八九]五",
    )
    return tuple(re.compile(pattern) for pattern in patterns)


@cache
def _quantity_pattern() -> re.Pattern[str]:
    lexicon = load_lexicon("units")
    units = [*ratio_units(), *lexicon["points"]["units"], *lexicon["money"]["units"], *counted_units()]
    units += [*lexicon["times"]["units"], *lexicon["ages"]["units"]]
    unit = either(units)
    scale = rf"(?:{either(lexicon['scales'])})(?!米|克|瓦)"
    return re.compile(
        rf"(?P<sign>(?<=[为是达至到率幅额余长：:(（、,，])[-−－])?(?<![\d.])(?P<low>{_NUMBER})"
        rf"(?:(?P<dash_unit>{unit})?(?:{_DASH}|到)(?P<high>{_NUMBER}))?"
        rf"\s?(?P<more1>[余多来])?(?P<scale>{scale})?(?P<more2>[余多])?(?:\s?(?P<unit>{unit}))?(?P<more3>[余多](?!次|\d))?"
    )


def find_quantities(text: str) -> list[Quantity]:
    """Every number of a text that states an amount, in order.

    Missing: dates, ages, list numbers, versions, ordinals, titles and short quotations are passed over.
    """
    narrow = narrow_digits(text)
    hidden = _hidden(narrow)
    found = list(_find_numbers(narrow, hidden))
    taken = bytearray(hidden)
    for one in found:
        taken[one.start : one.end] = b"\1" * (one.end - one.start)
    found += find_spelled(narrow, taken)
    found += _find_ranks(narrow)
    return sorted(found, key=lambda one: one.start)


def _find_numbers(text: str, hidden: bytearray) -> Iterator[Quantity]:
    """Numbers in digits; two that look like the ends of a range and are none (12名到5家) are two numbers."""
    place, pattern = 0, _quantity_pattern()
    while (match := pattern.search(text, place)) is not None:
        one, place = _read_match(text, match, hidden), match.end()
        if one is None and match["high"]:
            place = match.start("high")
            alone = pattern.match(
                text[: match.end("dash_unit") if match["dash_unit"] else match.end("low")], match.start()
            )
            one = _read_match(text, alone, hidden) if alone else None
        if one is not None:
            yield one


def _hidden(text: str) -> bytearray:
    """One byte per character: 1 where a number claims nothing."""
    hidden = bytearray(len(text))
    for pattern in _masks():
        for match in pattern.finditer(text):
            hidden[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    return hidden


def _read_match(text: str, match: re.Match[str], hidden: bytearray) -> Quantity | None:
    start, end = match.span()
    if any(hidden[start : match.end("high") if match["high"] else match.end("low")]):
        return None
    low = parse_decimal((match["sign"] or "") + match["low"])
    high = parse_decimal(match["high"]) if match["high"] else None
    unit, scale_name = match["unit"] or "", match["scale"] or ""
    if high is not None and (not unit or high <= low or (match["dash_unit"] or unit) != unit):
        return None
    more = any(match[name] for name in ("more1", "more2", "more3"))
    end = start + len(match.group().rstrip())
    one = Quantity(start, end, low, high, scale_of(scale_name), scale_name, unit, more)
    if not unit:
        return one if _claims_without_unit(text, one) else None
    return one if _counts(text, one) else None


def _counts(text: str, one: Quantity) -> bool:
    """Whether a number with a unit states an amount, and no age, deadline or opening hour."""
    lexicon = load_lexicon("units")
    before, after = text[max(0, one.start - 14) : one.start], text[one.end : one.end + 4]
    for group in ("times", "ages"):
        if one.unit in lexicon[group]["units"]:
            if "." in text[one.start : one.end]:
                return True
            return any(word in before + after for word in lexicon[group]["context"])
    if one.unit == "人" and after.startswith("次"):
        return False
    if one.unit == "管":
        return after[:1] not in ("理", "辖", "控", "道", "网")
    if one.unit == "分":
        return after[:1] not in ("之", "类", "级", "区", "段")
    return not after.startswith(("工作日", "小时", "月", "方面", "维度", "环节"))


def _claims_without_unit(text: str, one: Quantity) -> bool:
    """Numbers without a unit are claims after a noun that asks for one: an index, a ratio, a count in a list."""
    before, after = text[max(0, one.start - 16) : one.start], text[one.end : one.end + 1]
    if re.match(r"[:：∶]\d", text[one.end : one.end + 2]):
        return False
    if _in_fraction(text, one):
        return True
    if one.scale > 1:
        return after not in "元" and not before.endswith("/")
    if one.more or (after.isalnum() and not ("\u4e00" <= after <= "\u9fff")):
        return False
    if before.endswith("+") and re.search(r"1\+$", before) and (not after or after in "两个、,，。和"):
        return True
    if re.search(r"分别(?:为|达|达到|控制在|是)?$", before) and after in "、,，和及与":
        return True
    if re.search(r"分别(?:为|达|达到|控制在|是)[^。;；]{0,16}[、和及与]$", before) and after in "、,，和及与。;；":
        return True
    if after and after not in ",，、;；。.:：)）(（ \n中至以":
        return False
    if before.endswith("率"):
        return True
    heads = either(load_lexicon("words")["bare_heads"])
    if re.search(rf"{heads}(?:要|约|均|已|将|提高|降低|上升|下降)?(?:为|达|达到|是|到|至|升至|降至|控制在)$", before):
        return True
    if re.search(r"(?:指数|性别比|得分|评分|总分|CMI值?|比值)$", before):
        return True
    return bool(re.search(rf"{either(load_lexicon('words')['bare_counted'])}$", before)) and not one.value % 1


def _in_fraction(text: str, one: Quantity) -> bool:
    """Whether a number is half of what a share beside it was divided from: 管理率95%(190/200)."""
    line = text[max(0, one.start - _LONGEST_FRACTION) : one.end + _LONGEST_FRACTION]
    place = one.start - max(0, one.start - _LONGEST_FRACTION)
    return any(match.start() <= place < match.end() for match in _FRACTION_OF.finditer(line)) and not one.value % 1


def _find_ranks(text: str) -> list[Quantity]:
    """Places in an order: 居全省第二, 位列第3名, 前三."""
    pattern = re.compile(rf"(?:第|前)(?P<number>\d{{1,6}}|{HANZI_NUMBER})(?P<unit>名|位)?(?=$|[,，。、;；)）\s和])")
    before_rank = cue("rank_before")
    found: list[Quantity] = []
    for match in pattern.finditer(text):
        before = text[max(0, match.start() - 8) : match.start()]
        follows = found and found[-1].end + 1 == match.start()
        if not follows and not before_rank.search(before):
            continue
        number = match["number"]
        value = int(number) if number.isdecimal() else parse_hanzi(number)
        if value is not None:
            found.append(
                Quantity(match.start(), match.end(), Decimal(value), None, 1, "", match["unit"] or "", rank=True)
            )
    return found
