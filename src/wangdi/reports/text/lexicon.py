"""The vocabulary of health reports, read from data: units, cues and which indicators are ordered or nested."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

MOVED_FROM = r"[由从](?:(?:上年|去年|目前|(?:19|20)[\dxX]{2}年)[末底]?的?)?$"
"""A pattern for what stands before a level that something moved away from: 由上年的72.1%提高到73%."""
AMONG = r"[^,，。;；\d]{0,16}[中里](?![心医药央小西])"
"""A pattern for what stands behind a whole of which some is told next: 263名乡村医生中."""


@cache
def load_lexicon(name: str) -> Mapping[str, Any]:
    """One file of ``reports/data``."""
    return tomllib.loads(files("wangdi.reports").joinpath("data", f"{name}.toml").read_text(encoding="utf-8"))


def either(words: Iterable[str]) -> str:
    """A pattern for any of some words, the longest first."""
    return "(?:" + "|".join(re.escape(one) for one in sorted(words, key=lambda one: (-len(one), one))) + ")"


@cache
def one_of(*groups: str) -> str:
    """A pattern for any word of some groups of ``words.toml``."""
    return either(word for group in groups for word in load_lexicon("words")[group])


@cache
def cue(name: str) -> re.Pattern[str]:
    """The pattern for a group of words of ``words.toml``."""
    return re.compile(one_of(name))


@cache
def ratio_units() -> Mapping[str, Fraction]:
    """Units of shares and rates, and what one of each is."""
    return {unit: Fraction(one) for unit, one in load_lexicon("units")["ratio"].items()}


@cache
def counted_units() -> frozenset[str]:
    """Everything that is counted or measured one by one."""
    return frozenset(unit for group in load_lexicon("units")["counted"].values() for unit in group)


@cache
def person_units() -> frozenset[str]:
    """Units that count people."""
    return frozenset(load_lexicon("units")["counted"]["people"])
