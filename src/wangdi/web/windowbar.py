"""A window as a bar the length of a word, and the time editions apply as bars under one another. All bars of a page that
are compared have one scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from wangdi.app.pack_telling import Lengths

WIDTH, HEIGHT = 220, 16
SPAN_WIDTH = 640
LEAST = 3.0
"""So that a window of one day is seen."""


@dataclass(frozen=True, slots=True)
class WindowBar:
    """Where a window lies on a line that begins at its anchor: opens to due, due to closes."""

    opens: float
    due: float
    closes: float
    width: int = WIDTH
    height: int = HEIGHT


def plot_window(lengths: Lengths, longest: float) -> WindowBar:
    """A window on a line as long as the longest of those it stands beside."""
    scale = (WIDTH - LEAST) / (longest or 1.0)
    opens, due, closes = (round(length * scale, 1) for length in (lengths.opens, lengths.due, lengths.closes))
    due = max(due, opens + LEAST)
    return WindowBar(opens, due, max(closes, due))


@dataclass(frozen=True, slots=True)
class Span:
    """How long one edition applies: where its bar begins and how long it is; ``open`` where no end is said."""

    title: str
    edition: str
    first: date
    last: date | None
    x: float
    length: float

    @property
    def open(self) -> bool:
        """Whether it still applies as far as it says."""
        return self.last is None


def plot_spans(
    editions: Sequence[tuple[str, str, date, date | None]], on: date
) -> tuple[list[Span], list[tuple[float, int]]]:
    """Editions (title, name, first and last day) on one line of years up to the year after ``on``, and where years stand."""
    first = min((one[2].year for one in editions), default=on.year)
    last = max([on.year, *(one[3].year for one in editions if one[3] is not None)]) + 1
    start, days = date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal() - date(first, 1, 1).toordinal()

    def place(day: date) -> float:
        return round((day.toordinal() - start) / days * SPAN_WIDTH, 1)

    spans = [
        Span(title, name, begins, ends, place(begins), (place(ends) if ends else float(SPAN_WIDTH)) - place(begins))
        for title, name, begins, ends in editions
    ]
    step = max(1, (last - first) // 6)
    return spans, [(place(date(year, 1, 1)), year) for year in range(first, last + 1, step)]
