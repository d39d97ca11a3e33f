"""Linking in a city of 4.8 million registrations: the first run, one after a delivery, and newcomers asked over HTTP."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.measuring import Cost, measure, peak_gigabytes, tell
from bench.registered_city import MADE_AT, deliver, make_registered_city
from bench.web import serving
from wangdi.app.linking import LinkRun, link_city
from wangdi.app.questions import stand_on
from wangdi.language.library import load_library
from wangdi.store.city import City
from wangdi.store.workspace import Workspace, sql_text

PEOPLE = 2_450_000
"""About 4.8 million registrations."""
DELIVERED = 3_000
"""What a large hospital sends of a day."""
ASKED = 2_000
WARMING = 200


def bench_link(people: int = PEOPLE) -> bool:
    """A city linked whole, then after a delivery, then asked who newcomers are."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        city = make_registered_city(path, people)
        records = path / "records.parquet"
        with Workspace("1GB") as workspace:
            (count,) = workspace.one(f"select count(*) from {sql_text(records)}") or (0,)
            newcomers = workspace.dicts(
                "select name, sex, birth, id_type, id_no, phone, address, division from"
                f" {sql_text(records)} using sample {ASKED + WARMING} rows (reservoir, 7)"
            )
        deliver(city, records, 0, count - DELIVERED, MADE_AT)
        first, told = _link(city, 0)
        print(f"     the first run, processor seconds by step: {told}")
        deliver(city, records, count - DELIVERED, count, MADE_AT + timedelta(days=1))
        after, told = _link(city, 1)
        print(f"     a run after {DELIVERED:,} registrations: {told}")
        city.close()
        note = f"{count:,} registrations; first run {first.cpu:.0f} cpu s, wall {first.wall:.0f} s; wall {after.wall:.0f} s"
        results = [
            tell("link: a run after 3,000 registrations", after.cpu, 60, "cpu s", note),
            tell("link: the same over the first run", after.cpu / first.cpu, 0.6, "times"),
            tell("link: peak of memory", peak_gigabytes(), 4, "GB"),
            _tell_newcomers(city.folder, newcomers),
        ]
    return all(results)


def _link(city: City, day: int) -> tuple[Cost, str]:
    """What a run takes, and what each of its steps does."""
    begun: list[tuple[str, float]] = []

    def tell_step(step: str) -> None:
        begun.append((step, time.process_time()))

    def work() -> None:
        with city.workspace("3GB") as workspace:
            run = LinkRun("bench", MADE_AT + timedelta(days=day))
            link_city(stand_on(city, workspace, load_library()), run, tell_step)
        tell_step("")

    cost = measure(work)[1]
    return cost, ", ".join(f"{step} {end - start:.1f}" for (step, start), (_, end) in pairwise(begun))


def _tell_newcomers(folder: Path, newcomers: list[dict[str, str | None]]) -> bool:
    """One after the other, over one connection's time each: what a registration desk waits."""
    with serving(folder) as port:
        address = f"http://127.0.0.1:{port}/api/v1/match"
        begun = time.perf_counter()
        while not _ask(address, newcomers[0]):
            time.sleep(1)
        made = time.perf_counter() - begun
        taken = []
        for place, newcomer in enumerate(newcomers):
            begun = time.perf_counter()
            assert _ask(address, newcomer), "the index is there"
            if place >= WARMING:
                taken.append(1000 * (time.perf_counter() - begun))
    note = f"median {np.median(taken):.2f} ms; the index is there {made:.0f} s after the first asks"
    return tell("link: one newcomer over HTTP, p99", float(np.percentile(taken, 99)), 20, "ms", note)


def _ask(address: str, newcomer: dict[str, str | None]) -> bool:
    """Ask who somebody would be; answers whether the index was there."""
    body = json.dumps({name: value for name, value in newcomer.items() if value is not None}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != 503:
            raise
        return False
    return True
