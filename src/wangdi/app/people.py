"""Behind a figure: its people and why each counts or not; behind a person: registrations, facts and what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from wangdi.app.derivation import Confined, Derived, Standing, derive, relations_for
from wangdi.app.numbers import show_number as show_number_of
from wangdi.app.questions import as_of_number, editions_of, find_indicators, read_places
from wangdi.app.rolls import put_registrations
from wangdi.catalog.populations import load_population_kinds
from wangdi.catalog.trees import UNALLOCATED
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal
from wangdi.engines.duck.classify import Relations
from wangdi.engines.duck.indicators import (
    Question,
    Tables,
    active_clauses,
    clause_columns,
    denominator_sql,
    numerator_sql,
    plan_members,
)
from wangdi.indicators.counting import Count, find_item_owner, over_people, plan_items
from wangdi.indicators.figures import LEVEL_CHOICES, Figure, Level, Places, index_populations
from wangdi.indicators.why import Evidence, Why, find_inputs, find_scores
from wangdi.language.ast import Expression
from wangdi.language.courses import HasRow
from wangdi.language.model import (
    Clause,
    EnoughRows,
    Form,
    Indicator,
    Items,
    LatestRow,
    PopulationOf,
    RowsComplete,
    SomeRows,
)
from wangdi.language.names import fields_behind
from wangdi.language.quality import items_lacking, points_asked, points_met
from wangdi.language.rules import Programme, Rules
from wangdi.link.people import show_person as show_number
from wangdi.store.workspace import sql_text, sql_texts

NEAR = "near_registration"
NOT_SHARES = ("ratio", "days")
"""Units of figures whose numerator is no part of their denominator."""
FEW_PEOPLE = 5_000
"""So many people's records fit beside the question: a village's, a township's, not a county's."""


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


def parts_of(indicator: Indicator) -> tuple[str, ...]:
    """The parts of a figure that open, the one people look for first at the front.

    Rule: a mean counts everybody in its denominator, so nobody is missing; nor is anybody where one thing is held against another
    (nurses against doctors). Below a population only those known to us can be listed: they are its denominator on no page.
    """
    if indicator.mean:
        return ("denominator",)
    if indicator.unit in NOT_SHARES:
        return ("numerator", "denominator")
    if indicator.of is None or (isinstance(indicator.of, PopulationOf) and not indicator.clauses):
        return ("numerator",)
    return (
        ("missing", "numerator") if isinstance(indicator.of, PopulationOf) else ("missing", "numerator", "denominator")
    )


def count_of(indicator: Indicator, figure: Figure | None, part: str) -> int | None:
    """How many a part lists; None where the figure does not say: sums, and who is missing below a population."""
    if figure is None or any(isinstance(one, Items) and one.sum_field for one in (indicator.count, indicator.of)):
        return None
    if part == "numerator":
        return None if indicator.mean else int(figure.numerator)
    if figure.denominator is None or isinstance(indicator.of, PopulationOf):
        return None
    return int(figure.denominator - (figure.numerator if part == "missing" else 0))


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of a figure, with everything needed to open it."""

    asked: Asked
    level: Level
    programme: Programme
    rules: Rules
    indicator: Indicator
    derived: Derived
    places: Places


def list_people(standing: Standing, asked: Asked, level: Level | None = None) -> list[Listed]:
    """The people behind one cell: those in the numerator, the denominator, or missing from the numerator, each with why.

    Rule: below a population, those missing are the people we know of who could count and fail some clause; whoever has no
    record here is in the population and on no list.
    ``level`` is needed only to open ``unallocated``. Order: by organisation, then person.
    Errors: FIG-001 unknown indicator, FIG-002 unknown area, FIG-003 the denominator is a population.
    """
    cell = _find_cell(standing, asked, level)
    return _explain(_select_people(cell), cell.indicator) if over_people(cell.indicator) else _list_items(cell)


def find_people(standing: Standing, asked: Asked, level: Level | None = None) -> set[str]:
    """Only the numbers of the people behind a cell over people: what comparing two knowledge dates needs."""
    cell = _find_cell(standing, asked, level)
    _select_people(cell)
    return {show_number(row[0]) for row in standing.workspace.rows("SELECT subject_id FROM listed")}


def count_missing(standing: Standing, asked: Asked) -> dict[str, int]:
    """How many people of a cell are missing from its numerator, by the place that opens to them.

    Rule: the organisation, or the village where residence decides whose the people are. Missing: who lies nowhere is left out.
    """
    cell = _find_cell(standing, replace(asked, part="missing", limit=None, offset=0), None)
    workspace = _select_people(cell).workspace
    if cell.indicator.attribution != "residence":
        found = workspace.rows("SELECT org, count(*) FROM listed WHERE org IS NOT NULL GROUP BY org ORDER BY org")
        return {org: int(count) for org, count in found}
    counted: dict[str, int] = {}
    for division, count in workspace.rows(
        f"SELECT p.division, count(*) FROM listed l JOIN {cell.derived.people} p ON p.person_id = l.subject_id"
        " WHERE p.division IS NOT NULL GROUP BY p.division ORDER BY p.division"
    ):
        home = Count(cell.indicator.id, asked.period.text, "", division, 0, 0)
        village = cell.places.place(home, "village", asked.period.end)
        if village != UNALLOCATED:
            counted[village] = counted.get(village, 0) + int(count)
    return counted


def count_failing(standing: Standing, asked: Asked, level: Level | None = None) -> list[tuple[str, int]]:
    """How many of those missing from a numerator fail each of its clauses, by the clause's printed words.

    Order: the clause that most fail first. One person may fail several; a clause that nobody fails is left out.
    """
    cell = _find_cell(standing, replace(asked, part="missing", limit=None, offset=0), level)
    workspace = _select_people(cell).workspace
    columns = clause_columns(cell.rules, [cell.indicator])
    labels = {counted.id: counted.label for counted in cell.indicator.clauses}
    found = []
    for name, clause in active_clauses(cell.rules, cell.indicator).items():
        ((failing,),) = workspace.rows(f"SELECT count(*) FROM listed WHERE {columns[clause]} & 1 = 0")
        if failing:
            found.append((labels[name], int(failing)))
    return sorted(found, key=lambda one: -one[1])


def _find_cell(standing: Standing, asked: Asked, level: Level | None) -> _Cell:
    owner = find_indicators(standing.library, [asked.indicator])[asked.indicator]
    programme = standing.programmes[owner]
    ((rules, _),) = editions_of(programme, [asked.period]) or [(programme.newest, [])]
    if asked.indicator not in rules.pack.indicators:  # an edition before the one that brought it
        rules = programme.newest
    indicator = rules.pack.indicators[asked.indicator]
    if isinstance(indicator.of, PopulationOf) and (
        asked.part == "denominator" or (asked.part == "missing" and not indicator.clauses)
    ):
        _refuse_population(standing, asked, indicator.of.kind)
    places = read_places(standing.city, standing.known)
    if level is None:
        level = LEVEL_CHOICES[-1] if asked.area == UNALLOCATED else find_level(places, asked.area, asked.period.end)
    return _Cell(asked, level, programme, rules, indicator, derive(standing), places)


def _refuse_population(standing: Standing, asked: Asked, kind: str) -> None:
    """A population opens to its table row, not to people: say which row, and whose figure it is."""
    rows = index_populations(standing.city.numbered_populations(standing.known))
    seq, row = rows.get((asked.area, asked.period.year, kind), (0, None))
    source = load_population_kinds()[kind].zh if row is None else f"{row.source}，{row.value:,.0f}"
    raise Refusal(Problem(code="FIG-003", args={"name": asked.indicator, "seq": str(seq), "source": source}))


def _owner_test(cell: _Cell) -> Callable[[str], str]:
    """SQL, for a column of organisations (of divisions where residence decides), of those whose counts make up the cell.

    What cannot be placed is whatever is not in any area, known to the trees or not.
    """
    indicator, places, period = cell.indicator, cell.places, cell.asked.period
    if indicator.attribution == "residence":
        counts = [Count(indicator.id, period.text, "", code, 0, 0) for code in places.regions.rows]
    else:
        counts = [Count(indicator.id, period.text, code, "", 0, 0) for code in places.organisations.rows]
    areas = {count.org or count.division: places.place(count, cell.level, period.end) for count in counts}
    if cell.asked.area == UNALLOCATED:
        placed = sql_texts(owner for owner, area in areas.items() if area != UNALLOCATED)
        return lambda column: f"NOT list_contains({placed}::VARCHAR[], coalesce({column}, ''))"
    inside = sql_texts(owner for owner, area in areas.items() if area == cell.asked.area)
    return lambda column: f"list_contains({inside}::VARCHAR[], {column})"


def _select_people(cell: _Cell) -> Evidence:
    """Put the people of a cell into the table ``listed``.

    Only those some spell or home of whom lies in the cell are looked at, so that a cell of a large city opens at once.
    """
    asked, rules, indicator, derived = cell.asked, cell.rules, cell.indicator, cell.derived
    standing, programme, owned = derived.standing, cell.programme, _owner_test(cell)
    workspace = standing.workspace
    question = Question(rules, (indicator,), (asked.period,), as_of_number(standing.city, standing.known))
    spells, people = derived.table(programme.id, "spell"), derived.people
    near = (
        f"SELECT person_id AS subject_id FROM {people} WHERE {owned('division')}"
        if indicator.attribution == "residence"
        else f"SELECT DISTINCT subject_id FROM {spells} WHERE {owned('org')}"
    )
    workspace.run(f"CREATE OR REPLACE TEMP TABLE near AS {near}")
    columns = clause_columns(rules, [indicator])
    few = _find_registrations(derived)
    relations, tables = _near_records(cell, columns, few), _near_tables(cell, few is not None)
    counted = denominator_sql(rules, indicator, columns, 0)
    numerator = numerator_sql(rules, indicator, columns, 0)
    part = {"numerator": numerator, "denominator": "TRUE", "missing": f"NOT ({numerator})"}[asked.part]
    place, home = owned("m.org"), ""
    if indicator.attribution == "residence":
        place, home = owned("p.division"), f" LEFT JOIN {people} p ON p.person_id = m.subject_id"
    window = "" if asked.limit is None else f" LIMIT {int(asked.limit)} OFFSET {int(asked.offset)}"
    workspace.run(
        f"CREATE OR REPLACE TEMP TABLE listed AS SELECT m.* FROM ({plan_members(question, relations, tables)}) m{home}"
        f" WHERE {place} AND {counted} AND ({part})"
        f" ORDER BY m.org, m.subject_id{window}"
    )
    return Evidence(workspace, question, relations, tables, "listed")


def _find_registrations(derived: Derived) -> Confined | None:
    """Put the registrations of the people near a cell into the table ``near_registration``; answers where they are when they
    are few.
    """
    workspace = derived.standing.workspace
    people = [person for (person,) in workspace.rows(f"SELECT subject_id FROM near LIMIT {FEW_PEOPLE + 1}")]
    if len(people) <= FEW_PEOPLE:
        return put_registrations(derived, NEAR, people)
    workspace.run(
        f"CREATE OR REPLACE TABLE {NEAR} AS SELECT registration_id, person_id FROM"
        f" {derived.links} l SEMI JOIN near n ON n.subject_id = l.person_id"
    )
    return None


def _near_records(cell: _Cell, clauses: Iterable[Clause], few: Confined | None) -> Relations:
    """The programme's forms, confined to the people near the cell.

    Of a few people the forms the clauses look at are read once: who counts and why are two questions.
    """
    if few is None:
        return relations_for(cell.derived, cell.programme, Confined(NEAR))
    workspace, pack = cell.derived.standing.workspace, cell.rules.pack
    asked = {pack.form(name).full_name: fields for name, fields in _fields_asked(cell, clauses).items()}
    relations = relations_for(cell.derived, cell.programme, replace(few, fields=asked))
    forms = dict(relations.forms)
    for number, name in enumerate(asked):
        workspace.run(f"CREATE OR REPLACE TEMP TABLE near_form_{number} AS SELECT * FROM {forms[name]}")
        forms[name] = f"near_form_{number}"
    return Relations(relations.subjects, forms)


def _fields_asked(cell: _Cell, clauses: Iterable[Clause]) -> dict[str, set[str]]:
    """By form: the fields the clauses rest on, and those that are shown as what is missing."""
    pack, found = cell.rules.pack, dict[str, set[str]]()

    def ask(form: str, *sentences: Expression | None) -> None:
        read = {name for node in sentences if node is not None for name in fields_behind(pack, node)}
        found.setdefault(form, set()).update(read)

    def ask_quality(name: str) -> None:
        quality = pack.quality[name]
        ask(quality.form, points_met(quality), points_asked(quality), items_lacking(quality))

    for clause in clauses:
        match clause:
            case SomeRows():
                for form in clause.forms:
                    ask(form, clause.where)
                    found[form].update(clause.fields)
            case LatestRow():
                ask(clause.form, clause.holds, clause.where)
                found[clause.form].update(clause.fields)
                if clause.quality:
                    ask_quality(clause.quality)
            case EnoughRows():
                ask(clause.form, clause.where)
            case RowsComplete():
                ask(clause.form)
                found[clause.form].update(clause.fields)
            case HasRow():
                ask(clause.form)
    if cell.indicator.mean:
        ask_quality(cell.indicator.mean)
    return found


def _near_tables(cell: _Cell, few: bool) -> Tables:
    """The programme's tables, confined to the people near the cell.

    What is asked of somebody stands beside an institution that managed them, so only those institutions' rows are read.
    """
    derived, name = cell.derived, cell.programme.id
    workspace = derived.standing.workspace

    def near(table: str) -> str:
        return f"SELECT t.* FROM {derived.table(name, table)} t SEMI JOIN near USING (subject_id)"

    spells, obligations, visits = (near(table) for table in ("spell", "obligation", "visit"))
    if few:
        workspace.run(f"CREATE OR REPLACE TEMP TABLE near_spell AS {spells}")
        spells = "SELECT * FROM near_spell"
        orgs = [org for (org,) in workspace.rows("SELECT DISTINCT org FROM near_spell")]
        if orgs:
            obligations += f" WHERE t.org IN ({', '.join(map(sql_text, orgs))})"
    return Tables(f"({spells})", f"({obligations})", f"({visits})")


def _explain(evidence: Evidence, indicator: Indicator) -> list[Listed]:
    rules = evidence.question.rules
    clauses = active_clauses(rules, indicator)
    columns = clause_columns(rules, [indicator])
    labels = {counted.id: counted for counted in indicator.clauses}
    inputs = {name: find_inputs(evidence, clause) for name, clause in clauses.items()}
    scores = find_scores(evidence, indicator.mean) if indicator.mean else {}
    scored = rules.pack.quality[indicator.mean].title if indicator.mean else ""
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
        if indicator.mean:
            records = list(scores.get(subject, []))
            reasons.append(Why(f"{rules.pack.id}/{indicator.id}/{indicator.mean}", scored, {"records": records}))
        enrolled = Why(f"{rules.pack.id}/enrol", indicator.of_label or indicator.count_label, _spell_inputs(row))
        listed.append(Listed(show_number(subject), row["org"], (*reasons, enrolled) if not failed else tuple(reasons)))
    return listed


def _spell_inputs(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"managed_since": row["spell_start"], "org": row["org"]}


def _list_items(cell: _Cell) -> list[Listed]:
    """The rows behind a part of a figure that counts rows; ``missing``: in the denominator and not in the numerator."""
    asked, rules, indicator = cell.asked, cell.rules, cell.indicator
    relations = cell.derived.relations(cell.programme)
    as_of = as_of_number(cell.derived.standing.city, cell.derived.standing.known)

    def plan(basis: Items) -> str:
        return f"SELECT f.* FROM ({plan_items(rules, basis, [asked.period], relations, as_of)}) f"

    counted, whole = indicator.count, indicator.of
    basis = whole if isinstance(whole, Items) and asked.part != "numerator" else counted
    assert isinstance(basis, Items), "an indicator that counts no people counts items"
    rows = plan(basis)
    if asked.part == "missing" and basis is whole and isinstance(counted, Items):
        of_month = ", of_month" if basis.take == counted.take == "each_month" else ""
        rows += f" ANTI JOIN ({plan(counted)}) n USING (seq{of_month})"
    form = rules.pack.form(basis.form)
    listed: list[Listed] = []
    for row in cell.derived.standing.workspace.dicts(f"{rows} ORDER BY subject_id, seq"):
        count = Count(indicator.id, asked.period.text, *find_item_owner(form, basis, row), 0, 0)
        if cell.places.place(count, cell.level, asked.period.end) == asked.area:
            shown = {name: row[name] for name in ("of_month", *form.fields) if name in row}
            label = f"{indicator.count_label}{_tell_item(form, basis, row)}"
            why = Why(f"{rules.pack.id}/{indicator.id}", label, {"fact_id": row["seq"], **shown})
            listed.append(Listed(show_number(row["subject_id"]), str(row["org"]), (why,)))
    stop = None if asked.limit is None else asked.offset + asked.limit
    return listed[asked.offset : stop]


def _tell_item(form: Form, basis: Items, row: Mapping[str, Any]) -> str:
    """What a row adds where a field is summed, and its month where it stands for one: one institution has many such rows."""
    added = f" {show_number_of(row[basis.sum_field] or 0)}" if basis.sum_field else ""
    month = row.get("of_month") or (row["occurred_on"] if form.fields[form.occurred_on].whole_month else None)
    return added if month is None else f"{added}（{month:%Y-%m}）"
