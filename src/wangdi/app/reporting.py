"""Writing a city's report: the figures it is made from, what people wrote for it, and its checks before it is printed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wangdi.app.derivation import Standing
from wangdi.app.people import Asked, count_failing
from wangdi.app.questions import Counted, as_of_number, place_figures
from wangdi.app.report_plans import YEARS_SO_FAR, gather_plans, goals_of
from wangdi.app.targets import find_target
from wangdi.app.told_figures import Figures, find_root, name_areas, name_indicators
from wangdi.core.encodings import decode_text
from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.counting import over_people
from wangdi.indicators.figures import LEVEL_CHOICES, Figure, Level, Places
from wangdi.language.model import Indicator
from wangdi.language.names import nearest_name
from wangdi.reports.matching.against_data import Catalogue, Held, hold_claims
from wangdi.reports.matching.whereabouts import year_before
from wangdi.reports.relations.ground import Ground
from wangdi.reports.writing.composing import is_silent, note_programme, parts_of
from wangdi.reports.writing.exhibits import wants_months
from wangdi.reports.writing.model import Commission, Goal, Material, Month, Programme
from wangdi.reports.writing.passing import Passed, pass_report

TEMPLATES: tuple[str, ...] = ("work-report", "progress")
"""What can be written, each about any period."""
REPORTS_FOLDER = "reports"
MOST_NOTES = 256 << 10
"""Units: bytes."""
_UNPRINTABLE = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What neither a page nor a Word file can hold."""


@dataclass(frozen=True, slots=True)
class ReportAsked:
    """Which report. ``notes``: the file of what people wrote for it; where none is named, the one in the city's folder.

    ``free``: what they wrote, where it is known already.
    """

    period: Period
    template: str
    notes: Path | None = None
    free: Mapping[str, tuple[str, ...]] | None = None


def write_report(standing: Standing, asked: ReportAsked) -> Passed:
    """Compose a report and leave out of it what fails its own checks. Errors: REPORT-001 to REPORT-004, FIG-006."""
    figures = Figures(standing)
    root, level = find_root(figures.places)
    commission = commission_report(figures, asked, (root, level))
    catalogue = Catalogue(name_indicators(standing.library), name_areas(figures.places, root), asked.period, own=True)

    def hold(ground: Ground) -> list[Held]:
        return hold_claims(ground, catalogue, figures.tell, figures.tell)

    return pass_report(commission, hold)


def commission_report(figures: Figures, asked: ReportAsked, root: tuple[str, Level]) -> Commission:
    """What a report is made from: every programme's figures for the area, the areas below it, and the year before.

    Errors: REPORT-001 nothing is known of any programme in the period; REPORT-002 to REPORT-004 the file of paragraphs.
    """
    standing, area = figures.standing, root[0]
    below = level_below(figures.places, root, asked.period)
    plans = gather_plans(figures, asked.period, area)
    gathered = _Gathered(figures, (asked.period, area), (root[1], below), goals_of(plans))
    programmes = gathered.with_months(tuple(gathered.programmes()))
    if all(is_silent(one) for one in programmes):
        raise Refusal(Problem(code="REPORT-001", args={"period": asked.period.text}))
    parts = parts_of(programmes, asked.template, bool(plans))
    return Commission(
        template=asked.template,
        area_name=figures.places.regions.name(area, asked.period.end),
        period=asked.period,
        level=below,
        programmes=programmes,
        known=standing.known,
        snapshot=gathered.counted.snapshot,
        day=as_of_number(standing.city, standing.known),
        free=asked.free if asked.free is not None else read_notes(standing.city.folder, asked, parts),
        plans=plans,
    )


def level_below(places: Places, root: tuple[str, Level], period: Period) -> Level:
    """The level whose areas a report compares: the next that the tree has under its area, else institutions."""
    kinds = {row.level for row in places.regions.descendants(root[0], period.end)}
    return next((one for one in LEVEL_CHOICES if one in kinds and one != root[1]), "org")


class _Gathered:
    """The figures of a report, counted once for its period and the year before."""

    def __init__(
        self, figures: Figures, about: tuple[Period, str], levels: tuple[Level, Level], goals: Mapping[str, Goal]
    ) -> None:
        period, area = about
        self.figures, self.period, self.area, self.level, self.goals = figures, period, area, levels[0], goals
        before = year_before(period)
        self.counted: Counted = figures.count([period] if before is None else [before, period])
        self.now = self._place(levels[0], period)
        self.before = {} if before is None else self._place(levels[0], before)
        self.under: dict[str, list[Figure]] = {}
        inside = {row.code for row in figures.places.regions.descendants(area, period.end)}
        for one in place_figures(self.counted, [levels[1]], (), [period]):
            if one.area in inside or (levels[1] == "org" and one.area in figures.places.organisations.rows):
                self.under.setdefault(one.indicator, []).append(one)

    def _place(self, level: Level, period: Period) -> dict[str, Figure]:
        found = place_figures(self.counted, [level], (), [period])
        return {one.indicator: one for one in found if one.area == self.area}

    def programmes(self) -> Iterator[Programme]:
        """The packs that have figures of the period, by the edition in force."""
        for (_, period), rules in self.counted.editions.items():
            pack = rules.pack
            if period != self.period.text:
                continue
            materials = {name: self._material(one) for name, one in pack.indicators.items() if name in self.now}
            if materials:
                yield Programme(pack.id, pack.title, pack.report, materials)

    def with_months(self, programmes: tuple[Programme, ...]) -> tuple[Programme, ...]:
        """The programmes with the months of those indicators that are drawn by month, this year's and the last's."""
        drawn = {one.id: wants_months(self.period, note_programme(one)) for one in programmes}
        wanted = sorted({name for name in drawn.values() if name})
        if not wanted:
            return programmes
        year = self.period.year
        months = [[_so_far(one, number) for number in range(1, self.period.end.month + 1)] for one in (year, year - 1)]
        periods = [one for listed in months for one in listed]
        counted = self.figures.count(periods, wanted)
        placed = place_figures(counted, [self.level], wanted, periods)
        found = {(one.indicator, one.period): self.figures.told(one) for one in placed if one.area == self.area}

        def add(one: Programme) -> Programme:
            name = drawn[one.id]
            if not name:
                return one
            sides = [tuple(found.get((name, period.text)) for period in listed) for listed in months]
            told = tuple(Month(*pair) for pair in zip(*sides, strict=True))
            if told[-1].now is None:
                return one
            return replace(one, materials={**one.materials, name: replace(one.materials[name], months=told)})

        return tuple(add(one) for one in programmes)

    def _material(self, indicator: Indicator) -> Material:
        figures, before = self.figures, self.before.get(indicator.id)
        figure, goal = self.now[indicator.id], self._goal(indicator.id)
        people = over_people(indicator) and not indicator.mean
        return Material(
            figure=figures.told(figure),
            before=None if before is None else figures.told(before),
            areas=tuple(figures.told(one) for one in self.under.get(indicator.id, ())),
            goal=goal,
            people=people,
            failing=self._failing(figure) if people and goal is not None and _misses(figure, goal) else (),
        )

    def _goal(self, indicator: str) -> Goal | None:
        """What the year asks of an indicator: as ``targets.csv`` says, else as the confirmed plan does, and who answers."""
        if self.period.kind not in YEARS_SO_FAR:
            return None
        target = find_target(self.figures.standing.city.folder, indicator, self.area, self.period)
        planned = self.goals.get(indicator)
        if target is None:
            return planned
        owners = () if planned is None else planned.owners
        return Goal(target.comparator, target.value, owners=owners)

    def _failing(self, figure: Figure) -> tuple[tuple[str, int], ...]:
        """Which conditions those missing fail, where they are all known: not below a population."""
        if figure.denominator_kind != "people":
            return ()
        asked = Asked(figure.indicator, self.period, figure.area, "missing")
        return tuple(count_failing(self.figures.standing, asked, figure.level))


def _so_far(year: int, month: int) -> Period:
    """A year up to the end of a month."""
    period = parse_period(f"{year}-{month:02}-ytd")
    assert isinstance(period, Period), "a month of a year"
    return period


def _misses(figure: Figure, goal: Goal) -> bool:
    if figure.value is None:
        return False
    return figure.value < goal.value if goal.comparator == ">=" else figure.value > goal.value


# ---- what people write ------------------------------------------------------------------------------------------------
def find_notes(folder: Path, asked: ReportAsked) -> Path:
    """Where the paragraphs of people for a report are kept, in the city's folder."""
    return folder / REPORTS_FOLDER / f"{asked.template}-{asked.period.text}.md"


def read_notes(folder: Path, asked: ReportAsked, parts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The paragraphs of people by the part they belong to: a Markdown file with a ``## part`` above those of each.

    Missing: no file in the city's folder is no paragraph. Errors: REPORT-002 a file that was named and is not there,
    REPORT-003 no text, REPORT-007 too large, REPORT-004 a part no report has, with the nearest.
    """
    path = asked.notes or find_notes(folder, asked)
    if not path.is_file():
        if asked.notes is not None:
            raise Refusal(Problem(code="REPORT-002", args={"name": path.name}))
        return {}
    if path.stat().st_size > MOST_NOTES:
        raise Refusal(Problem(code="REPORT-007", args={"name": path.name, "most": f"{MOST_NOTES >> 10} KB"}))
    text = decode_text(path.read_bytes())
    if text is None:
        raise Refusal(Problem(code="REPORT-003", args={"name": path.name}))
    text = _UNPRINTABLE.sub("", text.replace("\r\n", "\n"))
    found: dict[str, tuple[str, ...]] = {}
    part = parts[0]
    for block in re.split(r"\n(?=##\s)|\n\s*\n", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)):
        lines = [line.strip() for line in block.strip().splitlines()]
        if lines and lines[0].startswith("##"):
            part = lines.pop(0).lstrip("#").strip()
            if part not in parts:
                nearest = nearest_name(part, parts) or parts[0]
                raise Refusal(Problem(code="REPORT-004", file=path.name, args={"part": part, "nearest": nearest}))
        if paragraph := "".join(line for line in lines if not line.startswith("#")):
            found[part] = (*found.get(part, ()), paragraph)
    return found
