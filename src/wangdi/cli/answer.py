"""What a verb answers, as a value: rows to be shown, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

OK, USAGE, WRONG_PACK, REFUSED, NOT_PERMITTED, CHECK_FAILED, ENVIRONMENT, INTERRUPTED = 0, 2, 10, 11, 12, 13, 20, 130
"""The exit codes."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows for a table, CSV or Parquet. ``columns``: the names shown, in order; ``spare``: those that a narrow terminal
    may do without, the first to go first.
    """

    columns: tuple[str, ...]
    rows: Sequence[Row]
    spare: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One verb's answer. ``payload`` is what ``--json`` prints; ``grids`` the tables; ``rows`` what CSV and Parquet hold
    (every column, unshortened) where that is more than the first table; ``footer`` what a figure must be told with.
    """

    payload: Any
    grids: tuple[Grid, ...] = ()
    rows: Grid | None = None
    text: str = ""
    footer: tuple[str, ...] = ()
    exit_code: int = OK
    notes: tuple[str, ...] = field(default=())
    """Said on stderr beside the answer."""

    def sheet(self) -> Grid:
        """What a file of rows holds."""
        return self.rows or (self.grids[0] if self.grids else Grid((), ()))
