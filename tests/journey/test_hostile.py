"""Odd and hostile input through the command line: each file gets a reason, its place and a remedy, and harms nothing."""

from __future__ import annotations

import csv
import ctypes
import gzip
import json
import os
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.conftest import go_without
from tests.journey.small_city import FOLLOWUP_HEADER, HOSPITAL, ask, call, followup, make_small_city, write_people
from wangdi.store.city import City

OPTIONS = ("--org", HOSPITAL, "--received-at", "2025-06-30T09:00:00")
MEGABYTE = 1 << 20
MOST_MEMORY = 700 * MEGABYTE
"""What a process may take for a file that holds nothing, whatever its size."""
NOISE = random.Random(1).randbytes(20_000)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city with twelve residents."""
    top = tmp_path_factory.mktemp("hostile")
    city = make_small_city(top / "city")
    write_people(top / "people", range(12))
    assert ask(city, "collect", top / "people", *OPTIONS)["accepted"] == 24
    return city


@pytest.fixture
def city(founded: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it that a test may write to. It goes at once: some tests send hundreds of megabytes."""
    yield Path(shutil.copytree(founded, tmp_path / "city"))
    shutil.rmtree(tmp_path / "city")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


TELL_PEAK = """
import atexit, pathlib, runpy, sys
peak = pathlib.Path(sys.argv.pop(1))
atexit.register(lambda: peak.write_text(pathlib.Path("/proc/self/status").read_text()))
runpy.run_module("wangdi", run_name="__main__", alter_sys=True)
"""
"""Runs the command and leaves what the system says of it at its end. What a parent is told of a child's memory includes the
parent's own, from the moment before the child became another program."""


def start(
    city: Path, *arguments: object, before: Callable[[], None] | None = None, peak: Path | None = None
) -> subprocess.Popen[bytes]:
    """The command in a process of its own. ``peak``: where it leaves what the system says of it at its end."""
    called = ["-m", "wangdi"] if peak is None else ["-c", TELL_PEAK, str(peak)]
    return subprocess.Popen(
        [sys.executable, *called, *map(str, arguments)],
        env={**os.environ, "WANGDI_CITY": str(city), "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=before,
    )  # fmt: skip


def run(city: Path, *arguments: object, before: Callable[[], None] | None = None, peak: Path | None = None) -> Ended:
    """The command to its end."""
    process = start(city, *arguments, before=before, peak=peak)
    out, err = process.communicate()
    assert b"Traceback" not in err, err.decode()
    return Ended(process.returncode, out.decode(), err.decode())


def read_peak(path: Path) -> int:
    """The most memory the command took, in bytes."""
    found = re.search(r"VmHWM:\s*(\d+) kB", path.read_text())
    assert found is not None
    return int(found[1]) * 1024


def check_problems(problems: list[dict[str, Any]], code: str, file: str) -> None:
    """One of the problems is the one expected, and each says where, why and what to do."""
    assert code in {problem["code"] for problem in problems}, problems
    for problem in problems:
        assert problem["file"] == file
        assert problem["message"]
        assert problem["hint"], problem


def workbook(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("随访").write(0, 0, "随访登记表")
    return path


# ---- files that hold nothing, or not what they say --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.csv", b"", "FILE-001"),
        ("mark.csv", b"\xef\xbb\xbf", "MAP-021"),
        ("mark16.csv", b"\xff\xfe", "MAP-021"),
        ("blank.csv", b"\n\n\n", "MAP-021"),
        ("nul.csv", b"\0" * 5000, "MAP-021"),
        ("noise.csv", NOISE, "FILE-002"),
        ("noise.xlsx", NOISE, "FILE-002"),
        ("noise.json", NOISE, "FHIR-002"),
        ("noise.json.gz", b"\x1f\x8b" + NOISE, "FHIR-003"),
        ("paper.pdf", b"%PDF-1.7 paper", "FILE-005"),
        ("cut.xlsx", b"PK\x03\x04cut", "SHEET-005"),
        ("cut.json", b'{"resourceType": "Bundle", "entry": [{', "FHIR-001"),
        ("deep.json", b"[" * 200_000, "FHIR-014"),
        ("deep.ndjson", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "FHIR-014"),
        ("half.json", b'{"resourceType": "Patient", "id": "x", "name": [{"text": "\\ud83d"}]}', "FHIR-015"),
        ("number.json", b"1e999", "FHIR-005"),
        ("list.json", b'{"resourceType": ["Patient"], "id": {}}', "FHIR-005"),
        ("wide.csv", ",".join(f"c{number}" for number in range(20_000)).encode() + b"\n1\n", "MAP-021"),
    ],
)
def test_nothing_is_taken_and_the_reason_is_told(
    founded: Path, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    said = ask(founded, "collect", file, *OPTIONS, code=11)
    assert said["accepted"] == 0
    check_problems(said["problems"], code, name)
    assert said["received"] == said["refused"] + said["duplicates"]


def test_what_holds_no_record_is_never_passed_over_in_silence(founded: Path, tmp_path: Path) -> None:
    """A bundle without entries, a workbook without a table, a folder without a file, a file with a header only."""
    (tmp_path / "bundle.json").write_text('{"resourceType": "Bundle", "entry": null}', encoding="utf-8")
    check_problems(ask(founded, "collect", tmp_path / "bundle.json", *OPTIONS)["problems"], "FHIR-017", "bundle.json")
    with xlsxwriter.Workbook(tmp_path / "none.xlsx") as book:
        book.add_worksheet("空")
    assert "FILE-016" in call("collect", tmp_path / "none.xlsx", *OPTIONS, city=founded).stdout
    assert call("collect", workbook(tmp_path / "title.xlsx"), *OPTIONS, city=founded).exit_code == 11
    (tmp_path / "bare").mkdir()
    check_problems(ask(founded, "collect", tmp_path / "bare", *OPTIONS, code=11)["problems"], "FILE-017", "bare")
    (tmp_path / "header.csv").write_text(FOLLOWUP_HEADER + "\n", encoding="utf-8")
    check_problems(ask(founded, "collect", tmp_path / "header.csv", *OPTIONS)["problems"], "FILE-003", "header.csv")


def test_a_damaged_row_costs_no_other(city: Path, tmp_path: Path) -> None:
    """NUL in one row, a quotation mark never closed in another, a hundred thousand commas behind a third."""
    rows = [
        FOLLOWUP_HEADER, followup(1, "2025-03-01"), "R2,2025-03-01,1\x0030,80,1,", followup(3, "2025-03-01"),
        followup(4, "2025-03-01") + "," * 100_000, 'R5,2025-03-01,130,80,1,"never closed', followup(6, "2025-03-01"),
    ]  # fmt: skip
    (tmp_path / "rows.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")
    said = ask(city, "collect", tmp_path / "rows.csv", *OPTIONS, code=11)
    assert (said["received"], said["accepted"], said["refused"]) == (6, 4, 2)
    assert {(one["code"], one["line"]) for one in said["problems"]} == {("FILE-012", 3), ("FILE-011", 6)}


# ---- size -------------------------------------------------------------------------------------------------------------
def long_line(path: Path, begin: bytes, size: int = 300 * MEGABYTE) -> Path:
    """One line of that many bytes, most of them a hole in the disk."""
    with path.open("wb") as file:
        file.write(begin)
        file.seek(size)
        file.write(b"\n")
    return path


def packed(path: Path, begin: bytes, blocks: int = 600) -> Path:
    """A small file that unpacks to so many megabytes."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(begin)
        for _ in range(blocks):
            file.write(b" " * MEGABYTE)
    return path


def bomb(path: Path, *, lying: bool) -> Path:
    """A workbook whose sheet unpacks to 600 MB; ``lying``: its table of contents says that it is 1 KB."""
    ordinary = workbook(path.with_name("ordinary.xlsx"))
    with zipfile.ZipFile(ordinary) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for name in old.namelist():
            if not name.startswith("xl/worksheets/sheet"):
                new.writestr(name, old.read(name))
                continue
            with new.open(name, "w", force_zip64=True) as sheet:
                sheet.write(old.read(name).partition(b"<sheetData>")[0] + b"<sheetData>")
                for _ in range(600):
                    sheet.write(b" " * MEGABYTE)
                sheet.write(b"</sheetData></worksheet>")
    data = bytearray(path.read_bytes())
    place = data.find(b"PK\x01\x02") if lying else -1
    while place >= 0:
        if data[place + 46 :].startswith(b"xl/worksheets/sheet"):
            struct.pack_into("<I", data, place + 24, 1000)
        place = data.find(b"PK\x01\x02", place + 4)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "make", "code"),
    [
        ("line.csv", lambda path: long_line(path, f"{FOLLOWUP_HEADER}\nR1,2025-03-01,".encode()), "FILE-004"),
        ("header.csv", lambda path: long_line(path, b""), "MAP-021"),
        ("line.json", lambda path: long_line(path, b'{"resourceType": "Bundle", "entry": ['), "FHIR-009"),
        ("line.ndjson", lambda path: long_line(path, b'{"resourceType": "Patient", "id": "'), "FHIR-009"),
        ("packed.json.gz", lambda path: packed(path, b"{"), "FHIR-009"),
        ("packed.ndjson.gz", lambda path: packed(path, b'{"id": "'), "FHIR-009"),
        ("bomb.xlsx", lambda path: bomb(path, lying=False), "SHEET-016"),
        ("lying.xlsx", lambda path: bomb(path, lying=True), "SHEET-016"),
    ],
)
def test_size_alone_takes_no_memory(
    city: Path, tmp_path: Path, name: str, make: Callable[[Path], Path], code: str
) -> None:
    file = make(tmp_path / name)
    ended = run(city, "collect", file, *OPTIONS, "--json", "--quiet", peak=tmp_path / "peak")
    file.unlink()
    assert ended.code == 11
    check_problems(ended.said["problems"], code, name)
    memory = read_peak(tmp_path / "peak")
    assert memory < MOST_MEMORY, f"{memory // MEGABYTE} MB"


# ---- names and contents that other programs would run -----------------------------------------------------------------
def test_paths_may_be_called_anything(city: Path, tmp_path: Path) -> None:
    """Blanks, Chinese, line ends, quotation marks, a name in GB18030: shown on one line, and traced."""
    sent = tmp_path / "空 格\n换行 $(rm);\"'"
    sent.mkdir()
    inner = Path(os.fsdecode(os.fsencode(sent) + "/随访 表.csv".encode("gb18030")))
    inner.write_text("\n".join([FOLLOWUP_HEADER, followup(1, "2025-03-01"), followup(1, "2025-02-31"), ""]))
    said = ask(city, "collect", sent, *OPTIONS, code=11)
    assert (said["accepted"], said["refused"]) == (1, 1)
    check_problems(said["problems"], "ROW-003", "随访 表.csv")
    odd = tmp_path / "换\n行\x1b[31m.csv"
    odd.write_text("\n".join([FOLLOWUP_HEADER, followup(2, "2025-02-31"), ""]), encoding="utf-8")
    said = ask(city, "collect", odd, *OPTIONS, code=11)
    assert said["problems"][0]["file"] == "换\ufffd行\ufffd[31m.csv"
    table = call("problems", "--batch", said["batch"], city=city).stdout
    assert "\x1b" not in table
    missing = call("collect", tmp_path / "没\n有.csv", *OPTIONS, city=city)
    assert missing.exit_code == 20
    assert "没\ufffd有.csv" in missing.stderr


def test_a_formula_is_text(city: Path, tmp_path: Path) -> None:
    """It is kept as it was sent, and given back such that no spreadsheet runs it."""
    evil = ("=cmd|'/C calc'!A0", "@SUM(A1)", "-2+3+cmd|'/C calc'!A0", "+1")
    rows = [f'R{number},2025-03-{number + 1:02},130,80,1,"{text}"' for number, text in enumerate(evil)]
    wrong = [f'R{number},2025-02-31,130,80,1,"{text}"' for number, text in enumerate(evil)]
    file = tmp_path / "formulas.csv"
    file.write_text("\n".join([FOLLOWUP_HEADER, *rows, *wrong, ""]), encoding="utf-8")
    said = ask(city, "collect", file, *OPTIONS, code=11)
    assert (said["accepted"], said["refused"]) == (4, 4)
    with City.open(city) as opened:
        (first, last) = next(
            (batch.first_seq, batch.last_seq) for batch in opened.batches() if batch.id == said["batch"]
        )
    traces = [ask(city, "trace", number) for number in range(first, last + 1) if number < first + 4]
    assert [one["fact"]["fields"]["other_signs"] for one in traces] == list(evil)
    back = tmp_path / "back.csv"
    assert call("problems", "--batch", said["batch"], "--rows", back, city=city).exit_code == 0
    with back.open(encoding="utf-8-sig", newline="") as handle:
        given = [row["其他体征"] for row in csv.DictReader(handle)]
    assert given == [f"'{evil[0]}", f"'{evil[1]}", f"'{evil[2]}", "+1"]


# ---- rights, disks, others, and impatience ----------------------------------------------------------------------------
def give_up_root() -> None:
    """Let the file rights hold for root too."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Callable[[Path, int], Path]]:
    """Takes rights away, and gives them back afterwards."""
    taken: list[tuple[Path, int]] = []

    def close(path: Path, mode: int) -> Path:
        taken.append((path, path.stat().st_mode))
        path.chmod(mode)
        return path

    yield close
    for path, mode in reversed(taken):
        path.chmod(mode)


def test_what_may_not_be_read_is_named(city: Path, tmp_path: Path, closed: Callable[[Path, int], Path]) -> None:
    sent = tmp_path / "sent" / "inner"
    sent.mkdir(parents=True)
    (sent / "随访.csv").write_text("\n".join([FOLLOWUP_HEADER, followup(1, "2025-03-01"), ""]), encoding="utf-8")
    closed(sent, 0)
    ended = run(city, "collect", sent.parent, *OPTIONS, before=give_up_root)
    assert ended.code == 20
    assert "inner" in ended.err
    assert "FILE-007" in ended.err
    assert "权限" in ended.err
    closed(sent, 0o755)
    closed(sent / "随访.csv", 0)
    ended = run(city, "collect", sent.parent, *OPTIONS, before=give_up_root)
    assert (ended.code, "FILE-007" in ended.err) == (20, True)
    closed(sent / "随访.csv", 0o644)
    for folder in ("staging", "facts"):
        closed(city / folder, 0o555)
        ended = run(city, "collect", sent, *OPTIONS, before=give_up_root)
        assert ended.code in (20, 21), (folder, ended.err)
        assert "STORE-005" in ended.err or "CLI-020" in ended.err
        closed(city / folder, 0o755)
        assert ask(city, "verify")["problems"] == []
    assert ask(city, "collect", sent, *OPTIONS)["accepted"] == 1


def many_rows(path: Path, rows: int) -> Path:
    """A file that takes a while."""
    lines = (followup(number % 12, f"20{10 + number % 15}-0{number % 9 + 1}-{number % 28 + 1:02}", number % 100 + 90)
             for number in range(rows))  # fmt: skip
    path.write_text("\n".join([FOLLOWUP_HEADER, *lines, ""]), encoding="utf-8")
    return path


def test_a_file_size_limit_is_told_and_leaves_nothing_half_done(city: Path, tmp_path: Path) -> None:
    """The system refuses to write any further, early and late."""
    file = many_rows(tmp_path / "many.csv", 30_000)
    before = ask(city, "figures", "--period", "2025")["known"]
    for limit in (1_000, 100_000, 600_000):
        ended = run(city, "collect", file, *OPTIONS, before=lambda: limit_file_size(limit))  # noqa: B023
        assert ended.code == 20, ended.err
        assert "STORE-" in ended.err, ended.err
        assert ask(city, "verify")["problems"] == []
        assert ask(city, "figures", "--period", "2025")["known"] == before
    assert ask(city, "collect", file, *OPTIONS)["accepted"] > 0


def limit_file_size(limit: int) -> None:
    """No file of this process may grow beyond that."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


ON_A_FULL_DISK = """
set -eu
wangdi() { "$PYTHON" -m wangdi "$@"; }
collect() { wangdi collect "$FILE" --org H1 --received-at 2025-06-30T09:00:00 --quiet --json; }
mount -t tmpfs -o size=40m none "$DISK"
cp -r "$CITY" "$DISK/city"
export WANGDI_CITY="$DISK/city"
for left in 50 400 1500 3000 5000 8000; do
    free=$(df --output=avail -k "$DISK" | tail -1)
    head -c $(( (free - left) * 1024 )) /dev/zero > "$DISK/filler"
    code=0
    collect > /dev/null 2> "$OUT/err-$left" || code=$?
    rm "$DISK/filler"
    problems=$(wangdi verify --json --quiet | "$PYTHON" -c "$COUNT")
    echo "$left $code $problems"
    if [ $code -ne 20 ]; then break; fi
done
collect > "$OUT/said" || true
wangdi verify --quiet > /dev/null
"""
COUNT = 'import json, sys; print(len(json.load(sys.stdin)["problems"]))'


def test_a_full_disk_is_told_and_leaves_nothing_half_done(city: Path, tmp_path: Path) -> None:
    """A small disk with ever more room on it, until the sending fits."""
    unshare = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    out.mkdir()
    if shutil.which("unshare") is None or subprocess.run([*unshare, "mount", "-t", "tmpfs", "none", disk]).returncode:
        go_without("a disk of one's own cannot be mounted here")
    file = many_rows(tmp_path / "many.csv", 60_000)
    env = {**os.environ, "DISK": str(disk), "CITY": str(city), "FILE": str(file), "OUT": str(out), "COUNT": COUNT}
    command = [*unshare, "bash", "-c", ON_A_FULL_DISK]
    ended = subprocess.run(command, env={**env, "PYTHON": sys.executable}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    rounds = [tuple(map(int, line.split())) for line in ended.stdout.splitlines()]
    refused = [left for left, code, problems in rounds if (code, problems) == (20, 0)]
    assert len(refused) >= 3, rounds
    assert [problems for _, _, problems in rounds] == [0] * len(rounds)
    for left in refused:
        told = (out / f"err-{left}").read_text(encoding="utf-8")
        assert "STORE-005 文件“" in told or "STORE-007" in told or "STORE-004" in told, told
        assert "“”" not in told, "which file"
        assert "Traceback" not in told
    assert json.loads((out / "said").read_text(encoding="utf-8"))["received"] == 60_000


def test_the_second_writer_waits_and_says_for_whom(city: Path, tmp_path: Path) -> None:
    file = many_rows(tmp_path / "some.csv", 50)
    with City.open(city) as opened, opened.writer("公卫科王某"):
        process = start(city, "collect", file, *OPTIONS, "--json")
        assert process.stderr is not None
        told = process.stderr.readline().decode()
        assert "公卫科王某" in told
        assert process.poll() is None
    out, _ = process.communicate(timeout=60)
    assert json.loads(out)["accepted"] > 0


def test_two_collectors_at_once_both_come_to_their_end(city: Path, tmp_path: Path) -> None:
    files = [many_rows(tmp_path / f"{number}.csv", 2000 + number) for number in range(2)]
    processes = [start(city, "collect", file, *OPTIONS, "--json", "--quiet") for file in files]
    ends = [process.communicate(timeout=120) for process in processes]
    said = [json.loads(out) for out, _ in ends]
    assert sorted(one["received"] for one in said) == [2000, 2001]
    assert said[0]["batch"] != said[1]["batch"]
    assert ask(city, "verify")["sound"] is True


@pytest.mark.parametrize("moment", ["staging/original-0", "staging/**/chunk-*", "staging/*.parquet"])
def test_impatience_leaves_nothing_half_accepted(city: Path, tmp_path: Path, moment: str) -> None:
    """Ctrl-C while the file is copied, read, or written as facts: told, exit code 130, and everything as before."""
    file = many_rows(tmp_path / "many.csv", 900_000)
    before = ask(city, "verify")["known"]
    process = start(city, "collect", file, *OPTIONS)
    deadline = time.monotonic() + 60
    while not list(city.glob(moment)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told.decode()
    assert "已中断" in told.decode()
    assert "Traceback" not in told.decode()
    assert list((city / "staging").iterdir()) == []
    said = ask(city, "verify")
    assert (said["known"], said["problems"]) == (before, [])
