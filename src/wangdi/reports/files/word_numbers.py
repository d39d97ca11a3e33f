"""The numbers that Word counts before paragraphs: 一、 and （二） stand in no text of the file, but tell where its sections are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wangdi.reports.text.numerals import to_hanzi

if TYPE_CHECKING:
    from docx.document import Document

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS = 9
_HANZI = frozenset(("chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCountingThousand"))
_PLAIN = frozenset(("decimal", "decimalZero", "decimalFullWidth", "decimalEnclosedCircleChinese"))


class Numbers:
    """Counts the paragraphs of a document as Word does: asked once for each, in their order."""

    def __init__(self, document: Document) -> None:
        self._levels = _read_levels(document)
        self._styles = {one.get(f"{WORD}styleId"): one for one in document.styles.element.iter(f"{WORD}style")}
        self._counted: dict[str, list[int]] = {}

    def of(self, paragraph: Any) -> str:
        """What stands before a paragraph. Missing: empty where nothing does, or a sign that counts nothing."""
        number, level = self._place(paragraph)
        levels = self._levels.get(number, {})
        if level not in levels:
            return ""
        counted = self._counted.setdefault(number, [0] * _LEVELS)
        counted[level] = counted[level] + 1 if counted[level] else levels[level][2]
        counted[level + 1 :] = [0] * (_LEVELS - level - 1)
        told = levels[level][1]
        for place in range(level + 1):
            format_, _, start = levels.get(place, ("decimal", "", 1))
            told = told.replace(f"%{place + 1}", _write(counted[place] or start, format_))
        return told if re.search(r"\w", told) else ""

    def _place(self, paragraph: Any) -> tuple[str, int]:
        """The list a paragraph is in, and how deep: its own words, else those of its style or of one that is based on."""
        properties = paragraph.find(f"{WORD}pPr")
        own, level = _listed(properties)
        style = properties.find(f"{WORD}pStyle") if properties is not None else None
        seen = set[str]()
        while own is None and style is not None and style.get(f"{WORD}val") not in seen:
            seen.add(style.get(f"{WORD}val"))
            found = self._styles.get(style.get(f"{WORD}val"))
            if found is None:
                break
            own, told = _listed(found.find(f"{WORD}pPr"))
            level = told if level is None else level
            style = found.find(f"{WORD}basedOn")
        return own or "", level or 0


def _listed(properties: Any) -> tuple[str | None, int | None]:
    found = properties.find(f"{WORD}numPr") if properties is not None else None
    if found is None:
        return None, None
    number, level = (found.find(f"{WORD}{name}") for name in ("numId", "ilvl"))
    depth = level.get(f"{WORD}val", "") if level is not None else ""
    deep = int(depth) if re.fullmatch(r"[0-8]", depth) else None
    return (number.get(f"{WORD}val") if number is not None else None), deep


Level = tuple[str, str, int]
"""How a level counts, what it writes around its number, and where it begins."""


def _read_levels(document: Document) -> dict[str, dict[int, Level]]:
    """Every list of a document with its levels."""
    try:
        root = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return {}
    kinds = {one.get(f"{WORD}abstractNumId"): _levels_of(one) for one in root.iter(f"{WORD}abstractNum")}
    lists = {}
    for one in root.iter(f"{WORD}num"):
        kind = one.find(f"{WORD}abstractNumId")
        if kind is not None:
            lists[one.get(f"{WORD}numId")] = kinds.get(kind.get(f"{WORD}val"), {})
    return lists


def _levels_of(kind: Any) -> dict[int, Level]:
    levels = {}
    for one in kind.iter(f"{WORD}lvl"):
        told = {name: one.find(f"{WORD}{name}") for name in ("numFmt", "lvlText", "start")}
        format_, text, start = (
            found.get(f"{WORD}val", "") if found is not None else "" for found in (told[name] for name in told)
        )
        depth = one.get(f"{WORD}ilvl", "")
        if re.fullmatch(r"[0-8]", depth) and format_ in (*_HANZI, *_PLAIN):
            levels[int(depth)] = format_, text, int(start) if re.fullmatch(r"\d{1,4}", start) else 1
    return levels


def _write(number: int, format_: str) -> str:
    return to_hanzi(number) if format_ in _HANZI else str(number)
