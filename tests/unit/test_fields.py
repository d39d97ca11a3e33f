from __future__ import annotations

import pytest

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.fields import find_field, load_fields
from wangdi.catalog.tables import FACT_COLUMNS, REGISTRATION_TABLE, RETIREMENT_TABLE, FormTable, form_table
from wangdi.catalog.units import ucum_unit

FORMS = {
    "health_record.resident": "name id_type id_no sex birth_date phone address division resident_kind is_resident"
    " opened_on",
    "health_record.diagnosis": "diagnosed_on disease revoked code_system code display",
    "health_record.departure": "departed_on reason note",
    "health_record.contact_attempt": "attempted_on programme outcome",
    "health_record.examination": "exam_date sbp dbp height weight waist heart_rate fpg tc tg ldl hdl conclusion",
    "health_record.encounter": "started_on ended_on class_code type_code type_text reason_code reason_text identifier",
    "health_record.vital_signs": "measured_on sbp dbp heart_rate height weight bmi identifier",
    "health_record.laboratory": "tested_on fpg glucose hba1c tc tg ldl hdl identifier",
    "health_record.immunization": "given_on vaccine_system vaccine_code vaccine_text dose_no batch_no identifier",
    "hypertension.followup": "contact_date way symptoms sbp dbp weight weight_goal height bmi heart_rate other_signs"
    " smoking smoking_goal drinking drinking_goal exercise_times exercise_minutes salt salt_goal mind compliance tests"
    " medication_adherence adverse_reaction danger_sign new_complication visit_class medicines referral_reason"
    " referral_org next_date doctor",
    "diabetes.followup": "contact_date way symptoms sbp dbp weight bmi foot_pulse staple_food fpg hba1c hba1c_date"
    " random_glucose hypoglycaemia insulin temperature heart_rate medication_adherence visit_class next_date",
    "childcare.institution": "code name division reported_on filed filed_on places enrolled inclusive kind",
}
IDENTIFYING = {"name", "id_no", "birth_date", "phone", "address", "local_id"}
IDENTIFYING |= {"record_no", "registered_address", "contact_name", "contact_phone", "guardian"}


@pytest.mark.parametrize("form", FORMS)
def test_every_field_of_the_forms_is_in_the_dictionary(form: str) -> None:
    missing = [name for name in FORMS[form].split() if find_field(form, name) is None]
    assert missing == []


def test_entries_are_whole() -> None:
    lists = load_codelists()
    for key, entry in load_fields().items():
        assert entry.name == key.rpartition(".")[2]
        assert entry.label, key
        assert entry.label_en, key
        assert bool(entry.codes) == (entry.type in ("code", "codes")), key
        assert not entry.codes or entry.codes in lists, key
        assert not entry.unit or ucum_unit(entry.unit) == entry.unit, key
        assert entry.unit == "" or entry.type in ("integer", "decimal"), key


def test_plausible_lies_within_possible() -> None:
    limited = [entry for entry in load_fields().values() if entry.plausible or entry.possible]
    assert len(limited) > 30
    for entry in limited:
        assert entry.plausible is not None, entry.name
        assert entry.possible is not None, entry.name
        assert entry.possible[0] <= entry.plausible[0] < entry.plausible[1] <= entry.possible[1], entry.name


def test_who_somebody_is_is_marked() -> None:
    assert {key for key, entry in load_fields().items() if entry.identifying} == IDENTIFYING


def test_a_form_may_mean_something_of_its_own() -> None:
    pressures, sugars = find_field("hypertension.followup", "symptoms"), find_field("diabetes.followup", "symptoms")
    assert pressures is not None
    assert sugars is not None
    assert (pressures.codes, sugars.codes) == ("hypertension_symptom", "diabetes_symptom")
    institution = find_field("childcare.institution", "name")
    assert institution is not None
    assert not institution.identifying
    assert find_field("any.form", "gaol_sbp") is None


def test_form_tables() -> None:
    table = form_table("hypertension.followup", [("contact_date", "date"), ("symptoms", "codes"), ("sbp", "integer")])
    assert table.columns == (("contact_date", "DATE"), ("symptoms", "VARCHAR"), ("sbp", "BIGINT"))
    assert table.all_columns() == FACT_COLUMNS + table.columns
    assert not table.identifying
    assert REGISTRATION_TABLE.identifying
    assert RETIREMENT_TABLE.columns == (("fact_seq", "BIGINT"), ("kind", "VARCHAR"))


@pytest.mark.parametrize("names", [("sbp", "sbp"), ("org",), ("seq",)])
def test_a_column_may_not_repeat_or_take_a_standard_name(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"repeat or take"):
        FormTable("x.y", tuple((name, "BIGINT") for name in names))
