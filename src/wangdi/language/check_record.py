"""``pack check`` of what records need: quality, slips, enrolling at an age, people below a population, identifying fields."""

from __future__ import annotations

from collections.abc import Iterator

from wangdi.core.problem import Problem
from wangdi.language.ast import Expression, Field, IsNull, children
from wangdi.language.model import Form, LatestRow, Pack, People
from wangdi.language.typing import Sentence


def record_sentences(pack: Pack) -> Iterator[Sentence]:
    """Every expression of the ``quality`` and ``slip`` blocks, and the age one is enrolled at."""
    for quality in pack.quality.values():
        if not _known(pack, quality.form):
            continue
        form = pack.form(quality.form)
        for item in quality.items:
            place = f"quality.{quality.name}.{item.id}"
            if item.rule is not None:
                yield Sentence(place, item.line, form, item.rule, item.rule_text, "boolean", False)
            if item.only_when is not None:
                yield Sentence(place, item.line, form, item.only_when, item.when_text, "boolean", False)
    for slip in pack.slips.values():
        if not _known(pack, slip.form):
            continue
        for line in slip.lines:
            place = f"slip.{slip.name}.{line.id}"
            yield Sentence(place, line.line, pack.form(slip.form), line.when, line.text, "boolean", False)
    enrol = pack.enrol
    if enrol is not None and enrol.at_age is not None and _known(pack, enrol.form):
        yield Sentence("enrol.at_age", enrol.at_age.line, _EMPTY, enrol.at_age.years, "years", "number", False)


_EMPTY = Form("", "", "", {}, (), "")
"""An age is a number or a parameter: no field can be named."""


def _known(pack: Pack, form: str) -> bool:
    return form in pack.forms or form in pack.foreign_forms


def _tell(pack: Pack, code: str, line: int, **args: str) -> Problem:
    return Problem(code=code, file=pack.path, line=line, args=args)


def check_at_age(pack: Pack) -> Iterator[Problem]:
    """``whole_year`` names a true/false parameter."""
    at_age = pack.enrol.at_age if pack.enrol is not None else None
    if at_age is None or not at_age.whole_year:
        return
    parameter = pack.parameters.get(at_age.whole_year)
    if parameter is None:
        yield _tell(pack, "PACK-014", at_age.line, name=f":{at_age.whole_year}", nearest="")
    elif not isinstance(parameter.value, bool):
        args = {"place": "enrol.at_age", "name": parameter.name, "expected": "true | false"}
        yield _tell(pack, "PACK-074", at_age.line, **args)


def check_counting(pack: Pack) -> Iterator[Problem]:
    """People are named once; a score is asked of rows of its own form."""
    for indicator in pack.indicators.values():
        if isinstance(indicator.of, People) and isinstance(indicator.count, People):
            yield _tell(pack, "PACK-072", indicator.line)
        for counted in (*indicator.of_clauses, *indicator.clauses):
            clause = counted.clause
            if not isinstance(clause, LatestRow) or not clause.quality or not _known(pack, clause.form):
                continue
            scored = pack.quality[clause.quality]
            if _known(pack, scored.form) and pack.form(scored.form) != pack.form(clause.form):
                args = {"name": scored.name, "form": scored.form, "found": clause.form}
                yield _tell(pack, "PACK-073", counted.line, **args)


def looked_at(node: Expression) -> set[str]:
    """Fields whose value matters, beyond whether there is one."""
    if isinstance(node, IsNull) and isinstance(node.operand, Field):
        return set()
    if isinstance(node, Field):
        return {node.name}
    return {name for part in children(node) for name in looked_at(part)}
