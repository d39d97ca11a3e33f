"""The page of a round: where every item stands, what turned, how the areas rank, and which owners have what open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wangdi.app.numbers import show_rate
from wangdi.app.plan_progress import Ground, Progress
from wangdi.app.plan_telling import show_amount, show_more, show_value, tell_pace
from wangdi.core.problem import Problem, Refusal
from wangdi.plans.bulletin_page import FIRST, LAST, PRINTED_SIGNS, Line, Page, bulletin_words, render_bulletin, title_of
from wangdi.plans.bulletin_page import Block as PageBlock
from wangdi.plans.goals import show_goal
from wangdi.plans.model import AT_MOST
from wangdi.plans.rounds import rank_values, round_around
from wangdi.plans.standing import DONE, GREEN, GREY, LIGHTS, Stand
from wangdi.plans.turns import Turn
from wangdi.reports.printing.paper import Block, Grid, Paper, Words, print_paper


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
        owners=count_owners(progress),
        scores=_tell_scores(progress, ground),
    )


def rank_areas(one: Progress) -> tuple[Place, ...]:
    """The areas of an item in their order, the best first."""
    goal = one.item.goal
    values = [_rank_value(area.stand, one.unit) for area in one.areas]
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


def _rank_value(stand: Stand, unit: str) -> float | None:
    """What areas are ranked by: their figure; of what is counted, the share of what they owe."""
    level = stand.goal.level if stand.goal is not None else None
    if unit not in ("count", "") or stand.value is None or not level:
        return stand.value
    return stand.value / level


def count_owners(progress: Sequence[Progress]) -> tuple[tuple[str, Mapping[str, int]], ...]:
    """The responsible units with how many of their items show which light; those with most behind first."""
    found: dict[str, dict[str, int]] = {}
    for one in progress:
        counts = found.setdefault(one.item.owner, dict.fromkeys(LIGHTS, 0))
        counts[one.stand.light] += 1
    return tuple(sorted(found.items(), key=lambda pair: (-pair[1][LIGHTS[0]], pair[0])))


def score_areas(progress: Sequence[Progress]) -> dict[str, tuple[int, int]]:
    """Area → how many of its items are done or on course, of how many. Missing: what shows no figure is not judged."""
    found: dict[str, list[bool]] = {}
    for one in progress:
        for area in one.areas:
            if area.stand.light != GREY:
                found.setdefault(area.area.code, []).append(area.stand.light in (DONE, GREEN))
    return {code: (sum(kept), len(kept)) for code, kept in found.items()}


def _tell_scores(progress: Sequence[Progress], ground: Ground) -> tuple[tuple[str, int, int], ...]:
    """The areas in order of the share of their items that are done or on course."""
    names = {area.code: area.name for area in ground.below}
    scores = [(names[code], kept, judged) for code, (kept, judged) in score_areas(progress).items()]
    return tuple(sorted(scores, key=lambda score: (-score[1] / score[2], score[0])))


def write_page(page: Page, out: Path, lang: str) -> None:
    """Write the page of a round as one file, a PDF where its name ends so. Errors: PLAN-007 the file cannot be written."""
    printed = out.suffix.lower() == ".pdf"
    content = print_page(page, lang) if printed else render_bulletin(page, lang).encode()
    try:
        out.write_bytes(content)
    except OSError as error:
        raise Refusal(Problem(code="PLAN-007", file=out.name, args={"reason": error.strerror or ""})) from error


def print_page(page: Page, lang: str) -> bytes:
    """The page of a round as a PDF across. Errors: REPORT-008, REPORT-009."""
    words = bulletin_words(lang)
    blocks: list[Block] = [Words(f"{page.between[0]} — {page.between[1]}", centred=True)]
    first, last = (
        [_grid(words[name], words[f"{name}_columns"], page.tables[name], words) for name in names if page.tables[name]]
        for names in (FIRST, LAST)
    )
    rankings = [_grid(one.title, words["rankings_columns"], one.lines, words) for one in page.rankings if one.lines]
    blocks += [*first, *rankings, *last]
    if not page.tables["items"]:
        blocks.append(Words(words["nothing"]))
    blocks.append(Words(words["note"]))
    return print_paper(Paper(title_of(page, lang), blocks, date.fromisoformat(page.between[1]), lang, across=True))


def _grid(caption: str, columns: str, lines: Sequence[Line], words: Mapping[str, str]) -> Grid:
    """A table of a round; a light is told by its sign and its word."""
    lit = any(line.light for line in lines)
    head = [*([words["light"]] if lit else []), *columns.split("|")]
    rows = [[*([_show_light(line, words)] if lit else []), *line.texts] for line in lines]
    return Grid(caption, head, rows)


def _show_light(line: Line, words: Mapping[str, str]) -> str:
    return f"{PRINTED_SIGNS.get(line.light, '')} {words.get(f'light_{line.light}', '')}".strip()


def page_of(bulletin: Bulletin, lang: str) -> Page:
    """A round as the plain texts its page is made of."""
    lines = [
        Line(
            one.stand.light,
            (one.item.name, show_goal(one.item.goal) if one.item.goal is not None else "", show_value(one, lang),
             one.item.owner, f"{one.item.deadline}", "" if one.stand.holds else f"{one.stand.days_left}",
             tell_pace(one, lang)),
        )
        for one in bulletin.lines
    ]  # fmt: skip
    turns = [
        Line(turn.state, (f"{turn.on}", one.item.name, show_rate(turn.value, one.unit, lang), turn.period))
        for one, turn in bulletin.turns
    ]
    steps = [Line("done", (f"{day}", one.item.name, name)) for one, name, day in bulletin.steps]
    rankings = [
        PageBlock(one.item.name, tuple(Line(place.light, _place_texts(one, place, lang)) for place in places))
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


def _place_texts(one: Progress, place: Place, lang: str) -> tuple[str, ...]:
    change = "—" if place.change is None else f"{place.change:+.2f}"
    more = "—" if place.more is None else show_more(place.more, one.people, lang) if place.more else "0"
    return (f"{place.rank or '—'}", place.name, show_amount(place.value, one.unit, lang), change, more, place.owner)
