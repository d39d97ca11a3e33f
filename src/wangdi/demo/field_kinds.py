"""How a column's values are held while the world is made."""

from __future__ import annotations

from typing import Literal

FieldKind = Literal["date", "moment", "integer", "decimal", "code", "flag", "text"]

_DATES = (
    "birth_date opened_on diagnosed_on departed_on attempted_on exam_date contact_date next_date filed_on closed_on"
    " reported_on handed_over_on assessed_on screened_on contacted_on given_on certificate_on decided_on until_on"
    " onset_on died_on filled_on found_on counted_on changed_on"
)
_INTEGERS = (
    "sbp dbp heart_rate smoking exercise_times exercise_minutes staple_food places enrolled total_score dose_no count of"
    " beds staff technicians doctors nurses general_practitioners dentists village_doctors visits outpatients discharges"
    " stay_days bed_days_open bed_days_used referred_up referred_down contracted fulfilled key_people key_contracted"
)
_DECIMALS = "height weight waist fpg tc tg ldl hdl hba1c drinking haemoglobin wbc platelets alt ast tbil scr bun"
_FLAGS = (
    "is_resident revoked adverse_reaction danger_sign new_complication filed inclusive electronic had_surgery had_injury"
    " had_transfusion genetic_disease handed_over cough_two_weeks blood_in_sputum referred in_force"
)
_CODES = (
    "sex id_type resident_kind disease reason outcome conclusion way symptoms salt mind compliance medication_adherence"
    " visit_class referral_reason foot_pulse hypoglycaemia kind ethnic_kind blood_abo blood_rh education occupation"
    " marital_status payment drug_allergies exposures past_diseases father_history mother_history siblings_history"
    " children_history disabilities kitchen_vent fuel water toilet livestock self_care_level health_self_rating"
    " cognition_screen mood_screen exercise_frequency diet smoking_status drinking_frequency ecg abdominal_ultrasound"
    " chest_xray guidance risk_control feeding grooming dressing toileting moving tb_contact_result vaccine certificate_kind"
    " card_state case_class course resident_of revised_from register stream"
)

FIELD_KINDS: dict[str, FieldKind] = {
    **dict.fromkeys(_DATES.split(), "date"),
    "entered_at": "moment",
    **dict.fromkeys(_INTEGERS.split(), "integer"),
    **dict.fromkeys(_DECIMALS.split(), "decimal"),
    **dict.fromkeys(_FLAGS.split(), "flag"),
    **dict.fromkeys(_CODES.split(), "code"),
}
"""A field not named here is text. A flag held as a number is -1 where the box is empty."""

SEVERAL = frozenset(
    (
        "symptoms",
        "past_diseases",
        "father_history",
        "mother_history",
        "siblings_history",
        "children_history",
        "risk_control",
    )
)
"""Boxes in which more than one code may stand."""
TWO_DECIMALS = frozenset(("tc", "tg", "ldl", "hdl"))
