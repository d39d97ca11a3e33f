"""What is computed of an investigation: ratios against references, curves, incubation, chains, days to be checked, bodies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from math import comb, inf, isinf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats.contingency import odds_ratio as scipy_odds
from scipy.stats.contingency import relative_risk

from wangdi.core.problem import Problem
from wangdi.outbreaks.investigation.bodies import KINDS, read_body, write_body
from wangdi.outbreaks.investigation.curve import (
    DAY,
    HOUR,
    MOST_BINS,
    choose_width,
    draw_curve,
    estimate_incubation,
    find_exposure_window,
)
from wangdi.outbreaks.investigation.drawing import render_chain, render_curve
from wangdi.outbreaks.investigation.exposures import attack_by_place, weigh_exposures
from wangdi.outbreaks.investigation.following import count_followed, due_on
from wangdi.outbreaks.investigation.monitoring import OTHERS, find_monitoring, name_disease, read_monitoring
from wangdi.outbreaks.investigation.saying import find_code, label_code, load_labels, read_said, read_when
from wangdi.outbreaks.investigation.transmission import (
    check_chain,
    find_pairs,
    lay_out_chain,
    secondary_attack,
    summarise_intervals,
)
from wangdi.outbreaks.investigation.two_by_two import (
    TwoByTwo,
    attack_rate,
    fisher_p,
    mantel_haenszel,
    mid_p_interval,
    odds_ratio,
    risk_ratio,
)
from wangdi.outbreaks.investigation.values import (
    Answers,
    Case,
    Check,
    Contact,
    Event,
    Investigation,
    Place,
    Who,
)

OPENED = date(2025, 6, 1)
EVENT = Event(title="某校腹泻", disease="3900", region="990101000000", lead="H", opened_on=OPENED, erase_days=30)
TABLES = [TwoByTwo(43, 11, 3, 18), TwoByTwo(29, 17, 17, 12), TwoByTwo(1, 9, 8, 2), TwoByTwo(200, 31, 44, 99)]


def made(**held: Any) -> Investigation:
    kinds = ("cases", "contacts", "who", "checks", "places", "answers", "samples", "team", "notes")
    nothing: dict[str, Any] = {kind: {} for kind in kinds}
    return Investigation(id="E2025-001", event=held.pop("event", EVENT), **(nothing | held))


# ---- two by two -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("table", TABLES, ids=str)
def test_ratios_are_those_of_scipy(table: TwoByTwo) -> None:
    rows = [[table.a, table.b], [table.c, table.d]]
    expected = scipy_odds(rows, kind="sample")
    found = odds_ratio(table)
    assert found.value == pytest.approx(expected.statistic, rel=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)), rel=1e-6)
    risk = relative_risk(table.a, table.a + table.b, table.c, table.c + table.d)
    assert risk_ratio(table).value == pytest.approx(risk.relative_risk, rel=1e-12)
    assert (risk_ratio(table).low, risk_ratio(table).high) == pytest.approx(
        tuple(risk.confidence_interval(0.95)), rel=1e-9
    )


def tail(table: TwoByTwo, ratio: float) -> float:
    """P(more than a) + P(a)/2 at an odds ratio, summed over every table with the same margins in plain integers."""
    exposed, others, ill = table.a + table.b, table.c + table.d, table.a + table.c
    weights = {
        k: comb(exposed, k) * comb(others, ill - k) * ratio**k
        for k in range(min(exposed, ill) + 1)
        if ill - k <= others
    }
    above = sum(weight for k, weight in weights.items() if k > table.a) + weights[table.a] / 2
    return above / sum(weights.values())


@pytest.mark.parametrize("table", [*TABLES[:3], TwoByTwo(5, 0, 2, 6), TwoByTwo(0, 7, 4, 5)], ids=str)
def test_the_mid_p_interval_cuts_off_half_the_level_on_each_side(table: TwoByTwo) -> None:
    low, high = mid_p_interval(table)
    assert low == 0.0 if table.a == 0 else tail(table, low) == pytest.approx(0.025, rel=1e-6)
    assert isinf(high) if table.b == 0 else tail(table, high) == pytest.approx(0.975, rel=1e-6)
    exact = scipy_odds([[table.a, table.b], [table.c, table.d]]).confidence_interval(0.95)
    assert exact.low <= low < high <= exact.high, "mid-p is never wider than the exact interval"


@pytest.mark.parametrize(
    ("table", "odds", "risk"),
    [
        (TwoByTwo(5, 0, 2, 6), inf, 4.0),
        (TwoByTwo(5, 5, 0, 8), inf, inf),
        (TwoByTwo(0, 7, 4, 5), 0.0, 0.0),
        (TwoByTwo(0, 0, 4, 5), None, None),
        (TwoByTwo(4, 0, 5, 0), None, 1.0),
        (TwoByTwo(0, 4, 0, 5), None, None),
        (TwoByTwo(0, 0, 0, 0), None, None),
    ],
)
def test_zero_cells_are_answered(table: TwoByTwo, odds: float | None, risk: float | None) -> None:
    assert odds_ratio(table).value == odds
    assert risk_ratio(table).value == risk
    assert (fisher_p(table) is None) == (odds is None)


@given(st.tuples(*[st.integers(0, 40)] * 4))
def test_any_table_is_answered_and_its_interval_holds_its_ratio(cells: tuple[int, int, int, int]) -> None:
    table = TwoByTwo(*cells)
    for found in (odds_ratio(table), risk_ratio(table), *mantel_haenszel([table])):
        if found.value is not None and found.low is not None and found.high is not None:
            assert found.low <= found.value <= found.high


@given(st.tuples(*[st.integers(1, 40)] * 4))
def test_one_stratum_is_no_stratification(cells: tuple[int, int, int, int]) -> None:
    table = TwoByTwo(*cells)
    odds, risk = mantel_haenszel([table])
    assert (odds.value, odds.low, odds.high) == pytest.approx(
        (odds_ratio(table).value, odds_ratio(table).low, odds_ratio(table).high)
    )
    assert (risk.value, risk.low, risk.high) == pytest.approx(
        (risk_ratio(table).value, risk_ratio(table).low, risk_ratio(table).high)
    )


def test_mantel_haenszel_is_that_of_r_on_the_rabbits() -> None:
    """R's ``mantelhaen.test(Rabbits)``, penicillin at five levels: 7, 1.026713 to 47.725133."""
    rabbits = [(0, 6, 0, 5), (3, 3, 0, 6), (6, 0, 2, 4), (5, 1, 6, 0), (2, 0, 5, 0)]
    odds, _ = mantel_haenszel([TwoByTwo(*one) for one in rabbits])
    assert (odds.value, odds.low, odds.high) == pytest.approx((7, 1.026713, 47.725133), rel=1e-6)


def test_an_attack_rate_has_its_exact_interval() -> None:
    found = attack_rate(3, 45)
    assert found.value == pytest.approx(1 / 15)
    assert (found.low, found.high) == pytest.approx((0.013958, 0.182675), abs=2e-4)
    assert attack_rate(0, 0).value is None
    assert (attack_rate(0, 9).low, attack_rate(9, 9).high) == (0, 1)


# ---- exposures --------------------------------------------------------------------------------------------------------
def answered(ill: bool, group: str = "", **foods: str) -> Answers:
    return Answers(ill=ill, group=group, foods=foods)


def test_the_culprit_comes_first_and_who_does_not_know_is_left_out() -> None:
    rows = [answered(True, ice="yes", cake="yes")] * 43 + [answered(False, ice="yes", cake="no")] * 11
    rows += [answered(True, ice="no", cake="unknown")] * 3 + [answered(False, ice="no", cake="yes")] * 18
    rows += [Answers(ill=None, foods={"ice": "yes"}), replace(rows[0], withdrawn="重复")]
    ice, cake = weigh_exposures(rows)
    assert (ice.exposure, ice.table, ice.unknown) == ("ice", TwoByTwo(43, 11, 3, 18), 0)
    assert (cake.table.total, cake.unknown) == (72, 3)
    assert ice.p is not None
    assert ice.p < 1e-6


def test_a_confounder_goes_away_within_strata() -> None:
    """Ice in both groups has no effect; one group ate more of it and was iller."""
    rows = []
    for group, ill, well in (("a", (32, 8), (8, 2)), ("b", (2, 8), (8, 32))):
        for said, (sick, fine) in (("yes", ill), ("no", well)):
            rows += [answered(True, group, ice=said)] * sick + [answered(False, group, ice=said)] * fine
    (crude,) = weigh_exposures(rows)
    (held,) = weigh_exposures(rows, "group")
    assert crude.odds.value is not None
    assert crude.odds.value > 3
    assert held.adjusted_odds is not None
    assert held.adjusted_odds.value == pytest.approx(1)
    assert held.table == crude.table
    assert [(one.name, one.table) for one in held.strata] == [
        ("a", TwoByTwo(32, 8, 8, 2)),
        ("b", TwoByTwo(2, 8, 8, 32)),
    ]
    assert [one.odds.value for one in held.strata] == pytest.approx([1, 1])
    assert (crude.strata, crude.unplaced, held.unplaced) == ((), 0, 0)
    (partly,) = weigh_exposures([*rows, answered(True, ice="yes")], "group")
    assert partly.unplaced == 1


def test_attack_rates_of_places() -> None:
    cases = {1: Case(place="三班"), 2: Case(place="三班"), 3: Case(place="三班", withdrawn="阴性"), 4: Case(place="")}
    found = attack_by_place(
        made(cases=cases, places={1: Place(name="三班", people=40), 2: Place(name="四班", people=42)})
    )
    assert [(one.place, one.ill, one.people) for one in found] == [("三班", 2, 40), ("", 1, None), ("四班", 0, 42)]


# ---- curve and incubation ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("usual", "width"), [(33, 8), (12, 3), (240, 48), (2, 1), (None, 24)])
def test_bins_are_a_quarter_of_the_incubation(usual: float | None, width: float) -> None:
    assert choose_width(None if usual is None else timedelta(hours=usual)) == timedelta(hours=width)


def test_a_curve_has_no_gaps_and_loses_nobody() -> None:
    onsets = [datetime(2025, 6, 1, 9), datetime(2025, 6, 1, 23), datetime(2025, 6, 3, 1), date(2025, 6, 2), None]
    cases = [Case(onset=one) for one in onsets] + [Case(onset=onsets[0], withdrawn="阴性")]
    curve = draw_curve(cases, timedelta(hours=33))
    assert curve.width == 8 * HOUR
    assert [one.cases for one in curve.bins] == [1, 1, 0, 0, 0, 1]
    assert curve.bins[0].start == datetime(2025, 6, 1, 8)
    assert sum(one.cases for one in curve.bins) + curve.without == 5
    by_days = draw_curve(cases[2:], timedelta(hours=33))
    assert by_days.width == 8 * HOUR, "half of them have an hour"
    assert draw_curve([Case(onset=OPENED), Case(onset=OPENED)], timedelta(hours=33)).width == DAY
    assert draw_curve([], None).bins == ()
    far = [Case(onset=datetime(2025, 1, 1, 1)), Case(onset=datetime(2025, 12, 1, 1)), Case(onset=date(2025, 3, 1))]
    wider = draw_curve(far, timedelta(hours=4))
    assert (wider.width >= DAY, wider.without) == (True, 0), "bins of days hold who has no hour, too"
    assert sum(one.cases for one in wider.bins) == 3


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)), st.integers(0, 24 * 800), st.sampled_from([4, 33, 240])
)
def test_a_curve_is_no_wider_than_a_page(first: datetime, hours: int, usual: int) -> None:
    cases = [Case(onset=first), Case(onset=first + timedelta(hours=hours))]
    curve = draw_curve(cases, timedelta(hours=usual))
    assert len(curve.bins) <= MOST_BINS
    assert sum(one.cases for one in curve.bins) == 2


def test_incubation_and_window_of_a_point_source() -> None:
    meal = datetime(2025, 6, 1, 12)
    cases = [Case(exposed_at=meal, onset=meal + timedelta(hours=hours)) for hours in (14, 30, 36)]
    cases += [Case(exposed_at=meal, onset=meal - timedelta(hours=9)), Case(onset=meal), Case()]
    found = estimate_incubation(cases)
    assert found is not None
    assert (found.cases, found.shortest, found.median, found.longest, found.exact) == (3, 14, 30, 36, True)
    window = find_exposure_window(cases[:3], timedelta(hours=12), timedelta(hours=48))
    assert window == (meal - timedelta(hours=12), meal + timedelta(hours=2))
    assert window[0] <= meal <= window[1]
    assert find_exposure_window(cases[:3], timedelta(hours=12), timedelta(hours=20)) is None
    assert estimate_incubation([]) is None


# ---- chain ------------------------------------------------------------------------------------------------------------
CHAIN = {
    1: Case(onset=date(2025, 6, 1)),
    2: Case(onset=date(2025, 6, 3), infector=1),
    3: Case(onset=date(2025, 6, 4), infector=1),
    4: Case(onset=date(2025, 6, 6), infector=2),
    5: Case(onset=date(2025, 6, 2)),
    6: Case(onset=date(2025, 5, 30), infector=5),
    7: Case(infector=9),
    8: Case(infector=1, withdrawn="阴性"),
}


def test_pairs_generations_and_intervals() -> None:
    pairs = find_pairs(CHAIN)
    assert [(one.infector, one.infected, one.interval) for one in pairs] == [
        (1, 2, 2),
        (1, 3, 3),
        (2, 4, 3),
        (5, 6, -3),
    ]
    chain = lay_out_chain(CHAIN)
    assert {one.number: one.generation for one in chain.nodes} == {1: 0, 2: 1, 3: 1, 4: 2, 5: 0, 6: 1, 7: 0}
    assert chain.generations == 3
    assert summarise_intervals(pairs) == (4, -3, 2.5, 3)
    assert [one.code for one in check_chain(CHAIN)] == ["EVENT-112", "EVENT-111"]


def test_a_circle_is_told_and_still_drawn() -> None:
    circle = {1: Case(infector=3), 2: Case(infector=1), 3: Case(infector=2), 4: Case(infector=3)}
    assert [one.code for one in check_chain(circle)] == ["EVENT-110"] * 3
    chain = lay_out_chain(circle)
    assert {one.number for one in chain.nodes} == {1, 2, 3, 4}
    assert render_chain(chain, circle, "环").count("<circle") == 4


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_no_two_cases_stand_at_one_place(sources: list[int]) -> None:
    cases = {number: Case(infector=source or None) for number, source in enumerate(sources, 1)}
    chain = lay_out_chain(cases)
    assert {one.number for one in chain.nodes} == set(cases)
    assert len({(one.generation, one.row) for one in chain.nodes}) == len(cases)
    assert lay_out_chain(dict(reversed(cases.items()))) == chain


def test_secondary_attack_counts_contacts_that_became_cases() -> None:
    contacts = {
        1: Contact(became=1),
        2: Contact(),
        3: Contact(kind="general"),
        4: Contact(withdrawn="认错"),
        5: Contact(became=8),
    }
    found = secondary_attack(made(cases=CHAIN, contacts=contacts))
    assert [(one.kind, one.contacts, one.ill) for one in found] == [("close", 3, 1), ("general", 1, 0)]


def test_drawings_hold_every_case_and_no_markup_of_others() -> None:
    drawn = render_chain(lay_out_chain(CHAIN), CHAIN, "<script>")
    assert "<script>" not in drawn
    assert drawn.count("<circle") == 7
    curve = render_curve(draw_curve(CHAIN.values(), None), "曲线")
    assert curve.count("<rect") == len({case.onset for case in CHAIN.values() if case.onset and not case.withdrawn})
    assert " style=" not in drawn + curve
    assert render_curve(draw_curve([], None), "") == ""


# ---- following --------------------------------------------------------------------------------------------------------
def test_a_contact_is_checked_once_a_day_from_the_day_after() -> None:
    contacts = {1: Contact(last_exposure_on=date(2025, 6, 3)), 2: Contact(last_exposure_on=date(2025, 6, 3), became=1)}
    checks = {1: (Check(day=date(2025, 6, 4)), Check(day=date(2025, 6, 5), state="failed"))}
    found = made(contacts=contacts, checks=checks, cases={1: Case()})
    states = {day: [one.state for one in due_on(found, 3, date(2025, 6, day))] for day in range(3, 9)}
    assert states == {3: [], 4: ["completed"], 5: ["failed"], 6: ["ready"], 7: [], 8: []}
    assert count_followed(found, 3, date(2025, 6, 6)) == {"followed": 1, "finished": 0, "days_asked": 3, "days_done": 1}
    assert count_followed(found, 3, date(2025, 6, 9))["finished"] == 1
    longer = made(contacts={1: replace(contacts[1], until=date(2025, 6, 8))})
    assert len(due_on(longer, 3, date(2025, 6, 8))) == 1
    assert due_on(made(contacts=contacts, event=replace(EVENT, state="closed")), 3, date(2025, 6, 4)) == []
    unknown = made(contacts={1: Contact()})
    assert [one.state for one in due_on(unknown, 3, date(2025, 6, 20))] == ["ready"]


def test_monitoring_is_found_by_name_and_by_code() -> None:
    assert find_monitoring("麻疹") is find_monitoring("1000")
    assert find_monitoring("诺如") is find_monitoring("3900a") is find_monitoring("3900")
    assert find_monitoring("3900") is not read_monitoring()[OTHERS]
    assert (name_disease("3900a"), name_disease("没有的病")) == ("诺如病毒感染", "没有的病")
    assert find_monitoring("没有的病") is read_monitoring()[OTHERS]
    for one in read_monitoring().values():
        assert one.days > 0
        assert one.source
        if one.shortest is not None:
            assert one.usual is not None
            assert one.longest is not None
            assert one.shortest <= one.usual <= one.longest


# ---- bodies and words -------------------------------------------------------------------------------------------------
VALUES = [
    EVENT,
    Case(case_class="confirmed", onset=datetime(2025, 6, 3, 14, 30), exposed_at=date(2025, 6, 1), age=0, infector=1),
    Contact(of=1, last_exposure_on=OPENED),
    Who(name="赵", perhaps=("P1", "P2")),
    Check(day=OPENED, temperature_c=36.5, symptoms=("咳嗽",)),
    Answers(ill=False, foods={"米饭": "yes"}),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda one: type(one).__name__)
def test_a_body_comes_back_as_it_was(value: object) -> None:
    assert read_body(type(value), write_body(value)) == (value, [])


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("event.case", {"nmae": "x"}, "EVENT-101"),
        ("event.check", {}, "EVENT-102"),
        ("event.case", {"age": "8"}, "EVENT-103"),
        ("event.case", {"age": -1}, "EVENT-103"),
        ("event.case", {"age": True}, "EVENT-103"),
        ("event.contact", {"last_exposure_on": "2025-06-03T14:00"}, "EVENT-103"),
        ("event.contact", {"last_exposure_on": 20250603}, "EVENT-103"),
        ("event.case", {"case_class": "sure"}, "EVENT-104"),
        ("event.answer", {"foods": {"x": "perhaps"}}, "EVENT-103"),
        ("event.answer", {"foods": ["x"]}, "EVENT-103"),
        ("event.note", {"text": "x" * 5000}, "EVENT-105"),
    ],
)
def test_a_body_is_a_closed_world(kind: str, body: dict[str, Any], code: str) -> None:
    value, problems = read_body(KINDS[kind], body)
    assert value is None
    assert [one.code for one in problems] == [code]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2025-06-03", date(2025, 6, 3)),
        ("2025年6月3日", date(2025, 6, 3)),
        ("2025/6/3 14:30", datetime(2025, 6, 3, 14, 30)),
        ("2025年6月3日14时", datetime(2025, 6, 3, 14)),
        ("2025年6月3日 8时5分", datetime(2025, 6, 3, 8, 5)),
        ("2025-06-03T07:00", datetime(2025, 6, 3, 7)),
        ("昨天", None),
        ("2025-06-31", None),
    ],
)
def test_days_and_moments_as_people_write_them(text: str, when: date | None) -> None:
    found = read_when(text)
    assert found == when
    assert type(found) is type(when)


def test_what_people_write_becomes_a_body_or_a_problem() -> None:
    said = {"case_class": "确诊", "sex": "女", "onset": "2025-6-3 14时", "age": "８", "place": "", "infector": "1"}
    body, problems = read_said(Case, said)
    assert problems == []
    assert body == {
        "case_class": "confirmed",
        "sex": "2",
        "onset": "2025-06-03T14:00",
        "age": 8,
        "place": "",
        "infector": 1,
    }
    assert [one.code for one in read_said(Case, {"age": "八", "onset": "?", "x": "y"})[1]] == [
        "EVENT-107",
        "EVENT-106",
        "EVENT-101",
    ]
    assert [one.code for one in read_said(Who, {"id_no": "990101199003071530"})[1]] == ["ID-004"]
    assert read_said(Who, {"id_no": "e 1234567"})[0] == {"id_no": "E1234567"}
    assert isinstance(read_said(Answers, {"ill": "也许"})[1][0], Problem)


def test_every_word_of_a_list_is_found_by_its_label() -> None:
    for group, codes in load_labels().items():
        for code in codes:
            assert {find_code(group, label_code(group, code, lang)) for lang in ("zh", "en")} == {code}
