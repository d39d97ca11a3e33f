"""``wangdi clusters``, ``reproduction`` and ``nowcast`` on files as people have them: good ones, GBK ones, broken ones."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.journey.small_city import call

ZONES = "id,x,y,population,cases\n甲村,0,0,100,9\n乙村,1,0,100,8\n丙村,2,0,100,1\n丁村,3,0,100,1\n戊村,4,0,100,1\n"
DAILY = "id,lon,lat,time,cases\n" + "".join(
    f"{zone},{104 + number / 10},29.3,2025-03-{day:02},{6 if zone == 'b' and day >= 9 else (number + day) % 2}\n"
    for number, zone in enumerate("abcdef")
    for day in range(1, 11)
)
INCIDENCE = "t,I\n" + "".join(f"{day},{cases}\n" for day, cases in enumerate([1, 2, 2, 3, 5, 6, 8, 9, 12, 14], start=1))
INTERVAL = "day,w\n0,0\n1,0.5\n2,0.3\n3,0.2\n"
LINE_LIST = "onset,report\n" + "".join(
    f"2025-05-{onset:02},2025-05-{onset + delay:02}\n"
    for onset in range(1, 16)
    for delay in (0, 1, 1, 3)
    if onset + delay <= 15
)


def write(folder: Path, text: str, encoding: str = "utf-8", name: str = "file.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def ask(*words: object) -> Any:
    said = call(*words, "--json", "--quiet")
    assert said.exit_code == 0, said.output
    return json.loads(said.stdout)


# ---- clusters ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_clusters_of_a_small_file(encoding: str, tmp_path: Path) -> None:
    path = write(tmp_path, ZONES, encoding)
    found = ask("clusters", path, "--replicates", 99)
    first = found["rows"][0]
    assert (sorted(first["ids"]), first["cases"], first["expected"]) == (["乙村", "甲村"], 17, pytest.approx(8.0))
    # 17 ln(17/8) + 3 ln(3/12)
    assert first["llr"] == pytest.approx(8.655238, abs=1e-5)
    assert first["p_value"] == pytest.approx(0.01, abs=0.021)
    assert first["relative_risk"] == pytest.approx((17 / 8) / (3 / 12))
    assert (first["start"], first["end"], first["population"]) == (None, None, 200)
    out = tmp_path / "clusters.csv"
    assert call("clusters", path, "--replicates", 99, "--out", out).exit_code == 0
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[:6] == ["rank", "ids", "cases", "expected", "llr", "p_value"]
    assert set(rows[0]["ids"].split()) == {"甲村", "乙村"}
    assert float(rows[0]["llr"]) == pytest.approx(first["llr"])


def test_one_seed_gives_one_answer_and_another_seed_another(tmp_path: Path) -> None:
    path = write(tmp_path, ZONES.replace(",9\n", ",4\n"))
    answers = [ask("clusters", path, "--replicates", 199, "--seed", seed)["rows"] for seed in (1, 1, 2)]
    assert answers[0] == answers[1] != answers[2]


def test_a_cluster_in_time_is_found_without_populations(tmp_path: Path) -> None:
    path = write(tmp_path, DAILY)
    found = ask("clusters", path, "--replicates", 99)
    assert found["model"] == "permutation"
    first = found["rows"][0]
    assert (first["ids"], first["start"], first["end"]) == (["b"], "2025-03-09", "2025-03-10")
    now = ask("clusters", path, "--replicates", 99, "--prospective", "--max-window", 1)["rows"][0]
    assert (now["start"], now["end"]) == ("2025-03-10", "2025-03-10")
    near = ask("clusters", path, "--replicates", 0, "--max-radius", 5, "--max-share", 1)
    assert all(len(row["ids"]) == 1 and row["p_value"] is None for row in near["rows"])


def test_bernoulli_and_expected_cases(tmp_path: Path) -> None:
    path = write(tmp_path, ZONES)
    assert ask("clusters", path, "--model", "bernoulli", "--replicates", 9)["rows"][0]["expected"] == pytest.approx(8.0)
    adjusted = write(tmp_path, "id,x,y,expected,cases\na,0,0,8,8\nb,1,0,1,4\nc,2,0,3,1\nd,3,0,3,2\n")
    first = ask("clusters", adjusted, "--replicates", 9)["rows"][0]
    assert (first["ids"], first["expected"]) == (["b"], pytest.approx(1.0))


@pytest.mark.parametrize(
    ("text", "options", "code", "ending"),
    [
        ("", (), "SPREAD-002", 11),
        ("id,x,y,population,cases\n", (), "SPREAD-003", 11),
        ("id,x,y,population\na,0,0,5\n", (), "SPREAD-002", 11),
        ("id,population,cases\na,5,1\n", (), "SPREAD-002", 11),
        (ZONES.replace(",9\n", ",-9\n"), (), "SPREAD-004", 11),
        (ZONES.replace(",9\n", ",九\n"), (), "SPREAD-004", 11),
        (ZONES.replace("100,9", "-100,9"), (), "SPREAD-004", 11),
        (ZONES.replace("甲村,0", "甲村,东"), (), "SPREAD-005", 11),
        (ZONES.replace("甲村,0", "甲村,nan"), (), "SPREAD-005", 11),
        ("id,x,y,population,cases\na,0,0,5,0\nb,1,0,5,0\n", (), "SPACE-001", 11),
        (ZONES + "甲村,7,7,100,1\n", (), "SPACE-002", 11),
        (ZONES.replace("100,9", "0,9"), (), "SPACE-003", 11),
        (ZONES, ("--model", "permutation"), "SPACE-004", 2),
        (ZONES.replace("100,9", "5,9"), ("--model", "bernoulli"), "SPACE-005", 11),
        (ZONES, ("--max-share", "0"), "SPACE-006", 2),
        (ZONES, ("--max-window", "2"), "SPACE-007", 2),
        (DAILY.replace("29.3", "93"), (), "SPACE-008", 11),
        (DAILY.replace("2025-03-01", "春天"), (), "SPREAD-006", 11),
        (DAILY.replace("2025-03-01", ""), (), "SPACE-009", 11),
        (DAILY.replace("2025-03-01", "1925-03-01"), (), "SPACE-009", 11),
        (DAILY, ("--model", "poisson"), "SPREAD-002", 11),
    ],
)
def test_what_cannot_be_scanned_is_said(
    text: str, options: tuple[str, ...], code: str, ending: int, tmp_path: Path
) -> None:
    for lang in ("zh", "en"):
        said = call("clusters", write(tmp_path, text), *options, "--lang", lang)
        assert (said.exit_code, code in said.output) == (ending, True), said.output
        assert "Traceback" not in said.output


# ---- R -----------------------------------------------------------------------------------------------------------------
def test_reproduction_with_either_interval(tmp_path: Path) -> None:
    path, interval = write(tmp_path, INCIDENCE), write(tmp_path, INTERVAL, name="si.csv")
    by_file = ask("reproduction", path, "--si", interval, "--window", 3)["rows"]
    # window 2 to 4: 7 cases; infectiousness .5, 1.3, 1.8
    assert (by_file[0]["t_start"], by_file[0]["t_end"]) == (2, 4)
    assert by_file[0]["mean"] == pytest.approx((1 + 7) / (1 / 5 + 3.6))
    by_moments = ask("reproduction", path, "--si-mean", 2.6, "--si-sd", 1.5)["rows"]
    assert [row["t_end"] for row in by_moments] == [8, 9, 10]
    assert set(by_moments[0]) == {"t_start", "t_end", "mean", "sd", "q0.025", "median", "q0.975"}
    unsure = ask(
        "reproduction", path, "--si-mean", 2.6, "--si-sd", 1.5, "--si-mean-sd", 0.5, "--si-sd-sd", 0.3, "--draws", 60
    )["rows"]
    assert unsure[0]["sd"] > by_moments[0]["sd"]
    back = ask("reproduction", path, "--si", interval, "--method", "wallinga_teunis", "--draws", 50)["rows"]
    assert back == ask("reproduction", path, "--si", interval, "--method", "wallinga_teunis", "--draws", 50)["rows"]


def test_reproduction_by_days_with_imported_cases_and_a_picture(tmp_path: Path) -> None:
    days = "日期,病例数,输入病例\n" + "".join(f"2025/3/{day},{day},{day == 4:d}\n" for day in range(1, 12))
    path, plot = write(tmp_path, days, "gb18030"), tmp_path / "r.svg"
    said = call("reproduction", path, "--si-mean", 3, "--si-sd", 1, "--plot", plot, "--format", "csv", "--quiet")
    assert said.exit_code == 0, said.output
    rows = list(csv.DictReader(io.StringIO(said.stdout.lstrip("\ufeff"))))
    assert (rows[0]["t_start"], rows[0]["t_end"]) == ("2025-03-02", "2025-03-08")
    assert ElementTree.parse(plot).getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("text", "options", "code", "ending"),
    [
        ("", ("--si-mean", "3", "--si-sd", "1"), "SPREAD-002", 11),
        ("t,I\n", ("--si-mean", "3", "--si-sd", "1"), "SPREAD-003", 11),
        ("t,I\n1,1\n2,x\n", ("--si-mean", "3", "--si-sd", "1"), "SPREAD-004", 11),
        (INCIDENCE.replace("5,5\n", ""), ("--si-mean", "3", "--si-sd", "1"), "SPREAD-007", 11),
        (INCIDENCE.replace("5,5\n", "4,5\n"), ("--si-mean", "3", "--si-sd", "1"), "SPREAD-007", 11),
        (INCIDENCE, ("--si-mean", "3", "--si-sd", "1", "--window", "10"), "SPREAD-008", 11),
        (INCIDENCE, ("--si-mean", "3", "--si-sd", "1", "--window", "0"), "SPREAD-008", 11),
        ("t,I,imported\n1,1,0\n2,1,3\n3,1,0\n", ("--si-mean", "3", "--si-sd", "1", "--window", "1"), "SPREAD-009", 11),
        (INCIDENCE, (), "SPREAD-010", 2),
        (INCIDENCE, ("--si-mean", "3"), "SPREAD-010", 2),
        (INCIDENCE, ("--si-mean", "1", "--si-sd", "1"), "SPREAD-011", 2),
        (INCIDENCE, ("--si-mean", "nan", "--si-sd", "1"), "SPREAD-011", 2),
        (INCIDENCE, ("--si-mean", "3", "--si-sd", "1", "--si-mean-sd", "1"), "SPREAD-013", 2),
    ],
)
def test_what_has_no_reproduction_number_is_said(
    text: str, options: tuple[str, ...], code: str, ending: int, tmp_path: Path
) -> None:
    for lang in ("zh", "en"):
        said = call("reproduction", write(tmp_path, text), *options, "--lang", lang)
        assert (said.exit_code, code in said.output) == (ending, True), said.output


@pytest.mark.parametrize(
    "interval", ["day,w\n0,0.1\n1,0.9\n", "day,w\n0,0\n1,1.4\n", "day,w\n0,0\n2,1\n", "day,w\n0,0\n1,1.5\n2,-0.5\n"]
)
def test_what_is_no_interval_is_said(interval: str, tmp_path: Path) -> None:
    said = call("reproduction", write(tmp_path, INCIDENCE), "--si", write(tmp_path, interval, name="si.csv"))
    assert (said.exit_code, "SPREAD-012" in said.output) == (11, True), said.output


# ---- nowcast -----------------------------------------------------------------------------------------------------------
def test_nowcast_of_a_small_line_list(tmp_path: Path) -> None:
    path, plot = write(tmp_path, LINE_LIST), tmp_path / "n.svg"
    found = ask("nowcast", path, "--plot", plot)
    last, first = found["rows"][-1], found["rows"][0]
    assert (found["now"], last["date"], last["reported"], first["reported"]) == ("2025-05-15", "2025-05-15", 1, 4)
    assert (first["median"], first["q0.975"]) == (4, pytest.approx(4, abs=1))
    assert last["reported"] < last["median"] <= last["q0.975"] < 25
    assert [row["q0.025"] <= row["median"] <= row["q0.975"] for row in found["rows"]] == [True] * 15
    assert len(ElementTree.parse(plot).getroot()) > 20
    earlier = ask("nowcast", path, "--now", "2025-05-08")
    assert (earlier["now"], earlier["reported"]) == ("2025-05-08", sum(row["reported"] for row in earlier["rows"]))
    prompt = write(tmp_path, "onset,report\n" + "2025-01-01,2025-01-01\n" * 200, name="past.csv")
    at_once = ask("nowcast", path, "--past", prompt, "--delay-weight", 500)["rows"][-1]
    assert at_once["median"] < last["median"], "who knows that reports come at once expects few more"


def test_days_that_cannot_be_are_counted_not_guessed(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "发病日期,报告日期\n2025/5/1,2025/5/2\n2025/5/9,2025/5/2\n,2025/5/2\n2025年5月2日,2025/5/3\n",
        "gb18030",
    )
    found = ask("nowcast", path)
    assert (found["reported"], found["problems"][0]["code"]) == (2, "SPREAD-014")
    assert "2" in found["problems"][0]["message"]


@pytest.mark.parametrize(
    ("text", "options", "code", "ending"),
    [
        ("", (), "SPREAD-002", 11),
        ("onset,report\n", (), "SPREAD-003", 11),
        ("onset\n2025-05-01\n", (), "SPREAD-002", 11),
        ("onset,report\n2025-05-01,明天\n", (), "SPREAD-006", 11),
        ("onset,report\n2025-05-02,2025-05-01\n", (), "SPREAD-015", 11),
        (LINE_LIST, ("--now", "2025-04-01"), "SPREAD-015", 11),
        (LINE_LIST, ("--days", "0"), "SPREAD-016", 2),
        (LINE_LIST, ("--delay-mean", "nan"), "SPREAD-016", 2),
        ("onset,report\n\x00\ufffe,2025-05-01\n", (), "SPREAD-006", 11),
    ],
)
def test_what_cannot_be_nowcast_is_said(
    text: str, options: tuple[str, ...], code: str, ending: int, tmp_path: Path
) -> None:
    for lang in ("zh", "en"):
        said = call("nowcast", write(tmp_path, text), *options, "--lang", lang)
        assert (said.exit_code, code in said.output) == (ending, True), said.output


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    for verb in ("clusters", "nowcast"):
        said = call(verb, tmp_path / "nothing.csv")
        assert (said.exit_code, "SPREAD-001" in said.output) == (20, True), said.output
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00\x81" * 50)
    assert "SPREAD-001" in call("nowcast", binary).output
