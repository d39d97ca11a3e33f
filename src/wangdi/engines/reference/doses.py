"""What is asked of one subject of the things given in order: for each dose its windows, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from wangdi.engines.reference.given import Given, Taken, age_day, interval_day, read_given
from wangdi.language.courses import Dose
from wangdi.language.read_course_clauses import completed_by
from wangdi.language.record import Event, Obligation, Spell, Subject
from wangdi.language.rules import Programme, add_length, measure_offset
from wangdi.language.stretches import Stretch, dose_of, most_doses

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One dose as asked: which numbers apply, the day it counts from, and its window before anything puts it off."""

    stretch: Stretch
    dose: Dose
    base: date
    opens: date
    limit: date
    closes: date
    done_on: date | None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A window until something put it off (``ended_on``, with the hold's name) or the dose was given."""

    anchor: date
    opens: date
    rule: str
    ended_on: date | None
    reason: str


def build_doses(
    programme: Programme, subject: Subject, events: Sequence[Event], spells: Sequence[Spell]
) -> list[Obligation]:
    """The obligations of every course that applies, in every spell. Missing: no birth date, nothing is asked."""
    birth = subject.birth_date
    if birth is None or not spells:
        return []
    given = read_given(programme, subject, events)
    found: list[Obligation] = []
    for taken in given.taken.values():
        for number in range(1, most_doses(taken.stretches) + 1):
            asked = _ask(taken, number, birth)
            if asked is not None:
                pieces = _split(asked, given)
                task = f"{taken.course.task}_{number}"
                found += [item for spell in spells for item in _place(spell, task, asked, pieces)]
    return found


def _ask(taken: Taken, number: int, birth: date) -> _Asked | None:
    """A dose is asked once the one before was given: by the edition in force on the first day it may be given."""
    if len(taken.counted) < number - 1:
        return None
    done_on = taken.counted[number - 1] if len(taken.counted) >= number else None
    base = taken.counted[number - 2] if number > 1 else birth
    for stretch in taken.stretches:
        dose = dose_of(stretch.course, number)
        if dose is None:
            continue
        days = [age_day(taken, stretch, birth, dose), interval_day(taken, stretch.rules, dose, birth)]
        opens = max(day for day in (*days, stretch.first) if day is not None)
        if stretch.last is not None and opens > stretch.last:
            continue
        last = add_length(birth, measure_offset(stretch.course.until, stretch.rules)) - _DAY
        if opens > last and done_on is None:
            return None
        limit = _limit(taken, stretch, dose, birth) or opens
        earliest = opens if done_on is None else min(opens, done_on)
        return _Asked(stretch, dose, base, earliest, limit, max(last, earliest), done_on)
    return None


def _limit(taken: Taken, stretch: Stretch, dose: Dose, birth: date) -> date | None:
    """The last day of the recommended age, or of the time after the first dose."""
    said = completed_by(stretch.course.doses, dose.number)
    if said is None:
        return None
    if said.by is not None:
        return add_length(birth, measure_offset(said.by, stretch.rules)) - _DAY
    if said.by_first is None or dose.number == 1:
        return None
    return add_length(taken.counted[0], measure_offset(said.by_first, stretch.rules)) - _DAY


def _split(asked: _Asked, given: Given) -> list[_Piece]:
    """The window in pieces: each hold that reaches beyond the opening ends one and opens the next where it ends."""
    holds: list[tuple[date, date, str]] = []
    for span in given.spans:
        end = span.end or asked.done_on or date.max
        relevant = span.on < (asked.done_on or date.max) and span.on <= asked.closes and end > asked.opens
        if relevant and all(span.covers(code) for code in asked.dose.give):
            holds.append((max(span.on, asked.base), end, span.name))
    anchor, opens, rule = asked.base, asked.opens, "birth" if asked.dose.number == 1 else "after"
    pieces: list[_Piece] = []
    for at, end, name in sorted(holds):
        if end > opens:
            pieces.append(_Piece(anchor, opens, rule, at, name))
            anchor, opens, rule = at, end, f"hold:{name}"
        if end == date.max:
            break
    if opens != date.max and (opens <= asked.closes or asked.done_on is not None):
        pieces.append(_Piece(anchor, opens, rule, None, ""))
    return [piece for piece in pieces if piece.ended_on is None or piece.ended_on > piece.anchor]


def _place(spell: Spell, task: str, asked: _Asked, pieces: Sequence[_Piece]) -> list[Obligation]:
    """The pieces that fall into a spell. What was done before it began is done; what had closed is not this one's."""
    found: list[Obligation] = []
    for piece in pieces:
        anchor = max(piece.anchor, spell.start)
        before = piece.ended_on is not None and piece.ended_on <= spell.start
        if before or (spell.end is not None and anchor >= spell.end):
            continue
        done_on = asked.done_on if piece.ended_on is None else None
        opens = piece.opens if done_on is None else min(piece.opens, done_on)
        closes = max(asked.closes, opens)
        due = min(max(asked.limit, opens), closes)
        if done_on is None and closes < spell.start:
            continue
        item = Obligation(spell.subject_id, task, anchor, opens, due, closes, piece.rule, spell.org)
        found.append(_settle(item, spell, piece, done_on))
    return found


def _settle(item: Obligation, spell: Spell, piece: _Piece, done_on: date | None) -> Obligation:
    if done_on is not None and (spell.end is None or done_on < spell.end):
        return replace(item, done_on=done_on)
    if piece.ended_on is not None and (spell.end is None or piece.ended_on <= spell.end):
        return replace(item, ended_on=piece.ended_on, reason=piece.reason)
    if spell.end is not None and spell.end <= item.closes:
        return replace(item, ended_on=spell.end, reason=spell.reason)
    return item
