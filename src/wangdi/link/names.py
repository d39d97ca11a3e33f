"""Names as they are compared: blanks, dots and traditional characters gone, what is no name set apart, sounds beside characters.

A newborn's "name" such as 王芳之女 names the mother: it is kept as a relation to her and never compared as a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wangdi.link.hanzi import PLANE, UNREADABLE, load_hanzi, read_table

NAMED, NO_NAME, NEWBORN = 0, 1, 2
"""Kinds of names. ``NEWBORN``: the characters are the mother's."""

WIDTH = 32
LETTERS = 0x250
"""Characters below are letters and figures of Latin scripts."""
_SEED = 0x9E3779B97F4A7C15
SPOKEN = 6
"""How many characters are compared one by one and by sound; a longer name is compared whole beyond them."""

_NO_NAMES = frozenset(read_table("no_names.txt"))
NEWBORN_NAME = (
    r"^(?P<mother>.{2,}?)(?:之(?:[长次大小双甲乙一二AB12]{0,2})(?:子|女|婴|男婴|女婴|男|儿|儿子|女儿|孩|孩子|宝)"
    r"|的?(?:儿子|女儿)|[男女]婴|婴儿|[大小]?(?:毛毛|宝宝|毛头)|BABY|BB)[甲乙一二大小AB12]?$"
)
"""A name that says whose child it is; for Python and the database alike."""
_NEWBORN = re.compile(NEWBORN_NAME)
_NEWBORN_SIGNS = "之婴儿毛宝BY"


@dataclass(frozen=True, slots=True)
class NameTable:
    """Distinct names. Grain: one row a name once tidied; the same whatever its spelling in blanks and script.

    ``codes``: characters, 0 beyond the end. ``sounds``: syllables of the first characters. ``key``: a number for the whole
    name; ``sound_key``: for its sound; ``given_key``: for what follows the first character.
    """

    codes: np.ndarray
    length: np.ndarray
    sounds: np.ndarray
    kind: np.ndarray
    key: np.ndarray
    sound_key: np.ndarray
    latin: np.ndarray
    parts: np.ndarray
    """First and last word of a name written in words, as numbers; 0 for others."""
    people: np.ndarray
    """How many people of the file have the name; ``sound_people``: one that sounds so."""
    sound_people: np.ndarray


def fold_codes(matrix: np.ndarray) -> np.ndarray:
    """One 62-bit number for each row of a matrix of codes."""
    return fold_columns(*matrix.T)


def fold_columns(*columns: np.ndarray) -> np.ndarray:
    """As :func:`fold_codes`, of columns that stand apart."""
    total = np.full(len(columns[0]), _SEED, dtype=np.uint64)
    for column in columns:
        total = _mix(total, column)
    return (total >> np.uint64(2)).astype(np.int64)


def fold_words(matrix: np.ndarray) -> np.ndarray:
    """As :func:`fold_codes`, for texts: the same text gives the same number however many empty columns follow it."""
    total = np.full(len(matrix), _SEED, dtype=np.uint64)
    for column in range(matrix.shape[1]):
        codes = matrix[:, column]
        total = np.where(codes != 0, _mix(total, codes), total)
    return (total >> np.uint64(2)).astype(np.int64)


def _mix(total: np.ndarray, codes: np.ndarray) -> np.ndarray:
    mixed = codes.astype(np.uint64)
    mixed ^= total
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(29)
    return mixed


def read_codes(texts: Sequence[str]) -> np.ndarray:
    """Texts as a matrix of characters."""
    width = min(WIDTH, max(map(len, texts), default=1)) or 1
    return np.array(texts, dtype=f"<U{width}").view(np.uint32).reshape(len(texts), width)


def tidy_codes(raw: np.ndarray) -> np.ndarray:
    """Characters brought to one script and width, what is no letter dropped, moved to the left."""
    plain = load_hanzi().plain
    codes = np.where(raw < PLANE, plain[np.minimum(raw, PLANE - 1)], raw).astype(np.uint32)
    gaps = ((codes == 0) & (raw != 0)).any(axis=1)
    order = np.argsort(codes[gaps] == 0, axis=1, kind="stable")
    codes[gaps] = np.take_along_axis(codes[gaps], order, axis=1)
    return codes


def tidy_names(texts: Sequence[str]) -> tuple[NameTable, np.ndarray]:
    """The table of distinct names, and for each text its row.

    Missing: a text that says there is no name gets a row of kind ``NO_NAME``.
    """
    raw = read_codes(texts)
    codes, parts = tidy_codes(raw), _word_keys(raw)
    kind = np.full(len(texts), NAMED, dtype=np.int8)
    kind[(codes == 0).all(axis=1) | ((codes == 0) | (codes == UNREADABLE)).all(axis=1)] = NO_NAME
    for row in _unusual_rows(codes):
        text = "".join(map(chr, codes[row][codes[row] > UNREADABLE].tolist()))
        found = _NEWBORN.match(text)
        if text in _NO_NAMES:
            kind[row] = NO_NAME
        elif found:
            kind[row] = NEWBORN
            codes[row] = 0
            codes[row, : found.end("mother")] = [ord(one) for one in found["mother"]]
    codes[kind == NO_NAME] = 0
    key = fold_words(codes) ^ kind.astype(np.int64)
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return _build_table(codes[first], kind[first], key[first], parts[first]), place.astype(np.int32)


def _unusual_rows(codes: np.ndarray) -> list[int]:
    """Rows that may be no name or a newborn's."""
    signs = np.zeros(PLANE, dtype=bool)
    signs[[ord(one) for one in _NEWBORN_SIGNS + "".join(_NO_NAMES)]] = True
    length = (codes != 0).sum(axis=1)
    rows = np.arange(len(codes))
    last, second = np.maximum(length - 1, 0), np.maximum(length - 2, 0)
    hits = signs[np.minimum(codes[rows, last], PLANE - 1)] & signs[np.minimum(codes[rows, second], PLANE - 1)]
    child = np.zeros(PLANE, dtype=bool)
    child[[ord(one) for one in "子女婴男儿孩宝毛头YB甲乙一二大小A12"]] = True
    hits |= child[np.minimum(codes[rows, last], PLANE - 1)] & (length >= 4)
    return [int(row) for row in np.flatnonzero(hits)]


def _word_keys(raw: np.ndarray) -> np.ndarray:
    """First and last word of each name in letters; the same twice where there is only one."""
    parts = np.zeros((len(raw), 2), dtype=np.int64)
    lettered = np.flatnonzero((raw < LETTERS).all(axis=1) & (raw[:, 0] > 0))
    words = ["".join(map(chr, row[row > 0].tolist())).upper().split() or [""] for row in raw[lettered]]
    if words:
        parts[lettered, 0] = fold_words(read_codes([one[0] for one in words]))
        parts[lettered, 1] = fold_words(read_codes([one[-1] for one in words]))
    return parts


def _build_table(codes: np.ndarray, kind: np.ndarray, key: np.ndarray, parts: np.ndarray) -> NameTable:
    hanzi = load_hanzi()
    head = np.zeros((len(codes), SPOKEN), dtype=np.uint32)
    head[:, : codes.shape[1]] = codes[:, :SPOKEN]
    small = np.minimum(head, PLANE - 1)
    sounds = hanzi.sound[small].astype(np.int32)
    sounds[:, 0] = hanzi.surname_sound[small[:, 0]]
    for surname, said in hanzi.compounds.items():
        rows = (head[:, 0] == ord(surname[0])) & (head[:, 1] == ord(surname[1]))
        sounds[rows, :2] = said
    # A character without a reading sounds like nothing but itself.
    silent = sounds == 0
    sounds[silent] = -head[silent].astype(np.int32)
    sound_key = fold_words(np.hstack([sounds, codes[:, SPOKEN:].astype(np.int32)]))
    latin = ((codes < LETTERS) & (codes != UNREADABLE)).all(axis=1) & (codes[:, 0] != 0)
    length = (codes != 0).sum(axis=1).astype(np.int16)
    nobody = np.ones(len(codes), dtype=np.int32)
    return NameTable(codes.astype(np.int32), length, sounds, kind, key, sound_key, latin, parts, nobody, nobody)
