"""Units as institutions write them, and how a value comes into the unit of the form. Factors are data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from wangdi.catalog.datafile import read_data


@dataclass(frozen=True, slots=True)
class Conversion:
    """``value * multiply / divide + add`` takes a value from one unit to another.

    ``fields``: where the factor is the substance's own (mg/dL), the fields it holds for; empty means any field.
    """

    source_unit: str
    target_unit: str
    fields: frozenset[str]
    multiply: float
    divide: float
    add: float
    source: str

    def apply(self, value: float) -> float:
        """The value in the target unit."""
        return value * self.multiply / self.divide + self.add

    def revert(self, value: float) -> float:
        """The value back in the source unit."""
        return (value - self.add) * self.divide / self.multiply


@cache
def load_conversions() -> tuple[Conversion, ...]:
    """The table of conversions, in its order."""
    return tuple(
        Conversion(
            source_unit=row["from"],
            target_unit=row["to"],
            fields=frozenset(row.get("fields", ())),
            multiply=float(row.get("multiply", "1")),
            divide=float(row.get("divide", "1")),
            add=float(row.get("add", "0")),
            source=row["source"],
        )
        for row in read_data("units.yaml")["conversions"]
    )


@cache
def load_unit_aliases() -> dict[str, str]:
    """How people write a unit (lower case, no blanks) -> its UCUM code."""
    units: dict[str, list[str]] = read_data("units.yaml")["units"]
    return {_folded(written): unit for unit, others in units.items() for written in (unit, *others)}


def ucum_unit(text: str) -> str:
    """The UCUM code of a unit as written (mmHg, 公斤, ℃ ...); the text itself where it is not known."""
    return load_unit_aliases().get(_folded(text), text.strip())


def find_conversion(field: str, source_unit: str, target_unit: str) -> Conversion | None:
    """How a value of this field comes from one unit into another; None where no conversion is known.

    Rule: a conversion of the field's own goes before one for any field; a table row serves both directions.
    """
    source, target = ucum_unit(source_unit), ucum_unit(target_unit)
    if source == target:
        return Conversion(source, target, frozenset(), 1.0, 1.0, 0.0, "")
    rows = sorted(load_conversions(), key=lambda row: not row.fields)
    for row in rows:
        if row.fields and field not in row.fields:
            continue
        if (row.source_unit, row.target_unit) == (source, target):
            return row
        if (row.target_unit, row.source_unit) == (source, target):
            add = -row.add * row.divide / row.multiply
            return Conversion(source, target, row.fields, row.divide, row.multiply, add, row.source)
    return None


def _folded(text: str) -> str:
    return "".join(text.split()).lower()
