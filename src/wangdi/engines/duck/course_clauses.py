"""The clauses about things given in order, for everyone and many periods at once: one pass over obligations, one over people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

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

    def each(self, test: Callable[[str, str], str]) -> list[str]:
        """A test for each period, given its first day and the last day seen."""
        return [test(f"DATE '{p.start}'", f"DATE '{min(p.end, self.as_of)}'") for p in self.periods]


def plan_tasks(clauses: Mapping[TaskClause, str], days: Days, tables: tuple[str, str], join_bits: JoinBits) -> str:
    """By subject the periods in which each clause holds, under its column. ``tables``: obligations and subjects.

    What can be asked of a task is worked out once for each subject and task; a clause is then a look at its task's row.
    """
    obligations, subjects = tables
    kinds: dict[str, tuple[str, set[str]]] = {}
    for clause in clauses:
        bits = join_bits(_task_tests(clause, days))
        kinds.setdefault(bits, (f"kind_{len(kinds)}", set()))[1].update(clause.tasks)
    said = "".join(
        f", bit_or(CASE WHEN x.task IN ({_listed(tasks)}) THEN {bits} ELSE 0 END) AS {name}"
        for bits, (name, tasks) in kinds.items()
    )
    join = f" LEFT JOIN {subjects} s USING (subject_id)"
    every = sorted({task for clause in clauses for task in clause.tasks})
    born = join if any(isinstance(clause, TaskDoneBefore) for clause in clauses) else ""
    joins = "".join(
        f" LEFT JOIN (SELECT * FROM task_bit WHERE task = {sql_text(task)}) t{place} ON t{place}.subject_id = b.subject_id"
        for place, task in enumerate(every)
    )
    columns = []
    for clause, column in clauses.items():
        name = kinds[join_bits(_task_tests(clause, days))][0]
        held = " | ".join(f"coalesce(t{every.index(task)}.{name}, 0)" for task in clause.tasks)
        columns.append(f"({held}) AS {column}")
    return (
        f"WITH task_bit AS MATERIALIZED (SELECT x.subject_id, x.task{said} FROM {obligations} x{born}"
        f" WHERE x.task IN ({_listed(every)}) GROUP BY x.subject_id, x.task)"
        f" SELECT b.subject_id, {', '.join(columns)} FROM (SELECT DISTINCT subject_id FROM task_bit) b{joins}"
    )


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


def _listed(tasks: Iterable[str]) -> str:
    return ", ".join(map(sql_text, sorted(tasks)))


def plan_ages(clauses: Mapping[ReachesAge, str], days: Days, subjects: str, join_bits: JoinBits) -> str:
    """By subject the periods in which they reach each age, under its column."""
    columns = []
    for clause, column in clauses.items():
        reached = date_after("s.birth_date", measure_offset(clause.age, days.rules))
        tests = days.each(lambda first, last, day=reached: f"({day} BETWEEN {first} AND {last})")  # type: ignore[misc]
        columns.append(f"{join_bits(tests)} AS {column}")
    return f"SELECT s.subject_id, {', '.join(columns)} FROM {subjects} s"


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
