"""``event case|contact|check|place|sample|team|note|import``: what belongs to an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from wangdi.cli.answer import OK, REFUSED, Answer
from wangdi.cli.events import EVENT, given_texts, read_author
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import PATH
from wangdi.cli.session import Session
from wangdi.core.problem import Problem, Refusal

_ABOUT = ("name", "id_no", "phone", "person_id", "address")
_WHO = [
    option("--name", metavar="TEXT"),
    option("--id-no", metavar="NUMBER"),
    option("--phone", metavar="NUMBER"),
    option("--person", "person_id", metavar="PERSON_ID"),
    option("--address", metavar="TEXT"),
]


def _writer(kind: str, about: Sequence[str] = ()) -> Callable[[Session, dict[str, Any]], Answer]:
    """A verb that adds a row of a kind, or corrects the one of a number. ``about``: options that say who somebody is."""

    def run(session: Session, asked: dict[str, Any]) -> Answer:
        from wangdi.app.events import Draft, write_down

        event, number = asked.pop("event"), asked.pop("number")
        if asked.get("withdrawn") and number is None:
            raise Refusal(Problem(code="CLI-003", args={"name": "NUMBER", "verb": f"wangdi {kind.replace('.', ' ')}"}))
        given = given_texts(asked)
        draft = Draft(
            kind,
            {name: text for name, text in given.items() if name not in about},
            number,
            {name: text for name, text in given.items() if name in about},
        )
        with session.open_city() as city:
            written = write_down(city, event, draft, read_author())
        return Answer(
            payload={"event": event, "number": written}, text=session.word("event_written", event=event, number=written)
        )

    return run


def _row_verb(kind: str, options: Sequence[click.Parameter], about: Sequence[str] = ()) -> Verb:
    number = argument("number", type=click.IntRange(min=1), required=False, metavar="[NUMBER]")
    withdraw = option("--withdraw", "withdrawn", metavar="WHY")
    return Verb(_writer(kind, about), [EVENT, number, *options, withdraw], dict)


case = _row_verb(
    "event.case",
    [
        *_WHO,
        option("--card", metavar="CARD_NO"),
        option("--class", "case_class", metavar="CLASS"),
        option("--sex", metavar="1|2"),
        option("--age", metavar="YEARS"),
        option("--onset", metavar="MOMENT"),
        option("--exposed", "exposed_at", metavar="MOMENT"),
        option("--place", metavar="TEXT"),
        option("--infector", metavar="CASE"),
        option("--died", "died_on", metavar="DATE"),
    ],
    _ABOUT,
)
contact = _row_verb(
    "event.contact",
    [
        *_WHO,
        option("--kind", metavar="KIND"),
        option("--of", metavar="CASE"),
        option("--relation", metavar="TEXT"),
        option("--last-exposure", "last_exposure_on", metavar="DATE"),
        option("--until", metavar="DATE"),
        option("--org", metavar="CODE"),
        option("--became", metavar="CASE"),
    ],
    _ABOUT,
)
place = _row_verb(
    "event.place",
    [
        option("--name", metavar="TEXT"),
        option("--kind", metavar="TEXT"),
        option("--region", metavar="CODE"),
        option("--people", metavar="N"),
    ],
)
sample = _row_verb(
    "event.sample",
    [
        option("--kind", metavar="TEXT"),
        option("--of", metavar="TEXT"),
        option("--taken", "taken_on", metavar="DATE"),
        option("--lab", metavar="TEXT"),
        option("--test", metavar="TEXT"),
        option("--result", metavar="RESULT"),
        option("--agent", metavar="TEXT"),
        option("--result-on", metavar="DATE"),
    ],
)
team = _row_verb(
    "event.team",
    [
        option("--name", metavar="TEXT"),
        option("--role", metavar="TEXT"),
        option("--org", metavar="TEXT"),
        option("--first", "first_on", metavar="DATE"),
        option("--last", "last_on", metavar="DATE"),
        option("--shift", metavar="TEXT"),
    ],
)
note = _row_verb(
    "event.note",
    [option("--text", metavar="TEXT"), option("--kind", metavar="KIND"), option("--on", metavar="DATE")],
)


def run_check(session: Session, asked: dict[str, Any]) -> Answer:
    """Write down a contact's check."""
    from wangdi.app.events import write_check

    event, number = asked.pop("event"), asked.pop("contact")
    asked["state"] = "failed" if asked.pop("failed") else "done"
    with session.open_city() as city:
        key = write_check(city, event, number, given_texts(asked), read_author())
    day = key.rstrip("/").rpartition("/")[2]
    return Answer(
        payload={"event": event, "contact": number, "day": day, "state": asked["state"]},
        text=session.word("event_checked", event=event, number=number, day=day),
    )


check = Verb(
    run_check,
    [
        EVENT,
        argument("contact", type=click.IntRange(min=1), metavar="CONTACT"),
        option("--on", "day", metavar="DATE"),
        option("--temperature", "temperature_c", metavar="CELSIUS"),
        option("--symptoms", metavar="TEXT"),
        option("--failed", is_flag=True),
    ],
    dict,
)


def run_import(session: Session, event: str, file: Path) -> Answer:
    """Take a list of contacts or a questionnaire into an event."""
    from wangdi.app.event_import import import_file

    with session.open_city() as city, session.standing(city) as standing:
        found = import_file(standing, event, file, read_author())
    counts = {
        "lines": found.lines,
        "written": len(found.numbers),
        "refused": found.refused,
        "matched": found.matched,
        "perhaps": found.perhaps,
    }
    return Answer(
        payload={
            "event": event,
            "kind": found.kind,
            **counts,
            "numbers": list(found.numbers),
            "problems": [one.as_json(session.lang) for one in found.problems],
        },
        text=session.word("event_imported", **counts),
        notes=tuple(one.text(session.lang) for one in found.problems),
        exit_code=REFUSED if found.refused else OK,
    )


import_verb = Verb(run_import, [EVENT, argument("file", type=PATH, metavar="FILE")])
