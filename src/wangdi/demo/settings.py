"""What a synthetic county or city is made from, and what was made."""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np

Shape = Literal["county", "city"]


def _say_nothing(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """The shape, the size and the seed: the same settings make the same files, byte for byte."""

    shape: Shape = "county"
    people: int = 20_000
    seed: int = 1
    year: int = 2025
    history_years: int = 2
    """Years of follow-ups before ``year``."""
    progress: Callable[[str], None] = field(default=_say_nothing, compare=False)

    def __post_init__(self) -> None:
        if self.people < 500 or self.history_years < 0:
            raise ValueError("a world needs at least 500 people and no negative history")


@dataclass(frozen=True, slots=True)
class WorldSummary:
    """What was written. ``rows``: rows sent by form, defects included; ``defects``: planted defects by kind."""

    folder: Path
    people: int
    townships: int
    villages: int
    senders: int
    deliveries: int
    files: int
    rows: Mapping[str, int]
    defects: Mapping[str, int]


def random_stream(settings: WorldSettings, purpose: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that a change in one part of the world leaves the others alone."""
    return np.random.Generator(np.random.PCG64([settings.seed, zlib.crc32(purpose.encode())]))


@cache
def load_model() -> Mapping[str, Any]:
    """The numbers the world is made with (``data/model.toml``)."""
    return _read_data("model.toml")


@cache
def load_names() -> Mapping[str, Any]:
    """Names of people and places (``data/names.toml``)."""
    return _read_data("names.toml")


@cache
def load_exports() -> Mapping[str, Any]:
    """How each kind of institution writes each form (``data/exports.toml``)."""
    return _read_data("exports.toml")


@cache
def load_spellings() -> Mapping[str, Any]:
    """How names and birthdays are written otherwise than they are (``data/spellings.toml``)."""
    return _read_data("spellings.toml")


@cache
def load_epidemics() -> Mapping[str, Any]:
    """Which diseases the county has, how cases are reported and what is planted (``data/epidemics.toml``)."""
    return _read_data("epidemics.toml")


def _read_data(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files("wangdi.demo").joinpath("data", name).read_text(encoding="utf-8"))
