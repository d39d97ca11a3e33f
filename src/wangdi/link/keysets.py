"""Sets of keys as sorted arrays: which are there, and which of some are among others."""

from __future__ import annotations

import numpy as np

_MARKS = 1 << 23


def distinct(keys: np.ndarray) -> np.ndarray:
    """Each key once, in order."""
    ordered = np.sort(keys)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def may_be_among(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """False where a key is surely none of the wanted: a cheap sieve before anything is sorted."""
    marks = np.zeros(_MARKS, dtype=bool)
    mask = np.int64(_MARKS - 1)
    marks[wanted & mask] = True
    return np.asarray(marks[keys & mask])


def are_among(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Whether each key is one of the wanted."""
    found = np.zeros(len(keys), dtype=bool)
    if len(wanted) > len(keys):
        wanted = wanted[may_be_among(wanted, keys)]
    ordered = distinct(wanted)
    if not len(ordered):
        return found
    rows = np.flatnonzero(may_be_among(keys, ordered))
    place = np.minimum(np.searchsorted(ordered, keys[rows]), len(ordered) - 1)
    found[rows] = ordered[place] == keys[rows]
    return found
