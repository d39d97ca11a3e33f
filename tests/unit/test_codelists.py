from __future__ import annotations

import re

import pytest

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.datafile import parse_data_text


def test_every_list_says_where_it_is_from() -> None:
    for name, codelist in load_codelists().items():
        assert codelist.id == name
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert all((codelist.title, codelist.system, codelist.version, codelist.source)), name
        assert codelist.confidence in ("high", "medium", "low"), name
        assert all(code.strip() == code and word for code, word in codelist.codes.items()), name
        assert not codelist.english or set(codelist.english) == set(codelist.codes), name
        assert not any(";" in code for code in codelist.codes), name


@pytest.mark.parametrize(
    ("codelist", "code", "word"),
    [
        ("sex", "9", "未说明的性别"),
        ("marital_status", "10", "未婚"),
        ("marital_status_form", "5", "未说明的婚姻状况"),
        ("blood_abo", "3", "O型"),
        ("blood_rh", "1", "阴性"),
        ("id_type", "06", "港澳居民来往内地通行证"),
        ("id_type_front_page", "6", "护照"),
        ("payment", "07", "全自费"),
        ("education", "70", "初级中学教育"),
        ("employment", "27", "农民"),
        ("occupation", "7", "军人"),
        ("relationship", "51", "父亲"),
        ("ethnicity", "56", "基诺族"),
        ("country", "NO", "挪威"),
        ("patient_origin", "4", "外省"),
        ("institution_kind", "D6", "村卫生室"),
        ("constitution", "1", "平和质"),
        ("constitution_vendor", "9", "平和质"),
        ("followup_way", "2", "家庭"),
        ("hypertension_symptom", "7", "鼻衄出血不止"),
        ("diabetes_symptom", "9", "体重明显下降"),
        ("salt_intake", "3", "重"),
        ("medication_adherence", "2", "间断"),
        ("visit_class", "4", "并发症"),
        ("hypoglycaemia", "3", "频繁"),
        ("foot_pulse", "2", "减弱"),
        ("foot_pulse_examination", "1", "未触及"),
        ("examination_conclusion", "2", "有异常"),
        ("resident_kind", "2", "非户籍"),
        ("programme_disease", "type_2_diabetes", "2型糖尿病"),
        ("departure_reason", "moved_out", "迁出"),
        ("attempt_outcome", "hospitalised", "住院"),
    ],
)
def test_codes_as_printed(codelist: str, code: str, word: str) -> None:
    found = load_codelists()[codelist]
    assert found.label(code) == word
    assert found.code_of(word) == code
    assert found.code_of(f" {code} ") == code


def test_what_a_list_does_not_have() -> None:
    sex = load_codelists()["sex"]
    assert sex.label("7") == "7"
    assert sex.label("1", "en") == "male"
    assert load_codelists()["ethnicity"].label("01", "en") == "汉族"
    assert sex.code_of("女性") is None


def test_the_small_lists_are_whole() -> None:
    lists = load_codelists()
    assert len(lists["ethnicity"].codes) == 58
    assert len(lists["country"].codes) == 249
    assert not {"TP", "AN", "YU"} & set(lists["country"].codes)


def test_data_keeps_text_and_refuses_a_key_twice() -> None:
    assert parse_data_text("a: 01\nb: no\nc: 1.0") == {"a": "01", "b": "no", "c": "1.0"}
    with pytest.raises(ValueError, match="'a' stands twice, line 2"):
        parse_data_text("a: 1\na: 2")
