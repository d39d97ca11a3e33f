"""Sendings being taken in behind the pages: one after the other, each can be left and is there on return."""

from __future__ import annotations

import itertools
import logging
import os
import re
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from wangdi.app.cities import mapping_folders
from wangdi.app.sendings import take_in
from wangdi.collect.request import CollectRequest
from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.store.city import TEMPORARY, City
from wangdi.store.disk import is_alive

State = Literal["queued", "waiting", "reading", "settling", "done", "refused"]
KEPT = 100
TRIES = 30
"""How often a sending waits out the writer's lock (a minute each) before it gives up."""
ACTOR = "web"
PREFIX = "upload-"
_LOG = logging.getLogger("wangdi.web")


@dataclass(frozen=True, slots=True)
class Job:
    """A sending and how far it has come. ``done`` and ``total``: bytes of the file being read."""

    number: int
    org: str
    names: tuple[str, ...]
    state: State = "queued"
    file: str = ""
    done: int = 0
    total: int = 0
    holder: Problem | None = None
    """Who is writing, while we wait for them."""
    problem: Problem | None = None
    batch: int | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ("done", "refused")


class Jobs:
    """The sendings of this server. One thread takes them in; the city has one writer anyway. Any thread may ask."""

    def __init__(self, city: City, library: Library) -> None:
        self._city, self._library = city, library
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="delivery")
        remove_left(city.folder / TEMPORARY)

    def folder(self) -> Path:
        """A new folder of the city for what is being sent."""
        top = self._city.folder / TEMPORARY
        top.mkdir(exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=top))

    def start(self, folder: Path, files: tuple[Path, ...], request: CollectRequest) -> Job:
        """Take files in as soon as it is their turn; the folder is removed afterwards."""
        job = Job(next(self._numbers), request.org, tuple(path.name for path in files))
        with self._lock:
            self._jobs[job.number] = job
            for number in list(self._jobs)[:-KEPT]:
                if self._jobs[number].ended:
                    del self._jobs[number]
        self._pool.submit(self._run, job.number, folder, files, request)
        return job

    def get(self, number: int) -> Job | None:
        """A sending by its number; None where this server had none."""
        with self._lock:
            return self._jobs.get(number)

    def took(self, batch: int) -> bool:
        """Whether this server took a batch in for somebody who may be waiting to see what came of it."""
        with self._lock:
            return any(job.batch == batch for job in self._jobs.values())

    def unfinished(self) -> list[Job]:
        """The sendings that are still under way, oldest first."""
        with self._lock:
            return [job for job in self._jobs.values() if not job.ended]

    def close(self) -> None:
        """End the one being taken in; those that wait are given up."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _change(self, number: int, **changes: object) -> None:
        with self._lock:
            self._jobs[number] = replace(self._jobs[number], **changes)  # type: ignore[arg-type]

    def _run(self, number: int, folder: Path, files: tuple[Path, ...], request: CollectRequest) -> None:
        def progress(name: str, done: int, total: int) -> None:
            state: State = "settling" if name == files[-1].name and done >= total else "reading"
            self._change(number, state=state, file=name, done=done, total=total, holder=None)

        asked = replace(
            request,
            actor=ACTOR,
            mappings=mapping_folders(self._city),
            progress=progress,
            tell=lambda problem: self._change(number, state="waiting", holder=problem),
        )
        self._change(number, state="reading")
        try:
            batch = self._take(files, asked)
            self._change(number, state="done", batch=batch, holder=None)
        except Refusal as refusal:
            self._change(number, state="refused", problem=refusal.problem, holder=None)
        except Exception:
            _LOG.exception("a sending could not be taken in")
            self._change(number, state="refused", problem=Problem(code="WEB-043"), holder=None)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _take(self, files: tuple[Path, ...], asked: CollectRequest) -> int | None:
        for left in range(TRIES, 0, -1):
            try:
                return take_in(self._city, self._library, files, asked).batch
            except Refusal as refusal:
                if refusal.problem.code != "STORE-010" or left == 1:
                    raise
        return None


def remove_left(folder: Path) -> None:
    """Remove what servers that are gone left of sendings they never took in."""
    for path in folder.glob(f"{PREFIX}*"):
        found = re.match(rf"{PREFIX}(\d+)-", path.name)
        if found is None or not is_alive(int(found[1])):
            shutil.rmtree(path, ignore_errors=True)
