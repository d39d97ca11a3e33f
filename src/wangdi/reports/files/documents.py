"""Reads the text of a report from a text, Word, HTML or PDF file, without trusting the file."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from wangdi.core.problem import Problem, Refusal
from wangdi.reports.files.pdf_files import read_pdf
from wangdi.reports.files.word_files import read_docx

MOST_BYTES = 64 << 20
MOST_CHARACTERS = 2_000_000
SUFFIXES = (".txt", ".docx", ".html", ".htm", ".pdf")

_BLOCKS = frozenset(
    ("p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "br", "section", "article", "table", "ul")
)
_BLOCKS |= frozenset(("ol", "header", "footer", "blockquote", "dd", "dt", "pre", "title", "caption"))
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SILENT = frozenset(("script", "style", "noscript", "template", "svg"))
_IN_CELL = "\v"
"""Where a block ends inside a cell, until the page is read."""
_LONGEST_CELL, _MOST_COLUMNS = 60, 200


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """The text of a report. ``unread``: what of the file is not in it, which who has it checked must know."""

    text: str
    unread: tuple[Problem, ...] = ()


def read_document(path: Path) -> str:
    """The text of a report, as :func:`read_report` reads it. Errors: AUDIT-001 to AUDIT-007, AUDIT-010."""
    return read_report(path).text


def read_report(path: Path) -> ReadDocument:
    """The text of a report, and what of the file is not in it.

    Offsets are counted in it: of a ``.txt``, after its byte order mark, every character is kept.

    Errors: AUDIT-001 to AUDIT-007, AUDIT-010.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise Refusal(Problem(code="AUDIT-007", file=path.name, args={"suffix": suffix or path.name}))
    data = _read_bytes(path)
    unread: tuple[Problem, ...] = ()
    if suffix == ".txt":
        text = decode_text(data, path.name)
    elif suffix == ".docx":
        text = read_docx(data, path.name)
    elif suffix == ".pdf":
        text, pictures = read_pdf(data, path.name)
        if pictures:
            args = {"pages": "、".join(map(str, pictures))}
            unread = (Problem(code="AUDIT-011", file=path.name, args=args),)
    else:
        text = _read_html(_decode_html(data, path.name))
    if not text.strip():
        raise Refusal(Problem(code="AUDIT-002", file=path.name))
    if len(text) > MOST_CHARACTERS:
        size, most = f"{len(text):,}", f"{MOST_CHARACTERS:,}"
        raise Refusal(Problem(code="AUDIT-006", file=path.name, args={"size": size, "most": most}))
    return ReadDocument(text, unread)


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Refusal(Problem(code="AUDIT-001", file=path.name, args={"reason": error.strerror or ""})) from error
    if len(data) > MOST_BYTES:
        args = {"size": f"> {MOST_BYTES >> 20} MB", "most": f"{MOST_BYTES >> 20} MB"}
        raise Refusal(Problem(code="AUDIT-006", file=path.name, args=args))
    if not data:
        raise Refusal(Problem(code="AUDIT-002", file=path.name))
    return data


def decode_text(data: bytes, name: str) -> str:
    """Text by its byte order mark, else UTF-8, else GB 18030.

    Errors: AUDIT-003 it is neither, or holds bytes no text has.
    """
    marked = next((pair for pair in _MARKS if data.startswith(pair[0])), None)
    encodings = ("utf-8", "gb18030") if marked is None else (marked[1],)
    data = data if marked is None else data[len(marked[0]) :]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1a]", text):
            return text
    raise Refusal(Problem(code="AUDIT-003", file=name))


def _decode_html(data: bytes, name: str) -> str:
    declared = re.search(rb"charset=[\"']?\s*([\w-]+)", data[:4096], re.IGNORECASE)
    if declared and declared.group(1).lower() in (b"gb2312", b"gbk", b"gb18030"):
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError:
            pass
    return decode_text(data, name)


class _TextOfPage(HTMLParser):
    """Collects what a reader of the page sees, a line for each block, a tab between the cells of a row.

    A cell over several columns or rows leaves the other places it covers empty, so that columns stay columns.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0
        self.cells = 0
        self.row: list[int] = []
        self.covered: dict[int, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in _SILENT
        if tag in ("td", "th"):
            self._begin_cell(dict(attrs))
        elif tag in _BLOCKS:
            self.parts.append(_IN_CELL if self.cells and tag not in ("tr", "table") else "\n")
        if tag in ("table", "tr"):
            self.cells, self.row = 0, [0, 0]
            self.covered = {} if tag == "table" else self.covered

    def _begin_cell(self, attributes: dict[str, str | None]) -> None:
        """Tabs up to the first column that no cell of a row above covers. ``row``: where the last cell began and ended."""
        began, column = self.row if len(self.row) == 2 else (0, 0)
        while self.covered.get(column, 0) > 0:
            self.covered[column] -= 1
            column += 1
        wide, high = (_span_of(attributes.get(name)) for name in ("colspan", "rowspan"))
        self.parts.append("\t" * (column - began))
        self.covered |= dict.fromkeys(range(column, column + wide), high - 1)
        self.row = [column, column + wide]
        self.cells += 1

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in _SILENT and self.silent > 0
        if tag == "tr" and self.row:
            began, end = self.row
            while self.covered.get(end, 0) > 0 and self.cells:
                self.covered[end] -= 1
                end += 1
            self.parts.append("\t" * (end - 1 - began))
            self.cells = 0
        if tag in _BLOCKS:
            self.parts.append(_IN_CELL if self.cells and tag != "table" else "\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))


def _span_of(value: str | None) -> int:
    return min(max(int(value), 1), _MOST_COLUMNS) if value and value.isdecimal() and len(value) < 5 else 1


def _read_html(page: str) -> str:
    parser = _TextOfPage()
    parser.feed(page)
    parser.close()
    lines = ("\t".join(map(_plain_cell, line.split("\t"))) for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line.strip())


def _plain_cell(text: str) -> str:
    """What stands in a cell: its blocks one behind the other, unless they are the paragraphs of a page laid out by a table."""
    pieces = [piece.strip() for piece in text.split(_IN_CELL) if piece.strip()]
    return ("\n" if sum(map(len, pieces)) > _LONGEST_CELL else " ").join(pieces)
