"""What a programme pack says, as values: the result of reading a ``pack.yaml``.

Order and names follow the printed norm: whom (enrol), what is recorded (forms), what it means (terms, classify), what is
asked (schedule), how it is judged (indicators). Everything keeps the line it was read from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from wangdi.language.ast import Expression
from wangdi.language.courses import (
    DoseTask,
    HasRow,
    ReachesAge,
    RowsCounted,
    Series,
    TaskApplies,
    TaskAsked,
    TaskDone,
    TaskDoneBefore,
)
from wangdi.language.quality import Quality
from wangdi.language.slip import Slip

Subject = Literal["person", "episode", "organisation", "place", "case", "item"]
FieldType = Literal["integer", "decimal", "boolean", "text", "code", "codes", "date", "datetime"]
Attribution = Literal["residence", "managing_org", "place_of_service"]
DurationUnit = Literal["day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of the norm, with its clause; the only thing a city may override."""

    name: str
    value: float | int | bool | str | date
    """A date where the unit is ``date``."""
    unit: str
    source: str
    doubt: str = ""
    line: int = 0
    step: float = 1.0
    """One unit in the last place it was written with: what mutation moves it by."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form. Possible limits refuse a row, plausible limits warn.

    Units: ``unit`` in UCUM where one exists. Missing: a field not required may be null.
    """

    name: str
    label: str
    type: FieldType
    required: bool = False
    unit: str = ""
    codes: str = ""
    """Id of a code list in the catalogue."""
    plausible: tuple[float, float] | None = None
    possible: tuple[float, float] | None = None
    identifying: bool = False
    line: int = 0
    whole_month: bool = False
    """A date that stands for its month (``grain: month``): written as a month or a day of it, kept as the month's last day."""


@dataclass(frozen=True, slots=True)
class FormCheck:
    """A sentence every row of a form should satisfy; where it is false the row is accepted with the message, or refused."""

    rule: Expression
    text: str
    message: str
    refuse: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the norm. ``full_name`` is ``<pack>.<form>``.

    Grain: one row per ``record_key`` (``registration`` stands for the subject as that institution knows it).
    """

    pack: str
    name: str
    title: str
    fields: dict[str, FormField]
    record_key: tuple[str, ...]
    occurred_on: str
    """The field that says when it happened."""
    checks: tuple[FormCheck, ...] = ()
    owner_default: Literal["upstream", "here"] = "upstream"
    identifying: bool = False
    line: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.pack}.{self.name}"


@dataclass(frozen=True, slots=True)
class NamedTerm:
    name: str
    expression: Expression
    text: str
    label: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Offset:
    """A length of time as written, ``:routine + :grace`` or ``60 days``: months first, then days; months clamp at month end.

    Each part is a count with its unit, or the name of a parameter that has one.
    """

    parts: tuple[OffsetPart, ...]
    text: str


@dataclass(frozen=True, slots=True)
class OffsetPart:
    count: int
    unit: DurationUnit
    parameter: str = ""
    """When set, count and unit come from this parameter when the rule runs."""


@dataclass(frozen=True, slots=True)
class Window:
    """When something is asked: not before ``opens``, by ``due``, failed after ``closes`` (all counted from the anchor)."""

    opens: Offset
    due: Offset
    closes: Offset


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends a spell: a row of ``form`` for which ``when`` holds.

    ``at``: ``day`` ends it on that day; ``year`` at the end of that year (the lost stay counted until then).
    ``by``: ``anyone``, or ``managing_org``: only the institution that manages the subject can say so.
    ``reason`` is one of refused | away | lost | hospitalised | moved | died | revoked.
    """

    name: str
    form: str
    when: Expression | None
    text: str
    at: Literal["day", "year"]
    by: Literal["anyone", "managing_org"]
    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class AtAge:
    """Management begins no earlier than the day an age is reached; whose birth date is unknown is not managed.

    ``whole_year``: the name of a true/false parameter; where true the age counts from 1 January of the year it is reached in.
    """

    years: Expression
    whole_year: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Enrol:
    """Whom the programme serves: a row of ``form`` for which ``when`` is true opens a spell.

    ``person_fields``: attributes of the subject that ``when`` names beyond birth_date and sex.
    """

    form: str
    when: Expression | None
    text: str
    ends: tuple[Ending, ...]
    person_fields: tuple[str, ...]
    source: str
    line: int = 0
    at_age: AtAge | None = None


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of the norm: first row whose ``when`` is true wins."""

    name: str
    label: str
    when: Expression
    text: str
    refer: str
    windows: dict[str, Window]
    """What it asks next, by task."""
    source: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Classify:
    """How each row of ``form`` is judged. ``form_code``: the term that gives the form's own class code."""

    form: str
    rows: tuple[ClassRow, ...]
    form_code: str
    source: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class ContactTask:
    """Something asked again and again: anchored at enrolment (``first``) and at each classified row of ``done_by``.

    The next row of ``done_by`` discharges it when it falls in the window; an earlier one replaces it (the class of that row
    says the next window); a later one leaves it failed. A window that passes with nothing done is failed and asked again
    from the day after it closed (``missed``), so that nobody drops out of the list by being missed once.
    """

    name: str
    title: str
    done_by: str
    first: Window
    missed: Window
    source: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class PeriodTask:
    """Something asked once in each calendar year while enrolled, done by any row of ``done_by`` for which ``where`` holds."""

    name: str
    title: str
    done_by: str
    where: Expression | None
    source: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class AfterTask:
    """Something asked after each row of ``form`` for which ``when`` holds, within a window counted from that row's day.

    Done by the first row of ``done_by`` from the day the window opens; rows of ``form`` on one day ask it once.
    """

    name: str
    title: str
    form: str
    when: Expression | None
    text: str
    done_by: str
    window: Window
    source: str
    line: int = 0


Task: TypeAlias = ContactTask | PeriodTask | AfterTask | DoseTask


# ---- indicators -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class People:
    """Subjects enrolled in a programme. ``when``: ``any_day`` of the period, or at ``period_end``."""

    programme: str
    when: Literal["any_day", "period_end"]


@dataclass(frozen=True, slots=True)
class Items:
    """The latest row of ``form`` of each subject on or before the end of the period, or every row of the period, for which
    ``where`` holds; ``sum_field`` adds up a field instead of counting rows.

    ``each_month``: for each month that ends in the period the latest row by then, so that a subject counts once a month;
    ``having`` names the form of which it must have a row in that month.
    """

    form: str
    where: Expression | None
    where_text: str
    sum_field: str = ""
    take: Literal["latest", "earliest", "every", "each_month"] = "latest"
    """Packs say ``latest``, ``every`` or ``each_month``; ``earliest`` is what ``pack test`` tries instead."""
    by: str = ""
    """The day or moment that puts a row into the period; empty: the day it happened on. Missing: a row without it is in none."""
    at: str = ""
    """The text field whose code says where a row belongs; empty: its division, or the organisation that wrote it."""
    having: str = ""


@dataclass(frozen=True, slots=True)
class PopulationOf:
    """A row of the population table of this kind, for the area and the year of the period."""

    kind: str


Basis: TypeAlias = People | Items | PopulationOf


@dataclass(frozen=True, slots=True)
class LatestRow:
    """The latest row of ``form`` in the period (for which ``where`` holds) satisfies ``holds``. No such row: not counted.

    ``by_end``: the latest row on or before the end of the period, however old. ``fields``, ``quality`` with ``level``: where
    ``holds`` was made from fields that must be filled, or from a score that must be reached.
    """

    form: str
    where: Expression | None
    holds: Expression
    text: str
    take: Literal["latest", "earliest"] = "latest"
    by_end: bool = False
    fields: tuple[str, ...] = ()
    quality: str = ""
    level: Expression | None = None


@dataclass(frozen=True, slots=True)
class ObligationsMet:
    """Every obligation of the programme (of ``tasks``, or all) that closes in the period is done in time."""

    tasks: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class RowsComplete:
    """Every row of ``form`` in the period has its required fields (``fields``)."""

    form: str
    fields: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class EnoughRows:
    """At least ceil(``per_year`` x enrolled days / days of the year) rows of ``form`` in the period, for which ``where`` holds."""

    form: str
    per_year: Expression
    where: Expression | None
    text: str


@dataclass(frozen=True, slots=True)
class NotEnded:
    """No spell of the subject ended in the period for one of these reasons."""

    reasons: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class SomeRows:
    """At least ``count`` rows of the forms, for which ``where`` holds and ``fields`` are filled: in the period, or, with
    ``span``, in that length of time up to its end, counted back from the day after it (12 months to 28 February are from 1 March).
    """

    forms: tuple[str, ...]
    count: Expression
    where: Expression | None
    fields: tuple[str, ...]
    span: Offset | None
    text: str


CourseClause: TypeAlias = TaskApplies | TaskAsked | TaskDone | TaskDoneBefore | ReachesAge | RowsCounted | HasRow
Clause: TypeAlias = LatestRow | ObligationsMet | RowsComplete | EnoughRows | NotEnded | SomeRows | CourseClause


@dataclass(frozen=True, slots=True)
class CountedClause:
    """A clause with its name and words; ``only_if`` names a boolean parameter that switches it on."""

    id: str
    label: str
    clause: Clause
    only_if: str = ""
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Indicator:
    """An official figure: numerator over denominator, both with the printed words.

    Numerator: the denominator's subjects that satisfy every clause (``clauses``), or a basis of its own (``count``), or of
    that basis those that do. ``of_clauses`` narrow the people of the denominator. ``mean``: the name of a quality; the
    numerator then adds up the scores of the subjects' latest rows by the end of the period, no row being no points.
    """

    id: str
    title: str
    title_en: str
    unit: str
    of_label: str
    of: Basis | None
    count_label: str
    count: Basis | None
    clauses: tuple[CountedClause, ...]
    attribution: Attribution
    count_at: Literal["period_end", "event"]
    per: float
    source: str
    doubt: str = ""
    line: int = 0
    of_clauses: tuple[CountedClause, ...] = ()
    """What the denominator's people must satisfy as well."""
    mean: str = ""
    watch: tuple[str, ...] = ()
    """Counted by day and watched for outbreaks: the families of diseases it may show (``gut``). Of any other indicator, none."""
    rests_on: str = ""
    """The indicator that says how many of the returns this one adds up have come; where none has, there is no figure."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    id: str
    title: str
    issuer: str


VERDICTS = ("counted", "not_counted", "extra", "outside")
"""What a thing given comes to: it counts for a dose; it does not; it is one more than asked; no course knows it."""


@dataclass(frozen=True, slots=True)
class Pack:
    """One edition of one programme's rules."""

    id: str
    edition: str
    valid_from: date
    valid_to: date | None
    title: str
    subject: Subject
    rule_book: RuleBook
    path: str
    digest: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    enrol: Enrol | None = None
    forms: dict[str, Form] = field(default_factory=dict)
    """Own forms by short name."""
    terms: dict[str, NamedTerm] = field(default_factory=dict)
    classify: Classify | None = None
    series: Series | None = None
    schedule: dict[str, Task] = field(default_factory=dict)
    """Every task by name; the doses of ``series`` among them."""
    indicators: dict[str, Indicator] = field(default_factory=dict)
    report: tuple[str, ...] = ()
    examples: str = ""
    based_on: str = ""
    """The edition this one lies on, where it says only what it changes."""
    foreign_forms: dict[str, Form] = field(default_factory=dict)
    """Forms of other packs this one speaks of, by full name."""
    quality: dict[str, Quality] = field(default_factory=dict)
    slips: dict[str, Slip] = field(default_factory=dict)

    @property
    def judged(self) -> str:
        """The form whose rows are judged one by one: the classified one, or the things given; empty where there is none."""
        if self.classify is not None:
            return self.classify.form
        return "" if self.series is None else self.series.form

    @property
    def class_names(self) -> tuple[str, ...]:
        """What a judged row can come to."""
        if self.classify is not None:
            return tuple(row.name for row in self.classify.rows)
        return () if self.series is None else VERDICTS

    def form(self, full_name: str) -> Form:
        """A form by its full name, own or foreign; a short name means an own form."""
        if "." not in full_name:
            return self.forms[full_name]
        owner, _, name = full_name.partition(".")
        return self.forms[name] if owner == self.id else self.foreign_forms[full_name]
