"""Linking beside the pages: begun by a reader, or by itself once the deliveries of the hour are in."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from wangdi.app.linking import STEPS, LinkRun, find_unseen, link_city
from wangdi.core.problem import Problem, Refusal
from wangdi.web.door import Door

LOOK_EVERY = 10.0
"""Seconds between two looks at what has come."""
QUIET = 60.0
"""Seconds without a new registration after which linking begins by itself: deliveries come in rows."""
REST = 4.0
"""After a run so many times as long passes before the next begins by itself: pages and deliveries need the machine, too."""
ACTOR = "serve"
"""Who has it linked when nobody asked."""
_LOG = logging.getLogger("wangdi.web")


@dataclass(frozen=True, slots=True)
class Relinking:
    """How far a run has come. ``step``: one of ``STEPS``; ``found``: what it found, once it is done."""

    step: str = STEPS[0]
    found: dict[str, Any] | None = None
    problem: Problem | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.found is not None or self.problem is not None

    @property
    def begun(self) -> int:
        """Steps before this one."""
        return STEPS.index(self.step)


class _StoppedError(Exception):
    """The server stops: a run that has accepted nothing yet is given up."""


class Relinker:
    """One run at a time, in a thread of its own. Any thread may ask. Lives as long as the server."""

    def __init__(self, door: Door, quiet: float = QUIET) -> None:
        self._door, self._quiet = door, quiet
        self._last: Relinking | None = None
        self._lock = threading.Lock()
        self._asked, self._stopping = threading.Event(), threading.Event()
        self._who = ACTOR
        self._thread: threading.Thread | None = None

    def last(self) -> Relinking | None:
        """The run that is under way, or the last there was."""
        return self._last

    def start(self, who: str) -> None:
        """Have a run begun now; where one is under way nothing happens."""
        with self._lock:
            if self._last is not None and not self._last.ended:
                return
            self._last, self._who = Relinking(), who
        self._asked.set()
        self.follow()

    def follow(self) -> None:
        """Begin to look at what comes; the second time nothing happens."""
        with self._lock:
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._work, name="relinking", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End; a run that has accepted nothing yet is given up."""
        self._stopping.set()
        self._asked.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        arrived, since, rest_until = 0, time.monotonic(), 0.0
        while not self._stopping.is_set():
            asked = self._asked.wait(min(LOOK_EVERY, self._quiet))
            if self._stopping.is_set():
                return
            now = time.monotonic()
            if not asked:
                newest = self._look()
                if newest != arrived:
                    arrived, since = newest, now
                if not newest or now < max(since + self._quiet, rest_until):
                    continue
                with self._lock:
                    self._last, self._who = Relinking(), ACTOR
            self._asked.clear()
            self._run()
            rest_until = time.monotonic() + REST * (time.monotonic() - now)

    def _look(self) -> int:
        try:
            return find_unseen(self._door.city)
        except Exception:  # whatever ails the city now, the next look may find it well again
            _LOG.exception("what has come could not be looked at")
            return 0

    def _run(self) -> None:
        try:
            with self._door.standing_alone(self._door.number()) as standing:
                found = link_city(standing, LinkRun(self._who, self._door.clock.now()), self._tell)
            self._last = Relinking(STEPS[-1], found)
        except _StoppedError:
            return
        except Refusal as refusal:
            self._last = Relinking(problem=refusal.problem)
        except Exception:
            _LOG.exception("linking failed")
            self._last = Relinking(problem=Problem(code="WEB-049"))

    def _tell(self, step: str) -> None:
        if self._stopping.is_set():
            raise _StoppedError
        self._last = Relinking(step)
