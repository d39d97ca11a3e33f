"""The clauses about things given in order, for everyone and many periods at once: one pass over obligations, one over people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from wangdi.core.periods import Period
from wangdi.engines.duck.given import date_after
from wangdi.language.courses import ReachesAge, TaskApplies, TaskAsked, TaskDone, TaskDoneBefore
from wangdi.language.model import Clause
from wangdi.language.rules import Rules, measure_offset
from wangdi.store.workspace import sql_text

TaskClause = TaskApplies | TaskAsked | TaskDone | TaskDoneBefore
JoinBits = Callable[[Sequence[str]], str]
"""Makes a number with the n-th bit set where the n-th test is true."""


@dataclass(frozen=True, slots=True)
class Days:
    """The periods of a question as they stood on a day."""

    rules: Rules
    periods: tuple[Period, ...]
    as_of: date

    @property
    def first(self) -> date:
        """The first day of all periods."""
        return min(period.start for period in self.periods)

    @property
    def last(self) -> date:
        """The last day seen of all periods."""
        return min(self.as_of, max(period.end for period in self.periods))

    @property
    def soonest(self) -> date:
        """The last day seen of the period that ends soonest."""
        return min(self.as_of, min(period.end for period in self.periods))

    def each(self, test: Callable[[str, str], str]) -> list[str]:
        """A test for each period, given its first day and the last day seen."""
        return [test(f"DATE '{p.start}'", f"DATE '{min(p.end, self.as_of)}'") for p in self.periods]


Ages = Mapping[TaskClause, frozenset[ReachesAge] | None]
"""The ages of which a subject has to reach one within a period for a clause to be looked at; None: it always is."""


def plan_tasks(
    clauses: Mapping[TaskClause, str], ages: Ages, days: Days, tables: tuple[str, str], join_bits: JoinBits
) -> str:
    """By subject the periods in which each clause holds, under its column. ``tables``: obligations and subjects.

    What can be asked of a task is worked out once for each subject and task; a clause is then a look at its task's row.
    The periods of a clause nobody looks at (``ages``) may be missing.
    """
    obligations, subjects = tables
    bits = {clause: _task_bits(clause, days, join_bits) for clause in clauses}
    kinds = {text: place for place, text in enumerate(dict.fromkeys(bits.values()))}
    tasks = sorted({task for clause in clauses for task in clause.tasks})
    reached = list(dict.fromkeys(age for found in ages.values() for age in found or ()))
    rows = []
    for place, task in enumerate(tasks):
        # Which questions are put about a task, and which ages matter to it, as numbers: comparing names would cost more
        # than the answers.
        asking = [clause for clause in clauses if task in clause.tasks]
        asked = _flags(kinds[bits[clause]] for clause in asking)
        needed = _flags(reached.index(age) for clause in asking for age in ages[clause] or ())
        rows.append(f"({sql_text(task)}, {place}, {asked}, {needed})")
    wanted = ["(k.ages & s.reached) <> 0"] if reached else []
    for clause in clauses:
        if ages[clause] is None:
            nowhere, _ = _plain(clause, days)
            wanted.append(f"((k.kinds & {1 << kinds[bits[clause]]}) <> 0 AND coalesce(NOT ({nowhere}), TRUE))")
    said = "".join(
        f", bit_or(CASE WHEN (k.kinds & {1 << place}) <> 0 THEN {text} ELSE 0 END) AS kind_{place}"
        for text, place in kinds.items()
    )
    joins = "".join(
        f" LEFT JOIN (SELECT * FROM task_bit WHERE task = {place}) t{place} ON t{place}.subject_id = b.subject_id"
        for place in range(len(tasks))
    )
    columns = []
    for clause, column in clauses.items():
        held = " | ".join(f"coalesce(t{tasks.index(task)}.kind_{kinds[bits[clause]]}, 0)" for task in clause.tasks)
        columns.append(f"({held}) AS {column}")
    return (
        f"WITH task_bit AS MATERIALIZED (SELECT x.subject_id, k.place AS task{said} FROM {obligations} x"
        f" JOIN (VALUES {', '.join(rows)}) k(task, place, kinds, ages) ON k.task = x.task{_born(clauses, reached, days, subjects)}"
        f" WHERE {' OR '.join(dict.fromkeys(wanted))} GROUP BY x.subject_id, k.place)"
        f" SELECT b.subject_id, {', '.join(columns)} FROM (SELECT DISTINCT subject_id FROM task_bit) b{joins}"
    )


def _flags(places: Iterable[int]) -> int:
    """A number with the bits of these places set."""
    return reduce(or_, (1 << place for place in places), 0)


def _born(clauses: Iterable[TaskClause], reached: Sequence[ReachesAge], days: Days, subjects: str) -> str:
    """The join to birth dates, with the ages reached on any day of the periods as bits; nothing where no clause asks."""
    if not reached and not any(isinstance(clause, TaskDoneBefore) for clause in clauses):
        return ""
    span = f"BETWEEN DATE '{days.first}' AND DATE '{days.last}'"
    ages = " | ".join(
        f"CASE WHEN {_day_of(age, days)} {span} THEN {1 << place} ELSE 0 END" for place, age in enumerate(reached)
    )
    born = f"SELECT s.subject_id, s.birth_date, ({ages or 0}) AS reached FROM {subjects} s"
    return f" LEFT JOIN ({born}) s USING (subject_id)"


def _task_bits(clause: TaskClause, days: Days, join_bits: JoinBits) -> str:
    """The periods in which a clause holds for a task's row. Of most rows it is plain for all periods at once: none or every."""
    nowhere, everywhere = _plain(clause, days)
    every = (1 << len(days.periods)) - 1
    return f"CASE WHEN {nowhere} THEN 0 WHEN {everywhere} THEN {every} ELSE {join_bits(_task_tests(clause, days))} END"


def _plain(clause: TaskClause, days: Days) -> tuple[str, str]:
    """SQL: a clause holds for a task's row in no period; in every one. Either may be unknown, which is not so."""
    first, last, soonest = (f"DATE '{day}'" for day in (days.first, days.last, days.soonest))
    nowhere, everywhere = "FALSE", "FALSE"
    match clause:
        case TaskAsked():
            nowhere = f"x.opens > {last} OR x.closes < {first} OR x.done_on < {first} OR x.ended_on <= {soonest}"
        case TaskApplies():
            nowhere, everywhere = f"x.anchor_on > {last}", f"x.anchor_on <= {soonest}"
        case TaskDone():
            nowhere = f"x.done_on IS NULL OR x.done_on NOT BETWEEN {first} AND {last}"
        case TaskDoneBefore():
            limit = date_after("s.birth_date", measure_offset(clause.age, days.rules))
            nowhere, everywhere = "x.done_on IS NULL", f"x.done_on < {limit} AND x.done_on <= {soonest}"
    return nowhere, everywhere


def _task_tests(clause: TaskClause, days: Days) -> list[str]:
    match clause:
        case TaskAsked():
            return days.each(
                lambda first, last: (
                    f"(x.opens <= {last} AND x.closes >= {first} AND coalesce(x.done_on >= {first}, TRUE)"
                    f" AND coalesce(x.ended_on > {last}, TRUE))"
                )
            )
        case TaskApplies():
            return days.each(lambda first, last: f"(x.anchor_on <= {last})")
        case TaskDone():
            return days.each(lambda first, last: f"(x.done_on BETWEEN {first} AND {last})")
        case TaskDoneBefore():
            limit = date_after("s.birth_date", measure_offset(clause.age, days.rules))
            return days.each(lambda first, last: f"(x.done_on < {limit} AND x.done_on <= {last})")


def plan_ages(clauses: Mapping[ReachesAge, str], days: Days, subjects: str, join_bits: JoinBits) -> str:
    """By subject the periods in which they reach each age, under its column."""
    columns = []
    for clause, column in clauses.items():
        day = _day_of(clause, days)
        tests = days.each(lambda first, last, day=day: f"({day} BETWEEN {first} AND {last})")  # type: ignore[misc]
        columns.append(f"{join_bits(tests)} AS {column}")
    return f"SELECT s.subject_id, {', '.join(columns)} FROM {subjects} s"


def _day_of(clause: ReachesAge, days: Days) -> str:
    """SQL of the day on which somebody reaches an age."""
    return date_after("s.birth_date", measure_offset(clause.age, days.rules))


def split_clauses(
    columns: Mapping[Clause, str],
) -> tuple[dict[TaskClause, str], dict[ReachesAge, str], dict[Clause, str]]:
    """The clauses over obligations, those over ages, and all others."""
    tasks = {clause: name for clause, name in columns.items() if isinstance(clause, TaskClause)}
    ages = {clause: name for clause, name in columns.items() if isinstance(clause, ReachesAge)}
    rest: dict[Clause, str] = {
        clause: name for clause, name in columns.items() if not isinstance(clause, TaskClause | ReachesAge)
    }
    return tasks, ages, rest
