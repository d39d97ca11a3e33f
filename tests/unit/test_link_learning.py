"""Weights come from the file: known pairs teach, unknown ones join in, and a little data leans on what is shipped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wangdi.link.estimating import count_patterns, learn_weights
from wangdi.link.levels import FIELDS, PATTERNS, SIZES, decode_levels, encode_levels
from wangdi.link.scoring import class_odds, probability_of, read_weights, score_levels, write_weights

NOTHING = np.zeros(0, dtype=np.int64)
KNOWN = NOTHING.astype(bool)


def draw(count: int, classes: slice, seed: int) -> np.ndarray:
    """Encoded levels of pairs drawn from the shipped weights' classes of one side, some fields missing."""
    weights, chance = read_weights(), np.random.default_rng(seed)
    shares = weights.shares[classes] / weights.shares[classes].sum()
    kinds = np.arange(len(weights.shares))[classes][chance.choice(len(shares), count, p=shares)]
    levels = np.zeros((count, len(FIELDS)), dtype=np.uint8)
    for column, table in enumerate(weights.tables):
        total = table.cumsum(axis=0)[:, kinds]
        levels[:, column] = 1 + (chance.random(count) * total[-1] > total).sum(axis=0)
    levels[chance.random(levels.shape) < 0.15] = 0
    return encode_levels(levels)


def test_without_any_pairs_the_shipped_weights_stay() -> None:
    shipped = read_weights()
    learnt = learn_weights(count_patterns(NOTHING, NOTHING, KNOWN), shipped)
    for one, other in zip(learnt.tables, shipped.tables, strict=True):
        assert np.allclose(one, other, atol=1e-6)
    assert (learnt.slope, learnt.offset, learnt.kin) == (1.0, 0.0, shipped.kin)


def test_what_was_drawn_is_found_again() -> None:
    """Known and unknown pairs of one world: shares, tables and calibration come back."""
    shipped = read_weights()
    same, different = draw(20_000, slice(None, shipped.matching), 1), draw(20_000, slice(shipped.matching, None), 2)
    unknown = np.concatenate(
        [draw(6_000, slice(None, shipped.matching), 3), draw(24_000, slice(shipped.matching, None), 4)]
    )
    truth = np.arange(40_000) < 20_000
    learnt = learn_weights(count_patterns(unknown, np.concatenate([same, different]), truth), shipped)
    assert learnt.shares[: learnt.matching].sum() == pytest.approx(0.2, abs=0.02)
    assert learnt.slope == pytest.approx(1.0, abs=0.15)
    # Where the truth is hidden, what is said to be 90 to 95 % is so as often.
    probability = probability_of(class_odds(learnt, decode_levels(unknown)) / np.log(2))
    is_same = np.arange(len(unknown)) < 6_000
    band = (probability > 0.85) & (probability < 0.97)
    assert 0.8 < is_same[band].mean() < 0.99


def test_a_file_with_more_errors_teaches_smaller_weights() -> None:
    shipped = read_weights()
    pairs = draw(20_000, slice(None, shipped.matching), 5)
    levels = decode_levels(pairs)
    chance = np.random.default_rng(6)
    wrong = chance.random(len(levels)) < 0.3
    levels[wrong, 2] = np.where(levels[wrong, 2] == 1, 2, levels[wrong, 2])
    known = np.concatenate([encode_levels(levels), draw(20_000, slice(shipped.matching, None), 7)])
    learnt = learn_weights(count_patterns(NOTHING, known, np.arange(len(known)) < 20_000), shipped)
    assert (learnt.tables[2][1, : learnt.matching] > shipped.tables[2][1, : shipped.matching]).all()


def test_every_pattern_has_a_finite_weight() -> None:
    codes = np.random.default_rng(1).integers(0, PATTERNS, 20_000)
    weights = score_levels(read_weights(), decode_levels(codes))
    assert np.isfinite(weights).all()
    assert np.prod(SIZES) == PATTERNS


def test_missing_is_no_evidence() -> None:
    weights = read_weights()
    nothing = score_levels(weights, np.zeros((1, len(FIELDS)), dtype=np.uint8))
    shares = weights.shares
    prior = np.log2(shares[: weights.matching].sum() / shares[weights.matching :].sum())
    assert nothing[0] == pytest.approx(weights.offset / np.log(2) + weights.slope * prior, abs=1e-6)


def test_a_weights_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    write_weights(path, read_weights())
    said = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**said, "version": 99}), encoding="utf-8")
    with pytest.raises(ValueError, match="version"):
        read_weights(path)
