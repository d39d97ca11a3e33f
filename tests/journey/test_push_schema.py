"""Requests made from the OpenAPI schema: whatever comes, the answer is one the schema names, and never a failure of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import sampled_from
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.journey.small_city import FOLLOWUP_HEADER, HOSPITAL, followup, make_small_city
from tests.journey.test_push import CSV, DELIVERIES, app_over
from wangdi.store.city import City
from wangdi.web.push import PushLimits
from wangdi.web.push_bodies import MULTIPART, SUFFIXES

EXAMPLES = 60
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@schemathesis.serializer(*SUFFIXES)
def write_plainly(_: schemathesis.SerializationContext, value: object) -> bytes:
    """What was made for a body, as bytes; what is no text or bytes as JSON."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return json.dumps(value).encode()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """An application whose sender has sent something, with a small limit."""
    made = make_small_city(tmp_path_factory.mktemp("schema") / "city")
    with City.open(made) as city, TestClient(app_over(city, PushLimits(most_bytes=1 << 16))) as client:
        yield client.app  # type: ignore[misc]


OPERATIONS = ("send_delivery", "read_receipt", "list_problems", "refused_rows")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_request_fails_us(running: FastAPI, operation: str) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", running)
    client = TestClient(running)
    rows = "\n".join([FOLLOWUP_HEADER, followup(1, "2025-02-31"), ""]).encode()
    number = client.post(DELIVERIES, content=rows, headers=CSV).json()["id"]
    asked: list[int] = []

    @given(case=schema.find_operation_by_id(operation).as_strategy(), known=sampled_from([True, True, True, False]))
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
    def ask(case: schemathesis.Case[Any], known: bool) -> None:
        if known:  # somebody who may send, about something that came: most requests are of that kind
            case.path_parameters["org"] = HOSPITAL
            case.path_parameters |= {"number": number} if "number" in case.path_parameters else {}
        response = case.call()
        asked.append(response.status_code)
        case.validate_response(response, checks=CHECKS)

    ask()
    assert len(asked) >= EXAMPLES // 2
    assert any(status < 300 for status in asked), "some were met"


def test_every_body_kind_is_in_the_schema(running: FastAPI) -> None:
    document = running.openapi()
    operations = {path: set(entry) for path, entry in document["paths"].items()}
    assert operations == {
        "/api/v1/orgs/{org}/deliveries": {"post"},
        "/api/v1/orgs/{org}/deliveries/{number}": {"get"},
        "/api/v1/orgs/{org}/deliveries/{number}/problems": {"get"},
        "/api/v1/orgs/{org}/deliveries/{number}/refused-rows": {"get"},
    }
    body = document["paths"]["/api/v1/orgs/{org}/deliveries"]["post"]["requestBody"]
    assert set(body["content"]) == {MULTIPART, *SUFFIXES}
