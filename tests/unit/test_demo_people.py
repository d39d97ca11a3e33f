"""The synthetic residents, their institutions and their visits, as arrays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from wangdi.catalog.codelists import load_codelists
from wangdi.core.identifiers import (
    IdNumber,
    check_credit_code,
    check_health_record_number,
    check_id_number,
    check_organisation_code,
)
from wangdi.core.problem import Problem
from wangdi.demo.childcare import childcare_rows
from wangdi.demo.days import (
    NEVER,
    UNKNOWN,
    date_of,
    date_texts,
    day_number,
    month_index,
    year_month_day,
    years_at,
)
from wangdi.demo.field_kinds import FIELD_KINDS
from wangdi.demo.forms import World
from wangdi.demo.places import choose_style, make_places, plan_counts
from wangdi.demo.population import make_population
from wangdi.demo.settings import WorldSettings, load_names
from wangdi.demo.world import make_world

SMALL = WorldSettings(people=20_000, seed=7)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(SMALL)


def days(*texts: str) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array([(date.fromisoformat(text) - date(1970, 1, 1)).days for text in texts], dtype=np.int32)


# ---- days ---------------------------------------------------------------------------------------------------------------
def test_a_day_and_its_number_agree() -> None:
    for text in ("1900-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "2059-12-31"):
        number = int(days(text)[0])
        assert date_of(number).isoformat() == text
        assert [int(part[0]) for part in year_month_day(days(text))] == [int(part) for part in text.split("-")]
        assert date_texts(days(text), "iso")[0] == text


def test_completed_years_change_on_the_birthday() -> None:
    births = days("1960-03-10", "1960-03-10", "1960-03-10")
    assert years_at(births, days("2025-03-09", "2025-03-10", "2025-12-31")).tolist() == [64, 65, 65]


def test_dates_are_written_in_every_style_and_unknown_is_empty() -> None:
    day = days("2025-03-01")
    written = {style: date_texts(day, style)[0] for style in ("iso", "slash", "dot", "chinese", "compact")}
    assert written == {
        "iso": "2025-03-01",
        "slash": "2025/3/1",
        "dot": "2025.3.1",
        "chinese": "2025年3月1日",
        "compact": "20250301",
    }
    assert date_texts(np.array([UNKNOWN], dtype=np.int32), "iso").tolist() == [""]


def test_a_day_belongs_to_the_history_or_to_a_month_of_the_year() -> None:
    assert month_index(days("2023-05-01", "2024-12-31", "2025-01-01", "2025-12-31"), 2025).tolist() == [0, 0, 1, 12]


# ---- places -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("settings", "townships", "villages"),
    [
        (WorldSettings(people=640_000), 21, 217),
        (WorldSettings(people=2_000_000), 21, 217),
        (WorldSettings(people=20_000), 3, 10),
        (WorldSettings(people=1_000), 2, 4),
        (WorldSettings(shape="city", people=2_500_000), 90, 1_000),
        (WorldSettings(shape="city", people=20_000), 6, 13),
    ],
)
def test_the_tree_shrinks_with_the_people(settings: WorldSettings, townships: int, villages: int) -> None:
    assert plan_counts(settings) == (townships, villages)
    places = make_places(settings)
    assert len(places.townships) == townships
    assert set(places.village_township.tolist()) == set(range(townships))
    assert len({region.code for region in places.regions}) == len(places.regions)
    assert all(region.code.startswith("99") for region in places.regions)
    by_code = {region.code: region for region in places.regions}
    assert all(region.parent in by_code for region in places.regions[1:] if region.level != "county")


def test_a_city_has_185_institutions_that_send() -> None:
    places = make_places(WorldSettings(shape="city", people=2_500_000))
    assert len(places.senders) == 185
    assert len(places.counties) == 6
    assert places.regions[0].level == "city"


def test_organisation_codes_have_valid_check_characters() -> None:
    places = make_places(WorldSettings(people=640_000))
    codes = [organisation.code for organisation in places.organisations]
    assert len(set(codes)) == len(codes) == 217 + 21 + 2 + 1 + 1
    assert not [code for code in codes if isinstance(check_organisation_code(code), Problem)]


def test_the_first_three_townships_export_in_three_ways() -> None:
    assert {choose_style(number) for number in range(3)} == {"a", "b", "c"}
    assert sum(choose_style(number) == "c" for number in range(90)) < 10


def test_names_of_villages_differ_within_a_township() -> None:
    places = make_places(WorldSettings(people=640_000))
    names = [(region.parent, region.name) for region in places.regions]
    assert len(set(names)) == len(names)


# ---- people -------------------------------------------------------------------------------------------------------------
def test_identity_numbers_are_valid_different_and_say_who_it_is(world: World) -> None:
    people = world.population
    numbers = [number.decode() for number in people.id_numbers.tolist()]
    assert len(set(numbers)) == people.size
    for at in range(0, people.size, 7):
        checked = check_id_number(numbers[at])
        assert isinstance(checked, IdNumber)
        assert checked.region.startswith("99")
        assert checked.birth_date == date_of(int(people.birth[at]))
        assert checked.sex == ("1" if people.male[at] else "2")


def test_phone_numbers_belong_to_nobody(world: World) -> None:
    phones = world.population.phones
    assert set((phones[phones > 0] // 10**8).tolist()) == {142}
    assert (phones == 0).any()


def test_the_county_is_ageing_and_people_come_and_go(world: World) -> None:
    people = world.population
    here = people.here(people.last_day)
    ages = people.ages(people.last_day)[here]
    assert 0.15 < (ages >= 65).mean() < 0.30
    assert 0.09 < (ages < 15).mean() < 0.22
    assert (people.entered > people.first_day).any()
    assert (people.died_on < NEVER).any()
    assert ((people.moved_on < NEVER) & (people.next_village < 0)).any()
    assert ((people.moved_on < NEVER) & (people.next_village >= 0)).any()
    assert (~people.hukou).any()
    assert (~people.resident).any()
    assert abs(here.sum() - SMALL.people) < SMALL.people * 0.1


def test_the_same_settings_make_the_same_people_and_another_seed_others() -> None:
    first, again, other = (make_population(WorldSettings(people=2_000, seed=seed)) for seed in (3, 3, 4))
    assert first.id_numbers.tolist() == again.id_numbers.tolist()
    assert first.moved_on.tolist() == again.moved_on.tolist()
    assert first.id_numbers.tolist() != other.id_numbers.tolist()


def test_every_generation_has_twenty_first_and_twenty_second_characters() -> None:
    for generation in load_names()["given"]:
        for words in (generation["men"], generation["women"]):
            assert [len(word.split()) for word in words] == [20, 20]


# ---- patients and visits ------------------------------------------------------------------------------------------------
def test_prevalence_grows_with_age_and_some_must_not_be_enrolled(world: World) -> None:
    people, care = world.population, world.care["hypertension"]
    patient = np.zeros(people.size, dtype=bool)
    patient[care.person] = True
    ages = people.ages(people.last_day)
    shares = [patient[(ages >= low) & (ages < low + 10)].mean() for low in (35, 45, 55, 65)]
    assert shares == sorted(shares)
    assert 0.25 < patient[ages >= 65].mean() < 0.5
    age_then = years_at(people.birth[care.person], care.diagnosed_on)
    assert (age_then < 35).any()
    assert (~people.resident[care.person]).any()
    assert (care.revoked_on != UNKNOWN).any()
    assert (care.lost_on != UNKNOWN).any()


@pytest.mark.parametrize("programme", ["hypertension", "diabetes"])
def test_visits_lie_within_care_one_a_day(world: World, programme: str) -> None:
    care, visits = (getattr(world, name)[programme] for name in ("care", "visits"))
    assert (visits.day >= care.diagnosed_on[visits.care]).all()
    assert (visits.day < care.until[visits.care]).all()
    assert (visits.day <= world.population.last_day).all()
    same = visits.care[1:] == visits.care[:-1]
    assert (np.diff(visits.day)[same] > 0).all()
    assert (visits.sbp > visits.dbp).all()


def test_visits_have_the_rhythm_and_the_lapses_of_real_life(world: World) -> None:
    visits = world.visits["hypertension"]
    same = visits.care[1:] == visits.care[:-1]
    gap = np.diff(visits.day)[same]
    bad = visits.unsatisfactory[:-1][same]
    assert 0.65 < ((gap >= 7) & (gap <= 14))[bad].mean() < 0.95
    assert 0.85 < ((gap >= 60) & (gap <= 99))[~bad].mean() < 0.99
    assert (gap > 150).any()
    assert (gap < 60)[~bad & ~visits.referred[:-1][same]].any()
    assert (visits.way == 3).any()
    assert (visits.sbp >= 180).any()
    assert visits.adverse_reaction.any()
    assert visits.new_complication.any()
    assert visits.referred.any()
    assert len(world.attempts["hypertension"].day) > 0
    assert 0.5 < 1 - visits.unsatisfactory.mean() < 0.85


def test_readings_prefer_round_numbers_and_remember_the_last(world: World) -> None:
    visits = world.visits["hypertension"]
    assert (visits.sbp % 10 == 0).mean() > 0.3
    same = visits.care[1:] == visits.care[:-1]
    assert np.corrcoef(visits.sbp[:-1][same], visits.sbp[1:][same])[0, 1] > 0.3


def test_glucose_is_measured_in_the_diabetes_programme_only(world: World) -> None:
    assert np.isnan(world.visits["hypertension"].fpg).all()
    fpg = world.visits["diabetes"].fpg
    assert not np.isnan(fpg).any()
    assert (fpg >= 16.7).any()
    assert (fpg <= 3.9).any()


def test_a_mover_is_diagnosed_anew_where_they_go(world: World) -> None:
    care, registrations = world.care["hypertension"], world.registrations
    moved = registrations.why[care.registration] == 1
    assert moved.any()
    first = {int(person): int(until) for person, until in zip(care.person[~moved], care.until[~moved], strict=True)}
    for person, since in zip(care.person[moved].tolist(), care.diagnosed_on[moved].tolist(), strict=True):
        assert first.get(person, 0) <= since


def test_health_record_numbers_are_valid(world: World) -> None:
    places, registrations = world.population.places, world.registrations
    for at in range(0, registrations.size, 97):
        number = f"{places.villages[registrations.village[at]]}{registrations.serial[at]:05}"
        assert not isinstance(check_health_record_number(number), Problem)


# ---- childcare ----------------------------------------------------------------------------------------------------------
def test_childcare_reports_are_sound() -> None:
    rows = childcare_rows(SMALL, make_places(SMALL))
    codes = set(rows.columns["code"].tolist())
    assert len(codes) >= 4
    assert not [code for code in codes if isinstance(check_credit_code(code), Problem)]
    assert (rows.columns["enrolled"] <= rows.columns["places"]).all()
    filed_on = rows.columns["filed_on"]
    assert ((filed_on != UNKNOWN) == rows.columns["filed"]).all()
    assert (filed_on <= rows.columns["reported_on"]).all()
    assert set(rows.columns["kind"].tolist()) <= set(load_codelists()["childcare_kind"].codes)
    per_month = np.unique(rows.columns["reported_on"])
    assert len(per_month) == 36
    assert rows.size < len(codes) * 36
    assert {date_of(day + 1).day for day in per_month.tolist()} == {1}
    assert (month_index(rows.columns["reported_on"], SMALL.year) == rows.send).all()


@pytest.mark.parametrize(
    ("people", "least", "most"), [(600, 3, 9), (1_500, 3, 9), (8_000, 3, 8), (20_000, 3, 8), (640_000, 3, 8)]
)
def test_there_are_as_many_childcare_places_as_a_county_has(people: int, least: float, most: float) -> None:
    """A small county has smaller institutions, so that no more children can be enrolled than there are."""
    settings = replace(SMALL, people=people)
    rows = childcare_rows(settings, make_places(settings))
    last = rows.columns["reported_on"] == rows.columns["reported_on"].max()
    assert least <= rows.columns["places"][last].sum() / people * 1_000 <= most


def test_every_code_column_knows_its_kind() -> None:
    assert FIELD_KINDS["sbp"] == "integer"
    assert FIELD_KINDS["fpg"] == "decimal"
    assert day_number(2025, 1, 1) == 20_089
