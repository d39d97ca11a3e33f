"""``report``: write a work report from the city's figures, sign it, and see what of it would read differently today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wangdi.app.numbers import plain_number, show_number, show_rate
from wangdi.cli.answer import CHECK_FAILED, OK, Answer, Grid
from wangdi.cli.frame import Tree, Verb, argument, option
from wangdi.cli.kinds import PATH, PERIOD, WordKind
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.periods import Period

if TYPE_CHECKING:
    from wangdi.app.signing import ChangedSentence, Edition, MovedFigure
    from wangdi.indicators.figures import Figure
    from wangdi.reports.writing.passing import Dropped, Passed
    from wangdi.store.city import City

TEMPLATES = ("work-report", "progress")
PAGES = "http://127.0.0.1:8000"
"""Where ``wangdi serve`` serves, where nobody says otherwise."""
CHANGE_WORDS = {"changed": "sentence_changed", "gone": "sentence_gone", "new": "sentence_new"}


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Which report, what people wrote for it, and where its numbers lead."""

    period: Period | None
    template: str
    notes: Path | None
    known: str | None
    pages: str


def run_write(session: Session, asked: WriteOptions) -> Answer:
    """Write a report; with ``--out`` into a file, else as text."""
    _check_out(session)
    with session.open_city() as city:
        passed = _compose(session, city, asked)
    return _answer(session, passed, asked.pages)


def _check_out(session: Session) -> None:
    """Refuse a file that no report is written into before anything is done."""
    from wangdi.app.report_files import check_suffix

    if session.out is not None:
        check_suffix(session.out)


def _compose(session: Session, city: City, asked: WriteOptions) -> Passed:
    from wangdi.app.periods import last_period
    from wangdi.app.reporting import ReportAsked, write_report

    with session.standing(city, asked.known) as standing:
        period = asked.period or last_period(standing)
        return write_report(standing, ReportAsked(period, asked.template, asked.notes))


def _answer(session: Session, passed: Passed, pages: str) -> Answer:
    """The report as an answer, and what is not printed with the reason; what people wrote and was left out ends with 13."""
    from wangdi.app.report_files import plain_report, print_report
    from wangdi.reports.writing.as_json import tell_report

    notes: list[str] = []
    if session.out is not None:
        print_report(passed.report, session.out, pages)
        notes.append(session.word("written", file=session.out))
    rows = [_dropped_row(session, one) for one in passed.dropped]
    columns = ("sentence", "indicator", "why")
    return Answer(
        payload=tell_report(passed.report) | {"dropped": rows},
        text="" if session.out is not None else plain_report(passed.report),
        grids=(Grid(columns, rows, title=session.word("report_dropped")),) if rows else (),
        notes=tuple(notes),
        exit_code=CHECK_FAILED if any(one.sentence.free for one in passed.dropped) else OK,
    )


def _dropped_row(session: Session, one: Dropped) -> dict[str, Any]:
    return {"sentence": one.sentence.text, "indicator": one.indicator, "why": one.why.message(session.lang)}


def run_sign(session: Session, asked: WriteOptions) -> Answer:
    """Write a report and keep it as an edition that never changes."""
    from wangdi.app.signing import sign_report

    _check_out(session)
    with session.open_city() as city:
        passed = _compose(session, city, asked)
        edition = sign_report(city, passed.report, actor_name(), read_clock())
    answer = _answer(session, passed, asked.pages)
    return Answer(
        payload=_edition_row(edition) | {"dropped": answer.payload["dropped"]},
        text=session.word("report_signed", edition=edition.key, known=edition.report.known, sha256=edition.sha256),
        grids=answer.grids,
        notes=answer.notes,
        exit_code=answer.exit_code,
    )


def _edition_row(edition: Edition) -> dict[str, Any]:
    report = edition.report
    return {
        "edition": edition.key,
        "title": report.title,
        "period": report.period,
        "known": report.known,
        "snapshot": report.snapshot,
        "signed_at": edition.signed_at,
        "who": edition.who,
        "sha256": edition.sha256,
    }


def run_list(session: Session) -> Answer:
    """Every signed report."""
    from wangdi.app.signing import list_editions

    with session.open_city() as city:
        rows = [_edition_row(one) for one in list_editions(city)]
    columns = ("signed", "title", "period", "known", "signed_at", "who", "sha256", "snapshot")
    shown = [{**row, "signed": row["edition"]} for row in rows]
    return Answer(
        payload={"rows": rows},
        grids=(Grid(columns, shown, ("snapshot", "sha256", "who")),) if rows else (),
        text="" if rows else session.word("report_none"),
    )


def run_show(session: Session, edition: str, pages: str) -> Answer:
    """A signed report as it was signed; with ``--out`` printed again."""
    from wangdi.app.report_files import plain_report, print_report
    from wangdi.app.signing import find_edition
    from wangdi.reports.writing.as_json import tell_report

    with session.open_city() as city:
        found = find_edition(city, edition)
    if session.out is not None:
        print_report(found.report, session.out, pages)
        return Answer(payload=_edition_row(found), notes=(session.word("written", file=session.out),))
    return Answer(payload=_edition_row(found) | {"report": tell_report(found.report)}, text=plain_report(found.report))


def run_changes(session: Session, edition: str, known: str | None) -> Answer:
    """Which sentences of a signed report would read differently, and why."""
    from wangdi.app.signing import compare_edition, find_edition

    with session.open_city() as city:
        found = find_edition(city, edition)
        with session.standing(city, str(found.report.known)) as then, session.standing(city, known) as now:
            changed = compare_edition(found, then, now)
            reached = now.known
    rows = [_changed_row(session, one) for one in changed]
    head = {"edition": edition, "known": found.report.known, "today": reached}
    told = [_tell_changed(session, row, one) for row, one in zip(rows, changed, strict=True)]
    return Answer(
        payload=head | {"sentences": rows},
        rows=Grid(("id", "change", "before", "after", "figures", "why"), rows),
        text="\n\n".join(told) or session.word("report_unchanged"),
        footer=(session.word("report_compared", **head),),
    )


def _changed_row(session: Session, one: ChangedSentence) -> dict[str, Any]:
    return {
        "id": one.id,
        "change": "new" if not one.before else "gone" if not one.after else "changed",
        "before": one.before,
        "after": one.after,
        "figures": [_moved_row(moved) for moved in one.moved],
        "why": one.why.message(session.lang) if one.why is not None else "",
    }


def _tell_changed(session: Session, row: dict[str, Any], one: ChangedSentence) -> str:
    """A sentence as it was and as it would be, and what moved, each on a line of its own."""
    lines = [session.word(CHANGE_WORDS[row["change"]])]
    lines += [f"  - {one.before}"] if one.before else []
    lines += [f"  + {one.after}"] if one.after else []
    return "\n".join([*lines, *(f"    {line}" for line in _tell_why(session, one))])


def _moved_row(moved: MovedFigure) -> dict[str, Any]:
    figure = moved.after
    head = {name: getattr(figure, name) for name in ("indicator", "title", "area", "area_name", "period", "unit")}
    sides = {"before": _side(moved.before), "after": _side(moved.after)}
    return {**head, **sides, "causes": dict(moved.causes), "population": moved.population, "people": moved.people}


def _side(figure: Figure) -> dict[str, Any]:
    counts = {name: plain_number(getattr(figure, name)) for name in ("numerator", "denominator")}
    return {**counts, "value": figure.value, "known": figure.known}


def _tell_why(session: Session, one: ChangedSentence) -> list[str]:
    """What moved, in a line for each figure."""
    refused = [one.why.message(session.lang)] if one.why is not None else []
    moved = [_tell_moved(session, each) for each in one.moved]
    return [*refused, *moved] or [session.word("sentence_otherwise")]


def _tell_moved(session: Session, moved: MovedFigure) -> str:
    causes = [
        session.word("cause_count", cause=session.word(f"cause_{name}"), count=count)
        for name, count in moved.causes.items()
    ]
    causes += [session.word("population_changed")] if moved.population else []
    return session.word(
        "figure_moved",
        title=moved.after.title,
        area=moved.after.area_name,
        period=moved.after.period,
        before=_ratio(session, moved.before),
        after=_ratio(session, moved.after),
        causes=session.word("and").join(causes),
    )


def _ratio(session: Session, figure: Figure) -> str:
    rate = show_rate(figure.value, figure.unit, session.lang)
    return f"{show_number(figure.numerator)}/{show_number(figure.denominator)} = {rate}"


def _write_options() -> Sequence[Any]:
    return (
        option("--period", type=PERIOD, metavar="P"),
        option("--template", type=WordKind(TEMPLATES), default=TEMPLATES[0]),
        option("--notes", type=PATH, metavar="FILE.md"),
        option("--known", metavar="DATE|TIMESTAMP|N"),
        option("--pages", default=PAGES, metavar="URL"),
    )


write = Verb(run_write, _write_options(), WriteOptions, own_out=True)
sign = Verb(run_sign, _write_options(), WriteOptions, own_out=True)
list_signed = Verb(run_list)
show = Verb(run_show, [argument("edition"), option("--pages", default=PAGES, metavar="URL")], own_out=True)
changes = Verb(run_changes, [argument("edition"), option("--known", metavar="DATE|TIMESTAMP|N")])
report = Tree(
    "report",
    (
        ("write", "wangdi.cli.reporting:write"),
        ("sign", "wangdi.cli.reporting:sign"),
        ("list", "wangdi.cli.reporting:list_signed"),
        ("show", "wangdi.cli.reporting:show"),
        ("changes", "wangdi.cli.reporting:changes"),
    ),
)
