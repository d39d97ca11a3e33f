"""What was given to everyone: which things count for which dose. The rules are those of the reference engine's ``read_given``.

A course has few doses, so the going through in order is written out dose by dose: the first row after the dose before that
may count is the next dose. Each step is one join of a course's rows; nobody is looked at alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wangdi.engines.duck.classify import Relations, editions_type, in_force_sql, row_columns
from wangdi.engines.duck.expression import render_sql
from wangdi.engines.duck.listed import listed_text, listed_type
from wangdi.language.ast import Expression
from wangdi.language.courses import Course, Dose
from wangdi.language.model import Offset
from wangdi.language.rules import Length, Programme, Rules, measure_offset
from wangdi.language.stretches import (
    Stretch,
    dose_of,
    groups_of,
    hold_stretches,
    judging,
    most_doses,
    newest_series,
    stretches_of,
)
from wangdi.store.workspace import sql_name, sql_text

PLACE = "(date_diff('day', DATE '1900-01-01', f.occurred_on) * 1000000000000 + f.seq)"
"""Later day, then later accepted, as one number."""


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """Where the tables of one course stand: who takes it, and the days of the doses that count."""

    course: Course
    stretches: list[Stretch]
    pick: str
    """Table of who takes which course of the group, and the number of this one in it."""
    number: int
    rows: str
    chain: str


@dataclass(slots=True)
class GivenPlan:
    """Common tables, in order, and the courses they hold."""

    tables: dict[str, str] = field(default_factory=dict)
    courses: list[CoursePlan] = field(default_factory=list)

    def with_sql(self) -> str:
        """The tables as the head of a query."""
        return "WITH " + ",\n".join(f"{name} AS MATERIALIZED ({sql})" for name, sql in self.tables.items())


def date_after(on: str, length: Length) -> str:
    """SQL of a day so long after another: calendar months first, clamped at month end, then days."""
    if not length.months:
        return f"({on} + {length.days})"
    return f"(({on} + to_months({length.months}))::DATE + {length.days})"


def _after(on: str, rules: Rules, offset: Offset) -> str:
    return date_after(on, measure_offset(offset, rules))


def by_stretch(stretches: Sequence[Stretch], day: str, results: Sequence[str]) -> str:
    """The result of the stretch a day is judged by."""
    if len(set(results)) == 1:
        return results[0]
    arms = zip(judging(list(stretches)), results, strict=True)
    said = " ".join(f"WHEN {day} <= DATE '{item.last}' THEN {result}" for item, result in arms if item.last is not None)
    return f"(CASE {said} ELSE {results[-1]} END)"


def plan_given(programme: Programme, relations: Relations, everybody: str, judged: str = "") -> GivenPlan:
    """The tables of everything given. ``everybody``: SQL of the subjects (subject_id) for whom a course is chosen.

    ``judged``: a table of the verdicts where they are known already: what counts is then only read from it.
    """
    plan = GivenPlan()
    rules, series = newest_series(programme)
    form = relations.forms[rules.pack.form(series.form).full_name]
    row = f"f.subject_id, f.seq, f.occurred_on, f.org, f.{sql_name(series.product)} AS product, {PLACE} AS place"
    plan.tables["given"] = f"SELECT {row} FROM {form} f"
    if not judged:
        plan.tables["given"] = (
            f"SELECT {row}, s.birth_date FROM {form} f LEFT JOIN {relations.subjects} s USING (subject_id)"
        )
    plan.tables["subject_of"] = (
        f"SELECT e.subject_id, s.birth_date, s.sex, s.is_resident, s.resident_kind FROM ({everybody}) e"
        f" LEFT JOIN {relations.subjects} s USING (subject_id)"
    )
    plan.tables["span"] = _plan_spans(programme, relations)
    if judged:
        word = f"TRY_CAST(unnest(string_split(form_code, ' ')) AS {tasks_type(programme)})"
        plan.tables["counted"] = f"SELECT subject_id, occurred_on, {word} AS word FROM {judged} WHERE class = 'counted'"
    else:
        plan.tables["spoiled"] = _plan_spoiled(programme)
    for place, courses in enumerate(groups_of(programme).values()):
        pick = f"pick_{place}"
        plan.tables[pick] = _plan_pick(courses, relations)
        for number, (_, course) in enumerate(courses):
            read = _read_course if judged else _plan_course
            read(plan, programme, course, (pick, number))
    return plan


def tasks_type(programme: Programme) -> str:
    """The SQL type of the name of one of the things asked: a course's dose, or a task of the schedule."""
    courses = [course for found in groups_of(programme).values() for _, course in found]
    doses = [
        f"{course.task}_{number + 1}"
        for course in courses
        for number in range(most_doses(stretches_of(programme, course.name)))
    ]
    return listed_type([*programme.newest.pack.schedule, *doses])


def _test(rules: Rules, form: str, when: Expression | None) -> str:
    return "TRUE" if when is None else render_sql(when, row_columns(rules.pack, form), rules.values)


def _plan_spans(programme: Programme, relations: Relations) -> str:
    """Days on which products are kept back. ``products`` null: every one."""
    parts = []
    for stretch in hold_stretches(programme):
        rules, hold = stretch.rules, stretch.hold
        form = rules.pack.form(hold.form)
        end = "NULL::DATE"
        if hold.lasts is not None:
            end = _after("f.occurred_on", rules, hold.lasts)
        elif hold.until:
            end = f"f.{sql_name(hold.until)}::DATE"
        named = f"f.{sql_name(hold.product_field)}" if hold.product_field else "NULL::VARCHAR"
        parts.append(
            f"SELECT f.subject_id, {sql_text(hold.name)} AS name, {sql_text(rules.pack.edition)} AS edition,"
            f" f.occurred_on AS on_day, {sql_text(form.full_name)} AS form, f.seq, {end} AS until_day, {named} AS product"
            f" FROM {relations.forms[form.full_name]} f LEFT JOIN {relations.subjects} s USING (subject_id)"
            f" WHERE {in_force_sql(programme, rules, 'f.occurred_on')} AND ({_test(rules, hold.form, hold.when)})"
            f" AND coalesce({end} > f.occurred_on, TRUE)"
        )
    nothing = (
        "SELECT NULL::VARCHAR AS name, NULL::VARCHAR AS edition, NULL::DATE AS on_day, NULL::VARCHAR AS form,"
        " NULL::BIGINT AS seq, NULL::DATE AS until_day, NULL::VARCHAR AS product, g.subject_id FROM given g WHERE FALSE"
    )
    return " UNION ALL BY NAME ".join([*parts, nothing])


def _plan_spoiled(programme: Programme) -> str:
    """Things given while a hold kept them back that says they may not count; the first hold by name."""
    rules, series = newest_series(programme)
    own = sql_text(rules.pack.form(series.form).full_name)
    parts = ["SELECT g.subject_id, g.place, NULL::VARCHAR AS name FROM given g WHERE FALSE"]
    for stretch in hold_stretches(programme):
        hold = stretch.hold
        if hold.counts:
            continue
        covers = f"g.product IN ({', '.join(map(sql_text, hold.products))})"
        if not hold.products:
            covers = "(h.product IS NULL OR h.product = g.product)"
        begun = "h.on_day < g.occurred_on" if hold.same_day else "h.on_day <= g.occurred_on"
        parts.append(
            f"SELECT g.subject_id, g.place, h.name FROM given g JOIN span h ON h.subject_id = g.subject_id"
            f" WHERE h.name = {sql_text(hold.name)} AND h.edition = {sql_text(stretch.rules.pack.edition)} AND {covers}"
            f" AND {begun} AND coalesce(g.occurred_on < h.until_day, TRUE) AND NOT (h.form = {own} AND h.seq = g.seq)"
        )
    return f"SELECT subject_id, place, min(name) AS hold FROM ({' UNION ALL '.join(parts)}) GROUP BY 1, 2"


def _plan_pick(courses: Sequence[tuple[Rules, Course]], relations: Relations) -> str:
    """Who takes which course of a group: by a record, by the first thing given, or the first listed."""
    columns = {name: f"s.{name}" for name in ("birth_date", "sex", "is_resident", "resident_kind")}
    chosen, plain, joins = [], [], ""
    free = [course for _, course in courses if not course.form]
    for place, (rules, course) in enumerate(courses):
        whom = "TRUE" if course.whom is None else render_sql(course.whom, columns, rules.values)
        if course.form:
            full = rules.pack.form(course.form).full_name
            joins += (
                f" LEFT JOIN (SELECT DISTINCT f.subject_id FROM {relations.forms[full]} f"
                f" LEFT JOIN {relations.subjects} s USING (subject_id) WHERE {_test(rules, course.form, course.when)}"
                f") c{place} ON c{place}.subject_id = s.subject_id"
            )
            chosen.append(f"WHEN c{place}.subject_id IS NOT NULL AND ({whom}) THEN {place}")
        elif len(free) == 1:  # whatever was given first, it is of this course
            plain.append(f"WHEN {whom} THEN {place}")
        else:
            codes = ", ".join(map(sql_text, course.codes))
            plain.append(f"WHEN (b.product IS NULL OR b.product IN ({codes})) AND ({whom}) THEN {place}")
    if len(free) > 1:
        listed = ", ".join(map(sql_text, sorted({code for course in free for code in course.codes})))
        begun = (
            f"SELECT subject_id, arg_min(product, place) AS product FROM given WHERE product IN ({listed}) GROUP BY 1"
        )
        joins = f" LEFT JOIN ({begun}) b ON b.subject_id = s.subject_id{joins}"
    return f"SELECT s.subject_id, s.birth_date, CASE {' '.join([*chosen, *plain])} END AS pick FROM subject_of s{joins}"


def _plan_course(plan: GivenPlan, programme: Programme, course: Course, chosen: tuple[str, int]) -> None:
    """The rows of a course, and its doses that count, one step after the other."""
    pick, number = chosen
    name = f"{pick}_{number}"
    stretches = stretches_of(programme, course.name)
    codes = ", ".join(map(sql_text, course.codes))
    plan.tables[f"rows_{name}"] = (
        f"SELECT g.*, p.hold FROM given g JOIN {pick} c ON c.subject_id = g.subject_id AND c.pick = {number}"
        f" LEFT JOIN spoiled p ON p.subject_id = g.subject_id AND p.place = g.place WHERE g.product IN ({codes})"
    )
    before = f"chain_{name}_0"
    plan.tables[before] = f"SELECT DISTINCT subject_id FROM rows_{name}"
    for dose in range(1, most_doses(stretches) + 1):
        ok = by_stretch(stretches, "g.occurred_on", [_may_count(stretches, item, dose) for item in stretches])
        later = f"c.place_{dose - 1} IS NOT NULL AND g.place > c.place_{dose - 1}" if dose > 1 else "TRUE"
        step = (
            f"SELECT g.subject_id, min(g.place) AS place_{dose}, arg_min(g.occurred_on, g.place) AS on_{dose}"
            f" FROM rows_{name} g JOIN {before} c USING (subject_id) WHERE {later} AND ({ok}) GROUP BY 1"
        )
        here = f"chain_{name}_{dose}"
        plan.tables[here] = (
            f"SELECT b.*, n.place_{dose}, n.on_{dose} FROM {before} b LEFT JOIN ({step}) n USING (subject_id)"
        )
        before = here
    plan.courses.append(CoursePlan(course, stretches, pick, number, f"rows_{name}", before))


def _read_course(plan: GivenPlan, programme: Programme, course: Course, chosen: tuple[str, int]) -> None:
    """The doses of a course that count, from the verdicts."""
    pick, number = chosen
    name = f"chain_{pick}_{number}"
    stretches = stretches_of(programme, course.name)
    tasks = [f"{course.task}_{dose}" for dose in range(1, most_doses(stretches) + 1)]
    days = ", ".join(
        f"min(w.occurred_on) FILTER (w.word = {sql_text(task)}) AS on_{dose}" for dose, task in enumerate(tasks, 1)
    )
    plan.tables[name] = (
        f"SELECT w.subject_id, {days} FROM counted w JOIN {pick} c ON c.subject_id = w.subject_id AND c.pick = {number}"
        f" WHERE w.word IN ({', '.join(map(sql_text, tasks))}) GROUP BY 1"
    )
    plan.courses.append(CoursePlan(course, stretches, pick, number, "", name))


def age_sql(stretches: Sequence[Stretch], stretch: Stretch, dose: Dose, birth: str, first: str) -> str:
    """SQL of the day from which a dose may be given by age."""
    own = _after(birth, stretch.rules, dose.since)
    if stretch.course.ages != "begun" or dose.number == 1:
        return own
    results = []
    for began in stretches:
        other = dose_of(began.course, dose.number)
        results.append(own if other is None else _after(birth, began.rules, other.since))
    return by_stretch(stretches, first, results)


def interval_sql(stretch: Stretch, dose: Dose, before: str, first: str) -> list[str]:
    """SQL of the days from which a dose may be given by the doses before it; none for the first."""
    if dose.number == 1:
        return []
    found = [] if dose.after is None else [_after(before, stretch.rules, dose.after)]
    return found if dose.after_first is None else [*found, _after(first, stretch.rules, dose.after_first)]


def _wrong_product(stretch: Stretch) -> str:
    """SQL: a product the edition does not count for the course, or not at this age."""
    wrong = [f"g.product NOT IN ({', '.join(map(sql_text, stretch.course.codes))})"]
    for product in stretch.course.products:
        ages = []
        if product.since is not None:
            ages.append(f"g.occurred_on < {_after('g.birth_date', stretch.rules, product.since)}")
        if product.until is not None:
            ages.append(f"g.occurred_on >= {_after('g.birth_date', stretch.rules, product.until)}")
        if ages:
            wrong.append(f"(g.product = {sql_text(product.code)} AND ({' OR '.join(ages)}))")
    return f"({' OR '.join(wrong)})"


def _may_count(stretches: Sequence[Stretch], stretch: Stretch, number: int) -> str:
    """SQL: a row ``g`` may be the dose of a number after the doses of ``c``."""
    dose = dose_of(stretch.course, number)
    if dose is None:
        return "FALSE"
    tests = [f"g.occurred_on >= {age_sql(stretches, stretch, dose, 'g.birth_date', 'c.on_1')}"]
    tests += [f"g.occurred_on >= {day}" for day in interval_sql(stretch, dose, f"c.on_{number - 1}", "c.on_1")]
    return " AND ".join([*tests, f"NOT {_wrong_product(stretch)}", "g.hold IS NULL"])


# ---- verdicts ---------------------------------------------------------------------------------------------------------
def plan_verdicts(programme: Programme, relations: Relations) -> str:
    """The verdict on every row given, in the columns of ``plan_judged``."""
    rules, series = newest_series(programme)
    form = relations.forms[rules.pack.form(series.form).full_name]
    plan = plan_given(programme, relations, f"SELECT DISTINCT f.subject_id FROM {form} f")
    words = [_plan_words(item) for item in plan.courses]
    words += [_plan_others(plan, item, codes) for item, codes in _with_group_codes(programme, plan)]
    editions = editions_type(programme)
    edition = " ".join(
        f"WHEN {in_force_sql(programme, item, 'g.occurred_on')} THEN {listed_text(item.pack.edition, editions)}"
        for item in programme.editions
    )
    classes = listed_type(("outside", "counted", "extra", "not_counted"))
    outside, counted, extra, other = (
        listed_text(name, classes) for name in ("outside", "counted", "extra", "not_counted")
    )
    # Most products are of one group, so there is one word about them and nothing to gather.
    shared = ", ".join(map(sql_text, sorted(_shared_codes(programme)))) or "NULL"
    return f"""{plan.with_sql()},
    word AS ({" UNION ALL ".join(words)}),
    said AS (
        SELECT subject_id, place, word AS code, NOT contains(word, ':') AS counted, ends_with(word, ':extra') AS extra
        FROM word WHERE coalesce(product NOT IN ({shared}), TRUE)
        UNION ALL
        SELECT subject_id, place, array_to_string(list_sort(list(word)), ' '), bool_or(NOT contains(word, ':')),
               bool_and(ends_with(word, ':extra')) FROM word WHERE product IN ({shared}) GROUP BY 1, 2
    )
    SELECT g.subject_id, g.seq, g.occurred_on, g.org,
           CASE {edition} ELSE {listed_text(programme.newest.pack.edition, editions)} END AS edition,
           CASE WHEN w.code IS NULL THEN {outside} WHEN w.counted THEN {counted} WHEN w.extra THEN {extra} ELSE {other} END
               AS class,
           w.code AS form_code, {listed_text("none", listed_type(["none"]))} AS refer
    FROM given g LEFT JOIN said w ON w.subject_id = g.subject_id AND w.place = g.place
    """


def _shared_codes(programme: Programme) -> set[str]:
    """Products that count in more than one group."""
    groups = [{code for _, course in found for code in course.codes} for found in groups_of(programme).values()]
    return {code for codes in groups for code in codes if sum(code in other for other in groups) > 1}


def _with_group_codes(programme: Programme, plan: GivenPlan) -> list[tuple[CoursePlan, set[str]]]:
    groups = {
        name: {code for _, course in found for code in course.codes} for name, found in groups_of(programme).items()
    }
    return [(item, groups[item.course.group]) for item in plan.courses]


def _plan_others(plan: GivenPlan, item: CoursePlan, codes: set[str]) -> str:
    """Rows whose product belongs to another course of the group than the one that applies."""
    other = ", ".join(map(sql_text, sorted(codes - set(item.course.codes)))) or "NULL"
    word = sql_text(f"{item.course.task}:other")
    return (
        f"SELECT g.subject_id, g.place, g.product, {word} AS word FROM given g JOIN {item.pick} c ON c.subject_id = g.subject_id"
        f" AND c.pick = {item.number} WHERE g.product IN ({other})"
    )


def _plan_words(item: CoursePlan) -> str:
    task, most = item.course.task, most_doses(item.stretches)
    counted = " ".join(f"WHEN g.place = c.place_{n} THEN {sql_text(f'{task}_{n}')}" for n in range(1, most + 1))
    reasons = " ".join(f"WHEN g.place > c.place_{n} THEN {_reason(item.stretches, n + 1)}" for n in range(most, 0, -1))
    reason = f"CASE WHEN g.birth_date IS NULL THEN 'birth' {reasons} ELSE {_reason(item.stretches, 1)} END"
    return (
        f"SELECT g.subject_id, g.place, g.product, CASE {counted} ELSE {sql_text(f'{task}:')} || ({reason}) END AS word"
        f" FROM {item.rows} g JOIN {item.chain} c USING (subject_id)"
    )


def _reason(stretches: Sequence[Stretch], number: int) -> str:
    """SQL of why a row is not the dose of a number."""
    results = []
    for stretch in stretches:
        dose = dose_of(stretch.course, number)
        if dose is None:
            results.append("'extra'")
            continue
        early = f"g.occurred_on < {age_sql(stretches, stretch, dose, 'g.birth_date', 'c.on_1')}"
        days = interval_sql(stretch, dose, f"c.on_{number - 1}", "c.on_1")
        soon = " OR ".join(f"g.occurred_on < {day}" for day in days) or "FALSE"
        results.append(
            f"CASE WHEN {early} THEN 'age' WHEN {_wrong_product(stretch)} THEN 'product' WHEN {soon} THEN 'interval'"
            " ELSE g.hold END"
        )
    return by_stretch(stretches, "g.occurred_on", results)
