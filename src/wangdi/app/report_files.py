"""A report as a file: a page, a Word document, a PDF, JSON or plain text, by the file's name."""

from __future__ import annotations

import json
from pathlib import Path

from wangdi.core.problem import Problem, Refusal
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.as_json import tell_report
from wangdi.reports.writing.model import Report
from wangdi.reports.writing.passing import lay_text
from wangdi.reports.writing.rendered_docx import render_document
from wangdi.reports.writing.rendered_html import render_page
from wangdi.reports.writing.rendered_pdf import render_pdf

SUFFIXES = (".html", ".docx", ".pdf", ".json", ".txt")


def check_suffix(out: Path) -> None:
    """Whether a report can be written into a file of that name. Errors: REPORT-005."""
    if out.suffix.lower() not in SUFFIXES:
        raise Refusal(Problem(code="REPORT-005", args={"suffix": out.suffix or out.name}))


def print_report(report: Report, out: Path, pages: str) -> None:
    """Write a report into a file. ``pages``: the address to which its numbers lead. Errors: REPORT-005, REPORT-008, REPORT-009."""
    check_suffix(out)
    suffix = out.suffix.lower()
    if suffix == ".docx":
        out.write_bytes(render_document(report, pages))
    elif suffix == ".pdf":
        out.write_bytes(render_pdf(report, pages))
    elif suffix == ".html":
        out.write_text(render_page(report, pages), encoding="utf-8")
    elif suffix == ".json":
        out.write_text(json.dumps(tell_report(report), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    else:
        out.write_text(plain_report(report) + "\n", encoding="utf-8")


def plain_report(report: Report) -> str:
    """A report as plain text, with its notes."""
    notes: str = load_lexicon("writing")["table"]["notes"]
    return f"{lay_text(report).text}{notes}{''.join(report.notes)}"
