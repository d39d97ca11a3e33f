"""One open city for all readers: engines in turn, and what was counted once, kept as long as it stays true.

What a city knew at a number never changes, so an answer kept under that number is never wrong; new data have a new number.
"""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from wangdi.app.cities import BEGINNING, open_library
from wangdi.app.derivation import Standing
from wangdi.app.newcomer_matching import Everybody, gather_everybody
from wangdi.app.periods import last_period
from wangdi.app.questions import Counted, as_of_number, count_all, place_figures, read_places, stand_on
from wangdi.app.targets import TARGETS_FILE
from wangdi.core.dates import add_months
from wangdi.core.periods import Period, months_of, parse_period
from wangdi.indicators.figures import Figure, Level, Places
from wangdi.language.library import Library
from wangdi.link.matching import Tell
from wangdi.store.city import City
from wangdi.store.workspace import Workspace
from wangdi.web.everybody import EverybodyKept
from wangdi.web.view import read_period

ENGINES = 3
"""Engines open at once: a little more than there are cores, so that a short question need not wait for a long one."""
ENGINE_MEMORY = "1GB"
ENGINE_THREADS = 1
"""A page's questions are small, and there are other readers for the other cores."""
COUNTER_MEMORY = "2GB"
"""Of the engine that counts everything after a delivery, on all cores: once, while others may read."""
KEPT_ANSWERS = 4_000
KEPT_COUNTS = 6
KEPT_LISTS = 16
"""Whole lists of people, of which one may hold ten thousand rows."""
KEPT_WHOLES = 2
"""What is known of every registration: some ten megabytes a million."""
TREND_YEARS = 5

Value = TypeVar("Value")


class Kept:
    """The last so many answers by what was asked; one that is being worked out is waited for, not worked out twice."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The answer of that key, made if it is not there."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]  # type: ignore[no-any-return]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._answers:
                    return self._answers[key]  # type: ignore[no-any-return]
            value = make()
            with self._lock:
                self._answers[key] = value
                self._making.pop(key, None)
                while len(self._answers) > self._size:
                    self._answers.popitem(last=False)
        return value


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, for whoever may know: the web and the command line."""

    now: Callable[[], datetime]

    def today(self) -> date:
        """The day."""
        return self.now().date()


class Door:
    """An open city as pages ask it. Lives as long as the server; every method may be called from any thread."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.city = City.open(folder)
        self.clock = clock
        self.library: Library = open_library(self.city)
        self._engines: queue.Queue[Workspace] = queue.Queue()
        for _ in range(ENGINES):
            self._engines.put(self.city.workspace(ENGINE_MEMORY, ENGINE_THREADS))
        self._counter, self._counting = self.city.workspace(COUNTER_MEMORY), threading.Lock()
        self._answers, self._counts, self._lists = Kept(KEPT_ANSWERS), Kept(KEPT_COUNTS), Kept(KEPT_LISTS)
        self._wholes = Kept(KEPT_WHOLES)
        self.everybody = EverybodyKept(self.city.latest_seq, self._gather)

    def close(self) -> None:
        """Give everything back."""
        self.everybody.close()
        while not self._engines.empty():
            self._engines.get_nowait().close()
        self._counter.close()
        self.city.close()

    @contextmanager
    def standing(self, known: str | int = "", on: date | None = None) -> Iterator[Standing]:
        """The city as known on a day, with an engine of one's own for as long as the context lasts. Errors: STORE-022."""
        engine = self._engines.get()
        try:
            yield stand_on(self.city, engine, self.library, known if known != "" else None, on)
        finally:
            self._engines.put(engine)

    @contextmanager
    def standing_alone(self, known: int) -> Iterator[Standing]:
        """The city at a number with an engine made for one long question about everybody; pages go on meanwhile."""
        with self.city.workspace(COUNTER_MEMORY) as engine:
            yield stand_on(self.city, engine, self.library, known)

    def _gather(self, known: int, tell: Tell) -> Everybody:
        with self.standing_alone(known) as standing:
            return gather_everybody(standing, tell)

    def number(self, known: str | int = "") -> int:
        """The number a knowledge date means. Errors: STORE-022."""
        return self.city.seq_known(known if known != "" else None)

    def state(self) -> Hashable:
        """What pages that show only what the city knows depend on: its last number, and its targets."""
        targets = self.city.folder / TARGETS_FILE
        return self.city.latest_seq(), targets.stat().st_mtime_ns if targets.is_file() else 0

    def keep(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """An answer that is true for ever: its key names everything it depends on."""
        return self._answers.get(key, make)

    def keep_list(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The same of an answer too long to keep many of."""
        return self._lists.get(key, make)

    def keep_whole(self, key: Hashable, make: Callable[[Standing], Value], known: int) -> Value:
        """The same of what takes every registration of the city at a number, and an engine of its own, to be worked out."""

        def work() -> Value:
            with self.standing_alone(known) as standing:
                return make(standing)

        return self._wholes.get((key, known), work)

    def places(self, known: int) -> Places:
        """The trees of areas and organisations."""
        return self.keep(("places", known), lambda: read_places(self.city, known))

    def as_of(self, known: int) -> date:
        """What "today" was for whoever knew just this."""
        return self.keep(("as_of", known), lambda: as_of_number(self.city, known))

    def default_period(self, known: int) -> Period:
        """January to the last complete month of the data; of the calendar while the city has none."""

        def find() -> Period:
            with self.standing(known) as standing:
                found = last_period(standing)
            if found.end > BEGINNING.date():
                return found
            last = add_months(self.clock.today().replace(day=1), -1)
            return read_period(f"{last:%Y-%m}-ytd")

        return self.keep(("period", known), find)

    def facts(self, known: int) -> int:
        """The last number by then under which facts came."""
        return self.keep(("facts", known), lambda: self.city.facts_known(known))

    def counted(self, known: int, period: Period) -> Counted:
        """Everything counted for a period and those it is shown beside.

        Rule: what people wrote down since the last facts moves no figure; another day may ("overdue by today").
        """
        family = tuple(one.text for one in family_of(period))

        def count() -> Counted:
            with self._counting:
                return count_all(stand_on(self.city, self._counter, self.library, known), family_of(period))

        return self._counts.get((self.facts(known), self.as_of(known), family), count)

    def figures(self, known: int, period: Period, level: Level) -> dict[tuple[str, str], Figure]:
        """Every figure of a period at a level, by indicator and area."""

        def place() -> dict[tuple[str, str], Figure]:
            counted = self.counted(known, period)
            return {(one.indicator, one.area): one for one in place_figures(counted, [level], (), [period])}

        return self.keep(("figures", self.facts(known), self.as_of(known), period.text, level), place)


@cache
def family_of(period: Period) -> tuple[Period, ...]:
    """The periods a trend shows beside one, itself among them, oldest first: the months of its year, or the last years."""
    if period.kind in ("year", "mch"):
        tail = "" if period.kind == "year" else "-mch"
        texts = [f"{year}{tail}" for year in range(period.year - TREND_YEARS + 1, period.year + 1)]
    elif period.kind == "quarter":
        texts = [f"{period.year}Q{quarter}" for quarter in range(1, 5)]
    else:
        texts = [f"{month.text}{'-ytd' if period.kind == 'ytd' else ''}" for month in months_of(period.year)]
    found = (parse_period(text) for text in texts)
    return tuple(one for one in found if isinstance(one, Period))
