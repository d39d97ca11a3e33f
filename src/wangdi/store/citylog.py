"""The order in which everything was accepted: numbers, moments, and who did what."""

from __future__ import annotations

import json
from datetime import date, datetime, time

from sqlalchemy import Connection, func, select

from wangdi.core.problem import Problem, Refusal
from wangdi.store.records import LEDGER, Acceptance, AuditRecord
from wangdi.store.schema import acceptance, audit, counter


def latest_seq(connection: Connection) -> int:
    """The last number given out; 0 in a city that has accepted nothing."""
    return int(connection.execute(select(counter.c.next_seq)).scalar_one()) - 1


def seq_known(connection: Connection, known: str | int | date | None) -> int:
    """Turn ``known`` into a number: everything accepted by then is what ``seq <= n`` selects.

    Rule: a date means the end of that day, a timestamp that moment, a number itself (at most the latest), null all.
    Grain: the moments are ``accepted_at``, so that a replay of past sendings knows what was known then.
    Errors: STORE-022 for a text that is none of these.
    """
    latest = latest_seq(connection)
    if known is None:
        return latest
    if isinstance(known, int) or (isinstance(known, str) and known.isascii() and known.isdigit()):
        return max(0, min(int(known), latest))
    by = func.max(acceptance.c.last_seq)
    found = connection.execute(select(by).where(acceptance.c.accepted_at <= _moment(known))).scalar_one()
    return int(found or 0)


def _moment(known: str | date) -> datetime:
    try:
        day_or_moment = _parse(known) if isinstance(known, str) else known
    except ValueError as error:
        raise Refusal(Problem(code="STORE-022", args={"known": str(known)})) from error
    if not isinstance(day_or_moment, datetime):
        return datetime.combine(day_or_moment, time.max)
    if day_or_moment.tzinfo is not None:
        raise Refusal(Problem(code="STORE-022", args={"known": str(known)}))
    return day_or_moment


def _parse(known: str) -> date | datetime:
    try:
        return date.fromisoformat(known)
    except ValueError:
        return datetime.fromisoformat(known)


def facts_known(connection: Connection, known: int) -> int:
    """The last number by then under which anything but the ledger was accepted: what people write down moves no figure."""
    last = select(func.max(acceptance.c.last_seq)).where(acceptance.c.kind != LEDGER, acceptance.c.first_seq <= known)
    return min(known, connection.execute(last).scalar_one() or 0)


def read_acceptance(connection: Connection, first: int, last: int) -> list[Acceptance]:
    """The acceptance log for the numbers ``first`` to ``last``, in order."""
    overlap = (acceptance.c.last_seq >= first, acceptance.c.first_seq <= last)
    query = select(acceptance).where(*overlap).order_by(acceptance.c.first_seq)
    return [Acceptance(**row) for row in connection.execute(query).mappings()]


def read_audit(connection: Connection, limit: int, before: int | None) -> list[AuditRecord]:
    """The audit records, newest first, a page at a time (``before`` = the last id of the page above)."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    rows = connection.execute(query).mappings()
    return [AuditRecord(**{**row, "detail": json.loads(row["detail"])}) for row in rows]
