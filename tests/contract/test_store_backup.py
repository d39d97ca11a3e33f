"""A backup is the whole city; restored anywhere it gives the same answers, and a damaged one is refused."""

from __future__ import annotations

import csv
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.contract.store_cases import (
    DAY,
    FOLLOWUP,
    RESIDENT,
    Row,
    current,
    day,
    entry,
    everything,
    files,
    send,
    stage,
    stage_rows,
)
from wangdi.catalog.places import Region
from wangdi.core.problem import Problem, Refusal
from wangdi.store.backup import restore_city, write_backup
from wangdi.store.city import City
from wangdi.store.export import export_facts
from wangdi.store.records import BatchFile, BatchRecord, Withdrawal
from wangdi.store.verify import check_city


def fill(city: City, tmp_path: Path) -> None:
    """A bit of everything a city can hold."""
    sent = tmp_path / "随访.csv"
    sent.write_bytes("姓名\n".encode("gb18030"))
    resident = (2, 9, DAY.date(), None, None, "org", None, 1, 4, None, "测试人", None)
    with city.writer("test") as writer:
        writer.put_regions([Region("990101000000", "示范县", "county", None)], day(0))
        original = writer.add_original(sent, "随访.csv", "org", day(0))
        mapping = writer.add_mapping("a", "form: x")
        file = BatchFile(original=original.id, name="随访.csv", mapping="a", mapping_sha256=mapping)
        staged = [stage_rows(writer, [Row(1), Row(2)]), stage(writer, RESIDENT, [resident])]
        record = BatchRecord(org="org", received_at=day(0), files=(file,))
        writer.accept(record, staged, [Problem(code="STORE-006", file="随访.csv", line=7)])
        send(writer, [Row(3)], day(1))
        writer.compact(FOLLOWUP.name)
        writer.enter(entry("a", at=day(2), supersedes=2), FOLLOWUP)
        writer.roll_journal([FOLLOWUP])
        writer.enter(entry("b", at=day(3)), FOLLOWUP)
        gone = Withdrawal(form=FOLLOWUP.name, facts=(3,), reason="录错", actor="test", at=day(4))
        writer.withdraw(gone, FOLLOWUP)


def answers(city: City) -> object:
    """What readers are told at every moment."""
    latest = city.latest_seq()
    return (
        city.name,
        city.salt,
        [everything(city, known) for known in range(latest + 1)],
        current(city, None, RESIDENT),
        city.batches(),
        city.problems(),
        city.regions(),
        city.acceptance(1, latest),
        city.audit(),
        city.original(1),
        city.journal_row(6),
        city.seq_known("2025-01-02"),
    )


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_restored_city_answers_the_same(
    city: City, tmp_path: Path, into: str, request: pytest.FixtureRequest
) -> None:
    fill(city, tmp_path)
    backup = tmp_path / "city.tar"
    assert write_backup(city, backup, "operator") == len(files(city) - replaced(city)) + 2
    url = "sqlite" if into == "sqlite" else request.getfixturevalue("make_postgres")()
    restored = restore_city(backup, tmp_path / "elsewhere" / "city", database_url=url)
    assert answers(restored) == answers(city)
    assert check_city(restored) == []
    with restored.writer("test") as writer:
        send(writer, [Row(9)], day(9))
        writer.remove_replaced()
    assert check_city(restored) == []
    assert restored.original_path(restored.original(1) or pytest.fail("no original")).read_bytes()
    restored.close()
    City.open(tmp_path / "elsewhere" / "city").close()


def replaced(city: City) -> set[str]:
    with city.reading() as connection:
        return set(connection.execute(text("select path from segment where replaced_by is not null")).scalars())


def test_a_backup_holds_no_password(city: City, tmp_path: Path) -> None:
    fill(city, tmp_path)
    write_backup(city, tmp_path / "city.tar", "operator")
    with tarfile.open(tmp_path / "city.tar") as tar:
        member = tar.extractfile("city.toml")
        assert member is not None
        assert b'database = "sqlite"' in member.read()
        assert not [name for name in tar.getnames() if name.endswith(("-wal", "-shm", ".lock"))]


def test_a_damaged_backup_is_refused_and_leaves_nothing(sqlite_city: City, tmp_path: Path) -> None:
    fill(sqlite_city, tmp_path)
    backup = tmp_path / "city.tar"
    write_backup(sqlite_city, backup, "operator")
    whole = backup.read_bytes()
    middle = whole.index("测试人".encode())
    wrong_format = tmp_path / "format.tar"
    with tarfile.open(wrong_format, "w") as tar:
        (tmp_path / "backup.json").write_text(json.dumps({"format": 99, "files": {}}))
        tar.add(tmp_path / "backup.json", "backup.json")
    (tmp_path / "flipped.tar").write_bytes(whole[:middle] + b"x" + whole[middle + 1 :])
    (tmp_path / "short.tar").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "other.tar").write_bytes(b"no tar at all")
    for name in ("flipped.tar", "short.tar", "other.tar", "format.tar"):
        with pytest.raises(Refusal) as refused:
            restore_city(tmp_path / name, tmp_path / "target")
        assert refused.value.problem.code == "STORE-050", name
    with pytest.raises(Refusal):
        restore_city(tmp_path / "missing.tar", tmp_path / "target")
    assert not (tmp_path / "target").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    with pytest.raises(Refusal) as refused:
        restore_city(backup, sqlite_city.folder)
    assert refused.value.problem.code == "STORE-008"


def test_a_backup_that_cannot_be_written_leaves_the_old_one(sqlite_city: City, tmp_path: Path) -> None:
    (tmp_path / "city.tar").write_text("the old one")
    with pytest.MonkeyPatch.context() as patch:

        def full(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(os, "fsync", full)
        with pytest.raises(Refusal):
            write_backup(sqlite_city, tmp_path / "city.tar", "operator")
    assert (tmp_path / "city.tar").read_text() == "the old one"


def test_an_export_is_the_current_facts_of_every_form(city: City, tmp_path: Path) -> None:
    fill(city, tmp_path)
    with city.workspace() as workspace:
        known = city.latest_seq()
        written, problems = export_facts(city, workspace, tmp_path / "out", known, [FOLLOWUP])
        assert problems == []
        assert [(one.form, one.path, one.rows) for one in written] == [
            (RESIDENT.name, f"identities/{RESIDENT.name}.parquet", 1),
            (FOLLOWUP.name, f"facts/{FOLLOWUP.name}.parquet", 3),
        ]
        kept = tmp_path / "out" / "facts" / f"{FOLLOWUP.name}.parquet"
        seqs = workspace.rows(f"select seq from read_parquet('{kept}') order by seq")
        assert [seq for (seq,) in seqs] == current(city)
        earlier, _ = export_facts(city, workspace, tmp_path / "earlier", 3)
        assert [one.rows for one in earlier] == [0, 2]
        with pytest.raises(Refusal) as refused:
            export_facts(city, workspace, tmp_path / "out", known)
        assert refused.value.problem.code == "STORE-008"
    with (tmp_path / "out" / "manifest.csv").open(encoding="utf-8") as handle:
        assert [row["form"] for row in csv.DictReader(handle)] == [RESIDENT.name, FOLLOWUP.name]


def test_an_export_says_what_it_could_not_take(city: City, tmp_path: Path) -> None:
    with city.writer("doctor") as writer:
        writer.enter(entry("a"), FOLLOWUP)
    with city.workspace() as workspace:
        written, problems = export_facts(city, workspace, tmp_path / "out", 1)
    assert written == []
    assert [(problem.code, problem.args) for problem in problems] == [
        ("STORE-051", {"form": FOLLOWUP.name, "rows": "1"})
    ]


def change(sql: str) -> Callable[[City], None]:
    def damage(city: City) -> None:
        with city.engine.connect() as connection, connection.begin():
            connection.execute(text(sql))

    return damage


def first_file(city: City, folder: str) -> Path:
    return next(city.folder / path for path in sorted(files(city) - replaced(city)) if path.startswith(folder))


def alter(folder: str) -> Callable[[City], None]:
    def damage(city: City) -> None:
        path = first_file(city, folder)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    return damage


def lose(folder: str) -> Callable[[City], None]:
    return lambda city: first_file(city, folder).unlink()


def leave(path: str) -> Callable[[City], None]:
    def damage(city: City) -> None:
        (city.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (city.folder / path).write_text("x")

    return damage


@pytest.mark.parametrize(
    ("damage", "codes"),
    [
        (alter("facts"), {"STORE-041"}),
        (alter("identities"), {"STORE-041"}),
        (alter("originals"), {"STORE-041"}),
        (alter("problems"), {"STORE-041"}),
        (lose("identities"), {"STORE-040"}),
        (lose("originals"), {"STORE-040"}),
        (leave("facts/hypertension.followup/base=9/9.parquet"), {"STORE-042"}),
        (leave("originals/ab/abcdef"), {"STORE-042"}),
        (change("update counter set next_seq = 99"), {"STORE-043"}),
        (change("update acceptance set last_seq = 9 where first_seq = 1"), {"STORE-043"}),
        (change("update segment set rows = rows + 1 where id = 2"), {"STORE-044"}),
        (change("update segment set last_seq = 3 where id = 2"), {"STORE-044"}),
        (change("update batch set last_seq = last_seq + 1 where id = 2"), {"STORE-045"}),
        (change("update region set seq = 4"), {"STORE-045"}),
        (change("update journal set rolled_into = null where seq = 6"), {"STORE-046"}),
        (change("update journal set rolled_into = 1 where seq = 7"), {"STORE-047"}),
    ],
)
def test_every_damage_is_found(city: City, tmp_path: Path, damage: Callable[[City], None], codes: set[str]) -> None:
    fill(city, tmp_path)
    assert check_city(city) == []
    damage(city)
    assert {problem.code for problem in check_city(city)} == codes


def test_what_was_derived_is_checked_by_who_derived_it(sqlite_city: City) -> None:
    found = Problem(code="STORE-042", args={"path": "derived/x"})
    assert check_city(sqlite_city, lambda: [found]) == [found]


def test_the_citys_own_rules_are_in_it(city: City, tmp_path: Path) -> None:
    """Without its packs and mappings a restored city would judge and read otherwise."""
    for name in ("packs/own/pack.yaml", "mappings/own.yaml", "surveillance.yaml", "notify.yaml"):
        path = city.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    write_backup(city, tmp_path / "backup.tar", "test")
    with restore_city(tmp_path / "backup.tar", tmp_path / "again"):
        assert (tmp_path / "again" / "packs" / "own" / "pack.yaml").read_text(encoding="utf-8") == "packs/own/pack.yaml"
        assert (tmp_path / "again" / "mappings" / "own.yaml").read_text(encoding="utf-8") == "mappings/own.yaml"
        assert (tmp_path / "again" / "surveillance.yaml").is_file()
        assert (tmp_path / "again" / "notify.yaml").is_file()
