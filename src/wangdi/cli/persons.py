"""``people``, ``person show``, ``trace``, ``worklist``: from a figure to the people, and from a person to the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.figures import LEVELS
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import DAY, PERIOD, WordKind
from wangdi.cli.numbers import show_inside
from wangdi.cli.session import Session, read_clock
from wangdi.cli.words import column_title
from wangdi.core.periods import Period

if TYPE_CHECKING:
    from wangdi.app.people import Listed
    from wangdi.app.worklists import Told
    from wangdi.indicators.figures import Level
    from wangdi.indicators.why import Why
    from wangdi.language.library import Library

ROLES = {
    "mother": "role_mother",
    "child": "role_child",
    "guardian": "role_guardian",
    "ward": "role_ward",
    "family": "role_family",
    "household": "role_household",
}
SIGNS = {
    "newborn_name": "sign_newborn_name",
    "guardian_number": "sign_guardian_number",
    "family_number": "sign_family_number",
    "household": "sign_household",
}
PARTS = ("numerator", "denominator", "missing")
PAGE = 50


@dataclass(frozen=True, slots=True)
class PeopleAsked:
    """Which cell is opened, and how much of it is shown."""

    indicator: str
    period: Period
    area: str
    part: str
    level: Level | None
    known: str | None
    limit: int | None
    offset: int


def run_people(session: Session, asked: PeopleAsked) -> Answer:
    """The people behind one cell, each with why."""
    from wangdi.app.people import Asked, list_people

    limit = asked.limit if asked.limit is not None else (PAGE if session.format == "table" else None)
    cell = Asked(asked.indicator, asked.period, asked.area, asked.part, limit, asked.offset)
    with session.open_city() as city, session.standing(city, asked.known) as standing:
        listed = list_people(standing, cell, asked.level)
        known = standing.known
    footer = [session.word("footer_n", known=known)]
    if limit is not None and len(listed) == limit:
        footer.append(
            session.word("footer_page", first=asked.offset + 1, last=asked.offset + limit, next=asked.offset + limit)
        )
    rows = [{"person_id": one.person_id, "org": one.org, "why": [asdict(why) for why in one.why]} for one in listed]
    return Answer(
        payload={"rows": rows, "known": known, "offset": asked.offset},
        grids=(Grid(("person_id", "org", "why"), [_why_cells(session, one) for one in listed]),),
        rows=Grid(("person_id", "org", "why"), rows),
        footer=tuple(footer),
        text="" if rows else session.word("nobody"),
    )


def _why_cells(session: Session, listed: Listed) -> dict[str, Any]:
    reasons = []
    for why in listed.why:
        told = tell_inputs(why.inputs)
        reasons.append(f"{tell_reason(session, why)}（{told}）" if told else tell_reason(session, why))
    return {"person_id": listed.person_id, "org": listed.org, "why": "；".join(reasons)}


def tell_reason(session: Session, why: Why) -> str:
    """A clause, and whether the person meets it."""
    if "holds" not in why.inputs:
        return why.label
    return session.word("holds" if why.inputs["holds"] else "fails", label=why.label)


def tell_inputs(inputs: Mapping[str, Any]) -> str:
    """What a rule looked at, on one line: the records it names first."""
    parts = []
    for name, value in inputs.items():
        if name == "records":
            parts += [
                ", ".join(f"{key} {show_inside(item)}" for key, item in record.items() if item is not None)
                for record in value
            ]
        elif name != "holds" and value is not None:
            parts.append(f"{name} {show_inside(value)}")
    return "; ".join(parts)


people = Verb(
    run_people,
    [
        option("--indicator", required=True, metavar="ID"),
        option("--period", type=PERIOD, required=True, metavar="P"),
        option("--area", required=True, metavar="CODE"),
        option("--in", "part", type=WordKind(PARTS), default="missing"),
        option("--level", type=WordKind(LEVELS)),
        option("--known", metavar="DATE|TIMESTAMP|N"),
        option("--limit", type=int),
        option("--offset", type=int, default=0),
    ],
    PeopleAsked,
)


def run_show(session: Session, person: str, on: date | None, known: str | None) -> Answer:
    """Everything known of one person."""
    from wangdi.app.persons import show_person
    from wangdi.app.relations import find_relations
    from wangdi.link.people import check_person

    number = check_person(person)
    with session.open_city() as city, session.standing(city, known) as standing:
        found = show_person(standing, number, on)
        found["relations"] = find_relations(standing, number)
    head = {key: value for key, value in found["person"].items() if value is not None}
    registrations = Grid(
        ("fact_id", "org", "name", "sex", "birth_date", "id_no", "phone", "local_id", "registration"),
        [{**row, "registration": str(row["registration_id"])} for row in found["registrations"]],
        ("registration", "phone", "local_id"),
        session.word("registrations"),
    )
    relations = Grid(
        ("role", "person_id", "name", "evidence"),
        [_relation_cells(session, row) for row in found["relations"]],
        (),
        session.word("relations"),
    )
    facts = Grid(("fact_id", "form", "occurred_on", "org", "fields"), found["facts"], ("org",), session.word("facts"))
    due = Grid(
        ("programme", "task", "opens", "due", "closes", "state", "rule"), found["due"], ("rule",), session.word("due")
    )
    return Answer(
        payload=found,
        text="  ".join(f"{key} {show_inside(value)}" for key, value in head.items()),
        grids=(registrations, *((relations,) if found["relations"] else ()), facts, due),
        rows=facts,
    )


def _relation_cells(session: Session, row: Mapping[str, Any]) -> dict[str, Any]:
    signs = [
        session.word(SIGNS[sign["sign"]], own=sign["own"]["fact_id"], other=sign["other"]["fact_id"])
        for sign in row["evidence"]
    ]
    return {**row, "role": session.word(ROLES[row["role"]]), "evidence": "；".join(signs)}


show = Verb(
    run_show,
    [
        argument("person", metavar="PERSON_ID"),
        option("--on", type=DAY, metavar="DATE"),
        option("--known", metavar="DATE|TIMESTAMP|N"),
    ],
)


def run_slip(session: Session, person: str, on: date | None, known: str | None) -> Answer:
    """The slip to hand over after somebody's latest examination."""
    from wangdi.app.slips import hand_slip
    from wangdi.link.people import check_person

    number = check_person(person)
    with session.open_city() as city, session.standing(city, known) as standing:
        slip = hand_slip(standing, number, on)
    rows = [
        {"finding": one.finding, "value": "、".join(f"{v.label} {v.said}" for v in one.values)}
        | {"refer": session.word(f"refer_{one.refer}"), "advice": one.advice, "source": one.source}
        for one in slip.sentences
    ]
    found = Grid(("finding", "value", "advice", "refer", "source"), rows, ("source",), session.word("slip_found"))
    readings = _pairs({value.label: value.said for value in slip.values}, session.word("slip_values"))
    head = f"{slip.title}\n{slip.person_id}  {slip.on}  {slip.org}"
    footer = tuple(text for text in ("" if rows else slip.otherwise, slip.closing) if text)
    return Answer(payload=asdict(slip), text=head, grids=(found, readings), rows=found, footer=footer)


slip = Verb(
    run_slip,
    [
        argument("person", metavar="PERSON_ID"),
        option("--on", type=DAY, metavar="DATE"),
        option("--known", metavar="DATE|TIMESTAMP|N"),
    ],
)


def run_trace(session: Session, fact: int) -> Answer:
    """A fact, and the line of the file it was read from."""
    from wangdi.app.cities import open_library
    from wangdi.app.traces import trace_fact

    with session.open_city() as city, city.workspace() as workspace:
        library = open_library(city)
        found = trace_fact(city, workspace, library, fact)
    return Answer(payload=found, grids=_trace_grids(session, found, library))


def _trace_grids(session: Session, found: Mapping[str, Any], library: Library) -> tuple[Grid, ...]:
    """A trace as tables: the fact, its source, its history."""
    from wangdi.app.labels import label_fields

    fact, source = found["fact"], found["source"]
    told = {
        column_title(session.lang, name): value
        for name, value in fact.items()
        if name != "fields" and value is not None
    }
    told |= label_fields(library, fact["form"], fact["fields"], session.lang)
    tables = [_pairs(told, session.word("fact"))]
    tables.append(
        _pairs(
            {column_title(session.lang, name): value for name, value in source.items() if value is not None},
            session.word("source"),
        )
    )
    if len(found["history"]) > 1:
        columns = ("fact_id", "retired_by", "retired_kind", "fields")
        tables.append(Grid(columns, found["history"], (), session.word("history")))
    return tuple(tables)


def _pairs(values: Mapping[str, Any], title: str) -> Grid:
    rows = [
        {"item": name, "content": value if isinstance(value, str) else show_inside(value)}
        for name, value in values.items()
    ]
    return Grid(("item", "content"), rows, (), title)


trace = Verb(run_trace, [argument("fact", type=int, metavar="FACT_ID")])


@dataclass(frozen=True, slots=True)
class WorklistAsked:
    """Whose list, for which day."""

    org: str
    on: date | None
    within: int
    known: str | None
    limit: int | None
    offset: int


def run_worklist(session: Session, asked: WorklistAsked) -> Answer:
    """What is due at an institution on a day, a person's rows together so that one trip serves all."""
    from wangdi.app.cities import open_library
    from wangdi.app.contact_checks import find_day, tell_day
    from wangdi.app.questions import stand_on

    day = asked.on or read_clock().date()
    with session.open_city() as city, city.workspace() as workspace:
        standing = stand_on(city, workspace, open_library(city), asked.known, day)
        found = find_day(standing, asked.org, day, asked.within)
        limit = asked.limit if asked.limit is not None else (PAGE if session.format == "table" else None)
        page = tell_day(standing, found[asked.offset : None if limit is None else asked.offset + limit], day)
        known = standing.known
    rows = [_due_row(told) for told in page]
    footer = [
        session.word("footer_worklist", day=day, people=len({row.trip for row in found}), tasks=len(found), known=known)
    ]
    if len(page) < len(found):
        footer.append(
            session.word(
                "footer_page", first=asked.offset + 1, last=asked.offset + len(page), next=asked.offset + len(page)
            )
        )
    return Answer(
        payload={"rows": rows, "on": day, "org": asked.org, "known": known, "total": len(found)},
        grids=(
            Grid(_WORKLIST, _trip_cells(session, rows), ("phone", "org", "opens", "programme", "source", "inputs")),
        ),
        rows=Grid(
            (
                "trip",
                "person_id",
                "name",
                "phone",
                "address",
                "org",
                "programme",
                "task",
                "title",
                "due",
                "opens",
                "closes",
                "state",
                "overdue",
                "reason",
                "why",
            ),
            rows,
        ),
        footer=tuple(footer),
        text="" if rows else session.word("nothing_due"),
    )


_WINDOW = ("due", "opens", "closes", "state", "overdue", "trip", "anchor_on", "rule")


def _due_row(told: Told) -> dict[str, Any]:
    row, home = told.due, asdict(told.due.home)
    return {
        "person_id": row.person_id,
        **asdict(told.who),
        "org": row.org,
        "programme": row.programme,
        "task": row.task,
        "title": told.title,
        **{key: getattr(row, key) for key in _WINDOW},
        "reason": told.reason or None,
        "why": told.why,
        **home,
    }


_WORKLIST = (
    "trip",
    "name",
    "phone",
    "person_id",
    "org",
    "programme",
    "title",
    "due",
    "opens",
    "closes",
    "state",
    "why",
    "inputs",
    "source",
)


def _trip_cells(session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    cells = []
    before = None
    for row in rows:
        same = row["trip"] == before
        before = row["trip"]
        state = session.word(f"state_{row['state']}") + (session.word("overdue") if row["overdue"] else "")
        cells.append(
            {
                **row,
                "trip": "" if same else str(row["trip"]),
                "person_id": "〃" if same else row["person_id"],
                "name": "〃" if same else row["name"],
                "phone": "" if same else row["phone"],
                "state": state,
                "why": row["why"]["label"],
                "inputs": tell_inputs(row["why"]["inputs"]),
                "source": row["why"]["source"],
            }
        )
    return cells


worklist = Verb(
    run_worklist,
    [
        option("--org", required=True, metavar="CODE"),
        option("--on", type=DAY, metavar="DATE"),
        option("--within", type=int, default=0, metavar="DAYS"),
        option("--known", metavar="DATE|TIMESTAMP|N"),
        option("--limit", type=int),
        option("--offset", type=int, default=0),
    ],
    WorklistAsked,
)
