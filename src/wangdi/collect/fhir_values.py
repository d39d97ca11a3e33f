"""Single values out of a FHIR resource: elements by path, moments, quantities. Anything may be missing or misshapen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Literal

from wangdi.catalog.units import Conversion, find_conversion
from wangdi.collect.fhir_rules import Code, ElementPath, FhirRules, ObservationRule

_MOMENT = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?"
)
_ANNOTATION = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Moment:
    """A FHIR date or dateTime. ``day`` is None where the text is only a year or month (``partial``) or no date."""

    text: str
    day: date | None
    at: datetime | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class ValueDoubt:
    """Why a quantity cannot be taken: a message code and what fills its places."""

    code: str
    args: dict[str, str]


def first_at(node: Any, path: ElementPath, start: int = 0) -> Any:
    """The first value a path leads to, or None. A list is searched in order unless the path numbers its element."""
    for place in range(start, len(path)):
        step = path[place]
        if isinstance(step, str) and step.startswith("{"):
            node = [one for one in _listed(node) if isinstance(one, dict) and one.get("url") == step[1:-1]]
        elif isinstance(step, int):
            if not isinstance(node, list):
                continue
            node = node[step] if step < len(node) else None
        elif isinstance(node, list):
            for one in node:
                found = first_at(one, path, place)
                if found is not None:
                    return found
            return None
        else:
            node = node.get(step) if isinstance(node, dict) else None
        if node is None:
            return None
    return node


def first_text(node: Any, paths: tuple[ElementPath, ...]) -> str | None:
    """The first text any of the paths leads to; numbers and booleans as FHIR writes them."""
    for path in paths:
        found = plain_text(first_at(node, path))
        if found is not None:
            return found
    return None


def plain_text(value: Any) -> str | None:
    """A primitive as text without outer blanks; None for anything else and for an empty text."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def dicts_in(node: Any) -> list[dict[str, Any]]:
    """The objects of a list (or the one object), leaving out what is none."""
    return [one for one in _listed(node) if isinstance(one, dict)]


def _listed(node: Any) -> list[Any]:
    return node if isinstance(node, list) else [node]


def codings(concept: Any) -> list[Code]:
    """The (system, code) pairs of a CodeableConcept that have a code."""
    found = []
    for concept_part in dicts_in(concept):
        for coding in dicts_in(concept_part.get("coding")):
            code = plain_text(coding.get("code"))
            if code is not None:
                found.append((plain_text(coding.get("system")) or "", code))
    return found


def parse_moment(text: str, utc_offset_minutes: int) -> Moment:
    """A FHIR date, dateTime or instant as local time.

    Rule: a moment in ``Z`` is moved to the city's zone; with any other offset (``+08:00``) the day and hour stand as
    written, because they are those of the clock on the sender's wall.
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return Moment(text, None)
    year, month, day, hour, minute, second, zone = found.groups()
    try:
        if day is None:
            date(int(year), int(month or 1), 1)
            return Moment(text, None, partial=True)
        if hour is None:
            return Moment(text, date(int(year), int(month), int(day)))
        at = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
        if zone == "Z":
            at += timedelta(minutes=utc_offset_minutes)
    except (ValueError, OverflowError):
        return Moment(text, None)
    return Moment(text, at.date(), at)


def match_code(pairs: list[Code], rules: FhirRules) -> ObservationRule | Literal["several"] | None:
    """The field these codes mean; ``several`` where they mean different ones."""
    found = {rule for pair in pairs if (rule := rules.observations.get(pair)) is not None}
    if len(found) > 1:
        return "several"
    return next(iter(found), None)


def find_disease(pairs: list[Code], rules: FhirRules) -> str:
    """The disease of the ``programme_disease`` list; the list's rest where no code is one of a programme."""
    for rule in rules.diseases:
        for system, code in pairs:
            if system in rule.systems and (code in rule.codes or (rule.prefixes and code.startswith(rule.prefixes))):
                return rule.disease
    return rules.other_disease


def read_value(holder: dict[str, Any], rule: ObservationRule, rules: FhirRules) -> float | ValueDoubt:
    """The number an Observation or a component carries, in the form's unit.

    Errors: no value, a comparator, no unit or one that cannot be converted answer a :class:`ValueDoubt`.
    """
    quantity = holder.get("valueQuantity")
    number = quantity.get("value") if isinstance(quantity, dict) else None
    if not isinstance(quantity, dict) or isinstance(number, bool) or not isinstance(number, int | float):
        return ValueDoubt("FHIR-050", {"reason": _absence(holder)})
    comparator = plain_text(quantity.get("comparator"))
    if comparator is not None:
        return ValueDoubt("FHIR-052", {"comparator": comparator})
    unit = plain_text(quantity.get("code")) or plain_text(quantity.get("unit"))
    if unit is None:
        return ValueDoubt("FHIR-053", {})
    value = float(number)
    if unit == rule.unit:
        return value
    known = rules.unit_aliases.get(unit) or _ANNOTATION.sub("", unit) or unit
    conversion = _conversion(rule.field, known, rule.unit)
    if conversion is None:
        return ValueDoubt("FHIR-051", {"unit": unit, "target": rule.unit})
    return conversion.apply(value)


@cache
def _conversion(field: str, unit: str, target: str) -> Conversion | None:
    return find_conversion(field, unit, target)


def _absence(holder: dict[str, Any]) -> str:
    """Why there is no number: the sender's own reason, or what stands in its place."""
    reasons = codings(holder.get("dataAbsentReason"))
    if reasons:
        return reasons[0][1]
    return next((name for name in holder if name.startswith("value")), "dataAbsentReason")
