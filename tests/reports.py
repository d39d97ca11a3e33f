"""Reports for tests: what one is made from, drawn at random for the packs as they are, with areas that sum to the whole."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from datetime import date

from wangdi.catalog.figures import FigureAsked, IndicatorName, ToldFigure
from wangdi.core.periods import Period, parse_period
from wangdi.language.library import load_library
from wangdi.language.model import Indicator, Pack, PopulationOf
from wangdi.reports.matching.against_data import Catalogue, Held, hold_claims
from wangdi.reports.matching.indicator_names import IndicatorNames
from wangdi.reports.matching.whereabouts import Areas, year_before
from wangdi.reports.relations.ground import Ground
from wangdi.reports.writing.model import Commission, Goal, Material, Programme

LIBRARY = load_library()
PACKS = tuple(pack for pack in LIBRARY.newest.values() if pack.indicators and pack.subject == "person")
COUNTY, TOWNS = (
    ("990101000000", "试验县"),
    (("990101001000", "甲镇"), ("990101002000", "乙镇"), ("990101003000", "丙镇")),
)
KNOWN = 1000


def period_of(text: str) -> Period:
    found = parse_period(text)
    assert isinstance(found, Period)
    return found


def told(indicator: Indicator, area: tuple[str, str], period: str, counted: tuple[int, int | None]) -> ToldFigure:
    """A figure of an indicator with these numbers."""
    return ToldFigure(
        indicator=indicator.id,
        title=indicator.title,
        area=area[0],
        area_name=area[1],
        period=period,
        numerator=float(counted[0]),
        denominator=None if counted[1] is None else float(counted[1]),
        per=indicator.per,
        unit=indicator.unit,
        denominator_kind="population" if isinstance(indicator.of, PopulationOf) else "people",
        base=indicator.of_label,
        population_source="统计年鉴" if isinstance(indicator.of, PopulationOf) else "",
        edition="nbphs-2017",
        known=KNOWN,
    )


class Drawn:
    """Numbers of one period, so that what has one printed name has one number everywhere."""

    def __init__(self, chance: random.Random, most: int) -> None:
        self.chance, self.most = chance, most
        self.bases: dict[tuple[str, str], int] = {}
        self.counts: dict[tuple[str, str, str], int] = {}

    def draw(self, indicator: Indicator, area: tuple[str, str]) -> tuple[int, int]:
        """Numerator and denominator of an area; the county's are the sums of its towns'."""
        if area == COUNTY:
            towns = [self.draw(indicator, town) for town in TOWNS]
            return sum(count for count, _ in towns), sum(base for _, base in towns)
        base = self.bases.setdefault((indicator.of_label, area[0]), self.chance.randint(0, self.most))
        key = (indicator.count_label, indicator.of_label, area[0])
        return self.counts.setdefault(key, self.chance.randint(0, base)), base


def draw_failing(chance: random.Random, counted: tuple[int, int]) -> tuple[tuple[str, int], ...]:
    """Conditions that those missing fail; one person may fail several."""
    missing = counted[1] - counted[0]
    labels = ("到期的随访和年度体检都按时完成", "每次随访记录填写完整", "最近一次随访血压达标")
    return tuple((label, chance.randint(1, missing)) for label in labels if missing and chance.random() < 0.7)


def draw_commission(seed: int, period: str, template: str = "work-report", **free: tuple[str, ...]) -> Commission:
    """A commission whose figures are drawn; some goals are reached and some are missed."""
    chance = random.Random(seed)
    about = period_of(period)
    before = year_before(about)
    assert before is not None
    now, was = (Drawn(chance, chance.choice((12, 400, 90_000))) for _ in range(2))
    programmes = []
    for pack in PACKS:
        materials = {
            name: Material(
                figure=told(one, COUNTY, about.text, now.draw(one, COUNTY)),
                before=told(one, COUNTY, before.text, was.draw(one, COUNTY)) if chance.random() < 0.8 else None,
                areas=tuple(told(one, town, about.text, now.draw(one, town)) for town in TOWNS),
                goal=Goal(">=", chance.choice((60, 85, 92.5))) if chance.random() < 0.3 else None,
                people=True,
                failing=draw_failing(chance, now.draw(one, COUNTY)),
            )
            for name, one in pack.indicators.items()
            if not one.mean
        }
        programmes.append(Programme(pack.id, pack.title, pack.report, materials))
    return Commission(
        template, COUNTY[1], about, "township", tuple(programmes), KNOWN, "1000-test", date(2026, 1, 20), dict(free)
    )


def figures_of(commission: Commission) -> dict[FigureAsked, ToldFigure]:
    """Every figure a commission holds, as a city would answer them."""
    found = {}
    for programme in commission.programmes:
        for one in programme.materials.values():
            for figure in (one.figure, one.before, *one.areas):
                if figure is not None:
                    found[FigureAsked(figure.indicator, figure.area, period_of(figure.period))] = figure
    return found


def names_of(packs: Collection[Pack] = PACKS) -> IndicatorNames:
    return IndicatorNames(
        IndicatorName(one.id, one.title, one.unit, one.count_label, one.of_label)
        for pack in packs
        for one in pack.indicators.values()
    )


def hold_against(commission: Commission, ground: Ground) -> list[Held]:
    """Hold a text against the figures of a commission."""
    known = figures_of(commission)

    def tell(asked: Collection[FigureAsked]) -> Mapping[FigureAsked, ToldFigure]:
        return {one: known[one] for one in asked if one in known}

    areas = Areas(COUNTY[0], {name: (code,) for code, name in (COUNTY, *TOWNS)})
    return hold_claims(ground, Catalogue(names_of(), areas, commission.period, own=True), tell, tell)
