"""One batch: its files, what was wrong with them and how to mend it, and which figures it moved."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from wangdi.app.batches import ProblemKind, ReceivedFile, list_kinds, list_received, name_columns, open_batch
from wangdi.app.mappings import draft_original, expect_columns, explain_unread
from wangdi.app.sendings import write_refused
from wangdi.core.problem import Problem, Refusal, load_messages
from wangdi.store.records import Batch
from wangdi.web.door import Door
from wangdi.web.jobs import Jobs
from wangdi.web.moves import Both, list_moved, tell_moved
from wangdi.web.pages.deliveries import form_title, mode_word, organisation_names
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.uploads import show_size
from wangdi.web.view import View, read_view
from wangdi.web.where import stand_here
from wangdi.web.words import load_words, word

router = APIRouter()
PAGE_ROWS = 100
UNREAD = ("MAP-020", "MAP-021", "MAP-022", "FILE-016")
"""Problems that mean that nothing read a file because no one mapping was found for it."""


@router.get("/deliveries/{number:int}")
def show_delivery(request: Request, number: int, moved: str = "") -> Response:
    """One batch whole. ``moved``: the figures it moved are asked for with it, for whom no script does that."""
    door: Door = request.app.state.door
    view = read_view(request)
    batch = open_batch(door.city, number)
    received_files = list_received(door.city, batch)
    kinds = list_kinds(door.city, number)
    latest = door.number()
    context = {
        "batch": batch,
        "record": batch.record,
        "org_name": organisation_names(door, latest).get(batch.record.org, batch.record.org),
        "mode_title": mode_word(view, batch.record.mode),
        "files_table": _files_table(door, view, received_files),
        "forms": [(form_title(door, name), count) for name, count in batch.record.forms.items()],
        "again": [one for one in received_files if one.earlier is not None],
        "unread": [
            (one, explain_unread(door.city, door.library, one.original)) for one in _unread(received_files, kinds)
        ],
        "kinds": [_show_kind(door, batch, kind, view) for kind in kinds],
        "expected": expect_columns(door.city, door.library),
        "mode": "add",
        "auto": batch.last_seq == latest or request.app.state.jobs.took(number),
        "moved": _moved_context(door, view, batch) if moved else None,
        "form_title": lambda name: form_title(door, name),
    }
    return render_page(request, "delivery.html", context, view=view)


def _unread(received_files: list[ReceivedFile], kinds: list[ProblemKind]) -> list[ReceivedFile]:
    """Files that no mapping read, of a batch in which that was the problem."""
    if not any(kind.code in UNREAD for kind in kinds):
        return []
    return [one for one in received_files if not one.read and one.original.size]


def _files_table(door: Door, view: View, received_files: list[ReceivedFile]) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"delivery.{key}")

    columns = [
        Column("name", title("file")),
        Column("size", title("size"), "number"),
        Column("rows", title("rows"), "number"),
        Column("form", title("form")),
        Column("mapping", title("mapping")),
        Column("encoding", title("encoding")),
        Column("sha256", title("hash")),
    ]
    rows = []
    for one in received_files:
        link = view.at(area="", period="", known="").link(f"/original/{one.original.sha256}", name=one.file.name)
        earlier = f"{one.earlier.record.received_at:%Y-%m-%d %H:%M}" if one.earlier else ""
        small = title("again").format(at=earlier, batch=one.earlier.id) if one.earlier else ""
        rows.append(
            {
                "name": Cell(one.file.name, link, small=small, door=False),
                "size": Cell(one.original.size, text=show_size(one.original.size)),
                "rows": one.file.rows,
                "form": form_title(door, one.file.form) if one.file.form else None,
                "mapping": one.file.mapping or Cell(title("not_read"), tone="late"),
                "encoding": one.original.encoding.upper() or None,
                "sha256": Cell(one.original.sha256, text=f"{one.original.sha256[:12]}…"),
            }
        )
    return Table(columns, rows, name="files")


# ---- problems ---------------------------------------------------------------------------------------------------------
class _Open(dict[str, str]):
    """Leaves open what it does not have."""

    def __missing__(self, key: str) -> str:
        return "…"


def general_message(code: str, lang: str, examples: Sequence[Problem] = ()) -> str:
    """The message of a kind of problem, filled in as far as the examples agree and left open where they do not.

    One whose particulars the page tells elsewhere has a shorter text.
    """
    agreed = dict(examples[0].args) if examples else {}
    for one in examples:
        agreed = {name: text for name, text in agreed.items() if one.args.get(name) == text}
    short = load_words(lang).get(f"delivery.message_{code}")
    return short or load_messages()[code][lang].format_map(_Open(agreed))


def remedy(problem: Problem, lang: str) -> str:
    """What to do, on a page where that differs from a command line."""
    key = f"delivery.hint_{problem.code}"
    return load_words(lang).get(key) or problem.hint(lang)


def _show_kind(door: Door, batch: Batch, kind: ProblemKind, view: View) -> dict[str, Any]:
    columns = door.keep(("columns", batch.id), lambda: name_columns(door.city, door.library, batch))
    return {
        "code": kind.code,
        "severity": kind.severity,
        "count": kind.count,
        "title": general_message(kind.code, view.lang, kind.examples),
        "remedy": remedy(kind.examples[0], view.lang) if kind.examples else "",
        "examples": [
            (one.file, one.line, columns.get((one.file or "", one.field or ""), one.field), one.message(view.lang))
            for one in kind.examples
        ],
        "tone": {"error": "late", "warning": "soon"}.get(kind.severity, ""),
        "link": view.link(f"/deliveries/{batch.id}/problems", code=kind.code),
    }


@router.get("/deliveries/{number:int}/problems")
def show_problems(request: Request, number: int, code: str = "", page: int = 1) -> Response:
    """The problems of a batch, of one kind or all, a page at a time; the file holds all of them."""
    door: Door = request.app.state.door
    view = read_view(request)
    batch = open_batch(door.city, number)
    kinds = list_kinds(door.city, number)
    chosen = code if any(kind.code == code for kind in kinds) else None
    count = sum(kind.count for kind in kinds if chosen in (None, kind.code))
    first = max(0, page - 1) * PAGE_ROWS
    whole = "format" in request.query_params
    problems = door.city.problems(number, None if whole else PAGE_ROWS, 0 if whole else first, chosen)
    columns = door.keep(("columns", batch.id), lambda: name_columns(door.city, door.library, batch))
    table = _problems_table(view, problems, columns, whole=whole)
    if (file := export_table(request, table)) is not None:
        return file
    codes = dict.fromkeys(kind.code for kind in kinds)
    context = {
        "batch": batch,
        "kinds": [
            (one, sum(kind.count for kind in kinds if kind.code == one), general_message(one, view.lang))
            for one in codes
        ],
        "code": chosen or "",
        "count": count,
        "problems_table": table,
        "page": page,
        "pages": max(1, -(-count // PAGE_ROWS)),
    }
    return render_page(request, "delivery_problems.html", context, view=view)


def _problems_table(view: View, problems: list[Problem], columns: dict[tuple[str, str], str], *, whole: bool) -> Table:
    """``whole``: with everything in a column of its own, as a file has it."""

    def title(key: str) -> str:
        return word(view.lang, f"delivery.{key}")

    shown = [
        Column("line", title("line"), "number"),
        Column("file", title("file")),
        Column("field", title("column")),
        Column("message", title("message")),
        *([Column("remedy", title("remedy"))] if whole else []),
        Column("severity", title("severity")),
        *([Column("code", title("code"))] if whole else []),
    ]
    rows = [
        {
            "file": one.file,
            "line": one.line,
            "field": columns.get((one.file or "", one.field or ""), one.field),
            "message": Cell(one.message(view.lang), small=remedy(one, view.lang)),
            "remedy": remedy(one, view.lang) or None,
            "severity": title(f"severity_{one.severity}"),
            "code": one.code,
        }
        for one in problems
    ]
    return Table(shown, rows, name="problems", empty=title("no_problems"))


@router.get("/deliveries/{number:int}/refused")
def send_refused(request: Request, number: int) -> Response:
    """The refused rows in their own columns, with reasons: a CSV file, or several in a ZIP. Errors: WEB-047 none."""
    door: Door = request.app.state.door
    jobs: Jobs = request.app.state.jobs
    folder = jobs.folder()
    try:
        name = f"{word(read_view(request).lang, 'delivery.refused_name', batch=number)}.csv"
        written = write_refused(door.city, door.library, number, folder / name)
        if not written:
            raise Refusal(Problem(code="WEB-047"))
        path = written[0] if len(written) == 1 else _pack(written, folder / f"{Path(name).stem}.zip")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    done = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    kind = "text/csv; charset=utf-8" if path.suffix == ".csv" else "application/zip"
    return FileResponse(path, media_type=kind, filename=path.name, background=done)


def _pack(paths: list[Path], target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, path.name)
    return target


@router.get("/deliveries/{number:int}/draft/{original:int}")
def send_draft(request: Request, number: int, original: int) -> Response:
    """A drafted mapping for a file of the batch that no mapping fits. Errors: WEB-001 the batch has no such file."""
    door: Door = request.app.state.door
    batch = open_batch(door.city, number)
    found = door.city.original(original) if original in {file.original for file in batch.record.files} else None
    if found is None:
        raise Refusal(Problem(code="WEB-001", args={"path": request.url.path}))
    text = draft_original(door.city, door.library, found)
    headers = {"Content-Disposition": f'attachment; filename="mapping-{original}.yaml"'}
    return Response(text, media_type="application/yaml; charset=utf-8", headers=headers)


# ---- what it moved ----------------------------------------------------------------------------------------------------
@router.get("/deliveries/{number:int}/moved")
def show_moved(request: Request, number: int) -> Response:
    """The figures the batch moved, with who and why: a piece of its page."""
    door: Door = request.app.state.door
    view = read_view(request)
    batch = open_batch(door.city, number)
    return render_page(request, "moved.html", _moved_context(door, view, batch), view=view)


def _moved_context(door: Door, view: View, batch: Batch) -> dict[str, Any]:
    # The period everybody was looking at when the batch came: a late record is late for that one.
    period = view.period or door.default_period(batch.first_seq - 1).text
    here = stand_here(door, view.at(known=str(batch.last_seq), period=period))
    both = Both(batch.first_seq - 1, batch.last_seq, here.period, here.level)
    moved = [pair for pair in list_moved(door, both) if pair[1].area == here.area]
    moved.sort(key=lambda pair: not _speaks_of(door, pair[1].indicator, batch))
    return {
        "batch": batch,
        "form_title": lambda name: form_title(door, name),
        "here_at": here,
        "both": both,
        "told": tell_moved(door, view, both, moved),
        "compare_link": view.link(
            "/compare", before=both.before, known=both.after, period=here.period.text, area=here.area
        ),
    }


def _speaks_of(door: Door, indicator: str, batch: Batch) -> bool:
    """Whether an indicator's programme has one of the forms the batch brought: those figures are told first."""
    pack = next(one for one in door.library.newest.values() if indicator in one.indicators)
    return any(name.partition(".")[0] == pack.id for name in batch.record.forms)
