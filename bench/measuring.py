"""Measuring one thing: wall and processor seconds, the peak of memory, and a line that compares it with its limit."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took. Units: seconds; ``cpu`` over all threads of this process."""

    wall: float
    cpu: float


def measure(work: Callable[[], Result], runs: int = 1) -> tuple[Result, Cost]:
    """The median cost of a few runs, by processor seconds: other people's load hurts them least."""
    costs: list[Cost] = []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        costs.append(Cost(time.perf_counter() - wall, time.process_time() - cpu))
    return result, sorted(costs, key=lambda cost: cost.cpu)[len(costs) // 2]


def peak_gigabytes() -> float:
    """The most memory this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def tell(what: str, measured: float, limit: float, unit: str, note: str = "") -> bool:
    """Print one line; answers whether the limit holds."""
    good = measured <= limit
    print(f"{'ok  ' if good else 'OVER'} {what:<58} {measured:>9.3f} {unit:<6} limit {limit:g}  {note}", flush=True)
    return good
