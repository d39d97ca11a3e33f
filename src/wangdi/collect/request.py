"""What somebody asks of ``collect`` and what it answers, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from wangdi.core.problem import Problem

Mode = Literal["add", "replace-period"]
Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the file's name, the bytes done and the bytes there are."""


def no_progress(name: str, done: int, total: int) -> None:
    """Somebody who does not want to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRequest:
    """Who sends, how it is to be read, and when it came.

    ``mapping``: the mapping's name (``--as``); nothing lets the columns decide. ``mappings``: folders of mapping files.
    Rule: ``replace-period`` means that the files are everything the sender has of each form for every calendar month from
    the first to the last day they mention: what was accepted before from the same sender and is not in them is withdrawn.
    """

    org: str
    received_at: datetime
    mapping: str | None = None
    named: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Mappings of single files, by the files' names; they go before ``mapping``."""
    mode: Mode = "add"
    mappings: tuple[Path, ...] = ()
    delivery: str | None = None
    """The number of the receipt the sender has: the same again answers what became of it, and takes nothing in twice."""
    any_organisation: bool = False
    """Take every organisation code a row names: where nobody knows the city's organisations."""
    actor: str = "collect"
    progress: Progress = no_progress
    tell: Callable[[Problem], None] | None = None
    """Told who holds the writer's lock while waiting for it."""
    threads: int = 2
    memory: str = "1GB"

    def mapping_of(self, name: str) -> str | None:
        """The mapping a file is to be read with, where somebody said."""
        return self.named.get(name, self.mapping)


@dataclass(frozen=True, slots=True)
class FormCount:
    """What became of the source rows of one form. Always ``received == accepted + refused + duplicates``."""

    received: int = 0
    accepted: int = 0
    refused: int = 0
    duplicates: int = 0
    superseded: int = 0
    """Of the facts there were before (or earlier lines), how many a row of this form replaced."""
    withdrawn: int = 0

    def plus(self, other: FormCount) -> FormCount:
        """Both counts together."""
        return FormCount(
            self.received + other.received,
            self.accepted + other.accepted,
            self.refused + other.refused,
            self.duplicates + other.duplicates,
            self.superseded + other.superseded,
            self.withdrawn + other.withdrawn,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectResult:
    """What one sending came to. ``batch`` is None when there was nothing to keep a record of.

    Grain: counts are source rows. ``forms``: facts accepted by form.
    """

    batch: int | None
    received: int = 0
    accepted: int = 0
    refused: int = 0
    duplicates: int = 0
    superseded: int = 0
    withdrawn: int = 0
    forms: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, FormCount] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    """The first of them; all are kept with the batch."""
    problem_count: int = 0
