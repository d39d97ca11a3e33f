"""Every verb on a small demo city, through the command line as a user types it, and on hostile input."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from wangdi.cli.main import wangdi

YEAR = "2025"
OCTOBER, PUBLISHED = "2025-10-ytd", "2025-11-05"


def call(*arguments: object, city: Path | None = None, env: dict[str, str] | None = None) -> Result:
    cleared = {"WANGDI_LANG": None, "COLUMNS": None, "WANGDI_CITY": str(city) if city else None}
    return CliRunner().invoke(wangdi, [str(one) for one in arguments], env={**cleared, **(env or {})})


def ask(city: Path, *arguments: object, code: int = 0) -> Any:
    """The JSON a verb answers; its exit code must be the one expected."""
    result = call(*arguments, "--json", "--quiet", city=city)
    assert result.exit_code == code, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo city and what the command told when it made it."""

    folder: Path
    told: str


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Made once, also where several workers run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, told = shared / "demo-city", shared / "demo-city.txt"
    with (shared / "demo-city.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            made = call("demo", folder, "--people", 600, "--no-serve", "--quiet")
            assert made.exit_code == 0, made.output
            told.write_text(made.stdout, encoding="utf-8")
    return Demo(folder, told.read_text(encoding="utf-8"))


@pytest.fixture
def own_city(demo: Demo, tmp_path: Path) -> Path:
    """A copy that a test may write to, without what another worker's reading makes and removes meanwhile."""
    return Path(shutil.copytree(demo.folder, tmp_path / "own", ignore=_passing))


def _passing(folder: str, names: list[str]) -> list[str]:
    """The database's own scratch files, spilled work, and derived tables: none of them is the city's."""
    passing = Path(folder).name in ("tmp", "derived")
    return [name for name in names if passing or name.endswith(("-wal", "-shm"))]


@pytest.fixture(scope="module")
def missing(demo: Demo) -> dict[str, Any]:
    """Somebody managed but not according to the norm, and the township where."""
    rows = ask(demo.folder, "figures", "--period", YEAR, "--by", "township", "--indicator", "htn_std")["rows"]
    area = next(row["area"] for row in rows if row["denominator"] > row["numerator"])
    people = ask(demo.folder, "people", "--indicator", "htn_std", "--period", YEAR, "--area", area, "--in", "missing")
    return {"area": area, **people["rows"][0]}


# ---- the demo ---------------------------------------------------------------------------------------------------------
def test_the_demo_tells_its_story(demo: Demo) -> None:
    """A board, a rate, somebody missing from it, the clause, the line of a file that says so, a late record."""
    for number in range(1, 8):
        assert f"\n{number}. " in f"\n{demo.told}"
    assert "高血压患者规范管理率" in demo.told
    assert "未满足" in demo.told
    line = next(line for line in demo.told.splitlines() if "它来自" in line)
    path, _, rest = line.partition("它来自 ")[2].partition(" 第 ")
    number = int(rest.split()[0])
    if path.endswith(".csv"):
        content = Path(path).read_bytes()
        text = content.decode("utf-8-sig") if b"\xef\xbb\xbf" in content[:3] else content.decode("gb18030")
        assert text.splitlines()[number - 1].strip() in demo.told
    assert "迟到" in demo.told or "之后才送到" in demo.told
    assert "wangdi problems --kinds" in demo.told


def test_the_commands_the_story_ends_with_work(demo: Demo) -> None:
    lines = [line.split() for line in demo.told.splitlines() if line.startswith("  wangdi ")]
    assert len(lines) >= 8
    for line in lines:
        result = call(*line[1:], city=demo.folder)
        assert result.exit_code == 0, (line, result.output)


def test_the_same_settings_make_the_same_city(demo: Demo) -> None:
    """The snapshot names everything accepted and every rule: another run must come to the same."""
    said = ask(demo.folder, "figures", "--period", YEAR)
    assert said["snapshot"].startswith(f"{said['known']}-")
    assert f"快照 {said['snapshot']}" in demo.told


def test_a_demo_never_overwrites(demo: Demo, tmp_path: Path) -> None:
    assert call("demo", demo.folder).exit_code == 20
    (tmp_path / "mine.txt").write_text("x")
    refused = call("demo", tmp_path)
    assert refused.exit_code == 20
    assert "mine.txt" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert call("demo", tmp_path / "few", "--people", 20).exit_code == 2


def test_an_interrupted_demo_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C in the middle: a message, exit code 130, no half city."""
    command = [sys.executable, "-m", "wangdi", "demo", str(tmp_path / "half"), "--people", "500"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".half-*/city/facts/*/*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, told
    assert "已中断" in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


# ---- figures ----------------------------------------------------------------------------------------------------------
KEYS = {
    "indicator", "title", "area", "area_name", "level", "period", "numerator", "denominator", "value", "unit",
    "denominator_kind", "population", "edition", "known",
}  # fmt: skip


def test_figures_bear_everything_they_must_be_told_with(demo: Demo) -> None:
    said = ask(demo.folder, "figures", "--period", YEAR)
    assert all(row.keys() >= KEYS for row in said["rows"])
    assert {row["level"] for row in said["rows"]} == {"county"}
    table = call("figures", "--period", YEAR, city=demo.folder).stdout
    assert said["snapshot"] in table
    assert "nbphs-2017" in table
    assert "统计局年末人口推算" in table


@pytest.mark.parametrize("level", ["township", "village", "org"])
def test_parts_sum_to_the_whole(demo: Demo, level: str) -> None:
    options = ("--period", YEAR, "--indicator", "htn_std", "--indicator", "dm_ctrl")
    whole = {row["indicator"]: row for row in ask(demo.folder, "figures", *options)["rows"]}
    for name, total in whole.items():
        parts = [
            row for row in ask(demo.folder, "figures", *options, "--by", level)["rows"] if row["indicator"] == name
        ]
        for side in ("numerator", "denominator"):
            assert sum(row[side] for row in parts) == total[side]


def test_periods_may_be_repeated_and_have_a_default(demo: Demo) -> None:
    said = ask(demo.folder, "figures", "--period", "2024", "--period", OCTOBER, "--indicator", "htn_std")
    assert [row["period"] for row in said["rows"]] == ["2024", OCTOBER]
    assert {row["period"] for row in ask(demo.folder, "figures")["rows"]} == {"2025-12-ytd"}
    assert {row["period"] for row in ask(demo.folder, "figures", "--known", PUBLISHED)["rows"]} == {OCTOBER}


def test_what_was_known_reads_the_same_by_date_and_by_number(demo: Demo) -> None:
    by_date = ask(demo.folder, "figures", "--period", OCTOBER, "--known", PUBLISHED)
    by_number = ask(demo.folder, "figures", "--period", OCTOBER, "--known", by_date["known"])
    assert by_date == by_number
    assert call("figures", "--known", "yesterday", city=demo.folder).exit_code == 2


def test_an_unknown_indicator_is_answered_with_the_nearest(demo: Demo) -> None:
    result = call("figures", "--indicator", "htn_sdt", city=demo.folder)
    assert result.exit_code == 2
    assert "htn_std" in result.stderr


def test_figures_as_csv_and_parquet(demo: Demo, tmp_path: Path) -> None:
    rows = ask(demo.folder, "figures", "--period", YEAR, "--by", "township")["rows"]
    text = call("figures", "--period", YEAR, "--by", "township", "--format", "csv", city=demo.folder).stdout
    assert text.startswith("\ufeffindicator,title,")
    read = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["value"] for row in read] == ["" if row["value"] is None else str(row["value"]) for row in rows]
    out = tmp_path / "figures.parquet"
    assert call("figures", "--period", YEAR, "--out", out, "--quiet", city=demo.folder).stdout == ""
    assert out.read_bytes()[:4] == b"PAR1"


def test_public_figures_hide_small_cells(demo: Demo) -> None:
    options = ("figures", "--period", YEAR, "--by", "village", "--indicator", "htn_std", "--public")
    rows = ask(demo.folder, *options, "--threshold", 10)["rows"]
    hidden = [row for row in rows if row.get("suppressed")]
    assert hidden
    assert all(row["numerator"] is row["denominator"] is row["value"] is None for row in hidden)
    assert all(not 0 < row["numerator"] < 10 for row in rows if not row.get("suppressed"))
    assert "＊" in call(*options, "--threshold", 10, city=demo.folder).stdout


def test_english_speaks_english(demo: Demo) -> None:
    said = call("figures", "--period", YEAR, "--lang", "en", "--indicator", "htn_std", city=demo.folder).stdout
    assert "Hypertension standard-care rate" in said
    assert "numerator" in said


# ---- people and lines -------------------------------------------------------------------------------------------------
def test_the_people_behind_a_figure_are_as_many_as_it_says(demo: Demo, missing: dict[str, Any]) -> None:
    cell = ("--indicator", "htn_std", "--period", YEAR, "--area", missing["area"])
    counts = {
        part: len(ask(demo.folder, "people", *cell, "--in", part)["rows"])
        for part in ("numerator", "denominator", "missing")
    }
    figure = next(
        row
        for row in ask(demo.folder, "figures", "--period", YEAR, "--by", "township", "--indicator", "htn_std")["rows"]
        if row["area"] == missing["area"]
    )
    assert counts["numerator"] == figure["numerator"]
    assert counts["denominator"] == figure["denominator"]
    assert counts["missing"] == figure["denominator"] - figure["numerator"]
    assert missing["why"][0].keys() >= {"rule", "label", "inputs"}


def test_people_come_in_pages(demo: Demo, missing: dict[str, Any]) -> None:
    cell = ("people", "--indicator", "htn_std", "--period", YEAR, "--area", missing["area"], "--in", "denominator")
    everybody = ask(demo.folder, *cell)["rows"]
    pages = [ask(demo.folder, *cell, "--limit", 4, "--offset", first)["rows"] for first in (0, 4)]
    assert [*pages[0], *pages[1]] == everybody[:8]
    assert "--offset 4" in call(*cell, "--limit", 4, city=demo.folder).stdout


def test_from_a_person_to_the_line_of_the_file(demo: Demo, missing: dict[str, Any]) -> None:
    person = ask(demo.folder, "person", "show", missing["person_id"])
    assert person.keys() >= {"person", "registrations", "facts", "due"}
    fact = next(one for one in person["facts"] if one["form"] == "hypertension.followup")
    traced = ask(demo.folder, "trace", fact["fact_id"])
    source = traced["source"]
    assert traced["fact"]["fields"] == fact["fields"]
    found = list((demo.folder / "inbox" / source["sent_by"]).rglob(source["file"]))
    assert found, "the file lies in the inbox"
    assert source["raw"]
    assert source["line"] >= 2
    assert traced["history"][0]["fact_id"] <= fact["fact_id"]
    assert "来源" in call("trace", fact["fact_id"], city=demo.folder).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("person", "show", "P0000000000000001"), "FIG-004"),
        (("person", "show", "somebody"), "FIG-004"),
        (("trace", "999999999"), "FIG-005"),
        (("people", "--indicator", "htn_std", "--period", YEAR, "--area", "123"), "FIG-002"),
        (("worklist", "--org", "nobody", "--on", "2025-06-01"), "FIG-002"),
        (("problems", "--batch", "99999"), "CITY-009"),
        (("problems", "--rows", "x.csv"), "CLI-003"),
        (("reconcile", "--form", "hypertension.folowup"), "hypertension.followup"),
        (("parameter", "list", "hypertenson"), "hypertension"),
        (("parameter", "set", "hypertension", "recheks", "10", "--why", "x"), "recheck"),
        (("parameter", "set", "hypertension", "recheck", "soon", "--why", "x"), "CITY-004"),
        (("owner", "set", "hypertension", "x"), "CITY-001"),
        (("enter", "hypertension.followup", "sbp"), "CLI-013"),
        (("enter", "hypertension.followup", "sbp=1", "--org", "nobody", "--registration", "1"), "CITY-005"),
        (("withdraw", "999999999", "--reason", "x"), "FIG-005"),
        (("collect", "x.csv", "--org", "nobody"), "FILE-008"),
    ],
)
def test_what_is_not_there_is_said_with_the_next_step(demo: Demo, arguments: tuple[str, ...], said: str) -> None:
    result = call(*arguments, city=demo.folder)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert result.stdout == ""


def test_a_worklist_keeps_a_person_together_and_says_why(demo: Demo, missing: dict[str, Any]) -> None:
    said = ask(demo.folder, "worklist", "--org", missing["org"], "--on", "2025-11-15", "--within", 60)
    rows = said["rows"]
    assert rows
    assert all(
        row.keys() >= {"person_id", "programme", "task", "due", "opens", "closes", "state", "reason", "why"}
        for row in rows
    )
    assert all(row["why"].keys() >= {"rule", "label", "source", "inputs"} for row in rows)
    people = [row["person_id"] for row in rows]
    turns = sum(1 for place, person in enumerate(people) if place == 0 or people[place - 1] != person)
    assert turns == len(set(people)), "one trip per person"
    assert len(ask(demo.folder, "worklist", "--org", missing["org"], "--on", "2025-11-15")["rows"]) <= len(rows)
    table = call("worklist", "--org", missing["org"], "--on", "2025-11-15", "--within", 60, city=demo.folder)
    assert "2025-11-15" in table.stdout
    assert call("worklist", "--org", missing["org"], city=demo.folder).exit_code == 0, "today, where no day is named"


def test_what_a_late_record_moved(demo: Demo) -> None:
    said = ask(demo.folder, "compare", "--period", OCTOBER, "--known-a", PUBLISHED)
    assert said["rows"]
    assert said["known_a"] < said["known_b"]
    moved = [row for row in said["rows"] if row["people"]]
    for row in moved:
        assert (row["before"]["numerator"], row["before"]["denominator"]) != (
            row["after"]["numerator"],
            row["after"]["denominator"],
        )
        assert sum(row["causes"].values()) == len(row["people"])
    assert any("late" in row["causes"] for row in moved)
    same = call("compare", "--period", OCTOBER, "--known-a", 100, "--known-b", 100, city=demo.folder)
    assert "没有指标变化" in same.stdout


# ---- collecting -------------------------------------------------------------------------------------------------------
def test_the_same_file_again_adds_nothing(own_city: Path) -> None:
    folder = sorted((own_city / "inbox").glob("W*/2025-03"))[0]
    options = ("--org", folder.parent.name, "--received-at", "2026-02-01T09:00:00")
    result = call("collect", folder, *options, "--json", city=own_city)
    said = json.loads(result.stdout)
    assert result.exit_code == (11 if said["refused"] else 0), "what was refused is refused again"
    assert said.keys() >= {"batch", "received", "accepted", "refused", "duplicates", "forms", "problems"}
    assert said["accepted"] == 0
    assert said["received"] == said["refused"] + said["duplicates"] > 0


def test_refused_rows_are_named_and_can_be_mended(own_city: Path, tmp_path: Path) -> None:
    """A wrong date and a sound row: exit code 11, the sound one kept, the other given back, mended, taken."""
    source = next(
        path
        for path in sorted((own_city / "inbox").glob("*/*/高血压随访.csv"))
        if len(path.read_bytes().splitlines()) > 2
    )
    org = source.parents[1].name
    content = source.read_bytes()
    encoding = "utf-8" if b"\xef\xbb\xbf" in content[:3] else "gb18030"
    header, *lines = content.decode(encoding).removeprefix("\ufeff").splitlines()
    row = next(csv.reader([lines[0]]))
    names = next(csv.reader([header]))
    day = names.index("随访日期")
    sound, wrong = [*row], [*row]
    sound[day], wrong[day] = "2026-01-20", "2026-02-31"
    file = tmp_path / "高血压随访.csv"
    file.write_text("\n".join([header, ",".join(sound), ",".join(wrong), ""]), encoding="utf-8")
    said = ask(own_city, "collect", file, "--org", org, "--received-at", "2026-02-05T09:00:00", code=11)
    assert (said["accepted"], said["refused"]) == (1, 1)
    assert said["problems"][0].keys() == {"code", "severity", "file", "line", "field", "message", "hint"}
    listed = ask(own_city, "problems", "--batch", said["batch"])
    assert next(one for one in listed if one["severity"] == "error")["line"] == 3
    assert ask(own_city, "problems", "--batch", said["batch"], "--kinds")[0]["count"] >= 1
    back = tmp_path / "back.csv"
    assert call("problems", "--batch", said["batch"], "--rows", back, city=own_city).exit_code == 0
    mended = tmp_path / "mended" / "高血压随访.csv"
    mended.parent.mkdir()
    mended.write_text(back.read_text(encoding="utf-8-sig").replace("2026-02-31", "2026-01-21"), encoding="utf-8")
    assert ask(own_city, "collect", mended, "--org", org, "--received-at", "2026-02-06T09:00:00")["accepted"] == 1


def test_hostile_files_are_refused_and_nothing_breaks(own_city: Path, tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    sent.mkdir()
    org = next((own_city / "inbox").glob("W*")).name
    (sent / "empty.csv").write_bytes(b"")
    (sent / "noise.csv").write_bytes(bytes(range(256)) * 20)
    (sent / "strange.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    result = call("collect", sent, "--org", org, "--json", city=own_city)
    assert result.exit_code == 11
    said = json.loads(result.stdout)
    assert said["accepted"] == 0
    assert {one["file"] for one in said["problems"]} == {"empty.csv", "noise.csv", "strange.csv"}
    assert call("collect", sent / "nothing.csv", "--org", org, city=own_city).exit_code == 20
    assert call("collect", sent, "--org", org, "--as", "no-such", city=own_city).exit_code in (2, 11)
    assert call("collect", sent, "--org", org, "--mappings", sent / "no", city=own_city).exit_code == 2
    assert call("verify", city=own_city).exit_code == 0


def test_counts_are_held_against_the_owners(own_city: Path, tmp_path: Path, missing: dict[str, Any]) -> None:
    ours = ask(own_city, "reconcile", "--form", "hypertension.followup")["rows"]
    one = next(row for row in ours if row["org"] == missing["org"])
    assert one["declared"] is None
    file = tmp_path / "declared.csv"
    file.write_text(
        f"form,org,period,count\n{one['form']},{one['org']},{one['period']},{one['ours'] + 2}\n", encoding="utf-8"
    )
    said = ask(own_city, "reconcile", "--declared", file, "--differing")["rows"]
    assert [(row["period"], row["difference"]) for row in said] == [(one["period"], -2)]
    file.write_text("form,org,period,count\nx,y,z,many\n", encoding="utf-8")
    assert call("reconcile", "--declared", file, city=own_city).exit_code == 11
    file.write_text("form,org\n", encoding="utf-8")
    assert "period" in call("reconcile", "--declared", file, city=own_city).stdout


# ---- entries and decisions --------------------------------------------------------------------------------------------
def enter(city: Path, missing: dict[str, Any], *more: object, code: int = 0) -> Any:
    values = ("contact_date=2026-01-18", "way=1", "symptoms=1", "sbp=132", "dbp=78", "medication_adherence=1")
    others = (
        "adverse_reaction=false",
        "danger_sign=false",
        "new_complication=false",
        "visit_class=1",
        "next_date=2026-04-18",
    )
    options = ("--person", missing["person_id"], "--org", missing["org"], "--entered-at", "2026-01-21T10:00:00")
    return ask(city, "enter", "hypertension.followup", *values, *others, *options, *more, code=code)


def test_a_form_entered_counts_at_once_and_is_its_own_line(own_city: Path, missing: dict[str, Any]) -> None:
    before = len(ask(own_city, "person", "show", missing["person_id"])["facts"])
    said = enter(own_city, missing, "--key", "k1")
    assert said["judgement"]["next"], "what the visit means is said at once"
    assert enter(own_city, missing, "--key", "k1", code=11)["problems"][0]["code"] == "CITY-108"
    assert len(ask(own_city, "person", "show", missing["person_id"])["facts"]) == before + 1
    traced = ask(own_city, "trace", said["fact_id"])
    assert traced["source"]["file"] is None
    assert traced["source"]["raw"]["sbp"] == 132
    table = call("person", "show", missing["person_id"], city=own_city).stdout
    assert str(said["fact_id"]) in table


def test_a_correction_keeps_what_it_does_not_name(own_city: Path, missing: dict[str, Any]) -> None:
    first = enter(own_city, missing)["fact_id"]
    second = ask(
        own_city, "enter", "hypertension.followup", "sbp=128", "--correct", first, "--entered-at", "2026-01-22T08:00:00"
    )
    traced = ask(own_city, "trace", second["fact_id"])
    assert (traced["fact"]["fields"]["sbp"], traced["fact"]["fields"]["dbp"]) == (128, 78)
    assert [one["fact_id"] for one in traced["history"]] == [first, second["fact_id"]]
    said = ask(own_city, "withdraw", second["fact_id"], "--reason", "录错了人", "--at", "2026-01-23T08:00:00")
    assert said["withdrawn"] == [second["fact_id"]]
    again = call("withdraw", second["fact_id"], "--reason", "x", city=own_city)
    assert again.exit_code == 11
    assert "STORE-021" in again.stderr


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("spb=120", "CITY-101"), ("sbp=high", "CITY-102"), ("contact_date=", "CITY-103"), ("sbp=9999", "CITY-104"),
        ("contact_date=2031-01-01", "CITY-109"), ("way=9", "CITY-102"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused_field_by_field(demo: Demo, missing: dict[str, Any], value: str, code: str) -> None:
    said = enter(demo.folder, missing, value, code=11)
    assert said["fact_id"] is None
    assert code in {problem["code"] for problem in said["problems"]}


def test_a_citys_own_number_moves_figures_and_is_told(own_city: Path) -> None:
    question = ("figures", "--period", YEAR, "--indicator", "htn_ctrl")
    before = ask(own_city, *question)
    ask(own_city, "parameter", "set", "hypertension", "sbp_goal", "120", "--why", "本市2026年1号文")
    after = ask(own_city, *question)
    assert after["rows"][0]["numerator"] < before["rows"][0]["numerator"]
    assert after["snapshot"] != before["snapshot"]
    assert ask(own_city, *question, "--known", before["known"])["rows"] == before["rows"], (
        "what was known reads as before"
    )
    own = [row for row in ask(own_city, "parameter", "list", "hypertension")["rows"] if row["own"]]
    assert [(row["parameter"], row["value"], row["reason"]) for row in own] == [("sbp_goal", "120", "本市2026年1号文")]
    ask(own_city, "parameter", "set", "hypertension", "sbp_goal", "--why", "恢复")
    assert ask(own_city, *question)["rows"][0]["numerator"] == before["rows"][0]["numerator"]


def test_who_keeps_a_form_is_decided_once(own_city: Path) -> None:
    ask(own_city, "owner", "set", "hypertension.followup", "省公卫平台")
    owners = {row["form"]: (row["owner"], row["own"]) for row in ask(own_city, "owner", "list")["rows"]}
    assert owners["hypertension.followup"] == ("省公卫平台", True)
    assert not owners["diabetes.followup"][1]


# ---- a city as a whole ------------------------------------------------------------------------------------------------
def test_a_city_of_ones_own(demo: Demo, tmp_path: Path) -> None:
    """init, collect a past month, figures as known then: what a city is founded on is known from the beginning."""
    files = [
        value
        for name in ("regions", "organisations", "populations")
        for value in (f"--{name}", demo.folder / f"{name}.csv")
    ]
    city = tmp_path / "mine"
    said = json.loads(call("init", city, *files, "--json").stdout)
    assert said["regions"] > 2
    month = sorted((demo.folder / "inbox").glob("W*/2025-03"))[0]
    options = (
        "--org",
        month.parent.name,
        "--received-at",
        "2025-04-03T09:00:00",
        "--mappings",
        demo.folder / "mappings",
    )
    result = call("collect", month, *options, "--json", city=city)
    assert result.exit_code in (0, 11)
    assert json.loads(result.stdout)["accepted"] > 0
    assert ask(city, "figures", "--known", "2025-04-03")["rows"][0]["period"] == "2025-03-ytd"
    assert (
        ask(city, "figures", "--known", "2025-04-02", "--period", "2025")["known"]
        == said["regions"] + said["organisations"] + said["populations"]
    )
    assert call("init", city, *files).exit_code == 20, "there is a city already"
    more = tmp_path / "more.csv"
    area = ask(city, "figures", "--period", "2025")["rows"][0]["area"]
    more.write_text(
        f"area,year,kind,value,source,published_on\n{area},2027,residents_year_end,500,统计局,2028-01-20\n,,,,,\nx,2027,residents_year_end,5,y,\n",
        encoding="utf-8",
    )
    updated = ask(city, "update", "--populations", more, code=11)
    assert updated["populations"] == 1
    assert updated["problems"][0]["line"] == 4


def test_backup_restored_elsewhere_gives_the_same_figures(demo: Demo, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar"
    assert ask(demo.folder, "backup", file)["files"] > 10
    again = tmp_path / "again"
    assert call("restore", file, again).exit_code == 0
    question = ("figures", "--period", YEAR, "--by", "village")
    assert ask(again, *question) == ask(demo.folder, *question)
    assert ask(again, "verify")["sound"] is True
    assert call("restore", file, again).exit_code == 20
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(file.read_bytes()[:5000])
    assert "STORE-050" in call("restore", damaged, tmp_path / "third").stderr


def test_verify_finds_what_was_altered(own_city: Path) -> None:
    assert ask(own_city, "verify")["sound"] is True
    segment = next((own_city / "facts").rglob("*.parquet"))
    segment.write_bytes(segment.read_bytes()[:-1] + b"x")
    said = ask(own_city, "verify", code=13)
    assert said["sound"] is False
    assert any(problem["code"] == "STORE-041" for problem in said["problems"])


def test_verify_finds_derived_tables_that_are_not_what_a_rebuild_gives(own_city: Path) -> None:
    ask(own_city, "figures", "--period", YEAR)
    for base in own_city.glob("derived/*/base-*"):
        shutil.copyfile(base / "diabetes.spell.parquet", base / "hypertension.spell.parquet")
    said = ask(own_city, "verify", code=13)
    assert {problem["code"] for problem in said["problems"]} == {"CITY-050"}


def test_export_lists_every_file_with_its_rows(demo: Demo, tmp_path: Path) -> None:
    said = ask(demo.folder, "export", tmp_path / "out")
    names = {one["form"] for one in said["files"]}
    assert {
        "hypertension.followup",
        "system.registration",
        "derived.person",
        "derived.hypertension.obligation",
    } <= names
    assert all((tmp_path / "out" / one["file"]).is_file() for one in said["files"])
    with (tmp_path / "out" / "manifest.csv").open(encoding="utf-8") as handle:
        assert {row["form"] for row in csv.DictReader(handle)} == names
    assert call("export", tmp_path / "out", city=demo.folder).exit_code == 20


def test_compacting_changes_no_figure(own_city: Path, missing: dict[str, Any]) -> None:
    enter(own_city, missing)
    question = ("figures", "--period", YEAR, "--by", "township")
    before = ask(own_city, *question)
    assert ask(own_city, "compact")["merged"]
    assert ask(own_city, *question) == before
    assert ask(own_city, "verify")["sound"] is True


# ---- packs and mappings -----------------------------------------------------------------------------------------------
def test_packs_are_listed_checked_and_explained(tmp_path: Path) -> None:
    listed = json.loads(call("pack", "list", "--json").stdout)["packs"]
    assert {"hypertension", "diabetes", "childcare"} <= {pack["pack"] for pack in listed}
    assert json.loads(call("pack", "check", "--json").stdout) == []
    assert "收缩压" in call("pack", "explain", "hypertension").stdout
    said = json.loads(call("pack", "explain", "hypertension", "--json").stdout)
    assert "followup" in json.dumps(said)
    assert call("pack", "propose", "childcare").exit_code == 0
    assert call("pack", "new", "asthma", "--in", tmp_path).exit_code == 0
    assert call("pack", "check", tmp_path / "asthma").exit_code == 0
    assert call("pack", "new", "asthma", "--in", tmp_path).exit_code == 2
    text = (tmp_path / "asthma" / "pack.yaml").read_text(encoding="utf-8")
    (tmp_path / "asthma" / "pack.yaml").write_text(text + "\nstrange: 1\n", encoding="utf-8")
    assert call("pack", "check", tmp_path / "asthma").exit_code == 10


def test_a_pack_is_tested_on_every_engine() -> None:
    said = json.loads(call("pack", "test", "childcare", "--json").stdout)["packs"][0]
    assert said.keys() >= {"pack", "examples", "engines", "mutants"}
    assert said["engines"][:2] == ["reference", "duckdb"]


@pytest.mark.parametrize("engine", ["reference", "duckdb"])
def test_a_pack_held_against_rows_of_ones_own(tmp_path: Path, engine: str) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(
        "case,person_birth_date,person_sex,date,sbp,dbp,medication_adherence,adverse_reaction,danger_sign,new_complication\n"
        "a,1960-01-01,1,2025-03-01,132,80,1,false,false,false\na,1960-01-01,1,2025-06-01,190,80,1,false,false,false\n",
        encoding="utf-8",
    )
    out = tmp_path / "out.csv"
    assert call("pack", "run", "hypertension", rows, "--engine", engine, "--out", out).exit_code == 0
    with out.open(encoding="utf-8", newline="") as handle:
        judged = list(csv.DictReader(handle))
    assert [row["case"] for row in judged] == ["a", "a"], "no byte order mark before the first column"
    assert judged[0]["class"] != judged[1]["class"]
    people, events = tmp_path / "people.csv", tmp_path / "events.csv"
    people.write_text("person_id,birth_date,sex\nx,1960-01-01,1\n", encoding="utf-8")
    events.write_text(
        "person_id,form,date,field,value\nx,diagnosis,2025-01-10,disease,essential_hypertension\n", encoding="utf-8"
    )
    due = (
        "pack",
        "due",
        "hypertension",
        "--people",
        people,
        "--events",
        events,
        "--on",
        "2025-02-01",
        "--engine",
        engine,
    )
    assert call(*due).stdout.startswith("person_id,task,opens,due,closes,state,rule")
    assert call(*due, "--format", "table").exit_code == 0


def test_mappings_are_listed_checked_and_drafted(demo: Demo, tmp_path: Path) -> None:
    rows = ask(demo.folder, "mapping", "list")["rows"]
    assert len(rows) > 10
    assert call("mapping", "check", demo.folder / "mappings").exit_code == 0
    (tmp_path / "wrong.yaml").write_text("mapping: x\nform: hypertension.folowup\n", encoding="utf-8")
    wrong = call("mapping", "check", tmp_path / "wrong.yaml")
    assert wrong.exit_code == 11
    assert "hypertension.followup" in wrong.stdout
    assert call("mapping", "check", tmp_path / "nothing.yaml").exit_code == 20
    sample = sorted((demo.folder / "inbox").glob("*/*/高血压随访.csv"))[0]
    drafted = tmp_path / "draft.yaml"
    assert call("mapping", "draft", sample, "--out", drafted).exit_code == 0
    assert "form: hypertension.followup" in drafted.read_text(encoding="utf-8")


# ---- a real process ---------------------------------------------------------------------------------------------------
@pytest.fixture
def environment(demo: Demo) -> dict[str, str]:
    return {**os.environ, "WANGDI_CITY": str(demo.folder), "PYTHONIOENCODING": "utf-8"}


def test_a_real_process_answers_alike(demo: Demo, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "wangdi", "figures", "--period", YEAR, "--json"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=True)
    assert json.loads(found.stdout) == ask(demo.folder, "figures", "--period", YEAR)
    assert "\x1b" not in found.stderr, "no progress bar where nobody watches"


def test_somebody_who_stops_reading_hurts_nobody(environment: dict[str, str]) -> None:
    command = f"{sys.executable} -m wangdi figures --by village --period {YEAR} --json | head -1"
    found = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    assert found.stdout == "{\n"
    assert "Traceback" not in found.stderr
