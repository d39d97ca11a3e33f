"""What is to be done with every row of a file: its mapping and its form, column by column. :mod:`pass_sql` makes SQL of it."""

from __future__ import annotations

from collections.abc import Mapping as Names
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from wangdi.catalog.tables import REGISTRATION_TABLE, FormTable
from wangdi.collect.mapping import LEDGER_KEY, SUBJECT_CODES, ColumnRule, Mapping
from wangdi.collect.spreadsheet_cells import header_key
from wangdi.collect.value_sql import (
    BLANKS,
    Target,
)
from wangdi.engines.duck.expression import age_sql, render_sql
from wangdi.engines.tables import table_of
from wangdi.language.ast import Previous, Term, walk
from wangdi.language.model import Form, FormCheck, FormField, Pack
from wangdi.language.record import Cell
from wangdi.store.workspace import sql_name, sql_text

SUBJECT_TYPES = {"BIGINT": "integer", "DATE": "date", "VARCHAR": "text"}
SUBJECT_LABELS = {
    "name": "姓名", "id_type": "证件类型", "id_no": "证件号码", "sex": "性别", "birth_date": "出生日期", "phone": "联系电话",
    "local_id": "机构内编号", "address": "住址", "nationality": "国籍", LEDGER_KEY: "对象编码",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One column of the pass: a rule with the target it fills and its place (``s.name``, ``f.sbp``, ``x.org``)."""

    key: str
    target: Target
    rule: ColumnRule

    @property
    def cell(self) -> str:
        return sql_name(f"cell.{self.key}")

    @property
    def said(self) -> str:
        return sql_name(f"said.{self.key}")

    @property
    def value(self) -> str:
        return sql_name(f"value.{self.key}")


@dataclass(frozen=True, slots=True)
class Check:
    """A check of the form as SQL over the values; broken where it is false."""

    check: FormCheck
    sql: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What a pass needs to know beside mapping and form."""

    salt: str
    sender: str
    received_at: datetime
    parameters: Names[str, Cell]
    any_organisation: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file: where each is, by :func:`header_key` of its name (of two of one name, the first)."""

    places: Names[str, int]
    width: int

    @classmethod
    def of(cls, header: Sequence[str]) -> Columns:
        """The columns of a header row."""
        places: dict[str, int] = {}
        for place, name in enumerate(header):
            places.setdefault(header_key(name), place)
        return cls(places, len(header))


@dataclass(frozen=True, slots=True)
class FormPlan:
    """A mapping, a form and a header as SQL. Made once per file."""

    pack: Pack
    form: Form
    mapping: Mapping
    table: FormTable
    setting: Setting
    items: tuple[Item, ...]
    columns: Columns
    """Which of the raw table's columns c0, c1 ... is which."""
    checks: tuple[Check, ...]
    people_only: bool = False
    """Only what the file says about people is asked for."""
    thorough: frozenset[str] = frozenset()
    """Keys of the items some cells of which are not written plainly."""
    is_large: bool = False
    """So many rows that a longer expression pays."""

    @property
    def is_person(self) -> bool:
        """Whether the subject is a person; a ledger's subject is the same whoever sends it."""
        return self.pack.subject in ("person", "episode")

    @property
    def sender(self) -> str:
        """The sender's code as SQL."""
        return sql_text(self.setting.sender)

    @property
    def keyed_by(self) -> str:
        """Whose numbering a registration's number belongs to: the sender's; nobody's for the subject of a ledger."""
        return self.setting.sender if self.is_person else ""

    @property
    def day_required(self) -> bool:
        """Whether a row without its day is refused; where the form allows none, the day of receipt stands for it."""
        return self.form.fields[self.form.occurred_on].required or self.form.occurred_on in self.form.record_key

    def find(self, key: str) -> Item | None:
        """The item at a place, if the mapping fills it."""
        return next((item for item in self.items if item.key == key), None)

    def raw_column(self, rule: ColumnRule) -> str:
        """The raw table's column that a rule reads, or a null; with others to stand for it, the first that is filled."""
        found = [self.columns.places.get(header_key(name)) for name in (rule.column, *rule.otherwise)]
        there = [f"c{place}" for place in found if place is not None]
        if len(there) > 1:
            filled = (f"nullif(trim({column}, {sql_text(BLANKS)}), '')" for column in there)
            return f"coalesce({', '.join(filled)})"
        return there[0] if there else "cast(null as varchar)"

    def subject_items(self) -> list[Item]:
        """What the file says about who the row is about."""
        return [item for item in self.items if item.key.startswith("s.")]

    def value_of(self, key: str, kind: str = "varchar") -> str:
        """The value at a place, or a null of the kind."""
        item = self.find(key)
        return f"cast(null as {kind})" if item is None else item.value


def plan_form(pack: Pack, form: Form, mapping: Mapping, columns: Columns, setting: Setting) -> FormPlan:
    """The pass over files with these columns. A column the mapping reads and the file does not have is taken as empty."""
    table = table_of(form)
    kept = {name for name, _ in table.columns}
    items = [
        Item(f"f.{name}", _field_target(field, form), _rule_of(mapping, name))
        for name, field in form.fields.items()
        if name in kept and (name in mapping.fields or (form.identifying and name in mapping.subject))
    ]
    items += [  # looked at by the form's checks, and not kept
        Item(f"k.{name}", _field_target(field, form), mapping.fields[name])
        for name, field in form.fields.items()
        if field.identifying and name not in kept and name in mapping.fields
    ]
    subject = dict(mapping.subject)
    for name, field in form.fields.items():  # an identifying field of an ordinary form belongs to the registration
        if (
            field.identifying
            and name not in kept
            and name in mapping.fields
            and name in dict(REGISTRATION_TABLE.columns)
        ):
            subject.setdefault(name, mapping.fields[name])
    if not subject and LEDGER_KEY in mapping.fields:
        subject[LEDGER_KEY] = mapping.fields[LEDGER_KEY]
    items += [Item(f"s.{name}", _subject_target(name), rule) for name, rule in subject.items()]
    items += [
        Item(f"x.{name}", Target(name, label, kind), rule)  # type: ignore[arg-type]
        for name, label, kind, rule in (
            ("org", "机构代码", "text", mapping.organisation),
            ("entered_at", "录入时间", "datetime", mapping.entered_at),
            ("occurred_at", "发生时间", "datetime", mapping.occurred_at),
            ("recorder", "记录人", "text", mapping.recorder),
        )
        if rule is not None
    ]
    plan = FormPlan(pack, form, mapping, table, setting, tuple(items), columns, ())
    return replace(plan, checks=_plan_checks(plan))


def _rule_of(mapping: Mapping, name: str) -> ColumnRule:
    return mapping.fields.get(name) or mapping.subject[name]


def _field_target(field: FormField, form: Form) -> Target:
    return Target(
        name=field.name,
        label=field.label,
        type=field.type,
        unit=field.unit,
        codes=field.codes,
        required=field.required or field.name in form.record_key,
        plausible=field.plausible,
        possible=field.possible,
        identifying=field.identifying or form.identifying,
        whole_month=field.whole_month,
    )


def _subject_target(name: str) -> Target:
    kinds = dict(REGISTRATION_TABLE.columns)
    codes = SUBJECT_CODES.get(name, "")
    kind = "code" if codes else SUBJECT_TYPES[kinds.get(name, "VARCHAR")]
    return Target(name, SUBJECT_LABELS.get(name, name), kind, codes=codes, identifying=True)  # type: ignore[arg-type]


def _plan_checks(plan: FormPlan) -> tuple[Check, ...]:
    """Checks that speak of one row; those that speak of terms or of earlier rows are the programme's, not the file's."""
    names = {item.target.name: item.value for item in plan.items if item.key.startswith(("f.", "k.", "s."))}
    names |= {item.target.name: item.value for item in plan.items if item.key.startswith("f.")}
    day = names.get(plan.form.occurred_on)
    if "birth_date" in names and day is not None:
        names["age_years"] = age_sql(names["birth_date"], f"cast({day} as date)")
    return tuple(
        Check(check, render_sql(check.rule, names, plan.setting.parameters))
        for check in plan.form.checks
        if not any(isinstance(part, Term | Previous) for part in walk(check.rule))
    )
