"""Word files: their text, and comments on parts of it. A file is opened only once its size is known."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wangdi.core.problem import Problem, Refusal
from wangdi.reports.files.word_numbers import WORD, Numbers

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph
    from docx.text.run import Run
    from docx.types import ProvidesStoryPart

Element = Any
"""An element of lxml, which has no types."""

MOST_UNPACKED = 256 << 20
_CONTAINER, _LOCKED = b"\xd0\xcf\x11\xe0", "EncryptedPackage".encode("utf-16-le")
"""How an encrypted file begins, and a .doc of before 2007; and what only the first holds."""
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that no Word file may hold."""
LONGEST_CELL = 60
"""A cell that says more is no cell of a table but a part of a page."""
_MOST_COLUMNS = 200
_BREAKS = re.compile(r"[\n\t]")
_PARAGRAPH, _TABLE, _ROW, _CELL, _RUN = (f"{WORD}{name}" for name in ("p", "tbl", "tr", "tc", "r"))
_BOX, _VALUE = f"{WORD}txbxContent", f"{WORD}val"
_OWN = frozenset((_PARAGRAPH, _TABLE, _BOX))
"""What is read on its own, wherever it stands."""
_UNSEEN = frozenset(
    (
        *(f"{WORD}{name}" for name in ("del", "moveFrom", "pPr", "rPr", "sdtPr", "sectPr", "tblPr", "trPr", "tcPr")),
        "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
    )
)


def read_docx(data: bytes, name: str) -> str:
    """The paragraphs of a Word file, one to a line; a table where it stands, a row to a line with a tab between its cells.

    Errors: AUDIT-004 it is none, AUDIT-005 it is locked, AUDIT-006 it unpacks to too much, AUDIT-012 it is a .doc.
    """
    return "".join(one.mark + one.text for one in list_pieces(open_docx(data, name)))


def open_docx(data: bytes, name: str) -> Document:
    """A Word file.

    Errors: AUDIT-004, AUDIT-005, AUDIT-006, AUDIT-012.
    """
    from docx import Document as open_file  # noqa: N813 -- a function of theirs
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import LxmlError

    if data.startswith(_CONTAINER):
        code = "AUDIT-005" if _LOCKED in data else "AUDIT-012"
        raise Refusal(Problem(code=code, file=name))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_UNPACKED:
            args = {"size": f"{size >> 20} MB", "most": f"{MOST_UNPACKED >> 20} MB"}
            raise Refusal(Problem(code="AUDIT-006", file=name, args=args))
        return open_file(io.BytesIO(data))
    except (zipfile.BadZipFile, PackageNotFoundError, LxmlError) as error:
        raise Refusal(Problem(code="AUDIT-004", file=name, args={"kind": "docx"})) from error
    except (KeyError, ValueError, EOFError, OSError, NotImplementedError, AttributeError) as error:
        # What python-docx and zipfile raise over a package with parts missing or of another kind.
        raise Refusal(Problem(code="AUDIT-004", file=name, args={"kind": "docx"})) from error


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph. ``mark``: what parts it from the last, with the number Word counts for it; ``plain``: it stands in a cell."""

    mark: str
    paragraph: Paragraph
    plain: bool = False

    @property
    def text(self) -> str:
        """What it says. In a cell a break is a space: a row of a table is one line."""
        text = "".join(run.text for run in self.runs)
        return _BREAKS.sub(" ", text) if self.plain else text

    @property
    def runs(self) -> list[Run]:
        """The runs it is made of, as a reader sees them: also what was inserted, is tagged or linked; not what was deleted."""
        from docx.text.run import Run as WordRun

        return [WordRun(one, self.paragraph) for one in _walk(self.paragraph._p, _RUN)]


def list_pieces(document: Document) -> list[Piece]:
    """Every paragraph in reading order: a line each, a row of a table a line with a tab between its cells.

    A merged cell's paragraphs come once; the other columns and rows it covers are empty cells.
    """
    numbers = Numbers(document)
    return list(_pieces_of(document.element.body, document._body, numbers, ""))


def _pieces_of(block: Element, parent: ProvidesStoryPart, numbers: Numbers, mark: str) -> Iterator[Piece]:
    from docx.text.paragraph import Paragraph as WordParagraph

    for one in _walk(block, _PARAGRAPH, _TABLE):
        if one.tag == _PARAGRAPH:
            yield Piece(mark + numbers.of(one), WordParagraph(one, parent))
            for box in _walk(one, _BOX):
                yield from _pieces_of(box, parent, numbers, "\n")
            mark = "\n"
        else:
            for piece in _rows_of(one, parent, mark):
                yield piece
                mark = "\n"


def _rows_of(table: Element, parent: ProvidesStoryPart, mark: str) -> Iterator[Piece]:
    """The paragraphs of a table. Those of one cell are parted by a space, or by a line where the table only lays out a page."""
    from docx.text.paragraph import Paragraph as WordParagraph

    for row in _walk(table, _ROW):
        mark += "\t" * _number(row, "w:trPr/w:gridBefore")
        for cell in _walk(row, _CELL):
            inside = list(cell.iter(_PARAGRAPH))
            merged = cell.find("w:tcPr/w:vMerge", cell.nsmap)
            if merged is not None and merged.get(_VALUE, "continue") == "continue":
                inside = []
            pieces = [Piece("", WordParagraph(one, parent), plain=True) for one in inside]
            long = sum(len(one.text) for one in pieces) > LONGEST_CELL
            for number, one in enumerate(pieces):
                yield replace(one, mark=mark if number == 0 else "\n" if long else " ")
                mark = ""
            mark += "\t" * max(1, _number(cell, "w:tcPr/w:gridSpan"))
        mark = mark.removesuffix("\t") + "\n"


def _number(element: Element, path: str) -> int:
    found = element.find(path, element.nsmap)
    value = found.get(_VALUE, "") if found is not None else ""
    return min(int(value), _MOST_COLUMNS) if value.isdecimal() and len(value) < 5 else 0


def _walk(element: Element, *wanted: str) -> Iterator[Element]:
    """The nearest elements of some kinds below one, through what only wraps them; of two renderings of one thing the first."""
    for child in element:
        if child.tag in wanted:
            yield child
        elif child.tag not in _UNSEEN and not (child.tag in _OWN and _BOX not in wanted):
            yield from _walk(child, *wanted)
