"""Which area and which period of a city a claim is about."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from wangdi.core.dates import month_end
from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import Problem
from wangdi.reports.reading.claims import Claim
from wangdi.reports.relations.ground import Ground
from wangdi.reports.text.numerals import parse_hanzi

_WHOLE = re.compile(r"(?:全|我)(?:市|县|区|州)")
_MONTHS = re.compile(r"1—(\d{1,2})月|前(\d{1,2}|[一二三四五六七八九十])个?月")
_MONTH = re.compile(r"(\d{1,2})月(底|末)?(?:(\d{1,2})[日号])?")
_QUARTER = re.compile(r"第?([一二三四])季度(末?)")


class Areas:
    """The areas and organisations of a city by name. ``root``: the code of the area a report speaks of where it names none."""

    def __init__(self, root: str, names: Mapping[str, Sequence[str]]) -> None:
        self.root, self.names = root, names
        self._starting: dict[str, list[str]] = {}
        for name in sorted(names, key=len, reverse=True):
            self._starting.setdefault(name[:1], []).append(name)

    def at(self, text: str, place: int) -> str:
        """The name or scope (全县) that stands at a place of a text, the longest of several; empty where there is none."""
        named = next((one for one in self._starting.get(text[place], ()) if text.startswith(one, place)), "")
        if not named and (scope := _WHOLE.match(text, place)):
            return scope.group()
        return named

    def strip(self, name: str) -> str:
        """An indicator's name without the area it begins with."""
        return name[len(self.at(name, 0)) :] if name else name

    def code(self, name: str) -> str | None:
        """The code of a name or scope. Missing: None where it is none of the city's, or several bear it."""
        if not name or _WHOLE.fullmatch(name):
            return self.root
        codes = self.names.get(name, ())
        return codes[0] if len(codes) == 1 else None


class Mentions:
    """Every area a text names, found once."""

    def __init__(self, areas: Areas, ground: Ground) -> None:
        self.areas, self.ground = areas, ground
        self.found: list[tuple[int, str]] = []
        place = 0
        while place < len(ground.text):
            name = areas.at(ground.text, place)
            if name:
                self.found.append((place, name))
            place += len(name) or 1

    def area_of(self, one: Claim) -> str | None:
        """The code of the area a claim is about; None where it is none of the city's, or several bear its name.

        Rule: the area named last before the claim in its sentence; else the scope its paragraph or its report names.
        """
        last = bisect_left(self.found, (one.start, "")) - 1
        if last >= 0 and self.found[last][0] >= self.ground.layout.statement_at(one.start).start:
            return self.areas.code(self.found[last][1])
        return self.areas.code(one.region)


def find_period(one: Claim, about: Period | None) -> Period | None:
    """The period a claim is about. ``about``: what the report is about, which a claim means that names no part of the year.

    Missing: None where the year is not known, or the days named are no period that figures have (下半年).
    """
    told = one.period
    year = told.year if told.year.isdecimal() else "" if about is None else str(about.year)
    if not year or (told.year and not told.year.isdecimal()):
        return None
    if told.part in ("上年", "去年"):
        year = str(int(year) - 1)
    if told.part in ("", "目前", "上年", "去年"):
        return parse(f"{year}{about.text[4:]}" if about is not None else year)
    return _part_of(year, told.part, told.until)


def _part_of(year: str, part: str, until: bool) -> Period | None:
    if part in ("底", "末"):
        return parse(year)
    if part in ("上半年", "前三季度"):
        return parse(f"{year}-{'06' if part == '上半年' else '09'}-ytd")
    if months := _MONTHS.fullmatch(part):
        said = months[1] or months[2]
        return parse(f"{year}-{int(said) if said.isdecimal() else parse_hanzi(said) or 0:02}-ytd")
    if quarter := _QUARTER.fullmatch(part):
        number = "一二三四".index(quarter[1]) + 1
        return parse(f"{year}-{3 * number:02}-ytd" if quarter[2] or until else f"{year}Q{number}")
    if month := _MONTH.fullmatch(part):
        found = parse(f"{year}-{int(month[1]):02}{'-ytd' if until or month[2] or month[3] else ''}")
        whole = found is not None and (not month[3] or int(month[3]) == month_end(found.end).day)
        return found if whole else None
    return None


def parse(text: str) -> Period | None:
    """A period, or None where a text is none."""
    found = parse_period(text)
    return None if isinstance(found, Problem) else found


def year_before(period: Period) -> Period | None:
    """The same stretch of the year before."""
    return parse(f"{int(period.text[:4]) - 1}{period.text[4:]}")
