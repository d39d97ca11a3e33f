"""Rows kept by hand: newest wins, and every earlier ``known`` still sees what held then."""

from __future__ import annotations

from datetime import date

from tests.contract.store_cases import day
from wangdi.catalog.places import Organisation, Region
from wangdi.catalog.populations import PopulationRow
from wangdi.store.city import City
from wangdi.store.records import DeclaredCount, FormOwner, ParameterOverride
from wangdi.store.verify import check_city


def test_places_and_their_history(city: City) -> None:
    county = Region("990101000000", "示范县", "county", None)
    old = Region("990101001000", "旧镇", "township", county.code, None, date(2024, 12, 31), "990101002000")
    renamed = Region("990101001000", "老镇", "township", county.code, None, date(2024, 12, 31), "990101002000")
    later = Region("990101001000", "新镇", "township", county.code, date(2025, 1, 1))
    clinic = Organisation("V1", "村卫生室", "village_clinic", "village", "990101001001", "T1", date(2020, 1, 1))
    with city.writer("admin") as writer:
        assert writer.put_regions([county, old], day(0)) == 1
        assert writer.put_organisations([clinic], day(0)) == 3
        assert writer.put_regions([later, renamed], day(9)) == 4
        assert writer.put_regions([], day(9)) == 6
    assert city.regions(2) == [county, old]
    assert city.regions() == [county, renamed, later]
    assert city.regions(0) == []
    assert city.organisations() == [clinic]
    assert city.organisations(2) == []
    assert city.regions(city.seq_known("2025-01-05")) == [county, old]
    assert check_city(city) == []


def test_populations_keep_their_number(city: City) -> None:
    first = PopulationRow("990101000000", 2024, "residents", 640000, "统计年鉴", date(2025, 3, 1))
    revised = PopulationRow("990101000000", 2024, "residents", 641200.5, "统计年鉴", date(2025, 6, 1))
    police = PopulationRow("990101000000", 2024, "residents", 655000, "公安户籍")
    with city.writer("admin") as writer:
        writer.put_populations([first, police], day(0))
        writer.put_populations([revised], day(1))
    assert city.populations(2) == [police, first]
    assert city.populations() == [police, revised]
    assert city.numbered_populations() == [(2, police), (3, revised)]


def test_overrides_owners_and_declared_counts(city: City) -> None:
    override = ParameterOverride(pack="hypertension", name="goal_sbp", value="130", who="慢病科", why="示范县试点")
    back = ParameterOverride(pack="hypertension", name="goal_sbp", value=None, who="慢病科", why="试点结束")
    province = FormOwner(form="hypertension.followup", owner="省公卫平台")
    declared = DeclaredCount(form="hypertension.followup", period="2025-10", org="T1", count=812)
    with city.writer("admin") as writer:
        writer.put_parameter_override(override, day(0))
        writer.put_form_owner(province, day(0))
        writer.put_declared_count(declared, day(0))
        writer.put_parameter_override(back, day(1))
    assert city.parameter_overrides(3) == [override]
    assert city.parameter_overrides() == []
    assert city.form_owners() == [province]
    assert city.declared_counts() == [declared]
    assert [log.kind for log in city.acceptance(1, 4)] == [
        "parameter_override", "form_owner", "declared_count", "parameter_override",
    ]  # fmt: skip
