from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from wangdi.catalog.populations import PopulationRow, load_population_kinds, read_populations

NAMED = (
    "residents_year_end", "residents_average", "registered", "served", "aged_65_plus", "aged_0_6", "aged_under_3",
    "aged_35_plus", "live_births", "hypertension_estimate", "diabetes_estimate", "hypertension_task", "diabetes_task",
)  # fmt: skip
AREA = "990102000000"
HEAD = "area,year,kind,value,source,published_on\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "populations.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_kind_has_words_in_both_languages() -> None:
    kinds = load_population_kinds()
    assert set(NAMED) <= set(kinds)
    assert all(kind.zh and kind.en and kind.unit for kind in kinds.values())
    assert len({kind.zh for kind in kinds.values()}) == len(kinds)


def test_rows_are_read(tmp_path: Path) -> None:
    text = (
        "地区,年份,口径,人数,来源,公布日期\n"
        '990102,2025,65岁及以上常住人口,"12,345",统计年鉴,2026-03-01\n990102,2025,aged_0_6,100.5,推算,\n'
    )
    rows, problems = read_populations(write(tmp_path, text), {AREA})
    assert problems == []
    assert rows == [
        PopulationRow(AREA, 2025, "aged_65_plus", 12345.0, "统计年鉴", date(2026, 3, 1)),
        PopulationRow(AREA, 2025, "aged_0_6", 100.5, "推算", None),
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("990103,2025,registered,10,年鉴,", "CAT-010"),
        ("990102,25,registered,10,年鉴,", "CAT-015"),
        ("990102,２０２５,registered,10,年鉴,", "CAT-015"),
        ("990102,2025,everybody,10,年鉴,", "CAT-011"),
        ("990102,2025,registered,-1,年鉴,", "CAT-012"),
        ("990102,2025,registered,nan,年鉴,", "CAT-012"),
        ("990102,2025,registered,1e5,年鉴,", "CAT-012"),
        ("990102,2025,registered,10,年鉴,去年", "CAT-007"),
        ("990102,2025,registered,10,,", "CAT-008"),
        ("990102,2025,served,11,年鉴,", "CAT-013"),
    ],
)
def test_a_wrong_line_is_refused_and_the_rest_kept(tmp_path: Path, line: str, code: str) -> None:
    rows, problems = read_populations(write(tmp_path, f"{HEAD}990102,2025,served,10,年鉴,\n{line}\n"), {AREA})
    assert [(problem.code, problem.line) for problem in problems] == [(code, 3)]
    assert [row.value for row in rows] == [10.0]


def test_an_area_stays_as_written_where_none_is_known(tmp_path: Path) -> None:
    rows, problems = read_populations(write(tmp_path, f"{HEAD}H01,2025,served,10,核定,\n"))
    assert problems == []
    assert rows[0].area == "H01"
