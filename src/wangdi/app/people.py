"""Behind a figure: its people and why each counts or not; behind a person: registrations, facts and what is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from wangdi.app.derivation import Derived, Standing, derive, relations_for
from wangdi.app.questions import as_of_number, editions_of, find_indicators, read_places
from wangdi.catalog.populations import load_population_kinds
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.catalog.trees import UNALLOCATED
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal
from wangdi.engines.duck.indicators import (
    Question,
    Tables,
    active_clauses,
    clause_columns,
    denominator_sql,
    numerator_sql,
    plan_members,
)
from wangdi.engines.tables import table_of
from wangdi.indicators.counting import Count, item_test, over_people, plan_items
from wangdi.indicators.figures import LEVEL_CHOICES, Level, Places, index_populations
from wangdi.indicators.why import Evidence, Why, find_inputs
from wangdi.language.model import Indicator, Items, PopulationOf
from wangdi.language.rules import Programme, Rules
from wangdi.link.people import show_person as show_number
from wangdi.programmes.worklist import plan_due
from wangdi.store.workspace import sql_name, sql_texts

PARTS = ("numerator", "denominator", "missing")


@dataclass(frozen=True, slots=True)
class Listed:
    """One person (or item) behind a figure, with the reasons."""

    person_id: str
    org: str
    why: tuple[Why, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cell is opened, and which part of it."""

    indicator: str
    period: Period
    area: str
    part: str
    limit: int | None = None
    offset: int = 0


def find_level(places: Places, code: str, on: date) -> Level:
    """The level of an area: a region's own, or ``org``. Errors: FIG-002 for a code nobody has."""
    region = places.regions.find(code, on)
    if region is not None:
        return region.level  # type: ignore[return-value]
    if places.organisations.find(code, on) is not None:
        return "org"
    raise Refusal(Problem(code="FIG-002", args={"code": code}))


def list_people(standing: Standing, asked: Asked, level: Level | None = None) -> list[Listed]:
    """The people behind one cell: those in the numerator, the denominator, or missing from the numerator, each with why.

    ``level`` is needed only to open ``unallocated``. Order: by organisation, then person.
    Errors: FIG-001 unknown indicator, FIG-002 unknown area.
    """
    owner = find_indicators(standing.library, [asked.indicator])[asked.indicator]
    programme = standing.programmes[owner]
    ((rules, _),) = editions_of(programme, [asked.period]) or [(programme.newest, [])]
    indicator = rules.pack.indicators[asked.indicator]
    if asked.part != "numerator" and isinstance(indicator.of, PopulationOf):
        _refuse_population(standing, asked, indicator.of.kind)
    derived = derive(standing)
    places = read_places(standing.city, standing.known)
    if level is None:
        level = LEVEL_CHOICES[-1] if asked.area == UNALLOCATED else find_level(places, asked.area, asked.period.end)
    if over_people(indicator):
        return _list_people(derived, programme, (rules, indicator), asked, _owner_test(places, indicator, asked, level))
    return _list_items(derived, programme, (rules, indicator), asked, (places, level))


def _refuse_population(standing: Standing, asked: Asked, kind: str) -> None:
    """A population opens to its table row, not to people: say which row, and whose figure it is."""
    rows = index_populations(standing.city.numbered_populations(standing.known))
    seq, row = rows.get((asked.area, asked.period.year, kind), (0, None))
    source = load_population_kinds()[kind].zh if row is None else f"{row.source}，{row.value:,.0f}"
    raise Refusal(Problem(code="FIG-003", args={"name": asked.indicator, "seq": str(seq), "source": source}))


def _owner_test(places: Places, indicator: Indicator, asked: Asked, level: Level) -> Callable[[str], str]:
    """SQL, for a column of organisations (of divisions where residence decides), of those whose counts make up the cell.

    What cannot be placed is whatever is not in any area, known to the trees or not.
    """
    end, text = asked.period.end, asked.period.text
    if indicator.attribution == "residence":
        counts = [Count(indicator.id, text, "", code, 0, 0) for code in places.regions.rows]
    else:
        counts = [Count(indicator.id, text, code, "", 0, 0) for code in places.organisations.rows]
    areas = {count.org or count.division: places.place(count, level, end) for count in counts}
    if asked.area == UNALLOCATED:
        placed = sql_texts(owner for owner, area in areas.items() if area != UNALLOCATED)
        return lambda column: f"NOT list_contains({placed}::VARCHAR[], coalesce({column}, ''))"
    inside = sql_texts(owner for owner, area in areas.items() if area == asked.area)
    return lambda column: f"list_contains({inside}::VARCHAR[], {column})"


def _list_people(
    derived: Derived, programme: Programme, chosen: tuple[Rules, Indicator], asked: Asked, owned: Callable[[str], str]
) -> list[Listed]:
    """Only the people some spell or home of whom lies in the cell are looked at, so that a cell opens at once."""
    rules, indicator = chosen
    workspace = derived.standing.workspace
    as_of = as_of_number(derived.standing.city, derived.standing.known)
    question = Question(rules, (indicator,), (asked.period,), as_of)
    spells, people = derived.table(programme.id, "spell"), derived.people
    near = (
        f"SELECT person_id AS subject_id FROM {people} WHERE {owned('division')}"
        if indicator.attribution == "residence"
        else f"SELECT DISTINCT subject_id FROM {spells} WHERE {owned('org')}"
    )
    workspace.run(f"CREATE OR REPLACE TEMP TABLE near AS {near}")
    workspace.run(
        "CREATE OR REPLACE TEMP TABLE near_registration AS SELECT registration_id, person_id FROM"
        f" {derived.links} l SEMI JOIN near n ON n.subject_id = l.person_id"
    )
    relations = relations_for(derived, programme, "near_registration")
    tables = Tables(
        f"(SELECT s.* FROM {spells} s SEMI JOIN near USING (subject_id))",
        f"(SELECT o.* FROM {derived.table(programme.id, 'obligation')} o SEMI JOIN near USING (subject_id))",
    )
    columns = clause_columns(rules, [indicator])
    counted, numerator = denominator_sql(indicator, 0), numerator_sql(rules, indicator, columns, 0)
    part = {"numerator": numerator, "denominator": "TRUE", "missing": f"NOT ({numerator})"}[asked.part]
    place = owned("p.division" if indicator.attribution == "residence" else "m.org")
    window = "" if asked.limit is None else f" LIMIT {int(asked.limit)} OFFSET {int(asked.offset)}"
    workspace.run(
        f"CREATE OR REPLACE TEMP TABLE listed AS SELECT m.* FROM ({plan_members(question, relations, tables)}) m"
        f" LEFT JOIN {people} p ON p.person_id = m.subject_id WHERE {place} AND {counted} AND ({part})"
        f" ORDER BY m.org, m.subject_id{window}"
    )
    return _explain(question, indicator, Evidence(workspace, question, relations, tables, "listed"))


def _explain(question: Question, indicator: Indicator, evidence: Evidence) -> list[Listed]:
    rules = question.rules
    clauses = active_clauses(rules, indicator)
    columns = clause_columns(rules, [indicator])
    labels = {counted.id: counted for counted in indicator.clauses}
    inputs = {name: find_inputs(evidence, clause) for name, clause in clauses.items()}
    listed: list[Listed] = []
    for row in evidence.workspace.dicts("SELECT * FROM listed ORDER BY org, subject_id"):
        subject = row["subject_id"]
        failed = [name for name, clause in clauses.items() if not row[columns[clause]] & 1]
        reasons = [
            Why(
                rule=f"{rules.pack.id}/{indicator.id}/{name}",
                label=labels[name].label,
                inputs={"holds": name not in failed, "records": list(inputs[name].get(subject, []))},
            )
            for name in (failed or clauses)
        ]
        enrolled = Why(f"{rules.pack.id}/enrol", indicator.of_label or indicator.count_label, _spell_inputs(row))
        listed.append(Listed(show_number(subject), row["org"], (*reasons, enrolled) if not failed else tuple(reasons)))
    return listed


def _spell_inputs(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"managed_since": row["spell_start"], "org": row["org"]}


def _list_items(
    derived: Derived,
    programme: Programme,
    chosen: tuple[Rules, Indicator],
    asked: Asked,
    where: tuple[Places, Level],
) -> list[Listed]:
    rules, indicator = chosen
    places, level = where
    basis = indicator.count if isinstance(indicator.count, Items) else indicator.of
    assert isinstance(basis, Items)
    form = rules.pack.form(basis.form)
    relations = derived.relations(programme)
    tests = {"numerator": indicator.count, "denominator": indicator.of}
    inside = {name: item_test(rules, item) if isinstance(item, Items) else "TRUE" for name, item in tests.items()}
    inside["missing"] = f"({inside['denominator']}) AND ({inside['numerator']}) IS NOT TRUE"
    sql = f"SELECT f.* FROM ({plan_items(rules, form, [asked.period], relations)}) f WHERE {inside[asked.part]} ORDER BY subject_id"
    listed: list[Listed] = []
    for row in derived.standing.workspace.dicts(sql):
        division = str(row.get("division") or "")
        count = Count(indicator.id, asked.period.text, "" if division else str(row["org"]), division, 0, 0)
        if places.place(count, level, asked.period.end) == asked.area:
            shown = {name: row[name] for name in form.fields if name in row}
            why = Why(f"{rules.pack.id}/{indicator.id}", indicator.count_label, {"fact_id": row["seq"], **shown})
            listed.append(Listed(show_number(row["subject_id"]), str(row["org"]), (why,)))
    stop = None if asked.limit is None else asked.offset + asked.limit
    return listed[asked.offset : stop]


def show_person(standing: Standing, person: int, on: date | None = None) -> dict[str, Any]:
    """Everything known of one person: registrations, current facts of every form in order, what is due on a day.

    Identifying attributes come from the registrations, facts from the forms; nothing is cached.
    Errors: FIG-004 when there is nobody of that number.
    """
    derived = derive(standing)
    workspace = standing.workspace
    found = workspace.dicts(f"SELECT * FROM {derived.people} WHERE person_id = {int(person)}")
    if not found:
        raise Refusal(Problem(code="FIG-004", args={"person": show_number(person)}))
    mine = [
        row[0] for row in workspace.rows(f"SELECT registration_id FROM {derived.links} WHERE person_id = {int(person)}")
    ]
    said = found[0]
    said.pop("person_id")
    return {
        "person": {"person_id": show_number(person), **said},
        "registrations": _registrations(standing, mine),
        "facts": _facts(standing, mine),
        "due": _due(derived, person, on or as_of_number(standing.city, standing.known)),
    }


def _among(registrations: Sequence[int]) -> str:
    return f"registration_id IN ({', '.join(map(str, registrations))})"


def _registrations(standing: Standing, mine: Sequence[int]) -> list[dict[str, Any]]:
    sql = standing.city.facts_sql(standing.workspace, REGISTRATION_TABLE, standing.known)
    rows = standing.workspace.dicts(
        f"SELECT * FROM ({sql}) WHERE {_among(mine)} QUALIFY row_number() OVER (PARTITION BY registration_id ORDER BY seq DESC) = 1"
    )
    shown = ("seq", "registration_id", "org", *(name for name, _ in REGISTRATION_TABLE.columns))
    return [{("fact_id" if name == "seq" else name): row[name] for name in shown} for row in rows]


def _facts(standing: Standing, mine: Sequence[int]) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = []
    for form in standing.library.forms.values():
        table = table_of(form)
        fields = ", ".join(sql_name(name) for name, _ in table.columns)
        sql = standing.city.facts_sql(standing.workspace, table, standing.known)
        for row in standing.workspace.dicts(
            f"SELECT seq, occurred_on, org, recorder, {fields} FROM ({sql}) WHERE {_among(mine)}"
        ):
            values = {name: row[name] for name, _ in table.columns if row[name] is not None}
            head = {"fact_id": row["seq"], "form": form.full_name, "title": form.title}
            facts.append({**head, "occurred_on": row["occurred_on"], "org": row["org"], "fields": values})
    return sorted(facts, key=lambda fact: (fact["occurred_on"] or date.min, fact["fact_id"]))


def _due(derived: Derived, person: int, on: date) -> list[dict[str, Any]]:
    due: list[dict[str, Any]] = []
    for name in derived.standing.enrolling:
        rows = plan_due(derived.table(name, "obligation"), on, on, f"o.subject_id = {int(person)}")
        due += [{"programme": name, **row} for row in derived.standing.workspace.dicts(rows)]
    for row in due:
        row.pop("subject_id", None)
    return sorted(due, key=lambda row: (row["due"], row["task"]))
