"""What people decided about records, as matching takes it in: together is stronger than any likeness, apart than any number."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wangdi.link.records import FAMILY, Records


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions about pairs of rows, the newest first. ``together``: whether both are one person, else they are two."""

    left: np.ndarray
    right: np.ndarray
    together: np.ndarray

    def apart(self) -> tuple[np.ndarray, np.ndarray]:
        """The pairs that are two people."""
        return self.left[~self.together], self.right[~self.together]


_NO_ROWS = np.zeros(0, dtype=np.int64)
NOTHING_DECIDED = Decided(_NO_ROWS, _NO_ROWS, np.zeros(0, dtype=bool))


def part_numbers(records: Records, decided: Decided, since: np.ndarray) -> Records:
    """The records once those of one proved number whom somebody held apart no longer share it.

    Rule: the number stays with whom it became known with first (``since`` tells when, of each row) and with all whom nobody
    held apart from them; for the others it is borrowed, as if it were a relative's. Whoever comes with the number later goes
    with the first.
    """
    left, right = decided.apart()
    inside = (records.own[left] >= 0) & (records.own[left] == records.own[right])
    if not inside.any():
        return records
    foes: dict[int, set[int]] = {}
    for one, other in zip(left[inside].tolist(), right[inside].tolist(), strict=True):
        foes.setdefault(one, set()).add(other)
        foes.setdefault(other, set()).add(one)
    lent: list[int] = []
    for group in np.unique(records.own[list(foes)]).tolist():
        keepers: set[int] = set()
        rows = np.flatnonzero(records.own == group)
        for row in rows[np.argsort(since[rows], kind="stable")].tolist():
            if foes.get(row, set()) & keepers:
                lent.append(row)
            else:
                keepers.add(row)
    own, kind, birth = records.own.copy(), records.id_kind.copy(), records.id_birth.copy()
    own[lent], kind[lent], birth[lent] = -1, FAMILY, 0
    return replace(records, own=_renumber(own), id_kind=kind, id_birth=birth)


def _renumber(own: np.ndarray) -> np.ndarray:
    """Groups counted from 0 without gaps; -1 stays."""
    counted = own.copy()
    grouped = own >= 0
    counted[grouped] = np.unique(own[grouped], return_inverse=True)[1]
    return counted
