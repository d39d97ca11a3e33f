"""When a claim holds: the year of its section, 截止…, 1—10月, 上半年, 今年, 上年."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_YEAR = r"(?:(?:19|20)\d{2}|(?:19|20)[xX×＊*]{2}|[xX×]{4})"
_DASH = r" ?[-—–－~～至到]{1,2} ?"
_PART = (
    r"(?:度|全年)?(?P<part>上半年|下半年|前?[一二三四]季度|第[一二三四]季度|[一二三]季度末"
    rf"|\d{{1,2}}{_DASH}\d{{1,2}}月(?:份)?|前\d{{1,2}}个月|前[一二三四五六七八九十]个?月|\d{{1,2}}月(?:份|底|末)?(?:\d{{1,2}}[日号])?|底|末)?"
)
_FULL = re.compile(rf"(?P<until>截止|截至|到|至)?(?P<year>{_YEAR})年{_PART}")
_PARTIAL = re.compile(
    rf"(?P<until>截止|截至)(?:目前|(?P<month>(?:今年)?\d{{1,2}}月(?:份|底|末)?(?:\d{{1,2}}[日号])?))"
    rf"|(?P<range>(?:今年)? ?\d{{1,2}}{_DASH}\d{{1,2}}月(?:份)?)|(?P<half>(?:今年)?上半年|下半年|前三季度|第?一季度)"
)
_PRIOR = re.compile(r"(?:上一年|上年|去年)(?P<same>同期|同月)?|(?P<month>上月|上个月)")
_PLAN = re.compile(r"[“\"]?十[一二三四五六]五[”\"]?(?:规划)?(?:期间|时期|以来)")
"""The five years of a plan, in quotation marks or without."""
_SPAN = re.compile(r"\d{1,2}月|\d{1,2}—\d{1,2}月|[上下]半年|[前第]?[一二三四]季度")
"""Parts of a year that a heading names for all that follows."""


_LONGEST_GLOSS = 60
_COMPARED = re.compile(r"(?:[比较与]|[高低多少快慢优好]于|[高低]出|超过)$")
"""What stands before a period that a value is only held against."""


LAST_MONTH, SAME_MONTHS = "上月", "上年同期"


@dataclass(frozen=True, slots=True)
class Period:
    """A period as named. ``year``: empty where the text names none; ``until``: it is a state at a day (截止)."""

    year: str
    part: str = ""
    until: bool = False

    def text(self) -> str:
        """As a report would write it: 截止2024年9月, 2023年1—10月."""
        year = f"{self.year}年" if self.year else ""
        if self.part == "目前":
            return "截至目前"
        return ("截止" if self.until else "") + year + self.part

    @property
    def of_plan(self) -> bool:
        """Whether it is the five years of a plan, which no year belongs to."""
        return _PLAN.fullmatch(self.part) is not None


def find_year(text: str) -> Period | None:
    """The first year a heading names, with its months where the heading names no other."""
    found = list(_FULL.finditer(text))
    if not found:
        return None
    year, part = _plain_year(found[0]["year"]), _plain_part(found[0]["part"] or "")
    alone = len(found) == 1 and len(re.findall(r"[上下]半年|季度|月", text)) == 1
    return Period(year, part if alone and _SPAN.fullmatch(part) else "")


@dataclass(frozen=True, slots=True)
class Mention:
    """A period where the text names it."""

    start: int
    end: int
    period: Period
    prior: bool = False
    """What is compared with: 上年, 去年, 比2020年."""


def find_mentions(text: str) -> list[Mention]:
    """Every period named in a text, in order; years inside titles of documents are passed over."""
    titles = [match.span() for match in re.finditer(r"《[^》]{0,120}》|“[^”]{0,28}”", text)]
    found = []
    for match in _FULL.finditer(text):
        if any(start <= match.start() < end for start, end in titles) or text[match.end() : match.end() + 1] == "版":
            continue
        before = text[max(0, match.start() - 3) : match.start()]
        if text.startswith(("目标", "规划"), match.end()) and re.search(r"(?:达|达到|完成|距离?|实现)$", before):
            continue
        part = _plain_part(match["part"] or "")
        until = match["until"] in ("截止", "截至") or (match["until"] in ("到", "至") and bool(part))
        compared = _COMPARED.search(before) is not None or (
            before.endswith(("由", "从")) and text.startswith("的", match.end())
        )
        found.append(Mention(match.start(), match.end(), Period(_plain_year(match["year"]), part, until), compared))
    taken = [(one.start, one.end) for one in found]
    for match in _PARTIAL.finditer(text):
        if any(start <= match.start() < end or match.start() <= start < match.end() for start, end in taken):
            continue
        part = match["month"] or match["range"] or match["half"] or "目前"
        plain = _plain_part(part.removeprefix("今年").strip())
        found.append(Mention(match.start(), match.end(), Period("", plain, bool(match["until"]))))
    found += [Mention(match.start(), match.end(), Period("", match.group())) for match in _PLAN.finditer(text)]
    for match in _PRIOR.finditer(text):
        part = LAST_MONTH if match["month"] else SAME_MONTHS if match["same"] else "上年"
        found.append(Mention(match.start(), match.end(), Period("", part), True))
    return list(_without_glosses(text, sorted(found, key=lambda one: one.start)))


def _without_glosses(text: str, mentions: list[Mention]) -> Iterator[Mention]:
    """Periods but for those in parentheses right behind another, which say it in days: 2019年(2019年1月1日0时至12月31日24时)."""
    end = 0
    for one in mentions:
        if one.start < end:
            continue
        yield one
        if text[one.end : one.end + 1] in ("(", "（"):
            closed = re.compile(r"[)）]").search(text, one.end, one.end + _LONGEST_GLOSS)
            end = closed.end() if closed else end


def _plain_year(year: str) -> str:
    return re.sub(r"[X×＊*]", "x", year)


def _plain_part(part: str) -> str:
    return re.sub(_DASH, "—", part.replace("份", "")) if re.search(rf"\d{_DASH}\d", part) else part.replace("份", "")


def prior_year(period: Period) -> Period:
    """The year before; of a redacted year only that it is the one before."""
    if period.year.isdecimal():
        return Period(str(int(period.year) - 1))
    return Period("", "上年")


def prior_to(period: Period, told: str) -> Period:
    """What a period is compared with: the same months of the year before, the month before, or the year before."""
    if told == SAME_MONTHS and period.year.isdecimal():
        return Period(str(int(period.year) - 1), period.part, period.until)
    month = re.fullmatch(r"(\d{1,2})月", period.part)
    if told == LAST_MONTH and period.year.isdecimal() and month:
        before = int(month[1]) - 1
        return Period(period.year, f"{before}月") if before else Period(str(int(period.year) - 1), "12月")
    return Period("", told) if told == LAST_MONTH else prior_year(period)
