"""Identity numbers: valid or not, and whose, by the birth date and sex they carry against those on the record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wangdi.link.lunar import may_be_lunar
from wangdi.link.records import DOCUMENT, FAMILY, GUARDIAN, INVALID, NO_ID, OWN, PLACEHOLDER, UNPROVED

CHECKS = np.array([1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2])
"""Value of the 18th character by the remainder; 10 is X. Rule: GB 11643, ISO 7064 MOD 11-2."""

GENERATION = 13
"""Years between a child and whoever's number stands for it, at least."""

EMPTY, SHAPED, SHAPELESS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class RawNumbers:
    """Numbers as read.

    ``digits``: the first 17, 15-digit ones lengthened. ``tail``: the value of the 18th character, or -1. ``shape``: EMPTY, SHAPED
    or SHAPELESS. ``text_key``: a short number itself, or one that stands for the text. ``other``: another document by its type.
    """

    digits: np.ndarray
    tail: np.ndarray
    shape: np.ndarray
    text_key: np.ndarray
    other: np.ndarray
    long: np.ndarray
    """Whether it was 18 characters, with a check character of its own."""


def check_values(digits: np.ndarray) -> np.ndarray:
    """The value of the 18th character that belongs to 17 digits."""
    total = np.zeros(len(digits), dtype=np.int64)
    rest = digits.copy()
    for position in range(17):
        rest, digit = np.divmod(rest, 10)
        total += digit * (pow(2, position + 1, 11))
    return np.asarray(CHECKS[total % 11])


def number_keys(digits: np.ndarray) -> np.ndarray:
    """The keys of whole numbers by their first 17 digits, as :class:`wangdi.link.records.Records` has them."""
    return np.asarray(digits * 11 + check_values(digits))


def is_day(days: np.ndarray) -> np.ndarray:
    """Whether yyyymmdd is a day between 1880 and 2100."""
    year, month, day = days // 10000, days // 100 % 100, days % 100
    longest = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[np.clip(month, 0, 12)]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    short = (month == 2) & (day == 29) & ~leap
    return np.asarray(
        (year >= 1880) & (year <= 2100) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest) & ~short
    )


def agree_roughly(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether a recorded birth date may be another's slip, default, swap or lunar form. False where either is missing."""
    y1, m1, d1 = one // 10000, one // 100 % 100, one % 100
    y2, m2, d2 = other // 10000, other // 100 % 100, other % 100
    same_parts = (y1 == y2).astype(np.int8) + (m1 == m2) + (d1 == d2)
    default = (y1 == y2) & (one % 10000 == 101)
    swapped = (y1 == y2) & (m1 == d2) & (d1 == m2)
    lunar = may_be_lunar(one, other)
    near_year = np.abs(y1 - y2) <= 10
    return np.asarray(
        (one > 0) & (other > 0) & ((one == other) | ((same_parts == 2) & near_year) | default | swapped | lunar)
    )


@dataclass(frozen=True, slots=True)
class Judged:
    kind: np.ndarray
    key: np.ndarray
    birth: np.ndarray
    """The birth date in a valid number, whosever it is; 0 without one."""


def judge_numbers(raw: RawNumbers, birth: np.ndarray, sex: np.ndarray) -> Judged:
    """Whose number each record carries, by itself alone.

    Rule: valid and born as recorded, or nearly (a slip, a default, a swap, a lunar date), of the recorded sex: own. Born a
    generation earlier: a guardian's. Otherwise valid: a family member's. Nothing recorded to hold against it: unproved.
    """
    embedded = (raw.digits // 1000 % 100000000).astype(np.int32)
    expected = check_values(raw.digits)
    shaped = raw.shape == SHAPED
    valid = shaped & (~raw.long | (raw.tail == expected)) & is_day(embedded) & (raw.digits >= 10**16)
    of_sex = np.where((raw.digits % 10) % 2 == 1, 1, 2)
    sex_fits = (sex == 0) | (sex == of_sex)
    fits = agree_roughly(birth, embedded)
    older = (birth > 0) & (birth // 10000 - embedded // 10000 >= GENERATION)
    kind = np.full(len(birth), NO_ID, dtype=np.int8)
    kind[raw.shape != EMPTY] = INVALID
    kind[(raw.shape == SHAPELESS) & (raw.other > 0)] = DOCUMENT
    kind[valid] = FAMILY
    kind[valid & older] = GUARDIAN
    kind[valid & (birth == 0)] = UNPROVED
    kind[valid & fits] = np.where(sex_fits, OWN, UNPROVED)[valid & fits]
    kind[_is_filler(raw)] = PLACEHOLDER
    whole = raw.digits * 11 + np.where(raw.long & ~valid, np.maximum(raw.tail, 0), expected)
    key = np.where(shaped, whole, raw.text_key)
    key[(kind == NO_ID) | (kind == PLACEHOLDER)] = 0
    return Judged(kind, key, np.where(valid, embedded, 0).astype(np.int32))


def _is_filler(raw: RawNumbers) -> np.ndarray:
    """Numbers that say nothing: one digit all along, counted up, or born on the first day anybody can type."""
    ones = np.int64(11111111111111111)
    repeated = (raw.digits % ones == 0) & (raw.digits // ones <= 9)
    counted = raw.digits == 12345678901234567
    first_day = raw.digits // 1000 % 100000000 == 19000101
    return np.asarray((raw.shape == SHAPED) & (repeated | counted | first_day))
