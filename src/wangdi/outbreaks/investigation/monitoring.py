"""How long contacts are followed and how long the incubation is, by disease: read from the pack's data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files

from wangdi.catalog.datafile import parse_data_text

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
    """By name and code of the disease; :data:`OTHERS` for the rest."""
    text = files("wangdi.packs").joinpath("disease_report", "diseases.yaml").read_text(encoding="utf-8")
    found: dict[str, Monitoring] = {}
    content = parse_data_text(text)
    sources = content["monitoring_sources"]
    for row in content["monitoring"]:
        hours = tuple(timedelta(hours=float(one)) for one in row.get("incubation_hours", ()))
        one = Monitoring(row["disease"], int(row["days"]), sources[row["source"]], row.get("doubt", ""), *hours)
        found |= dict.fromkeys((row["disease"], *row.get("codes", ())), one)
    return found


def name_disease(disease: str) -> str:
    """The name of a disease given by name or code; the text itself where it is not listed."""
    found = read_monitoring().get(disease)
    return disease if found is None or found.disease == OTHERS else found.disease


def find_monitoring(disease: str) -> Monitoring:
    """What holds for a disease, by name or code."""
    rows = read_monitoring()
    return rows.get(disease) or rows[OTHERS]
