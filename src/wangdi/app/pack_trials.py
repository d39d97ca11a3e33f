"""Testing packs: the examples and walks on every engine, every mutant on the reference engine, and the rows still missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Severity
from wangdi.engines.duck.cases import DUCKDB, number_cases
from wangdi.engines.duck.run import load_rows
from wangdi.engines.reference.cases import REFERENCE
from wangdi.indicators.counting import item_value, over_people, plan_items
from wangdi.language.coverage import check_coverage
from wangdi.language.engine import Ask, Case, Engine, Standing, place_item
from wangdi.language.examples import Example, Failure, read_examples, run_examples
from wangdi.language.model import Items, Pack
from wangdi.language.mutants import Mutant
from wangdi.language.mutation import Equivalent, Score, Survivor, score_pack
from wangdi.language.proposals import Proposal, propose_boundaries, propose_survivors
from wangdi.language.rules import Programme, Rules, bind_pack
from wangdi.language.walking import run_walks
from wangdi.language.walks import Walk, read_walks
from wangdi.store.workspace import Workspace

Tell = Callable[[str, int, int], None]
"""Hears a pack, how many of its mutants are done, and how many there are."""


def stand_on_duckdb(
    programme: Programme, cases: Sequence[Case], asks: Sequence[Sequence[Ask]]
) -> Iterator[Sequence[Standing]]:
    """Places in indicators on DuckDB: people by the engine's table of members, items as figures count them."""
    indicators = programme.newest.pack.indicators
    people = [[ask for ask in mine if over_people(indicators[ask[0]])] for mine in asks]
    items = {(name, period) for mine in asks for name, period in mine if not over_people(indicators[name])}
    counted = _count_items(programme, cases, items)
    for place, (mine, stood) in enumerate(zip(asks, DUCKDB.stand(programme, cases, people), strict=True)):
        remaining = iter(stood)
        yield [
            next(remaining) if over_people(indicators[name]) else counted[place, name, period.text]
            for name, period in mine
        ]


def _count_items(
    programme: Programme, cases: Sequence[Case], asks: set[tuple[str, Period]]
) -> dict[tuple[int, str, str], Standing]:
    found: dict[tuple[int, str, str], Standing] = {}
    if not asks:
        return found
    subjects, events = number_cases(cases)
    newest = programme.newest
    with Workspace(memory="1GB") as workspace:
        relations = load_rows(workspace, programme, subjects, events)

        def sums(rules: Rules, basis: object, period: Period) -> dict[str, float]:
            if not isinstance(basis, Items):
                return {}
            rows = plan_items(rules, basis, [period], relations)
            return dict(workspace.rows(f"SELECT f.subject_id, sum({item_value(basis)}) FROM ({rows}) f GROUP BY ALL"))

        for name, period in sorted(asks, key=lambda ask: (ask[0], ask[1].text)):
            rules = programme.in_force(period.end) or newest
            indicator = rules.pack.indicators.get(name, newest.pack.indicators[name])
            numerator = sums(rules, indicator.count, period)
            whole = sums(rules, indicator.of, period) if isinstance(indicator.of, Items) else numerator
            for place, subject in enumerate(subjects):
                found[place, name, period.text] = place_item(numerator.get(subject.id), whole.get(subject.id))
    return found


ENGINES: dict[str, Engine] = {"reference": REFERENCE, "duckdb": replace(DUCKDB, stand=stand_on_duckdb)}


@dataclass(frozen=True, slots=True)
class Cases:
    """The examples and walks of one edition, with what is wrong with them."""

    examples: list[Example]
    walks: list[Walk]
    examples_file: str
    walks_file: str
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one edition of a pack under test."""

    pack: Pack
    cases: Cases
    failures: list[Failure]
    score: Score

    def problems(self) -> list[Problem]:
        """Everything wrong, in words: what cannot be read, what does not hold, what nobody would notice."""
        found = list(self.cases.problems)
        walks = {walk.name for walk in self.cases.walks}
        for failure in self.failures:
            file = self.cases.walks_file if failure.case in walks else self.cases.examples_file
            found.append(failure.as_problem(file))
        for survivor in self.score.survivors:
            args = {"what": survivor.mutant.what}
            found.append(Problem(code="PACK-051", file=self.pack.path, line=survivor.mutant.line, args=args))
        return found

    def as_json(self, lang: str = "zh") -> dict[str, Any]:
        """The contract's answer about one pack."""
        total = len(self.cases.examples) + len(self.cases.walks)
        failed = len({failure.case for failure in self.failures})
        score = self.score
        return {
            "pack": self.pack.id,
            "edition": self.pack.edition,
            "examples": {"passed": total - failed, "failed": failed},
            "failures": [_failure_json(failure) for failure in self.failures],
            "engines": list(ENGINES),
            "mutants": {
                "total": score.total,
                "killed": score.killed,
                "survivors": [_survivor_json(item, lang) for item in score.survivors],
                "equivalent": [_equivalent_json(item, lang) for item in score.equivalents],
            },
            "problems": [problem.as_json(lang) for problem in self.cases.problems],
        }


def _failure_json(failure: Failure) -> dict[str, Any]:
    expected, got = str(failure.expected), str(failure.got)
    said = {"line": failure.line, "case": failure.case, "engine": failure.engine, "what": failure.what}
    return said | {"expected": expected, "got": got, "clause": failure.clause}


def _survivor_json(item: Survivor, lang: str) -> dict[str, Any]:
    return _mutant_json(item.mutant) | {"advice": item.advice(lang)}


def _equivalent_json(item: Equivalent, lang: str) -> dict[str, Any]:
    return _mutant_json(item.mutant) | {"reason": item.reason(lang)}


def _mutant_json(mutant: Mutant) -> dict[str, Any]:
    return {"place": mutant.place, "change": mutant.change, "line": mutant.line}


def case_files(pack: Pack) -> tuple[Path, Path]:
    """Where the examples and the walks of a pack stand, whether or not they are there; a further edition's bear its name."""
    path = Path(pack.path)
    stem = "" if path.name == "pack.yaml" else path.name.removesuffix("pack.yaml")
    return path.with_name(pack.examples or f"{stem}examples.csv"), path.with_name(f"{stem}walks.yaml")


def read_cases(pack: Pack) -> Cases:
    """The examples and walks beside a pack; those of a further edition bear its name. Absent files are no cases."""
    examples_file, walks_file = case_files(pack)
    examples: list[Example] = []
    walks: list[Walk] = []
    problems: list[Problem] = []
    if examples_file.is_file():
        examples, found = read_examples(examples_file.read_text(encoding="utf-8-sig"), str(examples_file), pack)
        problems += found
    elif pack.examples:
        args = {"why": f"{examples_file.name}?"}
        problems.append(Problem(code="PACK-047", file=str(examples_file), line=1, args=args))
    if walks_file.is_file():
        walks, found = read_walks(walks_file.read_text(encoding="utf-8-sig"), str(walks_file), pack)
        problems += found
    return Cases(examples, walks, str(examples_file), str(walks_file), problems)


def programme_of(editions: Sequence[Pack]) -> Programme:
    """The programme of a pack's editions with their own parameters."""
    return Programme(editions[-1].id, tuple(bind_pack(pack) for pack in editions))


def try_pack(editions: Sequence[Pack], pack: Pack, tell: Tell | None = None) -> Trial:
    """Run one edition's examples and walks on every engine, then its mutants on the reference engine.

    Mutants are not tried while an expectation fails: everything would seem noticed.
    """
    programme, cases = programme_of(editions), read_cases(pack)
    failures: list[Failure] = []
    for engine in ENGINES.values():
        failures += run_examples(engine, programme, cases.examples)
        failures += run_walks(engine, programme, cases.walks)
    if failures or any(problem.severity is Severity.error for problem in cases.problems):
        return Trial(pack, cases, failures, Score(0, (), ()))
    told = None if tell is None else lambda done, of: tell(pack.id, done, of)
    return Trial(pack, cases, failures, score_pack(REFERENCE, programme, pack, (cases.examples, cases.walks), told))


def check_classes(pack: Pack) -> list[Problem]:
    """Rows that would get no class, and classes no row gets."""
    return check_coverage(REFERENCE.evaluate, bind_pack(pack))


def propose_cases(editions: Sequence[Pack], pack: Pack) -> Proposal:
    """Boundary rows no example covers, the rows that would catch surviving mutants, and the walks still to be written."""
    trial = try_pack(editions, pack)
    rules: Rules = bind_pack(pack)
    boundaries = propose_boundaries(REFERENCE.evaluate, rules, trial.cases.examples)
    return propose_survivors(pack, trial.score.survivors, boundaries)
