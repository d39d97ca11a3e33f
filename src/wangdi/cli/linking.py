"""``link`` and what people decide about who is who: ``person search|merge|split|succeed|review|decide|decisions|undo|quality``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import PATH, WordKind
from wangdi.cli.progress import show_steps
from wangdi.cli.session import Session, actor_name, read_clock

if TYPE_CHECKING:
    from pathlib import Path

    from wangdi.app.changed_numbers import Change
    from wangdi.app.link_decisions import By, Outcome
    from wangdi.app.reviewing import Side
    from wangdi.store.city import City
    from wangdi.store.records import LinkDecision

DECIDED = {"together": "pair_together", "apart": "pair_apart", "unsure": "pair_unsure"}
PAGE = 20


def run_link(session: Session, learn: bool) -> Answer:
    """Find who is who among all registrations of the city."""
    with session.open_city() as city:
        return have_linked(session, city, learn)


def have_linked(session: Session, city: City, learn: bool) -> Answer:
    """Link an open city and say what was found."""
    from wangdi.app.linking import STEPS, LinkRun, link_city

    run = LinkRun(actor_name(), read_clock(), learn)
    with (
        session.standing(city) as standing,
        show_steps(session, len(STEPS), session.word("linking")) as step,
    ):
        found = link_city(standing, run, lambda name: step(session.word(f"step_{name}")))
    names = ("registrations", "people", "people_before", "moved", "by_number")
    footer = [session.word("footer_n", known=found["known"])]
    if found["review"]:
        footer.insert(0, session.word("link_review", count=found["review"]))
    return Answer(
        payload=found, text=session.word("linked", **{name: found[name] for name in names}), footer=tuple(footer)
    )


link = Verb(run_link, [option("--learn", is_flag=True)])


def run_search(session: Session, words: tuple[str, ...], known: str | None) -> Answer:
    """People by name, number or telephone."""
    from wangdi.app.questions import read_places
    from wangdi.app.searching import find_people, read_words

    with session.open_city() as city, session.standing(city, known) as standing:
        found = find_people(standing, read_words(" ".join(words)), read_places(city, standing.known))
    columns = ("person_id", "name", "sex", "birth_date", "division", "id_tail", "matched")
    rows = [{name: getattr(one, name) for name in columns} for one in found.people]
    return Answer(
        payload={"rows": rows, "more": found.more},
        grids=(Grid(columns, rows),) if rows else (),
        rows=Grid(columns, rows),
        text="" if rows else session.word("nobody_found"),
        footer=(session.word("more_found", count=len(rows)),) if found.more else (),
    )


search = Verb(
    run_search, [argument("words", nargs=-1, required=True, metavar="WORDS"), option("--known", metavar="DATE|N")]
)


def run_merge(session: Session, one: str, other: str, why: str) -> Answer:
    """Decide that two people are one."""
    from wangdi.app.link_decisions import merge_people
    from wangdi.link.people import check_person

    pair = (check_person(one), check_person(other))
    with session.open_city() as city, session.standing(city) as standing:
        outcome = merge_people(standing, *pair, _by(why))
    return _tell(session, outcome, "people_merged")


merge = Verb(
    run_merge,
    [
        argument("one", metavar="PERSON_ID"),
        argument("other", metavar="PERSON_ID"),
        option("--why", required=True, metavar="TEXT"),
    ],
)


def run_split(session: Session, person: str, registrations: tuple[int, ...], why: str) -> Answer:
    """Decide that some of a person's registrations are somebody else's."""
    from wangdi.app.link_decisions import split_person
    from wangdi.link.people import check_person

    with session.open_city() as city, session.standing(city) as standing:
        outcome = split_person(standing, check_person(person), registrations, _by(why))
    return _tell(session, outcome, "person_split")


split = Verb(
    run_split,
    [
        argument("person", metavar="PERSON_ID"),
        argument("registrations", type=int, nargs=-1, required=True, metavar="REGISTRATION..."),
        option("--why", required=True, metavar="TEXT"),
    ],
)


@dataclass(frozen=True, slots=True)
class ReviewAsked:
    """Which pairs, and how many of them."""

    org: str | None
    limit: int | None
    offset: int


def run_review(session: Session, asked: ReviewAsked) -> Answer:
    """The pairs that linking left to people."""
    from wangdi.app.reviewing import Wanted, list_review

    limit = asked.limit if asked.limit is not None else (PAGE if session.format == "table" else None)
    with session.open_city() as city, session.standing(city) as standing:
        queue = list_review(standing, Wanted(asked.org or "", offset=asked.offset, limit=limit))
    sides = [(pair, _side(side), side is pair.one) for pair in queue.pairs for side in (pair.one, pair.other)]
    rows = [
        {
            "one": _side(pair.one),
            "other": _side(pair.other),
            "probability": round(pair.probability, 4),
            "kin": pair.kin,
            "rival": pair.rival,
            "unsure": pair.unsure,
        }
        for pair in queue.pairs
    ]
    columns = (
        "registration",
        "person_id",
        "org",
        "name",
        "sex",
        "birth_date",
        "id_no",
        "phone",
        "address",
        "probability",
    )
    shown = [
        {**side, "registration": str(side["registration"]), "probability": round(pair.probability, 4) if first else ""}
        for pair, side, first in sides
    ]
    return Answer(
        payload={"rows": rows, "total": queue.count, "run_at": queue.run_at},
        grids=(Grid(columns, shown, ("address", "phone")),) if rows else (),
        rows=Grid(("one", "other", "probability", "kin", "rival", "unsure"), rows),
        text="" if rows else session.word("nothing_to_review" if queue.run_at is not None else "never_linked"),
        footer=(session.word("review_total", count=queue.count),) if rows else (),
    )


review = Verb(
    run_review,
    [option("--org", metavar="CODE"), option("--limit", type=int), option("--offset", type=int, default=0)],
    ReviewAsked,
)


def run_decide(session: Session, one: int, other: int, verdict: str, why: str) -> Answer:
    """Decide about two registrations."""
    from wangdi.app.link_decisions import decide_pair

    with session.open_city() as city, session.standing(city) as standing:
        outcome = decide_pair(standing, (one, other), verdict, _by(why))
    return _tell(session, outcome, DECIDED[verdict])


decide = Verb(
    run_decide,
    [
        argument("one", type=int, metavar="REGISTRATION"),
        argument("other", type=int, metavar="REGISTRATION"),
        argument("verdict", type=WordKind(tuple(DECIDED)), metavar="together|apart|unsure"),
        option("--why", required=True, metavar="TEXT"),
    ],
)


def run_decisions(session: Session, known: str | None) -> Answer:
    """What people decided about who is who, the newest first."""
    with session.open_city() as city:
        held = city.link_decisions(city.seq_known(known))
    rows = [
        {"number": seq, "verdict": row.verdict, **_ends(row), "who": row.who, "reason": row.why} for seq, row in held
    ]
    columns = ("number", "verdict", "one", "other", "who", "reason")
    return Answer(
        payload={"rows": rows},
        grids=(Grid(columns, rows),) if rows else (),
        rows=Grid(columns, rows),
        text="" if rows else session.word("no_decisions"),
    )


decisions = Verb(run_decisions, [option("--known", metavar="DATE|N")])


def run_succeed(session: Session, old: str, new: str, why: str) -> Answer:
    """Record that somebody's identity number was changed."""
    from wangdi.app.changed_numbers import check_change

    return _record(session, [check_change(old, new)], why)


succeed = Verb(
    run_succeed,
    [
        argument("old", metavar="OLD_ID"),
        argument("new", metavar="NEW_ID"),
        option("--why", required=True, metavar="TEXT"),
    ],
)


def run_successions(session: Session, file: Path, why: str) -> Answer:
    """Record a list of changed identity numbers."""
    from wangdi.app.changed_numbers import read_changes

    return _record(session, read_changes(file), why)


successions = Verb(
    run_successions,
    [argument("file", type=PATH, metavar="FILE.csv"), option("--why", required=True, metavar="TEXT")],
)


def _record(session: Session, changes: Sequence[Change], why: str) -> Answer:
    from wangdi.app.successions import record_changes

    with session.open_city() as city, session.standing(city) as standing:
        outcome = record_changes(standing, changes, _by(why))
    if outcome is None:
        return Answer(payload={"number": None, "registrations": []}, text=session.word("numbers_known"))
    return _tell(session, outcome, "numbers_changed")


def run_undo(session: Session, number: int, why: str) -> Answer:
    """Take a decision back."""
    from wangdi.app.link_decisions import undo_decision

    with session.open_city() as city, session.standing(city) as standing:
        outcome = undo_decision(standing, number, _by(why))
    return _tell(session, outcome, "decision_undone")


undo = Verb(
    run_undo, [argument("number", type=int, metavar="DECISION"), option("--why", required=True, metavar="TEXT")]
)


def run_quality(session: Session, org: str | None, known: str | None) -> Answer:
    """What is wrong with registrations: counted by institution, or listed of one."""
    from wangdi.app.identity_quality import FLAWS, judge_registrations, list_flawed

    with session.open_city() as city, session.standing(city, known) as standing:
        quality = judge_registrations(standing)
        listed = list_flawed(standing, quality, quality.rows_of(org)) if org else []
    rows: list[dict[str, Any]]
    columns: tuple[str, ...]
    if org:
        columns = ("local_id", "name", "person_id", "flaws")
        rows = [
            {"local_id": one.local_id, "name": one.name, "person_id": one.person_id, "flaws": " ".join(one.flaws)}
            for one in listed
        ]
    else:
        columns = ("org", "registrations", *FLAWS, "beyond")
        rows = [
            {"org": one.org, "registrations": one.registrations, **one.counts, "beyond": one.beyond}
            for one in quality.by_org()
        ]
    shown = tuple(name for name in columns if org or name == "org" or any(row[name] for row in rows))
    return Answer(
        payload={"rows": rows},
        grids=(Grid(shown, rows),) if rows else (),
        rows=Grid(columns, rows),
        text="" if rows else session.word("nothing_flawed"),
    )


quality = Verb(run_quality, [option("--org", metavar="CODE"), option("--known", metavar="DATE|N")])


def _ends(row: LinkDecision) -> dict[str, str]:
    """What a decision is about: registrations, or of a change of numbers the persons these make by themselves."""
    from wangdi.link.people import show_person
    from wangdi.store.records import SUCCEEDED

    show = show_person if row.verdict == SUCCEEDED else str
    return {"one": show(row.one), "other": show(row.other)}


def _by(why: str) -> By:
    from wangdi.app.link_decisions import By

    return By(actor_name(), why, read_clock())


def _tell(session: Session, outcome: Outcome, key: str) -> Answer:
    from wangdi.link.people import show_person

    rows = [
        {"registration": str(one), "person_id": show_person(person)} for one, person in sorted(outcome.moved.items())
    ]
    grids = (Grid(("registration", "person_id"), rows, title=session.word("registrations")),) if rows else ()
    return Answer(
        payload={"number": outcome.number, "registrations": rows},
        text=session.word(key, number=outcome.number),
        grids=grids,
        rows=Grid(("registration", "person_id"), rows),
    )


def _side(side: Side) -> dict[str, Any]:
    return {
        "registration": side.registration,
        "person_id": side.person_id,
        "org": side.org,
        "since": side.since,
        **side.said,
    }
