"""A city's backup restored elsewhere, on either database, and a city collected on PostgreSQL: the same answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.journey.demo_city import Demo
from tests.journey.small_city import ask, call
from wangdi.app.cities import BEGINNING, FoundationFiles, Founding, found_city, open_library, read_foundation
from wangdi.app.demo import ask_only_the_young, find_link_nights, link_at, read_deliveries
from wangdi.app.sendings import take_in
from wangdi.collect.request import CollectRequest

YEAR = "2025"
INDICATORS = ("htn_std", "dm_ctrl")


def answers(city: Path) -> dict[str, Any]:
    """Figures of every level, the people behind two of them with their reasons, and where their facts come from."""
    figures = {
        level: ask(city, "figures", "--period", YEAR, "--period", "2024", "--by", level)
        for level in ("county", "township", "village", "org")
    }
    area = figures["county"]["rows"][0]["area"]
    people = {
        f"{name} {part}": ask(city, "people", "--indicator", name, "--period", YEAR, "--area", area, "--in", part)
        for name in INDICATORS
        for part in ("numerator", "missing")
    }
    persons = [ask(city, "person", "show", rows["rows"][0]["person_id"]) for rows in people.values() if rows["rows"]]
    facts = [fact["fact_id"] for person in persons for fact in person["facts"][:3]]
    traces = [ask(city, "trace", fact) for fact in facts]
    assert len(traces) >= 6
    assert all(trace["source"]["raw"] for trace in traces)
    return {"figures": figures, "people": people, "persons": persons, "traces": traces}


def check_same(left: dict[str, Any], right: dict[str, Any]) -> None:
    for part in left:
        assert left[part] == right[part], part


def test_a_backup_gives_the_same_answers_on_either_database(
    demo: Demo,
    tmp_path: Path,
    make_postgres: Callable[[], str],
) -> None:
    """SQLite to SQLite, SQLite to PostgreSQL, and from there, at another moment known, back to SQLite."""
    expected = answers(demo.folder)
    first, second = tmp_path / "first.tar", tmp_path / "second.tar"
    ask(demo.folder, "backup", first)
    ask_restored = (
        (first, tmp_path / "sqlite", "sqlite"),
        (first, tmp_path / "postgres", make_postgres()),
        (second, tmp_path / "back", "sqlite"),
    )
    for file, folder, database in ask_restored:
        assert call("restore", file, folder, "--database", database).exit_code == 0
        check_same(expected, answers(folder))
        assert ask(folder, "verify")["problems"] == []
        if database != "sqlite":
            ask(folder, "backup", second)
            assert not list(folder.glob("city.sqlite*")), "nothing is kept in two places"
    past = ("figures", "--period", "2025-10-ytd", "--known", "2025-11-05", "--by", "township")
    told = [ask(folder, *past) for folder in (demo.folder, *(folder for _, folder, _ in ask_restored))]
    assert told == [told[0]] * 4


def test_a_city_collected_on_postgresql_gives_the_same_answers(
    demo: Demo,
    tmp_path: Path,
    make_postgres: Callable[[], str],
) -> None:
    """Every delivery of the demo again, into PostgreSQL: the same figures and the same people, line by line."""
    files = FoundationFiles(*(demo.folder / f"{name}.csv" for name in ("regions", "organisations", "populations")))
    founding = Founding(
        name="试验县", who="test", now=datetime(2024, 12, 31), salt=salt_of(demo.folder), database=make_postgres(),
        received_at=BEGINNING,
    )  # fmt: skip
    folder = tmp_path / "city"
    with found_city(folder, read_foundation(files), founding) as city:
        library = open_library(city)
        ask_only_the_young(city, library, BEGINNING)
        deliveries = read_deliveries(demo.folder)
        nights = find_link_nights(deliveries)
        for delivery in deliveries:
            while nights[0] <= delivery.received_at:
                link_at(city, library, nights.pop(0))
            request = CollectRequest(
                org=delivery.org, received_at=delivery.received_at, mode=delivery.mode,
                mappings=(demo.folder / "mappings",),
            )  # fmt: skip
            take_in(city, library, [demo.folder / path for path in delivery.paths], request)
        for night in nights:
            link_at(city, library, night)
    assert ask(folder, "verify")["problems"] == []
    expected, found = answers(demo.folder), answers(folder)
    for level, told in expected["figures"].items():
        assert [cell(row) for row in found["figures"][level]["rows"]] == [cell(row) for row in told["rows"]]
    for name, told in expected["people"].items():
        assert [row["person_id"] for row in found["people"][name]["rows"]] == [row["person_id"] for row in told["rows"]]
    lines = [[(one["source"]["file"], one["source"]["line"], one["source"]["raw"]) for one in answer["traces"]]
             for answer in (expected, found)]  # fmt: skip
    assert lines[0] == lines[1]


def salt_of(folder: Path) -> str:
    """The secret by which a city numbers its people."""
    from wangdi.store.city import City

    with City.open(folder) as city:
        return city.salt


def cell(row: dict[str, Any]) -> tuple[Any, ...]:
    """A figure without the numbers of acceptance, which depend on when its population was published."""
    return row["indicator"], row["area"], row["period"], row["numerator"], row["denominator"], row["value"]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nothing_is_restored_over_something(
    tmp_path: Path,
    database: str,
    request: pytest.FixtureRequest,
    demo: Demo,
) -> None:
    """A database that holds a city already is refused, and no folder is left behind."""
    file = tmp_path / "backup.tar"
    ask(demo.folder, "backup", file)
    url = "sqlite" if database == "sqlite" else request.getfixturevalue("make_postgres")()
    assert call("restore", file, tmp_path / "one", "--database", url).exit_code == 0
    target = tmp_path / ("one" if database == "sqlite" else "two")
    again = call("restore", file, target, "--database", url)
    assert again.exit_code == 20, again.output
    assert not (tmp_path / "two").exists()
    assert ask(tmp_path / "one", "verify")["sound"] is True
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
