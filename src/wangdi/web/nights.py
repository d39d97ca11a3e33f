"""Nights beside the pages: at a set time everything a city does by itself, and what is to be told every hour."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta

from wangdi.app.derivation import Standing
from wangdi.app.nightly import NightAsked, find_last_night, run_night
from wangdi.app.notifying import SendAsked, has_settings, send_notices
from wangdi.core.problem import Refusal
from wangdi.web.door import Door

LOOK_EVERY = 30.0
"""Seconds between two looks at the clock, so that a clock that is set right, or a machine that slept, is noticed."""
SEND_EVERY = timedelta(hours=1)
"""Quiet hours end and clocks run out between two nights."""
ACTOR = "serve"
_LOG = logging.getLogger("wangdi.web")


class _StoppedError(Exception):
    """The server stops: the rest of the night waits for the next one to start, which begins it again."""


class Nights:
    """Runs one night a day in a thread of its own, later where the server was away at its time. Lives as long as the server."""

    def __init__(self, door: Door, at: time, look_every: float = LOOK_EVERY) -> None:
        self._door, self._at, self._look_every = door, at, look_every
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._tried: date | None = None
        self._sent: datetime | None = None

    def start(self) -> None:
        """Begin to look at the clock; the second time nothing happens."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="nights", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End after the step under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
            except _StoppedError:
                return
            except Refusal as refusal:
                _LOG.warning("the night waits: %s", refusal.problem.text("en"))
            except Exception:  # whatever ails the city now, the next look may find it well again
                _LOG.exception("the night could not be run")
            self._stopping.wait(self._look_every)

    def look(self) -> None:
        """Do what the clock asks for: the night of today once its time has come, else what is to be told this hour.

        Rule: a night is tried once a day by a server; a failed step is told on /signals and tried again the night after.
        """
        now = self._door.clock.now()
        if now.time() >= self._at and self._tried != now.date():
            self._tried = now.date()
            last = find_last_night(self._door.city)
            if last is None or last.on < now.date():
                self._sent = now
                asked = NightAsked(now.date(), now, ACTOR, os.environ)
                run_night(self._door.city, self._stand, asked, self._go_on)
                return
        if has_settings(self._door.city) and (self._sent is None or now - self._sent >= SEND_EVERY):
            self._sent = now
            send_notices(self._door.city, SendAsked(ACTOR, now, os.environ))

    def _stand(self) -> AbstractContextManager[Standing]:
        return self._door.standing_alone(self._door.number())

    def _go_on(self, _step: str) -> None:
        if self._stopping.is_set():
            raise _StoppedError
