"""The SQL of the pass over every row of a file, from a plan.

The pass has four levels, each a plain projection over the one below, so that nothing is worked out twice:
cell (tidied text) -> said (what it says) -> value (of the form's type) -> row (whose it is, and whether it needs a closer look).
A row is *suspect* when anything about it may be wrong; only suspect rows are looked at again, exactly. A cell is *odd* when it
is not written plainly: the pass reads a column in the thorough way only once odd cells were met in it (``thorough``).
"""

from __future__ import annotations

from collections.abc import Sequence

from wangdi.collect.identity_sql import (
    key_prefix,
    numbers_begin,
    render_id_digits,
    render_id_number,
    render_key,
    render_registration,
)
from wangdi.collect.mapping import LEDGER_KEY
from wangdi.collect.plan import FormPlan, Item
from wangdi.collect.value_sql import (
    MISSING_WORDS,
    Blanks,
    is_converted,
    render_cell,
    render_odd,
    render_sound_value,
    render_value,
)
from wangdi.store.workspace import sql_texts


def render_pass(plan: FormPlan, source: str, blanks: Blanks = "any", keep: Sequence[str] = ()) -> str:
    """The four levels over ``source``, a relation with the raw columns and whatever else is to be kept (``keep``).

    Columns: the kept ones, cell.*, said.*, value.*, registration_key, registration_id, about, day, org, suspect.
    """
    level = render_values(plan, source, blanks, keep)
    org = plan.find("x.org")
    joined = (
        f"({level})" if org is None else f"({level}) left join organisation_words words on words.word = {org.value}"
    )
    level = _project(["*", *_render_whose(plan)], joined)
    begin = numbers_begin(plan.setting.salt, plan.keyed_by)
    number = f"{render_registration('registration_key', begin)} as registration_id"
    return _project(["*", number, f"{render_suspicion(plan)} as suspect"], level)


def render_values(plan: FormPlan, source: str, blanks: Blanks, keep: Sequence[str]) -> str:
    """The first three levels: what every cell says."""
    cells = [f"{render_cell(item.rule, plan.raw_column(item.rule), blanks)} as {item.cell}" for item in plan.items]
    level = f"select {', '.join([*keep, *cells])} from {source}"
    level = _project(["*", *(f"{_render_said(plan, item)} as {item.said}" for item in plan.items)], level)
    values = [f"{render_sound_value(item.target, item.rule, item.said)} as {item.value}" for item in plan.items]
    number, local = plan.find("s.id_no"), plan.find("s.local_id")
    if number is not None:  # needed only where the institution's own number is not
        digits = render_id_digits(number.said)
        values.append(
            f"{digits if local is None else f'case when {local.cell} is null then {digits} end'} as id_digits"
        )
    return _project(["*", *values], level)


def _project(columns: list[str], source: str) -> str:
    relation = source if source.startswith("(") else f"({source})"
    return f"select {', '.join(columns)} from {relation}"


def _is_id_number(item: Item) -> bool:
    return item.target.name == "id_no" and item.target.identifying


def _unasked(plan: FormPlan, item: Item) -> str:
    """When nothing asks for an identity number: the institution's own number is the key. Empty when it is always asked for."""
    local = plan.find("s.local_id")
    return f"{local.cell} is not null" if item.key == "s.id_no" and local is not None and not plan.people_only else ""


def _render_said(plan: FormPlan, item: Item) -> str:
    thorough = item.key in plan.thorough
    if not _is_id_number(item):
        return render_value(item.target, item.rule, item.cell, thorough=thorough, listed=plan.is_large)
    number, unasked = render_id_number(item.cell, thorough=thorough), _unasked(plan, item)
    return f"case when {unasked} then null else {number} end" if unasked else number


def render_doubts(plan: FormPlan, rows: str) -> str:
    """For every item whether some of the raw rows are odd in it, then for every item whether some are unsound."""
    odd, unsound = [], []
    for item in plan.items:
        strange, unasked = render_odd(item.target, item.cell, item.said), _unasked(plan, item)
        watched = item.key not in plan.thorough and (item.target.type != "text" or _is_id_number(item))
        odd.append(f"bool_or({strange}{f' and not {unasked}' if unasked else ''})" if watched else "false")
        holds = _render_sound(plan, item)
        unsound.append(f"bool_or(({holds}) is not true)" if holds else "false")
    values = f"select *, {sql_texts(MISSING_WORDS)} as missing_words from ({render_values(plan, rows, 'any', ())})"
    # Without the materialising an expression is worked out wherever its name stands.
    return f"with said as materialized ({values}) select {', '.join(odd + unsound)} from said"


def _render_whose(plan: FormPlan) -> list[str]:
    subject = {item.target.name: item for item in plan.subject_items()}
    org = plan.find("x.org")
    code = plan.sender
    if org is not None:
        named = f"coalesce(words.code, {org.value})" if plan.setting.any_organisation else "words.code"
        code = f"case when {org.cell} is null then {plan.sender} else {named} end"
    if plan.is_person:
        texts = {name: item.value for name, item in subject.items()}
        prefix, birth = key_prefix(plan.setting.salt, plan.keyed_by), plan.value_of("s.birth_date", "date")
        key = render_key(prefix, texts, birth, thorough="s.id_no" in plan.thorough)
    else:
        texts = {LEDGER_KEY: subject[LEDGER_KEY].value} if LEDGER_KEY in subject else {}
        key = render_key(key_prefix(plan.setting.salt, plan.keyed_by), texts, "null")
    about = ", ".join(item.cell for item in subject.values()) or "null"
    day = plan.value_of(f"f.{plan.form.occurred_on}", "date")
    if not plan.day_required:
        day = f"coalesce({day}, date '{plan.setting.received_at:%Y-%m-%d}')"
    return [f"{key} as registration_key", f"hash({about}) as about", f"{code} as org", f"cast({day} as date) as day"]


def render_suspicion(plan: FormPlan) -> str:
    """Whether a row needs a closer look. May say yes to a sound row, never no to one with a problem.

    Written as what a sound row satisfies: unknown counts as not satisfied.
    """
    sound = ["registration_key is not null", "org is not null", f"day <= date '{plan.setting.received_at:%Y-%m-%d}'"]
    sound += [f"({holds})" for item in plan.items if (holds := _render_sound(plan, item))]
    birth = plan.find("s.birth_date")
    if birth is not None:
        sound.append(f"({birth.value} is null or day >= {birth.value})")
    sound += [f"coalesce({check.sql}, true)" for check in plan.checks]
    return f"({' and '.join(sound)}) is not true"


def _render_sound(plan: FormPlan, item: Item) -> str:
    """What a sound cell satisfies; empty where any does."""
    target = item.target
    limits = [limit for limit in (target.plausible, target.possible) if limit is not None]
    holds = f"{item.value} is not null"
    if limits:
        low, high = max(limit[0] for limit in limits), min(limit[1] for limit in limits)
        holds = f"{item.value} between {low!r} and {high!r}"
    if target.type == "integer" and not is_converted(target, item.rule):
        holds += f" and {item.said} = {item.value}"
    if target.name == "id_no":
        holds = _sound_id_number(plan, item)
    if target.required and item.key.startswith("f."):
        return holds
    return f"{item.cell} is null or ({holds})" if target.type != "text" or target.name == "id_no" else ""


def _sound_id_number(plan: FormPlan, item: Item) -> str:
    length = f"strlen({item.cell}) in (15, 18)"
    if item.key in plan.thorough or not _is_id_number(item):
        return length
    unasked = _unasked(plan, item)
    return f"{item.said} is not null or {unasked} and {length}" if unasked else f"{item.said} is not null"
