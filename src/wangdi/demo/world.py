"""Write a whole synthetic county or city: the catalogue, the inbox, the mappings and the truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.card_rows import card_rows, register_rows
from wangdi.demo.catalogue import write_catalogue
from wangdi.demo.childcare import childcare_rows
from wangdi.demo.days import NEVER, Days
from wangdi.demo.defects import FOLLOWUPS, mark_registrations, plant_defects, plant_in_examinations
from wangdi.demo.deliveries import Inbox, order_rows, write_delivery_list, write_form, write_hospital_files
from wangdi.demo.doubts import plant_doubts, write_doubts
from wangdi.demo.elderly import elderly_rows
from wangdi.demo.examinations import examination_rows, make_examined
from wangdi.demo.followups import followup_rows
from wangdi.demo.forms import (
    World,
    attempt_rows,
    departure_rows,
    diagnosis_rows,
)
from wangdi.demo.hospital import HospitalVisits, Patients, make_hospital_visits
from wangdi.demo.illness import PROGRAMMES
from wangdi.demo.institutions import institution_returns
from wangdi.demo.mappings import write_mappings
from wangdi.demo.outbreak_truth import write_outbreak_truth
from wangdi.demo.population import make_population
from wangdi.demo.records import resident_rows
from wangdi.demo.registrations import all_care, extend_registrations, leave_out_cases
from wangdi.demo.rows import Rows
from wangdi.demo.settings import WorldSettings, WorldSummary, load_exports, load_model, random_stream
from wangdi.demo.showcase import Showcase, choose_showcase, dress, send_to_hospital, tell_showcase
from wangdi.demo.spellings import keep_apart, make_spellings
from wangdi.demo.story import write_story
from wangdi.demo.streams import count_rows
from wangdi.demo.surveillance import Surveillance, known_dead, watch_diseases
from wangdi.demo.texts import make_writing, read_styles
from wangdi.demo.traits import make_traits
from wangdi.demo.truth import (
    DefectFile,
    TruthFile,
    write_hospital_truth,
    write_people,
    write_registrations,
)
from wangdi.demo.vaccinations import register_elsewhere, vaccination_rows
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
    population = world.population
    visits = make_hospital_visits(settings, population, world.registrations, world.care)
    showcase = choose_showcase(world, visits)
    visits = send_to_hospital(settings, population.places, visits, showcase)
    world = _register_deaths(register_elsewhere(world))
    world, patients = _register_patients(world, visits, showcase)
    settings.progress("传染病 infectious diseases")
    world, surveillance = watch_diseases(world, (showcase.resident, showcase.owner, showcase.brother))
    spellings = make_spellings(world)
    doubts = plant_doubts(spellings)
    dress(spellings, showcase)
    spellings.clean(known_dead(world, surveillance))
    keep_apart(spellings)
    styles = read_styles(load_exports())
    writing = make_writing(world, spellings)
    inbox = Inbox(folder, writing, styles, settings.year)
    write_catalogue(folder, settings, population)
    write_mappings(folder / "mappings", styles)
    write_people(folder, writing)
    write_doubts(folder, spellings, doubts)
    defects = _write_forms(inbox, showcase, surveillance)
    write_outbreak_truth(inbox, surveillance)
    settings.progress("fhir")
    write_hospital_files(inbox, visits, patients)
    write_hospital_truth(inbox, patients.of_visit, visits.day, visits.send)
    write_registrations(inbox)
    deliveries = write_delivery_list(inbox)
    summary = WorldSummary(
        folder=folder,
        people=population.size,
        townships=len(population.places.townships),
        villages=len(population.places.villages),
        senders=len(population.places.senders),
        deliveries=deliveries,
        files=sum(len(paths) for paths in inbox.paths.values()),
        rows=dict(sorted(inbox.counts.items())),
        defects=dict(sorted(defects.items())),
    )
    _write_counts(folder, summary)
    return summary


def _write_forms(inbox: Inbox, showcase: Showcase, surveillance: Surveillance) -> dict[str, int]:
    """Every form's files and truth; answers the planted defects by kind."""
    writing, world = inbox.writing, inbox.writing.world
    settings, places = world.settings, world.population.places
    truth, faults = TruthFile(inbox.folder, inbox), DefectFile(inbox.folder, writing)
    for rows in _all_rows(world, surveillance):
        settings.progress(rows.form)
        if rows.form == "health_record.resident":
            mark_registrations(rows, world.registrations, writing.spellings)
        if rows.form == "health_record.examination":
            plant_in_examinations(settings, places, rows)
        if rows.form in FOLLOWUPS:
            _note_mg_dl(world, rows)
            rows = plant_defects(settings, places, rows)
            if rows.form == FOLLOWUPS[0]:
                write_story(inbox.folder, writing, rows, tell_showcase(writing, showcase))
        rows = order_rows(rows)
        faults.add(rows, write_form(inbox, rows))
        truth.write(rows)
    faults.close()
    return faults.counts


def _all_rows(world: World, surveillance: Surveillance) -> Iterator[Rows]:
    """Every form in turn, each made only when it is asked for."""
    makers: tuple[Callable[[World], Rows], ...] = (
        resident_rows,
        diagnosis_rows,
        departure_rows,
        attempt_rows,
    )
    for make in makers:
        yield make(world)
    examined = make_examined(replace(world, registrations=leave_out_cases(world.registrations)))
    yield examination_rows(world, examined)
    yield from elderly_rows(world, examined)
    yield from vaccination_rows(world)
    for programme in PROGRAMMES:
        yield followup_rows(world, programme)
    yield childcare_rows(world.settings, world.population.places)
    yield card_rows(world, surveillance)
    yield register_rows(world, surveillance)
    yield count_rows(world, surveillance)
    yield from institution_returns(world)


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


def _register_patients(world: World, visits: HospitalVisits, showcase: Showcase) -> tuple[World, Patients]:
    """Who has been to a hospital is known there, and many are on file from before."""
    person, hospital, day = _on_file(world, showcase)
    visited = visits.size
    person = np.concatenate([visits.person, person])
    hospital = np.concatenate([visits.hospital, hospital])
    day = np.concatenate([visits.day, day])
    keys, inverse = np.unique(person.astype(np.int64) * 10_000 + hospital, return_inverse=True)
    since = np.full(len(keys), NEVER, dtype=np.int32)
    np.minimum.at(since, inverse, day)
    registrations, fresh = extend_registrations(
        world.registrations, (keys // 10_000).astype(np.int32), (keys % 10_000).astype(np.int32), since
    )
    of_visit = fresh[inverse[:visited]]
    on_file = np.setdiff1d(fresh, of_visit).astype(np.int32)
    return replace(world, registrations=registrations), Patients(of_visit, on_file)


def _on_file(world: World, showcase: Showcase) -> tuple[NDArray[np.int32], NDArray[np.int32], Days]:
    """Adults of the county whom one of its hospitals knows from the years before: person, hospital, day."""
    people, rng = world.population, random_stream(world.settings, "on file")
    places, chance = people.places, load_model()["records"]["on_file"]
    known = (people.entered == people.first_day) & people.resident & (people.ages(people.first_day) >= 18)
    # The owner of a borrowed number is not known where it is borrowed: no institution would have taken it.
    if showcase.owner >= 0:
        known[showcase.owner] = False
    person = np.flatnonzero(known & (rng.random(people.size) < chance)).astype(np.int32)
    county = places.county_of_township[places.village_township[people.village[person]]]
    several = max(1, len(places.hospitals) // len(places.counties))
    choice = county + rng.integers(0, several, len(person)) * len(places.counties)
    day = people.first_day - rng.integers(1, 2_000, len(person))
    return person, np.array(places.hospitals, dtype=np.int32)[choice], day.astype(np.int32)


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
