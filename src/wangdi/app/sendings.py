"""What institutions send: taken in, its problems listed again, its counts held against the owner's."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from wangdi.app.batches import open_batch
from wangdi.app.choices import find_form
from wangdi.collect.collecting import collect_files
from wangdi.collect.reconciling import Reconciled, reconcile_counts
from wangdi.collect.refused import write_refused_rows
from wangdi.collect.request import CollectRequest, CollectResult
from wangdi.core.periods import parse_period
from wangdi.core.problem import Problem
from wangdi.language.library import Library
from wangdi.store.city import City
from wangdi.store.records import DeclaredCount

DECLARED = ("form", "org", "period", "count")
"""The columns of a file of declared counts."""


def take_in(city: City, library: Library, paths: Sequence[Path], request: CollectRequest) -> CollectResult:
    """Take in one sending, then merge small files where a form has too many: readers stay quick, no figure changes.

    Errors: raises Refusal when nothing could be looked at at all (see :func:`collect_files`).
    """
    result = collect_files(city, library.newest, paths, request)
    if result.accepted:
        with city.writer(request.actor) as writer:
            writer.maybe_compact()
    return result


def result_json(result: CollectResult, lang: str = "zh") -> dict[str, Any]:
    """The contract's answer about one sending; every problem of a large one is listed by ``problems --batch``."""
    return {
        "batch": result.batch,
        "received": result.received,
        "accepted": result.accepted,
        "refused": result.refused,
        "duplicates": result.duplicates,
        "superseded": result.superseded,
        "withdrawn": result.withdrawn,
        "forms": dict(result.forms),
        "problem_count": result.problem_count,
        "problems": [problem.as_json(lang) for problem in result.problems],
    }


def list_problems(
    city: City, batch: int | None, limit: int | None, offset: int = 0
) -> tuple[list[Problem], list[tuple[str, str, int]]]:
    """A page of the problems of a batch, or of all, and how many there are of each kind.

    Errors: CITY-009 when there is no such batch.
    """
    if batch is not None:
        open_batch(city, batch)
    return city.problems(batch, limit, offset), city.problem_counts(batch)


def write_refused(city: City, library: Library, batch: int, out: Path) -> list[Path]:
    """The refused rows of a batch in their own columns, to be mended and sent again alone. Errors: CITY-009."""
    open_batch(city, batch)
    return write_refused_rows(city, library.newest, batch, out)


def read_declared(path: Path, library: Library) -> tuple[list[DeclaredCount], list[Problem]]:
    """Counts the owners of forms declare: form, org, period, count.

    Errors: CITY-110 a column is missing, CITY-111 a line is not understood; DATE-001 a period; raises Refusal for a
    form nobody knows (CITY-001).
    """
    rows: list[DeclaredCount] = []
    problems: list[Problem] = []
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        missing = [name for name in DECLARED if name not in (reader.fieldnames or ())]
        if missing:
            return [], [Problem(code="CITY-110", file=path.name, line=1, args={"columns": "、".join(missing)})]
        for row in reader:
            period = parse_period(row["period"] or "")
            count = (row["count"] or "").strip()
            if isinstance(period, Problem) or not count.isascii() or not count.isdigit():
                problems.append(Problem(code="CITY-111", file=path.name, line=reader.line_num))
            else:
                form = find_form(library, (row["form"] or "").strip()).full_name
                rows.append(DeclaredCount(form, period.text, (row["org"] or "").strip(), int(count)))
    return rows, problems


def declare_counts(city: City, rows: Sequence[DeclaredCount], who: str, at: datetime) -> None:
    """Accept declared counts; of the same form, period and organisation the newer holds."""
    with city.writer(who) as writer:
        for row in rows:
            writer.put_declared_count(row, at)


def reconcile(city: City, library: Library, form: str | None, known: int | None = None) -> list[Reconciled]:
    """Our counts beside those declared, of one form or of all. Errors: CITY-001."""
    chosen = {form: find_form(library, form)} if form else library.forms
    return reconcile_counts(city, chosen, known)
