"""What is counted every week beside the cards: absences, visits with a symptom, medicine sold, tests, sewage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Texts, day_number, month_index, year_month_day
from wangdi.demo.forms import World
from wangdi.demo.gatherings import KINDS, SCHOOLS, in_term
from wangdi.demo.reporting import DAY
from wangdi.demo.rows import Rows, join_rows
from wangdi.demo.seasons import day_weights, is_holiday, weekday
from wangdi.demo.settings import load_epidemics, random_stream
from wangdi.demo.surveillance import Surveillance

COUNT = "disease_streams.count"
_WEEK = 7
_SUNDAY = 6
_OF_PEOPLE = 10_000
_NONE = -1


@dataclass(frozen=True, slots=True)
class Sources:
    """Who counts one stream. Grain: one element per source; one per case in ``case``, its source, -1 for none.

    ``people``: behind each source, by week.
    """

    code: Texts
    name: Texts
    place: Texts
    county: NDArray[np.int32]
    people: NDArray[np.float64]
    case: NDArray[np.int32]


def count_rows(world: World, surveillance: Surveillance) -> Rows:
    """Form ``disease_streams.count``: every stream's counts, which the county's CDC collects."""
    weeks = _week_ends(world)
    makers = _Makers(world, surveillance, weeks)
    return join_rows(_count(world, surveillance, stream, makers.make(stream["source"]), weeks) for stream in _streams())


def _streams() -> list[Any]:
    found: list[Any] = load_epidemics()["stream"]
    return found


def _week_ends(world: World) -> NDArray[np.int32]:
    """The Sundays of the demonstration's year and of the years before it that are counted; the first week must be whole."""
    years = min(load_epidemics()["streams"]["history_years"], world.settings.history_years)
    first = day_number(world.settings.year - years) + _WEEK - 1
    days = np.arange(first, world.population.last_day + 1, dtype=np.int32)
    return np.asarray(days[weekday(days) == _SUNDAY])


class _Makers:
    """The sources of each kind, made once."""

    def __init__(self, world: World, surveillance: Surveillance, weeks: NDArray[np.int32]) -> None:
        self.world, self.surveillance, self.weeks = world, surveillance, weeks
        self.places, self.reports = world.population.places, surveillance.reports
        people = world.population
        here = people.here(people.last_day)
        self.township = np.bincount(
            self.places.village_township[people.village_on(people.last_day)[here]], minlength=len(self.places.townships)
        ).astype(np.float64)
        self.county = np.bincount(
            self.places.county_of_township, weights=self.township, minlength=len(self.places.counties)
        )
        self.kept: dict[str, Sources] = {}

    def make(self, kind: str) -> Sources:
        """The sources that count a stream."""
        if kind not in self.kept:
            gathered = {"school": SCHOOLS, "kindergarten": ("kindergarten",), "nursing": ("nursing",)}
            if kind in gathered:
                self.kept[kind] = self._gatherings(gathered[kind])
            else:
                makers = {"clinic": self._clinics, "pharmacy": self._pharmacies, "plant": self._plants}
                self.kept[kind] = makers.get(kind, self._laboratories)()
        return self.kept[kind]

    def _flat(self, people: NDArray[Any]) -> NDArray[np.float64]:
        return np.repeat(people[:, None], len(self.weeks), axis=1)

    def _gatherings(self, kinds: tuple[str, ...]) -> Sources:
        """``people``: who is there; nobody in a school's holidays."""
        attendance = self.surveillance.attendance
        gatherings = attendance.gatherings
        chosen = np.flatnonzero(np.isin(gatherings.kind, [KINDS.index(kind) for kind in kinds]))
        people = np.zeros((len(chosen), len(self.weeks)))
        for year, weeks in attendance.by_year(self.weeks):
            people[:, weeks] = np.diff(attendance.groups(year).start)[chosen][:, None]
        if "nursing" not in kinds:
            years, _, _ = year_month_day(self.weeks)
            open_weeks = np.concatenate(
                [in_term(self.weeks[years == year], year) for year in np.unique(years).tolist()]
            )
            people *= open_weeks & ~is_holiday(self.weeks)
        place = np.array(self.places.villages, dtype=object)[gatherings.village[chosen]]
        county = self.places.county_of_township[gatherings.township[chosen]]
        source = np.full(gatherings.size + 1, _NONE, dtype=np.int32)
        source[chosen] = np.arange(len(chosen))
        case = source[self.reports.gathering]
        return Sources(gatherings.code[chosen], gatherings.name[chosen], place, county, people, case)

    def _units(self, units: NDArray[Any], county: NDArray[Any], people: NDArray[Any], suffix: str) -> Sources:
        organisations = [self.places.organisations[unit] for unit in units.tolist()]
        source = np.full(len(self.places.organisations), _NONE, dtype=np.int32)
        source[units] = np.arange(len(units))
        return Sources(
            code=np.array([one.code + suffix for one in organisations], dtype=object),
            name=np.array([one.name for one in organisations], dtype=object),
            place=np.array([one.region.ljust(12, "0") for one in organisations], dtype=object),
            county=county.astype(np.int32),
            people=self._flat(people),
            case=source[self.reports.facility],
        )

    def _clinics(self) -> Sources:
        """``people``: outpatients of the week."""
        visits, places = load_epidemics()["visits"], self.places
        hospitals = np.array(places.hospitals)
        county = np.arange(len(hospitals)) % len(places.counties)
        at_hospital = visits["hospital"] * self.county[county] / np.bincount(county)[county]
        people = np.concatenate([at_hospital, visits["township"] * self.township]) / _OF_PEOPLE
        units = np.concatenate([hospitals, places.township_hospital])
        found = self._units(units, np.concatenate([county, places.county_of_township]), people, "")
        rest = load_epidemics()["streams"]["holiday"]
        found.people[:] *= np.where(is_holiday(self.weeks) | is_holiday(self.weeks - 3), rest, 1.0)
        return found

    def _laboratories(self) -> Sources:
        """The first hospital of each county tests."""
        count = len(self.places.counties)
        return self._units(np.array(self.places.hospitals[:count]), np.arange(count), self.county, "L")

    def _pharmacies(self) -> Sources:
        """Some for each township; cases buy in the first."""
        each = load_epidemics()["visits"]["pharmacies"]
        count = np.maximum(1, np.round(self.township / each)).astype(np.int64)
        town = np.repeat(np.arange(len(count)), count)
        first = np.cumsum(count) - count
        serial = np.arange(len(town)) - first[town]
        codes = [self.places.townships[t] for t in town.tolist()]
        names = {region.code: region.name for region in self.places.regions}
        labelled = list(zip(codes, serial.tolist(), strict=True))
        case = first[self.places.village_township[self.reports.village]].astype(np.int32)
        return Sources(
            code=np.array([f"P{code[:9]}{n + 1:03}" for code, n in labelled], dtype=object),
            name=np.array([f"{names[code]}第{n + 1}药店" for code, n in labelled], dtype=object),
            place=np.array(codes, dtype=object),
            county=self.places.county_of_township[town],
            people=self._flat(self.township[town] / count[town]),
            case=case,
        )

    def _plants(self) -> Sources:
        """One sewage works for each county."""
        names = {region.code: region.name for region in self.places.regions}
        county = self.places.county_of_township[self.places.village_township[self.reports.village]]
        return Sources(
            code=np.array([f"Z{code}001" for code in self.places.counties], dtype=object),
            name=np.array([f"{names[code]}污水处理厂" for code in self.places.counties], dtype=object),
            place=np.array([code.ljust(12, "0") for code in self.places.counties], dtype=object),
            county=np.arange(len(self.places.counties), dtype=np.int32),
            people=self._flat(self.county),
            case=county,
        )


def _count(world: World, surveillance: Surveillance, stream: Any, sources: Sources, weeks: NDArray[np.int32]) -> Rows:
    """One stream: a season, gamma noise, and what the planted cases add."""
    rng = random_stream(world.settings, f"stream {stream['code']}")
    season = day_weights(stream["months"], weeks - 3)
    noise = rng.gamma(stream["noise"], 1 / stream["noise"], (len(sources.code), len(weeks)))
    share = stream["level"] * season * noise
    more = _planted(surveillance, stream, sources, weeks)
    value = np.full(share.shape, "", dtype=object)
    count = of = np.full(share.shape, _NONE, dtype=np.int64)
    if stream["source"] == "plant":
        amount = share + more / sources.people * _OF_PEOPLE
        value = np.array([f"{one:.0f}" for one in amount.ravel()], dtype=object).reshape(share.shape)
    elif stream["source"] == "pharmacy":
        count = rng.poisson(share * sources.people / _OF_PEOPLE) + rng.poisson(more)
    else:
        tests = stream["tests"] / _OF_PEOPLE if "tests" in stream else 1.0
        exact = stream["source"] in ("school", "kindergarten", "nursing")
        of = sources.people.astype(np.int64) if exact else rng.poisson(sources.people * tests)
        count = np.minimum(rng.binomial(of, np.minimum(share, 1.0)) + rng.poisson(more), of)
    return _count_rows(world, stream, sources, weeks, (count, of, value))


def _planted(
    surveillance: Surveillance, stream: Any, sources: Sources, weeks: NDArray[np.int32]
) -> NDArray[np.float64]:
    """What the planted cases add, by source and week: visits when they are diagnosed, the rest when they fall ill."""
    added = np.zeros((len(sources.code), len(weeks)))
    cases, brings = surveillance.reports.cases, stream.get("brings", {})
    for number, outbreak in enumerate(surveillance.outbreaks):
        if outbreak.kind in brings:
            at = np.flatnonzero((cases.outbreak == number) & (sources.case >= 0))
            visit = (surveillance.reports.diagnosed[at] // DAY).astype(np.int32)
            day = visit if stream["source"] == "clinic" else cases.onset[at]
            week = np.minimum(np.searchsorted(weeks, day), len(weeks) - 1)
            np.add.at(added, (sources.case[at], week), brings[outbreak.kind])
    return added


def _count_rows(
    world: World,
    stream: Any,
    sources: Sources,
    weeks: NDArray[np.int32],
    counted: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
) -> Rows:
    """Rows of what was counted; none where nobody was there."""
    count, of, value = counted
    source, week = np.nonzero((sources.people > 0) & ((of != 0) | (value != "")))
    day, size = weeks[week], len(week)
    centre = np.array(world.population.places.disease_centres, dtype=np.int32)[sources.county[source]]
    none = np.full(size, _NONE, dtype=np.int8)
    return Rows(
        form=COUNT,
        registration=none.astype(np.int32),
        sender=centre,
        org=centre,
        occurred=day,
        entered=day,
        send=month_index(day, world.settings.year).astype(np.int8),
        status=np.zeros(size, dtype=np.int8),
        retired=none,
        defect=np.zeros(size, dtype=np.int8),
        columns={
            "counted_on": day,
            "stream": np.full(size, stream["code"], dtype=object),
            "source": sources.code[source],
            "source_name": sources.name[source],
            "place": sources.place[source],
            "disease": np.full(size, stream.get("disease", ""), dtype=object),
            "count": count[source, week],
            "of": of[source, week],
            "value": value[source, week],
        },
    )
