"""A stream counted by day in the engine of figures is, on every day, what the reference engine counts in a period of that day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from wangdi.core.periods import Period
from wangdi.engines.duck.cases import number_cases
from wangdi.engines.duck.run import load_rows
from wangdi.engines.reference.indicators import History
from wangdi.engines.reference.items import value_item
from wangdi.indicators.daily import count_by_day
from wangdi.language.engine import Case
from wangdi.language.model import Items
from wangdi.language.reader import read_pack
from wangdi.language.record import Cell, Event, Subject
from wangdi.language.rules import Programme, bind_pack
from wangdi.store.workspace import Workspace

PACK = """
pack: spec
edition: one
valid_from: 2000-01-01
title: spec
subject: item
rule_book: {id: spec, title: spec}
forms:
  row:
    title: row
    occurred_on: on
    fields:
      on:   {label: 日期, type: date}
      ill:  {label: 病, type: boolean}
      n:    {label: 数, type: integer}
      read: {label: 审核, type: datetime}
      town: {label: 乡镇, type: text}
indicators:
  plain:
    title: rows
    of: {label: a, items: every row in period}
    count: {label: b, items: every row in period, where: ill}
    attribution: place_of_service
    unit: percent
    watch: gut
  placed:
    title: sums
    of: {label: a, items: every row in period by read, sum: n, at: town}
    count: {label: b, items: every row in period by read, where: ill and n > 1, sum: n, at: town}
    attribution: residence
    unit: percent
    watch: [gut, rash]
  source: five
"""
FIRST = date(2025, 1, 30)
DAYS = [FIRST + timedelta(days=back) for back in range(5)]
said_of_row: st.SearchStrategy[dict[str, Cell]] = st.fixed_dictionaries(
    {
        "ill": st.sampled_from([True, False, None]),
        "n": st.sampled_from([None, 0, 1, 2, 7]),
        "read": st.none()
        | st.sampled_from([datetime(2025, 1, 31, 23, 59), datetime(2025, 2, 1), datetime(2025, 2, 1, 8)]),
    }
)
rows = st.tuples(st.sampled_from(DAYS), said_of_row)


def read_programme() -> Programme:
    pack, problems = read_pack(PACK, "pack.yaml", {})
    assert pack is not None
    assert problems == []
    return Programme("spec", (bind_pack(pack),))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(rows, max_size=5), min_size=1, max_size=4))
def test_both_engines_count_the_same_on_every_day(said: list[list[tuple[date, dict[str, Cell]]]]) -> None:
    """Each subject has a town and an organisation of its own, so that a place's rows are its subject's."""
    programme = read_programme()
    rules = programme.newest
    cases = []
    for subject, listed in enumerate(said, 1):
        events = [
            Event(f"{subject}", "spec.row", on, place, {"on": on, **row, "town": f"t{subject}"}, org=f"o{subject}")
            for place, (on, row) in enumerate(listed)
        ]
        cases.append(Case(Subject(f"{subject}"), tuple(events)))
    with Workspace(memory="1GB") as workspace:
        relations = load_rows(workspace, programme, *number_cases(cases))
        for name in ("plain", "placed"):
            indicator = rules.pack.indicators[name]
            counted, whole = indicator.count, indicator.of
            assert isinstance(counted, Items)
            assert isinstance(whole, Items)
            found = {
                (one.org or one.place, one.on): (one.number, one.whole, len(one.facts))
                for one in count_by_day(workspace, rules, indicator, (DAYS[0], DAYS[-1]), relations)
            }
            expected = {}
            for subject, case in enumerate(cases, 1):
                history = History(case.subject, case.events, [], [])
                for day in DAYS:
                    period = Period("day", day, day, "year")
                    of = value_item(rules, whole, history, period)
                    if of:
                        key = (f"t{subject}" if name == "placed" else f"o{subject}", day)
                        number = value_item(rules, counted, history, period)
                        expected[key] = (number or 0.0, of, _count_rows(case, day, name))
            assert found == expected


def _count_rows(case: Case, day: date, name: str) -> int:
    """How many of a case's rows make the numerator of a day."""
    number: dict[date, int] = defaultdict(int)
    for event in case.events:
        said, read = event.values, event.values.get("read")
        if name == "plain" and said.get("ill"):
            number[event.on] += 1
        n = said.get("n")
        if name == "placed" and said.get("ill") and isinstance(n, int) and n > 1 and isinstance(read, datetime):
            number[read.date()] += 1
    return number[day]
