"""``detect``: which counts of a file of series are more than is to be expected, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wangdi.cli.answer import OK, REFUSED, Answer, Grid
from wangdi.cli.frame import Verb, VerbTree, argument, option
from wangdi.cli.kinds import PATH, WordKind
from wangdi.cli.session import Session

METHOD_NAMES = (
    "farrington", "farrington_flexible", "ears_c1", "ears_c2", "ears_c3", "cusum", "glr_nb", "moving_percentile", "fixed",
    "evidence",
)  # fmt: skip
"""Named here so that help needs no numbers; a test holds them against the methods there are."""


@dataclass(frozen=True, slots=True)
class DetectOptions:
    """Which file, method and periods."""

    series: Path
    method: str
    first: str | None
    last: str | None
    params: str | None
    neighbours: Path | None


def run_detect(session: Session, asked: DetectOptions) -> Answer:
    """Judge a file of series; a broken series is told of and stops no other."""
    from wangdi.app.detecting import COLUMNS, DetectAsked, detect_file, parse_params

    found = detect_file(
        DetectAsked(
            asked.series,
            asked.method,
            asked.first,
            asked.last,
            parse_params(asked.params),
            asked.neighbours,
            session.lang,
        )
    )
    shown = ("unit", "t", "observed", "alarm", "upperbound", "expected", "pvalue", "score", "note")
    broken = tuple(session.word("series_broken", **problem) for problem in found["broken"])
    return Answer(
        payload=found,
        text=session.word("detected", series=found["series"], alarms=found["alarms"]),
        grids=(Grid(shown, found["rows"], spare=("score", "pvalue")),),
        rows=Grid(COLUMNS, found["rows"]),
        exit_code=REFUSED if broken else OK,
        notes=broken,
    )


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """Which period of which series."""

    series: Path
    unit: str
    period: str
    method: str
    params: str | None
    neighbours: Path | None


def run_explain(session: Session, asked: ExplainOptions) -> Answer:
    """One result with the periods it was taken from."""
    from wangdi.app.detecting import DetectAsked, explain_week, parse_params

    given = DetectAsked(
        asked.series,
        asked.method,
        asked.period,
        asked.period,
        parse_params(asked.params),
        asked.neighbours,
        session.lang,
    )
    found = explain_week(given, asked.unit)
    result = {name: value for name, value in found.items() if name not in ("periods", "reference", "left_out")}
    return Answer(
        payload=found,
        grids=(Grid(tuple(result), [result]), Grid(("t", "date", "observed", "used", "note"), found["periods"])),
    )


_METHOD = option("--method", type=WordKind(METHOD_NAMES), required=True, metavar="NAME")
_PARAMS = option("--params", metavar="JSON")
_NEIGHBOURS = option("--neighbours", type=PATH, metavar="FILE.csv")

explain = Verb(
    run_explain,
    [
        argument("series", type=PATH, metavar="SERIES"),
        argument("unit", metavar="UNIT"),
        argument("period", metavar="T"),
        _METHOD,
        _PARAMS,
        _NEIGHBOURS,
    ],
    ExplainOptions,
)
detect = VerbTree(
    "detect",
    Verb(
        run_detect,
        [
            argument("series", type=PATH, metavar="SERIES"),
            _METHOD,
            option("--from", "first", metavar="T"),
            option("--to", "last", metavar="T"),
            _PARAMS,
            _NEIGHBOURS,
        ],
        DetectOptions,
        file_format="csv",
    ),
    (("explain", "wangdi.cli.detecting:explain"),),
)
