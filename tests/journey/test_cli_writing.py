"""Every verb that writes, on a small demo city and on hostile input, through the command line as a user types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.journey.demo_city import YEAR, Demo, ask
from tests.journey.small_city import call


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


def test_compacting_changes_no_figure(own_city: Path, missing: dict[str, Any]) -> None:
    enter(own_city, missing)
    question = ("figures", "--period", YEAR, "--by", "township")
    before = ask(own_city, *question)
    assert ask(own_city, "compact")["merged"]
    assert ask(own_city, *question) == before
    assert ask(own_city, "verify")["sound"] is True
