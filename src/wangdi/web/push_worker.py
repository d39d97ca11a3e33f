"""The thread that takes in what was acknowledged, one delivery after the other, and again after a restart."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future

from wangdi.app.receipts import Receipt, find_receipt, list_waiting, mark_failed, remove_partial, take_waiting
from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.store.city import City

ACTOR = "push"
RETRY_SECONDS = 30.0
"""How long until what the surroundings forbade (a full disk, another writer) is tried again."""
log = logging.getLogger(__name__)


class PushWorker:
    """Takes in waiting deliveries in a thread of its own. Lives as long as the server; ends after the delivery it is at."""

    def __init__(self, open_city: Callable[[], City], open_library: Callable[[], Library]) -> None:
        self._open_city, self._open_library = open_city, open_library
        self._asked: dict[str, list[Future[Receipt | None]]] = {}
        self._lock = threading.Lock()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, with what an earlier server left waiting."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._stop.clear()
                self._thread = threading.Thread(target=self._run, name="push", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End after the delivery under way."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def ask(self, number: str) -> Future[Receipt | None]:
        """The receipt of a delivery once it was tried; nothing where it waits on."""
        asked: Future[Receipt | None] = Future()
        with self._lock:
            self._asked.setdefault(number, []).append(asked)
        self.start()
        self._wake.set()
        return asked

    def _run(self) -> None:
        remove_partial(self._open_city().folder)
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self._take_all()
            except Exception:  # whatever it was, the next delivery may be taken in
                log.exception("deliveries could not be looked through")
            self._wake.wait(RETRY_SECONDS)

    def _take_all(self) -> None:
        for delivery in list_waiting(self._open_city().folder):
            if self._stop.is_set():
                return
            self._answer(delivery.id, self._take(delivery.id))
        self._answer_rest()

    def _take(self, number: str) -> Receipt | None:
        try:
            return take_waiting(self._open_city(), self._open_library(), number, ACTOR)
        except Refusal as refusal:
            log.warning("delivery %s waits on: %s", number, refusal.problem.text("en"))
        except Exception:
            log.exception("delivery %s could not be taken in", number)
            return self._give_up(number)
        return None

    def _give_up(self, number: str) -> Receipt | None:
        """A fault of ours must not come up again and again, nor stand in the way of the next delivery."""
        city = self._open_city()
        for delivery in list_waiting(city.folder):
            if delivery.id == number:
                mark_failed(city.folder, delivery, Problem(code="WAY-113"))
                return find_receipt(city, delivery.org, number)
        return None

    def _answer(self, number: str, receipt: Receipt | None) -> None:
        with self._lock:
            asked = self._asked.pop(number, [])
        for one in asked:
            one.set_result(receipt)

    def _answer_rest(self) -> None:
        """Whoever asks for what is waiting no more reads the receipt for itself."""
        with self._lock:
            waiting = {delivery.id for delivery in list_waiting(self._open_city().folder)}
            gone = [number for number in self._asked if number not in waiting]
        for number in gone:
            self._answer(number, None)
