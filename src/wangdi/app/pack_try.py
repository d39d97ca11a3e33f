"""One visit held against a pack as it is typed: class, what follows, when next, the clause, and what it rested on.

Nothing is kept. The answer is the reference engine's, which is what the examples of the pack are held against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from wangdi.app.pack_cases import say_cell
from wangdi.catalog.codelists import load_codelists
from wangdi.core.dates import age_years, parse_date_text
from wangdi.engines.reference.cases import REFERENCE
from wangdi.language.ast import Expression, Term
from wangdi.language.cells import Unreadable, beyond_possible, parse_birth_date, parse_cell, parse_sex
from wangdi.language.engine import Case
from wangdi.language.examples import parse_attribute
from wangdi.language.explain import speech_of
from wangdi.language.model import Form, FormField, Pack
from wangdi.language.names import SUBJECT_ATTRIBUTES, fields_behind, previous_behind, used_terms
from wangdi.language.record import Cell, Dates, Event, Judgement, Subject
from wangdi.language.rules import Programme, Rules
from wangdi.language.words import Speech, say_expression, say_field, say_term, say_unit

PERSON = ("birth_date", "sex")


@dataclass(frozen=True, slots=True)
class AskedField:
    """A field to type into. ``decides``: the rules about a single visit look at it."""

    name: str
    label: str
    type: str
    unit: str
    codes: tuple[tuple[str, str], ...]
    plausible: tuple[float, float] | None
    decides: bool


@dataclass(frozen=True, slots=True)
class Questions:
    """What to ask for a visit: attributes of the person, fields of the form, whether an earlier visit matters."""

    form: Form
    person: tuple[AskedField, ...]
    fields: tuple[AskedField, ...]
    looks_back: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """What was typed, as text: of the person, of this visit, of the one before (none when it has no date)."""

    person: Mapping[str, str] = field(default_factory=dict)
    now: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A sentence of the pack on this visit: its name and words, and whether it holds. Missing: it cannot be told (None)."""

    name: str
    label: str
    words: str
    value: Cell
    said: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What the rules say of a visit.

    ``unread``: what could not be read, by the name of its box, with what would have been.
    ``implausible``: values beyond what is plausible, by name, with the limits. ``told``: form checks that do not hold.
    ``classes``: every class in order; the first that holds is ``judgement.class_name``.
    """

    pack: Pack | None
    on: date | None
    unread: Mapping[str, str]
    implausible: Mapping[str, tuple[float, float]]
    told: tuple[tuple[str, bool], ...] = ()
    judgement: Judgement | None = None
    classes: tuple[Weighed, ...] = ()
    terms: tuple[Weighed, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()

    @property
    def next(self) -> tuple[tuple[str, Dates], ...]:
        """What is asked next, by task, the first due first."""
        asked = () if self.judgement is None else tuple(self.judgement.next.items())
        return tuple(sorted(asked, key=lambda item: item[1].due))


def ask_questions(pack: Pack) -> Questions | None:
    """What to ask for a visit. None: the pack neither classifies a form nor checks one."""
    name = pack.classify.form if pack.classify else next((one.name for one in pack.forms.values() if one.checks), "")
    if not name:
        return None
    form = pack.form(name)
    sentences = _sentences(pack, form)
    deciding = {name for node in sentences for name in fields_behind(pack, node)}
    back = {name for node in sentences for name in previous_behind(pack, node)}
    deciding |= {name for term in back for name in fields_behind(pack, pack.terms[term].expression)}
    speech = Speech(pack, form, "zh")
    attributes = [name for name in SUBJECT_ATTRIBUTES if name in deciding and name not in (*PERSON, "age_years")]
    person = [name for name in attributes if name not in form.fields]
    asked = [one for one in form.fields.values() if one.name != form.occurred_on and not one.identifying]
    fields = tuple(_ask(speech, one, one.name in deciding) for one in asked)
    return Questions(form, tuple(_ask_person(speech, name) for name in person), fields, bool(back))


def _sentences(pack: Pack, form: Form) -> list[Expression]:
    rows = [row.when for row in pack.classify.rows] if pack.classify else []
    return [*rows, *(check.rule for check in form.checks)]


def _ask(speech: Speech, one: FormField, decides: bool) -> AskedField:
    codes = tuple(load_codelists()[one.codes].codes.items()) if one.codes else ()
    label = say_field(speech, one.name, short=False)
    return AskedField(one.name, label, one.type, say_unit(speech, one.unit), codes, one.plausible, decides)


def _ask_person(speech: Speech, name: str) -> AskedField:
    kind = "boolean" if SUBJECT_ATTRIBUTES[name] == "boolean" else "text"
    return AskedField(name, say_field(speech, name), kind, "", (), None, True)


@dataclass(slots=True)
class _Reading:
    pack: Pack
    form: Form
    unread: dict[str, str] = field(default_factory=dict)
    implausible: dict[str, tuple[float, float]] = field(default_factory=dict)

    def taken(self, box: str, value: Cell | Unreadable) -> Cell:
        if isinstance(value, Unreadable):
            self.unread[box] = value.expected
            return None
        return value

    def subject(self, said: Mapping[str, str]) -> Subject:
        birth = self.taken("birth_date", parse_birth_date(said.get("birth_date", "")))
        sex = self.taken("sex", parse_sex(said.get("sex", "")))
        others = {
            name: self.taken(name, parse_attribute(self.pack, name, text))
            for name, text in said.items()
            if name in SUBJECT_ATTRIBUTES and name not in (*PERSON, "age_years")
        }
        return Subject("", birth if isinstance(birth, date) else None, None if sex is None else str(sex), others)

    def event(self, part: str, said: Mapping[str, str], seq: int) -> Event | None:
        text = said.get("date", "").strip()
        on = parse_date_text(text)
        if on is None:
            if text:
                self.unread[f"{part}.date"] = "yyyy-mm-dd"
            return None
        values: dict[str, Cell] = {self.form.occurred_on: on}
        for name, one in self.form.fields.items():
            if name in said and name != self.form.occurred_on:
                values[name] = value = self.taken(f"{part}.{name}", parse_cell(one, said[name]))
                if (limits := one.possible) is not None and beyond_possible(one, value):
                    self.unread[f"{part}.{name}"] = f"{limits[0]:g}–{limits[1]:g}"
                    values[name] = None
                elif one.plausible is not None and isinstance(value, int | float) and not isinstance(value, bool):
                    low, high = one.plausible
                    if not low <= value <= high:
                        self.implausible[f"{part}.{name}"] = one.plausible
        return Event("", self.form.full_name, on, seq, values)


def try_visit(programme: Programme, visit: Visit) -> Tried:
    """Hold what was typed against the edition in force on the visit's day.

    Missing: without a date nothing is judged; a box that cannot be read, or holds what cannot be, counts as blank and is
    told. An earlier visit is one before the day of this.
    """
    newest = programme.newest.pack
    questions = ask_questions(newest)
    if questions is None:
        return Tried(None, None, {}, {})
    reading = _Reading(newest, questions.form)
    subject, now = reading.subject(visit.person), reading.event("now", visit.now, 2)
    before = reading.event("before", visit.before, 1)
    if now is None:
        return Tried(None, None, reading.unread, reading.implausible)
    if before is not None and before.on > now.on:
        reading.unread["before.date"] = f"≤ {now.on}"
        before = None
    rules = programme.in_force(now.on)
    if rules is None:
        return Tried(None, now.on, reading.unread, reading.implausible)
    case = Case(subject, (*([before] if before is not None else []), now))
    judged = next(iter(REFERENCE.judge(programme, [case])))
    judgement = next((one for one in judged if one.seq == now.seq), None)
    return _explain(rules, case, judgement, reading)


def _explain(rules: Rules, case: Case, judgement: Judgement | None, reading: _Reading) -> Tried:
    pack, now = rules.pack, case.events[-1]
    form = pack.form(now.form)
    speech = speech_of(pack, "zh", form)
    rows = pack.classify.rows if pack.classify else ()
    classes = tuple(
        _weigh(rules, case, row.when, (row.name, row.label, say_expression(speech, row.when))) for row in rows
    )
    chosen = next((row for row in rows if judgement is not None and row.name == judgement.class_name), None)
    nodes = [chosen.when] if chosen is not None else [row.when for row in rows]
    told = tuple((check.message, check.refuse) for check in form.checks if _value(rules, case, check.rule) is False)
    return Tried(
        pack=pack,
        on=now.on,
        unread=reading.unread,
        implausible=reading.implausible,
        told=told,
        judgement=judgement,
        classes=classes,
        terms=tuple(
            _weigh(
                rules,
                case,
                Term(name),
                (name, say_term(speech, name), say_expression(speech, pack.terms[name].expression)),
            )
            for name in _terms_behind(pack, nodes)
        ),
        inputs=tuple(_inputs(speech, case, nodes)),
    )


def _value(rules: Rules, case: Case, node: Expression) -> Cell:
    (values,) = REFERENCE.evaluate(rules, case.events[-1].form, node, [case])
    return values[-1]


def _weigh(rules: Rules, case: Case, node: Expression, said: tuple[str, str, str]) -> Weighed:
    value = _value(rules, case, node)
    return Weighed(*said, value, say_cell(None, value))


def _terms_behind(pack: Pack, nodes: Sequence[Expression]) -> list[str]:
    """Terms the sentences rest on, in the pack's order."""
    found: set[str] = set()
    waiting = [name for node in nodes for name in used_terms(node)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += used_terms(pack.terms[name].expression)
    return [name for name in pack.terms if name in found]


def _inputs(speech: Speech, case: Case, nodes: Sequence[Expression]) -> list[tuple[str, str]]:
    """The fields the sentences rest on, with what was typed; the person's age in completed years on the day."""
    pack, now = speech.pack, case.events[-1]
    names = {name for node in nodes for name in fields_behind(pack, node)}
    row: dict[str, Cell] = {**case.subject.attributes, "birth_date": case.subject.birth_date, "sex": case.subject.sex}
    form = pack.form(now.form)
    known: list[tuple[str, str]] = []
    for name in dict.fromkeys((*SUBJECT_ATTRIBUTES, *form.fields)):
        if name not in names:
            continue
        one = form.fields.get(name)
        value = now.values.get(name) if one is not None else row.get(name)
        if name == "age_years" and case.subject.birth_date is not None:
            value = age_years(case.subject.birth_date, now.on)
        unit = "" if one is None or value is None else say_unit(speech, one.unit)
        known.append((say_field(speech, name), f"{say_cell(one, value)} {unit}".strip()))
    return known
