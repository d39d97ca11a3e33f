"""What pack pages are told by the use cases: kept results that are true, differences of editions, words of values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from wangdi.app.pack_cases import say_cell
from wangdi.app.pack_scores import kept_results, trial_key, try_edition, write_results
from wangdi.app.pack_telling import Lengths, compare_editions, measure_windows
from wangdi.app.pack_trials import programme_of
from wangdi.app.pack_try import Visit, ask_questions, try_visit
from wangdi.language.library import load_library
from wangdi.language.model import Pack
from wangdi.web.trials import Trials
from wangdi.web.windowbar import WIDTH, plot_spans, plot_window

EDITIONS = [(pack.id, pack.edition) for editions in load_library().packs.values() for pack in editions]


def shipped(name: str = "hypertension") -> Pack:
    return load_library().newest[name]


@pytest.mark.parametrize(("name", "edition"), EDITIONS)
def test_a_kept_result_is_true(name: str, edition: str) -> None:
    editions = load_library().packs[name]
    pack = next(one for one in editions if one.edition == edition)
    kept = kept_results().get(trial_key(editions, pack))
    assert kept is not None, "run: make docs"
    assert kept == try_edition(editions, pack), "run: make docs"
    assert not kept.failed
    assert not kept.survivors


def test_nothing_is_kept_of_packs_that_are_no_more() -> None:
    assert sorted((one.pack, one.edition) for one in kept_results().values()) == sorted(EDITIONS), "run: make docs"
    assert write_results(kept_results().values()) == write_results(list(kept_results().values()))


def test_another_rule_is_another_key() -> None:
    pack = shipped()
    other = replace(pack, digest="0" * 64)
    assert trial_key([pack], pack) != trial_key([other], other)
    assert trial_key([other, pack], pack) != trial_key([pack], pack), "an earlier edition judges earlier visits"


def test_a_trial_is_known_while_it_runs_and_afterwards() -> None:
    trials = Trials()
    pack = replace(shipped("health_record"), digest="1" * 64)
    key = trial_key([pack], pack)
    try:
        assert (trials.result(key), trials.progress(key)) == (None, None)
        trials.start([pack], pack, key)
        trials.start([pack], pack, key)
        while trials.progress(key) is not None:
            pass
        found = trials.result(key)
        assert found is not None
        assert found.passed == found.cases
    finally:
        trials.close()


def test_editions_are_compared_sentence_by_sentence() -> None:
    pack = shipped()
    assert compare_editions(pack, pack) == []
    goal = replace(pack.parameters["sbp_goal"], value=135)
    fewer = {name: task for name, task in pack.schedule.items() if name != "annual_check"}
    other = replace(pack, edition="later", parameters=pack.parameters | {"sbp_goal": goal}, schedule=fewer)
    changes = compare_editions(pack, other)
    assert ("parameters", "sbp_goal", "value", "140", "135") in {
        (one.block, one.item, one.part, one.before, one.after) for one in changes
    }
    gone = [one for one in changes if one.block == "tasks"]
    assert {one.item for one in gone} == {"年度健康检查"}
    assert all(one.after == "" for one in gone)
    assert [one.block for one in changes] == sorted((one.block for one in changes), key=list(_order()).index)
    assert not [one for one in changes if one.block == "classes" and one.item == "危急情况"]


def _order() -> list[str]:
    return ["forms", "parameters", "enrol", "terms", "classes", "tasks", "indicators", "report"]


def test_a_window_is_as_long_as_its_parameters_say() -> None:
    measured = measure_windows(shipped())
    recheck = shipped().parameters["recheck"].value
    assert isinstance(recheck, int | float)
    assert measured["class.adjust"] == {"contact": Lengths(0, float(recheck), float(recheck))}
    assert set(measured["task.contact"]) == {"first", "missed"}
    assert measured["task.annual_check"] == {}


def test_a_bar_is_never_too_short_to_be_seen() -> None:
    bar = plot_window(Lengths(1, 1, 1), 100)
    assert bar.opens < bar.due <= bar.closes <= WIDTH
    assert plot_window(Lengths(0, 0, 0), 0).due > 0


def test_an_edition_lies_where_its_years_are() -> None:
    spans, years = plot_spans(
        [("a", "1", date(2017, 1, 1), date(2019, 12, 31)), ("a", "2", date(2020, 1, 1), None)], date(2026, 2, 1)
    )
    assert [year for _, year in years] == list(range(2017, 2028))
    assert spans[0].x == 0
    assert spans[1].x == pytest.approx(spans[0].x + spans[0].length, abs=1)
    assert spans[1].open
    assert not spans[0].open


def test_a_value_is_said_in_the_words_of_its_field() -> None:
    fields = shipped().forms["followup"].fields
    assert say_cell(fields["way"], "1") == "门诊"
    assert say_cell(fields["symptoms"], "2;3") == "头痛头晕、恶心呕吐"
    assert say_cell(fields["danger_sign"], False) == "否"
    assert say_cell(None, date(2025, 1, 2)) == "2025-01-02"
    assert say_cell(fields["sbp"], None) == ""


def test_only_fields_that_decide_stand_in_front() -> None:
    asked = ask_questions(shipped())
    assert asked is not None
    assert asked.looks_back
    deciding = {one.name for one in asked.fields if one.decides}
    assert {"sbp", "dbp", "danger_sign", "adverse_reaction", "new_complication"} <= deciding
    assert "weight" not in deciding
    assert asked.form.occurred_on not in {one.name for one in asked.fields}


def test_without_a_day_nothing_is_judged() -> None:
    programme = programme_of([shipped()])
    tried = try_visit(programme, Visit(now={"sbp": "150", "date": "soon"}))
    assert tried.judgement is None
    assert tried.unread == {"now.date": "yyyy-mm-dd"}
    ended = replace(shipped(), valid_to=date(2020, 1, 1))
    assert try_visit(programme_of([ended]), Visit(now={"date": "2025-01-01"})).pack is None
