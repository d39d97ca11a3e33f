"""An institution's system sends over HTTP: receipts that hold, keys that count once, problems it can read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.journey.small_city import FOLLOWUP_HEADER, HOSPITAL, followup, make_small_city, write_people
from wangdi.app.cities import open_library
from wangdi.app.sendings import take_in
from wangdi.collect.request import CollectRequest
from wangdi.core.problem import Problem, Refusal
from wangdi.store.city import City
from wangdi.web.push import PushLimits, push_routes

NOW = datetime(2025, 6, 30, 12)
DELIVERIES = f"/api/v1/orgs/{HOSPITAL}/deliveries"
CSV = {"content-type": "text/csv; charset=utf-8"}
ENGLISH = {"accept-language": "en-GB,en;q=0.9,zh;q=0.5"}
ROWS = "\n".join([FOLLOWUP_HEADER, followup(1, "2025-03-01"), followup(2, "2025-02-31"), ""]).encode()
MORE = "\n".join([FOLLOWUP_HEADER, followup(3, "2025-03-04"), ""]).encode()


def app_over(city: City, limits: PushLimits | None = None) -> FastAPI:
    """The smallest application that has the routes."""
    app = FastAPI(title="push")
    app.include_router(push_routes(lambda: city, None, lambda: NOW, limits))
    return app


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    """A city that knows twelve residents."""
    folder = make_small_city(tmp_path / "city")
    write_people(tmp_path / "sent", range(12))
    with City.open(folder) as opened:
        request = CollectRequest(org=HOSPITAL, received_at=datetime(2025, 1, 5), mappings=(folder / "mappings",))
        take_in(opened, open_library(opened), [tmp_path / "sent"], request)
        yield opened


@pytest.fixture
def client(city: City) -> Iterator[TestClient]:
    with TestClient(app_over(city)) as opened:
        yield opened


def said(response: Response, status: int) -> Any:
    assert response.status_code == status, response.text
    return response.json()


def test_a_file_is_taken_in_and_the_receipt_holds(client: TestClient, city: City) -> None:
    sent = client.post(DELIVERIES, content=ROWS, headers=CSV, params={"filename": "三月.csv"})
    receipt = said(sent, 201)
    assert (receipt["state"], receipt["received"], receipt["accepted"], receipt["refused"]) == ("done", 2, 1, 1)
    (file,) = receipt["files"]
    assert (file["name"], file["rows"], file["form"]) == ("三月.csv", 2, "hypertension.followup")
    assert [(one["code"], one["line"]) for one in receipt["problems"]] == [("ROW-003", 3)]
    assert sent.headers["location"] == receipt["links"]["self"]
    again = client.get(receipt["links"]["self"])
    assert said(again, 200) == receipt
    english = client.get(receipt["links"]["problems"], headers=ENGLISH)
    assert said(english, 200)["problems"][0]["message"].startswith("随访日期 is not a date")
    assert english.headers["content-language"] == "en"
    listed = client.get(receipt["links"]["problems"], params={"format": "csv"})
    assert listed.content.decode("utf-8-sig").splitlines()[1].startswith("ROW-003,error,三月.csv,3,")
    refused = client.get(receipt["links"]["refused_rows"])
    assert refused.content.decode("utf-8-sig").splitlines()[1].startswith("R2,2025-02-31,")
    assert city.delivered(receipt["id"]) is not None
    assert list((city.folder / "deliveries").iterdir()) == [], "what is in the batch is not kept a second time"


def test_a_key_counts_once(client: TestClient, city: City) -> None:
    key = {"idempotency-key": "2025-03-1"}
    first = said(client.post(DELIVERIES, content=ROWS, headers=CSV | key), 201)
    assert said(client.post(DELIVERIES, content=ROWS, headers=CSV | key), 200) == first
    other = said(client.post(DELIVERIES, content=MORE, headers=CSV | key | ENGLISH), 409)
    assert other["code"] == "WAY-101"
    assert "Idempotency-Key" in other["message"]
    assert other["hint"]
    assert len(city.batches()) == 2
    fresh = said(client.post(DELIVERIES, content=ROWS, headers=CSV), 201)
    assert (fresh["accepted"], fresh["duplicates"], fresh["refused"]) == (0, 1, 1)
    assert fresh["id"] != first["id"]


def test_the_same_key_at_once_makes_one_batch(client: TestClient, city: City) -> None:
    answers: list[Response] = []
    key = {"idempotency-key": "race"}
    threads = [
        threading.Thread(target=lambda: answers.append(client.post(DELIVERIES, content=ROWS, headers=CSV | key)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    assert len({answer.json()["batch"] for answer in answers}) == 1
    assert len(city.batches()) == 2


def test_several_files_of_one_name_and_a_workbook(client: TestClient, tmp_path: Path) -> None:
    book_path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(book_path) as book:
        sheet = book.add_worksheet()
        for place, line in enumerate([FOLLOWUP_HEADER, followup(5, "2025-04-01")]):
            sheet.write_row(place, 0, line.split(","))
    files = [
        ("files", ("a.csv", ROWS, "text/csv")),
        ("files", ("a.csv", MORE, "text/csv")),
        ("files", ("../../b.xlsx", book_path.read_bytes(), "application/octet-stream")),
    ]
    receipt = said(client.post(DELIVERIES, files=files), 201)
    assert [file["name"] for file in receipt["files"]] == ["a.csv", "a (2).csv", "b.xlsx"]
    assert (receipt["accepted"], receipt["refused"]) == (3, 1)


def test_a_transaction_bundle(client: TestClient) -> None:
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"text": "高建国"}], "gender": "male",
               "birthDate": "1966-08-17"}  # fmt: skip
    entry = {"fullUrl": "urn:uuid:1", "resource": patient, "request": {"method": "POST", "url": "Patient"}}
    for kind in ("transaction", "batch"):
        bundle = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
        headers = {"content-type": "application/fhir+json"}
        receipt = said(client.post(DELIVERIES, content=json.dumps(bundle), headers=headers), 201)
        assert receipt["refused"] == 0, receipt["problems"]
        assert receipt["accepted"] + receipt["duplicates"] == 1


def test_a_large_delivery_is_kept_first_and_taken_in_later(city: City) -> None:
    """Answered 202 while somebody else writes, and done as soon as the writer's lock is free."""
    with TestClient(app_over(city, PushLimits(wait_seconds=0.2))) as client:
        with city.writer("somebody"):
            answer = client.post(DELIVERIES, content=ROWS, headers=CSV)
            receipt = said(answer, 202)
            assert receipt["state"] == "receiving"
            assert "retry-after" in answer.headers
            assert said(client.get(receipt["links"]["problems"]), 409)["code"] == "WAY-111"
            assert said(client.get(receipt["links"]["refused_rows"]), 409)["code"] == "WAY-111"
        receipt = wait_for(client, receipt)
        assert receipt["accepted"] == 1
        later = client.post(DELIVERIES, content=MORE, headers=CSV | {"prefer": "respond-async"})
        assert wait_for(client, said(later, 202))["accepted"] == 1


def wait_for(client: TestClient, receipt: Any) -> Any:
    deadline = time.monotonic() + 30
    while receipt["state"] == "receiving" and time.monotonic() < deadline:
        time.sleep(0.1)
        receipt = said(client.get(receipt["links"]["self"]), 200)
    assert receipt["state"] == "done"
    return receipt


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"url": "/api/v1/orgs/NOBODY/deliveries"}, 404, "WAY-109"),
        ({"url": "/api/v1/orgs/%00/deliveries"}, 404, "WAY-109"),
        ({"headers": {"content-type": "image/png"}}, 415, "WAY-104"),
        ({"headers": {}}, 415, "WAY-104"),
        ({"headers": {"content-type": "multipart/form-data"}}, 400, "WAY-110"),
        ({"headers": {"content-type": "multipart/form-data; boundary=x"}, "content": b"no"}, 400, "WAY-110"),
        ({"headers": {"content-type": "multipart/form-data; boundary=x"}, "content": b"--x--\r\n"}, 400, "WAY-102"),
        ({"params": {"mapping": "nobody"}}, 422, "WAY-112"),
        ({"params": {"mode": "all"}}, 422, "WAY-105"),
        ({"params": {"received_at": "tomorrow"}}, 422, "WAY-105"),
        ({"params": {"received_at": "2099-01-01T00:00:00"}}, 422, "WAY-105"),
        ({"params": {"received_at": "0001-01-01T00:00:00+14:00"}}, 422, "WAY-105"),
        ({"headers": CSV | {"origin": "http://elsewhere.example"}}, 403, "WAY-108"),
        ({"headers": CSV | {"sec-fetch-site": "cross-site"}}, 403, "WAY-108"),
        ({"headers": CSV | {"idempotency-key": "x" * 201}}, 422, "WAY-105"),
        ({"content": b"x" * 5000}, 413, "WAY-103"),
        ({"content": (b"x" * 100 for _ in range(60))}, 413, "WAY-103"),
    ],
)
def test_what_cannot_be_met_is_told(city: City, change: dict[str, Any], status: int, code: str) -> None:
    asked: dict[str, Any] = {"url": DELIVERIES, "content": ROWS, "headers": CSV} | change
    with TestClient(app_over(city, PushLimits(most_bytes=4096))) as client:
        answer = client.post(**asked)
        body = said(answer, status)
        english = client.post(**{**asked, "content": ROWS if "content" not in change else b"x" * 5000,
                                 "headers": asked["headers"] | ENGLISH})  # fmt: skip
    assert answer.headers["content-type"] == "application/problem+json"
    assert (body["code"], body["status"]) == (code, status)
    assert body["hint"]
    assert english.json()["message"] != body["message"]
    assert len(city.batches()) == 1
    assert not any((city.folder / "deliveries").glob("*")) if (city.folder / "deliveries").exists() else True


def test_receipts_of_others_are_not_shown(client: TestClient) -> None:
    receipt = said(client.post(DELIVERIES, content=ROWS, headers=CSV), 201)
    assert said(client.get(f"/api/v1/orgs/OTHER/deliveries/{receipt['id']}"), 404)["code"] == "WAY-109"
    unknown = "0" * 24
    for tail in ("", "/problems", "/refused-rows"):
        assert said(client.get(f"{DELIVERIES}/{unknown}{tail}"), 404)["code"] == "WAY-106"
    assert said(client.get(f"{DELIVERIES}/../x"), 404)
    assert said(client.get(f"{DELIVERIES}/not-a-number"), 422)["code"] == "WAY-105"
    assert said(client.get(receipt["links"]["problems"], params={"limit": 0}), 422)["code"] == "WAY-105"
    clean = said(client.post(DELIVERIES, content=MORE, headers=CSV), 201)
    assert said(client.get(clean["links"]["refused_rows"]), 404)["code"] == "WAY-107"


def test_a_disk_that_is_full_acknowledges_nothing(
    client: TestClient, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr("wangdi.store.deliveries.sync_file", full)
        answer = client.post(DELIVERIES, content=ROWS, headers=CSV)
    assert said(answer, 503)["code"] == "STORE-005"
    assert answer.headers["retry-after"]
    assert len(city.batches()) == 1
    assert list((city.folder / "deliveries").iterdir()) == []


def test_killed_between_the_commit_and_the_tidying_up(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next server finds the folder still there, and the batch: nothing is taken in again, the receipt stays."""
    headers = CSV | {"idempotency-key": "k"}
    with monkeypatch.context() as patched:
        patched.setattr("wangdi.app.receipts.forget_waiting", lambda *_: None)
        with TestClient(app_over(city)) as client:
            receipt = said(client.post(DELIVERIES, content=ROWS, headers=headers), 201)
    assert (city.folder / "deliveries" / receipt["id"]).is_dir()
    with TestClient(app_over(city)) as client:
        assert wait_for(client, said(client.post(DELIVERIES, content=MORE, headers=CSV), 201))["accepted"] == 1
        assert said(client.post(DELIVERIES, content=ROWS, headers=headers), 200) == receipt
    assert len(city.batches()) == 3
    assert list((city.folder / "deliveries").iterdir()) == []


def test_what_can_never_be_taken_in_says_why(client: TestClient, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Refusal(Problem(code="MAP-020", args={"name": "gone", "nearest": "-"}))

    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    for number, (cause, code) in enumerate(((refuse, "MAP-020"), (fail, "WAY-113"))):
        with monkeypatch.context() as patched:
            patched.setattr("wangdi.app.receipts.take_in", cause)
            headers = CSV | {"idempotency-key": f"f{number}"}
            receipt = said(client.post(DELIVERIES, content=ROWS, headers=headers), 201)
        assert (receipt["state"], receipt["problems"][0]["code"]) == ("failed", code)
        assert said(client.get(receipt["links"]["self"]), 200) == receipt
        assert said(client.get(receipt["links"]["problems"]), 200)["total"] == 1
    assert len(city.batches()) == 1


SERVER = """
import sys
from pathlib import Path
import uvicorn
from fastapi import FastAPI
from wangdi.store.city import City
from wangdi.web.push import PushLimits, push_routes
city = City.open(Path(sys.argv[1]))
app = FastAPI()
app.include_router(push_routes(lambda: city, limits=PushLimits(wait_seconds=0.0)))
uvicorn.run(app, port=int(sys.argv[2]), log_level="error")
"""


def test_what_was_acknowledged_survives_a_kill(city: City, tmp_path: Path) -> None:
    """A server is killed the moment it has acknowledged; the next one takes in everything, each once."""
    import socket

    import httpx2 as httpx

    acknowledged = []
    for round_number in range(3):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen([sys.executable, "-c", SERVER, str(city.folder), str(port)], env=dict(os.environ))
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as web:
                wait_until_up(web)
                rows = "\n".join([FOLLOWUP_HEADER, followup(round_number, "2025-05-05"), ""])
                headers = CSV | {"idempotency-key": f"round-{round_number}"}
                answer = web.post(DELIVERIES, content=rows.encode(), headers=headers)
                assert answer.status_code in (201, 202), answer.text
                acknowledged.append(answer.json()["id"])
                if round_number == 1:
                    time.sleep(0.3)  # somewhere in the middle of taking it in
        finally:
            server.send_signal(signal.SIGKILL)
            server.wait()
    with TestClient(app_over(city)) as client:
        receipts = [wait_for(client, said(client.get(f"{DELIVERIES}/{one}"), 200)) for one in acknowledged]
        again = client.post(DELIVERIES, content=rows.encode(), headers=headers)
        assert said(again, 200)["id"] == acknowledged[-1]
    assert [receipt["accepted"] for receipt in receipts] == [1, 1, 1]
    assert len({receipt["batch"] for receipt in receipts}) == 3
    assert len(city.batches()) == 4


def wait_until_up(web: Any) -> None:
    import httpx2 as httpx

    deadline = time.monotonic() + 60
    while True:
        try:
            web.get("/openapi.json")
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
