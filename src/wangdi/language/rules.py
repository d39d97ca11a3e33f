"""A pack with its numbers filled in: what an engine runs.

A city may override parameters, and nothing else. Editions of one programme are kept together, so that each row is judged by
the edition that applied on its day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from wangdi.core.dates import add_months
from wangdi.language.courses import DoseTask
from wangdi.language.model import Offset, Pack, Window
from wangdi.language.record import Cell, Dates


@dataclass(frozen=True, slots=True)
class Rules:
    """One edition with the value of every parameter."""

    pack: Pack
    values: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Programme:
    """Every edition of one programme, oldest first."""

    id: str
    editions: tuple[Rules, ...]

    @property
    def newest(self) -> Rules:
        """The latest edition: its words are shown, and its schedule lists the tasks (windows are those of the day)."""
        return self.editions[-1]

    def in_force(self, on: date) -> Rules | None:
        """The edition that applied on a day, or none.

        Rule: days before the oldest edition we have are judged by it: a patient enrolled under an earlier printing of the
        norm is still a patient, and no better rule is at hand.
        """
        if on < self.editions[0].pack.valid_from:
            return self.editions[0]
        for rules in self.editions:
            pack = rules.pack
            if pack.valid_from <= on and (pack.valid_to is None or on <= pack.valid_to):
                return rules
        return None

    def days_of(self, rules: Rules) -> tuple[date | None, date | None]:
        """First and last day an edition applies; None where it has no such end (see :meth:`in_force`)."""
        first = None if rules is self.editions[0] else rules.pack.valid_from
        return first, rules.pack.valid_to


def asking_rules(programme: Programme, task: str, asked: tuple[date, date]) -> Rules:
    """The edition whose words ask for something. ``asked``: the day it counts from, and the day it opens.

    Rule: a dose is asked by the edition of the day it opens, everything else by that of the day it counts from; a task that
    edition does not have, by the newest that has it.
    """
    anchor, opens = asked
    newest = next(rules for rules in reversed(programme.editions) if task in rules.pack.schedule)
    rules = programme.in_force(opens if isinstance(newest.pack.schedule[task], DoseTask) else anchor)
    return rules if rules is not None and task in rules.pack.schedule else newest


def bind_pack(pack: Pack, overrides: Mapping[str, Cell] | None = None) -> Rules:
    """Fill in the parameters, a city's overrides over the pack's own values."""
    values: dict[str, Cell] = {name: parameter.value for name, parameter in pack.parameters.items()}
    return Rules(pack, values | {name: _of_type(values.get(name), value) for name, value in (overrides or {}).items()})


def _of_type(own: Cell, value: Cell) -> Cell:
    """A city writes a day as text."""
    return date.fromisoformat(value) if isinstance(own, date) and isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Length:
    """An offset counted out: calendar months first (clamped at month end), then days."""

    months: int
    days: int


_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}


def measure_offset(offset: Offset, rules: Rules) -> Length:
    """The months and days of an offset, with parameters filled in."""
    months = days = 0
    for part in offset.parts:
        count, unit = part.count, str(part.unit)
        if part.parameter:
            count, unit = int(rules.values[part.parameter] or 0), rules.pack.parameters[part.parameter].unit  # type: ignore[arg-type]
        months += count * _MONTHS.get(unit, 0)
        days += count * _DAYS.get(unit, 0)
    return Length(months, days)


def add_length(on: date, length: Length, times: int = 1) -> date:
    """``on`` plus ``times`` lengths, counted in one step so that a month end does not drift."""
    return add_months(on, length.months * times) + timedelta(days=length.days * times)


def count_window(window: Window, anchor: date, rules: Rules) -> Dates:
    """The three days of a window counted from its anchor."""
    opens, due, closes = (
        add_length(anchor, measure_offset(offset, rules)) for offset in (window.opens, window.due, window.closes)
    )
    return Dates(opens, due, closes)
