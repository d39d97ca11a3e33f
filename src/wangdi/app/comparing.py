"""Two knowledge dates side by side: which figures moved, who moved them, and which records did it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wangdi.app.derivation import Standing, derive
from wangdi.app.people import Asked, find_people
from wangdi.app.questions import compute_figures
from wangdi.core.periods import Period
from wangdi.engines.tables import table_of
from wangdi.indicators.counting import over_people
from wangdi.indicators.figures import Figure, Level
from wangdi.language.model import Form
from wangdi.link.people import parse_person, show_person


@dataclass(frozen=True, slots=True)
class Moved:
    """One figure that is not what it was, with who came, who went, and why."""

    before: Figure
    after: Figure
    people: list[dict[str, Any]]


def compare_known(
    before: Standing, after: Standing, period: Period, level: Level, wanted: Sequence[str] = ()
) -> list[Moved]:
    """The figures of a period that differ between two standings, each with the people and records that moved it.

    Rule: for each person who entered or left the numerator or the denominator, the records accepted, superseded or
    withdrawn in between are named: ``late`` (new), ``corrected``, ``withdrawn``; where there are none the rules changed.
    """
    old = {(f.indicator, f.area): f for f in compute_figures(before, [period], [level], wanted).figures}
    new = {(f.indicator, f.area): f for f in compute_figures(after, [period], [level], wanted).figures}
    packs = after.library.newest.values()
    counting_people = {item.id for pack in packs for item in pack.indicators.values() if over_people(item)}
    moved: list[Moved] = []
    for key, now in new.items():
        was = old.get(key)
        if was is None or (was.numerator, was.denominator) == (now.numerator, now.denominator):
            continue
        people = _moved_people(before, after, period, now) if now.indicator in counting_people else []
        moved.append(Moved(was, now, people))
    return moved


def _moved_people(before: Standing, after: Standing, period: Period, figure: Figure) -> list[dict[str, Any]]:
    asked = Asked(figure.indicator, period, figure.area, "numerator")
    sides = []
    for standing in (before, after):
        counted = find_people(standing, asked, figure.level)
        whole = figure.denominator_kind == "people"  # a population opens to its table row, not to people
        inside = find_people(standing, replace(asked, part="denominator"), figure.level) if whole else set()
        sides.append((counted, inside))
    (old_counted, old_inside), (new_counted, new_inside) = sides
    moves: dict[str, list[str]] = {}
    for word, people in (
        ("entered_denominator", new_inside - old_inside),
        ("left_denominator", old_inside - new_inside),
        ("entered_numerator", new_counted - old_counted),
        ("left_numerator", old_counted - new_counted),
    ):
        for person in people:
            moves.setdefault(person, []).append(word)
    causes = find_causes(before, after, sorted(moves))
    rules_changed = before.rules_key != after.rules_key
    return [
        {
            "person_id": person,
            "moves": words,
            "records": causes.get(person, []),
            "cause": _name_cause(causes.get(person, []), rules_changed),
        }
        for person, words in sorted(moves.items())
    ]


def _name_cause(records: Sequence[dict[str, Any]], rules_changed: bool) -> str:
    kinds = list(dict.fromkeys(str(record["kind"]) for record in records))
    return kinds[0] if kinds else ("rules" if rules_changed else "relinked")


def find_causes(before: Standing, after: Standing, people: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The records about these people accepted between two standings, and those ended in between, by person."""
    numbers = [number for person in people if (number := parse_person(person)) is not None]
    if not numbers:
        return {}
    workspace = after.workspace
    links = f"(SELECT * FROM {derive(after).links} WHERE person_id IN ({', '.join(map(str, numbers))}))"
    found: dict[str, list[dict[str, Any]]] = {}
    for form in after.library.forms.values():
        sql = after.city.all_facts_sql(workspace, table_of(form), after.known)
        rows = workspace.dicts(
            f"SELECT l.person_id, f.seq, f.occurred_on, f.org, f.retired_by, f.retired_kind FROM ({sql}) f"
            f" JOIN {links} l USING (registration_id)"
            f" WHERE f.seq > {before.known} OR f.retired_by > {before.known} ORDER BY f.seq"
        )
        replaced = {row["retired_by"] for row in rows if row["retired_kind"] == "superseded"}
        for row in rows:
            found.setdefault(show_person(row["person_id"]), []).append(_cause(form, row, before.known, replaced))
    return found


def _cause(form: Form, row: dict[str, Any], before: int, replaced: set[int]) -> dict[str, Any]:
    kind = "late"
    if row["seq"] <= before:
        kind = "corrected" if row["retired_kind"] == "superseded" else "withdrawn"
    elif row["seq"] in replaced:
        kind = "corrected"
    return {
        "kind": kind,
        "fact_id": row["seq"],
        "form": form.full_name,
        "occurred_on": row["occurred_on"],
        "org": row["org"],
        "retired_by": row["retired_by"],
    }
