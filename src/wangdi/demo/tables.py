"""CSV files written from columns."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Texts, date_texts

_CHUNK = 200_000


class ColumnFile:
    """A CSV file that grows by columns, so that a table larger than memory need never be whole.

    Values hold no commas or quotes; the caller sees to that.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._file.write(",".join(names) + "\n")
        self._width = len(names)

    def add(self, columns: Sequence[NDArray[Any]]) -> None:
        """More rows: one array per column, of texts or numbers."""
        if len(columns) != self._width:
            raise ValueError("as many columns as names")
        for start in range(0, len(columns[0]), _CHUNK):
            parts = [_texts(column[start : start + _CHUNK]) for column in columns]
            self._file.write("\n".join(map(",".join, zip(*parts, strict=True))) + "\n")

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> ColumnFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def iso_days(days: NDArray[np.int32], *, missing: int) -> Texts:
    """ISO dates; "" where the day is ``missing``."""
    known = days != missing
    texts = date_texts(np.where(known, days, 0).astype(np.int32), "iso")
    texts[~known] = ""
    return texts


def write_rows(path: Path, names: Sequence[str], rows: Iterable[Mapping[str, object]]) -> int:
    """A small CSV file from dictionaries."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _texts(values: NDArray[Any]) -> list[str]:
    if values.dtype == object:
        return [str(value) for value in values.tolist()]
    if values.dtype.kind == "S":
        return [value.decode() for value in values.tolist()]
    if values.dtype.kind == "b":
        return ["1" if value else "0" for value in values.tolist()]
    if values.dtype.kind == "f":
        return ["" if value != value else repr(value) for value in values.astype(np.float64).tolist()]
    return [str(value) for value in values.tolist()]
