"""Who is managed by whom, from when to when: the spells of one subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from wangdi.core.dates import add_months
from wangdi.engines.reference.classify import row_of
from wangdi.engines.reference.expression import Row, compile_expression
from wangdi.language.ast import Expression
from wangdi.language.record import Event, Spell, Subject
from wangdi.language.rules import Programme, Rules


@dataclass(frozen=True, slots=True)
class _Change:
    """A row that enrols (``end`` None) or ends; ``on`` is the day from which it counts."""

    on: date
    told_on: date
    seq: int
    org: str
    kind: Literal["end", "enrol"]
    by: str
    reason: str
    edition: str


def build_spells(programme: Programme, subject: Subject, events: Sequence[Event]) -> list[Spell]:
    """The spells of one subject, in order, never overlapping.

    Rule: a row that satisfies ``enrol`` opens a spell; while one is open, the same institution's further rows change
    nothing and another institution's row moves the subject there on that day. An ending ends it on its day, the loss at the
    end of its year. What only the managing institution may say is not heard from another. Nobody is enrolled after death.
    On one day an ending counts before an enrolment, so that one can leave and arrive on the same day.
    """
    changes = sorted(_find_changes(programme, subject, events), key=lambda change: (change.on, change.kind, change.seq))
    death = min((change.on for change in changes if change.reason == "died"), default=None)
    spells: list[Spell] = []
    current: _Change | None = None
    for change in changes:
        if change.kind == "enrol":
            if (death is not None and change.on >= death) or (current is not None and current.org == change.org):
                continue
            if current is not None:
                spells.append(_close(subject, current, change.on, "moved", change.told_on))
            current = change
        elif current is not None and (change.by == "anyone" or change.org == current.org):
            spells.append(_close(subject, current, change.on, change.reason, change.told_on))
            current = None
    if current is not None:
        spells.append(_close(subject, current, None, "", None))
    spells = [aged for spell in spells if (aged := _from_age(programme, subject, spell)) is not None]
    return [spell for spell in spells if spell.end is None or spell.end > spell.start]


def _from_age(programme: Programme, subject: Subject, spell: Spell) -> Spell | None:
    """The spell from the day its edition's age is reached; None where the birth date is unknown."""
    rules = next(rules for rules in programme.editions if rules.pack.edition == spell.edition)
    at_age = rules.pack.enrol.at_age if rules.pack.enrol is not None else None
    if at_age is None:
        return spell
    if subject.birth_date is None:
        return None
    years = compile_expression(at_age.years, rules.values)(Row({}))
    assert isinstance(years, int | float), "checked: an age is a number"
    day = add_months(subject.birth_date, 12 * int(years))
    if at_age.whole_year and rules.values[at_age.whole_year] is True:
        day = date(day.year, 1, 1)
    return replace(spell, start=max(spell.start, day))


def _close(subject: Subject, opened: _Change, end: date | None, reason: str, told_on: date | None) -> Spell:
    return Spell(subject.id, opened.org, opened.on, end, reason, told_on, opened.edition)


def _find_changes(programme: Programme, subject: Subject, events: Sequence[Event]) -> list[_Change]:
    changes: list[_Change] = []
    for event in events:
        rules = programme.in_force(event.on)
        if rules is None or rules.pack.enrol is None:
            continue
        enrol, edition = rules.pack.enrol, rules.pack.edition
        if event.form == _full(rules, enrol.form) and _holds(rules, enrol.when, subject, event):
            changes.append(_Change(event.on, event.on, event.seq, event.org, "enrol", "anyone", "", edition))
        for ending in enrol.ends:
            if event.form == _full(rules, ending.form) and _holds(rules, ending.when, subject, event):
                on = event.on if ending.at == "day" else date(event.on.year + 1, 1, 1)
                changes.append(_Change(on, event.on, event.seq, event.org, "end", ending.by, ending.reason, edition))
    return changes


def _full(rules: Rules, form: str) -> str:
    return rules.pack.form(form).full_name


def _holds(rules: Rules, when: Expression | None, subject: Subject, event: Event) -> bool:
    return when is None or compile_expression(when, rules.values)(row_of(rules, subject, event)) is True
