"""Write a whole synthetic county or city: the catalogue, the inbox, the mappings and the truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.catalogue import write_catalogue
from wangdi.demo.childcare import childcare_rows
from wangdi.demo.defects import FOLLOWUPS, mark_registrations, plant_defects, plant_in_examinations
from wangdi.demo.deliveries import Inbox, order_rows, write_delivery_list, write_form, write_hospital_files
from wangdi.demo.elderly import elderly_rows
from wangdi.demo.examinations import examination_rows, make_examined
from wangdi.demo.followups import followup_rows
from wangdi.demo.forms import (
    World,
    attempt_rows,
    departure_rows,
    diagnosis_rows,
)
from wangdi.demo.hospital import make_hospital_visits
from wangdi.demo.illness import PROGRAMMES
from wangdi.demo.mappings import write_mappings
from wangdi.demo.population import make_population
from wangdi.demo.records import resident_rows
from wangdi.demo.registrations import all_care, extend_registrations
from wangdi.demo.rows import Rows
from wangdi.demo.settings import WorldSettings, WorldSummary, load_exports, load_model, random_stream
from wangdi.demo.story import write_story
from wangdi.demo.texts import make_writing, read_styles
from wangdi.demo.traits import make_traits
from wangdi.demo.truth import (
    DefectFile,
    TruthFile,
    draw_sent_ids,
    write_hospital_truth,
    write_people,
    write_registrations,
)
from wangdi.demo.vaccinations import vaccination_rows
from wangdi.demo.visits import make_visits


def make_world(settings: WorldSettings) -> World:
    """Everything that is true, as arrays; nothing is written."""
    say = settings.progress
    say("居民 residents")
    population = make_population(settings)
    registrations, care = all_care(settings, population)
    say("随访 follow-ups")
    made = {programme: make_visits(settings, population, care[programme]) for programme in PROGRAMMES}
    return World(
        settings=settings,
        population=population,
        registrations=registrations,
        care=care,
        visits={programme: pair[0] for programme, pair in made.items()},
        attempts={programme: pair[1] for programme, pair in made.items()},
        traits=make_traits(settings, population),
    )


def write_world(folder: Path, settings: WorldSettings) -> WorldSummary:
    """Write everything under ``folder``. The same settings write the same bytes.

    One form is made, written and forgotten before the next, so that 2.5 million people fit in memory.
    """
    world = make_world(settings)
    population, places = world.population, world.population.places
    hospital = make_hospital_visits(settings, population, world.registrations, world.care)
    world = _register_deaths(world)
    world, known_to_hospital = _register_patients(world, hospital.hospital, hospital.person, hospital.day)
    registrations = world.registrations
    model = load_model()["records"]
    rng = random_stream(settings, "identity numbers")
    sent, missing, wrong = draw_sent_ids(rng, population, world, (model["no_id_number"], model["wrong_check_digit"]))
    styles = read_styles(load_exports())
    writing = make_writing(world, sent)
    inbox = Inbox(folder, writing, styles, settings.year)
    write_catalogue(folder, settings, population)
    write_mappings(folder / "mappings", styles)
    write_people(folder, writing)
    write_registrations(folder, writing)
    truth, faults = TruthFile(folder, inbox), DefectFile(folder, writing)
    bad_ids = {"no_id_number": missing[registrations.person], "wrong_check_digit": wrong[registrations.person]}
    for rows in _all_rows(world):
        settings.progress(rows.form)
        if rows.form == "health_record.resident":
            mark_registrations(rows, registrations, bad_ids)
        if rows.form == "health_record.examination":
            plant_in_examinations(settings, places, rows)
        if rows.form in FOLLOWUPS:
            _note_mg_dl(world, rows)
            rows = plant_defects(settings, places, rows)
            if rows.form == FOLLOWUPS[0]:
                write_story(folder, writing, rows)
        rows = order_rows(rows)
        faults.add(rows, write_form(inbox, rows))
        truth.write(rows)
    faults.close()
    settings.progress("fhir")
    write_hospital_files(inbox, hospital, registrations.serial[known_to_hospital])
    write_hospital_truth(inbox, known_to_hospital, hospital.day, hospital.send)
    deliveries = write_delivery_list(inbox)
    summary = WorldSummary(
        folder=folder,
        people=population.size,
        townships=len(places.townships),
        villages=len(places.villages),
        senders=len(places.senders),
        deliveries=deliveries,
        files=sum(len(paths) for paths in inbox.paths.values()),
        rows=dict(sorted(inbox.counts.items())),
        defects=dict(sorted(faults.counts.items())),
    )
    _write_counts(folder, summary)
    return summary


def _all_rows(world: World) -> Iterator[Rows]:
    """Every form in turn, each made only when it is asked for."""
    makers: tuple[Callable[[World], Rows], ...] = (
        resident_rows,
        diagnosis_rows,
        departure_rows,
        attempt_rows,
    )
    for make in makers:
        yield make(world)
    examined = make_examined(world)
    yield examination_rows(world, examined)
    yield from elderly_rows(world, examined)
    yield from vaccination_rows(world)
    for programme in PROGRAMMES:
        yield followup_rows(world, programme)
    yield childcare_rows(world.settings, world.population.places)


def _register_deaths(world: World) -> World:
    """The CDC learns of nearly every death among residents; that makes it know those people too."""
    people, rng = world.population, random_stream(world.settings, "death register")
    left = (people.next_village < 0) & (people.moved_on <= people.died_on)
    died = np.flatnonzero(
        (people.died_on <= people.last_day) & ~left & people.resident & (rng.random(people.size) < 0.97)
    )
    person = died.astype(np.int32)
    village = people.village_on_of(person, people.died_on[person])
    county = people.places.county_of_township[people.places.village_township[village]]
    sender = np.array(people.places.disease_centres, dtype=np.int32)[county]
    registrations, _ = extend_registrations(world.registrations, person, sender, people.died_on[person])
    return replace(world, registrations=registrations)


def _register_patients(
    world: World, hospital: NDArray[np.int32], person: NDArray[np.int32], day: NDArray[np.int32]
) -> tuple[World, NDArray[np.int32]]:
    """Who has been to a hospital is known there; answers the registration of each visit as well."""
    keys, first, inverse = np.unique(
        person.astype(np.int64) * 10_000 + hospital, return_index=True, return_inverse=True
    )
    registrations, fresh = extend_registrations(
        world.registrations, (keys // 10_000).astype(np.int32), (keys % 10_000).astype(np.int32), day[first]
    )
    return replace(world, registrations=registrations), fresh[inverse]


def _note_mg_dl(world: World, rows: Rows) -> None:
    """An institution that writes mg/dL in whole numbers (and says so) cannot be more exact than that."""
    if "fpg" not in rows.columns:
        return
    places = world.population.places
    style = np.array([organisation.style for organisation in places.organisations])[rows.sender]
    fpg = np.round(rows.columns["fpg"].astype(np.float64), 1)
    rows.columns["fpg"] = np.where(style == "b", np.round(fpg * 18) / 18, fpg)


def _write_counts(folder: Path, summary: WorldSummary) -> None:
    counts = {
        "people": summary.people,
        "townships": summary.townships,
        "villages": summary.villages,
        "senders": summary.senders,
        "deliveries": summary.deliveries,
        "files": summary.files,
        "rows": dict(summary.rows),
        "defects": dict(summary.defects),
    }
    text = json.dumps(counts, ensure_ascii=False, indent=1) + "\n"
    (folder / "truth" / "counts.json").write_text(text, encoding="utf-8", newline="\n")
