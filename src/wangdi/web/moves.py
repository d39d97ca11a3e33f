"""Figures that moved between two numbers, and who moved them: asked once, kept, people only of those one opens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from wangdi.app.comparing import explain_moves, find_moves, pair_moved
from wangdi.app.derivation import Standing
from wangdi.app.numbers import show_number, show_rate, show_value
from wangdi.app.questions import compute_figures, stand_on
from wangdi.core.periods import Period
from wangdi.indicators.figures import Figure, Level
from wangdi.web.door import Door
from wangdi.web.names import name_people
from wangdi.web.render import english_or
from wangdi.web.view import View
from wangdi.web.words import word

EXPLAINED_FIGURES = 6
"""Figures of which a batch's page names the people unasked."""
NAMED_PEOPLE = 5
COUNTED_PEOPLE = 2_000
"""Up to so many the causes of all are counted; of more only those of a page are looked up."""


@dataclass(frozen=True, slots=True)
class Both:
    """Two numbers of which the later is seen beside the earlier, for a period and a level."""

    before: int
    after: int
    period: Period
    level: Level


@dataclass(frozen=True, slots=True)
class Told:
    """A figure that moved as a page tells it. ``people``: of the first figures, the first who moved it."""

    title: str
    figure: Figure
    before: str
    after: str
    before_of: str
    after_of: str
    change: str
    causes: str
    count: int | None
    people: tuple[dict[str, Any], ...]
    link: str


def list_moved(door: Door, both: Both) -> list[tuple[Figure, Figure]]:
    """The figures that differ, as they were and as they are."""
    return door.keep(
        ("moved", both), lambda: pair_moved(_figures(door, both, both.before), _figures(door, both, both.after))
    )


def _figures(door: Door, both: Both, known: int) -> Sequence[Figure]:
    def compute() -> list[Figure]:
        with door.standing(known) as standing:
            return compute_figures(standing, [both.period], [both.level]).figures

    return door.keep(("level", known, both.period.text, both.level), compute)


@contextmanager
def _both_standings(door: Door, both: Both) -> Iterator[tuple[Standing, Standing]]:
    """Two standings over one engine: two pages that each wait for a second one would wait for ever."""
    with door.standing(both.after) as after:
        yield stand_on(door.city, after.workspace, door.library, both.before), after


def moves_of(door: Door, both: Both, figure: Figure) -> Mapping[str, list[str]]:
    """Who moved a figure, and how."""

    def find() -> Mapping[str, list[str]]:
        with _both_standings(door, both) as (before, after):
            return find_moves(before, after, both.period, figure)

    return door.keep(("moves", both, figure.indicator, figure.area), find)


def explained(door: Door, both: Both, moves: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """Some people's moves with records and cause."""
    with _both_standings(door, both) as (before, after):
        return explain_moves(before, after, both.period, moves)


def cause_counts(lang: str, people: Sequence[Mapping[str, Any]]) -> str:
    """How many moved for which cause."""
    counts: dict[str, int] = {}
    for one in people:
        counts[one["cause"]] = counts.get(one["cause"], 0) + 1
    parts = [
        word(lang, "compare.cause_count", cause=word(lang, f"compare.cause_{name}"), count=count)
        for name, count in counts.items()
    ]
    return word(lang, "compare.and").join(parts)


def show_fraction(figure: Figure) -> str:
    """Numerator and denominator."""
    return show_number(figure.numerator) + (
        f" / {show_number(figure.denominator)}" if figure.denominator is not None else ""
    )


def show_change(was: Figure, now: Figure) -> str:
    """By how much the value changed, with its sign; empty where there was or is none."""
    if was.value is None or now.value is None:
        return ""
    change = now.value - was.value
    return f"{'+' if change > 0 else ''}{show_value(change, now.unit)}"


def people_link(view: View, both: Both, figure: Figure) -> str:
    """Where the people who moved a figure are listed."""
    return view.link(
        "/compare/people",
        indicator=figure.indicator,
        area=figure.area,
        level=both.level,
        period=both.period.text,
        before=both.before,
        known=both.after,
    )


def tell_moved(door: Door, view: View, both: Both, moved: Sequence[tuple[Figure, Figure]]) -> list[Told]:
    """The figures that moved in words; of the first of them also who and why."""
    told = []
    for place, (was, now) in enumerate(moved):
        moves = moves_of(door, both, now) if place < EXPLAINED_FIGURES else None
        people = _explain_first(door, both, now, moves) if moves else []
        told.append(
            Told(
                title=english_or(now.title, now.title_en, view.lang),
                figure=now,
                before=show_rate(was.value, was.unit, view.lang),
                after=show_rate(now.value, now.unit, view.lang),
                before_of=show_fraction(was),
                after_of=show_fraction(now),
                change=show_change(was, now),
                causes=cause_counts(view.lang, people) if moves and len(moves) == len(people) else "",
                count=None if moves is None else len(moves),
                people=tuple(_with_names(door, both, people[:NAMED_PEOPLE])),
                link=people_link(view, both, now),
            )
        )
    return told


def _explain_first(door: Door, both: Both, figure: Figure, moves: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    chosen = moves if len(moves) <= COUNTED_PEOPLE else dict(list(moves.items())[:NAMED_PEOPLE])
    return door.keep(("explained", both, figure.indicator, figure.area), lambda: explained(door, both, chosen))


def _with_names(door: Door, both: Both, people: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    names = name_people(door, both.after, [one["person_id"] for one in people])
    return [{**one, "name": names.get(one["person_id"], "") or one["person_id"]} for one in people]
