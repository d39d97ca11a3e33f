"""``event``: an investigation from opening to report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import DAY
from wangdi.cli.session import Session, actor_name, read_clock

if TYPE_CHECKING:
    from wangdi.app.events import Author
    from wangdi.outbreaks.investigation.values import Investigation
    from wangdi.store.city import City

_OF_EVENT = [
    option("--title", metavar="TEXT"),
    option("--disease", metavar="NAME|CODE"),
    option("--region", metavar="CODE"),
    option("--lead", metavar="ORG"),
    option("--grade", metavar="I|II|III|IV"),
    option("--erase-days", metavar="DAYS"),
    option("--monitor-days", metavar="DAYS"),
]
EVENT = argument("event", metavar="EVENT")


def read_author() -> Author:
    """Who is at the keyboard, and now."""
    from wangdi.app.events import Author

    return Author(actor_name(), read_clock())


def given_texts(texts: Mapping[str, str | None]) -> dict[str, str]:
    """What was said: an option given with an empty text clears."""
    return {name: text for name, text in texts.items() if text is not None}


# ---- the event itself -------------------------------------------------------------------------------------------------
def run_open(session: Session, asked: dict[str, str | None]) -> Answer:
    """Open an event."""
    from wangdi.app.event_opening import open_from_signal
    from wangdi.app.events import open_event, read_event, set_for

    asked["opened_on"] = asked.pop("on")
    said = given_texts(asked)
    with session.open_city() as city:
        if said.get("signal"):
            with session.standing(city) as standing:
                event = open_from_signal(standing, said, read_author())
        else:
            event = open_event(city, said, read_author())
        found = read_event(city, event)
    monitoring, days = set_for(found.event)
    source = " ".join(filter(None, (monitoring.source, monitoring.doubt)))
    notes = () if found.event.monitor_days is not None else (session.word("event_doubt", days=days, source=source),)
    return Answer(
        payload={"event": event, "monitor_days": days},
        text=session.word("event_opened", event=event, days=days, erase=found.event.erase_days),
        notes=notes,
    )


open_verb = Verb(run_open, [*_OF_EVENT, option("--signal", metavar="SIGNAL"), option("--on", metavar="DATE")], dict)


def run_change(session: Session, asked: dict[str, str | None]) -> Answer:
    """Correct what an event says of itself."""
    from wangdi.app.events import change_event

    event = asked.pop("event") or ""
    with session.open_city() as city:
        change_event(city, event, given_texts(asked), read_author())
    return Answer(payload={"event": event}, text=session.word("event_changed", event=event))


change = Verb(run_change, [EVENT, *_OF_EVENT], dict)


def run_list(session: Session, known: str | None) -> Answer:
    """Every event."""
    from wangdi.app.events import count_members, find_events
    from wangdi.outbreaks.investigation.saying import label_code

    with session.open_city() as city:
        number = city.seq_known(known)
        found, counts = find_events(city, number), count_members(city, number)
    rows = [
        {
            "event": name,
            "title": event.title,
            "disease": event.disease,
            "region": event.region,
            "state": event.state,
            "opened_on": event.opened_on,
            "closed_on": event.closed_on,
            **dict(zip(("cases", "contacts"), counts.get(name, (0, 0)), strict=True)),
        }
        for name, event in found
    ]
    columns = ("event", "title", "disease", "region", "state", "opened_on", "closed_on", "cases", "contacts")
    shown = [row | {"state": label_code("event_state", str(row["state"]), session.lang)} for row in rows]
    return Answer(
        payload={"rows": rows},
        grids=(Grid(columns, shown, ("closed_on", "region")),) if rows else (),
        rows=Grid(columns, rows),
        text="" if rows else session.word("no_events"),
    )


list_events = Verb(run_list, [option("--known", metavar="DATE|N")])


@dataclass(frozen=True, slots=True)
class ShowAsked:
    """Which event, on which day, as known when."""

    event: str
    on: date | None
    known: str | None
    timeline: bool


def run_show(session: Session, asked: ShowAsked) -> Answer:
    """One event: what it is, its cases, its contacts and today's checks; or all that was ever written down of it."""
    from wangdi.app.events import read_event

    on = asked.on or read_clock().date()
    with session.open_city() as city:
        known = city.seq_known(asked.known)
        found = read_event(city, asked.event, known)
        return _tell_timeline(city, asked.event, known) if asked.timeline else _tell_event(session, found, on)


def _tell_timeline(city: City, event: str, known: int) -> Answer:
    from wangdi.app.event_summary import tell_timeline

    rows = [
        {
            "known": one.seq,
            "at": one.at,
            "who": one.who,
            "kind": one.kind,
            "number": one.number,
            "action": one.action,
            "said": dict(one.said),
        }
        for one in tell_timeline(city, event, known)
    ]
    grid = Grid(("known", "at", "who", "kind", "number", "action", "said"), rows, ("known",))
    return Answer(payload={"event": event, "rows": rows}, grids=(grid,))


_CASES = ("number", "name", "card", "case_class", "onset", "place", "infector", "withdrawn")
_CONTACTS = ("number", "name", "phone", "kind", "of", "last_exposure_on", "last_day", "today", "checks", "org")


def _tell_event(session: Session, found: Investigation, on: date) -> Answer:
    from wangdi.app.event_summary import list_cases, list_contacts, summarise_event
    from wangdi.outbreaks.investigation.saying import label_code

    said, cases, contacts = summarise_event(found, on), list_cases(found), list_contacts(found, on)
    counts = {name: said["counts"][name] for name in ("cases", "deaths", "contacts", "samples", "answers")}
    state = label_code("event_state", found.event.state, session.lang)
    grids = []
    if cases:
        rows = [
            _labelled(row, session.lang, case_class="case_case_class") | {"onset": _show_when(row["onset"])}
            for row in cases
        ]
        grids.append(Grid(_CASES, rows, ("card", "infector"), session.word("event_cases")))
    if contacts:
        rows = [
            _labelled(row, session.lang, kind="contact_kind")
            | {"today": session.word(f"state_{row['today']}") if row["today"] else ""}
            for row in contacts
        ]
        spare = ("of", "org", "last_exposure_on")
        grids.append(Grid(_CONTACTS, rows, spare, session.word("event_contacts", day=on)))
    return Answer(
        payload={**said, "on": on, "case_list": cases, "contact_list": contacts},
        text=session.word("event_head", event=found.id, title=found.event.title, state=state, **counts),
        grids=tuple(grids),
    )


def _show_when(when: date | None) -> str:
    """A day, or a moment without its seconds."""
    from wangdi.outbreaks.investigation.bodies import show_when

    return "" if when is None else show_when(when).replace("T", " ")


def _labelled(row: Mapping[str, Any], lang: str, **groups: str) -> dict[str, Any]:
    """A row with the words of its codes."""
    from wangdi.outbreaks.investigation.saying import label_code

    return {**row, **{name: label_code(group, row[name], lang) for name, group in groups.items()}}


show = Verb(
    run_show,
    [
        EVENT,
        option("--on", type=DAY, metavar="DATE"),
        option("--known", metavar="DATE|N"),
        option("--timeline", is_flag=True),
    ],
    ShowAsked,
)


@dataclass(frozen=True, slots=True)
class CloseAsked:
    """Which event, and whether to close it or open it again."""

    event: str
    on: date | None
    reopen: bool


def run_close(session: Session, asked: CloseAsked) -> Answer:
    """Close an event, or open it again."""
    from wangdi.app.event_erasing import erase_on
    from wangdi.app.events import close_event, reopen_event

    author = read_author()
    with session.open_city() as city:
        if asked.reopen:
            reopen_event(city, asked.event, author)
            return Answer(
                payload={"event": asked.event, "state": "open"}, text=session.word("event_reopened", event=asked.event)
            )
        event = close_event(city, asked.event, asked.on or author.at.date(), author)
    return Answer(
        payload={"event": asked.event, "state": event.state, "closed_on": event.closed_on, "erase_on": erase_on(event)},
        text=session.word("event_closed", event=asked.event, day=erase_on(event)),
    )


close = Verb(run_close, [EVENT, option("--on", type=DAY, metavar="DATE"), option("--reopen", is_flag=True)], CloseAsked)


def run_erase(session: Session, event: str | None, on: date | None) -> Answer:
    """Erase the names of one closed event now, or of all whose day has come."""
    from wangdi.app.event_erasing import erase_due, erase_event

    author = read_author()
    day = on or author.at.date()
    with session.open_city() as city:
        erased = [erase_event(city, event, day, author)] if event else erase_due(city, day, author)
    rows = [{"event": one.event, "erased": one.people, "covered": one.covered} for one in erased]
    return Answer(
        payload={"on": day, "rows": rows},
        grids=(Grid(("event", "erased", "covered"), rows),) if rows else (),
        text="" if rows else session.word("nothing_to_erase", day=day),
    )


erase = Verb(
    run_erase, [argument("event", required=False, metavar="[EVENT]"), option("--on", type=DAY, metavar="DATE")]
)
