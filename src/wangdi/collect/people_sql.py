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

    ``odd``: there is an identity number that only the thorough way can read.
    Rule: where a valid number is all that says birthday and sex, they are taken from it; an old number gets its 18 digits.
    """
    items = plan.subject_items()
    columns = Columns.of([item.cell for item in items])
    again = tuple(
        replace(item, rule=replace(item.rule, column=item.cell, value=None, part=0, otherwise=())) for item in items
    )
    persons = replace(plan, items=again, columns=columns, checks=(), people_only=True)
    thorough = "s.id_no" in plan.thorough
    cells = ", ".join(f"{item.cell} as c{place}" for place, item in enumerate(items))
    source = f"(select {', '.join(frame)}, {cells} from {chosen})"
    stated = {item.target.name: item.value for item in items}
    attributes = [
        f"{stated.get(name, f'cast(null as {kind})')} as {sql_name(name)}" for name, kind in REGISTRATION_TABLE.columns
    ]
    kept = ", ".join(frame)
    number = next((item for item in items if item.key == "s.id_no"), None)
    odd = f"{number.cell} is not null and {number.said} is null" if number and not thorough else "false"
    level = (
        f"select {kept}, {', '.join(attributes)}, {odd} as odd from ({render_values(persons, source, 'none', frame)})"
    )
    level = f"select *, {render_id_digits('id_no')} as digits, {render_id_birth('id_no')} as born from ({level})"
    level = f"select *, {render_id_valid('id_no', 'digits', 'born', thorough=thorough)} as usable from ({level})"
    grown = f"case when usable then {render_id_upgraded('id_no')} else id_no end" if thorough else "id_no"
    level = f"select * replace ({grown} as id_no), birth_date as stated_birth from ({level})"
    born = render_id_birth("id_no") if thorough else "born"  # an old number has grown since
    level = f"select *, case when usable then {born} end as id_birth from ({level})"
    sex = f"coalesce(sex, case when usable then {render_id_sex('id_no')} end) as sex"
    level = f"select * replace (coalesce(birth_date, id_birth) as birth_date, {sex}) from ({level})"
    doubts = "odd, usable, stated_birth, id_birth"
    return f"select {kept}, {', '.join(_ATTRIBUTES)}, {doubts}, {render_said()} as said from ({level})"


_STANDARD = {
    "registration_id": "number",
    "occurred_on": "happened_on",
    "org": "said_by",
    "source_file": "file",
    "source_line": "line",
    "source_part": "part",
}
PEOPLE_COLUMNS = ("seq_offset", *_STANDARD, *(name for name, _ in REGISTRATION_TABLE.columns))
"""The columns of :func:`render_people`; the other standard ones are read as null."""


def render_people(base: int) -> str:
    """The newcomers among ``persons`` as rows of ``system.registration``, numbered from ``base``."""
    standard = ", ".join(f"{sql} as {name}" for name, sql in _STANDARD.items())
    return (
        f"select {base} - 1 + place as seq_offset, {standard}, {', '.join(_ATTRIBUTES)} "
        "from persons join (select row, place from newcomers) using (row)"
    )
