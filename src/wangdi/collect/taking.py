"""Taking in one file after the other: each source's rows become raw tables, and the same pass goes over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wangdi.collect.delimited import (
    DELIMITERS,
    ByteSource,
    Chunk,
    HeadRow,
    UnreadableFile,
    open_chunks,
    read_head,
)
from wangdi.collect.encoding import Encoding, bad_bytes_problem, detect_encoding
from wangdi.collect.exact import ExactReader, ExactRow
from wangdi.collect.loading import Layout, RawRows, parsed_rows, plain_rows
from wangdi.collect.plan import Columns, FormPlan
from wangdi.collect.recognising import Recognised, absent_columns, recognise, unread_columns
from wangdi.collect.run import Run
from wangdi.collect.spreadsheet import Sheet, read_sheets, skipped_problems
from wangdi.collect.spreadsheet_cells import header_key
from wangdi.collect.staging import count_refused, stage_rows
from wangdi.core.problem import Problem, Severity
from wangdi.store.records import BatchFile

ROUNDED_TEXT = "1.0E+17"
"""Stands for a number of which the spreadsheet kept the first digits only: it is refused as what it looks like."""


@dataclass(slots=True)
class Source:
    """A file while it is taken in: its original's number, its name in messages, its plan."""

    run: Run
    file: int
    name: str
    plan: FormPlan
    rows: int = 0

    def stage(self, raw: RawRows, rows: int) -> bool:
        """Take raw rows through the pass; False when they are not what they seemed."""
        taken = stage_rows(self.run.stage, self.plan, raw)
        self.rows += rows if taken else 0
        return taken

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Rows of which not even the cells could be read."""
        self.run.note(*problems)
        count_refused(self.run.stage, self.plan, len(problems))
        self.rows += len(problems)

    def close(self) -> None:
        """Say in the batch what the file was read by."""
        mapping = self.plan.mapping
        digest = self.run.writer.add_mapping(mapping.name, mapping.body) if mapping.body else ""
        self.run.files.append(
            BatchFile(
                original=self.file,
                name=self.name,
                rows=self.rows,
                form=self.plan.form.full_name,
                mapping=mapping.name,
                mapping_sha256=digest,
            )
        )


def _give_up(run: Run, file: int, name: str, *problems: Problem) -> None:
    """A file nothing of which is taken in; it is kept all the same."""
    run.note(*problems)
    run.files.append(BatchFile(original=file, name=name))


def _warn(code: str, file: str, **args: str) -> Problem:
    return Problem(code=code, severity=Severity.warning, file=file, args=args)


def column_problems(found: Recognised, name: str) -> list[Problem]:
    """What a file's columns and its mapping's do not agree about: once per file."""
    problems = []
    if unread := unread_columns(found.mapping, found.header):
        problems.append(_warn("MAP-023", name, columns="、".join(unread[:20]), mapping=found.mapping.name))
    if absent := absent_columns(found.mapping, found.header):
        problems.append(_warn("MAP-024", name, columns="、".join(absent[:20]), mapping=found.mapping.name))
    return problems


# ---- delimited text ---------------------------------------------------------------------------------------------------
def take_delimited(run: Run, path: Path, name: str) -> None:
    """CSV, TSV and the like, in chunks of bounded size.

    Rule: a file with bytes that are no characters is refused as a whole: nobody knows what else is broken in it.
    """
    encoding = detect_encoding(path)
    original = run.receive(path, name, encoding.name if isinstance(encoding, Encoding) else "")
    if isinstance(encoding, Problem):
        _give_up(run, original.id, name, replace(encoding, file=name))
        return
    readings = [read_head(path, encoding, delimiter) for delimiter in DELIMITERS]
    found = recognise(name, readings, run.mappings, run.request.mapping_of(name))
    if isinstance(found, Problem):
        _give_up(run, original.id, name, found)
        return
    plan = run.plan(found.mapping, Columns.of(found.header.cells))
    source = Source(run, original.id, name, plan)
    run.note(*column_problems(found, name))
    mark = run.stage.mark()
    try:
        # The rows are read from the very bytes that are kept: what is read here is copied on the way.
        with run.writer.reading_original(original) as file:
            _take_chunks(source, file, encoding, found)
    except UnreadableFile as unreadable:
        run.stage.undo(mark)
        _give_up(run, original.id, name, replace(unreadable.problem, file=name))
        return
    if source.rows == 0:
        run.note(Problem(code="FILE-003", severity=Severity.info, file=name))
    source.close()


def _take_chunks(source: Source, file: ByteSource, encoding: Encoding, found: Recognised) -> None:
    path = Path(file.name)
    run, total = source.run, path.stat().st_size
    layout = Layout(source.file, DELIMITERS[found.reading], source.plan.columns.width)
    reader = ExactReader(source.file, source.name, layout.delimiter, layout.width)
    with open_chunks(file, encoding, found.header.last_line, run.stage.folder) as chunks:
        for chunk in chunks:
            plain = chunk.plain and not reader.carries
            if not (plain and source.stage(plain_rows(chunk, layout), chunk.lines)):
                _take_exactly(source, reader, chunk, path)
            run.request.progress(source.name, chunk.bytes_done, total)
        _flush(source, reader)


def _take_exactly(source: Source, reader: ExactReader, chunk: Chunk, path: Path) -> None:
    data = chunk.path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableFile(bad_bytes_problem(path, chunk.offset + error.start)) from None
    _stage_exact(source, reader, reader.read(text, chunk.first_line, last=False))


def _flush(source: Source, reader: ExactReader) -> None:
    """What the last chunk broke off in is all there is of it."""
    if reader.carries:
        _stage_exact(source, reader, reader.read("", 0, last=True))
    if reader.blank_lines:
        args = {"count": str(reader.blank_lines)}
        source.run.note(Problem(code="FILE-014", severity=Severity.info, file=source.name, args=args))


def _stage_exact(source: Source, reader: ExactReader, rows: Iterator[ExactRow]) -> None:
    stage = source.run.stage
    relation, count = parsed_rows(stage.workspace, rows, source.plan.columns.width, stage.folder / "exact.csv")
    refused, reader.refused[:] = list(reader.refused), []
    source.refuse(refused)
    if count:
        source.stage(relation, count)


# ---- spreadsheets -----------------------------------------------------------------------------------------------------
def take_spreadsheet(run: Run, path: Path, name: str) -> None:
    """Every sheet of a workbook that a mapping fits; the others are named."""
    original = run.receive(path, name)
    kept = run.writer.original_path(original)
    expected = [column for mapping in run.mappings.values() for column in mapping.columns()]
    sheets, problems = read_sheets(kept, expected, name)
    run.note(*problems)
    taken = 0
    for sheet in sheets:
        taken += _take_sheet(run, sheet, (original.id, name), several=len(sheets) > 1)
    if not taken:
        run.files.append(BatchFile(original=original.id, name=name))
        if len(sheets) != 1 and not any(problem.severity is Severity.error for problem in problems):
            run.note(Problem(code="FILE-016", file=name))


def _take_sheet(run: Run, sheet: Sheet, file: tuple[int, str], *, several: bool) -> bool:
    number, name = file
    header = HeadRow(sheet.header_line, tuple(dict.fromkeys((*sheet.header, *sheet.joined))))
    meant = {key: mapping for key, mapping in run.mappings.items() if not mapping.sheet or mapping.sheet == sheet.name}
    wanted = run.request.mapping_of(name)
    found = recognise(name, [[header]], meant, wanted if wanted in meant or wanted not in run.mappings else None)
    if isinstance(found, Problem):
        severity = Severity.warning if several else Severity.error
        run.note(replace(found, severity=severity, line=sheet.header_line, args={**found.args, "sheet": sheet.name}))
        return False
    run.note(*column_problems(replace(found, header=HeadRow(sheet.header_line, sheet.header)), name))
    run.note(*skipped_problems(sheet, name))
    plan = run.plan(found.mapping, Columns(sheet.names, len(sheet.header)))
    source = Source(run, number, name, plan)
    rows = _sheet_rows(sheet, plan, number, sheet.name if several else "")
    path = run.stage.folder / "sheet.csv"
    relation, count = parsed_rows(run.stage.workspace, rows, len(sheet.header), path, blanks="spaces")
    if count:
        source.stage(relation, count)
    source.close()
    run.request.progress(name, 1, 1)
    return True


def _sheet_rows(sheet: Sheet, plan: FormPlan, file: int, part: str) -> Iterator[ExactRow]:
    """Rows as text. A rounded identity number says so, a cell of #N/A says nothing."""
    rule = plan.mapping.subject.get("id_no")
    number = sheet.names.get(header_key(rule.column)) if rule else None
    for row in sheet.rows:
        cells = [cell or "" for cell in row.cells]
        for column, mark in row.marks:
            if mark == "error":
                cells[column] = ""
            elif column == number:
                cells[column] = ROUNDED_TEXT
        yield ExactRow(row.line, cells, file, part)
