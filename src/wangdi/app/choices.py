"""What a city decides for itself: its own values of a pack's numbers, and which system keeps each form's record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.language.model import Form, Pack, Parameter
from wangdi.language.names import nearest_name
from wangdi.store.city import City
from wangdi.store.records import FormOwner, ParameterOverride

HERE = "wangdi"
"""The owner of a form whose record is kept in this system."""
YES, NO = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True, slots=True)
class ParameterChoice:
    """A city's own value of a parameter, with who decided it and why. A null value goes back to the pack's own."""

    pack: str
    name: str
    value: str | None
    who: str
    why: str


def find_pack(library: Library, name: str) -> Pack:
    """A pack in its newest edition. Errors: CITY-002, with the nearest."""
    packs = library.newest
    if name not in packs:
        near = nearest_name(name, packs) or "、".join(packs)
        raise Refusal(Problem(code="CITY-002", args={"name": name, "nearest": near}))
    return packs[name]


def find_form(library: Library, name: str) -> Form:
    """A form by its full name. Errors: CITY-001, with the nearest."""
    forms = library.forms
    if name not in forms:
        near = nearest_name(name, forms) or "、".join(forms)
        raise Refusal(Problem(code="CITY-001", args={"name": name, "nearest": near}))
    return forms[name]


def find_parameter(pack: Pack, name: str) -> Parameter:
    """A parameter of a pack. Errors: CITY-003, with the nearest."""
    if name not in pack.parameters:
        near = nearest_name(name, pack.parameters) or "、".join(pack.parameters) or "…"
        raise Refusal(Problem(code="CITY-003", args={"pack": pack.id, "name": name, "nearest": near}))
    return pack.parameters[name]


def choose_parameter(city: City, library: Library, choice: ParameterChoice, at: datetime) -> int:
    """Accept a city's own value; every figure asked from now on uses it. Answers its number.

    Errors: CITY-002, CITY-003 no such pack or parameter, CITY-004 not the parameter's kind of value.
    """
    parameter = find_parameter(find_pack(library, choice.pack), choice.name)
    value = None if choice.value is None else _write_value(parameter, choice.value)
    row = ParameterOverride(choice.pack, choice.name, value, choice.who, choice.why)
    with city.writer(choice.who) as writer:
        return writer.put_parameter_override(row, at)


def _write_value(parameter: Parameter, text: str) -> str:
    plain = text.strip()
    kind = type(parameter.value)
    try:
        if isinstance(parameter.value, date):
            return date.fromisoformat(plain).isoformat()
        if kind is bool:
            return {**dict.fromkeys(YES, "true"), **dict.fromkeys(NO, "false")}[plain.lower()]
        return str(kind(plain))  # type: ignore[call-arg, arg-type]
    except (KeyError, ValueError) as error:
        args = {"name": parameter.name, "text": text, "example": str(parameter.value)}
        raise Refusal(Problem(code="CITY-004", args=args)) from error


def list_parameters(city: City, library: Library, known: int | None = None) -> list[dict[str, Any]]:
    """Every parameter of every pack: the norm's value with its source, and the city's own with who and why."""
    own = {(row.pack, row.name): row for row in city.parameter_overrides(known)}
    rows = []
    for pack in library.newest.values():
        for parameter in pack.parameters.values():
            chosen = own.get((pack.id, parameter.name))
            rows.append(
                {
                    "pack": pack.id,
                    "parameter": parameter.name,
                    "value": parameter.value if chosen is None else chosen.value,
                    "norm": parameter.value,
                    "unit": parameter.unit,
                    "source": parameter.source,
                    "doubt": parameter.doubt,
                    "own": chosen is not None,
                    "who": None if chosen is None else chosen.who,
                    "reason": None if chosen is None else chosen.why,
                }
            )
    return rows


def choose_owner(city: City, library: Library, owner: FormOwner, who: str, at: datetime) -> int:
    """Accept which system keeps a form's record: ``wangdi``, or an upstream one by its name. Errors: CITY-001."""
    find_form(library, owner.form)
    with city.writer(who) as writer:
        return writer.put_form_owner(owner, at)


def list_owners(city: City, library: Library, known: int | None = None) -> list[dict[str, Any]]:
    """Every form with the system that keeps its record, and whether the city decided so or the pack supposes it."""
    decided = {row.form: row.owner for row in city.form_owners(known)}
    return [
        {
            "form": form.full_name,
            "title": form.title,
            "owner": decided.get(form.full_name, HERE if form.owner_default == "here" else "upstream"),
            "own": form.full_name in decided,
        }
        for form in library.forms.values()
    ]
