"""Telling people, over real HTTP to receivers of the test: once each, retried, unreachable ones in nobody's way, no secret said."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.journey.demo_city import Demo, ask
from tests.journey.listening import Listener, listen, to, write_receivers
from tests.journey.small_city import call
from wangdi.store.city import City

SECRET = "s3cret-of-nobody"


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HOOK", SECRET)
    with listen() as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest open signal of the demo, which has a site and can wait."""

    told: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.told["signal"])

    def after(self, hours: float) -> str:
        """So long after it was sent (at seven in the morning)."""
        return (datetime.fromisoformat(self.told["sent_at"]) + timedelta(hours=hours)).isoformat()


@pytest.fixture(scope="module")
def newest(demo: Demo) -> Newest:
    found = Newest(ask(demo.folder, "signals", "list")["rows"][0])
    assert found.told["sites"]
    assert not found.told["urgent"]
    assert found.after(0).endswith("T07:00:00")
    return found


@pytest.fixture
def at(newest: Newest) -> str:
    return newest.after(1)


def notify(city: Path, *arguments: object) -> tuple[int, Any]:
    """Exit code and answer; whatever is said, the secret is never part of it."""
    result = call("notify", *arguments, "--json", city=city)
    assert SECRET not in result.stdout + result.stderr
    return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr


def test_a_signal_is_told_once_to_whoever_is_in_charge_and_names_nobody(
    own_city: Path, listener: Listener, newest: Newest, at: str
) -> None:
    signal = newest.told
    taken, other = listener.url("taken/${HOOK}"), listener.url("other")
    write_receivers(own_city, to(taken, org=signal["org"]), to(other, name="b", org="J99"))
    code, dry = notify(own_city, "send", "--at", at, "--dry-run")
    assert (code, dry["shown"], dry["sent"], listener.heard) == (0, 1, 0, [])
    code, sent = notify(own_city, "send", "--at", at)
    assert (code, sent["sent"], sent["failed"]) == (0, 1, 0)
    (path, heard) = listener.heard[0]
    assert path == f"/taken/{SECRET}"
    assert signal["title"] in heard["title"]
    assert heard["message"] == dry["rows"][0]["body"]
    assert f"http://10.1.2.3:8000/signals/{newest.id}" in heard["message"]
    assert signal["due_at"].replace("T", " ")[:16] in heard["message"]
    assert not [site for site in signal["sites"] if site in heard["message"] + heard["title"]], "somebody wrote it"
    assert notify(own_city, "send", "--at", at)[1]["rows"] == []
    assert len(listener.heard) == 1
    (told,) = notify(own_city, "list")[1]["rows"]
    assert (told["receiver"], told["notice"], told["ok"], told["tries"]) == ("值班", f"signal/{newest.id}", True, 1)


def test_no_secret_is_written_down(own_city: Path, listener: Listener, at: str) -> None:
    write_receivers(own_city, to(listener.url("broken/${HOOK}")), to(listener.url("taken/${HOOK}"), name="b"))
    notify(own_city, "send", "--at", at)
    assert len(listener.heard) == 2
    with City.open(own_city) as city:
        rows = [row for _, row in city.ledger_history("notify.sent")]
    assert len(rows) == 2
    assert SECRET not in json.dumps([row.body for row in rows])
    kept = [path for path in own_city.rglob("*") if path.is_file() and path.stat().st_size < 50_000_000]
    assert not [path.name for path in kept if SECRET.encode() in path.read_bytes()]


def test_a_receiver_that_cannot_be_reached_stops_no_other_and_is_tried_again(
    own_city: Path, listener: Listener, at: str
) -> None:
    write_receivers(
        own_city,
        to(listener.url("broken"), name="1"),
        to("json://127.0.0.1:9/", name="2"),
        to(listener.url("silent"), name="3"),
        to(listener.url("x/${NOT_THERE}"), name="4"),
        to("nonsense://x", name="5"),
        to(listener.url("taken"), name="6"),
        timeout_seconds=0.5,
        tries=2,
    )
    code, sent = notify(own_city, "send", "--at", at)
    errors = {row["receiver"]: row["error"] for row in sent["rows"]}
    assert errors == {"1": "http 500", "2": "failed", "3": "timeout", "4": "address", "5": "address", "6": ""}
    assert (code, sent["sent"], sent["failed"]) == (13, 1, 5)
    assert len(listener.of("taken")) == 1
    assert notify(own_city, "send", "--at", at)[1]["failed"] == 5
    code, given_up = notify(own_city, "send", "--at", at)
    assert (code, given_up["given_up"], given_up["failed"]) == (0, 5, 0)
    assert len(listener.of("broken")) == 2
    assert len(listener.of("taken")) == 1


def test_an_address_that_has_it_is_not_told_again_when_the_other_is_tried(
    own_city: Path, listener: Listener, at: str
) -> None:
    write_receivers(own_city, to("", urls=[listener.url("taken"), listener.url("broken")]))
    assert notify(own_city, "send", "--at", at)[0] == 13
    assert notify(own_city, "send", "--at", at)[0] == 13
    assert (len(listener.of("taken")), len(listener.of("broken"))) == (1, 2)
    (told,) = notify(own_city, "list")[1]["rows"]
    assert (told["reached"], told["tries"], told["error"]) == ([1], 2, "http 500")


def test_a_receiver_that_failed_is_left_alone_for_the_rest_of_the_run(
    own_city: Path, listener: Listener, newest: Newest
) -> None:
    write_receivers(own_city, to(listener.url("broken"), kinds=["signal", "overdue"]), news_days=400)
    _, sent = notify(own_city, "send", "--at", newest.after(121))
    assert (sent["failed"], sent["later"]) == (1, len(sent["rows"]) - 1)
    assert len(sent["rows"]) > 2
    assert len(listener.heard) == 1


def test_quiet_hours_wait_and_then_it_is_told(own_city: Path, listener: Listener, at: str, newest: Newest) -> None:
    write_receivers(own_city, to(listener.url("taken"), quiet="07:30-09:00"))
    assert notify(own_city, "send", "--at", at)[1]["quiet"] == 1
    assert listener.heard == []
    assert notify(own_city, "send", "--at", newest.after(2))[1]["sent"] == 1


def test_an_overdue_signal_is_told_once_a_clock_and_then_to_the_level_above(
    own_city: Path, listener: Listener, newest: Newest
) -> None:
    write_receivers(own_city, to(listener.url("taken"), kinds=["overdue", "escalated"]))

    def kinds(hours: float) -> list[str]:
        return sorted(row["kind"] for row in notify(own_city, "send", "--at", newest.after(hours))[1]["rows"])

    def step(*arguments: str) -> None:
        assert call("signals", "step", newest.id, *arguments, city=own_city).exit_code == 0

    assert kinds(23) == []
    assert kinds(25) == ["overdue"]
    assert kinds(26) == []
    assert kinds(49) == ["escalated"]
    assert kinds(50) == []
    step("preliminary", "--at", newest.after(51))
    assert kinds(52) == []
    assert kinds(100) == ["overdue"], "the next clock"
    step("closed", "--outcome", "outbreak", "--note", "n", "--at", newest.after(101))
    assert kinds(126) == [], "what is closed is nobody's clock"


def test_old_news_are_no_news(own_city: Path, listener: Listener) -> None:
    write_receivers(own_city, to(listener.url("taken")))
    assert notify(own_city, "send", "--at", "2026-06-01T08:00:00")[1]["rows"] == []


def test_a_trial_message_says_which_address_failed(own_city: Path, listener: Listener) -> None:
    write_receivers(own_city, to("", urls=[listener.url("taken"), listener.url("broken/${HOOK}")]))
    code, tried = notify(own_city, "test", "值班")
    assert (code, [row["error"] for row in tried["rows"]]) == (13, ["", "http 500"])
    assert "试发" in listener.of("taken")[0]["title"]
    assert notify(own_city, "list")[1]["rows"] == []
    code, said = notify(own_city, "test", "nobody")
    assert (code, said.split()[0]) == (2, "NOTIFY-012")


def test_the_check_names_what_is_wrong_and_shows_no_address(own_city: Path, listener: Listener) -> None:
    assert notify(own_city, "check")[1]["problems"][0]["code"] == "NOTIFY-001"
    write_receivers(own_city, to(listener.url("taken/${HOOK}")))
    code, right = notify(own_city, "check")
    assert (code, right["problems"], right["receivers"][0]["ways"]) == (0, [], ["JSON"])
    write_receivers(
        own_city,
        to("json://u:pw@127.0.0.1", org="J99"),
        to("x://${NOT_THERE}", name="b", org="J99"),
        to("x://", name="c"),
    )
    code, wrong = notify(own_city, "check")
    found = [(one["code"], one["field"]) for one in wrong["problems"]]
    assert code == 11
    assert found == [
        ("NOTIFY-006", "receivers[1].org"),
        ("NOTIFY-010", "receivers[1].urls[1]"),
        ("NOTIFY-006", "receivers[2].org"),
        ("NOTIFY-007", "receivers[2].urls[1]"),
        ("NOTIFY-008", "receivers[3].urls[1]"),
    ]
    write_receivers(own_city, to(listener.url("taken"), org="J99"))
    assert {one["code"] for one in notify(own_city, "check")[1]["problems"]} == {"NOTIFY-006", "NOTIFY-013"}
    (own_city / "notify.yaml").write_bytes("receivers: [{name: 值班}]".encode("gbk"))
    assert notify(own_city, "check")[1]["problems"][0]["code"] == "NOTIFY-002"
    code, said = notify(own_city, "send")
    assert (code, said.split()[0]) == (11, "NOTIFY-002")


def test_two_do_not_send_at_once(own_city: Path, listener: Listener, at: str) -> None:
    write_receivers(own_city, to(listener.url("silent")), timeout_seconds=3)
    first = threading.Thread(target=lambda: call("notify", "send", "--at", at, city=own_city))
    first.start()
    while not listener.heard:
        first.join(0.05)
    code, said = notify(own_city, "send", "--at", at)
    assert (code, said.split()[0]) == (20, "NOTIFY-011")
    listener.ended.set()
    first.join()
    assert notify(own_city, "list")[1]["rows"][0]["ok"]
