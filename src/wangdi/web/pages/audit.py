"""Checking a report: files are given, and answered with the report marked up and what does not fit. Nothing of them is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.audit_data import DataAsked, hold_report
from wangdi.app.auditing import Audit, Audited, audit_files, count_verdicts, list_verdicts, mark_report, write_docx
from wangdi.core.problem import Problem, Refusal
from wangdi.reports.against_data import VERDICTS, Held
from wangdi.reports.ground import Ground
from wangdi.reports.marking import MarkedParagraph, tell_reading
from wangdi.web.render import render_page
from wangdi.web.uploads import Upload, receive_upload, show_size
from wangdi.web.view import View, read_period, read_view
from wangdi.web.words import word

router = APIRouter()
MOST_BYTES = 20 << 20
"""What may come in one form."""
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_PARTS = ("indicator", "value", "status", "period", "region", "actual", "target")


@dataclass(frozen=True, slots=True)
class Checked:
    """One report as its part of the page shows it."""

    name: str
    claims: int
    paragraphs: list[MarkedParagraph]


@router.get("/audit")
def show_form(request: Request) -> Response:
    """The form."""
    return _render(request, read_view(request), {})


@router.post("/audit")
async def check(request: Request) -> Response:
    """Check the files of the form; what is wrong with them is said on it."""
    view = read_view(request)
    with tempfile.TemporaryDirectory(prefix="wangdi-audit-") as folder:
        try:
            upload = await receive_upload(request, Path(folder), MOST_BYTES)
            return await run_in_threadpool(_check, request, view, upload)
        except Refusal as refusal:
            return await run_in_threadpool(_render, request, view, {"problem": refusal.problem})


def _check(request: Request, view: View, upload: Upload) -> Response:
    if not upload.files:
        raise Refusal(Problem(code="WEB-040"))
    audit = audit_files(upload.files, _hold_by(request, upload) if "data" in upload.fields else None)
    if "docx" in upload.fields:
        return _send_commented(view, audit)
    reports = [Checked(one.path.name, len(one.ground.claims), mark_report(one, view.lang)) for one in audit.reports]
    held = [one.verdict for report in audit.reports for one in report.held.values()]
    context = {
        "reports": reports,
        "held": {verdict: held.count(verdict) for verdict in VERDICTS} if "data" in upload.fields else {},
        "counts": count_verdicts(audit),
        "verdicts": [one for report in audit.reports for one in _tell_verdicts(report, view)],
        "plans": [
            {"severity": one.severity, "text": one.told.message(view.lang), "hint": one.told.hint(view.lang)}
            for one in audit.kept
            if one.severity
        ],
    }
    return _render(request, view, context)


def _hold_by(request: Request, upload: Upload) -> Callable[[Ground], list[Held]]:
    """What holds a report against this city, for the period the form names. Errors: DATE-001."""
    text = upload.fields.get("period", "").strip()
    asked = DataAsked(period=read_period(text) if text else None)
    return partial(hold_report, request.app.state.door.city, asked)


def _tell_verdicts(report: Audited, view: View) -> list[dict[str, Any]]:
    listed = list_verdicts(report, view.lang)
    return [
        {"number": number, "name": report.path.name, "severity": one.severity, "text": one.text, "hint": one.hint}
        for number, one in enumerate(listed, start=1)
    ]


def _send_commented(view: View, audit: Audit) -> Response:
    """The report as a Word file with a comment for each verdict. Errors: AUDIT-008 of several reports."""
    words = {severity: word(view.lang, f"audit.severity_{severity}") for severity in count_verdicts(audit)}
    name = f"{Path(audit.reports[0].path.name).stem}-{word(view.lang, 'audit.checked')}.docx"
    with tempfile.TemporaryDirectory(prefix="wangdi-audit-") as folder:
        out = Path(folder) / "commented.docx"
        write_docx(audit, out, words | {"lang": view.lang})
        said = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return Response(out.read_bytes(), media_type=DOCX, headers=said)


def _render(request: Request, view: View, found: dict[str, Any]) -> Response:
    problem: Problem | None = found.get("problem")
    words = {part: word(view.lang, f"audit.{part}") for part in _PARTS}
    context = {
        "reports": (),
        "held": {},
        "counts": {},
        "verdicts": (),
        "plans": (),
        "problem": problem,
        "message": problem.message(view.lang) if problem else "",
        "hint": problem.hint(view.lang) if problem else "",
        "most": show_size(MOST_BYTES),
        "reading_of": partial(tell_reading, words=words),
        **found,
    }
    status = 200 if problem is None else 413 if problem.code == "WEB-041" else 400
    return render_page(request, "audit.html", context, view=view, status=status)
