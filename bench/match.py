"""Matching at the size of a city: processor seconds, memory, how often it is right, one newcomer against everybody; and a peer."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.measuring import measure, peak_gigabytes, tell
from bench.peer import match_with_splink
from bench.registrations import write_registrations
from wangdi.app.matching import MEMORY
from wangdi.link.matching import Matched, match_records
from wangdi.link.newcomers import NewcomerIndex
from wangdi.link.normalise import normalise_records
from wangdi.link.reading import Loaded, load_records
from wangdi.link.records import Records
from wangdi.link.results import write_clusters
from wangdi.store.workspace import Workspace, sql_text

PEOPLE = 2_450_000
"""About 4.8 million registrations."""

BESIDE_PEER = 510_000
"""About a million: what Splink does in a quarter of a minute."""

ASKED = 2_000


def bench_match() -> bool:
    """4.8 million registrations to people, then newcomers one by one."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        write_registrations(path, PEOPLE)
        with Workspace(MEMORY, temp_dir=path) as workspace:

            def work() -> tuple[Loaded, Records, Matched]:
                loaded = load_records(workspace, path / "records.parquet")
                records = normalise_records(workspace, loaded.order)
                matched = match_records(records)
                write_clusters(workspace, matched, path / "clusters.parquet", loaded)
                return loaded, records, matched

            (_, records, matched), cost = measure(work)
            size = f"{len(records):,} registrations, {matched.compared:,} pairs, wall {cost.wall:.0f} s"
            results = [tell("match: registrations to people", cost.cpu, 60, "cpu s", size)]
            results.append(tell("match: peak of memory", peak_gigabytes(), 4, "GB"))
            results += _tell_rightness(workspace, path)
            results += _tell_newcomers(workspace, records, matched)
    return all([*results, _tell_peer()])


def _tell_peer() -> bool:
    """Processor seconds from the same features to people, here over Splink's. The whole way is told beside it."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        write_registrations(path, BESIDE_PEER)
        with Workspace(MEMORY, temp_dir=path) as workspace:

            def normalise() -> Records:
                return normalise_records(workspace, load_records(workspace, path / "records.parquet").order)

            records, before = measure(normalise)
            matched, ours = measure(lambda: match_records(records))
            person, theirs = measure(lambda: match_with_splink(records))
            truth = workspace.arrays(
                f"select t.person_id from records r join {sql_text(path / 'truth.parquet')} t"
                " on t.rec_id::varchar = r.rec_id order by r.rec_id"
            )["person_id"]
    whole = (before.cpu + ours.cpu) / (before.cpu + theirs.cpu)
    note = (
        f"{len(records):,} registrations; Splink {theirs.cpu:.1f} cpu s, F1 {_f1(person, truth):.4f};"
        f" here {ours.cpu:.1f}, {_f1(matched.people.person, truth):.4f}; with {before.cpu:.1f} of normalising for both {whole:.2f}"
    )
    return tell("match: features to people, over Splink", ours.cpu / theirs.cpu, 0.5, "times", note)


def _f1(said: np.ndarray, known: np.ndarray) -> float:
    """Over pairs of records."""
    said, known = (np.unique(people, return_inverse=True)[1] for people in (said, known))
    both = said * (known.max() + 1) + known
    counts = [np.unique(people, return_counts=True)[1] for people in (said, known, both)]
    pairs = [float((count * (count - 1) / 2).sum()) for count in counts]
    return 2 * pairs[2] / (pairs[0] + pairs[1])


def _tell_rightness(workspace: Workspace, path: Path) -> list[bool]:
    """Precision and F1 over pairs; limits are told as what may be wrong."""
    sizes = "select sum(n * (n - 1) / 2) from (select count(*) as n from both_sides group by {})"
    workspace.run(
        "create table both_sides as select c.person_id as said, t.person_id as known"
        f" from {sql_text(path / 'clusters.parquet')} c join {sql_text(path / 'truth.parquet')} t on t.rec_id = c.rec_id"
    )
    said, true, both = (float((workspace.one(sizes.format(by)) or (0,))[0]) for by in ("said", "known", "said, known"))
    return [
        tell("match: pairs said that are wrong", 100 * (1 - both / said), 0.3, "%"),
        tell("match: 1 - F1", 100 * (1 - 2 * both / (said + true)), 1.5, "%"),
    ]


def _tell_newcomers(workspace: Workspace, records: Records, matched: Matched) -> list[bool]:
    index, cost = measure(lambda: NewcomerIndex(records, matched.weights))
    texts = workspace.dicts(f"select * from records using sample {ASKED} rows (reservoir, 7)")
    for text in texts[:50]:
        index.find(index.read(text))
    taken: list[float] = []
    for text in texts:
        begun = time.perf_counter()
        index.find(index.read(text))
        taken.append(1000 * (time.perf_counter() - begun))
    note = f"median {np.median(taken):.2f} ms; index {index.memory() / 1e9:.1f} GB beside the records, {cost.cpu:.0f} cpu s"
    return [tell("match: one newcomer, p99", float(np.percentile(taken, 99)), 20, "ms", note)]
