"""FHIR files of one sending, read together; their rows go through the same pass as everybody else's."""

from __future__ import annotations

from collections.abc import Mapping as Names
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.collect.exact import ExactRow
from wangdi.collect.fhir import FhirRow, read_fhir
from wangdi.collect.loading import parsed_rows
from wangdi.collect.mapping import LEDGER_KEY, ColumnRule, Mapping, all_forms
from wangdi.collect.plan import Columns, FormPlan
from wangdi.collect.request import FormCount
from wangdi.collect.run import Run
from wangdi.collect.staging import stage_rows
from wangdi.core.problem import Problem, Severity
from wangdi.language.model import Form
from wangdi.store.records import BatchFile

FHIR_MAPPING = "fhir-r4"
_FLUSH_ROWS = 50_000
_PROBLEM_ROWS = 10_000
_FRAME = ("org", "entered_at", "occurred_at", "recorder")


def take_fhir(run: Run, paths: Sequence[Path], names: Names[Path, str]) -> None:
    """Every resource of the files; references between the files are resolved."""
    kept: list[Path] = []
    sent: dict[Path, tuple[int, str]] = {}
    for path in paths:
        original = run.receive(path, names[path])
        kept.append(run.writer.original_path(original))
        sent[kept[-1]] = (original.id, names[path])
    forms = all_forms(dict(run.packs))
    waiting: dict[str, list[ExactRow]] = {}
    rows: dict[int, int] = dict.fromkeys((number for number, _ in sent.values()), 0)
    problems: list[Problem] = []
    reading = read_fhir(kept, names={path: name for path, (_, name) in sent.items()})
    for done, item in enumerate(reading, start=1):
        if isinstance(item, Problem):
            problems.append(item)
        elif item.form in forms:
            number, _ = sent[item.path]
            rows[number] += 1
            waiting.setdefault(item.form, []).append(_exact_row(item, forms[item.form], number))
            if len(waiting[item.form]) >= _FLUSH_ROWS:
                _stage(run, forms[item.form], waiting.pop(item.form))
        else:
            problems.append(_no_form(item))
        if len(problems) >= _PROBLEM_ROWS:
            run.note(*problems)
            problems.clear()
        if done % _PROBLEM_ROWS == 0:
            run.request.progress("FHIR", done, done)
    for name, block in waiting.items():
        _stage(run, forms[name], block)
    run.note(*problems)
    refused = reading.tally.refused
    run.loose = run.loose.plus(FormCount(received=refused, refused=refused))
    run.files.extend(
        BatchFile(original=number, name=name, rows=rows[number], mapping=FHIR_MAPPING) for number, name in sent.values()
    )


def _no_form(row: FhirRow) -> Problem:
    return Problem(code="FILE-015", severity=Severity.warning, file=row.file, line=row.line, args={"form": row.form})


def _stage(run: Run, form: Form, rows: Sequence[ExactRow]) -> None:
    plan = _plan(run, form)
    path = run.stage.folder / "fhir.csv"
    relation, count = parsed_rows(run.stage.workspace, rows, plan.columns.width, path, blanks="spaces")
    if count:
        stage_rows(run.stage, plan, relation)


def _columns(form: Form) -> list[str]:
    subject = [f"s.{name}" for name, _ in REGISTRATION_TABLE.columns]
    return [*subject, *(f"f.{name}" for name in form.fields), *(f"x.{name}" for name in _FRAME)]


def _plan(run: Run, form: Form) -> FormPlan:
    pack, _ = form.full_name.split(".")
    subject = {name: ColumnRule(column=f"s.{name}") for name, _ in REGISTRATION_TABLE.columns}
    if run.packs[pack].subject not in ("person", "episode"):
        subject = {LEDGER_KEY: ColumnRule(column="s.local_id")}
    mapping = Mapping(
        name=FHIR_MAPPING,
        form=form.full_name,
        recognise=(),
        subject=subject,
        fields={name: ColumnRule(column=f"f.{name}") for name in form.fields},
        organisation=ColumnRule(column="x.org"),
        entered_at=ColumnRule(column="x.entered_at"),
        occurred_at=ColumnRule(column="x.occurred_at"),
        recorder=ColumnRule(column="x.recorder"),
    )
    return run.plan(mapping, Columns.of(_columns(form)))


def _exact_row(row: FhirRow, form: Form, file: int) -> ExactRow:
    """A row that is typed already, as the text every value has."""
    values = dict(row.values)
    values.setdefault(form.occurred_on, row.occurred_on)
    subject = [getattr(row.subject, name) for name, _ in REGISTRATION_TABLE.columns]
    frame = [row.org, row.entered_at, row.occurred_at, row.recorder]
    cells = [_text(value) for value in (*subject, *(values.get(name) for name in form.fields), *frame)]
    return ExactRow(row.line, cells, file, row.pointer)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)
