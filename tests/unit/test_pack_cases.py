"""Examples and walks are read strictly: what is misspelt is told with its line and the nearest name."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from wangdi.app.pack_trials import ENGINES, programme_of, read_cases
from wangdi.language.cells import Unreadable, parse_boolean, parse_cell, parse_sex
from wangdi.language.examples import read_examples, run_examples
from wangdi.language.library import load_library
from wangdi.language.model import Pack
from wangdi.language.walking import run_walks
from wangdi.language.walks import find_form, read_walks

HEADER = "case,person_birth_date,person_sex,date,sbp,dbp,expect_class,expect_refer,clause\n"


@cache
def pack() -> Pack:
    return load_library().newest["hypertension"]


def codes_of(text: str) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in read_examples(text, "examples.csv", pack())[1]]


def test_a_row_is_typed_by_the_form() -> None:
    examples, problems = read_examples(HEADER + "a,1960-05-20,男,2025-05-20,145,80,satisfactory,,二\n", "e", pack())
    assert problems == []
    event = examples[0].case.events[0]
    assert event.values == {"contact_date": date(2025, 5, 20), "sbp": 145, "dbp": 80}
    assert examples[0].case.subject.sex == "1"
    assert examples[0].rows[0].expected == {"class": "satisfactory", "refer": "none"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEADER.replace("sbp", "spb"), [("PACK-041", 1)]),
        ("case,date,expect_class\n", [("PACK-040", 1)]),
        (HEADER + "a,,,2025-05-20,14x,80,adjust,,二\n", [("PACK-042", 2)]),
        (HEADER + "a,,,2025-05-20,145,80,adjusted,,二\n", [("PACK-043", 2)]),
        (HEADER + "a,,,2025-05-20,145,80,adjust,,\n", [("PACK-045", 2)]),
        (HEADER + "a,,,2025-05-20,145,80,,,二\n", [("PACK-046", 2)]),
        (HEADER + "a,,,2025-05-20,145,80,adjust,二\n", [("PACK-048", 2)]),
        (
            HEADER + "a,1960-01-01,,2025-05-20,145,80,adjust,,二\na,1961-01-01,,2025-06-20,145,80,adjust,,二\n",
            [("PACK-044", 3)],
        ),
        (HEADER + "a,,,soon,145,80,adjust,,二\n", [("PACK-042", 2)]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, told: list[tuple[str, int | None]]) -> None:
    assert codes_of(text) == told


def test_the_nearest_name_is_offered() -> None:
    problem = read_examples(HEADER.replace("sbp", "spb"), "examples.csv", pack())[1][0]
    assert "sbp" in problem.hint()


def test_an_expectation_that_does_not_hold_is_a_failure_with_its_clause() -> None:
    examples, _ = read_examples(HEADER + "a,1970-05-20,1,2025-05-20,145,80,satisfactory,,二（三）2\n", "e", pack())
    programme = programme_of(load_library().packs["hypertension"])
    for engine in ENGINES.values():
        (failure,) = run_examples(engine, programme, examples)
        assert (failure.line, failure.expected, failure.got, failure.clause) == (
            2,
            "satisfactory",
            "adjust",
            "二（三）2",
        )
        assert "二（三）2" in failure.as_problem("e").hint()


WALK = """
- case: a
  clause: 一
  person: {birth_date: 1970-06-15, is_resident: true}
  events:
    - {on: 2025-01-10, form: diagnosis, org: x, disease: essential_hypertension}
  expect:
    - {on: 2025-01-10, task: contact, state: ready, closes: 2025-01-24}
"""


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("form: diagnosis", "form: diagnose", "PACK-043", 6),
        ("disease: essential", "desease: essential", "PACK-043", 6),
        ("essential_hypertension}", "hypertension}", "PACK-042", 6),
        ("task: contact", "task: contacts", "PACK-043", 8),
        ("state: ready", "state: open", "PACK-043", 8),
        ("on: 2025-01-10, task", "on: 2025-13-10, task", "PACK-042", 8),
        ("is_resident: true", "is_resident: maybe", "PACK-042", 4),
        ("clause: 一", "note: 一", "PACK-045", 2),
        ("person:", "parameters: {recheks: 3}\n  person:", "PACK-043", 4),
        ("on: 2025-01-10, task: contact, state: ready, closes: 2025-01-24", "closes: 2025-01-24", "PACK-049", 8),
        (
            "on: 2025-01-10, task: contact, state: ready, closes: 2025-01-24",
            "indicator: htn_st, period: '2025', in: missing",
            "PACK-043",
            8,
        ),
    ],
)
def test_a_walk_is_read_strictly(old: str, new: str, code: str, line: int) -> None:
    assert old in WALK
    _, problems = read_walks(WALK.replace(old, new, 1), "walks.yaml", pack())
    assert [(problem.code, problem.line) for problem in problems] == [(code, line)]


def test_a_walk_that_goes_elsewhere_fails_on_both_engines() -> None:
    walks, problems = read_walks(WALK.replace("closes: 2025-01-24", "closes: 2025-01-25"), "walks.yaml", pack())
    assert problems == []
    programme = programme_of(load_library().packs["hypertension"])
    for engine in ENGINES.values():
        (failure,) = run_walks(engine, programme, walks)
        assert failure.line == 8
        assert "closes=2025-01-24" in str(failure.got)


def test_a_parameter_of_a_walk_is_what_a_city_may_set() -> None:
    text = WALK.replace("person:", "parameters: {recheck: 20}\n  person:").replace(
        "closes: 2025-01-24", "closes: 2025-01-30"
    )
    walks, problems = read_walks(text, "walks.yaml", pack())
    assert problems == []
    programme = programme_of(load_library().packs["hypertension"])
    assert [failure for engine in ENGINES.values() for failure in run_walks(engine, programme, walks)] == []


def test_forms_have_short_names_where_only_one_has_it() -> None:
    names = {name: find_form(pack(), name) for name in ("followup", "hypertension.followup", "diagnosis", "nothing")}
    found = {name: None if form is None else form.full_name for name, form in names.items()}
    assert found == {
        "followup": "hypertension.followup",
        "hypertension.followup": "hypertension.followup",
        "diagnosis": "health_record.diagnosis",
        "nothing": None,
    }


def test_cells_are_read_as_people_write_them() -> None:
    fields = pack().forms["followup"].fields
    assert parse_cell(fields["symptoms"], "3、2") == "2;3"
    assert parse_cell(fields["way"], "家庭") == "2"
    assert parse_cell(fields["sbp"], "140.0") == 140
    assert isinstance(parse_cell(fields["sbp"], "140.5"), Unreadable)
    assert parse_cell(fields["weight"], "61.5") == 61.5
    assert isinstance(parse_cell(fields["weight"], "inf"), Unreadable)
    assert parse_cell(fields["next_date"], "2025年3月1日") == date(2025, 3, 1)
    assert parse_cell(fields["sbp"], " ") is None
    assert [parse_boolean(text) for text in ("是", "0", "TRUE", "no")] == [True, False, True, False]
    assert [parse_sex(text) for text in ("女", "Male", "2", "")] == ["2", "1", "2", None]


def test_every_shipped_pack_has_cases_without_a_problem() -> None:
    for editions in load_library().packs.values():
        for one in editions:
            cases = read_cases(one)
            assert [problem.text() for problem in cases.problems] == []
            assert cases.walks
            assert not cases.examples or one.judged
            assert cases.examples or one.classify is None
