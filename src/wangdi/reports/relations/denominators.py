"""What a rate may be a rate of: the wholes that a numerator can belong to, and what ties them to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum

from wangdi.reports.reading.telling import TARGET
from wangdi.reports.relations.ground import Ground, Relation, plain_thing, shares_run
from wangdi.reports.relations.groups import first_paired, paired_with
from wangdi.reports.relations.lists import listed
from wangdi.reports.relations.numerators import clause_before, is_among, is_done_of_due, is_tied, stem_of, tying_word
from wangdi.reports.relations.runs import find_runs
from wangdi.reports.text.lexicon import AMONG, load_lexicon

_FAR = 40
"""How many claims back a whole may stand that is no more than near."""
_MOST = 12
"""How many wholes of one kind, the nearest, are tried."""
_NAMED = r"([\w（）()、]{2,20}?)(?:的|比例|比重)?(?:分别|依次)?(?:达|达到|为|是)?"
_COVERED = r"以?上?的(?:全[省市县区])?(?P<whole>\w{3,20})(?=[,，。;；(（])"
_PARTED = r"(?P<whole>\w{2,12})按\w{1,12}分"
_TASK = re.compile(r"(?:完成|占|为)(?:全年|年度)(?:目标)?(?:任务|计划|目标)(?:的|比例)?$")
_ALIKE = 4
"""Characters that the names of a task and of what was done of it share."""
_NAMES = 5
"""Characters that name one group of people and no other."""


class Tie(IntEnum):
    """What ties a denominator to a rate, the surest first."""

    TOLD = 0
    """The sentence itself divides the two."""
    NAMED = 1
    """The sentence names the whole by what it is called elsewhere."""
    LISTED = 2
    """The numerator is a member of a list that makes up the whole, or the share before was one of it."""
    KNOWN = 3
    """Rates of this name are told of this whole: live births of infant mortality; or the numerator names it."""
    ROW = 4
    """Whole, part and rate follow each other, with no other amount in between, and a word that ties part and rate."""
    BESIDE = 5
    """They follow each other, and no word ties them."""
    NEAR = 6
    """It stands before it in the paragraph."""


def is_of_residents(name: str) -> bool:
    """Whether rates of a name are told of all who live in the area: 出生率, 发病率."""
    rules = load_lexicon("relations")["denominators"]
    first = next((rule for rule in rules if any(re.search(rate, name) for rate in rule["rates"])), None)
    return first is not None and "bases" not in first


class Denominators:
    """The wholes of one text, asked by numerator and rate."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._totals: dict[int, list[int]] = {}
        for one in find_runs(ground):
            if one.relation == "sum" and one.holds:
                self._add_total(one.claims[0], one.claims[1:])
        for total, members, _ in listed(ground):
            self._add_total(total, members)
        self._last: tuple[int, int] | None = None
        self._called: dict[str, int] = {}

    def _add_total(self, total: int, members: tuple[int, ...]) -> None:
        for member in members:
            self._totals.setdefault(member, []).append(total)

    def remember(self, relation: Relation) -> None:
        """The next share may be one of the same whole."""
        _, base, share = relation.claims
        if relation.holds:
            self._last = (share, base)
            self._called.setdefault(_called(self._ground, share), base)

    def of(self, over: int, index: int) -> Iterator[tuple[int, Tie]]:
        """Every whole that a rate of this numerator may be told of; one may come twice, tied in two ways."""
        for base in _among(self._ground, over, index):
            yield base, Tie.TOLD if over == index - 1 else Tie.NAMED
        for base in _named(self._ground, over, index):
            yield base, Tie.NAMED
        if is_among(self._ground, index):
            for base in _parted(self._ground, over):
                yield base, Tie.NAMED
        called = self._called.get(_called(self._ground, index))
        if called is not None and self._ground.depth(index) > self._ground.depth(over):
            yield called, Tie.TOLD
        for base in self._totals.get(over, ()):
            yield base, Tie.LISTED
        if self._last is not None and self._ground.same_sentence(self._last[0], index):
            yield self._last[1], Tie.LISTED
        for base in (
            *_tasks(self._ground, over, index),
            *_known(self._ground, over, index),
            *_loosely_named(self._ground, over, index),
        ):
            yield base, Tie.KNOWN
        row = _in_a_row(self._ground, over, index)
        if row is not None:
            yield row, _row_tie(self._ground, over, row, index)
        for base in _near(self._ground, over, index):
            yield base, Tie.NEAR


def _named(ground: Ground, over: int, index: int) -> list[int]:
    """The amounts that are called what the share says it is a share of, the nearest first."""
    behind = re.match(_COVERED, ground.text[ground.claims[index].end : ground.claims[index].end + 24])
    if behind and clause_before(ground, index).endswith(("覆盖", "占", "惠及")):
        called = ground.amounts_called(plain_thing(behind["whole"]))
        return _nearest(ground, [place for place in called if ground.same_part(place, over)], over)
    told = re.search(rf"(?:占|为){_NAMED}$", clause_before(ground, index))
    if told is None or not is_among(ground, index):
        return []
    stem = plain_thing(
        re.sub(r"(?:报告|登记|发病)?(?:人数|总数|数|总量|总额|总人口)$", "", told.group(1))
    ) or told.group(1)
    called = [place for place in ground.amounts_called(stem) if ground.same_part(place, over) and place != over]
    return _nearest(ground, called, over)


def _tasks(ground: Ground, over: int, index: int) -> Iterator[int]:
    """The targets that what was done is told as a share of: 占年度任务的53.5%, and 完成筛查12000人 among the plans."""
    if not _TASK.search(clause_before(ground, index)):
        return
    done = ground.claims[over].indicator
    for place, one in enumerate(ground.claims):
        aimed = one.status == TARGET or "任务" in one.indicator
        if (
            aimed
            and ground.is_amount(place)
            and ground.same_part(place, over)
            and shares_run(done, one.indicator, _ALIKE)
        ):
            yield place


def _parted(ground: Ground, over: int) -> list[int]:
    """The amounts that are called what the numerator's sentence says it parts: 医疗收入按项目分."""
    told = re.search(_PARTED, ground.text[ground.sentence_start(over) : ground.claims[over].start])
    if told is None:
        return []
    called = [place for place in ground.amounts_called(plain_thing(told["whole"])) if ground.same_part(place, over)]
    return _nearest(ground, called, over)


def _loosely_named(ground: Ground, over: int, index: int) -> Iterator[int]:
    """The amounts before a numerator whose names hold what the share says it is a share of."""
    told = re.search(rf"(?:占|为){_NAMED}$", clause_before(ground, index))
    stem = plain_thing(told.group(1)) if told is not None else ""
    if stem:
        for place in range(over - 1, max(-1, over - _FAR), -1):
            if ground.is_amount(place) and stem in ground.claims[place].indicator and ground.same_part(place, over):
                yield place


def _known(ground: Ground, over: int, index: int) -> Iterator[int]:
    """Live births for the rates that are told of them, residents for theirs, and the people that a numerator names."""
    name, told = ground.claims[index].indicator, ground.claims[over].indicator
    for rule in load_lexicon("relations")["denominators"]:
        if any(re.search(rate, name) for rate in rule["rates"]):
            bases = rule.get("bases", load_lexicon("relations")["residents"]["names"])
            wholes = (_nearest(ground, ground.counted_like(base), over) for base in bases)
            yield from next((places for places in wholes if places), ())
    if (is_among(ground, index) or is_tied(ground, over, index)) and len(ground.nouns[over]) > 1:
        alike = ground.near(ground.amounts_called(ground.nouns[over][-2:]), over)
        larger = [place for place in alike if ground.claims[place].norm_value > ground.claims[over].norm_value]
        yield from _nearest(ground, larger, over)
    for noun in {told[start:end] for start in range(len(told)) for end in range(start + _NAMES, len(told) + 1)}:
        if noun in ground.counted and noun != ground.nouns[over]:
            yield from (place for place in _nearest(ground, ground.counted[noun], over) if place < over)


def _nearest(ground: Ground, places: Sequence[int], over: int) -> list[int]:
    """Of some places in order those of a numerator's report that are nearest to it, the nearest first."""
    near = [place for place in ground.near(places, over) if place != over and ground.same_part(place, over)]
    return sorted(near, key=lambda place: abs(place - over))[:_MOST]


def _among(ground: Ground, over: int, index: int) -> Iterator[int]:
    """The amount whose 中 opens the sentence's list: 7个中心卫生院中3个达标,占比43%."""
    for place in range(over - 1, max(-1, over - 6), -1):
        told = re.match(AMONG, ground.text[ground.claims[place].end : ground.claims[place].end + 20])
        if told and ground.same_sentence(place, index) and ground.is_count(place):
            yield place


def _called(ground: Ground, index: int) -> str:
    """What a rate is called by, without 率 or 面: 受益 of 受益面为参合人数的."""
    named = re.findall(r"(\w{2})(?:率|面)", clause_before(ground, index)[-24:])
    return named[-1] if named else ""


def _in_a_row(ground: Ground, over: int, index: int) -> int | None:
    """The amount before a numerator that its rate follows, with no other amount of their kind in between.

    Rule: what was done to the numerator was not done to the denominator: 参合农村居民 is no numerator of 参合人数's 参合率.
    """
    listed_with = paired_with(ground, index) is not None
    if not listed_with and any(
        ground.is_amount(place) and ground.same_kind(place, over) for place in range(over + 1, index)
    ):
        return None
    if listed_with:
        over = first_paired(ground, index) or over
    alike = (
        place
        for place in range(over - 1, max(-1, over - 4), -1)
        if ground.is_amount(place) and (ground.same_kind(place, over) or ground.both_crowds(place, over))
    )
    base = next(alike, None)
    if base is None or not ground.same_sentence(base, index) or re.search(r"[;；]", ground.between(base, index)):
        return None
    done = tying_word(ground, over, index)
    done_too = done and done in ground.claims[base].indicator and not is_done_of_due(ground, over, base)
    return None if done_too else base


def _row_tie(ground: Ground, over: int, base: int, index: int) -> Tie:
    """What ties a row: a word, or at least a character of what was done (实种…,接种率), or nothing."""
    if not ground.is_share(index):
        return Tie.NEAR
    if is_tied(ground, over, index) or is_among(ground, index) or is_done_of_due(ground, over, base):
        return Tie.ROW
    return Tie.BESIDE if set(stem_of(ground, index)[-2:]) & set(ground.said_of(over)) else Tie.NEAR


def _near(ground: Ground, over: int, index: int) -> Iterator[int]:
    """The amounts before a numerator in its paragraph; of a numerator that is neither next to its rate nor tied to it none."""
    beside = not any(ground.is_amount(place) for place in range(over + 1, index))
    if not beside and not is_tied(ground, over, index):
        return
    found = 0
    for place in range(over - 1, max(-1, over - _FAR), -1):
        if not ground.same_paragraph(place, index) or found == 2 * _MOST:
            return
        if ground.is_amount(place) and (ground.same_kind(place, over) or ground.both_crowds(place, over)):
            found += 1
            yield place
