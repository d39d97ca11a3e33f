"""Does a changed pack ever give another answer? A search over the boundary rows, for the row that tells the two apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from wangdi.language.ast import Case, Constant, Expression, Logic, Previous, Term, walk
from wangdi.language.boundary import boundary_values, case_of, combinations, is_exhaustive, only_terms
from wangdi.language.check import sentences
from wangdi.language.engine import Case as SubjectCase
from wangdi.language.engine import EvaluateRows
from wangdi.language.model import Form, Pack
from wangdi.language.names import fields_behind, previous_behind, used_parameters
from wangdi.language.record import Cell
from wangdi.language.rules import Rules

Sees = Literal["value", "true", "false"]
"""What is made of an expression's value: all of it, whether it is true, or whether it is false (a form's check)."""


@dataclass(frozen=True, slots=True)
class Observable:
    """An answer of a pack that depends on one row: the class, the form's code, enrolment, a clause, a check."""

    place: str
    form: Form
    expression: Expression
    sees: Sees

    def seen(self, value: Cell) -> Cell:
        """What can be seen of the value from outside."""
        if self.sees == "value":
            return value
        return value is True if self.sees == "true" else value is False


@dataclass(frozen=True, slots=True)
class Distinction:
    """A row on which two packs answer differently."""

    place: str
    form: str
    values: Mapping[str, Cell]
    previous: Mapping[str, Cell] | None
    before: Cell
    after: Cell
    case: SubjectCase


@dataclass(frozen=True, slots=True)
class Search:
    """The outcome of a search: a distinction, or none among so many rows; ``proven`` when these were all there are."""

    found: Distinction | None
    rows: int
    proven: bool


def observables(pack: Pack) -> list[Observable]:
    """Every answer of a pack that is an expression on one row."""
    found: list[Observable] = []
    if pack.classify is not None:
        form = pack.form(pack.classify.form)
        arms = tuple((row.when, Constant(row.name)) for row in pack.classify.rows)
        if arms:
            found.append(Observable("classify", form, Case(arms, Constant(None)), "value"))
        if pack.classify.form_code:
            found.append(Observable("form_code", form, Term(pack.classify.form_code), "value"))
    counts: dict[str, int] = {}
    for sentence in sentences(pack):
        kind = sentence.place.partition(".")[0]
        if kind in ("terms", "classify") or sentence.gives != "boolean":
            continue
        at = counts[sentence.place] = counts.get(sentence.place, 0) + 1
        sees: Sees = "false" if sentence.place.endswith(".checks") else "true"
        found.append(Observable(f"{sentence.place}#{at}", sentence.form, sentence.expression, sees))
    return found


def search_difference(evaluate: EvaluateRows, rules: Rules, changed: Rules) -> Search:
    """The first boundary row on which the changed rules answer differently, over every answer the change can reach."""
    rows, proven = 0, True
    others = {item.place: item for item in observables(changed.pack)}
    for item in observables(rules.pack):
        other = others.get(item.place)
        if other is None or not _touched(rules, changed, item.expression, other.expression):
            continue
        search = _search_one(evaluate, (rules, item), (changed, other))
        rows += search.rows
        proven = proven and search.proven
        if search.found is not None:
            return replace(search, rows=rows)
    return Search(None, rows, proven)


def _touched(rules: Rules, changed: Rules, one: Expression, other: Expression) -> bool:
    return (
        one != other
        or repr(one) != repr(other)
        or bool(_changed_terms(rules, changed, one))
        or _values(rules, one) != (_values(changed, one))
    )


def _closure(pack: Pack, node: Expression) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for part in walk(waiting.pop()):
            if isinstance(part, Term | Previous) and part.name in pack.terms and part.name not in found:
                found.add(part.name)
                waiting.append(pack.terms[part.name].expression)
    return found


def _changed_terms(rules: Rules, changed: Rules, node: Expression) -> set[str]:
    names = _closure(rules.pack, node) | _closure(changed.pack, node)
    return {name for name in names if _differs(rules, changed, _term(rules, name), _term(changed, name))}


def _term(rules: Rules, name: str) -> Expression:
    return rules.pack.terms[name].expression


def _differs(rules: Rules, changed: Rules, one: Expression, other: Expression) -> bool:
    """Whether the sentence itself changed, in its text or in a parameter it names."""
    return repr(one) != repr(other) or any(rules.values[name] != changed.values[name] for name in used_parameters(one))


def _values(rules: Rules, node: Expression) -> dict[str, Cell]:
    names = used_parameters(node)
    for term in _closure(rules.pack, node):
        names |= used_parameters(_term(rules, term))
    return {name: rules.values[name] for name in names}


def _search_one(evaluate: EvaluateRows, before: tuple[Rules, Observable], after: tuple[Rules, Observable]) -> Search:
    """Rows on which the change can be felt at all, filled up with every value of the other fields."""
    (rules, item), (changed, other) = before, after
    form, both = item.form, (item.expression, other.expression)
    values = _merge(boundary_values(rules, form, both), boundary_values(changed, form, both))
    pairs = _direct_pairs(rules, changed, *both)
    looks_back = {name for node in both for name in previous_behind(rules.pack, node)}
    one_rules, other_rules = only_terms(rules, [item.expression]), only_terms(changed, [other.expression])
    turning, whole = _turning_rows(evaluate, before, after, (values, pairs))
    own = {name for node in both for name in fields_behind(rules.pack, node)}
    before_rows = _previous_rows(evaluate, rules, form, (looks_back, values))
    candidates = _candidates(turning, values, own, before_rows)
    if looks_back and any(
        name in _changed_terms(rules, changed, item.expression) for name in _back(rules.pack, looks_back)
    ):
        later = {
            name: found for name, found in values.items() if name in own and name not in ("age_years", "birth_date")
        }
        steady = list(combinations(later, 400))
        candidates = itertools.chain(
            candidates, ((now, earlier) for earlier in turning for now in _with_age(steady, earlier))
        )
    rows = list(itertools.islice(candidates, 40_000))
    cases = [case_of(rules.pack, form, now, earlier) for now, earlier in rows]
    ones = evaluate(one_rules, form.full_name, item.expression, cases)
    twos = evaluate(other_rules, form.full_name, other.expression, cases)
    for (now, earlier), case, one, two in zip(rows, cases, ones, twos, strict=True):
        if item.seen(one[-1]) != other.seen(two[-1]):
            place = item.place.partition("#")[0]
            found = Distinction(place, form.full_name, now, earlier, item.seen(one[-1]), other.seen(two[-1]), case)
            return Search(found, len(rows), True)
    return Search(None, len(rows), whole and len(rows) < 40_000)


def _back(pack: Pack, names: set[str]) -> set[str]:
    return names | {inner for name in names for inner in _closure(pack, pack.terms[name].expression)}


def _with_age(rows: Sequence[dict[str, Cell]], earlier: Mapping[str, Cell]) -> Iterator[dict[str, Cell]]:
    kept = {name: earlier[name] for name in ("age_years", "birth_date") if name in earlier}
    for row in rows:
        yield row | kept


def _merge(one: dict[str, list[Cell]], other: dict[str, list[Cell]]) -> dict[str, list[Cell]]:
    merged: dict[str, list[Cell]] = {}
    for name in sorted(one.keys() | other.keys()):
        found = [*one.get(name, []), *other.get(name, [])]
        merged[name] = list({repr(value): value for value in found}.values())
    return merged


def _direct_pairs(
    rules: Rules, changed: Rules, one: Expression, other: Expression
) -> list[tuple[Expression, Expression]]:
    """Sentences that changed themselves, before and after; where only the order changed, the rows two of them claim."""
    pairs = [(_term(rules, name), _term(changed, name)) for name in sorted(_changed_terms(rules, changed, one))]
    if isinstance(one, Case) and isinstance(other, Case) and one.otherwise == Constant(None) == other.otherwise:
        after = {repr(then): when for when, then in other.arms}
        for when, then in one.arms:
            later = after.get(repr(then))
            if later is None:
                pairs.append((when, Constant(None)))
            elif _differs(rules, changed, when, later):
                pairs.append((when, later))
        for here, there in zip(one.arms, other.arms, strict=False):
            if here[1] != there[1] and len(one.arms) == len(other.arms):
                pairs.append((Logic("and", (here[0], there[0])), Constant(None)))
    elif _differs(rules, changed, one, other):
        pairs.append((one, other))
    return pairs


def _turning_rows(
    evaluate: EvaluateRows,
    before: tuple[Rules, Observable],
    after: tuple[Rules, Observable],
    given: tuple[dict[str, list[Cell]], list[tuple[Expression, Expression]]],
) -> tuple[list[dict[str, Cell]], bool]:
    """Values of the fields behind the changed sentences on which these sentences differ, and whether all were tried."""
    (rules, item), (changed, _) = before, after
    values, pairs = given
    found: dict[str, dict[str, Cell]] = {}
    whole = True
    for one, other in pairs:
        names = fields_behind(rules.pack, one) | fields_behind(changed.pack, other)
        names |= _previous_fields(rules.pack, (one, other))
        mine = {name: values[name] for name in sorted(names) if name in values}
        whole = whole and is_exhaustive(mine)
        rows = list(combinations(mine))
        back = bool(previous_behind(rules.pack, one) | previous_behind(changed.pack, other))
        if back:  # what it looks back at cannot be told from this row alone: every row may turn
            found |= {repr(row): row for row in rows}
            continue
        cases = [case_of(rules.pack, item.form, row) for row in rows]
        ones = evaluate(only_terms(rules, [one]), item.form.full_name, one, cases)
        twos = evaluate(only_terms(changed, [other]), item.form.full_name, other, cases)
        for row, left, right in zip(rows, ones, twos, strict=True):
            if repr(left[-1]) != repr(right[-1]):
                found[repr(row)] = row
    return list(found.values()), whole


def _previous_fields(pack: Pack, nodes: Sequence[Expression]) -> set[str]:
    names = {name for node in nodes for name in previous_behind(pack, node)}
    return {field for name in names for field in fields_behind(pack, pack.terms[name].expression)}


def _previous_rows(
    evaluate: EvaluateRows, rules: Rules, form: Form, given: tuple[set[str], dict[str, list[Cell]]]
) -> list[dict[str, Cell] | None]:
    """No previous row, and one row for each set of answers the previous row's terms can give."""
    looks_back, values = given
    found: dict[str, dict[str, Cell] | None] = {"": None}
    if not looks_back:
        return [None]
    names = {field for name in looks_back for field in fields_behind(rules.pack, rules.pack.terms[name].expression)}
    steady = names - {"age_years", "birth_date"}
    mine = {name: values[name] for name in sorted(steady) if name in values}
    rows = list(combinations(mine, 2_000))
    cases = [case_of(rules.pack, form, row | {"age_years": 50}) for row in rows]
    answers = [evaluate(rules, form.full_name, Term(name), cases) for name in sorted(looks_back)]
    for row, *told in zip(rows, *answers, strict=True):
        found.setdefault(repr([answer[-1] for answer in told]), row)
    return list(found.values())


def _candidates(
    turning: Sequence[dict[str, Cell]],
    values: dict[str, list[Cell]],
    own: set[str],
    before_rows: Sequence[dict[str, Cell] | None],
) -> Iterator[tuple[dict[str, Cell], Mapping[str, Cell] | None]]:
    """Turning rows filled up with the values of every other field, after every kind of previous row."""
    for row in turning:
        rest = {name: found for name, found in values.items() if name in own and name not in row}
        for filled in combinations(rest, 2_000):
            for earlier in before_rows:
                yield row | filled, earlier
