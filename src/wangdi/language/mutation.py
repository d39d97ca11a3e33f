"""Does somebody notice? Every mutant is held against the examples and walks; what nobody notices is looked at more closely.

A mutant is killed when one expectation no longer holds. One that survives is *equivalent* when no boundary row tells it from
the pack; otherwise it is a survivor, and the row that would have told them apart comes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from wangdi.language.distinguish import Distinction, search_difference
from wangdi.language.engine import Engine
from wangdi.language.examples import Example, run_examples
from wangdi.language.model import Pack, PeriodTask
from wangdi.language.mutants import Mutant, make_mutants
from wangdi.language.overlay import carry_over
from wangdi.language.rules import Programme, Rules, bind_pack
from wangdi.language.walking import run_walks
from wangdi.language.walks import Counted, Handed, Scored, Told, Walk

_EVERYONE = ""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant nobody noticed, with the row that tells it from the pack (None: no row can show it, a walk must)."""

    mutant: Mutant
    row: Distinction | None

    def advice(self, lang: str = "zh") -> str:
        """Which case would notice it."""
        row = self.row
        if row is None:
            zh = f"在 walks.yaml 里加一个案例，让“{self.mutant.place}”改变它的期望"
            return zh if lang == "zh" else f"add a case to walks.yaml whose expectations {self.mutant.place} changes"
        said = ", ".join(f"{name}={'null' if value is None else value}" for name, value in row.values.items())
        if row.previous is not None:
            said += "（上一次另有一行）" if lang == "zh" else " (after a previous row)"
        told = (
            f"原为 {row.before}，变异后 {row.after}" if lang == "zh" else f"{row.before}, but {row.after} when mutated"
        )
        return f"{row.place}: {said}: {told}"


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A mutant that changes no answer: none of ``rows`` boundary rows told it apart; ``proven`` when these are all there are.

    No rows: the sentence that changed gives the same on every boundary value, so that no row was left to try.
    """

    mutant: Mutant
    rows: int
    proven: bool

    def reason(self, lang: str = "zh") -> str:
        """Why nobody could notice it."""
        if self.rows == 0:
            zh = "改动的句子在所有边界值上结果都相同"
            return zh if lang == "zh" else "the sentence that changed gives the same on every boundary value"
        if lang == "zh":
            return f"在{'全部' if self.proven else '抽取的'} {self.rows} 行边界值上，分类、纳入、指标的答案都相同"
        return f"the same answers on {'all' if self.proven else 'a sample of'} {self.rows} boundary rows"


@dataclass(frozen=True, slots=True)
class Score:
    """What became of every mutant of a pack. ``total`` counts those that change an answer."""

    killed: int
    survivors: tuple[Survivor, ...]
    equivalents: tuple[Equivalent, ...]

    @property
    def total(self) -> int:
        """Mutants that could be noticed."""
        return self.killed + len(self.survivors)


@dataclass(slots=True)
class _Trials:
    """The cases, kept in the order of who noticed something last: neighbours of a mutant are noticed by the same case."""

    engine: Engine
    programme: Programme
    examples: list[Example]
    walks: dict[str, list[Walk]]
    forms: Sequence[Walk] = field(default_factory=list)

    def killed(self, mutant: Mutant) -> bool:
        programme = replace_edition(self.programme, mutant.pack)
        if mutant.reach == "entry":
            return self._by_walk(programme, _EVERYONE + "entry")
        if mutant.reach == "examples" and self._by_example(programme):
            return True
        return self._by_walk(programme, mutant.figure)

    def _by_example(self, programme: Programme) -> bool:
        failure = next(run_examples(self.engine, programme, self.examples), None)
        if failure is None:
            return False
        place = next(at for at, example in enumerate(self.examples) if example.name == failure.case)
        self.examples.insert(0, self.examples.pop(place))
        return True

    def _by_walk(self, programme: Programme, figure: str) -> bool:
        walks = self.walks.get(figure, [])
        for place, walk in enumerate(walks):
            if run_walks(self.engine, programme, [walk]):
                walks.insert(0, walks.pop(place))
                return True
        return False


def replace_edition(programme: Programme, pack: Pack) -> Programme:
    """The programme with one edition's rules replaced by this pack's; editions that lie on it change with it."""
    known = {rules.pack.edition: rules for rules in programme.editions}
    before = known[pack.edition].pack
    editions: list[Rules] = []
    for rules in programme.editions:
        below, seen = rules.pack.based_on, {rules.pack.edition}
        while below in known and below not in seen and below != pack.edition:
            seen.add(below)
            below = known[below].pack.based_on
        if rules.pack.edition == pack.edition:
            editions.append(bind_pack(pack))
        else:
            editions.append(bind_pack(carry_over(before, pack, rules.pack)) if below == pack.edition else rules)
    return Programme(programme.id, tuple(editions))


def score_pack(
    engine: Engine,
    programme: Programme,
    pack: Pack,
    cases: tuple[Sequence[Example], Sequence[Walk]],
    tell: Callable[[int, int], None] | None = None,
) -> Score:
    """Try every mutant of one edition on the reference engine. ``tell`` hears how many of how many are done."""
    examples, walks = cases
    trials = _Trials(engine, programme, list(examples), _by_figure(walks))
    rules = bind_pack(pack)
    mutants = list(make_mutants(pack))
    killed = 0
    survivors: list[Survivor] = []
    equivalents: list[Equivalent] = []
    for place, mutant in enumerate(mutants):
        if tell is not None:
            tell(place, len(mutants))
        if trials.killed(mutant):
            killed += 1
            continue
        if _said_by_newest(programme, pack, mutant):
            equivalents.append(Equivalent(mutant, 0, proven=True))
            continue
        judged = _look_closer(engine, rules, mutant)
        if isinstance(judged, Equivalent):
            equivalents.append(judged)
        else:
            survivors.append(judged)
    return Score(killed, tuple(survivors), tuple(equivalents))


def _said_by_newest(programme: Programme, pack: Pack, mutant: Mutant) -> bool:
    """Yearly tasks are those of the newest edition: what an older one says of them is not asked."""
    newest = programme.newest.pack
    name = mutant.place.removeprefix("schedule.")
    return pack.edition != newest.edition and isinstance(newest.schedule.get(name), PeriodTask)


def _by_figure(walks: Sequence[Walk]) -> dict[str, list[Walk]]:
    """Walks by the figure they speak of; under the empty name all of them, under ``entry`` those about a form's checks."""
    found: dict[str, list[Walk]] = {_EVERYONE: list(walks), "entry": []}
    for walk in walks:
        for name in {item.indicator for item in walk.expected if isinstance(item, Counted)}:
            kept = tuple(item for item in walk.expected if isinstance(item, Counted) and item.indicator == name)
            found.setdefault(name, []).append(replace(walk, expected=kept))
        if any(isinstance(item, Told | Scored | Handed) for item in walk.expected):
            found["entry"].append(walk)
    return found


def _look_closer(engine: Engine, rules: Rules, mutant: Mutant) -> Survivor | Equivalent:
    if not mutant.by_rows:
        return Survivor(mutant, None)
    search = search_difference(engine.evaluate, rules, bind_pack(mutant.pack))
    if search.found is not None:
        return Survivor(mutant, search.found)
    return Equivalent(mutant, search.rows, search.proven)
