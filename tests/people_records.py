"""Person records for the tests of matching: made-up people, written as institutions write them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from wangdi.core.identifiers import id_check_character
from wangdi.link.matching import Matched, match_records
from wangdi.link.normalise import normalise_records
from wangdi.link.reading import COLUMNS, load_records
from wangdi.link.records import Records
from wangdi.store.workspace import Workspace

Row = Mapping[str, str]


def number(birth: str, serial: int = 1, sex: int = 1, region: str = "990101") -> str:
    """A valid identity number: born on ``birth`` (yyyymmdd), odd serial for a man."""
    first = f"{region}{birth}{serial:02}{serial % 5 * 2 + (sex % 2)}"
    return first + id_check_character(first)


def write_rows(path: Path, rows: Sequence[Row], encoding: str = "utf-8") -> Path:
    """Rows as a CSV with every column of a file of records."""
    with path.open("w", encoding=encoding, newline="") as file:
        lines = csv.DictWriter(file, COLUMNS)
        lines.writeheader()
        lines.writerows({"rec_id": str(place), **row} for place, row in enumerate(rows))
    return path


def read_rows(path: Path, rows: Sequence[Row]) -> Records:
    """Rows as records that can be compared, in the order given (rec_id is their place, so below ten rows or padded)."""
    padded = [{"rec_id": f"{place:06}", **row} for place, row in enumerate(rows)]
    with Workspace() as workspace:
        loaded = load_records(workspace, write_rows(path / "rows.csv", padded))
        return normalise_records(workspace, loaded.order)


def match_rows(path: Path, rows: Sequence[Row]) -> tuple[Records, Matched]:
    """Rows matched among themselves, with the weights as shipped where there is little to learn from."""
    records = read_rows(path, rows)
    return records, match_records(records)
