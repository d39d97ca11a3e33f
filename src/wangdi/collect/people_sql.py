"""What a file says about people, as registrations: typed once for everything said for the first time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.collect.identity_sql import (
    render_id_birth,
    render_id_digits,
    render_id_sex,
    render_id_upgraded,
    render_id_valid,
)
from wangdi.collect.pass_sql import render_values
from wangdi.collect.plan import Columns, FormPlan
from wangdi.store.workspace import sql_name

_RESIDENT_CARD = "(id_type is null or id_type = '01')"
_IDENTIFIES_NOBODY = "ROW-016"
_OTHER_BIRTHDAY = "ROW-017"
DOUBT = (
    f"case when id_no is not null and not usable and {_RESIDENT_CARD} then '{_IDENTIFIES_NOBODY}' "
    f"when usable and stated_birth <> id_birth then '{_OTHER_BIRTHDAY}' end"
)
"""The code of what is wrong with a person's number: it identifies nobody, or says another birthday. Never refused."""
PERSON_FRAME = ("row", "number", "happened_on", "said_by", "file", "line", "part")
"""What stands beside a person's attributes: row, registration, day, organisation, source."""
_ATTRIBUTES = [sql_name(name) for name, _ in REGISTRATION_TABLE.columns]


def render_said() -> str:
    """Everything known of a person as one number."""
    return f"hash({', '.join(_ATTRIBUTES)})"


def kept_cells(plan: FormPlan) -> list[str]:
    """The cells about people that typed rows keep."""
    return [item.cell for item in plan.subject_items()]


def render_persons(plan: FormPlan, chosen: str, frame: Sequence[str]) -> str:
    """The people of some typed rows (``chosen``): the frame's columns, every attribute, ``usable``, the birthdays and ``said``.

    Rule: where a valid number is all that says birthday and sex, they are taken from it; an old number gets its 18 digits.
    """
    items = plan.subject_items()
    columns = Columns.of([item.cell for item in items])
    again = tuple(replace(item, rule=replace(item.rule, column=item.cell, value=None, part=0)) for item in items)
    persons = replace(plan, items=again, columns=columns, checks=(), people_only=True)
    thorough = "s.id_no" in plan.thorough
    cells = ", ".join(f"{item.cell} as c{place}" for place, item in enumerate(items))
    source = f"(select {', '.join(frame)}, {cells} from {chosen})"
    stated = {item.target.name: item.value for item in items}
    attributes = [
        f"{stated.get(name, f'cast(null as {kind})')} as {sql_name(name)}" for name, kind in REGISTRATION_TABLE.columns
    ]
    kept = ", ".join(frame)
    level = f"select {kept}, {', '.join(attributes)} from ({render_values(persons, source, 'none', frame)})"
    level = f"select *, {render_id_digits('id_no')} as digits from ({level})"
    level = f"select *, {render_id_valid('id_no', 'digits', thorough=thorough)} as usable from ({level})"
    number = f"case when usable then {render_id_upgraded('id_no')} else id_no end" if thorough else "id_no"
    level = f"select * replace ({number} as id_no), birth_date as stated_birth from ({level})"
    level = f"select *, case when usable then {render_id_birth('id_no')} end as id_birth from ({level})"
    sex = f"coalesce(sex, case when usable then {render_id_sex('id_no')} end) as sex"
    level = f"select * replace (coalesce(birth_date, id_birth) as birth_date, {sex}) from ({level})"
    return f"select {kept}, {', '.join(_ATTRIBUTES)}, usable, stated_birth, id_birth, {render_said()} as said from ({level})"


def render_people(base: int) -> str:
    """The newcomers among ``persons`` as rows of ``system.registration``, numbered from ``base``."""
    return (
        f"select {base} - 1 + place as seq_offset, number as registration_id, "
        "happened_on as occurred_on, cast(null as timestamp) as occurred_at, cast(null as timestamp) as entered_at, "
        "said_by as org, cast(null as varchar) as recorder, file as source_file, line as source_line, part as source_part, "
        f"{', '.join(_ATTRIBUTES)} from persons join (select row, place from newcomers) using (row)"
    )
