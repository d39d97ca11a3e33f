"""Rows of a form as they will be sent, as columns; and what becomes of each once everything has been received."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Days

FINAL, SUPERSEDED, REFUSED, DUPLICATE, WITHDRAWN = 0, 1, 2, 3, 4
"""What a row ends up as."""

REPLACEMENT = 13
"""``send`` of the one delivery that replaces a month; 0 is the history, 1 to 12 the months of the year."""

DEFECTS: tuple[tuple[str, str], ...] = (
    ("", ""),
    ("late", "accepted late"),
    ("corrected", "supersedes"),
    ("superseded", "superseded"),
    ("repeated_in_file", "duplicate"),
    ("repeated_later", "duplicate"),
    ("glucose_in_mg_dl", "refused: value impossible"),
    ("missing_required", "refused: a required field is empty"),
    ("impossible_date", "refused: no such date"),
    ("future_date", "refused: after it was received"),
    ("unknown_code", "accepted with a warning: the box is left empty"),
    ("rounded_id_number", "refused: identity number rounded by the spreadsheet"),
    ("unknown_organisation", "refused: no such organisation"),
    ("ragged_line", "refused: wrong number of columns"),
    ("no_id_number", "accepted: known by what else is said of them"),
    ("wrong_check_digit", "accepted with a warning: known by what else is said of them"),
    ("registered_twice", "accepted: two registrations of one person"),
    ("withdrawn", "withdrawn"),
    ("height_in_metres", "refused: value impossible"),
    ("future_examination", "refused: after it was received"),
    ("late_card", "accepted: entered after the time limit"),
    ("duplicate_card", "accepted: a second card of one case"),
    ("onset_after_diagnosis", "accepted with a warning: the onset is later than the diagnosis"),
    ("entered_twice", "accepted: the cards of a week entered again"),
)
"""Kind of planted defect, what should happen. The index is ``Rows.defect``."""

DEFECT_NUMBER = {kind: number for number, (kind, _) in enumerate(DEFECTS)}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one form.

    Grain: one element per row to be sent. ``registration`` is -1 where the subject is no person. Missing: -1, NaN,
    ``days.UNKNOWN`` or "" by the kind of the column.
    """

    form: str
    registration: NDArray[np.int32]
    sender: NDArray[np.int32]
    org: NDArray[np.int32]
    occurred: Days
    entered: Days
    send: NDArray[np.int8]
    status: NDArray[np.int8]
    retired: NDArray[np.int8]
    """``send`` of the delivery that corrects or withdraws the row; -1 for one that stands."""
    defect: NDArray[np.int8]
    columns: dict[str, NDArray[Any]]

    @property
    def size(self) -> int:
        return len(self.occurred)

    def take(self, index: NDArray[Any] | slice) -> Rows:
        """These rows, in this order."""
        changes: dict[str, Any] = {name: getattr(self, name)[index] for name in _ARRAYS}
        columns = {name: values[index] for name, values in self.columns.items()}
        return replace(self, **changes, columns=columns)


_ARRAYS = tuple(f.name for f in fields(Rows) if f.name not in ("form", "columns"))


def join_rows(parts: Iterable[Rows]) -> Rows:
    """All rows of one form, one part after the other. The parts have the same columns."""
    several = list(parts)
    arrays: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in several]) for name in _ARRAYS}
    names = several[0].columns
    columns = {name: np.concatenate([part.columns[name] for part in several]) for name in names}
    return replace(several[0], **arrays, columns=columns)
