"""A city's folder: made once, opened as often as wanted, with no secret in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from wangdi.core.problem import Refusal
from wangdi.store.city import City
from wangdi.store.cityfile import CityFile, read_city_file, write_city_file
from wangdi.store.database import resolve_url

NOW = datetime(2025, 1, 1)


def code_of(refused: pytest.ExceptionInfo[Refusal]) -> str:
    return refused.value.problem.code


def test_a_city_is_made_and_opened(tmp_path: Path) -> None:
    with City.create(tmp_path / "a" / "city", name="示范“县”\\", now=NOW, salt="盐") as made:
        assert (made.latest_seq(), made.salt, made.batches(), made.segments()) == (0, "盐", [], [])
    with City.open(tmp_path / "a" / "city") as opened:
        assert (opened.id, opened.name, opened.salt) == (made.id, "示范“县”\\", "盐")


def test_cities_of_the_same_name_have_salts_of_their_own(tmp_path: Path) -> None:
    with (
        City.create(tmp_path / "a", name="县", now=NOW) as one,
        City.create(tmp_path / "b", name="县", now=datetime(2025, 1, 2)) as other,
    ):
        assert one.salt != other.salt
        assert one.id != other.id


def test_no_city_is_made_over_something_else(tmp_path: Path) -> None:
    City.create(tmp_path / "city", name="县", now=NOW).close()
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "report.docx").write_text("x")
    for folder, code in (("city", "STORE-006"), ("papers", "STORE-008")):
        with pytest.raises(Refusal) as refused:
            City.create(tmp_path / folder, name="县", now=NOW)
        assert code_of(refused) == code
    (tmp_path / "file").write_text("x")
    with pytest.raises(Refusal) as refused:
        City.create(tmp_path / "file", name="县", now=NOW)
    assert code_of(refused) == "STORE-005"


@pytest.mark.parametrize("content", [None, "", "id = 1", "not toml", 'id = "x"\nname = "y"\n'])
def test_a_folder_that_is_no_city(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "city.toml").write_text(content)
    with pytest.raises(Refusal) as refused:
        City.open(tmp_path)
    assert code_of(refused) == "STORE-001"


def test_an_empty_database_is_not_the_citys(tmp_path: Path) -> None:
    City.create(tmp_path / "city", name="县", now=NOW).close()
    for path in (tmp_path / "city").glob("city.sqlite*"):
        path.unlink()
    with pytest.raises(Refusal) as refused:
        City.open(tmp_path / "city")
    assert code_of(refused) == "STORE-009"


def test_a_password_may_stand_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITY_DATABASE", f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    City.create(tmp_path / "city", name="县", now=NOW, database_url="env:CITY_DATABASE").close()
    assert "elsewhere" not in (tmp_path / "city" / "city.toml").read_text()
    City.open(tmp_path / "city").close()
    monkeypatch.delenv("CITY_DATABASE")
    with pytest.raises(Refusal) as refused:
        City.open(tmp_path / "city")
    assert code_of(refused) == "STORE-002"


def test_a_url_with_a_password_is_for_its_owners_eyes(tmp_path: Path) -> None:
    write_city_file(tmp_path, CityFile(id="x", name="县", database="postgresql://u:secret@host/db"))
    assert (tmp_path / "city.toml").stat().st_mode & 0o077 == 0
    assert read_city_file(tmp_path).database == "postgresql://u:secret@host/db"


@pytest.mark.parametrize("url", ["mysql://x/y", "no url", "postgresql:/", ""])
def test_urls_that_name_no_database_of_ours(tmp_path: Path, url: str) -> None:
    with pytest.raises(Refusal) as refused:
        resolve_url(url, tmp_path)
    assert code_of(refused) == "STORE-003"


def test_a_database_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    nobody = f"postgresql://u@/db?host={tmp_path}"
    with pytest.raises(Refusal) as refused:
        City.create(tmp_path / "city", name="县", now=NOW, database_url=nobody)
    assert code_of(refused) == "STORE-004"
    assert not (tmp_path / "city" / "city.toml").exists()
