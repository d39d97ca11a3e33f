"""Every verb that asks, on a small demo city, through the command line as a user types it."""

from __future__ import annotations

import csv
import io
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.journey.demo_city import OCTOBER, PUBLISHED, YEAR, Demo, ask
from tests.journey.small_city import call


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


def test_the_commands_the_story_ends_with_work(demo: Demo, own_city: Path) -> None:
    """In a copy: one of them parts a person."""
    lines = [line.split() for line in demo.told.splitlines() if line.startswith("  wangdi ")]
    assert len(lines) >= 8
    for line in lines:
        result = call(*line[1:], city=own_city)
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
