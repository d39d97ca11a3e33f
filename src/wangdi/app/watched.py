"""What the daily run looks at, read from a city's records: report cards, streams, the townships they lie in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from wangdi.app.derivation import Standing
from wangdi.app.watched_area import Area, day_number, read_area
from wangdi.app.watched_rows import read_row_streams
from wangdi.outbreaks.diseases import Disease, read_diseases
from wangdi.outbreaks.report_cards import group_cases
from wangdi.outbreaks.series import Bools, Ints
from wangdi.outbreaks.surveillance.cases import NOWHERE, Cases, Site
from wangdi.outbreaks.surveillance.day import Watched
from wangdi.outbreaks.surveillance.settings import SurveillanceSettings
from wangdi.outbreaks.surveillance.streams import Behind, Source, StreamCounts

CARD, COUNT = "disease_report.card", "disease_streams.count"
CARD_FIELDS = (
    "disease", "case_class", "card_state", "onset_on", "diagnosed_on", "reported_at", "died_on", "address_code", "workplace",
)  # fmt: skip
COUNT_FIELDS = ("stream", "source", "source_name", "place", "count", "of")
_SPACES = re.compile(r"\s+")
VILLAGE = "自然村"
"""The kind of a village whose name does not say another."""


def read_watched(
    standing: Standing, on: date, settings: SurveillanceSettings, outbreaks: Collection[int] = ()
) -> Watched:
    """Everything accepted at the standing's number, in the townships as they are on a day. ``outbreaks``: cards of outbreaks that
    were confirmed.

    Missing: where a city has no cards, or no streams, there are none; a card without a moment of entry became known on the day
    of its diagnosis.
    """
    area = read_area(standing, on)
    cases = read_cases(standing, area, settings)
    cases = replace(cases, outbreak=np.isin(cases.number, list(outbreaks)))
    return Watched(cases, (*read_streams(standing, area), *read_row_streams(standing, area)))


def watched_code(disease: Disease, apart: tuple[str, ...]) -> str:
    """What a disease is watched as: a subtype as its main disease, but where that is watched by subtype."""
    return disease.code if disease.main in apart else disease.main


def read_cases(standing: Standing, area: Area, settings: SurveillanceSettings) -> Cases:
    """The cards that stand, of all institutions; deleted ones and those of no illness are left out."""
    if CARD not in standing.library.forms:
        return _no_cases(area)
    fields = ", ".join(CARD_FIELDS)
    rows = standing.workspace.rows(
        f"SELECT seq, registration_id, {fields} FROM {standing.facts(standing.form(CARD), CARD_FIELDS)}"
        " WHERE card_state IS DISTINCT FROM 'deleted' AND disease IS NOT NULL"
        " ORDER BY coalesce(reported_at::DATE, diagnosed_on), seq"
    )
    diseases = read_diseases()
    kept = [row for row in rows if row[2] in diseases and row[3] not in settings.not_counted and (row[7] or row[6])]
    if not kept:
        return _no_cases(area)
    codes = [watched_code(diseases[row[2]], settings.apart) for row in kept]
    names = tuple(sorted(set(codes)))
    number = {code: place for place, code in enumerate(names)}
    placed = area.place_codes({row[9] or "" for row in kept})
    at = area.at
    sites, site_of, village_of = _read_sites([(row[10] or "", row[9] or "") for row in kept], area, settings)
    entries = [Entered(row[1] or -row[0], row[2], row[5] or row[6], place) for place, row in enumerate(kept)]
    return Cases(
        names,
        area.townships,
        sites,
        np.array([number[code] for code in codes], dtype=np.int64),
        np.array([at.get(placed[row[9] or ""], NOWHERE) for row in kept], dtype=np.int64),
        site_of,
        village_of,
        np.array([day_number(row[7].date() if row[7] else row[6]) for row in kept], dtype=np.int64),
        np.array([row[0] for row in kept], dtype=np.int64),
        np.array([row[8] is not None for row in kept], dtype=bool),
        find_again(entries),
        np.zeros(len(kept), dtype=bool),
    )


@dataclass(frozen=True, slots=True)
class Entered:
    """A card as far as it matters whether it is a second one. ``place``: in the order in which cards became known."""

    person: int
    disease: str
    begun_on: date
    place: int


def find_again(entries: Sequence[Entered]) -> Bools:
    """Which cards are a further one of a case that was known already. Rule: that of ``wangdi cards duplicates``."""
    again = np.zeros(len(entries), dtype=bool)
    times = Counter(entry.person for entry in entries)
    for group in group_cases(entry for entry in entries if times[entry.person] > 1):
        first = min(entry.place for entry in group)
        again[[entry.place for entry in group if entry.place != first]] = True
    return again


def _read_sites(
    written: Sequence[tuple[str, str]], area: Area, settings: SurveillanceSettings
) -> tuple[tuple[Site, ...], Ints, Ints]:
    """Institutions by their names and villages by their codes, with what kind of place each is."""
    sites: dict[str, int] = {}
    found: list[Site] = []

    def place(key: str, site: Site) -> int:
        if key not in sites:
            sites[key] = len(found)
            found.append(site)
        return sites[key]

    villages = {
        code: village for code in {code for _, code in written} if (village := area.village_of(code)) is not None
    }
    site_of, village_of = (np.full(len(written), NOWHERE, dtype=np.int64) for _ in range(2))
    for number, (workplace, code) in enumerate(written):
        name = _SPACES.sub("", workplace)
        if name and name not in settings.no_site:
            site_of[number] = place(name, Site(name, settings.kind_of_site(name)))
        if (village := villages.get(code)) is not None:
            village_of[number] = place(village.code, Site(village.name, settings.kind_of_site(village.name) or VILLAGE))
    return tuple(found), site_of, village_of


def _no_cases(area: Area) -> Cases:
    none = np.zeros(0, dtype=np.int64)
    empty = np.zeros(0, dtype=bool)
    return Cases((), area.townships, (), none, none, none, none, none, none, empty, empty, empty)


def read_streams(standing: Standing, area: Area) -> tuple[StreamCounts, ...]:
    """Every stream of the city, each as sources by days."""
    if COUNT not in standing.library.forms:
        return ()
    rows = standing.workspace.rows(
        f"SELECT stream, source, max(coalesce(source_name, source)), max(coalesce(place, '')), min(occurred_on), max(occurred_on)"
        f" FROM {standing.facts(standing.form(COUNT), COUNT_FIELDS)} WHERE count IS NOT NULL"
        " GROUP BY stream, source ORDER BY stream, source"
    )
    streams: list[StreamCounts] = []
    for stream in dict.fromkeys(row[0] for row in rows):
        of_stream = [row for row in rows if row[0] == stream]
        first, last = min(row[4] for row in of_stream), max(row[5] for row in of_stream)
        places = area.place_codes({row[3] for row in of_stream})
        sources = tuple(Source(row[1], row[2], places[row[3]]) for row in of_stream)
        streams.append(_read_counts(standing, stream, sources, (first, last)))
    return tuple(streams)


def _read_counts(standing: Standing, stream: str, sources: tuple[Source, ...], span: tuple[date, date]) -> StreamCounts:
    first, last = span
    at = {source.code: number for number, source in enumerate(sources)}
    shape = (len(sources), (last - first).days + 1)
    counts, of = np.full(shape, np.nan), np.full(shape, np.nan)
    facts: dict[int, int] = {}
    rows = standing.workspace.rows(
        f"SELECT source, occurred_on, count, of, seq FROM {standing.facts(standing.form(COUNT), COUNT_FIELDS)}"
        " WHERE stream = ? AND count IS NOT NULL ORDER BY seq",
        [stream],
    )
    for source, on, count, out_of, seq in rows:
        cell = at[source], (on - first).days
        counts[cell], facts[cell[0] * shape[1] + cell[1]] = float(count), seq
        of[cell] = np.nan if out_of is None else float(out_of)
    behind = Behind(*(np.array(list(part), dtype=np.int64) for part in zip(*sorted(facts.items()), strict=True)))
    return StreamCounts(stream, sources, day_number(first), counts, of, behind)
