"""A figure is the people behind it: at every level parts sum to the whole, lists are as long as counts, and the oracle agrees."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cities import CLINIC_A1, CLINIC_A2, CLINIC_B1, HOSPITAL, make_city, resident
from wangdi.app.derivation import Standing, derive
from wangdi.app.people import Asked, list_people
from wangdi.app.questions import as_of_number, compute_figures, stand_on
from wangdi.core.periods import Period, parse_period
from wangdi.engines.reference.indicators import History, judge_membership
from wangdi.engines.reference.obligations import build_obligations
from wangdi.indicators.figures import LEVEL_CHOICES, Figure
from wangdi.language.library import load_library
from wangdi.language.record import Event, Subject
from wangdi.link.people import parse_person

LIBRARY = load_library()
ORGS = (CLINIC_A1, CLINIC_A2, CLINIC_B1, HOSPITAL, "nobody")


def _period(text: str) -> Period:
    period = parse_period(text)
    assert isinstance(period, Period)
    return period


PERIODS = [_period("2025"), _period("2025-05-ytd"), _period("2024Q4")]


def _fill(folder: Path) -> Any:
    chance = random.Random(7)
    test = make_city(folder, LIBRARY)
    rows: dict[str, list[dict[str, Any]]] = {}
    for number in range(1, 61):
        org = chance.choice(ORGS[:4])
        for form, listed in resident(number, date(1940 + chance.randrange(60), 2, 3), org).items():
            rows.setdefault(form, []).extend(listed)
        for _ in range(chance.randrange(12)):
            day = date(2024, 1, 1) + timedelta(days=chance.randrange(720))
            common = {"registration_id": number, "occurred_on": day, "org": chance.choice(ORGS)}
            kind = chance.choice(("visit", "visit", "visit", "visit", "diagnosis", "departure", "examination"))
            if kind == "visit":
                reading = {"sbp": chance.choice((128, 145, 155, 185, None)), "dbp": chance.choice((78, 92))}
                way = {"way": chance.choice(("1", "2", "3", None))}
                rows.setdefault("hypertension.followup", []).append({**common, "contact_date": day, **way, **reading})
            elif kind == "diagnosis":
                said = {"diagnosed_on": day, "disease": "essential_hypertension"}
                rows.setdefault("health_record.diagnosis", []).append({**common, **said})
            elif kind == "departure":
                said = {"departed_on": day, "reason": chance.choice(("died", "moved_out", "lost"))}
                rows.setdefault("health_record.departure", []).append({**common, **said})
            else:
                rows.setdefault("health_record.examination", []).append({**common, "exam_date": day})

    test.accept(rows, datetime(2026, 1, 5))
    return test


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    test = _fill(tmp_path_factory.mktemp("figures") / "city")
    with test.city as city, city.workspace() as workspace:
        yield stand_on(city, workspace, LIBRARY)


@pytest.fixture(scope="module")
def figures(standing: Standing) -> list[Figure]:
    return compute_figures(standing, PERIODS, LEVEL_CHOICES).figures


def test_parts_sum_to_the_whole_at_every_level(figures: list[Figure]) -> None:
    wholes: dict[tuple[str, str], tuple[float, float]] = {}
    for figure in figures:
        if figure.level == "county":
            counted, among = wholes.get((figure.indicator, figure.period), (0.0, 0.0))
            people = figure.denominator or 0.0 if figure.denominator_kind == "people" else 0.0
            wholes[figure.indicator, figure.period] = (counted + figure.numerator, among + people)
    assert wholes["htn_std", "2025"][1] > 5
    for level in LEVEL_CHOICES:
        for (indicator, period), whole in wholes.items():
            mine = [f for f in figures if (f.indicator, f.period, f.level) == (indicator, period, level)]
            counted = sum(figure.numerator for figure in mine)
            among = sum(figure.denominator or 0.0 for figure in mine if figure.denominator_kind == "people")
            assert (counted, among) == whole, (indicator, period, level)


def test_what_cannot_be_placed_is_a_row_of_its_own(figures: list[Figure]) -> None:
    """The hospital's patients belong to no village, a stranger's to no area at all."""
    villages = {f.area: f for f in figures if (f.indicator, f.period, f.level) == ("htn_std", "2025", "village")}
    counties = {f.area: f for f in figures if (f.indicator, f.period, f.level) == ("htn_std", "2025", "county")}
    assert villages["unallocated"].denominator is not None
    assert counties["unallocated"].denominator is not None
    assert villages["unallocated"].denominator > counties["unallocated"].denominator > 0


def test_more_periods_than_bits_in_a_number(standing: Standing) -> None:
    """Seventy-two months at once say what each says alone."""
    months = [_period(f"{year}-{month:02d}") for year in range(2020, 2026) for month in range(1, 13)]
    together = compute_figures(standing, months, ["county"], ["htn_std", "htn_ctrl"]).figures
    assert sum(figure.denominator or 0 for figure in together) > 0
    for month in (months[0], months[59], months[60], months[-1]):
        alone = compute_figures(standing, [month], ["county"], ["htn_std", "htn_ctrl"]).figures
        assert [figure for figure in together if figure.period == month.text] == alone


@pytest.mark.parametrize("indicator", ["htn_std", "htn_std_4", "htn_ctrl", "htn_ctrl_face"])
def test_lists_are_as_long_as_counts(standing: Standing, figures: list[Figure], indicator: str) -> None:
    for figure in figures:
        if figure.indicator == indicator and figure.level in ("village", "org", "county") and figure.period == "2025":
            lengths = {
                part: len(list_people(standing, Asked(indicator, PERIODS[0], figure.area, part), figure.level))
                for part in ("numerator", "denominator", "missing")
            }
            assert lengths["numerator"] == figure.numerator
            assert lengths["denominator"] == figure.denominator
            assert lengths["missing"] == lengths["denominator"] - lengths["numerator"]


def test_everybody_missing_is_told_a_clause_that_fails(standing: Standing, figures: list[Figure]) -> None:
    county = next(f for f in figures if f.level == "county" and f.area != "unallocated")
    missing = list_people(standing, Asked("htn_std", PERIODS[0], county.area, "missing"))
    assert missing
    for row in missing:
        assert all(why.inputs["holds"] is False for why in row.why)
        assert any(why.inputs["records"] for why in row.why), row


def test_sql_counts_whom_the_oracle_counts(standing: Standing, figures: list[Figure]) -> None:
    """Every person, indicator and period of the programme, one at a time in plain Python."""
    programme = standing.programmes["hypertension"]
    subjects, events = _read_back(standing)
    as_of = as_of_number(standing.city, standing.known)
    for period in PERIODS:
        for indicator in programme.newest.pack.indicators.values():
            counted = among = 0
            for subject in subjects:
                mine = [event for event in events if event.subject_id == subject.id]
                spells, obligations = build_obligations(programme, subject, mine, standing.horizon)
                found = judge_membership(
                    programme, indicator, History(subject, mine, spells, obligations), period, as_of
                )
                among += found.counted
                counted += found.in_numerator
            told = [f for f in figures if (f.indicator, f.period, f.level) == (indicator.id, period.text, "org")]
            assert sum(f.numerator for f in told) == counted, (indicator.id, period.text)
            if told[0].denominator_kind == "people":
                assert sum(f.denominator or 0 for f in told) == among


def _read_back(standing: Standing) -> tuple[list[Subject], list[Event]]:
    derived = derive(standing)
    programme = standing.programmes["hypertension"]
    workspace = standing.workspace
    subjects = [
        Subject(str(row["person_id"]), row["birth_date"], row["sex"], {"is_resident": row["is_resident"]})
        for row in workspace.dicts(f"SELECT * FROM {derived.people}")
    ]
    events = []
    for form, sql in derived.relations(programme).forms.items():
        for row in workspace.dicts(f"SELECT * FROM {sql}"):
            head = (str(row.pop("subject_id")), form, row.pop("occurred_on"), row.pop("seq"))
            events.append(Event(*head, values=row, org=row.pop("org")))
    return subjects, events


def test_person_numbers_can_be_read_back(standing: Standing) -> None:
    row = list_people(standing, Asked("htn_ctrl", PERIODS[0], "unallocated", "denominator"), "village")[0]
    number = parse_person(row.person_id)
    assert number is not None
    assert standing.workspace.one(f"SELECT count(*) FROM {derive(standing).people} WHERE person_id = {number}") == (1,)
