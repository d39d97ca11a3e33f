"""Findings become signals: one event is one signal, with every reason for it, the level in charge and a clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wangdi.outbreaks.surveillance.findings import METHODS, URGENT, Finding
from wangdi.outbreaks.surveillance.settings import SurveillanceSettings


@dataclass(frozen=True, slots=True)
class Ground:
    """What grouping has to know. ``county``: township -> county; ``next_to``: township -> its neighbours; ``families``: disease or
    stream -> what it may show with others.
    """

    county: Mapping[str, str]
    next_to: Mapping[str, frozenset[str]]
    families: Mapping[str, frozenset[str]]

    def counties(self, places: Iterable[str]) -> frozenset[str]:
        """The counties of townships, and counties as they are."""
        return frozenset(self.county.get(place, place) for place in places)


@dataclass(frozen=True, slots=True)
class Signal:
    """Something to look into. ``day``: when it was sent, from 1970-01-01; ``subjects``: disease and stream codes, the first
    that of the first finding.

    Grain: one event, as far as disease, place and time tell.
    """

    id: str
    day: int
    subjects: tuple[str, ...]
    places: tuple[str, ...]
    sites: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def urgent(self) -> bool:
        """Whether it has to be looked at within the shorter limit."""
        return any(finding.method in URGENT for finding in self.findings)

    @property
    def last(self) -> int:
        """The last day something was found."""
        return max(finding.day for finding in self.findings)

    @property
    def facts(self) -> tuple[int, ...]:
        """Every record behind it, each once."""
        return tuple(sorted({fact for finding in self.findings for fact in finding.facts}))

    @property
    def strongest(self) -> Finding:
        """The reason that says most: by urgency of the method, then by how much was counted."""
        return min(self.findings, key=lambda one: (METHODS.index(one.method), -one.observed, one.day))

    def to_json(self) -> dict[str, Any]:
        """As it is written down."""
        return {
            "id": self.id,
            "day": self.day,
            "subjects": list(self.subjects),
            "places": list(self.places),
            "sites": list(self.sites),
            "findings": [finding.to_json() for finding in self.findings],
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Signal:
        """As it was written down."""
        lists = {name: tuple(body[name]) for name in ("subjects", "places", "sites")}
        return cls(body["id"], body["day"], **lists, findings=tuple(Finding.from_json(one) for one in body["findings"]))


def group_findings(
    findings: Iterable[Finding], standing: Sequence[Signal], ground: Ground, settings: SurveillanceSettings
) -> list[Signal]:
    """The signals that are new or have grown by some findings; ``standing``: those there were.

    A finding belongs to a signal of its family whose last finding is at most ``quiet_days`` old, if it is of the same
    institution, the same or a neighbouring township, or if one of the two speaks of the whole county. Findings known already
    change nothing, so that a day can be run again.
    """
    signals = {signal.id: signal for signal in standing}
    changed: set[str] = set()
    taken = {_name(finding) for signal in standing for finding in signal.findings}
    for finding in sorted(
        findings, key=lambda one: (one.day, METHODS.index(one.method), one.subject, one.places, one.site)
    ):
        if _name(finding) in taken:
            continue
        taken.add(_name(finding))
        near = [one for one in signals.values() if _belongs(finding, one, ground, settings)]
        signal = _extend(max(near, key=lambda one: (one.last, one.id)), finding) if near else _open(finding, signals)
        signals[signal.id] = signal
        changed.add(signal.id)
    return [signals[name] for name in sorted(changed)]


def _name(finding: Finding) -> tuple[Any, ...]:
    return finding.method, finding.subject, finding.day, finding.places, finding.site


def _belongs(finding: Finding, signal: Signal, ground: Ground, settings: SurveillanceSettings) -> bool:
    """Whether a finding tells of the same event as a signal."""
    quiet, families = settings.signals.quiet_days, ground.families
    shown = families.get(finding.subject, frozenset())
    if not any(one == finding.subject or shown & families.get(one, frozenset()) for one in signal.subjects):
        return False
    if not signal.day <= finding.day + quiet or finding.day - signal.last > quiet:
        return False
    if finding.site and finding.site in signal.sites:
        return True
    mine, theirs = set(finding.places), set(signal.places)
    if mine & theirs or not mine or not theirs:
        return True
    if any(theirs & ground.next_to.get(place, frozenset()) for place in mine):
        return True
    whole = {place for place in mine | theirs if place not in ground.county}
    return bool(whole & (ground.counties(mine) & ground.counties(theirs)))


def _extend(signal: Signal, finding: Finding) -> Signal:
    def joined(old: tuple[str, ...], new: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*old, *(one for one in new if one))))

    return replace(
        signal,
        subjects=joined(signal.subjects, [finding.subject]),
        places=joined(signal.places, finding.places),
        sites=joined(signal.sites, [finding.site]),
        findings=(*signal.findings, finding),
    )


def _open(finding: Finding, signals: Mapping[str, Signal]) -> Signal:
    day = str(np.datetime64(finding.day, "D")).replace("-", "")
    number = sum(1 for name in signals if name.startswith(f"S{day}-")) + 1
    sites = (finding.site,) if finding.site else ()
    return Signal(f"S{day}-{number:02d}", finding.day, (finding.subject,), finding.places, sites, (finding,))
