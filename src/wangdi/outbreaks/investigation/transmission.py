"""Who caught it from whom: pairs, generations, serial intervals, secondary attack rates, and the chain laid out to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from wangdi.core.problem import Problem, Severity
from wangdi.outbreaks.investigation.curve import DAY, as_moment
from wangdi.outbreaks.investigation.two_by_two import Estimate, attack_rate
from wangdi.outbreaks.investigation.values import CONTACT_KINDS, Case, Investigation


@dataclass(frozen=True, slots=True)
class Pair:
    """A case and the one it was caught from. ``interval``: from onset to onset. Units: days. Missing: None without both."""

    infector: int
    infected: int
    interval: float | None


@dataclass(frozen=True, slots=True)
class Node:
    """A case in the drawing. ``generation``: 0 is who caught it from nobody known; ``row``: its place from above."""

    number: int
    generation: int
    row: float


@dataclass(frozen=True, slots=True)
class Chain:
    """The cases laid out: a column for each generation, children beside their source, no two at one place."""

    nodes: tuple[Node, ...]
    pairs: tuple[Pair, ...]
    generations: int
    rows: int


@dataclass(frozen=True, slots=True)
class Secondary:
    """Contacts of a kind and how many of them fell ill."""

    kind: str
    contacts: int
    ill: int
    rate: Estimate


def find_pairs(cases: Mapping[int, Case]) -> list[Pair]:
    """Every pair of cases that are both still cases, in order of the infected."""
    pairs = []
    for number, case in sorted(cases.items()):
        source = cases.get(case.infector) if case.infector is not None else None
        if case.withdrawn or case.infector is None or source is None or source.withdrawn:
            continue
        interval = (as_moment(case.onset) - as_moment(source.onset)) / DAY if case.onset and source.onset else None
        pairs.append(Pair(case.infector, number, interval))
    return pairs


def check_chain(cases: Mapping[int, Case]) -> list[Problem]:
    """What cannot be in a chain.

    Errors: EVENT-110 a case is its own source by way of others, EVENT-111 (warning) it fell ill before its source, EVENT-112
    (warning) its source is no case of the event, or none any more.
    """
    problems = []
    pairs = find_pairs(cases)
    sources = {one.infected: one.infector for one in pairs}
    for number, case in sorted(cases.items()):
        if not case.withdrawn and case.infector is not None and number not in sources:
            args = {"case": str(number), "source": str(case.infector)}
            problems.append(Problem(code="EVENT-112", severity=Severity.warning, args=args))
    problems += [Problem(code="EVENT-110", args={"case": str(number)}) for number in _turning(sources)]
    problems += [
        Problem(
            code="EVENT-111", severity=Severity.warning, args={"case": str(one.infected), "source": str(one.infector)}
        )
        for one in pairs
        if one.interval is not None and one.interval < 0
    ]
    return problems


def _turning(sources: Mapping[int, int]) -> list[int]:
    """Cases whose sources lead back to themselves."""
    found = []
    for number in sources:
        seen, at = {number}, sources.get(number)
        while at is not None and at not in seen:
            seen.add(at)
            at = sources.get(at)
        if at == number:
            found.append(number)
    return found


def lay_out_chain(cases: Mapping[int, Case]) -> Chain:
    """Where each case stands. The same cases always stand at the same places, in order of onset and number.

    Rule: a source stands at the middle of those it infected; a circle is cut at its first case.
    """
    held = {number: case for number, case in cases.items() if not case.withdrawn}
    pairs = find_pairs(held)
    sources = {one.infected: one.infector for one in pairs}
    for number in _turning(sources):
        if number in _turning(sources):
            del sources[number]
    order = sorted(held, key=lambda number: (_onset_key(held[number]), number))
    children: dict[int | None, list[int]] = {}
    for number in order:
        children.setdefault(sources.get(number), []).append(number)
    generation: dict[int, int] = {}
    visited: list[int] = []
    waiting = [(number, 0) for number in reversed(children.get(None, []))]
    while waiting:
        number, depth = waiting.pop()
        generation[number] = depth
        visited.append(number)
        waiting += [(child, depth + 1) for child in reversed(children.get(number, []))]
    # Depth first, so that those who infected nobody stand one below another without gaps; sources then go to their middle.
    rows: dict[int, float] = {}
    leaves = 0
    for number in visited:
        if number not in children:
            rows[number] = float(leaves)
            leaves += 1
    for number in reversed(visited):
        if number in children:
            places = [rows[child] for child in children[number]]
            rows[number] = (places[0] + places[-1]) / 2
    nodes = tuple(Node(number, generation[number], rows[number]) for number in visited)
    drawn = tuple(one for one in pairs if sources.get(one.infected) == one.infector)
    return Chain(nodes, drawn, max(generation.values(), default=-1) + 1, leaves)


def linked_cases(cases: Mapping[int, Case]) -> dict[int, Case]:
    """The cases that infected or were infected by another: those a drawing of the chain is about."""
    pairs = find_pairs(cases)
    linked = {one.infector for one in pairs} | {one.infected for one in pairs}
    return {number: case for number, case in cases.items() if number in linked}


def _onset_key(case: Case) -> tuple[bool, str]:
    return (case.onset is None, as_moment(case.onset).isoformat() if case.onset else "")


def summarise_intervals(pairs: list[Pair]) -> tuple[int, float, float, float] | None:
    """How many serial intervals there are, the shortest, the median and the longest. Units: days. Missing: None of none."""
    known = [one.interval for one in pairs if one.interval is not None]
    return (len(known), min(known), median(known), max(known)) if known else None


def secondary_attack(found: Investigation) -> list[Secondary]:
    """Of each kind of contact, how many fell ill. Missing: kinds nobody is of."""
    rows = []
    for kind in CONTACT_KINDS:
        held = [one for one in found.contacts.values() if one.kind == kind and not one.withdrawn]
        ill = sum(_is_case(found, one.became) for one in held)
        if held:
            rows.append(Secondary(kind, len(held), ill, attack_rate(ill, len(held))))
    return rows


def _is_case(found: Investigation, number: int | None) -> bool:
    case = found.cases.get(number) if number is not None else None
    return case is not None and not case.withdrawn
