"""Identifiers against the standards' own test numbers, and the slips that a check character must catch."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wangdi.core.identifiers import (
    CreditCode,
    Division,
    HealthRecordNumber,
    IdNumber,
    check_credit_code,
    check_health_record_number,
    check_id_number,
    check_organisation_code,
    credit_check_character,
    id_check_character,
    organisation_check_character,
    parse_division,
    upgrade_15_to_18,
)
from wangdi.core.problem import Problem

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    birth = draw(st.dates(min_value=date(1850, 1, 1), max_value=date(2030, 12, 31)))
    region, serial = draw(st.integers(990000, 999999)), draw(st.integers(0, 999))
    first17 = f"{region}{birth:%Y%m%d}{serial:03}"
    return first17 + id_check_character(first17)


def code_of(found: object) -> str:
    assert isinstance(found, Problem)
    return found.code


def test_the_numbers_of_gb_11643() -> None:
    found = check_id_number("11010519491231002X")
    assert found == IdNumber("11010519491231002X", "110105", date(1949, 12, 31), "2", "resident", False)
    other = check_id_number("440524188001010014")
    assert isinstance(other, IdNumber)
    assert (other.birth_date, other.sex) == (date(1880, 1, 1), "1")


def test_an_old_number_is_upgraded() -> None:
    found = check_id_number("110105491231002")
    assert isinstance(found, IdNumber)
    assert (found.number, found.upgraded) == ("11010519491231002X", True)


@pytest.mark.parametrize(
    "text", ["11010519491231002x", "１１０１０５１９４９１２３１００２Ｘ", " 110105 19491231 002X "]
)
def test_the_same_number_typed_otherwise(text: str) -> None:
    found = check_id_number(text)
    assert isinstance(found, IdNumber)
    assert found.number == "11010519491231002X"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "ID-001"),
        ("1101051949123100", "ID-001"),
        ("1.10105E+17", "ID-001"),
        ("1101051949123100２Ａ", "ID-002"),
        ("11010519491231O02X", "ID-002"),
        ("X10105194912310020", "ID-002"),
        ("110105194913310020", "ID-003"),
        ("11010519490229002X", "ID-003"),
        ("110105491331002", "ID-003"),
        ("110105194912310021", "ID-004"),
    ],
)
def test_what_is_wrong_with_a_number(text: str, code: str) -> None:
    assert code_of(check_id_number(text)) == code


@pytest.mark.parametrize(
    ("first17", "kind"),
    [
        ("81000019900101001", "hmt_residence"),
        ("82000019900101001", "hmt_residence"),
        ("83000019900101001", "hmt_residence"),
        ("91112319900101001", "foreign_permanent"),
        ("84000019900101001", "other"),
        ("00000019900101001", "other"),
    ],
)
def test_no_region_is_refused(first17: str, kind: str) -> None:
    found = check_id_number(first17 + id_check_character(first17))
    assert isinstance(found, IdNumber)
    assert found.kind == kind


@given(number=id_numbers())
def test_a_number_says_its_birth_and_sex(number: str) -> None:
    found = check_id_number(number)
    assert isinstance(found, IdNumber)
    assert f"{found.birth_date:%Y%m%d}" == number[6:14]
    assert found.sex == ("1" if number[16] in "13579" else "2")


@given(number=id_numbers(), place=st.integers(0, 17), digit=st.sampled_from("0123456789X"))
def test_one_wrong_character_is_caught(number: str, place: int, digit: str) -> None:
    assume(number[place] != digit)
    assert isinstance(check_id_number(number[:place] + digit + number[place + 1 :]), Problem)


@given(number=id_numbers(), place=st.integers(0, 16))
def test_two_neighbours_swapped_are_caught(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert isinstance(check_id_number(swapped), Problem)


@given(number=id_numbers())
def test_no_message_repeats_the_number(number: str) -> None:
    found = check_id_number(number[:17] + ("0" if number[17] != "0" else "1"))
    assert isinstance(found, Problem)
    assert not any(number[start : start + 4] in found.text(lang) for lang in ("zh", "en") for start in range(6, 14))


@given(digits=st.from_regex(r"99[0-9]{4}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True))
def test_upgrading_keeps_every_digit(digits: str) -> None:
    upgraded = upgrade_15_to_18(digits)
    assert upgraded[:6] + upgraded[8:17] == digits
    assert isinstance(check_id_number(upgraded), IdNumber)


def test_upgrading_something_else_is_a_programmers_error() -> None:
    with pytest.raises(ValueError, match="15 digits"):
        upgrade_15_to_18("11010519491231002X")


def test_the_code_of_gb_32100() -> None:
    assert check_credit_code("91350100M000100Y43") == CreditCode("91350100M000100Y43", "350100", "M000100Y4")
    assert check_credit_code("91350100m000100y43") == CreditCode("91350100M000100Y43", "350100", "M000100Y4")
    assert code_of(check_credit_code("91350100M000100Y44")) == "ID-006"
    assert code_of(check_credit_code("91350100M000100O43")) == "ID-005"
    assert code_of(check_credit_code("91350100M000100Y4")) == "ID-005"


def test_a_credit_code_around_a_wrong_organisation_code() -> None:
    first17 = "91350100M000100Y5"
    assert code_of(check_credit_code(first17 + credit_check_character(first17))) == "ID-008"


@given(
    place=st.sampled_from([0, 1, *range(8, 17)]),
    character=st.sampled_from(CREDIT_ALPHABET),
)
def test_one_wrong_character_of_a_credit_code_is_caught(place: int, character: str) -> None:
    good = "91350100M000100Y43"
    assume(good[place] != character)
    assert isinstance(check_credit_code(good[:place] + character + good[place + 1 :]), Problem)


def test_the_code_of_gb_11714() -> None:
    assert check_organisation_code("M000100Y4") == "M000100Y4"
    assert check_organisation_code("m000100y-4") == "M000100Y4"
    assert code_of(check_organisation_code("M000100Y5")) == "ID-008"
    assert code_of(check_organisation_code("M000100Y")) == "ID-007"


@pytest.mark.parametrize(
    ("first8", "check"), [("M000100Y", "4"), ("D2143569", "X"), ("00000000", "0"), ("00000005", "1")]
)
def test_the_ends_of_the_organisation_check(first8: str, check: str) -> None:
    assert organisation_check_character(first8) == check


def test_a_health_record_number() -> None:
    found = check_health_record_number("99010200310100042")
    assert found == HealthRecordNumber("99010200310100042", "990102", "003", "101", "00042")
    assert isinstance(found, HealthRecordNumber)
    assert found.short == "10100042"
    assert code_of(check_health_record_number("9901020031010004")) == "ID-009"
    assert code_of(check_health_record_number("9901020031010004A")) == "ID-009"


@pytest.mark.parametrize(
    ("text", "division"),
    [
        ("990000", Division("990000000000", "province", None)),
        ("990100", Division("990100000000", "city", "990000000000")),
        ("990102", Division("990102000000", "county", "990100000000")),
        ("990102003", Division("990102003000", "township", "990102000000")),
        ("990102003101", Division("990102003101", "village", "990102003000")),
        ("990100003000", Division("990100003000", "township", "990100000000")),
    ],
)
def test_a_division_says_its_level_and_parent(text: str, division: Division) -> None:
    assert parse_division(text) == division


@pytest.mark.parametrize(
    ("text", "code"), [("99", "ID-010"), ("99010200310A", "ID-010"), ("000102", "ID-011"), ("", "ID-010")]
)
def test_what_is_no_division(text: str, code: str) -> None:
    assert code_of(parse_division(text)) == code


@given(text=st.text(max_size=30))
def test_no_text_breaks_a_check(text: str) -> None:
    checks = (check_id_number, check_credit_code, check_organisation_code, check_health_record_number, parse_division)
    for check in checks:
        found = check(text)
        assert not isinstance(found, Problem) or found.message("zh")
