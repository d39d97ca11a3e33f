"""The page of a round: where every item stands, what turned, how the areas rank, and which owners have what open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wangdi.app.numbers import show_number, show_rate
from wangdi.app.plan_progress import Ground, Progress
from wangdi.app.plan_telling import tell_pace
from wangdi.core.problem import Problem, Refusal
from wangdi.plans.bulletin_page import Block, Line, Page, render_bulletin
from wangdi.plans.goals import show_goal
from wangdi.plans.model import AT_MOST
from wangdi.plans.rounds import rank_values, round_around
from wangdi.plans.standing import DONE, GREEN, LIGHTS
from wangdi.plans.turns import Turn


@dataclass(frozen=True, slots=True)
class Place:
    """An area in the order of an item. ``change``: against the month before."""

    rank: int | None
    area: str
    name: str
    owner: str
    value: float | None
    change: float | None
    more: int | None
    light: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """Everything one round tells. ``steps``: done in the round, with their item; ``scores``: area → kept, judged."""

    every: str
    area: str
    on: date
    first: date
    last: date
    lines: tuple[Progress, ...]
    turns: tuple[tuple[Progress, Turn], ...]
    steps: tuple[tuple[Progress, str, date], ...]
    rankings: tuple[tuple[Progress, tuple[Place, ...]], ...]
    owners: tuple[tuple[str, Mapping[str, int]], ...]
    scores: tuple[tuple[str, int, int], ...]


def compose_bulletin(progress: Sequence[Progress], ground: Ground, every: str) -> Bulletin:
    """The round that the day is in, up to the day. The gravest items stand first."""
    first, last = round_around(every, ground.on)
    until = min(last, ground.on)
    lines = sorted(progress, key=lambda one: (LIGHTS.index(one.stand.light), one.stand.days_left, one.held.key))
    turns = [(one, turn) for one in progress for turn in one.turns if first <= turn.on <= until]
    steps = [
        (one, step.name, step.done_on)
        for one in progress
        for step in one.item.steps
        if step.is_done and step.done_on is not None and first <= step.done_on <= until
    ]
    return Bulletin(
        every=every,
        area=ground.whole.name,
        on=ground.on,
        first=first,
        last=until,
        lines=tuple(lines),
        turns=tuple(sorted(turns, key=lambda one: (one[1].on, one[0].held.key))),
        steps=tuple(sorted(steps, key=lambda one: (one[2], one[0].held.key))),
        rankings=tuple((one, rank_areas(one)) for one in progress if one.areas),
        owners=_count_owners(progress),
        scores=_score_areas(progress),
    )


def rank_areas(one: Progress) -> tuple[Place, ...]:
    """The areas of an item in their order, the best first."""
    goal = one.item.goal
    values = [area.stand.value for area in one.areas]
    ranks = rank_values(values, goal is not None and goal.comparator == AT_MOST)
    places = [
        Place(
            rank,
            area.area.code,
            area.area.name,
            area.owner,
            area.stand.value,
            area.stand.pace.last_change if area.stand.pace is not None else None,
            area.stand.more,
            area.stand.light,
        )
        for rank, area in zip(ranks, one.areas, strict=True)
    ]
    return tuple(sorted(places, key=lambda place: (place.rank is None, place.rank or 0, place.area)))


def _count_owners(progress: Sequence[Progress]) -> tuple[tuple[str, Mapping[str, int]], ...]:
    found: dict[str, dict[str, int]] = {}
    for one in progress:
        counts = found.setdefault(one.item.owner, dict.fromkeys(LIGHTS, 0))
        counts[one.stand.light] += 1
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1][LIGHTS[0]], pair[0])))


def _score_areas(progress: Sequence[Progress]) -> tuple[tuple[str, int, int], ...]:
    found: dict[str, list[bool]] = {}
    for one in progress:
        for area in one.areas:
            if area.stand.value is not None:
                found.setdefault(area.area.name, []).append(area.stand.light in (DONE, GREEN))
    scores = [(name, sum(kept), len(kept)) for name, kept in found.items()]
    return tuple(sorted(scores, key=lambda score: (-score[1] / score[2], score[0])))


def write_page(page: Page, out: Path, lang: str) -> None:
    """Write the page of a round as one file. Errors: PLAN-007 the file cannot be written."""
    try:
        out.write_text(render_bulletin(page, lang), encoding="utf-8")
    except OSError as error:
        raise Refusal(Problem(code="PLAN-007", file=out.name, args={"reason": error.strerror or ""})) from error


def page_of(bulletin: Bulletin, lang: str) -> Page:
    """A round as the plain texts its page is made of."""
    lines = [
        Line(
            one.stand.light,
            (one.item.name, show_goal(one.item.goal) if one.item.goal is not None else "", show_now(one, lang),
             one.item.owner, f"{one.item.deadline}", f"{one.stand.days_left}", tell_pace(one, lang)),
        )
        for one in bulletin.lines
    ]  # fmt: skip
    turns = [
        Line(turn.state, (f"{turn.on}", one.item.name, show_rate(turn.value, one.unit, lang), turn.period))
        for one, turn in bulletin.turns
    ]
    steps = [Line("done", (f"{day}", one.item.name, name)) for one, name, day in bulletin.steps]
    rankings = [
        Block(one.item.name, tuple(Line(place.light, _place_texts(one, place, lang)) for place in places))
        for one, places in bulletin.rankings
    ]
    owners = [Line("", (name, *(f"{counts[light]}" for light in LIGHTS))) for name, counts in bulletin.owners]
    scores = [Line("", (name, f"{kept}", f"{judged}")) for name, kept, judged in bulletin.scores]
    return Page(
        bulletin.every,
        bulletin.area,
        (f"{bulletin.first}", f"{bulletin.last}"),
        {"items": tuple(lines), "turns": tuple(turns), "steps": tuple(steps), "owners": tuple(owners),
         "scores": tuple(scores)},
        tuple(rankings),
    )  # fmt: skip


def show_now(one: Progress, lang: str) -> str:
    """What an item stands at, in its indicator's unit."""
    return show_rate(one.stand.value, one.unit, lang) if one.unit else show_number(one.stand.value)


def _place_texts(one: Progress, place: Place, lang: str) -> tuple[str, ...]:
    change = "—" if place.change is None else f"{place.change:+.2f}"
    more = "—" if place.more is None else show_number(place.more)
    return (f"{place.rank or '—'}", place.name, show_rate(place.value, one.unit, lang), change, more, place.owner)
