"""What people decide about who is who: two are one, one is two, these two never; and taking it back.

A decision takes effect at once, for the registrations it names; the next run of linking weighs it against everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

from wangdi.app.derivation import Standing, derive, link_sources
from wangdi.app.linking import DECISION, refuse_linked_since
from wangdi.catalog.tables import LINK_TABLE
from wangdi.core.problem import Problem, Refusal
from wangdi.link.people import plan_links, show_person
from wangdi.store.links import links_sql
from wangdi.store.records import APART, OPEN, TOGETHER, UNSURE, LinkDecision

VERDICTS = (TOGETHER, APART, UNSURE)


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, why and when."""

    who: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision did. ``number``: under which it was accepted; ``moved``: registration -> the person it now belongs to."""

    number: int
    moved: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Link:
    """A registration with the person it belongs to, the one its number alone would make, and since when it is known."""

    registration: int
    person: int
    given: int
    first_seq: int


def merge_people(standing: Standing, one: int, other: int, by: By) -> Outcome:
    """Decide that two people are one. The one known first keeps the number.

    Errors: LINK-021 nobody has the number, LINK-022 they are one already, LINK-026 no reason given.
    """
    if one == other:
        raise Refusal(Problem(code="LINK-022", args={"person": show_person(one)}))
    sides = [_links_of(standing, person) for person in (one, other)]
    return _join(standing, sides, (sides[0][0].registration, sides[1][0].registration), by)


def decide_pair(standing: Standing, pair: tuple[int, int], verdict: str, by: By) -> Outcome:
    """Decide about two registrations that linking left to people.

    Rule: together makes their people one; apart keeps them two for ever after; unsure only remembers that somebody looked.
    Errors: LINK-023 no such registration, LINK-022 they are one person already, LINK-026 no reason given.
    """
    found = _links_among(standing, f"registration_id IN ({int(pair[0])}, {int(pair[1])})")
    if len(found) < 2:
        raise Refusal(Problem(code="LINK-023", args={"registration": ", ".join(map(str, pair))}))
    if found[0].person == found[1].person:
        raise Refusal(Problem(code="LINK-022", args={"person": show_person(found[0].person)}))
    if verdict == TOGETHER:
        return _join(standing, [_links_of(standing, link.person) for link in found], pair, by)
    return accept_decisions(standing, [_decision(pair, verdict, by)], {}, by)


def split_person(standing: Standing, person: int, registrations: Iterable[int], by: By) -> Outcome:
    """Decide that some registrations of a person are somebody else's: they become a person of their own.

    Rule: whoever has the registration known first keeps the number.
    Errors: LINK-021 nobody has the number, LINK-023 not a registration of theirs, LINK-024 nobody would be left or leaves,
    LINK-026 no reason given.
    """
    links, chosen = _links_of(standing, person), set(registrations)
    strangers = chosen - {link.registration for link in links}
    if strangers:
        raise Refusal(Problem(code="LINK-023", args={"registration": ", ".join(map(str, sorted(strangers)))}))
    leaving = [link for link in links if link.registration in chosen]
    staying = [link for link in links if link.registration not in chosen]
    if not leaving or not staying:
        raise Refusal(Problem(code="LINK-024", args={"person": show_person(person)}))
    parts = sorted((leaving, staying), key=lambda part: part[0].first_seq)
    fresh = _free_number(standing, parts[1])
    moved = {link.registration: person for link in parts[0]} | {link.registration: fresh for link in parts[1]}
    apart = [_decision((one.registration, other.registration), APART, by) for one, other in product(leaving, staying)]
    kept = [
        _decision((part[0].registration, link.registration), TOGETHER, by) for part in (leaving,) for link in part[1:]
    ]
    return accept_decisions(standing, [*apart, *kept], moved, by)


def undo_decision(standing: Standing, number: int, by: By) -> Outcome:
    """Take a decision back: the pairs are open again, and the registrations it moved, if nothing moved them since, are where
    they were.

    Errors: LINK-025 there is no such decision, or it was taken back, LINK-026 no reason given.
    """
    first, last = _find_stretch(standing, number)
    made = [row for seq, row in standing.city.every_link_decision(standing.known) if first <= seq <= last]
    held = {(row.one, row.other) for seq, row in standing.city.link_decisions(standing.known) if first <= seq <= last}
    if not held:
        raise Refusal(Problem(code="LINK-025", args={"number": str(number)}))
    opened = [
        replace(row, verdict=OPEN, who=by.who, why=by.why.strip()) for row in made if (row.one, row.other) in held
    ]
    return accept_decisions(standing, opened, _before(standing, first, last), by)


@dataclass(frozen=True, slots=True)
class Held:
    """What was decided at once and holds. ``number``: its first; ``pairs``: how many pairs of registrations it is about."""

    number: int
    decision: LinkDecision
    pairs: int


def list_decisions(standing: Standing, most: int) -> list[Held]:
    """The last decisions that hold, the newest first; what was accepted together is one."""
    found: dict[int, Held] = {}
    for number, row in standing.city.link_decisions(standing.known):
        first = next(entry.first_seq for entry in standing.city.acceptance(number))
        if first not in found and len(found) == most:
            break
        pairs = found[first].pairs + 1 if first in found else 1
        found[first] = Held(first, row, pairs)
    return list(found.values())


def find_successors(standing: Standing, person: int) -> list[int]:
    """Who those are now that once went by a number: after a merge one, after a split perhaps several."""
    links = derive(standing).links
    last = standing.successions.get(person, person)
    once = f"SELECT registration_id FROM {links} WHERE given = {int(last)}"
    if standing.stored_links:
        once += f" UNION SELECT registration_id FROM {standing.stored_links} WHERE person_id = {int(person)}"
    sql = f"SELECT DISTINCT person_id FROM {links} SEMI JOIN ({once}) USING (registration_id) ORDER BY 1"
    return [number for (number,) in standing.workspace.rows(sql)]


def _join(standing: Standing, sides: Sequence[Sequence[Link]], pair: tuple[int, int], by: By) -> Outcome:
    moved, reunited = join_groups(standing, [sides], by)
    decided = dict.fromkeys([_decision(pair, TOGETHER, by), *reunited])
    return accept_decisions(standing, list(decided), moved, by)


def join_groups(
    standing: Standing, groups: Sequence[Sequence[Sequence[Link]]], by: By
) -> tuple[dict[int, int], list[LinkDecision]]:
    """What makes one person of the people of each group: whose each registration is then, and the decisions that held some of
    them apart, taken the other way.
    """
    moved: dict[int, int] = {}
    whose: dict[int, int] = {}
    for sides in groups:
        keeper = min(sides, key=lambda side: side[0].first_seq)[0].person
        moved |= {link.registration: keeper for side in sides for link in side}
        whose |= {link.registration: link.person for side in sides for link in side}
    reunited = [
        _decision((row.one, row.other), TOGETHER, by)
        for _, row in standing.city.link_decisions(standing.known)
        if row.verdict == APART
        and row.one in whose
        and row.other in whose
        and whose[row.one] != whose[row.other]
        and moved[row.one] == moved[row.other]
    ]
    return moved, reunited


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _decision(pair: tuple[int, int], verdict: str, by: By) -> LinkDecision:
    one, other = _ordered(*pair)
    return LinkDecision(one, other, verdict, by.who, by.why.strip())


def _links_of(standing: Standing, person: int) -> list[Link]:
    found = _links_among(standing, f"person_id = {int(person)}")
    if not found:
        raise Refusal(Problem(code="LINK-021", args={"person": show_person(person)}))
    return found


def _links_among(standing: Standing, test: str) -> list[Link]:
    sql = f"SELECT registration_id, person_id, given, first_seq FROM {derive(standing).links} WHERE {test}"
    return [Link(*row) for row in standing.workspace.rows(f"{sql} ORDER BY first_seq, registration_id")]


def _free_number(standing: Standing, part: Sequence[Link]) -> int:
    """A number nobody goes by: that of the first registration's identity number, or of a registration itself."""
    people = derive(standing).people
    for number in [part[0].given, *(link.registration for link in part)]:
        if standing.workspace.one(f"SELECT 1 FROM {people} WHERE person_id = {number}") is None:
            return number
    raise Refusal(Problem(code="LINK-027", args={"person": show_person(part[0].person)}))


def _find_stretch(standing: Standing, number: int) -> tuple[int, int]:
    """The numbers of all that was decided together with this."""
    for entry in standing.city.acceptance(number):
        if entry.kind == "link_decision":
            return entry.first_seq, entry.last_seq
    raise Refusal(Problem(code="LINK-025", args={"number": str(number)}))


def _before(standing: Standing, first: int, last: int) -> dict[int, int]:
    """Registrations that were moved together with a decision and not since -> whose they were before it."""
    beside = [entry for entry in standing.city.acceptance(last + 1) if entry.kind == "links"]
    if not beside or not standing.stored_links:
        return {}
    newest = f"SELECT registration_id, max(seq) AS seq FROM {standing.stored_links} GROUP BY 1"
    inside = f"seq BETWEEN {beside[0].first_seq} AND {beside[0].last_seq}"
    earlier = replace(standing, known=first - 1)
    rows = standing.workspace.rows(
        f"SELECT registration_id, person_id FROM ({plan_links(link_sources(earlier))})"
        f" SEMI JOIN (SELECT registration_id FROM ({newest}) WHERE {inside}) USING (registration_id)"
    )
    return dict(rows)


def accept_decisions(
    standing: Standing, decisions: Sequence[LinkDecision], moved: Mapping[int, int], by: By
) -> Outcome:
    """Accept decisions with the links that change by them. Errors: LINK-026 no reason given, LINK-020 somebody else linked."""
    if not by.why.strip():
        raise Refusal(Problem(code="LINK-026"))
    workspace = standing.workspace
    columns = {"registration_id": "BIGINT", "person_id": "BIGINT", "rule": "VARCHAR"}
    workspace.create_table("moving", columns, [(one, moved[one], DECISION) for one in sorted(moved)])
    with standing.city.writer(by.who) as writer:
        refuse_linked_since(standing)
        staged = writer.stage(LINK_TABLE, links_sql("moving", by.at), workspace)
        number = writer.decide_links(decisions, staged, by.at)
    return Outcome(number, moved)
