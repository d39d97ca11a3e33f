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
from wangdi.app.auditing import (
    Audit,
    Audited,
    audit_files,
    compare_report,
    count_verdicts,
    list_verdicts,
    mark_report,
    write_docx,
    write_html,
)
from wangdi.core.problem import Problem, Refusal
from wangdi.reports.marked.marking import Comparison, MarkedParagraph, group_rows, tell_piece
from wangdi.reports.matching.against_data import VERDICTS, Held
from wangdi.reports.relations.ground import Ground
from wangdi.web.render import form_status, render_page, tell_problem
from wangdi.web.uploads import DOCUMENT_BYTES, Upload, receive_upload, show_size
from wangdi.web.view import View, read_period, read_view
from wangdi.web.words import word

router = APIRouter()
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ASKED = "data", "own", "period", "known"
_PARTS = ("indicator", "value", "status", "period", "region", "actual", "target", "data")


@dataclass(frozen=True, slots=True)
class Checked:
    """One report as its part of the page shows it."""

    name: str
    claims: int
    groups: list[list[MarkedParagraph]]
    comparisons: list[Comparison]
    unread: list[str]


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
            upload = await receive_upload(request, Path(folder), DOCUMENT_BYTES)
            return await run_in_threadpool(_check, request, view, upload)
        except Refusal as refusal:
            return await run_in_threadpool(_render, request, view, {"problem": refusal.problem})


def _check(request: Request, view: View, upload: Upload) -> Response:
    if not upload.files:
        raise Refusal(Problem(code="WEB-040"))
    audit = audit_files(upload.files, _hold_by(request, upload) if "data" in upload.fields else None)
    if "docx" in upload.fields:
        return _send_copy(view, audit, "docx")
    if "html" in upload.fields:
        return _send_copy(view, audit, "html")
    reports = [
        Checked(
            one.path.name,
            len(one.ground.claims),
            group_rows(mark_report(one, view.lang)),
            compare_report(one, view.lang),
            [problem.text(view.lang) for problem in one.unread],
        )
        for one in audit.reports
    ]
    held = [one.verdict for report in audit.reports for one in report.held.values()]
    context = {
        "asked": {name: upload.fields.get(name, "") for name in _ASKED},
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
    """What holds a report against this city, as the form asks. Errors: DATE-001 its period, STORE-022 its date."""
    text, known = (upload.fields.get(name, "").strip() for name in ("period", "known"))
    asked = DataAsked(read_period(text) if text else None, known or None, "own" in upload.fields)
    return partial(hold_report, request.app.state.door.city, asked)


def _tell_verdicts(report: Audited, view: View) -> list[dict[str, Any]]:
    listed = list_verdicts(report, view.lang)
    return [
        {"number": number, "name": report.path.name, "severity": one.severity, "text": one.text, "hint": one.hint}
        for number, one in enumerate(listed, start=1)
    ]


def _send_copy(view: View, audit: Audit, kind: str) -> Response:
    """The report with its verdicts, as a Word file with comments or as a page of its own. Errors: AUDIT-008 of several reports."""
    write, media = (write_docx, DOCX) if kind == "docx" else (write_html, "text/html; charset=utf-8")
    report = audit.reports[0]
    name = f"{Path(report.path.name).stem}-{word(view.lang, 'audit.checked')}.{kind}"
    with tempfile.TemporaryDirectory(prefix="wangdi-audit-") as folder:
        out = Path(folder) / f"copy.{kind}"
        write(audit, out, _copy_words(view, audit))
        said = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return Response(out.read_bytes(), media_type=media, headers=said)


def _copy_words(view: View, audit: Audit) -> dict[str, str]:
    """What the marked copies are told with."""
    report, counts = audit.reports[0], count_verdicts(audit)
    words = {severity: word(view.lang, f"audit.severity_{severity}") for severity in counts}
    told = [word(view.lang, "audit.claims", count=str(len(report.ground.claims)))]
    told += [f"{words[severity]} {count}" for severity, count in counts.items()]
    words |= {name: word(view.lang, f"audit.{name}") for name in (*_PARTS, "against", "claimed", "verdict")}
    words |= {name: word(view.lang, f"audit.held_{name}") for name in VERDICTS}
    summary = "\n".join(["  ".join(told), *(one.text(view.lang) for one in report.unread)])
    return words | {
        "lang": view.lang,
        "title": f"{word(view.lang, 'audit.title')} · {report.path.name}",
        "summary": summary,
    }


def _render(request: Request, view: View, found: dict[str, Any]) -> Response:
    problem: Problem | None = found.get("problem")
    words = {part: word(view.lang, f"audit.{part}") for part in _PARTS}
    context = {
        "asked": dict.fromkeys(_ASKED, ""),
        "reports": (),
        "held": {},
        "counts": {},
        "verdicts": (),
        "plans": (),
        **tell_problem(view, problem),
        "most": show_size(DOCUMENT_BYTES),
        "reading_of": partial(tell_piece, words=words),
        **found,
    }
    return render_page(request, "audit.html", context, view=view, status=form_status(problem))
