from __future__ import annotations

import pytest

from wangdi.core.problem import Problem, Refusal, Severity, load_messages
from wangdi.core.provenance import SourceRef


def test_a_problem_says_where_what_and_the_next_step() -> None:
    problem = Problem(code="ID-001", file="a.csv", line=7, field="id_no", args={"length": "16"})
    assert problem.text() == (
        "ID-001 a.csv:7 id_no 身份证号应为 18 位（或 15 位旧号），现为 16 位 "
        "请核对证件原件，检查是否缺位或被表格软件改成了科学计数"
    )
    assert problem.as_json("en") == {
        "code": "ID-001",
        "severity": "error",
        "file": "a.csv",
        "line": 7,
        "field": "id_no",
        "message": "An identity number has 18 characters (or 15 in old cards); this has 16",
        "hint": "Check the card; a spreadsheet may have dropped digits or turned the number into 1.1E+17",
    }


def test_a_problem_is_a_value() -> None:
    one, same = Problem(code="ID-001", args={"length": "3"}), Problem(code="ID-001", args={"length": "3"})
    assert one == same
    assert len({one, same}) == 1
    assert one != Problem(code="ID-001", args={"length": "4"})
    assert one.place() == ""
    assert Problem(code="ID-003", line=4).place() == ":4"


def test_an_unknown_code_raises_at_once() -> None:
    with pytest.raises(LookupError, match="NOT-999"):
        Problem(code="NOT-999")


def test_a_place_without_its_argument_raises() -> None:
    with pytest.raises(KeyError, match="length"):
        Problem(code="ID-001").message()


def test_no_hint_is_an_empty_text() -> None:
    assert Problem(code="ID-007").hint() == ""


def test_a_refusal_carries_its_problem() -> None:
    problem = Problem(code="CAT-001", severity=Severity.error, file="regions.csv", args={"reason": "No such file"})
    refusal = Refusal(problem)
    assert refusal.problem is problem
    assert "No such file" in str(refusal)


def test_every_message_is_in_both_languages() -> None:
    for code, text in load_messages().items():
        assert {"zh", "en"} <= set(text) <= {"zh", "en", "zh_hint", "en_hint"}, code
        assert ("zh_hint" in text) == ("en_hint" in text), code


def test_a_source_says_where_to_look() -> None:
    assert SourceRef("a.csv", "ab", 12).text() == "a.csv:12"
    assert SourceRef("a.json", "ab", pointer="/entry/3").text() == "a.json#/entry/3"
