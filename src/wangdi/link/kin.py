"""Twins, brothers and sisters: pairs that look alike because they are kin, not because they are one."""

from __future__ import annotations

import numpy as np

from wangdi.link.levels import BIRTH, COLUMN, HOME, NAME, NUMBER, PHONE, SEX

_OTHER_NAMES = [
    NAME.index(level) for level in ("one_short", "one_differs", "surname_same", "different", "other_mother")
]
_UNNAMED = [NAME.index(level) for level in ("newborn", "same_mother")]
_ONE_BIRTHDAY = [BIRTH.index(level) for level in ("same", "same_default", "lunar", "swapped")]
_PROOFS = [NUMBER.index(level) for level in ("same", "near")]


def find_kin_risks(levels: np.ndarray) -> np.ndarray:
    """Pairs that may be twins, or brothers and sisters under one guardian's number: likeness alone never merges them.

    Rule: one birthday, names that really differ, and no number that says they are one; or no name of one's own and not the
    same birthday.
    """
    name, birth, number, sex = (levels[:, COLUMN[field]] for field in ("name", "birth", "number", "sex"))
    other_sex = (sex == SEX.index("different")) & (name >= NAME.index("unreadable"))
    one_day = np.isin(birth, _ONE_BIRTHDAY)
    twins = (np.isin(name, _OTHER_NAMES) | other_sex) & one_day
    guarded = number == NUMBER.index("same_guardian")
    kin = (np.isin(name, _UNNAMED) | (np.isin(name, _OTHER_NAMES) & guarded)) & ~one_day
    return np.asarray((twins | kin) & ~np.isin(number, _PROOFS))


def share_household(levels: np.ndarray) -> np.ndarray:
    """Pairs with one phone of a household's own, or one home."""
    phone, home = levels[:, COLUMN["phone"]], levels[:, COLUMN["home"]]
    return np.asarray((phone == PHONE.index("same")) | (home == HOME.index("same")))
