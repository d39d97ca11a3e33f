"""Word files: their text, and comments on parts of it. A file is opened only once its size is known."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wangdi.core.problem import Problem, Refusal

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

MOST_UNPACKED = 256 << 20
_LOCKED = b"\xd0\xcf\x11\xe0"
"""How an encrypted file begins, and a .doc of before 2007."""
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that no Word file may hold."""


def read_docx(data: bytes, name: str) -> str:
    """The paragraphs of a Word file, one to a line; a table where it stands, a row to a line with a tab between its cells.

    Errors: AUDIT-004 it is none, AUDIT-005 it is locked, AUDIT-006 it unpacks to too much.
    """
    return "".join(mark + paragraph.text for mark, paragraph in list_pieces(open_docx(data, name)))


def open_docx(data: bytes, name: str) -> Document:
    """A Word file.

    Errors: AUDIT-004, AUDIT-005, AUDIT-006.
    """
    from docx import Document as open_file  # noqa: N813 -- a function of theirs
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import LxmlError

    if data.startswith(_LOCKED):
        raise Refusal(Problem(code="AUDIT-005", file=name))
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


def list_pieces(document: Document | _Cell) -> Iterator[tuple[str, Paragraph]]:
    """Every paragraph in reading order with what parts it from the one before: a line, or a tab between the cells of a row.

    A merged cell's paragraphs come once; the other columns it covers are empty cells.
    """
    from docx.table import Table

    mark = ""
    for block in document.iter_inner_content():
        if not isinstance(block, Table):
            yield mark, block
            mark = "\n"
            continue
        seen = set()
        for row in block.rows:
            for cell in row.cells:
                if cell._tc not in seen:
                    seen.add(cell._tc)
                    for number, (inner, paragraph) in enumerate(list_pieces(cell)):
                        yield inner if number else mark, paragraph
                        mark = ""
                mark += "\t"
            mark = mark.removesuffix("\t") + "\n"
