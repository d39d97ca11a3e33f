"""Who a FHIR resource is about: patients by every key they may be referred to, and references resolved to them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from wangdi.catalog.codelists import load_codelists
from wangdi.collect.fhir_rules import FhirSettings
from wangdi.collect.fhir_values import dicts_in, first_text, parse_moment, plain_text
from wangdi.collect.fhir_walk import Located

NEEDED = (b'"Patient"', b'"Organization"', b'"Practitioner"', b'"Location"')
"""What a line must hold to matter for the first pass."""
_HAN = re.compile(r"[\u3400-\u9fff]")
URN = ("urn:uuid:", "urn:oid:")
_IDENTITY_DIGITS = re.compile(r"\d{14,17}[\dXx]")


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """What a file says about who somebody is. Missing: anything may be None.

    ``sex``: GB/T 2261.1. ``id_type``: 证件类别 CV02.01.101. ``nationality``: GB/T 2659.1, two letters.
    """

    local_id: str | None = None
    id_no: str | None = None
    id_type: str | None = None
    name: str | None = None
    sex: str | None = None
    birth_date: date | None = None
    phone: str | None = None
    address: str | None = None
    nationality: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A place or institution where something is counted. Missing: empty, where that is not said."""

    code: str
    division: str
    name: str


@dataclass(slots=True)
class People:
    """Everybody a reference may lead to, by key: ``Patient/1``, a full URL, ``Patient?system|value``.

    Grain: bounded by patients, organisations and practitioners, never by observations.
    """

    patients: dict[str, SubjectKey] = field(default_factory=dict)
    contradictory: set[str] = field(default_factory=set)
    organisations: dict[str, str] = field(default_factory=dict)
    """Key -> organisation code."""
    practitioners: dict[str, str] = field(default_factory=dict)
    """Key -> name."""
    sites: dict[str, Site] = field(default_factory=dict)
    """Locations and organisations by key."""


def safe_text(text: str) -> str:
    """A text for a message: an identifier's value and anything like an identity number is left out."""
    shown = text.split("|", 1)[0] + "|…" if "|" in text else text
    return _IDENTITY_DIGITS.sub("…", shown)[:120]


def read_people(resources: Iterable[Located], settings: FhirSettings) -> People:
    """The first pass: who there is."""
    people = People()
    for located in resources:
        kind = located.resource.get("resourceType")
        if kind == "Patient":
            _add_patient(people, located, settings)
        elif kind == "Organization":
            people.sites.update(dict.fromkeys(_keys(located, "Organization"), read_site(located.resource, settings)))
            code = _organisation_code(located.resource, settings)
            if code is not None:
                people.organisations.update(dict.fromkeys(_keys(located, "Organization"), code))
        elif kind == "Location":
            people.sites.update(dict.fromkeys(_keys(located, "Location"), read_site(located.resource, settings)))
        elif kind == "Practitioner":
            name = _name(located.resource)
            if name is not None:
                people.practitioners.update(dict.fromkeys(_keys(located, "Practitioner"), name))
    return people


def read_site(resource: dict[str, Any], settings: FhirSettings) -> Site:
    """A Location, an Organization, or a reference to one by identifier: its code, the division it lies in, its name.

    Rule: the code is an organisation's code, else the first identifier that is no division, else the id.
    """
    identifiers = identifiers_of(resource)
    divisions = settings.rules.measures.division_systems
    others = [value for system, value in identifiers if system not in divisions]
    code = _organisation_code(resource, settings) or next(iter(others), None) or plain_text(resource.get("id"))
    division = next((value for system, value in identifiers if system in divisions), "")
    return Site(code or "", division, plain_text(resource.get("name")) or "")


def _add_patient(people: People, located: Located, settings: FhirSettings) -> None:
    subject = parse_subject(located, settings)
    for key in _keys(located, "Patient"):
        known = people.patients.setdefault(key, subject)
        if known is not subject and _contradict(known, subject):
            people.contradictory.add(key)


def _contradict(one: SubjectKey, other: SubjectKey) -> bool:
    """Two versions of a patient that cannot be the same person."""
    pairs = ((one.id_no, other.id_no), (one.birth_date, other.birth_date))
    return any(left is not None and right is not None and left != right for left, right in pairs)


def is_contradictory(people: People, located: Located) -> bool:
    """Whether another patient of these files claims the same key and is somebody else."""
    return not people.contradictory.isdisjoint(_keys(located, "Patient"))


def _keys(located: Located, kind: str) -> list[str]:
    """Every key a resource can be referred to by."""
    resource = located.resource
    identity = plain_text(resource.get("id"))
    keys = [located.full_url] if located.full_url else []
    if identity is not None:
        keys.append(f"{kind}/{identity}")
    for system, value in identifiers_of(resource):
        keys.append(f"{kind}?{system}|{value}")
    return keys


def identifiers_of(resource: dict[str, Any]) -> list[tuple[str, str]]:
    """(system, value) of the identifiers in use."""
    found = []
    for one in dicts_in(resource.get("identifier")):
        value = plain_text(one.get("value"))
        if value is not None and one.get("use") != "old":
            found.append((plain_text(one.get("system")) or "", value))
    return found


def parse_subject(located: Located, settings: FhirSettings) -> SubjectKey:
    """Who a Patient is.

    Rule: the local number is the first of: an identifier of a local system, the resource id, any identifier that is no
    identity number (``system|value``), the entry's full URL.
    """
    patient = located.resource
    identifiers = identifiers_of(patient)
    id_no, id_type, issuer = None, None, None
    others = []
    for system, value in identifiers:
        kind = settings.id_type(system)
        if kind is None:
            others.append((system, value))
        elif id_no is None:
            id_no, id_type, issuer = value.upper(), kind, settings.issuer(system)
    birth = parse_moment(plain_text(patient.get("birthDate")) or "", settings.utc_offset_minutes)
    return SubjectKey(
        local_id=_local_id(patient, others, settings) or _url_id(located.full_url),
        id_no=id_no,
        id_type=id_type,
        name=_name(patient),
        sex=settings.rules.person.sex.get(plain_text(patient.get("gender")) or ""),
        birth_date=birth.day,
        phone=_phone(patient),
        address=_address(patient),
        nationality=issuer or _nationality(patient, settings),
    )


def _nationality(patient: dict[str, Any], settings: FhirSettings) -> str | None:
    """The country of the first extension that names one."""
    said = first_text(patient, settings.rules.person.nationality)
    return load_codelists()["country"].code_of(said) if said else None


def _local_id(patient: dict[str, Any], others: list[tuple[str, str]], settings: FhirSettings) -> str | None:
    for local in settings.all_local_systems():
        for system, value in others:
            if system == local:
                return value
    identity = plain_text(patient.get("id"))
    if identity is not None:
        return identity
    return next((f"{system}|{value}" if system else value for system, value in others), None)


def _url_id(url: str) -> str | None:
    return url.rpartition(":" if url.startswith(URN) else "/")[2] or None


def _joined(parts: list[str]) -> str | None:
    """Chinese without blanks between the parts, anything else with one."""
    text = " ".join(parts)
    return ("".join(parts) if _HAN.search(text) else text) or None


def _texts(node: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    found = []
    for name in names:
        value = node.get(name)
        for one in value if isinstance(value, list) else [value]:
            text = plain_text(one)
            if text is not None:
                found.append(text)
    return found


def _name(resource: dict[str, Any]) -> str | None:
    """The official name, else the first that is no old or maiden one; family before given in Chinese."""
    names = [one for one in dicts_in(resource.get("name")) if one.get("use") not in ("old", "maiden")]
    names.sort(key=lambda one: one.get("use") != "official")
    for one in names:
        text = plain_text(one.get("text"))
        if text is None:
            family_first = _joined(_texts(one, ("family", "given")))
            text = family_first if _HAN.search(family_first or "") else _joined(_texts(one, ("given", "family")))
        if text is not None:
            return text
    return None


def _phone(patient: dict[str, Any]) -> str | None:
    phones = [
        one for one in dicts_in(patient.get("telecom")) if one.get("system") == "phone" and one.get("use") != "old"
    ]
    phones.sort(key=lambda one: one.get("use") != "mobile")
    return next((text for one in phones if (text := plain_text(one.get("value"))) is not None), None)


def _address(patient: dict[str, Any]) -> str | None:
    for one in dicts_in(patient.get("address")):
        if one.get("use") == "old":
            continue
        text = plain_text(one.get("text")) or _joined(_texts(one, ("state", "city", "district", "line")))
        if text is not None:
            return text
    return None


def _organisation_code(organisation: dict[str, Any], settings: FhirSettings) -> str | None:
    systems = settings.all_organisation_systems()
    return next((value for system, value in identifiers_of(organisation) if system in systems), None)
