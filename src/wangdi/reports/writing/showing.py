"""Pictures and tables as a reader has them: caption, drawing, the words for those who do not see it, rows of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wangdi.catalog.figures import ToldFigure
from wangdi.core.periods import Period, parse_period
from wangdi.reports.printing.official_layout import AREA_WIDTH, ITEM_WIDTHS, TYPE_WIDTH
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.charts import Bars, Lines, draw_bars, draw_lines
from wangdi.reports.writing.composing import period_title
from wangdi.reports.writing.exhibits import Placed
from wangdi.reports.writing.items import COLUMNS, show_day
from wangdi.reports.writing.model import AreaTable, Goal, ItemTable, Month, Picture, Piece, Report
from wangdi.reports.writing.phrases import SIGNS, show_figure, show_goal
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
    """A table: the rows of its header, and its rows, whose cells lead to what they come from.

    ``numbers``: which columns are numbers.
    """

    mark: str
    caption: str
    widths: tuple[float, ...]
    head: tuple[tuple[HeadCell, ...], ...]
    rows: tuple[tuple[Piece, ...], ...]
    numbers: tuple[bool, ...]


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
    return goal.value, words["goal"].format(goal=show_goal(goal.comparator, goal.value, figure.unit, goal.unit))


# ---- tables -----------------------------------------------------------------------------------------------------------
def tabulate(report: Report, placed: Placed) -> Tabulated:
    """A table of a report: by area, or a plan's items."""
    if placed.listed is not None:
        return tabulate_items(report, placed, placed.listed)
    assert placed.table is not None, "asked of tables only"
    return tabulate_areas(report, placed, placed.table)


def tabulate_items(report: Report, placed: Placed, listed: ItemTable) -> Tabulated:
    """The items of a plan with goal, where they stand, day and who answers."""
    words, exhibits = load_lexicon("writing")["items"], load_lexicon("writing")["exhibits"]
    text = words["caption"].format(title=listed.plan, day=show_day(_period(report).end))
    return Tabulated(
        placed.mark,
        exhibits["caption"].format(name=placed.name, text=text),
        ITEM_WIDTHS,
        (tuple(HeadCell(words[name]) for name in COLUMNS),),
        listed.rows,
        (False,) * len(COLUMNS),
    )


def tabulate_areas(report: Report, placed: Placed, table: AreaTable) -> Tabulated:
    """A table by area with numerator, denominator and rate of each indicator."""
    words = load_lexicon("writing")["exhibits"]
    text = words["by_area"].format(period=_period_title(report), level=_level(report), title=table.title)
    columns = [next(one for one in column if one is not None) for column in zip(*table.rows, strict=True)]
    above = (HeadCell(words["area"], down=2), *(HeadCell(one.title, across=3) for one in columns))
    below = tuple(cell for one in columns for cell in _head_of(one))
    return Tabulated(
        placed.mark,
        words["caption"].format(name=placed.name, text=text),
        (AREA_WIDTH, *[(TYPE_WIDTH - AREA_WIDTH) / (3 * len(columns))] * (3 * len(columns))),
        (above, below),
        tuple((Piece(_area_name(row)), *_cells(row)) for row in table.rows),
        (False, *[True] * (3 * len(columns))),
    )


def _head_of(figure: ToldFigure) -> Iterator[HeadCell]:
    """What stands over the three columns of an indicator; the sign of its unit stands here and not in every cell."""
    words = load_lexicon("writing")["exhibits"]
    yield HeadCell(words["numerator"])
    yield HeadCell(words["denominator"])
    sign = SIGNS.get(figure.unit, "")
    yield HeadCell(words["with_unit"].format(name=words["rate"], sign=sign) if sign else words["value"])


def _area_name(row: Sequence[ToldFigure | None]) -> str:
    return next(one.area_name for one in row if one is not None)


def _cells(row: Sequence[ToldFigure | None]) -> Iterator[Piece]:
    for one in row:
        if one is None:
            yield from (Piece(NOTHING), Piece(NOTHING), Piece(NOTHING))
        else:
            value = _show(one).removesuffix(SIGNS.get(one.unit, ""))
            for text in (show_count(one.counted), show_count(one.denominator), value):
                yield Piece(text, one)


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
