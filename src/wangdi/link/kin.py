"""Twins, brothers and sisters: pairs that look alike because they are kin, not because they are one."""

from __future__ import annotations

import numpy as np

from wangdi.link.levels import AREA, BIRTH, COLUMN, HOME, MISSING, NAME, NUMBER, PHONE, SEX

_OTHER_NAMES = [
    NAME.index(level) for level in ("one_short", "one_differs", "surname_same", "different", "other_mother")
]
_NEAR_NAMES = [NAME.index(level) for level in ("near_sound", "look_alike", "swapped")]
_OTHER_LETTERS = [NAME.index(level) for level in ("letters_near", "letters_close", "letters_surname")]
_UNNAMED = [NAME.index(level) for level in ("newborn", "same_mother")]
_ONE_BIRTHDAY = [BIRTH.index(level) for level in ("same", "same_default", "lunar", "swapped")]
_ANOTHER_BIRTH = [BIRTH.index(level) for level in ("same_year", "different")]
_SIBLINGS = 3.0
_PROOFS = [NUMBER.index(level) for level in ("same", "near")]


def find_kin_risks(levels: np.ndarray) -> np.ndarray:
    """Pairs that may be twins, or brothers and sisters under one guardian's number: likeness alone never merges them.

    Rule: one birthday, names that really differ, and no number that says they are one; or no name of one's own and not the
    same birthday.
    """
    name, birth, number, sex = (levels[:, COLUMN[field]] for field in ("name", "birth", "number", "sex"))
    one_day = np.isin(birth, _ONE_BIRTHDAY)
    other_sex = (sex == SEX.index("different")) & (name >= NAME.index("unreadable"))
    twins = (are_called_otherwise(levels) | other_sex) & one_day
    guarded = number == NUMBER.index("same_guardian")
    kin = (np.isin(name, _UNNAMED) | (np.isin(name, _OTHER_NAMES) & guarded)) & ~one_day
    return np.asarray((twins | kin) & ~np.isin(number, _PROOFS))


def weigh_kin_risks(levels: np.ndarray) -> np.ndarray:
    """How much speaks for kin, in shares of the weight that likely twins have: 0 where nothing does.

    Rule: birth dates that are no slip of each other make them brothers or sisters rather than one child written twice.
    """
    far = np.isin(levels[:, COLUMN["birth"]], _ANOTHER_BIRTH)
    return np.where(find_kin_risks(levels), np.where(far, _SIBLINGS, 1.0), 0.0)


def are_called_otherwise(levels: np.ndarray) -> np.ndarray:
    """Pairs whose own names differ as two children's do.

    Rule: really; or in sound or shape only within one household, where parents like names that go together.
    Missing: of names in letters nothing is said where a sex is not recorded; such a list is no register of residents, and
    its spelling is too loose to tell a slip from a sister.
    """
    name, sex = levels[:, COLUMN["name"]], levels[:, COLUMN["sex"]]
    near = np.isin(name, _NEAR_NAMES) & share_household(levels)
    return np.asarray(np.isin(name, _OTHER_NAMES) | near | (np.isin(name, _OTHER_LETTERS) & (sex != MISSING)))


def have_one_birthday(levels: np.ndarray) -> np.ndarray:
    """Pairs whose birth dates may be one day's: the same, one of them a default, or one not known."""
    birth = levels[:, COLUMN["birth"]]
    return np.asarray(np.isin(birth, [*_ONE_BIRTHDAY, BIRTH.index("default"), MISSING]))


def are_of_one_birth(levels: np.ndarray) -> np.ndarray:
    """Pairs of one birthday in one household: one phone of its own, one guardian's number, or one home in one place."""
    birth, home, area = (levels[:, COLUMN[field]] for field in ("birth", "home", "area"))
    phone, number = levels[:, COLUMN["phone"]], levels[:, COLUMN["number"]]
    at_home = (home == HOME.index("same")) & (area != AREA.index("different")) & (area != MISSING)
    household = (phone == PHONE.index("same")) | (number == NUMBER.index("same_guardian")) | at_home
    return np.asarray(household & np.isin(birth, [*_ONE_BIRTHDAY, BIRTH.index("default")]))


def rest_on_mother(levels: np.ndarray) -> np.ndarray:
    """Pairs in which a newborn's record names its mother only, and no number says whose it is."""
    name, number = levels[:, COLUMN["name"]], levels[:, COLUMN["number"]]
    return np.asarray(np.isin(name, _UNNAMED) & ~np.isin(number, _PROOFS))


def share_household(levels: np.ndarray) -> np.ndarray:
    """Pairs with one phone of a household's own, or one home."""
    phone, home = levels[:, COLUMN["phone"]], levels[:, COLUMN["home"]]
    return np.asarray((phone == PHONE.index("same")) | (home == HOME.index("same")))
