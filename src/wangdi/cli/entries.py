"""``enter`` and ``withdraw``: one form by hand, and records taken back."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime

import click

from wangdi.cli.answer import OK, REFUSED, Answer, Grid
from wangdi.cli.cities import problem_grids
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import MOMENT
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal, Severity


@dataclass(frozen=True, slots=True)
class EnterAsked:
    """A form as it was typed."""

    form: str
    values: tuple[str, ...]
    org: str | None
    person: str | None
    registration: int | None
    correct: int | None
    recorder: str | None
    key: str | None
    entered_at: datetime | None


def run_enter(session: Session, asked: EnterAsked) -> Answer:
    """Check one filled form and keep it in the journal."""
    from wangdi.app.entries import Filled, enter_form

    pairs = dict(_pair(text) for text in asked.values)
    now = asked.entered_at or read_clock()
    with session.open_city() as city, session.standing(city) as standing:
        filled = Filled(
            form=asked.form, values=pairs, who=actor_name(), now=now, key=asked.key or _key(asked, now),
            org=asked.org or "", person=asked.person or "", registration=asked.registration,
            corrects=asked.correct, recorder=asked.recorder or "",
        )  # fmt: skip
        entered = enter_form(standing, filled)
    judgement = asdict(entered.judgement) if entered.judgement else None
    text = ""
    if entered.fact_id is not None:
        text = session.word("entered", fact=entered.fact_id)
    if judgement is not None:
        text += "\n" + session.word("judged", name=judgement["class_name"] or "—", code=judgement["form_code"] or "—")
    refused = any(problem.severity is Severity.error for problem in entered.problems)
    due = [{"task": task, **dates} for task, dates in (judgement or {}).get("next", {}).items()]
    grids = (Grid(("task", "opens", "due", "closes"), due),) if due else ()
    return Answer(
        payload={
            "fact_id": entered.fact_id,
            "judgement": judgement,
            "problems": [problem.as_json(session.lang) for problem in entered.problems],
        },
        text=text,
        grids=(*grids, *problem_grids(session, entered.problems)),
        exit_code=REFUSED if refused else OK,
    )


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise Refusal(Problem(code="CLI-013", args={"text": name}))
    return name.strip(), value


def _key(asked: EnterAsked, now: datetime) -> str:
    """The same call in the same second is the same entry."""
    return hashlib.sha256(repr((asked, now)).encode()).hexdigest()[:32]


enter = Verb(
    run_enter,
    [
        argument("form", metavar="FORM"),
        argument("values", nargs=-1, metavar="FIELD=VALUE..."),
        option("--org", metavar="CODE"),
        option("--person", metavar="PERSON_ID"),
        option("--registration", type=int, metavar="N"),
        option("--correct", type=int, metavar="FACT_ID"),
        option("--recorder"),
        option("--key"),
        option("--entered-at", type=MOMENT),
    ],
    EnterAsked,
)


def run_withdraw(session: Session, facts: tuple[int, ...], reason: str, at: datetime | None) -> Answer:
    """Take records back that should never have been."""
    from wangdi.app.entries import withdraw_facts

    with session.open_city() as city, session.standing(city) as standing:
        first = withdraw_facts(standing, facts, reason, actor_name(), at or read_clock())
    said = {"withdrawn": list(facts), "first_seq": first}
    return Answer(payload=said, text=session.word("withdrawn", facts=", ".join(map(str, facts)), first=first))


withdraw = Verb(
    run_withdraw,
    [
        argument("facts", type=click.INT, nargs=-1, required=True, metavar="FACT_ID..."),
        option("--reason", required=True),
        option("--at", type=MOMENT),
    ],
)
