"""The labelled reports of the repository and those beside it: how much of them is found, and how much of what is said is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.audit import ACCUSED_WRONGLY, OWN, WANTED, Tally, same_indicator, score_claims, score_edits, score_relations

TRAPS = "traps left alone"
"""Of these the labels may hold none."""


@pytest.fixture(scope="module")
def tallies(shared_folder: Path) -> list[Tally]:
    return [score_claims(shared_folder), score_relations(shared_folder), score_edits(shared_folder)]


@pytest.mark.parametrize(("what", "least"), WANTED)
def test_enough_is_right(tallies: list[Tally], what: str, least: float) -> None:
    asked = [one for one in tallies if one.asked[what]]
    assert asked or what == TRAPS, "nothing of the kind is labelled"
    assert all(one.share(what) >= least for one in asked), asked[0].misses


def test_hardly_anything_is_accused_wrongly(tallies: list[Tally]) -> None:
    relations = tallies[1]
    wrong = relations.asked["accusations right"] - relations.right["accusations right"]
    assert relations.asked["accusations right"] > 0
    assert wrong <= ACCUSED_WRONGLY, relations.misses


@pytest.fixture(scope="module")
def own() -> list[Tally]:
    return [score_claims(OWN), score_relations(OWN), score_edits(OWN)]


@pytest.mark.parametrize(
    ("what", "least"),
    [
        ("value", 0.99),
        ("unit", 0.99),
        ("precision", 0.99),
        ("indicator", 0.84),
        ("status", 0.99),
        ("comparator", 0.99),
        ("period", 0.9),
        ("true found", 0.86),
        ("false found", 0.8),
        ("edits caught", 0.87),
    ],
)
def test_reports_of_the_repository_are_read_as_before(own: list[Tally], what: str, least: float) -> None:
    asked = [one for one in own if one.asked[what]]
    assert asked
    assert all(one.share(what) >= least for one in asked), asked[0].misses


def test_only_what_is_wrong_is_accused(own: list[Tally]) -> None:
    assert own[1].asked["accusations right"] > 0
    assert own[1].right["accusations right"] == own[1].asked["accusations right"], own[1].misses


def test_what_only_looks_like_a_relation_is_left_alone(own: list[Tally]) -> None:
    assert own[1].asked[TRAPS] > 70
    assert own[1].share(TRAPS) >= 0.98, own[1].misses


@pytest.mark.parametrize(
    ("said", "label", "same"),
    [
        ("听力筛查人数", "听力筛查人数", True),
        ("县级疾控机构数", "疾控机构数", True),
        ("健康管理率", "高血压规范管理率", False),
        ("病例数", "床位数", False),
    ],
)
def test_the_measure_of_a_name_tells_names_apart(said: str, label: str, same: bool) -> None:
    assert same_indicator(said, label) == same
