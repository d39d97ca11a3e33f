"""Pictures and tables as a reader has them: caption, drawing, the words for those who do not see it, rows of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wangdi.catalog.figures import ToldFigure
from wangdi.core.periods import Period, parse_period
from wangdi.reports.lexicon import load_lexicon
from wangdi.reports.official_layout import AREA_WIDTH, TYPE_WIDTH
from wangdi.reports.writing.charts import Bars, Lines, draw_bars, draw_lines
from wangdi.reports.writing.composing import period_title
from wangdi.reports.writing.exhibits import Placed
from wangdi.reports.writing.model import AreaTable, Goal, Month, Picture, Report
from wangdi.reports.writing.phrases import show_figure, show_goal
from wangdi.reports.writing.table import NOTHING, show_count


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture. ``says``: what it shows, in words."""

    mark: str
    caption: str
    svg: str
    says: str


@dataclass(frozen=True, slots=True)
class HeadCell:
    """A cell of a header of two rows, over so many columns and rows."""

    text: str
    across: int = 1
    down: int = 1


@dataclass(frozen=True, slots=True)
class Tabulated:
    """A table by area: the two rows of its header, and its rows; the first cell of each is a name, the others are numbers."""

    mark: str
    caption: str
    widths: tuple[float, ...]
    head: tuple[tuple[HeadCell, ...], ...]
    rows: tuple[tuple[str, ...], ...]


# ---- pictures ---------------------------------------------------------------------------------------------------------
def draw_picture(report: Report, placed: Placed, picture: Picture) -> Drawn:
    """A picture of a report, by area or by month."""
    return _draw_months(report, placed, picture) if picture.months else _draw_areas(report, placed, picture)


def _draw_areas(report: Report, placed: Placed, picture: Picture) -> Drawn:
    words = load_lexicon("writing")["exhibits"]
    text = words["areas"].format(period=_period_title(report), level=_level(report), title=picture.areas[0].title)
    caption = words["caption"].format(name=placed.name, text=text)
    names = [one.area_name for one in picture.areas]
    printed = [_show(one) for one in picture.areas]
    values = [_value(one) or 0.0 for one in picture.areas]
    svg = draw_bars(Bars(caption, names, values, printed, _level_line(picture.goal, picture.areas[0])))
    said = "、".join(f"{name}{value}" for name, value in zip(names, printed, strict=True))
    return Drawn(placed.mark, caption, svg, words["bars"].format(caption=caption, values=said))


def _draw_months(report: Report, placed: Placed, picture: Picture) -> Drawn:
    words = load_lexicon("writing")["exhibits"]
    known = next(one for month in picture.months for one in (month.now, month.before) if one is not None)
    year = _period(report).year
    caption = words["caption"].format(name=placed.name, text=words["months"].format(title=known.title, year=year))
    months = [words["month"].format(month=number) for number in range(1, len(picture.months) + 1)]
    names = (words["year"].format(year=year), words["year"].format(year=year - 1))
    now, before = ([_value(side(one)) for one in picture.months] for side in (_now, _before))
    svg = draw_lines(Lines(caption, months, now, before, names, _level_line(picture.goal, known)))
    values, values_before = (
        "、".join(f"{name}{_show(side(one))}" for name, one in zip(months, picture.months, strict=True))
        for side in (_now, _before)
    )
    said = {"now": names[0], "before": names[1], "values": values, "values_before": values_before}
    return Drawn(placed.mark, caption, svg, words["lines"].format(caption=caption, **said))


def _now(month: Month) -> ToldFigure | None:
    return month.now


def _before(month: Month) -> ToldFigure | None:
    return month.before


def _level_line(goal: Goal | None, figure: ToldFigure) -> tuple[float, str] | None:
    if goal is None:
        return None
    words = load_lexicon("writing")["exhibits"]
    return goal.value, words["goal"].format(goal=show_goal(goal.comparator, goal.value, figure.unit))


# ---- tables -----------------------------------------------------------------------------------------------------------
def tabulate_areas(report: Report, placed: Placed, table: AreaTable) -> Tabulated:
    """A table by area with numerator, denominator and rate of each indicator."""
    words = load_lexicon("writing")["exhibits"]
    text = words["by_area"].format(period=_period_title(report), level=_level(report), title=table.title)
    columns = [next(one for one in column if one is not None) for column in zip(*table.rows, strict=True)]
    above = (HeadCell(words["area"], down=2), *(HeadCell(one.title, across=3) for one in columns))
    below = tuple(
        HeadCell(words[name])
        for one in columns
        for name in ("numerator", "denominator", "rate" if one.unit == "percent" else "value")
    )
    return Tabulated(
        placed.mark,
        words["caption"].format(name=placed.name, text=text),
        (AREA_WIDTH, *[(TYPE_WIDTH - AREA_WIDTH) / (3 * len(columns))] * (3 * len(columns))),
        (above, below),
        tuple((_area_name(row), *_cells(row)) for row in table.rows),
    )


def _area_name(row: Sequence[ToldFigure | None]) -> str:
    return next(one.area_name for one in row if one is not None)


def _cells(row: Sequence[ToldFigure | None]) -> Iterator[str]:
    for one in row:
        if one is None:
            yield from (NOTHING, NOTHING, NOTHING)
        else:
            yield from (show_count(one.numerator), show_count(one.denominator), _show(one))


# ---- words ------------------------------------------------------------------------------------------------------------
def _show(figure: ToldFigure | None) -> str:
    value = show_figure(figure)
    return NOTHING if value is None else value.text


def _value(figure: ToldFigure | None) -> float | None:
    exact = None if figure is None else figure.exact
    return None if exact is None else float(exact)


def _level(report: Report) -> str:
    level: str = load_lexicon("writing")["levels"].get(report.level, "")
    return level


def _period_title(report: Report) -> str:
    return period_title(_period(report))


def _period(report: Report) -> Period:
    period = parse_period(report.period)
    assert isinstance(period, Period), "a report is of a period"
    return period
