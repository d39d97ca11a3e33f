"""Rows worth adding to ``examples.csv``: ready to be filled in, the expected columns left empty for the clinician.

What a row should give is never written here: it follows from the clause, by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from wangdi.core.dates import age_years
from wangdi.language.ast import Case, Constant, Expression
from wangdi.language.boundary import boundary_values, case_of, combinations, only_terms
from wangdi.language.distinguish import Distinction
from wangdi.language.engine import Case as SubjectCase
from wangdi.language.engine import EvaluateRows
from wangdi.language.examples import EXPECT_COLUMNS, KEY_COLUMNS, NOTE_COLUMNS, Example
from wangdi.language.model import ClassRow, Form, Pack
from wangdi.language.mutation import Survivor
from wangdi.language.names import fields_behind, previous_behind
from wangdi.language.record import Cell, Event
from wangdi.language.rules import Rules

_BASES = 1_500
"""Rows tried as the surroundings of a threshold, until one is found on which it decides."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Rows to fill in, and walks to write. ``columns`` are those of an examples file."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    walks: tuple[str, ...] = field(default=())


def propose_boundaries(evaluate: EvaluateRows, rules: Rules, examples: Sequence[Example]) -> Proposal:
    """Below, at and above every threshold of the classes, and missing, where no example has that value yet."""
    pack = rules.pack
    classify = pack.classify
    if classify is None:
        return Proposal((), ())
    form = pack.form(classify.form)
    whens: list[Expression] = [row.when for row in classify.rows]
    if classify.form_code:
        whens.append(pack.terms[classify.form_code].expression)
    values = boundary_values(rules, form, whens)
    columns = columns_of(pack, form, values)
    covered = {name: _values_seen(examples, form, name) for name in values}
    rows: list[Mapping[str, str]] = []
    for name, found in values.items():
        for value in found:
            if repr(value) not in covered[name]:
                base = _deciding_row(evaluate, rules, (name, value), values)
                note = f"{name} {'空' if value is None else value}"
                rows += write_case(
                    columns, f"{name}-{'missing' if value is None else value}", base, _clause(rules, name), note
                )
    return Proposal(columns, tuple(rows))


def propose_survivors(pack: Pack, survivors: Sequence[Survivor], proposal: Proposal) -> Proposal:
    """The rows that tell surviving mutants from the pack, added to a proposal; what no row can show becomes a walk to write."""
    if pack.classify is None:
        return Proposal(proposal.columns, proposal.rows, tuple(survivor.mutant.what for survivor in survivors))
    form = pack.form(pack.classify.form)
    rows, walks = list(proposal.rows), []
    for place, survivor in enumerate(survivors, 1):
        row = survivor.row
        if row is None or row.form != form.full_name or row.place not in ("classify", "form_code"):
            walks.append(f"{survivor.mutant.what}；{survivor.advice()}")
        else:
            rows += write_case(
                proposal.columns, f"mutant-{place}", row.case, _clause_of(pack, row), survivor.mutant.what
            )
    return Proposal(proposal.columns, tuple(_different(rows)), tuple(walks))


def _different(rows: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Rows that say something new: two mutants are often caught by one row."""
    found: dict[tuple[str, ...], Mapping[str, str]] = {}
    for row in rows:
        alone = row["case"] if row["case"] in {other["case"] for other in rows if other is not row} else ""
        said = tuple(value for name, value in row.items() if name not in ("case", "clause", "note"))
        found.setdefault((alone, *said), row)
    return list(found.values())


def columns_of(pack: Pack, form: Form, values: Mapping[str, Sequence[Cell]]) -> tuple[str, ...]:
    """The columns of an examples file for these fields."""
    fields = [name for name in form.fields if name in values and name != form.occurred_on]
    return (*KEY_COLUMNS, *fields, *EXPECT_COLUMNS, *NOTE_COLUMNS)


def write_case(columns: Sequence[str], name: str, case: SubjectCase, clause: str, note: str) -> list[Mapping[str, str]]:
    """A case as rows of an examples file, expectations empty."""
    rows: list[Mapping[str, str]] = []
    for event in case.events:
        known: dict[str, Cell] = {
            "case": name,
            "person_birth_date": case.subject.birth_date,
            "person_sex": case.subject.sex,
            "date": event.on,
            "clause": clause,
            "note": note,
        }
        rows.append({column: write_cell((event.values | known).get(column)) for column in columns})
    return rows


def write_cell(value: Cell) -> str:
    """A value as it is typed in a file. Missing: empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _values_seen(examples: Sequence[Example], form: Form, name: str) -> set[str]:
    seen: set[str] = set()
    for example in examples:
        for event in example.case.events:
            seen.add(repr(_value_of(example.case, event, form, name)))
    return seen


def _value_of(case: SubjectCase, event: Event, form: Form, name: str) -> Cell:
    subject = case.subject
    if name in form.fields:
        return event.values.get(name)
    if name == "age_years":
        return None if subject.birth_date is None else age_years(subject.birth_date, event.on)
    return {"birth_date": subject.birth_date, "sex": subject.sex}.get(name, subject.attributes.get(name))


def _deciding_row(
    evaluate: EvaluateRows, rules: Rules, wanted: tuple[str, Cell], values: Mapping[str, Sequence[Cell]]
) -> SubjectCase:
    """A row with this value on which another value of the field would change the answer; any row where none decides."""
    pack, classify = rules.pack, rules.pack.classify
    assert classify is not None
    name, value = wanted
    form = pack.form(classify.form)
    node = Case(tuple((row.when, Constant(row.name)) for row in classify.rows), Constant(None))
    others = {key: found for key, found in values.items() if key != name and key in _own(pack, classify.rows)}
    neighbour = _neighbour(values[name], value)
    bases = list(combinations(others, _BASES))
    mine = [case_of(pack, form, base | {name: value}) for base in bases]
    theirs = [case_of(pack, form, base | {name: neighbour}) for base in bases]
    pruned = only_terms(rules, [node])
    answers = zip(
        evaluate(pruned, form.full_name, node, mine), evaluate(pruned, form.full_name, node, theirs), strict=True
    )
    ranked = [
        (one[-1] == other[-1], sum(cell is None for cell in bases[place].values()), place)
        for place, (one, other) in enumerate(answers)
    ]
    return mine[min(ranked)[2]]


def _own(pack: Pack, rows: Sequence[ClassRow]) -> set[str]:
    found = {name for row in rows for name in fields_behind(pack, row.when)}
    for row in rows:
        for term in previous_behind(pack, row.when):
            found |= fields_behind(pack, pack.terms[term].expression)
    return found


def _neighbour(values: Sequence[Cell], value: Cell) -> Cell:
    known = [item for item in values if item is not None]
    if value is None or len(known) < 2:
        return known[0] if known else None
    place = known.index(value)
    return known[place - 1] if place else known[1]


def _clause(rules: Rules, name: str) -> str:
    """The clause of the first class that asks about a field, or of the parameter it is compared with."""
    classify = rules.pack.classify
    assert classify is not None
    for row in classify.rows:
        if name in fields_behind(rules.pack, row.when):
            return row.source
    return classify.source


def _clause_of(pack: Pack, row: Distinction) -> str:
    classify = pack.classify
    assert classify is not None
    return next((item.source for item in classify.rows if item.name in (row.before, row.after)), classify.source)
