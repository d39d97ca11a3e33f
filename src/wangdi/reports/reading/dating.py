"""Which period a claim holds for."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from wangdi.reports.text.layout import Layout
from wangdi.reports.text.when import LAST_MONTH, SAME_MONTHS, Mention, Period, find_mentions, prior_to, prior_year

_FAR = 100
"""How many named periods back a paragraph is searched."""


_SAID = 200
"""How far before a value, in characters, a word still says of which year it is."""
_OPENS = 8
"""A period named this near to a paragraph's beginning holds for all of it."""


_ELSEWHERE = ("到", "至", "前", "由", "从", "比", "较")
"""Before a year: the report is not told of it."""
_PASSED = re.compile(r"\d[^、和]*?(?:[,，;；]|升|降|增|减|提高|缩短|压|调|到|至|相比|差)")
"""A number with what it became: what a period before it is compared with is not the one behind."""


class Dates:
    """The periods a text names, asked by place."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.mentions = find_mentions(layout.text)
        self._starts = [one.start for one in self.mentions]

    def period_at(self, place: int, change: bool) -> Period:
        """When a claim holds; ``change``: it says by how much something changed, so that what it is compared with is not it.

        Rule: a period named in its sentence; else the last 截止 or year of its paragraph; else the year of its section, of its
        report's first mention.
        """
        layout, section = self.layout, self.layout.section_at(place)
        here = list(self._back(place, layout.statement_at(place).start))
        first = here and not _PASSED.search(layout.text[here[0].end : place])
        if not change and first and here[0].prior and here[0].start >= layout.clause_at(place).start:
            told = here[0].period
            return told if told.year else prior_to(self._base(place, told.part), told.part)
        if not change and re.search(r"[由从]$", layout.text[max(0, place - 1) : place]):
            return prior_year(self._base_year(place))
        for one in here:
            if not one.prior and not self._passing(one, place) and not self._left(one, place):
                return _dated(one.period, section.period or self._told_year(place))
        paragraph = layout.paragraph_at(place)
        whole = re.search("全年(?!任务|目标)", layout.text[layout.statement_at(place).start : place]) is not None
        for one in self._back(place, paragraph.start):
            if self._passing(one, place) or self._left(one, place) or (whole and (one.period.until or one.period.part)):
                continue
            opens = one.period.year and one.start - paragraph.start <= _OPENS
            if not one.prior and (one.period.until or opens or (one.period.year and not one.period.part)):
                return _dated(one.period, section.period or self._told_year(place))
        if section.period is not None:
            return section.period
        parts = (one.period for one in self._back(place, paragraph.start) if not one.prior and one.period.part)
        return next(parts, None) or self._first_year(place)

    def _passing(self, one: Mention, place: int) -> bool:
        """Whether an earlier year was named for the one value behind it alone: 总支出5亿元,2022年为4亿元,当期结余1亿元."""
        layout, year = self.layout, one.period.year
        if one.start >= layout.clause_at(place).start or not layout.text.startswith(("为", "是", "的", "仅"), one.end):
            return False
        known = layout.section_at(place).period or self._first_year(place)
        return year.isdecimal() and known.year.isdecimal() and year < known.year

    def _left(self, one: Mention, place: int) -> bool:
        """Whether a year is left behind: that of the level a value moved away from (由2015年的76.3岁提高到78.1岁), or by 今年."""
        text = self.layout.text
        now = r"[,，;；。]今年(?!以来|上半年|\d)"
        if one.period.year.isdecimal() and re.search(now, text[max(one.end, place - _SAID) : place]):
            return True
        moved = text[max(0, one.start - 1) : one.start] in ("由", "从") and place - one.end < _SAID
        return moved and re.match(r"[末底]?的?\d[^,，。;；]*?[到至为]", text[one.end : place]) is not None

    def _back(self, place: int, start: int) -> Iterator[Mention]:
        """The periods named between two places, the last first."""
        last = bisect_left(self._starts, place)
        for index in range(last - 1, max(-1, last - _FAR), -1):
            if self.mentions[index].start < start:
                return
            yield self.mentions[index]

    def _base(self, place: int, told: str) -> Period:
        """What a comparison with the same months or the month before starts from: the last period named, else its year."""
        if told not in (LAST_MONTH, SAME_MONTHS):
            return self._base_year(place)
        part = self.layout.paragraph_at(place)
        named = next((one.period for one in self._back(place, part.start) if not one.prior and one.period.year), None)
        return named or self._base_year(place)

    def _base_year(self, place: int) -> Period:
        years = (one.period for one in self._back(place, self.layout.paragraph_at(place).start) if not one.prior)
        named = next((period for period in years if period.year), None)
        return named or self.layout.section_at(place).period or self._first_year(place)

    def _told_year(self, place: int) -> Period | None:
        """The year that its report named first, before a place."""
        first = self._first_year(place)
        named = any(one.period.year == first.year for one in self._back(place, self.layout.part_at(place).start))
        return first if named else None

    def _first_year(self, place: int) -> Period:
        part = self.layout.part_at(place)
        for one in self.mentions[bisect_left(self._starts, part.start) : bisect_left(self._starts, part.end)]:
            if one.period.year and self.layout.text[max(0, one.start - 1) : one.start] not in _ELSEWHERE:
                return Period(one.period.year)
        return Period("")


def _dated(period: Period, known: Period | None) -> Period:
    """A part of a year with the year of its section, where that one is known to the digit."""
    plain = period.year or period.of_plan or period.part in ("目前", "")
    if plain or known is None or not known.year.isdecimal():
        return period
    return Period(known.year, period.part, period.until)
