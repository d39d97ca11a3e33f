"""One newcomer against everybody already registered: an index built once, and the same scorer as the batch.

The index is a few sorted arrays beside the records; a search is a handful of binary searches and one comparison.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wangdi.core.dates import parse_date_text
from wangdi.link.blocking import BLOCKS, Block, Keyed
from wangdi.link.clustering import APART, Pairs, discount_rivals, odds_bits
from wangdi.link.comparing import compare_pairs
from wangdi.link.keysets import distinct
from wangdi.link.kin import find_kin_risks
from wangdi.link.names import NAMED, tidy_names
from wangdi.link.normalise import NATIONS, WORDED, place_key, road_key
from wangdi.link.numbers import EMPTY, SHAPED, SHAPELESS, RawNumbers, judge_numbers
from wangdi.link.reading import COLUMNS
from wangdi.link.records import FAMILY, GUARDIAN, OWN, UNPROVED, Records
from wangdi.link.scoring import Weights, probability_of, score_levels
from wangdi.link.successions import NumberChanges
from wangdi.link.texts import ADDRESS, nation_place

_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789XX")
_SEXES = {**dict.fromkeys(("1", "男", "M", "MALE", "男性"), 1), **dict.fromkeys(("2", "女", "F", "FEMALE", "女性"), 2)}
_IDENTITY_TYPES = ("01", "1", "居民身份证", "身份证", "户口簿", "02")
UNKNOWN_OWN = 1 << 40
"""The group of a proved number that nobody in the index has."""

_PLACE = re.compile(ADDRESS)
_STREET = re.compile(r"[A-Za-z]{4,5}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody the newcomer may be.

    ``row``: of the indexed records. ``weight``: in bits. ``kin``: may be a twin, a brother or sister.
    """

    row: int
    weight: float
    probability: float
    levels: tuple[int, ...]
    kin: bool


@dataclass(frozen=True, slots=True)
class _Sorted:
    block: Block
    keys: np.ndarray
    rows: np.ndarray


class NewcomerIndex:
    """Records sorted by every key that finds candidates. Holds arrays only; give the records back by letting go of it."""

    def __init__(self, records: Records, weights: Weights, changes: NumberChanges | None = None) -> None:
        self.records, self.weights, self.changes = records, weights, changes or NumberChanges()
        keyed = Keyed(records)
        self.blocks = tuple(_sort_block(block, keyed) for block in BLOCKS)
        own = np.flatnonzero(records.own >= 0)
        order = np.argsort(records.id_key[own], kind="stable")
        self.own_rows = own[order].astype(np.int32)
        self.own_keys = records.id_key[self.own_rows]
        self.documents = distinct(records.id_key[records.id_key >= WORDED])

    def read(self, fields: Mapping[str, str | None]) -> Records:
        """A newcomer's fields, called as in a file of records, as a record to compare; its own number as the index proves it."""
        newcomer = read_record(fields)
        kind, key = int(newcomer.id_kind[0]), int(newcomer.id_key[0])
        if kind not in (OWN, UNPROVED, FAMILY, GUARDIAN):
            return self._with_nation(newcomer)
        key = self.changes.follow(key)
        newcomer = replace(newcomer, id_key=np.array([key]))
        rows = self._rows_of_number(key)
        whole = re.sub(r"[^0-9A-Za-z]", "", fields.get("id_no") or "")
        if kind == OWN and len(whole) == 15 and not len(rows):
            return _with_number(newcomer, UNPROVED, -1)
        if (
            kind == OWN
            or (not len(rows) and kind == UNPROVED and len(whole) != 15)
            or self._is_called_alike(newcomer, rows)
        ):
            return _with_number(newcomer, OWN, int(self.records.own[rows[0]]) if len(rows) else UNKNOWN_OWN)
        return _with_number(newcomer, kind, -1)

    def find(self, newcomer: Records, limit: int = 20) -> list[Candidate]:
        """Who the newcomer may be, the likeliest first. Nobody twice; records of two proved numbers are never one."""
        keyed = Keyed(newcomer)
        found = [_look_up(block, keyed) for block in self.blocks]
        rows = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
        if newcomer.own[0] >= 0:
            same = self._rows_of_number(int(newcomer.id_key[0]))[:limit]
            rows = np.union1d(rows[self.records.own[rows] < 0], same)
        if not len(rows):
            return []
        left = np.zeros(len(rows), dtype=np.int64)
        levels = compare_pairs(newcomer, left, self.records, rows)
        weight = discount_rivals(self.records, Pairs(left, rows, levels, score_levels(self.weights, levels)))
        kin = find_kin_risks(levels)
        order = np.lexsort((rows, -weight))[:limit]
        probability = probability_of(weight)
        return [
            Candidate(
                int(rows[at]), float(weight[at]), float(probability[at]), tuple(levels[at].tolist()), bool(kin[at])
            )
            for at in order
            if weight[at] >= odds_bits(APART)
        ]

    def memory(self) -> int:
        """Bytes that the index takes beside the records."""
        arrays = [self.own_rows, self.own_keys, *(part for block in self.blocks for part in (block.keys, block.rows))]
        return sum(array.nbytes for array in arrays)

    def _with_nation(self, newcomer: Records) -> Records:
        """A newcomer's document as the only one of its type and number, where either does not say its nationality."""
        key = newcomer.id_key[0]
        first, last = np.searchsorted(self.documents, [key & ~NATIONS, (key | NATIONS) + 1])
        alike = self.documents[first:last]
        if key < WORDED or len(alike) != 1 or (key & NATIONS and alike[0] & NATIONS):
            return newcomer
        return replace(newcomer, id_key=alike)

    def _rows_of_number(self, key: int) -> np.ndarray:
        start, end = np.searchsorted(self.own_keys, [key, key + 1])
        return self.own_rows[start:end].astype(np.int64)

    def _is_called_alike(self, newcomer: Records, rows: np.ndarray) -> bool:
        names = self.records.names
        if newcomer.name[0] < 0 or newcomer.names.kind[newcomer.name[0]] != NAMED:
            return False
        sound = newcomer.names.sound_key[newcomer.name[0]]
        called = self.records.name[rows]
        called = called[called >= 0]
        return bool(((names.sound_key[called] == sound) & (names.kind[called] == NAMED)).any())


def _with_number(newcomer: Records, kind: int, own: int) -> Records:
    proved = kind == OWN
    return replace(
        newcomer,
        id_kind=np.array([kind], dtype=np.int8),
        own=np.array([own]),
        id_birth=newcomer.id_birth if proved else np.zeros(1, dtype=np.int32),
    )


def _sort_block(block: Block, keyed: Keyed) -> _Sorted:
    rows, keys = block.keys(keyed)
    order = np.argsort(keys)
    return _Sorted(block, keys[order], rows[order].astype(np.int32))


def _look_up(block: _Sorted, newcomer: Keyed) -> np.ndarray:
    _, wanted = block.block.keys(newcomer)
    found: list[np.ndarray] = []
    for key in wanted.tolist():
        start, end = np.searchsorted(block.keys, key, side="left"), np.searchsorted(block.keys, key, side="right")
        if end - start <= block.block.cap:
            found.append(block.rows[start:end].astype(np.int64))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def read_record(fields: Mapping[str, str | None]) -> Records:
    """One record from its texts, as the batch would read it; whose its number is, the index says (:meth:`NewcomerIndex.read`).

    Missing: a field not given is missing.
    """
    return read_records([fields])


def read_records(rows: Sequence[Mapping[str, str | None]]) -> Records:
    """A few records from their texts, each by itself: how many have a phone or a number is not looked at."""
    given = [{name: (fields.get(name) or "").strip() for name in COLUMNS} for fields in rows]
    table, place = tidy_names([one["name"] for one in given])
    named = np.array([bool(one["name"]) for one in given])
    days = [parse_date_text(_day_part(one["birth"])) for one in given]
    birth = np.array([day.year * 10000 + day.month * 100 + day.day if day else 0 for day in days], dtype=np.int32)
    sex = np.array([_SEXES.get(one["sex"].upper(), 0) for one in given], dtype=np.int8)
    numbers = [_read_number(one) for one in given]
    joined = (np.concatenate([getattr(one, name) for one in numbers]) for name in RawNumbers.__slots__)
    judged = judge_numbers(RawNumbers(*joined), birth, sex)
    homes = [_read_address(one["address"]) for one in given]
    divisions = [re.match(r"[0-9]{4,12}$", one["division"]) for one in given]
    return Records(
        names=table,
        name=np.where(named, place, -1).astype(np.int32),
        birth=birth,
        id_birth=judged.birth,
        sex=sex,
        id_kind=judged.kind,
        id_key=judged.key,
        own=np.full(len(given), -1),
        phone=np.array([_read_phone(one["phone"]) for one in given]),
        phone_use=np.zeros(len(given), dtype=np.int32),
        division=np.array([int(found[0].ljust(12, "0")) if found else 0 for found in divisions]),
        place=np.array([room for _, room in homes]),
        road=np.array([road for road, _ in homes]),
    )


def _day_part(text: str) -> str:
    return text[:10] if text[10:11] in (" ", "T") else text


def _read_number(given: Mapping[str, str]) -> RawNumbers:
    text = given.get("id_no", "")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        text = re.sub(r"[^0-9A-Za-z]", "", text.translate(_FULL_WIDTH)).upper()
    shaped = bool(re.fullmatch(r"[0-9]{17}[0-9X]|[0-9]{15}", text))
    first = text[:17] if len(text) == 18 else text[:6] + "19" + text[6:] if len(text) == 15 else ""
    tail = "0123456789X".find(text[17]) if len(text) == 18 else -1
    kind = given.get("id_type", "")
    kind = "" if kind in _IDENTITY_TYPES else kind
    if not text or re.fullmatch(r"[0-9]{17}[0-9X]", text):
        key = 0
    elif not kind and re.fullmatch(r"[0-9]{4,14}", text):
        key = int(text)
    else:
        key = _fold_text(f"{text}|{kind}") & ~int(NATIONS) | nation_place(given["nationality"]) | WORDED
    other = bool(kind) or bool(re.fullmatch(r"[A-Z]{1,2}[0-9]{6,10}", text))
    return RawNumbers(
        digits=np.array([int(first) if first.isascii() and first.isdigit() else 0]),
        tail=np.array([tail], dtype=np.int8),
        shape=np.array([EMPTY if not text else SHAPED if shaped else SHAPELESS], dtype=np.int8),
        text_key=np.array([key]),
        other=np.array([int(other)], dtype=np.int8),
        long=np.array([len(text) == 18]),
    )


def _read_phone(text: str) -> int:
    digits = re.sub(r"[^0-9]", "", text)
    if not re.fullmatch(r"1[0-9]{10}", text):
        digits = re.sub(r"^(?:0086|86|0)([1-9][0-9]{9,})$", r"\1", digits)
    return int(digits) if 7 <= len(digits) <= 14 else 0


def _read_address(text: str) -> tuple[int, int]:
    """Keys of the road and of the room."""
    if not text:
        return 0, 0
    found, street = _PLACE.search(text), _STREET.search(text)
    head, tail = (ord(found[1][0]), ord(found[1][1])) if found else (0, 0)
    building, room = (_read_small(found[2]), _read_small(found[3])) if found and found[2] else (-1, -1)
    lettered = _fold_text(street[0].lower()) if street and not found else 0
    whole = 0 if found and found[2] else _fold_text(re.sub(r"\s", "", text))
    road = road_key(np.array([head]), np.array([tail]), np.array([lettered]))
    place = place_key(road, np.array([building]), np.array([room]), np.array([whole]))
    return int(road[0]), int(place[0])


def _read_small(digits: str) -> int:
    """A number the database can hold, else -1, as the batch has it."""
    number = int(digits) if len(digits) < 20 else -1
    return number if number < 1 << 63 else -1


def _fold_text(text: str) -> int:
    """The database's ``md5_number_lower(text) >> 3``."""
    return int.from_bytes(hashlib.md5(text.encode(), usedforsecurity=False).digest()[8:], "little") >> 3
