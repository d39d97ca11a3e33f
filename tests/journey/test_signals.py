"""The daily run of the demonstration county, held against what was planted in it; and what is done about a signal."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.journey.demo_city import YEAR, Demo, ask
from tests.journey.small_city import call

FIRST, LAST = f"{YEAR}-01-01", f"{YEAR}-12-31"


def refused(city: Path, *arguments: object) -> tuple[int, str]:
    """How a verb that answers nothing ended: its exit code, and the code of what it said."""
    result = call("signals", *arguments, city=city)
    assert result.stdout == ""
    return result.exit_code, result.stderr.split()[0]


def signals_of(city: Path, *arguments: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ask(city, "signals", "list", "--state", "all", *arguments)["rows"]
    return rows


def test_every_planted_outbreak_is_found_with_a_fifth_of_the_false_signals(demo: Demo) -> None:
    truth = demo.folder / "truth" / "outbreaks.csv"
    found = ask(demo.folder, "signals", "try", "--from", FIRST, "--to", LAST, "--truth", truth)
    rows = {row["settings"]: row for row in found["rows"]}
    now, percentile = rows["now"], rows["moving_percentile"]
    with truth.open(encoding="utf-8-sig", newline="") as handle:
        planted = [row for row in csv.DictReader(handle) if row["kind"] != "data_fault"]
    assert now["events"] == len(planted) >= 5
    assert now["found"] == now["events"] >= percentile["found"]
    assert now["false"] <= percentile["false"] / 5
    days = {row["event"]: row["now"] for row in found["events"]}
    sizes = {row["id"]: int(row["cases"]) for row in planted}
    for event, size in sizes.items():
        assert days[event] <= (4 if size >= 20 else 21), f"{event}: {size} cases"


def test_a_day_run_again_changes_nothing(demo: Demo, own_city: Path) -> None:
    before = signals_of(own_city)
    again = ask(own_city, "signals", "run", "--from", FIRST, "--to", LAST, "--at", f"{int(YEAR) + 1}-06-01T08:00:00")
    assert again["opened"] == again["grown"] == []
    assert again["failed"] == {}
    assert signals_of(own_city) == before
    assert before


def test_a_day_judged_twice_is_counted_once(demo: Demo, own_city: Path) -> None:
    before = ask(own_city, "signals", "record")
    assert before["days"] == 365
    ask(own_city, "signals", "run", "--on", LAST, "--at", f"{int(YEAR) + 1}-06-01T08:00:00")
    assert ask(own_city, "signals", "record") == before


def test_what_a_signal_rests_on_opens_to_its_lines(demo: Demo) -> None:
    school = next(row for row in signals_of(demo.folder) if row["sites"] and "institution" in row["methods"])
    told = ask(demo.folder, "signals", "show", school["signal"])
    strongest = next(one for one in told["findings"] if one["method"] == "institution")
    assert strongest["observed"] > strongest["bound"]
    assert len(strongest["records"]) == strongest["observed"]
    traced = ask(demo.folder, "trace", str(strongest["records"][0]))
    assert traced["fact"]["form"] == "disease_report.card"
    assert traced["source"]["line"] > 1
    assert traced["fact"]["fields"]["workplace"] == strongest["site"]


def test_a_signal_goes_through_its_steps_and_every_step_can_be_taken_back(demo: Demo, own_city: Path) -> None:
    opened = [row for row in signals_of(own_city) if not row["outcome"]]
    name = opened[0]["signal"]
    at = ("--at", f"{int(YEAR) + 1}-06-02T08:00:00")
    assert refused(own_city, "step", name, "closed", *at) == (11, "SIGNAL-005")
    checked = ask(own_city, "signals", "step", name, "preliminary", "--note", "电话核实", *at)
    assert (checked["state"], checked["overdue"]) == ("preliminary", False)
    assert refused(own_city, "step", name, "preliminary", *at) == (11, "SIGNAL-004")
    closed = ask(own_city, "signals", "step", name, "closed", "--outcome", "expected", "--note", "季节性", *at)
    assert (closed["state"], closed["outcome"], closed["due_at"]) == ("closed", "expected", None)
    record = ask(own_city, "signals", "record")["rows"][0]
    reopened = ask(own_city, "signals", "undo", name)
    assert (reopened["state"], reopened["outcome"]) == ("preliminary", "")
    after = ask(own_city, "signals", "record")["rows"][0]
    assert after["closed"] == record["closed"] - 1
    again = ask(own_city, "signals", "step", name, "field", "--event", "E1", *at)
    assert (again["state"], again["event"]) == ("field", "E1")
    steps = ask(own_city, "signals", "show", name)["steps"]
    assert [step["number"] for step in steps] == sorted({step["number"] for step in steps})
    early = ("closed", "--outcome", "cluster", "--note", "x", "--at", FIRST)
    assert refused(own_city, "step", name, *early) == (11, "SIGNAL-006")


@pytest.mark.parametrize(
    ("arguments", "ended"),
    [
        (("show", "S1"), (2, "SIGNAL-003")),
        (("run", "--from", LAST, "--to", FIRST), (2, "SIGNAL-009")),
        (("try", "--from", FIRST, "--to", LAST, "--set", "alpha=1"), (2, "SIGNAL-001")),
        (("try", "--from", FIRST, "--to", LAST, "--set", "unusual.alpha=x"), (2, "SIGNAL-002")),
        (("try", "--from", FIRST, "--to", LAST, "--truth", "nowhere.csv"), (20, "SPREAD-001")),
    ],
)
def test_what_cannot_be_asked_is_said(demo: Demo, arguments: tuple[str, ...], ended: tuple[int, str]) -> None:
    assert refused(demo.folder, *arguments) == ended


@pytest.mark.parametrize("text", ["- a\n", "unusual: 3\n", "unusual: {alpha: [1\n", "unusual:\n  alpha: -1\n"])
def test_a_citys_own_settings_that_cannot_be_read_are_named(own_city: Path, text: str) -> None:
    (own_city / "surveillance.yaml").write_text(text, encoding="utf-8")
    assert refused(own_city, "list")[1] in ("SIGNAL-008", "SIGNAL-002")
