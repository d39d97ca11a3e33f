"""Judging a plain file of series: which counts are more than is to be expected, by which method, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.alarms import Alarms, Reason
from wangdi.outbreaks.columns import read_rows
from wangdi.outbreaks.evidence.neighbourhood import Links
from wangdi.outbreaks.methods import Beside, check_freq, check_params, run_method
from wangdi.outbreaks.reading import SeriesFile, read_series
from wangdi.outbreaks.reference_weeks import tell_periods
from wangdi.outbreaks.series import Ints, Panel

COLUMNS = (
    "unit", "t", "date", "observed", "alarm", "upperbound", "expected", "pvalue", "score", "note", "reference", "left_out",
)  # fmt: skip
"""What is told of each series and period."""

NOTES = {
    Reason.MISSING_NOW: "DETECT-101",
    Reason.NO_HISTORY: "DETECT-102",
    Reason.SHORT_HISTORY: "DETECT-103",
    Reason.FEW_CASES: "DETECT-104",
    Reason.NO_CASE_BEFORE: "DETECT-105",
    Reason.NOT_SETTLED: "DETECT-106",
    Reason.NO_SPREAD: "DETECT-107",
    Reason.UNBOUNDED: "DETECT-108",
    Reason.GAPS: "DETECT-109",
    Reason.KNOWN_LEFT_OUT: "DETECT-110",
    Reason.BREAK_LEFT_OUT: "DETECT-111",
    Reason.TOO_MANY_BLOCKS: "DETECT-112",
}


@dataclass(frozen=True, slots=True)
class DetectAsked:
    """Which file, which method, which periods (numbers from 1, or dates; none: the last of the file), and what else is known.

    ``neighbours``: a CSV ``unit, neighbour[, kind]`` of series next to each other (kind ``place``) or of the same place
    (``stream``).
    """

    series: Path
    method: str
    first: str | None = None
    last: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    neighbours: Path | None = None
    lang: str = "zh"


def parse_params(text: str | None) -> dict[str, Any]:
    """Parameters as somebody wrote them. Errors: DETECT-008."""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise Refusal(Problem(code="DETECT-008", args={"reason": str(error)})) from error
    if not isinstance(found, dict):
        raise Refusal(Problem(code="DETECT-008", args={"reason": type(found).__name__}))
    return found


def detect_file(asked: DetectAsked) -> dict[str, Any]:
    """Judge every series of a file.

    Grain: one row a series and period, in the order of the file. Errors: DETECT-001 to DETECT-003 of the file; DETECT-009 to
    DETECT-013 of what was asked. A broken series has rows too: without a result, with a note.
    """
    params = check_params(asked.method, asked.params)
    content = read_series(asked.series, check_freq(asked.params))
    edges = _find_edges(asked.neighbours, content) if asked.neighbours else []
    last = max([panel.periods for panel in content.panels] + list(content.last.values()), default=0)
    rows: dict[str, list[dict[str, Any]]] = {}
    for panel in content.panels:
        weeks = _weeks(asked, last, panel)
        inside, after = weeks[weeks < panel.periods], weeks[weeks >= panel.periods]
        told = {unit: _unjudged(unit, after, tell_reasons(Reason.MISSING_NOW, asked.lang)) for unit in panel.units}
        if len(inside):
            alarms = run_method(asked.method, panel, inside, params, _beside(panel, content, edges))
            told = {unit: tell_rows(alarms, row, asked.lang) + told[unit] for row, unit in enumerate(panel.units)}
        rows |= told
    for unit, problem in content.broken.items():
        note = f"{problem.message(asked.lang)} ({problem.place()})"
        rows[unit] = _unjudged(unit, _weeks(asked, last, None), note)
    ordered = [row for unit in content.units for row in rows.get(unit, [])]
    return {
        "method": asked.method,
        "series": len(content.units),
        "alarms": sum(1 for row in ordered if row["alarm"] == 1),
        "broken": [problem.as_json(asked.lang) | {"unit": unit} for unit, problem in content.broken.items()],
        "rows": ordered,
    }


def explain_week(asked: DetectAsked, unit: str) -> dict[str, Any]:
    """One result with every reference period: its count, whether it was used, and if not, why.

    Errors: as ``detect_file``; DETECT-014 no such series.
    """
    params = check_params(asked.method, asked.params)
    content = read_series(asked.series, check_freq(asked.params))
    if unit in content.broken:
        raise Refusal(content.broken[unit])
    panel = next((one for one in content.panels if unit in one.units), None)
    if panel is None:
        raise Refusal(Problem(code="DETECT-014", file=asked.series.name, args={"unit": unit}))
    edges = _find_edges(asked.neighbours, content) if asked.neighbours else []
    weeks = _weeks(asked, panel.periods, panel)[:1]
    alarms = run_method(asked.method, panel, weeks, params, _beside(panel, content, edges))
    row = panel.units.index(unit)
    return tell_rows(alarms, row, asked.lang)[0] | {"periods": tell_reference(alarms, row, 0, asked.lang)}


def tell_rows(alarms: Alarms, row: int, lang: str) -> list[dict[str, Any]]:
    """The results of one series, as they are written."""
    unit, dates = alarms.panel.units[row], alarms.panel.dates
    found = []
    for column, week in enumerate(alarms.weeks):
        alarm = alarms.alarm[row, column]
        raised = alarm == 1
        left_out = alarms.left_out_periods(row, column) if raised else {}
        found.append(
            {
                "unit": unit,
                "t": int(week) + 1,
                "date": None if dates is None else dates[week].item(),
                "observed": _plain(alarms.observed[row, column]),
                "alarm": None if np.isnan(alarm) else int(alarm),
                "upperbound": _plain(alarms.upperbound[row, column]),
                "expected": _plain(alarms.expected[row, column]),
                "pvalue": _plain(alarms.pvalue[row, column]),
                "score": _plain(alarms.score[row, column]),
                "note": tell_reasons(int(alarms.reason[row, column]), lang),
                "reference": tell_periods(alarms.used_periods(row, column)) if raised else "",
                "left_out": "; ".join(
                    f"{tell_periods(periods)}: {Problem(code=NOTES[reason]).message(lang)}"
                    for reason, periods in left_out.items()
                ),
            }
        )
    return found


def tell_reasons(reason: int, lang: str) -> str:
    """What has to be said of a result, in words."""
    said = (Problem(code=code).message(lang) for one, code in NOTES.items() if reason & one)
    return ("；" if lang == "zh" else "; ").join(said)


def tell_reference(alarms: Alarms, row: int, column: int, lang: str) -> list[dict[str, Any]]:
    """Every reference period of one result. Grain: one row a period."""
    if not alarms.used:
        return []
    dates = alarms.panel.dates
    why = {int(one): reason for reason, periods in alarms.left_out_periods(row, column).items() for one in periods}
    return [
        {
            "t": int(one) + 1,
            "date": None if dates is None else dates[one].item(),
            "observed": _plain(alarms.panel.observed[row, one]),
            "used": int(one) not in why,
            "note": Problem(code=NOTES[why[int(one)]]).message(lang) if int(one) in why else "",
        }
        for one in alarms.used[column]
    ]


def _plain(value: float) -> float | int | None:
    """A number as JSON can hold it; whole ones without a point."""
    if not np.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 1e15 else float(value)


def _unjudged(unit: str, weeks: Ints, note: str) -> list[dict[str, Any]]:
    """The rows of a series that nothing can be said of."""
    return [dict.fromkeys(COLUMNS) | {"unit": unit, "t": int(week) + 1, "note": note} for week in weeks]


def _weeks(asked: DetectAsked, last: int, panel: Panel | None) -> Ints:
    """The periods asked, as indexes."""
    end = _period(asked.last, "--to", last, panel) if asked.last else last
    begin = _period(asked.first, "--from", last, panel) if asked.first else end
    if begin > end:
        raise Refusal(_no_period("--from", asked.first or str(begin), last))
    return np.arange(begin - 1, end, dtype=np.int64)


def _period(text: str, option: str, last: int, panel: Panel | None) -> int:
    """A period counted from 1: written as a number, or as a date that it holds."""
    if text.isdecimal() and 1 <= int(text) <= last:
        return int(text)
    if panel is not None and panel.dates is not None:
        try:
            day = np.datetime64(text, "D")
        except ValueError:
            raise Refusal(_no_period(option, text, last)) from None
        place = int(np.searchsorted(panel.dates, day, side="right"))
        if place >= 1:
            return place
    elif panel is None and not text.isdecimal():
        return last
    raise Refusal(_no_period(option, text, last))


def _no_period(option: str, value: str, last: int) -> Problem:
    return Problem(code="DETECT-009", args={"option": option, "value": value, "last": str(last)})


Edge = tuple[str, str, str]
_NEIGHBOURS = {"unit": ("序列",), "neighbour": ("邻近",), "kind": ("关系",)}


def _find_edges(path: Path, content: SeriesFile) -> list[Edge]:
    """Who is next to whom. Errors: SPREAD-001 to SPREAD-003 of the file, DETECT-013 no such series."""
    found: list[Edge] = []
    for row in read_rows(path, _NEIGHBOURS, ("unit", "neighbour")):
        edge = (row.text("unit"), row.text("neighbour"), row.text("kind") or "place")
        for unit in edge[:2]:
            if unit not in content.units:
                args = {"line": str(row.line), "unit": unit}
                raise Refusal(Problem(code="DETECT-013", file=path.name, args=args))
        found.append(edge)
    return found


def _beside(panel: Panel, content: SeriesFile, edges: list[Edge]) -> Beside:
    """What is known of a panel's series besides their counts; a neighbour in another panel is none."""
    place = {unit: number for number, unit in enumerate(panel.units)}
    pairs: dict[bool, set[tuple[int, int]]] = {True: set(), False: set()}
    for one, other, kind in edges:
        if one in place and other in place and one != other:
            here, there = place[one], place[other]
            pairs[kind == "stream"] |= {(here, there), (there, here)}
    links = Links(*(np.array(sorted(pairs[kind]), dtype=np.int64).reshape(-1, 2) for kind in (False, True)))
    return Beside(links, tuple(content.group.get(unit, "") for unit in panel.units))
