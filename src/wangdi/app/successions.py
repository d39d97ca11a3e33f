"""Identity numbers that were legitimately changed, recorded in a city as decisions that linking honours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wangdi.app.changed_numbers import Change, follow
from wangdi.app.derivation import Standing, derive
from wangdi.app.link_decisions import By, Link, Outcome, accept_decisions, join_groups
from wangdi.core.problem import Problem, Refusal
from wangdi.link.successions import DIGITS, person_of_number
from wangdi.store.records import SUCCEEDED, LinkDecision


def record_changes(standing: Standing, changes: Sequence[Change], by: By) -> Outcome | None:
    """Record that numbers were changed; nothing where all of it is recorded already.

    Rule: whoever goes by the old number and whoever goes by the new one are one person at once, and whoever registers with
    either later is that person too. The one known first keeps the number of the person.
    Errors: LINK-011 a number has another successor, LINK-012 numbers go round in a circle, LINK-026 no reason given.
    """
    salt, held = standing.city.salt, standing.city.successions(standing.known)
    named = [tuple(person_of_number(salt, number[:DIGITS]) for number in change) for change in changes]
    fresh = {one: other for one, other in named if held.get(one) != other}
    if any(one in held for one in fresh):
        raise Refusal(Problem(code="LINK-011"))
    last = follow(held | fresh)
    if not fresh:
        return None
    groups = _holders(standing, fresh, last)
    moved, together = join_groups(standing, groups, by)
    recorded = [LinkDecision(one, other, SUCCEEDED, by.who, by.why.strip()) for one, other in fresh.items()]
    return accept_decisions(standing, [*recorded, *together], moved, by)


def _holders(standing: Standing, fresh: Mapping[int, int], last: Mapping[int, int]) -> list[list[list[Link]]]:
    """The people who become one, as their links. Rule: whoever became known first with a number goes by it."""
    workspace, links, before = standing.workspace, derive(standing).links, standing.successions
    ends = {before.get(end, end) for change in fresh.items() for end in change}
    workspace.create_table("number_asked", {"given": "BIGINT"}, [(end,) for end in sorted(ends)])
    workspace.run(
        "CREATE OR REPLACE TEMP TABLE number_holder AS"
        f" SELECT given, arg_min(person_id, (first_seq, registration_id)) AS person_id FROM {links}"
        " SEMI JOIN number_asked USING (given) WHERE keyed GROUP BY given"
    )
    holder: dict[int, int] = dict(workspace.rows("SELECT given, person_id FROM number_holder"))
    rows = workspace.rows(
        f"SELECT registration_id, person_id, given, first_seq FROM {links} l"
        " SEMI JOIN number_holder USING (person_id) ORDER BY first_seq, registration_id"
    )
    sides: dict[int, list[Link]] = {}
    for row in rows:
        sides.setdefault(row[1], []).append(Link(*row))
    return [[sides[person] for person in group] for group in _join(holder, last)]


def _join(holder: Mapping[int, int], last: Mapping[int, int]) -> list[list[int]]:
    """People who become one: those whose numbers lead to one last number, and whoever shares any of them."""
    holders: dict[int, list[int]] = {}
    for number, person in holder.items():
        holders.setdefault(last.get(number, number), []).append(person)
    group: dict[int, list[int]] = {}
    for people in holders.values():
        joined = list(dict.fromkeys(one for person in people for one in group.get(person, [person])))
        group |= dict.fromkeys(joined, joined)
    return list({id(people): people for people in group.values()}.values())
