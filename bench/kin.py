"""Whose mother, guardian or family somebody is, in a city of 4.8 million registrations: how soon, and how often it is right."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.match import PEOPLE
from bench.measuring import measure, tell
from bench.registered_city import MADE_AT, SENDER_BITS, deliver, make_registered_city
from wangdi.app.derivation import Standing, derive
from wangdi.app.questions import stand_on
from wangdi.app.relations import find_relations, refresh_keys
from wangdi.app.rolls import read_roll
from wangdi.language.library import load_library
from wangdi.link.people import parse_person
from wangdi.store.workspace import sql_text
from wangdi.web.door import ENGINE_MEMORY, ENGINE_THREADS

ASKED = 100


def bench_kin(people: int = PEOPLE) -> bool:
    """One person's relations, by the keys that are kept; and how many of those found are of one household."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        with make_registered_city(path, people) as city:
            deliver(city, path / "records.parquet", 0, 8 * people, MADE_AT)
            with city.workspace("3GB") as workspace:
                standing = stand_on(city, workspace, load_library())
                derive(standing)
                _, making = measure(lambda: refresh_keys(standing))
            with city.workspace(ENGINE_MEMORY, ENGINE_THREADS) as workspace:
                return _ask(stand_on(city, workspace, load_library()), path / "truth.parquet", making.cpu)


def _ask(standing: Standing, truth: Path, making: float) -> bool:
    workspace = standing.workspace
    children = (
        f"SELECT person_id FROM {derive(standing).people} WHERE birth_date > DATE '2013-01-01'"
        f" ORDER BY hash(person_id) LIMIT {ASKED}"
    )
    asked = workspace.numbers(children).tolist()
    roll = read_roll(derive(standing))
    costs, found = [], 0
    pairs: list[tuple[int, int, str]] = []
    for person in asked:
        rows, cost = measure(partial(find_relations, standing, person))
        costs.append(cost.cpu)
        found += bool(rows)
        for row in rows:
            ((other, _), *_) = roll.registrations_of([parse_person(row["person_id"]) or 0])
            ((one, _), *_) = roll.registrations_of([person])
            pairs.append((one & ((1 << SENDER_BITS) - 1), other & ((1 << SENDER_BITS) - 1), row["role"]))
    workspace.create_table("related", {"one": "BIGINT", "other": "BIGINT", "role": "VARCHAR"}, pairs)
    households = f"SELECT rec_id, household_id FROM read_parquet({sql_text(truth)})"
    judged = workspace.rows(
        "SELECT role, count(*), count(*) FILTER (a.household_id = b.household_id) FROM related r"
        f" JOIN ({households}) a ON a.rec_id = r.one JOIN ({households}) b ON b.rec_id = r.other GROUP BY 1 ORDER BY 1"
    )
    told = ", ".join(f"{role} {right}/{count}" for role, count, right in judged)
    wrong = 100 * (1 - sum(right for _, _, right in judged) / sum(count for _, count, _ in judged))
    note = f"{found} of {len(asked)} children have some; p95 {np.percentile(costs, 95):.3f}; keys {making:.1f} CPU-s"
    return all(
        [
            tell("kin: one person's relations, median", float(np.median(costs)), 0.05, "CPU-s", note),
            tell("kin: relations between two households", wrong, 1, "%", f"of one household: {told}"),
        ]
    )
