"""Checking reports: what they claim, what of it fits together, and the report marked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wangdi.app.audit_data import tell_held
from wangdi.core.problem import Problem, Refusal
from wangdi.reports.against_data import Held, relations_of
from wangdi.reports.checking import check_text
from wangdi.reports.claims import Claim
from wangdi.reports.documents import read_document
from wangdi.reports.ground import ARITHMETIC, IMPOSSIBLE, SEVERITIES, Ground, Relation
from wangdi.reports.marked_docx import render_docx
from wangdi.reports.marked_html import render_html
from wangdi.reports.marking import MarkedParagraph, Verdict, mark_paragraphs
from wangdi.reports.plans import Kept, compare_plans

_LONGEST_QUOTE = 160


@dataclass(frozen=True, slots=True)
class Audited:
    """One report, read and checked. ``held``: what a city's data say of its results, by claim; empty without a city."""

    path: Path
    ground: Ground
    relations: tuple[Relation, ...]
    held: Mapping[int, Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audit:
    """Reports checked, each against itself; and, of several, plans against results."""

    reports: tuple[Audited, ...]
    kept: tuple[Kept, ...]

    def accuses(self) -> bool:
        """Whether something stated is impossible or wrong arithmetic."""
        return any(one.severity in (IMPOSSIBLE, ARITHMETIC) for report in self.reports for one in report.relations)


def audit_files(paths: Sequence[Path], hold: Callable[[Ground], list[Held]] | None = None) -> Audit:
    """Read and check reports. ``hold``: what holds one against a city's data, where there is one.

    Errors: AUDIT-001 to AUDIT-007 for the first that cannot be read.
    """
    reports = []
    for path in paths:
        ground, relations = check_text(read_document(path))
        held = hold(ground) if hold is not None else []
        found = (*relations, *relations_of(held))
        reports.append(Audited(path, ground, found, {one.claim: one for one in held}))
    kept = compare_plans(tuple(one.ground for one in reports)) if len(reports) > 1 else []
    return Audit(tuple(reports), tuple(kept))


def tell_claims(audit: Audit) -> list[dict[str, Any]]:
    """Every claim as the contract has it; of several reports one after the other, each with its file."""
    several = len(audit.reports) > 1
    return [
        _tell_claim(one)
        | ({"data": tell_held(report.held[index])} if index in report.held else {})
        | ({"file": report.path.name} if several else {})
        for report in audit.reports
        for index, one in enumerate(report.ground.claims)
    ]


def _tell_claim(one: Claim) -> dict[str, Any]:
    return {
        "start": one.start,
        "end": one.end,
        "text": one.text,
        "indicator": one.indicator,
        "value": one.value,
        "value_hi": one.value_hi,
        "unit": one.unit,
        "norm_value": one.norm_value,
        "norm_unit": one.norm_unit,
        "comparator": one.comparator,
        "kind": one.kind,
        "status": one.status,
        "period": one.period.text(),
        "region": one.region,
    }


def tell_relations(audit: Audit, lang: str) -> list[dict[str, Any]]:
    """Every relation as the contract has it: ``claims`` are places in the list of claims."""
    told = []
    first = _first_places(audit)
    for report, start in zip(audit.reports, first, strict=True):
        for one in report.relations:
            detail = one.told.message(lang)
            if one.severity:
                detail = "\n".join(
                    part for part in (detail, one.told.hint(lang), *_quotes(report.ground, one.claims)) if part
                )
            told.append(_row(one.relation, [start + place for place in one.claims], one.holds, one.severity, detail))
    for kept in audit.kept:
        places = [first[document] + place for document, place in (kept.plan, kept.result)]
        parts = [kept.told.message(lang), kept.told.hint(lang)]
        for document, place in (kept.plan, kept.result):
            parts += _quotes(audit.reports[document].ground, (place,))
        detail = "\n".join(part for part in parts if part) if kept.severity else parts[0]
        told.append(_row("plan", places, kept.holds, kept.severity, detail))
    return told


def _row(relation: str, claims: list[int], holds: bool | None, severity: str, detail: str) -> dict[str, Any]:
    return {"relation": relation, "claims": claims, "holds": holds, "severity": severity or None, "detail": detail}


def _first_places(audit: Audit) -> list[int]:
    starts = [0]
    for report in audit.reports[:-1]:
        starts.append(starts[-1] + len(report.ground.claims))
    return starts


def _quotes(ground: Ground, claims: Sequence[int]) -> tuple[str, ...]:
    """The sentences that some claims stand in, each once, in their order."""
    sentences = dict.fromkeys(ground.claims[place].sentence for place in claims)
    texts = (ground.text[one.start : one.end].strip() for one in sentences)
    return tuple(f"“{text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + '……'}”" for text in texts)


def list_verdicts(report: Audited, lang: str) -> list[Verdict]:
    """What does not hold or cannot be settled in a report, the gravest first."""
    return sorted(_verdicts(report, lang), key=lambda one: (SEVERITIES.index(one.severity), one.claims))


def _verdicts(report: Audited, lang: str) -> Iterator[Verdict]:
    for one in report.relations:
        if one.severity:
            quotes = _quotes(report.ground, one.claims)
            yield Verdict(one.claims, one.severity, one.told.message(lang), one.told.hint(lang), quotes)


def mark_report(report: Audited, lang: str) -> list[MarkedParagraph]:
    """A report cut at its claims, with its verdicts beside the paragraphs they begin in."""
    return mark_paragraphs(report.ground, list_verdicts(report, lang))


def count_verdicts(audit: Audit) -> dict[str, int]:
    """How many relations of each severity do not hold or cannot be settled, the gravest first."""
    found = [one.severity for report in audit.reports for one in report.relations] + [
        one.severity for one in audit.kept
    ]
    return {severity: found.count(severity) for severity in SEVERITIES}


def write_html(audit: Audit, out: Path, words: Mapping[str, str]) -> None:
    """Write the marked-up page of one report. ``words``: what :func:`render_html` asks for.

    Errors: AUDIT-008 several reports.
    """
    report = _only(audit, out)
    out.write_text(render_html(report.ground, list_verdicts(report, words["lang"]), words), encoding="utf-8")


def write_docx(audit: Audit, out: Path, words: Mapping[str, str]) -> None:
    """Write the Word file of one report, with a comment for each verdict.

    Errors: AUDIT-008 several reports.
    """
    report = _only(audit, out)
    original = report.path.read_bytes() if report.path.suffix.lower() == ".docx" else None
    spans = [(one.start, one.end) for one in report.ground.claims]
    notes = [(one, _comment(one, words)) for one in list_verdicts(report, words["lang"])]
    out.write_bytes(render_docx(report.ground.text, original, spans, notes))


def _comment(one: Verdict, words: Mapping[str, str]) -> str:
    said = (f"{words[one.severity]}　{one.text}", one.hint, *one.quotes)
    return "\n".join(part for part in said if part)


def _only(audit: Audit, out: Path) -> Audited:
    if len(audit.reports) != 1:
        raise Refusal(Problem(code="AUDIT-008", args={"name": out.name, "count": str(len(audit.reports))}))
    return audit.reports[0]
