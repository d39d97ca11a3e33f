"""Both engines give the same answer on whatever comes: expressions, classes, spells, obligations, places in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from wangdi.app.pack_trials import ENGINES, programme_of
from wangdi.core.periods import Period, parse_period
from wangdi.language.ast import (
    Among,
    Arithmetic,
    Call,
    Case,
    Compare,
    Constant,
    Expression,
    Field,
    IsNull,
    Logic,
    Not,
    as_json,
    from_json,
)
from wangdi.language.engine import Case as SubjectCase
from wangdi.language.expression import SyntaxFault, parse_expression, render_text
from wangdi.language.library import load_library
from wangdi.language.reader import read_pack
from wangdi.language.record import Cell, Event, Subject
from wangdi.language.rules import Programme, bind_pack

# ---- expressions ------------------------------------------------------------------------------------------------------
ROW_PACK = """
pack: spec
edition: one
valid_from: 2000-01-01
title: spec
subject: person
rule_book: {id: spec, title: spec}
forms:
  row:
    title: row
    occurred_on: on
    fields:
      on: {label: on, type: date}
      n:  {label: n, type: integer}
      m:  {label: m, type: integer}
      x:  {label: x, type: decimal}
      t:  {label: t, type: text}
      b:  {label: b, type: boolean}
      d:  {label: d, type: date}
"""
whole = st.integers(-300, 300)
fraction = st.integers(-3000, 3000).map(lambda tenths: tenths / 10)
word = st.sampled_from(["", "a", "b", "c'd"])
day = st.dates(date(2019, 1, 1), date(2027, 12, 31))
values: dict[str, st.SearchStrategy[Cell]] = {
    "n": st.none() | whole,
    "m": st.none() | whole,
    "x": st.none() | fraction,
    "t": st.none() | word,
    "b": st.none() | st.booleans(),
    "d": st.none() | day,
}
comparator = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def _numbers(depth: int) -> st.SearchStrategy[Expression]:
    leaf: st.SearchStrategy[Expression] = st.sampled_from([Field("n"), Field("m"), Field("x"), Field("age_years")]) | (
        whole.map(Constant) | fraction.map(Constant)
    )
    leaf |= st.sampled_from([Call("hours_between", (Field("d"), Field("on"))), Call("digits", (Field("t"),))])
    if depth == 0:
        return leaf
    inner = _numbers(depth - 1)
    sums = st.builds(Arithmetic, st.sampled_from(["+", "-", "*"]), inner, inner)
    return leaf | sums | _cases(_truths(depth - 1), inner)


def _texts(depth: int) -> st.SearchStrategy[Expression]:
    leaf: st.SearchStrategy[Expression] = st.just(Field("t")) | word.map(Constant)
    return leaf if depth == 0 else leaf | _cases(_truths(depth - 1), leaf)


def _cases(
    truth: st.SearchStrategy[Expression], result: st.SearchStrategy[Expression]
) -> st.SearchStrategy[Expression]:
    arms = st.lists(st.tuples(truth, result | st.just(Constant(None))), min_size=1, max_size=3).map(tuple)
    return st.builds(Case, arms, result | st.just(Constant(None)))


def _truths(depth: int) -> st.SearchStrategy[Expression]:
    leaf: st.SearchStrategy[Expression] = st.just(Field("b")) | st.booleans().map(Constant)
    if depth == 0:
        return leaf
    inner, number, text = _truths(depth - 1), _numbers(depth - 1), _texts(depth - 1)
    operands = st.lists(inner, min_size=2, max_size=3).map(tuple)
    choices = st.lists(whole.map(Constant), min_size=1, max_size=3).map(tuple)
    words = st.lists(word.map(Constant), min_size=1, max_size=3).map(tuple)
    asked: st.SearchStrategy[Expression] = number | text | inner | st.just(Field("d"))
    return st.one_of(
        leaf,
        st.builds(Not, inner),
        st.builds(Logic, st.sampled_from(["and", "or"]), operands),
        st.builds(Compare, comparator, number, number),
        st.builds(Compare, comparator, text, text),
        st.builds(Compare, comparator, st.just(Field("d")), st.just(Field("on"))),
        st.builds(IsNull, asked),
        st.builds(Among, number, choices),
        st.builds(Among, text, words),
        _cases(inner, inner),
    )


@st.composite
def row_cases(draw: st.DrawFn) -> list[SubjectCase]:
    found = []
    for place in range(draw(st.integers(1, 8))):
        cells = {name: draw(strategy) for name, strategy in values.items()}
        on = draw(day)
        subject = Subject(f"s{place}", draw(st.none() | st.dates(date(1930, 1, 1), date(2018, 12, 31))))
        found.append(SubjectCase(subject, (Event(f"s{place}", "spec.row", on, 1, cells | {"on": on}),)))
    return found


@given(_truths(3) | _numbers(3) | _texts(2), row_cases())
def test_expressions(node: Expression, cases: list[SubjectCase]) -> None:
    pack, problems = read_pack(ROW_PACK, "spec", {})
    assert pack is not None
    assert problems == []
    rules = bind_pack(pack)
    told = [list(engine.evaluate(rules, "spec.row", node, cases)) for engine in ENGINES.values()]
    assert told[0] == told[1]


@given(_truths(3) | _numbers(3))
def test_an_expression_survives_being_written_down(node: Expression) -> None:
    assert from_json(as_json(node)) == node
    parsed = parse_expression(render_text(node))
    assert not isinstance(parsed, SyntaxFault)
    assert render_text(parsed) == render_text(node)


# ---- histories --------------------------------------------------------------------------------------------------------
blank = st.none()
orgs = st.sampled_from(["a", "b"])
PERIODS = ("2024", "2025", "2025Q1", "2025-02", "2025-10-ytd", "2025-mch")
FOLLOWUP: dict[str, st.SearchStrategy[Cell]] = {
    "way": blank | st.sampled_from(["1", "2", "3"]),
    "sbp": blank | st.sampled_from([120, 139, 140, 149, 150, 179, 180]),
    "dbp": blank | st.sampled_from([80, 89, 90, 109, 110]),
    "danger_sign": blank | st.booleans(),
    "adverse_reaction": blank | st.booleans(),
    "new_complication": st.sampled_from([None, False, False, False, True]),
    "smoking": blank | st.sampled_from([0.0, 10.0]),
}
COMPLETE: dict[str, Cell] = dict.fromkeys(
    ("symptoms", "salt", "mind", "compliance", "medication_adherence", "visit_class"), "1"
) | {"drinking": 0.0}
FORMS: dict[str, dict[str, st.SearchStrategy[Cell]]] = {
    "hypertension.followup": FOLLOWUP,
    "health_record.diagnosis": {
        "disease": st.sampled_from(["essential_hypertension", "essential_hypertension", "other"]),
        "revoked": st.sampled_from([None, None, False, True]),
        "managed": st.sampled_from([None, None, True, False]),
    },
    "health_record.departure": {"reason": st.sampled_from(["died", "moved_out", "lost"])},
    "health_record.examination": {},
}
DAYS = {"hypertension.followup": "contact_date", "health_record.diagnosis": "diagnosed_on"} | {
    "health_record.departure": "departed_on",
    "health_record.examination": "exam_date",
}
often = st.sampled_from(["hypertension.followup"] * 6 + ["health_record.diagnosis"] * 3 + list(FORMS)[2:])


@st.composite
def histories(draw: st.DrawFn) -> list[SubjectCase]:
    found = []
    for place in range(draw(st.integers(1, 10))):
        name = f"s{place}"
        birth = draw(st.none() | st.dates(date(1955, 1, 1), date(1961, 12, 31)) | st.just(date(1990, 2, 28)))
        resident = draw(st.sampled_from([True, True, True, False, None]))
        subject = Subject(name, birth, draw(st.sampled_from(["1", "2", None])), {"is_resident": resident})
        start = draw(st.dates(date(2017, 1, 1), date(2017, 6, 1)) | st.dates(date(2023, 10, 1), date(2025, 6, 1)))
        first: dict[str, Cell] = {"disease": "essential_hypertension", "diagnosed_on": start}
        events = [Event(name, "health_record.diagnosis", start, 1, first, draw(orgs))]
        for seq in range(2, 2 + draw(st.integers(0, 9))):
            form = draw(often)
            on = start + timedelta(days=draw(st.integers(-20, 500)))
            cells = {key: draw(strategy) for key, strategy in FORMS[form].items()}
            cells |= COMPLETE if form == "hypertension.followup" else {}
            events.append(Event(name, form, on, seq, cells | {DAYS[form]: on}, draw(orgs)))
        found.append(SubjectCase(subject, tuple(events)))
    return found


@cache
def hypertension() -> Programme:
    return programme_of(load_library().packs["hypertension"])


def agree(programme: Programme, cases: Sequence[SubjectCase], horizon: date) -> None:
    """Every answer of both engines about these cases is the same."""
    one, other = ENGINES.values()
    assert list(one.judge(programme, cases)) == list(other.judge(programme, cases))
    assert list(one.build(programme, cases, horizon)) == list(other.build(programme, cases, horizon))


@settings(max_examples=25)
@given(histories())
def test_hypertension_histories(cases: list[SubjectCase]) -> None:
    agree(hypertension(), cases, date(2026, 12, 31))


@settings(max_examples=12)
@given(histories())
def test_places_in_figures(cases: list[SubjectCase]) -> None:
    programme = hypertension()
    periods = [parse_period(text) for text in PERIODS]
    asks = [
        (name, period) for name in programme.newest.pack.indicators for period in periods if isinstance(period, Period)
    ]
    one, other = (list(engine.stand(programme, cases, [asks] * len(cases))) for engine in ENGINES.values())
    assert one == other


# ---- small programmes of several editions -----------------------------------------------------------------------------
EDITION = """
pack: small
edition: {name}
valid_from: {since}
{until}
title: small
subject: person
rule_book: {{id: small, title: small}}
parameters:
  limit: {{value: {limit}, unit: "1", source: a}}
  again: {{value: {again}, unit: {unit}, source: a}}
enrol:
  on: begin
  when: {when}
  ends:
    stop: {{on: begin, when: "n = 0", at: {at}, by: {by}, reason: {reason}}}
    gone: {{on: row, when: "n < 0", at: day, by: anyone, reason: died}}
  source: a
forms:
  begin: {{title: begin, occurred_on: on, fields: {{on: {{label: on, type: date}}, n: {{label: n, type: integer}}}}}}
  row: {{title: row, occurred_on: on, fields: {{on: {{label: on, type: date}}, n: {{label: n, type: integer}}}}}}
terms:
  high: n >= :limit
  rise: high and previous.high
classify:
  each: row
  hit: first
  rows:
    - {{class: rise, label: rise, when: rise, then: {{refer: advise, contact: {{closes: ":again"}}}}}}
    - {{class: high, label: high, when: high, then: {{contact: {{opens: {opens} days, closes: {closes}}}}}}}
    - {{class: low, label: low, when: not high, then: {{contact: {{opens: {opens} days, closes: ":again + 2 months"}}}}}}
  source: a
schedule:
  contact:
    title: contact
    anchor: enrol or each row
    done_by: row
    while: enrolled
    first: {{closes: ":again"}}
    missed: {{opens: 1 day, due: 1 day, closes: {missed}}}
    source: a
  yearly:
    title: yearly
    anchor: each calendar year
    window: the whole year
    done_by: row
    where: n >= :limit
    while: enrolled
    source: a
"""
lengths = st.sampled_from(["3 days", "2 weeks", "1 month", "1 month + 3 days", "5 weeks"])


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    turns = sorted(draw(st.sets(st.dates(date(2024, 2, 1), date(2025, 10, 1)), max_size=2)))
    starts = [date(2023, 6, 1), *turns]
    packs = []
    for place, since in enumerate(starts):
        gap = draw(st.sampled_from([1, 1, 10]))
        until = f"valid_to: {starts[place + 1] - timedelta(days=gap)}" if place + 1 < len(starts) else ""
        if until and starts[place + 1] - timedelta(days=gap) < since:
            until = f"valid_to: {since}"
        filled = EDITION.format(
            name=f"e{place}",
            since=since,
            until=until,
            limit=draw(st.integers(2, 5)),
            again=draw(st.integers(1, 3)),
            unit=draw(st.sampled_from(["day", "week", "month"])),
            when=draw(st.sampled_from(["n > 0", "n is null or n > 1", "n > 0 and age_years >= 35"])),
            at=draw(st.sampled_from(["day", "year"])),
            by=draw(st.sampled_from(["anyone", "managing_org"])),
            reason=draw(st.sampled_from(["moved", "lost", "revoked"])),
            opens=draw(st.integers(0, 3)),
            closes=draw(lengths),
            missed=draw(lengths),
        )
        pack, problems = read_pack(filled, "small", {})
        assert [problem.text("en") for problem in problems] == []
        assert pack is not None
        packs.append(pack)
    return programme_of(packs)


@st.composite
def small_histories(draw: st.DrawFn) -> list[SubjectCase]:
    found = []
    for place in range(draw(st.integers(1, 10))):
        name = f"s{place}"
        subject = Subject(name, draw(st.none() | st.dates(date(1985, 1, 1), date(1992, 12, 31))))
        events = []
        for seq in range(1, 2 + draw(st.integers(0, 9))):
            form = draw(st.sampled_from(["small.begin", "small.row", "small.row"]))
            on = draw(st.dates(date(2023, 5, 1), date(2025, 12, 31)))
            n = draw(st.none() | st.integers(-1, 6))
            events.append(Event(name, form, on, seq, {"on": on, "n": n}, draw(orgs)))
        found.append(SubjectCase(subject, tuple(events)))
    return found


@settings(max_examples=60)
@given(programmes(), small_histories())
def test_small_programmes(programme: Programme, cases: list[SubjectCase]) -> None:
    agree(programme, cases, date(2026, 12, 31))


def test_the_order_of_arrival_does_not_matter() -> None:
    """Rows come in any order; only day and number order them."""
    events = [
        Event(
            "s", "hypertension.followup", date(2025, 1, 1) + timedelta(days=40 * place), place, {"sbp": 150, "dbp": 80}
        )
        for place in range(5)
    ]
    subject = Subject("s", date(1970, 1, 1))
    backwards = replace(SubjectCase(subject, tuple(events)), events=tuple(reversed(events)))
    for engine in ENGINES.values():
        told = list(engine.judge(hypertension(), [SubjectCase(subject, tuple(events))]))
        assert told == list(engine.judge(hypertension(), [backwards]))
