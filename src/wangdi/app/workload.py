"""How much is due where: counts for every organisation and area at once, and when the next thing opens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from wangdi.app.derivation import Standing, derive
from wangdi.indicators.figures import Places
from wangdi.programmes.worklist import plan_due
from wangdi.store.workspace import sql_texts


@dataclass(frozen=True, slots=True)
class Load:
    """People of a place and the things due for them. Units: people, people, people, things.

    ``due``: with something to do on the day; ``overdue``: with something past its due day among it; ``opening``: with
    something that opens in the days looked ahead; ``tasks``: all these things.
    """

    due: int = 0
    overdue: int = 0
    opening: int = 0
    tasks: int = 0

    def plus(self, other: Load) -> Load:
        """Both together, of people who are not the same."""
        return Load(
            self.due + other.due,
            self.overdue + other.overdue,
            self.opening + other.opening,
            self.tasks + other.tasks,
        )


def count_due(standing: Standing, places: Places, on: date, within: int = 0) -> dict[str, Load]:
    """What is due on a day at every organisation, with those under it, and in every area: by code.

    Rule: the same things as :func:`wangdi.app.worklists.find_due`. A person looked after by two organisations counts once
    in what is above both. Missing: a place with nothing due.
    """
    derived = derive(standing)
    plans = [
        f"SELECT org, subject_id, state, overdue FROM ({plan_due(table, on, on + timedelta(days=within))})"
        for name in standing.enrolling
        if (table := derived.table(name, "obligation"))
    ]
    if not plans:
        return {}
    workspace = standing.workspace
    workspace.run(
        "CREATE OR REPLACE TEMP TABLE load_pair AS SELECT org, subject_id, bool_or(state = 'ready') AS due,"
        " bool_or(overdue) AS overdue, bool_or(state = 'draft') AS opening, count(*) AS tasks"
        f" FROM ({' UNION ALL '.join(plans)}) WHERE org IS NOT NULL GROUP BY ALL"
    )
    # Nearly everybody has one organisation: these are summed up the trees; only the others need to be told apart.
    workspace.run(
        "CREATE OR REPLACE TEMP TABLE load_twice AS SELECT subject_id FROM load_pair GROUP BY 1 HAVING count(*) > 1"
    )
    above = _above(places, on)
    counted = "count(*) FILTER (due), count(*) FILTER (overdue), count(*) FILTER (opening), sum(tasks)::BIGINT"
    found: dict[str, Load] = {}
    for org, *numbers in workspace.rows(
        f"SELECT org, {counted} FROM load_pair ANTI JOIN load_twice USING (subject_id) GROUP BY 1"
    ):
        for code in above.get(org, (org,)):
            found[code] = found.get(code, Load()).plus(Load(*numbers))
    for code, load in _count_twice(standing, above, counted):
        found[code] = found.get(code, Load()).plus(load)
    for table in ("load_pair", "load_twice"):
        workspace.run(f"DROP TABLE {table}")
    workspace.drop_table("load_above")
    return found


def _count_twice(standing: Standing, above: Mapping[str, Sequence[str]], counted: str) -> Iterable[tuple[str, Load]]:
    """The same of the people whom more than one organisation looks after."""
    workspace = standing.workspace
    pairs = [(code, org) for org, codes in above.items() for code in codes]
    workspace.create_table("load_above", {"place": "VARCHAR", "org": "VARCHAR"}, pairs)
    rows = workspace.rows(
        f"SELECT place, {counted} FROM (SELECT a.place, p.subject_id, bool_or(p.due) AS due, bool_or(p.overdue) AS overdue,"
        " bool_or(p.opening) AS opening, sum(p.tasks) AS tasks FROM load_pair p SEMI JOIN load_twice USING (subject_id)"
        " JOIN load_above a USING (org) GROUP BY ALL) GROUP BY 1"
    )
    return [(code, Load(*numbers)) for code, *numbers in rows]


def _above(places: Places, on: date) -> dict[str, tuple[str, ...]]:
    """Every organisation with all that it belongs to on a day: itself, those over it, and their areas."""
    found: dict[str, tuple[str, ...]] = {}
    for code in places.organisations.rows:
        row = places.organisations.find(code, on)
        codes = [code, *(one.code for one in places.organisations.ancestors(code, on))]
        if row is not None:
            codes += [row.region, *(one.code for one in places.regions.ancestors(row.region, on))]
        found[code] = tuple(dict.fromkeys(codes))
    return found


def find_next_opening(standing: Standing, orgs: Sequence[str], after: date) -> date | None:
    """The first day after one on which something opens at these organisations; None where nothing does."""
    derived = derive(standing)
    listed = f"list_contains({sql_texts(orgs)}::VARCHAR[], o.org)"
    opens = [
        f"SELECT min(o.opens) AS opens FROM {derived.table(name, 'obligation')} o WHERE {listed}"
        f" AND o.opens > DATE '{after}' AND o.ended_on IS NULL AND o.done_on IS NULL"
        for name in standing.enrolling
    ]
    found = standing.workspace.one(f"SELECT min(opens) FROM ({' UNION ALL '.join(opens)})") if opens else None
    return found[0] if found is not None else None
