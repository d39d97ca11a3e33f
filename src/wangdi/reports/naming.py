"""What a number is a number of: the noun before it, or the noun it counts, with what the sentence said before."""

from __future__ import annotations

import re
from dataclasses import replace

from wangdi.reports.carrying import complete, is_among, is_dependent, name_in_context, subject_of, topic_of
from wangdi.reports.distributing import name_distributed
from wangdi.reports.lexicon import cue, load_lexicon, one_of, ratio_units
from wangdi.reports.names import Name, Named
from wangdi.reports.phrases import EDGE, find_per, first_noun, left_of, plain_noun, right_of, shorten

_LONGEST_PREDICATE = 14
_CHANGES = re.compile(r"下降|上升|降低|提高|增长|减少|增加|回落")


def name_quantity(given: Named) -> Name:
    """The name of what one quantity states."""
    left, before = _own_left(given), given.before
    shared = name_distributed(given)
    if shared:
        return Name(shared, shared, shared, find_per(shared) or find_per(left), topic=topic_of(given, shared))
    text, noun, behind = _find_noun(given, left)
    if given.one.rank:
        text = re.sub(rf"{one_of('rank_before')}+", "", text)
    per = _per(given, left)
    text = _add_per(text, per, bool(find_per(left)), before)
    # What is told of the whole area, or as all there is, stands for itself.
    scoped = re.match(r"\W*(?:目前)?(?:全[国省市州县区镇]|[^,，]{0,6}[现共]有)", left)
    dependent = not behind and not (scoped and before) and is_dependent(given, text)
    counted = not re.search(r"[已现共]有|总", left) and given.one.unit not in ("", *ratio_units())
    whole = complete(text, before or given.earlier if dependent else before, dependent, counted)
    aside = cue("aside_verbs").match(text)
    if aside and before and given.one.unit in load_lexicon("units")["points"]["units"]:
        whole = before.text + text
    if whole == text and not aside and not scoped:
        text = whole = name_in_context(given, text, behind)
        kept = dependent or cue("carried_verbs").match(noun) or is_among(given)
        head = before.head if before and before.head and kept else text
    else:
        head = before.head if before else text
    name = Name(shorten(whole), noun, head, per, behind)
    return replace(name, subject=subject_of(given, name), topic=topic_of(given, whole))


def _add_per(text: str, per: str, named: bool, before: Name | None) -> str:
    """A rate's name with the people it is told for, and with the noun of the claim before where it has none of its own."""
    if per and not named and len(text) > 1:
        text = f"每{per}口{text}"
    bare = re.fullmatch(r"每[十百千万\d]+(?:常住|户籍)?(?:人口|人|居民)(?:拥有)?", text)
    return text + before.own if bare and before else text


def _own_left(given: Named) -> str:
    """What stands before the number, without the noun that belongs to the number before it."""
    left = left_of(given.layout, given.quantities, given.index)
    last = given.quantities[given.index - 1] if given.index else None
    if last is not None and last.end + len(left) <= given.one.start + 1:
        left = re.sub(r"^中(?![医药心小央西枢])", "", left)
    if given.before is None or not given.before.behind or not given.before.own:
        return left
    plain = re.sub(r"[(（][^()（）]*[)）]|\s", "", left)
    rest = plain.removeprefix("的").removeprefix(re.sub(r"[(（][^()（）]*[)）]", "", given.before.own))
    if rest == plain:
        return left
    rest = re.sub(r"^(?:和|及|、|与|以及)$", "", rest)
    money = given.one.unit in load_lexicon("units")["money"]["units"]
    return given.before.own + rest if rest and money and not plain_noun(rest).startswith(("发", "给")) else rest


def _find_noun(given: Named, left: str) -> tuple[str, str, bool]:
    """Name, bare noun, and whether the noun stands behind the number."""
    right = right_of(given.layout, given.quantities, given.index)
    own = plain_noun(left)
    if given.one.unit in ratio_units():
        return _find_share(given, left, own, right)
    if not own and given.before is not None and _CHANGES.match(right):
        return "", "", False
    if not right and _runs_on(given) and (not own or re.search(r"(?:为|对|向|给)\w{0,6}$", left)):
        right = _rest(given)
    if right and (not own or _counts_behind(given.one.unit, right) or _asks_for_noun(left, own)):
        if not own and given.before is not None and right.startswith(tuple(load_lexicon("words")["predicates"])):
            return _predicate(given, given.before.own), given.before.own, True
        noun = first_noun(right)
        front = "" if re.search(r"(?:为|对|给|向)$", left) else _front(own)
        return front + _predicate(given, noun), noun, True
    if given.before is None and own in load_lexicon("words")["dependent_nouns"]:
        return _clause_noun(given) + own, own, False
    return own or _subject_before(given), own, False


def _find_share(given: Named, left: str, own: str, right: str) -> tuple[str, str, bool]:
    """The name of a share or rate."""
    before = given.before
    clause = given.layout.text[given.layout.clause_at(given.one.start).start : given.one.start]
    if before is not None and re.search(r"完成[^,，]*(?:任务|目标|计划)[^,，]*的$", clause):
        return before.head + "任务完成率", "完成率", False
    if before is not None and not own and _CHANGES.match(right):
        return "", "", False
    if before is not None and left.endswith("的") and not right and own:
        base = re.sub(r"^.*?(?:占|相当于|为)|^[、,，和及]", "", left).removesuffix("的")
        whose = "合计" if re.match(r"\W*(?:合计|共)占", left) else before.head
        return f"{whose}占{base}" + ("" if re.search(r"[率比重]$", base) else "比例"), base, False
    among = re.search(r"(?P<whole>\w{2,12})中(?:[^,，]*[、和])?(?P<part>\w{2,12})占$", clause)
    if among:
        return f"{among['part']}占{among['whole']}比例", among["part"], False
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


def _told_of(given: Named, right: str) -> str:
    """Those a share is a share of, and what is said of them: of 80%的甲、90%的乙能够提供服务 the same of both."""
    text, rest = given.layout.text, _rest(given).strip(EDGE)
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


def _per(given: Named, left: str) -> str:
    """The people a rate is told for: named beside it, or taken over from the value before it."""
    found = find_per(left)
    if found or given.before is None or not given.before.per or not given.index:
        return found
    last = given.quantities[given.index - 1]
    same = given.one.value % 1 != 0 and last.value % 1 != 0 and given.one.unit not in ratio_units()
    near = re.fullmatch(
        r"(?:[、,，][^,，。;；]{1,14}|[的上提增下降加高升低]{0,4}[至到为](?:\d{4}年的?)?)",
        given.layout.text[last.end : given.one.start],
    )
    return given.before.per if same and near else ""


def _rest(given: Named) -> str:
    """What stands in the clause after a quantity, without other numbers."""
    end = given.layout.clause_at(max(given.one.start, given.one.end - 1)).end
    text, place = "", given.one.end
    for index in range(given.index + 1, len(given.quantities)):
        other = given.quantities[index]
        if other.start >= end:
            break
        text += given.layout.text[place : other.start]
        place = other.end
    text += given.layout.text[place:end]
    text = re.sub(r"^\s*(?:及?以上|以下|以内|左右)?的?", "", text)
    return re.split(r"[(（)）:：]", text.rstrip(EDGE))[0]


def _runs_on(given: Named) -> bool:
    """Whether the next number follows at once: 3类8种."""
    after = given.quantities[given.index + 1 : given.index + 2]
    return bool(after) and after[0].start - given.one.end <= 1


def _counts_behind(unit: str, right: str) -> bool:
    """Whether a unit that goes with things is followed by the thing, and not by what it does: 70根电线杆, 12类项目."""
    if unit == "名":
        return True
    things = unit in load_lexicon("units")["counted"]["things"] and unit not in ("件", "份", "条", "期")
    return things and not re.match(rf"{one_of('predicates', 'cut_before')}|[均已在被与由为共至到以从]", right)


def _asks_for_noun(left: str, own: str) -> bool:
    """Whether what stands before the number leaves its noun to what comes behind."""
    left = re.sub(r"(?:19|20)[\dxX]{2}年$", "", left.rstrip()).rstrip()
    if re.search(rf"(?:{one_of('verb_ends', 'counting_verbs')}|等|的|[、,，]\w{{2,4}}|\w[、和]\w{{2,5}})$", left):
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
    rest = _rest(given)
    place = rest.find(noun)
    after = rest[place + len(noun) :] if noun and place >= 0 else rest
    told = re.sub(r"^(?:均|都|已|全部)+", "", after)
    starts = told.startswith(tuple(load_lexicon("words")["predicates"]))
    if not starts or len(told) > _LONGEST_PREDICATE:
        found = re.search(rf"(?:全部|均){one_of('predicates')}\w{{2,12}}$", after)
        told = re.sub(r"^(?:全部|均)", "", found.group()) if found else ""
    return noun + told


def _clause_noun(given: Named) -> str:
    """The noun phrase of the clause before, where a sentence leaves its number to a word like 总投资."""
    start = given.layout.clause_at(given.one.start).start
    if start <= given.layout.sentence_at(given.one.start).start:
        return ""
    last = given.layout.clause_at(start - 1)
    return plain_noun(given.layout.text[last.start : last.end])[-16:]


def _subject_before(given: Named) -> str:
    """The subject of the clause before, for 20XX年为900人 after 出生人口呈下降趋势."""
    clause = given.layout.clause_at(given.one.start)
    if clause.start == 0:
        return ""
    last = given.layout.clause_at(clause.start - 1)
    words = plain_noun(given.layout.text[last.start : last.end].strip(EDGE))
    found = re.match(r"(.{2,10}?)(?:呈现|逐年|持续|呈|不断|连续|有所|还是|仍|稳步|逐步)", words)
    return found.group(1) if found else ""
