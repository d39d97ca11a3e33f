"""``watch``: take in whatever is dropped into a folder."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wangdi.cli.answer import OK, REFUSED, Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import PATH
from wangdi.cli.progress import show_bytes
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal

if TYPE_CHECKING:
    from wangdi.app.watching import Inbox, Patience, Taken
    from wangdi.store.city import City

COLUMNS = ("org", "dropped", "state", "batch", "received", "accepted", "refused", "duplicates", "folder")
SPARE = ("folder", "duplicates", "received")
TRY_AGAIN_SECONDS = 30.0
"""After the surroundings did not allow it: a full disk, another writer."""


@dataclass(frozen=True, slots=True)
class WatchAsked:
    """Which folder, whose, and how patiently."""

    folder: Path | None
    org: str | None
    once: bool
    settle: float
    marker: bool
    every: float
    no_link: bool


def run_watch(session: Session, asked: WatchAsked) -> Answer:
    """Take in what is dropped until interrupted, or once."""
    from wangdi.app.watching import INBOX, Patience, hold_watch

    if asked.org is not None and asked.folder is None:
        raise Refusal(Problem(code="CLI-003", args={"name": "FOLDER", "verb": "wangdi watch"}))
    rows: list[dict[str, Any]] = []
    with session.open_city() as city:
        folder = asked.folder or city.folder / INBOX
        if asked.folder is None:
            folder.mkdir(exist_ok=True)
        with hold_watch(folder):
            session.say(session.word("watching", folder=folder))
            watch = Watch(session, city, folder, asked, Patience(asked.settle, asked.marker))
            if not asked.once:
                watch.go_on()
            rows = [_row(one) for one in watch.once()]
            watch.link()
    wrong = any(row["moved"] == "refused" for row in rows)
    return Answer(
        payload={"rows": rows},
        grids=(Grid(COLUMNS, rows, SPARE),),
        text="" if rows else session.word("nothing_dropped"),
        exit_code=REFUSED if wrong else OK,
    )


def _row(taken: Taken) -> dict[str, Any]:
    batch = taken.receipt.batch
    counts = ("received", "accepted", "refused", "duplicates")
    return {
        "org": taken.receipt.org,
        "dropped": taken.name,
        "state": taken.receipt.state,
        "moved": taken.folder.parent.name,
        "batch": None if batch is None else batch.id,
        **{name: 0 if batch is None else getattr(batch.record, name) for name in counts},
        "folder": str(taken.folder),
    }


@dataclass(frozen=True, slots=True)
class Watch:
    """One watcher at work."""

    session: Session
    city: City
    folder: Path
    asked: WatchAsked
    patience: Patience

    def once(self) -> list[Taken]:
        """Look, wait until what lies there must be complete, and take it."""
        self._ready([])
        if self.asked.settle and not self.asked.marker:
            time.sleep(self.asked.settle)
        return list(self._round(set()))

    def go_on(self) -> None:
        """Look again and again, until interrupted."""
        told: set[str] = set()
        while True:
            pause = self.asked.every
            try:
                for taken in self._round(told):
                    self._show(taken)
                self.link()
            except Refusal as refusal:
                self.session.tell(refusal.problem)
                pause = max(pause, TRY_AGAIN_SECONDS)
            time.sleep(pause)

    def link(self) -> None:
        """Link what came, in a city that was linked once."""
        from wangdi.app.linking import find_unseen
        from wangdi.cli.linking import have_linked

        if not self.asked.no_link and find_unseen(self.city):
            self.session.say(have_linked(self.session, self.city, learn=False).text)

    def _show(self, taken: Taken) -> None:
        row = _row(taken)
        if self.session.format == "json":
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            key = "dropped_refused" if taken.refused else "dropped_done"
            click.echo(f"{read_clock():%Y-%m-%d %H:%M:%S}  {self.session.word(key, **row)}")

    def _round(self, told: set[str]) -> Iterator[Taken]:
        """Go on with what was claimed before, then take what is complete."""
        from wangdi.app.cities import open_library
        from wangdi.app.watching import Taking, claim_dropped, take_claim, unfinished_claims

        problems: list[Problem] = []
        inboxes = self._inboxes(problems)
        ready = self._ready(problems)
        for problem in problems:
            if (text := problem.text(self.session.lang)) not in told:
                told.add(text)
                self.session.say(text)
        claims = [claim for inbox in inboxes for claim in unfinished_claims(inbox)]
        if not claims and not ready:
            return
        library = open_library(self.city)
        with show_bytes(self.session) as progress:
            taking = Taking(self.city, library, actor_name(), progress, self.session.lang)
            for claim in claims:
                yield take_claim(taking, claim)
            for sighting in ready:
                claimed = claim_dropped(sighting, read_clock())
                if claimed is not None:
                    yield take_claim(taking, claimed)

    def _inboxes(self, problems: list[Problem]) -> list[Inbox]:
        from wangdi.app.watching import find_inboxes

        inboxes, wrong = find_inboxes(self.city, self.folder, self.asked.org)
        problems += wrong
        return inboxes

    def _ready(self, problems: list[Problem]) -> list[Any]:
        from wangdi.app.watching import look_into

        sightings = []
        for inbox in self._inboxes([]):
            seen, wrong = look_into(inbox)
            sightings += seen
            problems += wrong
        return self.patience.complete(sightings, time.monotonic())


watch = Verb(
    run_watch,
    [
        argument("folder", type=PATH, required=False, metavar="[FOLDER]"),
        option("--org", metavar="CODE"),
        option("--once", is_flag=True),
        option("--settle", type=click.FloatRange(min=0), default=10.0, metavar="SECONDS"),
        option("--marker", is_flag=True),
        option("--every", type=click.FloatRange(min=0.1), default=5.0, metavar="SECONDS"),
        option("--no-link", is_flag=True),
    ],
    WatchAsked,
)
