"""The slip to hand over after an examination: what one examination says, in the pack's words, with the clause of each line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from wangdi.app.derivation import Derived, Standing, derive
from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.tables import CODES_SEPARATOR
from wangdi.core.problem import Problem, Refusal
from wangdi.engines.reference.cases import REFERENCE
from wangdi.engines.tables import table_of
from wangdi.language.engine import Case
from wangdi.language.model import Form
from wangdi.language.record import Cell, Event, Subject
from wangdi.language.row_answers import slip_row
from wangdi.language.rules import Programme, Rules
from wangdi.language.slip import Slip
from wangdi.link.people import show_person as show_number
from wangdi.store.workspace import sql_name


@dataclass(frozen=True, slots=True)
class SlipValue:
    """One reading on a slip. ``said`` is what is printed: a number with its unit, a code with its word."""

    field: str
    label: str
    value: Cell
    unit: str
    said: str


@dataclass(frozen=True, slots=True)
class SlipSentence:
    """One thing the examination shows: the finding, plain advice, the readings it rests on, and the clause.

    ``programme``: the pack whose service is suggested (empty: none); nobody is enrolled by it.
    """

    id: str
    finding: str
    advice: str
    values: tuple[SlipValue, ...]
    refer: str
    programme: str
    rule: str
    source: str


@dataclass(frozen=True, slots=True)
class HandedSlip:
    """A slip about one examination. ``sentences`` is empty where nothing was found: then ``otherwise`` is said."""

    person_id: str
    title: str
    programme: str
    edition: str
    fact_id: int
    on: date
    org: str
    values: tuple[SlipValue, ...]
    sentences: tuple[SlipSentence, ...]
    otherwise: str
    closing: str
    source: str


def hand_slip(standing: Standing, person: int, on: date | None = None) -> HandedSlip:
    """The slip about somebody's latest examination (on or before ``on``) while a programme that hands slips serves them.

    Rule: judged by the edition of the day of the examination.
    Errors: FIG-004 when there is nobody of that number, FIG-007 when there is no examination to tell of.
    """
    derived = derive(standing)
    found = standing.workspace.dicts(
        f"SELECT birth_date, sex, is_resident, resident_kind FROM {derived.people} WHERE person_id = {int(person)}"
    )
    if not found:
        raise Refusal(Problem(code="FIG-004", args={"person": show_number(person)}))
    rows = [row for programme in standing.enrolling.values() for row in _rows_of(derived, programme, person, on)]
    if not rows:
        raise Refusal(Problem(code="FIG-007", args={"person": show_number(person)}))
    rules, slip, row = max(rows, key=lambda item: (item[2]["occurred_on"], item[2]["seq"]))
    return _fill_slip(show_number(person), (rules, slip), row, found[0])


def _rows_of(
    derived: Derived, programme: Programme, person: int, on: date | None
) -> Iterator[tuple[Rules, Slip, dict[str, Any]]]:
    """Examinations of a person within the programme's spells, each with the slip of the edition of its day."""
    standing, workspace = derived.standing, derived.standing.workspace
    named = {slip.form for rules in programme.editions for slip in rules.pack.slips.values()}
    for name in sorted(named):
        form = programme.newest.pack.form(name)
        fields = ", ".join(f"f.{sql_name(column)}" for column, _ in table_of(form).columns)
        until = "TRUE" if on is None else f"f.occurred_on <= DATE '{on}'"
        sql = (
            f"SELECT f.seq, f.occurred_on, f.org, {fields} FROM {standing.facts(form)} f"
            f" JOIN {derived.links} l USING (registration_id)"
            f" JOIN {derived.table(programme.id, 'spell')} s ON s.subject_id = l.person_id AND f.occurred_on >= s.start"
            f' AND (s."end" IS NULL OR f.occurred_on < s."end") WHERE l.person_id = {int(person)} AND {until}'
            " ORDER BY f.occurred_on DESC, f.seq DESC LIMIT 1"
        )
        for row in workspace.dicts(sql):
            rules = programme.in_force(row["occurred_on"])
            for slip in () if rules is None else rules.pack.slips.values():
                if slip.form == name and rules is not None:
                    yield rules, slip, row


def _fill_slip(person: str, judged: tuple[Rules, Slip], row: dict[str, Any], about: dict[str, Any]) -> HandedSlip:
    rules, slip = judged
    form = rules.pack.form(slip.form)
    known: dict[str, Cell] = {name: about[name] for name in ("is_resident", "resident_kind")}
    subject = Subject(person, about["birth_date"], about["sex"], known)
    cells: dict[str, Cell] = {name: row[name] for name in form.fields if name in row}
    case = Case(subject, (Event(person, form.full_name, row["occurred_on"], row["seq"], cells, row["org"] or ""),))
    sentences = tuple(
        SlipSentence(
            id=line.id,
            finding=line.finding,
            advice=line.advice,
            values=show_values(form, line.values, cells),
            refer=line.refer,
            programme=line.programme,
            rule=f"{rules.pack.id}/{slip.name}/{line.id}",
            source=line.source,
        )
        for line in slip_row(REFERENCE.evaluate, rules, slip, case)
    )
    return HandedSlip(
        person_id=person,
        title=slip.title,
        programme=rules.pack.id,
        edition=rules.pack.edition,
        fact_id=row["seq"],
        on=row["occurred_on"],
        org=row["org"] or "",
        values=show_values(form, slip.values, cells),
        sentences=sentences,
        otherwise=slip.otherwise,
        closing=slip.closing,
        source=slip.source,
    )


def show_values(form: Form, names: tuple[str, ...], cells: dict[str, Cell]) -> tuple[SlipValue, ...]:
    """The readings that are there, as they are printed. Missing: a box left blank is not shown."""
    found = []
    for name in names:
        field, value = form.fields[name], cells.get(name)
        if value is None:
            continue
        said = f"{value:g}" if isinstance(value, float) else str(value)
        if field.codes:
            words = load_codelists()[field.codes]
            said = "、".join(words.label(code) for code in str(value).split(CODES_SEPARATOR))
        elif field.unit not in ("", "1"):
            said = f"{said} {_UNITS.get(field.unit, field.unit)}"
        found.append(SlipValue(name, field.label, value, field.unit, said))
    return tuple(found)


_UNITS = {"mm[Hg]": "mmHg", "/min": "次/分", "10*9/L": "×10⁹/L", "umol/L": "μmol/L", "kg/m2": "kg/m²"}
"""Units as people write them where UCUM does not."""
