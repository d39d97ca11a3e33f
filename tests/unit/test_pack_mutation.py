"""Mutants: every kind is made, a careless pack is caught out, and what changes nothing is said to change nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from wangdi.app.pack_trials import check_classes, programme_of, propose_cases, read_cases, try_pack
from wangdi.engines.reference.cases import REFERENCE
from wangdi.language.boundary import boundary_values, case_of, combinations, is_exhaustive
from wangdi.language.expression import parse_expression
from wangdi.language.library import load_library
from wangdi.language.model import Pack
from wangdi.language.mutants import make_mutants
from wangdi.language.mutation import score_pack
from wangdi.language.names import resolve_terms
from wangdi.language.rules import bind_pack
from wangdi.language.variants import vary_expression


@cache
def pack(name: str = "hypertension") -> Pack:
    return load_library().newest[name]


def changes(text: str) -> set[str]:
    form = pack().forms["followup"]
    node = parse_expression(text)
    return {words for words, _ in vary_expression(pack(), resolve_terms(node, pack().terms), form)}  # type: ignore[arg-type]


def test_a_comparison_is_moved_to_its_neighbours() -> None:
    assert changes("sbp >= :sbp_emergency") >= {
        "sbp >= :sbp_emergency → sbp > :sbp_emergency",
        "sbp >= :sbp_emergency → sbp < :sbp_emergency",
        "sbp → dbp",
    }


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("sbp < 140", "140 → 139"),
        ("sbp < 140", "140 → 141"),
        ("weight < 61.5", "61.5 → 61.6"),
        ("danger_sign and adverse_reaction", "danger_sign and adverse_reaction → danger_sign or adverse_reaction"),
        ("danger_sign and adverse_reaction", "− and danger_sign"),
        ("not danger_sign", "not danger_sign → danger_sign"),
        ("sbp is null", "sbp is null → sbp is not null"),
        ("way = '1'", "'1' → '2'"),
        ("way in ('1', '2')", "way in ('1', '2') − '1'"),
        ("case when sbp is null then null else 1 end", "− when sbp is null then null"),
        ("case when danger_sign then '4' else '1' end", "'4' → '1'"),
        ("previous.at_goal", "previous.at_goal → at_goal"),
        ("sbp - dbp", "sbp - dbp → sbp + dbp"),
        ("danger_sign = true", "true → false"),
    ],
)
def test_each_kind_of_wrong_turn_is_taken(text: str, change: str) -> None:
    assert change in changes(text)


def test_every_block_of_a_pack_is_varied() -> None:
    places = {mutant.place.partition(".")[0] for mutant in make_mutants(pack())}
    assert places == {"parameters", "enrol", "forms", "terms", "classify", "schedule", "indicators"}
    said = {mutant.what for mutant in make_mutants(pack())}
    assert "parameters.sbp_goal: 140 → 141" in said
    assert "classify.rows: emergency ⇄ refer" in said
    assert "indicators.htn_ctrl.latest: latest → earliest" in said
    assert "enrol.ends.lost: at: year → day" in said
    assert "schedule.contact.first: closes: :recheck +1 day" in said


def test_a_mutant_differs_from_its_pack() -> None:
    assert [mutant.what for mutant in make_mutants(pack()) if mutant.pack == pack()] == []


def test_a_pack_without_examples_lets_mutants_live_and_says_which_row_would_catch_them() -> None:
    walks = read_cases(pack()).walks
    score = score_pack(REFERENCE, programme_of([pack()]), pack(), ([], walks))
    rows = [item for item in score.survivors if item.row is not None and item.mutant.place.startswith("terms.")]
    assert rows
    for survivor in rows:
        assert survivor.row is not None
        for rules in (bind_pack(pack()), bind_pack(survivor.mutant.pack)):
            expression = rules.pack.terms["form_class"].expression
            assert list(REFERENCE.evaluate(rules, survivor.row.form, expression, [survivor.row.case]))


def test_what_changes_no_answer_is_said_to_with_its_reason() -> None:
    trial = try_pack([pack()], pack())
    swapped = [item for item in trial.score.equivalents if "satisfactory ⇄ undetermined" in item.mutant.what]
    assert len(swapped) == 1
    assert "边界值" in swapped[0].reason()


def test_mutants_are_not_tried_while_an_expectation_fails() -> None:
    wrong = replace(pack(), parameters=pack().parameters | {"recheck": replace(pack().parameters["recheck"], value=13)})
    trial = try_pack([wrong], wrong)
    assert trial.failures
    assert trial.score.total == 0
    assert trial.as_json()["examples"]["failed"] > 0


def test_boundary_values_stand_below_at_and_above_every_threshold() -> None:
    rules, form = bind_pack(pack()), pack().forms["followup"]
    values = boundary_values(rules, form, [term.expression for term in pack().terms.values()])
    assert values["sbp"] == [None, 139, 140, 141, 149, 150, 151, 179, 180, 181]
    assert values["age_years"] == [None, 64, 65, 66]
    assert values["danger_sign"] == [None, False, True]
    diabetes = pack("diabetes")
    glucose = boundary_values(bind_pack(diabetes), diabetes.forms["followup"], [diabetes.terms["at_goal"].expression])
    assert glucose == {"fpg": [None, 6.9, 7.0, 7.1]}


def test_a_made_up_row_has_the_age_asked_for() -> None:
    form = pack().forms["followup"]
    case = case_of(pack(), form, {"age_years": 65, "sbp": 150}, {"sbp": 140})
    node = parse_expression("age_years")
    assert list(REFERENCE.evaluate(bind_pack(pack()), form.full_name, node, [case])) == [[65, 65]]  # type: ignore[arg-type]


def test_too_many_combinations_are_sampled_always_alike() -> None:
    values: dict[str, list[int | None]] = {name: [None, 1, 2, 3] for name in "abcdefg"}
    assert not is_exhaustive(values)
    assert list(combinations(values, 50)) == list(combinations(values, 50))
    assert len(list(combinations({"a": [1, 2], "b": [1, 2]}))) == 4


def test_classes_cover_every_row_of_the_shipped_packs() -> None:
    assert [problem.text() for one in load_library().newest.values() for problem in check_classes(one)] == []


def test_a_row_without_a_class_is_told_with_an_example() -> None:
    assert pack().classify is not None
    classify = replace(pack().classify, rows=pack().classify.rows[:-1])  # type: ignore[union-attr, type-var]
    (problem,) = check_classes(replace(pack(), classify=classify))
    assert problem.code == "PACK-021"
    assert "age_years 缺" in problem.message()


def test_proposed_rows_leave_what_is_expected_empty() -> None:
    proposal = propose_cases([pack()], pack())
    for row in proposal.rows:
        assert [row[name] for name in proposal.columns if name.startswith("expect_")] == [""] * 6
        assert row["clause"]
    assert proposal.columns[:4] == ("case", "person_birth_date", "person_sex", "date")
