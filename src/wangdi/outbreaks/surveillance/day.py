"""A day's run: every method over everything, each by itself, so that what breaks one never stops the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wangdi.outbreaks.diseases import read_disease_settings
from wangdi.outbreaks.surveillance.cases import Cases
from wangdi.outbreaks.surveillance.findings import CRITERION, EACH, INSTITUTION, SCAN, SINGLE, STREAM, UNUSUAL, Finding
from wangdi.outbreaks.surveillance.rules import find_at_institutions, find_criteria_met, find_single_cases
from wangdi.outbreaks.surveillance.scanning import find_clusters
from wangdi.outbreaks.surveillance.settings import SurveillanceSettings
from wangdi.outbreaks.surveillance.streams import StreamCounts, find_in_streams
from wangdi.outbreaks.surveillance.unusual import find_unusual


@dataclass(frozen=True, slots=True)
class Watched:
    """What a run looks at."""

    cases: Cases
    streams: tuple[StreamCounts, ...]


@dataclass(frozen=True, slots=True)
class DayRun:
    """What a run found. ``failed``: method or stream -> what stopped it. ``by_chance``: findings of the unusual that chance alone
    would have made; null where that method failed.
    """

    findings: tuple[Finding, ...]
    failed: Mapping[str, str]
    by_chance: float | None


def run_days(
    watched: Watched,
    days: Sequence[int],
    settings: SurveillanceSettings,
    tell: Callable[[str], None] = lambda step: None,
) -> DayRun:
    """Every method over some days. Grain of the findings: as each method has it."""
    cases = watched.cases
    chance: list[float] = []

    def unusual() -> list[Finding]:
        found, by_chance = find_unusual(cases, days, settings.unusual)
        chance.append(by_chance)
        return found

    steps: list[tuple[str, Callable[[], list[Finding]]]] = [
        (SINGLE, lambda: find_single_cases(cases, days, read_disease_settings().single_case, SINGLE)),
        (EACH, lambda: find_single_cases(cases, days, settings.each_case, EACH)),
        (CRITERION, lambda: find_criteria_met(cases, days)),
        (INSTITUTION, lambda: find_at_institutions(cases, days, settings.institution)),
        (UNUSUAL, unusual),
        (SCAN, lambda: find_clusters(cases, days, settings.scan)),
    ]
    steps += [
        (f"{STREAM} {stream.stream}", lambda stream=stream: find_in_streams([stream], days, settings.streams))  # type: ignore[misc]
        for stream in watched.streams
    ]
    findings: list[Finding] = []
    failed: dict[str, str] = {}
    for name, step in steps:
        tell(name)
        try:
            findings += step()
        except Exception as error:  # whatever is wrong with one, the others are judged
            failed[name] = f"{type(error).__name__}: {error}"
    return DayRun(tuple(findings), failed, chance[0] if chance else None)
