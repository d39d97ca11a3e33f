"""What is drawn on the pages of a PDF, as PDFium tells it. Runs in a process of its own (``pdf_files.py``): PDFium is no Python."""

from __future__ import annotations

import ctypes
import json
import math
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

import pypdfium2
from pypdfium2 import raw

from wangdi.reports.files.pdf_glyphs import Glyph, Page, Rule
from wangdi.reports.files.pdf_layout import read_layout

MOST_PAGES = 3000
MOST_CHARACTERS = 2_000_000
_MOST_MEMORY = 3 << 30
_MOST_SEGMENTS = 20_000
_UNKNOWN = 0.3
"""A document in which more of the signs than this have no known meaning is not read."""
_STRAIGHT = 0.5
"""Points a line may lean."""
_QUARTERS = 2 / math.pi
_LEANING = 0.05
"""Of a right angle: text turned by more leans."""
_THIN = 3.0
"""Points: a filled rectangle no thicker is a line."""


class _RefusedError(Exception):
    """The file is not read. The arguments are those of a problem."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(code)
        self.code, self.told = code, args


def answer() -> None:
    """Read a PDF from the standard input; write its text, or why there is none, to the standard output as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(read(sys.stdin.buffer.read()), sys.stdout)


def read(data: bytes) -> dict[str, Any]:
    """``text``, and ``pictures``: the pages that hold no text but a picture; else ``code`` and ``args`` of a problem."""
    try:
        with closing(pypdfium2.PdfDocument(data)) as document:
            pages, pictures = _read_pages(document)
        return {"text": read_layout(pages), "pictures": pictures}
    except _RefusedError as refused:
        return {"code": refused.code, "args": refused.told}
    except pypdfium2.PdfiumError as error:
        locked = any(word in str(error).lower() for word in ("password", "security"))
        return {"code": "AUDIT-005" if locked else "AUDIT-004", "args": {} if locked else {"kind": "PDF"}}


def _read_pages(document: pypdfium2.PdfDocument) -> tuple[list[Page], list[int]]:
    if len(document) > MOST_PAGES:
        raise _RefusedError("AUDIT-006", size=str(len(document)), most=str(MOST_PAGES))
    pages, pictures, known, unknown = [], [], 0, 0
    for number, page in enumerate(document, start=1):
        signs, missed = _read_signs(page)
        known, unknown = known + len(signs), unknown + missed
        if known > MOST_CHARACTERS:
            raise _RefusedError("AUDIT-006", size=f"> {MOST_CHARACTERS:,}", most=f"{MOST_CHARACTERS:,}")
        if not signs and any(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)):
            pictures.append(number)
        pages.append(_read_page(page, signs))
        page.close()
    if unknown > _UNKNOWN * (known + unknown):
        raise _RefusedError("AUDIT-010")
    return pages, pictures


class _Sign(NamedTuple):
    """A sign on the paper, upwards from its lower left corner. ``quarter``: how often the line it stands in is turned left."""

    text: str
    box: tuple[float, float, float, float]
    origin: tuple[float, float]
    quarter: int


def _read_signs(page: pypdfium2.PdfPage) -> tuple[list[_Sign], int]:
    """The signs of a page, and how many have no known meaning. Missing: what leans, as a watermark does."""
    text = page.get_textpage()
    handle = text.raw
    x, y, box = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF()
    found, missed = [], 0
    for place in range(text.count_chars()):
        if not raw.FPDFText_GetLooseCharBox(handle, place, box) or box.left == box.right:
            continue  # what PDFium itself puts between words and lines is as wide as nothing
        sign = raw.FPDFText_GetUnicode(handle, place)
        if not _is_sign(sign) or raw.FPDFText_HasUnicodeMapError(handle, place) == 1:
            missed += 1
            continue
        turned = -raw.FPDFText_GetCharAngle(handle, place) * _QUARTERS  # PDFium turns to the right
        quarter = round(turned)
        if abs(turned - quarter) < _LEANING:
            raw.FPDFText_GetCharOrigin(handle, place, x, y)
            corners = box.left, box.bottom, box.right, box.top
            found.append(_Sign(chr(sign), corners, (x.value, y.value), quarter % 4))
    text.close()
    return found, missed


def _is_sign(sign: int) -> bool:
    return sign >= ord(" ") and not 0xD800 <= sign < 0xF900 and sign < 0xFFF0


def _read_page(page: pypdfium2.PdfPage, signs: list[_Sign]) -> Page:
    """A page the way most of it is written: a table laid across the paper is read as one holds it."""
    quarters = Counter(one.quarter for one in signs)
    quarter = quarters.most_common(1)[0][0] if quarters else 0
    edges = page.get_cropbox()
    glyphs = []
    for text, box, origin, turned in signs:
        if turned == quarter:
            left, top = _turn(box[:2], quarter, edges)
            right, bottom = _turn(box[2:], quarter, edges)
            base = _turn(origin, quarter, edges)[1]
            glyphs.append(Glyph(text, min(left, right), max(left, right), base, max(1.0, abs(top - bottom))))
    across, down = [], []
    for start, end in _read_segments(page):
        (left, top), (right, bottom) = _turn(start, quarter, edges), _turn(end, quarter, edges)
        if abs(top - bottom) <= _STRAIGHT:
            across.append(Rule(top, min(left, right), max(left, right)))
        elif abs(left - right) <= _STRAIGHT:
            down.append(Rule(left, min(top, bottom), max(top, bottom)))
    wide, high = edges[2] - edges[0], edges[3] - edges[1]
    return Page(*((high, wide) if quarter % 2 else (wide, high)), tuple(glyphs), tuple(across), tuple(down))


def _turn(place: tuple[float, ...], quarter: int, edges: tuple[float, ...]) -> tuple[float, float]:
    """How far right and down a place is for who holds the paper so that its lines are level."""
    x, y = place
    left, bottom, right, top = edges
    if quarter == 0:
        return x - left, top - y
    return ((y - bottom, x - left), (right - x, y - bottom), (top - y, right - x))[quarter - 1]


Point = tuple[float, float]


def _read_segments(page: pypdfium2.PdfPage) -> Iterator[tuple[Point, Point]]:
    """The straight lines drawn on a page, and the edges of what is filled so thinly that it looks like one."""
    left = _MOST_SEGMENTS
    for one in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=4):
        count = raw.FPDFPath_CountSegments(one)
        left -= count
        if left < 0:
            return
        filled, stroked = ctypes.c_int(), ctypes.c_int()
        raw.FPDFPath_GetDrawMode(one, filled, stroked)
        if not stroked.value:
            low, base, high, top = one.get_bounds()
            if min(high - low, top - base) > _THIN:
                continue
            middle = ((low, (base + top) / 2), (high, (base + top) / 2))
            upright = (((low + high) / 2, base), ((low + high) / 2, top))
            yield middle if high - low > top - base else upright
            continue
        yield from _segments_of(one, count)


def _segments_of(path: pypdfium2.PdfObject, count: int) -> Iterator[tuple[Point, Point]]:
    matrix = path.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    start = place = (0.0, 0.0)
    for number in range(count):
        segment = raw.FPDFPath_GetPathSegment(path, number)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        at = matrix.on_point(x.value, y.value)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = at
        elif kind == raw.FPDF_SEGMENT_LINETO:
            yield place, at
        place = at
        if raw.FPDFPathSegment_GetClose(segment):
            yield place, start
            place = start
