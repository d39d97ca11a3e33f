"""Opens a file of person records, CSV or Parquet, as one table of texts. What the columns are called is found out here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from wangdi.core.encodings import find_utf8
from wangdi.core.problem import Problem, Refusal
from wangdi.store.workspace import Workspace, reading_files, sql_name, sql_text

COLUMNS = (
    "rec_id", "inst_code", "name", "sex", "birth", "id_type", "id_no", "phone", "division", "address", "rec_date", "nationality",
)  # fmt: skip
"""The columns that are understood. Any may be missing but the first."""

OTHER_NAMES = {
    "记录编号": "rec_id", "记录号": "rec_id", "机构代码": "inst_code", "姓名": "name", "性别": "sex", "出生日期": "birth",
    "证件类型": "id_type", "证件号码": "id_no", "身份证号": "id_no", "联系电话": "phone", "电话": "phone", "区划代码": "division",
    "行政区划": "division", "地址": "address", "住址": "address", "登记日期": "rec_date", "国籍": "nationality",
    "birth_date": "birth", "date_of_birth": "birth", "dob": "birth", "soc_sec_id": "id_no", "phone_number": "phone",
    "postcode": "division", "org": "inst_code",
}  # fmt: skip
"""Headers of other files, and of this one in Chinese."""

JOINED = {"name": ("given_name", "surname"), "address": ("street_number", "address_1", "address_2", "suburb")}
"""Columns put together from several, where the column itself is missing."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file turned out to be: table ``records`` in the file's order.

    ``order``: its rows in order of ``rec_id``, so that nothing depends on the order of the file. ``key_type``: the type its
    ``rec_id`` has, so that answers can have it too.
    """

    order: np.ndarray
    key_type: str


def load_records(workspace: Workspace, path: Path) -> Loaded:
    """The file as table ``records``: ``COLUMNS`` as texts.

    Errors: LINK-001 not readable, LINK-002 no rec_id, LINK-003 a rec_id twice, LINK-004 no rows, LINK-005 a rec_id empty,
    LINK-007 neither CSV nor Parquet.
    """
    with _readable(path) as source:
        try:
            with reading_files():
                kinds = dict(workspace.columns(f"select * from {source}"))
                headers = list(kinds)
                chosen = _choose_columns(path, headers)
                workspace.run(f"create or replace table records as {_select(chosen, source)}")
        except Refusal as refusal:
            if refusal.problem.code.startswith("LINK"):
                raise
            raise _unreadable(path, refusal.problem.args.get("reason", "")) from refusal
    key = next(header for header in headers if OTHER_NAMES.get(_plain(header), _plain(header)) == "rec_id")
    _check_keys(workspace, path)
    return Loaded(workspace.numbers("select rowid from records order by rec_id"), kinds[key])


def _plain(header: str) -> str:
    return header.strip().strip("\ufeff").lower()


def _select(chosen: dict[str, str], source: str) -> str:
    return f"select {', '.join(f'{expression} as {name}' for name, expression in chosen.items())} from {source}"


def _choose_columns(path: Path, headers: list[str]) -> dict[str, str]:
    """For each column the SQL that gives it."""
    plain = {_plain(header): header for header in headers}
    known = {OTHER_NAMES.get(name, name): header for name, header in reversed(plain.items())}
    known |= {name: plain[name] for name in COLUMNS if name in plain}
    if "rec_id" not in known:
        raise Refusal(Problem(code="LINK-002", file=path.name, args={"columns": ", ".join(headers[:12])}))
    chosen: dict[str, str] = {}
    for name in COLUMNS:
        parts = [sql_name(plain[part]) for part in JOINED.get(name, ()) if part in plain]
        if name in known:
            chosen[name] = f"nullif(trim(cast({sql_name(known[name])} as varchar)), '')"
        elif parts:
            texts = ", ".join(f"nullif(trim(cast({part} as varchar)), '')" for part in parts)
            chosen[name] = f"nullif(concat_ws(' ', {texts}), '')"
        else:
            chosen[name] = "cast(null as varchar)"
    return chosen


@contextmanager
def _readable(path: Path) -> Iterator[str]:
    """The SQL that reads a file; a CSV that is not UTF-8 is first turned into it, beside nobody's files."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from error
    if head == b"PAR1":
        yield f"read_parquet({sql_text(path)})"
        return
    if path.suffix.lower() not in (".csv", ".txt", ".tsv") or head[:2] == b"PK":
        raise Refusal(Problem(code="LINK-007", file=path.name))
    if not head:
        raise Refusal(Problem(code="LINK-004", file=path.name))
    with TemporaryDirectory() as folder:
        yield f"read_csv({sql_text(_as_utf8(path, Path(folder)))}, header = true, all_varchar = true)"


def _as_utf8(path: Path, folder: Path) -> Path:
    """The file itself if it is UTF-8, else a copy that is. Errors: LINK-001 when it is no known encoding."""
    found = find_utf8(path, folder / "records.csv")
    if found is None:
        raise _unreadable(path, "UTF-8 / GB 18030")
    return found


def _unreadable(path: Path, reason: str) -> Refusal:
    return Refusal(Problem(code="LINK-001", file=path.name, args={"reason": reason}))


def _check_keys(workspace: Workspace, path: Path) -> None:
    rows, named, distinct = workspace.one("select count(*), count(rec_id), count(distinct rec_id) from records") or (
        0,
        0,
        0,
    )
    if not rows:
        raise Refusal(Problem(code="LINK-004", file=path.name))
    if named < rows:
        raise Refusal(Problem(code="LINK-005", file=path.name, field="rec_id", args={"count": str(rows - named)}))
    if distinct < rows:
        raise Refusal(Problem(code="LINK-003", file=path.name, field="rec_id", args={"count": str(rows - distinct)}))
