"""What a cell says: the SQL against its Python oracles and against what people type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.collect.identity_sql import (
    key_prefix,
    numbers_begin,
    registration_key,
    registration_number,
    render_id_birth,
    render_id_digits,
    render_id_number,
    render_id_sex,
    render_id_upgraded,
    render_id_valid,
    render_key,
    render_registration,
)
from wangdi.collect.mapping import ColumnRule
from wangdi.collect.value_sql import Target, render_cell, render_sound_value, render_value
from wangdi.core.dates import parse_date_text, parse_moment_text, parse_month_text
from wangdi.core.identifiers import IdNumber, check_id_number, id_check_character
from wangdi.language.model import FieldType
from wangdi.store.workspace import Workspace


@pytest.fixture(scope="module")
def duck() -> Iterator[Workspace]:
    with Workspace(memory="500MB") as workspace:
        workspace.run("set disabled_optimizers = 'common_subexpressions'")
        yield workspace


def _say(duck: Workspace, target: Target, rule: ColumnRule, texts: list[str]) -> list[object]:
    duck.create_table("cells", {"n": "INTEGER", "text": "VARCHAR"}, list(enumerate(texts)))
    cell = f"select n, {render_cell(rule, 'text')} as cell from cells"
    said = f"select n, {render_value(target, rule, 'cell')} as said from ({cell})"
    return [row[0] for row in duck.rows(f"select {render_sound_value(target, rule, 'said')} from ({said}) order by n")]


def _target(kind: FieldType, name: str = "x", unit: str = "", codes: str = "") -> Target:
    return Target(name, name, kind, unit=unit, codes=codes)


_DAY = st.dates(date(1901, 1, 1), date(2190, 12, 31))
_WRITTEN = st.sampled_from(
    ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y-%m-%d 08:30", "%Y-%m-%d 08:30:15"]
)


@given(st.lists(st.tuples(_DAY, _WRITTEN), min_size=1, max_size=30))
def test_dates_agree_with_the_oracle_however_they_are_written(cases: list[tuple[date, str]]) -> None:
    texts = [day.strftime(form) for day, form in cases]
    texts += [text.replace("-0", "-").replace("/0", "/") for text in texts]
    with Workspace(memory="200MB") as duck:
        assert _say(duck, _target("date"), ColumnRule("text"), texts) == [parse_date_text(text) for text in texts]
        assert _say(duck, _target("datetime"), ColumnRule("text"), texts) == [parse_moment_text(text) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30",
        "24-01-05",
        "05/01/2024",
        "epoch",
        "infinity",
        "2024-13-01",
        "45292",
        "2024115",
        "不详",
        "0204-03-01",
        "2024-01-05 xyz",
    ],
)
def test_what_is_no_date_is_none(duck: Workspace, text: str) -> None:
    assert _say(duck, _target("date"), ColumnRule("text"), [text]) == [None]


def test_months_agree_with_the_oracle_however_they_are_written(duck: Workspace) -> None:
    forms = (
        "2025-02",
        "2025-2",
        "2025/02",
        "2025.2",
        "202502",
        "2025年2月",
        "2025年02月份",
        "２０２５年２月",
        "2025-02-03",
        "20250228",
    )
    others = ("2024-02-01 08:30", "2025", "2025-13", "2025-00", "25-02", "02/2025", "2025年", "20251", "二月", "-")
    texts = [*forms, *others]
    target = replace(_target("date"), whole_month=True)
    assert _say(duck, target, ColumnRule("text"), texts) == [parse_month_text(text) for text in texts]


def test_full_width_dates_are_dates(duck: Workspace) -> None:
    assert (
        _say(duck, _target("date"), ColumnRule("text"), ["２０２４－０３－０１", "\u30002024-03-01 "])
        == [date(2024, 3, 1)] * 2
    )
    assert _say(duck, _target("datetime"), ColumnRule("text"), ["20240301083015"]) == [datetime(2024, 3, 1, 8, 30, 15)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("120", 120), ("１２０", 120), (" 120 ", 120), ("120mmHg", 120), ("120 mm Hg", 120), ("120.0", 120),
        ("16kPa", 120),
        ("1,234", 1234), ("120.5", 121), ("120mg", None), ("12,3", None), ("nan", None), ("inf", None), ("<120", None),
        ("一百", None),
    ],
)  # fmt: skip
def test_numbers_as_people_type_them(duck: Workspace, text: str, number: int | None) -> None:
    assert _say(duck, _target("integer", "sbp", "mm[Hg]"), ColumnRule("text"), [text]) == [number]


def test_a_column_in_another_unit_is_converted(duck: Workspace) -> None:
    target = _target("decimal", "fpg", "mmol/L")
    got = _say(duck, target, ColumnRule("text", unit="mg/dL"), ["126", "180 mg/dL", "7.0mmol/L"])
    assert got == [pytest.approx(7.0), pytest.approx(10.0), pytest.approx(7.0)]
    assert _say(duck, _target("integer", "sbp", "mm[Hg]"), ColumnRule("text", unit="kPa"), ["16"]) == [120]


def test_part_of_a_cell(duck: Workspace) -> None:
    target = _target("integer", "sbp", "mm[Hg]")
    assert _say(duck, target, ColumnRule("text", part=1), ["130/85"]) == [130]
    assert _say(duck, target, ColumnRule("text", part=2, separator="/"), ["130/85", "130"]) == [85, None]


def test_codes_by_code_by_word_and_as_the_mapping_says(duck: Workspace) -> None:
    target = _target("code", "way", codes="followup_way")
    texts = ["1", "门诊", "1.门诊", "１", "1.0", " 家庭 ", "04", "外星", ""]
    assert _say(duck, target, ColumnRule("text"), texts) == ["1", "1", "1", "1", "1", "2", None, None, None]
    swapped = ColumnRule("text", codes={"1": "2", "2": "1"})
    assert _say(duck, target, swapped, ["1", "2", "门诊"]) == ["2", "1", "1"]


def test_several_codes_come_in_the_order_of_the_list_and_one_unknown_spoils_them(duck: Workspace) -> None:
    target = _target("codes", "way", codes="followup_way")
    assert _say(duck, target, ColumnRule("text"), ["3、1", "电话,门诊", "1;1", "1;9", "2"]) == [
        "1;3",
        "1;3",
        "1",
        None,
        "2",
    ]


def test_yes_and_no(duck: Workspace) -> None:
    assert _say(duck, _target("boolean"), ColumnRule("text"), ["是", "否", "Y", "0", "2"]) == [
        True,
        False,
        True,
        False,
        None,
    ]
    own = ColumnRule("text", true=("2",), false=("1",))
    assert _say(duck, _target("boolean"), own, ["1", "2", "是"]) == [False, True, None]


@st.composite
def _numbers(draw: st.DrawFn) -> str:
    day = draw(st.dates(date(1900, 1, 1), date(2025, 12, 31)))
    first17 = f"99{draw(st.integers(0, 9999)):04d}{day:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    number = first17 + id_check_character(first17)
    kind = draw(st.sampled_from(["valid", "spaced", "lower", "wrong", "short", "swapped", "old", "long"]))
    return {
        "valid": number,
        "spaced": f" {number[:6]}-{number[6:14]} {number[14:]}",
        "lower": number.lower(),
        "wrong": first17 + ("0" if number[-1] != "0" else "1"),
        "short": number[:-1],
        "swapped": number[:10] + number[11] + number[10] + number[12:],
        "old": number[:6] + number[8:17],
        "long": number + "1",
    }[kind]


@given(st.lists(_numbers() | st.text("0123456789Xx张-", max_size=18), min_size=1, max_size=20))
def test_identity_numbers_agree_with_the_oracle(texts: list[str]) -> None:
    with Workspace(memory="200MB") as duck:
        duck.create_table("cells", {"n": "INTEGER", "text": "VARCHAR"}, list(enumerate(texts)))
        level = f"select n, {render_cell(ColumnRule('text'), 'text')} as cell from cells"
        level = f"select n, {render_id_number('cell')} as number from ({level})"
        level = f"select *, {render_id_digits('number')} as digits from ({level})"
        level = f"select *, {render_id_valid('number', 'digits')} as valid from ({level})"
        upgraded = f"case when valid then {render_id_upgraded('number')} end as upgraded"
        level = f"select n, valid, {upgraded} from ({level})"
        rows = duck.rows(
            f"select upgraded, case when valid then {render_id_birth('upgraded')} end, "
            f"case when valid then {render_id_sex('upgraded')} end from ({level}) order by n"
        )
    for text, row in zip(texts, rows, strict=True):
        checked = check_id_number(text)
        expected = (
            (checked.number, checked.birth_date, checked.sex) if isinstance(checked, IdNumber) else (None, None, None)
        )
        assert row == expected, text


@given(
    st.fixed_dictionaries(
        {},
        optional={name: st.text("12张 ", max_size=4) for name in ("local_id", "name", "phone")} | {"id_no": _numbers()},
    )
)
def test_a_registration_has_the_same_number_in_sql_and_in_python(said: dict[str, str]) -> None:
    said = {name: text for name, raw in said.items() if (text := raw.strip())}
    names = {"local_id": "varchar", "id_no": "varchar", "name": "varchar", "phone": "varchar"}
    key = registration_key(said)
    with Workspace(memory="200MB") as duck:
        duck.create_table("said", names, [tuple(said.get(name) for name in names)])
        columns = {"local_id": "local_id", "id_no": "id_no", "name": "name", "phone": "phone"}
        level = f"select * replace ({render_id_number('id_no')} as id_no) from said"
        level = f"select *, {render_id_digits('id_no')} as id_digits from ({level})"
        sql = render_registration(render_key(key_prefix("salt", "org"), columns, "null"), numbers_begin("salt", "org"))
        assert duck.rows(f"select {sql} from ({level})") == [
            (None if key is None else registration_number("salt", "org", key),)
        ]
