"""Notifiable diseases: the lists of each year, names as systems write them, and the pack held against them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from wangdi.catalog.codelists import load_codelists
from wangdi.engines.reference.expression import Row, compile_expression
from wangdi.language.library import load_library
from wangdi.language.model import Items
from wangdi.language.rules import bind_pack
from wangdi.outbreaks.diseases import (
    are_one_illness,
    code_disease,
    find_disease,
    read_diseases,
)
from wangdi.outbreaks.surveillance.settings import read_surveillance_settings

HIV = ("0600", "0601", "0602")
"""Never on a card."""
OTHER_TIMES = ("W02", "W07")
"""Names that no card bore before, or bears after: influenza A(H1N1) of 2009, and the name H7N9 and H5N1 share since 2025."""


@pytest.mark.parametrize(
    ("on", "classes"),
    [
        ("2004-12-01", (2, 25, 10)),
        ("2008-05-01", (2, 25, 10)),
        ("2008-05-02", (2, 25, 11)),
        ("2009-04-30", (2, 26, 11)),
        ("2013-11-01", (2, 26, 11)),
        ("2020-01-19", (2, 26, 11)),
        ("2020-01-20", (2, 27, 11)),
        ("2023-09-19", (2, 27, 11)),
        ("2023-09-20", (2, 28, 11)),
        ("2025-08-31", (2, 28, 11)),
        ("2025-09-01", (2, 27, 11)),
        ("2026-03-31", (2, 27, 11)),
        ("2026-04-01", (2, 29, 11)),
    ],
)
def test_as_many_diseases_as_the_law_had(on: str, classes: tuple[int, int, int]) -> None:
    day, diseases = date.fromisoformat(on), read_diseases()
    of_main = {code: one.edition_on(day) for code, one in diseases.items()}
    # A subtype counts only where its main disease is not in the list.
    found = [
        edition.legal_class
        for code, edition in of_main.items()
        if edition is not None and not of_main.get(diseases[code].parent)
    ]
    assert tuple(found.count(name) for name in "甲乙丙") == classes


def test_no_disease_has_two_editions_on_one_day() -> None:
    for disease in read_diseases().values():
        for one in disease.editions:
            assert sum(other.holds(one.valid_from) for other in disease.editions) == 1, disease.name
            assert one.valid_to is None or one.valid_from <= one.valid_to, disease.name
            assert one.limit_hours == 2 or one.managed_as != "甲"
            assert one.source


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("0301", "0301"),
        ("甲肝", "0301"),
        ("病毒性肝炎-乙型", "0302"),
        ("其它感染性腹泻病", "3900"),
        ("诺如病毒感染", "3900a"),
        ("新型冠状病毒肺炎", "W01"),
        ("流脑", "1300"),
        ("涂阳", "2600b"),
        ("SARS", "2700"),
    ],
)
def test_names_are_read_as_systems_write_them(written: str, code: str) -> None:
    found = find_disease(written)
    assert found is not None
    assert found.code == code


def test_what_is_no_disease_is_none() -> None:
    assert find_disease("没有这种病") is None
    assert find_disease("") is None


def test_every_subject_of_the_surveillance_settings_is_a_disease_or_a_stream() -> None:
    settings = read_surveillance_settings()
    lists = load_codelists()
    known = {*lists["notifiable_disease"].codes, *lists["surveillance_stream"].codes}
    assert sorted({*settings.families, *settings.apart, *settings.each_case} - known) == []
    assert not set(settings.not_counted) - set(lists["case_class"].codes)


def test_a_name_of_no_disease_is_no_setting() -> None:
    with pytest.raises(KeyError, match="没有这种病"):
        code_disease("没有这种病")


def test_no_way_of_writing_means_two_diseases() -> None:
    also = load_codelists()["notifiable_disease"].also
    written = [
        (word, disease.code)
        for disease in read_diseases().values()
        for word in (disease.code, disease.name, *also.get(disease.code, ()))
    ]
    assert len({word for word, _ in written}) == len(written)


def test_a_subtype_has_what_its_disease_has() -> None:
    diseases = read_diseases()
    on = date(2025, 3, 3)
    assert diseases["0302"].edition_on(on) == diseases["0300"].edition_on(on)
    assert diseases["1900a"].edition_on(on) != diseases["1900"].edition_on(on)
    assert diseases["1900b"].edition_on(on) == diseases["1900"].edition_on(on)
    assert diseases["2600b"].window_days == diseases["2600"].window_days == 180
    assert diseases["0302"].window_days != diseases["0301"].window_days
    before, after = diseases["5200"].edition_on(date(2025, 8, 31)), diseases["5200"].edition_on(date(2025, 9, 1))
    assert before is not None
    assert after == diseases["W02"].edition_on(date(2025, 9, 1))


def test_which_codes_may_stand_for_one_case() -> None:
    assert are_one_illness("0301", "0301")
    assert are_one_illness("0300", "0301")
    assert not are_one_illness("0301", "0302")
    assert are_one_illness("2600b", "2600c")
    assert not are_one_illness("1000", "3700")


DAYS = ("2020-01-20", "2023-01-07", "2023-01-08", "2023-09-19", "2023-09-20", "2025-09-01", "2026-03-31", "2026-04-01")
PACK = load_library().packs["disease_report"][-1]
RULES = bind_pack(PACK)


def _counts(indicator: str, **values: object) -> bool:
    basis = PACK.indicators[indicator].count
    assert isinstance(basis, Items)
    assert basis.where is not None
    return compile_expression(basis.where, RULES.values)(Row(values)) is True  # type: ignore[arg-type]


@pytest.mark.parametrize("written", DAYS)
def test_the_pack_says_what_the_list_says(written: str) -> None:
    """Class and limit stand in both: the pack counts by them, the list judges single cards."""
    on = date.fromisoformat(written)
    moment = datetime.combine(on, datetime.min.time())
    for disease in read_diseases().values():
        edition = disease.edition_on(on)
        if disease.code in HIV or (edition is None and disease.code in OTHER_TIMES):
            continue
        said = {"disease": disease.code, "diagnosed_on": on, "case_class": "confirmed"}
        found = edition.legal_class if edition else ""
        assert _counts("idr_ab_cases", **said) == (found in ("甲", "乙")), (disease.name, written)
        assert _counts("idr_c_cases", **said) == (found == "丙"), (disease.name, written)
        for hours in (2, 3, 24, 25):
            reported = moment + timedelta(hours=hours)
            timely = _counts("idr_timely", **said, diagnosed_at=moment, reported_at=reported)
            assert timely == (edition is not None and hours <= edition.limit_hours), (disease.name, written, hours)
