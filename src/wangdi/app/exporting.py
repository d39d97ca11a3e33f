"""Everything a statistician is given: the facts of every form and the derived tables, as Parquet."""

from __future__ import annotations

import csv
from pathlib import Path

from wangdi.app.cities import export_city
from wangdi.app.derivation import Standing, derive
from wangdi.core.problem import Problem
from wangdi.programmes.tables import PROGRAMME_TABLES
from wangdi.store.disk import hash_file
from wangdi.store.export import LIST_FILE, ExportedForm

DERIVED_FOLDER = "derived"


def export_everything(standing: Standing, folder: Path) -> tuple[list[ExportedForm], list[Problem]]:
    """Facts and derived tables at what the standing knows; the manifest lists them all.

    Grain: ``derived/link`` one row per registration, ``derived/person`` per person, ``derived/<pack>.visit``, ``.spell``,
    ``.obligation`` as their programmes make them. Errors: STORE-008 the folder is not empty.
    """
    written, problems = export_city(standing.city, standing.workspace, standing.library, folder, standing.known)
    derived = derive(standing)
    inner = folder / DERIVED_FOLDER
    inner.mkdir()
    tables = {"link": derived.links, "person": derived.people}
    for name in standing.enrolling:
        tables |= {f"{name}.{table}": derived.table(name, table) for table in PROGRAMME_TABLES}
    added = []
    for name, source in tables.items():
        path = inner / f"{name}.parquet"
        rows = standing.workspace.copy(f"SELECT * FROM {source} ORDER BY ALL", path)
        place = f"{DERIVED_FOLDER}/{path.name}"
        added.append(ExportedForm(f"{DERIVED_FOLDER}.{name}", place, rows, hash_file(path), standing.known))
    with (folder / LIST_FILE).open("a", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows((one.form, one.path, one.rows, one.sha256, one.known) for one in added)
    return [*written, *added], problems
