"""``cards``: report cards of infectious diseases, listed, late, entered twice, counted, and those registers show to be missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from wangdi.catalog.codelists import load_codelists
from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, option
from wangdi.cli.kinds import DAY
from wangdi.cli.session import Session

if TYPE_CHECKING:
    from wangdi.app.derivation import Standing
    from wangdi.app.report_cards import Stretch

REASONS = {
    "no_card": "unreported_no_card",
    "card_not_found": "unreported_not_found",
    "card_deleted": "unreported_deleted",
}
CARD_COLUMNS = (
    "card_no", "disease_name", "case_class", "onset_on", "diagnosed_at", "reported_at", "limit_hours", "late_hours",
    "reporting_unit", "fact_id",
)  # fmt: skip
SPARE = ("person_id", "limit_hours", "onset_on", "fact_id")
CODED = {"case_class": "case_class", "register": "disease_register"}
PAGE = 50


@dataclass(frozen=True, slots=True)
class CardsAsked:
    """Which days, and as known when."""

    first: date | None
    last: date | None
    known: str | None


def _days() -> list[Any]:
    return [
        option("--from", "first", type=DAY, metavar="DAY"),
        option("--to", "last", type=DAY, metavar="DAY"),
        option("--known", metavar="DATE|TIMESTAMP|N"),
    ]


def _ask(session: Session, asked: CardsAsked, find: Callable[[Standing, Stretch], Any]) -> tuple[Any, int]:
    from wangdi.app.report_cards import Stretch

    with session.open_city() as city, session.standing(city, asked.known) as standing:
        return find(standing, Stretch(asked.first, asked.last)), standing.known


def _answer(
    session: Session, found: tuple[list[dict[str, Any]], int], columns: tuple[str, ...], *more: tuple[str, Grid]
) -> Answer:
    rows, known = found
    shown = rows if session.format != "table" else [_in_words(session, row) for row in rows[:PAGE]]
    footer = [session.word("footer_n", known=known)]
    if len(rows) > len(shown):
        footer.append(session.word("footer_cards", left=len(rows) - len(shown)))
    return Answer(
        payload={"rows": rows, "known": known} | {name: grid.rows for name, grid in more},
        grids=(*((Grid(columns, shown, SPARE),) if rows else ()), *(grid for _, grid in more if grid.rows)),
        rows=Grid(tuple(rows[0]) if rows else columns, rows),
        text="" if rows else session.word("no_cards"),
        footer=tuple(footer),
    )


def _in_words(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    """A row with its codes in words."""
    told = dict(row)
    for name, codes in CODED.items():
        if row.get(name):
            told[name] = load_codelists()[codes].label(row[name], session.lang)
    if "reason" in row:
        told["reason"] = session.word(REASONS[row["reason"]])
    return told


def run_list(session: Session, asked: CardsAsked) -> Answer:
    """Every card entered in a stretch of days."""
    from wangdi.app.report_cards import list_cards

    return _answer(session, _ask(session, asked, list_cards), CARD_COLUMNS)


def run_late(session: Session, asked: CardsAsked) -> Answer:
    """The cards that came late, and how each reporting unit did."""
    from wangdi.app.report_cards import list_late

    (rows, units), known = _ask(session, asked, list_late)
    columns = ("reporting_unit", "cards", "in_time", "late")
    return _answer(session, (rows, known), CARD_COLUMNS, ("units", Grid(columns, units)))


def run_duplicates(session: Session, asked: CardsAsked) -> Answer:
    """The cards that are one case entered more than once."""
    from wangdi.app.report_cards import list_duplicates

    columns = (
        "group",
        "days",
        "card_no",
        "disease_name",
        "onset_on",
        "reported_at",
        "reporting_unit",
        "person_id",
        "fact_id",
    )
    return _answer(session, _ask(session, asked, list_duplicates), columns)


def run_count(session: Session, asked: CardsAsked) -> Answer:
    """How many cards there are of each disease."""
    from wangdi.app.report_cards import count_cards

    columns = ("disease", "disease_name", "cases", "suspected", "others", "deaths")
    return _answer(session, _ask(session, asked, count_cards), columns)


def run_missing(session: Session, asked: CardsAsked) -> Answer:
    """What registers hold that was never reported."""
    from wangdi.app.report_cards import find_missing

    (rows, orgs), known = _ask(session, asked, find_missing)
    columns = ("org", "register", "registered_no", "found_on", "disease_name", "reason", "person_id", "fact_id")
    return _answer(
        session,
        (rows, known),
        columns,
        ("organisations", Grid(("org", "registered", "reported", "unreported", "unreported_cases"), orgs)),
    )


list_cards = Verb(run_list, _days(), CardsAsked)
late = Verb(run_late, _days(), CardsAsked)
duplicates = Verb(run_duplicates, _days(), CardsAsked)
count = Verb(run_count, _days(), CardsAsked)
missing = Verb(run_missing, _days(), CardsAsked)
