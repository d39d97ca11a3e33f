"""Names of shares and rates: of what they are a share, and what is said of it."""

from __future__ import annotations

import re

from wangdi.reports.naming.carrying import topic_of
from wangdi.reports.naming.framing import thing_of
from wangdi.reports.naming.names import Named
from wangdi.reports.naming.phrases import EDGE, first_noun, rest_after
from wangdi.reports.text.lexicon import cue, one_of, ratio_units

CHANGES = re.compile(r"缩短|压缩|扩大|相比|下降|上升|降低|提高|增长|减少|增加|回落")
"""What follows a number that something else is held against."""


def find_share(given: Named, left: str, own: str, right: str) -> tuple[str, str, bool]:
    """The name of a share or rate."""
    before = given.before
    clause = given.layout.text[given.layout.clause_at(given.one.start).start : given.one.start]
    if before is not None and re.search(r"完成[^,，]*(?:任务|目标|计划)[^,，]*的$", clause):
        return before.head + "任务完成率", "完成率", False
    if before is not None and not own and CHANGES.match(right):
        return "", "", False
    if before is not None and left.endswith("的") and not right and own:
        base = re.sub(r"^.*?(?:占|相当于|为)|^[、,，和及]", "", left).removesuffix("的")
        whose = "合计" if re.match(r"\W*(?:合计|共)占", left) else before.head
        if whose.endswith(base):
            whose = before.text
        if re.match(r"同类|其", base):
            return f"{whose}占比", base, False
        return f"{whose}占{base}" + ("" if re.search(r"[率比重]$", base) else "比例"), base, False
    enclosed = _share_in_parentheses(given, left)
    if enclosed is not None:
        return *enclosed, False
    among = re.search(r"(?P<whole>\w{2,12})中(?:[^,，]*[、和])?(?P<part>\w{2,12})占$", clause)
    if among:
        return f"{among['part']}占{among['whole']}比例", among["part"], False
    if before is not None and re.fullmatch(r"\w{2,12}占", own):
        counted = [place for place in range(given.index) if given.quantities[place].unit not in ratio_units()]
        whole = thing_of(given.names[counted[-1]].text) if counted else ""
        return f"{own}{whole}比例" if whole else own + "比", own, False
    swapped = _swapped(given, own)
    if swapped:
        return swapped, own, False
    if before is not None and "其中" in left and own and not re.search(r"率|占|比例|比重|水平|数|面", own):
        return own + before.head, own, False
    if own.endswith("覆盖") and right:
        noun = first_noun(right)
        return f"{noun}{own}率", noun, True
    if not own and right and before is not None and before.behind and before.text.endswith("覆盖率"):
        noun = first_noun(right)
        return before.text.replace(before.own, noun, 1), noun, True
    if len(own) > 1 or not right:
        return own, own, False
    return _told_of(given, right) + "比例", first_noun(right), True


def _share_in_parentheses(given: Named, left: str) -> tuple[str, str] | None:
    """A share beside a count in parentheses: 甲院7人(58%); or of one: 甲院7人,占全县诊疗(12人)的58%. None where it is neither."""
    text, one = given.layout.text, given.one
    if given.before is None or not given.index:
        return None
    last = given.quantities[given.index - 1]
    over = re.search(r"占(?P<of>\w{2,14})[(（]$", text[max(0, last.start - 20) : last.start])
    if over and given.index > 1 and re.fullmatch(r"[)）]?的", left.strip()):
        what = given.names[given.index - 2].text
        return what + ("占比" if over["of"].startswith("同类") else f"占{over['of']}比例"), ""
    if text[one.start - 1] not in "(（" or last.end != one.start - 1:
        return None
    plain = last.unit not in ratio_units()
    return given.before.text + ("占比" if plain else ""), "占比" if plain else ""


def _swapped(given: Named, own: str) -> str:
    """The rate of other people told before: 老年人管理率70%,0—6岁儿童80%."""
    start = given.layout.statement_at(given.one.start).start
    place = next((one for one in range(given.index - 1, -1, -1) if given.quantities[one].unit == given.one.unit), -1)
    before = given.names[place] if place >= 0 and given.quantities[place].start >= start else None
    if before is None:
        return ""
    who = before.topic if topic_of(given, own) == own else before.subject if cue("institutions").search(own) else ""
    if re.search(r"[率比重]$|比例$", own):
        return ""
    if (
        not who
        or not before.text.startswith(who)
        or before.text == who
        or not before.text.endswith(("率", "比例", "占比"))
    ):
        return ""
    return own + before.text.removeprefix(who)


def _told_of(given: Named, right: str) -> str:
    """Those a share is a share of, and what is said of them: of 80%的甲、90%的乙能够提供服务 the same of both."""
    text, rest = given.layout.text, rest_after(given.layout, given.quantities, given.index).strip(EDGE)
    clause = given.layout.clause_at(max(given.one.start, given.one.end - 1))
    later = [one for one in given.quantities[given.index + 1 : given.index + 6] if one.end <= clause.end]
    told = (
        re.search(rf"{one_of('predicates')}\w{{2,14}}$", text[later[-1].end : clause.end].rstrip(EDGE))
        if later
        else None
    )
    if told is None or any(one.unit not in ratio_units() for one in later):
        return rest
    return re.sub(r"[、,，和及与]?(?:近|约|超过|超|逾|其余|另有)?$", "", right) + told.group()
