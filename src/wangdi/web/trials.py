"""Packs under test while the server runs: one after the other, in the background, each known by what it rests on."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from wangdi.app.pack_scores import TrialResult, kept_results, try_edition
from wangdi.language.model import Pack

BREATH = 0.001
"""Seconds a trial rests after each mutant, so that readers do not wait for it."""


class _StoppedError(Exception):
    """The server is closing."""


@dataclass(slots=True)
class Progress:
    """How many mutants are done of how many; none of none while the examples are still being held against the pack."""

    done: int = 0
    of: int = 0


class Trials:
    """Results and trials under way. Lives as long as the server; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[str, tuple[Future[TrialResult], Progress]] = {}
        self._stopped = threading.Event()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pack-trial")

    def result(self, key: str) -> TrialResult | None:
        """A finished trial: one that came with Wangdi, or one of this server's. Errors: what went wrong in it is raised."""
        if (kept := kept_results().get(key)) is not None:
            return kept
        with self._lock:
            found = self._under_way.get(key)
        return found[0].result() if found is not None and found[0].done() else None

    def progress(self, key: str) -> Progress | None:
        """How far a trial is; None where none is under way."""
        with self._lock:
            found = self._under_way.get(key)
        return None if found is None or found[0].done() else found[1]

    def start(self, editions: Sequence[Pack], pack: Pack, key: str) -> None:
        """Begin a trial, unless its result is there or it is under way. Cases and rules are read as they are now."""
        with self._lock:
            if key in kept_results() or key in self._under_way:
                return
            progress = Progress()
            self._under_way[key] = self._worker.submit(self._run, tuple(editions), pack, progress), progress

    def _run(self, editions: Sequence[Pack], pack: Pack, progress: Progress) -> TrialResult:
        def tell(_pack: str, done: int, of: int) -> None:
            if self._stopped.is_set():
                raise _StoppedError
            progress.done, progress.of = done, of
            time.sleep(BREATH)

        return try_edition(editions, pack, tell)

    def close(self) -> None:
        """Stop what is under way; nothing of it is kept."""
        self._stopped.set()
        self._worker.shutdown(wait=True, cancel_futures=True)
