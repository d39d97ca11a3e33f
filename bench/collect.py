"""Collecting a large GB18030 file, held against what DuckDB needs merely to read the UTF-8 version of it into a table.

    python -m bench.collect [--rows 5000000] [--folder DIR]

Synthetic people only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from bench.measuring import measure, peak_gigabytes, tell
from wangdi.collect.collecting import collect_files
from wangdi.collect.request import CollectRequest, CollectResult
from wangdi.language.library import load_library
from wangdi.language.model import Pack
from wangdi.store.city import City
from wangdi.store.workspace import Workspace, sql_text

ROWS = 5_000_000
PEOPLE = 640_000
RUNS = 3
WALL_RATIO, CPU_RATIO, GIGABYTES = 3.5, 5.0, 2.0
"""What is allowed: times DuckDB's mere reading of the UTF-8 version, by wall and by processor time, and memory."""
MAPPING = """
mapping: bench-followup
form: hypertension.followup
recognise: [随访日期, 收缩压, 舒张压]
subject: {local_id: 档案编号, id_no: 身份证号, name: 姓名}
fields:
  contact_date: 随访日期
  way: 随访方式
  sbp: 收缩压
  dbp: 舒张压
  weight: 体重
  danger_sign: {column: 危急情况, true: [是], false: [否]}
  medication_adherence: 服药依从性
"""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _rows_sql(rows: int) -> str:
    """Follow-ups of ``PEOPLE`` people in turn, one every 40 days; numbers of region 99 with a valid check character."""
    check = " + ".join(f"(digits // {10 ** (16 - place)}) % 10 * {weight}" for place, weight in enumerate(_WEIGHTS))
    people = f"""
        select i, '990101' || strftime(date '1940-01-01' + cast(hash(i) % 18000 as integer), '%Y%m%d')
               || lpad(cast(i % 1000 as varchar), 3, '0') as first17 from range({PEOPLE}) t(i)"""
    numbered = f"""
        select i, first17 || '10X98765432'[({check}) % 11 + 1] as id_no,
               ['王', '李', '张', '刘', '陈', '杨']
                 [cast(hash(i) % 6 as integer) + 1] ||
                 ['伟', '芳', '秀英', '敏', '强', '磊'][cast(hash(i + 1) % 6 as integer) + 1] as name
        from (select *, cast(first17 as bigint) as digits from ({people}))"""
    return f"""
        select '99010100' || lpad(cast(person.i as varchar), 9, '0') as 档案编号, id_no as 身份证号, name as 姓名,
               strftime(date '2024-01-01' +
                 cast(n // {PEOPLE} * 40 as integer) + cast(hash(n) % 40 as integer), '%Y-%m-%d') as 随访日期,
               ['门诊', '家庭', '电话'][cast(hash(n + 1) % 3 as integer) + 1] as 随访方式,
               105 + hash(n + 2) % 70 as 收缩压,
               60 + hash(n + 3) % 40 as 舒张压,
               45 + hash(n + 4) % 40 as 体重, ['否', '是'][cast(hash(n + 5) % 50 = 0 as integer) + 1] as 危急情况,
               ['规律', '间断', '不服药'][cast(hash(n + 6) % 3 as integer) + 1] as 服药依从性
        from range({rows}) t(n) join ({numbered}) person on person.i = n % {PEOPLE}"""


def make_files(folder: Path, rows: int) -> tuple[Path, Path]:
    """The same rows as UTF-8 and as GB18030."""
    plain, national = folder / "followups-utf8.csv", folder / "followups.csv"
    if not (plain.exists() and national.exists()):
        with Workspace(memory="4GB") as workspace:
            workspace.copy(_rows_sql(rows), plain, "format csv, header")
        with (
            plain.open("r", encoding="utf-8", newline="") as source,
            national.open("w", encoding="gb18030", newline="") as target,
        ):
            while block := source.read(1 << 24):
                target.write(block)
    return plain, national


def read_plainly(path: Path) -> None:
    """DuckDB reads the file into a table: the lower bound."""
    with Workspace(memory="4GB") as workspace:
        workspace.run(f"create table t as select * from read_csv({sql_text(path)}, header = true)")


def make_city(folder: Path, name: str) -> City:
    """An empty city."""
    return City.create(folder / name, name="bench", now=datetime(2026, 1, 1))


def collect_once(city: City, path: Path, packs: Mapping[str, Pack]) -> CollectResult:
    """From the file to accepted facts in an empty city."""
    (city.folder / "bench.yaml").write_text(MAPPING, encoding="utf-8")
    request = CollectRequest(org="990101001", received_at=datetime(2026, 1, 2), mappings=(city.folder,))
    return collect_files(city, packs, [path], request)


def bench_collect(rows: int = ROWS, folder: Path | None = None) -> bool:
    """Collect a file of so many rows. ``folder``: keeps the data, to run again."""
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
        plain, national = make_files(folder or temporary, rows)
        packs = load_library().newest
        cities = [stack.enter_context(make_city(temporary, f"city-{number}")) for number in range(RUNS)]
        result, cost = measure(lambda: collect_once(cities.pop(), national, packs), runs=RUNS)
        memory = peak_gigabytes()
        _, bound = measure(lambda: read_plainly(plain), runs=RUNS)
    assert result.received == rows == result.accepted + result.refused + result.duplicates
    note = f"{rows:,} rows, {rows / cost.wall:,.0f} a second"
    wall = tell("collect: wall time, DuckDB's mere reading = 1", cost.wall / bound.wall, WALL_RATIO, "times", note)
    cpu = tell("collect: processor time, DuckDB's mere reading = 1", cost.cpu / bound.cpu, CPU_RATIO, "times")
    return all((wall, cpu, tell("collect: peak of memory", memory, GIGABYTES, "GB")))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--folder", type=Path, help="keep the data there, to run again")
    options = parser.parse_args()
    return 0 if bench_collect(options.rows, options.folder) else 1


if __name__ == "__main__":
    sys.exit(main())
