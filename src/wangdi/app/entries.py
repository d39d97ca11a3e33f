"""One form filled in by hand: checked like a row of a file, then kept in the journal; and records taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from wangdi.app.choices import find_form
from wangdi.app.derivation import Standing, derive
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.engines.reference.classify import compile_programme, judge_rows
from wangdi.engines.reference.expression import Row, compile_expression
from wangdi.engines.tables import table_of
from wangdi.language.cells import Unreadable, beyond_possible, parse_cell
from wangdi.language.model import Form
from wangdi.language.names import nearest_name
from wangdi.language.record import Cell, Event, Judgement, Subject
from wangdi.language.rules import bind_pack
from wangdi.link.people import check_person, parse_person, show_person
from wangdi.store.records import JournalEntry, Withdrawal
from wangdi.store.workspace import sql_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A form as somebody filled it in. Who it is about: a ``registration``, a ``person``, or the fact it ``corrects``.

    ``key``: sent twice with the same key, it is entered once.
    """

    form: str
    values: Mapping[str, str]
    who: str
    now: datetime
    key: str
    org: str = ""
    person: str = ""
    registration: int | None = None
    corrects: int | None = None
    recorder: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of it: its number, or why it was refused; and what the norm makes of it."""

    fact_id: int | None
    problems: list[Problem]
    judgement: Judgement | None = None


def enter_form(standing: Standing, filled: Filled) -> Entered:
    """Check one filled form and accept it.

    Errors: what is wrong with a value comes back as problems (CITY-101 to CITY-109) and nothing is accepted; raises
    Refusal for an unknown form (CITY-001), organisation (CITY-005), person (FIG-004) or fact to correct (FIG-005).
    """
    form = find_form(standing.library, filled.form)
    before = _corrected_fact(standing, form, filled)
    org = filled.org or str((before or {}).get("org") or "")
    _check_organisation(standing, org)
    registration, subject = _find_subject(standing, filled, before, org)
    typed, problems = read_values(form, filled.values)
    kept = {name: before[name] for name in form.fields if name in before} if before else {}
    values: dict[str, Any] = kept | typed
    problems += check_values(standing, form, values, filled.now.date())
    if not _refused(problems):
        problems += _check_twice(standing, form, registration, values, filled.corrects)
    if _refused(problems):
        return Entered(None, problems)
    entry = JournalEntry(
        form=form.full_name,
        registration_id=registration,
        occurred_on=values[form.occurred_on],
        org=org,
        actor=filled.who,
        idempotency_key=filled.key,
        entered_at=filled.now,
        values={name: value for name, value in values.items() if value is not None},
        recorder=filled.recorder,
        supersedes=filled.corrects,
    )
    with standing.city.writer(filled.who) as writer:
        number = writer.enter(entry, table_of(form))
    return Entered(number, problems, _judge(standing, form, subject, values, number))


def _refused(problems: Sequence[Problem]) -> bool:
    return any(problem.severity is Severity.error for problem in problems)


def _corrected_fact(standing: Standing, form: Form, filled: Filled) -> dict[str, Any] | None:
    if filled.corrects is None:
        return None
    found = standing.city.find_fact(standing.workspace, filled.corrects)
    if found is None:
        raise Refusal(Problem(code="FIG-005", args={"fact": str(filled.corrects)}))
    if found["form"] != form.full_name:
        args = {"fact": str(filled.corrects), "form": str(found["form"])}
        raise Refusal(Problem(code="CITY-006", args=args))
    return found


def _check_organisation(standing: Standing, org: str) -> None:
    codes = {row.code for row in standing.city.organisations(standing.known)}
    if org not in codes:
        raise Refusal(Problem(code="CITY-005", args={"org": org or "?", "nearest": nearest_name(org, codes) or "…"}))


def _find_subject(
    standing: Standing, filled: Filled, before: Mapping[str, Any] | None, org: str
) -> tuple[int, Subject | None]:
    """The registration a form is filed under, and the person as far as known.

    Rule: a person's registration at the institution that fills the form in, else the person's first.
    """
    if before is not None:
        wanted, value = "l.registration_id", int(before["registration_id"])
    elif filled.registration is not None:
        wanted, value = "l.registration_id", filled.registration
    elif filled.person:
        wanted, value = "l.person_id", check_person(filled.person)
    else:
        raise Refusal(Problem(code="CITY-007"))
    rows = _registrations(standing, f"{wanted} = {value}")
    if not rows and wanted == "l.person_id":
        raise Refusal(Problem(code="FIG-004", args={"person": filled.person}))
    if not rows:
        return value, None
    chosen = next((row for row in rows if row["org"] == org), rows[0])
    found = Subject(show_person(chosen["person_id"]), chosen["birth_date"], chosen["sex"])
    return int(chosen["registration_id"]), found


def _registrations(standing: Standing, test: str) -> list[dict[str, Any]]:
    return standing.workspace.dicts(
        f"SELECT DISTINCT l.registration_id, l.person_id, l.birth_date, l.sex, r.org FROM {derive(standing).links} l"
        f" LEFT JOIN {standing.registrations} r USING (registration_id) WHERE {test} ORDER BY l.registration_id"
    )


def read_values(form: Form, texts: Mapping[str, str]) -> tuple[dict[str, Cell], list[Problem]]:
    """Typed values of a form's fields. Errors: CITY-101 no such field, CITY-102 not a value of it."""
    values: dict[str, Cell] = {}
    problems: list[Problem] = []
    for name, text in texts.items():
        if name not in form.fields:
            near = nearest_name(name, form.fields) or "、".join(form.fields)
            problems.append(Problem(code="CITY-101", field=name, args={"name": name, "nearest": near}))
            continue
        value = parse_cell(form.fields[name], text)
        if isinstance(value, Unreadable):
            args = {"label": form.fields[name].label, "expected": value.expected}
            problems.append(Problem(code="CITY-102", field=name, args=args))
        else:
            values[name] = value
    return values, problems


def check_values(standing: Standing, form: Form, values: Mapping[str, Any], today: date) -> list[Problem]:
    """What is wrong with a filled form.

    Errors: CITY-103 missing, CITY-104 impossible, CITY-105 implausible (warning), CITY-106 a sentence of the form does
    not hold (refused or a warning, as the form says), CITY-109 a day still to come.
    """
    problems: list[Problem] = []
    for name, field in form.fields.items():
        value = values.get(name)
        if value is None:
            if field.required or name == form.occurred_on:
                problems.append(Problem(code="CITY-103", field=name, args={"label": field.label}))
        elif beyond_possible(field, value):
            problems.append(Problem(code="CITY-104", field=name, args=_limits(field.label, field.possible)))
        elif field.plausible and isinstance(value, int | float) and not isinstance(value, bool):
            low, high = field.plausible
            if not low <= value <= high:
                args = _limits(field.label, field.plausible)
                problems.append(Problem(code="CITY-105", severity=Severity.warning, field=name, args=args))
    day = values.get(form.occurred_on)
    if isinstance(day, date) and day > today:
        args = {"label": form.fields[form.occurred_on].label, "day": day.isoformat()}
        problems.append(Problem(code="CITY-109", field=form.occurred_on, args=args))
    rules = bind_pack(standing.library.newest[form.pack])
    for check in form.checks:
        if compile_expression(check.rule, rules.values)(Row(values)) is False:
            severity = Severity.error if check.refuse else Severity.warning
            problems.append(Problem(code="CITY-106", severity=severity, args={"text": check.message}))
    return problems


def _limits(label: str, limits: tuple[float, float] | None) -> dict[str, str]:
    low, high = limits or (0.0, 0.0)
    return {"label": label, "low": f"{low:g}", "high": f"{high:g}"}


def _check_twice(
    standing: Standing, form: Form, registration: int, values: Mapping[str, Any], corrects: int | None
) -> list[Problem]:
    """Errors: CITY-108 the same record is there already: it is to be corrected, not entered again."""
    tests, params = ["registration_id = ?"], [registration]
    for name in form.record_key:
        if name != "registration":
            tests.append(f"{sql_name(name)} IS NOT DISTINCT FROM ?")
            params.append(values.get(name))  # type: ignore[arg-type]
    found = standing.workspace.one(f"SELECT seq FROM {standing.facts(form)} WHERE {' AND '.join(tests)}", params)
    if found is None or found[0] == corrects:
        return []
    return [Problem(code="CITY-108", args={"fact": str(found[0])})]


def _judge(
    standing: Standing, form: Form, subject: Subject | None, values: Mapping[str, Any], number: int
) -> Judgement | None:
    """What the programme makes of the row on its own: its class and the next dates; null for a form without classes."""
    programme = standing.programmes[form.pack]
    classify = programme.newest.pack.classify
    if classify is None or classify.form != form.name or subject is None:
        return None
    event = Event(subject.id, form.full_name, values[form.occurred_on], number, dict(values))
    judged = judge_rows(
        programme, subject, [*_earlier(standing, form, subject, event), event], compile_programme(programme)
    )
    return next((row for row in judged if row.seq == number), None)


def _earlier(standing: Standing, form: Form, subject: Subject, event: Event) -> list[Event]:
    """The person's rows of the form before this one, because a class may look back."""
    person = parse_person(subject.id)
    names = ", ".join(sql_name(name) for name in form.fields)
    rows = standing.workspace.dicts(
        f"SELECT seq, occurred_on, {names} FROM {standing.facts(form)} f SEMI JOIN (SELECT registration_id FROM"
        f" {derive(standing).links} WHERE person_id = {person}) l USING (registration_id) WHERE occurred_on <= ?",
        [event.on],
    )
    return [
        Event(subject.id, form.full_name, row["occurred_on"], row["seq"], {name: row[name] for name in form.fields})
        for row in rows
    ]


def withdraw_facts(standing: Standing, facts: Sequence[int], reason: str, who: str, at: datetime) -> int:
    """Take records back that should never have been; they stay in the history. Answers the first number taken.

    Errors: FIG-005 no such fact, CITY-008 the facts are of several forms, STORE-021 it was ended already.
    """
    forms: set[str] = set()
    for number in facts:
        found = standing.city.find_fact(standing.workspace, number)
        if found is None:
            raise Refusal(Problem(code="FIG-005", args={"fact": str(number)}))
        forms.add(found["form"])
    if len(forms) > 1:
        raise Refusal(Problem(code="CITY-008", args={"forms": "、".join(sorted(forms))}))
    form = find_form(standing.library, forms.pop())
    withdrawal = Withdrawal(form=form.full_name, facts=tuple(facts), reason=reason, actor=who, at=at)
    with standing.city.writer(who) as writer:
        return writer.withdraw(withdrawal, table_of(form))
