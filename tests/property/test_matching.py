"""Matching whatever comes: the order of records is nothing to it, and its constraints always hold."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.registrations import RATES, write_registrations
from tests.people_records import Row, match_rows, number, read_rows
from wangdi.link.clustering import MERGED, REVIEWED
from wangdi.link.kin import find_kin_risks
from wangdi.link.levels import encode_levels
from wangdi.link.matching import Matched, match_records, weigh_pair
from wangdi.link.newcomers import NewcomerIndex
from wangdi.link.normalise import normalise_records, number_key
from wangdi.link.reading import load_records
from wangdi.link.records import OWN, Records
from wangdi.link.scoring import explain_levels, read_weights, score_levels, score_patterns, write_weights
from wangdi.store.workspace import Workspace

NAMES = ("王建国", "王健国", "王建军", "王芳", "王芳之子", "王芳之女", "李?", "李明", "無名氏", "", "John Smith")
BIRTHS = ("1980-05-06", "1980-06-05", "1980-01-01", "2020-03-04", "2020-03-14", "")
OWN_NUMBERS = (number("19800506", 1), number("19800506", 2), number("20200304", 3), number("20200304", 4, 2))
PHONES = ("13800000001", "13800000002", "")
HOMES = ("朝阳巷69号10-202", "中山路3号1-101", "")

row = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "birth": st.sampled_from(BIRTHS),
        "sex": st.sampled_from(("1", "2", "")),
        "id_no": st.sampled_from((*OWN_NUMBERS, "", "不详", "0" * 18)),
        "phone": st.sampled_from(PHONES),
        "address": st.sampled_from(HOMES),
        "division": st.sampled_from(("990101001002", "")),
    }
)
rows = st.lists(row, min_size=1, max_size=25)


def people_of(matched: Matched, names: list[int]) -> set[frozenset[int]]:
    """Who was put together, by the names the records have outside."""
    together: dict[int, set[int]] = {}
    for place, person in enumerate(matched.people.person.tolist()):
        together.setdefault(person, set()).add(names[place])
    return {frozenset(one) for one in together.values()}


@settings(max_examples=60)
@given(rows, st.randoms(use_true_random=False))
def test_constraints_hold(drawn: list[Row], chance: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        records, matched = match_rows(Path(folder), drawn)
    person = matched.people.person
    assert person.min() == 1
    assert set(person.tolist()) == set(range(1, person.max() + 1))
    for own in range(int(records.own.max(initial=-1)) + 1):
        assert len(set(person[records.own == own].tolist())) == 1, "one proved number is one person"
    for one in set(person.tolist()):
        proved = {int(own) for own in records.own[person == one] if own >= 0}
        assert len(proved) <= 1, "at most one proved number a person"
    pairs = matched.pairs
    assert (pairs.left != pairs.right).all()
    assert len(set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))) == len(pairs.left)
    same = person[pairs.left] == person[pairs.right]
    assert ((matched.people.decision == MERGED) == same).all()


@settings(max_examples=30)
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_records_is_nothing(drawn: list[Row], chance: object) -> None:
    numbered = [{**one, "rec_id": f"{place:04}"} for place, one in enumerate(drawn)]
    shuffled = list(numbered)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        _, first = match_rows(Path(folder), numbered)
        _, second = match_rows(Path(folder), shuffled)
    assert first.people.person.tolist() == second.people.person.tolist()
    assert np.allclose(first.pairs.weight, second.pairs.weight)


@pytest.mark.parametrize("sexes", ["11", "12"])
def test_twins_go_to_review_and_never_merge(sexes: str, tmp_path: Path) -> None:
    home = {"birth": "2015-03-04", "phone": "13800000001", "address": "朝阳巷69号10-202", "division": "990101001002"}
    drawn = [{**home, "name": "王子豪", "sex": sexes[0]}, {**home, "name": "王子涵", "sex": sexes[1]}]
    records, matched = match_rows(tmp_path, drawn)
    assert matched.people.person.tolist() == [1, 2]
    assert find_kin_risks(np.array([weigh_pair(records, 0, 1)])).all()
    if sexes == "11":
        assert matched.people.decision.tolist() == [REVIEWED]


def test_a_newborn_between_twins_is_nobodys(tmp_path: Path) -> None:
    home = {"birth": "2020-03-04", "phone": "13800000001", "address": "朝阳巷69号10-202", "sex": "1"}
    drawn = [
        {**home, "name": "王子豪", "id_no": number("20200304", 3)},
        {**home, "name": "王子涵", "id_no": number("20200304", 4)},
        {**home, "name": "李芳之子"},
    ]
    _, matched = match_rows(tmp_path, drawn)
    assert matched.people.person.tolist() == [1, 2, 3]


TWINS: dict[str, list[Row]] = {
    # One twin is known by telephone, the other at home: only the first one's two registrations say that they are one household.
    "claimed by one who has a twin": [
        {"name": "王秋继", "id_no": number("20200304", 3), "phone": PHONES[0], "address": HOMES[0]},
        {"name": "王曦", "id_no": number("20200304", 4), "address": HOMES[0]},
        {"name": "林铁之子", "phone": PHONES[0]},
    ],
    "each twin has one of two newborns": [
        {"name": "王欣涛", "id_no": number("20200304", 3), "phone": PHONES[0], "address": HOMES[0]},
        {"name": "王邦霜", "phone": PHONES[0], "address": HOMES[0]},
        {"name": "刘芳之子", "phone": PHONES[0], "address": HOMES[0]},
        {"name": "刘芳之子", "phone": PHONES[0], "address": HOMES[0], "id_no": number("19900708", 2, 2)},
    ],
    "claimed by a number and by a name": [
        {"name": "周伟", "id_no": number("20200304", 3), "phone": PHONES[0]},
        {"name": "谢芬之子", "phone": PHONES[0], "address": HOMES[0]},
        {"name": "周慧国", "address": HOMES[0]},
    ],
    "two numbers, and newborns only": [
        {"name": "谢芬之子", "id_no": number("20200304", 3), "phone": PHONES[0]},
        {"name": "谢芬之子", "id_no": number("20200304", 4), "phone": PHONES[0]},
        {"name": "谢芬之子", "phone": PHONES[0]},
    ],
    "names that sound nearly alike": [
        {"name": "孟林英", "phone": PHONES[0], "address": HOMES[0]},
        {"name": "孟林音", "phone": PHONES[0], "address": HOMES[0]},
    ],
    "names in letters": [
        {"name": "Anna Smith", "phone": PHONES[0], "address": HOMES[0]},
        {"name": "Hanna Smith", "phone": PHONES[0], "address": HOMES[0]},
        {"name": "Maria Smith", "phone": PHONES[0], "address": HOMES[0]},
    ],
}


@pytest.mark.parametrize("case", TWINS)
def test_what_a_twin_could_claim_is_nobodys(case: str, tmp_path: Path) -> None:
    shared = {"birth": "2020-03-04", "sex": "1", "division": "990101001002"}
    _, matched = match_rows(tmp_path, [{**shared, **one} for one in TWINS[case]])
    assert len(set(matched.people.person.tolist())) == len(TWINS[case])


def test_a_newborn_of_whom_no_twin_is_known_has_found_a_name(tmp_path: Path) -> None:
    home = {"sex": "1", "birth": "2020-03-04", "phone": PHONES[0], "address": HOMES[0], "division": "990101001002"}
    brother = {**home, "birth": "2018-01-09", "name": "王子涵", "id_no": number("20180109", 4)}
    drawn = [{**home, "name": "王子豪", "id_no": number("20200304", 3)}, {**home, "name": "李芳之子"}, brother]
    _, matched = match_rows(tmp_path, drawn)
    assert matched.people.person.tolist() == [1, 1, 2]


def test_brothers_under_one_guardians_number_stay_two(tmp_path: Path) -> None:
    home = {"phone": "13800000001", "address": "朝阳巷69号10-202", "id_no": number("19900708", 2, 2), "sex": "1"}
    drawn = [
        {**home, "name": "李芳之子", "birth": "2018-03-04"},
        {**home, "name": "李芳之子", "birth": "2021-09-09"},
        {**home, "name": "王子豪", "birth": "2018-03-04"},
    ]
    _, matched = match_rows(tmp_path, drawn)
    assert matched.people.person.tolist() == [1, 2, 1]


def test_a_changed_number_is_one_person_where_it_is_said_to_be(tmp_path: Path) -> None:
    old, new = OWN_NUMBERS[:2]
    drawn = [{"name": "王建国", "birth": "1980-05-06", "sex": "1", "id_no": one} for one in (old, new)]
    assert match_records(read_rows(tmp_path, drawn)).people.person.tolist() == [1, 2]
    with Workspace() as workspace:
        loaded = load_records(workspace, tmp_path / "rows.csv")
        records = normalise_records(workspace, loaded.order, {number_key(old): number_key(new)})
    assert match_records(records).people.person.tolist() == [1, 1]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Records, Matched, list[dict[str, Any]]]:
    """A few thousand registrations, matched."""
    folder = tmp_path_factory.mktemp("made")
    write_registrations(folder, people=2000, seed=5, rates={**RATES, "id_missing": 0.3})
    with Workspace() as workspace:
        loaded = load_records(workspace, folder / "records.parquet")
        records = normalise_records(workspace, loaded.order)
        texts = workspace.dicts("select * from records order by rec_id")
    return records, match_records(records), texts


def test_batch_explanation_and_scorer_are_one(made: tuple[Records, Matched, object], tmp_path: Path) -> None:
    records, matched, _ = made
    pairs, weights = matched.pairs, matched.weights
    assert len(pairs.left) > 500
    assert np.allclose(score_patterns(weights, encode_levels(pairs.levels)), pairs.weight)
    for place in range(0, len(pairs.left), 37):
        for one, other in ((pairs.left[place], pairs.right[place]), (pairs.right[place], pairs.left[place])):
            levels = weigh_pair(records, int(one), int(other))
            weight, parts = explain_levels(weights, levels)
            assert levels == pairs.levels[place].tolist()
            assert weight == pytest.approx(pairs.weight[place])
            assert sum(part.weight for part in parts) == pytest.approx(weight)
    write_weights(tmp_path / "weights.json", weights)
    read = read_weights(tmp_path / "weights.json")
    assert np.allclose(score_levels(read, pairs.levels), pairs.weight, atol=1e-3)
    assert read.learnt == "file"


def test_a_newcomer_is_weighed_as_the_batch_weighs(
    made: tuple[Records, Matched, list[dict[str, Any]]],
) -> None:
    """Each loose record asked about again finds itself first, and the people the batch found for it with the same weight."""
    records, matched, texts = made
    index = NewcomerIndex(records, matched.weights)
    weighed = {
        (int(a), int(b)): float(weight)
        for a, b, weight in zip(matched.pairs.left, matched.pairs.right, matched.pairs.weight, strict=True)
    }
    asked = 0
    for place in np.flatnonzero(records.own < 0)[:150].tolist():
        found = index.find(index.read(texts[place]), limit=200)
        for candidate in found:
            pair = (place, candidate.row) if (place, candidate.row) in weighed else (candidate.row, place)
            if pair in weighed and records.own[candidate.row] < 0:
                assert candidate.weight == pytest.approx(weighed[pair])
                asked += 1
    assert asked > 20
    proved = np.flatnonzero(records.id_kind == OWN)[:100].tolist()
    for place in proved:
        rows_found = [candidate.row for candidate in index.find(index.read(texts[place]), limit=200)]
        assert place in rows_found
        other = [at for at in rows_found if records.own[at] not in (-1, records.own[place])]
        assert other == [], "another proved number is another person"
