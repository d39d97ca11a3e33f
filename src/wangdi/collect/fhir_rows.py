"""One FHIR resource into rows of forms, or into the reason why not, given who there is."""

from __future__ import annotations

from typing import Any

from wangdi.collect.fhir_frame import Context, Frame, Outcome, check_status, make_frame, make_row, resource_id, say
from wangdi.collect.fhir_measures import measure_rows
from wangdi.collect.fhir_patients import patient_rows
from wangdi.collect.fhir_people import safe_text
from wangdi.collect.fhir_readings import observation_rows
from wangdi.collect.fhir_rules import FieldRule, ResourceRule
from wangdi.collect.fhir_values import codings, find_disease, first_at, first_text, parse_moment, plain_text
from wangdi.collect.fhir_walk import Located
from wangdi.core.problem import Problem, Severity


def read_rows(located: Located, context: Context) -> Outcome:
    """The rows of a resource and what is to be said about it; never empty."""
    rules = context.settings.rules
    resource = located.resource
    kind = plain_text(resource.get("resourceType"))
    if kind is None and {"exportId", "eventId"} <= resource.keys():
        return [Problem(code="FHIR-008", severity=Severity.info, file=context.name, line=located.line)]
    if kind is None:
        return [Problem(code="FHIR-005", file=context.name, line=located.line)]
    if located.bundle_type in rules.refused_bundles:
        return [say(located, context, "FHIR-007", kind=located.bundle_type)]
    if kind == "Patient":
        return patient_rows(located, context)
    rule = rules.resources.get(kind)
    if rule is None:
        code = "FHIR-011" if kind in rules.references_only else "FHIR-010"
        return [say(located, context, code, Severity.info, kind=safe_text(kind))]
    status = check_status(located, context, rule)
    if status is not None:
        return [status]
    if kind == "MeasureReport":
        return measure_rows(located, context, rule)
    if kind == "Observation":
        return observation_rows(located, context, rule)
    frame = make_frame(located, context, rule)
    return [frame] if isinstance(frame, Problem) else _resource_rows(located, context, rule, frame)


def _resource_rows(located: Located, context: Context, rule: ResourceRule, frame: Frame) -> Outcome:
    """An Encounter, a Condition or an Immunization as one row."""
    said: Outcome = []
    values: dict[str, object] = {rule.day_field: frame.moment.day}
    for field in rule.fields:
        value, problem = _field_value(located, context, field)
        if value is not None:
            values[field.name] = value
        if problem is not None:
            said.append(problem)
    if rule.coded is not None:
        coded = _coded_values(located.resource, rule, context)
        if not coded:
            return [say(located, context, "FHIR-070", field=str(rule.coded.path[0]))]
        values.update(coded)
    if rule.identifier_field:
        values[rule.identifier_field] = resource_id(located)
    return [make_row(located, context, rule.form, values, frame), *said]


def _field_value(located: Located, context: Context, rule: FieldRule) -> tuple[object | None, Problem | None]:
    text = first_text(located.resource, rule.paths)
    if rule.kind == "flag":
        return text in rule.true, None
    if text is None or rule.kind == "text":
        return text, None
    if rule.kind == "integer":
        return (int(text), None) if text.isdecimal() else (None, None)
    moment = parse_moment(text, context.settings.utc_offset_minutes)
    if moment.day is not None:
        return moment.day, None
    code = "FHIR-043" if moment.partial else "FHIR-042"
    field = ".".join(str(step) for step in rule.paths[0])
    return None, say(located, context, code, Severity.warning, field=field, value=safe_text(moment.text))


def _coded_values(resource: dict[str, Any], rule: ResourceRule, context: Context) -> dict[str, object]:
    """A CodeableConcept over the form's fields: the coding of a programme's disease, else the first one."""
    coded = rule.coded
    assert coded is not None
    concept = first_at(resource, coded.path)
    pairs = codings(concept)
    rules = context.settings.rules
    values: dict[str, object] = {}
    chosen = pairs[0] if pairs else None
    if coded.disease_field:
        named = [pair for pair in pairs if find_disease([pair], rules) != rules.other_disease]
        chosen = named[0] if named else chosen
        values[coded.disease_field] = find_disease(pairs, rules)
    text = first_text(concept, (("text",), ("coding", "display")))
    if chosen is None and text is None:
        return {}
    if chosen is not None:
        values[coded.code_field] = chosen[1]
        if chosen[0]:
            values[coded.system_field] = chosen[0]
    if text is not None:
        values[coded.text_field] = text
    return values
