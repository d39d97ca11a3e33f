"""Reading regions and organisations, and asking their trees."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from wangdi.catalog.places import (
    Organisation,
    Region,
    current_region,
    plant_tree,
    read_organisations,
    read_regions,
)
from wangdi.catalog.trees import widen_region_code
from wangdi.core.problem import Problem, Refusal

DAY = date(2025, 6, 30)
CITY, COUNTY, TOWN, VILLAGE = "990100000000", "990102000000", "990102003000", "990102003101"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("990102", COUNTY),
        ("99010203", TOWN),
        ("990102003", TOWN),
        (VILLAGE, VILLAGE),
        ("9901020031", "9901020031"),
        ("", ""),
    ],
)
def test_codes_of_report_cards_are_widened(written: str, meant: str) -> None:
    assert widen_region_code(written) == meant


REGIONS = """code,name,level,parent,valid_from,valid_to,successor
990100,某市,,,,,
990102,甲县,,,,,
990102003,东乡,,,,,
990102003101,一村,,,,,
990102004,西乡,,,2010-01-01,2024-12-31,990102003
"""


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


def codes(problems: list[Problem]) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in problems]


def regions(folder: Path, text: str = REGIONS) -> list[Region]:
    rows, problems = read_regions(write(folder, text))
    assert not problems
    return rows


def test_short_codes_levels_and_parents_are_filled_in(tmp_path: Path) -> None:
    rows = regions(tmp_path)
    assert rows[0] == Region(CITY, "某市", "city", None)
    assert rows[3] == Region(VILLAGE, "一村", "village", TOWN)
    assert rows[4].valid_to == date(2024, 12, 31)
    assert rows[4].successor == TOWN


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headers_and_levels(tmp_path: Path, encoding: str) -> None:
    text = "区划代码,名称,级别,上级代码\r\n990100000000,某市,地级市,\r\n990102000000,甲县,区县,990100000000\r\n"
    rows, problems = read_regions(write(tmp_path, text, encoding))
    assert not problems
    assert rows == [Region(CITY, "某市", "city", None), Region(COUNTY, "甲县", "county", CITY)]


def test_ancestors_on_a_day(tmp_path: Path) -> None:
    tree = plant_tree(regions(tmp_path))
    assert [row.code for row in tree.ancestors(VILLAGE, DAY)] == [TOWN, COUNTY, CITY]
    assert tree.ancestors(CITY, DAY) == ()
    assert tree.ancestors("nowhere", DAY) == ()
    county = tree.at_level(VILLAGE, "county", DAY)
    assert county is not None
    assert county.code == COUNTY
    assert tree.at_level(CITY, "village", DAY) is None
    assert [row.code for row in tree.children(COUNTY, DAY)] == [TOWN]
    assert [row.code for row in tree.children(COUNTY, date(2024, 1, 1))] == [TOWN, "990102004000"]
    assert [row.code for row in tree.descendants(CITY, DAY)] == [COUNTY, TOWN, VILLAGE]


def test_a_cancelled_code_leads_to_its_successor(tmp_path: Path) -> None:
    tree = plant_tree(regions(tmp_path))
    before, after = current_region(tree, "990102004000", date(2024, 12, 31)), current_region(tree, "990102004000", DAY)
    assert before is not None
    assert after is not None
    assert (before.code, after.code) == ("990102004000", TOWN)
    assert current_region(tree, "990102004000", date(2009, 1, 1)) is None
    assert current_region(tree, "990109000000", DAY) is None


def test_successors_in_a_circle_lead_nowhere() -> None:
    ended = date(2020, 12, 31)
    one = Region("990102001000", "甲", "township", None, valid_to=ended, successor="990102002000")
    other = Region("990102002000", "乙", "township", None, valid_to=ended, successor="990102001000")
    assert current_region(plant_tree([one, other]), one.code, DAY) is None


def test_a_township_that_changes_county(tmp_path: Path) -> None:
    text = REGIONS + "990103,乙县,,,,,\n990102005,北乡,,990102,,2024-12-31,\n990102005,北乡,,990103,2025-01-01,,\n"
    tree = plant_tree(regions(tmp_path, text))
    assert [row.code for row in tree.ancestors("990102005000", date(2024, 12, 31))] == [COUNTY, CITY]
    assert [row.code for row in tree.ancestors("990102005000", date(2025, 1, 1))] == ["990103000000", CITY]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("990102003101,又一村,,,,,", "CAT-004"),
        ("990102006,南乡,,990108,,,", "CAT-005"),
        ("990102006,南乡,镇上,,,,", "CAT-009"),
        ("990102006,南乡,,,不详,,", "CAT-007"),
        ("990102006,南乡,,,2025-01-01,2024-12-31,", "CAT-014"),
        ("990102006,,,,,,", "CAT-008"),
        ("99010200,南乡,,,,,", "ID-010"),
        ("000102,南乡,,,,,", "ID-011"),
        ("990102006,南乡,,9901,,,", "ID-010"),
    ],
)
def test_a_wrong_line_is_refused_and_the_rest_kept(tmp_path: Path, line: str, code: str) -> None:
    rows, problems = read_regions(write(tmp_path, REGIONS + line + "\n"))
    assert codes(problems) == [(code, 7)]
    assert len(rows) == 5


def test_parents_in_a_circle(tmp_path: Path) -> None:
    text = REGIONS + "990102006,南乡,,990102007,,,\n990102007,北乡,,990102006,,,\n990102006101,二村,,,,,\n"
    rows, problems = read_regions(write(tmp_path, text))
    assert codes(problems) == [("CAT-006", 7), ("CAT-006", 8), ("CAT-005", 9)]
    assert len(rows) == 5


def test_the_shape_of_a_file(tmp_path: Path) -> None:
    rows, problems = read_regions(write(tmp_path, "code,colour\n990100,red\n"))
    assert rows == []
    assert sorted(problem.code for problem in problems) == ["CAT-002", "CAT-003"]
    rows, problems = read_regions(write(tmp_path, ""))
    assert (rows, codes(problems)) == ([], [("CAT-002", 1), ("CAT-002", 1)])
    rows, problems = read_regions(
        write(tmp_path, REGIONS.replace("990102003,", "\n990102003,") + "990108,丙县,,,,,990109\n")
    )
    assert len(rows) == 6
    assert codes(problems) == [("CAT-016", 8)]


def test_a_file_that_is_not_there_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as caught:
        read_regions(tmp_path / "nothing.csv")
    assert caught.value.problem.code == "CAT-001"


def test_organisations(tmp_path: Path) -> None:
    known = regions(tmp_path)
    text = (
        "机构代码,机构名称,机构类别,级别,所在区划,上级机构代码\n"
        "H01,东乡卫生院,C2,,990102003000,\nV01,一村卫生室,D6,village,990102003101,H01\n"
        "V02,二村卫生室,D6,,990102003102,H01\nV03,三村卫生室,D6,,990102003101,H09\nH01,重复,C2,,990102003000,\n"
    )
    rows, problems = read_organisations(write(tmp_path, text), known)
    assert rows == [
        Organisation("H01", "东乡卫生院", "C2", "township", TOWN, None),
        Organisation("V01", "一村卫生室", "D6", "village", VILLAGE, "H01"),
    ]
    assert sorted(codes(problems)) == [("CAT-004", 6), ("CAT-005", 5), ("CAT-010", 4)]
    assert [row.code for row in plant_tree(rows).ancestors("V01", DAY)] == ["H01"]


def test_a_centre_is_two_numbers_on_earth(tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    path.write_text(
        "code,name,经度,纬度\n990101000000,示范县,100.5,0.25\n990102000000,云县,,\n"
        "990103000000,错县,100.5,\n990104000000,远县,100,95\n990105000000,歪县,东经一百度,0\n",
        encoding="utf-8",
    )
    rows, problems = read_regions(path)
    centres = [(100.5, 0.25), (None, None), (None, None), (None, None), (None, None)]
    assert [(row.lon, row.lat) for row in rows] == centres
    assert [(problem.code, problem.line) for problem in problems] == [("CAT-017", 4), ("CAT-017", 5), ("CAT-017", 6)]
