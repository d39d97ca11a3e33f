"""Two knowledge dates side by side: which figures moved, who moved them, and which records did it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wangdi.app.derivation import Standing, derive
from wangdi.app.people import Asked, find_people
from wangdi.app.questions import as_of_number, compute_figures
from wangdi.core.periods import Period
from wangdi.engines.tables import table_of
from wangdi.indicators.counting import over_people
from wangdi.indicators.figures import Figure, Level
from wangdi.language.model import Form
from wangdi.language.record import Cell
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
    withdrawn in between are named: ``late`` (new), ``corrected``, ``withdrawn``. Where there are none: ``rules`` changed,
    ``time`` went by inside the period (more was due), or the records were ``relinked``.
    """
    old = compute_figures(before, [period], [level], wanted).figures
    new = compute_figures(after, [period], [level], wanted).figures
    return [Moved(was, now, _moved_people(before, after, period, now)) for was, now in pair_moved(old, new)]


def pair_moved(before: Iterable[Figure], after: Iterable[Figure]) -> list[tuple[Figure, Figure]]:
    """The figures that are there on both sides and differ, as they were and as they are."""
    old = {(figure.indicator, figure.area): figure for figure in before}
    pairs = ((old.get((now.indicator, now.area)), now) for now in after)
    return [
        (was, now)
        for was, now in pairs
        if was is not None and (was.numerator, was.denominator) != (now.numerator, now.denominator)
    ]


def _moved_people(before: Standing, after: Standing, period: Period, figure: Figure) -> list[dict[str, Any]]:
    """Who moved a figure, with the records and the cause; nobody where it does not count people."""
    moves = find_moves(before, after, period, figure)
    return explain_moves(before, after, period, moves)


def find_moves(before: Standing, after: Standing, period: Period, figure: Figure) -> dict[str, list[str]]:
    """Who entered or left the numerator or the denominator of a figure, by person; empty where it counts no people.

    Both standings may share one engine.
    """
    packs = after.library.newest.values()
    if figure.indicator not in {item.id for pack in packs for item in pack.indicators.values() if over_people(item)}:
        return {}
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
    return dict(sorted(moves.items()))


def explain_moves(
    before: Standing, after: Standing, period: Period, moves: Mapping[str, list[str]]
) -> list[dict[str, Any]]:
    """The records behind some people's moves, and their cause."""
    causes = find_causes(before, after, list(moves))
    otherwise = _cause_without_records(before, after, period)
    return [
        {
            "person_id": person,
            "moves": words,
            "records": causes.get(person, []),
            "cause": _name_cause(causes.get(person, []), otherwise),
        }
        for person, words in moves.items()
    ]


def _cause_without_records(before: Standing, after: Standing, period: Period) -> str:
    """Why somebody moves about whom nothing was accepted: other rules, a day on which more is due, or who is who."""
    if _bound_rules(before) != _bound_rules(after):
        return "rules"
    passed = as_of_number(before.city, before.known) < min(period.end, as_of_number(after.city, after.known))
    return "time" if passed else "relinked"


def _bound_rules(standing: Standing) -> dict[str, list[tuple[str, list[tuple[str, Cell]]]]]:
    return {
        name: [(rules.pack.digest, sorted(rules.values.items())) for rules in item.editions]
        for name, item in standing.programmes.items()
    }


def _name_cause(records: Sequence[dict[str, Any]], otherwise: str) -> str:
    kinds = list(dict.fromkeys(str(record["kind"]) for record in records))
    return kinds[0] if kinds else otherwise


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
