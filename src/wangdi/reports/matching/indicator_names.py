"""Which indicator of the catalogue a claim's name is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from wangdi.catalog.figures import IndicatorName
from wangdi.reports.text.lexicon import either, load_lexicon

Part = Literal["value", "numerator", "denominator"]
_PARTS: Mapping[str, Part] = {"分子": "numerator", "分母": "denominator"}
_NARROW = str.maketrans("／（）％", "/()%")
_PAREN = re.compile(r"[（(][^（）()]*[)）]")
_FRONT = re.compile(
    r"^(?:[一二三四五六七八九十\d]{1,3}[)）、.]|其中|目前|全[市县区]|年内|年度|年末|期末|统计期内|辖区内|全部|报告(?!率|及时|发病))+"
)
_COUNTED = re.compile(r"(?:总数|总人数|人数|人次|数量|数)$")


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: one part of one indicator."""

    indicator: str
    part: Part


class IndicatorNames:
    """The indicators of a catalogue, asked by what a report calls them.

    Rule: a title goes before an alias, an alias before a title without its parenthesis, all of them before the words of a
    numerator or denominator. Several indicators of one name are all answered: they are one thing only where their numbers are.
    """

    def __init__(self, indicators: Iterable[IndicatorName]) -> None:
        known = {one.id: one for one in indicators}
        self.units: Mapping[str, str] = {name: one.unit for name, one in known.items()}
        self.labels: Mapping[str, IndicatorName] = known
        aliases = load_lexicon("indicator_names")["aliases"]
        titles = [(one.title, Named(one.id, "value")) for one in known.values()]
        called = [(alias, Named(name, "value")) for name in known for alias in aliases.get(name, ())]
        bare = [(_PAREN.sub("", text), named) for text, named in titles]
        parts = [
            (label, Named(one.id, part))
            for one in known.values()
            for label, part in _labels(one)
            if label and one.unit != "count"
        ]
        self._tiers = tuple(_index(tier) for tier in (titles, called, bare, parts))

    def find(self, name: str, counted: bool) -> tuple[Named, ...]:
        """Everything a name can be; ``counted``: it counts, so that a rate is none of it. Missing: nothing, where no name fits."""
        plain = plain_name(name)
        for tier in self._tiers if plain else ():
            found = tuple(one for one in tier.get(plain, ()) if self._counts(one) is counted)
            if found:
                return found
        return ()

    def find_part(self, name: str) -> tuple[Named, ...]:
        """What 分子 or 分母 of a rate's column in a table is. Missing: nothing, where the name does not end so."""
        part = next((word for word in _PARTS if name.endswith(word)), "")
        if not part:
            return ()
        rates = tuple(Named(one.indicator, _PARTS[part]) for one in self.find(name.removesuffix(part), counted=False))
        return rates or (self.find(name.removesuffix(part), counted=True) if part == "分子" else ())

    def title_of(self, one: Named, title: str) -> str:
        """What a part of an indicator is called: the words printed for its numerator or denominator, with its title behind."""
        label = {part: text for text, part in _labels(self.labels[one.indicator])}.get(one.part)
        return f"{label}〔{title}〕" if label else title

    def _counts(self, one: Named) -> bool:
        return one.part != "value" or self.units[one.indicator] in ("count", "points", "days")


def _labels(one: IndicatorName) -> tuple[tuple[str, Part], ...]:
    return (one.count_label, "numerator"), (one.of_label, "denominator")


def _index(named: Sequence[tuple[str, Named]]) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = {}
    for text, one in named:
        names = found.setdefault(plain_name(text), [])
        if one not in names:
            names.append(one)
    return found


@cache
def plain_name(text: str) -> str:
    """A name without the words that tell no two indicators apart."""
    words = load_lexicon("indicator_names")
    plain = re.sub(either(words["dropped"]), "", re.sub(r"\s", "", text).translate(_NARROW))
    for word, usual in words["same"].items():
        plain = plain.replace(re.sub(either(words["dropped"]), "", word), usual)
    plain = _FRONT.sub("", plain)
    return _COUNTED.sub("", plain) or plain
