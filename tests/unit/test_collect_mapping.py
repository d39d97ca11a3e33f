"""Mapping files: closed-world, with the nearest name and the line; recognising; drafting."""

from __future__ import annotations

from pathlib import Path

import pytest

from wangdi.collect.delimited import HeadRow
from wangdi.collect.drafting import draft_mapping
from wangdi.collect.mapping import Mapping
from wangdi.collect.mapping_reading import parse_mapping, read_mappings
from wangdi.collect.recognising import Recognised, recognise
from wangdi.core.problem import Problem
from wangdi.language.library import load_library

PACKS = load_library().newest
GOOD = """\
mapping: township-a
form: hypertension.followup
recognise: [随访日期, 收缩压]
subject: {local_id: 档案编号, name: 姓名, sex: {column: 性别, codes: {男性: "1"}}}
fields:
  contact_date: 随访日期
  sbp: 收缩压
  way: {column: 随访方式, codes: {上门: "2"}}
ignore: [序号]
"""


def _mapping(text: str) -> Mapping:
    mapping, problems = parse_mapping(text, "m.yaml", PACKS)
    assert mapping is not None, [problem.text() for problem in problems]
    return mapping


def test_a_mapping_is_read() -> None:
    mapping = _mapping(GOOD)
    assert mapping.columns() == ["档案编号", "姓名", "性别", "随访日期", "收缩压", "随访方式"]
    assert mapping.fields["way"].codes == {"上门": "2"}


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "said"),
    [
        ("hypertension.followup", "hypertension.folowup", "MAP-003", 2, "hypertension.followup"),
        ("sbp: 收缩压", "spb: 收缩压", "MAP-004", 7, "sbp"),
        ("ignore:", "ignor:", "MAP-001", 9, "ignore"),
        ('{上门: "2"}', '{上门: "7"}', "MAP-005", 8, "7"),
        ("local_id: 档案编号", "local: 档案编号", "MAP-004", 4, "local_id"),
        ("contact_date: 随访日期", "next_date: 随访日期", "MAP-010", 6, "contact_date"),
        ("recognise: [随访日期, 收缩压]", "recognise: [随访日期, 舒张压]", "MAP-011", 3, "舒张压"),
        ("sbp: 收缩压", "sbp: {column: 收缩压, unit: mg/dL}", "MAP-008", 7, "mg/dL"),
        ("sbp: 收缩压", "sbp: {column: 收缩压, codes: {a: b}}", "MAP-006", 7, "sbp"),
        ("sbp: 收缩压", "sbp: {unit: mmHg}", "MAP-002", 7, "column"),
        ("sbp: 收缩压", "sbp: {column: 收缩压, part: zwei}", "MAP-007", 7, "zwei"),
    ],
)
def test_each_slip_is_told_with_its_line_and_the_nearest_name(
    old: str, new: str, code: str, line: int, said: str
) -> None:
    assert old in GOOD
    mapping, problems = parse_mapping(GOOD.replace(old, new), "m.yaml", PACKS)
    assert mapping is None
    assert [(problem.code, problem.line) for problem in problems] == [(code, line)]
    assert said in problems[0].message("zh")
    assert problems[0].message("en")


def test_two_mappings_of_one_name_are_told(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    mappings, problems = read_mappings([tmp_path], PACKS)
    assert list(mappings) == ["township-a"]
    assert [problem.code for problem in problems] == ["MAP-009"]


def _rows(*rows: str) -> list[list[HeadRow]]:
    return [[HeadRow(number, tuple(row.split(","))) for number, row in enumerate(rows, start=1)]]


def test_the_header_is_found_below_a_title_and_names_are_compared_as_people_mean_them() -> None:
    found = recognise("f.csv", _rows("某县高血压随访表,,", "档案编号,随访日期 ,收 缩 压"), {"a": _mapping(GOOD)}, None)
    assert isinstance(found, Recognised)
    assert found.header.last_line == 2


@pytest.mark.parametrize(
    ("rows", "wanted", "code", "said"),
    [
        (("档案编号,收缩压",), None, "MAP-021", "township-a（随访日期）"),
        (("档案编号,随访日期,收缩压",), "township-b", "MAP-020", "township-a"),
    ],
)
def test_none_fitting_says_what_each_misses(rows: tuple[str, ...], wanted: str | None, code: str, said: str) -> None:
    found = recognise("f.csv", _rows(*rows), {"township-a": _mapping(GOOD)}, wanted)
    assert isinstance(found, Problem)
    assert found.code == code
    assert said in found.message()


def test_several_fitting_are_listed() -> None:
    other = _mapping(GOOD.replace("township-a", "township-b"))
    found = recognise("f.csv", _rows("随访日期,收缩压"), {"township-a": _mapping(GOOD), "township-b": other}, None)
    assert isinstance(found, Problem)
    assert found.code == "MAP-022"
    assert "township-a、township-b" in found.message()


def test_a_draft_names_what_it_found_and_asks_for_the_rest(tmp_path: Path) -> None:
    sample = tmp_path / "某院随访.csv"
    sample.write_bytes(
        "序号,档案编号,姓名,身份证号,随访日期,高压,舒张压(kPa),随访方式,服药依从性\n1,9,张三,,2025-03-01,120,11,上门,规律\n".encode(
            "gb18030"
        )
    )
    draft = draft_mapping(sample, PACKS)
    assert "form: hypertension.followup" in draft
    assert "  sbp: 高压" in draft
    assert '  way: {column: 随访方式, codes: {上门: "?"}}' in draft
    assert '  dbp: {column: "舒张压(kPa)", unit: kPa}' in draft
    assert "ignore: [序号]" in draft
    _, problems = parse_mapping(draft, "draft.yaml", PACKS)
    assert [problem.code for problem in problems] == ["MAP-005"]  # the word nobody has decided about yet
    mapping = _mapping(draft.replace('{上门: "?"}', '{上门: "2"}'))
    assert mapping.subject["id_no"].column == "身份证号"
