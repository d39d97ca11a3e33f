"""How far apart numbers and words in letters are, for many pairs at once."""

from __future__ import annotations

import numpy as np

DIGITS = 19


def _digits(numbers: np.ndarray) -> np.ndarray:
    found = np.empty((len(numbers), DIGITS), dtype=np.int8)
    rest = numbers.copy()
    for place in range(DIGITS - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        found[:, place] = digit
    return found


def are_one_edit_apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether two numbers differ by one digit typed wrong, or by two neighbours changing places.

    Rule: identity numbers are compared by their first 17 digits, whatever their last character.
    """
    result = np.zeros(len(one), dtype=bool)
    long = (one > 10**15) & (one < 1 << 61) & (other > 10**15) & (other < 1 << 61)
    one = np.where(long, one // 11, one)
    other = np.where(long, other // 11, other)
    gap = np.abs(one - other)
    powers = 10 ** np.arange(18, dtype=np.int64)
    # One digit wrong moves the number by 1 to 9 times a power of ten, neighbours exchanged by 9 to 81 times one.
    power = powers[np.clip(np.floor(np.log10(np.maximum(gap, 1))).astype(np.int64), 0, 17)]
    single = (gap % power == 0) & (gap // power <= 9)
    lower = np.maximum(power // 10, 1)
    double = (gap % (9 * power) == 0) | ((gap % (9 * lower) == 0) & (gap // (9 * lower) <= 9))
    rows = np.flatnonzero((single | double) & (gap > 0) & (one < 1 << 61) & (other < 1 << 61))
    if len(rows):
        a, b = _digits(one[rows]), _digits(other[rows])
        apart = a != b
        count = apart.sum(axis=1)
        first = apart.argmax(axis=1)
        following = np.minimum(first + 1, DIGITS - 1)
        index = np.arange(len(rows))
        exchanged = (
            (a[index, first] == b[index, following])
            & (a[index, following] == b[index, first])
            & apart[index, following]
        )
        result[rows] = (count == 1) | ((count == 2) & exchanged)
    return np.asarray(result | (long & (gap == 0)))


def count_edits(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Letters to insert, leave out, change or exchange with their neighbour, row by row of two matrices of codes."""
    rows, width, width_b = len(one), one.shape[1], other.shape[1]
    length, length_b = (one != 0).sum(axis=1), (other != 0).sum(axis=1)
    table = np.zeros((width + 1, width_b + 1, rows), dtype=np.int8)
    table[:, 0] = np.arange(width + 1, dtype=np.int8)[:, None]
    table[0] = np.arange(width_b + 1, dtype=np.int8)[:, None]
    for i in range(1, width + 1):
        for j in range(1, width_b + 1):
            cost = (one[:, i - 1] != other[:, j - 1]).astype(np.int8)
            best = np.minimum(np.minimum(table[i - 1, j], table[i, j - 1]) + 1, table[i - 1, j - 1] + cost)
            if i > 1 and j > 1:
                crossed = (one[:, i - 1] == other[:, j - 2]) & (one[:, i - 2] == other[:, j - 1])
                best = np.where(crossed, np.minimum(best, table[i - 2, j - 2] + 1), best)
            table[i, j] = best
    return np.asarray(table[length, length_b, np.arange(rows)].astype(np.int16))
