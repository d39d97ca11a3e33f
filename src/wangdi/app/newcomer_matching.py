"""Who somebody would be: a newcomer's fields against everybody registered, weighed as linking weighs them. Nothing is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wangdi.app.derivation import Standing
from wangdi.app.linking import read_city_weights, read_decided
from wangdi.app.registered import read_registered
from wangdi.link.clustering import DECISIONS, MERGED, REVIEWED, SEPARATE, judge_alone
from wangdi.link.deciding import part_numbers
from wangdi.link.matching import Tell, tell_nobody
from wangdi.link.newcomers import Candidate, NewcomerIndex
from wangdi.link.people import show_person
from wangdi.link.records import ID_KINDS, Records
from wangdi.link.scoring import Part, explain_levels, with_rivals

FIELDS = ("name", "sex", "birth", "id_type", "id_no", "nationality", "phone", "address", "division")
"""What is asked of a newcomer, called as in a file of records."""
LOOKED_AT = 60
"""Registrations that are weighed further once the unlikely ones are gone; several may be one person's."""


@dataclass(frozen=True, slots=True)
class Everybody:
    """All registrations of a city at a number, ready to be asked. Grain: one row a registration, as in ``index``.

    ``proved``: whether the person it belongs to has a proved number, on this registration or another.
    """

    known: int
    index: NewcomerIndex
    registration: np.ndarray
    person: np.ndarray
    proved: np.ndarray


@dataclass(frozen=True, slots=True)
class Likely:
    """Somebody registered whom the newcomer may be, by the registration of theirs that is likest.

    ``weight`` in bits; ``parts`` sum to it: the fields', and ``rivals``, which is what others of proved number take off.
    ``decision``: what linking would do: merge, review or separate.
    """

    person_id: str
    registration: int
    probability: float
    weight: float
    decision: str
    same_number: bool
    kin: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whom a newcomer may be, the likeliest first. ``number``: whose the number given is held to be (``ID_KINDS``)."""

    known: int
    number: str
    likely: tuple[Likely, ...]


def gather_everybody(standing: Standing, tell: Tell = tell_nobody) -> Everybody:
    """The index over every registration, with the weights the city is linked by. It reads all of them: keep the answer.

    ``tell`` hears of each step, and may end it by an exception.

    Rule: who was held apart from others of one number no longer shares it, as in linking.
    """
    registered = read_registered(standing, tell)
    tell("indexing")
    records = part_numbers(registered.records, read_decided(standing, registered), registered.known.since)
    person = registered.person
    proved = np.isin(person, person[records.own >= 0])
    return Everybody(
        standing.known,
        NewcomerIndex(records, read_city_weights(standing), registered.changes),
        registered.known.registration,
        person,
        proved,
    )


def match_newcomer(everybody: Everybody, fields: Mapping[str, str | None], most: int = 10) -> Answer:
    """The people a newcomer may be, at most so many.

    Rule: one proved number is one person, another is another. Otherwise it is whoever reaches the probability of merging and
    may not be kin; where two people do, it is left to people, as a newcomer is one person only.
    Missing: a field not given, or not understood, is missing.
    """
    index = everybody.index
    newcomer = index.read({name: fields.get(name) for name in FIELDS})
    likely: dict[int, Candidate] = {}
    for candidate in index.find(newcomer, LOOKED_AT):
        likely.setdefault(int(everybody.person[candidate.row]), candidate)
    decisions = _decide(everybody, newcomer, list(likely.values()))
    shown = list(zip(likely.items(), decisions, strict=True))[:most]
    return Answer(
        everybody.known,
        ID_KINDS[int(newcomer.id_kind[0])],
        tuple(_tell(everybody, newcomer, one, decision) for one, decision in shown),
    )


def _share_number(records: Records, newcomer: Records, row: int) -> bool:
    return bool(newcomer.own[0] >= 0 and records.own[row] == newcomer.own[0])


def _decide(everybody: Everybody, newcomer: Records, found: Sequence[Candidate]) -> list[int]:
    """What linking would do about each."""
    if not found:
        return []
    levels = np.array([one.levels for one in found], dtype=np.uint8)
    decisions: list[int] = judge_alone(np.array([one.weight for one in found]), levels).tolist()
    same = [_share_number(everybody.index.records, newcomer, one.row) for one in found]
    if any(same) or decisions.count(MERGED) > 1:
        decisions = [REVIEWED if one == MERGED else one for one in decisions]
    if newcomer.own[0] >= 0:
        decisions = [
            SEPARATE if everybody.proved[one.row] else known for one, known in zip(found, decisions, strict=True)
        ]
    return [MERGED if own else known for own, known in zip(same, decisions, strict=True)]


def _tell(everybody: Everybody, newcomer: Records, one: tuple[int, Candidate], decision: int) -> Likely:
    person, candidate = one
    weight, parts = explain_levels(everybody.index.weights, candidate.levels)
    return Likely(
        person_id=show_person(person),
        registration=int(everybody.registration[candidate.row]),
        probability=candidate.probability,
        weight=candidate.weight,
        decision=DECISIONS[decision],
        same_number=_share_number(everybody.index.records, newcomer, candidate.row),
        kin=candidate.kin,
        parts=tuple(with_rivals(parts, candidate.weight - weight)),
    )
