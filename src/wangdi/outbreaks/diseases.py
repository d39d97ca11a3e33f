"""What is set by disease: percentiles of the moving percentile, single-case diseases, outbreak criteria by kind of place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from wangdi.catalog.datafile import parse_data_text


@dataclass(frozen=True, slots=True)
class Criterion:
    """So many cases (or deaths) of a disease within so many days at one place are to be reported as an outbreak.

    ``counts``: cases, deaths, hospitalised. ``places``: the kinds of place it holds for; empty: any.
    """

    disease: str
    counts: str
    value: int
    days: int
    places: tuple[str, ...]
    level: str
    source: str


@dataclass(frozen=True, slots=True)
class DiseaseSettings:
    """Everything that is set by disease. ``percentiles``: share by disease; ``single_case``: one case is an alarm."""

    percentiles: dict[str, float]
    single_case: tuple[str, ...]
    criteria: tuple[Criterion, ...]


@cache
def read_disease_settings() -> DiseaseSettings:
    """The shipped settings, with sources and doubts in the file itself."""
    text = files("wangdi.packs").joinpath("disease_report", "diseases.yaml").read_text(encoding="utf-8")
    content = parse_data_text(text)
    percentiles = {
        disease: float(group["percentile"]) for group in content["moving_percentile"] for disease in group["diseases"]
    }
    criteria = tuple(
        Criterion(
            row["disease"],
            row["counts"],
            int(row["value"]),
            int(row["days"]),
            tuple(row.get("places", ())),
            row.get("level", "outbreak"),
            row["source"],
        )
        for row in content["criteria"]
    )
    return DiseaseSettings(percentiles, tuple(content["single_case"]["diseases"]), criteria)


def find_criteria(disease: str, counts: str = "cases", place: str | None = None) -> list[Criterion]:
    """The criteria of a disease for what is counted, at a kind of place where one is named."""
    return [
        one
        for one in read_disease_settings().criteria
        if one.disease == disease and one.counts == counts and (place is None or not one.places or place in one.places)
    ]
