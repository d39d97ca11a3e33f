"""What institutions have, did in each month and signed up, and what was built: the returns the county's CDC collects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.catalogue import count_by_village
from wangdi.demo.days import day_number
from wangdi.demo.forms import World
from wangdi.demo.rows import FINAL, SUPERSEDED, Rows
from wangdi.demo.settings import load_model, random_stream

_KINDS = {
    "hospital": "A1",
    "maternal": "G",
    "cdc": "J",
    "township_hospital": "C2",
    "community_centre": "B1",
    "village_clinic": "D6",
    "community_station": "B2",
}
"""Kind in the catalogue -> kind by WS 218. A hospital whose name says so is one of Chinese medicine (A2)."""
_MONTHLY = ("hospital", "maternal", "township_hospital", "community_centre")
_BEDDED = ("hospital", "maternal", "township_hospital")
_COUNTS = ("beds", "technicians", "doctors", "nurses", "general_practitioners", "dentists")
_MONTHS = 12
_HISTORY = 0
_AGAIN = 3
"""The month that one institution sends again, with the next one's return."""
_NEVER_SENT = 8
"""The month whose return one institution never sends."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One institution. ``place``: its index in ``organisations``; ``people``: how many residents it serves."""

    place: int
    code: str
    name: str
    kind: str
    county: int
    people: float

    @property
    def category(self) -> str:
        return "A2" if self.kind == "hospital" and "中医" in self.name else _KINDS[self.kind]


def institution_returns(world: World) -> Iterator[Rows]:
    """The forms of the pack ``resources`` and of ``achievements``, one after the other."""
    units = list(_units(world))
    yield _institutions(world, units)
    yield _months(world, [unit for unit in units if unit.kind in _MONTHLY])
    yield _contracts(world, [unit for unit in units if unit.category in ("B1", "C2")])
    yield _awards(world, units)


def _units(world: World) -> Iterator[Unit]:
    """Every institution with the residents it shares with those of its kind."""
    places = world.population.places
    villages = count_by_village(world.population, world.settings.year)["residents_year_end"].astype(np.float64)
    towns = np.bincount(places.village_township, weights=villages, minlength=len(places.townships))
    counties = np.bincount(places.county_of_township, weights=towns, minlength=len(places.counties))
    of_town = {place: town for town, place in enumerate(places.township_hospital.tolist())}
    of_village = {place: village for village, place in enumerate(places.village_clinic.tolist())}
    beside: dict[tuple[str, str], int] = {}
    for one in places.organisations:
        beside[one.kind, one.region] = beside.get((one.kind, one.region), 0) + 1
    for place, one in enumerate(places.organisations):
        if place in of_town:
            county, people = int(places.county_of_township[of_town[place]]), towns[of_town[place]]
        elif place in of_village:
            county = int(places.county_of_township[places.village_township[of_village[place]]])
            people = villages[of_village[place]]
        else:
            county = places.counties.index(one.region)
            people = counties[county] / beside[one.kind, one.region]
        yield Unit(place, one.code, one.name, one.kind, county, float(people))


def _institutions(world: World, units: list[Unit]) -> Rows:
    """One row an institution at the end of last year and of this; by then there are a little more of everybody."""
    model, year = load_model()["institutions"], world.settings.year
    rng = random_stream(world.settings, "institutions")
    rows = []
    for unit in units:
        spread = rng.normal(1.0, model["spread"])
        for back in (1, 0):
            share = model["share"][unit.kind]
            size = unit.people / 1000 * spread * model["growth"] ** -back
            told = {name: round(model["per_1000"][name] * share.get(name, share["staff"]) * size) for name in _COUNTS}
            told["beds"] = told["beds"] if unit.kind in _BEDDED else 0
            told["village_doctors"] = 1 if unit.kind == "village_clinic" else 0
            told["doctors"] = max(told["doctors"], 0 if unit.kind == "village_clinic" else 1)
            told["nurses"] = max(told["nurses"], 0 if unit.kind == "village_clinic" else 1)
            for part in ("general_practitioners", "dentists"):
                told[part] = min(told[part], told["doctors"])
            told["technicians"] = max(told["technicians"], told["doctors"] + told["nurses"])
            told["staff"] = round(told["technicians"] * model["others"]) + told["village_doctors"]
            day = day_number(year - back, 12, 31)
            rows.append({"unit": unit, "day": day, "send": _HISTORY if back else _MONTHS, "reported_on": day, **told})
    return _as_rows(world, "resources.institution", rows)


def _months(world: World, units: list[Unit]) -> Rows:
    """One row an institution and month of last year and this. One is sent again, one never comes."""
    model, year = load_model()["institutions"], world.settings.year
    rng = random_stream(world.settings, "monthly returns")
    rows: list[dict[str, Any]] = []
    towns = [unit.code for unit in units if unit.category in ("B1", "C2")]
    for unit in units:
        share, spread = model["share"][unit.kind], rng.normal(1.0, model["spread"])
        for number in range(2 * _MONTHS):
            back, month = 1 - number // _MONTHS, number % _MONTHS + 1
            day = day_number(year - back + month // _MONTHS, month % _MONTHS + 1) - 1
            size = unit.people * spread * model["months"][month - 1] / _MONTHS * model["growth"] ** -back
            row: dict[str, Any] = {"unit": unit, "day": day, "send": _HISTORY if back else month}
            row |= {"reported_month": f"{year - back}-{month:02}", **_services(model, share, size, rng)}
            if not back and month == _NEVER_SENT and unit.code == towns[-1]:
                continue
            if not back and month == _AGAIN and unit.code == towns[0]:
                slip = {**row, "visits": row["visits"] * 10, "status": SUPERSEDED, "retired": month + 1}
                rows.append(slip)
                row |= {"send": month + 1}
            rows.append(row)
    return _as_rows(world, "resources.month", rows)


def _services(model: Any, share: Any, size: float, rng: np.random.Generator) -> dict[str, int]:
    visits = round(model["visits"] * share["visits"] * size * rng.normal(1.0, model["noise"]))
    found = {"visits": visits, "outpatients": round(visits * model["outpatients"])}
    discharges = round(model["discharges"] * share["discharges"] * size * rng.normal(1.0, model["noise"]))
    found["discharges"] = discharges
    found["stay_days"] = round(discharges * model["stay"])
    found["bed_days_used"] = round(discharges * model["stay"] * rng.normal(1.0, model["noise"]))
    found["bed_days_open"] = round(found["bed_days_used"] / share["occupancy"])
    found["referred_up"] = round(visits * share["up"])
    found["referred_down"] = round(visits * share["down"])
    return found


def _contracts(world: World, units: list[Unit]) -> Rows:
    """One row an institution and quarter, and one for the end of last year."""
    model, year = load_model()["institutions"], world.settings.year
    rng = random_stream(world.settings, "contracts")
    rows = []
    for unit in units:
        rate = rng.normal(*model["contracted"])
        for number in range(5):
            month = 3 * number or _MONTHS
            of_year = year if number else year - 1
            day = day_number(of_year + month // _MONTHS, month % _MONTHS + 1) - 1
            contracted = round(unit.people * (rate + number * model["contracted_a_quarter"]))
            key = round(unit.people * model["key_people"])
            told = {
                "contracted": contracted,
                "fulfilled": round(contracted * model["fulfilled"]),
                "key_people": key,
                "key_contracted": min(
                    contracted, round(key * (model["key_contracted"] + number * model["key_a_quarter"]))
                ),
            }
            send = month if number else _HISTORY
            rows.append({"unit": unit, "day": day, "send": send, "reported_month": f"{of_year}-{month:02}", **told})
    return _as_rows(world, "resources.contract", rows)


def _awards(world: World, units: list[Unit]) -> Rows:
    """What is in the model's list, dealt out to the institutions of the kind that has such a thing; one lapses."""
    year = world.settings.year
    rows: list[dict[str, Any]] = []
    for number, (kind, name, holder, back, month) in enumerate(load_model()["institutions"]["awards"]):
        holders = [unit for unit in units if unit.kind in holder.split()]
        unit = holders[number % len(holders)]
        day = day_number(year - back, month, 20)
        row = {"unit": unit, "day": day, "send": _HISTORY if back else month, "changed_on": day}
        row |= {"code": f"CG{number + 1:04}", "name": unit.name + name, "kind": kind, "in_force": True}
        rows.append(row)
    gone = rows[-1]
    lapsed = day_number(year, 11, 20)
    rows.append({**gone, "day": lapsed, "changed_on": lapsed, "send": 11, "in_force": False})
    return _as_rows(world, "achievements.award", rows)


_FRAME = ("unit", "day", "send", "status", "retired")


def _as_rows(world: World, form: str, rows: list[dict[str, Any]]) -> Rows:
    """Rows as columns; what a row does not say of itself its institution says."""
    centres = world.population.places.disease_centres
    own = {"code": "code", "name": "name"} | ({} if form == "resources.contract" else {"kind": "category"})
    names = list(dict.fromkeys((*own, *(name for row in rows for name in row if name not in _FRAME))))

    def values(name: str) -> NDArray[Any]:
        told = [row[name] if name in row else getattr(row["unit"], own[name]) for row in rows]
        if isinstance(told[0], bool):
            return np.array(told, dtype=bool)
        return np.array(told, dtype=object if isinstance(told[0], str) else np.int32)

    def frame(name: str, missing: int) -> NDArray[np.int8]:
        return np.array([row.get(name, missing) for row in rows], dtype=np.int8)

    day = np.array([row["day"] for row in rows], dtype=np.int32)
    return Rows(
        form=form,
        registration=np.full(len(rows), -1, dtype=np.int32),
        sender=np.array([centres[row["unit"].county] for row in rows], dtype=np.int32),
        org=np.array([row["unit"].place for row in rows], dtype=np.int32),
        occurred=day,
        entered=day,
        send=frame("send", 0),
        status=frame("status", FINAL),
        retired=frame("retired", -1),
        defect=np.zeros(len(rows), dtype=np.int8),
        columns={name: values(name) for name in names},
    )
