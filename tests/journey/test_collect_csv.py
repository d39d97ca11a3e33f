"""What an institution sends, day after day, and what becomes of it: the command's inside, without the command."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wangdi.catalog.places import Organisation
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.collect import delimited, typed_rows
from wangdi.collect.collecting import collect_files
from wangdi.collect.reconciling import reconcile_counts
from wangdi.collect.refused import write_refused_rows
from wangdi.collect.request import CollectRequest, CollectResult, Mode
from wangdi.core.identifiers import id_check_character
from wangdi.core.problem import Refusal
from wangdi.engines.tables import table_of
from wangdi.language.library import load_library
from wangdi.store.city import City
from wangdi.store.records import DeclaredCount

PACKS = load_library().newest
FOLLOWUP = PACKS["hypertension"].forms["followup"]
SENDER = "990101001"
HEADER = ["档案编号", "身份证号", "姓名", "出生日期", "随访日期", "随访方式", "收缩压", "舒张压", "机构"]
MAPPING = """\
mapping: township
form: hypertension.followup
recognise: [随访日期, 收缩压, 舒张压]
subject: {local_id: 档案编号, id_no: 身份证号, name: 姓名, birth_date: 出生日期}
organisation: 机构
fields: {contact_date: 随访日期, way: 随访方式, sbp: 收缩压, dbp: 舒张压}
ignore: [备注]
"""
LEDGER = """\
mapping: childcare
form: childcare.institution
recognise: [统一社会信用代码, 托位数]
subject: {code: 统一社会信用代码}
fields: {reported_on: 报告日期, code: 统一社会信用代码, name: 机构名称, places: 托位数, enrolled: 在托人数}
"""


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "township.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "mappings" / "childcare.yaml").write_text(LEDGER, encoding="utf-8")
    with City.create(tmp_path / "city", name="试验市", now=datetime(2025, 1, 1), salt="salt") as made:
        codes = (SENDER, "990101002")
        with made.writer("test") as writer:
            rows = [
                Organisation(
                    code=code,
                    name=f"卫生院{code[-1]}",
                    kind="township_hospital",
                    level="township",
                    region="990101001000",
                    parent=None,
                )
                for code in codes
            ]
            writer.put_organisations(rows, datetime(2025, 1, 1))
        yield made


def number_of(person: int, birth: str = "19500101") -> str:
    first17 = f"990101{birth}{person % 1000:03d}"
    return first17 + id_check_character(first17)


def row(person: int, day: str, sbp: object = 140, **changes: object) -> list[object]:
    cells: dict[str, object] = {
        "档案编号": f"A{person}", "身份证号": number_of(person), "姓名": f"张{person}", "出生日期": "1950-01-01", "随访日期": day,
        "随访方式": "门诊", "收缩压": sbp, "舒张压": 85, "机构": "",
    }  # fmt: skip
    return list((cells | changes).values())


def write(
    path: Path, rows: Sequence[Sequence[object]], *, encoding: str = "utf-8", header: Sequence[str] = HEADER
) -> Path:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows([header, *rows])
    path.write_bytes(target.getvalue().encode(encoding))
    return path


def send(
    city: City, *paths: Path, mode: Mode = "add", org: str = SENDER, at: datetime = datetime(2025, 6, 30), **more: str
) -> CollectResult:
    request = CollectRequest(
        org=org, received_at=at, mode=mode, mappings=(city.folder.parent / "mappings",), mapping=more.get("mapping")
    )
    result = collect_files(city, PACKS, paths, request)
    assert result.received == result.accepted + result.refused + result.duplicates
    for count in result.counts.values():
        assert count.received == count.accepted + count.refused + count.duplicates
    return result


def facts(city: City, *columns: str, order: str = "seq") -> list[tuple[object, ...]]:
    with city.workspace() as workspace:
        held = city.facts_sql(workspace, table_of(FOLLOWUP), city.latest_seq())
        return workspace.rows(f"select {', '.join(columns)} from ({held}) order by {order}")


def people(city: City, *columns: str) -> list[tuple[object, ...]]:
    with city.workspace() as workspace:
        return workspace.rows(
            f"select {', '.join(columns)} from ({city.facts_sql(workspace, REGISTRATION_TABLE, city.latest_seq())}) order by seq"
        )


def codes(result: CollectResult) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in result.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_in_any_encoding_becomes_facts_with_their_lines(city: City, tmp_path: Path, encoding: str) -> None:
    path = write(
        tmp_path / "三月.csv", [row(1, "2025-03-01"), row(2, "2025/3/2", 150, 随访方式="2")], encoding=encoding
    )
    result = send(city, path)
    assert (result.batch, result.received, result.accepted, result.forms) == (1, 2, 2, {"hypertension.followup": 2})
    assert not result.problems
    assert facts(city, "occurred_on", "way", "sbp", "org", "source_line") == [
        (date(2025, 3, 1), "1", 140, SENDER, 2),
        (date(2025, 3, 2), "2", 150, SENDER, 3),
    ]
    assert people(city, "name", "id_no", "sex", "local_id") == [
        ("张1", number_of(1), "1", "A1"),
        ("张2", number_of(2), "2", "A2"),
    ]
    original = city.original(1)
    assert original is not None
    assert city.original_path(original).read_bytes() == path.read_bytes()


def test_facts_hold_no_names_and_no_numbers(city: City, tmp_path: Path) -> None:
    send(city, write(tmp_path / "a.csv", [row(1, "2025-03-01")]))
    for path in (city.folder / "facts").rglob("*.parquet"):
        data = path.read_bytes()
        assert number_of(1).encode() not in data
        assert "张1".encode() not in data


def test_each_refused_row_says_why_and_can_be_mended_and_sent_again_alone(city: City, tmp_path: Path) -> None:
    wrong: list[list[object]] = [
        row(1, "2025-03-01"),
        row(2, "三月初"),
        row(3, "2025-12-31"),
        row(4, "1949-12-31"),
        row(5, "2025-03-01", 900),
        row(6, "2025-03-01", 80),
        row(7, "2025-03-01", 身份证号="9.90101E+17"),
        row(8, "2025-03-01", 机构="123456"),
        row(9, "2025-03-01", "=1+1"),
        row(10, "2025-03-01", 265),
        row(11, "2025-03-01", 随访方式="托梦"),
        row(12, "2025-03-01", 身份证号="990101195001010000", 档案编号=""),
        row(13, "", 档案编号="", 身份证号="", 姓名=""),
        ["合计", *[""] * 8],
        [""] * 9,
    ]
    result = send(city, write(tmp_path / "a.csv", wrong))
    assert (result.received, result.accepted, result.refused) == (13, 5, 8)
    assert set(codes(result)) == {
        ("ROW-003", 3), ("ROW-008", 4), ("ROW-009", 5), ("ROW-006", 6), ("ROW-014", 7), ("ROW-010", 8), ("ROW-012", 9),
        ("ROW-002", 10), ("ROW-007", 11), ("ROW-004", 12), ("ROW-016", 13), ("ROW-001", 14), ("ROW-011", 14), ("ROW-018", 15),
    }  # fmt: skip
    assert all(problem.message("zh") and problem.message("en") for problem in result.problems)
    assert result.batch is not None
    assert len(city.problems(result.batch)) == result.problem_count == len(result.problems)

    (given,) = write_refused_rows(city, PACKS, result.batch, tmp_path / "退回.csv")
    with given.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [line["原行号"] for line in rows] == ["3", "4", "5", "6", "7", "8", "9", "14"]
    assert "科学计数" in rows[5]["退回原因"]
    assert "文本" in rows[5]["如何更正"]

    for line in rows[:4]:
        line.update({"随访日期": "2025-03-05", "收缩压": "145"})
    write(tmp_path / "b.csv", [list(line.values()) for line in rows[:4]], header=list(rows[0]))
    again = send(city, tmp_path / "b.csv")
    assert (again.accepted, again.refused, again.duplicates) == (4, 0, 0)
    assert not again.problems


def test_a_fraction_of_a_whole_number_is_rounded_and_told(city: City, tmp_path: Path) -> None:
    result = send(city, write(tmp_path / "a.csv", [row(1, "2025-03-01", "140.4"), row(2, "2025-03-01", "140.0")]))
    assert codes(result) == [("ROW-015", 2)]
    assert facts(city, "sbp") == [(140,), (140,)]


def test_a_formula_in_a_refused_row_is_not_run_by_the_spreadsheet_that_opens_it(city: City, tmp_path: Path) -> None:
    result = send(city, write(tmp_path / "a.csv", [row(1, "x", 姓名="=HYPERLINK(1)"), row(2, "x", -5)]))
    assert result.batch is not None
    (given,) = write_refused_rows(city, PACKS, result.batch, tmp_path / "out.csv")
    text = given.read_text("utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert ",-5," in text


def test_the_same_file_again_adds_nothing_even_after_a_correction(city: City, tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", [row(1, "2025-03-01"), row(2, "2025-03-02"), row(1, "2025-03-01", 150)])
    result = send(city, first)
    assert (result.accepted, result.superseded) == (3, 1)  # two lines of one key: the later holds
    corrected = send(city, write(tmp_path / "b.csv", [row(2, "2025-03-02", 155)]))
    assert (corrected.accepted, corrected.superseded) == (1, 1)
    held = facts(city, "seq", "sbp")
    again = send(city, first)
    assert (again.accepted, again.duplicates, again.superseded) == (0, 3, 0)
    assert facts(city, "seq", "sbp") == held
    assert [sbp for _, sbp in held] == [150, 155]
    assert len(people(city, "name")) == 2


def test_the_same_rows_in_another_file_are_duplicates_and_changed_ones_supersede(city: City, tmp_path: Path) -> None:
    send(city, write(tmp_path / "a.csv", [row(n, "2025-03-01") for n in range(1, 6)]))
    result = send(city, write(tmp_path / "b.csv", [row(n, "2025-03-01", 150 if n == 3 else 140) for n in range(1, 8)]))
    assert (result.accepted, result.duplicates, result.superseded) == (3, 4, 1)
    assert [sbp for (sbp,) in facts(city, "sbp", order="registration_id, seq")].count(150) == 1
    assert len(facts(city, "sbp")) == 7
    with city.workspace() as workspace:
        ever = city.all_facts_sql(workspace, table_of(FOLLOWUP), city.latest_seq())
        assert workspace.rows(f"select count(*), count(retired_by), any_value(retired_kind) from ({ever})") == [
            (8, 1, "superseded")
        ]
    assert len(facts(city, "sbp")) == 7
    assert [r.record.superseded for r in city.batches()] == [0, 1]


def test_replace_period_withdraws_what_is_missing_and_says_how_many(city: City, tmp_path: Path) -> None:
    send(city, write(tmp_path / "a.csv", [row(n, f"2025-03-{n:02d}") for n in range(1, 6)] + [row(1, "2025-04-01")]))
    send(city, write(tmp_path / "other.csv", [row(1, "2025-03-09")]), org="990101002")
    monthly = [row(1, "2025-03-01"), row(2, "2025-03-02", 150), row(3, "2025-03-03", 999), row(9, "2025-03-20")]
    result = send(city, write(tmp_path / "b.csv", monthly), mode="replace-period")
    assert (result.accepted, result.duplicates, result.refused) == (2, 1, 1)
    assert (result.superseded, result.withdrawn) == (
        1,
        2,
    )  # 4 and 5; not 3, which is there and refused; not April; not another's
    assert [(day, sbp) for day, sbp in facts(city, "occurred_on", "sbp", order="occurred_on")] == [
        (date(2025, 3, 1), 140), (date(2025, 3, 2), 150), (date(2025, 3, 3), 140), (date(2025, 3, 9), 140),
        (date(2025, 3, 20), 140), (date(2025, 4, 1), 140),
    ]  # fmt: skip


def test_known_gives_back_what_held_before(city: City, tmp_path: Path) -> None:
    send(city, write(tmp_path / "a.csv", [row(1, "2025-03-01"), row(2, "2025-03-02")]))
    before = city.latest_seq()
    send(city, write(tmp_path / "b.csv", [row(1, "2025-03-01", 150)]), mode="replace-period")
    with city.workspace() as workspace:
        sql = city.facts_sql(workspace, table_of(FOLLOWUP), before)
        assert workspace.rows(f"select sbp from ({sql}) order by occurred_on") == [(140,), (140,)]
    assert facts(city, "sbp") == [(150,)]


def test_a_ledger_is_the_same_whoever_sends_it_and_makes_no_person(city: City, tmp_path: Path) -> None:
    header = ["报告日期", "统一社会信用代码", "机构名称", "托位数", "在托人数"]
    path = write(tmp_path / "t.csv", [["2025-03-31", "91990101MA00000001", "某园", 60, 70]], header=header)
    result = send(city, path)
    assert (result.accepted, codes(result)) == (1, [("ROW-013", 2)])
    path = write(tmp_path / "t2.csv", [["2025-03-31", "91990101MA00000001", "某园", 60, 50]], header=header)
    again = send(city, path, org="990101002")
    assert (again.accepted, again.superseded) == (1, 1)
    assert people(city, "name") == []


def test_a_folder_is_one_batch_and_files_nobody_can_read_are_named(city: City, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    (inbox / "deep").mkdir(parents=True)
    write(inbox / "a.csv", [row(1, "2025-03-01")])
    write(inbox / "deep" / "b.csv", [row(2, "2025-03-02")], encoding="gb18030")
    write(inbox / "none.csv", [])
    (inbox / "empty.csv").write_bytes(b"")
    (inbox / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (inbox / "broken.csv").write_bytes((inbox / "deep" / "b.csv").read_bytes() + b"x,\xff\xff\n")
    write(inbox / "strange.csv", [["1"]], header=["甲"])
    result = send(city, inbox)
    assert (result.batch, result.received, result.accepted) == (1, 2, 2)
    assert {(problem.file, problem.code) for problem in result.problems} == {
        ("none.csv", "FILE-003"), ("empty.csv", "FILE-001"), ("photo.jpg", "FILE-005"), ("broken.csv", "FILE-002"),
        ("strange.csv", "MAP-021"),
    }  # fmt: skip
    (batch,) = city.batches()
    assert len(batch.record.files) == 7
    assert next(problem for problem in result.problems if problem.code == "FILE-002").line == 3


def test_hostile_text_costs_only_its_own_rows(city: City, tmp_path: Path) -> None:
    lines = [
        ",".join(HEADER),
        ",".join(map(str, row(1, "2025-03-01"))),
        "",
        ",".join(map(str, row(2, "2025-03-01", 姓名='"李\n四, 五"'))),
        "one,two",
        ",".join(map(str, row(3, "2025-03-01"))) + ",more",
        ",".join(map(str, row(4, "2025-03-01", 姓名="a\0b"))),
        ",".join(map(str, row(5, "2025-03-01", 姓名='"never closed'))),
        ",".join(map(str, row(6, "2025-03-01", 姓名="x" * 200_000))),
        ",".join(map(str, row(7, "2025-03-01"))) + "\r",
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    result = send(city, path)
    assert [line for (line,) in facts(city, "source_line")] == [2, 4, 10, 11]
    assert {(problem.code, problem.line) for problem in result.problems if problem.severity == "error"} == {
        ("FILE-010", 6), ("FILE-010", 7), ("FILE-012", 8), ("FILE-011", 9)
    }  # fmt: skip
    assert (result.received, result.accepted, result.refused) == (8, 4, 4)
    assert ("李\n四, 五",) in people(city, "name")


def test_unread_and_missing_columns_are_told_once(city: City, tmp_path: Path) -> None:
    header = [*HEADER[:5], *HEADER[6:], "血型"]
    rows = [[*cells[:5], *cells[6:], "A"] for cells in (row(1, "2025-03-01"), row(2, "2025-03-01"))]
    result = send(city, write(tmp_path / "a.csv", rows, header=header))
    assert [problem.code for problem in result.problems] == ["MAP-023", "MAP-024"]
    assert "血型" in result.problems[0].message()
    assert "随访方式" in result.problems[1].message()


def test_senders_and_paths_that_are_not_there_are_refused(city: City, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [row(1, "2025-03-01")])
    with pytest.raises(Refusal, match="FILE-008"):
        send(city, path, org="000")
    with pytest.raises(Refusal, match="FILE-006"):
        send(city, tmp_path / "nowhere.csv")
    assert city.batches() == []


def test_a_person_without_a_usable_number_is_kept_as_unresolved(city: City, tmp_path: Path) -> None:
    rows = [
        row(1, "2025-03-01", 档案编号="", 身份证号="无"),
        row(2, "2025-03-01", 档案编号="", 身份证号="无"),
        row(1, "2025-04-01", 档案编号="", 身份证号=""),
    ]
    result = send(city, write(tmp_path / "a.csv", rows))
    assert result.accepted == 3
    first, second, third = (number for (number,) in facts(city, "registration_id"))
    assert first == third != second


def test_counts_are_reconciled_with_the_owners(city: City, tmp_path: Path) -> None:
    send(
        city,
        write(
            tmp_path / "a.csv",
            [row(n, "2025-03-01") for n in range(1, 4)] + [row(1, "2025-04-01"), row(1, "2025-05-01")],
        ),
    )
    with city.writer("test") as writer:
        writer.put_declared_count(
            DeclaredCount(form="hypertension.followup", period="2025-03", org=SENDER, count=5), datetime(2025, 7, 1)
        )
        writer.put_declared_count(
            DeclaredCount(form="hypertension.followup", period="2025-04", org=SENDER, count=1), datetime(2025, 7, 1)
        )
    found = reconcile_counts(city, {"hypertension.followup": FOLLOWUP})
    assert [(one.period, one.ours, one.declared, one.difference) for one in found] == [
        ("2025-03", 3, 5, -2), ("2025-04", 1, 1, 0), ("2025-05", 1, None, None)
    ]  # fmt: skip


_CELL = st.sampled_from(["", "1", "x", "2025-03-01", "=1", "合计", "a,b", 'q"q', "l\nl", "张"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 3), st.sampled_from([140, 150, 999, "x", ""]), _CELL), max_size=12
    ),
    st.data(),
)
def test_every_row_is_accepted_refused_or_a_duplicate(
    city: City, tmp_path: Path, rows: list[tuple[int, int, object, str]], data: st.DataObject
) -> None:
    """However rows repeat, break and are spread over sendings: counts add up, and one record holds per key."""
    written = [row(person, f"2025-03-0{day}", sbp, 姓名=name) for person, day, sbp, name in rows]
    cut = data.draw(st.integers(0, len(written)))
    results = [send(city, write(tmp_path / "p.csv", part)) for part in (written[:cut], written[cut:])]
    keys = facts(city, "registration_id", "contact_date")
    assert len(keys) == len(set(keys))
    assert all(result.received <= len(rows) for result in results)


def test_small_chunks_give_what_one_chunk_gives(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        row(n % 50, f"2025-0{n % 5 + 1}-1{n % 7}", 120 + n % 60, 姓名='a"\nb' if n % 40 == 0 else f"张{n}")
        for n in range(400)
    ]
    path = write(tmp_path / "a.csv", rows, encoding="gb18030")
    for name, size in (("BLOCK_BYTES", 500), ("FIRST_CHUNK_BYTES", 1000), ("CHUNK_BYTES", 2000)):
        monkeypatch.setattr(delimited, name, size)
    result = send(city, path)
    lines = [line for (line,) in facts(city, "source_line", order="source_line")]
    small = facts(city, "registration_id", "contact_date", "sbp", order="1, 2, 3")
    monkeypatch.undo()
    with City.create(tmp_path / "second", name="x", now=datetime(2025, 1, 1), salt="salt") as other:
        whole = send(other, path)
        assert [line for (line,) in facts(other, "source_line", order="source_line")] == lines
        assert facts(other, "registration_id", "contact_date", "sbp", order="1, 2, 3") == small
    assert (result.received, result.accepted, result.superseded) == (whole.received, whole.accepted, whole.superseded)


_CHILD = """
import sys
from datetime import datetime
from pathlib import Path
from wangdi.collect.collecting import collect_files
from wangdi.collect.request import CollectRequest
from wangdi.language.library import load_library
from wangdi.store.city import City
city = City.open(Path(sys.argv[1]))
request = CollectRequest(org="990101001", received_at=datetime(2025, 6, 30), mappings=(Path(sys.argv[2]),))
print("ready", flush=True)
collect_files(city, load_library().newest, [Path(sys.argv[3])], request)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("delay", [0.05, 0.3, 0.8])
def test_an_end_in_the_middle_leaves_nothing_half_accepted(
    city: City, tmp_path: Path, how: signal.Signals, delay: float
) -> None:
    path = write(tmp_path / "big.csv", [row(n, f"2025-03-{n % 28 + 1:02d}") for n in range(60_000)])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = [sys.executable, "-c", textwrap.dedent(_CHILD), str(city.folder), str(tmp_path / "mappings"), str(path)]
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(delay)
        child.send_signal(how)
        child.wait(timeout=60)
    batches = city.batches()
    assert len(facts(city, "seq")) == sum(batch.record.accepted for batch in batches)
    result = send(city, path)
    assert result.accepted + result.duplicates == 60_000
    assert len(facts(city, "seq")) == 60_000
    assert list((city.folder / "staging").iterdir()) == []


def test_a_full_disk_leaves_nothing_half_accepted(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.csv", [row(n, "2025-03-01") for n in range(20)])

    def full(*arguments: object, **more: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("wangdi.store.workspace.Workspace.copy", full)
        with pytest.raises(Refusal) as refused:
            send(city, path)
    assert refused.value.problem.code == "STORE-005"
    assert city.batches() == []
    assert list((city.folder / "staging").iterdir()) == []
    assert send(city, path).accepted == 20


def test_progress_counts_bytes(city: City, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [row(1, "2025-03-01")])
    told: list[tuple[str, int, int]] = []
    progress: Callable[[str, int, int], None] = lambda name, done, total: told.append((name, done, total))  # noqa: E731
    request = CollectRequest(
        org=SENDER, received_at=datetime(2025, 6, 30), mappings=(city.folder.parent / "mappings",), progress=progress
    )
    collect_files(city, PACKS, [path], request)
    assert told[-1] == ("a.csv", path.stat().st_size, path.stat().st_size)


ODDITIES: dict[str, dict[str, object]] = {
    "plain": {},
    "day": {"随访日期": "2025年3月4日"},
    "word": {"随访方式": "1.家庭"},
    "unit": {"收缩压": "16kPa"},
    "missing": {"舒张压": "未测"},
    "lower x": {"档案编号": "", "身份证号": number_of(5, "19500107").lower()},
    "old number": {"档案编号": "", "身份证号": "990101500101003"},
    "rubbish": {"收缩压": "很高", "随访方式": "飞鸽"},
    "no number": {"档案编号": "", "身份证号": "无"},
    "birthday": {"出生日期": "1950/1/1"},
}
"""What a cell may be written like; each needs another way of reading, or none does."""


@given(st.lists(st.sampled_from(sorted(ODDITIES)), min_size=1, max_size=12), st.booleans())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_how_other_files_were_written_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, kinds: list[str], org: bool
) -> None:
    """Files of one format are read in the way earlier ones needed: a file read for the first time comes to the same."""
    folder = tmp_path_factory.mktemp("cities")
    (folder / "mappings").mkdir()
    mapping = MAPPING if org else MAPPING.replace("organisation: 机构\n", "")
    (folder / "mappings" / "township.yaml").write_text(mapping, encoding="utf-8")
    rows = [row(n, "2025-03-01", **ODDITIES[kind]) for n, kind in enumerate(kinds)]
    mixed = write(folder / "mixed.csv", rows)
    found: list[object] = []
    monkeypatch.setattr(typed_rows, "_thorough", {})
    everything = frozenset(f"{part}.{name}" for part in "sf" for name in (*FOLLOWUP.fields, "id_no", "birth_date"))
    for known in ({}, {("township", mapping): everything}, None):  # None: what the second run of the first would know
        if known is not None:
            typed_rows._thorough.clear()
            typed_rows._thorough.update(known)
        with City.create(folder / f"city{len(found)}", name="市", now=datetime(2025, 1, 1), salt="salt") as city:
            result = send(city, mixed)
            held = facts(city, "*"), people(city, "*")
            found.append((held, codes(result), [problem.as_json("zh") for problem in result.problems]))
    assert found[0] == found[1] == found[2]
