"""The demo: a synthetic county made, sent in delivery by delivery as it would have come, and asked."""

from __future__ import annotations

import csv
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import groupby
from pathlib import Path

from wangdi.app.choices import ParameterChoice, choose_parameter
from wangdi.app.cities import (
    BEGINNING,
    MAPPINGS_FOLDER,
    Foundation,
    FoundationFiles,
    Founding,
    found_city,
    open_library,
    read_foundation,
)
from wangdi.app.demo_plan import keep_demo_plan
from wangdi.app.demo_return import keep_demo_return
from wangdi.app.demo_signals import watch_demo_year
from wangdi.app.linking import LinkRun, link_city
from wangdi.app.questions import stand_on
from wangdi.app.sendings import take_in
from wangdi.catalog.populations import PopulationRow
from wangdi.collect.request import CollectRequest, Mode
from wangdi.core.problem import Problem, Refusal
from wangdi.demo.settings import Shape, WorldSettings, WorldSummary, load_model
from wangdi.demo.world import write_world
from wangdi.language.library import Library
from wangdi.store.city import City
from wangdi.store.cityfile import CITY_FILE

FEWEST = 500
"""Fewer people are no county."""
PUBLISHED = time(9)
"""When on its day a population figure is published."""
_CATCH_UP = ("catch_up_until", "dtap_until")
"""Ages of the vaccination pack beyond which nobody is asked to catch up."""
Say = Callable[[str, int, int], None]
"""Told a step's name, how far it is and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """Shape, size and seed of the world; the same settings make the same city."""

    shape: Shape = "county"
    people: int = 20_000
    seed: int = 1
    year: int = 2025


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of ``inbox/deliveries.csv``: what one institution sent at one moment."""

    org: str
    received_at: datetime
    mode: Mode
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What the inbox came to. Grain: counts are source rows."""

    deliveries: int = 0
    received: int = 0
    accepted: int = 0
    refused: int = 0
    duplicates: int = 0
    superseded: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class DemoCity:
    """The city that was made, and from what."""

    folder: Path
    world: WorldSummary
    taken: Taken


def make_demo(folder: Path, settings: DemoSettings, say: Say) -> DemoCity:
    """Make the world, found its city and collect every delivery in the order it came.

    Rule: the folder is there whole or not at all: everything is made beside it and renamed at the end.
    Errors: STORE-006, STORE-008 there is something in the folder, CITY-010 too few people.
    """
    if settings.people < FEWEST:
        raise Refusal(Problem(code="CITY-010", args={"people": str(settings.people), "fewest": str(FEWEST)}))
    _check_empty(folder)
    with _beside(folder) as (made, world_folder):
        steps = WorldSettings(
            shape=settings.shape,
            people=settings.people,
            seed=settings.seed,
            year=settings.year,
            progress=lambda step: say(f"world {step}", 0, 0),
        )
        world = write_world(world_folder, steps)
        say("init", 0, 1)
        files = FoundationFiles(*(world_folder / f"{name}.csv" for name in ("regions", "organisations", "populations")))
        foundation = read_foundation(files)
        with _found(made, foundation, settings) as city:
            for entry in sorted(world_folder.iterdir()):
                entry.rename(made / entry.name)
            library = open_library(city)
            ask_only_the_young(city, library, datetime(settings.year, 1, 1))
            taken = _collect_all(city, library, foundation, say)
            keep_demo_plan(city, library, settings.year)
            say("signals", 0, 1)
            watch_demo_year(city, library, settings.year)
            keep_demo_return(city, library)
        if folder.is_dir():
            folder.rmdir()
        made.rename(folder)
    return DemoCity(folder, replace(world, folder=folder), taken)


def _check_empty(folder: Path) -> None:
    if (folder / CITY_FILE).exists():
        raise Refusal(Problem(code="STORE-006"))
    if folder.exists():
        others = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else [folder.name]
        if others:
            raise Refusal(Problem(code="STORE-008", args={"folder": folder.name, "found": others[0]}))


@contextmanager
def _beside(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Two folders on the same disk, gone afterwards unless renamed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield aside / "city", aside / "world"
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _found(folder: Path, foundation: Foundation, settings: DemoSettings) -> City:
    first = datetime(settings.year, 1, 1)
    founding = Founding(
        name=foundation.name,
        who="demo",
        now=first,
        salt=hashlib.sha256(f"demo {settings.seed}".encode()).hexdigest()[:32],
        received_at=BEGINNING,
    )
    known = [row for row in foundation.populations if _published(row) < first]
    return found_city(folder, replace(foundation, populations=known), founding)


def ask_only_the_young(city: City, library: Library, at: datetime) -> None:
    """What a synthetic city decides for itself: the doses of children above the model's age are in books nobody typed in."""
    age = load_model()["vaccination"]["under"]
    why = f"{age}岁以上儿童的既往接种记录尚未录入，补种先催{age}岁以下"
    for name in _CATCH_UP:
        choose_parameter(city, library, ParameterChoice("vaccination", name, f"{age}", "demo", why), at)


def _published(row: PopulationRow) -> datetime:
    return datetime.combine(row.published_on, PUBLISHED) if row.published_on else BEGINNING


def read_deliveries(folder: Path) -> list[Delivery]:
    """What the institutions sent, in the order it came."""
    with (folder / "inbox" / "deliveries.csv").open(encoding="utf-8", newline="") as handle:
        return [
            Delivery(
                row["org"],
                datetime.fromisoformat(row["received_at"]),
                "replace-period" if row["mode"] == "replace-period" else "add",
                tuple(row["paths"].split(";")),
            )
            for row in csv.DictReader(handle)
        ]


def _collect_all(city: City, library: Library, foundation: Foundation, say: Say) -> Taken:
    """Every delivery, and every population figure on the day it was published, in order."""
    deliveries = read_deliveries(city.folder)
    waiting = _later_populations(foundation, datetime(deliveries[0].received_at.year, 1, 1))
    taken = Taken()
    links = find_link_nights(deliveries)
    for place, delivery in enumerate(deliveries):
        say("collect", place, len(deliveries))
        while links and links[0] <= delivery.received_at:
            link_at(city, library, links.pop(0))
        while waiting and waiting[0][0] <= delivery.received_at:
            _publish(city, *waiting.pop(0))
        request = CollectRequest(
            org=delivery.org,
            received_at=delivery.received_at,
            mode=delivery.mode,
            mappings=(city.folder / MAPPINGS_FOLDER,),
            actor=f"demo {delivery.org}",
        )
        result = take_in(city, library, [city.folder / path for path in delivery.paths], request)
        taken = Taken(
            taken.deliveries + 1,
            taken.received + result.received,
            taken.accepted + result.accepted,
            taken.refused + result.refused,
            taken.duplicates + result.duplicates,
            taken.superseded + result.superseded,
            taken.withdrawn + result.withdrawn,
        )
    for moment, rows in waiting:
        _publish(city, moment, rows)
    say("collect", len(deliveries), len(deliveries))
    say("link", 0, 1)
    for night in links:
        link_at(city, library, night)
    return taken


def find_link_nights(deliveries: Sequence[Delivery]) -> list[datetime]:
    """When a county links what came meanwhile: at the beginning of every quarter, and after the last delivery."""
    first, last = deliveries[0].received_at, deliveries[-1].received_at
    nights = [datetime(year, month, 1, 3) for year in range(first.year, last.year + 1) for month in (1, 4, 7, 10)]
    return [*(night for night in nights if first < night < last), last + timedelta(hours=1)]


def link_at(city: City, library: Library, at: datetime) -> None:
    """Find who is who, as somebody of the county does at night."""
    with city.workspace() as workspace:
        link_city(stand_on(city, workspace, library), LinkRun("demo", at))


def _later_populations(foundation: Foundation, first: datetime) -> list[tuple[datetime, list[PopulationRow]]]:
    later = sorted((row for row in foundation.populations if _published(row) >= first), key=_published)
    return [(moment, list(rows)) for moment, rows in groupby(later, key=_published)]


def _publish(city: City, moment: datetime, rows: list[PopulationRow]) -> None:
    with city.writer("demo") as writer:
        writer.put_populations(rows, moment)
