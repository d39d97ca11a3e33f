"""The body of a delivery on its way to the disk: a file as it is, or several as multipart; never whole in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from wangdi.app.receipts import DeliveryDraft
from wangdi.core.problem import Problem, Refusal
from wangdi.web.push_problems import show_given

MULTIPART = "multipart/form-data"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIXES = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/fhir+json": ".json",
    "application/fhir+ndjson": ".ndjson",
    "application/json": ".json",
    "application/x-ndjson": ".ndjson",
    "application/hl7-v2": ".hl7",
    "application/hl7-v2+er7": ".hl7",
    "x-application/hl7-v2+er7": ".hl7",
    XLSX: ".xlsx",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}
"""What a body may be, and how the file it becomes is called."""
MOST_FILES = 200
COPY_BYTES = 1 << 20


def body_kind(request: Request) -> str:
    """The content type, checked. Errors: WAY-104."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != MULTIPART and kind not in SUFFIXES:
        args = {"type": show_given(kind) or "-", "known": ", ".join((MULTIPART, *SUFFIXES))}
        raise Refusal(Problem(code="WAY-104", args=args))
    return kind


async def write_body(request: Request, draft: DeliveryDraft, filename: str, limit: int) -> None:
    """Write what arrives into the draft. Errors: WAY-103 too large, WAY-104 its type, WAY-110 broken multipart."""
    kind = body_kind(request)
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    stream = _limited(request, limit)
    if kind == MULTIPART:
        await _write_parts(request, stream, draft)
        return
    name = filename or f"delivery{SUFFIXES[kind]}"
    if not Path(name).suffix:
        name += SUFFIXES[kind]
    path = draft.new_file(name)
    with path.open("wb") as target:
        async for chunk in stream:
            await run_in_threadpool(target.write, chunk)


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        if chunk:
            yield chunk


def _too_large(limit: int) -> Refusal:
    return Refusal(Problem(code="WAY-103", args={"limit": f"{limit / (1 << 20):,.0f} MB"}))


async def _write_parts(request: Request, stream: AsyncGenerator[bytes, None], draft: DeliveryDraft) -> None:
    parser = MultiPartParser(request.headers, stream, max_files=MOST_FILES, max_fields=MOST_FILES)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Refusal(Problem(code="WAY-110", args={"reason": show_given(error.message)})) from error
    except (ValueError, LookupError) as error:  # headers of a part that no library would write
        raise Refusal(Problem(code="WAY-110", args={"reason": type(error).__name__})) from error
    try:
        for _, part in form.multi_items():
            if isinstance(part, UploadFile):
                path = draft.new_file(part.filename or "delivery")
                await run_in_threadpool(_copy_part, part.file, path)
    finally:
        await form.close()


def _copy_part(source: BinaryIO | SpooledTemporaryFile[bytes], path: Path) -> None:
    with path.open("wb") as target:
        while chunk := source.read(COPY_BYTES):
            target.write(chunk)
