"""Deliveries over HTTP: sent by an institution's system, acknowledged by a receipt, taken in once.

Loopback only and without accounts, as the whole web is: whoever may reach the port may send for any organisation.
"""

from __future__ import annotations

import asyncio
import csv
import io
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, Query, Request, Response
from fastapi import Path as InPath
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, JSONResponse
from starlette.background import BackgroundTask

from wangdi.app.cities import open_library as read_library
from wangdi.app.mappings import list_mappings
from wangdi.app.receipts import (
    Receipt,
    acknowledge,
    find_receipt,
    is_sender,
    new_delivery,
    number_delivery,
    open_draft,
    receipt_json,
)
from wangdi.app.sendings import write_refused
from wangdi.core.formulas import defuse
from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.store.city import City
from wangdi.web.push_bodies import MULTIPART, SUFFIXES, XLSX, body_kind, write_body
from wangdi.web.push_models import PageQuery, ProblemsBody, ReceiptBody, SendHeaders, SendQuery
from wangdi.web.push_problems import ProblemRoute, check_own, choose_language, describe_problems, show_given
from wangdi.web.push_worker import RETRY_SECONDS, PushWorker

SHOWN = 20
Org = Annotated[str, InPath(description="code of the organisation that sends", examples=["W10200001"], max_length=100)]
Number = Annotated[
    str, InPath(description="a receipt's id", examples=["5c0d5b2f6a0e4a7d8b1c2d3e"], pattern="^[0-9a-f]{24}$")
]


@dataclass(frozen=True, slots=True)
class PushLimits:
    """How much a delivery may be, and how long a sender waits for its receipt to be done before it gets 202."""

    most_bytes: int = 2 << 30
    wait_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class PushDoor:
    """What the routes stand on."""

    open_city: Callable[[], City]
    open_library: Callable[[], Library]
    now: Callable[[], datetime]
    limits: PushLimits
    worker: PushWorker

    def find_sender(self, org: str) -> City:
        """The city, where the organisation may send. Errors: WAY-109."""
        city = self.open_city()
        if not is_sender(city, org):
            raise Refusal(Problem(code="WAY-109", args={"org": show_given(org)}))
        return city

    def find(self, org: str, number: str) -> tuple[City, Receipt]:
        """A sender's receipt. Errors: WAY-109, WAY-106."""
        city = self.find_sender(org)
        receipt = find_receipt(city, org, number, SHOWN)
        if receipt is None:
            raise Refusal(Problem(code="WAY-106", args={"id": number}))
        return city, receipt


@dataclass(frozen=True, slots=True)
class Sent:
    """How a delivery is to be taken, as the request says."""

    org: str
    mapping: str | None
    mode: str
    received_at: datetime
    filename: str
    key: str


def push_routes(
    open_city: Callable[[], City],
    open_library: Callable[[], Library] | None = None,
    now: Callable[[], datetime] = datetime.now,
    limits: PushLimits | None = None,
) -> APIRouter:
    """The routes under ``/api/v1/orgs/{org}/deliveries``, with the worker that takes in what was acknowledged.

    ``open_city``: the open city; it stays its caller's. ``open_library``: its packs, read anew each time where not given.
    ``now``: local time. The worker starts with the application and ends with it.
    """
    library = open_library or (lambda: read_library(open_city()))
    worker = PushWorker(open_city, library)
    door = PushDoor(open_city, library, now, limits or PushLimits(), worker)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        worker.start()
        try:
            yield
        finally:
            await run_in_threadpool(worker.stop)

    router = APIRouter(prefix="/api/v1", tags=["deliveries"], route_class=ProblemRoute, lifespan=lifespan)
    _add_sending(router, door)
    _add_receipt(router, door)
    _add_problems(router, door)
    _add_refused(router, door)
    return router


# ---- sending ----------------------------------------------------------------------------------------------------------
def _add_sending(router: APIRouter, door: PushDoor) -> None:
    @router.post(
        "/orgs/{org}/deliveries",
        operation_id="send_delivery",
        summary="Send files",
        status_code=201,
        response_model=ReceiptBody,
        responses={
            200: {"description": "the same delivery came before: its receipt", "model": ReceiptBody},
            201: {"description": "taken in; refused rows are named in the receipt"},
            202: {"description": "kept, and being taken in: ask for the receipt again", "model": ReceiptBody},
            **describe_problems(400, 403, 404, 409, 413, 415, 422, 503),
        },
        openapi_extra={"requestBody": REQUEST_BODY},
    )
    async def send(
        request: Request,
        org: Org,
        asked: Annotated[SendQuery, Query()],
        said: Annotated[SendHeaders, Header()],
    ) -> Response:
        """Send one file as the body, or several as multipart/form-data. What is answered 2xx is kept and not lost."""
        check_own(request)
        body_kind(request)
        moment = _received(asked.received_at, door.now())
        key = said.idempotency_key or uuid.uuid4().hex
        sent = Sent(org, asked.mapping, asked.mode, moment, asked.filename, key)
        city = await run_in_threadpool(_check_sent, door, sent)
        receipt, new = await _receive(request, door, city, sent)
        if receipt.state == "receiving":
            receipt = await _wait(door, city, receipt, 0.0 if "respond-async" in (said.prefer or "") else None)
        return _answer_receipt(request, receipt, 201 if new else 200)


def _received(given: datetime | None, now: datetime) -> datetime:
    """When a delivery came. One that comes tomorrow would keep everything after it waiting for its date. Errors: WAY-105."""
    moment = now.replace(microsecond=0)
    if given is None:
        return moment
    try:
        local = given.astimezone().replace(tzinfo=None) if given.tzinfo else given
    except (OverflowError, ValueError, OSError) as error:
        raise _wrong_moment() from error
    if local > now + timedelta(seconds=1) or local.year < 1900:
        raise _wrong_moment()
    return local


def _wrong_moment() -> Refusal:
    args = {"place": "query.received_at", "reason": "between 1900 and now"}
    return Refusal(Problem(code="WAY-105", args=args))


def _check_sent(door: PushDoor, sent: Sent) -> City:
    """The city that takes it. Errors: WAY-109 no such sender, WAY-112 no such mapping."""
    city = door.find_sender(sent.org)
    if sent.mapping is not None:
        known = [str(row["mapping"]) for row in list_mappings(city, door.open_library())[0]]
        if sent.mapping not in known:
            args = {"mapping": show_given(sent.mapping), "known": ", ".join(known) or "-"}
            raise Refusal(Problem(code="WAY-112", args=args))
    return city


async def _receive(request: Request, door: PushDoor, city: City, sent: Sent) -> tuple[Receipt, bool]:
    """Write the body to the disk and acknowledge it. Errors: STORE-005 and what ``write_body`` and ``acknowledge`` refuse."""
    draft = await run_in_threadpool(open_draft, city.folder)
    try:
        await write_body(request, draft, sent.filename, door.limits.most_bytes)
        number = number_delivery(sent.org, sent.key)
        given = new_delivery(number, sent.org, sent.received_at, sent.mapping, sent.mode)
        return await run_in_threadpool(acknowledge, draft, given, city)
    except OSError as error:
        raise Refusal(Problem(code="STORE-005", args={"file": "", "reason": error.strerror or "?"})) from error
    finally:
        await run_in_threadpool(draft.discard)


async def _wait(door: PushDoor, city: City, receipt: Receipt, seconds: float | None) -> Receipt:
    """The receipt as it stands after a while."""
    asked = asyncio.wrap_future(door.worker.ask(receipt.id))
    await asyncio.wait([asked], timeout=door.limits.wait_seconds if seconds is None else seconds)
    found = await run_in_threadpool(find_receipt, city, receipt.org, receipt.id, SHOWN)
    return found or receipt


def _answer_receipt(request: Request, receipt: Receipt, status: int) -> Response:
    body = _body(request, receipt)
    headers = {"Location": body.links.self, "Content-Language": choose_language(request), "Vary": "Accept-Language"}
    if receipt.state == "receiving":
        status, headers["Retry-After"] = 202, str(int(RETRY_SECONDS))
    return JSONResponse(body.model_dump(mode="json"), status, headers)


def _body(request: Request, receipt: Receipt) -> ReceiptBody:
    at = str(request.url_for("read_receipt", org=receipt.org, number=receipt.id).path)
    links = {"self": at, "problems": f"{at}/problems", "refused_rows": f"{at}/refused-rows"}
    return ReceiptBody.model_validate(receipt_json(receipt, choose_language(request)) | {"links": links})


# ---- receipts ---------------------------------------------------------------------------------------------------------
def _add_receipt(router: APIRouter, door: PushDoor) -> None:
    @router.get(
        "/orgs/{org}/deliveries/{number}",
        operation_id="read_receipt",
        name="read_receipt",
        summary="What became of a delivery",
        response_model=ReceiptBody,
        responses=describe_problems(404, 422, 503),
    )
    def read(request: Request, org: Org, number: Number) -> Response:
        """The receipt as it stands now."""
        _, receipt = door.find(org, number)
        answer = _answer_receipt(request, receipt, 200)
        answer.status_code = 200
        return answer


def _add_problems(router: APIRouter, door: PushDoor) -> None:
    @router.get(
        "/orgs/{org}/deliveries/{number}/problems",
        operation_id="list_problems",
        summary="Everything found wrong with a delivery",
        response_model=ProblemsBody,
        responses={
            200: {
                "content": {"text/csv": {"schema": {"type": "string"}}},
                "description": "JSON, or CSV with format=csv",
            },
            **describe_problems(404, 409, 422, 503),
        },
    )
    def problems(
        request: Request,
        org: Org,
        number: Number,
        page: Annotated[PageQuery, Query()],
    ) -> Response:
        """Each with file, line, field, message and next step; of a page, or all as CSV."""
        city, receipt = door.find(org, number)
        if receipt.state == "receiving":
            raise Refusal(Problem(code="WAY-111"))
        lang = choose_language(request)
        found = list(receipt.problems)
        if receipt.batch is not None:
            found = city.problems(receipt.batch.id, *((None, 0) if page.format == "csv" else (page.limit, page.offset)))
        rows = [problem.as_json(lang) for problem in found]
        if page.format == "csv":
            return Response(
                _render_csv(rows), media_type="text/csv; charset=utf-8", headers=_as_file(f"{number}-problems.csv")
            )
        body = ProblemsBody.model_validate({"total": receipt.problem_count, "offset": page.offset, "problems": rows})
        return JSONResponse(body.model_dump(), headers={"Content-Language": lang, "Vary": "Accept-Language"})


def _add_refused(router: APIRouter, door: PushDoor) -> None:
    @router.get(
        "/orgs/{org}/deliveries/{number}/refused-rows",
        operation_id="refused_rows",
        summary="The refused rows, to be mended and sent again alone",
        response_class=Response,
        responses={
            200: {
                "description": "CSV: your own columns, then why and what to do",
                "content": {"text/csv": {"schema": {"type": "string"}}},
            },
            **describe_problems(404, 409, 422, 503),
        },
    )
    def refused(
        org: Org,
        number: Number,
        part: Annotated[int, Query(ge=1, le=1000, description="files of other columns are further parts")] = 1,
    ) -> Response:
        """The rows of one header; `Link: rel="next"` where another header has some too."""
        city, receipt = door.find(org, number)
        if receipt.state == "receiving":
            raise Refusal(Problem(code="WAY-111"))
        folder = Path(tempfile.mkdtemp(prefix="wangdi-refused-"))
        try:
            batch = receipt.batch
            paths = write_refused(city, door.open_library(), batch.id, folder / "refused.csv") if batch else []
            if len(paths) < part:
                raise Refusal(Problem(code="WAY-107"))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        headers = {"Link": f'<?part={part + 1}>; rel="next"'} if len(paths) > part else {}
        return FileResponse(
            paths[part - 1],
            media_type="text/csv; charset=utf-8",
            filename=f"{number}-refused-{part}.csv",
            headers=headers,
            background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
        )


def _render_csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    columns = ("code", "severity", "file", "line", "field", "message", "hint")
    lines.writerow(columns)
    for row in rows:
        lines.writerow([defuse(value) if isinstance(value := row[name], str) else value for name in columns])
    return text.getvalue().encode("utf-8-sig")


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


# ---- what a body may be, for OpenAPI ----------------------------------------------------------------------------------
_CSV_EXAMPLE = "编号,身份证号,随访日期,收缩压,舒张压\n1001,990102195804120017,2025-03-04,136,84\n"
_PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "1966-08-17"}
_BUNDLE = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [{"resource": _PATIENT, "request": {"method": "PUT", "url": "Patient/p1"}}],
}
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_TEXT: dict[str, Any] = {"schema": {"type": "string"}, "example": _CSV_EXAMPLE}
_FHIR: dict[str, Any] = {
    "schema": {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}},
    "example": _BUNDLE,
}
_LINES: dict[str, Any] = {"schema": {"type": "string"}, "example": '{"resourceType": "Patient", "id": "p1"}\n'}
_MULTIPART: dict[str, Any] = {
    "schema": {
        "type": "object",
        "required": ["files"],
        "properties": {"files": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}},
    }
}
_KINDS: dict[str, dict[str, Any]] = {
    "text/csv": _TEXT,
    "application/fhir+json": _FHIR,
    "application/json": _FHIR,
    "application/fhir+ndjson": _LINES,
    "application/x-ndjson": _LINES,
    XLSX: _BINARY,
}
REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "content": {MULTIPART: _MULTIPART, **{kind: _KINDS.get(kind, _BINARY) for kind in SUFFIXES}},
}
