"""Where the people missing from an item are: by responsible unit, area and organisation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wangdi.app.derivation import Standing
from wangdi.app.people import Asked, count_missing
from wangdi.app.plan_progress import Area, Gap, Ground, Progress, make_gap
from wangdi.app.questions import find_indicators
from wangdi.core.periods import Period, parse_period
from wangdi.indicators.counting import over_people
from wangdi.language.model import PopulationOf


@dataclass(frozen=True, slots=True)
class GapGroup:
    """What one responsible unit is missing in one area. ``more``: how many of ``gaps`` would bring the area to its goal.

    Missing: ``area`` is None for organisations that lie in no area of the plan; ``more`` where the area has no goal.
    """

    owner: str
    area: Area | None
    more: int | None
    gaps: tuple[Gap, ...]

    @property
    def missing(self) -> int:
        """Everybody who is missing there."""
        return sum(one.missing for one in self.gaps)


def group_gaps(progress: Progress) -> list[GapGroup]:
    """The gap by responsible unit and area, the units with most to do first."""
    stands = {one.area.code: one for one in progress.areas}
    found: dict[tuple[str, str], list[Gap]] = {}
    for gap in progress.gaps:
        found.setdefault((gap.owner, gap.area), []).append(gap)
    groups = []
    for (owner, code), gaps in found.items():
        stand = stands.get(code)
        more = None if stand is None else stand.stand.more
        groups.append(GapGroup(owner, None if stand is None else stand.area, more, tuple(gaps)))
    return sorted(groups, key=lambda one: (-(one.more or 0), -one.missing, one.owner))


def find_known_gaps(standing: Standing, progress: Progress, ground: Ground) -> Progress:
    """The same progress with the people known to us who are missing, where a population is the denominator.

    Why apart: nobody knows who of a population is missing, so the figure does not say; the people we know of who fail a
    clause are looked up one by one, which takes too long for every item of a list.
    """
    stand, item = progress.stand, progress.item
    if progress.gaps or stand.last is None or not stand.more or stand.more < 0:
        return progress
    pack = standing.library.newest[find_indicators(standing.library, [item.indicator])[item.indicator]]
    indicator = pack.indicators[item.indicator]
    if not isinstance(indicator.of, PopulationOf) or not indicator.clauses or not over_people(indicator):
        return progress
    period = parse_period(stand.last.period)
    assert isinstance(period, Period), "a month told is a period"
    missing = count_missing(standing, Asked(item.indicator, period, ground.whole.code, "missing"))
    places = ground.places
    names = places.regions.latest_names() | places.organisations.latest_names()
    gaps = [make_gap(item, ground, (code, names.get(code, code)), count) for code, count in missing.items()]
    return replace(progress, gaps=tuple(sorted(gaps, key=lambda one: (-one.missing, one.org))))
