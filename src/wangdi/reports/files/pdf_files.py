"""Reads PDF files in a process of its own: a file that hangs what reads it, or breaks it, ends that process and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

from wangdi.core.problem import Problem, Refusal

MOST_SECONDS = 60
_CHILD = "import sys; sys.path[:] = {places!r}; from wangdi.reports.files.pdf_pages import answer; answer()"
"""What the process does: it finds its modules where this one does."""


def read_pdf(data: bytes, name: str) -> tuple[str, tuple[int, ...]]:
    """The text of a PDF, and the pages, from 1, that hold no text but a picture.

    Errors: AUDIT-004 it is none, or is not read in a minute; AUDIT-005 it is locked; AUDIT-006 it is too long; AUDIT-010 its
    signs have no meaning that is known.
    """
    command = [sys.executable, "-I", "-c", _CHILD.format(places=[place for place in sys.path if place])]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=MOST_SECONDS, check=False)
        told = json.loads(done.stdout) if done.returncode == 0 else {}
    except (subprocess.TimeoutExpired, ValueError):
        told = {}
    if "text" not in told:
        problem = Problem(code=told.get("code", "AUDIT-004"), file=name, args=told.get("args", {"kind": "PDF"}))
        raise Refusal(problem)
    return told["text"], tuple(told["pictures"])
