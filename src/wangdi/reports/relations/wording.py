"""What the words say against the numbers: none of something that is counted, a task done at four fifths, names that are none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import UNVERIFIABLE, Ground, Relation, written_claim
from wangdi.reports.text.lexicon import either, load_lexicon

_NEAR = 120
"""How far apart, in characters, the word and the count may stand."""
_UNIT = 8
"""A cut unit is found from inside its number."""
_FAR = 300
"""How far behind a doubtful name its claim may stand."""


def find_wording(ground: Ground) -> list[Relation]:
    """Every contradiction between a word and a number, as a question."""
    return [*_find_none(ground), *_find_tasks(ground), *_find_names(ground)]


def _find_none(ground: Ground) -> Iterator[Relation]:
    """未发生…事件 beside 处置…事件7起."""
    said = either(load_lexicon("relations")["none"]["said"])
    for match in re.finditer(rf"(?:{said})(?P<what>[\w]{{2,12}}?)(?=[,，。;；、])", ground.text):
        what = match["what"]
        near = [
            index
            for index in range(ground.first_from(match.start() - _NEAR), ground.first_from(match.start() + _NEAR))
            if (one := ground.claims[index]).exact > 0 and one.measure == "count" and _alike(what, one.own)
        ]
        for index in near[:1]:
            args = {
                "said": match.group(),
                "name": ground.claims[index].indicator,
                "value": written_claim(ground.claims[index]),
            }
            yield Relation("text", (index,), None, UNVERIFIABLE, Problem(code="AUDIT-180", args=args))


def _alike(what: str, noun: str) -> bool:
    """Whether two names end alike and share another word: 突发公共卫生事件 and 突发事件."""
    pairs = {what[place : place + 2] for place in range(len(what) - 1)}
    shared = {pair for pair in pairs if pair in noun}
    return what[-2:] == noun[-2:] and len(shared) > 1


def _find_tasks(ground: Ground) -> Iterator[Relation]:
    """完成任务 with a share below a hundred."""
    for index, one in enumerate(ground.claims):
        if one.norm_unit != "%" or one.measure != "rate" or one.comparator != "=" or one.interval.high is None:
            continue
        clause = ground.text[ground.layout.clause_at(one.start).start : one.start]
        if re.search(r"完成[^,，]*(?:任务|目标|计划)[^,，]*的$", clause) and one.interval.high < 100:
            args = {"share": written_claim(one)}
            yield Relation("text", (index,), None, UNVERIFIABLE, Problem(code="AUDIT-181", args=args))


def _find_names(ground: Ground) -> Iterator[Relation]:
    """Names that are no indicator, old terms, a unit cut off: at the claim they stand with."""
    for rule in load_lexicon("relations")["names"]:
        for match in re.finditer(rule["text"], ground.text):
            index = ground.first_from(match.start() - _UNIT)
            if index == len(ground.claims) or ground.claims[index].start - match.end() > _FAR:
                continue
            args = {"found": match.group(), "note_zh": rule["note_zh"], "note_en": rule["note_en"]}
            yield Relation("name", (index,), None, UNVERIFIABLE, Problem(code="AUDIT-182", args=args))
