"""Taking walks on an engine: every expectation that does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from wangdi.language.engine import Case, Engine, Standing
from wangdi.language.examples import Failure
from wangdi.language.record import Cell, Obligation, state_on
from wangdi.language.row_answers import score_row, slip_row
from wangdi.language.rules import Programme, Rules
from wangdi.language.walks import Asked, Counted, Handed, NotAsked, Scored, Told, Walk


def run_walks(engine: Engine, programme: Programme, walks: Sequence[Walk]) -> list[Failure]:
    """Every expectation that does not hold on one engine, in the order of the walks."""
    groups: dict[tuple[tuple[str, Cell], ...], list[Walk]] = {}
    for walk in walks:
        groups.setdefault(walk.overrides, []).append(walk)
    failures: list[Failure] = []
    for overrides, group in groups.items():
        overridden = override_parameters(programme, dict(overrides))
        failures += _run_tasks(engine, overridden, group)
        failures += _run_figures(engine, overridden, group)
        failures += _run_entries(engine, overridden, group)
    return sorted(failures, key=lambda failure: failure.line)


def override_parameters(programme: Programme, overrides: Mapping[str, Cell]) -> Programme:
    """The programme as a city runs it that has set these parameters otherwise."""
    if not overrides:
        return programme
    known = (
        Rules(rules.pack, rules.values | {name: value for name, value in overrides.items() if name in rules.values})
        for rules in programme.editions
    )
    return Programme(programme.id, tuple(known))


def _failure(engine: Engine, walk: Walk, line: int, what: str, said: tuple[Cell, Cell]) -> Failure:
    return Failure(line, walk.name, what, said[0], said[1], walk.clause, engine.name)


def _run_tasks(engine: Engine, programme: Programme, walks: Sequence[Walk]) -> Iterator[Failure]:
    asking = [walk for walk in walks if any(isinstance(item, Asked | NotAsked) for item in walk.expected)]
    if not asking:
        return
    last = max(item.on for walk in asking for item in walk.expected if isinstance(item, Asked | NotAsked))
    built = engine.build(programme, [walk.case for walk in asking], date(last.year, 12, 31))
    for walk, (_, obligations) in zip(asking, built, strict=True):
        for item in walk.expected:
            if isinstance(item, Asked):
                yield from _check_asked(engine, walk, item, obligations)
            elif isinstance(item, NotAsked):
                yield from _check_not_asked(engine, walk, item, obligations)


def describe_obligation(obligation: Obligation, on: date) -> dict[str, Cell]:
    """An obligation as a walk may speak of it, as it stood on a day."""
    state = state_on(obligation, on)
    return {
        "state": state,
        "opens": obligation.opens,
        "due": obligation.due,
        "closes": obligation.closes,
        "rule": obligation.rule,
        "anchor": obligation.anchor_on,
        "reason": obligation.reason if state == "cancelled" else "",
    }


def _check_asked(engine: Engine, walk: Walk, item: Asked, obligations: Sequence[Obligation]) -> Iterator[Failure]:
    mine = [each for each in obligations if each.task == item.task and each.anchor_on <= item.on]
    found = [describe_obligation(each, item.on) for each in mine]
    if not any(all(each[key] == value for key, value in item.wanted.items()) for each in found):
        wanted = "、".join(f"{key}={value}" for key, value in item.wanted.items())
        got = " | ".join("、".join(f"{key}={each[key]}" for key in item.wanted) for each in found)
        yield _failure(engine, walk, item.line, f"{item.on} {item.task}", (wanted, got or None))


def _check_not_asked(
    engine: Engine, walk: Walk, item: NotAsked, obligations: Sequence[Obligation]
) -> Iterator[Failure]:
    for each in obligations:
        if each.task == item.task and each.anchor_on <= item.on and state_on(each, item.on) in ("draft", "ready"):
            got = f"{each.opens}–{each.closes} {each.rule}"
            yield _failure(engine, walk, item.line, f"{item.on} {item.task}", (None, got))


def _run_figures(engine: Engine, programme: Programme, walks: Sequence[Walk]) -> Iterator[Failure]:
    counted = [(walk, [item for item in walk.expected if isinstance(item, Counted)]) for walk in walks]
    asking = [(walk, items) for walk, items in counted if items]
    if not asking:
        return
    asks = [[(item.indicator, item.period) for item in items] for _, items in asking]
    stood = engine.stand(programme, [walk.case for walk, _ in asking], asks)
    for (walk, items), standings in zip(asking, stood, strict=True):
        for item, standing in zip(items, standings, strict=True):
            yield from _check_counted(engine, walk, item, standing)


def _check_counted(engine: Engine, walk: Walk, item: Counted, standing: Standing) -> Iterator[Failure]:
    what = f"{item.period.text} {item.indicator}"
    if standing.place != item.place:
        got = f"{standing.place} {'、'.join(standing.failed)}".strip()
        yield _failure(engine, walk, item.line, what, (item.place, got))
    elif item.why is not None and item.why != tuple(sorted(standing.failed)):
        said = "、".join(item.why), "、".join(sorted(standing.failed))
        yield _failure(engine, walk, item.line, f"{what} why", said)
    elif item.value is not None and item.value != standing.numerator:
        yield _failure(engine, walk, item.line, f"{what} value", (item.value, standing.numerator))
    elif item.whole is not None and item.whole != standing.denominator:
        yield _failure(engine, walk, item.line, f"{what} of", (item.whole, standing.denominator))


def _run_entries(engine: Engine, programme: Programme, walks: Sequence[Walk]) -> Iterator[Failure]:
    for walk in walks:
        for item in walk.expected:
            if isinstance(item, Told):
                got = _say(engine, programme, walk.case)
                if got != item.says:
                    yield _failure(engine, walk, item.line, "entry", (_words(item.says), _words(got)))
            elif isinstance(item, Scored):
                yield from _check_scored(engine, programme, walk, item)
            elif isinstance(item, Handed):
                yield from _check_handed(engine, programme, walk, item)


def _check_scored(engine: Engine, programme: Programme, walk: Walk, item: Scored) -> Iterator[Failure]:
    rules = _rules_of(programme, walk.case)
    told = score_row(engine.evaluate, rules, rules.pack.quality[item.quality], walk.case)
    missing = tuple(sorted(told.missing))
    for what, wanted, got in (
        ("score", item.score, told.score),
        ("points", item.points, told.met),
        ("of", item.of, told.asked),
    ):
        if wanted is not None and wanted != got:
            yield _failure(engine, walk, item.line, f"{item.quality} {what}", (wanted, got))
    if item.missing is not None and missing != item.missing:
        said = "、".join(item.missing), "、".join(missing)
        yield _failure(engine, walk, item.line, f"{item.quality} missing", said)


def _check_handed(engine: Engine, programme: Programme, walk: Walk, item: Handed) -> Iterator[Failure]:
    rules = _rules_of(programme, walk.case)
    found = tuple(sorted(line.id for line in slip_row(engine.evaluate, rules, rules.pack.slips[item.slip], walk.case)))
    if found != item.says:
        yield _failure(engine, walk, item.line, item.slip, ("、".join(item.says), "、".join(found)))


def _rules_of(programme: Programme, case: Case) -> Rules:
    return programme.in_force(case.events[0].on) or programme.newest


def _say(engine: Engine, programme: Programme, case: Case) -> frozenset[tuple[str, bool]]:
    event = case.events[0]
    rules = _rules_of(programme, case)
    said: set[tuple[str, bool]] = set()
    for check in rules.pack.form(event.form).checks:
        values = next(iter(engine.evaluate(rules, event.form, check.rule, [case])))
        if values[0] is False:
            said.add((check.message, check.refuse))
    return frozenset(said)


def _words(says: frozenset[tuple[str, bool]]) -> str | None:
    return "；".join(f"{'refused' if refuse else 'warned'}: {text}" for text, refuse in sorted(says)) or None
