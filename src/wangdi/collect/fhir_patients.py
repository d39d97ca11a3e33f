"""A FHIR Patient as a resident and, after death, a departure."""

from __future__ import annotations

from wangdi.collect.fhir_frame import Context, Frame, Outcome, make_row, say
from wangdi.collect.fhir_people import SubjectKey, is_contradictory, parse_subject, safe_text
from wangdi.collect.fhir_references import find_organisation
from wangdi.collect.fhir_values import Moment, first_at, parse_moment, plain_text
from wangdi.collect.fhir_walk import Located
from wangdi.core.problem import Severity


def patient_rows(located: Located, context: Context) -> Outcome:
    """A Patient as a resident and, after death, a departure."""
    settings = context.settings
    if is_contradictory(context.people, located):
        return [say(located, context, "FHIR-033")]
    subject = parse_subject(located, settings)
    if not (subject.local_id or subject.id_no or subject.name):
        return [say(located, context, "FHIR-035")]
    entered = parse_moment(
        plain_text(first_at(located.resource, ("meta", "lastUpdated"))) or "", settings.utc_offset_minutes
    )
    org = find_organisation(located.resource, "managingOrganization", context.people, settings)
    frame = Frame(subject, Moment("", None), entered.at, org, None)
    names = ("name", "id_type", "id_no", "sex", "birth_date", "phone", "address")
    values: dict[str, object] = {name: value for name in names if (value := getattr(subject, name)) is not None}
    rows: Outcome = [make_row(located, context, settings.rules.person.form, values, frame)]
    return [*rows, *_departure(located, context, frame), *_person_doubts(located, context, subject)]


def _departure(located: Located, context: Context, frame: Frame) -> Outcome:
    """The day somebody died ends what is due to them."""
    died_at = plain_text(located.resource.get("deceasedDateTime"))
    if died_at is None:
        if located.resource.get("deceasedBoolean") is True:
            return [say(located, context, "FHIR-062", Severity.warning)]
        return []
    moment = parse_moment(died_at, context.settings.utc_offset_minutes)
    if moment.day is None:
        return [say(located, context, "FHIR-062", Severity.warning)]
    rule = context.settings.rules.person
    values: dict[str, object] = {rule.departure_day: moment.day, rule.departure_reason: rule.died}
    died = Frame(frame.subject, moment, frame.entered_at, frame.org, None)
    return [make_row(located, context, rule.departure_form, values, died)]


def _person_doubts(located: Located, context: Context, subject: SubjectKey) -> Outcome:
    doubts: Outcome = []
    birth = plain_text(located.resource.get("birthDate"))
    if birth is not None and subject.birth_date is None:
        args = {"value": safe_text(birth)}
        doubts.append(say(located, context, "FHIR-060", Severity.warning, field="birthDate", **args))
    gender = plain_text(located.resource.get("gender"))
    if gender is not None and subject.sex is None:
        args = {"value": safe_text(gender)}
        doubts.append(say(located, context, "FHIR-061", Severity.warning, field="gender", **args))
    return doubts
