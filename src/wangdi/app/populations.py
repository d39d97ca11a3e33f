"""Population tables as things with a history: which row is divided by, what it replaced, whether parts sum to the whole."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from wangdi.catalog.populations import PopulationRow
from wangdi.indicators.figures import Places, index_populations
from wangdi.language.library import Library
from wangdi.language.model import PopulationOf
from wangdi.store.city import City

Key = tuple[str, int, str]
"""Area, year, kind."""


@dataclass(frozen=True, slots=True)
class Held:
    """One accepted population row. ``replaced_by``: the number of the row of the same source that took its place.

    ``used``: whether figures of that area and year are divided by it: of several sources the one accepted last.
    """

    seq: int
    row: PopulationRow
    accepted_at: datetime | None
    replaced_by: int | None
    used: bool

    @property
    def key(self) -> Key:
        """What figures look it up by."""
        return self.row.area, self.row.year, self.row.kind


@dataclass(frozen=True, slots=True)
class Parts:
    """One area's figure of a year beside the sum of the areas directly under it.

    Missing: ``lacking`` are the areas under it that have no figure; with any, the difference says nothing.
    """

    year: int
    whole: float | None
    summed: float
    given: int
    lacking: tuple[str, ...]

    @property
    def difference(self) -> float | None:
        """Parts less the whole; None where either is not all there."""
        return None if self.whole is None or self.lacking or not self.given else self.summed - self.whole


def read_held(city: City, known: int) -> list[Held]:
    """Every population row accepted by ``known``, replaced ones among them, by area, kind, year and number."""
    rows = city.every_population(known)
    if not rows:
        return []
    latest = {(row.area, row.year, row.kind, row.source): seq for seq, row in rows}
    used = {seq for seq, _ in index_populations((seq, row) for seq, row in rows).values()}
    log = city.acceptance(rows[0][0], rows[-1][0])
    starts = [one.first_seq for one in log]
    held = []
    for seq, row in rows:
        place = bisect_right(starts, seq) - 1
        after = latest[(row.area, row.year, row.kind, row.source)]
        at = log[place].accepted_at if place >= 0 else None
        held.append(Held(seq, row, at, after if after != seq else None, seq in used))
    return sorted(held, key=lambda one: (one.row.area, one.row.kind, one.row.year, one.seq))


def used_values(held: Sequence[Held]) -> dict[Key, Held]:
    """The rows figures are divided by, by area, year and kind."""
    return {one.key: one for one in held if one.used}


def check_parts(held: Sequence[Held], places: Places, area: str, kind: str) -> list[Parts]:
    """Of every year, an area's figure beside the sum of those under it; a year that neither has is left out.

    Rule: the areas are those of the year's last day.
    """
    used = used_values(held)
    found = []
    for year in sorted({one.row.year for one in used.values() if one.row.kind == kind}):
        whole = used.get((area, year, kind))
        children = children_of(places, area, year)
        values = {code: used[code, year, kind].row.value for code in children if (code, year, kind) in used}
        if whole is not None or values:
            lacking = tuple(code for code in children if code not in values)
            found.append(Parts(year, whole.row.value if whole else None, sum(values.values()), len(values), lacking))
    return found


def children_of(places: Places, area: str, year: int) -> list[str]:
    """Codes of the areas directly under one on the last day of a year."""
    return [row.code for row in places.regions.children(area, date(year, 12, 31))]


def divided_by(library: Library, kind: str) -> list[tuple[str, str, str]]:
    """The indicators that divide by a kind of population: id, title, English title."""
    return [
        (item.id, item.title, item.title_en)
        for pack in library.newest.values()
        for item in pack.indicators.values()
        if isinstance(item.of, PopulationOf) and item.of.kind == kind
    ]
