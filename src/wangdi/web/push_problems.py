"""What a sender is told when a request cannot be met: a documented JSON problem in the sender's language."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from wangdi.core.problem import LANGUAGES, Problem, Refusal
from wangdi.web.guards import is_own
from wangdi.web.push_models import ProblemBody

PROBLEM_TYPE = "application/problem+json"
RETRY_SECONDS = "30"
STATUSES: tuple[tuple[str, int], ...] = (
    ("WAY-101", 409),
    ("WAY-102", 400),
    ("WAY-103", 413),
    ("WAY-104", 415),
    ("WAY-105", 422),
    ("WAY-106", 404),
    ("WAY-107", 404),
    ("WAY-108", 403),
    ("WAY-109", 404),
    ("WAY-110", 400),
    ("WAY-111", 409),
    ("WAY-112", 422),
    ("WAY-114", 503),
    ("WAY-115", 413),
    ("STORE-", 503),
)
"""Status by the beginning of a problem's code, the first that fits; anything else is a request that cannot be met."""
MEANINGS = {
    400: "the body is not what its content type says, or holds no file",
    403: "sent by another site's page",
    404: "no such organisation, receipt or rows",
    409: "the same Idempotency-Key with other content; or asked before the delivery was taken in",
    413: "larger than a delivery may be",
    415: "a content type that is not taken",
    422: "a parameter is not what it should be",
    503: "the disk is full or somebody else is writing: nothing was acknowledged, send it again later",
}


def choose_language(request: Request) -> str:
    """The language the sender reads: English where Accept-Language prefers it, otherwise Chinese."""
    wanted: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "").split(","):
        name, _, rest = part.strip().partition(";")
        quality = rest.strip().removeprefix("q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        wanted.append((-weight, name.lower().partition("-")[0]))
    return next((name for _, name in sorted(wanted, key=lambda one: one[0]) if name in LANGUAGES), LANGUAGES[0])


def show_given(text: str) -> str:
    """What somebody sent, short and printable, to be named in an answer."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)[:80]


def check_own(request: Request) -> None:
    """A page of another site, open in a browser on this machine, could send here as well. Errors: WAY-108."""
    if not is_own(request):
        raise Refusal(Problem(code="WAY-108"))


def answer_problem(request: Request, problem: Problem) -> Response:
    """A problem as the answer to a request, with its status."""
    lang = choose_language(request)
    status = next((status for start, status in STATUSES if problem.code.startswith(start)), 422)
    body = ProblemBody(status=status, code=problem.code, message=problem.message(lang), hint=problem.hint(lang))
    headers = {"Content-Language": lang, "Vary": "Accept-Language"}
    if status == 503:
        headers["Retry-After"] = RETRY_SECONDS
    return JSONResponse(body.model_dump(), status, headers, media_type=PROBLEM_TYPE)


def describe_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer, for its OpenAPI page."""
    schema = ProblemBody.model_json_schema()
    return {
        status: {"description": MEANINGS[status], "content": {PROBLEM_TYPE: {"schema": schema}}} for status in statuses
    }


class ProblemRoute(APIRoute):
    """A route whose refusals are JSON problems, whatever application it is part of."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with refusals answered."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                return answer_problem(request, refusal.problem)
            except RequestValidationError as error:
                first = error.errors()[0]
                place = ".".join(str(part) for part in first["loc"])
                args = {"place": place, "reason": str(first["msg"])}
                return answer_problem(request, Problem(code="WAY-105", args=args))

        return answer
