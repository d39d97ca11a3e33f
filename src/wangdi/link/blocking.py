"""Which pairs are compared at all: those that share one of a few keys with a record whose number is not known to be its own.

A key that too many records share is left out; what that costs is counted and told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wangdi.link.keysets import distinct, may_be_among
from wangdi.link.names import NAMED, NEWBORN, fold_codes, fold_columns
from wangdi.link.records import NO_ID, PLACEHOLDER, Records

Keys = tuple[np.ndarray, np.ndarray]
"""Rows and the key each has; a record may stand more than once."""


@dataclass(frozen=True, slots=True)
class Block:
    """One way to find candidates. ``cap``: records a key may have and still be used."""

    name: str
    keys: Callable[[Keyed], Keys]
    cap: int


@dataclass(frozen=True, slots=True)
class BlockCost:
    """What a block brought and what its cap left out. Units: pairs; ``records``: loose records that lost a key."""

    block: str
    pairs: int
    left_out: int
    records: int


def _fold(rows: np.ndarray, *parts: np.ndarray) -> Keys:
    return rows, fold_columns(*parts)


@dataclass(frozen=True)
class Keyed:
    """Records with what several blocks ask of them, worked out once."""

    records: Records

    @cached_property
    def named(self) -> np.ndarray:
        """Rows that have a name of their own."""
        rows = np.flatnonzero(self.records.name >= 0)
        return np.asarray(rows[self.records.names.kind[self.records.name[rows]] == NAMED])

    @cached_property
    def name(self) -> np.ndarray:
        """The name of each row of ``named``."""
        return np.asarray(self.records.name[self.named])

    @cached_property
    def dated(self) -> Keys:
        """Named rows with every birth date known of them."""
        return self.births(self.named)

    def births(self, rows: np.ndarray) -> Keys:
        """Rows with every birth date known of them, as recorded and in their own number."""
        birth, proved = self.records.birth[rows], self.records.id_birth[rows]
        recorded, other = birth > 0, (proved > 0) & (proved != birth)
        return np.concatenate([rows[recorded], rows[other]]), np.concatenate([birth[recorded], proved[other]])


def _sound_and_birth(keyed: Keyed) -> Keys:
    rows, day = keyed.dated
    return _fold(rows, keyed.records.names.sound_key[keyed.records.name[rows]], day)


def _name_and_year(keyed: Keyed) -> Keys:
    rows, day = keyed.dated
    return _fold(rows, keyed.records.names.key[keyed.records.name[rows]], day // 10000)


def _name_and_day(keyed: Keyed) -> Keys:
    rows, day = keyed.dated
    return _fold(rows, keyed.records.names.key[keyed.records.name[rows]], day % 10000)


def _surname_and_birth(keyed: Keyed) -> Keys:
    rows, day = keyed.dated
    return _fold(rows, keyed.records.names.sounds[:, 0][keyed.records.name[rows]], day)


def _name(keyed: Keyed) -> Keys:
    return keyed.named, keyed.records.names.key[keyed.name]


def _given_name_and_birth(keyed: Keyed) -> Keys:
    sounds = keyed.records.names.sounds
    given = np.where(sounds[:, 1] != 0, fold_codes(sounds[:, 1:]), 0)
    rows, day = keyed.dated
    called = given[keyed.records.name[rows]]
    full = called != 0
    return _fold(rows[full], called[full], day[full])


def _beside_birth(column: str) -> Callable[[Keyed], Keys]:
    """Keys of a birth date and what stands in a column. Missing: 0."""

    def keys(keyed: Keyed) -> Keys:
        values = getattr(keyed.records, column)
        rows, day = keyed.births(np.flatnonzero(values > 0))
        return _fold(rows, values[rows], day)

    return keys


def _beside_sound(column: str) -> Callable[[Keyed], Keys]:
    """Keys of the sound of a name and what stands in a column. Missing: 0."""

    def keys(keyed: Keyed) -> Keys:
        values = getattr(keyed.records, column)[keyed.named]
        there = values > 0
        return _fold(keyed.named[there], values[there], keyed.records.names.sound_key[keyed.name[there]])

    return keys


def _name_and_township(keyed: Keyed) -> Keys:
    division = keyed.records.division[keyed.named]
    there = division > 0
    return _fold(keyed.named[there], keyed.records.names.key[keyed.name[there]], division[there] // 10**3)


def _number(keyed: Keyed) -> Keys:
    kind = keyed.records.id_kind
    rows = np.flatnonzero((kind != NO_ID) & (kind != PLACEHOLDER))
    return rows, keyed.records.id_key[rows]


def _mother_and_birth(keyed: Keyed) -> Keys:
    rows = np.flatnonzero(keyed.records.name >= 0)
    rows, day = keyed.births(rows[keyed.records.names.kind[keyed.records.name[rows]] == NEWBORN])
    return _fold(rows, keyed.records.names.sound_key[keyed.records.name[rows]], day)


def _lettered(keyed: Keyed) -> np.ndarray:
    return np.asarray(keyed.named[keyed.records.names.latin[keyed.name]])


def _words(keyed: Keyed, rows: np.ndarray, *beside: np.ndarray) -> Keys:
    """First and last words of names in letters, each with what stands beside it."""
    parts = keyed.records.names.parts[keyed.records.name[rows]]
    keys = [fold_columns(part, *beside) for part in parts.T]
    return np.concatenate([rows, rows]), np.concatenate(keys)


def _word_and_birth(keyed: Keyed) -> Keys:
    rows, day = keyed.births(_lettered(keyed))
    return _words(keyed, rows, day)


def _word_and_road(keyed: Keyed) -> Keys:
    rows = _lettered(keyed)
    rows = rows[keyed.records.road[rows] > 0]
    return _words(keyed, rows, keyed.records.road[rows])


def _road_and_birth(keyed: Keyed) -> Keys:
    rows = _lettered(keyed)
    rows, day = keyed.births(rows[keyed.records.road[rows] > 0])
    return _fold(rows, keyed.records.road[rows], day)


BLOCKS: tuple[Block, ...] = (
    Block("number", _number, 60),
    Block("sound and birth", _sound_and_birth, 120),
    Block("phone and birth", _beside_birth("phone"), 60),
    Block("home and birth", _beside_birth("place"), 60),
    Block("phone and sound", _beside_sound("phone"), 60),
    Block("home and sound", _beside_sound("place"), 60),
    Block("name and year", _name_and_year, 60),
    Block("name and day", _name_and_day, 40),
    Block("given name and birth", _given_name_and_birth, 60),
    Block("surname and birth", _surname_and_birth, 60),
    Block("name", _name, 16),
    Block("name and township", _name_and_township, 20),
    Block("mother and birth", _mother_and_birth, 30),
    # Names in letters: files from elsewhere, and foreigners. Chinese names have none of these keys.
    Block("word and birth", _word_and_birth, 30),
    Block("word and road", _word_and_road, 30),
    Block("road and birth", _road_and_birth, 30),
)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs to compare: a row of the seekers and a row of the records, each pair once."""

    left: np.ndarray
    right: np.ndarray
    costs: tuple[BlockCost, ...]


def find_candidates(seekers: Records, records: Records, blocks: tuple[Block, ...] = BLOCKS) -> Candidates:
    """Every record that shares a key with a seeker, itself included where it is one of the records."""
    found: list[np.ndarray] = []
    costs: list[BlockCost] = []
    seeking, keyed = Keyed(seekers), Keyed(records)
    for block in blocks:
        codes, left_out, losers = _join(block.keys(seeking), block.keys(keyed), block.cap)
        costs.append(BlockCost(block.name, len(codes), left_out, losers))
        found.append(codes)
    merged = distinct(np.concatenate(found))
    return Candidates(merged >> 32, merged & 0xFFFFFFFF, tuple(costs))


def _join(seekers: Keys, records: Keys, cap: int) -> tuple[np.ndarray, int, int]:
    """Pairs of one block as ``seeker << 32 | record``, how many the cap left out, and how many seekers lost by it."""
    sought, wanted = seekers
    rows, keys = records
    kept = may_be_among(keys, wanted)
    rows, keys = rows[kept], keys[kept]
    order = np.argsort(keys)
    rows, keys = rows[order], keys[order]
    order = np.argsort(wanted)
    sought, wanted = sought[order], wanted[order]
    start = np.searchsorted(keys, wanted, side="left")
    size = np.searchsorted(keys, wanted, side="right") - start
    big = size > cap
    used = np.flatnonzero(~big)
    counts = size[used]
    ends = np.cumsum(counts)
    offset = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
    right = rows[np.repeat(start[used], counts) + offset]
    return (np.repeat(sought[used], counts) << 32) | right, int(size[big].sum()), int(big.sum())
