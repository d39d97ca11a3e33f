"""Texts as institutions export them become what can be compared, and nothing is taken for what it is not."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.people_records import number, read_rows
from wangdi.core.identifiers import check_id_number, id_check_character
from wangdi.link.hanzi import load_hanzi, look_alike
from wangdi.link.lunar import convert_lunar, may_be_lunar
from wangdi.link.names import NAMED, NEWBORN, NO_NAME, tidy_names
from wangdi.link.newcomers import read_record
from wangdi.link.numbers import check_values, is_day
from wangdi.link.records import ID_KINDS


@pytest.mark.parametrize(
    "texts",
    [
        ("赵勇", "赵  勇", "赵　勇", " 赵勇 ", "赵\t勇"),
        ("张三", "張三"),
        ("阿卜杜拉买买提", "阿卜杜拉·买买提", "阿卜杜拉•买买提", "阿卜杜拉．买买提"),
        ("JOHNSMITH", "John Smith", "Ｊｏｈｎ Ｓｍｉｔｈ"),
        ("李?", "李？", "李□", "李〇", "李*"),
        ("ABC", "ábc"),
    ],
)
def test_spellings_of_one_name(texts: tuple[str, ...]) -> None:
    table, place = tidy_names(texts)
    assert set(place) == {0}
    assert table.kind[0] == NAMED


@pytest.mark.parametrize(
    ("text", "mother"),
    [
        ("王芳之女", "王芳"),
        ("王 芳之子", "王芳"),
        ("欧阳丽之婴", "欧阳丽"),
        ("李婷婷之长子", "李婷婷"),
        ("王芳之女婴", "王芳"),
        ("赵静宝宝", "赵静"),
        ("赵静之子B", "赵静"),
    ],
)
def test_a_newborn_is_no_name_but_a_mother(text: str, mother: str) -> None:
    table, place = tidy_names([text, mother])
    newborn = place[0]
    assert table.kind[newborn] == NEWBORN
    assert "".join(chr(code) for code in table.codes[newborn] if code) == mother
    assert table.key[newborn] != table.key[place[1]]


@pytest.mark.parametrize("text", ["无名氏", "不详", "未知", "", "  ", "-", "??", "unknown"])
def test_what_says_there_is_no_name(text: str) -> None:
    table, place = tidy_names([text])
    assert table.kind[place[0]] == NO_NAME


@pytest.mark.parametrize("text", ["李婴", "王子", "张之", "孙宝", "毛毛", "李大毛", "王儿", "田女"])
def test_real_names_with_such_characters(text: str) -> None:
    table, place = tidy_names([text])
    assert table.kind[place[0]] == NAMED


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("单", "shan"),
        ("解", "xie"),
        ("查", "zha"),
        ("区", "ou"),
        ("仇", "qiu"),
        ("曾", "zeng"),
        ("朴", "piao"),
        ("盖", "ge"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, said: str) -> None:
    hanzi = load_hanzi()
    table, place = tidy_names([f"{name}国华", f"国{name}"])
    assert hanzi.syllables[table.sounds[place[0], 0]] == said
    ordinary = hanzi.syllables[hanzi.sound[ord(name)]]
    assert hanzi.syllables[table.sounds[place[1], 1]] == ordinary


def test_compound_surnames_are_read_whole() -> None:
    hanzi = load_hanzi()
    table, place = tidy_names(["尉迟恭", "万俟华"])
    assert [hanzi.syllables[one] for one in table.sounds[place[0], :2]] == ["yu", "chi"]
    assert [hanzi.syllables[one] for one in table.sounds[place[1], :2]] == ["mo", "qi"]


def test_days_of_leap_months() -> None:
    """First days of leap months as almanacs print them; the month before begins a month earlier, and is as likely meant."""
    known = {
        19660301: (19660322, 19660421),
        19760801: (19760825, 19760924),
        19841001: (19841024, 19841123),
        20140901: (20140924, 20141024),
        20170601: (20170624, 20170723),
        20200401: (20200423, 20200523),
        20230201: (20230220, 20230322),
        20331101: (20331122, 20331222),
    }
    days = np.array(list(known))
    assert convert_lunar(days).tolist() == [first for first, _ in known.values()]
    assert convert_lunar(days, leap=True).tolist() == [second for _, second in known.values()]
    for place in (0, 1):
        assert may_be_lunar(days, np.array([both[place] for both in known.values()])).all()
    others = np.array([20200501, 20210401, 20200430])
    assert convert_lunar(others, leap=True).tolist() == [0, 0, 0], "no leap month, no leap year, and only 29 days"


def test_characters_that_look_alike() -> None:
    pairs = ["清晴", "未末", "己已", "候侯", "杨扬"]
    one = np.array([ord(pair[0]) for pair in pairs])
    other = np.array([ord(pair[1]) for pair in pairs])
    assert look_alike(one, other).all()
    assert look_alike(other, one).all()
    assert not look_alike(np.array([ord("王")]), np.array([ord("张")]))[0]


def test_lunar_days() -> None:
    """New years as the calendar offices print them, a leap year, and a day that never was."""
    known = {
        19000101: 19000131,
        19500101: 19500217,
        19660101: 19660121,
        20000101: 20000205,
        20230101: 20230122,
        20240101: 20240210,
    }
    days = np.array(list(known))
    assert convert_lunar(days).tolist() == list(known.values())
    assert convert_lunar(np.array([20230301])).tolist() == [20230420], "2023 had a second second month"
    assert not may_be_lunar(np.array([0, 20230301]), np.array([0, 0])).any()
    assert convert_lunar(np.array([0, 18990101, 20231231, 21020101])).tolist() == [0, 0, 0, 0]


def test_check_characters_agree_with_the_identifiers() -> None:
    firsts = [
        f"9901{place % 90 + 10}{date(1930, 1, 1) + timedelta(days=37 * place):%Y%m%d}{place % 1000:03}"
        for place in range(500)
    ]
    values = check_values(np.array([int(first) for first in firsts]))
    assert ["0123456789X"[value] for value in values] == [id_check_character(first) for first in firsts]


def test_days_that_exist() -> None:
    days = np.array([20000229, 19000229, 20230230, 20231301, 20230100, 18000101, 20230131])
    assert is_day(days).tolist() == [True, False, False, False, False, False, True]


CASES = {
    "own": {"birth": "1980-05-06", "sex": "1", "id_no": number("19800506")},
    "own, full width": {
        "birth": "1980-05-06",
        "sex": "1",
        "id_no": number("19800506").translate({48 + d: 0xFF10 + d for d in range(10)}),
    },
    "own, lunar birthday": {"birth": "1966-10-03", "sex": "2", "id_no": number("19661114", sex=2)},
    "own, default birthday": {"birth": "1966-01-01", "sex": "2", "id_no": number("19661114", sex=2)},
    "own, day and month exchanged": {"birth": "1980-06-05", "sex": "1", "id_no": number("19800506")},
    "own, no birthday": {"sex": "1", "id_no": number("19800506", 3)},
    "guardian": {"birth": "2020-05-06", "sex": "1", "id_no": number("19900807", sex=2)},
    "family": {"birth": "1980-05-06", "sex": "1", "id_no": number("19821107", sex=2)},
    "invalid": {"birth": "1980-05-06", "sex": "1", "id_no": number("19800506")[:-1] + "Z"},
    "placeholder": {"birth": "1980-05-06", "id_no": "0" * 18},
    "placeholder, one digit": {"birth": "1980-05-06", "id_no": "111111111111111111"},
    "document": {"birth": "1980-05-06", "id_type": "03", "id_no": "E12345678"},
    "none": {"birth": "1980-05-06", "id_no": "不详"},
    "none, a dash": {"birth": "1980-05-06", "id_no": "-"},
    "unproved, only fifteen digits": {
        "birth": "1980-05-06",
        "sex": "1",
        "id_no": number("19800506", 9)[:6] + number("19800506", 9)[8:17],
    },
}


@pytest.mark.parametrize("case", CASES)
def test_whose_number_it_is(case: str, tmp_path: Path) -> None:
    records = read_rows(tmp_path, [{"name": "王芳", **CASES[case]}])
    assert ID_KINDS[records.id_kind[0]] == case.split(",", 1)[0]


def test_fifteen_digits_are_own_where_eighteen_are(tmp_path: Path) -> None:
    whole = number("19800506")
    rows = [
        {"name": "王芳", "birth": "1980-05-06", "sex": "1", "id_no": one} for one in (whole, whole[:6] + whole[8:17])
    ]
    records = read_rows(tmp_path, rows)
    assert records.own.tolist() == [0, 0]
    assert isinstance(check_id_number(whole[:6] + whole[8:17]), type(check_id_number(whole)))


def test_a_number_is_own_where_the_same_name_proves_it(tmp_path: Path) -> None:
    """A wrong year on one record, a missing birthday on another; a child under the mother's number stays a child."""
    whole = number("19800506", sex=2)
    rows = [
        {"name": "王芳", "birth": "1980-05-06", "sex": "2", "id_no": whole},
        {"name": "王方", "birth": "2001-01-17", "sex": "2", "id_no": whole},
        {"name": "王芳", "id_no": whole},
        {"name": "李小宝", "birth": "2015-03-04", "sex": "1", "id_no": whole},
    ]
    records = read_rows(tmp_path, rows)
    assert [ID_KINDS[kind] for kind in records.id_kind] == ["own", "own", "own", "guardian"]
    assert records.own.tolist() == [0, 0, 0, -1]


def test_documents_are_told_apart_by_type_and_nationality(tmp_path: Path) -> None:
    given = [("03", "USA"), ("03", "USA"), ("03", "GBR"), ("06", "USA")]
    rows = [{"id_type": kind, "nationality": land, "id_no": "E12345678"} for kind, land in given]
    keys = read_rows(tmp_path, rows).id_key
    assert keys[0] == keys[1]
    assert len(set(keys.tolist())) == 3


def test_a_nationality_is_one_however_it_is_written(tmp_path: Path) -> None:
    rows = [
        {"id_type": "03", "nationality": land, "id_no": "E12345678"} for land in ("US", "USA", "840", "美国", " us ")
    ]
    assert len(set(read_rows(tmp_path, rows).id_key.tolist())) == 1


def test_a_document_without_nationality_is_the_only_one_there_is(tmp_path: Path) -> None:
    given = [
        ("E12345678", "US"), ("E12345678", ""), ("E12345678", "火星"), ("E87654321", "US"), ("E87654321", "GB"),
        ("E87654321", ""), ("E55555555", ""),
    ]  # fmt: skip
    rows = [{"id_type": "03", "nationality": land, "id_no": number} for number, land in given]
    keys = read_rows(tmp_path, rows).id_key.tolist()
    assert keys[0] == keys[1] == keys[2], "what is no country says nothing"
    assert len({keys[0], *keys[3:]}) == 5, "of two countries nobody knows which"
    alone = read_rows(tmp_path, rows[-1:]).id_key.tolist()
    assert alone == keys[-1:], "where nobody says a nationality it plays no part"


def test_a_shared_phone_is_found_by_counting(tmp_path: Path) -> None:
    rows = [{"birth": f"19{place + 50}-01-02", "phone": "13900000000"} for place in range(9)]
    rows += [{"birth": "1980-01-02", "phone": "+86 138-0000-0001"}, {"birth": "1981-01-02", "phone": "13800000001"}]
    records = read_rows(tmp_path, rows)
    assert records.phone_use.tolist() == [9] * 9 + [2, 2]
    assert records.phone[9] == records.phone[10] == 13800000001


@pytest.mark.parametrize(
    "texts",
    [
        ("朝阳巷69号10-202", "朝阳巷69号佳苑10号楼202室", "历下区朝阳巷69号馨园10栋202", "朝阳巷馨园10栋202"),
        ("青石村3组12号", "新安镇青石村3组12号"),
    ],
)
def test_one_home_written_in_several_ways(texts: tuple[str, ...], tmp_path: Path) -> None:
    records = read_rows(tmp_path, [{"address": text} for text in texts])
    assert len(set(records.place.tolist())) == 1
    assert len(set(records.road.tolist())) == 1


def test_a_newcomer_is_read_as_the_batch_reads(tmp_path: Path) -> None:
    rows = [
        *CASES.values(),
        {
            "name": "欧阳　丽",
            "sex": "女",
            "birth": "1980/5/6",
            "phone": "0531-88886666",
            "division": "990101",
            "address": "中山路3号2-101",
        },
        {
            "name": "John Smith",
            "sex": "M",
            "birth": "19800506",
            "phone": "+8613800000001",
            "address": "12 willoughby crescent",
        },
        {"name": "Ann Lee", "id_type": "03", "id_no": "e 1234 9999", "nationality": "GBR"},
        {"name": "Ann Lee", "id_type": "03", "id_no": "X7654321"},
        {"name": "", "sex": "9", "birth": "none", "phone": "12", "division": "x", "address": "不详"},
    ]
    records = read_rows(tmp_path, rows)
    for place, row in enumerate(rows):
        one = read_record(row)
        for column in ("birth", "sex", "phone", "division", "place", "road", "id_key"):
            assert getattr(one, column)[0] == getattr(records, column)[place], (column, row)
        if records.name[place] >= 0:
            assert one.names.key[0] == records.names.key[records.name[place]]
            assert one.names.sound_key[0] == records.names.sound_key[records.name[place]]
