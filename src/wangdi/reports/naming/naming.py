"""What a number is a number of: the noun beside it, with what its sentence, its list or its heading said before."""

from __future__ import annotations

import re
from dataclasses import replace

from wangdi.reports.naming.carrying import complete, is_among, is_dependent, name_in_context, subject_of, topic_of
from wangdi.reports.naming.distributing import name_distributed
from wangdi.reports.naming.dividing import in_fraction, name_in_fraction
from wangdi.reports.naming.framing import is_deed, join, name_part, whole_of
from wangdi.reports.naming.names import Name, Named
from wangdi.reports.naming.nouns import find_noun
from wangdi.reports.naming.phrases import find_per, left_of, plain_noun, shorten
from wangdi.reports.naming.siblings import name_listed, name_sibling, name_under_topic, sibling_of
from wangdi.reports.naming.standing import fuller, heading_topic, object_at, opening_topic, same_before, subject_behind
from wangdi.reports.text.lexicon import cue, load_lexicon, one_of, ratio_units


def name_quantity(given: Named) -> Name:
    """The name of what one quantity states.

    Rule: half of a fraction is told by its share; values handed out by 分别 by their list; a value that shares its name with
    the one before it, or is a part of one, by that; all others by the noun beside them and what they stand under.
    """
    fraction = in_fraction(given)
    if fraction is not None:
        told = shorten(name_in_fraction(given, *fraction))
        return replace(given.names[fraction[0]], text=told, own=told, per="")
    given = _after_list(given)
    left = _own_left(given)
    shared = name_distributed(given)
    if shared:
        return Name(shared, shared, shared, find_per(shared) or find_per(left), topic=topic_of(given, shared))
    text, noun, behind = find_noun(given, left)
    if given.one.rank:
        text = _name_rank(given, text)
    if behind or given.one.rank:
        return _name_alone(given, left, (text, noun, behind), None)
    return _name_beside(given, left, (text, noun)) or _name_alone(
        given, left, (text, noun, behind), whole_of(given, text)
    )


def _after_list(given: Named) -> Named:
    """Behind a list of parts that 、 joins the talk is of their total again: 其中甲50人、乙30人,参保率96%."""
    before, last = given.before, given.index - 1
    if before is None or before.part_of is None or given.names[last - 1].part_of != before.part_of:
        return given
    joined = given.layout.text[given.quantities[last - 1].end : given.quantities[last].start]
    between = given.layout.text[given.quantities[last].end : given.one.start]
    alike = given.one.unit in (*ratio_units(), given.quantities[last].unit)
    ended = alike and joined.startswith("、") and re.match(r"[,，](?!占|其中|分别)", between)
    return replace(given, before=given.names[before.part_of]) if ended or re.match(r"[;；]", between) else given


def _name_beside(given: Named, left: str, said: tuple[str, str]) -> Name | None:
    """The name of a value that shares one with the value before it, or is a part of it; None where it does neither."""
    text, noun = said
    per = _per(given, left)
    listed, common = name_listed(given, text)
    if listed:
        return replace(_as_sibling(given, (listed, noun), per), shared=common)
    shared = name_sibling(given, text) or name_under_topic(given, text)
    if shared:
        return _as_sibling(given, (shared, noun), per)
    place = whole_of(given, text)
    part = name_part(given, text, given.names[place]) if place is not None else ""
    return _as_part(given, (part, noun), place, per) if place is not None and part else None


def _name_alone(given: Named, left: str, said: tuple[str, str, bool], place: int | None) -> Name:
    """The name of a value by its own noun, completed by what it stands under. ``place``: of the value it is a part of."""
    (text, noun, behind), before = said, given.before
    per = _per(given, left)
    text = _add_per(text, per, bool(find_per(left)), _counted_before(given))
    # What is told of the whole area, or as all there is, stands for itself.
    scoped = re.match(r"\W*占?(?:目前)?(?:全[国省市州县区镇]|[^,，]{0,6}[现共]有)", left)
    dependent = not behind and not (scoped and before) and is_dependent(given, text)
    if before is not None and before.per not in ("", per):
        dependent, before = False, None
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
    if whole == text and not aside and not behind and is_deed(text):
        whole = head = join(object_at(given), text)
    if whole == text and before is None:
        whole = fuller(given, text)
    whole = whole or _unnamed(given)
    name = Name(shorten(whole), noun, head or whole, per, behind, part_of=place)
    return replace(name, subject=subject_of(given, name), topic=topic_of(given, whole))


def _name_rank(given: Named, text: str) -> str:
    """What is ranked: its own noun; else the value before it, among those that the clause names: 得分92分,在全省医院中排第3."""
    text = re.sub(rf"{one_of('rank_before')}+", "", text)
    clause = given.layout.text[given.layout.clause_at(given.one.start).start : given.one.start]
    text = text.removesuffix("中")
    among = re.search(rf"在?(?P<among>全[省国市县区州]\w{{0,10}}?)中?(?:{one_of('rank_before')})*$", clause)
    if given.before and among and (not text or text in among["among"]):
        return given.before.text + among["among"]
    return text


def _as_sibling(given: Named, said: tuple[str, str], per: str) -> Name:
    """The name of a value that shares a part of it with the one before, and its whole if that is a part."""
    place, (text, noun) = sibling_of(given), said
    last = given.names[place] if place is not None else given.before
    head = last.head if last is not None and (last.part_of is not None or is_deed(noun)) else text
    part_of = last.part_of if last is not None else None
    common = last.shared if last is not None else text.removeprefix(noun) if text.startswith(noun) else ""
    name = Name(shorten(text), noun, head, per, part_of=part_of, shared=common)
    return replace(name, subject=subject_of(given, name), topic=topic_of(given, text))


def _as_part(given: Named, said: tuple[str, str], place: int, per: str) -> Name:
    """The name of a value that is a part of one before it; what comes behind it is told of the total again."""
    total, (text, noun) = given.names[place], said
    name = Name(
        shorten(text),
        noun,
        total.head or total.text,
        per or total.per,
        part_of=place,
        shared=text.removeprefix(noun) if text.startswith(noun) else "",
    )
    return replace(name, subject=subject_of(given, name), topic=topic_of(given, text))


def _unnamed(given: Named) -> str:
    """A name for a value whose clause gives none: by its comparison, by how its statement opened, by what it stands under."""
    found = subject_behind(given) or opening_topic(given) or same_before(given)
    return found or (given.earlier.text if given.earlier else "") or heading_topic(given)


def _counted_before(given: Named) -> str:
    """What a rate without a noun of its own counts: the last thing of its unit that the statement told, else the last at all."""
    start = given.layout.statement_at(given.one.start).start
    owns = (name.own for _, other, name in given.back_to(start) if other.unit == given.one.unit and name.own)
    return next(owns, given.before.own if given.before else "")


def _add_per(text: str, per: str, named: bool, counted: str) -> str:
    """A rate's name with the people it is told for, and with the noun of the claim before where it has none of its own."""
    if per and not named and len(text) > 1:
        text = f"人均{text}" if per == "人" else f"每{per}口{text}"
    bare = re.fullmatch(r"每[十百千万\d]+(?:常住|户籍)?(?:人口|人|居民)(?:拥有)?", text)
    return text + counted if bare else text


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
    rest = re.sub(r"^(?:和|及|、|与|以及)$|^中(?=[已共有需应未])", "", rest)
    money = given.one.unit in load_lexicon("units")["money"]["units"]
    return given.before.own + rest if rest and money and not plain_noun(rest).startswith(("发", "给")) else rest


def _per(given: Named, left: str) -> str:
    """The people a rate is told for: named beside it, or taken over from the value before it."""
    found = find_per(left)
    if found or given.before is None or not given.before.per or not given.index:
        return found
    last = given.quantities[given.index - 1]
    # Counts are whole; what has a decimal point, be it 5.00, is told for so many people too.
    same = all("." in str(one.value) for one in (given.one, last)) and given.one.unit not in ratio_units()
    near = re.fullmatch(
        r"(?:[、,，][^,，。;；]{1,14}|[的上提增下降加高升低]{0,4}[至到为](?:\d{4}年的?)?)",
        given.layout.text[last.end : given.one.start],
    )
    return given.before.per if same and near else ""
