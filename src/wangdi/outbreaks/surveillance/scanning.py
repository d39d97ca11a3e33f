"""Clusters over several townships: a scan of the last days, disease by disease."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wangdi.outbreaks.series import Floats, Ints
from wangdi.outbreaks.space.circles import Circles, list_windows
from wangdi.outbreaks.space.maxima import Scan
from wangdi.outbreaks.space.scan import Chances, scan_study
from wangdi.outbreaks.space.study import Model, build_study
from wangdi.outbreaks.surveillance.cases import Cases
from wangdi.outbreaks.surveillance.findings import SCAN, Finding
from wangdi.outbreaks.surveillance.neighbours import points_on_earth
from wangdi.outbreaks.surveillance.settings import Scanning

FEWEST_ZONES = 3
"""Of two places one is always a cluster."""
FIRST_LOOK, WORTH_MORE = 39, 0.1
"""Replicates of a first look, and the probability above which no more are drawn: most days have nothing."""


def find_clusters(cases: Cases, days: Sequence[int], settings: Scanning) -> list[Finding]:
    """Clusters that last to the day: more cases in a circle of townships lately than place and time by themselves make.

    Rule: space-time permutation (Kulldorff et al. 2005) over ``history`` days, circles of up to ``max_share`` of the people,
    windows of up to ``days`` days that end on the day. A day without a new card repeats the day before and is left out.
    Grain: the likeliest cluster of a disease and day. Missing: places without a centre are left out.
    """
    placed = np.array([np.isfinite(place.lon) and np.isfinite(place.lat) for place in cases.places], dtype=bool)
    found: list[Finding] = []
    if placed.sum() < FEWEST_ZONES:
        return found
    counted = cases.counted() & (cases.place >= 0)
    counted[counted] &= placed[cases.place[counted]]
    for day in days:
        low, high = np.searchsorted(cases.day, [day - settings.history + 1, day + 1])
        inside = np.arange(low, high)[counted[low:high]]
        for disease in np.unique(cases.disease[inside[cases.day[inside] == day]]):
            entries = inside[cases.disease[inside] == disease]
            if np.count_nonzero(cases.day[entries] > day - settings.days) >= settings.at_least:
                found += _scan(cases, entries, day, settings)
    return found


def _scan(cases: Cases, entries: Ints, day: int, settings: Scanning) -> list[Finding]:
    first = day - settings.history + 1
    zones, zone = np.unique(cases.place[entries], return_inverse=True)
    if len(zones) < FEWEST_ZONES:
        return []
    counts = np.zeros((len(zones), settings.history), dtype=np.int64)
    np.add.at(counts, (zone, cases.day[entries] - first), 1)
    points = points_on_earth([cases.places[number] for number in zones])
    people = _people(cases)
    circles = Circles(points, people[zones], settings.max_share * float(people.sum()), sphere=True)
    study = build_study(Model.permutation, counts, np.zeros(counts.shape))
    scan = Scan(study, circles, list_windows(settings.history, settings.days, prospective=True))
    likely = scan_study(scan, Chances(FIRST_LOOK), most=1)
    if likely[0].p_value is None or likely[0].p_value > WORTH_MORE:
        return []
    (best,) = scan_study(scan, Chances(settings.replicates), most=1)
    if best.p_value is None or best.p_value > settings.alpha:
        return []
    begin, places = first + best.window.begin, zones[best.window.zones]
    inside = entries[np.isin(cases.place[entries], places) & (cases.day[entries] >= begin)]
    return [
        Finding(
            SCAN,
            cases.diseases[int(cases.disease[entries[0]])],
            tuple(cases.places[number].code for number in places),
            "",
            begin,
            day,
            float(best.window.cases),
            best.expected,
            None,
            best.p_value if best.p_gumbel is None else best.p_gumbel,
            tuple(int(number) for number in cases.number[inside]),
        )
    ]


def _people(cases: Cases) -> Floats:
    """The people of each place; where they are not known as many as others have."""
    people = np.array([place.people for place in cases.places], dtype=np.float64)
    known = people[np.isfinite(people)]
    return np.where(np.isfinite(people), people, float(known.mean()) if len(known) else 1.0)
