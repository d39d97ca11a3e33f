"""The noun beside a number: what stands before it, or what it counts and what is said of that."""

from __future__ import annotations

import re

from wangdi.reports.naming.framing import common_end, is_deed, subgroup_pattern, thing_of
from wangdi.reports.naming.names import Named
from wangdi.reports.naming.phrases import EDGE, first_noun, plain_noun, rest_after, right_of
from wangdi.reports.naming.share_names import CHANGES, find_share
from wangdi.reports.text.lexicon import load_lexicon, one_of, ratio_units

_LONGEST_PREDICATE = 14


def find_noun(given: Named, left: str) -> tuple[str, str, bool]:
    """Name, bare noun, and whether the noun stands behind the number."""
    right = right_of(given.layout, given.quantities, given.index)
    own = plain_noun(left)
    compared = right in load_lexicon("words")["bare_comparisons"]
    right = "" if compared else right
    if given.one.unit in ratio_units():
        return find_share(given, left, own, right)
    if not own and CHANGES.match(right):
        return "", "", False
    if (
        given.before is not None
        and re.search(r"(?:合计|共计|总计|加总|合并|相加)(?:为|达)?$", left)
        and re.fullmatch(r"(?:[两三四五六七八九十]\w{1,2})?", own)
    ):
        return given.before.shared or _total_text(given) or own, own, False
    enclosed = re.match(r"占(?:全[省国市县区州])?(?P<of>\w{2,14})$", own)
    if enclosed and not enclosed["of"].startswith("同类") and given.layout.text[given.one.start - 1] in "(（":
        return enclosed["of"], enclosed["of"], False
    if not right and not compared and _runs_on(given) and (not own or re.search(r"(?:为|对|向|给)\w{0,6}$", left)):
        right = rest_after(given.layout, given.quantities, given.index)
    if given.before and re.search(r"目标\w{0,4}差(?:距)?$", left):
        return given.before.text + "与目标差距", "与目标差距", False
    relative = _told_of_those(given, left, own)
    if relative:
        return relative, own, False
    times = re.search(r"(?P<one>\w{2,12}?)(?:大?约)?(?:为|是|相当于)(?P<other>\w{2,12})的(?:近|约)?$", left)
    if times and given.one.unit == "倍" and given.before:
        return f"{times['one']}与{times['other']}{_without_subgroup(given.before.head)}之比", own, False
    if right and (not own or _counts_behind(given.one.unit, right) or _asks_for_noun(left, own, right)):
        told = right.startswith(tuple(load_lexicon("words")["predicates"]))
        if (
            not own
            and given.before is not None
            and told
            and not given.before.own.startswith(tuple(load_lexicon("words")["predicates"]))
        ):
            return _predicate(given, given.before.own), given.before.own, True
        noun = first_noun(_before_next(given, right))
        front = "" if re.search(r"(?:为|对|给|向)$", left) else _front(own)
        return front + _predicate(given, noun), noun, True
    if own in load_lexicon("words")["dependent_nouns"] and (given.before is None or own.endswith("面积")):
        owner = _clause_noun(given)
        if owner or given.before is None:
            return owner + own, own, False
    return own or _subject_before(given), own, False


def _told_of_those(given: Named, left: str, own: str) -> str:
    """Those of some counted before of whom more is said: 20家机构中,达到国家标准5家; 设药房的有9家.

    Missing: empty where the words before the number say nothing of things of its unit.
    """
    text, start = given.layout.text, given.layout.paragraph_at(given.one.start).start
    near = [one for one in range(max(0, given.index - 8), given.index) if given.quantities[one].start >= start]
    told = [
        one
        for one in near
        if not re.search(
            r"的[共有为]{0,2}$", text[max(0, given.quantities[one].start - 4) : given.quantities[one].start]
        )
    ]
    last = next((one for one in reversed(told) if given.quantities[one].unit not in ratio_units()), -1)
    if last < 0 or not given.before or given.quantities[last].unit != given.one.unit or is_deed(own):
        return ""
    place = last if given.names[last].part_of is None else given.names[last].part_of
    named = given.names[place or 0]
    thing = named.text.rpartition("的")[2] if "的" in named.text else thing_of(named.own)
    said = left.strip(EDGE)
    verb = re.match(one_of("predicates"), said)
    if (
        re.search(r"\w的(?:有|共|为|共有)?$", said)
        and len(own) > 2
        and not re.match(r"[较比与由从占]|[高低多少]于|上年|去年", said)
    ):
        return f"{own.removesuffix('的')}的{thing}"
    if verb and re.search(r"(?:标准|评审|认证|验收|评估|认定|称号)$", own) and (named.behind or "的" in named.text):
        return f"{verb.group()}{own}的{thing}"
    return ""


def _without_subgroup(name: str) -> str:
    """What is measured, without of whom: 死亡率 of 农村死亡率."""
    return re.sub(rf"^{subgroup_pattern()}|{subgroup_pattern()}$", "", name)


def _total_text(given: Named) -> str:
    """The total that the value before was a part of."""
    place = given.before.part_of if given.before else None
    if place is not None:
        return given.names[place].text
    same = [one for one in range(given.index) if given.quantities[one].unit == given.one.unit][-2:]
    return common_end(*(given.names[one].text for one in same)) if len(same) == 2 else ""


def _before_next(given: Named, right: str) -> str:
    """What a number counts, without what the next number does: 150个托位、人均面积12平方米."""
    after = given.quantities[given.index + 1 : given.index + 2]
    found = re.match(r"(?P<noun>\w{2,}?)[、和及]\w{2,}", right)
    return (
        found["noun"] if found and after and given.layout.text.endswith(right, given.one.end, after[0].start) else right
    )


def _runs_on(given: Named) -> bool:
    """Whether the next number follows at once: 3类8种."""
    after = given.quantities[given.index + 1 : given.index + 2]
    return bool(after) and not given.layout.text[given.one.end : after[0].start].strip()


def _counts_behind(unit: str, right: str) -> bool:
    """Whether a unit that goes with things is followed by the thing, and not by what it does: 70根电线杆, 12类项目."""
    if unit == "名":
        return True
    things = unit in load_lexicon("units")["counted"]["things"] and unit not in ("件", "份", "条", "期")
    return things and not re.match(rf"{one_of('predicates', 'cut_before')}|[均已在被与由为共至到以从]", right)


def _asks_for_noun(left: str, own: str, right: str) -> bool:
    """Whether what stands before the number leaves its noun to what comes behind."""
    left = re.sub(r"(?:19|20)[\dxX]{2}年$|(?<=[为对给向])(?:辖区|全[市县区镇]|本地)$", "", left.rstrip()).rstrip()
    if re.search(rf"(?:{one_of('verb_ends', 'counting_verbs')}|等|的|[、,，]\w{{2,4}}|\w[、和]\w{{2,5}})$", left):
        if re.search(r"\w[、和]\w{2,5}$", left) and re.match(r"[均已到赴]", right):
            return False
        return not re.search(load_lexicon("words")["noun_ends_pattern"], own)
    return len(own) <= 2


def _front(own: str) -> str:
    """What of the words before the number belongs to its name: a verb of growth, or who has it."""
    flow = re.search(rf"{one_of('flow_verbs')}$", own)
    if len(own) <= 8 and "、" not in own:
        return own
    return flow.group() if flow else ""


def _predicate(given: Named, noun: str) -> str:
    """A noun with what the sentence says of it, where that is short: 卫生院达到国家标准."""
    rest = rest_after(given.layout, given.quantities, given.index)
    place = rest.find(noun)
    after = rest[place + len(noun) :] if noun and place >= 0 else rest
    told = re.sub(r"^(?:均|都|已|全部)+", "", after)
    starts = told.startswith(tuple(load_lexicon("words")["predicates"]))
    if not starts or len(told) > _LONGEST_PREDICATE or (re.search(rf"{one_of('whole_nouns')}$", noun) and "的" in told):
        found = re.search(rf"(?:全部|均){one_of('predicates')}\w{{2,12}}$", after)
        told = re.sub(r"^(?:全部|均)", "", found.group()) if found else ""
    return noun if re.fullmatch("达到?|能够?", told) else noun + told


def _clause_noun(given: Named) -> str:
    """The noun phrase of the clause before, where a sentence leaves its number to a word like 总投资."""
    start = given.layout.clause_at(given.one.start).start
    if start <= given.layout.sentence_at(given.one.start).start:
        return ""
    last = given.layout.clause_at(start - 1)
    if given.before is not None and given.quantities[given.index - 1].end > last.start:
        return ""
    told = given.layout.text[last.start : last.end]
    if re.search(r"(?:比较|相比|相较|对比)\W*$", told):
        return ""
    noun = plain_noun(told)
    return re.sub(rf"^(?:用于)?(?:{one_of('flow_verbs')})?", "", noun)[-16:]


def _subject_before(given: Named) -> str:
    """The subject of the clause before, for 20XX年为900人 after 出生人口呈下降趋势."""
    clause = given.layout.clause_at(given.one.start)
    if clause.start == 0 or (given.index and given.quantities[given.index - 1].start >= clause.start):
        return ""
    last = given.layout.clause_at(clause.start - 1)
    words = plain_noun(given.layout.text[last.start : last.end].strip(EDGE))
    found = re.match(r"(.{2,10}?)(?:呈现|逐年|持续|呈|不断|连续|有所|还是|仍|稳步|逐步)", words)
    return found.group(1) if found else ""
