"""The synthetic county's records and its elderly: filled as in life, and readable by the forms' own code lists."""

from __future__ import annotations

import numpy as np
import pytest

from wangdi.catalog.codelists import load_codelists
from wangdi.core.identifiers import check_health_record_number
from wangdi.core.problem import Problem
from wangdi.demo.days import UNKNOWN, year_month_day
from wangdi.demo.elderly import ITEMS, elderly_rows
from wangdi.demo.examinations import Examined, examination_rows, make_examined
from wangdi.demo.field_kinds import FIELD_KINDS, SEVERAL
from wangdi.demo.forms import World, departure_rows
from wangdi.demo.records import deal_out, draw_codes, resident_rows
from wangdi.demo.rows import Rows
from wangdi.demo.settings import WorldSettings
from wangdi.demo.world import make_world
from wangdi.language.library import load_library


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(WorldSettings(people=12_000, seed=7))


@pytest.fixture(scope="module")
def residents(world: World) -> Rows:
    return resident_rows(world)


@pytest.fixture(scope="module")
def examined(world: World) -> Examined:
    return make_examined(world)


@pytest.fixture(scope="module")
def examinations(world: World, examined: Examined) -> Rows:
    return examination_rows(world, examined)


@pytest.fixture(scope="module")
def elderly(world: World, examined: Examined) -> dict[str, Rows]:
    return {rows.form: rows for rows in elderly_rows(world, examined)}


def empty(rows: Rows, name: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    values = rows.columns[name]
    if values.dtype == object:
        return np.asarray(values == "")
    return np.asarray(np.isnan(values) if values.dtype.kind == "f" else values == -1)


def codes_of(rows: Rows, name: str) -> set[str]:
    values = {str(value) for value in np.unique(rows.columns[name].astype(str))} - {"", "-1"}
    return {part for value in values for part in value.split(";")} if name in SEVERAL else values


def test_every_code_that_is_written_is_in_its_list(residents: Rows, examinations: Rows) -> None:
    lists = load_codelists()
    forms = load_library().forms
    looked_at = 0
    for rows in (residents, examinations):
        for name in rows.columns:
            codelist = forms[rows.form].fields[name].codes if name in forms[rows.form].fields else ""
            if FIELD_KINDS.get(name) == "code" and codelist and name != "id_type":
                assert codes_of(rows, name) <= set(lists[codelist].codes), name
                looked_at += 1
    assert looked_at >= 35


def test_some_institutions_fill_their_records_better_than_others(world: World, residents: Rows) -> None:
    boxes = ("contact_name", "blood_abo", "education", "drug_allergies", "past_diseases", "had_surgery", "disabilities")
    whole = ~np.any([empty(residents, name) for name in boxes], axis=0)
    shares = [whole[residents.sender == sender].mean() for sender in np.unique(residents.sender)]
    assert max(shares) > 0.93
    assert min(shares) < 0.88


def test_the_record_number_is_valid_and_only_missing_where_nothing_is_filed_by_it(
    world: World, residents: Rows
) -> None:
    styles = np.array([organisation.style for organisation in world.population.places.organisations])
    lacks = empty(residents, "record_no")
    assert not lacks[styles[residents.sender] == "a"].any()
    assert 0 < lacks.mean() < 0.03
    for number in residents.columns["record_no"][~lacks][::101].tolist():
        assert not isinstance(check_health_record_number(number), Problem)


def test_a_record_written_again_after_a_move_says_the_same_of_its_owner(residents: Rows) -> None:
    again = np.flatnonzero(residents.retired >= 0)
    assert len(again) > 0
    for old in again[:20].tolist():
        (new,) = np.flatnonzero((residents.registration == residents.registration[old]) & (residents.retired < 0))
        said = [(name, values[old], values[new]) for name, values in residents.columns.items() if name != "division"]
        assert all(before == after for _, before, after in said)


def test_the_elderly_are_examined_from_head_to_foot_and_others_are_not(
    world: World, examined: Examined, examinations: Rows
) -> None:
    for name in ("haemoglobin", "self_care_level", "ecg", "cognition_screen"):
        assert empty(examinations, name)[~examined.elderly].all()
        assert empty(examinations, name)[examined.elderly].mean() < 0.1
    new = examined.elderly & (year_month_day(examined.day)[0] >= 2025)
    old = examined.elderly & ~new
    for name in ("hba1c", "chest_xray"):
        assert empty(examinations, name)[old].mean() > 0.9
        assert empty(examinations, name)[new].mean() < 0.5


def test_nobody_is_examined_twice_in_a_year(examined: Examined) -> None:
    keys = examined.registration.astype(np.int64) * 10_000 + year_month_day(examined.day)[0]
    assert len(np.unique(keys)) == examined.size


def test_scores_of_self_care_are_those_of_the_form(elderly: dict[str, Rows], examined: Examined) -> None:
    """Somebody who can do nothing has 37 points; a little help in washing one."""
    rows = elderly["elderly.self_care"]
    degrees = np.array([rows.columns[name] for name in ITEMS])
    assert (rows.columns["total_score"][(degrees == 1).all(axis=0)] == 0).all()
    assert examined.score.max() <= 37
    only_washing = (degrees[1] == 2) & (np.delete(degrees, 1, axis=0) == 1).all(axis=0)
    assert only_washing.any()
    assert set(rows.columns["total_score"][only_washing].tolist()) == {1}


def test_the_questionnaires_follow_a_finding_mostly_in_time(elderly: dict[str, Rows], examined: Examined) -> None:
    for form, found in (("cognition", examined.forgetful), ("mood", examined.sad)):
        rows = elderly[f"elderly.{form}"]
        days = {
            (int(registration), int(year)): int(day)
            for registration, year, day in zip(
                examined.registration[found], year_month_day(examined.day[found])[0], examined.day[found], strict=True
            )
        }
        waited = [
            int(day) - days[int(registration), int(year)]
            for registration, year, day in zip(
                rows.registration, year_month_day(rows.occurred)[0], rows.occurred, strict=True
            )
            if (int(registration), int(year)) in days
        ]
        assert min(waited) >= 0
        assert 0.7 < np.mean([wait <= 14 for wait in waited]) < 0.98
        assert rows.size < found.sum()


def test_assessments_are_sent_once_a_quarter(elderly: dict[str, Rows]) -> None:
    assert len(elderly) == 5
    for rows in elderly.values():
        assert set(rows.send.tolist()) <= {0, 3, 6, 9, 12}


def test_a_record_follows_its_owner_to_the_next_place(world: World) -> None:
    rows = departure_rows(world)
    moved = rows.columns["reason"] == "moved_out"
    handed, day = rows.columns["handed_over"], rows.columns["handed_over_on"]
    assert set(handed[~moved].tolist()) == {-1}
    assert set(handed[moved].tolist()) == {0, 1}
    assert ((day != UNKNOWN) == (handed == 1)).all()
    assert (day[handed == 1] > rows.occurred[handed == 1]).all()


def test_codes_are_drawn_by_age() -> None:
    rng = np.random.default_rng(1)
    ages = np.array([10] * 500 + [40] * 500)
    codes = draw_codes(rng, [[0, 1.0, 0.0, 0.0], [35, 0.0, 0.5, 0.5]], ages)
    assert set(codes[:500].tolist()) == {1}
    assert set(codes[500:].tolist()) == {2, 3}


def test_shares_are_dealt_out_to_the_institutions_in_turn(world: World) -> None:
    everyone = np.arange(world.registrations.size)
    dealt = deal_out(world, [0.25, 0.75], everyone)
    senders = world.population.places.senders
    found = [set(dealt[world.registrations.sender == sender].tolist()) for sender in senders]
    assert all(shares <= {[0.25, 0.75][place % 2]} for place, shares in enumerate(found))
    assert set().union(*found) == {0.25, 0.75}
