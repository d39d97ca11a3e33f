"""The names of everybody as they sound, in memory: somebody who types letters asks about a county's names many times a minute."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import numpy as np

from wangdi.app.derivation import Standing
from wangdi.link.pinyin import SpeltNames, is_lettered, spell_names
from wangdi.store.workspace import sql_text

KEPT_NAMES = 2
"""Each takes about 200 bytes a different name."""
MOST_NAMES = 200
"""Names that are written into a question; more are put into a table beside it."""

_kept: OrderedDict[tuple[Path, int], SpeltNames] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Heard:
    """SQL tests of ``f.name`` by sound: of each word of letters, or of all words together where all of them are letters.

    ``joins``: what must stand behind FROM for them; ``cut``: whether more names fit than are tested.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    together: str = ""
    joins: str = ""
    cut: bool = False


def hear_words(standing: Standing, words: Sequence[str]) -> Heard:
    """What words of letters may mean as sounds. A question without any costs nothing; the first one makes the list of names.

    Rule: where all words are letters only the shortest names that fit all of them are tested, as those are listed first.
    """
    lettered = [word for word in words if is_lettered(word)]
    if not lettered:
        return Heard()
    spelt = read_names(standing)
    found = {word: spelt.find(word) for word in lettered}
    if len(lettered) == len(words):
        fitting = reduce(np.intersect1d, found.values())
        shortest = sorted((spelt.texts[place] for place in fitting), key=lambda text: (len(text), text))
        return Heard(together=_one_of(shortest[:MOST_NAMES]), cut=len(shortest) > MOST_NAMES)
    tests, joins = {}, ""
    for at, (word, places) in enumerate(found.items()):
        if len(places) <= MOST_NAMES:
            tests[word] = _one_of([spelt.texts[place] for place in places])
        else:
            rows = ((spelt.texts[place],) for place in places)
            standing.workspace.create_table(f"heard_{at}", {"name": "VARCHAR"}, rows)
            joins += f" LEFT JOIN heard_{at} ON heard_{at}.name = f.name"
            tests[word] = f"heard_{at}.name IS NOT NULL"
    return Heard(tests, joins=joins)


def read_names(standing: Standing) -> SpeltNames:
    """Every name of a question's number as it sounds; the last few are kept."""
    key = standing.city.folder, standing.known
    with _lock:
        names = _kept.get(key)
        if names is None:
            rows = standing.workspace.rows(f"SELECT DISTINCT name FROM {standing.registrations} WHERE name IS NOT NULL")
            names = _kept[key] = spell_names(sorted(name for (name,) in rows))
            while len(_kept) > KEPT_NAMES:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
    return names


def _one_of(names: Sequence[str]) -> str:
    return f"f.name IN ({', '.join(map(sql_text, names))})" if names else ""
