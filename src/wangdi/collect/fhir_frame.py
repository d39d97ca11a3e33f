"""What the rows of every FHIR resource share: whose they are, when it happened, and how a problem names its place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

from wangdi.collect.fhir_people import People, SubjectKey, safe_text
from wangdi.collect.fhir_references import Unresolved, find_organisation, find_recorder, resolve_subject
from wangdi.collect.fhir_rules import FhirSettings, ResourceRule
from wangdi.collect.fhir_values import Moment, first_at, first_text, parse_moment, plain_text
from wangdi.collect.fhir_walk import Located
from wangdi.core.problem import Problem, Severity


@dataclass(frozen=True, slots=True)
class FhirRow:
    """A row of a form, as one resource says it, with the place it came from.

    Grain: one row per resource and form. Units: those of the form. Missing: fields the resource does not have are
    left out of ``values``; ``occurred_on`` is None for a resident, because a Patient has no day of opening.
    """

    form: str
    values: dict[str, object]
    subject: SubjectKey
    occurred_on: date | None
    occurred_at: datetime | None
    entered_at: datetime | None
    org: str | None
    recorder: str | None
    file: str
    path: Path
    line: int
    pointer: str
    resource_type: str
    resource_id: str


@dataclass(frozen=True, slots=True)
class Context:
    """What rows are made with: the table, who there is, and the file that is being read."""

    settings: FhirSettings
    people: People
    path: Path
    name: str
    """What the file is called in messages."""


Outcome: TypeAlias = list[FhirRow | Problem]


@dataclass(frozen=True, slots=True)
class Frame:
    """What every row of one resource shares."""

    subject: SubjectKey
    moment: Moment
    entered_at: datetime | None
    org: str | None
    recorder: str | None


def say(located: Located, context: Context, code: str, severity: Severity = Severity.error, /, **args: str) -> Problem:
    """A problem of this resource. ``field`` is a place of the messages, and where the problem is."""
    kind = safe_text(str(located.resource.get("resourceType", "?")))
    field = args.get("field")
    return Problem(
        code=code,
        severity=severity,
        file=context.name,
        line=located.line,
        field=f"{kind}.{field}" if field else located.pointer or None,
        args={**args, "resource": f"{kind}/{safe_text(resource_id(located))}"},
    )


def resource_id(located: Located) -> str:
    """The resource's id; else its full URL, its first identifier, or its place."""
    identity = plain_text(located.resource.get("id")) or located.full_url.rpartition(":")[2]
    if identity:
        return identity
    return first_text(located.resource, (("identifier", "value"),)) or located.pointer or f"L{located.line}"


def make_row(located: Located, context: Context, form: str, values: dict[str, object], frame: Frame) -> FhirRow:
    """A row of a form, with the place its resource stands at."""
    return FhirRow(
        form=form,
        values=values,
        subject=frame.subject,
        occurred_on=frame.moment.day,
        occurred_at=frame.moment.at,
        entered_at=frame.entered_at,
        org=frame.org,
        recorder=frame.recorder,
        file=context.name,
        path=context.path,
        line=located.line,
        pointer=located.pointer,
        resource_type=str(located.resource["resourceType"]),
        resource_id=resource_id(located),
    )


def check_status(located: Located, context: Context, rule: ResourceRule) -> Problem | None:
    """Why a resource of this status is not taken; None where it is."""
    status = plain_text(first_at(located.resource, rule.status)) or ""
    if status in rule.taken:
        return None
    if status == "entered-in-error":
        return say(located, context, "FHIR-020")
    if status in rule.not_done:
        return say(located, context, "FHIR-021", Severity.info)
    if not status:
        return say(located, context, "FHIR-070", field=str(rule.status[0]))
    return say(located, context, "FHIR-022", Severity.info, status=safe_text(status))


def make_frame(located: Located, context: Context, rule: ResourceRule) -> Frame | Problem:
    """Whose it is, when it happened and who wrote it; or why that cannot be said."""
    resource, settings, people = located.resource, context.settings, context.people
    subject = resolve_subject(located, rule.subject, people, settings)
    if isinstance(subject, Unresolved):
        field = {} if "field" in subject.args else {"field": rule.subject}
        return say(located, context, subject.code, **subject.args, **field)
    moment = _first_day(resource, rule, settings.utc_offset_minutes)
    names = rule.days[0] if len(rule.days) == 1 else next(days for days in rule.days if days[0] != "extension")
    field_name = ".".join(str(step) for step in names)
    if moment is None:
        return say(located, context, "FHIR-040", field=field_name)
    if moment.day is None:
        code = "FHIR-041" if moment.partial else "FHIR-042"
        return say(located, context, code, field=field_name, value=safe_text(moment.text))
    recorder = next(
        (name for path in rule.recorder if (name := find_recorder(first_at(resource, path), people, settings))), None
    )
    return Frame(
        subject,
        moment,
        _entered_at(resource, rule, settings),
        find_organisation(resource, rule.organisation, people, settings),
        recorder,
    )


def _first_day(resource: dict[str, Any], rule: ResourceRule, utc_offset_minutes: int) -> Moment | None:
    """The first of the rule's dates that says a day; else the first there is, with what is wrong with it."""
    first = None
    for path in rule.days:
        text = plain_text(first_at(resource, path))
        if text is None:
            continue
        moment = parse_moment(text, utc_offset_minutes)
        if moment.day is not None:
            return moment
        first = first or moment
    return first


def _entered_at(resource: dict[str, Any], rule: ResourceRule, settings: FhirSettings) -> datetime | None:
    text = first_text(resource, rule.entered)
    if text is None:
        return None
    moment = parse_moment(text, settings.utc_offset_minutes)
    if moment.at is None and moment.day is not None:
        return datetime.combine(moment.day, datetime.min.time())
    return moment.at
