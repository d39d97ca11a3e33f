"""How long contacts are followed and how long the incubation is, by disease: read from the pack's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from wangdi.outbreaks.diseases import code_disease, find_disease, read_disease_file

OTHERS = "*"
"""The row for diseases that are not listed."""


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What is set for one disease. ``days``: contacts are followed so long. Missing: no incubation where none is set."""

    disease: str
    days: int
    source: str
    doubt: str = ""
    shortest: timedelta | None = None
    usual: timedelta | None = None
    longest: timedelta | None = None


@cache
def read_monitoring() -> dict[str, Monitoring]:
    """By code of the disease; :data:`OTHERS` for those that are not listed.

    Errors: a disease that is in no code list raises KeyError.
    """
    found: dict[str, Monitoring] = {}
    content = read_disease_file("diseases.yaml")
    sources = content["monitoring_sources"]
    for row in content["monitoring"]:
        hours = tuple(timedelta(hours=float(one)) for one in row.get("incubation_hours", ()))
        name = row["disease"]
        one = Monitoring(name, int(row["days"]), sources[row["source"]], row.get("doubt", ""), *hours)
        found[OTHERS if name == OTHERS else code_disease(name)] = one
    return found


def name_disease(disease: str) -> str:
    """The name of a disease given by name or code; the text itself where it is in no code list."""
    found = find_disease(disease)
    return found.name if found else disease


def find_monitoring(disease: str) -> Monitoring:
    """What holds for a disease, by code, name or alias. Rule: a subtype that is not listed has its disease's."""
    rows, found = read_monitoring(), find_disease(disease)
    codes = (found.code, found.main) if found else ()
    return next((rows[code] for code in codes if code in rows), rows[OTHERS])
