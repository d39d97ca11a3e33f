"""What is set by disease: percentiles, single-case diseases, outbreak criteria; how it is notifiable, and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.datafile import parse_data_text


@dataclass(frozen=True, slots=True)
class Criterion:
    """So many cases (or deaths) of a disease (by code) within so many days at one place are to be reported as an outbreak.

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
    """Everything that is set by disease, by code. ``percentiles``: shares; ``single_case``: one case is an alarm."""

    percentiles: dict[str, float]
    single_case: tuple[str, ...]
    criteria: tuple[Criterion, ...]


@cache
def read_disease_settings() -> DiseaseSettings:
    """The shipped settings, with sources and doubts in the file itself. Errors: a name of no disease raises KeyError."""
    content = read_disease_file("diseases.yaml")
    percentiles = {
        code_disease(name): float(group["percentile"])
        for group in content["moving_percentile"]
        for name in group["diseases"]
    }
    criteria = tuple(
        Criterion(
            code_disease(row["disease"]),
            row["counts"],
            int(row["value"]),
            int(row["days"]),
            tuple(row.get("places", ())),
            row.get("level", "outbreak"),
            row["source"],
        )
        for row in content["criteria"]
    )
    return DiseaseSettings(percentiles, tuple(map(code_disease, content["single_case"]["diseases"])), criteria)


def find_criteria(disease: str, counts: str = "cases", place: str | None = None) -> list[Criterion]:
    """The criteria of a disease (code, name or alias) for what is counted, at a kind of place where one is named."""
    wanted = find_disease(disease)
    code = None if wanted is None else wanted.code
    return [
        one
        for one in read_disease_settings().criteria
        if one.disease == code and one.counts == counts and (place is None or not one.places or place in one.places)
    ]


@dataclass(frozen=True, slots=True)
class DiseaseEdition:
    """How a disease is notifiable between two days, both included.

    ``legal_class``: 甲, 乙 or 丙; ``managed_as``: the class whose measures apply. Units: ``limit_hours`` from diagnosis to entry.
    Missing: ``valid_to`` is null while it holds.
    """

    legal_class: str
    managed_as: str
    limit_hours: int
    valid_from: date
    valid_to: date | None
    source: str
    doubt: str

    def holds(self, on: date) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Disease:
    """A disease or subtype cards are written for. ``parent``: the main disease's code, empty for a main disease.

    ``window_days``: two cards of one person with onsets no further apart are one case. A disease that is only monitored has no
    editions.
    """

    code: str
    name: str
    parent: str
    editions: tuple[DiseaseEdition, ...]
    window_days: int

    @property
    def main(self) -> str:
        """The code of the main disease: its own, where it is no subtype."""
        return self.parent or self.code

    def edition_on(self, on: date) -> DiseaseEdition | None:
        """How it is notifiable on a day; None where it is not."""
        return next((one for one in self.editions if one.holds(on)), None)


@cache
def read_diseases() -> dict[str, Disease]:
    """Every disease by code, in the order of the code list.

    Rule: a subtype without editions of its own on a day has its disease's; the same holds for windows.
    Errors: a code that is in no list raises KeyError.
    """
    content = read_disease_file("notifiable.yaml")
    codelist = load_codelists()["notifiable_disease"]
    parents = {code: parent for parent, codes in content["subtypes"].items() for code in codes}
    editions: dict[str, list[DiseaseEdition]] = {code: [] for code in codelist.codes}
    for row in content["editions"]:
        for code in row["diseases"]:
            editions[code].append(_read_edition(row))
    windows = _days_by_disease(content["duplicate_days"]["windows"])
    default = int(content["duplicate_days"]["default"])
    return {
        code: Disease(
            code=code,
            name=name,
            parent=parents.get(code, ""),
            editions=(*editions[code], *_inherited(editions[code], editions[parents[code]] if code in parents else [])),
            window_days=windows.get(code, windows.get(parents.get(code, ""), default)),
        )
        for code, name in codelist.codes.items()
    }


def find_disease(text: str) -> Disease | None:
    """The disease a code, name or alias means; None for anything else."""
    code = load_codelists()["notifiable_disease"].code_of(text)
    return None if code is None else read_diseases()[code]


def code_disease(name: str) -> str:
    """The code of a disease that a shipped file names. Errors: a name of no disease raises KeyError."""
    found = find_disease(name)
    if found is None:
        raise KeyError(name)
    return found.code


def are_one_illness(one: str, other: str) -> bool:
    """Whether two codes may stand for one case: the same disease, or one a subtype of the other.

    Rule: two subtypes are the same illness unless the disease's subtypes are different ones (hepatitis A and B).
    """
    first, second = (read_diseases()[code] for code in (one, other))
    if first.main != second.main:
        return False
    return one == other or first.main not in _distinct() or first.main in (one, other)


@cache
def _distinct() -> frozenset[str]:
    return frozenset(read_disease_file("notifiable.yaml")["distinct_subtypes"])


def read_disease_file(name: str) -> dict[str, Any]:
    """A data file of the pack of report cards."""
    content: dict[str, Any] = parse_data_text(
        files("wangdi.packs").joinpath("disease_report", name).read_text(encoding="utf-8")
    )
    return content


def _read_edition(row: dict[str, Any]) -> DiseaseEdition:
    return DiseaseEdition(
        legal_class=row["legal_class"],
        managed_as=row["managed_as"],
        limit_hours=int(row["limit_hours"]),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if "valid_to" in row else None,
        source=row["source"],
        doubt=row.get("doubt", ""),
    )


def _inherited(own: Sequence[DiseaseEdition], parent: Sequence[DiseaseEdition]) -> list[DiseaseEdition]:
    """The editions of the main disease that begin after the subtype's own have ended, or all where it has none."""
    return [one for one in parent if not any(mine.valid_to is None or one.valid_from <= mine.valid_to for mine in own)]


def _days_by_disease(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {code: int(row["days"]) for row in rows for code in row["diseases"]}
