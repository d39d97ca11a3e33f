"""The workspace: exact values in and out, bounded, and cut off from any network."""

from __future__ import annotations

import threading
import time
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.core.problem import Refusal
from wangdi.store.workspace import CHUNK_ROWS, Workspace, sql_name, sql_text, sql_texts

COLUMNS = {
    "whole": "BIGINT", "part": "DOUBLE", "said": "VARCHAR", "yes": "BOOLEAN", "on day": "DATE", "at": "TIMESTAMP"
}  # fmt: skip
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.floats(allow_nan=False),
        st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        st.none() | st.booleans(),
        st.none() | st.dates(),
        st.none() | st.datetimes(),
    ),
    max_size=5,
)


@given(rows=ROWS)
def test_a_table_gives_back_what_was_put_in(rows: list[tuple[object, ...]]) -> None:
    with Workspace() as workspace:
        workspace.create_table("a table", COLUMNS, rows)
        assert workspace.rows(f"select * from {sql_name('a table')}") == rows
        assert workspace.columns(f"from {sql_name('a table')}") == tuple(COLUMNS.items())


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_literal_is_the_text_itself(text: str) -> None:
    with Workspace() as workspace:
        assert workspace.one(f"select {sql_text(text)}") == (text,)
        assert workspace.one(f"select {sql_texts([text, 'x'])}") == ([text, "x"],)
        if text:
            assert workspace.dicts(f"select 1 as {sql_name(text)}") == [{text: 1}]


def test_rows_arrive_in_pieces_and_in_order() -> None:
    with Workspace() as workspace:
        size = CHUNK_ROWS * 2 + 1
        workspace.create_table("n", {"i": "BIGINT"}, ((number,) for number in range(size)))
        pieces = list(workspace.batches("select i from n order by i"))
        assert [len(piece) for piece in pieces] == [CHUNK_ROWS, CHUNK_ROWS, 1]
        assert pieces[-1] == [(size - 1,)]


def test_a_table_is_replaced_and_forgotten() -> None:
    with Workspace() as workspace:
        workspace.create_table("t", {"a": "BIGINT"}, [(1,)])
        workspace.create_table("t", {"b": "VARCHAR"})
        assert workspace.columns("from t") == (("b", "VARCHAR"),)
        assert workspace.has_table("t")
        workspace.drop_table("t")
        workspace.drop_table("t")
        assert not workspace.has_table("t")


def test_questions_asked_together_are_answered_as_one_by_one() -> None:
    with Workspace() as workspace:
        workspace.create_table(
            "t", COLUMNS, [(1, 0.5, "x", True, date(2025, 1, 2), datetime(2025, 1, 2, 3)), (None,) * 6]
        )
        asked = {f"q{number}": f"select {number} as n, * from t order by whole" for number in range(9)}
        together = workspace.answers(asked)
        assert list(together.items()) == [(name, workspace.dicts(sql)) for name, sql in asked.items()]
        assert workspace.answers({}) == {}
        with pytest.raises(duckdb.Error):
            workspace.answers({"good": "select 1", "bad": "select nonsense"})
        assert workspace.one("select 1") == (1,), "a question that failed leaves the session usable"


def test_a_session_beside_has_the_same_settings() -> None:
    said = "select name, value from duckdb_settings() where name in ('TimeZone', 'parquet_metadata_cache') order by 1"
    with Workspace() as workspace, workspace.beside() as other:
        assert other.rows(said) == workspace.rows(said) == [("TimeZone", "UTC"), ("parquet_metadata_cache", "true")]


def test_copy_answers_how_many(tmp_path: Path) -> None:
    with Workspace() as workspace:
        assert workspace.copy("select * from range(7)", tmp_path / "it's.parquet") == 7
        assert workspace.one(f"select count(*) from read_parquet({sql_text(tmp_path / 'it')[:-1]}''s.parquet')") == (7,)


def test_dates_stay_in_their_own_day() -> None:
    with Workspace() as workspace:
        assert workspace.one("select ?::DATE, ?::TIMESTAMP", [date(1949, 10, 1), datetime(2025, 1, 1, 0, 30)]) == (
            date(1949, 10, 1),
            datetime(2025, 1, 1, 0, 30),
        )
        assert workspace.one("select current_setting('TimeZone')") == ("UTC",)


def test_nothing_reaches_for_the_network() -> None:
    with Workspace() as workspace:
        for setting in ("autoinstall_known_extensions", "autoload_known_extensions", "allow_community_extensions"):
            assert workspace.one(f"select current_setting('{setting}')") == (False,)
        with pytest.raises((Refusal, duckdb.Error)):
            workspace.run("install httpfs")
        with pytest.raises((Refusal, duckdb.Error)):
            workspace.rows("from 'https://example.invalid/x.parquet'")
        loaded = workspace.rows("select extension_name from duckdb_extensions() where loaded and not installed")
        assert loaded == []


def test_big_work_spills_to_the_folder_given(tmp_path: Path) -> None:
    with Workspace(memory="60MB", threads=1, temp_dir=tmp_path / "spill") as workspace:
        sorted_rows = "select hash(i) as h, i from range(4_000_000) t(i) order by h"
        assert workspace.copy(sorted_rows, tmp_path / "sorted.parquet") == 4_000_000
        assert (tmp_path / "spill").is_dir()


def test_a_disk_or_memory_that_does_not_allow_it_is_refused(tmp_path: Path) -> None:
    with Workspace(memory="20MB", threads=1) as workspace:
        with pytest.raises(Refusal) as refused:
            workspace.copy("select 1", tmp_path / "no such folder" / "x.parquet")
        assert refused.value.problem.code == "STORE-007"
        with pytest.raises(Refusal) as refused:
            workspace.rows("select list(hash(i)) from range(20_000_000) t(i) group by i % 2")
        assert refused.value.problem.code == "STORE-007"
        with pytest.raises(duckdb.Error):
            workspace.rows("select nonsense")


def test_closing_breaks_off_what_another_thread_still_runs() -> None:
    workspace = Workspace()
    beside = workspace.beside()
    begun = threading.Event()
    ended: list[str] = []

    def count() -> None:
        begun.set()
        try:
            beside.one("select sum(hash(a.i + b.i)) from range(100000000) a(i), range(100000) b(i)")
        except (KeyboardInterrupt, duckdb.Error) as error:
            ended.append(type(error).__name__)

    thread = threading.Thread(target=count)
    thread.start()
    begun.wait()
    time.sleep(0.2)
    beside.close()
    thread.join(timeout=30)
    workspace.close()
    assert ended == ["KeyboardInterrupt"]
