"""What the tools of the language ask of an engine, so that examples, walks and mutants can be run without knowing which it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from wangdi.core.periods import Period
from wangdi.language.ast import Expression
from wangdi.language.record import Cell, Event, Judgement, Obligation, Spell, Subject
from wangdi.language.rules import Programme, Rules

Place: TypeAlias = Literal["numerator", "missing", "outside"]
"""Where a subject stands in a figure: counted, in the denominator only, or not in it at all."""


@dataclass(frozen=True, slots=True)
class Case:
    """One subject with its rows, in order."""

    subject: Subject
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a subject stands in an indicator, what it adds to it, and the clauses it fails."""

    place: Place
    failed: tuple[str, ...] = ()
    numerator: float = 0.0
    denominator: float = 0.0


Judge: TypeAlias = Callable[[Programme, Sequence[Case]], Iterator[Sequence[Judgement]]]
Build: TypeAlias = Callable[[Programme, Sequence[Case], date], Iterator[tuple[Sequence[Spell], Sequence[Obligation]]]]
Ask: TypeAlias = tuple[str, Period]
"""An indicator's id and a period."""
Stand: TypeAlias = Callable[[Programme, Sequence[Case], Sequence[Sequence[Ask]]], Iterator[Sequence[Standing]]]
EvaluateRows: TypeAlias = Callable[[Rules, str, Expression, Sequence[Case]], Iterator[Sequence[Cell]]]


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine as four functions. Each answers once per case, in the order of the cases; none changes anything.

    ``judge``: the classified rows. ``build``: spells and obligations, written out up to a day. ``stand``: for each case the
    places it was asked for. ``evaluate``: the value of one expression on each row of a form (by its full name).
    """

    name: str
    judge: Judge
    build: Build
    stand: Stand
    evaluate: EvaluateRows


def place_person(clauses: Mapping[str, bool] | None, value: float = 1.0) -> Standing:
    """Where a person stands from the clauses of an indicator (None: not in the denominator).

    ``value``: what somebody who satisfies them all adds to the numerator.
    """
    if clauses is None:
        return Standing("outside")
    failed = tuple(name for name, holds in clauses.items() if not holds)
    return Standing("missing" if failed else "numerator", failed, 0.0 if failed else value, 1.0)


def place_item(counted: float | None, whole: float | None) -> Standing:
    """Where an item stands from what it adds to the numerator and the denominator (None: not in it)."""
    if counted is not None:
        return Standing("numerator", (), counted, whole or 0.0)
    return Standing("outside") if whole is None else Standing("missing", (), 0.0, whole)
