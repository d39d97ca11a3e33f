"""Who is whose mother, guardian or family, as far as registrations tell: derived from what they share, never a fact.

A relation makes nobody one person. Which registrations to look at is found by keys (:func:`plan_kin_keys`); what they say to
each other is judged here, by the same reading of names, numbers, telephones and homes as linking has.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wangdi.link.names import NAMED, NEWBORN, NEWBORN_NAME, NO_NAME
from wangdi.link.newcomers import read_records
from wangdi.link.normalise import MANY
from wangdi.link.numbers import GENERATION
from wangdi.link.people import CHECK_DIGITS as CHECK_CHARACTERS
from wangdi.link.records import FAMILY, GUARDIAN, OWN
from wangdi.store.workspace import sql_text

ROLES = ("mother", "child", "guardian", "ward", "family", "household")
"""What somebody can be to a person, the closest first."""
SIGNS = ("newborn_name", "guardian_number", "family_number", "household")
"""What a relation rests on."""
SHARED = ("number", "phone", "home")
"""What a newborn's registration and its mother's, or those of a household, have in common."""
_MALE = 1

TELEPHONE = 11
"""Figures of a telephone number that are compared, from its end: what stands before them is the code of the country."""
_MOTHER = f"regexp_extract(name, {sql_text(NEWBORN_NAME)}, 1)"
_CALLED = f"CASE WHEN length(name) > 3 AND {_MOTHER} <> '' THEN {_MOTHER} ELSE name END"


def plan_kin_keys(registrations: str) -> str:
    """SQL of the keys by which registrations of kin find each other: ``key`` and ``registration_id``.

    Rule: an identity number, 15 digits as the 18 they became; the end of a telephone number; a name (a newborn's: the mother's)
    at an address, of which only the numbers count. Two that have no key in common are not looked at together.
    Grain: one row a key that a version of a registration has.
    """
    return f"""
    SELECT md5_number_lower('number|' || CASE length(id_no) WHEN 18 THEN left(id_no, 17)
        WHEN 15 THEN left(id_no, 6) || '19' || right(id_no, 9) ELSE id_no END) AS key, registration_id
    FROM ({registrations}) WHERE id_no IS NOT NULL
    UNION ALL
    SELECT md5_number_lower('phone|' || right(phone, {TELEPHONE})), registration_id
    FROM ({registrations}) WHERE length(phone) > 6
    UNION ALL
    SELECT md5_number_lower('home|' || {_CALLED} || '|' || house), registration_id
    FROM (SELECT registration_id, name, regexp_replace(address, '[^0-9]', '', 'g') AS house
          FROM ({registrations}) WHERE name IS NOT NULL AND address IS NOT NULL) WHERE house <> ''
    """


def kin_keys_of(said: Iterable[Mapping[str, str | None]]) -> set[int]:
    """The keys of what some registrations say, as :func:`plan_kin_keys` has them."""
    texts = set()
    for fields in said:
        number, phone, name = fields.get("id_no"), fields.get("phone"), fields.get("name")
        house = "".join(one for one in fields.get("address") or "" if one in "0123456789")
        if number:
            whole = {18: number[:17], 15: number[:6] + "19" + number[6:]}
            texts.add(f"number|{whole.get(len(number), number)}")
        if phone and len(phone) > 6:
            texts.add(f"phone|{phone[-TELEPHONE:]}")
        if name and house:
            texts.add(f"home|{_called(name)}|{house}")
    return {int.from_bytes(hashlib.md5(one.encode(), usedforsecurity=False).digest()[8:], "little") for one in texts}


def plan_near(said: Iterable[Mapping[str, str | None]]) -> str:
    """SQL that no registration with a key of these fails, and few others pass: cheaper to ask than the keys themselves.

    ``said``: what some registrations say. Missing: where they say nothing that makes a key nobody passes.
    """
    numbers = {one for fields in said if (number := fields.get("id_no")) for one in _same_numbers(number)}
    phones = {phone[-TELEPHONE:] for fields in said if (phone := fields.get("phone"))}
    names = {_called(name) for fields in said if (name := fields.get("name")) and fields.get("address")}
    tests = [f"starts_with(name, {sql_text(name)})" for name in sorted(names)]
    for column, values in (("id_no", numbers), (f"right(phone, {TELEPHONE})", phones)):
        if values:
            tests.append(f"{column} IN ({', '.join(map(sql_text, sorted(values)))})")
    return f"({' OR '.join(tests)})" if tests else "FALSE"


def _called(name: str) -> str:
    found = re.match(NEWBORN_NAME, name) if len(name) > len("之子") + 1 else None
    return found["mother"] if found else name


def _same_numbers(number: str) -> list[str]:
    """The number with those of 18 and 15 digits that have its key."""
    if len(number) == 15:
        return [number, *(number[:6] + "19" + number[6:] + check for check in CHECK_CHARACTERS)]
    same = [number[:17] + check for check in CHECK_CHARACTERS] if len(number) == 18 else [number]
    return [*same, number[:6] + number[8:17]] if len(number) == 18 and number[6:8] == "19" else same


@dataclass(frozen=True, slots=True)
class Stated:
    """What a registration says, as relations see it. ``named``: a kind of name; ``sound``: of the mother's in a newborn's.

    Missing: 0. ``home``: an address without any number is a place where many live, no home.
    """

    registration: int
    person: int
    named: int
    sound: int
    birth: int
    sex: int
    id_kind: int
    id_key: int
    phone: int
    home: int


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that speaks for a relation. ``role``: what the other person is; ``shared``: of :data:`SHARED`."""

    name: str
    role: str
    own: Stated
    other: Stated
    shared: tuple[str, ...] = ()


def read_stated(registrations: Sequence[tuple[int, int, Mapping[str, str | None]]]) -> list[Stated]:
    """Registrations with their persons, from their texts, called as in a file of records."""
    records = read_records([fields for _, _, fields in registrations])
    named = np.where(records.name >= 0, records.names.kind[records.name], NO_NAME)
    sound = np.where(records.name >= 0, records.names.sound_key[records.name], 0)
    numbered = [any(one.isdecimal() for one in fields.get("address") or "") for _, _, fields in registrations]
    columns = (
        named, sound, records.birth, records.sex, records.id_kind, records.id_key, records.phone,
        np.where(numbered, records.place, 0),
    )  # fmt: skip
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [Stated(one, person, *row) for (one, person, _), row in zip(registrations, rows, strict=True)]


def find_signs(own: Sequence[Stated], others: Sequence[Stated]) -> list[Sign]:
    """What a person's registrations and those of others say of how the two are related.

    Rule: a number that is not the registrant's own, but is somebody's own: the bearer's guardian where it is a generation older,
    else family. A newborn's name names the mother: her name, and the number, the telephone or the home in common. One telephone
    and one home: one household. A telephone given for more birth dates than a household has tells nothing.
    """
    shared_by_many = _find_busy_phones([*own, *others])
    found: list[Sign] = []
    for one in own:
        for other in others:
            if one.person != other.person:
                found += _signs_between(one, other, shared_by_many)
    return found


def _find_busy_phones(stated: Iterable[Stated]) -> frozenset[int]:
    births = Counter(phone for phone, birth in {(one.phone, one.birth) for one in stated if one.birth} if phone)
    return frozenset(phone for phone, count in births.items() if count > MANY)


def _signs_between(one: Stated, other: Stated, busy: frozenset[int]) -> Iterator[Sign]:
    phone = one.phone != 0 and one.phone == other.phone and one.phone not in busy
    home = one.home != 0 and one.home == other.home
    if phone and home:
        yield Sign("household", "household", one, other, ("phone", "home"))
    for bearer, owner, roles in ((one, other, ("guardian", "mother")), (other, one, ("ward", "child"))):
        lent = _lends(bearer, owner)
        if lent:
            guarded = bearer.id_kind == GUARDIAN
            name = "guardian_number" if guarded else "family_number"
            yield Sign(name, roles[0] if guarded else "family", one, other)
        shared = tuple(what for what, holds in zip(SHARED, (lent, phone, home), strict=True) if holds)
        if shared and _may_be_mother(bearer, owner):
            yield Sign("newborn_name", roles[1], one, other, shared)


def _lends(bearer: Stated, owner: Stated) -> bool:
    """Whether a number on one registration is another person's own. One name is one person, written down twice."""
    same_name = bearer.named == owner.named == NAMED and bearer.sound == owner.sound
    lent = bearer.id_kind in (GUARDIAN, FAMILY) and owner.id_kind == OWN and bearer.id_key == owner.id_key
    return lent and not same_name


def _may_be_mother(newborn: Stated, mother: Stated) -> bool:
    called = newborn.named == NEWBORN and mother.named == NAMED and newborn.sound == mother.sound
    years = newborn.birth // 10000 - mother.birth // 10000
    old_enough = years >= GENERATION or 0 in (newborn.birth, mother.birth)
    return called and mother.sex != _MALE and old_enough
