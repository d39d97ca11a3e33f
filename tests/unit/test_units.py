from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.catalog.fields import load_fields
from wangdi.catalog.units import find_conversion, load_conversions, ucum_unit


@pytest.mark.parametrize(
    ("field", "value", "source", "target", "expected"),
    [
        ("fpg", 126.0, "mg/dL", "mmol/L", 7.0),
        ("random_glucose", 180.0, "mg/dl", "mmol/L", 10.0),
        ("tc", 200.0, "mg/dL", "mmol/L", 5.172),
        ("ldl", 100.0, "mg/dL", "mmol/L", 2.586),
        ("tg", 150.0, "mg/dL", "mmol/L", 1.6936),
        ("sbp", 16.0, "kPa", "mmHg", 120.01),
        ("weight", 130.0, "斤", "kg", 65.0),
        ("waist", 2.7, "尺", "cm", 90.0),
        ("height", 1.65, "米", "厘米", 165.0),
        ("temperature", 98.6, "℉", "℃", 37.0),
        ("temperature", 37.0, "℃", "℉", 98.6),
        ("hba1c", 53.0, "mmol/mol", "%", 7.0),
        ("fpg", 7.0, "mmol/L", "mg/dL", 126.0),
        ("sbp", 140.0, "毫米汞柱", "mm[Hg]", 140.0),
    ],
)
def test_values_come_into_the_unit_of_the_form(
    field: str, value: float, source: str, target: str, expected: float
) -> None:
    found = find_conversion(field, source, target)
    assert found is not None
    assert found.apply(value) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(("field", "source"), [("hba1c", "mg/dL"), ("sbp", "mg/dL"), ("fpg", "斤"), ("fpg", "盒")])
def test_no_conversion_is_invented(field: str, source: str) -> None:
    assert find_conversion(field, source, "mmol/L") is None


def test_the_table_names_fields_of_the_dictionary_and_its_sources() -> None:
    for row in load_conversions():
        assert row.fields <= set(load_fields())
        assert row.source
        assert (ucum_unit(row.source_unit), ucum_unit(row.target_unit)) == (row.source_unit, row.target_unit)


def test_a_unit_not_known_stays_as_written() -> None:
    assert ucum_unit(" 盒 ") == "盒"
    assert ucum_unit("MMOL / l") == "mmol/L"


@given(row=st.sampled_from(load_conversions()), value=st.floats(-1000, 1000))
def test_a_conversion_can_be_undone(row: object, value: float) -> None:
    found = next(conversion for conversion in load_conversions() if conversion is row)
    assert found.revert(found.apply(value)) == pytest.approx(value, abs=1e-6)
    field = next(iter(sorted(found.fields)), "weight")
    back = find_conversion(field, found.target_unit, found.source_unit)
    assert back is not None
    assert back.apply(found.apply(value)) == pytest.approx(value, abs=1e-6)
