"""What linking leaves to people: pairs of registrations that may be one person, each with what speaks for and against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np

from wangdi.app.derivation import Standing, derive
from wangdi.app.linking import read_city_weights, review_folder
from wangdi.app.questions import as_of_number
from wangdi.core.problem import Problem, Refusal
from wangdi.link.levels import decode_levels
from wangdi.link.people import show_person
from wangdi.link.scoring import explain_levels, with_rivals
from wangdi.store.records import SUCCEEDED, UNSURE
from wangdi.store.workspace import sql_text

SAID = ("name", "sex", "birth_date", "id_type", "id_no", "nationality", "phone", "address", "local_id")
"""What is shown of a registration, in this order."""


@dataclass(frozen=True, slots=True)
class Side:
    """One registration of a pair, as its institution knows the person. Missing: None where it does not say."""

    registration: int
    person_id: str
    org: str
    since: datetime | None
    said: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two registrations to look at. ``kin``: they may be twins, or brothers and sisters; ``rival``: one of them waits beside
    another person as well; ``unsure``: somebody looked already.
    """

    one: Side
    other: Side
    probability: float
    weight: float
    levels: int
    kin: bool
    unsure: bool
    rival: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits. ``count``: pairs in all; ``by_org``: of which institutions, each pair counted at both of its ends."""

    pairs: tuple[Pair, ...]
    count: int
    by_org: tuple[tuple[str, int], ...] = ()
    by_age: tuple[tuple[str, int], ...] = ()
    """By age of whoever of the pair has a birth date, as one of ``AGES``."""
    run_at: int | None = None
    """The number at which linking left them; null where it never ran."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pairs: of an institution, of an age, this one, those somebody was unsure about; or all. And which page."""

    org: str = ""
    age: str = ""
    pair: tuple[int, int] | None = None
    unsure: bool = False
    offset: int = 0
    limit: int | None = None


AGES = ("0", "1-6", "7-17", "18-64", "65+", "unknown")
_AGE_SQL = """CASE WHEN years IS NULL THEN 'unknown' WHEN years < 1 THEN '0' WHEN years < 7 THEN '1-6' WHEN years < 18 THEN '7-17'
    WHEN years < 65 THEN '18-64' ELSE '65+' END"""


def list_review(standing: Standing, wanted: Wanted) -> Queue:
    """The pairs that wait, the likeliest first, those somebody was unsure about last.

    Rule: a pair that is one person by now, or was decided, waits no more.
    """
    workspace = standing.workspace
    folder = review_folder(standing.city)
    runs = [known for known in folder.bases() if known <= standing.known]
    if not runs:
        return Queue((), 0)
    pairs = f"read_parquet({sql_text(folder.base(runs[-1]) / 'pairs.parquet')})"
    _put_waiting(standing, pairs)
    test = _test(wanted)
    count = workspace.one(f"SELECT count(*) FROM waiting w WHERE {test}")
    page = "" if wanted.limit is None else f" LIMIT {wanted.limit} OFFSET {wanted.offset}"
    rows = workspace.dicts(f"SELECT * FROM waiting w WHERE {test} ORDER BY unsure, probability DESC, one, other{page}")
    by_org = workspace.rows(
        "SELECT org, count(*) FROM (SELECT one_org AS org FROM waiting UNION ALL SELECT other_org FROM waiting"
        " WHERE other_org <> one_org) GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    ages: dict[str, int] = dict(workspace.rows("SELECT age, count(*) FROM waiting GROUP BY 1"))
    by_age = tuple((age, ages[age]) for age in AGES if age in ages)
    return Queue(tuple(_read_pairs(standing, rows)), count[0] if count else 0, tuple(by_org), by_age, runs[-1])


def _test(wanted: Wanted) -> str:
    tests = ["TRUE", *(["w.unsure"] if wanted.unsure else [])]
    if wanted.org:
        tests.append(f"{sql_text(wanted.org)} IN (w.one_org, w.other_org)")
    if wanted.age:
        tests.append(f"w.age = {sql_text(wanted.age)}")
    if wanted.pair is not None:
        tests.append(f"w.one = {min(wanted.pair)} AND w.other = {max(wanted.pair)}")
    return " AND ".join(tests)


def find_pair(standing: Standing, one: int, other: int) -> Pair:
    """One pair that waits. Errors: LINK-028 it does not, or not any more."""
    for pair in list_review(standing, Wanted(pair=(one, other))).pairs:
        return pair
    raise Refusal(Problem(code="LINK-028", args={"one": str(one), "other": str(other)}))


def explain_pair(standing: Standing, pair: Pair) -> list[dict[str, Any]]:
    """What each field adds to a pair's weight, in bits, with the weights the city is linked by. It sums to the weight.

    ``rivals``: what others of proved number take off, because a registration is one person's.
    """
    levels = decode_levels(np.array([pair.levels]))[0].tolist()
    weight, parts = explain_levels(read_city_weights(standing), levels)
    return [asdict(part) for part in with_rivals(parts, pair.weight - weight)]


def _put_waiting(standing: Standing, pairs: str) -> None:
    """Pairs that still wait, as the table ``waiting``: with whose registrations they are and at which institutions."""
    workspace = standing.workspace
    held = [row for _, row in standing.city.link_decisions(standing.known) if row.verdict != SUCCEEDED]
    decided = [(row.one, row.other, row.verdict == UNSURE) for row in held]
    workspace.create_table("decided_pair", {"one": "BIGINT", "other": "BIGINT", "unsure": "BOOLEAN"}, decided)
    links, day = derive(standing).links, as_of_number(standing.city, standing.known)
    workspace.run(
        f"""
        CREATE OR REPLACE TEMP TABLE waiting AS
        WITH pair AS (SELECT * FROM {pairs}),
        asked AS (SELECT one AS registration_id FROM pair UNION SELECT other FROM pair),
        whose AS (
            SELECT l.registration_id, l.person_id, l.first_seq, l.birth_date AS birth
            FROM {links} l SEMI JOIN asked USING (registration_id)
        ),
        place AS (
            SELECT registration_id, arg_min(org, seq) AS org
            FROM {standing.registrations} SEMI JOIN asked USING (registration_id) GROUP BY 1
        ),
        beside AS (
            SELECT p.*, a.person_id AS one_person, b.person_id AS other_person, a.first_seq AS one_seq,
                   b.first_seq AS other_seq, coalesce(x.org, '') AS one_org, coalesce(y.org, '') AS other_org,
                   coalesce(d.unsure, FALSE) AS unsure,
                   date_sub('year', coalesce(a.birth, b.birth), DATE '{day}') AS years
            FROM pair p JOIN whose a ON a.registration_id = p.one JOIN whose b ON b.registration_id = p.other
            LEFT JOIN place x ON x.registration_id = p.one LEFT JOIN place y ON y.registration_id = p.other
            LEFT JOIN decided_pair d ON d.one = p.one AND d.other = p.other
            WHERE a.person_id <> b.person_id AND coalesce(d.unsure, TRUE)
        ),
        claimed AS (
            SELECT registration_id FROM (
                SELECT one AS registration_id, other_person AS person_id FROM beside
                UNION SELECT other, one_person FROM beside
            ) GROUP BY 1 HAVING count(*) > 1
        )
        SELECT *, {_AGE_SQL} AS age,
               one IN (SELECT registration_id FROM claimed) OR other IN (SELECT registration_id FROM claimed) AS rival
        FROM beside
        """
    )


def _read_pairs(standing: Standing, rows: Sequence[dict[str, Any]]) -> Iterable[Pair]:
    said = read_said(standing, [row[end] for row in rows for end in ("one", "other")])

    def side(row: dict[str, Any], end: str) -> Side:
        number = row[end]
        moment = standing.city.acceptance(row[f"{end}_seq"])
        since = moment[0].accepted_at if moment else None
        return Side(number, show_person(row[f"{end}_person"]), row[f"{end}_org"], since, said.get(number, {}))

    for row in rows:
        yield Pair(
            side(row, "one"),
            side(row, "other"),
            row["probability"],
            row["weight"],
            row["levels"],
            row["kin"],
            row["unsure"],
            row["rival"],
        )


def read_said(standing: Standing, registrations: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What each registration says, of every attribute the latest."""
    workspace = standing.workspace
    workspace.create_table("asked_about", {"registration_id": "BIGINT"}, [(one,) for one in sorted(set(registrations))])
    latest = ", ".join(f"arg_max({name}, seq) AS {name}" for name in SAID)
    rows = workspace.dicts(
        f"SELECT registration_id, {latest} FROM {standing.registrations} SEMI JOIN asked_about USING (registration_id)"
        " GROUP BY 1"
    )
    return {row.pop("registration_id"): row for row in rows}
