"""``wangdi detect`` on files as people have them: good ones, dated ones, GBK ones, broken ones; and one result explained."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from tests.journey.small_city import call as call_command
from wangdi.cli.detecting import METHOD_NAMES
from wangdi.outbreaks.methods import METHODS

PERIODS = 330


def write_series(path: Path, columns: str, rows: list[str], encoding: str = "utf-8") -> Path:
    path.write_text("\n".join([columns, *rows]) + "\n", encoding=encoding)
    return path


def counts(seed: int = 1) -> list[int]:
    random = np.random.default_rng(seed)
    return [int(one) for one in random.poisson(6, PERIODS)]


@pytest.fixture
def weekly(tmp_path: Path) -> Path:
    """Two dated series, the second with an outbreak in its last week; their history holds an epidemic break."""
    first = date(2019, 1, 7)
    rows = []
    for number, unit in enumerate(("north", "south")):
        for period, count in enumerate(counts(number)):
            day = first + timedelta(weeks=period)
            shown = 0 if date(2020, 1, 20) <= day <= date(2020, 12, 31) else count
            shown = 40 if unit == "south" and period == PERIODS - 1 else shown
            rows.append(f"{unit},{period + 1},{shown},{day.isoformat()},{1 if period in (290, 291) else 0}")
    return write_series(tmp_path / "weekly.csv", "unit,t,observed,date,state", rows)


def call(*arguments: str | Path, code: int = 0) -> Result:
    ended = call_command(*arguments)
    assert ended.exit_code == code, ended.output
    return ended


def ask(*arguments: str | Path, code: int = 0) -> Any:
    ended = call("detect", *arguments, "--json", code=code)
    return json.loads(ended.stdout)


def test_the_help_names_the_methods_there_are() -> None:
    assert set(METHOD_NAMES) == set(METHODS)


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_every_method_finds_an_outbreak_nobody_would_miss(weekly: Path, method: str) -> None:
    params = {"fixed": '{"value": 30}', "cusum": '{"m": "glm"}', "moving_percentile": '{"percentile": 1}'}.get(
        method, "{}"
    )
    found = ask(weekly, "--method", method, "--params", params)
    assert [(row["unit"], row["t"], row["date"]) for row in found["rows"]] == [
        (unit, PERIODS, "2025-04-28") for unit in ("north", "south")
    ]
    assert [row["alarm"] for row in found["rows"]] == [0, 1]
    south = found["rows"][1]
    assert south["upperbound"] < south["observed"] == 40
    assert south["reference"]


def test_the_answer_is_the_contract_s_csv(weekly: Path, tmp_path: Path) -> None:
    out = tmp_path / "alarms.csv"
    call("detect", weekly, "--method", "farrington_flexible", "--from", "300", "--to", "304", "--out", out)
    with out.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        assert {"unit", "t", "observed", "alarm", "upperbound", "expected", "pvalue", "score", "note"} <= set(
            reader.fieldnames or ()
        )
    assert [(row["unit"], row["t"]) for row in rows] == [
        (u, str(t)) for u in ("north", "south") for t in range(300, 305)
    ]
    assert all(row["alarm"] in ("0", "1") and float(row["upperbound"]) >= 0 for row in rows)


def test_periods_may_be_asked_by_date(weekly: Path) -> None:
    by_date = ask(weekly, "--method", "ears_c1", "--from", "2025-01-01", "--to", "2025-01-20")
    assert [row["date"] for row in by_date["rows"][:4]] == ["2024-12-30", "2025-01-06", "2025-01-13", "2025-01-20"]
    assert len(by_date["rows"]) == 8


def test_a_break_and_known_outbreaks_are_told_beside_the_alarm(weekly: Path) -> None:
    params = json.dumps(
        {"breaks": [["2020-01-20", "2020-12-31"]], "knownOutbreaks": "exclude", "pastWeeksNotIncluded": 4}
    )
    plain = ask(weekly, "--method", "farrington_flexible")["rows"][1]
    south = ask(weekly, "--method", "farrington_flexible", "--params", params)["rows"][1]
    assert south["expected"] != plain["expected"]
    assert "291-292: 参照期中已知的暴发未用" in south["left_out"]
    assert "疫情中断期未用" in south["left_out"]
    english = json.loads(
        call("detect", weekly, "--method", "farrington_flexible", "--params", params, "--json", "--lang", "en").stdout
    )
    assert "An epidemic break" in english["rows"][1]["left_out"]


def test_one_result_is_explained_period_by_period(weekly: Path) -> None:
    params = json.dumps({"breaks": [["2020-01-20", "2020-12-31"]]})
    found = ask("explain", weekly, "south", "330", "--method", "farrington_flexible", "--params", params)
    assert found["alarm"] == 1
    by_date = {row["date"]: row for row in found["periods"]}
    assert by_date["2020-06-01"]["used"] is False
    assert "疫情中断" in by_date["2020-06-01"]["note"]
    assert by_date["2022-05-02"] == {
        "t": 174, "date": "2022-05-02", "observed": counts(1)[173], "used": True, "note": "",
    }  # fmt: skip
    used = [row["observed"] for row in found["periods"] if row["used"]]
    assert np.mean(used) == pytest.approx(6, abs=0.6)
    assert call("detect", "explain", weekly, "east", "330", "--method", "cusum", code=2).stderr.startswith("DETECT-014")


def test_a_broken_series_stops_no_other(tmp_path: Path) -> None:
    good = [f"good,{period + 1},{count},," for period, count in enumerate(counts())]
    rows = [
        *good,
        *(f"half,{period},1.5,," for period in range(1, 4)),
        "no number,1,many,,",
        "negative,1,-3,,",
        "twice,1,1,,",
        "twice,1,2,,",
        "no period,x,1,,",
        "nought,0,1,,",
        "bad day,1,1,2020-13-01,",
        "bad day,2,1,2020-01-02,",
        "odd days,1,1,2020-01-01,",
        "odd days,2,1,2020-01-11,",
        "short,330,9,,",
        "unknown,330,NA,,",
    ]
    path = write_series(tmp_path / "broken.csv", "unit,t,observed,date,population", rows)
    found = ask(path, "--method", "farrington_flexible", "--from", "329", code=11)
    broken = {problem["unit"]: (problem["code"], problem["line"]) for problem in found["broken"]}
    assert broken == {
        "no number": ("DETECT-006", 335),
        "negative": ("DETECT-006", 336),
        "twice": ("DETECT-005", 337),
        "no period": ("DETECT-004", 339),
        "nought": ("DETECT-004", 340),
        "bad day": ("DETECT-007", 341),
        "odd days": ("DETECT-007", None),
    }
    rows_of = {
        unit: [row for row in found["rows"] if row["unit"] == unit] for unit in ("good", "short", "unknown", *broken)
    }
    assert all(len(rows) == 2 for rows in rows_of.values()), "every series has its rows, judged or not"
    assert [row["alarm"] for row in rows_of["good"]] == [0, 0]
    assert all(row["alarm"] is None and row["note"] for unit in broken for row in rows_of[unit])
    assert "没有可用的历史" in rows_of["short"][1]["note"]
    assert "本期病例数未知" in rows_of["unknown"][1]["note"]
    ended = call("detect", path, "--method", "ears_c1", code=11)
    assert ended.stderr.count("未判断") == 7


def test_gbk_parquet_and_chinese_headers(tmp_path: Path) -> None:
    from wangdi.store.workspace import Workspace, sql_text

    rows = [f"甲镇,{period + 1},{count}" for period, count in enumerate(counts())]
    utf = write_series(tmp_path / "utf.csv", "unit,t,observed", rows)
    gbk = write_series(tmp_path / "gbk.csv", "序列,期次,病例数", rows, "gb18030")
    parquet = tmp_path / "series.parquet"
    with Workspace() as workspace:
        workspace.copy(f"select * from read_csv({sql_text(utf)})", parquet)
    wanted = ask(utf, "--method", "evidence")["rows"]
    assert wanted[0]["unit"] == "甲镇"
    assert ask(gbk, "--method", "evidence")["rows"] == wanted
    assert ask(parquet, "--method", "evidence")["rows"] == wanted


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "DETECT-003"),
        (b"unit,t,observed\n", "DETECT-003"),
        (b"unit,t\nx,1\n", "DETECT-002"),
        (b"PK\x03\x04nonsense", "DETECT-001"),
        (b"PAR1nonsense", "DETECT-001"),
        (b'unit,t,observed\nx,1,2,3,4\ny\n"', "DETECT-001"),
        (b"unit,t,observed\n\xff\xff,1,2\n", "DETECT-001"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    ended = call("detect", path, "--method", "cusum", code=20 if code == "DETECT-001" else 11)
    assert ended.stderr.startswith(code)
    assert call("detect", tmp_path / "missing.csv", "--method", "cusum", code=20).stderr.startswith("DETECT-001")


@pytest.mark.parametrize(
    ("params", "code", "said"),
    [
        ("{", "DETECT-008", ""),
        ("[1]", "DETECT-008", "list"),
        ('{"noPeriod": 10}', "DETECT-010", "noPeriods"),
        ('{"alpha": 2}', "DETECT-011", "alpha"),
        ('{"b": 2.5}', "DETECT-011", "b"),
        ('{"reweight": "perhaps"}', "DETECT-011", "reweight"),
        ('{"limit54": [5]}', "DETECT-011", "limit54"),
        ('{"compat": "sas"}', "DETECT-011", "compat"),
        ('{"freq": 53}', "DETECT-011", "freq"),
        ('{"breaks": [["2022-01-01", "2020-01-01"]]}', "DETECT-011", "breaks"),
        ('{"breaks": [5]}', "DETECT-011", "breaks"),
    ],
)
def test_a_wrong_parameter_is_named(weekly: Path, params: str, code: str, said: str) -> None:
    ended = call("detect", weekly, "--method", "farrington_flexible", "--params", params, code=2)
    assert ended.stderr.startswith(code)
    assert said in ended.stderr


def test_a_wrong_question_is_answered(weekly: Path) -> None:
    for option, value in (("--from", "999"), ("--to", "0"), ("--from", "soon"), ("--to", "2011-01-01")):
        assert call("detect", weekly, "--method", "cusum", option, value, code=2).stderr.startswith("DETECT-009")
    assert "DETECT-009" in call("detect", weekly, "--method", "cusum", "--from", "300", "--to", "200", code=2).stderr
    assert "farrington_flexible" in call("detect", weekly, "--method", "farington", code=2).stderr
    assert call("detect", weekly, "--method", "fixed", "--params", '{"disease": "感冒"}', code=2).stderr.startswith(
        "DETECT-012"
    )


def test_what_is_set_by_disease_is_used(weekly: Path) -> None:
    params = '{"disease": "痢疾", "place": "学校"}'
    assert ask(weekly, "--method", "fixed", "--params", params)["rows"][1]["upperbound"] == 10
    assert ask(weekly, "--method", "fixed", "--params", '{"disease": "霍乱"}')["rows"][0]["upperbound"] == 1
    strict, loose = (
        ask(weekly, "--method", "moving_percentile", "--params", json.dumps({"disease": disease}))["rows"][0][
            "upperbound"
        ]
        for disease in ("麻疹", "痢疾")
    )
    assert strict > loose


def test_neighbours_are_taken_from_their_file(weekly: Path, tmp_path: Path) -> None:
    neighbours = write_series(tmp_path / "neighbours.csv", "unit,neighbour,kind", ["north,south,place"])
    params = '{"shareFalse": 1}'
    alone = ask(weekly, "--method", "evidence", "--params", params)["rows"]
    beside = ask(weekly, "--method", "evidence", "--params", params, "--neighbours", neighbours)["rows"]
    assert beside[0]["score"] < alone[0]["score"], "what happens next door does not happen here"
    streams = write_series(tmp_path / "streams.csv", "unit,neighbour,kind", ["north,south,stream"])
    related = ask(weekly, "--method", "evidence", "--params", params, "--neighbours", streams)["rows"]
    assert related[0]["score"] > beside[0]["score"]
    unknown = write_series(tmp_path / "unknown.csv", "unit,neighbour", ["north,east"])
    ended = call("detect", weekly, "--method", "evidence", "--neighbours", unknown, code=11)
    assert ended.stderr.startswith("DETECT-013")
    assert "east" in ended.stderr


def test_units_over_different_dates_are_judged_side_by_side(tmp_path: Path) -> None:
    rows = []
    for unit, step in (("weekly", 7), ("daily", 1)):
        day = date(2018, 1, 1)
        for period in range(1, 2200 if step == 1 else 331):
            rows.append(f"{unit},{period},{period % 3},{day.isoformat()}")
            day += timedelta(days=step)
    path = write_series(tmp_path / "both.csv", "unit,t,observed,date", rows)
    found = ask(path, "--method", "moving_percentile", "--from", "330", "--to", "330")
    assert [(row["unit"], row["date"]) for row in found["rows"]] == [("weekly", "2024-04-22"), ("daily", "2018-11-26")]


def test_a_table_for_the_reader(weekly: Path) -> None:
    text = call("detect", weekly, "--method", "farrington_flexible", "--format", "table").stdout
    assert "2 个序列，1 次报警" in text
    sheet = call("detect", weekly, "--method", "farrington_flexible").stdout
    assert next(csv.DictReader(io.StringIO(sheet)))["unit"] == "north"


SERIES: dict[str, list[float | None]] = {
    "one row": [3],
    "no case": [0] * 329,
    "always the same": [7] * 329,
    "very many": [10**12 if period % 3 else 10**9 for period in range(329)],
    "halves": [period % 5 + 0.5 for period in range(329)],
    "gaps": [period % 5 if period % 4 else None for period in range(329)],
}


@pytest.mark.parametrize("compat", [True, False], ids=["as R", "default"])
@pytest.mark.parametrize("method", METHOD_NAMES)
def test_every_method_has_an_answer_for_every_series(tmp_path: Path, method: str, compat: bool) -> None:
    """From the first period on, when nothing is known yet; all in one file, none in the way of another."""
    rows = [
        f"{unit},{at + 1},{'' if count is None else count}"
        for unit, counts in SERIES.items()
        for at, count in enumerate(counts)
    ]
    path = write_series(tmp_path / "odd.csv", "unit,t,observed", rows)
    params: dict[str, Any] = {"M": 6} if method == "glr_nb" else {}
    if compat and "compat" in METHODS[method]:
        params["compat"] = "surveillance"
    found = ask(path, "--method", method, "--from", "1", "--to", "329", "--params", json.dumps(params))
    assert len(found["rows"]) == 329 * len(SERIES)
    same = [row["alarm"] for row in found["rows"] if row["unit"] == "no case"]
    assert not any(same), "no case is never an alarm"
    assert any(row["note"] for row in found["rows"])


def test_a_series_that_ended_is_unknown_afterwards(weekly: Path, tmp_path: Path) -> None:
    rows = [f"ended,{period},4,{date(2019, 1, 7) + timedelta(weeks=period - 1)},0" for period in range(1, 300)]
    path = tmp_path / "ended.csv"
    path.write_text(weekly.read_text() + "\n".join(rows) + "\n")
    found = ask(path, "--method", "cusum", "--from", "299", "--to", "301")
    ended = [row for row in found["rows"] if row["unit"] == "ended"]
    assert [row["alarm"] for row in ended] == [0, None, None]
    assert "未知" in ended[2]["note"]
