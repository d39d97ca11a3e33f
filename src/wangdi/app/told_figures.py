"""A city's figures as reports are given them: by indicator, area and period, at one knowledge date."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from wangdi.app.derivation import Standing
from wangdi.app.people import find_level
from wangdi.app.questions import Counted, count_all, place_figures, read_places
from wangdi.catalog.figures import FigureAsked, IndicatorName, ToldFigure
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import LEVEL_CHOICES, Figure, Level, Places
from wangdi.language.library import Library
from wangdi.reports.matching.indicator_names import IndicatorNames
from wangdi.reports.matching.whereabouts import Areas


def name_indicators(library: Library) -> IndicatorNames:
    """What the indicators of the packs in use are called."""
    return IndicatorNames(
        IndicatorName(one.id, one.title, one.unit, one.count_label, one.of_label)
        for pack in library.newest.values()
        for one in pack.indicators.values()
    )


def name_areas(places: Places, root: str) -> Areas:
    """The areas and organisations of a city by name, also those that are no more."""
    found: dict[str, list[str]] = {}
    for tree in (places.regions, places.organisations):
        for code, rows in tree.rows.items():
            for name in {row.name for row in rows}:
                found.setdefault(name, []).append(code)
    return Areas(root, found)


def find_root(places: Places) -> tuple[str, Level]:
    """The widest area of a city and its level, the first of them where there are several. Errors: FIG-006 there is none."""
    for level in LEVEL_CHOICES:
        codes = sorted(code for code, rows in places.regions.rows.items() if any(row.level == level for row in rows))
        if codes:
            return codes[0], level
    raise Refusal(Problem(code="FIG-006"))


class Figures:
    """The figures of one standing; what was counted for a period is counted once."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.places = read_places(standing.city, standing.known)
        self._counts: list[Counted] = []
        self._indicators = {
            one.id: one for pack in standing.library.newest.values() for one in pack.indicators.values()
        }

    def tell(self, asked: Collection[FigureAsked]) -> Mapping[FigureAsked, ToldFigure]:
        """Figures by what was asked, in the shape that reports know."""
        return {one: self.told(figure) for one, figure in self.find(asked).items()}

    def find(self, asked: Collection[FigureAsked]) -> Mapping[FigureAsked, Figure]:
        """Figures by what was asked. Missing: an area that is none, an indicator that no edition in force has."""
        wanted = sorted({one.indicator for one in asked} & set(self._indicators))
        periods = sorted({one.period for one in asked}, key=lambda period: (period.start, period.end))
        if not wanted or not periods:
            return {}
        counted = self.count(periods, wanted)
        levels = {level for one in asked if (level := self.level(one)) is not None}
        found = {
            (figure.indicator, figure.area, figure.period): figure
            for level in sorted(levels)
            for figure in place_figures(counted, [level], wanted, periods)
        }
        placed = {one: found.get((one.indicator, one.area, one.period.text)) for one in asked}
        return {one: figure for one, figure in placed.items() if figure is not None}

    def count(self, periods: Sequence[Period], wanted: Sequence[str] = ()) -> Counted:
        """Everything counted for some periods, of indicators wanted or of all; what was counted before is not counted again."""
        for counted in self._counts:
            if set(periods) <= set(counted.periods):
                return counted
        counted = count_all(self.standing, periods, wanted)
        if not wanted:
            self._counts.append(counted)
        return counted

    def level(self, one: FigureAsked) -> Level | None:
        """The level of the area of a figure. Missing: None where there is no such area in its period."""
        try:
            return find_level(self.places, one.area, one.period.end)
        except Refusal:
            return None

    def told(self, figure: Figure) -> ToldFigure:
        """A figure in the shape that reports know."""
        rule = self._indicators[figure.indicator]
        return ToldFigure(
            indicator=figure.indicator,
            title=figure.title,
            area=figure.area,
            area_name=figure.area_name,
            period=figure.period,
            numerator=figure.numerator,
            denominator=figure.denominator,
            per=rule.per,
            unit=figure.unit,
            denominator_kind=figure.denominator_kind,
            base=rule.of_label,
            population_source=figure.population_source or "",
            edition=figure.edition,
            known=figure.known,
            silent=figure.unknown,
        )
