"""Signed reports: an edition that never changes, and which of its sentences would read differently today, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wangdi.app.comparing import explain_moves, find_moves
from wangdi.app.derivation import Standing
from wangdi.app.reporting import ReportAsked, write_report
from wangdi.app.told_figures import Figures
from wangdi.catalog.figures import FigureAsked
from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import Problem, Refusal
from wangdi.indicators.figures import Figure
from wangdi.language.names import nearest_name
from wangdi.reports.matching.whereabouts import year_before
from wangdi.reports.writing.as_json import read_report, tell_report
from wangdi.reports.writing.model import Report, Sentence
from wangdi.reports.writing.passing import lay_text
from wangdi.store.city import City
from wangdi.store.records import LedgerRow

KIND = "report.edition"


@dataclass(frozen=True, slots=True)
class Edition:
    """A signed report. ``seq``: the number under which it was accepted; ``sha256``: of its text as plain UTF-8."""

    key: str
    seq: int
    who: str
    signed_at: str
    sha256: str
    report: Report


@dataclass(frozen=True, slots=True)
class MovedFigure:
    """A figure behind a sentence that is not what it was, with how many people moved it, by cause.

    A denominator that is a population moves with its table, and by nobody.
    """

    before: Figure
    after: Figure
    causes: Mapping[str, int]
    people: list[dict[str, Any]]

    @property
    def population(self) -> bool:
        """Whether another population was published for it."""
        counted = self.after.denominator_kind == "population"
        return counted and self.before.population_seq != self.after.population_seq


@dataclass(frozen=True, slots=True)
class ChangedSentence:
    """A sentence that would read differently. Missing: ``before`` is empty for a new one, ``after`` for one that went.

    ``moved`` is empty where no figure of it moved: another goal, setting or wording, or ``why`` it would not be printed today.
    """

    id: str
    before: str
    after: str
    moved: tuple[MovedFigure, ...]
    why: Problem | None = None


def sign_report(city: City, report: Report, who: str, at: datetime) -> Edition:
    """Keep a report as an edition of its own; the number of its key counts the editions of that period and template."""
    beginning = f"{report.template}-{report.period}-"
    signed_at, sha256 = at.isoformat(), hash_text(report)
    body = {"signed_at": signed_at, "sha256": sha256, "report": tell_report(report)}
    with city.writer(who) as writer:
        # Counted while nobody else can sign.
        key = f"{beginning}{len(city.ledger(KIND, beginning=beginning)) + 1}"
        seq = writer.put_ledger([LedgerRow(KIND, key, body, who)], at)
    return Edition(key, seq, who, signed_at, sha256, report)


def hash_text(report: Report) -> str:
    """The SHA-256 of a report's text."""
    return hashlib.sha256(lay_text(report).text.encode()).hexdigest()


def list_editions(city: City) -> list[Edition]:
    """Every signed report, in the order they were signed."""
    return sorted((_read(seq, row) for seq, row in city.ledger(KIND)), key=lambda one: one.seq)


def find_edition(city: City, key: str) -> Edition:
    """A signed report. Errors: REPORT-006 there is none of that key, with the nearest."""
    editions = {one.key: one for one in list_editions(city)}
    if key not in editions:
        raise Refusal(Problem(code="REPORT-006", args={"key": key, "nearest": nearest_name(key, editions) or "—"}))
    return editions[key]


def _read(seq: int, row: LedgerRow) -> Edition:
    body = row.body or {}
    return Edition(row.key, seq, row.who, body["signed_at"], body["sha256"], read_report(body["report"]))


def compare_edition(edition: Edition, then: Standing, now: Standing) -> list[ChangedSentence]:
    """The sentences of an edition that would read differently now, with the figures that moved and who moved them.

    ``then``: the city at the edition's number. Rule: what people wrote is taken as it was signed; the rest is written anew.
    """
    period = parse_period(edition.report.period)
    assert isinstance(period, Period), "an edition is of a period"
    asked = ReportAsked(period, edition.report.template, free=_free_parts(edition.report))
    passed = write_report(now, asked)
    today, refused = passed.report, {one.sentence.id: one.why for one in passed.dropped}
    old = {one.id: one for one in edition.report.sentences()}
    new = {one.id: one for one in today.sentences()}
    changed = [
        (name, old.get(name), new.get(name))
        for name in dict.fromkeys((*old, *new))
        if _text(old, name) != _text(new, name)
    ]
    moved = find_moved(then, now, {one for _, *sides in changed for one in _figures_of(sides)})
    return [
        ChangedSentence(
            name,
            _text(old, name),
            _text(new, name),
            tuple(moved[one] for one in dict.fromkeys(_figures_of((before, after))) if one in moved),
            refused.get(name),
        )
        for name, before, after in changed
    ]


def _text(sentences: Mapping[str, Sentence], name: str) -> str:
    return sentences[name].text if name in sentences else ""


def _free_parts(report: Report) -> dict[str, tuple[str, ...]]:
    """What people wrote, by the part it stands in."""
    return {
        paragraph.id: tuple(one.text for one in paragraph.sentences if one.free)
        for paragraph in report.paragraphs()
        if any(one.free for one in paragraph.sentences)
    }


def _figures_of(sentences: Iterable[Sentence | None]) -> Iterator[FigureAsked]:
    """The figures behind some sentences, and those of the year before, with which they may be compared."""
    for sentence in sentences:
        for piece in sentence.pieces if sentence is not None else ():
            period = parse_period(piece.figure.period) if piece.figure is not None else None
            if piece.figure is None or not isinstance(period, Period):
                continue
            yield FigureAsked(piece.figure.indicator, piece.figure.area, period)
            if (before := year_before(period)) is not None:
                yield FigureAsked(piece.figure.indicator, piece.figure.area, before)


def find_moved(then: Standing, now: Standing, asked: Set[FigureAsked]) -> dict[FigureAsked, MovedFigure]:
    """Those of some figures that are not what they were, with who moved them."""
    was, is_now = Figures(then).find(asked), Figures(now).find(asked)
    found = {}
    for one in sorted(asked, key=lambda each: (each.indicator, each.area, each.period.text)):
        before, after = was.get(one), is_now.get(one)
        if before is None or after is None:
            continue
        if (before.numerator, before.denominator) == (after.numerator, after.denominator):
            continue
        people = explain_moves(then, now, one.period, find_moves(then, now, one.period, after))
        causes: dict[str, int] = {}
        for person in people:
            causes[str(person["cause"])] = causes.get(str(person["cause"]), 0) + 1
        found[one] = MovedFigure(before, after, causes, people)
    return found
