"""What people and the daily runs write down beside the records: signals, steps, events, targets, signed reports.

Accepted like everything else: each row takes a number, the newest of a kind and key holds, and ``known`` sees what held then.
Erasing is the one exception to "never updated": what the law has to be forgotten loses its text, its number stays.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from wangdi.store.commit import Commit
from wangdi.store.records import LEDGER, LedgerRow
from wangdi.store.schema import ledger


def put_ledger_rows(commit: Commit, rows: Sequence[LedgerRow]) -> int:
    """Accept rows, one number each; answers the first."""
    first = commit.take(len(rows), LEDGER, ", ".join(sorted({row.kind for row in rows})))
    values = [
        {
            "seq": first + place,
            "kind": row.kind,
            "key": row.key,
            "body": json.dumps(row.body, ensure_ascii=False, sort_keys=True, default=str),
            "who": row.who,
        }
        for place, row in enumerate(rows)
    ]
    commit.connection.execute(insert(ledger), values)
    commit.record(LEDGER, str(first), {"rows": len(rows)})
    return first


def erase_ledger_rows(commit: Commit, kind: str, beginning: str, why: str) -> int:
    """Take away the text of every version of the rows of a kind whose keys begin so; answers how many had one."""
    found = commit.connection.execute(
        update(ledger).where(*_those(kind, beginning), ledger.c.body.is_not(None)).values(body=None)
    ).rowcount
    commit.record("erase", f"{kind} {beginning}", {"rows": found, "why": why})
    return int(found)


def current_ledger(connection: Connection, kind: str, known: int, beginning: str = "") -> list[tuple[int, LedgerRow]]:
    """The rows of a kind that hold at ``known`` with their numbers, in order of key; erased ones are left out."""
    newest: dict[str, tuple[int, LedgerRow]] = {}
    for seq, row in ledger_history(connection, kind, known, beginning):
        newest[row.key] = (seq, row)
    return [newest[key] for key in sorted(newest) if newest[key][1].body is not None]


def ledger_history(connection: Connection, kind: str, known: int, beginning: str = "") -> list[tuple[int, LedgerRow]]:
    """Every version of the rows of a kind whose keys begin so, oldest first."""
    query = select(ledger).where(*_those(kind, beginning), ledger.c.seq <= known).order_by(ledger.c.seq)
    return [
        (row["seq"], LedgerRow(row["kind"], row["key"], _body(row["body"]), row["who"]))
        for row in connection.execute(query).mappings()
    ]


def _those(kind: str, beginning: str) -> tuple[ColumnElement[bool], ...]:
    return (ledger.c.kind == kind, ledger.c.key.startswith(beginning, autoescape=True))


def _body(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)
