"""``audit``: what a report claims, and what of it does not fit together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import CHECK_FAILED, OK, Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import PATH, PERIOD
from wangdi.cli.session import Session
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal

if TYPE_CHECKING:
    from wangdi.app.auditing import Audit

CLAIM_COLUMNS = (
    "file", "start", "end", "text", "indicator", "value", "value_hi", "unit", "norm_value", "norm_unit",
    "comparator", "kind", "status", "period", "region",
)  # fmt: skip
_DATA_PARTS = (
    "verdict", "reason", "indicator", "title", "area_name", "period", "base",
    "numerator", "denominator", "value", "differs_by", "known",
)  # fmt: skip
_TODAY_PARTS = ("numerator", "denominator", "value", "differs_by", "known")
DATA_COLUMNS = (*(f"data_{name}" for name in _DATA_PARTS), *(f"today_{name}" for name in _TODAY_PARTS))
SEVERITY_WORDS = {
    "impossible": "severity_impossible",
    "arithmetic": "severity_arithmetic",
    "bases": "severity_bases",
    "unverifiable": "severity_unverifiable",
}


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """Which reports, what else is to be written, and what a city's data are asked."""

    reports: tuple[Path, ...]
    html: Path | None
    docx: Path | None
    period: Period | None
    known: str | None
    own: bool


def run_audit(session: Session, asked: AuditOptions) -> Answer:
    """Check reports; one that states what cannot be ends with exit code 13."""
    from wangdi.app.auditing import list_verdicts, tell_claims, tell_relations, write_docx, write_html

    audit = _audit(session, asked)
    claims, relations = tell_claims(audit), tell_relations(audit, session.lang)
    counts = {name: sum(one["severity"] == name for one in relations) for name in SEVERITY_WORDS}
    summary = session.word("audited", claims=len(claims), relations=len(relations), **counts)
    unread = tuple(one.text(session.lang) for report in audit.reports for one in report.unread)
    words = _words(session, asked.reports[0].name, "\n".join((summary, *unread)))
    if asked.html is not None:
        write_html(audit, asked.html, words)
    if asked.docx is not None:
        write_docx(audit, asked.docx, words)
    rows = [
        {"file": report.path.name, "severity": words[one.severity], "message": one.text, "hint": one.hint}
        for report in audit.reports
        for one in list_verdicts(report, session.lang)
    ]
    rows += [
        {
            "file": audit.reports[one.result[0]].path.name,
            "severity": words[one.severity],
            "message": one.told.message(session.lang),
            "hint": one.told.hint(session.lang),
        }
        for one in audit.kept
        if one.severity
    ]
    held = [one["data"] for one in claims if "data" in one]
    verdicts = {name: sum(one["verdict"] == name for one in held) for name in ("agrees", "differs", "unmatched")}
    columns = ("file", "severity", "message", "hint") if len(audit.reports) > 1 else ("severity", "message", "hint")
    return Answer(
        payload={"claims": claims, "relations": relations} | ({"unread": list(unread)} if unread else {}),
        text=summary,
        grids=(Grid(columns, rows),) if rows else (),
        rows=Grid(_claim_columns(audit, bool(held)), [one | _flatten(one) for one in claims]),
        footer=(*_tell_held(session, audit, verdicts), *unread),
        notes=tuple(session.word("written", file=path) for path in (asked.html, asked.docx) if path is not None),
        exit_code=CHECK_FAILED if audit.accuses() else OK,
    )


def _claim_columns(audit: Audit, held: bool) -> tuple[str, ...]:
    columns = CLAIM_COLUMNS if len(audit.reports) > 1 else CLAIM_COLUMNS[1:]
    return (*columns, *DATA_COLUMNS) if held else columns


def _flatten(claim: dict[str, Any]) -> dict[str, Any]:
    """What the data say of a claim as columns of a table."""
    data = claim.get("data", {})
    today = data.get("today", {})
    told = {f"data_{name}": data.get(name) for name in _DATA_PARTS}
    return told | {f"today_{name}": today.get(name) for name in _TODAY_PARTS}


def _tell_held(session: Session, audit: Audit, verdicts: dict[str, int]) -> tuple[str, ...]:
    """How the results stand against the data, with why some are not matched."""
    from wangdi.app.auditing import count_reasons

    if not any(verdicts.values()):
        return ()
    reasons = [
        session.word("count_of", name=session.word(f"unmatched_{name}"), count=n) for name, n in count_reasons(audit)
    ]
    told = session.word("held_against_data", **verdicts)
    return (told, session.word("not_matched", reasons=session.word("between").join(reasons))) if reasons else (told,)


def _audit(session: Session, asked: AuditOptions) -> Audit:
    """The reports checked; against the data, too, where a city is named."""
    from wangdi.app.audit_data import DataAsked, hold_report
    from wangdi.app.auditing import audit_files

    if session.folder is None:
        given = {"--period": asked.period, "--known": asked.known, "--own": asked.own or None}
        for name, value in given.items():
            if value is not None:
                raise Refusal(Problem(code="AUDIT-009", args={"option": name}))
        return audit_files(asked.reports)
    with session.open_city() as city:
        wanted = DataAsked(asked.period, asked.known, asked.own)
        return audit_files(asked.reports, lambda ground: hold_report(city, wanted, ground))


def _words(session: Session, name: str, summary: str) -> dict[str, str]:
    """What the marked-up copies are told with."""
    words = {severity: session.word(key) for severity, key in SEVERITY_WORDS.items()}
    words |= {
        "indicator": session.word("claim_indicator"),
        "value": session.word("claim_value"),
        "status": session.word("claim_status"),
        "period": session.word("claim_period"),
        "region": session.word("claim_region"),
        "actual": session.word("claim_actual"),
        "target": session.word("claim_target"),
        "data": session.word("claim_data"),
        "against": session.word("claims_against_data"),
        "claimed": session.word("claim_stated"),
        "verdict": session.word("claim_verdict"),
        "agrees": session.word("data_agrees"),
        "differs": session.word("data_differs"),
        "unmatched": session.word("data_unmatched"),
    }
    return words | {"lang": session.lang, "title": session.word("audit_title", name=name), "summary": summary}


audit = Verb(
    run_audit,
    [
        argument("reports", type=PATH, nargs=-1, required=True, metavar="REPORT..."),
        option("--html", type=PATH, metavar="FILE.html"),
        option("--docx", type=PATH, metavar="FILE.docx"),
        option("--period", type=PERIOD, metavar="P"),
        option("--known", metavar="DATE|TIMESTAMP|N"),
        option("--own", is_flag=True),
    ],
    AuditOptions,
)
