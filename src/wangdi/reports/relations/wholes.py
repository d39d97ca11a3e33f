"""Parts beside their whole without 其中: kinds of staff and institutions, steps of a procedure, members of a consortium."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangdi.core.problem import Problem
from wangdi.reports.relations.ground import (
    ARITHMETIC,
    BASES,
    Ground,
    Relation,
    written_claim,
    written_list,
)
from wangdi.reports.relations.lists import listed
from wangdi.reports.relations.numerators import clause_before, is_among
from wangdi.reports.relations.sums import add_up, compare_part, judge_sum
from wangdi.reports.text.lexicon import AMONG, load_lexicon


def find_wholes(ground: Ground) -> list[Relation]:
    """Every part that stands beside its whole."""
    return [
        *_find_kinds(ground),
        *_find_leads(ground),
        *_find_stages(ground),
        *_find_among(ground),
        *_find_nested_shares(ground),
    ]


def _find_kinds(ground: Ground) -> Iterator[Relation]:
    """Groups of staff or of institutions beside their total, without 其中."""
    lists = listed(ground)
    taken = {total for total, _, _ in lists}
    for rule in load_lexicon("relations")["wholes"]:
        patterns = [re.compile(part) for part in rule["parts"]]
        for total, one in enumerate(ground.claims):
            if total in taken or not ground.is_count(total) or not re.search(rule["whole"], ground.nouns[total]):
                continue
            beside = {index for _, members, _ in lists if total in members for index in members}
            parts: list[int] = []
            for index in range(total + 1, min(total + 12, len(ground.claims))):
                if not ground.same_sentence(total, index) or ground.claims[index].norm_unit != one.norm_unit:
                    break
                if (
                    index not in beside
                    and ground.is_count(index)
                    and any(pattern.search(ground.nouns[index]) for pattern in patterns)
                ):
                    parts.append(index)
            if parts:
                yield compare_part(ground, tuple(parts), total, rule["severity"])


def _find_leads(ground: Ground) -> Iterator[Relation]:
    """A consortium written 1+N: the Ns are the members named before."""
    claims = ground.claims
    leads = [index for index, one in enumerate(claims) if ground.text[max(0, one.start - 2) : one.start] == "1+"]
    groups: dict[int, list[int]] = {}
    for index in leads:
        groups.setdefault(ground.layout.clause_at(claims[index].start).start, []).append(index)
    for start, members in groups.items():
        total = members[0] - 1
        if (
            total < 0
            or claims[total].start < start - 40
            or not ground.is_count(total)
            or not ground.same_sentence(total, members[0])
        ):
            continue
        yield judge_sum(ground, total, tuple(members), ARITHMETIC)


def _find_stages(ground: Ground) -> Iterator[Relation]:
    """A later step of a procedure beside an earlier one: 获批 and 递交, 发放 and 申报."""
    claims = ground.claims
    for rule in load_lexicon("relations")["stages"]:
        for part, one in enumerate(claims):
            if one.measure not in ("count", "money") or not re.search(rule["part"], _clause_of(ground, part)):
                continue
            wholes = [
                index
                for index in range(max(0, part - 6), part)
                if (ground.same_kind(index, part) or ground.both_crowds(index, part))
                and claims[index].measure == one.measure
                and re.search(rule["whole"], _clause_of(ground, index))
                and not re.search(rule["part"], _clause_of(ground, index))
                and ground.same_paragraph(index, part)
            ]
            if not wholes:
                continue
            beside = [index for index in wholes if ground.same_sentence(index, part)]
            if beside:
                larger = [index for index in beside if claims[index].exact >= one.exact]
                said = [index for index in larger if re.search(rule["whole"], clause_before(ground, index))]
                yield compare_part(ground, (part,), (said or larger or beside)[-1], BASES)
            elif len(wholes) > 1:
                yield _compare_with_all(ground, part, tuple(wholes))


def _clause_of(ground: Ground, index: int) -> str:
    """What a claim's clause says of it: of a clause with several numbers what leads to this one."""
    clause = ground.layout.clause_at(ground.claims[index].start)
    alone = ground.first_from(clause.end) - ground.first_from(clause.start) == 1
    return ground.text[clause.start : clause.end] if alone else ground.said_of(index)


def _compare_with_all(ground: Ground, part: int, wholes: tuple[int, ...]) -> Relation:
    """A later step against several earlier ones together."""
    claims = ground.claims
    added = add_up(ground, wholes)
    holds = added.high is None or claims[part].interval.low <= added.high
    args = {
        "parts": written_claim(claims[part]),
        "sum": written_claim(claims[part]),
        "total": written_list(claims[index] for index in wholes),
        "name": claims[wholes[0]].indicator,
    }
    told = Problem(code="AUDIT-103", args=args) if holds else Problem(code="AUDIT-104", args=args)
    return Relation("part_le_whole", (part, *wholes), holds, "" if holds else BASES, told)


def _find_among(ground: Ground) -> Iterator[Relation]:
    """The one of whom something is said among all: 现有263名乡村医生中取得执业资格的只有39名."""
    for whole in range(len(ground.claims) - 1):
        told = re.match(AMONG, ground.text[ground.claims[whole].end : ground.claims[whole].end + 20])
        part = whole + 1
        alike = ground.is_count(whole) and ground.is_count(part) and ground.same_kind(whole, part)
        if told and alike and ground.same_sentence(whole, part):
            yield compare_part(ground, (part,), whole, BASES)


def _find_nested_shares(ground: Ground) -> Iterator[Relation]:
    """A share after 其中 beside the one it is a part of: 慢性病占88.5%,其中心脑血管病等占80.7%."""
    for whole in range(len(ground.claims) - 1):
        part = whole + 1
        shares = ground.is_share(whole) and ground.is_share(part) and is_among(ground, whole) and is_among(ground, part)
        if shares and ground.same_sentence(whole, part) and "其中" in ground.between(whole, part):
            yield compare_part(ground, (part,), whole, BASES)
