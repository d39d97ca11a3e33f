"""From scored pairs to people, under constraints: at most one proved number a person, no twins by likeness alone.

What cannot be merged without breaking a constraint stays apart and goes to review.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from wangdi.link.births import find_claimed_twice, find_twinned
from wangdi.link.deciding import NOTHING_DECIDED, Decided
from wangdi.link.keysets import are_among
from wangdi.link.kin import find_kin_risks, rest_on_mother, share_household
from wangdi.link.levels import COLUMN, NAME
from wangdi.link.numbering import count_in_order
from wangdi.link.records import Records

MERGE = 0.7
"""Probability from which two records become one person."""
REVIEW = 0.15
"""Probability from which a pair is worth somebody's eyes."""
APART = 0.02
"""Probability below which two records are held to be two people, whatever a third record says."""

SEPARATE, REVIEWED, MERGED = 0, 1, 2
DECISIONS = ("separate", "review", "merge")

_CLOSE = 5.0
"""Bits by which one of two twins must be the likelier for a record without a name of its own."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Scored pairs. ``weight`` in bits; ``levels`` one row a pair."""

    left: np.ndarray
    right: np.ndarray
    levels: np.ndarray
    weight: np.ndarray


def odds_bits(probability: float) -> float:
    """A probability as the logarithm of its odds to base 2."""
    return float(np.log2(probability / (1 - probability)))


def discount_rivals(records: Records, pairs: Pairs) -> np.ndarray:
    """Weights once it is taken in that a record belongs to one person only: rivals with proved numbers share the odds."""
    weight = pairs.weight.copy()
    rows = np.flatnonzero((records.own[pairs.right] >= 0) & (weight > odds_bits(APART)))
    if not len(rows):
        return weight
    seeker, own = pairs.left[rows], records.own[pairs.right[rows]]
    order = np.lexsort((-weight[rows], own, seeker))
    rows, seeker, own = rows[order], seeker[order], own[order]
    first = np.concatenate([[True], (seeker[1:] != seeker[:-1]) | (own[1:] != own[:-1])])
    odds = np.exp2(np.minimum(weight[rows], 40))
    group = np.cumsum(first) - 1
    best = odds[first]
    total = np.bincount(seeker[first], weights=best)
    rivals = np.maximum(total[seeker] - best[group], 0)
    weight[rows] -= np.log2(1 + rivals)
    return weight


def judge_alone(weight: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """What each pair would be if there were no other: one of ``DECISIONS``.

    Rule: possible kin are never merged by likeness; those of one household go to review however unlikely they are one, down to
    ``APART``.
    """
    kin = find_kin_risks(levels)
    bar = np.where(kin & share_household(levels), odds_bits(APART), odds_bits(REVIEW))
    judged = np.where(weight >= bar, REVIEWED, SEPARATE)
    judged[(weight >= odds_bits(MERGE)) & ~kin] = MERGED
    return judged


@dataclass(frozen=True, slots=True)
class People:
    """``person``: a number for each record. ``decision``: of each pair; ``weight``: in bits, once rivals share the odds."""

    person: np.ndarray
    decision: np.ndarray
    weight: np.ndarray


def cluster_pairs(records: Records, pairs: Pairs, decided: Decided = NOTHING_DECIDED) -> People:
    """Who is who. Records of one proved number first, then what people decided, then pairs from the surest down, where nothing
    forbids it.

    ``decided``: of decisions that contradict each other the newest holds. Two proved numbers are one person only by decision.
    """
    weight = discount_rivals(records, pairs)
    kin = find_kin_risks(pairs.levels)
    alone = judge_alone(weight, pairs.levels)
    merges = alone == MERGED
    groups = int(records.own.max(initial=-1)) + 1
    lone = np.flatnonzero(records.own < 0)
    node = np.where(records.own >= 0, records.own, 0)
    node[lone] = groups + np.arange(len(lone))
    left, right = node[pairs.left], node[pairs.right]
    count = groups + len(lone)
    merges &= ~_find_shared_newborns(records, pairs, weight, merges, node)
    said = _Said(node[decided.left], node[decided.right], decided.together)
    component = _connect(count, *said.with_joined(left[merges], right[merges]))
    named = merges & (pairs.levels[:, COLUMN["name"]] <= NAME.index("look_alike"))
    against = (kin & ~_are_joined(left, right, named)) | (
        (pairs.weight < odds_bits(APART)) & ~_are_joined(left, right, merges)
    )
    doubtful = np.zeros(count, dtype=bool)
    doubtful[component[left[against & (component[left] == component[right])]]] = True
    doubtful |= np.bincount(component[:groups], minlength=count) > 1
    clash = ~said.together & (component[said.left] == component[said.right])
    doubtful[component[said.left[clash]]] = True
    hard = np.flatnonzero(doubtful[component[left]] & (component[left] == component[right]))
    edges = _Edges(left[hard], right[hard], weight[hard], merges[hard], against[hard])
    component = _untangle(component, doubtful, (edges, said), groups)
    # Whoever has another proved number by now is known to be somebody else: nothing is left to review.
    proved = np.zeros(count, dtype=bool)
    proved[component[:groups]] = True
    settled = proved[component[left]] & proved[component[right]]
    decision = np.where((alone != SEPARATE) & ~settled, REVIEWED, SEPARATE)
    decision[said.parts(left, right)] = SEPARATE
    decision[component[left] == component[right]] = MERGED
    return People(count_in_order(component[node]), decision.astype(np.int8), weight)


def _find_shared_newborns(
    records: Records, pairs: Pairs, weight: np.ndarray, merges: np.ndarray, node: np.ndarray
) -> np.ndarray:
    """Pairs that rest on a mother's name alone where twins are known: each of them could claim the newborn's record."""
    unnamed = rest_on_mother(pairs.levels)
    rows = np.flatnonzero(unnamed & (weight >= odds_bits(REVIEW)))
    shared = np.zeros(len(unnamed), dtype=bool)
    if not len(rows):
        return shared
    sure = merges & ~unnamed
    person = _connect(int(node.max()) + 1, node[pairs.left[sure]], node[pairs.right[sure]])[node]
    ends = np.concatenate([pairs.left[rows], pairs.right[rows]])
    twinned = find_twinned(records, person, person[ends])
    # What a twin could claim, nobody else has for certain either.
    claimed = twinned | find_claimed_twice(records, person, ends, np.roll(ends, len(rows)))
    one, other = person[pairs.left[rows]], person[pairs.right[rows]]
    claimed[one[twinned[other]]] = True
    claimed[other[twinned[one]]] = True
    shared[rows] = claimed[one] | claimed[other]
    return shared


def _are_joined(left: np.ndarray, right: np.ndarray, merges: np.ndarray) -> np.ndarray:
    """Whether some other pair of the same two nodes merges: a record need not look like every record of a person.

    Possible kin are joined only by a pair of one name: what a newborn's record resembles may be the other twin.
    """
    both = _pair_keys(left, right)
    return are_among(both, both[merges])


def _connect(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The smallest node each node is connected with."""
    label = np.arange(count)
    while True:
        low = np.minimum(label[left], label[right])
        before = label.copy()
        np.minimum.at(label, label[left], low)
        np.minimum.at(label, label[right], low)
        while True:
            jumped = label[label]
            if np.array_equal(jumped, label):
                break
            label = jumped
        if np.array_equal(before, label):
            return label


@dataclass(frozen=True, slots=True)
class _Said:
    """Decisions about nodes, the newest first."""

    left: np.ndarray
    right: np.ndarray
    together: np.ndarray

    def with_joined(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ends of edges, with those that somebody joined."""
        return np.concatenate([left, self.left[self.together]]), np.concatenate([right, self.right[self.together]])

    def parts(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Which pairs of nodes somebody held apart."""
        apart = ~self.together
        return are_among(_pair_keys(left, right), _pair_keys(self.left[apart], self.right[apart]))


def _pair_keys(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.asarray((np.minimum(left, right) << 32) | np.maximum(left, right))


@dataclass(frozen=True, slots=True)
class _Edges:
    left: np.ndarray
    right: np.ndarray
    weight: np.ndarray
    merges: np.ndarray
    against: np.ndarray


def _untangle(component: np.ndarray, doubtful: np.ndarray, known: tuple[_Edges, _Said], groups: int) -> np.ndarray:
    """Components that break a constraint, taken apart and put together again: by decision first, then from the surest pair
    down.
    """
    edges, said = known
    joining = _Joining(np.flatnonzero(doubtful[component]).tolist(), groups)
    inside = doubtful[component[said.left]]
    apart = inside & ~said.together
    parted = _foes(said.left[apart], said.right[apart])
    for one, other in _ends(said.left, said.right, np.flatnonzero(inside & said.together)):
        joining.join(one, other, parted)
    foes = _foes(
        np.concatenate([edges.left[edges.against], said.left[apart]]),
        np.concatenate([edges.right[edges.against], said.right[apart]]),
    )
    good = np.flatnonzero(edges.merges & ~_find_torn(edges, foes))
    low, high = np.minimum(edges.left, edges.right), np.maximum(edges.left, edges.right)
    order = good[np.lexsort((high[good], low[good], -np.round(edges.weight[good], 6)))]
    for one, other in _ends(edges.left, edges.right, order):
        if not joining.both_proved(one, other):
            joining.join(one, other, foes)
    result = component.copy()
    for leader, nodes in joining.members.items():
        result[nodes] = leader
    return result


Foes = dict[int, set[int]]


def _foes(left: np.ndarray, right: np.ndarray) -> Foes:
    found: Foes = defaultdict(set)
    for one, other in zip(left.tolist(), right.tolist(), strict=True):
        found[one].add(other)
        found[other].add(one)
    return found


def _ends(left: np.ndarray, right: np.ndarray, places: np.ndarray) -> Iterator[tuple[int, int]]:
    return zip(left[places].tolist(), right[places].tolist(), strict=True)


class _Joining:
    """Nodes put together one pair at a time. ``members``: by the node that leads them."""

    def __init__(self, nodes: Sequence[int], groups: int) -> None:
        self._leader = {node: node for node in nodes}
        self._proved = {node: node < groups for node in nodes}
        self.members = {node: [node] for node in nodes}

    def both_proved(self, one: int, other: int) -> bool:
        """Whether both have a proved number by now."""
        return self._proved[self._leader[one]] and self._proved[self._leader[other]]

    def join(self, one: int, other: int, foes: Foes) -> None:
        """Put those of both together, unless some of them are foes."""
        one, other = self._leader[one], self._leader[other]
        if one == other:
            return
        if len(self.members[one]) < len(self.members[other]):
            one, other = other, one
        if any(self._leader.get(foe) == one for node in self.members[other] for foe in foes.get(node, ())):
            return
        for node in self.members[other]:
            self._leader[node] = one
        self.members[one] += self.members.pop(other)
        self._proved[one] = self._proved[one] or self._proved[other]


def _find_torn(edges: _Edges, foes: dict[int, set[int]]) -> np.ndarray:
    """Merging pairs of a record that two people who are not one both claim about equally."""
    claims: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for place in np.flatnonzero(edges.merges).tolist():
        one, other = int(edges.left[place]), int(edges.right[place])
        claims[one].append((other, place))
        claims[other].append((one, place))
    torn = np.zeros(len(edges.left), dtype=bool)
    for claimed in claims.values():
        for claimant, place in claimed:
            rivals = [float(edges.weight[at]) for other, at in claimed if other in foes.get(claimant, ())]
            if rivals and edges.weight[place] < max(rivals) + _CLOSE:
                torn[place] = True
    return torn
