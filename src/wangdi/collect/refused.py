"""The refused rows of a batch as files an institution can mend and send again alone: its own columns, then why and what to do."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Names
from dataclasses import dataclass
from pathlib import Path

from wangdi.collect.delimited import DELIMITERS, HeadRow, read_head, read_lines
from wangdi.collect.encoding import Encoding, detect_encoding
from wangdi.collect.exact import ExactReader
from wangdi.collect.mapping import Mapping
from wangdi.collect.mapping_reading import parse_mapping
from wangdi.collect.recognising import REASON_COLUMNS, recognise
from wangdi.collect.spreadsheet import read_sheets
from wangdi.core.formulas import defuse
from wangdi.core.problem import Problem, Severity
from wangdi.language.model import Pack
from wangdi.store.city import City
from wangdi.store.records import BatchFile


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows of one file that were refused: its header and each row with its line."""

    header: tuple[str, ...]
    rows: list[tuple[int, Sequence[str]]]


def write_refused_rows(city: City, packs: Names[str, Pack], batch: int, out: Path) -> list[Path]:
    """Write the refused rows of a batch; answers the files written.

    Grain: one row per refused source row, in the columns it came in, with reasons, remedies, file and line behind them.
    Rule: files of one header go together into ``out``; other headers into ``out`` with a number. The reason columns are passed
    over when the file is sent again. FHIR resources and HL7 v2 messages are not rows: their problems name the place.
    """
    record = next((one.record for one in city.batches() if one.id == batch), None)
    if record is None:
        return []
    wrong: dict[str, dict[int, list[Problem]]] = {}
    for problem in city.problems(batch):
        if problem.severity is Severity.error and problem.line is not None and problem.file is not None:
            wrong.setdefault(problem.file, {}).setdefault(problem.line, []).append(problem)
    tables: dict[tuple[str, ...], list[list[str]]] = {}
    for file in record.files:
        lines = wrong.get(file.name, {})
        for table in _read_tables(city, packs, file, sorted(lines)) if lines else ():
            rows = tables.setdefault(table.header, [])
            rows += [_with_reasons(table.header, cells, lines[line], (file.name, line)) for line, cells in table.rows]
    paths = []
    for number, (header, rows) in enumerate(tables.items(), start=1):
        path = out if number == 1 else out.with_name(f"{out.stem}-{number}{out.suffix}")
        with path.open("w", encoding="utf-8-sig", newline="") as target:
            writer = csv.writer(target)
            writer.writerow([*header, *REASON_COLUMNS])
            writer.writerows(rows)
        paths.append(path)
    return paths


def _with_reasons(
    header: Sequence[str], cells: Sequence[str], problems: Sequence[Problem], place: tuple[str, int]
) -> list[str]:
    width = len(header)
    fitted = [*cells[:width], *[""] * (width - len(cells))]
    if len(cells) > width:  # a row that broke apart: nothing of it is lost
        fitted[-1] = ",".join(cells[width - 1 :])
    reasons = "；".join(dict.fromkeys(problem.message() for problem in problems))
    remedies = "；".join(dict.fromkeys(hint for problem in problems if (hint := problem.hint())))
    return [*map(defuse, fitted), reasons, remedies, place[0], str(place[1])]


def _read_tables(city: City, packs: Names[str, Pack], file: BatchFile, lines: Sequence[int]) -> Iterator[_Table]:
    original = city.original(file.original)
    kept = city.mapping_text(file.mapping_sha256) if file.mapping_sha256 else None
    if original is None or kept is None:
        return
    mapping, _ = parse_mapping(kept[1], kept[0], packs)
    if mapping is None or mapping.message is not None:
        return
    path = city.original_path(original)
    if original.encoding:
        table = _read_delimited(path, mapping, lines)
        if table is not None:
            yield table
        return
    wanted = set(lines)
    for sheet in read_sheets(path, mapping.columns(), file.name)[0]:
        header = HeadRow(1, (*sheet.header, *sheet.joined))
        if isinstance(recognise(file.name, [[header]], {"": mapping}, ""), Problem):
            continue
        rows: list[tuple[int, Sequence[str]]] = [
            (row.line, [cell or "" for cell in row.cells]) for row in sheet.rows if row.line in wanted
        ]
        yield _Table(sheet.header, rows)


def _read_delimited(path: Path, mapping: Mapping, lines: Sequence[int]) -> _Table | None:
    encoding = detect_encoding(path)
    if not isinstance(encoding, Encoding):
        return None
    readings = [read_head(path, encoding, delimiter) for delimiter in DELIMITERS]
    found = recognise(path.name, readings, {"": mapping}, "")
    if isinstance(found, Problem):
        return None
    header, delimiter = found.header.cells, DELIMITERS[found.reading]
    rows: list[tuple[int, Sequence[str]]] = []
    for line, text in read_lines(path, encoding, lines):
        reader = ExactReader(0, path.name, delimiter, len(header))
        parsed = list(reader.read(text, line, last=True))
        first = text.split("\n", 1)[0]
        rows.append((line, parsed[0].cells if parsed and parsed[0].line == line else first.split(delimiter)))
    return _Table(header, rows)
