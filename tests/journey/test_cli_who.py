"""``wangdi link`` and ``wangdi person ...`` as typed: who is who in the demo city, decided, read back and taken back."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.journey.demo_city import YEAR, Demo, ask
from tests.journey.small_city import call, make_small_city

ENGLISH = {"WANGDI_LANG": "en"}


@pytest.fixture
def linked(own_city: Path) -> Path:
    """A copy of the demo city, linked: what waits is derived, and no part of the copy."""
    ask(own_city, "link")
    return own_city


def story_of(city: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((city / "truth" / "story.json").read_text(encoding="utf-8"))
    return said


def registrations_of(city: Path, person: str) -> dict[int, dict[str, Any]]:
    return {one["registration_id"]: one for one in ask(city, "person", "show", person)["registrations"]}


def find_bearer(city: Path, registration: int) -> str:
    """Who the registration with the borrowed number belongs to by now."""
    told = story_of(city)["wrong_merge"]
    name = next(one["name"] for one in told["registrations"] if one["registration"] == told["registration"])
    found = [row["person_id"] for row in ask(city, "person", "search", name)["rows"]]
    return str(next(one for one in found if registration in registrations_of(city, one)))


def find_merge(city: Path) -> tuple[str, int]:
    """The person whose number two brothers bear, and the registration that is the other brother's."""
    told = story_of(city)["wrong_merge"]
    owner = next(one for one in told["registrations"] if one["person"] == told["taken_for"])
    borrowed = next(one for one in told["registrations"] if one["registration"] == told["registration"])
    for row in ask(city, "person", "search", owner["name"])["rows"]:
        for number, one in registrations_of(city, row["person_id"]).items():
            if (one["org"], one["local_id"]) == (borrowed["sender"], borrowed["local_id"]):
                return row["person_id"], number
    raise AssertionError("the wrong merge is nobody's")


# ---- linking ----------------------------------------------------------------------------------------------------------
def test_linking_again_changes_nothing_and_says_what_it_found(own_city: Path) -> None:
    found = ask(own_city, "link")
    assert (found["changed"], found["moved"]) == (0, 0)
    assert found["people"] < found["registrations"]
    assert found["review"] > 0
    again = call("link", "--quiet", city=own_city)
    assert again.exit_code == 0
    assert f"{found['registrations']:,}".replace(",", "") in again.stdout.replace(",", "")
    assert "wangdi person review" in again.stdout
    english = call("link", "--quiet", city=own_city, env=ENGLISH)
    assert "are left to people" in english.stdout


def test_a_city_too_small_to_learn_from_keeps_the_shipped_weights(own_city: Path) -> None:
    assert ask(own_city, "link", "--learn")["weights"] == "shipped"


def test_learning_is_asked_for_and_kept(own_city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wangdi.app.linking.TEACHERS", 100)
    learnt = ask(own_city, "link", "--learn")["weights"]
    assert learnt != "shipped"
    assert ask(own_city, "link")["weights"] == learnt, "weights stay until somebody has them learnt anew"


def test_an_empty_city_links_nobody_and_says_so(tmp_path: Path) -> None:
    city = make_small_city(tmp_path / "empty")
    assert "wangdi link" in call("person", "review", city=city).stdout
    assert ask(city, "link")["people"] == 0
    assert ask(city, "person", "review")["rows"] == []
    assert ask(city, "person", "quality")["rows"] == []


# ---- looking ----------------------------------------------------------------------------------------------------------
def test_one_resident_under_three_spellings_is_one_timeline(demo: Demo) -> None:
    told = story_of(demo.folder)["one_resident"]["registrations"]
    names = {one["name"] for one in told}
    assert (len(names), len({one["sender"] for one in told})) == (3, 4)
    found = {row["person_id"] for name in names for row in ask(demo.folder, "person", "search", name)["rows"]}
    (person,) = [
        one
        for one in found
        if {row["local_id"] for row in registrations_of(demo.folder, one).values()}
        >= {row["local_id"] for row in told if row["local_id"]}
    ]
    shown = ask(demo.folder, "person", "show", person)
    assert {row["name"] for row in shown["registrations"]} == names
    assert len({fact["org"] for fact in shown["facts"]}) >= 3


def test_search_finds_by_each_thing_somebody_may_know(demo: Demo) -> None:
    one = story_of(demo.folder)["one_resident"]["registrations"]
    number = next(row["id_no"] for row in one if row["id_no"])
    (row,) = ask(demo.folder, "person", "search", number)["rows"]
    assert row["matched"] == "id_no"
    assert row["id_tail"] == number[-4:]
    for env, said in (({}, "没有符合"), (ENGLISH, "Nobody fits")):
        nobody = call("person", "search", "没有这个人", city=demo.folder, env=env)
        assert (nobody.exit_code, said in nobody.stdout) == (0, True)
    assert call("person", "search", city=demo.folder).exit_code == 2


def test_the_queue_is_listed_a_page_at_a_time_and_by_institution(demo: Demo) -> None:
    whole = ask(demo.folder, "person", "review")
    assert whole["total"] == len(whole["rows"]) >= 3
    likely = [row["probability"] for row in whole["rows"]]
    assert likely == sorted(likely, reverse=True)
    assert all(row["one"]["person_id"] != row["other"]["person_id"] for row in whole["rows"])
    assert any(row["rival"] for row in whole["rows"]), "a newborn twin's record fits both"
    second = ask(demo.folder, "person", "review", "--limit", 1, "--offset", 1)
    assert second["rows"] == whole["rows"][1:2]
    org = whole["rows"][0]["one"]["org"]
    mine = ask(demo.folder, "person", "review", "--org", org)["rows"]
    assert mine == [row for row in whole["rows"] if org in (row["one"]["org"], row["other"]["org"])]
    assert ask(demo.folder, "person", "review", "--org", "H00000000")["rows"] == []
    table = call("person", "review", city=demo.folder)
    assert str(whole["rows"][0]["one"]["registration"]) in table.stdout
    assert "wangdi person decide" in table.stdout
    file = call("person", "review", "--format", "csv", city=demo.folder)
    assert len(list(csv.DictReader(io.StringIO(file.stdout)))) == whole["total"]


def test_quality_is_counted_by_institution_and_listed_of_one(demo: Demo) -> None:
    rows = ask(demo.folder, "person", "quality")["rows"]
    assert sum(row["registrations"] for row in rows) > 600
    org = max(rows, key=lambda row: row["no_number"])
    listed = ask(demo.folder, "person", "quality", "--org", org["org"])["rows"]
    assert sum("no_number" in row["flaws"] for row in listed) == org["no_number"] > 0
    for env, word in (({}, "机构"), (ENGLISH, "organisation")):
        table = call("person", "quality", city=demo.folder, env=env)
        assert (table.exit_code, org["org"] in table.stdout) == (0, True)
        assert word in table.stdout.lower()


# ---- deciding ---------------------------------------------------------------------------------------------------------
def test_a_pair_is_decided_remembered_and_taken_back(linked: Path) -> None:
    before = ask(linked, "person", "review")
    pairs = [(row["one"]["registration"], row["other"]["registration"]) for row in before["rows"]]
    unsure = ask(linked, "person", "decide", *pairs[0], "unsure", "--why", "问过家里再说")
    assert unsure["registrations"] == []
    last = ask(linked, "person", "review")["rows"][-1]
    assert (last["one"]["registration"], last["other"]["registration"], last["unsure"]) == (*pairs[0], True)
    apart = ask(linked, "person", "decide", *pairs[0], "apart", "--why", "双胞胎")
    assert ask(linked, "person", "review")["total"] == before["total"] - 1
    assert ask(linked, "link")["review"] == before["total"] - 1, "never asked again"
    (held,) = ask(linked, "person", "decisions")["rows"]
    assert (held["number"], held["verdict"], held["reason"]) == (apart["number"], "apart", "双胞胎")
    assert "双胞胎" in call("person", "decisions", city=linked).stdout
    undone = call("person", "undo", apart["number"], "--why", "看错了", city=linked, env=ENGLISH)
    assert (undone.exit_code, "taken back" in undone.stdout) == (0, True)
    assert ask(linked, "person", "decisions")["rows"] == []
    assert ask(linked, "person", "decisions", "--known", apart["number"])["rows"][0]["verdict"] == "apart"
    assert ask(linked, "link")["review"] == before["total"], "an open pair waits again from the next run on"


def test_joining_a_pair_makes_one_person_until_it_is_undone(linked: Path) -> None:
    row = ask(linked, "person", "review", "--limit", 1)["rows"][0]
    pair = (row["one"]["registration"], row["other"]["registration"])
    joined = ask(linked, "person", "decide", *pair, "together", "--why", "看过户口簿")
    (person,) = {one["person_id"] for one in joined["registrations"]}
    assert set(pair) <= set(registrations_of(linked, person))
    again = call("person", "decide", *pair, "together", "--why", "再说一遍", city=linked)
    assert (again.exit_code, "LINK-022" in again.stderr) == (11, True)
    ask(linked, "person", "undo", joined["number"], "--why", "认错了")
    assert not set(pair) <= set(registrations_of(linked, person))


def test_splitting_the_wrong_merge_moves_a_figure_and_merging_brings_it_back(own_city: Path) -> None:
    person, borrowed = find_merge(own_city)
    figure = ("figures", "--period", YEAR, "--by", "county", "--indicator", "ehr_use")
    (before,) = ask(own_city, *figure)["rows"]
    told = call("person", "split", person, borrowed, "--why", "借用证件", "--quiet", city=own_city)
    assert told.exit_code == 0, told.output
    assert str(borrowed) in told.stdout
    (after,) = ask(own_city, *figure)["rows"]
    assert (after["numerator"], after["denominator"]) == (before["numerator"] - 1, before["denominator"])
    compared = ask(own_city, "compare", "--period", YEAR, "--known-a", before["known"], "--indicator", "ehr_use")
    (row,) = compared["rows"]
    assert [(one["person_id"], one["cause"], one["moves"]) for one in row["people"]] == [
        (person, "relinked", ["left_numerator"])
    ]
    table = call("compare", "--period", YEAR, "--known-a", before["known"], "--quiet", city=own_city)
    assert "重新归人" in table.stdout
    ask(own_city, "link")
    assert borrowed not in registrations_of(own_city, person), "a later run honours what was decided"
    other = find_bearer(own_city, borrowed)
    ask(own_city, "person", "merge", person, other, "--why", "是同一个人")
    (again,) = ask(own_city, *figure)["rows"]
    assert (again["numerator"], again["denominator"]) == (before["numerator"], before["denominator"])


def test_undoing_a_split_puts_everything_back(own_city: Path) -> None:
    person, borrowed = find_merge(own_city)
    before = registrations_of(own_city, person)
    split = ask(own_city, "person", "split", person, borrowed, "--why", "借用证件")
    assert borrowed not in registrations_of(own_city, person)
    ask(own_city, "person", "undo", split["number"], "--why", "没有借用")
    assert registrations_of(own_city, person) == before


# ---- what cannot be done ------------------------------------------------------------------------------------------------
NOBODY = "P0000000000000001"


@pytest.mark.parametrize(
    ("given", "code", "exit_code", "words"),
    [
        (("split", "nobody", "1", "--why", "x"), "FIG-004", 2, ("nobody", "nobody")),
        (("split", NOBODY, "1", "--why", "x"), "LINK-021", 11, ("没有编号为", "Nobody has the number")),
        (("merge", NOBODY, NOBODY, "--why", "x"), "LINK-022", 11, ("已经是同一个人", "one person already")),
        (("decide", "1", "2", "apart", "--why", "x"), "LINK-023", 11, ("不存在", "There is no registration")),
        (("undo", "3", "--why", "x"), "LINK-025", 11, ("没有编号为", "There is no decision")),
        (("decide", "1", "2", "perhaps", "--why", "x"), "CLI-", 2, ("perhaps", "perhaps")),
        (("decide", "one", "2", "apart", "--why", "x"), "CLI-", 2, ("one", "one")),
        (("split", NOBODY, "1"), "CLI-", 2, ("--why", "--why")),
        (("quality", "--known", "soon"), "STORE-022", 2, ("soon", "soon")),
    ],
)
def test_what_cannot_be_done_is_told_in_both_languages(
    demo: Demo, given: tuple[str, ...], code: str, exit_code: int, words: tuple[str, str]
) -> None:
    for env, said in zip(({}, ENGLISH), words, strict=True):
        result = call("person", *given, city=demo.folder, env=env)
        assert result.exit_code == exit_code, result.output
        assert result.stdout == ""
        assert code in result.stderr
        assert said in result.stderr
        assert "Traceback" not in result.stderr


def test_an_empty_reason_is_no_reason(linked: Path) -> None:
    row = ask(linked, "person", "review", "--limit", 1)["rows"][0]
    pair = (row["one"]["registration"], row["other"]["registration"])
    result = call("person", "decide", *pair, "apart", "--why", "  ", city=linked)
    assert (result.exit_code, "LINK-026" in result.stderr) == (11, True)
    assert ask(linked, "person", "decisions")["rows"] == []


def test_the_story_tells_both_cases_and_what_waits(demo: Demo) -> None:
    """The demo finds by asking what truth planted."""
    told = story_of(demo.folder)
    person, borrowed = find_merge(demo.folder)
    assert f"wangdi person split {person} {borrowed}" in demo.told
    assert f"/person/{person}" in demo.told
    assert all(one["name"] in demo.told for one in told["one_resident"]["registrations"])
    total = ask(demo.folder, "person", "review")["total"]
    assert f"还有 {total} 对拿不准" in demo.told
    assert "/who" in demo.told
