"""What a form asks for, for whoever builds an export: its field list, the mapping that goes with it, and an example."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from wangdi.app.choices import find_form, find_pack
from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.collect.mapping import LEDGER_KEY, SUBJECT_ATTRIBUTES, SUBJECT_CODES
from wangdi.collect.plan import SUBJECT_LABELS, SUBJECT_TYPES
from wangdi.core.identifiers import id_check_character
from wangdi.language.explain import explain_json
from wangdi.language.library import Library
from wangdi.language.model import Form, FormField, Pack

FRAME = (("org", "organisation", "机构代码", "text"), ("entered_at", "entered_at", "录入时间", "datetime"),
         ("recorder", "recorder", "记录人", "text"))  # fmt: skip
"""What a row may say beside the form: its column, the mapping's key, its label, its type."""
EXAMPLE_DAY = date(2025, 1, 15)
EXAMPLE_PERSON = {"name": "样例", "local_id": "EX-1", "id_type": "01", "birth_date": "1960-01-01"}
_EXAMPLE_ID = "99010119600101001"


@dataclass(frozen=True, slots=True)
class Listed:
    """One column of a form's export. ``about``: the subject the row is about, the record itself, or the row's frame."""

    name: str
    label: str
    about: str
    type: str
    required: bool = False
    unit: str = ""
    codes: str = ""
    plausible: tuple[float, float] | None = None
    possible: tuple[float, float] | None = None


def list_columns(pack: Pack, form: Form) -> list[Listed]:
    """Every column an export of a form may have: whom it is about, then its fields, then who did it and when."""
    taken: set[str] = set()
    found: list[Listed] = []
    for listed in (*_subject(pack, form), *map(_field, form.fields.values()), *_frame(form)):
        if listed.name not in taken:
            taken.add(listed.name)
            found.append(listed)
    return found


def _subject(pack: Pack, form: Form) -> Iterator[Listed]:
    if pack.subject not in ("person", "episode"):
        if LEDGER_KEY not in form.fields:
            yield Listed(LEDGER_KEY, SUBJECT_LABELS[LEDGER_KEY], "subject", "text", required=True)
        return
    kinds = dict(REGISTRATION_TABLE.columns)
    for name in SUBJECT_ATTRIBUTES:
        own = form.fields.get(name)
        codes = SUBJECT_CODES.get(name, "")
        kind = "code" if codes else SUBJECT_TYPES[kinds[name]]
        required = own is not None and own.required
        yield Listed(name, own.label if own else SUBJECT_LABELS[name], "subject", kind, required, codes=codes)


def _field(field: FormField) -> Listed:
    return Listed(
        field.name,
        field.label,
        "record",
        field.type,
        field.required,
        field.unit,
        field.codes,
        field.plausible,
        field.possible,
    )


def _frame(form: Form) -> Iterator[Listed]:
    yield from (Listed(name, label, "row", kind) for name, _, label, kind in FRAME if name not in form.fields)


def describe_fields(library: Library, name: str, lang: str = "zh") -> dict[str, Any]:
    """A form's field list as JSON. Errors: CITY-001."""
    pack, form = _find(library, name)
    explained = next(one for one in explain_json(pack, lang)["forms"] if one["name"] == form.name)
    said = {field["name"]: field for field in explained["fields"]}
    rows = []
    for one in list_columns(pack, form):
        codes = load_codelists()[one.codes] if one.codes else None
        rows.append(
            {
                "name": one.name,
                "label": one.label,
                "means": said[one.name]["label"] if one.name in said else one.label,
                "about": one.about,
                "type": one.type,
                "unit": one.unit,
                "code_list": one.codes,
                "codes": [{"code": code, "label": codes.label(code, lang)} for code in codes.codes] if codes else [],
                "required": one.required or one.name == form.occurred_on or one.name in form.record_key,
                "plausible": None if one.plausible is None else list(one.plausible),
                "possible": None if one.possible is None else list(one.possible),
            }
        )
    named = {"form": form.full_name, "title": form.title, "occurred_on": form.occurred_on}
    return named | {"record_key": list(form.record_key), "fields": rows, "checks": explained["checks"]}


def _find(library: Library, name: str) -> tuple[Pack, Form]:
    form = find_form(library, name)
    return find_pack(library, form.pack), form


def standard_mapping(library: Library, name: str, *, labels: bool = False) -> str:
    """The mapping for an export whose columns are the field list's names, or its labels. Errors: CITY-001."""
    pack, form = _find(library, name)
    columns = list_columns(pack, form)
    needed = [
        one.name
        for one in columns
        if one.name == form.occurred_on or (one.about == "record" and (one.required or one.name in form.record_key))
    ]
    called = {one.name: one.label if labels else one.name for one in columns}
    subject = [f"  {one.name}: {_text(called[one.name])}" for one in columns if one.about == "subject"]
    if not subject:
        subject = [f"  {LEDGER_KEY}: {_text(called[LEDGER_KEY])}"]
    keys = {column: key for column, key, _, _ in FRAME}
    frame = [f"{keys[one.name]}: {_text(called[one.name])}" for one in columns if one.about == "row"]
    fields = [f"  {one.name}: {_text(called[one.name])}" for one in columns if one.about == "record"]
    head = [f"mapping: {_text(form.full_name + ('-labels' if labels else ''))}", f"form: {form.full_name}"]
    head.append(f"recognise: [{', '.join(_text(called[one]) for one in needed)}]")
    return "\n".join([*head, "subject:", *subject, *frame, "fields:", *fields, ""])


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def write_example(library: Library, name: str) -> str:
    """A CSV of one invented row that is accepted as it stands. Errors: CITY-001."""
    pack, form = _find(library, name)
    columns = list_columns(pack, form)
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow([one.name for one in columns])
    lines.writerow([_example(form, one) for one in columns])
    return text.getvalue()


def _example(form: Form, one: Listed) -> str:
    if one.name == "id_no":
        return _EXAMPLE_ID + id_check_character(_EXAMPLE_ID)
    if one.about == "subject" and one.name in EXAMPLE_PERSON:
        return EXAMPLE_PERSON[one.name]
    if one.name == form.occurred_on:
        return EXAMPLE_DAY.isoformat()
    if one.about == "row":
        return ""
    if one.type in ("code", "codes"):
        return next(iter(load_codelists()[one.codes].codes))
    if one.type == "boolean":
        return "0"
    if one.type in ("integer", "decimal"):
        low, high = one.plausible or one.possible or (0, 2)
        middle = (low + high) / 2
        return str(round(middle)) if one.type == "integer" else f"{middle:.1f}"
    if one.required or one.name in form.record_key or one.about == "subject":
        return {"date": EXAMPLE_DAY.isoformat(), "datetime": f"{EXAMPLE_DAY} 09:00:00"}.get(one.type, one.label)
    return ""
