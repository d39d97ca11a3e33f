"""Twenty people reading the pages of a county of 640,000 at once.

    python -m bench.web [--readers 20] [--seconds 30] [--think 1.0]

A reader opens a page, reads it for a second on average, and opens another: the board, an indicator by township or village, the
people behind a cell, one of them, a record with its source, a clinic's day, a search. Which one is drawn by a seed.
"""

from __future__ import annotations

import argparse
import http.client
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from bench.large_city import COUNTY, make_city
from bench.measuring import tell
from wangdi.app.people import Asked, list_people
from wangdi.app.persons import show_person
from wangdi.app.questions import compute_figures, stand_on
from wangdi.core.periods import Period, parse_period
from wangdi.indicators.figures import LEVEL_CHOICES
from wangdi.language.library import load_library
from wangdi.link.people import parse_person
from wangdi.store.city import City

LIMIT = 0.2
"""Seconds within which nineteen pages of twenty are there."""


@dataclass(slots=True)
class Log:
    """How long each kind of page took. Lives as long as the readers."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, seconds: float) -> None:
        with self.lock:
            self.taken.setdefault(kind, []).append(seconds)

    def share(self, share: float, kind: str = "") -> float:
        """The time under which this share of the pages were there."""
        times = sorted(self.taken.get(kind, []) if kind else [one for all_ in self.taken.values() for one in all_])
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0


Draw = Callable[[random.Random], str]


def find_pages(city: City) -> dict[str, Draw]:
    """Kinds of pages, each with how an address of it is drawn."""
    library = load_library()
    period = parse_period("2025-12-ytd")
    assert isinstance(period, Period)
    with city.workspace() as workspace:
        standing = stand_on(city, workspace, library)
        figures = compute_figures(standing, [period], ["township", "village", "org"], ["htn_std"]).figures
        areas = [one.area for one in figures if one.denominator and one.level != "org" and one.area != "unallocated"]
        orgs = [one.area for one in figures if one.denominator and one.level == "org"]
        people = [one.person_id for one in list_people(standing, Asked("htn_std", period, areas[0], "missing", 200))]
        facts = [one["fact_id"] for one in show_person(standing, parse_person(people[0]) or 0)["facts"]]
    indicators = [name for pack in library.newest.values() for name in pack.indicators]
    return {
        "board": lambda chance: f"/?area={chance.choice(areas)}",
        "indicator": lambda chance: (
            f"/indicator/{chance.choice(indicators)}?level={chance.choice(['township', 'village', 'org'])}"
        ),
        "people": lambda chance: (
            f"/people?indicator=htn_std&area={chance.choice(areas)}&part={chance.choice(['missing', 'numerator'])}"
        ),
        "person": lambda chance: f"/person/{chance.choice(people)}",
        "fact": lambda chance: f"/fact/{chance.choice(facts)}",
        "worklist": lambda chance: f"/worklist?org={chance.choice(orgs)}&on=2025-12-{chance.randint(1, 28):02d}",
        "search": lambda chance: f"/search?q={quote(chance.choice('王李张刘陈杨') + chance.choice('伟芳敏强磊'))}",
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """What all readers share: where, what there is to read, for how long, and how long a page is looked at."""

    port: int
    pages: dict[str, Draw]
    until: float
    think: float
    log: Log = field(default_factory=Log)


def read_on(reading: Reading, seed: int) -> None:
    """One reader, until the time is over."""
    chance, pages, think = random.Random(seed), reading.pages, reading.think
    connection = http.client.HTTPConnection("127.0.0.1", reading.port, timeout=30)
    time.sleep(chance.random() * think)
    while time.perf_counter() < reading.until:
        kind = chance.choice(list(pages))
        address = pages[kind](chance)
        start = time.perf_counter()
        connection.request("GET", address)
        answer = connection.getresponse()
        answer.read()
        reading.log.add(kind, time.perf_counter() - start)
        if answer.status != 200:
            reading.log.wrong.append(f"{address} answered {answer.status}")
        time.sleep(chance.expovariate(1 / think) if think else 0)


def bench_web(readers: int = 20, seconds: float = 30, think: float = 1.0, folder: Path | None = None) -> bool:
    """Serve a county and let readers read. ``folder``: keeps the county, to run again."""
    with tempfile.TemporaryDirectory() as temporary:
        place = (folder or Path(temporary)) / "county"
        city = City.open(place) if place.exists() else make_city(place, COUNTY, load_library())
        with city:
            pages = find_pages(city)
        with serving(place) as port:
            return _let_read(port, pages, (readers, seconds, think))


@contextmanager
def serving(place: Path) -> Iterator[int]:
    """A server of a city, on the port answered."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "wangdi",
        "serve",
        "--city",
        str(place),
        "--port",
        str(port),
        "--quiet",
        "--no-link",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            _wait(port)
            yield port
        finally:
            server.terminate()
            server.wait()


def _let_read(port: int, pages: dict[str, Draw], asked: tuple[int, float, float]) -> bool:
    readers, seconds, think = asked
    for level in LEVEL_CHOICES:  # what is counted once a day is counted before anybody reads
        read_one(port, f"/indicator/htn_std?level={level}")
    for kind, draw in pages.items():
        read_one(port, draw(random.Random(kind)))
    reading = Reading(port, pages, time.perf_counter() + seconds, think)
    log = reading.log
    threads = [threading.Thread(target=read_on, args=(reading, seed)) for seed in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if log.wrong:
        print("\n".join(log.wrong[:5]), file=sys.stderr)
    count = sum(map(len, log.taken.values()))
    for kind in pages:
        half, most = log.share(0.5, kind), log.share(0.95, kind)
        print(f"     {kind:<10} {len(log.taken.get(kind, [])):>5} pages, half in {half:.3f} s, p95 {most:.3f} s")
    note = f"{count} pages, {count / seconds:.0f} a second"
    good = not log.wrong and count > 0
    return good & tell(f"any page, {readers} readers of a county of 640,000, p95", log.share(0.95), LIMIT, "s", note)


def read_one(port: int, address: str) -> None:
    """One page, whatever it takes."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", address)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, f"{address} answered {answer.status}"


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server does not answer")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--think", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, help="keep the county there, to run again")
    options = parser.parse_args()
    return 0 if bench_web(options.readers, options.seconds, options.think, options.folder) else 1


if __name__ == "__main__":
    sys.exit(main())
