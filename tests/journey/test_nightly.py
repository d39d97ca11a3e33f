"""A night: every step does its part, one that fails stops no other, what came out stays as it was, and the pages tell of it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.journey.demo_city import YEAR, ask
from tests.journey.listening import Listener, listen, to, write_receivers
from tests.journey.small_city import call, make_small_city
from tests.pages import NOW, check_page, open_pages, read, words_of
from wangdi.app.nightly import STEPS, find_last_night
from wangdi.app.notifying import FAILED, SENT
from wangdi.app.plan_rounds import Edition, find_due_rounds, list_editions
from wangdi.cli.nightly import COUNT_WORDS, STEP_WORDS
from wangdi.notices.told import GIVEN_UP, LATER, QUIET
from wangdi.plans.bodies import TURN_KIND
from wangdi.plans.rounds import ROUNDS, round_before
from wangdi.plans.turns import Turn, write_turn
from wangdi.store.city import City
from wangdi.store.records import LedgerRow
from wangdi.web.app import make_app
from wangdi.web.door import Clock, Door
from wangdi.web.nights import Nights

NEW_YEAR = f"{int(YEAR) + 1}-01-01"
LAST = f"{YEAR}-12-31"


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with listen() as opened:
        yield opened


def night(city: Path, on: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """The steps of a night by name."""
    told = ask(city, "nightly", "--on", on, "--at", f"{on}T02:30:00", code=code)
    assert [one["step"] for one in told["steps"]] == list(STEPS)
    assert ask(city, "nightly", "--last", code=code) == told
    return {one["step"]: one for one in told["steps"]}


def states(steps: dict[str, dict[str, Any]]) -> list[str]:
    return [steps[name]["state"] for name in STEPS]


def test_a_night_judges_what_was_missed_and_lets_what_ended_come_out(own_city: Path) -> None:
    first = night(own_city, NEW_YEAR)
    assert first["judge"]["state"] == "nothing", "the demo was judged to the last day of its year"
    assert first["settle"]["state"] == "done"
    assert first["rounds"]["counts"] == {"month": 1, "quarter": 1, "year": 1}
    assert first["notify"]["state"] == "nothing", "nobody is to be told"
    again = night(own_city, NEW_YEAR)
    assert again["rounds"]["counts"] == {}
    assert again["settle"]["counts"]["turns"] == 0
    later = night(own_city, f"{int(YEAR) + 1}-01-06")
    assert later["judge"]["counts"]["days"] == 5
    assert "5 天" in call("nightly", "--last", city=own_city).stdout
    assert later["rounds"]["counts"] == {"week": 1}, "the week to Sunday the fourth"
    assert [row["last"] for row in ask(own_city, "plan", "rounds")["rows"]] == [f"{int(YEAR) + 1}-01-04", *[LAST] * 3]


def test_the_first_night_of_a_city_without_anything_has_nothing_to_do(tmp_path: Path) -> None:
    city = make_small_city(tmp_path)
    assert call("nightly", "--last", city=city).stderr.startswith("NIGHT-004")
    steps = night(city, NEW_YEAR)
    assert steps["judge"]["counts"]["days"] == 1
    assert states(steps)[1:] == ["nothing"] * 4
    assert call("serve", "--nightly", "2:77", city=city).stderr.startswith("NIGHT-005")


def test_what_fails_stops_no_other_and_stands_on_the_board(own_city: Path) -> None:
    (own_city / "surveillance.yaml").write_text("unusual: {no_such: 1}\n", encoding="utf-8")
    (own_city / "notify.yaml").write_text("receivers: [", encoding="utf-8")
    steps = night(own_city, f"{int(YEAR) + 1}-01-02", code=13)
    assert states(steps) == ["failed", "nothing", "done", "nothing", "failed"]
    assert (steps["judge"]["code"], steps["notify"]["code"]) == ("SIGNAL-001", "NOTIFY-002")
    table = call("nightly", "--last", city=own_city)
    assert table.exit_code == 13
    assert "NOTIFY-002" in table.stdout
    (own_city / "surveillance.yaml").unlink()
    with open_pages(own_city) as client:
        said = words_of(check_page(read(client, "/signals")))
        assert "没做成" in said
        assert "notify.yaml" in said
    assert night(own_city, f"{int(YEAR) + 1}-01-03", code=13)["judge"]["counts"]["days"] == 2, (
        "what was missed is made up"
    )
    (own_city / "notify.yaml").unlink()
    night(own_city, f"{int(YEAR) + 1}-01-03")
    with open_pages(own_city) as client:
        assert "没做成" not in words_of(check_page(read(client, "/signals?lang=zh")))
        assert "Last night" in words_of(check_page(read(client, "/signals?lang=en")))


def test_a_fault_of_ours_in_one_step_stops_no_other(own_city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("wangdi.app.nightly.measure_plans", break_down)
    steps = night(own_city, NEW_YEAR, code=13)
    assert states(steps) == ["nothing", "nothing", "failed", "failed", "nothing"]
    assert steps["settle"]["code"] == "NIGHT-001"


def test_every_step_has_its_words() -> None:
    assert tuple(STEP_WORDS) == STEPS
    assert {*ROUNDS, SENT, FAILED, QUIET, LATER, GIVEN_UP} <= COUNT_WORDS.keys()


def test_a_round_stays_as_it_came_out(own_city: Path, tmp_path: Path) -> None:
    night(own_city, NEW_YEAR)
    out, later, third = tmp_path / "out.html", tmp_path / "later.html", tmp_path / "third.html"
    kept = ("plan", "bulletin", "--every", "month", "--on", LAST, "--kept", "--out")
    ask(own_city, *kept, out)
    item = ask(own_city, "plan", "list", "--state", "confirmed")["rows"][0]["item"]
    assert call("plan", "edit", item, "--name", "改了名的事项", "--why", "试", city=own_city).exit_code == 0
    ask(own_city, *kept, later)
    assert out.read_bytes() == later.read_bytes()
    assert "改了名的事项" not in out.read_text(encoding="utf-8")
    again = ask(own_city, "plan", "bulletin", "--every", "month", "--on", LAST, "--publish", "--out", third)
    assert again["edition"] == 2
    assert "改了名的事项" in third.read_text(encoding="utf-8")
    ask(own_city, *kept, later, "--edition", "1")
    assert out.read_bytes() == later.read_bytes()
    missing = call(*kept, later, "--edition", "3", city=own_city)
    assert (missing.exit_code, missing.stderr.split()[0]) == (2, "PLAN-008")
    with open_pages(own_city) as client:
        now, before = (read(client, f"/plan/rounds/month/{LAST}{tail}") for tail in ("", "?edition=1"))
        assert "改了名的事项" in words_of(check_page(now))
        assert "改了名的事项" not in words_of(check_page(before))


def test_a_round_that_has_not_ended_does_not_come_out(own_city: Path) -> None:
    early = call("plan", "bulletin", "--every", "year", "--on", "2999-01-01", "--publish", city=own_city)
    assert (early.exit_code, early.stderr.split()[0]) == (2, "PLAN-009")
    one = call("plan", "bulletin", "--every", "year", "--on", LAST, "--publish", "--plan", "x", city=own_city)
    assert (one.exit_code, one.stderr.split()[0]) == (2, "PLAN-026")


def test_the_pages_tell_what_came_out_and_what_comes_next(own_city: Path) -> None:
    with open_pages(own_city) as client:
        assert "还没有出过" in words_of(check_page(read(client, "/plan/rounds")))
    night(own_city, NEW_YEAR)
    with open_pages(own_city) as client:
        assert "/plan/rounds" in read(client, "/plan")
        said = words_of(check_page(read(client, "/plan/rounds")))
        assert "月晾晒" in said
        assert f"{NOW.year}-03-01" in said, "the month under way comes out on the day after it ends"
        assert "Monthly ranking" in words_of(check_page(read(client, "/plan/rounds?lang=en")))
        page = words_of(check_page(read(client, f"/plan/rounds/month/{LAST}")))
        assert "各地区排名" in page
        assert f"出于 {NEW_YEAR} 02:30" in page
        assert "Areas in order" in words_of(check_page(read(client, f"/plan/rounds/month/{LAST}?lang=en")))
        rows = read(client, "/plan/rounds?format=csv").splitlines()
        assert len(rows) == 4
        for wrong in (f"month/{YEAR}-11-30", "month/x", f"decade/{LAST}", f"month/{LAST}?edition=9"):
            assert client.get(f"/plan/rounds/{wrong}").status_code == 404
        assert "还没有出过" in words_of(check_page(read(client, f"/plan/rounds?known={LAST}")))


def test_rounds_come_out_once_and_none_is_made_up_for_the_time_before() -> None:
    def out(*ended: tuple[str, date]) -> list[Edition]:
        at = datetime(2026, 1, 1)
        return [Edition(every, last, last, at, "", 0, 0, 1, {}, {}, 0, 0) for every, last in ended]

    on = date(2026, 1, 5)  # a Monday
    month, week = date(2025, 12, 31), date(2026, 1, 4)
    every = [("week", week), ("month", month), ("quarter", month), ("year", month)]
    assert find_due_rounds([], date(2025, 1, 1), on) == every
    assert find_due_rounds([], on, on) == [("week", week)], "the first night: only what ended yesterday"
    assert find_due_rounds([], date(2026, 1, 2), on) == [("week", week)]
    assert find_due_rounds(out(("week", week), ("month", month)), date(2025, 1, 1), on) == every[2:]
    assert find_due_rounds(out(*every), date(2025, 1, 1), on) == []
    assert [round_before(one, date(2026, 3, 31))[1] for one in ROUNDS] == [
        date(2026, 3, 29), date(2026, 2, 28), date(2025, 12, 31), date(2025, 12, 31),
    ]  # fmt: skip


def test_a_bulletin_and_targets_that_turned_are_told(own_city: Path, listener: Listener) -> None:
    days = (f"{YEAR}-09-30", LAST)
    lights = []
    for day in days:
        ask(own_city, "plan", "bulletin", "--every", "month", "--on", day, "--publish")
        rows = ask(own_city, "plan", "progress", "--on", day)["rows"]
        lights.append({row["item"]: row["light"] for row in rows})
    fell = {item for item, light in lights[1].items() if light == "red" and lights[0][item] != "red"}
    with City.open(own_city) as city, city.writer("test") as writer:
        before = list_editions(city)[0].at
        turn = Turn("open", before.date(), 1, f"{YEAR}-10-ytd", 12.5, 1, 8)
        key = next(iter(lights[1]))
        writer.put_ledger([LedgerRow(TURN_KIND, key, write_turn(turn), "test")], before)
    units = sorted({row["owner"] for row in ask(own_city, "plan", "list", "--state", "confirmed")["rows"]})
    write_receivers(own_city, to(listener.url("all")), to(listener.url("unit"), name="u", org="J21000032", units=units))
    told = json.loads(call("notify", "send", "--json", city=own_city).stdout)
    mine = {row["notice"] for row in told["rows"] if row["receiver"] == "值班"}
    wanted = {f"bulletin/month/{day}" for day in days} | {f"red/{item}/{days[1]}" for item in fell}
    assert mine == wanted | {f"reopened/{key}/{before.date()}"}
    assert mine == {row["notice"] for row in told["rows"] if row["receiver"] == "u"}
    assert fell, "the demo has an item that fell behind between the two"
    owners = [row["owner"] for row in ask(own_city, "plan", "list", "--state", "confirmed")["rows"]]
    said = " ".join(f"{one['title']} {one['message']}" for one in listener.of("all"))
    assert f"http://10.1.2.3:8000/plan/rounds/month/{days[0]}" in said
    assert not [owner for owner in owners if owner in said], "an owner may be a person"
    ask(own_city, "plan", "bulletin", "--every", "month", "--on", LAST, "--publish")
    told = json.loads(call("notify", "send", "--json", city=own_city).stdout)
    assert {row["notice"] for row in told["rows"]} == {f"bulletin/month/{LAST}/2"}
    assert "更正，第 2 期" in told["rows"][0]["title"]


def test_the_server_runs_its_nights_by_its_clock_and_sends_every_hour(own_city: Path, listener: Listener) -> None:
    now = [datetime.fromisoformat(f"{NEW_YEAR}T02:29:00")]
    write_receivers(own_city, to(listener.url("taken")))
    door = Door(own_city, Clock(lambda: now[0]))
    try:
        nights = Nights(door, time(2, 30))
        nights.look()
        assert find_last_night(door.city) is None
        now[0] += timedelta(minutes=1)
        nights.look()
        last = find_last_night(door.city)
        assert last is not None
        assert (last.on.isoformat(), last.who, last.failed) == (NEW_YEAR, "serve", ())
        heard = len(listener.heard)
        assert heard >= 3, "the bulletins"
        number = door.city.latest_seq()
        now[0] += timedelta(minutes=1)
        nights.look()
        assert door.city.latest_seq() == number, "one night a day"
        (own_city / "notify.yaml").unlink()
        write_receivers(own_city, to(listener.url("taken"), name="new"))
        nights.look()
        assert len(listener.heard) == heard, "within the hour nothing is sent"
        now[0] += timedelta(hours=1)
        nights.look()
        assert len(listener.heard) > heard
        now[0] += timedelta(days=1)
        nights.look()
        last = find_last_night(door.city)
        assert last is not None
        assert last.on == date.fromisoformat(NEW_YEAR) + timedelta(days=1)
    finally:
        door.close()


def test_the_server_begins_and_ends_its_nights(own_city: Path) -> None:
    clock = Clock(lambda: datetime.fromisoformat(f"{NEW_YEAR}T02:31:00"))
    ran = threading.Event()
    with TestClient(make_app(own_city, clock, link=False, nightly=time(2, 30))) as client:
        for _ in range(600):
            if "夜间运行" in read(client, "/signals"):
                ran.set()
                break
            ran.wait(0.1)
    assert ran.is_set()
    assert not [one for one in threading.enumerate() if one.name == "nights"]
