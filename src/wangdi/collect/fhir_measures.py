"""A FHIR MeasureReport as counts of streams: one row for each group of a summary of one day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from wangdi.collect.fhir_frame import Context, Frame, Outcome, make_row, say
from wangdi.collect.fhir_people import Site, SubjectKey, read_site, safe_text
from wangdi.collect.fhir_references import find_organisation, reference_key
from wangdi.collect.fhir_rules import MeasureRule, ResourceRule
from wangdi.collect.fhir_values import codings, dicts_in, first_at, first_text, parse_moment, plain_text
from wangdi.collect.fhir_walk import Located
from wangdi.core.problem import Problem, Severity

_PEOPLE = ("Patient", "Practitioner", "RelatedPerson", "Group", "Device")
"""Whom R4 also allows a report to be about, or by; none of them is a place that counts."""


def measure_rows(located: Located, context: Context, rule: ResourceRule) -> Outcome:
    """The groups of a summary as rows.

    Rule: numerator out of denominator; a lone initial population is a count out of nothing. Grain: one row a group.
    Missing: a group without a code of a stream, or without any number, is refused; the others are taken.
    """
    resource, measures = located.resource, context.settings.rules.measures
    kind = plain_text(resource.get("type")) or "?"
    if kind != "summary":
        return [say(located, context, "FHIR-080", Severity.info, kind=safe_text(kind))]
    day = _read_day(located, context)
    if isinstance(day, Problem):
        return [day]
    site = _find_site(located, context)
    if site is None or not site.code:
        return [say(located, context, "FHIR-083", field="subject")]
    entered = parse_moment(first_text(resource, rule.entered) or "", context.settings.utc_offset_minutes)
    org = find_organisation(resource, rule.organisation, context.people, context.settings)
    moment = parse_moment(day.isoformat(), context.settings.utc_offset_minutes)
    frame = Frame(SubjectKey(local_id=site.code), moment, entered.at, org, None)
    who = {"counted_on": day, "source": site.code, "source_name": site.name or None, "place": site.division or None}
    outcome: Outcome = []
    for number, group in enumerate(dicts_in(resource.get("group"))):
        values = _read_group(group, measures)
        if isinstance(values, str):
            outcome.append(say(located, context, values, field=f"group[{number}]"))
        else:
            said = {name: value for name, value in {**who, **values}.items() if value is not None}
            outcome.append(make_row(located, context, rule.form, said, frame))
    if not outcome:
        return [say(located, context, "FHIR-070", field="group")]
    if all(isinstance(one, Problem) for one in outcome):
        return outcome
    return [replace(one, severity=Severity.warning) if isinstance(one, Problem) else one for one in outcome]


def _read_day(located: Located, context: Context) -> date | Problem:
    """The one day of the period; a stream is counted by day."""
    zone = context.settings.utc_offset_minutes
    texts = [plain_text(first_at(located.resource, ("period", end))) for end in ("start", "end")]
    days = {moment.day for text in texts if text is not None for moment in (parse_moment(text, zone),)}
    if not days:
        return say(located, context, "FHIR-040", field="period")
    if len(days) != 1 or None in days:
        value = " – ".join(safe_text(text or "") for text in texts)
        return say(located, context, "FHIR-044", field="period", value=value)
    return next(day for day in days if day is not None)


def _find_site(located: Located, context: Context) -> Site | None:
    """Where was counted: the subject, a place or institution; else who reports. By contained resource, reference or identifier."""
    settings = context.settings
    for element in ("subject", "reporter"):
        for reference in dicts_in(located.resource.get(element)):
            literal = plain_text(reference.get("reference")) or ""
            if literal.startswith("#"):
                for inside in dicts_in(located.resource.get("contained")):
                    if inside.get("id") == literal[1:]:
                        return read_site(inside, settings)
                continue
            key = reference_key(literal, settings)
            if key.startswith(_PEOPLE):
                return None
            site = context.people.sites.get(key) or read_site(reference, settings)
            code = site.code or key.rpartition("/")[2]
            name = site.name or plain_text(reference.get("display")) or ""
            return Site(code, site.division, name)
    return None


def _read_group(group: dict[str, Any], rule: MeasureRule) -> dict[str, object] | str:
    """A group's stream, disease and numbers; or the message that says what it lacks."""
    pairs = codings(group.get("code"))
    stream = next((code for system, code in pairs if system in rule.stream_systems), None)
    if stream is None:
        return "FHIR-081"
    counts = {name: _population(group, names) for name, names in rule.populations.items()}
    alone = counts.pop("alone", None)
    if not any(value is not None for value in counts.values()):
        counts["count"] = alone
    score = group.get("measureScore")
    measured = score.get("value") if isinstance(score, dict) and not score.get("comparator") else None
    values: dict[str, object] = {**counts, "value": measured if isinstance(measured, int | float) else None}
    if values["value"] is None and values["count"] is None:
        return "FHIR-082"
    disease = next((code for system, code in pairs if system in rule.disease_systems), None)
    return {"stream": stream, "disease": disease, **values}


def _population(group: dict[str, Any], names: tuple[str, ...]) -> int | None:
    """The count of the first population that bears one of the codes."""
    for population in dicts_in(group.get("population")):
        count = population.get("count")
        named = any(code in names for _, code in codings(population.get("code")))
        if named and isinstance(count, int) and not isinstance(count, bool):
            return count
    return None
