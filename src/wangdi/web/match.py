"""``POST /api/v1/match``: who somebody would be, asked before they are registered. It saves nothing and logs no field.

Loopback only and without accounts, as the whole web is.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import Future
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from wangdi.app.newcomer_matching import FIELDS, Answer, Everybody, match_newcomer
from wangdi.core.problem import Problem, Refusal
from wangdi.web.door import Door
from wangdi.web.match_models import MatchBody, MatchedBody
from wangdi.web.push_problems import ProblemRoute, check_own, describe_problems, show_given

JSON = "application/json"
MOST_BYTES = 16 << 10
WAIT_SECONDS = 10.0
"""How long the first who asks waits for the index; a large city's takes longer, and 503 says to come again."""
_MEANINGS = {
    413: "larger than one person's fields can be",
    422: "not JSON, a field nobody knows, or a value that is too long",
    503: "the index over everybody is being made: ask again",
}

router = APIRouter(prefix="/api/v1", tags=["match"], route_class=ProblemRoute)


@router.post(
    "/match",
    operation_id="match_newcomer",
    summary="Who somebody would be",
    response_model=MatchedBody,
    responses={
        status: said | {"description": _MEANINGS.get(int(status), said["description"])}
        for status, said in describe_problems(403, 413, 415, 422, 503).items()
    },
    openapi_extra={"requestBody": {"required": True, "content": {JSON: {"schema": MatchBody.model_json_schema()}}}},
)
async def match(request: Request) -> Response:
    """Weigh what is known of somebody against everybody registered, as linking would. Nothing is saved."""
    check_own(request)
    asked = await _read_asked(request)
    door: Door = request.app.state.door
    answer = await run_in_threadpool(_answer_now, door, asked)
    if isinstance(answer, Future):
        everybody = await _wait(answer)
        answer = await run_in_threadpool(_answer, everybody, asked)
    return JSONResponse(_body(answer))


async def _read_asked(request: Request) -> MatchBody:
    """Errors: WAY-104 no JSON by its type, WAY-115 too large, WAY-105 not what it should be."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise Refusal(Problem(code="WAY-104", args={"type": show_given(kind) or "-", "known": JSON}))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refusal(Problem(code="WAY-115", args={"limit": f"{MOST_BYTES >> 10} KB"}))
    try:
        return MatchBody.model_validate(json.loads(body))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(show_given(str(part)) for part in first["loc"]) or "body"
        raise _wrong(place, str(first["msg"])) from error
    except (ValueError, RecursionError) as error:
        raise _wrong("body", "JSON") from error


def _wrong(place: str, reason: str) -> Refusal:
    return Refusal(Problem(code="WAY-105", args={"place": place, "reason": reason}))


def _answer_now(door: Door, asked: MatchBody) -> Answer | Future[Everybody]:
    everybody = door.everybody.ask()
    return everybody if isinstance(everybody, Future) else _answer(everybody, asked)


def _answer(everybody: Everybody, asked: MatchBody) -> Answer:
    return match_newcomer(everybody, {name: getattr(asked, name) for name in FIELDS}, asked.limit)


async def _wait(making: Future[Everybody]) -> Everybody:
    """The index once it is made. Errors: WAY-114 it takes longer than one waits."""
    waiting = asyncio.wrap_future(making)
    done, _ = await asyncio.wait([waiting], timeout=WAIT_SECONDS)
    if not done:
        raise Refusal(Problem(code="WAY-114"))
    return waiting.result()


def _body(answer: Answer) -> dict[str, Any]:
    return {
        "known": answer.known,
        "number": answer.number,
        "candidates": [
            {
                "person_id": one.person_id,
                "registration": str(one.registration),
                "probability": round(one.probability, 6),
                "weight": round(one.weight, 4),
                "decision": one.decision,
                "same_number": one.same_number,
                "kin": one.kin,
                "parts": [
                    {"field": part.field, "level": part.level, "weight": round(part.weight, 4)} for part in one.parts
                ],
            }
            for one in answer.likely
        ],
    }
