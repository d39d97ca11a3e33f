"""Pictures and tables of a report: what is shown of a programme, where it stands, and how the text names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from wangdi.catalog.figures import ToldFigure
from wangdi.core.periods import Period
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.model import AreaTable, ItemTable, Paragraph, Picture, Piece, Programme, Report
from wangdi.reports.writing.notable import Noted

OPENING = "opening"
SO_FAR = ("year", "ytd")
"""Periods that the months of their year add up to."""


# ---- what is shown ----------------------------------------------------------------------------------------------------
def wants_months(period: Period, noted: Sequence[Noted]) -> str:
    """The indicator of a programme that is drawn by month if months are known; empty where none is."""
    if period.kind not in SO_FAR or period.end.month < _words()["least_months"]:
        return ""
    drawn = next((one for one in noted if _is_by_area(one) or _is_by_month(one)), None)
    return drawn.figure.indicator if drawn is not None and _is_by_month(drawn) else ""


def show_programme(programme: Programme, noted: Sequence[Noted]) -> tuple[Picture | None, AreaTable | None]:
    """At most one picture and one table of a programme.

    Rule: drawn is the most notable indicator that can be: by month where its change from the year before is larger than the
    difference between areas, else by area; what differs by less than ``least_change`` is not. The table has the most notable
    rates, so many as the page is wide.
    """
    drawn = next((one for one in noted if one.material.months or _is_by_area(one)), None)
    picture = None
    if drawn is not None:
        months, goal = drawn.material.months, drawn.material.goal
        picture = Picture(programme.id, () if months else drawn.ranked, months, goal)
    return picture, _tabulate(programme, noted)


def _is_by_area(noted: Noted) -> bool:
    drawable = _words()["least_areas"] <= len(noted.ranked) <= _words()["most_areas"]
    return drawable and noted.spread >= _least()


def _is_by_month(noted: Noted) -> bool:
    if noted.change is None or abs(noted.change) < _least() or noted.figure.unit != "percent":
        return False
    return not _is_by_area(noted) or abs(noted.change) > noted.spread


def _least() -> Fraction:
    """Below this a picture shows nothing that one sees."""
    return Fraction(load_lexicon("writing")["least_change"])


def _tabulate(programme: Programme, noted: Sequence[Noted]) -> AreaTable | None:
    rates = [one.material for one in noted if one.figure.denominator is not None and one.material.areas]
    chosen = rates[: _words()["most_columns"]]
    codes = sorted({one.area for material in chosen for one in material.areas})
    if len(codes) < 2:
        return None
    cells = [{one.area: one for one in (material.figure, *material.areas)} for material in chosen]
    places = (chosen[0].figure.area, *codes)
    return AreaTable(programme.id, programme.title, tuple(tuple(one.get(code) for one in cells) for code in places))


# ---- where it stands --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Placed:
    """A picture or a table with its number. ``mark``: what a link to it leads to; ``name``: 图1."""

    mark: str
    name: str
    paragraph: str
    picture: Picture | None = None
    table: AreaTable | None = None
    listed: ItemTable | None = None

    @property
    def is_table(self) -> bool:
        """Whether it is no picture."""
        return self.picture is None


def place_exhibits(report: Report) -> list[Placed]:
    """Pictures and tables by the first paragraph of their programme, numbered as they come; none without such a paragraph.

    The items of plans belong to the opening, which tells how many stand where.
    """
    words = _words()
    pictures = {one.programme: one for one in report.pictures}
    tables = {one.programme: one for one in report.tables}
    placed: list[Placed] = []
    drawn = tabulated = 0
    for paragraph in report.paragraphs():
        for listed in report.lists if paragraph.id == OPENING else ():
            tabulated += 1
            name = words["table"].format(number=tabulated)
            placed.append(Placed(f"table_{tabulated}", name, paragraph.id, listed=listed))
        programme = paragraph.id.partition("/")[2]
        if (picture := pictures.pop(programme, None)) is not None:
            drawn += 1
            name = words["picture"].format(number=drawn)
            placed.append(Placed(f"picture_{drawn}", name, paragraph.id, picture=picture))
        if (table := tables.pop(programme, None)) is not None:
            tabulated += 1
            name = words["table"].format(number=tabulated)
            placed.append(Placed(f"table_{tabulated}", name, paragraph.id, table=table))
    return placed


def refer_pieces(paragraph: Paragraph, placed: Sequence[Placed]) -> Iterator[Piece]:
    """The pieces of a paragraph, its first computed sentence naming the pictures and tables that belong to it."""
    here = [one for one in placed if one.paragraph == paragraph.id]
    for sentence in paragraph.sentences:
        *before, last = sentence.pieces
        yield from before
        if here and not sentence.free and last.text.endswith("。"):
            yield replace(last, text=last.text[:-1])
            yield from _name(here)
            here, last = [], Piece("。")
        yield last


def _name(here: Sequence[Placed]) -> Iterator[Piece]:
    begins, _, ends = _words()["refer"].partition("{names}")
    yield Piece(begins)
    for place, one in enumerate(here):
        if place:
            yield Piece("、")
        yield Piece(one.name, exhibit=one.mark)
    yield Piece(ends)


def _words() -> Mapping[str, Any]:
    words: Mapping[str, Any] = load_lexicon("writing")["exhibits"]
    return words


def figures_of(report: Report) -> Iterator[ToldFigure]:
    """Every figure that pictures and tables show."""
    for picture in report.pictures:
        yield from picture.areas
        yield from (side for month in picture.months for side in (month.now, month.before) if side is not None)
    for table in report.tables:
        yield from (cell for row in table.rows for cell in row if cell is not None)
    for listed in report.lists:
        yield from (cell.figure for row in listed.rows for cell in row if cell.figure is not None)
