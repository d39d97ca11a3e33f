"""``notify``: tell people what they have to know, see what was told, try an address, check who is told what."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import CHECK_FAILED, OK, REFUSED, Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import MOMENT
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Severity

if TYPE_CHECKING:
    from wangdi.app.notifying import Outcome

SEND_COLUMNS = ("receiver", "kind", "notice", "notify_state", "error", "title")
TOLD_COLUMNS = ("receiver", "kind", "notice", "notify_state", "at", "tries", "error")
STATE_WORDS = {
    "sent": "notify_sent",
    "failed": "notify_failed",
    "shown": "notify_shown",
    "quiet": "notify_quiet",
    "later": "notify_later",
    "given_up": "notify_given_up",
}


def run_send(session: Session, at: datetime | None, dry: bool) -> Answer:
    """Send what is due."""
    from wangdi.app.notifying import SendAsked, send_notices

    asked = SendAsked(actor_name(), at or read_clock(), os.environ, dry)
    with session.open_city() as city:
        found = send_notices(city, asked)
    rows = [_outcome_row(one) for one in found]
    counts = {state: sum(row["state"] == state for row in rows) for state in STATE_WORDS}
    shown = [row | {"notify_state": session.word(STATE_WORDS[row["state"]])} for row in rows]
    texts = "\n\n".join(f"{row['receiver']}\n{row['title']}\n{row['body']}" for row in rows) if dry else ""
    return Answer(
        payload={"at": asked.now, **counts, "rows": rows},
        grids=() if dry or not rows else (Grid(SEND_COLUMNS, shown, ("notice",)),),
        rows=Grid(("receiver", "kind", "notice", "state", "error", "title", "body"), rows),
        text=texts if rows else session.word("nothing_to_tell"),
        exit_code=CHECK_FAILED if counts["failed"] else OK,
    )


def _outcome_row(one: Outcome) -> dict[str, Any]:
    delivery = one.delivery
    return {
        "receiver": delivery.receiver.name,
        "kind": delivery.notice.kind,
        "notice": delivery.notice.key,
        "urgent": delivery.notice.urgent,
        "state": one.state,
        "error": one.error,
        "tries": delivery.before.tries if delivery.before else 0,
        "title": one.text.title,
        "body": one.text.body,
    }


send = Verb(run_send, [option("--at", type=MOMENT, metavar="TIMESTAMP"), option("--dry-run", "dry", is_flag=True)])


def run_list(session: Session, receiver: str | None) -> Answer:
    """What was told to whom, and what failed."""
    from wangdi.app.notifying import read_told

    with session.open_city() as city:
        told = [one for one in read_told(city) if receiver in (None, one.receiver)]
    rows = [one.to_json() | {"ok": one.ok} for one in told]
    words = {True: session.word("notify_sent"), False: session.word("notify_failed")}
    shown = [row | {"notify_state": words[row["ok"]]} for row in rows]
    return Answer(
        payload={"rows": rows},
        grids=(Grid(TOLD_COLUMNS, shown, ("kind",)),) if rows else (),
        rows=Grid(("receiver", "kind", "notice", "ok", "at", "tries", "reached", "error"), rows),
        text="" if rows else session.word("nobody_told"),
    )


list_told = Verb(run_list, [option("--receiver", metavar="NAME")])


def run_trial(session: Session, receiver: str) -> Answer:
    """Send a trial message."""
    from wangdi.app.notifying import SendAsked, send_trial

    with session.open_city() as city:
        errors = send_trial(city, receiver, SendAsked(actor_name(), read_clock(), os.environ))
    rows = [{"receiver": receiver, "address": number, "error": error} for number, error in enumerate(errors, 1)]
    words = {True: session.word("notify_sent"), False: session.word("notify_failed")}
    shown = [row | {"notify_state": words[not row["error"]]} for row in rows]
    return Answer(
        payload={"rows": rows},
        grids=(Grid(("receiver", "address", "notify_state", "error"), shown),),
        exit_code=CHECK_FAILED if any(errors) else OK,
    )


trial = Verb(run_trial, [argument("receiver", metavar="NAME")])


def run_check(session: Session) -> Answer:
    """Who is told what, and what is wrong with the file that says so."""
    from wangdi.app.notifying import check_settings, list_ways
    from wangdi.notices.settings import Receiver

    def row(one: Receiver) -> dict[str, Any]:
        quiet = "" if one.quiet is None else f"{one.quiet.begin:%H:%M}-{one.quiet.end:%H:%M}"
        return {"receiver": one.name, "org": one.org, "ways": list_ways(one, os.environ), "lang": one.lang,
                "kinds": sorted(one.kinds), "quiet_hours": quiet, "units": list(one.units)}  # fmt: skip

    with session.open_city() as city:
        settings, problems = check_settings(city, os.environ)
    rows = [row(one) for one in settings.receivers] if settings else []
    wrong = any(one.severity is Severity.error for one in problems)
    return Answer(
        payload={"receivers": rows, "problems": [one.as_json(session.lang) for one in problems]},
        grids=(Grid(("receiver", "org", "ways", "lang", "kinds", "quiet_hours"), _joined(rows), ("lang",)),)
        if rows
        else (),
        notes=tuple(one.text(session.lang) for one in problems),
        text="" if problems else session.word("notify_right"),
        exit_code=REFUSED if wrong else OK,
    )


def _joined(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {name: ", ".join(row[name]) for name in ("ways", "kinds")} for row in rows]


check = Verb(run_check)
