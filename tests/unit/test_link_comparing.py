"""The levels of agreement, field by field: what people would say of two spellings is what the comparison says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.people_records import number, read_rows
from wangdi.link.comparing import compare_pairs
from wangdi.link.distances import are_one_edit_apart, count_edits
from wangdi.link.levels import COLUMN, FIELDS, PATTERNS, decode_levels, encode_levels
from wangdi.link.names import read_codes
from wangdi.link.newcomers import NewcomerIndex
from wangdi.link.scoring import read_weights

LEVELS = {
    "name": [
        ("王建国", "王建国", "same_unique"),
        ("王建国", "王  建國", "same_unique"),
        ("王建国", "王健国", "sound_unique"),
        ("王建国", "王?国", "unreadable"),
        ("王建国", "王建", "one_short"),
        ("王建国", "王国", "one_short"),
        ("王林", "王玲", "near_sound"),
        ("李清华", "李睛华", "look_alike"),
        ("王未", "王末", "look_alike"),
        ("王建国", "王建军", "one_differs"),
        ("王建国", "王国建", "swapped"),
        ("王建国", "汪建国", "sound_unique"),
        ("王建国", "黄建国", "given_same"),
        ("王建国", "王美丽", "surname_same"),
        ("王建国", "王美", "surname_same"),
        ("王建国", "李美丽", "different"),
        ("王建国", "李芳之子", "newborn"),
        ("李芳之子", "李芳之子", "same_mother"),
        ("李芳之子", "王芳之子", "other_mother"),
        ("王建国", "无名氏", "missing"),
        ("王建国", "", "missing"),
        ("John Smith", "JOHN SMITH", "same_unique"),
        ("John Smith", "Jon Smith", "letters_near"),
        ("matthew clarke", "mathew clarkes", "letters_near"),
        ("John Smith", "Smith John", "letters_swapped"),
        ("John Smith", "William Smith", "letters_surname"),
        ("John Smith", "John Atkinson", "letters_given"),
    ],
    "birth": [
        ("1980-05-06", "1980/5/6", "same"),
        ("1980-01-01", "1980-01-01", "same_default"),
        ("1966-10-03", "1966-11-14", "lunar"),
        ("1966-03-15", "1966-05-05", "lunar"),
        ("1980-05-06", "1980-06-05", "swapped"),
        ("1980-05-06", "1980-01-01", "default"),
        ("1980-05-06", "1980-05-16", "day_slip"),
        ("1980-05-06", "1980-08-06", "month_slip"),
        ("1980-05-06", "1990-05-06", "year_slip"),
        ("1980-05-06", "1980-07-08", "same_year"),
        ("1980-05-06", "1981-07-08", "different"),
        ("1980-05-06", "", "missing"),
    ],
    "sex": [("1", "男", "same"), ("1", "2", "different"), ("1", "0", "missing"), ("1", "", "missing")],
    "phone": [
        ("13812345678", "+8613812345678", "same"),
        ("13812345678", "13812345679", "near"),
        ("13812345678", "13812345687", "near"),
        ("13812345678", "13987654321", "different"),
        ("13812345678", "", "missing"),
        ("0531-88886666", "053188886666", "same"),
    ],
    "address": [
        ("朝阳巷69号10-202", "朝阳巷69号佳苑10号楼202室", "same"),
        ("朝阳巷69号10-202", "朝阳巷3号1-101", "same_road"),
        ("朝阳巷69号10-202", "中山路3号1-101", "different"),
        ("朝阳巷69号10-202", "", "missing"),
    ],
    "division": [
        ("990101001002", "990101001002", "village"),
        ("990101001002", "990101001003", "township"),
        ("990101001002", "990101001", "township"),
        ("990101001002", "990101002003", "county"),
        ("990101001002", "990101", "county"),
        ("990101001002", "990102001002", "different"),
        ("990101001002", "", "missing"),
    ],
}  # fmt: skip
CALLED = {"address": "home", "division": "area"}


@pytest.mark.parametrize(
    ("field", "one", "other", "level"),
    [(field, *case) for field, cases in LEVELS.items() for case in cases],
)
def test_levels(field: str, one: str, other: str, level: str, tmp_path: Path) -> None:
    records = read_rows(tmp_path, [{field: one}, {field: other}])
    column = COLUMN[CALLED.get(field, field)]
    both = compare_pairs(records, np.array([0, 1]), records, np.array([1, 0]))
    assert [FIELDS[column].level_name(found) for found in both[:, column]] == [level, level]


OWN = number("19800506")
NUMBERS = [
    ({"birth": "1980-05-06", "sex": "1", "id_no": OWN}, {"birth": "1980-05-06", "sex": "1", "id_no": OWN}, "same"),
    ({"birth": "1980-05-06", "sex": "1", "id_no": OWN}, {"birth": "1980-05-06", "id_no": OWN[:3] + "9" + OWN[4:]}, "near"),
    (
        {"birth": "1980-05-06", "sex": "1", "id_no": number("19800506", 12)},
        {"birth": "1980-05-06", "sex": "1", "id_no": number("19800506", 17)},
        "different",
    ),
    ({"birth": "2020-05-06", "id_no": OWN}, {"birth": "2020-05-06", "id_no": OWN}, "same_guardian"),
    ({"birth": "2020-05-06", "name": "王小", "id_no": OWN},
     {"birth": "1980-05-06", "name": "王大", "sex": "1", "id_no": OWN}, "is_guardian"),
    ({"birth": "2020-05-06", "id_no": OWN}, {"birth": "2020-05-06", "id_no": number("20200506")}, "missing"),
    ({"id_type": "03", "id_no": "E12345678"}, {"id_type": "03", "id_no": "E12345678"}, "same"),
    ({"id_type": "03", "id_no": "E12345678"}, {"id_type": "03", "id_no": "E12345679"}, "different"),
    ({"id_type": "03", "id_no": "E12345678"}, {"birth": "1980-05-06", "sex": "1", "id_no": OWN}, "missing"),
    ({"id_type": "03", "id_no": "E12345678", "nationality": "GB"},
     {"id_type": "03", "id_no": "E12345678", "nationality": "US"}, "different"),
    ({"id_type": "03", "id_no": "E12345678", "nationality": "GB"}, {"id_type": "03", "id_no": "E12345678"}, "same"),
    ({"id_no": "0" * 18}, {"id_no": "0" * 18}, "missing"),
    ({"id_no": "5307214"}, {"id_no": "5307214"}, "same"),
    ({"id_no": "5307214"}, {"id_no": "5307241"}, "near"),
]  # fmt: skip


def test_a_silent_document_beside_two_nationalities_says_nothing(tmp_path: Path) -> None:
    rows = [{"id_type": "03", "id_no": "E12345678", "nationality": land} for land in ("GB", "US", "")]
    records = read_rows(tmp_path, rows)
    levels = compare_pairs(records, np.array([0, 0, 2]), records, np.array([1, 2, 1]))[:, COLUMN["number"]]
    field = FIELDS[COLUMN["number"]]
    assert [field.level_name(one) for one in levels] == ["different", "missing", "missing"]


@pytest.mark.parametrize(("known", "asked", "level"), [
    ("GB", "", "same"), ("", "GB", "same"), ("GB", "GBR", "same"), ("GB", "US", "different"), ("", "", "same"),
])  # fmt: skip
def test_a_newcomers_document_is_read_beside_those_there_are(
    known: str, asked: str, level: str, tmp_path: Path
) -> None:
    document = {"id_type": "03", "id_no": "E12345678"}
    index = NewcomerIndex(read_rows(tmp_path, [{**document, "nationality": known}]), read_weights())
    newcomer = index.read({**document, "nationality": asked})
    (levels,) = compare_pairs(newcomer, np.array([0]), index.records, np.array([0]))
    assert FIELDS[COLUMN["number"]].level_name(levels[COLUMN["number"]]) == level


@pytest.mark.parametrize(("one", "other", "level"), NUMBERS)
def test_numbers(one: dict[str, str], other: dict[str, str], level: str, tmp_path: Path) -> None:
    records = read_rows(tmp_path, [one, other])
    both = compare_pairs(records, np.array([0, 1]), records, np.array([1, 0]))
    column = COLUMN["number"]
    assert [FIELDS[column].level_name(found) for found in both[:, column]] == [level, level]


def test_common_names_are_told_from_rare_ones(tmp_path: Path) -> None:
    rows = [{"name": "王伟", "birth": f"{1900 + place}-03-04"} for place in range(60)]
    records = read_rows(
        tmp_path, [*rows, {"name": "郝淼", "birth": "1980-03-04"}, {"name": "郝淼", "birth": "1980-03-04"}]
    )
    found = compare_pairs(records, np.array([0, 60]), records, np.array([1, 61]))[:, COLUMN["name"]]
    assert [FIELDS[0].level_name(level) for level in found] == ["same_common", "same_unique"]


def edits(one: str, other: str) -> int:
    """Optimal string alignment, as plainly as it can be written."""
    table = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            change = table[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, change)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[len(one)][len(other)]


@given(st.lists(st.tuples(st.text("abc", max_size=6), st.text("abc", max_size=6)), min_size=1, max_size=20))
def test_edits_of_words(pairs: list[tuple[str, str]]) -> None:
    one, other = read_codes([pair[0] for pair in pairs]), read_codes([pair[1] for pair in pairs])
    assert count_edits(one, other).tolist() == [edits(*pair) for pair in pairs]


@given(st.integers(10**10, 10**11 - 1), st.integers(0, 10), st.integers(0, 9))
def test_one_edit_of_numbers(whole: int, place: int, digit: int) -> None:
    text = str(whole)
    changed = text[:place] + str(digit) + text[place + 1 :]
    swapped = text[:place] + text[place + 1 : place + 2] + text[place] + text[place + 2 :]
    far = str((whole + 1234567) % 10**11)
    apart = sum(a != b for a, b in zip(text, far, strict=False)) if len(far) == len(text) else 9
    for other, wanted in ((changed, changed != text), (swapped, swapped != text), (far, apart == 1)):
        if apart > 2 or other is not far:
            assert are_one_edit_apart(np.array([whole]), np.array([int(other)]))[0] == wanted, (text, other)


@given(st.lists(st.integers(0, PATTERNS - 1), min_size=1, max_size=50))
def test_patterns_are_levels(codes: list[int]) -> None:
    assert encode_levels(decode_levels(np.array(codes))).tolist() == codes
