"""The field dictionary: what each field of a form is called, measured in, and may be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from wangdi.catalog.datafile import list_data, read_data
from wangdi.catalog.tables import DUCKDB_TYPES

Limits = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """One field. Possible limits refuse a row, plausible limits warn; both include their ends.

    Units: UCUM. The limits are Wangdi's own engineering limits, chosen to catch slips of the pen; no norm gives them.
    """

    name: str
    label: str
    type: str
    """integer | decimal | boolean | text | code | codes | date | datetime."""
    unit: str = ""
    codes: str = ""
    """Id of a code list."""
    plausible: Limits | None = None
    possible: Limits | None = None
    identifying: bool = False
    """Says who somebody is: kept apart from facts."""
    description: str = ""
    label_en: str = ""


@cache
def load_fields() -> dict[str, FieldEntry]:
    """Every entry by key: a field name, or ``<pack>.<form>.<field>`` where one form means something else by the name.

    Errors: an unknown type, limits that are not two numbers, or a key that stands in two files raise ValueError.
    """
    entries: dict[str, FieldEntry] = {}
    for name in ("fields.yaml", *list_data("fields")):
        for key, written in read_data(name).items():
            if key in entries:
                raise ValueError(f"field {key} in {name} stands twice")
            entries[key] = _entry(key, written)
    return entries


def find_field(form: str, name: str) -> FieldEntry | None:
    """The entry of a field of a form (``<pack>.<form>``): the form's own if there is one, else the name's."""
    fields = load_fields()
    return fields.get(f"{form}.{name}") or fields.get(name)


def _entry(key: str, written: dict[str, str | list[str]]) -> FieldEntry:
    texts = {name: value for name, value in written.items() if isinstance(value, str)}
    limits = {name: _limits(key, value) for name, value in written.items() if isinstance(value, list)}
    if texts["type"] not in DUCKDB_TYPES or set(limits) - {"plausible", "possible"}:
        raise ValueError(f"field {key}: not a type, or limits of another name")
    identifying = texts.pop("identifying", "false") == "true"
    return FieldEntry(
        name=key.rpartition(".")[2],
        label=texts.pop("label"),
        type=texts.pop("type"),
        plausible=limits.get("plausible"),
        possible=limits.get("possible"),
        identifying=identifying,
        **texts,
    )


def _limits(key: str, written: list[str]) -> Limits:
    low, high = (float(text) for text in written)
    if low > high:
        raise ValueError(f"field {key}: limits {written} are the wrong way round")
    return low, high
