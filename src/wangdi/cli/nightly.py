"""``nightly``: everything a city does by itself, once a night."""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import CHECK_FAILED, OK, Answer, Grid
from wangdi.cli.frame import Verb, option
from wangdi.cli.kinds import DAY, MOMENT
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal

if TYPE_CHECKING:
    from wangdi.app.nightly import Night

STEP_WORDS = {
    "judge": "night_judge",
    "erase": "night_erase",
    "settle": "night_settle",
    "rounds": "night_rounds",
    "notify": "night_notify",
}
COUNT_WORDS = {
    "days": "night_days",
    "cards": "night_cards",
    "opened": "night_opened",
    "grown": "night_grown",
    "events": "night_events",
    "items": "night_items",
    "turns": "night_turns",
    "week": "night_week",
    "month": "night_month",
    "quarter": "night_quarter",
    "year": "night_year",
    "sent": "night_sent",
    "failed": "night_not_sent",
    "quiet": "night_quiet",
    "later": "night_later",
    "given_up": "night_given_up",
}
STATE_WORDS = {"done": "night_done", "nothing": "night_nothing", "failed": "night_failed"}


def run_nightly(session: Session, on: date | None, at: datetime | None, last: bool) -> Answer:
    """Run a night, or tell the last one."""
    from wangdi.app.nightly import NightAsked, find_last_night, run_night

    with session.open_city() as city:
        if last:
            night = find_last_night(city)
            if night is None:
                raise Refusal(Problem(code="NIGHT-004"))
        else:
            moment = at or read_clock()
            asked = NightAsked(on or moment.date(), moment, actor_name(), os.environ)
            night = run_night(
                city, lambda: session.standing(city), asked, lambda step: session.say(session.word(STEP_WORDS[step]))
            )
    return _tell(session, night)


def _tell(session: Session, night: Night) -> Answer:
    rows: list[dict[str, Any]] = [
        {"step": one.step, "state": one.state, "counts": dict(one.counts), "code": one.code,
         "reason": one.reason.get(session.lang, "")}
        for one in night.steps
    ]  # fmt: skip
    shown = [
        {
            "night_step": session.word(STEP_WORDS[row["step"]]),
            "night_state": session.word(STATE_WORDS[row["state"]]),
            "night_counts": ", ".join(session.word(COUNT_WORDS[name], count=n) for name, n in row["counts"].items()),
            "why": " ".join(part for part in (row["code"], row["reason"]) if part),
        }
        for row in rows
    ]
    return Answer(
        payload={"on": night.on, "at": night.at, "who": night.who, "steps": rows},
        grids=(Grid(("night_step", "night_state", "night_counts", "why"), shown),),
        rows=Grid(("step", "state", "counts", "code", "reason"), rows),
        text=session.word("night_of", on=night.on, at=f"{night.at:%Y-%m-%d %H:%M}"),
        exit_code=CHECK_FAILED if night.failed else OK,
    )


nightly = Verb(
    run_nightly,
    [
        option("--on", type=DAY, metavar="DATE"),
        option("--at", type=MOMENT, metavar="TIMESTAMP"),
        option("--last", is_flag=True),
    ],
)
