"""Setting pages with typst and the faces that are shipped: the same document gives the same bytes on every machine.

The faces cover GB 2312 and nothing else is used: neither the machine's own, nor a network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from wangdi.core.problem import Problem, Refusal
from wangdi.reports.text.lexicon import load_lexicon

PIXELS_PER_INCH = 220
_PICTURE = """#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: float(sys.inputs.width) * 1mm)"""


def set_document(template: str, document: Mapping[str, Any]) -> bytes:
    """A PDF of a document that a template of ``reports/data`` lays out, tagged for readers that speak.

    Rule: PDF/UA-1. Errors: REPORT-008 no typst, REPORT-009 a face is missing or damaged.
    """
    source = files("wangdi.reports").joinpath("data", template).read_bytes()
    return _compile(source, {"document": json.dumps(document, ensure_ascii=False)}, {"pdf_standards": ["ua-1"]})


def set_picture(svg: str, width: float) -> bytes:
    """A PNG of an SVG. ``width``: in millimetres. Errors: REPORT-008, REPORT-009."""
    return _compile(_PICTURE.encode(), {"svg": svg, "width": f"{width}"}, {"format": "png", "ppi": PIXELS_PER_INCH})


def _compile(source: bytes, inputs: dict[str, str], asked: dict[str, Any]) -> bytes:
    try:
        import typst
    except ImportError as error:
        raise Refusal(Problem(code="REPORT-008", args={"reason": str(error)})) from error
    made: bytes = typst.compile(source, font_paths=[find_faces()], ignore_system_fonts=True, sys_inputs=inputs, **asked)
    return made


@cache
def find_faces() -> Path:
    """The folder of the faces that are shipped. Errors: REPORT-009."""
    folder = Path(str(files("wangdi.reports").joinpath("data", "fonts")))
    check_faces(folder)
    return folder


def check_faces(folder: Path) -> None:
    """Whether each face is the one that was shipped. Errors: REPORT-009."""
    for name, sha256 in load_lexicon("fonts")["sha256"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            raise Refusal(Problem(code="REPORT-009", file=name))
