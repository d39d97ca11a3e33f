"""Matches a table of records: from normalised rows to people, with the pairs that decided it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wangdi.link.blocking import BlockCost, Candidates, find_candidates
from wangdi.link.clustering import APART, Pairs, People, cluster_pairs, odds_bits
from wangdi.link.comparing import compare_pairs
from wangdi.link.deciding import NOTHING_DECIDED, Decided
from wangdi.link.estimating import count_patterns, learn_weights
from wangdi.link.levels import encode_levels
from wangdi.link.records import NO_ID, Records, join_records
from wangdi.link.scoring import Weights, read_weights, score_patterns

TEACHERS = 60_000
"""Records of proved number that teach, at most."""

SEED = 1

Tell = Callable[[str], None]


def tell_nobody(step: str) -> None:
    """For whoever does not watch."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The outcome. ``pairs``: those worth keeping, in order of their rows; ``people``: their decisions and everybody's person."""

    pairs: Pairs
    people: People
    weights: Weights
    costs: tuple[BlockCost, ...]
    compared: int


def match_records(
    records: Records, weights: Weights | None = None, tell: Tell = tell_nobody, decided: Decided = NOTHING_DECIDED
) -> Matched:
    """Who is who among ``records``.

    ``weights``: use these as they are; without them they are learnt from the records. ``decided``: what people decided, about
    records as :func:`wangdi.link.deciding.part_numbers` left them.
    """
    tell("candidates")
    loose = np.flatnonzero(records.own < 0)
    teachers = choose_teachers(records) if weights is None else loose[:0]
    found = find_candidates(join_records(records.take(loose), hide_numbers(records, teachers)), records)
    left, right, known = _split(records, found, loose, teachers)
    tell("comparing")
    levels = compare_pairs(records, left, records, right)
    codes = encode_levels(levels)
    if weights is None:
        tell("learning")
        weights = learn_from(records, codes, teachers, known)
    tell("scoring")
    weight = score_patterns(weights, codes)
    kept = weight >= odds_bits(APART / 100)
    pairs = Pairs(left[kept], right[kept], levels[kept], weight[kept])
    tell("clustering")
    return Matched(pairs, cluster_pairs(records, pairs, decided), weights, found.costs, len(codes))


def choose_teachers(records: Records) -> np.ndarray:
    """Rows of proved number that teach how pairs look, spread over the whole."""
    proved = np.flatnonzero(records.own >= 0)
    if len(proved) <= TEACHERS:
        return proved
    return np.sort(np.random.default_rng(SEED).choice(proved, TEACHERS, replace=False))


Ends = tuple[np.ndarray, np.ndarray]


def _split(
    records: Records, found: Candidates, loose: np.ndarray, teachers: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Ends]:
    """Candidates as pairs of the file, two loose ones once; and those of the teachers (by place) with others of proved number."""
    own = records.own[found.right]
    of_file = found.left < len(loose)
    left, right = loose[found.left[of_file]], found.right[of_file]
    good = (own[of_file] >= 0) | (left < right)
    taught = ~of_file & (own >= 0)
    place, other = found.left[taught] - len(loose), found.right[taught]
    others = teachers[place] != other
    return left[good], right[good], (place[others], other[others])


def learn_from(records: Records, unknown: np.ndarray, teachers: np.ndarray, known: Ends) -> Weights:
    """Weights from the records' own pairs (encoded levels ``unknown``) and from what those of proved number know."""
    place, right = known
    truth = records.own[teachers[place]] == records.own[right]
    levels = compare_pairs(hide_numbers(records, teachers), place, records, right)
    return learn_weights(count_patterns(unknown, encode_levels(levels), truth), read_weights())


def hide_numbers(records: Records, rows: np.ndarray) -> Records:
    """Records as if they had been registered without a number."""
    taken = records.take(rows)
    taken.id_kind[:] = NO_ID
    taken.id_key[:] = 0
    taken.id_birth[:] = 0
    taken.own[:] = -1
    return taken


def weigh_pair(records: Records, one: int, other: int) -> list[int]:
    """The levels of one pair, as the batch has them."""
    return [int(level) for level in compare_pairs(records, np.array([one]), records, np.array([other]))[0]]
