"""A city's current facts as plain Parquet, one file a form: what a Spark cluster or a statistician is given."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wangdi.catalog.tables import RETIREMENT_TABLE, FormTable
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.store.city import City
from wangdi.store.database import answering_refusals
from wangdi.store.disk import hash_file
from wangdi.store.workspace import Workspace

LIST_FILE = "manifest.csv"


@dataclass(frozen=True, slots=True)
class ExportedForm:
    """One file of an export. ``path`` is relative to its folder."""

    form: str
    path: str
    rows: int
    sha256: str
    known: int


def export_facts(
    city: City, workspace: Workspace, folder: Path | str, known: int, tables: Sequence[FormTable] = ()
) -> tuple[list[ExportedForm], list[Problem]]:
    """Write the facts that hold at ``known``, one Parquet file a form, and ``manifest.csv`` that lists them.

    Grain: one row per current fact, columns as ``facts_sql`` gives them; identifying forms in a folder of their own.
    ``tables``: the forms of the packs at hand; forms that only have segments are exported with the columns found there.
    Errors: STORE-051 (warning) for entries of a form that no pack at hand describes; STORE-008 a folder not empty.
    """
    folder = Path(folder)
    with answering_refusals():
        folder.mkdir(parents=True, exist_ok=True)
        if (other := next(folder.iterdir(), None)) is not None:
            raise Refusal(Problem(code="STORE-008", args={"folder": folder.name, "found": other.name}))
    wanted = {table.name: table for table in city.form_tables()}
    wanted |= {table.name: table for table in tables}
    wanted.pop(RETIREMENT_TABLE.name, None)
    written = [_export_form(city, workspace, folder, known, table) for _, table in sorted(wanted.items())]
    with answering_refusals(), (folder / LIST_FILE).open("w", encoding="utf-8", newline="") as handle:
        lines = csv.writer(handle)
        lines.writerow(("form", "file", "rows", "sha256", "known"))
        lines.writerows((one.form, one.path, one.rows, one.sha256, one.known) for one in written)
    missed = {form: rows for form, rows in city.waiting_entries().items() if form not in wanted}
    missed.pop(RETIREMENT_TABLE.name, None)
    problems = [
        Problem(code="STORE-051", severity=Severity.warning, args={"form": form, "rows": str(rows)})
        for form, rows in missed.items()
    ]
    return written, problems


def _export_form(city: City, workspace: Workspace, folder: Path, known: int, table: FormTable) -> ExportedForm:
    inner = folder / ("identities" if table.identifying else "facts")
    path = inner / f"{table.name}.parquet"
    with answering_refusals():
        inner.mkdir(exist_ok=True)
        current = city.facts_sql(workspace, table, known)
        rows = workspace.copy(f"select * from ({current}) order by registration_id, occurred_on, seq", path)
        return ExportedForm(table.name, f"{inner.name}/{path.name}", rows, hash_file(path), known)
