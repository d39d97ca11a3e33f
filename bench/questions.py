"""Questions to a county of 640,000 and a city of 2.5 million: figures, people, timelines, worklists, obligations."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from bench.large_city import CITY, COUNTY, make_city
from bench.measuring import measure, peak_gigabytes, tell
from wangdi.app.derivation import Derived, Standing, derive, fill_people
from wangdi.app.people import Asked, list_people
from wangdi.app.persons import show_person
from wangdi.app.questions import as_of_number, compute_figures, narrow_rows, stand_on
from wangdi.app.worklists import Told, find_due, tell_due
from wangdi.core.periods import Period, parse_period
from wangdi.engines.duck.indicators import Question, Tables, plan_members
from wangdi.engines.duck.spells import plan_spells
from wangdi.engines.reference.classify import judge_rows
from wangdi.indicators.counting import count_people
from wangdi.language.library import Library, load_library
from wangdi.language.record import Event, Subject
from wangdi.link.people import parse_person
from wangdi.store.city import City
from wangdi.store.derived import remove_derived
from wangdi.web.door import ENGINE_MEMORY, ENGINE_THREADS

CLINIC = "C00007"


def _period(text: str) -> Period:
    period = parse_period(text)
    assert isinstance(period, Period)
    return period


def bench_county() -> bool:
    """The peer's two measures from facts and links alone; one clinic's day."""
    library = load_library()
    good = True
    with (
        tempfile.TemporaryDirectory() as folder,
        make_city(Path(folder) / "city", COUNTY, library) as city,
        city.workspace() as workspace,
    ):
        standing = stand_on(city, workspace, library)
        derived = derive(standing)
        _, cost = measure(lambda: _two_measures(derived), runs=5)
        _, bare = measure(lambda: _bare_measures(derived), runs=5)
        note = f"bare DuckDB on the same rows {bare.cpu:.3f}"
        good &= tell("figures: 2 measures x 217 organisations x 1 year", cost.cpu, 0.6, "CPU-s", note)
        _list_due(standing)
        _, cost = measure(lambda: _list_due(standing), runs=5)
        good &= tell("one organisation's day, warm county of 640,000", cost.wall, 0.2, "s")
    return good


def _list_due(standing: Standing) -> list[Told]:
    """Everything due at a clinic on a day, with the reasons of every row."""
    day = date(2025, 12, 15)
    return tell_due(standing, find_due(standing, CLINIC, day, 7), day)


def _two_measures(derived: Derived) -> int:
    """At least four follow-ups; the last blood pressure at goal. Spells are worked out on the way, nothing is kept."""
    standing = derived.standing
    programme = standing.programmes["hypertension"]
    rules = programme.newest
    chosen = tuple(rules.pack.indicators[name] for name in ("htn_std_4", "htn_ctrl"))
    question = Question(rules, chosen, (_period("2025"),), as_of_number(standing.city, standing.known))
    relations = derived.relations(programme)
    workspace = standing.workspace
    workspace.run(f"CREATE OR REPLACE TEMP TABLE spell_now AS {plan_spells(programme, relations)}")
    members = plan_members(question, narrow_rows(workspace, question, relations), Tables("spell_now", "nothing"))
    workspace.run(f"CREATE OR REPLACE TEMP TABLE member AS {members}")
    return len(count_people(workspace, question, "member", derived.people))


def _bare_measures(derived: Derived) -> int:
    """The same two counts by hand: no ages, no spells, no editions. A lower bound, not a competitor."""
    standing = derived.standing
    visits, diagnoses = (
        standing.facts(standing.form(name)) for name in ("hypertension.followup", "health_record.diagnosis")
    )
    return len(
        standing.workspace.rows(f"""
        SELECT e.org, count(*) FILTER (seen >= 4), count(*) FILTER (at_goal), count(*) FROM (
            SELECT DISTINCT l.person_id, f.org FROM {diagnoses} f JOIN {derived.links} l USING (registration_id)
            WHERE f.disease = 'essential_hypertension'
        ) e LEFT JOIN (
            SELECT l.person_id, count(*) FILTER (way IN ('1', '2')) AS seen,
                   arg_max(sbp < 140 AND dbp < 90, occurred_on) AS at_goal
            FROM {visits} f JOIN {derived.links} l USING (registration_id)
            WHERE occurred_on BETWEEN DATE '2025-01-01' AND DATE '2025-12-31' GROUP BY 1
        ) v USING (person_id) GROUP BY 1""")
    )


def bench_city() -> bool:
    """Everything derived and every indicator from scratch; then single cells, people and days from it."""
    library = load_library()
    good = True
    with (
        tempfile.TemporaryDirectory() as folder,
        make_city(Path(folder) / "city", CITY, library) as city,
        city.workspace(memory="4GB") as workspace,
    ):
        workspace.run("SET preserve_insertion_order = false")
        facts = sum(segment.rows for segment in city.segments())
        standing = stand_on(city, workspace, library)
        remove_derived(city.folder)
        _, making = measure(lambda: derive(standing))
        _, linking = measure(lambda: fill_people(standing, city.folder / "tmp"))
        print(f"     {CITY.people:,} residents, {facts:,} facts; derived {making.wall:.1f} s, {making.cpu:.1f} CPU-s")
        people = CITY.people / (making.cpu - linking.cpu) / 1000
        note = f"more is better; registrations to people, {linking.cpu:.1f} CPU-s, left out as it is for the peer"
        good &= tell("obligations: residents a second and core (thousands)", -people, -50, "1000/s", note)
        months = [_period(f"2025-{month:02d}-ytd") for month in range(1, 13)]
        answer, counting = measure(lambda: compute_figures(standing, months, ["village"]))
        note = f"{len(answer.figures):,} figures in {counting.wall:.1f} s"
        good &= tell(
            "derived from scratch + every indicator x 12 x village", making.wall + counting.wall, 60, "s", note
        )
        good &= _bench_pages(city, library, Asked("htn_ctrl", months[-1], CLINIC, "missing"))
        good &= tell("memory", peak_gigabytes(), 6, "GB")
    return good


def _bench_pages(city: City, library: Library, asked: Asked) -> bool:
    """Single questions, asked as the pages ask them: of a small engine of their own."""
    with city.workspace(ENGINE_MEMORY, ENGINE_THREADS) as workspace:
        standing = stand_on(city, workspace, library)
        listed, cost = measure(lambda: list_people(standing, asked), runs=5)
        good = tell(f"the people behind a cell ({len(listed)})", cost.wall, 0.3, "s")
        person = parse_person(listed[0].person_id) or 0
        found, cost = measure(lambda: show_person(standing, person), runs=5)
        return good & tell(f"a person's timeline ({len(found['facts'])} facts)", cost.wall, 0.05, "s")


def bench_form() -> bool:
    """One form's class, advice and next dates on the reference engine, as a page asks while it is being filled in."""
    from wangdi.language.rules import Programme, bind_pack

    pack = load_library().newest["hypertension"]
    programme = Programme(pack.id, (bind_pack(pack),))
    subject = Subject("1", date(1955, 3, 1), "1", {"is_resident": True})
    rows = [
        Event("1", "hypertension.followup", date(2025, month, 5), month, {"sbp": 130 + 5 * month, "dbp": 80})
        for month in (1, 4)
    ]
    _, cost = measure(lambda: judge_rows(programme, subject, rows), runs=21)
    return tell("one form's class, advice and next dates", cost.wall, 0.05, "s")
