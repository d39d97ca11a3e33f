"""Who somebody would be, asked over HTTP before they are registered: as linking would have it, and nothing is saved."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import date, datetime
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.cities import CLINIC_A1, CLINIC_A2, CLINIC_B1, HOSPITAL, VILLAGE_A1, TestCity, id_number, make_city
from tests.journey.test_linking import BORN, HOME, NUMBER, SISTER, SISTERS_SAID, WANG, link, people_of, rows_of
from tests.journey.test_push_schema import CHECKS
from tests.pages import NOW
from wangdi.app.newcomer_matching import Everybody, gather_everybody, match_newcomer
from wangdi.app.questions import stand_on
from wangdi.language.library import load_library
from wangdi.link.people import show_person
from wangdi.web.app import make_app
from wangdi.web.door import Clock
from wangdi.web.everybody import ClosedError, EverybodyKept
from wangdi.web.match_models import ASKED, FOUND, MatchBody, MatchedBody

MATCH = "/api/v1/match"
EXAMPLES = 60
TWINS = {"birth_date": date(2019, 5, 6), "sex": "1", "phone": "13900000009", "address": HOME}
SAME = {"name": "周晓琳", "sex": "2", "birth_date": date(1975, 6, 7), "phone": "13900000077"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TestCity:
    made = make_city(tmp_path_factory.mktemp("match") / "city", load_library())
    people = [
        *WANG,
        *SISTERS_SAID,
        (8, CLINIC_A1, {"name": "赵子轩", **TWINS}),
        (9, HOSPITAL, {"name": "赵子涵", **TWINS}),
        (10, CLINIC_A2, SAME | {"address": HOME}),
        (11, CLINIC_B1, SAME | {"address": "乙镇长安路8号3-301"}),
    ]
    made.accept(rows_of(people))
    link(made, datetime(2025, 3, 1, 9))
    return made


@pytest.fixture(scope="module")
def client(made: TestCity) -> Iterator[TestClient]:
    with TestClient(make_app(made.city.folder, Clock(lambda: NOW))) as opened:
        yield opened


def ask(client: TestClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(MATCH, content=json.dumps(fields), headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    MatchedBody.model_validate(said)
    return said


def test_a_newcomer_is_told_who_they_are(client: TestClient, made: TestCity) -> None:
    before = made.city.latest_seq()
    said = ask(client, name="王建国", sex="男", birth="1952-03-04", phone="13900000001", address=HOME)
    (first, *others) = said["candidates"]
    assert first["person_id"] == show_person(people_of(made)[1])
    assert (first["decision"], first["same_number"], first["kin"]) == ("merge", False, False)
    assert int(first["registration"]) in {1, 2, 3, 4}
    assert first["probability"] > 0.9
    assert sum(part["weight"] for part in first["parts"]) == pytest.approx(first["weight"], abs=0.001)
    assert {part["field"] for part in first["parts"]} >= {"prior", "name", "birth", "phone", "home"}
    assert all(one["decision"] != "merge" for one in others)
    people = [one["person_id"] for one in said["candidates"]]
    assert len(people) == len(set(people)), "folded by person"
    assert (said["known"], said["number"]) == (before, "none")
    assert made.city.latest_seq() == before, "nothing is saved"


def test_a_proved_number_is_a_person_whatever_else_is_said(client: TestClient, made: TestCity) -> None:
    said = ask(client, name="王建国", id_no=NUMBER.lower(), birth=BORN.isoformat())
    assert [one["same_number"] for one in said["candidates"]][:1] == [True]
    assert said["candidates"][0]["decision"] == "merge"
    assert said["number"] == "own"
    fresh = ask(client, name="王建国", id_no=id_number(BORN, 77), birth="1952-03-04", phone="13900000001")
    (wang,) = (one for one in fresh["candidates"] if one["person_id"] == show_person(people_of(made)[1]))
    assert (wang["decision"], wang["same_number"]) == ("separate", False), "another number is another person"
    lent = ask(client, name="李小妹", id_no=SISTER, birth="2015-01-02", sex="2")
    assert lent["number"] == "guardian"
    assert all(not one["same_number"] for one in lent["candidates"])


def test_a_possible_twin_is_left_to_people(client: TestClient) -> None:
    said = ask(client, name="赵子昂", sex="1", birth="2019-05-06", phone="13900000009", address=HOME)
    twins = [one for one in said["candidates"] if one["kin"]]
    assert len(twins) == 2
    assert {one["decision"] for one in twins} <= {"review", "separate"}


def test_one_newcomer_is_never_two_people(made: TestCity) -> None:
    with made.city.workspace("1GB") as workspace:
        everybody = gather_everybody(stand_on(made.city, workspace, made.library))
    fields = {"name": "周晓琳", "sex": "2", "birth": "19750607", "phone": "13900000077"}
    found = match_newcomer(everybody, fields).likely
    if len({one.person_id for one in found}) > 1:
        assert [one.decision for one in found].count("merge") <= 1
    apart = Everybody(
        everybody.known, everybody.index, everybody.registration, everybody.registration, everybody.proved
    )
    parted = match_newcomer(apart, fields).likely
    assert [one.decision for one in parted[:2]] == ["review", "review"], "two people are as likely"
    assert len(match_newcomer(apart, fields, most=1).likely) == 1


def test_nobody_is_like_somebody_unknown(client: TestClient) -> None:
    assert ask(client, name="欧阳无双", birth="1911-10-10")["candidates"] == []
    assert ask(client)["candidates"] == []
    assert ask(client, name=None, phone="??", birth="tomorrow", division="x")["candidates"] == []


def test_what_is_answered_is_what_the_document_shows() -> None:
    MatchBody.model_validate(ASKED)
    MatchedBody.model_validate(FOUND)
    assert ASKED["division"] == VILLAGE_A1


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{}", {"content-type": "text/plain"}, 415, "WAY-104"),
        (b"{}", {}, 415, "WAY-104"),
        (b"{", {"content-type": "application/json"}, 422, "WAY-105"),
        (b"\xff\xfe", {"content-type": "application/json"}, 422, "WAY-105"),
        (b"[1]", {"content-type": "application/json"}, 422, "WAY-105"),
        (b"[" * 10_000, {"content-type": "application/json"}, 422, "WAY-105"),
        (b'{"born": "1952"}', {"content-type": "application/json"}, 422, "WAY-105"),
        (b'{"name": 5}', {"content-type": "application/json"}, 422, "WAY-105"),
        (b'{"name": "\\ud800"}', {"content-type": "application/json"}, 422, "WAY-105"),
        (b'{"limit": 21}', {"content-type": "application/json"}, 422, "WAY-105"),
        (b'{"name": "' + b"a" * 101 + b'"}', {"content-type": "application/json"}, 422, "WAY-105"),
        (b" " * 20_000, {"content-type": "application/json"}, 413, "WAY-115"),
    ],
)
def test_what_cannot_be_asked_is_told(
    client: TestClient, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.post(MATCH, content=body, headers=headers | {"accept-language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["hint"]


def test_other_sites_and_other_names_are_turned_away(client: TestClient) -> None:
    assert client.post(MATCH, json={}, headers={"Host": "evil.example"}).status_code == 421
    assert client.post(MATCH, json={}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post(MATCH, json={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get(MATCH).status_code == 405


@pytest.fixture(scope="module")
def running(client: TestClient) -> FastAPI:
    return client.app  # type: ignore[return-value]


def test_no_request_fails_us(running: FastAPI) -> None:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", running)
    asked: list[int] = []

    @given(case=schema.find_operation_by_id("match_newcomer").as_strategy())
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
    def send(case: schemathesis.Case[Any]) -> None:
        response = case.call(headers={"Host": "testserver"})
        asked.append(response.status_code)
        case.validate_response(response, checks=CHECKS)

    send()
    assert len(asked) >= EXAMPLES // 2
    assert any(status == 200 for status in asked), "some were met"


TEXT = st.one_of(
    st.none(),
    st.text(max_size=100),
    st.text("0123456789Xx王建国之女?·　路号巷AB-", max_size=100),
    st.sampled_from([NUMBER, SISTER, "王建国", "1952-03-04", "13900000001", HOME, "\x00", "9" * 100]),
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(MatchBody.model_fields.keys() - {"limit"}, TEXT)))
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_written_is_weighed(client: TestClient, fields: dict[str, Any]) -> None:
    ask(client, **fields)


def test_hostile_addresses_take_no_time(client: TestClient) -> None:
    for text in (
        "路" * 200,
        "AB路" + "1a" * 98,
        "AB路" + "1" * 190,
        ("AB路1") * 50,
        "a" * 200,
        "AB路" + "9" * 90 + "号" + "9" * 90,
    ):
        begun = time.monotonic()
        ask(client, name="王", address=text)
        assert time.monotonic() - begun < 1


def test_newer_data_are_asked_soon_and_older_ones_until_then(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = make_city(tmp_path_factory.mktemp("later") / "city", load_library())
    with TestClient(make_app(made.city.folder, Clock(lambda: NOW))) as client:
        assert ask(client, name="王建国", id_no=NUMBER)["candidates"] == [], "a city without anybody"
        made.accept(rows_of(WANG))
        until = time.monotonic() + 30
        while ask(client, name="王建国", id_no=NUMBER)["known"] < made.city.latest_seq():
            assert time.monotonic() < until
            time.sleep(0.05)
        assert ask(client, name="王建国", id_no=NUMBER)["candidates"][0]["same_number"]


def test_an_index_that_takes_long_says_come_again(made: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wangdi.web.match.WAIT_SECONDS", 0.01)
    app = make_app(made.city.folder, Clock(lambda: NOW))
    go = threading.Event()
    gather = app.state.door.everybody._make

    def wait(known: int, tell: Callable[[str], None]) -> Everybody:
        go.wait(20)
        return gather(known, tell)  # type: ignore[no-any-return]

    monkeypatch.setattr(app.state.door.everybody, "_make", wait)
    with TestClient(app) as client:
        answer = client.post(MATCH, json={"name": "王建国"})
        assert (answer.status_code, answer.json()["code"]) == (503, "WAY-114")
        assert answer.headers["retry-after"]
        go.set()
        until = time.monotonic() + 20
        while client.post(MATCH, json={"name": "王建国"}).status_code == 503:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_one_index_is_made_for_many_who_ask_and_again_after_a_failure() -> None:
    made: list[int] = []
    failing = [True]

    def make(known: int, _: object) -> Everybody:
        made.append(known)
        if failing.pop() if failing else False:
            raise MemoryError
        time.sleep(0.05)
        return Everybody(known, None, None, None, None)  # type: ignore[arg-type]

    kept = EverybodyKept(lambda: 7, make)
    first = kept.ask()
    assert not isinstance(first, Everybody)
    with pytest.raises(MemoryError):
        first.result(10)
    asked = [kept.ask() for _ in range(5)]
    assert {one.known if isinstance(one, Everybody) else one.result(10).known for one in asked} == {7}
    assert made == [7, 7]
    assert isinstance(kept.ask(), Everybody)
    kept.close()


def test_a_server_that_stops_does_not_wait_for_the_index() -> None:
    begun = threading.Event()

    def make(known: int, tell: Callable[[str], None]) -> Everybody:
        while True:
            begun.set()
            tell("reading")
            time.sleep(0.01)

    kept = EverybodyKept(lambda: 7, make)
    making = kept.ask()
    assert isinstance(making, Future)
    assert begun.wait(10)
    kept.close()
    assert isinstance(making.exception(10), ClosedError)
