"""A pack as its page tells it, beside what the explanation says: editions, a city's own values, lengths, differences.

The sentences themselves are made in :mod:`wangdi.language.explain`; nothing here words a rule a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from wangdi.app.choices import find_pack
from wangdi.app.cities import PACKS_FOLDER
from wangdi.app.questions import as_of_number
from wangdi.core.problem import Problem, Refusal
from wangdi.language.check import check_pack
from wangdi.language.explain import explain_json, speech_of
from wangdi.language.library import Library, find_pack_files, load_library, shipped_packs
from wangdi.language.model import Pack, Window
from wangdi.language.rules import Rules, bind_pack, measure_offset
from wangdi.language.words import say_unit
from wangdi.store.city import City

MONTH_DRAWN = 30.44
"""Days of a month where lengths are drawn beside one another; dates are counted by the calendar elsewhere."""
README = "README.md"
_NOT_COMPARED = ("tree", "run", "due", "pack", "edition", "valid_from", "valid_to", "fields_of", "rule")
"""Parts of an explanation in which two editions are not compared: what tools use, and what the rule says in its own words
(the sentence beside it is compared)."""
_NAMES = ("name", "id", "code", "number", "message")
_LABELS = ("label", "title", "name", "id", "number", "message")


def choose_edition(library: Library, name: str, edition: str = "") -> tuple[tuple[Pack, ...], Pack]:
    """A pack's editions, oldest first, and the one asked for (the newest). Errors: CITY-002, PACK-069."""
    newest = find_pack(library, name)
    editions = library.packs[newest.id]
    if not edition:
        return editions, newest
    for pack in editions:
        if pack.edition == edition:
            return editions, pack
    known = "、".join(pack.edition for pack in editions)
    raise Refusal(Problem(code="PACK-069", args={"name": name, "edition": edition, "known": known}))


def read_readme(pack: Pack) -> str:
    """What the makers of a pack write beside it. Missing: no file is an empty text."""
    path = Path(pack.path).with_name(README)
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def unit_words(pack: Pack, lang: str = "zh") -> dict[str, str]:
    """Every unit of a pack's fields and numbers in everyday writing."""
    speech = speech_of(pack, lang)
    forms = (*pack.forms.values(), *pack.foreign_forms.values())
    units = {one.unit for form in forms for one in form.fields.values()}
    return {unit: say_unit(speech, unit) for unit in units | {one.unit for one in pack.parameters.values()}}


# ---- a city's own values ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class OwnValue:
    """What a city put in the place of the norm's value: who decided, why, and on which day it was accepted."""

    value: str
    who: str
    why: str
    on: date


def read_own_values(city: City, known: int) -> dict[str, dict[str, OwnValue]]:
    """A city's own values by pack and parameter."""
    found: dict[str, dict[str, OwnValue]] = {}
    for seq, row in city.numbered_overrides(known):
        own = OwnValue(row.value or "", row.who, row.why, as_of_number(city, seq))
        found.setdefault(row.pack, {})[row.name] = own
    return found


@dataclass(frozen=True, slots=True)
class OwnFolder:
    """A city's own pack folder: the packs in it, what is wrong with them, and whether they changed since they were read."""

    folder: str
    packs: tuple[str, ...]
    problems: tuple[Problem, ...]
    changed: bool


def own_files(city: City) -> tuple[tuple[str, int, int], ...]:
    """The files of a city's own packs, with what tells whether one has changed."""
    folder = city.folder / PACKS_FOLDER
    found = find_pack_files(folder) if folder.is_dir() else []
    return tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in found)


def check_own_folder(city: City, library: Library) -> OwnFolder | None:
    """Read a city's own packs anew and say everything wrong with them. None: it has none.

    ``library``: the packs as they are used, read when the city was opened.
    """
    folder = city.folder / PACKS_FOLDER
    paths = {path for path, _, _ in own_files(city)}
    if not paths:
        return None
    read = load_library([shipped_packs(), folder])
    own = [pack for editions in read.packs.values() for pack in editions if pack.path in paths]
    problems = [problem for problem in read.problems if problem.file in paths]
    for pack in own:
        problems += [problem for problem in check_pack(pack) if problem not in problems]
    used = {pack.path: pack.digest for editions in library.packs.values() for pack in editions if pack.path in paths}
    changed = used != {pack.path: pack.digest for pack in own}
    names = tuple(sorted({Path(path).parent.name for path in paths}))
    return OwnFolder(PACKS_FOLDER, names, tuple(problems), changed)


# ---- lengths ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Lengths:
    """A window's three edges counted from its anchor. Units: days, a month drawn as :data:`MONTH_DRAWN`."""

    opens: float
    due: float
    closes: float


def measure_windows(pack: Pack) -> dict[str, dict[str, Lengths]]:
    """The windows of classes (``class.<name>``, by task) and of tasks (``task.<name>``, by which window it is)."""
    rules = bind_pack(pack)
    found: dict[str, dict[str, Lengths]] = {}
    for row in pack.classify.rows if pack.classify else ():
        found[f"class.{row.name}"] = {task: _measure(rules, window) for task, window in row.windows.items()}
    for task in pack.schedule.values():
        parts = {one.name: getattr(task, one.name) for one in fields(task)}
        windows = {name: _measure(rules, part) for name, part in parts.items() if isinstance(part, Window)}
        found[f"task.{task.name}"] = windows
    return found


def _measure(rules: Rules, window: Window) -> Lengths:
    lengths = (measure_offset(offset, rules) for offset in (window.opens, window.due, window.closes))
    opens, due, closes = (length.months * MONTH_DRAWN + length.days for length in lengths)
    return Lengths(opens, due, closes)


# ---- two editions -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Change:
    """One thing two editions say differently. Missing: an edition that does not say it has an empty text."""

    block: str
    item: str
    """What the block calls it, in the words of the newer edition that has it."""
    part: str
    before: str
    after: str


def compare_editions(one: Pack, other: Pack, lang: str = "zh") -> list[Change]:
    """Everything two editions of a pack say differently, in the order of the explanation, block by block.

    Blocks and parts are those of the explanation, whatever they are: a new block of the language is compared as well.
    """
    before, after = (dict(_flatten(explain_json(pack, lang), (), ())) for pack in (one, other))
    changes = []
    for path in [*after, *(path for path in before if path not in after)]:
        (_, old), (_, new) = before.get(path, ((), "")), after.get(path, ((), ""))
        if old != new:
            labels, _ = after.get(path) or before[path]
            changes.append(Change(path[0], " › ".join(labels), ".".join(_tail(path)), old, new))
    order = {name: place for place, name in enumerate(explain_json(other, lang))}
    return sorted(changes, key=lambda change: order.get(change.block, len(order)))


_Path = tuple[str, ...]


def _tail(path: _Path) -> _Path:
    """The words of a path that name a part of an item: neither its block nor the item itself."""
    return tuple(step for step in path[1:] if not step.startswith("#"))


def _flatten(value: Any, path: _Path, labels: _Path) -> Iterator[tuple[_Path, tuple[_Path, str]]]:
    """Every text of an explanation by its path; items of a list by their name, so that order decides nothing."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key not in _NOT_COMPARED:
                yield from _flatten(part, (*path, str(key)), labels)
    elif isinstance(value, list) and value and all(isinstance(part, Mapping) for part in value):
        for place, part in enumerate(value):
            name = next((str(part[key]) for key in _NAMES if part.get(key)), str(place + 1))
            label = next((str(part[key]) for key in _LABELS if part.get(key)), name)
            yield from _flatten(part, (*path, f"#{name}"), (*labels, label))
    elif isinstance(value, list):
        yield path, (labels, "、".join(map(str, value)))
    elif value not in (None, ""):
        yield path, (labels, str(value))
