"""Streams that packs declare over the rows of a form: indicators that are watched, counted by day and place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from wangdi.app.derivation import Derived, Standing, derive
from wangdi.app.watched_area import Area, day_number
from wangdi.catalog.trees import plant_tree
from wangdi.indicators.daily import DayCount, count_by_day
from wangdi.language.library import Library
from wangdi.language.model import Indicator, Items
from wangdi.language.rules import Programme
from wangdi.link.people import show_person
from wangdi.outbreaks.surveillance.streams import Behind, Source, StreamCounts

FIRST_DAY = date(1970, 1, 1)
"""A row dated before it has a slip in its date."""


def find_watched(library: Library) -> dict[str, tuple[str, Indicator]]:
    """The indicators that are watched, of the newest editions: by id, with the pack they stand in."""
    return {
        name: (pack.id, indicator)
        for pack in library.newest.values()
        for name, indicator in pack.indicators.items()
        if indicator.watch
    }


def read_row_streams(standing: Standing, area: Area) -> tuple[StreamCounts, ...]:
    """Every indicator that is watched, as sources by days up to the day of the area.

    Rule: all days are counted by the edition in force on the last, so that a change of edition is no jump. Source: the
    institution that wrote the rows, or the township where a field says where they belong; what lies in none is left out.
    Missing: a day without a row of the denominator is unknown.
    """
    watched = find_watched(standing.library)
    if not any(_has_rows(standing, pack, indicator) for pack, indicator in watched.values()):
        return ()
    derived = derive(standing)
    streams = (_read_stream(derived, area, standing.programmes[pack], name) for name, (pack, _) in watched.items())
    return tuple(stream for stream in streams if stream is not None)


def _has_rows(standing: Standing, pack: str, indicator: Indicator) -> bool:
    assert isinstance(indicator.count, Items), "the check of the pack holds"
    form = standing.library.newest[pack].form(indicator.count.form)
    return bool(standing.workspace.rows(f"SELECT 1 FROM {standing.facts(form, [])} LIMIT 1"))


def _read_stream(derived: Derived, area: Area, programme: Programme, name: str) -> StreamCounts | None:
    rules = programme.in_force(area.on)
    indicator = None if rules is None else rules.pack.indicators.get(name)
    if rules is None or indicator is None or not indicator.watch:
        return None
    standing = derived.standing
    relations = derived.relations(programme)
    rows = count_by_day(standing.workspace, rules, indicator, (FIRST_DAY, area.on), relations)
    by_place = area.place_codes({row.place for row in rows if row.place})
    names, regions = _name_sources(standing, area)
    of_org = area.place_codes(set(regions.values()))
    placed = [(row, row.org or by_place.get(row.place, "")) for row in rows]
    placed = [(row, code) for row, code in placed if code]
    if not placed:
        return None
    sources = tuple(
        Source(code, names.get(code, code), of_org.get(regions.get(code, ""), "") if code in regions else code)
        for code in sorted({code for _, code in placed})
    )
    return _lay_out(name, sources, placed, frozenset(indicator.watch))


def _name_sources(standing: Standing, area: Area) -> tuple[dict[str, str], dict[str, str]]:
    """What institutions and townships are called, and the region each institution lies in."""
    organisations = plant_tree(standing.city.organisations(standing.known))
    regions = {code: rows[-1].region for code, rows in organisations.rows.items()}
    return area.tree.latest_names() | organisations.latest_names(), regions


def _lay_out(
    name: str, sources: tuple[Source, ...], placed: Sequence[tuple[DayCount, str]], families: frozenset[str]
) -> StreamCounts:
    at = {source.code: number for number, source in enumerate(sources)}
    days = [day_number(row.on) for row, _ in placed]
    first = min(days)
    shape = (len(sources), max(days) - first + 1)
    counts, of = np.zeros(shape), np.zeros(shape)
    cells: list[int] = []
    facts: list[int] = []
    for (row, code), day in zip(placed, days, strict=True):
        cell = at[code], day - first
        counts[cell] += row.number
        of[cell] += row.whole
        cells += [cell[0] * shape[1] + cell[1]] * len(row.facts)
        facts += row.facts
    counts[of == 0] = of[of == 0] = np.nan
    order = np.argsort(np.array(cells, dtype=np.int64), kind="stable")
    behind = Behind(np.array(cells, dtype=np.int64)[order], np.array(facts, dtype=np.int64)[order])
    return StreamCounts(name, sources, first, counts, of, behind, families)


@dataclass(frozen=True, slots=True)
class RowLine:
    """One row of a form behind a signal. ``person``: empty where it is of nobody, or of somebody not yet linked."""

    fact: int
    on: date
    stream: str
    title: str
    org: str
    person: str


def list_rows(standing: Standing, streams: Sequence[str], facts: Sequence[int]) -> list[RowLine]:
    """The rows behind a signal's watched indicators, by day; facts of other forms are left out."""
    watched = find_watched(standing.library)
    found: dict[int, RowLine] = {}
    for name in streams if facts else ():
        pack, indicator = watched.get(name, ("", None))
        if indicator is None or not isinstance(indicator.count, Items):
            continue
        programme = standing.programmes[pack]
        form = programme.newest.pack.form(indicator.count.form)
        rows = derive(standing).relations(programme).forms[form.full_name]
        numbers = ", ".join(str(int(fact)) for fact in facts)
        is_person = programme.newest.pack.subject == "person"
        for seq, on, org, subject in standing.workspace.rows(
            f"SELECT f.seq, f.occurred_on, f.org, f.subject_id FROM {rows} f WHERE f.seq IN ({numbers})"
        ):
            person = show_person(subject) if is_person else ""
            found.setdefault(seq, RowLine(seq, on, name, form.title, org, person))
    return sorted(found.values(), key=lambda one: (one.on, one.fact))
