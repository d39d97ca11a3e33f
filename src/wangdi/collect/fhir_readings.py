"""The readings of a FHIR Observation and its components, in the units of the forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wangdi.collect.fhir_frame import Context, FhirRow, Frame, Outcome, make_frame, make_row, resource_id, say
from wangdi.collect.fhir_people import safe_text
from wangdi.collect.fhir_rules import ObservationRule, ResourceRule
from wangdi.collect.fhir_values import ValueDoubt, codings, dicts_in, match_code, read_value
from wangdi.collect.fhir_walk import Located
from wangdi.core.problem import Problem, Severity


def observation_rows(located: Located, context: Context, rule: ResourceRule) -> Outcome:
    """The readings of an Observation and its components: one row per form they go to."""
    rules = context.settings.rules
    resource = located.resource
    found = match_code(codings(resource.get("code")), rules)
    parts = dicts_in(resource.get("component"))
    known = [match_code(codings(part.get("code")), rules) for part in parts]
    if found is None and not any(known):
        return [say(located, context, "FHIR-012", Severity.info, codes=_shown(resource))]
    if found == "several":
        return [say(located, context, "FHIR-055", codes=_shown(resource))]
    frame = make_frame(located, context, rule)
    if isinstance(frame, Problem):
        return [frame]
    said: Outcome = []
    readings: dict[str, dict[str, float]] = {}
    holders = [(resource, found)] if found is not None else []
    for holder, target in [*holders, *zip(parts, known, strict=True)]:
        problem = _take_reading(located, context, (holder, target), readings)
        if problem is not None:
            said.append(problem)
    rows: Outcome = [_reading_row(located, context, form, values, frame) for form, values in readings.items()]
    if not rows:
        return said
    return rows + [_as_warning(one) for one in said if isinstance(one, Problem)]


def _as_warning(problem: Problem) -> Problem:
    """A part that could not be taken while others were: the resource itself is not refused."""
    if problem.severity is not Severity.error:
        return problem
    return replace(problem, severity=Severity.warning)


def _take_reading(
    located: Located,
    context: Context,
    part: tuple[dict[str, Any], ObservationRule | str | None],
    readings: dict[str, dict[str, float]],
) -> Problem | None:
    """Puts one reading where it belongs, or says why not."""
    holder, rule = part
    if not isinstance(rule, ObservationRule):
        code = "FHIR-013" if rule is None else "FHIR-055"
        severity = Severity.info if rule is None else Severity.error
        return say(located, context, code, severity, codes=_shown(holder))
    value = read_value(holder, rule, context.settings.rules)
    if isinstance(value, ValueDoubt):
        args = {name: safe_text(text) for name, text in value.args.items()}
        return say(located, context, value.code, field="valueQuantity", **args)
    taken = readings.setdefault(rule.form, {})
    if taken.setdefault(rule.field, value) != value:
        return say(located, context, "FHIR-054", field=rule.field)
    return None


def _reading_row(located: Located, context: Context, form: str, readings: dict[str, float], frame: Frame) -> FhirRow:
    day_field, identifier_field = context.settings.rules.observation_forms[form]
    values: dict[str, object] = {day_field: frame.moment.day, **readings, identifier_field: resource_id(located)}
    return make_row(located, context, form, values, frame)


def _shown(holder: dict[str, Any]) -> str:
    """The codes of a concept for a message; its system only where it has no code."""
    return ", ".join(f"{system}|{code}" if system else code for system, code in codings(holder.get("code"))) or "-"
