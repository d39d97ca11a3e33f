"""Both engines agree on things given in order: verdicts, windows and places in figures, whatever was given when."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from wangdi.app.pack_trials import ENGINES, programme_of
from wangdi.core.dates import add_months
from wangdi.core.periods import Period, parse_period
from wangdi.language.engine import Case
from wangdi.language.library import load_library, read_library_texts
from wangdi.language.record import Cell, Event, Subject
from wangdi.language.rules import Programme

PERIODS = ("2023", "2024-10-ytd", "2025Q1", "2025", "2026-06")
PRODUCTS = (
    "bcg", "hepb", "hepb", "hepab", "ipv", "bopv", "dtap", "dtap", "dt", "dtap_ipv_hib", "mmr", "mmr", "mr",
    "je_l", "je_i", "mpsv_a", "mpcv_ac", "mpsv_ac", "hepa_l", "hepa_i", "hpv2", "hpv9", "varicella", "other",
)  # fmt: skip
CONDITIONS = (
    "hiv_exposed", "hiv_severe", "immunodeficiency", "immunoglobulin", "blood_product", "tst_negative",
    "tst_positive", "hepb_lbw", "preterm",
)  # fmt: skip
orgs = st.sampled_from(["a", "a", "b"])
# Ages at which something turns, in months; a day or some either side.
turns = st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 18, 24, 36, 48, 72, 78, 84, 144, 156, 162, 168])
near = st.sampled_from([-28, -1, 0, 0, 0, 1, 2, 27, 28, 29])


@cache
def vaccination() -> Programme:
    return programme_of(load_library().packs["vaccination"])


@st.composite
def children(draw: st.DrawFn) -> list[Case]:
    found = []
    for place in range(draw(st.integers(1, 12))):
        name = f"s{place}"
        birth = draw(
            st.dates(date(2023, 1, 1), date(2025, 9, 1))
            | st.dates(date(2011, 10, 1), date(2012, 12, 31))
            | st.dates(date(2018, 6, 1), date(2019, 6, 1))
            | st.sampled_from([date(2024, 2, 29), date(2023, 8, 31)])
        )
        events = [_resident(name, birth + timedelta(days=draw(st.integers(0, 400))), 1, draw(orgs))]
        for seq in range(2, 2 + draw(st.integers(0, 14))):
            on = add_months(birth, draw(turns)) + timedelta(days=draw(near))
            events.append(_event(draw, name, max(on, birth), seq))
        known = draw(st.sampled_from([birth, birth, birth, birth, birth, None]))
        found.append(Case(Subject(name, known, draw(st.sampled_from(["1", "2", "2", None]))), tuple(events)))
    return found


def _resident(name: str, on: date, seq: int, org: str) -> Event:
    return Event(name, "health_record.resident", on, seq, {"is_resident": True, "opened_on": on}, org)


def _event(draw: st.DrawFn, name: str, on: date, seq: int) -> Event:
    kind = draw(
        st.sampled_from(["dose"] * 12 + ["condition", "condition", "deferral", "gone", "resident", "certificate"])
    )
    later = st.none() | st.integers(0, 200).map(lambda days: on + timedelta(days=days))
    if kind == "dose":
        values: dict[str, Cell] = {"given_on": on, "vaccine": draw(st.sampled_from(PRODUCTS))}
        return Event(name, "vaccination.dose", on, seq, values, draw(orgs))
    if kind == "condition":
        values = {"found_on": on, "condition": draw(st.sampled_from(CONDITIONS)), "over_on": draw(later)}
        return Event(name, "vaccination.condition", on, seq, values, draw(orgs))
    if kind == "deferral":
        reasons = st.sampled_from(["contraindicated", "deferred", "refused", "not_needed"])
        values = {"decided_on": on, "kind": draw(reasons), "until_on": draw(later)}
        values["vaccine"] = draw(st.none() | st.sampled_from(PRODUCTS))
        return Event(name, "vaccination.deferral", on, seq, values, draw(orgs))
    if kind == "gone":
        values = {"departed_on": on, "reason": draw(st.sampled_from(["died", "moved_out", "lost"]))}
        return Event(name, "health_record.departure", on, seq, values, draw(orgs))
    if kind == "certificate":
        return Event(name, "vaccination.certificate", on, seq, {"certificate_on": on}, draw(orgs))
    return _resident(name, on, seq, draw(orgs))


@settings(max_examples=25)
@given(children())
def test_verdicts_and_windows(cases: list[Case]) -> None:
    one, other = ENGINES.values()
    programme = vaccination()
    assert list(one.judge(programme, cases)) == list(other.judge(programme, cases))
    assert list(one.build(programme, cases, date(2026, 12, 31))) == list(
        other.build(programme, cases, date(2026, 12, 31))
    )


@settings(max_examples=6)
@given(children())
def test_places_in_figures(cases: list[Case]) -> None:
    programme = vaccination()
    periods = [parse_period(text) for text in PERIODS]
    asks = [
        (name, period) for name in programme.newest.pack.indicators for period in periods if isinstance(period, Period)
    ]
    one, other = (list(engine.stand(programme, cases, [asks] * len(cases))) for engine in ENGINES.values())
    assert one == other


# ---- a small programme of two editions with a gap between ----------------------------------------------------------------
OLD = """
pack: small
edition: old
valid_from: 2020-01-01
valid_to: {until}
title: small
subject: person
rule_book: {{id: small, title: small}}
enrol: {{on: begin, ends: {{gone: {{on: begin, when: "what = 'gone'", at: day, by: managing_org, reason: moved}}}}, source: a}}
forms:
  begin: {{title: begin, occurred_on: on, fields: {{on: {{label: on, type: date}}, what: {{label: what, type: text}}}}}}
  shot: {{title: shot, occurred_on: on, fields: {{on: {{label: on, type: date}}, what: {{label: what, type: text}}}}}}
series:
  given: shot
  product: what
  courses:
    a:
      title: a
      group: g
      products: {{a: {{}}, ab: {{until: {age} months}}}}
      until: 3 years
      doses:
        "1": {{from: {age} months, by: 12 months}}
        "2": {{from: {age} months, after: {after} days, by: 18 months}}
      source: a
    b:
      title: b
      group: g
      whom: sex = '2' or birth_date >= :since
      products: {{b: {{}}}}
      until: 2 years
      doses:
        "1": {{from: 3 months, by: 12 months, give: b}}
        "2": {{after_first: 2 months, by_first: 6 months}}
      source: a
    c:
      title: c
      products: {{ab: {{}}, c: {{}}}}
      until: 3 years
      doses: {{"1": {{from: 2 months, by: 6 months, give: [c, ab]}}}}
      source: a
  holds:
    apart:
      title: apart
      on: shot
      when: what in ('a', 'c')
      for: {hold} days
      products: [a, c]
      meanwhile: not counted
      same_day: {same}
      source: a
    all: {{title: all, on: begin, when: what is not null, for: 2 months, product: what, meanwhile: {meanwhile}, source: a}}
parameters:
  since: {{value: 2021-06-01, unit: date, source: a}}
"""
NEW = """
pack: small
edition: new
based_on: old
valid_from: 2022-01-01
series:
  courses:
    a:
      ages: {ages}
      products: {{ab: {{from: 5 months}}, d: {{}}}}
      doses:
        "1": {{from: {other} months}}
        "2": {{after: 1 month}}
        "3": {{from: 12 months, after: 2 months, by: 2 years}}
    c: {gone}
  holds:
    apart: {{for: 40 days}}
"""


@st.composite
def small_programmes(draw: st.DrawFn) -> Programme:
    meanwhile, same = (
        draw(st.sampled_from(["counted", "not counted"])),
        draw(st.sampled_from(["allowed", "not allowed"])),
    )
    old = OLD.format(
        until=draw(st.sampled_from(["2021-12-31", "2021-06-30"])),
        age=draw(st.integers(2, 5)),
        after=draw(st.integers(20, 40)),
        hold=draw(st.integers(20, 40)),
        meanwhile=meanwhile,
        same=same,
    )
    new = NEW.format(
        ages=draw(st.sampled_from(["day", "begun"])),
        other=draw(st.integers(2, 5)),
        gone=draw(st.sampled_from(["~", "{title: cc}"])),
    )
    library = read_library_texts({"old": old, "new": new})
    assert [problem.text("en") for problem in library.problems] == []
    return programme_of(library.packs["small"])


@st.composite
def small_histories(draw: st.DrawFn) -> list[Case]:
    found = []
    for place in range(draw(st.integers(1, 12))):
        name = f"s{place}"
        birth = draw(st.dates(date(2020, 6, 1), date(2022, 3, 1)))
        events = []
        for seq in range(1, 2 + draw(st.integers(0, 9))):
            on = birth + timedelta(days=draw(st.integers(0, 700)))
            form = "small.begin" if seq == 1 else draw(st.sampled_from(["small.shot"] * 5 + ["small.begin"]))
            what = draw(
                st.sampled_from(["a", "a", "ab", "b", "c", "d"] if form == "small.shot" else [None, "a", "b", "gone"])
            )
            events.append(Event(name, form, on, seq, {"on": on, "what": what}, draw(orgs)))
        found.append(Case(Subject(name, birth, draw(st.sampled_from(["1", "2", None]))), tuple(events)))
    return found


@settings(max_examples=40)
@given(small_programmes(), small_histories())
def test_small_programmes(programme: Programme, cases: list[Case]) -> None:
    one, other = ENGINES.values()
    assert list(one.judge(programme, cases)) == list(other.judge(programme, cases))
    assert list(one.build(programme, cases, date(2024, 12, 31))) == list(
        other.build(programme, cases, date(2024, 12, 31))
    )
