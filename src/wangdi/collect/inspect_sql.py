"""The exact look at a suspect row: everything that is wrong with it, as problems, in one SQL expression."""

from __future__ import annotations

from wangdi.collect.identity_sql import ROUNDED
from wangdi.collect.plan import FormPlan, Item
from wangdi.collect.value_sql import BLANKS, MISSING_WORDS, is_converted
from wangdi.core.problem import Severity
from wangdi.store.workspace import sql_text

TOTAL_WORDS = "^(合\\s*计|小\\s*计|总\\s*计|共\\s*计|累\\s*计|total|subtotal)"
_CODES = {
    "integer": "ROW-002", "decimal": "ROW-002", "date": "ROW-003", "datetime": "ROW-003", "boolean": "ROW-005",
    "code": "ROW-004", "codes": "ROW-004",
}  # fmt: skip


def render_problems(plan: FormPlan, unsound: frozenset[str]) -> str:
    """A list of problems (code, severity, field, args) of one row of the pass; empty when nothing is wrong.

    ``unsound``: keys of the items to look at; in the others nothing is wrong in any row.
    """
    looked_at = [item for item in plan.items if item.key in unsound or item.target.name == "id_no"]
    found = [one for item in looked_at for one in _item_problems(item)]
    found += _row_problems(plan)
    for check in plan.checks:
        code, severity = ("ROW-014", Severity.error) if check.check.refuse else ("ROW-013", Severity.warning)
        found.append(_when(f"not ({check.sql})", code, severity, "", message=sql_text(check.check.message)))
    return f"list_filter([{', '.join(found)}], lambda problem: problem is not null)"


def render_blank(plan: FormPlan) -> str:
    """Whether a row has nothing in it."""
    return f"trim(concat_ws('', {_raw_columns(plan)}), {sql_text(BLANKS)}) = ''"


def render_total(plan: FormPlan) -> str:
    """Whether a row is a total somebody wrote below the table: its first filled cell says so."""
    first = ", ".join(f"nullif(trim(c{place}, {sql_text(BLANKS)}), '')" for place in range(plan.columns.width))
    return f"coalesce(regexp_matches(coalesce({first}), {sql_text(TOTAL_WORDS)}, 'i'), false)"


def _raw_columns(plan: FormPlan) -> str:
    return ", ".join(f"c{place}" for place in range(plan.columns.width))


def _when(condition: str, code: str, severity: Severity, field: str, **args: str) -> str:
    said = ", ".join(f"'{name}': {sql}" for name, sql in args.items())
    text = f"cast(to_json({{{said}}}) as varchar)" if said else "cast(null as varchar)"
    return (
        f"case when {condition} then {{'code': '{code}', 'severity': '{severity}', "
        f"'field': {sql_text(field) if field else 'cast(null as varchar)'}, 'args': {text}}} end"
    )


def _shown(item: Item) -> str:
    """What of a cell a message may repeat: nothing that says who somebody is, nothing that looks like a number of a person."""
    if item.target.identifying:
        return "'…'"
    return f"case when regexp_matches({item.cell}, '[0-9]{{9,}}') then '…' else left({item.cell}, 24) end"


def _item_problems(item: Item) -> list[str]:
    target = item.target
    missing = f"({item.cell} is null or {item.cell} in ({', '.join(map(sql_text, MISSING_WORDS))}))"
    label = sql_text(target.label)
    found = []
    is_field = item.key.startswith("f.")
    if target.required and is_field:
        empty = f"{item.value} is null" if target.type == "text" else missing
        found.append(_when(empty, "ROW-001", Severity.error, target.name, label=label))
    if target.type in _CODES:
        severity = Severity.error if target.required and is_field else Severity.warning
        code, shown = _CODES[target.type], _shown(item)
        wrong = f"not {missing} and {item.value} is null"
        found.append(_when(wrong, code, severity, target.name, label=label, value=shown))
    if target.type == "integer" and not is_converted(target, item.rule):
        rounded = {"label": label, "value": _shown(item), "taken": f"cast({item.value} as varchar)"}
        found.append(_when(f"{item.said} <> {item.value}", "ROW-015", Severity.warning, target.name, **rounded))
    if target.name == "id_no" and item.key.startswith("s."):
        found.append(_when(f"regexp_matches({item.cell}, {sql_text(ROUNDED)})", "ROW-010", Severity.error, target.name))
    return found + _limit_problems(item)


def _limit_problems(item: Item) -> list[str]:
    target, label, shown = item.target, sql_text(item.target.label), _shown(item)
    impossible = "false"
    found = []
    for limits, code, severity in (
        (target.possible, "ROW-006", Severity.error),
        (target.plausible, "ROW-007", Severity.warning),
    ):
        if limits is None:
            continue
        low, high = limits
        outside = f"{item.value} not between {low!r} and {high!r}"
        args = {"low": sql_text(f"{low:g}"), "high": sql_text(f"{high:g}"), "unit": sql_text(target.unit)}
        found.append(
            _when(
                f"{outside} and not coalesce({impossible}, false)",
                code,
                severity,
                target.name,
                label=label,
                value=shown,
                **args,
            )
        )
        impossible = outside
    return found


def _row_problems(plan: FormPlan) -> list[str]:
    received = f"{plan.setting.received_at:%Y-%m-%d}"
    day_field = plan.form.occurred_on
    label = sql_text(plan.form.fields[day_field].label)
    day = "cast(day as varchar)"
    found = [
        _when(
            f"day > date '{received}'",
            "ROW-008",
            Severity.error,
            day_field,
            label=label,
            value=day,
            received=sql_text(received),
        ),
        _when("registration_key is null", "ROW-011", Severity.error, ""),
    ]
    birth = plan.find("s.birth_date")
    if birth is not None:
        found.append(_when(f"day < {birth.value}", "ROW-009", Severity.error, day_field, label=label, value=day))
    org = plan.find("x.org")
    if org is not None:
        found.append(_when("org is null", "ROW-012", Severity.error, "org", value=_shown(org)))
    if plan.find(f"f.{day_field}") is None and plan.day_required:
        found.append(_when("true", "ROW-001", Severity.error, day_field, label=label))
    return found
