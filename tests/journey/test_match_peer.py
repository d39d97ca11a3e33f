"""Splink on the same pairs: the same plain model learns the same there and here, and the classes are worth something beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from splink.internals import comparison_level_library as levels_of
from splink.internals.comparison_library import CustomComparison

from bench.registrations import RATES, write_registrations
from wangdi.link.blocking import find_candidates
from wangdi.link.comparing import compare_pairs
from wangdi.link.estimating import count_patterns, learn_weights
from wangdi.link.levels import COLUMN, FIELDS, MISSING, Field, encode_levels
from wangdi.link.matching import match_records
from wangdi.link.normalise import normalise_records
from wangdi.link.reading import load_records
from wangdi.link.scoring import Weights, class_odds, read_weights, score_levels
from wangdi.store.workspace import Workspace, sql_text

SEEN = 30
"""Pairs at a level, at least: a level rarer than that is missing for both."""
PAIR = block_on("pair")


@dataclass(frozen=True)
class Compared:
    """Pairs of one made-up file. ``levels``: as both models see them; ``whole``: before anything was left out."""

    whole: np.ndarray
    levels: np.ndarray
    same: np.ndarray
    classes: Weights

    def f1(self, said: np.ndarray) -> float:
        return float(2 * (said & self.same).sum() / (said.sum() + self.same.sum()))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Every candidate pair of a file with many errors."""
    folder = tmp_path_factory.mktemp("peer")
    rates = {name: rate if name in ("twin", "dob_lunar") else 1.3 * rate for name, rate in RATES.items()}
    write_registrations(folder, people=30_000, seed=32, rates=rates)
    with Workspace() as workspace:
        loaded = load_records(workspace, folder / "records.parquet")
        records = normalise_records(workspace, loaded.order)
        known = f"select person_id from {sql_text(folder / 'truth.parquet')} order by rec_id::varchar"
        truth = workspace.arrays(known)["person_id"]
    loose = np.flatnonzero(records.own < 0)
    found = find_candidates(records.take(loose), records)
    left, right = loose[found.left], found.right
    once = (records.own[right] >= 0) | (left < right)
    left, right = left[once], right[once]
    whole = compare_pairs(records, left, records, right)
    return Compared(whole, _without_rare(whole), truth[left] == truth[right], match_records(records).weights)


def _without_rare(whole: np.ndarray) -> np.ndarray:
    """Levels both models can learn. One number proves a pair outright, and Splink refuses a level no two people share."""
    levels = whole.copy()
    levels[:, COLUMN["number"]] = MISSING
    for column in range(len(FIELDS)):
        seen = np.bincount(levels[:, column], minlength=32)
        levels[seen[levels[:, column]] < SEEN, column] = MISSING
    return levels


def _plain_start() -> Weights:
    """The shipped weights as one class of one person and one of two."""
    shipped = read_weights()
    sides = slice(None, shipped.matching), slice(shipped.matching, None)
    tables = tuple(
        np.stack([np.average(table[:, side], axis=1, weights=shipped.shares[side]) for side in sides], axis=1)
        for table in shipped.tables
    )
    return Weights(1, np.array([shipped.shares[side].sum() for side in sides]), tables)


def _present(field: Field, levels: np.ndarray) -> list[int]:
    return [level for level in range(1, len(field.levels) + 1) if (levels == level).any()]


def _comparison(field: Field, levels: np.ndarray, table: np.ndarray) -> CustomComparison:
    """A field for Splink: its levels are the numbers worked out here, its first guesses those begun with here."""
    column = f'"{field.name}_l"'
    missing = levels_of.CustomLevel(f"{column} = {MISSING}", "missing").configure(is_null_level=True)
    present = _present(field, levels)
    others = [
        (
            levels_of.ElseLevel()
            if level == present[-1]
            else levels_of.CustomLevel(f"{column} = {level}", field.level_name(level))
        ).configure(m_probability=float(table[level - 1, 0]), u_probability=float(table[level - 1, 1]))
        for level in present
    ]
    return CustomComparison(output_column_name=field.name, comparison_levels=[missing, *others])


@pytest.fixture(scope="module")
def plain(compared: Compared) -> Weights:
    """What is learnt here with one class a side, and from no known pair."""
    nothing = np.zeros(0, dtype=np.int64)
    return learn_weights(count_patterns(encode_levels(compared.levels), nothing, nothing.astype(bool)), _plain_start())


@pytest.fixture(scope="module")
def peer(compared: Compared) -> Linker:
    """Splink, trained on the same levels: each pair is a row of two tables that are blocked by its number."""
    start, count = _plain_start(), len(compared.levels)
    columns = {field.name: compared.levels[:, column] for column, field in enumerate(FIELDS)}
    table = pa.table({"unique_id": np.arange(count), "pair": np.arange(count), **columns})
    database = DuckDBAPI()
    sides = [database.register(table, table_name=name) for name in ("one_side", "other_side")]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            _comparison(field, compared.levels[:, column], start.tables[column])
            for column, field in enumerate(FIELDS)
            if field.name != "number"
        ],
        blocking_rules_to_generate_predictions=[PAIR],
        probability_two_random_records_match=float(start.shares[0]),
        em_convergence=1e-5,
        max_iterations=60,
    )
    linker = Linker(sides, settings, log_level=None)
    linker.training.estimate_parameters_using_expectation_maximisation(
        PAIR, fix_u_probabilities=False, populate_probability_two_random_records_match_from_trained_values=True
    )
    return linker


def test_both_learn_the_same_from_the_same_pairs(compared: Compared, plain: Weights, peer: Linker) -> None:
    model: dict[str, Any] = peer.misc.save_model_to_json()
    assert model["probability_two_random_records_match"] == pytest.approx(plain.shares[0], abs=0.005)
    learnt = {comparison["output_column_name"]: comparison["comparison_levels"] for comparison in model["comparisons"]}
    held = 0
    for column, field in enumerate(FIELDS):
        present = _present(field, compared.levels[:, column])
        for level, said in zip(present, learnt.get(field.name, [])[1:], strict=field.name in learnt):
            here = plain.tables[column][level - 1]
            there = said["m_probability"], said["u_probability"]
            assert here.tolist() == pytest.approx(there, abs=0.01), (field.name, field.level_name(level))
            held += 1
    assert held > 30


def test_both_are_right_as_often_and_the_classes_more_often(compared: Compared, plain: Weights, peer: Linker) -> None:
    said = peer.inference.predict().as_pyarrow_table()  # type: ignore[no-untyped-call]
    probability = np.zeros(len(compared.same))
    probability[said["unique_id_l"].to_numpy()] = said["match_probability"].to_numpy()
    theirs = compared.f1(probability > 0.5)
    ours = compared.f1(class_odds(plain, compared.levels) > 0)
    assert ours == pytest.approx(theirs, abs=0.002)
    assert compared.f1(score_levels(compared.classes, compared.whole) > 0) > max(ours, theirs)
