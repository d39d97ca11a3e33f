"""Bindings proposed from the words of a template: an indicator, one of its parts and an area, where every word is understood."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from wangdi.returns.labels import read_labels
from wangdi.returns.model import FIGURE, PARTS, TEXT, TEXTS, Binding, Part, Place, Sheet, Template

Named = tuple[str, Part]
FindNamed = Callable[[str, bool], Sequence[Named]]
"""What a name stands for: indicator and part. The second argument: it names something counted."""
FindArea = Callable[[str], str | None]
"""The code of the area or organisation of a name."""
_NUMBERED = re.compile(r"[\d一二三四五六七八九十]{1,3}[.、．)）]")
_LINE = re.compile(r".{0,12}[:：].*|\(?\d{1,3}\)?")
"""Who fills a return and when; the number of a line."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A cell with what it seems to ask. ``left``: the words nobody understood; with one, it is not proposed.

    Missing: ``binding`` is None where nothing, or more than one thing, fits.
    """

    place: Place
    labels: tuple[str, ...]
    binding: Binding | None
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the words of a template are held against. ``root``: the area meant where none is named."""

    named: FindNamed
    area: FindArea
    root: str


@cache
def load_words() -> Mapping[str, Any]:
    """The words of headings."""
    return tomllib.loads(files("wangdi.returns").joinpath("data", "words.toml").read_text(encoding="utf-8"))


def propose_bindings(template: Template, bound: Iterable[Place], words: Vocabulary) -> list[Proposal]:
    """What the empty cells of tables seem to ask; one that is bound already is left alone."""
    taken = set(bound)
    return [
        one
        for sheet in template.sheets.values()
        for one in _propose_sheet(sheet, words)
        if one.place not in taken and (one.binding is not None or one.left)
    ]


def _propose_sheet(sheet: Sheet, words: Vocabulary) -> Iterable[Proposal]:
    yield from _propose_texts(sheet)
    labels = read_labels(sheet)
    for (row, column), cell in sorted(sheet.cells.items()):
        if cell.text or cell.formula or not cell.drawn or (row, column) in sheet.owner:
            continue
        left, above = labels.left(row, column), labels.above(row, column)
        if left and above:
            yield _propose(Place(sheet.name, row, column), (*left, *above), words)


def _propose_texts(sheet: Sheet) -> Iterable[Proposal]:
    """The empty cell behind 填报单位：, 报告期： or 填报日期： says who fills the return, when, and the day of its data."""
    spans = {(box.top, box.left): box for box in sheet.merges}
    for (row, column), cell in sorted(sheet.cells.items()):
        label = "".join(cell.text.split())
        asked = next((text for text in TEXTS if label.rstrip(":：").lower() in load_words()[text]), None)
        if asked is None or not label.endswith((":", "：")):
            continue
        behind = (spans[row, column].right if (row, column) in spans else column) + 1
        follows = sheet.at(row, behind)
        if not follows.text and not follows.formula and (row, behind) not in sheet.owner:
            yield Proposal(Place(sheet.name, row, behind), (label,), Binding(TEXT, text=asked, labels=(label,)))


def _propose(place: Place, labels: tuple[str, ...], words: Vocabulary) -> Proposal:
    areas, parts, others = [], [], []
    for label in labels:
        word = _NUMBERED.sub("", label, count=1) if _NUMBERED.match(label) else label
        if part := _part_of(word):
            parts.append(part)
        elif (code := _area_of(word, words)) is not None:
            areas.append(code)
        elif word.lower() not in load_words()["plain"] and not _LINE.fullmatch(word):
            others.append(word)
    named, left = _name_of(others, parts[-1] if parts else None, words)
    if named is None or len(set(areas)) > 1:
        return Proposal(place, labels, None, tuple(left or others) if named is None else ())
    area = areas[-1] if areas else words.root
    return Proposal(place, labels, Binding(FIGURE, named[0], named[1], area, labels=labels))


def _part_of(word: str) -> Part | None:
    known = load_words()
    return next((part for part in PARTS if word.lower() in known[part]), None)


def _area_of(word: str, words: Vocabulary) -> str | None:
    return words.root if word.lower() in load_words()["whole"] else words.area(word)


def _name_of(others: Sequence[str], part: Part | None, words: Vocabulary) -> tuple[Named | None, Sequence[str]]:
    """The indicator all the other words name together, or one of them with none left over."""
    if not others:
        return None, ()
    for text in ("".join(others), *(others if len(others) == 1 else ())):
        found = _find(text, part, words)
        if len(found) == 1:
            return found[0], ()
    known = [one for one in others if _find(one, part, words)]
    return None, [one for one in others if one not in known]


def _find(text: str, part: Part | None, words: Vocabulary) -> list[Named]:
    """What a name and the part its heading says come to."""
    if part is None:
        found = [*words.named(text, True)] or [*words.named(text, False)]
        return list(dict.fromkeys(found))
    indicators = [name for name, told in (*words.named(text, False), *words.named(text, True)) if told == "value"]
    return [(name, part) for name in dict.fromkeys(indicators)]
