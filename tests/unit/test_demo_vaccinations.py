"""The synthetic children's doses: near the schedule's ages, with lapses, in codes the catalogue knows."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from wangdi.catalog.codelists import load_codelists
from wangdi.demo.days import date_of, day_number
from wangdi.demo.forms import World
from wangdi.demo.rows import Rows
from wangdi.demo.settings import WorldSettings
from wangdi.demo.vaccinations import months_after, vaccination_rows
from wangdi.demo.world import make_world


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(WorldSettings(people=12_000, seed=7))


@pytest.fixture(scope="module")
def made(world: World) -> dict[str, Rows]:
    return {rows.form.rpartition(".")[2]: rows for rows in vaccination_rows(world)}


def test_months_are_clamped_at_the_end_of_the_month() -> None:
    births = np.array([day_number(2024, 8, 31), day_number(2024, 1, 15)], dtype=np.int32)
    assert [date_of(day) for day in months_after(births, 6).tolist()] == [date(2025, 2, 28), date(2024, 7, 15)]


def test_codes_are_those_of_the_catalogue(made: dict[str, Rows]) -> None:
    lists = load_codelists()
    assert set(made["dose"].columns["vaccine"].tolist()) <= set(lists["vaccine"].codes)
    assert set(made["deferral"].columns["vaccine"].tolist()) <= set(lists["vaccine"].codes)
    assert set(made["deferral"].columns["kind"].tolist()) <= {"refused", "deferred"}


def test_no_vaccine_is_given_twice_on_a_day_nor_after_today(world: World, made: dict[str, Rows]) -> None:
    rows = made["dose"]
    keys = list(zip(rows.registration.tolist(), rows.occurred.tolist(), rows.columns["vaccine"].tolist(), strict=True))
    assert len(set(keys)) == rows.size > 1_000
    assert rows.occurred.max() <= world.population.last_day
    assert (rows.occurred < world.registrations.until[rows.registration]).all()


def test_most_doses_are_in_time_some_late_and_some_some_days_too_early(world: World, made: dict[str, Rows]) -> None:
    rows = made["dose"]
    first = (rows.columns["vaccine"] == "mmr") & (rows.columns["dose_no"] == 1)
    birth = world.population.birth[world.registrations.person[rows.registration[first]]]
    day = rows.occurred[first]
    in_time = (day >= months_after(birth, 8)) & (day < months_after(birth, 12))
    early = months_after(birth, 8) - day
    assert 0.85 < in_time.mean() < 0.99
    assert (day >= months_after(birth, 12)).any()
    assert set(early[early > 0].tolist()) <= {1, 2, 3, 4, 5, 6}
    assert (early > 0).any()


def test_dtap_changed_its_ages_with_the_year(world: World, made: dict[str, Rows]) -> None:
    rows = made["dose"]
    first = (rows.columns["vaccine"] == "dtap") & (rows.columns["dose_no"] == 1)
    birth = world.population.birth[world.registrations.person[rows.registration[first]]]
    new = months_after(birth, 2) >= day_number(2025)
    assert (rows.occurred[first][~new] >= months_after(birth[~new], 3)).all()
    assert (rows.occurred[first][new] < months_after(birth[new], 3)).any()


def test_hpv_is_for_girls_of_13_since_it_is_free(world: World, made: dict[str, Rows]) -> None:
    rows = made["dose"]
    given = rows.columns["vaccine"] == "hpv2"
    person = world.registrations.person[rows.registration[given]]
    assert given.any()
    assert not world.population.male[person].any()
    assert (rows.occurred[given] >= day_number(2025, 11, 10)).all()
    assert (rows.occurred[given] >= months_after(world.population.birth[person], 13 * 12)).all()


def test_nearly_all_have_a_certificate_and_those_who_came_bring_theirs(made: dict[str, Rows]) -> None:
    kinds = made["certificate"].columns["certificate_kind"].tolist()
    assert set(kinds) == {1, 3}
    assert kinds.count(1) > kinds.count(3)
