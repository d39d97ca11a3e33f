"""Learns the weights from the file at hand, without anybody's labels.

Records that carry a proved number of their own know the truth about each other: with the number hidden, pairs of them show how
records of one person and of two look. Pairs of the others, whose truth nobody knows, join by expectation and maximisation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wangdi.link.kin import weigh_kin_risks
from wangdi.link.levels import FIELDS, PATTERNS, decode_levels
from wangdi.link.scoring import Weights, class_odds

ROUNDS = 60
PRIOR_PAIRS = 40.0
"""How many pairs a class the shipped weights count for, so that a level seen once is not a law."""

SMALLEST = 1e-7

ENOUGH = 400
"""Known pairs from which they have the first word on how pairs look."""
VOICE = 0.2
"""What the unknown pairs then count for, all together, for each known pair."""

DOUBT = 7.0
"""Natural logarithm of the odds beyond which a pair is not in doubt."""
LEAN = 10.0


@dataclass(frozen=True, slots=True)
class Seen:
    """Pairs by pattern: how many of unknown truth, of one person, of two."""

    levels: np.ndarray
    unknown: np.ndarray
    same: np.ndarray
    different: np.ndarray


def count_patterns(unknown: np.ndarray, known: np.ndarray, truth: np.ndarray) -> Seen:
    """Encoded levels of pairs, counted. ``truth``: of each known pair, whether it is one person."""
    counts = [np.bincount(codes, minlength=PATTERNS) for codes in (unknown, known[truth], known[~truth])]
    present = np.flatnonzero(counts[0] + counts[1] + counts[2])
    return Seen(decode_levels(present), *(count[present].astype(float) for count in counts))


def learn_weights(seen: Seen, start: Weights) -> Weights:
    """Weights that fit the pairs seen, beginning at and leaning on ``start``.

    Rule: expectation and maximisation over the classes; a known pair belongs to the classes of its truth only. A missing
    field says nothing. The calibration is then fitted on the known pairs.
    """
    weights, matching = replace(start, slope=1.0, offset=0.0, kin=start.kin), start.matching
    shares_known = start.shares.copy()
    total = max(seen.unknown.sum(), 1.0)
    known_pairs = seen.same.sum() + seen.different.sum()
    voice = min(1.0, VOICE * known_pairs / total) if known_pairs > ENOUGH else 1.0
    for _ in range(ROUNDS):
        scores = weights.class_scores(seen.levels)
        unknown = _spread(scores) * seen.unknown[:, None]
        known = scores - np.log(weights.shares) + np.log(shares_known)
        known_counts = np.hstack(
            [
                _spread(known[:, :matching]) * seen.same[:, None],
                _spread(known[:, matching:]) * seen.different[:, None],
            ]
        )
        shares = (unknown.sum(axis=0) + PRIOR_PAIRS * start.shares) / (total + PRIOR_PAIRS)
        known_total = known_counts.sum(axis=0) + PRIOR_PAIRS * start.shares
        shares_known = known_total / known_total.sum()
        tables = tuple(
            _refit(seen.levels[:, column], voice * unknown + known_counts, len(field.levels), start.tables[column])
            for column, field in enumerate(FIELDS)
        )
        weights = replace(weights, shares=shares, tables=tables)
    return _calibrate(replace(weights, learnt="file"), seen, shares_known)


def _spread(scores: np.ndarray) -> np.ndarray:
    share = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(share / share.sum(axis=1, keepdims=True))


def _refit(levels: np.ndarray, counts: np.ndarray, size: int, before: np.ndarray) -> np.ndarray:
    table = np.zeros((size + 1, counts.shape[1]))
    np.add.at(table, levels, counts)
    table = table[1:] + PRIOR_PAIRS * before
    return np.asarray(np.maximum(table / table.sum(axis=0), SMALLEST))


def _calibrate(weights: Weights, seen: Seen, shares_known: np.ndarray) -> Weights:
    """Slope and offset of a logistic curve through the known pairs, leaning on slope 1 and no offset.

    Rule: the pairs in doubt count, not the many that are sure either way, where the curve is flat whatever it is.
    """
    same, different = seen.same, seen.different
    if same.sum() < 200 or different.sum() < 200:
        return weights
    odds = class_odds(replace(weights, shares=shares_known), seen.levels)
    strength = weigh_kin_risks(seen.levels)
    kin = strength > 0
    slope, offset = _fit_line(odds[~kin], same[~kin], different[~kin])
    line = slope * odds[kin] + offset
    # Those who teach are mostly grown up; where numbers are missing are the children, and among them the twins. So the
    # shift may become stronger than the shipped one, never weaker.
    shifts = np.arange(-6, weights.kin + 0.01, 0.05)
    more = strength[kin] - 1
    misfits = [_misfit((1.0, shift), line + shift * more, same[kin], different[kin]) for shift in shifts]
    return replace(weights, slope=slope, offset=offset, kin=float(shifts[int(np.argmin(misfits))]))


def _fit_line(odds: np.ndarray, same: np.ndarray, different: np.ndarray) -> tuple[float, float]:
    doubtful = np.abs(odds) < DOUBT
    odds, same, different = odds[doubtful], same[doubtful], different[doubtful]
    slope, offset, step = 1.0, 0.0, 0.25
    while step > 0.002:
        around = [(slope + i * step, offset + j * step) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        best = min(around, key=lambda fit: _misfit(fit, odds, same, different))
        step = step / 2 if best == (slope, offset) else step
        slope, offset = best
    return slope, offset


def _misfit(fit: tuple[float, float], odds: np.ndarray, same: np.ndarray, different: np.ndarray) -> float:
    slope, offset = fit
    line = slope * odds + offset
    loss = (same * np.logaddexp(0, -line) + different * np.logaddexp(0, line)).sum()
    return float(loss + LEAN * ((slope - 1) ** 2 + offset**2))
