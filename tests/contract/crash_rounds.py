"""Kill a writer again and again, by the clock and at every step that touches the disk, and look what is left.

Run by ``test_store_crash.py`` in a process of its own, because it forks: ``python -m tests.contract.crash_rounds FOLDER``.
A writer tells what it was acknowledged through a pipe. Afterwards everything acknowledged must be there, and of the one
thing it was at when it died, all or nothing.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract.store_cases import (
    DAY,
    FOLLOWUP,
    RESIDENT,
    Row,
    current_in,
    entry,
    files,
    stage,
    stage_retirements,
    stage_rows,
)
from wangdi.core.problem import Problem, Severity
from wangdi.store.city import City
from wangdi.store.records import SUPERSEDED, BatchRecord
from wangdi.store.verify import check_city
from wangdi.store.workspace import Workspace
from wangdi.store.writer import Writer

ROWS = 7
RANDOM_ROUNDS = 20
STEPS = range(1, 41)


def write_for_ever(folder: Path, tell: Callable[[str], None]) -> None:
    """Accept things one after the other: batches of two forms with their file and problems, entries, upkeep."""
    with City.open(folder) as city, city.writer("crash") as writer:
        number = len(city.batches())
        while True:
            number += 1
            accept_one(writer, folder, number)
            tell(f"batch {number}")
            for part in range(3):
                writer.enter(entry(f"{number}-{part}", registration=number), FOLLOWUP)
                tell(f"entry {number}-{part}")
            if number % 3 == 0:
                writer.roll_journal([FOLLOWUP])
            if number % 4 == 0:
                writer.compact(FOLLOWUP.name)


def accept_one(writer: Writer, folder: Path, number: int) -> None:
    """One batch: seven follow-ups, a resident, the end of the resident before, an original, a problem, a mapping."""
    sent = folder.parent / "sent.csv"
    sent.write_text(f"file {number}")
    writer.add_original(sent, f"{number}.csv", "org", DAY)
    writer.add_mapping("mapping", f"mapping: {number}")
    facts = stage_rows(writer, [Row(number, number)] * ROWS)
    standard = (ROWS, number, DAY.date(), None, None, "org", None, number, 2, None)
    staged = [facts, stage(writer, RESIDENT, [(*standard, f"测试{number}", None)])]
    with City.open(folder) as city:
        held = current_in(writer.workspace, city, None, RESIDENT)
    if held:
        staged.append(stage_retirements(writer, [(ROWS, held[-1], SUPERSEDED)], [RESIDENT.name]))
    record = BatchRecord(org="org", received_at=DAY, received=ROWS + 1, accepted=ROWS + 1)
    writer.accept(record, staged, [Problem(code="STORE-020", severity=Severity.info, args={"seq": str(number)})])


def kill_at(step: int) -> None:
    """Make this process die at the given step among all that touch the disk or the database."""
    left = iter(range(step))

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **named)

        return call

    os.fsync = dying(os.fsync)
    for name in ("rename", "replace", "unlink"):
        setattr(Path, name, dying(getattr(Path, name)))


def run_writer(folder: Path, step: int | None, seconds: float) -> list[str]:
    """A writer that dies at a step or after a while; answers what it was acknowledged."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        if step is not None:
            kill_at(step)
        write_for_ever(folder, lambda text: print(text, file=os.fdopen(writer, "w", closefd=False), flush=True))
        os._exit(1)
    os.close(writer)
    if step is None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    told = b""
    while chunk := os.read(reader, 65536):
        told += chunk
    os.close(reader)
    os.waitpid(child, 0)
    return told.decode().split("\n")[:-1]


def check_after(folder: Path, acknowledged: list[str]) -> None:
    """Everything acknowledged is there; what was under way is there whole or not at all; the next writer tidies up."""
    with City.open(folder) as city, city.workspace() as workspace:
        check_content(city, workspace, acknowledged)
        with city.writer("next"):
            check_content(city, workspace, acknowledged)
        left = [problem.text("en") for problem in check_city(city)]
        assert left == [], left
        kept = [path for path in files(city) if path.startswith("originals/")]
        assert len(kept) == len(city.batches())


def check_content(city: City, workspace: Workspace, acknowledged: list[str]) -> None:
    """Batches and entries are whole, in order, and none is missing."""
    batches = {batch.id for batch in city.batches()}
    assert {int(told.split()[1]) for told in acknowledged if told.startswith("batch")} <= batches
    sql = city.facts_sql(workspace, FOLLOWUP, city.latest_seq())
    sent = workspace.rows(f"select sbp, count(*) from ({sql}) where source_file is not null group by 1 order by 1")
    assert sent == [(number, ROWS) for number in sorted(batches)]
    assert len(current_in(workspace, city, None, RESIDENT)) == min(len(batches), 1)
    everyone = city.all_facts_sql(workspace, RESIDENT, city.latest_seq())
    assert workspace.rows(f"select count(*) from ({everyone})") == [(len(batches),)]
    rows = workspace.rows(
        f"select registration_id, count(*) from ({sql}) where source_file is null group by 1 order by 1"
    )
    entered: dict[int, int] = {registration: number for registration, number in rows}  # noqa: C416 -- typed
    told = [told.split()[1].split("-")[0] for told in acknowledged if told.startswith("entry")]
    for number in set(told):
        assert entered.get(int(number), 0) >= told.count(number)
    assert len(city.problems()) == len(batches)


def run_rounds(top: Path) -> None:
    """All rounds on one growing city, made anew now and then so that each stays quick."""
    chance = random.Random(20250101)
    acknowledged: list[str] = []
    rounds: list[int | None] = [*STEPS, *(None for _ in range(RANDOM_ROUNDS))]
    chance.shuffle(rounds)
    for place, step in enumerate(rounds):
        folder = top / f"city-{place // 10}"
        if not folder.exists():
            City.create(folder, name="示范县", now=DAY).close()
            acknowledged = []
        acknowledged += run_writer(folder, step, chance.uniform(0.01, 0.25))
        child = os.fork()
        if child == 0:
            try:
                check_after(folder, acknowledged)
            except BaseException as error:
                print(f"round {place}, step {step}: {error!r}", flush=True)
                os._exit(1)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            sys.exit(1)
    print(f"{len(rounds)} rounds")


if __name__ == "__main__":
    run_rounds(Path(sys.argv[1]))
