"""References between FHIR resources, resolved to people: literal, ``urn:uuid``, conditional, logical and contained."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from wangdi.collect.fhir_people import URN, People, SubjectKey, identifiers_of, parse_subject, safe_text
from wangdi.collect.fhir_rules import FhirSettings
from wangdi.collect.fhir_values import dicts_in, first_at, plain_text
from wangdi.collect.fhir_walk import Located


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why nobody was found: a message code and what fills its places."""

    code: str
    args: dict[str, str]


def resolve_subject(located: Located, element: str, people: People, settings: FhirSettings) -> SubjectKey | Unresolved:
    """The person a resource is about: by literal, ``urn:uuid``, conditional, logical or contained reference."""
    references = dicts_in(located.resource.get(element))
    if not references:
        return Unresolved("FHIR-030", {"field": element})
    literal = plain_text(references[0].get("reference"))
    if literal is None:
        return _logical(references[0], element, people, settings)
    if literal.startswith("#"):
        return _contained(located, literal[1:], settings)
    key = reference_key(literal, settings)
    if key in people.contradictory:
        return Unresolved("FHIR-033", {})
    subject = people.patients.get(key)
    if subject is not None:
        return subject
    return _not_found(key, literal, settings)


def reference_key(literal: str, settings: FhirSettings) -> str:
    """The key to look up: without version and the sender's own address; conditional as ``Patient?system|value``."""
    text = literal.split("/_history/", 1)[0]
    for base in settings.server_bases:
        text = text.removeprefix(base.rstrip("/") + "/")
    return re.sub(r"^(\w+)\?identifier=", r"\1?", text)


def _not_found(key: str, literal: str, settings: FhirSettings) -> SubjectKey | Unresolved:
    """A patient that is not in the files can still be known by number."""
    if key.startswith("Patient?"):
        system, _, value = key.removeprefix("Patient?").rpartition("|")
        subject = _by_identifier(system, value, settings)
        if subject is not None:
            return subject
    args = {"reference": safe_text(literal)}
    if key.startswith(("http://", "https://")):
        return Unresolved("FHIR-034", args)
    kind = re.split(r"[/?]", key, maxsplit=1)[0]
    if kind != "Patient" and not key.startswith(URN):
        return Unresolved("FHIR-032", {"kind": safe_text(kind)})
    return Unresolved("FHIR-031", args)


def _by_identifier(system: str, value: str, settings: FhirSettings) -> SubjectKey | None:
    kind = settings.id_type(system)
    if kind is not None and value:
        return SubjectKey(id_no=value.upper(), id_type=kind, nationality=settings.issuer(system))
    if system in settings.all_local_systems() and value:
        return SubjectKey(local_id=value)
    return None


def _logical(
    reference: dict[str, Any], element: str, people: People, settings: FhirSettings
) -> SubjectKey | Unresolved:
    """A reference by identifier alone."""
    for system, value in identifiers_of(reference):
        key = f"Patient?{system}|{value}"
        if key in people.contradictory:
            return Unresolved("FHIR-033", {})
        subject = people.patients.get(key) or _by_identifier(system, value, settings)
        if subject is not None:
            return subject
        return Unresolved("FHIR-031", {"reference": safe_text(f"{system}|{value}")})
    return Unresolved("FHIR-030", {"field": element})


def _contained(located: Located, identity: str, settings: FhirSettings) -> SubjectKey | Unresolved:
    """A patient inside the resource: known by identifiers only, for its id means nothing outside."""
    for one in dicts_in(located.resource.get("contained")):
        if one.get("id") == identity:
            if one.get("resourceType") != "Patient":
                return Unresolved("FHIR-032", {"kind": safe_text(str(one.get("resourceType")))})
            outside = {name: value for name, value in one.items() if name != "id"}
            return parse_subject(replace(located, resource=outside, full_url=""), settings)
    return Unresolved("FHIR-031", {"reference": "#" + safe_text(identity)})


def find_organisation(resource: dict[str, Any], path: str, people: People, settings: FhirSettings) -> str | None:
    """The code of the organisation a resource names, where it is one of ours or is in the files."""
    for reference in dicts_in(first_at(resource, tuple(path.split(".")))) if path else ():
        literal = plain_text(reference.get("reference"))
        code = people.organisations.get(reference_key(literal, settings)) if literal is not None else None
        for system, value in identifiers_of(reference):
            code = code or (value if system in settings.all_organisation_systems() else None)
        if code is not None:
            return code
    return None


def find_recorder(reference: Any, people: People, settings: FhirSettings) -> str | None:
    """The name of the practitioner a reference leads to, else what it displays."""
    for one in dicts_in(reference):
        literal = plain_text(one.get("reference")) or ""
        name = people.practitioners.get(reference_key(literal, settings))
        if name is not None:
            return name
        if re.match(r"(Practitioner|PractitionerRole)\b|urn:", literal):
            return plain_text(one.get("display"))
    return None
