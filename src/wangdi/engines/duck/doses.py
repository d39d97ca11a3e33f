"""What is asked of everyone of the things given in order. The rules are those of the reference engine's ``build_doses``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from wangdi.engines.duck.classify import Relations
from wangdi.engines.duck.given import CoursePlan, age_sql, date_after, interval_sql, plan_given
from wangdi.language.courses import Hold
from wangdi.language.read_course_clauses import completed_by
from wangdi.language.rules import Programme, measure_offset
from wangdi.language.stretches import Stretch, dose_of, hold_stretches, measure, most_doses
from wangdi.store.workspace import sql_text

_NEVER = "DATE '9999-12-31'"


def plan_doses(programme: Programme, relations: Relations, judged: str, spells: str) -> str:
    """The obligations of every course, in the columns of ``plan_obligations``. ``judged``: the table of the verdicts."""
    plan = plan_given(programme, relations, f"SELECT DISTINCT subject_id FROM {spells}", judged)
    asked = [_plan_asked(item, number) for item in plan.courses for number in range(1, most_doses(item.stretches) + 1)]
    plan.tables["asked"] = " UNION ALL ".join(asked)
    plan.tables["off"] = _plan_off(programme)
    plan.tables["piece"] = _PIECES
    return f"{plan.with_sql()} {_PLACED.format(spells=spells)}"


def same_numbers(stretches: Sequence[Stretch], number: int) -> list[Stretch]:
    """The stretches that have a dose; neighbours with the same numbers for it are made one."""
    found: list[Stretch] = []
    for stretch in stretches:
        if dose_of(stretch.course, number) is None:
            continue
        last = found[-1] if found else None
        joins = last is not None and last.last is not None and stretch.first == last.last + timedelta(days=1)
        if last is not None and joins and _numbers(last, number) == _numbers(stretch, number):
            found[-1] = Stretch(stretch.rules, stretch.course, last.first, stretch.last)
        else:
            found.append(stretch)
    return found


def _numbers(stretch: Stretch, number: int) -> tuple[object, ...]:
    course, rules = stretch.course, stretch.rules
    dose, said = course.doses[number - 1], completed_by(course.doses, number)
    limits = (None, None) if said is None else (said.by, said.by_first)
    offsets = (dose.since, dose.after, dose.after_first, course.until, *limits)
    return (*(measure(rules, offset) for offset in offsets), dose.give, course.ages)


def _plan_asked(item: CoursePlan, number: int) -> str:
    """A dose as asked: the numbers of the first edition under which it may be given on a day of that edition."""
    stretches = same_numbers(item.stretches, number)
    base = "p.birth_date" if number == 1 else f"c.on_{number - 1}"
    days = ", ".join(f"{_opens(item, stretch, number)} AS o{place}" for place, stretch in enumerate(stretches))
    first = "c.on_1" if number > 1 else "NULL::DATE"
    tests = [
        f"WHEN o{place} <= DATE '{stretch.last}' THEN {place}" if stretch.last is not None else f"ELSE {place}"
        for place, stretch in enumerate(stretches)
    ]
    part = f"CASE {' '.join(tests)} END" if len(tests) > 1 or stretches[0].last is not None else "0"
    inner = (
        f"SELECT p.subject_id, p.birth_date, {base} AS base, c.on_{number} AS done_on, {first} AS first_on, {days}"
        f" FROM {item.pick} p LEFT JOIN {item.chain} c USING (subject_id)"
        f" WHERE p.pick = {item.number} AND p.birth_date IS NOT NULL AND {base} IS NOT NULL"
    )
    opens = _by_part([f"o{place}" for place in range(len(stretches))])
    last = _by_part([f"({date_after('birth_date', measure_offset(s.course.until, s.rules))} - 1)" for s in stretches])
    limit = _by_part([_limit(stretch, number) for stretch in stretches])
    give = _by_part([sql_text(";".join(stretch.course.doses[number - 1].give)) for stretch in stretches])
    task, rule = sql_text(f"{item.course.task}_{number}"), sql_text("birth" if number == 1 else "after")
    return f"""
    SELECT subject_id, {task} AS task, {rule} AS rule, base, least(first_open, done_on) AS opens,
           coalesce(by_day, first_open) AS by_day, greatest(last_day, least(first_open, done_on)) AS closes, done_on, give
    FROM (
        SELECT subject_id, base, done_on, {opens} AS first_open, {last} AS last_day, {limit} AS by_day, {give} AS give
        FROM (SELECT *, {part} AS part FROM ({inner}))
    ) WHERE first_open IS NOT NULL AND (first_open <= last_day OR done_on IS NOT NULL)
    """


def _by_part(results: Sequence[str]) -> str:
    if len(set(results)) == 1:
        return f"CASE WHEN part IS NOT NULL THEN {results[0]} END"
    return f"CASE part {' '.join(f'WHEN {place} THEN {result}' for place, result in enumerate(results))} END"


def _opens(item: CoursePlan, stretch: Stretch, number: int) -> str:
    dose = stretch.course.doses[number - 1]
    days = [age_sql(item.stretches, stretch, dose, "p.birth_date", "c.on_1")]
    days += interval_sql(stretch, dose, f"c.on_{number - 1}", "c.on_1")
    if stretch.first is not None:
        days.append(f"DATE '{stretch.first}'")
    # The birth is a floor as well: a dose "from 0 days" opens that day.
    return f"greatest({', '.join([*days, 'p.birth_date'])})"


def _limit(stretch: Stretch, number: int) -> str:
    said = completed_by(stretch.course.doses, number)
    if said is not None and said.by is not None:
        return f"({date_after('birth_date', measure_offset(said.by, stretch.rules))} - 1)"
    if said is not None and said.by_first is not None and number > 1:
        return f"({date_after('first_on', measure_offset(said.by_first, stretch.rules))} - 1)"
    return "NULL::DATE"


def _plan_off(programme: Programme) -> str:
    """Holds that reach beyond the opening of a dose all of whose products they keep back."""
    stretches = hold_stretches(programme)
    gives = _all_gives(programme)
    nothing = (
        "SELECT a.subject_id, a.task, a.opens, NULL::DATE AS at_day, NULL::DATE AS until_day, NULL::VARCHAR AS name"
        " FROM asked a WHERE FALSE"
    )
    parts = [nothing]
    for stretch in stretches:
        hold = stretch.hold
        test = _covers(hold, gives)
        parts.append(
            "SELECT a.subject_id, a.task, a.opens, greatest(h.on_day, a.base),"
            f" coalesce(h.until_day, a.done_on, {_NEVER}), h.name"
            " FROM asked a JOIN span h ON h.subject_id = a.subject_id"
            f" WHERE h.name = {sql_text(hold.name)} AND h.edition = {sql_text(stretch.rules.pack.edition)} AND {test}"
            " AND coalesce(h.on_day < a.done_on, TRUE) AND h.on_day <= a.closes"
            f" AND coalesce(h.until_day, a.done_on, {_NEVER}) > a.opens"
        )
    return " UNION ALL ".join(parts)


def _all_gives(programme: Programme) -> set[tuple[str, ...]]:
    return {
        dose.give
        for rules in programme.editions
        if rules.pack.series is not None
        for course in rules.pack.series.courses.values()
        for dose in course.doses
    }


def _covers(hold: Hold, gives: set[tuple[str, ...]]) -> str:
    """SQL: a hold keeps back everything that may be given for a dose."""
    if not hold.products:
        return "(h.product IS NULL OR h.product = a.give)"
    covered = sorted(";".join(give) for give in gives if set(give) <= set(hold.products))
    return f"a.give IN ({', '.join(map(sql_text, covered)) or 'NULL'})"


_PIECES = f"""
    WITH chained AS (
        SELECT *, greatest(opens, max(until_day) OVER (PARTITION BY subject_id, task ORDER BY at_day, until_day, name
                                                     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS before
        FROM off
    ),
    effective AS (SELECT * FROM chained WHERE until_day > before),
    several AS (SELECT DISTINCT subject_id, task FROM effective),
    held AS MATERIALIZED (SELECT a.* FROM asked a SEMI JOIN several s ON s.subject_id = a.subject_id AND s.task = a.task),
    turn AS (
        SELECT subject_id, task, 0 AS place, base AS anchor, opens, rule, '' AS name FROM held
        UNION ALL
        SELECT subject_id, task, 1, at_day, until_day, 'hold:' || name, name FROM effective
    ),
    ended AS (
        SELECT *, lead(anchor) OVER later AS ended_on, coalesce(lead(name) OVER later, '') AS reason FROM turn
        WINDOW later AS (PARTITION BY subject_id, task ORDER BY place, anchor, opens, name)
    )
    SELECT a.subject_id, a.task, a.base AS anchor, a.opens, a.rule, NULL::DATE AS ended_on, '' AS reason,
           a.by_day, a.closes, a.done_on
    FROM asked a ANTI JOIN several s ON s.subject_id = a.subject_id AND s.task = a.task
    WHERE a.opens <= a.closes OR a.done_on IS NOT NULL
    UNION ALL
    SELECT e.subject_id, e.task, e.anchor, e.opens, e.rule, e.ended_on, e.reason, a.by_day, a.closes,
           CASE WHEN e.ended_on IS NULL THEN a.done_on END
    FROM ended e JOIN held a ON a.subject_id = e.subject_id AND a.task = e.task
    WHERE CASE WHEN e.ended_on IS NULL THEN e.opens <> {_NEVER} AND (e.opens <= a.closes OR a.done_on IS NOT NULL)
          ELSE e.ended_on > e.anchor END
"""

_PLACED = """
    SELECT subject_id, spell_start, task, anchor_on, opens, least(greatest(by_day, opens), closes) AS due, closes, rule, org,
           CASE WHEN done_inside THEN done_on END AS done_on,
           CASE WHEN done_inside THEN NULL WHEN ended_inside THEN ended_on WHEN spell_end <= closes THEN spell_end END
               AS ended_on,
           CASE WHEN done_inside THEN '' WHEN ended_inside THEN reason WHEN spell_end <= closes THEN spell_reason ELSE '' END
               AS reason
    FROM (
        SELECT *, greatest(whole_closes, opens) AS closes,
               done_on IS NOT NULL AND coalesce(done_on < spell_end, TRUE) AS done_inside,
               ended_on IS NOT NULL AND coalesce(ended_on <= spell_end, TRUE) AS ended_inside
        FROM (
            SELECT p.subject_id, s.start AS spell_start, s."end" AS spell_end, s.reason AS spell_reason, s.org, p.task,
                   greatest(p.anchor, s.start) AS anchor_on, least(p.opens, p.done_on) AS opens, p.by_day,
                   p.closes AS whole_closes, p.rule, p.done_on, p.ended_on, p.reason
            FROM piece p JOIN {spells} s ON s.subject_id = p.subject_id
            WHERE coalesce(p.ended_on > s.start, TRUE)
              AND coalesce(greatest(p.anchor, s.start) < s."end", TRUE)
        )
    ) WHERE done_on IS NOT NULL OR closes >= spell_start
"""
