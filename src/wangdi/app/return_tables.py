"""Plain tables of figures by area for whatever no superior has a form for, and the made-up return to practise on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any, cast

from wangdi.app.derivation import Standing
from wangdi.app.numbers import unit_sign
from wangdi.app.people import find_level
from wangdi.app.questions import as_of_number, count_all, find_indicators, place_figures, read_places
from wangdi.app.reporting import level_below
from wangdi.app.told_figures import Figures, find_root
from wangdi.catalog.figures import ToldFigure
from wangdi.catalog.trees import UNALLOCATED
from wangdi.core.periods import Period
from wangdi.indicators.figures import Figure, Level, Places
from wangdi.language.library import Library
from wangdi.reports.printing.two_row_docx import PrintedTable, render_two_row_table
from wangdi.returns.example import load_example, write_example
from wangdi.returns.tables import Group, Line, TwoRowTable, render_html, render_xlsx, show_decimal
from wangdi.returns.valuing import DECIMALS, round_exact
from wangdi.store.city import City


@dataclass(frozen=True, slots=True)
class TableWanted:
    """Which figures. Missing: no indicator is all of them, no level the one below the area, no area the whole city."""

    period: Period
    indicators: Sequence[str] = ()
    by: str = ""
    area: str = ""


@cache
def _load_words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("wangdi.app").joinpath("data", "tables.toml").read_text(encoding="utf-8"))


def count_table(standing: Standing, wanted: TableWanted, lang: str = "zh") -> TwoRowTable:
    """The table, its last line the whole. Errors: FIG-001, FIG-002, FIG-006.

    Rule: what cannot be placed in an area of the level has a line of its own.
    """
    places = read_places(standing.city, standing.known)
    end = wanted.period.end
    area = wanted.area or find_root(places)[0]
    level = find_level(places, area, end)
    by = cast(Level, wanted.by or level_below(places, (area, level), wanted.period))
    names = list(dict.fromkeys(wanted.indicators)) or list(find_indicators(standing.library, ()))
    counted = count_all(standing, [wanted.period], wanted.indicators)
    found = {
        (one.indicator, one.area): one for one in place_figures(counted, [by, *([level] if level != by else [])], names)
    }
    shown = [name for name in names if (name, area) in found]
    figures = Figures(standing)
    lines = [
        _line(figures, shown, found, (code, name))
        for code, name in _areas(places, wanted.period, (area, by))
        if any((one, code) in found for one in shown)
    ]
    if any((one, UNALLOCATED) in found for one in shown) and area == find_root(places)[0]:
        lines.append(_line(figures, shown, found, (UNALLOCATED, _word(lang, "unallocated"))))
    whole = _line(figures, shown, found, (area, _word(lang, "whole")))
    lines.append(Line(whole.area, whole.name, whole.values, True))
    told = [found[name, area] for name in shown]
    return TwoRowTable(
        title=_word(lang, "title", area=places.regions.name(area, end), period=wanted.period.title(lang)),
        first=_word(lang, "area"),
        groups=tuple(_group(figures, one, lang) for one in told),
        lines=tuple(lines),
        notes=_notes(standing, told, lang),
        facts={
            "period": wanted.period.text,
            "area": area,
            "by": by,
            "known": standing.known,
            "snapshot": counted.snapshot,
        },
    )


def _word(lang: str, key: str, **args: str) -> str:
    return _load_words()[lang][key].format(**args)


def _areas(places: Places, period: Period, where: tuple[str, Level]) -> list[tuple[str, str]]:
    """Code and name of the areas of a level in an area; organisations by the region they stand in."""
    (area, by), on = where, period.end
    inside = {area, *(one.code for one in places.regions.descendants(area, on))}
    if by != "org":
        return [(code, name) for code, name in places.areas(by, on) if code in inside and code != area]
    found = ((code, places.organisations.find(code, on)) for code, _ in places.areas("org", on))
    return [(code, one.name) for code, one in found if one is not None and (one.region in inside or code == area)]


def _group(figures: Figures, figure: Figure, lang: str) -> Group:
    told = figures.told(figure)
    title = figure.title_en if lang == "en" and figure.title_en else figure.title
    sign = unit_sign(lang, told.unit).strip()
    rate = _word(lang, "count" if told.denominator_kind == "none" else "rate")
    headed = f"{rate}（{sign}）" if sign and lang == "zh" else f"{rate} ({sign})" if sign else rate
    if told.denominator_kind == "none":
        return Group(title, ((headed, 0),))
    return Group(title, ((_word(lang, "numerator"), 0), (_word(lang, "denominator"), 0), (headed, DECIMALS)))


def _line(
    figures: Figures, shown: Sequence[str], found: Mapping[tuple[str, str], Figure], area: tuple[str, str]
) -> Line:
    values: list[Decimal | None] = []
    for name in shown:
        figure = found.get((name, area[0]))
        values += _values(figures.told(figure)) if figure is not None else _values(None, found, name)
    return Line(area[0], area[1], tuple(values))


def _values(
    figure: ToldFigure | None, found: Mapping[tuple[str, str], Figure] | None = None, name: str = ""
) -> list[Decimal | None]:
    """Numerator, denominator and value, or the value alone of what has no denominator."""
    if figure is None:
        like = next(one for (each, _), one in (found or {}).items() if each == name)
        return [None] if like.denominator_kind == "none" else [None, None, None]
    exact = figure.exact
    if figure.denominator_kind == "none":
        return [_count(figure.counted)]
    value = None if exact is None else round_exact(exact, DECIMALS)
    return [_count(figure.counted), _count(figure.denominator), value]


def _count(number: float | None) -> Decimal | None:
    if number is None:
        return None
    exact = Fraction(number)
    return round_exact(exact, 0 if exact.denominator == 1 else DECIMALS)


def _notes(standing: Standing, told: Sequence[Figure], lang: str) -> tuple[str, ...]:
    joiner = _word(lang, "joiner")
    day = as_of_number(standing.city, standing.known).isoformat()
    editions = joiner.join(sorted({one.edition for one in told})) or "—"
    sources = joiner.join(sorted({one.population_source for one in told if one.population_source}))
    notes = [_word(lang, "known", day=day, known=str(standing.known)), _word(lang, "editions", editions=editions)]
    if sources:
        notes.append(_word(lang, "sources", sources=sources))
    return tuple(notes)


def print_table(table: TwoRowTable, suffix: str) -> bytes:
    """The table as a file by its suffix: .xlsx, .docx or .html."""
    if suffix == ".xlsx":
        return render_xlsx(table)
    if suffix == ".html":
        return render_html(table).encode()
    decimals = [each for _, _, each in table.columns()]
    groups = [(one.title, [heading for heading, _ in one.columns]) for one in table.groups]
    rows = [
        [line.name, *(show_decimal(value, places) for value, places in zip(line.values, decimals, strict=True))]
        for line in table.lines
    ]
    return render_two_row_table(PrintedTable(table.title, table.first, groups, rows, table.notes))


def draw_example(city: City, library: Library) -> bytes:
    """The made-up return for the areas of a city: those directly below its widest one."""
    known = city.latest_seq()
    places = read_places(city, known)
    root, _ = find_root(places)
    on = as_of_number(city, known)
    said: Mapping[str, Any] = load_example()
    titles = {one.id: one.title for pack in library.newest.values() for one in pack.indicators.values()}
    names = [one.name for one in places.regions.children(root, on)] or [places.regions.name(root, on)]
    return write_example(names, [titles[one] for one in said["indicators"] if one in titles])
