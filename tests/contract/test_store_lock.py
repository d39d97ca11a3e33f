"""One writer at a time; who waits is told for whom; a writer that was killed holds nobody up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.contract.store_cases import FOLLOWUP, Row, current, entry, send
from wangdi.core.problem import Problem, Refusal
from wangdi.store.city import City
from wangdi.store.lock import LOCK_FILE

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from wangdi.store.city import City
with City.open(sys.argv[1]) as city, city.writer("夜间汇总"):
    print("held", flush=True)
    time.sleep(60)
"""


def hold(city: City) -> subprocess.Popen[str]:
    """Another process that holds the writer's lock until it is killed."""
    command = [sys.executable, "-c", HOLD, str(city.folder)]
    other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    return other


def test_a_second_writer_is_told_who_holds_the_lock_and_gives_up(city: City) -> None:
    other = hold(city)
    told: list[Problem] = []
    try:
        with pytest.raises(Refusal) as refused, city.writer("clerk", wait_seconds=0.2, tell=told.append):
            pytest.fail("two writers at once")
    finally:
        other.kill()
        other.communicate()
    assert [problem.code for problem in told] == ["STORE-011"]
    assert refused.value.problem.code == "STORE-010"
    args = refused.value.problem.args
    assert (args["who"], args["pid"]) == ("夜间汇总", str(other.pid))
    assert args["since"].startswith("20")
    with city.writer("clerk", wait_seconds=5) as writer:
        send(writer, [Row(1)])
    assert current(city) == [1]


def test_a_killed_writer_leaves_its_name_but_not_its_lock(sqlite_city: City) -> None:
    other = hold(sqlite_city)
    os.kill(other.pid, signal.SIGKILL)
    other.communicate()
    note = json.loads((sqlite_city.folder / LOCK_FILE).read_text("utf-8"))
    assert (note["who"], note["pid"]) == ("夜间汇总", other.pid)
    with sqlite_city.writer("clerk", wait_seconds=0):
        assert json.loads((sqlite_city.folder / LOCK_FILE).read_text("utf-8"))["who"] == "clerk"
    assert (sqlite_city.folder / LOCK_FILE).read_text() == ""


def test_a_note_that_cannot_be_read_is_nobodys(sqlite_city: City) -> None:
    with sqlite_city.writer("clerk"):
        (sqlite_city.folder / LOCK_FILE).write_text("{")
        with pytest.raises(Refusal) as refused, City.open(sqlite_city.folder).writer("other", wait_seconds=0):
            pytest.fail("two writers at once")
    assert refused.value.problem.args["who"] == "?"


def test_writers_of_many_threads_take_turns(city: City) -> None:
    """Every entry gets a number of its own, and none is lost."""
    failures: list[BaseException] = []

    def enter(clerk: int) -> None:
        try:
            for number in range(4):
                with city.writer(f"clerk {clerk}", wait_seconds=60) as writer:
                    writer.enter(entry(f"{clerk}-{number}"), FOLLOWUP)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=enter, args=(clerk,)) for clerk in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert current(city) == list(range(1, 17))


def test_two_cities_do_not_wait_for_each_other(city: City, tmp_path: Path) -> None:
    other = City.create(tmp_path / "other", name="别处", now=entry("x").entered_at)
    with city.writer("a", wait_seconds=0), other.writer("b", wait_seconds=0) as writer:
        send(writer, [Row(1)])
    other.close()
