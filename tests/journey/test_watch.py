"""A watched folder: what is dropped is taken once, lies in done/ or refused/ with its receipt, whatever is killed when."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.journey.small_city import FOLLOWUP_HEADER, HOSPITAL, ask, call, followup, make_small_city, write_people
from wangdi.app.watching import Inbox, Patience, look_into
from wangdi.core.problem import Problem, Refusal
from wangdi.store.city import City

WATCH = ("watch", "--once", "--settle", 0)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = make_small_city(tmp_path / "city")
    write_people(tmp_path / "sent", range(12))
    ask(folder, "collect", tmp_path / "sent", "--org", HOSPITAL)
    (folder / "incoming" / HOSPITAL).mkdir(parents=True)
    return folder


def drop(city: Path, name: str, *rows: str) -> Path:
    path = city / "incoming" / HOSPITAL / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([FOLLOWUP_HEADER, *rows, ""]), encoding="utf-8")
    return path


def lying(city: Path) -> dict[str, list[str]]:
    """Where everything in the inbox lies: folder -> names, the claims' own names left out."""
    top = city / "incoming" / HOSPITAL
    found: dict[str, list[str]] = {}
    for path in sorted(top.rglob("*")):
        if path.is_file():
            parts = path.relative_to(top).parts
            place = parts[0] if parts[0] in ("done", "refused", ".taking") else ""
            found.setdefault(place, []).append("/".join(parts[2:] if place else parts))
    return found


def test_a_good_file_and_a_bad_one(city: Path) -> None:
    drop(city, "三月.csv", followup(1, "2025-03-01"))
    drop(city, "四月.csv", followup(1, "2025-04-01"), followup(2, "2025-02-31"))
    said = ask(city, *WATCH, code=11)["rows"]
    assert [(row["dropped"], row["moved"], row["accepted"], row["refused"]) for row in said] == [
        ("三月.csv", "done", 1, 0),
        ("四月.csv", "refused", 1, 1),
    ]
    assert lying(city) == {
        "done": ["三月.csv", "三月.csv.receipt.json"],
        "refused": ["四月.csv", "四月.csv.receipt.json", "四月.csv.refused.csv"],
    }
    refused = Path(said[1]["folder"])
    receipt = json.loads((refused / "四月.csv.receipt.json").read_text("utf-8"))
    assert (receipt["state"], receipt["batch"], receipt["problems"][0]["line"]) == ("done", said[1]["batch"], 3)
    assert receipt["files"][0]["sha256"]
    rows = (refused / "四月.csv.refused.csv").read_text("utf-8-sig")
    mended = city / "incoming" / HOSPITAL / "四月.csv.refused.csv"
    mended.write_text(rows.replace("2025-02-31", "2025-02-28"), encoding="utf-8")
    assert ask(city, *WATCH)["rows"][0]["accepted"] == 1
    assert ask(city, *WATCH)["rows"] == []


def test_a_folder_is_one_batch_and_a_table_tells(city: Path) -> None:
    drop(city, "2025-03/a.csv", followup(1, "2025-03-01"))
    drop(city, "2025-03/b.csv", followup(2, "2025-03-02"))
    said = call(*WATCH, city=city, env={"WANGDI_LANG": "en"})
    assert said.exit_code == 0, said.output
    assert "2025-03" in said.stdout
    assert lying(city)["done"] == ["2025-03/a.csv", "2025-03/b.csv", "2025-03.receipt.json"]
    assert "Nothing was dropped." in call(*WATCH, city=city, env={"WANGDI_LANG": "en"}).stdout


def test_what_is_not_complete_is_left(city: Path) -> None:
    for name in ("a.csv.part", ".hidden.csv", "~$b.xlsx", "c.csv.tmp"):
        drop(city, name, followup(1, "2025-03-01"))
    drop(city, "half/a.csv.part", followup(1, "2025-03-01"))
    drop(city, "waiting.csv", followup(3, "2025-03-01"))
    drop(city, "ready.csv", followup(4, "2025-03-01"))
    (city / "incoming" / HOSPITAL / "ready.csv.ok").touch()
    (city / "incoming" / HOSPITAL / "link.csv").symlink_to(city / "city.toml")
    drop(city, "x" * 199 + ".csv", followup(4, "2025-03-01"))
    (city / "incoming" / "NOBODY").mkdir()
    said = call(*WATCH, "--marker", "--json", city=city)
    assert [row["dropped"] for row in json.loads(said.stdout)["rows"]] == ["ready.csv"]
    assert {"WAY-032", "WAY-034", "WAY-035"} <= {word for word in said.stderr.split() if word.startswith("WAY-")}
    assert lying(city)["done"] == ["ready.csv", "ready.csv.ok", "ready.csv.receipt.json"]
    assert [row["dropped"] for row in ask(city, *WATCH)["rows"]] == ["waiting.csv"]
    assert len(lying(city)[""]) == 7


def test_a_file_that_grows_is_waited_for(city: Path) -> None:
    path = drop(city, "big.csv", followup(1, "2025-03-01"))
    inbox, patience = Inbox(path.parent, HOSPITAL), Patience(5.0, only_marked=False)

    def complete(moment: float) -> list[str]:
        return [one.name for one in patience.complete(look_into(inbox)[0], moment)]

    assert complete(0.0) == []
    with path.open("a", encoding="utf-8") as file:
        file.write(followup(2, "2025-03-01") + "\n")
    assert complete(6.0) == []
    assert complete(10.9) == []
    assert complete(11.0) == ["big.csv"]


def test_a_folder_of_somebodys_own(city: Path, tmp_path: Path) -> None:
    own = tmp_path / "his"
    own.mkdir()
    (own / "a.csv").write_text(f"{FOLLOWUP_HEADER}\n{followup(1, '2025-03-01')}\n", encoding="gb18030")
    assert ask(city, *WATCH, own, "--org", HOSPITAL)["rows"][0]["accepted"] == 1
    assert len(list((own / "done").rglob("a.csv"))) == 1
    assert call(*WATCH, own, "--org", "NOBODY", city=city).exit_code == 2
    assert call(*WATCH, "--org", HOSPITAL, city=city).exit_code == 2
    assert call(*WATCH, tmp_path / "nowhere", "--org", HOSPITAL, city=city).exit_code == 20


def test_only_one_watches(city: Path) -> None:
    from wangdi.app.watching import hold_watch

    with hold_watch(city / "incoming"):
        said = call(*WATCH, city=city)
    assert said.exit_code == 20
    assert "WAY-030" in said.stderr
    assert call(*WATCH, city=city).exit_code == 0


def test_a_full_disk_takes_nothing_and_it_goes_on_later(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(city, "a.csv", followup(1, "2025-03-01"))

    def full(*_: object) -> None:
        raise Refusal(Problem(code="STORE-005", args={"file": "x", "reason": "No space left on device"}))

    with monkeypatch.context() as patched:
        patched.setattr("wangdi.app.watching.take_in", full)
        assert call(*WATCH, city=city).exit_code == 20
    assert lying(city) == {".taking": ["a.csv"]}
    with monkeypatch.context() as patched:
        patched.setattr("wangdi.app.watching.write_synced", lambda *_: os.open("/", os.O_WRONLY))
        assert call(*WATCH, city=city).exit_code == 20
    (row,) = ask(city, *WATCH)["rows"]
    assert (row["accepted"], row["duplicates"], row["moved"]) == (1, 0, "done")


def test_a_file_that_can_never_be_taken_does_not_stand_in_the_way(city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(city, "a.csv", followup(1, "2025-03-01"))

    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr("wangdi.app.watching.take_in", fail)
        (row,) = ask(city, *WATCH, code=11)["rows"]
    assert (row["state"], row["moved"]) == ("failed", "refused")
    receipt = json.loads((Path(row["folder"]) / "a.csv.receipt.json").read_text("utf-8"))
    assert receipt["problems"][0]["code"] == "WAY-113"


KILLED = """
import os, sys
from pathlib import Path
from wangdi.cli.main import main
import wangdi.app.watching as watching
left = [int(sys.argv[1])]
def dying(call, when):
    def run(*given, **more):
        left[0] -= 1
        if left[0] == 0 and when == "before":
            os._exit(9)
        done = call(*given, **more)
        if left[0] == 0:
            os._exit(9)
        return done
    return run
Path.rename = dying(Path.rename, sys.argv[2])
watching.take_in = dying(watching.take_in, sys.argv[2])
watching.write_refused = dying(watching.write_refused, sys.argv[2])
watching.write_synced = dying(watching.write_synced, sys.argv[2])
sys.exit(main(["watch", "--once", "--settle", "0", "--quiet"]))
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_step(city: Path, when: str) -> None:
    """Each file dropped is in the end one batch, with a receipt that says what it brought, not that it was a duplicate."""
    days = [date(2025, 1, 1 + number) for number in range(12)]
    environment = {**os.environ, "WANGDI_CITY": str(city)}
    died = 0
    for step, day in enumerate(days, start=1):
        drop(city, f"{day}.csv", followup(1, day), followup(2, "2025-02-31"))
        ended = subprocess.run([sys.executable, "-c", KILLED, str(step), when], env=environment, check=False)
        assert ended.returncode in (9, 11), ended
        died += ended.returncode == 9
    assert died >= 8
    assert call(*WATCH, city=city).exit_code in (0, 11)
    places = lying(city)
    assert set(places) == {"refused"}
    receipts = sorted((city / "incoming" / HOSPITAL / "refused").rglob("*.receipt.json"))
    said: list[Any] = [json.loads(path.read_text("utf-8")) for path in receipts]
    assert sorted(one["dropped"] for one in said) == sorted(f"{day}.csv" for day in days)
    assert [(one["accepted"], one["refused"], one["duplicates"]) for one in said] == [(1, 1, 0)] * len(days)
    assert len(places["refused"]) == 3 * len(days)
    with City.open(city) as opened:
        assert len(opened.batches()) == 1 + len(days)


def test_it_goes_on_until_it_is_stopped(city: Path) -> None:
    environment = {**os.environ, "WANGDI_CITY": str(city), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "wangdi", "watch", "--settle", "0.2", "--every", "0.1", "--json"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        try:
            for number in range(2):
                drop(city, f"{number}.csv", followup(1, f"2025-03-0{number + 1}"))
                row = json.loads(running.stdout.readline())
                assert (row["dropped"], row["accepted"]) == (f"{number}.csv", 1)
            time.sleep(0.2)
        finally:
            running.send_signal(2)
            _, told = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in told
