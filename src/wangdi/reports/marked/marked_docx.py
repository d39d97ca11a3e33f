"""A report as a Word file with the verdicts as comments: in the file itself where it is one, else in a plain copy."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING

from wangdi.reports.files.word_files import NOT_XML, Piece, list_pieces, open_docx
from wangdi.reports.marked.marking import Verdict

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.run import Run

AUTHOR, INITIALS = "Wangdi", "WD"


def render_docx(
    text: str, original: bytes | None, spans: Sequence[tuple[int, int]], notes: Sequence[tuple[Verdict, str]]
) -> bytes:
    """The Word file. ``original``: the bytes of the report where it is a ``.docx``; ``spans``: start and end of every claim.

    ``notes``: each verdict with what its comment says. A comment hangs on the verdict's first claim.
    """
    from docx.oxml.ns import qn

    document = open_docx(original, "") if original is not None else _plain_copy(text)
    pieces = list_pieces(document)
    starts, place = [], 0
    for piece in pieces:
        starts.append(place + len(piece.mark))
        place += len(piece.mark) + len(piece.text)
    # From the end, so that a run split for one comment leaves the places before it as they were.
    for verdict, said in sorted(notes, key=lambda note: spans[note[0].claims[0]], reverse=True):
        low, high = spans[verdict.claims[0]]
        number = bisect_right(starts, low) - 1
        runs = _cut_runs(pieces[number], low - starts[number], high - starts[number])
        if runs:
            comment = document.add_comment(runs, text=NOT_XML.sub(" ", said), author=AUTHOR, initials=INITIALS)
            # The library dates it by the clock; the same report gives the same file.
            comment._comment_elm.attrib.pop(qn("w:date"), "")
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _plain_copy(text: str) -> Document:
    from docx import Document as open_file  # noqa: N813 -- a function of theirs

    document = open_file()
    for line in NOT_XML.sub(" ", text).split("\n"):
        paragraph = document.add_paragraph()
        # A run's text setter turns a carriage return into a break; one space keeps every place as it is.
        paragraph.add_run(line.replace("\r", " "))
    return document


def _cut_runs(piece: Piece, low: int, high: int) -> list[Run]:
    """The runs that hold just these characters; a run of more than plain text is taken whole."""
    found, place = [], 0
    for run in piece.runs:
        start, end = place, place + len(run.text)
        place = end
        if end > low and start < high:
            found.append(_cut_run(run, max(0, low - start), min(end, high) - start))
    return found


def _cut_run(run: Run, low: int, high: int) -> Run:
    """The part of a run from ``low`` to before ``high``, as a run of its own with the same look."""
    text = run.text
    plain = all(child.tag.endswith(("}t", "}rPr")) for child in run._r)
    if not plain or (low, high) == (0, len(text)):
        return run
    for piece, before in ((text[:low], True), (text[high:], False)):
        if piece:
            copy = deepcopy(run._r)
            if before:
                run._r.addprevious(copy)
            else:
                run._r.addnext(copy)
            type(run)(copy, run._parent).text = piece
    run.text = text[low:high]
    return run
