"""The index over everybody, made beside the pages and kept: one at a time, anew once the city knows more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from wangdi.app.newcomer_matching import Everybody
from wangdi.link.matching import Tell

REST = 4.0
"""After making one, so many times as long passes until the next: data that come every minute leave time for pages."""
LOOK_AGAIN = 1.0
"""Seconds until the city is asked again what it knows: it takes as long as half a search."""


class ClosedError(Exception):
    """The server stops."""


class EverybodyKept:
    """Makes the index where it is first asked for. Any thread may ask; nobody waits for a new one while there is an older."""

    def __init__(self, number: Callable[[], int], make: Callable[[int, Tell], Everybody]) -> None:
        self._number, self._make = number, make
        self._lock = threading.Lock()
        self._held: Everybody | None = None
        self._making: Future[Everybody] | None = None
        self._rest_until = self._look_at = 0.0
        self._closing = threading.Event()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="everybody")

    def ask(self) -> Everybody | Future[Everybody]:
        """The last index made, or one that is being made where there is none yet.

        Where the city knows more by now a new one is begun; until it is done the older one, which says its number, serves.
        """
        held, now = self._held, time.monotonic()
        if held is not None and now < self._look_at:
            return held
        known = self._number()
        with self._lock:
            held, self._look_at = self._held, now + LOOK_AGAIN
            if held is not None and held.known == known:
                return held
            if self._making is None and (held is None or now >= self._rest_until):
                self._making = self._worker.submit(self._work, known)
            if held is not None:
                return held
            assert self._making is not None, "without one there is no rest"
            return self._making

    def _work(self, known: int) -> Everybody:
        begun, made = time.monotonic(), None
        try:
            made = self._make(known, self._go_on)
            return made
        finally:
            now = time.monotonic()
            with self._lock:
                self._held, self._making = made or self._held, None
                self._rest_until = now + REST * (now - begun)

    def _go_on(self, step: str) -> None:
        if self._closing.is_set():
            raise ClosedError(step)

    def close(self) -> None:
        """End; what is being made is given up at its next step."""
        self._closing.set()
        self._worker.shutdown(wait=True, cancel_futures=True)
