"""Both engines give the same answer about records, ages, rows that ask for something, scores and slips, whatever comes."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from wangdi.app.pack_trials import ENGINES, programme_of
from wangdi.core.periods import Period, parse_period
from wangdi.language.engine import Case
from wangdi.language.library import load_library
from wangdi.language.reader import read_pack
from wangdi.language.record import Cell, Event, Subject
from wangdi.language.row_answers import score_row, slip_row
from wangdi.language.rules import Programme, bind_pack

PERIODS = [
    period
    for text in ("2024", "2025", "2025Q1", "2025-02", "2025-10-ytd", "2024-02")
    if isinstance(period := parse_period(text), Period)
]
HORIZON = date(2026, 12, 31)
LIBRARY = load_library()
orgs = st.sampled_from(["a", "b"])
days = st.dates(date(2023, 1, 1), date(2025, 12, 31)) | st.sampled_from(
    [date(2024, 12, 31), date(2025, 1, 1), date(2024, 2, 29), date(2025, 2, 28)]
)
births = st.none() | st.dates(date(1958, 1, 1), date(1962, 12, 31)) | st.sampled_from(
    [date(1960, 2, 29), date(1959, 12, 31), date(1960, 1, 1), date(1960, 12, 31)]
)  # fmt: skip


def agree(programme: Programme, cases: list[Case]) -> None:
    """Spells, obligations and places in every figure are the same on every engine."""
    one, other = ENGINES.values()
    assert list(one.build(programme, cases, HORIZON)) == list(other.build(programme, cases, HORIZON))
    asks = [[(name, period) for name in programme.newest.pack.indicators for period in PERIODS]] * len(cases)
    assert list(one.stand(programme, cases, asks)) == list(other.stand(programme, cases, asks))


# ---- the shipped packs ------------------------------------------------------------------------------------------------
some = st.none() | st.just("1")
RESIDENT: dict[str, st.SearchStrategy[Cell]] = {
    "is_resident": st.sampled_from([True, True, True, False, None]),
    "electronic": st.sampled_from([None, None, True, False]),
    "record_no": st.none() | st.just("99012110010100060"),
    **dict.fromkeys(("name", "id_no", "phone", "address", "sex", "blood_abo", "blood_rh", "drug_allergies"), some),
    "ethnic_kind": st.sampled_from([None, "01", "99"]),
    "ethnic_name": some,
    "birth_date": st.none() | st.just(date(1960, 1, 1)),
    "had_surgery": st.none() | st.booleans(),
}
EXAMINATION: dict[str, st.SearchStrategy[Cell]] = {
    "sbp": st.sampled_from([None, 139, 140, 179, 180]),
    "dbp_left": st.sampled_from([None, 89, 90, 110]),
    "fpg": st.sampled_from([None, 3.9, 4.0, 7.0, 16.7]),
    "waist": st.sampled_from([None, 84.0, 85.0, 90.0]),
    "height": st.sampled_from([None, 160.0]),
    "weight": st.sampled_from([None, 61.4, 61.44]),
    "cognition_screen": st.sampled_from([None, "1", "2"]),
    "mood_screen": st.sampled_from([None, "1", "2"]),
    "guidance": some,
    "risk_control": some,
    "hba1c": st.sampled_from([None, 5.5]),
    "chest_xray": st.sampled_from([None, "1", "2"]),
}
FILLED: dict[str, Cell] = {
    field: 1 if LIBRARY.forms["health_record.examination"].fields[field].type in ("integer", "decimal") else "1"
    for indicator in LIBRARY.newest["elderly"].indicators.values()
    for counted in indicator.clauses
    for field in getattr(counted.clause, "fields", ())
}
SCREEN: dict[str, st.SearchStrategy[Cell]] = {
    "cough_two_weeks": st.none() | st.booleans(),
    "blood_in_sputum": st.none() | st.booleans(),
}
FORMS: dict[str, dict[str, st.SearchStrategy[Cell]]] = {
    "health_record.resident": RESIDENT,
    "health_record.examination": EXAMINATION,
    "health_record.departure": {"reason": st.sampled_from(["died", "moved_out", "lost"])},
    "elderly.cognition": {},
    "elderly.mood": {},
    "elderly.tb_screen": SCREEN,
    "elderly.tb_contact": {},
    "hypertension.followup": {},
}
often = st.sampled_from([*FORMS, "health_record.resident", *["health_record.examination"] * 3])


@st.composite
def histories(draw: st.DrawFn) -> list[Case]:
    found = []
    for place in range(draw(st.integers(1, 8))):
        name = f"s{place}"
        subject = Subject(name, draw(births), draw(st.sampled_from(["1", "2", None])))
        events = []
        for seq in range(1, 3 + draw(st.integers(0, 7))):
            form = draw(often) if seq > 1 else "health_record.resident"
            on = draw(days)
            cells = {key: draw(strategy) for key, strategy in FORMS[form].items()}
            if form == "health_record.examination" and draw(st.booleans()):
                cells = FILLED | {key: value for key, value in cells.items() if value is not None}
            events.append(Event(name, form, on, seq, cells | {LIBRARY.forms[form].occurred_on: on}, draw(orgs)))
        found.append(Case(subject, tuple(events)))
    return found


@settings(max_examples=8)
@given(histories(), st.booleans())
def test_the_elderly(cases: list[Case], in_year: bool) -> None:
    editions = tuple(bind_pack(pack, {"age_in_year": in_year}) for pack in LIBRARY.packs["elderly"])
    agree(Programme("elderly", editions), cases)


@settings(max_examples=8)
@given(histories(), st.booleans(), st.integers(1, 14))
def test_records(cases: list[Case], environment: bool, span: int) -> None:
    packs = LIBRARY.packs["health_record"]
    values: dict[str, Cell] = {"environment_asked": environment, "dynamic_span": span}
    agree(Programme("health_record", tuple(bind_pack(pack, values) for pack in packs)), cases)


@settings(max_examples=25)
@given(st.data())
def test_scores_and_slips(data: st.DataObject) -> None:
    one, other = (engine.evaluate for engine in ENGINES.values())
    for pack, form, given_cells in (("health_record", "resident", RESIDENT), ("elderly", "examination", EXAMINATION)):
        rules = bind_pack(LIBRARY.newest[pack])
        cells = {key: data.draw(strategy) for key, strategy in given_cells.items()}
        full, day = f"health_record.{form}", date(2025, 5, 12)
        about = Subject("s", date(1950, 1, 1), data.draw(st.sampled_from(["1", "2", None])))
        case = Case(about, (Event("s", full, day, 1, cells | {LIBRARY.forms[full].occurred_on: day}),))
        for quality in rules.pack.quality.values():
            assert score_row(one, rules, quality, case) == score_row(other, rules, quality, case)
        for slip in rules.pack.slips.values():
            assert slip_row(one, rules, slip, case) == slip_row(other, rules, slip, case)


# ---- small programmes of two editions ---------------------------------------------------------------------------------
EDITION = """
pack: small
edition: {name}
valid_from: {since}
{until}
title: small
subject: person
rule_book: {{id: small, title: small}}
parameters:
  old:  {{value: {old}, unit: year, source: a}}
  whole: {{value: {whole}, unit: "1", source: a}}
  span: {{value: {span}, unit: {unit}, source: a}}
  many: {{value: {many}, unit: "1", source: a}}
enrol:
  on: begin
  when: n > 0
  {at_age}
  ends:
    stop: {{on: begin, when: "n = 0", at: {at}, by: {by}, reason: lost}}
  source: a
forms:
  begin: {{title: begin, occurred_on: on, fields: {{on: {{label: on, type: date}}, n: {{label: n, type: integer}}}}}}
  row:
    title: row
    occurred_on: on
    fields: {{on: {{label: on, type: date}}, n: {{label: n, type: integer}}, t: {{label: t, type: text}}}}
quality:
  whole:
    title: whole
    each: row
    items:
      - {{id: a, label: a, weight: {weight}, fields: [n, t]}}
      - {{id: b, label: b, weight: 2, rule: n > 2, only_when: {only}}}
    source: a
schedule:
  after:
    title: after
    anchor: each row
    when: {when}
    window: {{opens: {opens} days, closes: {closes}}}
    done_by: row
    while: enrolled
    source: a
indicators:
  source: a
  several:
    title: several
    of:
      label: x
      people: enrolled {which}
      all: [{{id: o, label: o, require: latest begin by period end, holds: n > 1 or n is null}}]
    count:
      label: x
      all:
        - {{id: a, label: a, require: latest row by period end has its required fields, fields: [t]}}
        - {{id: b, label: b, require: "at least :many row in period", where: n > 1, fields: [t]}}
        - {{id: c, label: c, require: "at least 1 row of any form in the last :span by period end", forms: [row, begin]}}
        - {{id: d, label: d, require: earliest row in period scores at least 50 in whole}}
    attribution: managing_org
    unit: percent
  mean:
    title: mean
    of: {{label: x, people: enrolled {which}}}
    count: {{label: x, mean: whole, all: [{{id: a, label: a, require: at least 1 row in the last 2 months by period end}}]}}
    attribution: managing_org
    unit: points
"""


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    turn = draw(st.none() | st.dates(date(2024, 2, 1), date(2025, 10, 1)))
    starts = [date(2023, 6, 1), *([turn] if turn else [])]
    packs = []
    for place, since in enumerate(starts):
        filled = EDITION.format(
            name=f"e{place}",
            since=since,
            until=f"valid_to: {starts[place + 1] - timedelta(days=1)}" if place + 1 < len(starts) else "",
            old=draw(st.integers(63, 65)),
            whole=draw(st.sampled_from(["true", "false"])),
            span=draw(st.integers(1, 13)),
            unit=draw(st.sampled_from(["day", "week", "month"])),
            many=draw(st.integers(0, 2)),
            at_age=draw(st.sampled_from(["", "at_age: {years: ':old', whole_year: ':whole'}", "at_age: {years: 64}"])),
            at=draw(st.sampled_from(["day", "year"])),
            by=draw(st.sampled_from(["anyone", "managing_org"])),
            weight=draw(st.integers(1, 3)),
            only=draw(st.sampled_from(["n is not null", "n > 1", "t = 'x'"])),
            when=draw(st.sampled_from(["n > 1", "n is null", "age_years >= 64"])),
            opens=draw(st.integers(0, 3)),
            closes=draw(st.sampled_from(["3 days", "2 weeks", "1 month"])),
            which=draw(st.sampled_from(["any day in period", "at period end"])),
        )
        pack, problems = read_pack(filled, "small", {})
        assert [problem.text("en") for problem in problems] == []
        assert pack is not None
        packs.append(pack)
    return programme_of(packs)


@st.composite
def small_histories(draw: st.DrawFn) -> list[Case]:
    found = []
    for place in range(draw(st.integers(1, 8))):
        name = f"s{place}"
        events = []
        for seq in range(1, 3 + draw(st.integers(0, 8))):
            form = draw(st.sampled_from(["small.begin", "small.row", "small.row"])) if seq > 1 else "small.begin"
            on, n, text = draw(days), draw(st.none() | st.integers(0, 4)), draw(st.sampled_from([None, "x", "y"]))
            cells: dict[str, Cell] = {"on": on, "n": n}
            if form == "small.row":
                cells["t"] = text
            events.append(Event(name, form, on, seq, cells, draw(orgs)))
        found.append(Case(Subject(name, draw(births)), tuple(events)))
    return found


@settings(max_examples=30)
@given(programmes(), small_histories())
def test_small_programmes(programme: Programme, cases: list[Case]) -> None:
    agree(programme, cases)
