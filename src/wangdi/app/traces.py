"""From a fact to the line it came from, and through its history of corrections."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from wangdi.catalog.tables import FACT_COLUMNS
from wangdi.collect.delimited import DELIMITERS
from wangdi.collect.source_line import read_source_line
from wangdi.core.problem import Problem, Refusal
from wangdi.engines.tables import table_of
from wangdi.language.library import Library
from wangdi.store.city import City
from wangdi.store.workspace import Workspace

_STANDARD = {name for name, _ in FACT_COLUMNS} | {"seq", "form"}


def trace_fact(city: City, workspace: Workspace, library: Library, fact_id: int) -> dict[str, Any]:
    """A fact, the file, line and raw text it was read from, and every version of the record before and after it.

    A fact entered in Wangdi has its journal row for a source. Errors: FIG-005 when there is no fact of that number.
    """
    found = city.find_fact(workspace, fact_id)
    if found is None:
        raise Refusal(Problem(code="FIG-005", args={"fact": str(fact_id)}))
    form = library.forms.get(found["form"])
    fields = {name: value for name, value in found.items() if name not in _STANDARD and value is not None}
    fact = {
        "fact_id": fact_id,
        "form": found["form"],
        "title": form.title if form else found["form"],
        "occurred_on": found["occurred_on"],
        "entered_at": found["entered_at"],
        "org": found["org"],
        "recorder": found["recorder"],
        "fields": fields,
    }
    return {"fact": fact, "source": _source(city, found), "history": _history(city, workspace, library, found)}


def _source(city: City, found: dict[str, Any]) -> dict[str, Any]:
    accepted = city.acceptance(found["seq"])
    when = {"accepted_at": accepted[0].accepted_at if accepted else None}
    if found["source_file"] is None:
        row = city.journal_row(found["seq"])
        raw = None if row is None else row.entry.values
        return {"file": None, "sha256": None, "line": None, "raw": raw, "journal_row": found["seq"], **when}
    original = city.original(found["source_file"])
    assert original is not None, "a fact names an original that is in the store"
    raw_text, header = read_source_line(
        city.original_path(original), original.name, found["source_line"], found["source_part"] or ""
    )
    return {
        "file": original.name,
        "sha256": original.sha256,
        "line": found["source_line"],
        "part": found["source_part"],
        "raw": raw_text,
        "header": header,
        "received_at": original.received_at,
        "sent_by": original.org,
        **when,
    }


def pair_cells(source: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Heading and cell side by side, where a source has both; empty where the raw text stands for itself."""
    header, raw = source.get("header"), source.get("raw")
    if not isinstance(header, str) or not isinstance(raw, str):
        return []
    delimiter = max(DELIMITERS, key=header.count)
    titles, cells = (next(csv.reader(io.StringIO(text), delimiter=delimiter), []) for text in (header, raw))
    return list(zip(titles, cells, strict=False)) if len(titles) > 1 else []


def _history(city: City, workspace: Workspace, library: Library, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Every version of the same record (same form and record key), oldest first, with what ended it."""
    form = library.forms.get(found["form"])
    if form is None:
        return []
    tests = ["true"]
    params: list[object] = []
    for name in form.record_key:
        if name != "registration" and found.get(name) is not None:
            tests.append(f'"{name}" = ?')
            params.append(found[name])
    sql = city.all_facts_sql(workspace, table_of(form), city.latest_seq(), [found["registration_id"]])
    rows = workspace.dicts(f"SELECT * FROM ({sql}) WHERE {' AND '.join(tests)} ORDER BY seq", params)
    return [
        {
            "fact_id": row["seq"],
            "retired_by": row["retired_by"],
            "retired_kind": row["retired_kind"],
            "fields": {name: row[name] for name in form.fields if row.get(name) is not None},
        }
        for row in rows
    ]
