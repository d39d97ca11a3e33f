"""Views of other databases: read-only, in bounded memory, kept as originals that say where they are from, collected once."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.cities import id_number
from tests.journey.small_city import HOSPITAL, ask, call, make_small_city, write_people
from wangdi.app.source_files import parse_source
from wangdi.store.city import City
from wangdi.store.foreign import ForeignQuery, open_foreign, parse_address, shown_address

SOURCE = """\
source: his
url: env:HIS_DB
org: H1
extracts:
  followups:
    view: v_followups
    mapping: his
    window: {column: visit_day, days: 60}
    order: [visit_id]
"""
MAPPING = """\
mapping: his
form: hypertension.followup
subject: {local_id: patient_no}
fields: {contact_date: visit_day, sbp: sbp, dbp: dbp, way: way, other_signs: remarks}
ignore: [visit_id, updated_at]
"""
COLUMNS = "visit_id, patient_no, visit_day, sbp, dbp, way, remarks, updated_at"
VIEW = f"create view v_followups as select {COLUMNS} from visits where not hidden"
TABLE = """create table visits (visit_id integer primary key, patient_no varchar(20), visit_day date, sbp numeric(6, 2),
dbp numeric(6, 2), way varchar(4), remarks text, updated_at timestamp, hidden boolean default false)"""
RECEIVED = "2025-06-30T12:00:00"


@dataclass(frozen=True, slots=True)
class His:
    """A hospital's database with a view, and the city that reads it."""

    url: str
    city: Path

    def run(self, sql: str, **values: Any) -> None:
        engine = create_engine(self.url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            connection.execute(text(sql), values or None)
        engine.dispose()

    def add(self, visit: int, patient: str, day: date | None, sbp: object = 138, remarks: str | None = None) -> None:
        self.run(
            "insert into visits values (:v, :p, :d, :s, 84, '1', :r, :u, false)",
            v=visit, p=patient, d=day, s=_number(sbp, self.url), r=remarks, u=datetime(2025, 6, 1, 8, 30),
        )  # fmt: skip

    def pull(self, *more: object, code: int = 0) -> Any:
        return ask(self.city, "source", "pull", "his", "--received-at", RECEIVED, *more, code=code)


def _number(value: object, url: str) -> object:
    """SQLite has no decimals."""
    return float(value) if isinstance(value, Decimal) and url.startswith("sqlite") else value


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = make_small_city(tmp_path / "city")
    write_people(tmp_path / "sent", range(6))
    ask(folder, "collect", tmp_path / "sent", "--org", HOSPITAL, "--received-at", "2025-01-05")
    (folder / "sources").mkdir()
    (folder / "sources" / "his.yaml").write_text(SOURCE, encoding="utf-8")
    (folder / "mappings" / "his.yaml").write_text(MAPPING, encoding="utf-8")
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def his(request: pytest.FixtureRequest, city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> His:
    """The same hospital on either database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'his.db'}"
    else:
        make: Callable[[], str] = request.getfixturevalue("make_postgres")
        url = make()
    monkeypatch.setenv("HIS_DB", url)
    made = His(url, city)
    made.run(TABLE)
    made.run(VIEW)
    return made


def problem_codes(said: Any) -> list[str]:
    return [problem["code"] for problem in said["problems"]]


def test_rows_of_the_window_become_facts_with_their_line(his: His) -> None:
    his.add(1, "R1", date(2025, 6, 2), Decimal("141.00"), "多行\n文字，有“引号”和,逗号")
    his.add(2, "R2", date(2025, 6, 3), None, None)
    his.add(3, "R3", date(2024, 1, 1))
    his.add(4, "R4", None)
    his.add(5, "R5", date(2025, 6, 4), 460)
    said = his.pull(code=11)
    (row,) = said["rows"]
    assert (row["received"], row["accepted"], row["refused"]) == (3, 2, 1)
    assert (row["extracts"][0]["rows"], row["extracts"][0]["since"]) == (3, "2025-05-01")
    assert {"ROW-006"} <= set(problem_codes(said))
    with City.open(his.city) as opened:
        batch = opened.batches()[-1]
        original = opened.original(batch.record.files[0].original)
        assert original is not None
        kept = opened.original_path(original).read_text("utf-8")
        fact = batch.first_seq
    note, header, first = kept.splitlines()[:3]
    assert "# wangdi source his, extract followups, view: v_followups" in note
    assert "visit_day from 2025-05-01 to now" in note
    assert RECEIVED in note
    assert header == COLUMNS.replace(" ", "")
    assert first.startswith("1,R1,2025-06-02,141")
    traced = ask(his.city, "trace", fact)
    assert traced["source"]["line"] == 3
    assert traced["source"]["raw"].startswith("1,R1,2025-06-02")
    assert traced["source"]["header"] == header
    refused = his.city.parent / "refused.csv"
    ask(his.city, "problems", "--batch", batch.id, "--rows", refused)
    assert refused.read_text("utf-8-sig").splitlines()[0].startswith("visit_id,patient_no")


def test_pulled_again_nothing_is_taken_twice(his: His) -> None:
    his.add(1, "R1", date(2025, 6, 2))
    assert his.pull()["rows"][0]["accepted"] == 1
    again = his.pull()["rows"][0]
    assert (again["same"], again["batch"]) == (True, None)
    his.add(2, "R2", date(2025, 6, 3))
    third = his.pull()["rows"][0]
    assert (third["accepted"], third["duplicates"]) == (1, 1)
    his.run("update visits set sbp = 150 where visit_id = 1")
    assert his.pull()["rows"][0]["superseded"] == 1
    first_load = his.pull("--since", "2024-01-01", "--until", "2024-12-31")["rows"][0]
    assert first_load["extracts"][0] | {"rows": 0, "sha256": ""} == {
        "extract": "followups", "rows": 0, "sha256": "", "since": "2024-01-01", "until": "2024-12-31",
    }  # fmt: skip


def test_a_view_that_fails_half_way_brings_nothing(his: His) -> None:
    for visit in range(1, 50):
        his.add(visit, f"R{visit % 6}", date(2025, 6, 1 + visit % 28))
    breaking = {
        "sqlite": "case when visit_id = 40 then abs(-9223372036854775807 - 1) else sbp end",
        "postgresql": "sbp / (visit_id - 40)",
    }["sqlite" if his.url.startswith("sqlite") else "postgresql"]
    his.run("drop view v_followups")
    his.run(f"create view v_followups as select {COLUMNS.replace('sbp,', f'{breaking} as sbp,')} from visits")
    said = call("source", "pull", "his", "--received-at", RECEIVED, city=his.city)
    assert said.exit_code == 20
    assert "WAY-011" in said.stderr
    with City.open(his.city) as opened:
        assert len(opened.batches()) == 1
    assert not list((his.city / "tmp").iterdir())
    assert not list((his.city / "originals").rglob("*wangdi*"))


def test_the_database_cannot_be_written_through_it(his: His) -> None:
    his.add(1, "R1", date(2025, 6, 2))
    with open_foreign(his.url, "his") as foreign, pytest.raises(DBAPIError, match=r"read.?only"):
        foreign._connection.execute(text("delete from visits"))  # what our own code never says
    with open_foreign(his.url, "his") as foreign:
        assert len(list(foreign.rows(ForeignQuery(name="x", view="visits")))) == 1


def test_check_draft_and_list(his: His) -> None:
    his.add(1, "R1", date(2025, 6, 2))
    right = ask(his.city, "source", "check")
    assert (right["right"], right["rows"][0]["missing"]) == (["his"], [])
    drafted = ask(his.city, "source", "draft", "his")["drafts"][0]["mapping"]
    assert "mapping: his" in drafted
    assert "visit_day" in drafted
    (row,) = ask(his.city, "source", "list")["rows"]
    assert (row["extract"], row["window"], row["org"]) == ("followups", "visit_day: 60 d", "H1")
    assert "v_followups" in call("source", "list", city=his.city, env={"WANGDI_LANG": "en"}).stdout
    (his.city / "sources" / "his.yaml").write_text(SOURCE.replace("visit_id]", "visit_no]"), encoding="utf-8")
    said = ask(his.city, "source", "check", code=11)
    assert problem_codes(said) == ["WAY-012"]
    assert "visit_id" in said["problems"][0]["hint"]
    (his.city / "sources" / "his.yaml").write_text(SOURCE.replace("v_followups", "v_gone"), encoding="utf-8")
    assert problem_codes(ask(his.city, "source", "check", code=11)) == ["WAY-011"]
    (his.city / "sources" / "his.yaml").write_text(SOURCE.replace("mapping: his", "mapping: gone"), encoding="utf-8")
    assert problem_codes(ask(his.city, "source", "check", code=11)) == ["WAY-017"]
    assert call("source", "pull", "his", city=his.city).exit_code == 2
    assert call("source", "pull", "nobody", city=his.city).exit_code == 2


def test_a_query_with_chinese_columns_and_colons(his: His) -> None:
    query = (
        'select patient_no as "档案编号", visit_day as "随访日期", sbp as "收缩压", dbp as "舒张压", '
        '\'a:b\' as "其他体征", way as "方式" from visits'
    )
    source = SOURCE.replace("view: v_followups", f"query: >-\n      {query}").replace(
        "mapping: his", "mapping: followup"
    )
    source = source.replace("column: visit_day", "column: 随访日期").replace("order: [visit_id]", "order: [档案编号]")
    (his.city / "sources" / "his.yaml").write_text(source, encoding="utf-8")
    his.add(1, "R1", date(2025, 6, 2))
    assert his.pull()["rows"][0]["accepted"] == 1


def test_many_rows_in_bounded_memory(his: His) -> None:
    """A driver that fetched everything first would hold all of it: some rows at a time must do."""
    if his.url.startswith("sqlite"):
        numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)"
    else:
        numbers = "with n(i) as (select generate_series(1, 60000))"
    query = ForeignQuery(name="x", query=f"{numbers} select i, '{'字' * 300}' as long_text from n")
    import tracemalloc

    with open_foreign(his.url, "his") as foreign:
        tracemalloc.start()
        count = sum(1 for _ in foreign.rows(query))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 60000
    assert peak < 12 << 20


def test_what_replaces_months_is_whole_months(his: His) -> None:
    days = SOURCE + "mode: replace-period\n"
    source, problems = parse_source(days, "his.yaml")
    assert source is None
    assert [problem.code for problem in problems] == ["WAY-004"]
    (his.city / "sources" / "his.yaml").write_text(days.replace("days: 60", "months: 1"), encoding="utf-8")
    his.add(1, "R1", date(2025, 5, 2))
    his.add(2, "R2", date(2025, 6, 2))
    first = his.pull()["rows"][0]
    assert (first["extracts"][0]["since"], first["accepted"]) == ("2025-05-01", 2)
    his.run("delete from visits where visit_id = 1")
    his.add(3, "R3", date(2025, 5, 9))
    assert his.pull()["rows"][0]["withdrawn"] == 1
    for wrong in (("--since", "2025-05-02"), ("--until", "2025-06-15")):
        assert call("source", "pull", "his", *wrong, city=his.city).exit_code == 2


# ---- what does not depend on which database it is -------------------------------------------------------------------------
def test_a_sqlite_file_in_gbk_with_pictures_and_long_texts(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table v_followups (patient_no text, visit_day text, sbp real, dbp int, way text,"
                           " remarks text, photo blob, visit_id int)")  # fmt: skip
        for number, remarks in enumerate(("头晕，已嘱复诊", "长" * 200_000)):
            connection.execute(
                "insert into v_followups values (?, ?, 141.0, 80, '1', cast(? as text), ?, ?)",
                (f"R{number}", "20250602", remarks.encode("gb18030"), b"\x89PNG\r\n\x1a\n\x00\x01\xff" * 50, number),
            )
    connection.close()
    monkeypatch.setenv("HIS_DB", f"sqlite:///{path}")
    text_window = "{column: visit_day, days: 60, format: '%Y%m%d'}"
    source = SOURCE.replace("{column: visit_day, days: 60}", text_window)
    file = city / "sources" / "his.yaml"
    file.write_text(source, encoding="utf-8")
    wrong = call("source", "pull", "his", "--received-at", RECEIVED, city=city)
    assert (wrong.exit_code, "WAY-011" in wrong.stderr) == (20, True)
    file.write_text(source + "encoding: gb18030\n", encoding="utf-8")
    said = ask(city, "source", "pull", "his", "--received-at", RECEIVED)
    assert said["rows"][0]["accepted"] == 2
    assert "WAY-013" in problem_codes(said)
    with City.open(city) as opened:
        original = opened.original(opened.batches()[-1].record.files[0].original)
        assert original is not None
        kept = opened.original_path(original).read_text("utf-8")
    assert "头晕，已嘱复诊" in kept
    assert "长" * 200_000 in kept
    assert "PNG" not in kept


def test_a_postgresql_in_gb2312(city: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    name = f"gb_{os.getpid()}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            f"create database {name} encoding 'EUC_CN' lc_collate 'C' lc_ctype 'C' template template0".encode()
        )
    url = postgres_url.replace("/postgres?", f"/{name}?")
    monkeypatch.setenv("HIS_DB", url)
    his = His(url, city)
    his.run(TABLE)
    his.run(VIEW)
    his.add(1, "R1", date(2025, 6, 2), remarks="头晕")
    assert his.pull()["rows"][0]["accepted"] == 1
    with City.open(city) as opened:
        original = opened.original(opened.batches()[-1].record.files[0].original)
        assert original is not None
        assert "头晕" in opened.original_path(original).read_text("utf-8")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://reader:s3cret%2Fword@127.0.0.1:1/his", "WAY-010"),
        ("postgresql://reader@127.0.0.1:1/his?password=s3cret%2Fword", "WAY-010"),
        ("sqlite:////nowhere/at/all.db", "WAY-010"),
        ("oracle://reader:s3cret%2Fword@10.0.0.1:1521/?service_name=his", "WAY-008"),
        ("mssql://reader:s3cret%2Fword@10.0.0.1/his", "WAY-008"),
        ("mysql://reader:s3cret%2Fword@10.0.0.1/his?charset=gbk", "WAY-008"),
        ("dm://reader:s3cret%2Fword@10.0.0.1:5236", "WAY-008"),
        ("access:///x.mdb", "WAY-007"),
        ("sqlite://", "WAY-007"),
        ("s3cret/word", "WAY-007"),
    ],
)
def test_a_database_that_is_away_is_told_without_its_password(
    city: Path, monkeypatch: pytest.MonkeyPatch, url: str, code: str
) -> None:
    monkeypatch.setenv("HIS_DB", url)
    for verb in ("pull", "check", "draft"):
        said = call("source", verb, "his", city=city, env={"WANGDI_LANG": "en"})
        assert said.exit_code in (2, 11, 20)
        assert code in said.output
        assert "s3cret" not in said.output
        assert "Traceback" not in said.output
    listed = call("source", "list", "--json", city=city)
    assert "s3cret" not in listed.output
    if code == "WAY-008":
        assert "pip install" in said.output
    assert list((city / "tmp").iterdir()) == []


def test_one_that_is_away_does_not_keep_the_others(city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    his = His(f"sqlite:///{tmp_path / 'his.db'}", city)
    his.run(TABLE)
    his.run(VIEW)
    his.add(1, "R1", date(2025, 6, 2))
    monkeypatch.setenv("HIS_DB", his.url)
    monkeypatch.setenv("AWAY", "postgresql://x@127.0.0.1:1/y")
    away = SOURCE.replace("source: his", "source: away").replace("HIS_DB", "AWAY")
    (city / "sources" / "away.yaml").write_text(away, encoding="utf-8")
    said = ask(city, "source", "pull", "--received-at", RECEIVED, code=20)
    assert [(row["source"], row["accepted"]) for row in said["rows"]] == [("his", 1)]
    assert problem_codes(said)[0] == "WAY-010"
    monkeypatch.delenv("AWAY")
    assert call("source", "pull", "away", city=city).exit_code == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("url: env:HIS_DB", "url: postgresql://a:b@h/d"), "WAY-005"),
        (("url: env:HIS_DB", "url: postgresql://a@h/d?password=b"), "WAY-005"),
        (("url: env:HIS_DB", "url: nonsense"), "WAY-007"),
        (("view: v_followups", "query: delete from visits"), "WAY-009"),
        (("view: v_followups", "query: select 1; drop table visits"), "WAY-009"),
        (("view: v_followups", "view: a\n    query: select 1"), "WAY-003"),
        (("    view: v_followups\n", ""), "WAY-003"),
        (("org: H1\n", ""), "WAY-003"),
        (("org: H1", "org: H1\nmode: all"), "WAY-004"),
        (("org: H1", "org: H1\nencoding: nonsense"), "WAY-004"),
        (("source: his", "source: ../his"), "WAY-004"),
        (("followups:", "../x:"), "WAY-004"),
        (("days: 60", "days: soon"), "WAY-004"),
        (("days: 60", "days: 60, months: 2"), "WAY-003"),
        (("org: H1", "org: H1\norgs: H1"), "WAY-002"),
    ],
)
def test_a_wrong_source_file_is_told_with_its_line(change: tuple[str, str], code: str) -> None:
    source, problems = parse_source(SOURCE.replace(*change), "his.yaml")
    assert source is None
    assert problems[0].code == code
    assert problems[0].line
    assert problems[0].hint("en")


def test_addresses_are_shown_without_what_is_secret() -> None:
    assert shown_address("postgresql://u:p@h:5432/his?sslmode=require") == ("postgresql", "h:5432/his")
    assert shown_address("sqlite:////somewhere/his.db") == ("sqlite", "his.db")
    assert parse_address("mysql://h/d").drivername == "mysql+pymysql"
    assert parse_address("mssql+pyodbc://h/d").drivername == "mssql+pyodbc"
    assert id_number(date(1950, 1, 1), 1).startswith("99")
