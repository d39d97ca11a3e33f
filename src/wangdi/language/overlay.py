"""An edition that says only what it changes: ``based_on`` names the edition (of this pack, or ``pack/edition``) it lies on.

Rule: mappings are laid over one another key by key; a text or a list takes the place of the one below; ``~`` takes it away.
What is taken over unchanged has line 0: it stands in the edition below, and is checked and tested there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from wangdi.core.problem import Problem
from wangdi.language.document import Value, parse_document
from wangdi.language.model import Pack
from wangdi.language.names import nearest_name

_OWN = ("edition", "valid_from", "valid_to", "based_on", "examples")
"""What an edition says for itself and never takes over."""


def lay_over(below: Value, above: Value) -> Value:
    """The document ``below`` with what ``above`` says laid over it."""
    if not isinstance(below.content, dict) or not isinstance(above.content, dict):
        return above
    merged: dict[str, Value] = {}
    for key, value in below.content.items():
        over = above.content.get(key)
        merged[key] = value if over is None else lay_over(value, over)
    merged |= {key: value for key, value in above.content.items() if key not in below.content}
    return Value(above.line, {key: value for key, value in merged.items() if value.content != "~"})


def _below(part: Value) -> Value:
    """The same with no lines of its own."""
    if isinstance(part.content, dict):
        return Value(0, {key: _below(value) for key, value in part.content.items()})
    if isinstance(part.content, list):
        return Value(0, [_below(value) for value in part.content])
    return Value(0, part.content)


def _word(part: Value, key: str) -> str:
    return part.entries[key].text.strip() if key in part.entries else ""


def read_documents(texts: Mapping[str, str]) -> dict[str, tuple[Value, list[Problem], str]]:
    """Each text by its path as a document laid over the one it is based on, its problems, and the text it rests on whole.

    Errors: PACK-080 for an edition that is not there, or that rests on itself.
    """
    parsed = {path: parse_document(text, path) for path, text in texts.items()}
    names = {f"{_word(root, 'pack')}/{_word(root, 'edition')}": path for path, (root, _) in parsed.items()}

    def below(path: str) -> str | None:
        root = parsed[path][0]
        written = _word(root, "based_on")
        return names.get(written if "/" in written else f"{_word(root, 'pack')}/{written}") if written else None

    def is_circle(path: str) -> bool:
        seen, other = {path}, below(path)
        while other is not None and other not in seen:
            seen.add(other)
            other = below(other)
        return other is not None

    def resolve(path: str) -> tuple[Value, list[Problem], str]:
        (root, problems), other = parsed[path], below(path)
        written = _word(root, "based_on")
        if not written:
            return root, list(problems), texts[path]
        if other is None or is_circle(path):
            args = {"name": written, "nearest": nearest_name(written, names) or "、".join(sorted(names))}
            line = root.entries["based_on"].line
            return root, [*problems, Problem(code="PACK-080", file=path, line=line, args=args)], texts[path]
        base, _, text = resolve(other)
        kept = Value(0, {key: value for key, value in _below(base).entries.items() if key not in _OWN})
        return lay_over(kept, root), list(problems), text + texts[path]

    return {path: resolve(path) for path in texts}


# ---- what a change below means above ------------------------------------------------------------------------------------
_LINE = re.compile(r"\b(?:line=\d+|own_since=\w+)")
_Part = TypeVar("_Part")


def carry_over(before: Pack, after: Pack, above: Pack) -> Pack:
    """An edition that lies on another, once that other has changed from ``before`` to ``after``.

    Rule: whatever it took over as it stood has changed with it; what it says itself stays.
    """
    series = above.series
    if series is not None and before.series is not None and after.series is not None:
        courses = _carry(before.series.courses, after.series.courses, series.courses)
        holds = _carry(before.series.holds, after.series.holds, series.holds)
        series = replace(series, courses=courses, holds=holds)
    return replace(
        above,
        parameters=_carry(before.parameters, after.parameters, above.parameters),
        forms=_carry(before.forms, after.forms, above.forms),
        terms=_carry(before.terms, after.terms, above.terms),
        indicators=_carry(before.indicators, after.indicators, above.indicators),
        enrol=after.enrol if _same(before.enrol, above.enrol) else above.enrol,
        classify=after.classify if _same(before.classify, above.classify) else above.classify,
        schedule=_carry(before.schedule, after.schedule, above.schedule),
        series=series,
    )


def _carry(before: Mapping[str, _Part], after: Mapping[str, _Part], above: Mapping[str, _Part]) -> dict[str, _Part]:
    found: dict[str, _Part] = {}
    for key in [*(key for key in after if key in above), *(key for key in above if key not in after)]:
        changed = key in before and after.get(key) is not before[key]
        if not changed or not _same(before[key], above[key]):
            found[key] = above[key]
        elif key in after:
            found[key] = after[key]
    return found


def _same(one: object, other: object) -> bool:
    """Alike but for where they are written."""
    return one is other or _LINE.sub("", repr(one)) == _LINE.sub("", repr(other))
