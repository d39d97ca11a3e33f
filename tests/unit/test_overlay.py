"""Editions that lie on one another, and what a change below means above; dates as parameters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from wangdi.language.document import parse_document
from wangdi.language.library import load_library, read_library_texts
from wangdi.language.model import Pack
from wangdi.language.mutants import make_mutants
from wangdi.language.overlay import carry_over, lay_over, read_documents
from wangdi.language.rules import bind_pack

BASE = """
pack: spec
edition: one
valid_from: 2020-01-01
valid_to: 2020-12-31
title: spec
subject: person
rule_book: {id: spec, title: spec}
parameters:
  limit: {value: 140, unit: "1", source: a}
  other: {value: 7, unit: "1", source: a}
  since: {value: 2011-11-11, unit: date, source: a}
forms:
  row: {title: row, occurred_on: on, fields: {on: {label: on, type: date}, n: {label: n, type: integer}}}
terms:
  high: n >= :limit
  low: n < :other
  new: on >= :since
"""
ABOVE = """
pack: spec
edition: two
based_on: one
valid_from: 2021-01-01
parameters:
  limit: {value: 130}
"""


def editions(*texts: str) -> tuple[Pack, ...]:
    library = read_library_texts({f"{place}.yaml": text for place, text in enumerate(texts)})
    assert library.problems == ()
    return library.packs["spec"]


def test_what_is_laid_over() -> None:
    below, _ = parse_document("a: 1\nb: {c: 2, d: [3, 4]}\ne: 5\n", "below")
    above, _ = parse_document("b: {d: [6], f: 7}\ne: ~\n", "above")
    merged = lay_over(below, above)
    assert list(merged.entries) == ["a", "b"]
    assert merged.entries["a"].text == "1"
    inner = merged.entries["b"].entries
    assert {key: value.text or [item.text for item in value.items] for key, value in inner.items()} == {
        "c": "2",
        "d": ["6"],
        "f": "7",
    }


def test_an_edition_takes_over_what_it_does_not_say() -> None:
    one, two = editions(BASE, ABOVE)
    assert (one.parameters["limit"].value, two.parameters["limit"].value) == (140, 130)
    assert two.parameters["other"].value == 7
    assert two.parameters["limit"].source == "a"
    assert (two.valid_from, two.valid_to, two.based_on) == (date(2021, 1, 1), None, "one")
    assert one.digest != two.digest


def test_what_changes_below_changes_the_digest_above() -> None:
    changed = BASE.replace("value: 7", "value: 8")
    assert editions(BASE, ABOVE)[1].digest != editions(changed, ABOVE)[1].digest


def test_editions_in_a_circle_are_told() -> None:
    round_about = BASE.replace("edition: one\n", "edition: one\nbased_on: two\n")
    documents = read_documents({"1": round_about, "2": ABOVE})
    assert {problem.code for _, problems, _ in documents.values() for problem in problems} <= {"PACK-080"}
    library = read_library_texts({"1": round_about, "2": ABOVE})
    assert "PACK-080" in {problem.code for problem in library.problems}


def test_only_what_an_edition_says_itself_is_tried() -> None:
    one, two = editions(BASE, ABOVE)
    assert {mutant.place for mutant in make_mutants(two)} == {"parameters.limit"}
    assert {"parameters.limit", "parameters.other", "parameters.since"} <= {
        mutant.place for mutant in make_mutants(one)
    }


def test_a_change_below_reaches_what_was_taken_over_and_nothing_else() -> None:
    one, two = editions(BASE, ABOVE)
    numbers = one.parameters
    changed = replace(
        one,
        parameters=numbers | {"limit": replace(numbers["limit"], value=1), "other": replace(numbers["other"], value=2)},
        terms={name: term for name, term in one.terms.items() if name != "low"},
    )
    above = carry_over(one, changed, two)
    assert (above.parameters["limit"].value, above.parameters["other"].value) == (130, 2)
    assert list(above.terms) == ["high", "new"]


def test_a_date_is_a_number_of_the_norm_too() -> None:
    (one,) = editions(BASE.replace("valid_to: 2020-12-31\n", ""))
    assert one.parameters["since"].value == date(2011, 11, 11)
    assert bind_pack(one, {"since": "2012-01-01"}).values["since"] == date(2012, 1, 1)
    moved = [mutant.change for mutant in make_mutants(one) if mutant.place == "parameters.since"]
    assert moved == ["2011-11-11 → 2011-11-10", "2011-11-11 → 2011-11-12"]


def test_a_mutant_of_the_first_vaccination_edition_reaches_the_last() -> None:
    first, *_, last = load_library().packs["vaccination"]
    assert first.series is not None
    mmr = first.series.courses["mmr"]
    courses = first.series.courses | {"mmr": replace(mmr, doses=mmr.doses[:1])}
    changed = replace(first, series=replace(first.series, courses=courses))
    above = carry_over(first, changed, last).series
    assert above is not None
    assert len(above.courses["mmr"].doses) == 1
    assert len(above.courses["dtap"].doses) == 5
    assert list(above.courses) == list(last.series.courses if last.series else ())
