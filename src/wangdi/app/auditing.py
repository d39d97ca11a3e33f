"""Checking reports: what they claim, what of it fits together, and the report marked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wangdi.app.audit_data import tell_held
from wangdi.core.problem import Problem, Refusal
from wangdi.reports.files.documents import read_report
from wangdi.reports.marked.marked_docx import render_docx
from wangdi.reports.marked.marked_html import render_html
from wangdi.reports.marked.marking import Comparison, MarkedParagraph, Verdict, mark_paragraphs
from wangdi.reports.matching.against_data import AGREES, DIFFERS, UNMATCHED, Held, relations_of, tell_data
from wangdi.reports.reading.claims import Claim
from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC, IMPOSSIBLE, SEVERITIES, Ground, Relation, written_claim
from wangdi.reports.relations.plans import Kept, compare_plans
from wangdi.reports.text.layout import Stretch

_LONGEST_QUOTE = 160
_SHOWN = DIFFERS, AGREES, UNMATCHED


@dataclass(frozen=True, slots=True)
class Audited:
    """One report, read and checked. ``held``: what a city's data say of its results, by claim; empty without a city.

    ``unread``: what of the file was not read, and so not checked.
    """

    path: Path
    ground: Ground
    relations: tuple[Relation, ...]
    held: Mapping[int, Held] = field(default_factory=dict)
    unread: tuple[Problem, ...] = ()


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

    Errors: AUDIT-001 to AUDIT-007, AUDIT-010 for the first that cannot be read.
    """
    reports = []
    for path in paths:
        read = read_report(path)
        ground, relations = check_text(read.text)
        held = hold(ground) if hold is not None else []
        found = (*relations, *relations_of(held))
        reports.append(Audited(path, ground, found, {one.claim: one for one in held}, read.unread))
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
    """The sentences that some claims stand in, each once, in their order; of a number in a table its row."""
    stretches = dict.fromkeys(_stretch_of(ground, ground.claims[place]) for place in claims)
    texts = (" | ".join(ground.text[one.start : one.end].strip().split("\t")) for one in stretches)
    return tuple(f"“{text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + '……'}”" for text in texts)


def _stretch_of(ground: Ground, claim: Claim) -> Stretch:
    return claim.sentence if claim.cell is None else ground.layout.paragraph_at(claim.start)


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
    data = {
        claim: (held.verdict, tell_data(held, report.ground.claims[claim]).message(lang))
        for claim, held in report.held.items()
    }
    return mark_paragraphs(report.ground, list_verdicts(report, lang), data)


def compare_report(report: Audited, lang: str) -> list[Comparison]:
    """Every result of a report beside the data: what differs, what agrees, what is not matched. Missing: empty without a city."""
    held = sorted(report.held.values(), key=lambda one: (_SHOWN.index(one.verdict), one.claim))
    return [_compare(one, report.ground.claims[one.claim], lang) for one in held]


def _compare(held: Held, claim: Claim, lang: str) -> Comparison:
    claimed = f"{claim.indicator} {written_claim(claim)}".strip()
    return Comparison(claimed, held.verdict, tell_data(held, claim).message(lang))


def count_reasons(audit: Audit) -> list[tuple[str, int]]:
    """Why results are not matched to an indicator, with how many of each; the most frequent first."""
    found = Counter(held.reason for report in audit.reports for held in report.held.values() if held.reason)
    return found.most_common()


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
    page = render_html(mark_report(report, words["lang"]), compare_report(report, words["lang"]), words)
    out.write_text(page, encoding="utf-8")


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
