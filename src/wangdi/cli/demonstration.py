"""``demo``: a synthetic county made, collected and asked, and its story told in the terminal."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wangdi.app.numbers import show_number, show_rate
from wangdi.cli.answer import Answer, Grid
from wangdi.cli.figures import figure_row, figures_answer, footer_lines
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import PATH, WordKind
from wangdi.cli.persons import tell_inputs, tell_reason
from wangdi.cli.progress import show_steps
from wangdi.cli.serving import LOCAL, ServeAsked, serve_folder
from wangdi.cli.session import Session
from wangdi.cli.tables import render_grid, show_plainly, terminal_width
from wangdi.core.problem import load_messages

if TYPE_CHECKING:
    from wangdi.app.demo import DemoCity
    from wangdi.app.spellings import Spelt
    from wangdi.app.story import Late, Missing, Story
    from wangdi.language.library import Library

SHAPES = ("county", "city")
STEPS = ("world", "init", "collect", "link", "signals", "derive", "story")


@dataclass(frozen=True, slots=True)
class DemoAsked:
    """Where, and how large a world."""

    folder: Path
    shape: str
    people: int
    seed: int
    year: int
    serve: bool | None
    port: int


@dataclass(slots=True)
class Stopwatch:
    """How long each step took; lives as long as the run."""

    seconds: dict[str, float] = field(default_factory=dict)
    step: str = ""
    since: float = 0.0

    def begin(self, step: str) -> None:
        """The step before ends where the next begins."""
        now = time.perf_counter()
        if self.step:
            self.seconds[self.step] = self.seconds.get(self.step, 0.0) + now - self.since
        self.step, self.since = step, now


def run_demo(session: Session, asked: DemoAsked) -> Answer:
    """Make, collect, derive, and tell."""
    from wangdi.app.cities import open_library
    from wangdi.app.demo import DemoSettings, make_demo
    from wangdi.app.derivation import derive
    from wangdi.app.questions import stand_on
    from wangdi.app.story import find_story
    from wangdi.store.city import City

    watch = Stopwatch()
    settings = DemoSettings(shape=asked.shape, people=asked.people, seed=asked.seed, year=asked.year)  # type: ignore[arg-type]
    with show_steps(session, 0, session.word("demo_making")) as step:

        def say(name: str, done: int, total: int) -> None:
            kind = name.split()[0]
            watch.begin(kind)
            step(f"{session.word(f'step_{kind}')} {name.partition(' ')[2]}{f'{done}/{total}' if total > 1 else ''}")

        made = make_demo(asked.folder, settings, say)
        with City.open(asked.folder) as city, city.workspace() as workspace:
            say("derive", 0, 0)
            library = open_library(city)
            standing = stand_on(city, workspace, library)
            derive(standing)
            say("story", 0, 0)
            story = find_story(city, standing, asked.year)
        watch.begin("")
    text = tell_story(session, made, story, library)
    seconds = {name: round(value, 1) for name, value in watch.seconds.items()}
    session.say(session.word("demo_seconds", **{name: seconds.get(name, 0.0) for name in STEPS}))
    if sys.stdout.isatty() if asked.serve is None else asked.serve:
        click.echo(text)
        serve_folder(session, asked.folder, ServeAsked(asked.port, LOCAL, False, None, None))
        text = session.word("served")
    return Answer(payload=_demo_json(session, made, story, seconds), text=text)


demo = Verb(
    run_demo,
    [
        argument("folder", type=PATH, metavar="DIR"),
        option("--shape", type=WordKind(SHAPES), default="county"),
        option("--people", type=int, default=20_000),
        option("--seed", type=int, default=1),
        option("--year", type=click.IntRange(2000, 2100), default=2025),
        option("--serve/--no-serve", default=None),
        option("--port", type=int, default=8000),
    ],
    DemoAsked,
)


def _demo_json(session: Session, made: DemoCity, story: Story, seconds: Mapping[str, float]) -> dict[str, Any]:
    return {
        "folder": made.folder,
        "world": {name: value for name, value in asdict(made.world).items() if name != "folder"},
        "collected": asdict(made.taken),
        "seconds": seconds,
        "board": figures_answer(session, story.board).payload,
        "missing": None if story.missing is None else asdict(story.missing),
        "late": None if story.late is None else {**asdict(story.late), "period": story.late.period.text},
        "refused": [{"code": code, "count": count} for code, count in story.refused],
        "who": asdict(story.who),
        "try": None if story.tryout is None else asdict(story.tryout),
    }


def tell_story(session: Session, made: DemoCity, story: Story, library: Library) -> str:
    """The whole story as text."""
    parts = [_tell_world(session, made), _tell_board(session, story), _tell_rate(session, story)]
    if story.missing is not None:
        parts.append(_tell_missing(session, story.missing, library))
    if story.late is not None:
        parts.append(_tell_late(session, story.late, library))
    if (who := _tell_who(session, story)) is not None:
        parts.append(who)
    parts += [_tell_refused(session, story), _tell_next(session, made.folder, story)]
    return _number(parts)


def _number(parts: list[str]) -> str:
    """Chapters one after another, however many there are."""
    return "\n\n".join(f"{number}. {part}" for number, part in enumerate(parts, start=1))


def _tell_world(session: Session, made: DemoCity) -> str:
    world, taken = made.world, made.taken
    numbers: dict[str, object] = {name: show_number(value) for name, value in asdict(taken).items()}
    said = session.word(
        "story_world", people=show_number(world.people), townships=world.townships, villages=world.villages,
        senders=world.senders, files=show_number(world.files), folder=made.folder, **numbers,
    )  # fmt: skip
    return f"{session.word('story_world_title')}\n{said}"


def _tell_board(session: Session, story: Story) -> str:
    """One row an indicator, the year before beside the year."""
    rows: dict[str, dict[str, Any]] = {}
    periods = list(dict.fromkeys(figure.period for figure in story.board.figures))
    for figure in story.board.figures:
        told = figure_row(session, figure)
        row = rows.setdefault(figure.indicator, {"indicator": figure.indicator, "title": told["title"]})
        place = "before_value" if figure.period == periods[0] and len(periods) > 1 else "value"
        row[place] = show_rate(figure.value, figure.unit, session.lang)
        if place == "value":
            row["numerator"], row["denominator"] = show_number(figure.numerator), show_number(figure.denominator)
    area = story.board.figures[0].area_name if story.board.figures else ""
    columns = ("indicator", "title", "numerator", "denominator", "value", "before_value")
    grid = Grid(columns, list(rows.values()), ("before_value", "indicator"))
    lines = [
        session.word("story_board_title", area=area, period=periods[-1], before=periods[0]),
        render_grid(grid, session.lang, terminal_width()),
        *footer_lines(session, story.board),
    ]
    return "\n".join(lines)


def _tell_rate(session: Session, story: Story) -> str:
    figures = story.townships.figures
    rows = [
        {**figure_row(session, figure), "value": show_rate(figure.value, figure.unit, session.lang),
         "missing": int((figure.denominator or 0) - figure.numerator)}
        for figure in figures
    ]  # fmt: skip
    title = rows[0]["title"] if rows else ""
    columns = ("area", "area_name", "numerator", "denominator", "value", "missing")
    return "\n".join(
        [
            session.word("story_rate_title", title=title),
            render_grid(Grid(columns, rows, ("area",)), session.lang, terminal_width()),
            session.word("story_sums"),
        ]
    )


def _tell_missing(session: Session, missing: Missing, library: Library) -> str:
    figure, record = missing.figure, missing.record
    reasons = [f"  · {tell_reason(session, why)}（{why.rule}）" for why in missing.person.why]
    rule = str(record.get("rule", ""))
    pack = library.newest.get(missing.person.why[0].rule.split("/")[0])
    classes = {row.name: row for row in pack.classify.rows} if pack is not None and pack.classify is not None else {}
    judged = classes.get(rule.removeprefix("class:"))
    lines = [
        session.word("story_missing_title"),
        session.word(
            "story_missing",
            area=figure.area_name,
            count=show_number(missing.count),
            person=missing.person.person_id,
            org=missing.person.org,
        ),
        *reasons,
        session.word(
            "story_clause",
            anchor=record["anchor_on"],
            opens=record["opens"],
            due=record["due"],
            closes=record["closes"],
        ),
    ]
    if judged is not None and pack is not None:
        lines.append(
            session.word(
                "story_class",
                label=judged.label,
                source=judged.source or (pack.classify.source if pack.classify else ""),
            )
        )
    if missing.trace is not None:
        lines += _tell_trace(session, missing.trace, missing.path, library)
    return "\n".join(lines)


def _tell_trace(session: Session, trace: Mapping[str, Any], path: Path | None, library: Library) -> list[str]:
    from wangdi.app.labels import label_fields

    fact, source = trace["fact"], trace["source"]
    shown = path or Path(str(source["file"]))
    readings = {name: value for name, value in fact["fields"].items() if name in _READINGS}
    told = label_fields(library, fact["form"], readings, session.lang)
    lines = [
        session.word(
            "story_fact", fact=fact["fact_id"], day=fact["occurred_on"], title=fact["title"], readings=tell_inputs(told)
        ),
        session.word(
            "story_line", path=shown, line=source["line"], received=source.get("received_at"), org=source.get("sent_by")
        ),
    ]
    if source.get("header"):
        lines.append(f"    {show_plainly(_one_line(source['header']))}")
    lines.append(f"    {show_plainly(_one_line(source['raw']))}")
    return lines


_READINGS = ("sbp", "dbp", "fpg", "symptoms", "visit_class", "medication_adherence")
"""Of a follow-up, what a physician looks at first."""


def _one_line(raw: Any) -> str:
    return raw if isinstance(raw, str) else "  ".join("" if cell is None else str(cell) for cell in raw)


def _tell_late(session: Session, late: Late, library: Library) -> str:
    rows = [
        {
            "title": figure_row(session, moved.after)["title"],
            "before": f"{show_number(moved.before.numerator)}/{show_number(moved.before.denominator)}",
            "before_value": show_rate(moved.before.value, moved.before.unit, session.lang),
            "after": f"{show_number(moved.after.numerator)}/{show_number(moved.after.denominator)}",
            "after_value": show_rate(moved.after.value, moved.after.unit, session.lang),
            "people": len(moved.people),
        }
        for moved in late.moved
    ]
    moves = session.word("and").join(session.word(f"move_{move}") for move in late.person["moves"])
    columns = ("title", "before", "before_value", "after", "after_value", "people")
    return "\n".join(
        [
            session.word("story_late_title"),
            session.word("story_late", day=late.known_a, period=late.period.title(session.lang)),
            render_grid(Grid(columns, rows, ("before", "after")), session.lang, terminal_width()),
            session.word("story_late_person", person=late.person["person_id"], moves=moves),
            *_tell_trace(session, late.trace, late.path, library),
        ]
    )


def _tell_who(session: Session, story: Story) -> str | None:
    """One person under many spellings, one number under two names, and what waits; None where there is nothing of it."""
    who, lines = story.who, []
    if (one := who.resident) is not None:
        lines.append(
            session.word(
                "story_resident", person=one.person_id, names=_join_names(session, one), orgs=len(one.orgs),
                without=one.without_number,
            )
        )  # fmt: skip
    if (two := who.merge) is not None and two.doubted is not None:
        lines.append(
            session.word(
                "story_merge", person=two.person_id, names=_join_names(session, two), name=two.doubted.name,
                registration=two.doubted.registration, namesake=two.doubted.namesake, known=who.known,
                period=story.townships.figures[0].period if story.townships.figures else "",
            )
        )  # fmt: skip
    if who.waiting:
        lines.append(session.word("story_waiting", count=who.waiting))
    return "\n".join([session.word("story_who_title"), *(line.strip("\n") for line in lines)]) if lines else None


def _join_names(session: Session, spelt: Spelt) -> str:
    return session.word("name_joiner").join(spelt.names)


def _tell_refused(session: Session, story: Story) -> str:
    """How many rows of each kind were refused. The words are the message's, its places left open."""
    lines = [session.word("story_refused_title")]
    for code, count in story.refused:
        text = load_messages().get(code, {}).get(session.lang, "")
        lines.append(f"  {count:>5,}  {code}  {_open_places(text)}")
    return "\n".join([*lines, session.word("story_refused")])


def _open_places(text: str) -> str:
    return re.sub(r"\{\w+\}", "…", text)


def _tell_next(session: Session, folder: Path, story: Story) -> str:
    missing, late = story.missing, story.late
    person = missing.person.person_id if missing else "P…"
    org = missing.person.org if missing else "…"
    area = missing.figure.area if missing else "…"
    fact = missing.trace["fact"]["fact_id"] if missing and missing.trace else 1
    period = story.townships.figures[0].period if story.townships.figures else ""
    said = session.word(
        "story_next", folder=folder, person=person, org=org, area=area, fact=fact, period=period,
        day=late.known_a if late else "…", late=late.period.text if late else period,
    )  # fmt: skip
    tried = _tell_tryout(session, folder, story)
    return f"{session.word('story_next_title')}\n{said.rstrip()}{tried}"


def _tell_tryout(session: Session, folder: Path, story: Story) -> str:
    """The two files to send in, where the city has them."""
    if story.tryout is None:
        return ""
    late, sheet = (f"{folder}/{path.parent.name}/{path.name}" for path in (story.tryout.late, story.tryout.sheet))
    return f"\n{session.word('story_try', folder=folder, org=story.tryout.org, late=late, sheet=sheet).rstrip()}"
