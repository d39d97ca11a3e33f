"""What a name shares with the value before it in one breath: its subject, or what is measured of each."""

from __future__ import annotations

import re
from functools import cache

from wangdi.reports.naming.framing import deed_pattern, is_deed, subgroup_pattern
from wangdi.reports.naming.names import Named
from wangdi.reports.naming.phrases import EDGE, plain_noun
from wangdi.reports.text.lexicon import load_lexicon, one_of, ratio_units

_FAR = 6
"""How many values back the one it goes with may stand."""
_LONGEST = 24
_ORDER = re.compile(
    r"(?P<what>\w{2,12}?)(?:数|人数|率)?(?:(?:居|列|位居|位列|排名?|占)?前\w{1,2}位|较多|最多|较高|居多)\w{0,4}?"
    r"(?:依次|分别)?[是为有][:：]?$"
)
"""Words that put what follows in an order: 发病数居前三位的依次为."""


@cache
def _kinds() -> tuple[re.Pattern[str], ...]:
    """Words that stand in for one another: whole, as a name of its own; at the end of the name before it."""
    patterns = (one_of("counterparts"), deed_pattern(), subgroup_pattern())
    return tuple(re.compile(rf"(?:{one})$") for one in patterns)


def sibling_of(given: Named) -> int | None:
    """The last value of the same unit in the statement."""
    start = given.layout.statement_at(given.one.start).start
    alike = (
        place
        for place, other, _ in given.back_to(start, _FAR)
        if _one_kind(other.unit, given.one.unit) and not other.rank
    )
    return next(alike, None)


def _one_kind(unit: str, other: str) -> bool:
    """Whether two units count the same: people are counted as 人 and as 例."""
    if "" in (unit, other):
        return not {unit, other} & {*ratio_units(), *load_lexicon("units")["money"]["units"]}
    return unit == other or {unit, other} <= {"人", "例", "名"}


def name_sibling(given: Named, own: str) -> str:
    """A name completed by that of the value before it.

    Rule: a word like the one that name ends with replaces it (医疗机构注册8户、变更9户; 基金总收入5亿元,总支出4亿元); who
    is measured replaces who was (支付比例,甲险80%,乙险70%; 次均费用甲院为90元,乙院为80元).
    Missing: empty where the two share nothing.
    """
    if not own:
        return ""
    if given.one.unit in ratio_units() and own.endswith("率") and given.before is not None and is_deed(own):
        done = _kinds()[1].search(given.before.text)
        if done and done.start() >= 2 and not given.before.text.endswith(("率", "培训")):
            return given.before.text[: done.start()] + own
    place = sibling_of(given)
    if place is None:
        return ""
    last = given.names[place]
    if len(own) > _LONGEST or own in last.text:
        return ""
    if (
        last.shared
        and re.fullmatch(r"[)）]?[、和及,，]", _between(given, place))
        and not _measures(own)
        and not is_deed(own)
        and not own.endswith(tuple(load_lexicon("words")["person_nouns"]))
    ):
        return own + last.shared
    between = given.quantities[place + 1 : given.index]
    near = not any(one.unit not in ratio_units() for one in between) and not re.search(
        "[;；]", given.layout.text[given.quantities[place].end : given.one.start]
    )
    for kind in _kinds()[: 3 if near and not (between and given.one.unit in ratio_units()) else 1]:
        ending = kind.search(last.text)
        if ending and ending.start() >= 2 and kind.match(own):
            return last.text[: ending.start()] + own
    measures = rf"\w{{0,16}}?{one_of('rate_heads', 'money_heads')}"
    measured = re.fullmatch(rf"(?P<what>\w{{1,16}}?{measures})(?P<who>\w{{2,8}})", last.text)
    if measured and measured["who"][-2:] == own[-2:] and len(own) <= 8:
        return measured["what"] + own
    rest = last.text.removeprefix(last.own)
    if last.own and rest != last.text and re.fullmatch(measures, rest) and not _measures(own) and given.one.unit:
        return own + rest if own[-2:] == last.own[-2:] or len(own) == len(last.own) else ""
    return ""


def _between(given: Named, place: int) -> str:
    """What stands between a value and this one's name, without what is told of that one in parentheses."""
    told = re.sub(r"[(（][^()（）]*[)）]", "", given.layout.text[given.quantities[place].end : given.one.start])
    found = re.match(r"[)）]?[、和及,，;；]", told)
    return found.group() if found else ""


def name_listed(given: Named, own: str) -> tuple[str, str]:
    """A member of an order, and what all its members have in common: 报告发病居前三位的是甲病5例、乙病4例.

    Missing: both empty where the words before the number put nothing in order.
    """
    start = given.layout.statement_at(given.one.start).start
    told = given.layout.text[max(start, given.one.start - 2 * _LONGEST) : given.one.start].rstrip()
    found = _ORDER.search(told.removesuffix(own)) if own and told.endswith(own) else None
    shared = plain_noun(found["what"]) if found else ""
    return (own + shared, shared) if shared else ("", "")


def _measures(text: str) -> bool:
    return re.search(rf"{one_of('rate_heads', 'money_heads')}$|占|比", text) is not None


def name_under_topic(given: Named, own: str) -> str:
    """A member named behind a clause that only says what is measured: 住院费用支付比例,职工医保84%.

    Missing: empty where no such clause stands before it, or the name says itself what is measured.
    """
    layout, one = given.layout, given.one
    if not 1 < len(own) <= 12 or _measures(own) or is_deed(own):
        return ""
    start = layout.statement_at(one.start).start
    clause = layout.clause_at(one.start)
    if clause.start <= start or (given.index and given.quantities[given.index - 1].end > start):
        return ""
    told = plain_noun(layout.text[start : clause.start].strip(EDGE + ":：").split("。")[-1])
    among = re.fullmatch(r"(?P<what>\w{2,20}?)[当之]?[中里]", told)
    if among and one.unit not in (*ratio_units(), *load_lexicon("words")["institution_units"]):
        what = re.sub(r"^总|(?:数|量|人数)$", "", among["what"])
        return own + what if re.fullmatch(rf"\w*?{one_of('rate_heads')}", among["what"]) and what not in own else ""
    heads = "rate_heads" if one.unit in ratio_units() else "money_heads"
    return own + told if re.fullmatch(rf"\w{{2,20}}?{one_of(heads)}", told) else ""
