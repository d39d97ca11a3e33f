"""``event rates|chain|report``: what an investigation comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wangdi.cli.answer import OK, REFUSED, Answer, Grid
from wangdi.cli.events import EVENT
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import DAY, PATH
from wangdi.cli.session import Session, read_clock
from wangdi.core.problem import Problem, Refusal, Severity


@dataclass(frozen=True, slots=True)
class RatesAsked:
    """Which event, or which file; within which strata."""

    event: str | None
    file: Path | None
    within: str


def run_rates(session: Session, asked: RatesAsked) -> Answer:
    """Attack rates and ratios of every exposure."""
    from wangdi.app.event_import import answers_of, read_file
    from wangdi.app.event_summary import tell_associations, tell_places
    from wangdi.app.events import read_event

    if (asked.event is None) == (asked.file is None):
        raise Refusal(Problem(code="CLI-003", args={"name": "EVENT | --file", "verb": "wangdi event rates"}))
    problems: Sequence[Problem] = ()
    places: list[dict[str, Any]] = []
    if asked.file is not None:
        read = read_file(asked.file)
        if read.kind != "event.answer":
            raise Refusal(Problem(code="EVENT-012", file=asked.file.name, args={"column": "是否发病"}))
        answers, problems = answers_of(read), read.problems
    else:
        with session.open_city() as city:
            found = read_event(city, asked.event or "")
        answers, places = list(found.answers.values()), tell_places(found)
    rows = tell_associations(answers, asked.within)
    shown = [_shown_rates(row) for row in rows]
    columns = ["exposure", "ate", "not_eaten", "risk_ratio", "odds_ratio", "p"]
    columns += ["adjusted_odds_ratio"] if asked.within else []
    grids = [Grid(tuple(columns), shown)] if rows else []
    if any(row["people"] is not None for row in places):
        told = [row | {"rate": "—" if row["rate"] is None else f"{100 * row['rate']:.1f}%"} for row in places]
        grids.append(Grid(("place", "ill", "people", "rate"), told))
    return Answer(
        payload={"rows": rows, "places": places, "problems": [one.as_json(session.lang) for one in problems]},
        grids=tuple(grids),
        rows=Grid(tuple(rows[0]) if rows else (), rows),
        text="" if grids else session.word("no_answers"),
        notes=tuple(one.text(session.lang) for one in problems),
        exit_code=REFUSED if any(one.severity is Severity.error for one in problems) else OK,
    )


def _shown_rates(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row for a table: 43/54 (79.6%), 5.57 (1.94–16), p to three places."""
    from wangdi.app.event_summary import show_p, show_ratio, show_share

    ratios = [name for name in ("risk_ratio", "odds_ratio", "adjusted_odds_ratio") if name in row]
    return {
        "exposure": row["exposure"],
        "ate": show_share(row["exposed_ill"], row["exposed"], row["exposed_rate"]),
        "not_eaten": show_share(row["other_ill"], row["others"], row["other_rate"]),
        "p": show_p(row["p"]),
        **{name: show_ratio(row[name]) for name in ratios},
    }


rates = Verb(
    run_rates,
    [
        argument("event", required=False, metavar="[EVENT]"),
        option("--file", type=PATH, metavar="FILE"),
        option("--within", default="", metavar="group|EXPOSURE"),
    ],
    RatesAsked,
)


def run_chain(session: Session, event: str, svg: Path | None, curve: Path | None) -> Answer:
    """Who caught it from whom; drawn on demand."""
    from wangdi.app.event_summary import curve_of, held_cases, tell_chain
    from wangdi.app.events import read_event
    from wangdi.cli.output import replace_text
    from wangdi.outbreaks.investigation.drawing import render_chain, render_curve
    from wangdi.outbreaks.investigation.transmission import lay_out_chain, linked_cases

    with session.open_city() as city:
        found = read_event(city, event)
    told, problems = tell_chain(found)
    cases = linked_cases(held_cases(found))
    written = []
    for path, drawing in (
        (svg, render_chain(lay_out_chain(cases), cases, found.event.title)),
        (curve, render_curve(curve_of(found), found.event.title)),
    ):
        if path is not None:
            replace_text(path, drawing)
            written.append(path)
    columns = ("infector", "infected", "generation", "interval_days")
    return Answer(
        payload={
            **told,
            "problems": [one.as_json(session.lang) for one in problems],
            "files": [str(path) for path in written],
        },
        grids=(Grid(columns, told["pairs"]),) if told["pairs"] else (),
        text="" if told["pairs"] else session.word("no_pairs"),
        notes=(
            *(one.text(session.lang) for one in problems),
            *(session.word("written", file=path) for path in written),
        ),
    )


chain = Verb(
    run_chain,
    [EVENT, option("--svg", type=PATH, metavar="FILE.svg"), option("--curve", type=PATH, metavar="FILE.svg")],
)


def run_report(session: Session, event: str, on: date | None) -> Answer:
    """The investigation report as a Word file or a PDF."""
    from wangdi.app.event_report import SUFFIXES, write_report

    if session.out is None or session.out.suffix.lower() not in SUFFIXES:
        raise Refusal(Problem(code="CLI-003", args={"name": "--out FILE.docx|FILE.pdf", "verb": "wangdi event report"}))
    day = on or read_clock().date()
    with session.open_city() as city:
        content = write_report(city, event, day, session.lang, session.out.suffix.lower())
    draft = session.out.with_name(f".{session.out.name}.new")
    try:
        draft.write_bytes(content)
        draft.replace(session.out)
    finally:
        draft.unlink(missing_ok=True)
    return Answer(
        payload={"event": event, "on": day, "file": str(session.out)}, text=session.word("written", file=session.out)
    )


report = Verb(run_report, [EVENT, option("--on", type=DAY, metavar="DATE")], own_out=True)
