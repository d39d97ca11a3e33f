"""A form's fields in the words of the form: labels for names, words beside codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.tables import CODES_SEPARATOR
from wangdi.language.library import Library


def label_fields(library: Library, form_name: str, fields: Mapping[str, Any], lang: str = "zh") -> dict[str, Any]:
    """Field label → value, a code with its word. Missing: what no form at hand describes stays as it is."""
    form = library.forms.get(form_name)
    lists = load_codelists()
    shown: dict[str, Any] = {}
    for name, value in fields.items():
        field = form.fields.get(name) if form is not None else None
        label = name if field is None or lang != "zh" else field.label
        codes = lists.get(field.codes) if field is not None and field.codes else None
        if codes is not None and value is not None:
            words = [f"{code} {codes.label(code, lang)}" for code in str(value).split(CODES_SEPARATOR)]
            value = "、".join(words) if lang == "zh" else ", ".join(words)
        shown[label] = value
    return shown
