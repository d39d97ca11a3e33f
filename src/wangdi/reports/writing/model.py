"""What a report is made of, and what it is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from wangdi.catalog.figures import ToldFigure
from wangdi.core.periods import Period


# ---- what it is made from ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Goal:
    """What an indicator shall come to by the end of the year: at least (``>=``) or at most (``<=``) a value.

    ``unit``: what the plan counts in, where the indicator's unit has no sign. ``owners``: who answers for it, the first leads.
    ``page``: where it is kept. ``on_course``: it has time yet, and at today's pace it will be reached.
    """

    comparator: str
    value: float
    unit: str = ""
    owners: tuple[str, ...] = ()
    page: str = ""
    on_course: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """A year up to a month's end, beside the year before. Missing: no edition in force has the indicator."""

    now: ToldFigure | None
    before: ToldFigure | None


@dataclass(frozen=True, slots=True)
class Material:
    """One indicator of the area a report is about. ``areas``: its figures in the areas of the level below.

    ``before``: the same stretch of the year before. ``people``: what is counted over is people, so that those missing are.
    ``failing``: of those missing, how many fail each condition, in its printed words; one person may fail several.
    ``months``: the year up to each month's end, where a picture wants them.
    """

    figure: ToldFigure
    before: ToldFigure | None = None
    areas: tuple[ToldFigure, ...] = ()
    goal: Goal | None = None
    people: bool = False
    failing: tuple[tuple[str, int], ...] = ()
    months: tuple[Month, ...] = ()


@dataclass(frozen=True, slots=True)
class Programme:
    """A pack's part of a report: its sentences, with places for indicators, and the indicators themselves."""

    id: str
    title: str
    sentences: tuple[str, ...]
    materials: Mapping[str, Material]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an item. Missing: ``done_on`` of one not done by the end of the period."""

    name: str
    due: date | None
    done_on: date | None


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the city's confirmed plan, as it stood at the end of the period.

    ``name``: the indicator or thing; ``text``: as issued. ``state``: ``reached``, ``open`` (it has time yet) or ``missed``.
    ``figure``: where its indicator stands; ``counted`` of ``asked``: things counted by steps, or money, in ``goal``'s unit.
    Missing: all three None for what is done or not done.
    """

    id: str
    page: str
    name: str
    text: str
    state: str
    deadline: date | None
    owners: tuple[str, ...]
    goal: Goal | None = None
    figure: ToldFigure | None = None
    counted: float | None = None
    asked: float | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of the period's year. ``page``: where its list is kept."""

    title: str
    page: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Commission:
    """What is to be written. ``level``: that of the areas compared; ``day``: the last day anything was accepted.

    ``snapshot``: the name of what the figures stand on. ``free``: paragraphs by people, by the part of the report they belong to.
    ``plans``: the confirmed plans of the year, with where their items stood at the end of the period.
    """

    template: str
    area_name: str
    period: Period
    level: str
    programmes: tuple[Programme, ...]
    known: int
    snapshot: str
    day: date
    free: Mapping[str, tuple[str, ...]]
    plans: tuple[Plan, ...] = ()


# ---- what it is -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Piece:
    """Some text. ``figure``: what a number comes from; None between numbers. ``exhibit``: the picture or table it names.

    ``page``: where what it says is kept, if that is no figure: an item of a plan.
    """

    text: str
    figure: ToldFigure | None = None
    exhibit: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """``id``: the same on every run, so that two runs can be held side by side. ``free``: people wrote it."""

    id: str
    pieces: tuple[Piece, ...]
    free: bool = False

    @property
    def text(self) -> str:
        """The sentence as printed."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``heading``: what it begins with, in the face of a second heading; empty without one."""

    id: str
    heading: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part under a heading of its own; the opening has none."""

    id: str
    heading: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn of a programme: an indicator by area, the highest first, or by ``months``. ``goal``: a line across it."""

    programme: str
    areas: tuple[ToldFigure, ...] = ()
    months: tuple[Month, ...] = ()
    goal: Goal | None = None


@dataclass(frozen=True, slots=True)
class AreaTable:
    """A programme's indicators by area. Grain: a row is an area, the whole first; a cell is an indicator, None without figure."""

    programme: str
    title: str
    rows: tuple[tuple[ToldFigure | None, ...], ...]


@dataclass(frozen=True, slots=True)
class ItemTable:
    """A plan's items, one below the other. Grain: a row is an item; its cells are the columns ``[items]`` names."""

    plan: str
    rows: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A composed report. ``notes``: what stands under it, on what it rests. ``level``: that of the areas compared.

    Missing: editions signed before there were pictures have no ``day``, ``level``, ``pictures`` or ``tables``; those from before
    reports told of plans have no ``lists``.
    """

    title: str
    template: str
    period: str
    known: int
    snapshot: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    day: date | None = None
    level: str = ""
    pictures: tuple[Picture, ...] = ()
    tables: tuple[AreaTable, ...] = ()
    lists: tuple[ItemTable, ...] = ()

    def paragraphs(self) -> Iterator[Paragraph]:
        """Every paragraph, in order."""
        return (paragraph for section in self.sections for paragraph in section.paragraphs)

    def sentences(self) -> Iterator[Sentence]:
        """Every sentence, in order."""
        return (one for paragraph in self.paragraphs() for one in paragraph.sentences)

    def figures(self) -> list[ToldFigure]:
        """Every figure a number of the text comes from, each once, in order."""
        pieces = (piece.figure for one in self.sentences() for piece in one.pieces)
        return list(dict.fromkeys(figure for figure in pieces if figure is not None))

    def without(self, dropped: Sequence[str]) -> Report:
        """The report without some sentences, and without the paragraphs and sections that leaves empty."""
        sections = []
        for section in self.sections:
            paragraphs = []
            for paragraph in section.paragraphs:
                kept = tuple(one for one in paragraph.sentences if one.id not in dropped)
                if kept:
                    paragraphs.append(replace(paragraph, sentences=kept))
            if paragraphs:
                sections.append(replace(section, paragraphs=tuple(paragraphs)))
        return replace(self, sections=tuple(sections))
