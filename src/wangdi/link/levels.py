"""The comparisons: for each field, the ways in which two records can agree or not, from the surest agreement down."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

MISSING = 0
"""The first level of every field: nothing to compare, no evidence either way."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field and its levels, without ``missing``. A pair is at the first level that fits."""

    name: str
    levels: tuple[str, ...]

    def index(self, level: str) -> int:
        """The number of a level; 0 is missing."""
        return 1 + self.levels.index(level)

    def level_name(self, number: int) -> str:
        """The name of a level."""
        return "missing" if number == MISSING else self.levels[number - 1]


COMMONNESS = (2, 8, 40)
"""Up to how many people of a name (or of its sound) it is unique, rare, usual; beyond, common."""

NAME = Field(
    "name",
    (
        "same_unique", "same_rare", "same_usual", "same_common",
        "sound_unique", "sound_rare", "sound_usual", "sound_common",
        "unreadable", "one_short", "near_sound", "look_alike", "one_differs", "swapped", "given_same", "surname_same",
        "newborn", "same_mother", "other_mother",
        "letters_near", "letters_close", "letters_swapped", "letters_surname", "letters_given", "different",
    ),
)  # fmt: skip
BIRTH = Field(
    "birth",
    (
        "same", "same_default", "lunar", "swapped", "default", "day_slip", "month_slip", "year_slip", "same_year", "different",
    ),
)  # fmt: skip
SEX = Field("sex", ("same", "different"))
NUMBER = Field("number", ("same", "near", "same_guardian", "is_guardian", "different"))
"""``same_guardian``: both carry one number that is neither's own; ``is_guardian``: one carries the other's."""
PHONE = Field("phone", ("same", "same_shared", "near", "different"))
HOME = Field("home", ("same", "same_road", "different"))
AREA = Field("area", ("village", "township", "county", "different"))
FIELDS: tuple[Field, ...] = (NAME, BIRTH, SEX, NUMBER, PHONE, HOME, AREA)
COLUMN = {field.name: place for place, field in enumerate(FIELDS)}
SIZES = tuple(len(field.levels) + 1 for field in FIELDS)
PATTERNS = prod(SIZES)
"""How many ways two records can compare, all fields together."""


def encode_levels(levels: np.ndarray) -> np.ndarray:
    """Each row of levels as one number below ``PATTERNS``."""
    code = np.zeros(len(levels), dtype=np.int32)
    for column, size in enumerate(SIZES):
        code = code * np.int32(size) + levels[:, column]
    return code


def decode_levels(codes: np.ndarray) -> np.ndarray:
    """The levels behind each number."""
    levels = np.empty((len(codes), len(SIZES)), dtype=np.uint8)
    rest = codes.astype(np.int64)
    for column in range(len(SIZES) - 1, -1, -1):
        rest, levels[:, column] = np.divmod(rest, SIZES[column])
    return levels
