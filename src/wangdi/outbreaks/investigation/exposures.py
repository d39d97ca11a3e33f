"""Which exposure goes with the illness: a two-by-two table for each thing asked, alone and within groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wangdi.outbreaks.investigation.two_by_two import (
    Estimate,
    TwoByTwo,
    attack_rate,
    fisher_p,
    mantel_haenszel,
    odds_ratio,
    risk_ratio,
)
from wangdi.outbreaks.investigation.values import NO, YES, Answers, Investigation


@dataclass(frozen=True, slots=True)
class Stratum:
    """One exposure and the illness among those of one group, or of one answer to another exposure."""

    name: str
    table: TwoByTwo
    risk: Estimate
    odds: Estimate


@dataclass(frozen=True, slots=True)
class Association:
    """One exposure and the illness. ``unknown``: how many did not say. ``adjusted_odds``, ``adjusted_risk``: over ``strata``,
    where they were asked for.
    """

    exposure: str
    table: TwoByTwo
    unknown: int
    exposed_rate: Estimate
    other_rate: Estimate
    risk: Estimate
    odds: Estimate
    p: float | None
    adjusted_odds: Estimate | None = None
    adjusted_risk: Estimate | None = None
    strata: tuple[Stratum, ...] = ()

    @property
    def unplaced(self) -> int:
        """How many of the table are in no stratum. Missing: 0 where none were asked for."""
        return self.table.total - sum(one.table.total for one in self.strata) if self.adjusted_odds else 0


@dataclass(frozen=True, slots=True)
class Attack:
    """How many of those at a place fell ill. ``people``: None where nobody said how many were there."""

    place: str
    ill: int
    people: int | None
    rate: Estimate


BY_GROUP = "group"
"""Strata by the group of the questionnaire; any other name is an exposure asked for."""


def weigh_exposures(answers: Iterable[Answers], within: str = "") -> list[Association]:
    """Every exposure of the questionnaire, the likeliest culprit first.

    ``within``: strata to be held apart: ``group``, or the name of another exposure; empty for none.
    Rule: only who said both whether they were ill and whether they were exposed counts. Order: by probability of Fisher's test,
    then by risk ratio. Grain: one per exposure.
    """
    asked = [one for one in answers if not one.withdrawn and one.ill is not None]
    names = dict.fromkeys(name for one in asked for name in one.foods)
    found = [_weigh(asked, name, within) for name in names]
    return sorted(found, key=lambda one: (one.p if one.p is not None else 2.0, -(one.risk.value or 0.0), one.exposure))


def _weigh(asked: Sequence[Answers], name: str, within: str) -> Association:
    table = tabulate(asked, name)
    strata = _stratify(asked, name, within) if within and within != name else {}
    adjusted = mantel_haenszel(list(strata.values())) if within and within != name else None
    return Association(
        name,
        table,
        len(asked) - table.total,
        attack_rate(table.a, table.a + table.b),
        attack_rate(table.c, table.c + table.d),
        risk_ratio(table),
        odds_ratio(table),
        fisher_p(table),
        adjusted[0] if adjusted else None,
        adjusted[1] if adjusted else None,
        tuple(Stratum(one, rows, risk_ratio(rows), odds_ratio(rows)) for one, rows in strata.items()),
    )


def tabulate(asked: Iterable[Answers], name: str) -> TwoByTwo:
    """The table of one exposure."""
    cells = [0, 0, 0, 0]
    for one in asked:
        said = one.foods.get(name)
        if said in (YES, NO) and one.ill is not None:
            cells[(0 if said == YES else 2) + (0 if one.ill else 1)] += 1
    return TwoByTwo(*cells)


def _stratify(asked: Sequence[Answers], name: str, within: str) -> dict[str, TwoByTwo]:
    """The table in each stratum, by name. Missing: whose stratum is not known counts in none."""
    strata: dict[str, list[Answers]] = {}
    for one in asked:
        stratum = one.group if within == BY_GROUP else one.foods.get(within, "")
        if stratum and (within == BY_GROUP or stratum in (YES, NO)):
            strata.setdefault(stratum, []).append(one)
    return {stratum: tabulate(strata[stratum], name) for stratum in sorted(strata)}


def attack_by_place(found: Investigation) -> list[Attack]:
    """The attack rate of every place, and the cases of places nobody listed, in order of rate and cases."""
    ill: dict[str, int] = {}
    for case in found.cases.values():
        if not case.withdrawn:
            ill[case.place] = ill.get(case.place, 0) + 1
    people = {one.name: one.people for one in found.places.values() if not one.withdrawn}
    rows = []
    for place in dict.fromkeys([*people, *sorted(ill)]):
        count, there = ill.get(place, 0), people.get(place)
        rate = attack_rate(count, there) if there is not None and there >= count else Estimate(None)
        rows.append(Attack(place, count, there, rate))
    return sorted(rows, key=lambda one: (-(one.rate.value or 0.0), -one.ill, one.place))
