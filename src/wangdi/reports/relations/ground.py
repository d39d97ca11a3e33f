"""What relations are found on, and what one is: claims that belong together, whether they fit, and how it is told."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from math import inf

from wangdi.core.problem import Problem
from wangdi.reports.reading.claims import Claim
from wangdi.reports.text.layout import Layout
from wangdi.reports.text.lexicon import load_lexicon, ratio_units
from wangdi.reports.text.numerals import slips_of

IMPOSSIBLE, ARITHMETIC, BASES, UNVERIFIABLE = "impossible", "arithmetic", "bases", "unverifiable"
SEVERITIES = (IMPOSSIBLE, ARITHMETIC, BASES, UNVERIFIABLE)
"""From what cannot be to what cannot be settled here."""

_NEAREST = 30
"""Counts of one noun on either side that a number is held against, in a text that has very many."""

_TELLING = 0.0101
"""Ends further apart than this leave so many numbers open that a slip into one of them tells nothing."""
POPULATIONS_APART = 0.03
"""How far apart two populations of one area may lie: a year's mean and its end."""
_BOYS_TO_GIRLS = Fraction(1, 100)
_TINY = 1e-12
"""What binary fractions may be off."""

CROWD = frozenset(("人", "名", "人次", "例", "位", "户次", "人份", "剂次", "针次"))
"""Units of people and their visits."""
_HEADS = frozenset(("人", "名", "位"))
_PEOPLE = CROWD - {"人次", "户次", "剂次", "针次"} | {""}
_MEAN = re.compile(r"平均|均次|次均|人均|日均|户均|床均|^每|住院日|单价")


@cache
def _measured() -> frozenset[str]:
    """Units of time, age and score: what is told in them adds up to nothing."""
    units = load_lexicon("units")
    return frozenset((*units["times"]["units"], *units["ages"]["units"], *units["counted"]["scores"], "倍", "番"))


@dataclass(frozen=True, slots=True)
class Relation:
    """Claims that stand in a relation. ``holds``: None where it cannot be settled; ``severity``: empty where it holds.

    ``claims``: places in the list of claims; of a sum the total first, of a ratio numerator, denominator, rate.
    """

    relation: str
    claims: tuple[int, ...]
    holds: bool | None
    severity: str
    told: Problem


class Ground:
    """The claims of one text, asked by sentence, paragraph and noun."""

    def __init__(self, layout: Layout, claims: Sequence[Claim]) -> None:
        self.layout = layout
        self.claims = tuple(claims)
        self._said: dict[int, str] = {}
        self._like: dict[str, list[int]] = {}

    @property
    def text(self) -> str:
        """The text itself."""
        return self.layout.text

    def between(self, one: int, other: int) -> str:
        """What stands between two claims."""
        return self.text[self.claims[one].end : self.claims[other].start]

    def sentence_start(self, index: int) -> int:
        """Where the sentence of a claim begins, after the last full stop."""
        return self.layout.statement_at(self.claims[index].start).start

    def sentence_end(self, index: int) -> int:
        """Where the sentence of a claim ends, at its full stop."""
        return self.layout.statement_at(self.claims[index].start).end

    def same_sentence(self, one: int, other: int) -> bool:
        """Whether no full stop stands between two claims."""
        return self._sentences[one] == self._sentences[other]

    def same_part(self, one: int, other: int) -> bool:
        """Whether two claims stand in one report."""
        return self._parts[one] == self._parts[other]

    def same_paragraph(self, one: int, other: int) -> bool:
        """Whether no line ends between two claims."""
        return self._paragraphs[one] == self._paragraphs[other]

    @cached_property
    def _sentences(self) -> list[int]:
        return [self.sentence_start(index) for index in range(len(self.claims))]

    @cached_property
    def _parts(self) -> list[int]:
        return [self.layout.part_at(one.start).start for one in self.claims]

    @cached_property
    def _paragraphs(self) -> list[int]:
        return [self.layout.paragraph_at(one.start).start for one in self.claims]

    @cached_property
    def nouns(self) -> list[str]:
        """What each claim counts, in one word for one thing."""
        return [plain_thing(one.own or (one.indicator if one.measure == "count" else "")) for one in self.claims]

    def depth(self, index: int) -> int:
        """How many parentheses are open where a claim stands, within its sentence."""
        return self._depths[index]

    @cached_property
    def _depths(self) -> list[int]:
        found, place, level = [], 0, 0
        for one in self.claims:
            between = self.text[place : one.start]
            if any(mark in between for mark in "。！？\n"):
                between = re.split(r"[。！？\n]", between)[-1]
                level = 0
            level += len(re.findall(r"[(（]", between)) - len(re.findall(r"[)）]", between))
            found.append(level)
            place = one.start
        return found

    @cached_property
    def bounds(self) -> list[tuple[float, float]]:
        """The ends of every claim's interval as plain numbers, to pass over what cannot fit before it is tested exactly."""
        return [
            (float(one.interval.low), inf if one.interval.high is None else float(one.interval.high))
            for one in self.claims
        ]

    def said_of(self, index: int) -> str:
        """The name of a claim, and all that stands between the number before and it."""
        found = self._said.get(index)
        if found is None:
            beside = index and self.same_sentence(index - 1, index)
            start = self.claims[index - 1].end if beside else self.sentence_start(index)
            found = self._said[index] = f"{self.claims[index].indicator} {self.text[start : self.claims[index].start]}"
        return found

    @cached_property
    def _starts(self) -> list[int]:
        return [one.start for one in self.claims]

    def first_from(self, place: int) -> int:
        """The first claim that begins at a place or behind it; the number of claims where there is none."""
        return bisect_left(self._starts, place)

    @cached_property
    def counted(self) -> dict[str, list[int]]:
        """Every noun that is counted, with its claims."""
        found: dict[str, list[int]] = {}
        for index, noun in enumerate(self.nouns):
            if self.is_count(index):
                found.setdefault(noun, []).append(index)
        return found

    def amounts_called(self, noun: str) -> list[int]:
        """Every amount whose noun is this one or ends with it, in order."""
        return self._by_ending.get(noun, [])

    @cached_property
    def _by_ending(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index, noun in enumerate(self.nouns):
            if self.is_amount(index):
                for place in range(len(noun)):
                    found.setdefault(noun[place:], []).append(index)
        return found

    def counted_like(self, pattern: str) -> list[int]:
        """Every count whose noun a pattern finds, in order."""
        if pattern not in self._like:
            nouns = [places for noun, places in self.counted.items() if re.search(pattern, noun)]
            self._like[pattern] = sorted(place for places in nouns for place in places)
        return self._like[pattern]

    @cached_property
    def residents(self) -> list[int]:
        """Every count of all who live in the area, in order."""
        return sorted(
            {place for one in load_lexicon("relations")["residents"]["names"] for place in self.counted_like(one)}
        )

    def near(self, places: Sequence[int], index: int) -> list[int]:
        """Of some claims in order those nearest before and behind one: no more than anybody would hold against it."""
        middle = bisect_left(places, index)
        return list(places[max(0, middle - _NEAREST) : middle + _NEAREST])

    def same_time(self, one: int, other: int) -> bool:
        """Whether two claims are told of one period, as a result or as a target both."""
        left, right = self.claims[one], self.claims[other]
        return left.period == right.period and left.status == right.status

    def is_count(self, index: int) -> bool:
        """Whether a claim counts things one by one, to the number."""
        one = self.claims[index]
        return one.measure == "count" and one.comparator == "=" and one.value_hi is None and not one.per

    def is_amount(self, index: int) -> bool:
        """Whether a claim counts people, things or money that add up: no mean, no duration, no score."""
        one = self.claims[index]
        plain = one.measure in ("count", "money") and one.comparator == "=" and one.value_hi is None and not one.per
        norm = one.measure == "money" and one.own.endswith("标准")
        return plain and not norm and one.norm_unit not in _measured() and not _MEAN.search(one.own)

    def same_kind(self, one: int, other: int) -> bool:
        """Whether two amounts are of one kind: both money, both people, or of one unit."""
        left, right = self.claims[one].norm_unit, self.claims[other].norm_unit
        return left == right or {left, right} <= _PEOPLE

    def same_unit(self, one: int, other: int) -> bool:
        """Whether two claims count in one unit; people are counted as 人, 名 and 位, cases and visits apart from them."""
        left, right = self.claims[one].norm_unit, self.claims[other].norm_unit
        return left == right or {left, right} <= _HEADS

    def both_crowds(self, one: int, other: int) -> bool:
        """Whether two amounts are people or their visits."""
        return {self.claims[one].norm_unit, self.claims[other].norm_unit} <= CROWD

    def is_share(self, index: int) -> bool:
        """Whether a claim is a percentage told exactly, and no change."""
        one = self.claims[index]
        return one.measure == "rate" and one.norm_unit == "%" and one.comparator == "=" and one.value_hi is None


def slips_into(one: Claim, low: Fraction | float, high: Fraction | float) -> bool:
    """Whether a printed number is one slip from some number between two ends, which must be close to each other."""
    return high > 0 and high - low <= high * _TELLING and is_slip_of(one, low, high)


def is_slip_of(one: Claim, low: Fraction | float, high: Fraction | float) -> bool:
    """Whether a printed number is one slip from some number between two ends, however far apart they are."""
    half = float(one.interval.high - one.interval.low) / 2 if one.interval.high is not None else 0.0
    meant = slips_of(one.printed_number)
    least, most = (float(low) - half) / one.scale * (1 - _TINY), (float(high) + half) / one.scale * (1 + _TINY)
    place = bisect_left(meant, least)
    return place < len(meant) and meant[place] <= most


@cache
def plain_thing(noun: str) -> str:
    """A noun without the word that says it is counted, and with its usual name."""
    text = re.sub(r"[“”\"\s]|[(（][A-Za-z0-9]{2,8}[)）]?$", "", noun)
    text = re.sub(r"(?:总数|人数|人次|数量|人口|规模|数|量)$", "", text) or text
    text = re.sub(r"^(?:(?:全|我)[市县区省国]|目前|其中|新增|建成|组建|现有|共有|有|报告(?!率|及时))+", "", text)
    for word, usual in load_lexicon("relations")["synonyms"].items():
        text = text.replace(word, usual)
    return text


def shares_run(one: str, other: str, length: int) -> bool:
    """Whether two names have so many characters in a row in common."""
    return any(one[start : start + length] in other for start in range(len(one) - length + 1))


def count_digits(one: Claim) -> int:
    """Digits of a number that say something: without noughts before it, and behind it where they may be rounding."""
    digits = one.printed_number.replace(".", "").lstrip("0")
    return len(digits if "." in one.printed_number else digits.rstrip("0"))


def written(value: Fraction, places: int = 2) -> str:
    """A number as a report prints it, without noughts at its end."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.{places}f}".rstrip("0").rstrip(".")


def written_claim(one: Claim) -> str:
    """A claim's number and unit as they stand; in a table the unit stands in a header."""
    unit = "" if one.cell is None or one.text.endswith(one.unit) else one.unit
    return one.text.replace(" ", "") + unit


def written_list(claims: Iterable[Claim], mark: str = " + ") -> str:
    """Several claims in a row."""
    return mark.join(written_claim(one) for one in claims)


def unit_of(one: Claim) -> Fraction:
    """What one of a rate's unit is: 1/100 for a percentage, and for boys to a hundred girls; 1 for anything else."""
    return _BOYS_TO_GIRLS if "性别比" in one.indicator else ratio_units().get(one.norm_unit, Fraction(1))
