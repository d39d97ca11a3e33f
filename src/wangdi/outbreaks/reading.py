"""Opens a file of series, CSV or Parquet, as panels. A broken series is kept, with what is wrong with it; it stops no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from wangdi.core.encodings import find_utf8
from wangdi.core.problem import Problem, Refusal
from wangdi.outbreaks.series import MONTHLY, WEEKLY, Days, Floats, Ints, Panel, infer_freq
from wangdi.store.workspace import Workspace, reading_files, sql_name, sql_text

NEEDED = ("unit", "t", "observed")
OPTIONAL = ("population", "date", "state", "group")
OTHER_NAMES = {
    "序列": "unit", "单元": "unit", "期": "t", "期次": "t", "病例数": "observed", "例数": "observed", "人口": "population",
    "日期": "date", "暴发": "state", "病种": "group",
}  # fmt: skip
NOTHING = "('', 'na', 'nan', 'null')"
UNDATED = -999_999
"""Stands for no date among numbers of days."""

LONGEST = 20_000
"""Periods of a series; daily for half a century. One series must not make all the others as long as it says."""


@dataclass(frozen=True, slots=True)
class SeriesFile:
    """What a file holds: panels of series over the same periods, in the order of the file; broken series by name.

    ``group``: what each series is of, where the file says so. ``last``: the last period of each series, counted from 1.
    """

    panels: tuple[Panel, ...]
    broken: dict[str, Problem]
    units: tuple[str, ...]
    group: dict[str, str]
    last: dict[str, int]


def read_series(path: Path, freq: int | None = None) -> SeriesFile:
    """Read ``unit, t, observed [, population, date, state, group]``.

    Missing: an empty count, NA or NaN is unknown, and so is a period without a row.
    Errors: DETECT-001 not readable, DETECT-002 a column is missing, DETECT-003 no rows. Of one series (in ``broken``):
    DETECT-004 a period that is no whole number from 1, DETECT-005 a period twice, DETECT-006 a count that is none,
    DETECT-007 dates that cannot be read or do not follow each other.
    """
    group: dict[Any, Any]
    with TemporaryDirectory(prefix="wangdi-detect-") as folder, Workspace(temp_dir=folder) as workspace:
        with _readable(path, Path(folder)) as source:
            _load(workspace, path, source)
        table = workspace.arrays(
            f"select number, t, observed, population, state, coalesce(day, {UNDATED}) as day from series order by number, t"
        )
        units = tuple(row[0] for row in workspace.rows("select unit from units order by number"))
        broken = _find_broken(workspace, path)
        group = dict(workspace.rows("select unit, min(grouped) from rows_read where grouped <> '' group by unit"))
    read = _Read(path, units, table)
    last = {
        unit: int(t[-1]) + 1 if len(t) else 0
        for unit, t in zip(units, map(read.periods, range(len(units))), strict=True)
    }
    return SeriesFile(_panels(read, broken, freq), broken, units, group, last)


def _load(workspace: Workspace, path: Path, source: str) -> None:
    try:
        with reading_files():
            headers = [name for name, _ in workspace.columns(f"select * from {source}")]
            columns = _choose_columns(path, headers)
            chosen = ", ".join(f"{expression} as {name}" for name, expression in columns.items())
            workspace.run(
                f"create or replace table read_as_text as select row_number() over () as line, {chosen} from {source}"
            )
    except Refusal as refusal:
        if refusal.problem.code.startswith("DETECT"):
            raise
        raise _unreadable(path, refusal.problem.args.get("reason", "")) from refusal
    if not (workspace.one("select count(*) from read_as_text") or (0,))[0]:
        raise Refusal(Problem(code="DETECT-003", file=path.name))

    def number(name: str) -> str:
        return f"case when lower({name}) in {NOTHING} then 'nan'::double else try_cast({name} as double) end"

    workspace.run(
        f"create or replace table rows_read as select line, unit, try_cast(t as bigint) as t, {number('observed')} as observed,"
        f" {number('population')} as population, lower(state) in ('1', 'true', 't', 'yes', '是') as state, grouped,"
        f" lower(date) in {NOTHING} as undated, datediff('day', date '1970-01-01', try_cast(date as date)) as day"
        " from read_as_text"
    )
    workspace.run(
        "create or replace table units as select unit, row_number() over (order by min(line)) - 1 as number"
        " from rows_read group by unit"
    )
    workspace.run(
        f"create or replace table series as select number, t, any_value(coalesce(observed, 'nan')) as observed,"
        " any_value(coalesce(population, 'nan')) as population, bool_or(state) as state, any_value(day) as day"
        f" from rows_read join units using (unit) where t between 1 and {LONGEST} group by number, t"
    )


def _find_broken(workspace: Workspace, path: Path) -> dict[str, Problem]:
    """What is wrong with a series, by its name; of several things the first."""
    per_unit = "select unit, min(line) from rows_read where {wrong} group by unit"
    twice = "(unit, t) in (select (unit, t) from rows_read group by unit, t having count(*) > 1)"
    dated = "unit in (select unit from rows_read where day is not null)"
    checks = {
        "DETECT-004": f"t is null or t not between 1 and {LONGEST}",
        "DETECT-005": twice,
        "DETECT-006": "observed is null or observed < 0 or isinf(observed)",
        "DETECT-007": f"day is null and (not undated or {dated})",
    }
    found: dict[str, Problem] = {}
    for code, wrong in checks.items():
        for unit, line in workspace.rows(per_unit.format(wrong=wrong)):
            found.setdefault(unit, Problem(code=code, file=path.name, line=int(line) + 1))
    return found


def _choose_columns(path: Path, headers: list[str]) -> dict[str, str]:
    plain = {header.strip().strip("\ufeff").lower(): header for header in headers}
    known = {OTHER_NAMES.get(name, name): header for name, header in plain.items()}
    for name in NEEDED:
        if name not in known:
            raise Refusal(
                Problem(code="DETECT-002", file=path.name, args={"name": name, "columns": ", ".join(headers[:12])})
            )
    chosen = {}
    for name in (*NEEDED, *OPTIONAL):
        column = "grouped" if name == "group" else name
        chosen[column] = f"coalesce(trim(cast({sql_name(known[name])} as varchar)), '')" if name in known else "''"
    return chosen


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read: columns in order of series and period."""

    path: Path
    units: tuple[str, ...]
    table: dict[str, np.ndarray]

    def part(self, one: int) -> slice:
        """The rows of one series."""
        begin, end = np.searchsorted(self.table["number"], [one, one + 1])
        return slice(int(begin), int(end))

    def periods(self, one: int) -> Ints:
        """The periods of one series, from 0."""
        found: Ints = self.table["t"][self.part(one)].astype(np.int64) - 1
        return found


def _panels(read: _Read, broken: dict[str, Problem], freq: int | None) -> tuple[Panel, ...]:
    """Series over the same dates lie in one panel, undated series all in one. A series whose dates are wrong joins the broken."""
    members: dict[bytes, list[int]] = {}
    calendars: dict[bytes, Days | None] = {}
    for one, unit in enumerate(read.units):
        t = read.periods(one)
        if unit in broken or not len(t):
            continue
        day = np.asarray(read.table["day"][read.part(one)], dtype=np.int64)
        dates = _calendar(t, day) if (day != UNDATED).any() else None
        if dates is None and (day != UNDATED).any():
            broken[unit] = Problem(code="DETECT-007", file=read.path.name)
            continue
        key = b"" if dates is None else dates.tobytes()
        members.setdefault(key, []).append(one)
        calendars[key] = dates
    return tuple(_panel(read, np.array(ones), calendars[key], freq) for key, ones in members.items())


def _calendar(t: Ints, day: Ints) -> Days | None:
    """The date of every period from the first to the last; periods without a row are dated by those around them.

    Missing: None where dates do not follow each other as days, weeks or months do.
    """
    dates = np.full(int(t[-1]) + 1, np.datetime64("NaT"), dtype="datetime64[D]")
    dates[t] = day.astype("datetime64[D]")
    present = dates[t]
    steps = np.diff(present).astype(np.int64)
    gaps = np.diff(t)
    if len(t) < 2 or (steps <= 0).any():
        return None
    if (gaps == 1).any() and infer_freq(present[np.flatnonzero(gaps == 1)[0] :][:2]) == MONTHLY:
        first = present[0].astype("datetime64[M]") - int(t[0])
        inside = (present[0] - present[0].astype("datetime64[M]")).astype(np.int64)
        filled = (first + np.arange(len(dates))).astype("datetime64[D]") + inside
    else:
        step = int(steps[0] // max(int(gaps[0]), 1))
        filled = present[0] + (np.arange(len(dates)) - int(t[0])) * step
    follows = bool((filled[t] == present).all()) and infer_freq(filled) is not None
    found: Days | None = filled if follows else None
    return found


def _panel(read: _Read, members: Ints, dates: Days | None, freq: int | None) -> Panel:
    place = np.full(len(read.units), -1, dtype=np.int64)
    place[members] = np.arange(len(members))
    row = place[read.table["number"].astype(np.int64)]
    column = read.table["t"].astype(np.int64) - 1
    chosen = row >= 0
    row, column = row[chosen], column[chosen]

    def fill(name: str) -> Floats:
        found = np.full((len(members), int(column.max()) + 1), np.nan)
        found[row, column] = np.asarray(read.table[name], dtype=np.float64)[chosen]
        return found

    population, known = fill("population"), fill("state") > 0
    return Panel(
        tuple(read.units[one] for one in members),
        fill("observed"),
        freq or (None if dates is None else infer_freq(dates)) or WEEKLY,
        dates,
        population if np.isfinite(population).any() else None,
        known if known.any() else None,
    )


@contextmanager
def _readable(path: Path, folder: Path) -> Iterator[str]:
    """The SQL that reads a file; a CSV that is not UTF-8 is first turned into it."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from error
    if head == b"PAR1":
        yield f"read_parquet({sql_text(path)})"
        return
    if not head:
        raise Refusal(Problem(code="DETECT-003", file=path.name))
    if head[:2] == b"PK" or b"\x00" in head:
        raise _unreadable(path, "CSV / Parquet?")
    yield f"read_csv({sql_text(_as_utf8(path, folder))}, header = true, all_varchar = true, delim = ',')"


def _as_utf8(path: Path, folder: Path) -> Path:
    """The file itself if it is UTF-8, else a copy that is. Errors: DETECT-001 when it is no known encoding."""
    found = find_utf8(path, folder / "series.csv")
    if found is None:
        raise _unreadable(path, "UTF-8 / GB 18030")
    return found


def _unreadable(path: Path, reason: str) -> Refusal:
    return Refusal(Problem(code="DETECT-001", file=path.name, args={"reason": reason}))
