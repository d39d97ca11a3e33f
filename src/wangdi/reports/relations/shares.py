"""Rates with the numbers they are made from, however the report tells them.

For each rate the numerators and denominators that it may have are listed, the likeliest first (``numerators``, ``denominators``).
The first pair that makes the rate is told as holding. Where none does, the likeliest is an error or a question by how surely the
sentence ties it to the rate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from wangdi.reports.relations.denominators import Denominators, Tie, is_of_residents
from wangdi.reports.relations.ground import CROWD, POPULATIONS_APART, Ground, Relation, count_digits, unit_of
from wangdi.reports.relations.numerators import (
    base_inside,
    clause_before,
    fraction_behind,
    is_among,
    is_done_of_due,
    is_of_others,
    is_tied,
    list_numerators,
    tying_word,
)
from wangdi.reports.relations.ratios import fits, is_one_slip_apart, judge_ratio
from wangdi.reports.text.lexicon import ratio_units

Candidate = tuple[int, int, Tie]
"""A numerator, a denominator, and what ties both to the rate."""

_NAMED = re.compile(r"率$|占比$|比例$|比重$|^占")


def find_shares(ground: Ground) -> list[Relation]:
    """Every rate whose numerator and denominator are told.

    Rule: numbers that agree to three digits belong together; two digits agree with too much, and only where a word ties them.
    Numbers that disagree are left alone unless the sentence ties them, or one slip of the pen would make them agree.
    """
    found: list[Relation] = []
    bases = Denominators(ground)
    for index, one in enumerate(ground.claims):
        plain = one.measure == "rate" and one.norm_unit in ratio_units() and one.value_hi is None
        if not plain or not one.exact or one.comparator not in ("=", ">="):
            continue
        candidates = _list_candidates(ground, index, bases)
        if one.comparator == ">=":
            # Almost any two numbers make at least so much, or less: only what the sentence itself divides is meant.
            candidates = [pair for pair in candidates if _makes_at_least(ground, index, pair)]
        relation = _judge(ground, index, candidates)
        if relation is not None:
            found.append(relation)
            bases.remember(relation)
    return found


def _makes_at_least(ground: Ground, index: int, pair: Candidate) -> bool:
    over, base, tie = pair
    return tie <= Tie.LISTED and is_among(ground, index) and (tie is Tie.TOLD or fits(ground, over, base, index))


def _list_candidates(ground: Ground, index: int, bases: Denominators) -> list[Candidate]:
    told = fraction_behind(ground, index)
    if told is not None:
        return [(*told, Tie.TOLD)]
    inside = base_inside(ground, index)
    overs = list_numerators(ground, index, index if inside is None else inside)
    if overs and inside is None and is_tied(ground, overs[0], index):
        words = {over: tying_word(ground, over, index) for over in overs}
        overs = [over for over in overs if len(words[over]) > len(words[overs[0]])] or overs[:1]
    if inside is not None:
        return [(over, inside, Tie.TOLD) for over in overs if _divides(ground, over, inside, Tie.TOLD)]
    if not (ground.is_share(index) and is_among(ground, index)) and not _NAMED.search(ground.claims[index].indicator):
        return []
    ties: dict[tuple[int, int], Tie] = {}
    for over in overs:
        for base, tie in bases.of(over, index):
            if _divides(ground, over, base, tie):
                ties[over, base] = min(tie, ties.get((over, base), tie))
    return sorted(((*pair, tie) for pair, tie in ties.items()), key=lambda pair: pair[2])


def _divides(ground: Ground, over: int, base: int, tie: Tie) -> bool:
    """Whether an amount can be a part of another: of its kind, or files of the people, people in the places, known as its base."""
    claims = ground.claims
    units = (claims[over].norm_unit, claims[base].norm_unit)
    files = units[0] in ("份", "张", "户", "册") and units[1] in CROWD
    places = units[0] in CROWD and units[1] in ("个", "张")
    things = tie <= Tie.KNOWN and {*units} <= {"个", "家", "所"}
    known = tie is Tie.KNOWN and (files or places)
    alike = ground.same_kind(over, base) or ground.both_crowds(over, base) or things or known
    return over != base and alike and claims[over].exact > 0 and claims[base].exact > 0


def _judge(ground: Ground, index: int, candidates: Iterable[Candidate]) -> Relation | None:
    """The first pair that makes a rate; else what is to be said of the likeliest one."""
    pairs, digits = list(candidates), count_digits(ground.claims[index])
    for over, base, tie in pairs:
        if fits(ground, over, base, index) and (digits > 2 or tie < Tie.BESIDE):
            return judge_ratio(ground, (over, base, index), True)
    words = {over: tying_word(ground, over, index) for over in {over for over, _, _ in pairs}}
    tied = {over for over in words if is_tied(ground, over, index)}
    among = is_among(ground, index)
    order = {over: number for number, over in reversed(list(enumerate(over for over, _, _ in pairs)))}
    meant = {
        (over, base, tie): over in tied and not _is_done_too(ground, base, words[over]) for over, base, tie in pairs
    }
    for pair in sorted(meant, key=lambda pair: (pair[2], not meant[pair], order[pair[0]])):
        relation = _tell_misfit(ground, index, pair, (meant[pair] or is_done_of_due(ground, *pair[:2]), among))
        if relation is not None:
            return relation
    return None


def _is_done_too(ground: Ground, base: int, word: str) -> bool:
    """Whether the word that ties numerator and rate ties the denominator to it as well."""
    return bool(word) and word in ground.claims[base].indicator


def _tell_misfit(ground: Ground, index: int, pair: Candidate, told: tuple[bool, bool]) -> Relation | None:
    """What is to be said of a pair that does not make its rate; nothing where it need not.

    ``told``: whether a word ties numerator and rate, and whether the rate is told as one of something.
    """
    (over, base, tie), (named, among) = pair, told
    members = (over, base, index)
    if (among and not named and is_of_others(ground, over, index)) or (
        tie is not Tie.TOLD and _is_other_population(ground, members, tie)
    ):
        return None
    if tie is Tie.TOLD:
        return judge_ratio(ground, members, True)
    if tie in (Tie.NAMED, Tie.LISTED) and among and _says(ground, base, index):
        return judge_ratio(ground, members, True)
    if tie is Tie.NAMED and (named or among):
        slipped = is_one_slip_apart(ground, members)
        return judge_ratio(ground, members, ground.same_sentence(base, index) and slipped) if named or slipped else None
    beside = among and ground.same_sentence(base, index)
    many = (named or beside) and count_digits(ground.claims[index]) > 3
    tied = (named or among) if tie < Tie.BESIDE else tie is Tie.BESIDE or many
    least = Tie.ROW if named else Tie.LISTED
    above = ground.claims[over].exact > ground.claims[base].exact and tie > least
    if not tied or above or not is_one_slip_apart(ground, members):
        return None
    return judge_ratio(ground, members, False, tie is not Tie.KNOWN)


def _says(ground: Ground, base: int, index: int) -> bool:
    """Whether a share's clause calls its denominator what that is called in the same sentence: 总收入…,占总收入的."""
    noun = ground.nouns[base]
    return len(noun) > 1 and ground.same_sentence(base, index) and noun in clause_before(ground, index)


def _is_other_population(ground: Ground, members: tuple[int, int, int], tie: Tie) -> bool:
    """Whether another population, of the middle of the year or of another register, may explain what a rate is off."""
    if ground.is_share(members[2]) or not (tie is Tie.KNOWN or is_of_residents(ground.claims[members[2]].indicator)):
        return False
    over, base, share = (ground.claims[place].norm_value for place in members)
    computed = over / base / float(unit_of(ground.claims[members[2]]))
    return abs(computed - share) <= POPULATIONS_APART * share
