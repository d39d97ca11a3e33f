"""Documents of people without an identity card: a passport number is one person's only together with its country."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cities import CLINIC_A1, CLINIC_A2, HOSPITAL, TestCity, make_city
from tests.journey.test_linking import DAY, link, rows_of, stand, together
from tests.pages import check_page, open_pages, read, words_of
from wangdi.app.derivation import derive
from wangdi.app.newcomer_matching import gather_everybody, match_newcomer
from wangdi.app.persons import show_person
from wangdi.catalog import tables
from wangdi.catalog.places import Organisation
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.collect.collecting import collect_files
from wangdi.collect.request import CollectRequest
from wangdi.language.library import load_library
from wangdi.link.people import show_person as show_number
from wangdi.store.city import City

PASSPORT = {"id_type": "03", "id_no": "E12345678", "sex": "1"}
MAPPING = """\
mapping: foreigners
form: health_record.resident
recognise: [档案编号, 国籍]
subject: {local_id: 档案编号, name: 姓名, id_type: 证件类型, id_no: 证件号码, nationality: 国籍}
fields: {opened_on: 建档日期}
"""
FILE = """\
档案编号,姓名,证件类型,证件号码,国籍,建档日期
1,JOHN SMITH,护照,E12345678,美国,2024-01-01
2,MARY JONES,护照,E12345679,GBR,2024-01-01
3,KIM MINJUN,护照,M11111111,410,2024-01-01
4,LEE,护照,M22222222,,2024-01-01
5,WHO,护照,M33333333,火星,2024-01-01
"""


@pytest.fixture
def made(tmp_path: Path) -> TestCity:
    return make_city(tmp_path / "city", load_library())


def said(name: str, born: date, nationality: str | None) -> dict[str, Any]:
    return {**PASSPORT, "name": name, "birth_date": born, "nationality": nationality}


def test_one_number_of_two_countries_is_two_people(made: TestCity) -> None:
    born = date(1980, 5, 6)
    made.accept(
        rows_of(
            [
                (1, CLINIC_A1, said("SMITH JOHN", born, "US")),
                (2, HOSPITAL, said("JOHN SMITH", born, "US")),
                (3, CLINIC_A2, said("JANE JONES", date(1991, 1, 2), "GB")),
            ]
        )
    )
    link(made)
    assert frozenset({3}) in together(made)
    with made.city.workspace("1GB") as workspace:
        everybody = gather_everybody(stand(made.city, workspace))
    asked = {"name": "JOHN SMITH", "sex": "1", "birth": "1980-05-06", "id_type": "03", "id_no": "E12345678"}
    numbers: dict[str, set[str]] = {}
    for land in ("USA", "GBR"):
        likely = match_newcomer(everybody, {**asked, "nationality": land}).likely
        numbers[land] = {part.level for one in likely for part in one.parts if part.field == "number"}
    assert "same" in numbers["USA"]
    assert "same" not in numbers["GBR"]


@pytest.fixture
def collected(tmp_path: Path) -> Iterator[City]:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "foreigners.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "sent.csv").write_text(FILE, encoding="gb18030")
    with City.create(tmp_path / "city", name="试验市", now=datetime(2025, 1, 1), salt="salt") as city:
        with city.writer("test") as writer:
            writer.put_organisations([Organisation("H1", "医院", "hospital", "county", "990101000000", None)], DAY)
        request = CollectRequest(org="H1", received_at=DAY, mode="add", mappings=(tmp_path / "mappings",), mapping=None)
        result = collect_files(city, load_library().newest, [tmp_path / "sent.csv"], request)
        assert result.accepted >= 4
        yield city


def test_a_nationality_is_collected_as_its_code(collected: City) -> None:
    with collected.workspace("500MB") as workspace:
        sql = collected.facts_sql(workspace, REGISTRATION_TABLE, collected.latest_seq())
        found: dict[str, str | None] = dict(
            workspace.rows(f"SELECT local_id, nationality FROM ({sql}) ORDER BY local_id")
        )
    assert {one: found[one] for one in "1234"} == {"1": "US", "2": "GB", "3": "KR", "4": None}
    assert found.get("5") is None, "what is no country is missing"


def test_pages_say_it(collected: City) -> None:
    with collected.workspace("500MB") as workspace:
        standing = stand(collected, workspace)
        links = derive(standing).links
        names = f"SELECT l.person_id FROM {standing.registrations} r JOIN {links} l USING (registration_id)"
        ((person,),) = workspace.rows(f"{names} WHERE r.name = 'KIM MINJUN'")
        assert show_person(standing, person)["golden"]["nationality"]["value"] == "KR"
    with open_pages(collected.folder) as client:
        assert "国籍 韩国" in words_of(check_page(read(client, f"/person/{show_number(person)}")))


def test_registrations_from_before_it_was_collected_read_as_missing(
    made: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = REGISTRATION_TABLE.only(name for name, _ in REGISTRATION_TABLE.columns if name != "nationality")
    monkeypatch.setattr("tests.cities.REGISTRATION_TABLE", older)
    made.accept(rows_of([(1, CLINIC_A1, {**PASSPORT, "name": "JOHN SMITH", "birth_date": date(1980, 5, 6)})]))
    monkeypatch.setattr("tests.cities.REGISTRATION_TABLE", tables.REGISTRATION_TABLE)
    made.accept(rows_of([(2, HOSPITAL, said("JOHN SMITH", date(1980, 5, 6), "US"))]), DAY)
    stored = {segment.columns for segment in made.city.segments(REGISTRATION_TABLE.name)}
    assert len(stored) == 2
    link(made, DAY + timedelta(days=1))
    assert together(made) == {frozenset({1, 2})}
    with made.city.workspace("1GB") as workspace:
        rows = workspace.rows(f"SELECT registration_id, nationality FROM {stand(made.city, workspace).registrations}")
    assert sorted(rows) == [(1, None), (2, "US")]
