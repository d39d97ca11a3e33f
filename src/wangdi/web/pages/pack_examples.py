"""A pack under test: the clinician's examples as a table, walks as stories, and what its mutants came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wangdi.app.pack_cases import ExampleLine, ExampleTable, Story, read_example_table, tell_walks
from wangdi.app.pack_scores import Failed, TrialResult
from wangdi.app.pack_telling import choose_edition
from wangdi.app.pack_trials import ENGINES, Cases, read_cases
from wangdi.language.model import Pack
from wangdi.web.door import Door
from wangdi.web.pages.packs import chinese, key_of
from wangdi.web.render import render_page
from wangdi.web.tables import Cell, Column, Table, export_table
from wangdi.web.trials import Trials
from wangdi.web.view import View, read_view
from wangdi.web.words import load_words, word

router = APIRouter()
DATES = ("opens", "due", "closes")


@router.get("/packs/{pack}/examples")
def show_examples(request: Request, pack: str, edition: str = "") -> Response:
    """The examples and walks of an edition, each with whether it holds on both engines."""
    door: Door = request.app.state.door
    trials: Trials = request.app.state.trials
    view = read_view(request)
    editions, chosen = choose_edition(door.library, pack, edition)
    key = key_of(door, editions, chosen)
    result, progress = trials.result(key), trials.progress(key)
    asked = request.headers.get("hx-target", "").endswith("#trial")
    if asked and progress is None:
        # What was waited for is there: the whole page has something new to show.
        return Response(headers={"HX-Refresh": "true"})
    context: dict[str, Any] = {
        "pack": chosen,
        "editions": editions,
        "result": result,
        "progress": progress,
        "pack_address": view.link(f"/packs/{chosen.id}", edition="" if chosen is editions[-1] else chosen.edition),
        "zh": chinese(view),
    }
    if asked:
        return render_page(request, "pack_trial.html", context, view=view)
    cases, table, stories = door.keep(("cases", key), lambda: _read(chosen))
    shown = _table(view, chosen, table, result)
    if (file := export_table(request, shown)) is not None:
        return file
    context |= {
        "examples_table": shown,
        "stories": stories,
        "cases": cases,
        "verdict": lambda case: _verdict(case, result),
        "failures": _by_case(result),
    }
    return render_page(request, "pack_examples.html", context, view=view)


@router.post("/packs/{pack}/examples")
def run_examples(request: Request, pack: str, edition: str = "") -> Response:
    """Begin a trial in the background and go back to the page, which tells how far it is."""
    door: Door = request.app.state.door
    trials: Trials = request.app.state.trials
    editions, chosen = choose_edition(door.library, pack, edition)
    trials.start(editions, chosen, key_of(door, editions, chosen))
    return RedirectResponse(read_view(request).link(f"/packs/{pack}/examples", edition=edition), 303)


def _read(pack: Pack) -> tuple[Cases, ExampleTable, list[Story]]:
    cases = read_cases(pack)
    return cases, read_example_table(pack, cases), tell_walks(pack, cases)


def _by_case(result: TrialResult | None) -> dict[str, list[Failed]]:
    found: dict[str, list[Failed]] = {}
    for failure in result.failures if result is not None else ():
        found.setdefault(failure.case, []).append(failure)
    return found


def _verdict(case: str, result: TrialResult | None) -> Mapping[str, bool | None]:
    """By engine whether a case holds. Missing: nobody has tried it (None)."""
    if result is None:
        return dict.fromkeys(ENGINES)
    return {engine: not result.failures_of(case, engine) for engine in result.engines}


def _table(view: View, pack: Pack, table: ExampleTable, result: TrialResult | None) -> Table:
    def title(key: str) -> str:
        return word(view.lang, f"cases.{key}")

    columns = [
        Column("case", title("case")),
        Column("person", title("person"), "day"),
        Column("date", title("date"), "day"),
        *(
            Column(name, label, "number" if _all_numbers(table, name) else "text", unit, title("typed"))
            for name, label, unit in table.columns
        ),
        Column("class", title("class"), group=title("expected")),
        Column("due", title("due"), "day", group=title("expected")),
        Column("clause", title("clause"), group=title("expected")),
        *(Column(engine, title(f"engine_{engine}"), group=title("holds")) for engine in ENGINES),
        Column("note", title("note")),
    ]
    labels = {row.name: row.label for row in pack.classify.rows} if pack.classify else {}
    rows = [_row(view, pack, line, labels, result) for line in table.lines]
    return Table(columns, rows, name=f"{pack.id}-examples", empty=title("no_examples"))


def _all_numbers(table: ExampleTable, name: str) -> bool:
    return all(text.replace(".", "", 1).isdigit() for line in table.lines if (text := line.said.get(name, "")))


def _row(
    view: View, pack: Pack, line: ExampleLine, labels: Mapping[str, str], result: TrialResult | None
) -> dict[str, Any]:
    said, expected = line.said, line.expected
    name = expected.get("class", "")
    sex = {"1": "sex_1", "2": "sex_2"}.get(said.get("person_sex", ""))
    opens, due, closes = (expected.get(one, "") for one in DATES)
    asked = expected.get("refer", "none")
    refer = "" if asked == "none" else load_words(view.lang).get(f"pack.refer_{asked}", asked)
    anchor = f"{view.link(f'/packs/{pack.id}', edition=pack.edition)}#class.{name}"
    return {
        "case": Cell(line.case, small=word(view.lang, "cases.line", line=line.line)),
        "person": Cell(said.get("person_birth_date") or None, small=word(view.lang, f"person.{sex}") if sex else ""),
        "date": said.get("date"),
        **{key: value or None for key, value in said.items() if key not in ("case", "date")},
        "class": Cell(labels.get(name, name), anchor, small=refer),
        "due": Cell(due or None, small=f"{opens} – {closes}" if due else ""),
        "clause": line.clause,
        "note": line.note or None,
        **{engine: _holds_cell(view, line, engine, result) for engine in ENGINES},
    }


def _holds_cell(view: View, line: ExampleLine, engine: str, result: TrialResult | None) -> Cell:
    if result is None:
        return Cell(None)
    wrong = [one for one in result.failures_of(line.case, engine) if one.line == line.line]
    if not wrong:
        return Cell(word(view.lang, "cases.pass"), tone="good")
    got = "；".join(f"{one.what}: {one.got or '—'}" for one in wrong)
    return Cell(word(view.lang, "cases.fail"), small=word(view.lang, "cases.got", got=got), tone="late")
