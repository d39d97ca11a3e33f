"""Files nobody here wrote: Synthea's bundles and bulk export through the command line into a city.

Every resource of every file is found again: as facts that lead back to it, or as a problem that names its place.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.journey.small_city import HOSPITAL, ask, make_small_city
from wangdi.app.cities import open_library
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.engines.tables import table_of
from wangdi.store.city import City

SENT = ("synthea-hiv-bundles", "synthea-bulk10")
Place = tuple[str, int, str]
"""A file's name, a line, and the place inside a bundle."""


@dataclass(frozen=True, slots=True)
class Collected:
    """A city of two sendings, and what each came to."""

    folder: Path
    sent: dict[str, Path]
    said: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory, shared_folder: Path) -> Collected:
    city = make_small_city(tmp_path_factory.mktemp("fhir") / "city")
    sent = {name: shared_folder / "fhir" / name for name in SENT}
    said = {
        name: ask(city, "collect", path, "--org", HOSPITAL, "--received-at", "2026-06-30T09:00:00")
        for name, path in sent.items()
    }
    return Collected(city, sent, said)


def resources_of(path: Path) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Every resource of a file with its place, found without the code that is tested."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = data.decode("utf-8")
    if ".ndjson" in path.name:
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield (path.name, number, ""), json.loads(line)
        return
    # Synthea indents its bundles: a resource of the bundle begins where nothing deeper does.
    begins = [number for number, line in enumerate(text.split("\n"), 1) if re.match(r' {4}"resource": \{', line)]
    entries = json.loads(text)["entry"]
    for index, (begin, entry) in enumerate(zip(begins, entries, strict=True)):
        yield (path.name, begin, f"entry[{index}].resource"), entry["resource"]


def facts_by_place(city: Path) -> dict[Place, list[tuple[str, int]]]:
    """Form and number of every fact, by where it says that it was read."""
    found: dict[Place, list[tuple[str, int]]] = {}
    with City.open(city) as opened, opened.workspace() as workspace:
        for form in open_library(opened).forms.values():
            sql = opened.all_facts_sql(workspace, table_of(form), opened.latest_seq())
            rows = workspace.rows(f"select seq, source_file, source_line, source_part from ({sql})")
            for seq, file, line, part in rows:
                original = opened.original(file)
                assert original is not None
                found.setdefault((original.name, line, part or ""), []).append((form.full_name, seq))
    return found


@pytest.mark.parametrize("name", SENT)
def test_every_resource_is_a_fact_or_a_problem_with_its_place(collected: Collected, name: str) -> None:
    said = collected.said[name]
    assert said["received"] == said["accepted"] + said["refused"] + said["duplicates"]
    facts = facts_by_place(collected.folder)
    problems = ask(collected.folder, "problems", "--batch", said["batch"])
    assert all(problem["file"] and problem["line"] and problem["message"] for problem in problems)
    told = {(problem["file"], problem["line"]) for problem in problems}
    sent = [one for path in sorted(collected.sent[name].iterdir()) for one in resources_of(path)]
    assert len(sent) > 3000
    lost = [place for place, _ in sent if place not in facts and place[:2] not in told]
    assert lost == [], "taken nowhere and named nowhere"
    names = {path.name for path in collected.sent[name].iterdir()}
    here = {place: found for place, found in facts.items() if place[0] in names}
    assert here.keys() <= {place for place, _ in sent}, "no fact comes from where nothing stands"
    assert sum(map(len, here.values())) == said["accepted"]


def test_what_forms_take_of_each_type_is_what_was_sent(collected: Collected) -> None:
    """Counts by type: all of these are complete, so none of them may be missing."""
    sent = Counter(
        resource.get("resourceType")
        for path in collected.sent["synthea-bulk10"].iterdir()
        for _, resource in resources_of(path)
    )
    forms = collected.said["synthea-bulk10"]["forms"]
    assert forms["health_record.resident"] == sent["Patient"]
    assert forms["health_record.encounter"] == sent["Encounter"]
    assert forms["health_record.immunization"] == sent["Immunization"]
    assert forms["health_record.diagnosis"] == sent["Condition"]


@pytest.mark.parametrize("name", SENT)
def test_a_trace_leads_to_the_resource_in_the_file(collected: Collected, name: str) -> None:
    """The raw text a trace shows is that resource and no other: its id is in it and it is the resource, whole."""
    facts = facts_by_place(collected.folder)
    checked: set[str] = set()
    for path in sorted(collected.sent[name].iterdir()):
        for place, resource in resources_of(path):
            forms = [(form, seq) for form, seq in facts.get(place, []) if f"{path.name} {form}" not in checked]
            for form, seq in forms[:1]:
                checked.add(f"{path.name} {form}")
                source = ask(collected.folder, "trace", seq)["source"]
                assert (source["file"], source["line"], source["part"] or "") == place
                assert json.loads(source["raw"]) == resource
                assert resource["id"] in source["raw"]
    assert len(checked) >= 5


def test_a_patients_facts_are_there(collected: Collected) -> None:
    """Whoever is in a bundle is a person of the city, with exactly the facts that the bundle says of them."""
    bundle = max(collected.sent["synthea-hiv-bundles"].glob("*.json"), key=lambda path: path.stat().st_size)
    kinds = Counter(resource["resourceType"] for _, resource in resources_of(bundle))
    patient = next(resource for _, resource in resources_of(bundle) if resource["resourceType"] == "Patient")
    person = person_of(collected.folder, bundle.name)
    shown = ask(collected.folder, "person", "show", person)
    assert shown["person"]["birth_date"] == patient["birthDate"]
    forms = Counter(fact["form"] for fact in shown["facts"])
    assert forms["health_record.encounter"] == kinds["Encounter"]
    assert forms["health_record.immunization"] == kinds["Immunization"]
    assert {fact["occurred_on"] for fact in shown["facts"] if fact["form"] == "health_record.encounter"} <= {
        day
        for _, resource in resources_of(bundle)
        if resource["resourceType"] == "Encounter"
        for day in local_days(resource["period"]["start"])
    }


def local_days(moment: str) -> set[str]:
    """The day a moment says, and the next, which it may be in China already."""
    day = date.fromisoformat(moment[:10])
    return {day.isoformat(), (day + timedelta(days=1)).isoformat()}


def person_of(city: Path, file: str) -> str:
    """The person whose registration was read from a file."""
    with City.open(city) as opened, opened.workspace() as workspace:
        sql = opened.facts_sql(workspace, REGISTRATION_TABLE, opened.latest_seq())
        rows = workspace.rows(f"select registration_id, source_file from ({sql})")
        found = [number for number, source in rows if (sent := opened.original(source)) and sent.name == file]
    assert len(found) == 1
    listed = ask(city, "figures", "--period", "2025")  # the derived tables are there from here on
    assert listed["known"]
    link = next(iter(city.glob("derived/*/base-*/link.parquet")))
    with City.open(city) as opened, opened.workspace() as workspace:
        row = workspace.one(f"select person_id from read_parquet('{link}') where registration_id = {found[0]}")
    assert row is not None
    return f"P{row[0]:016X}"


def test_the_same_files_again_add_nothing_and_the_city_is_sound(collected: Collected) -> None:
    for name, path in collected.sent.items():
        said = ask(collected.folder, "collect", path, "--org", HOSPITAL, "--received-at", "2026-07-01T09:00:00")
        before = collected.said[name]
        assert (said["received"], said["accepted"]) == (before["received"], 0)
        assert said["duplicates"] == before["accepted"] + before["duplicates"]
    assert ask(collected.folder, "verify")["sound"] is True
