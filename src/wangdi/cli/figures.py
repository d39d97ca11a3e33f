"""``figures`` and ``compare``: official figures, each with what it must be told with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wangdi.app.numbers import plain_number, show_number, show_rate
from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, option
from wangdi.cli.kinds import PERIOD, WordKind
from wangdi.cli.session import Session
from wangdi.core.periods import Period

if TYPE_CHECKING:
    from wangdi.app.comparing import Moved
    from wangdi.app.derivation import Standing
    from wangdi.app.questions import Answer as Figures
    from wangdi.indicators.figures import Figure, Level

LEVELS = ("city", "county", "township", "village", "org")
CONTRACT = (
    "indicator", "title", "area", "area_name", "level", "period", "numerator", "denominator", "value", "unit",
    "denominator_kind", "population", "population_source", "population_seq", "attribution", "edition", "known",
    "suppressed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FiguresAsked:
    """Which figures, read at what was known, and whether they are to be published."""

    period: tuple[Period, ...]
    by: Level | None
    indicator: tuple[str, ...]
    known: str | None
    public: bool
    threshold: int


def run_figures(session: Session, asked: FiguresAsked) -> Answer:
    """Every wanted indicator for every period and area."""
    from wangdi.app.periods import last_period
    from wangdi.app.questions import compute_figures

    with session.open_city() as city, session.standing(city, asked.known) as standing:
        periods = asked.period or (last_period(standing),)
        level = asked.by or widest_level(standing)
        found = compute_figures(standing, periods, [level], asked.indicator, tell_deriving(session))
        hidden = _hidden(standing, found.figures, asked) if asked.public else set()
    return figures_answer(session, found, hidden)


def tell_deriving(session: Session) -> Any:
    """Says what takes a while the first time."""
    return lambda _: session.say(session.word("deriving"))


def widest_level(standing: Standing) -> Level:
    """The city where the regions have one, else the county."""
    levels = {region.level for region in standing.city.regions(standing.known)}
    return "city" if "city" in levels else "county"


def _hidden(standing: Standing, figures: Sequence[Figure], asked: FiguresAsked) -> set[int]:
    from wangdi.indicators.disclosure import choose_hidden

    parents: dict[str, str | None] = {row.code: row.region for row in standing.city.organisations(standing.known)}
    parents |= {row.code: row.parent for row in standing.city.regions(standing.known)}
    return choose_hidden(figures, parents, asked.threshold)


def figure_row(session: Session, figure: Figure, suppressed: bool = False) -> dict[str, Any]:
    """One figure as JSON and CSV give it."""
    population = figure.denominator_kind == "population"
    row = {
        "indicator": figure.indicator,
        "title": figure.title_en if session.lang == "en" and figure.title_en else figure.title,
        "area": figure.area,
        "area_name": session.word("unallocated") if figure.area == "unallocated" else figure.area_name,
        "level": figure.level,
        "period": figure.period,
        "numerator": None if suppressed or figure.unknown else plain_number(figure.numerator),
        "denominator": None if suppressed and not population else plain_number(figure.denominator),
        "value": None if suppressed else figure.value,
        "unit": figure.unit,
        "denominator_kind": figure.denominator_kind,
        "population": figure.population,
        "population_source": figure.population_source,
        "population_seq": figure.population_seq,
        "attribution": figure.attribution,
        "edition": figure.edition,
        "known": figure.known,
    }
    if figure.returns is not None and not suppressed:
        row |= {"returns_due": figure.returns.due, "returns_here": figure.returns.here}
    return row | ({"suppressed": True} if suppressed else {})


def figures_answer(session: Session, found: Figures, hidden: set[int] | None = None) -> Answer:
    """Figures as an answer: rows, a table, and what they stand on."""
    hidden = hidden or set()
    rows = [figure_row(session, figure, place in hidden) for place, figure in enumerate(found.figures)]
    return Answer(
        payload={"snapshot": found.snapshot, "known": found.known, "as_of": found.as_of, "rows": rows},
        grids=(_figures_grid(session, rows),),
        rows=Grid(CONTRACT[:-1] if not hidden else CONTRACT, rows),
        footer=footer_lines(session, found, len(hidden)),
    )


def _figures_grid(session: Session, rows: Sequence[dict[str, Any]]) -> Grid:
    """What changes from row to row is a column, what does not is the title."""
    told: list[str] = []
    columns = ["indicator", "title"]
    for name in ("period", "area_name"):
        values = {str(row[name]) for row in rows}
        if len(values) > 1:
            columns.append(name)
        else:
            told += list(values)
    shown = [
        {
            **row,
            "numerator": session.word("hidden") if row.get("suppressed") else show_number(row["numerator"]),
            "returns": f"{row['returns_here']}/{row['returns_due']}" if "returns_due" in row else "",
            "denominator": show_number(row["denominator"]),
            "value": session.word("hidden")
            if row.get("suppressed")
            else show_rate(row["value"], row["unit"], session.lang),
            "population": row["population_source"],
        }
        for row in rows
    ]
    returns = ["returns"] if any(row["returns"] for row in shown) else []
    columns += ["numerator", "denominator", "value", *returns, "population", "edition"]
    spare = ("edition", "population", "indicator")
    return Grid(tuple(columns), shown, spare, title="　".join(reversed(told)))


def footer_lines(session: Session, found: Figures, hidden: int = 0) -> tuple[str, ...]:
    """What a figure must be told with: snapshot, what was known, the rules' editions, the named populations."""
    lines = [session.word("footer_known", snapshot=found.snapshot, known=found.known, day=found.as_of)]
    editions = sorted({figure.edition for figure in found.figures})
    if editions:
        lines.append(session.word("footer_editions", editions=session.word("list").join(editions)))
    sources = sorted({figure.population_source for figure in found.figures if figure.population_source})
    if sources:
        lines.append(session.word("footer_populations", sources=session.word("list").join(sources)))
    if hidden:
        lines.append(session.word("footer_hidden", hidden=hidden))
    return tuple(lines)


figures = Verb(
    run_figures,
    [
        option("--period", type=PERIOD, multiple=True, metavar="P"),
        option("--by", type=WordKind(LEVELS)),
        option("--indicator", multiple=True, metavar="ID"),
        option("--known", metavar="DATE|TIMESTAMP|N"),
        option("--public", is_flag=True),
        option("--threshold", type=int, default=5),
    ],
    FiguresAsked,
)


@dataclass(frozen=True, slots=True)
class CompareAsked:
    """Two knowledge dates and the figures held side by side."""

    period: Period | None
    known_a: str
    known_b: str | None
    by: Level | None
    indicator: tuple[str, ...]
    limit: int


def run_compare(session: Session, asked: CompareAsked) -> Answer:
    """What moved between two knowledge dates, and why."""
    from wangdi.app.comparing import compare_known
    from wangdi.app.periods import last_period

    with (
        session.open_city() as city,
        session.standing(city, asked.known_a) as before,
        session.standing(city, asked.known_b) as after,
    ):
        period = asked.period or last_period(before)
        level = asked.by or widest_level(after)
        moved = compare_known(before, after, period, level, asked.indicator)
        head = {"period": period.text, "known_a": before.known, "known_b": after.known}
    return compare_answer(session, head, moved, asked.limit)


def compare_answer(session: Session, head: dict[str, Any], moved: Sequence[Moved], limit: int) -> Answer:
    """What moved as an answer."""
    rows = [_moved_row(session, one) for one in moved]
    shown = [_moved_cells(session, row) for row in rows]
    causes = [
        {"indicator": row["indicator"], "area_name": row["area_name"], **_person_cells(session, person)}
        for row in rows
        for person in row["people"]
    ]
    grids = [
        Grid(
            ("title", "area_name", "before", "after", "before_value", "after_value", "why"), shown, ("before", "after")
        )
    ]
    if causes:
        columns = ("indicator", "area_name", "person_id", "moves", "cause", "form", "occurred_on", "org", "fact_id")
        grids.append(Grid(columns, causes[:limit], ("form", "area_name", "org"), session.word("who_moved")))
    left = len(causes) - limit
    footer = [session.word("footer_compared", **head)]
    footer += [session.word("footer_more", left=left)] if left > 0 else []
    return Answer(
        payload={**head, "rows": rows},
        grids=tuple(grids) if rows else (),
        text="" if rows else session.word("nothing_moved"),
        footer=tuple(footer),
    )


def _moved_row(session: Session, moved: Moved) -> dict[str, Any]:
    was, now = (figure_row(session, figure) for figure in (moved.before, moved.after))
    head = {name: now[name] for name in ("indicator", "title", "area", "area_name", "level", "period", "unit")}
    sides = {
        word: {name: row[name] for name in ("numerator", "denominator", "value", "edition", "known")}
        for word, row in (("before", was), ("after", now))
    }
    counts: dict[str, int] = {}
    for person in moved.people:
        counts[str(person["cause"])] = counts.get(str(person["cause"]), 0) + 1
    return {**head, **sides, "causes": counts, "people": moved.people}


def _moved_cells(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    cells: dict[str, Any] = {"title": row["title"], "area_name": row["area_name"]}
    for word in ("before", "after"):
        side = row[word]
        cells[word] = f"{show_number(side['numerator'])}/{show_number(side['denominator'])}"
        cells[f"{word}_value"] = show_rate(side["value"], row["unit"], session.lang)
    cells["why"] = session.word("and").join(
        session.word("cause_count", cause=session.word(f"cause_{name}"), count=count)
        for name, count in row["causes"].items()
    )
    return cells


def _person_cells(session: Session, person: dict[str, Any]) -> dict[str, Any]:
    first = person["records"][0] if person["records"] else {}
    return {
        "person_id": person["person_id"],
        "moves": session.word("and").join(session.word(f"move_{move}") for move in person["moves"]),
        "cause": session.word(f"cause_{person['cause']}"),
        **{name: first.get(name) for name in ("form", "occurred_on", "org", "fact_id")},
    }


compare = Verb(
    run_compare,
    [
        option("--period", type=PERIOD, metavar="P"),
        option("--known-a", required=True, metavar="DATE|TIMESTAMP|N"),
        option("--known-b", metavar="DATE|TIMESTAMP|N"),
        option("--by", type=WordKind(LEVELS)),
        option("--indicator", multiple=True, metavar="ID"),
        option("--limit", type=int, default=20),
    ],
    CompareAsked,
)
