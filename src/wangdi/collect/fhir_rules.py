"""What is taken from FHIR and where it goes: the table ``data/fhir-r4.yaml`` as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.datafile import parse_data_text

ElementPath = tuple[str | int, ...]
"""Steps into a resource: a member's name, an element's number, or ``{url}`` for the extension of that name."""
Code = tuple[str, str]
"""A coding's system and code."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Where one field of a form comes from. ``kind``: text, date, integer or flag (whether it is one of ``true``)."""

    name: str
    paths: tuple[ElementPath, ...]
    kind: str = "text"
    true: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CodedRule:
    """How a CodeableConcept is spread over a form's fields. Missing: an empty field name is not filled."""

    path: ElementPath
    system_field: str
    code_field: str
    text_field: str
    disease_field: str = ""


@dataclass(frozen=True, slots=True)
class ResourceRule:
    """How one resource type becomes rows. An Observation's form and day field depend on its code."""

    form: str
    subject: str
    status: ElementPath
    taken: frozenset[str]
    not_done: frozenset[str]
    day_field: str
    days: tuple[ElementPath, ...]
    entered: tuple[ElementPath, ...]
    organisation: str
    recorder: tuple[ElementPath, ...]
    identifier_field: str
    fields: tuple[FieldRule, ...]
    coded: CodedRule | None


@dataclass(frozen=True, slots=True)
class ObservationRule:
    """The field a code goes to, and the unit the form wants (UCUM)."""

    form: str
    field: str
    unit: str


@dataclass(frozen=True, slots=True)
class DiseaseRule:
    """Which codes of these systems are one disease of the ``programme_disease`` list."""

    disease: str
    systems: frozenset[str]
    codes: frozenset[str]
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonRule:
    """How a Patient becomes a registration, a resident and, after death, a departure."""

    form: str
    id_systems: Mapping[str, str]
    local_systems: tuple[str, ...]
    organisation_systems: tuple[str, ...]
    sex: Mapping[str, str]
    passports: tuple[str, str]
    """Beginning of the identifier systems of passports, which end with their country; and their 证件类别."""
    nationality: tuple[ElementPath, ...]
    departure_form: str
    departure_day: str
    departure_reason: str
    died: str


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """How the groups of a MeasureReport become counts. ``populations``: field -> codes of the population that fills it."""

    stream_systems: frozenset[str]
    disease_systems: frozenset[str]
    division_systems: frozenset[str]
    populations: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FhirRules:
    """The whole table."""

    edition: str
    refused_bundles: frozenset[str]
    references_only: frozenset[str]
    person: PersonRule
    resources: Mapping[str, ResourceRule]
    observation_forms: Mapping[str, tuple[str, str]]
    """Form -> its day field and its identifier field."""
    observations: Mapping[Code, ObservationRule]
    unit_aliases: Mapping[str, str]
    diseases: tuple[DiseaseRule, ...]
    other_disease: str
    measures: MeasureRule


@cache
def load_fhir_rules() -> FhirRules:
    """The table that comes with Wangdi."""
    return parse_fhir_rules(files("wangdi.collect").joinpath("data", "fhir-r4.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class FhirSettings:
    """What a city or an institution adds to the table.

    ``id_systems``: identifier systems of identity numbers with their 证件类别 code. ``local_systems``: systems of the
    number the institution files a person under. ``server_bases``: addresses whose absolute references mean the sender's
    own resources.
    Units: ``utc_offset_minutes`` moves moments written with ``Z`` to local time (China: 480).
    """

    rules: FhirRules = field(default_factory=load_fhir_rules)
    id_systems: Mapping[str, str] = field(default_factory=dict)
    local_systems: tuple[str, ...] = ()
    organisation_systems: tuple[str, ...] = ()
    server_bases: tuple[str, ...] = ()
    utc_offset_minutes: int = 480

    def id_type(self, system: str) -> str | None:
        """The kind of identity document a system numbers, if it does."""
        prefix, passport = self.rules.person.passports
        known = self.id_systems.get(system) or self.rules.person.id_systems.get(system)
        return known or (passport if system.startswith(prefix) else None)

    def issuer(self, system: str) -> str | None:
        """The country whose passports a system numbers; nothing for other systems, and for a country nobody knows."""
        prefix, _ = self.rules.person.passports
        return load_codelists()["country"].code_of(system.removeprefix(prefix)) if system.startswith(prefix) else None

    def all_local_systems(self) -> tuple[str, ...]:
        """The systems of local numbers, the institution's own first."""
        return self.local_systems + self.rules.person.local_systems

    def all_organisation_systems(self) -> tuple[str, ...]:
        """The systems of organisation codes."""
        return self.organisation_systems + self.rules.person.organisation_systems


def parse_fhir_rules(text: str) -> FhirRules:
    """The table from its YAML.

    Errors: a missing key or a code that stands twice raises: the table is part of the program.
    """
    data = parse_data_text(text)
    return FhirRules(
        edition=data["edition"],
        refused_bundles=frozenset(data["bundles"]["refused"]),
        references_only=frozenset(data["references_only"]),
        person=_person(data["person"]),
        resources={kind: _resource(rule) for kind, rule in data["resources"].items()},
        observation_forms={
            form: (rule["day_field"], rule["identifier_field"]) for form, rule in data["observation_forms"].items()
        },
        observations=_observations(data["observations"]),
        unit_aliases=data["unit_aliases"],
        diseases=tuple(_disease(rule) for rule in data["diseases"]["table"]),
        other_disease=data["diseases"]["otherwise"],
        measures=_measures(data["measures"]),
    )


def parse_path(text: str) -> ElementPath:
    """The steps of a path such as ``type.0.coding.0.code`` or ``extension{url}.valueDateTime``."""
    steps = re.findall(r"\{[^}]*\}|[^.{}]+", text)
    return tuple(int(step) if step.isdigit() else step for step in steps)


def _paths(written: str | list[str]) -> tuple[ElementPath, ...]:
    texts = [written] if isinstance(written, str) else written
    return tuple(parse_path(text) for text in texts if text)


def _person(data: dict[str, Any]) -> PersonRule:
    departure = data["departure"]
    return PersonRule(
        form=data["form"],
        id_systems=data["id_systems"],
        local_systems=tuple(data["local_systems"]),
        organisation_systems=tuple(data["organisation_systems"]),
        sex=data["sex"],
        passports=(data["passports"]["prefix"], data["passports"]["id_type"]),
        nationality=_paths(data["nationality"]),
        departure_form=departure["form"],
        departure_day=departure["day_field"],
        departure_reason=departure["reason_field"],
        died=departure["died"],
    )


def _resource(data: dict[str, Any]) -> ResourceRule:
    coded = data.get("coded")
    return ResourceRule(
        form=data.get("form", ""),
        subject=data["subject"],
        status=parse_path(data["status"]),
        taken=frozenset(data["taken"]),
        not_done=frozenset(data.get("not_done", ())),
        day_field=data.get("day_field", ""),
        days=_paths(data["days"]),
        entered=_paths(data["entered"]),
        organisation=data["organisation"],
        recorder=_paths(data["recorder"]),
        identifier_field=data.get("identifier_field", ""),
        fields=tuple(_field(name, rule) for name, rule in data.get("fields", {}).items()),
        coded=None if coded is None else CodedRule(parse_path(coded.pop("path")), **coded),
    )


def _field(name: str, data: dict[str, Any]) -> FieldRule:
    return FieldRule(name, _paths(data["path"]), data.get("kind", "text"), frozenset(data.get("true", ())))


def _measures(data: dict[str, Any]) -> MeasureRule:
    return MeasureRule(
        frozenset(data["stream_systems"]),
        frozenset(data["disease_systems"]),
        frozenset(data["division_systems"]),
        {name: tuple(codes) for name, codes in data["populations"].items()},
    )


def _observations(rows: list[dict[str, Any]]) -> dict[Code, ObservationRule]:
    table: dict[Code, ObservationRule] = {}
    for row in rows:
        for code in row["codes"]:
            if (row["system"], code) in table:
                raise ValueError(f"observation code {code} stands twice")
            table[row["system"], code] = ObservationRule(row["form"], row["field"], row["unit"])
    return table


def _disease(data: dict[str, Any]) -> DiseaseRule:
    return DiseaseRule(
        data["disease"], frozenset(data["systems"]), frozenset(data.get("codes", ())), tuple(data.get("prefixes", ()))
    )
