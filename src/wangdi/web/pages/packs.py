"""Rules as pages: every programme with its editions, and one pack in the order of the printed norm.

Anchors on a pack's page stay the same; they are told in :mod:`wangdi.web.anchors`. Blocks of an explanation that this page
does not know are shown as they are told, so that a pack may say more than this page was written for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from wangdi.app.pack_scores import TrialResult, trial_key
from wangdi.app.pack_telling import (
    Lengths,
    OwnValue,
    check_own_folder,
    choose_edition,
    compare_editions,
    measure_windows,
    own_files,
    read_own_values,
    read_readme,
    unit_words,
)
from wangdi.app.pack_trials import case_files
from wangdi.language.explain import explain_json
from wangdi.language.model import Pack
from wangdi.web.door import Door
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.trials import Trials
from wangdi.web.view import View, read_view
from wangdi.web.windowbar import SPAN_WIDTH, WindowBar, plot_spans, plot_window
from wangdi.web.words import load_words, word

router = APIRouter()
HEAD = ("pack", "edition", "valid_from", "valid_to", "title", "subject", "rule_book", "run", "due")
BLOCKS = ("enrol", "forms", "other_forms", "terms", "classes", "tasks", "indicators", "parameters", "report")
SHOWN = {
    "enrol": ("form", "fields", "person_fields", "source", "rule", "words", "tree", "ends"),
    "forms": ("name", "full_name", "title", "occurred_on", "record_key", "fields", "checks"),
    "classes": ("name", "label", "refer", "source", "rule", "words", "tree", "next"),
    "tasks": ("name", "title", "done_by", "source", "kind", "form", "rule", "words", "tree", "first", "missed", "window"),
    "indicators": (
        "id", "title", "unit", "of", "count", "clauses", "of_clauses", "mean", "attribution", "count_at", "source",
        "doubt",
    ),
}  # fmt: skip
"""What the page says of each item in a place of its own; anything else an explanation says follows as it is told."""
_PLACE = re.compile(r"\{([a-z0-9_]+)\}")
FEW_FIELDS = 60
FEW_CODES = 4
LEAST_ROWS = 2


def chinese(view: View) -> Markup:
    """The mark of words that stay Chinese on an English page."""
    return Markup(' lang="zh-CN"') if view.lang != "zh" else Markup("")


def word_or_name(view: View, key: str, name: str) -> str:
    """A word of the pages, or the name itself where no page has a word for it."""
    return load_words(view.lang).get(f"{key}_{name}" if "." in key else f"{key}.{name}", name)


def key_of(door: Door, editions: Sequence[Pack], pack: Pack) -> str:
    """What a trial of this edition is known by; worked out anew when a file of its cases has changed."""
    stats = tuple((str(path), path.stat().st_mtime_ns) for path in case_files(pack) if path.is_file())
    digests = tuple(one.digest for one in editions)
    return door.keep(("trial", pack.id, pack.edition, digests, stats), lambda: trial_key(editions, pack))


def find_result(request: Request, editions: Sequence[Pack], pack: Pack) -> TrialResult | None:
    """What became of an edition under test, where that is known."""
    trials: Trials = request.app.state.trials
    return trials.result(key_of(request.app.state.door, editions, pack))


# ---- every pack -------------------------------------------------------------------------------------------------------
@router.get("/packs")
def show_packs(request: Request) -> Response:
    """Every programme with its rule book, its editions and how well it is tested."""
    door: Door = request.app.state.door
    view = read_view(request)
    own = read_own_values(door.city, door.number(view.known))
    table = _list_packs(request, view, own)
    if (file := export_table(request, table)) is not None:
        return file
    editions = [
        (pack.title, pack.edition, pack.valid_from, pack.valid_to)
        for group in door.library.packs.values()
        for pack in group
    ]
    spans, years = plot_spans(editions, door.clock.today())
    folder = door.keep(("own packs", own_files(door.city)), lambda: check_own_folder(door.city, door.library))
    context = {
        "packs_table": table,
        "spans": spans,
        "years": years,
        "span_width": SPAN_WIDTH,
        "folder": folder,
        "zh": chinese(view),
    }
    return render_page(request, "packs.html", context, view=view)


def _list_packs(request: Request, view: View, own: Mapping[str, Mapping[str, OwnValue]]) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"packs.{key}")

    door: Door = request.app.state.door
    columns = [
        Column("title", title("title")),
        Column("book", title("book")),
        Column("edition", title("edition")),
        *(Column(one, title(one), "number") for one in ("classes", "tasks", "indicators", "parameters", "cases")),
        Column("score", title("score")),
        Column("own", title("own"), "number"),
    ]
    rows = []
    for pack_id, editions in door.library.packs.items():
        pack = editions[-1]
        address = view.link(f"/packs/{pack_id}")
        result = find_result(request, editions, pack)
        until = pack.valid_to.isoformat() if pack.valid_to else word(view.lang, "packs.until_now")
        rows.append(
            {
                "title": Cell(pack.title, address, small=pack_id, door=False),
                "book": Cell(pack.rule_book.title, small=pack.rule_book.issuer),
                "edition": Cell(
                    pack.edition,
                    small=f"{pack.valid_from} – {until}"
                    + (word(view.lang, "packs.more_editions", count=len(editions) - 1) if len(editions) > 1 else ""),
                ),
                "classes": len(pack.classify.rows) if pack.classify else None,
                "tasks": len(pack.schedule) or None,
                "indicators": len(pack.indicators) or None,
                "parameters": len(pack.parameters) or None,
                "cases": None if result is None else result.cases,
                "score": _score_cell(view, pack_id, result),
                "own": Cell(len(own[pack_id]), f"{address}#parameters", door=False) if pack_id in own else None,
            }
        )
    return Table(columns, rows, name="packs")


def _score_cell(view: View, pack: str, result: TrialResult | None) -> Cell:
    address = view.link(f"/packs/{pack}/examples")
    if result is None:
        return Cell(word(view.lang, "packs.not_run"), address, door=False)
    if result.failed or result.problems:
        failing = word(view.lang, "packs.failing", count=result.failed + len(result.problems))
        return Cell(failing, address, tone="late", door=False)
    return Cell(f"{result.killed} / {result.total}", address, door=False)


# ---- one pack ---------------------------------------------------------------------------------------------------------
@router.get("/packs/{pack}")
def show_pack(request: Request, pack: str, edition: str = "", against: str = "") -> Response:
    """One edition of a pack, in the order of the printed norm."""
    door: Door = request.app.state.door
    view = read_view(request)
    editions, chosen = choose_edition(door.library, pack, edition)
    told = door.keep(("told", chosen.path, chosen.digest), lambda: explain_json(chosen))
    place = editions.index(chosen)
    other = choose_edition(door.library, pack, against)[1] if against else editions[place - 1] if place else None
    own = read_own_values(door.city, door.number(view.known)).get(pack, {})
    context = {
        "pack": chosen,
        "told": told,
        "editions": editions,
        "newest": chosen is editions[-1],
        "other": other if other is not chosen else None,
        "changes": _changes(door, other, chosen) if other is not None and other is not chosen else [],
        "bars": _bars(chosen),
        "own": {name: value for name, value in own.items() if name in chosen.parameters},
        "units": unit_words(chosen),
        "english": {one.id: one.title_en for one in chosen.indicators.values()} if view.lang == "en" else {},
        "form_titles": _form_titles(told),
        "report": [_split_report(chosen, text) for text in chosen.report],
        "rest": {name: part for name, part in told.items() if name not in (*HEAD, *BLOCKS) and part not in NOTHING},
        "extra": _extra,
        "columns_of": columns_of,
        "named": lambda key, name: word_or_name(view, key, name),
        "readme": read_readme(chosen),
        "result": find_result(request, editions, chosen),
        "few_fields": FEW_FIELDS,
        "few_codes": FEW_CODES,
        "zh": chinese(view),
    }
    return render_page(request, "pack.html", context, view=view)


NOTHING: tuple[object, ...] = (None, "", [], {})


def _extra(block: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """What an explanation says of an item beyond what the page has a place for."""
    return {name: part for name, part in item.items() if name not in SHOWN[block] and part not in NOTHING}


def columns_of(value: Any) -> list[str]:
    """The columns of a list whose items are alike and hold only words and numbers; none where it is no such list."""
    if not isinstance(value, list) or len(value) < LEAST_ROWS or not all(isinstance(row, Mapping) for row in value):
        return []
    told = [{name: part for name, part in row.items() if name != "tree" and part not in NOTHING} for row in value]
    if any(isinstance(part, Mapping) or _holds_items(part) for row in told for part in row.values()):
        return []
    names = dict.fromkeys(name for row in told for name in row)
    return [name for name in names if name != "rule" or "words" not in names]


def _holds_items(part: object) -> bool:
    return isinstance(part, list) and any(isinstance(one, Mapping | list) for one in part)


def _changes(door: Door, one: Pack, other: Pack) -> list[dict[str, str]]:
    def compare() -> list[dict[str, str]]:
        return [
            {"block": item.block, "item": item.item, "part": item.part, "before": item.before, "after": item.after}
            for item in compare_editions(one, other)
        ]

    return door.keep(("changes", one.path, one.digest, other.path, other.digest), compare)


def _bars(pack: Pack) -> dict[str, dict[str, WindowBar]]:
    measured = measure_windows(pack)
    every: list[Lengths] = [lengths for windows in measured.values() for lengths in windows.values()]
    longest = max((lengths.closes for lengths in every), default=1.0)
    return {
        anchor: {name: plot_window(lengths, longest) for name, lengths in windows.items()}
        for anchor, windows in measured.items()
    }


def _form_titles(told: Mapping[str, Any]) -> dict[str, str]:
    own = {form["name"]: form["title"] for form in told["forms"]}
    return own | {form["full_name"]: form["title"] for form in (*told["forms"], *told["other_forms"])}


def _split_report(pack: Pack, text: str) -> list[tuple[str, str]]:
    """A report sentence as texts and the indicators that stand in it: (text, "") and (title, id)."""
    parts: list[tuple[str, str]] = []
    for place, part in enumerate(_PLACE.split(text)):
        if place % 2:
            indicator = pack.indicators.get(part)
            parts.append((part if indicator is None else indicator.title, part if indicator else ""))
        elif part:
            parts.append((part, ""))
    return parts
