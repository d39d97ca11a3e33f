"""The ``forms`` block: what is recorded, with its codes, limits and checks."""

from __future__ import annotations

from typing import cast, get_args

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.fields import find_field, load_fields
from wangdi.language.document import Value
from wangdi.language.model import FieldType, Form, FormCheck, FormField
from wangdi.language.names import nearest_name
from wangdi.language.reading import Reading

_FORM = ("title", "occurred_on", "record_key", "source_of_record", "identifying", "fields", "checks")
_FIELD = ("label", "type", "required", "unit", "codes", "plausible", "possible", "identifying", "grain")


def read_forms(reading: Reading, block: Value, pack: str) -> dict[str, Form]:
    """Every form of the pack by its short name."""
    reading.pack = pack
    return {name: _read_form(reading, part, pack, name) for name, part in block.entries.items()}


def _read_form(reading: Reading, part: Value, pack: str, name: str) -> Form:
    reading.close(part, _FORM)
    block = reading.part(part, "fields")
    fields = {key: _read_field(reading, name, key, value) for key, value in block.entries.items()}
    occurred_on = reading.required(part, "occurred_on")
    if occurred_on and (occurred_on not in fields or fields[occurred_on].type not in ("date", "datetime")):
        reading.tell("PACK-014", part.line, name=occurred_on, nearest=nearest_name(occurred_on, fields))
    key_fields = reading.words(part, "record_key")
    for word in key_fields:
        if word != "registration" and word not in fields:
            reading.tell("PACK-014", part.line, name=word, nearest=nearest_name(word, fields))
    owner = reading.part(part, "source_of_record")
    reading.close(owner, ("default", "here"))
    return Form(
        pack=pack,
        name=name,
        title=reading.required(part, "title"),
        fields=fields,
        record_key=key_fields or ("registration", occurred_on),
        occurred_on=occurred_on,
        checks=tuple(_read_checks(reading, reading.part(part, "checks"))),
        owner_default=reading.choice(owner, "default", ("upstream", "here"), default="upstream"),  # type: ignore[arg-type]
        identifying=reading.flag(part, "identifying"),
        line=part.line,
    )


def _read_field(reading: Reading, form: str, name: str, part: Value) -> FormField:
    """A field as written; what is not written comes from the field dictionary's entry of the same name."""
    reading.close(part, _FIELD)
    entry = find_field(f"{reading.pack}.{form}", name)
    if entry is None and "type" not in part.entries:
        reading.tell("PACK-009", part.line, name=name, nearest=nearest_name(name, load_fields()))
    kind = reading.text(part, "type") or (entry.type if entry else "text")
    if kind not in get_args(FieldType):
        reading.tell("PACK-006", part.line, value=kind, expected=" | ".join(get_args(FieldType)))
        kind = "text"
    own = "type" in part.entries
    codes = reading.text(part, "codes") or ("" if own or entry is None else entry.codes)
    if codes and codes not in load_codelists():
        reading.tell("PACK-010", part.line, name=codes, nearest=nearest_name(codes, load_codelists()))
    if kind in ("code", "codes") and not codes:
        reading.tell("PACK-005", part.line, name="codes")
    grain = reading.choice(part, "grain", ("day", "month"), default="day")
    if grain == "month" and kind != "date":
        reading.tell("PACK-090", part.line, name=name)
    return FormField(
        name=name,
        label=reading.text(part, "label") or (entry.label if entry else name),
        type=cast(FieldType, kind),
        required=reading.flag(part, "required"),
        unit=reading.text(part, "unit") or ("" if own or entry is None else entry.unit),
        codes=codes,
        plausible=reading.numbers(part, "plausible") or (None if own or entry is None else entry.plausible),
        possible=reading.numbers(part, "possible") or (None if own or entry is None else entry.possible),
        identifying=reading.flag(part, "identifying") or (entry is not None and not own and entry.identifying),
        line=part.line,
        whole_month=grain == "month",
    )


def _read_checks(reading: Reading, block: Value) -> list[FormCheck]:
    checks: list[FormCheck] = []
    for part in block.items:
        reading.close(part, ("rule", "message", "refuse"))
        rule = reading.expression(part, "rule")
        message = reading.required(part, "message")
        if rule is not None:
            text = reading.text(part, "rule")
            checks.append(FormCheck(rule, text, message, reading.flag(part, "refuse"), part.line))
    return checks
