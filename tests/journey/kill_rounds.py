"""Kill a city at work again and again, at every step that touches the disk or the database and by the clock.

Run by ``test_kill.py`` in a process of its own, because it forks: ``python -m tests.journey.kill_rounds FOLDER KIND``, KIND
being ``steps`` or ``clock``. A worker collects deliveries, works out figures, takes entries and merges files, and tells
through a pipe what it was acknowledged. After each death everything acknowledged must be there and of the one thing
under way all or nothing; that thing done again must add exactly what was missing; and in the end every figure must be
that of a city nobody ever killed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Transaction

from tests.cities import CLINIC_A1, HOSPITAL, make_city
from tests.journey.small_city import FOLLOWUP_HEADER, followup, write_mappings, write_people
from wangdi.app.cities import compact_city, open_library, verify_city
from wangdi.app.derivation import derive
from wangdi.app.linking import LinkRun, link_city
from wangdi.app.people import Asked, list_people
from wangdi.app.questions import compute_figures, stand_on
from wangdi.app.sendings import take_in
from wangdi.app.traces import trace_fact
from wangdi.catalog.tables import LINK_TABLE
from wangdi.collect.request import CollectRequest
from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import Severity
from wangdi.engines.tables import table_of
from wangdi.indicators.figures import LEVEL_CHOICES
from wangdi.language.library import Library
from wangdi.store.city import City
from wangdi.store.records import JournalEntry
from wangdi.store.verify import check_city
from wangdi.store.workspace import Workspace

FORM = "hypertension.followup"
FORMS = ("health_record.resident", "health_record.diagnosis", FORM)
DELIVERIES = 5
LINKED = 3
"""Deliveries after which who is who is found: the first two bring new people, the third none."""
PEOPLE = 12
CLOCK_ROUNDS = 45
STEP_ROUNDS = {"collect": 25, "figures": 14, "link": 8, "enter": 6, "compact": 10}
ROUNDS = CLOCK_ROUNDS + sum(STEP_ROUNDS.values())


# ---- what is done, in order -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Action:
    """One thing a city is asked to do; done twice it must be as if done once."""

    kind: str
    number: int


ACTIONS = tuple(
    action
    for number in range(DELIVERIES)
    for action in (
        Action("collect", number),
        *((Action("link", number),) if number < LINKED else ()),
        Action("figures", number),
        Action("enter", number),
        *((Action("compact", number),) if number % 2 else ()),
    )
)


def write_deliveries(folder: Path) -> None:
    """Residents and diagnoses first; then follow-ups with a wrong date, a row twice and a correction of the last."""
    write_mappings(folder / "mappings")
    for number in range(DELIVERIES):
        sent = folder / f"delivery-{number}"
        day = date(2025, 1, 10) + timedelta(days=45 * number)
        rows = [FOLLOWUP_HEADER, *(followup(person, day, 130 + person + number) for person in range(PEOPLE))]
        rows += [rows[1], followup(1, "2025-02-31")]
        if number:
            rows.append(followup(2, day - timedelta(days=45), 170 + number))
        write_people(sent, range(*((0, 6), (6, PEOPLE), (0, 0))[min(number, 2)]))
        (sent / "随访.csv").write_text("\n".join([*rows, ""]), encoding="gb18030")


def moment(number: int) -> datetime:
    """When a delivery came."""
    return datetime(2025, 2, 1, 8) + timedelta(days=45 * number)


def perform(folder: Path, library: Library, action: Action) -> dict[str, Any]:
    """Do one thing as a call of its own would; answers what the caller is told."""
    with City.open(folder) as city:
        if action.kind == "collect":
            request = CollectRequest(
                org=HOSPITAL, received_at=moment(action.number), mappings=(folder.parent / "sent" / "mappings",)
            )
            sent = folder.parent / "sent" / f"delivery-{action.number}"
            result = take_in(city, library, [sent], request)
            counts = ("received", "accepted", "refused", "duplicates", "superseded")
            return {"batch": result.batch, **{name: getattr(result, name) for name in counts}}
        if action.kind == "enter":
            return {"seq": enter(city, library, action.number)}
        if action.kind == "compact":
            compact_city(city, library, "kill", lambda name: None)
            return {}
        with city.workspace() as workspace:
            if action.kind == "link":
                run = LinkRun("kill", moment(action.number) + timedelta(days=1))
                found = link_city(stand_on(city, workspace, library), run)
                return {name: found[name] for name in ("registrations", "people")}
            return {"figures": len(figures_of(city, workspace, library))}


def enter(city: City, library: Library, number: int) -> int:
    """One follow-up typed in, about a person everybody's files know; answers its number."""
    table = table_of(library.forms[FORM])
    day = moment(number).date()
    entry = JournalEntry(
        form=FORM, registration_id=known_registration(city, library), occurred_on=day, org=CLINIC_A1, actor="kill",
        idempotency_key=f"entry-{number}", entered_at=moment(number),
        values={"contact_date": day, "sbp": 150 - number, "dbp": 88, "way": "1"},
    )  # fmt: skip
    with city.writer("kill") as writer:
        return writer.enter(entry, table)


def known_registration(city: City, library: Library) -> int:
    """The first registration there is."""
    with city.workspace() as workspace:
        sql = city.facts_sql(workspace, table_of(library.forms[FORM]), city.latest_seq())
        found = workspace.one(f"select min(registration_id) from ({sql})")
    assert found is not None
    return int(found[0])


def year() -> Period:
    """The year every question is about."""
    found = parse_period("2025")
    assert isinstance(found, Period)
    return found


def figures_of(city: City, workspace: Workspace, library: Library) -> list[tuple[object, ...]]:
    """Every figure at every level, without what names the moment it was asked."""
    answer = compute_figures(stand_on(city, workspace, library), [year()], LEVEL_CHOICES)
    return sorted((one.indicator, one.area, one.numerator, one.denominator) for one in answer.figures)


def told_by(folder: Path, library: Library) -> dict[str, Any]:
    """Figures, the people behind one with their reasons, and every fact's fields with the line it came from."""
    with City.open(folder) as city, city.workspace() as workspace:
        standing = stand_on(city, workspace, library)
        people = list_people(standing, Asked("htn_ctrl", year(), "990101000000", "denominator"))
        sql = city.facts_sql(workspace, table_of(library.forms[FORM]), city.latest_seq())
        facts = [seq for (seq,) in workspace.rows(f"select seq from ({sql})")]
        traces = [trace_fact(city, workspace, library, seq) for seq in facts]
        return {
            "figures": figures_of(city, workspace, library),
            "links": workspace.rows(f"SELECT registration_id, person_id FROM {derive(standing).links} ORDER BY 1"),
            "people": sorted(f"{one.person_id} {one.org} {[why.rule for why in one.why]}" for one in people),
            "lines": sorted(
                f"{one['fact']['fields']} {one['source']['file']} {one['source']['line']} {one['source']['raw']}"
                for one in traces
            ),
        }


# ---- dying ------------------------------------------------------------------------------------------------------------
class Steps:
    """Counts what touches the disk or the database, and kills this process at the chosen one."""

    def __init__(self) -> None:
        self.taken = 0
        self.last: int | None = None

    def arm(self, last: int | None) -> None:
        """Begin to count anew; die at step ``last``."""
        self.taken, self.last = 0, last

    def step(self) -> None:
        """One step is about to be made."""
        self.taken += 1
        if self.last is not None and self.taken >= self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self, owner: object, name: str, *, after: bool = False) -> None:
        """Count calls of a function: before each, and where asked after it too."""
        real: Callable[..., Any] = getattr(owner, name)

        def call(*arguments: Any, **named: Any) -> Any:
            self.step()
            answer = real(*arguments, **named)
            if after:
                self.step()
            return answer

        setattr(owner, name, call)

    def watch_all(self) -> None:
        """Everything that makes, moves or removes a file, writes Parquet, or ends a transaction."""
        self.watch(os, "fsync")
        for name in ("rename", "replace", "unlink", "mkdir", "rmdir"):
            self.watch(Path, name)
        self.watch(shutil, "rmtree")
        self.watch(Workspace, "copy")
        self.watch(Transaction, "commit", after=True)


def fork(run: Callable[[Callable[[Any], None]], None]) -> tuple[int, int]:
    """Run something in a child, which is given a way to tell; answers its process id and where to hear it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        code = 1
        try:
            with os.fdopen(writer, "w", encoding="utf-8") as pipe:
                run(lambda value: print(json.dumps(value), file=pipe, flush=True))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writer)
    return child, reader


def hear(reader: int) -> Iterator[Any]:
    """What a child tells, until it is gone."""
    with os.fdopen(reader, encoding="utf-8") as pipe:
        for line in pipe:
            if line.endswith("\n"):
                yield json.loads(line)


def ask(run: Callable[[], Any]) -> Any:
    """The answer of something run in a child to its end."""
    child, reader = fork(lambda tell: tell(run()))
    answers = list(hear(reader))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        sys.exit(f"a child ended with {code}")
    return answers[0]


# ---- the rounds -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Death:
    """How a worker dies: at a step of an action of a kind, or some while after it has begun."""

    kind: str = ""
    step: int = 0
    seconds: float = 0


class Rounds:
    """One city after the other, each killed until it has done everything there is to do."""

    def __init__(self, top: Path, library: Library) -> None:
        self.top, self.library = top, library
        self.cities = self.deaths = 0
        self.steps = Steps()
        self.steps.watch_all()
        write_deliveries(top / "sent")
        ask(lambda: make_city(top / "template", library).city.close())
        untouched = ask(self._never_killed)
        self.expected: list[dict[str, Any]] = untouched["said"]
        self.sizes: dict[str, int] = untouched["sizes"]
        self.told: dict[str, Any] = untouched["told"]
        self._begin()

    def _never_killed(self) -> dict[str, Any]:
        folder = self.top / "untouched"
        shutil.copytree(self.top / "template", folder)
        said, sizes = [], dict.fromkeys((action.kind for action in ACTIONS), 0)
        for action in ACTIONS:
            self.steps.arm(None)
            said.append(perform(folder, self.library, action))
            sizes[action.kind] = max(sizes[action.kind], self.steps.taken)
        return {"said": said, "sizes": sizes, "told": told_by(folder, self.library)}

    def _begin(self) -> None:
        self.folder = self.top / f"city-{self.cities}"
        self.cities += 1
        shutil.copytree(self.top / "template", self.folder)
        self.said: list[dict[str, Any]] = []
        """What was acknowledged, action by action."""
        self.unheard: list[int] = []
        """The batch that is there although nobody was told: what was under way at the last death."""
        self.settled: list[int] = []
        """Such batches whose files have been sent again since."""
        self.died = False

    def run(self, death: Death) -> bool:
        """One worker to its death, and a look at what it left. False: it came to the end of everything alive."""
        child, reader = fork(lambda tell: self._work(tell, death))
        said = hear(reader)
        if next(said, None) is not None and death.seconds:
            time.sleep(death.seconds)
            os.kill(child, signal.SIGKILL)
        for answer in said:
            self._acknowledge(answer)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code not in (0, -signal.SIGKILL):
            sys.exit(f"a worker ended with {code}")
        self.died = code != 0
        self.deaths += self.died
        thorough = self.deaths % 10 == 0 or not self.died
        present: list[int] = ask(lambda: check_left(self.folder, self.library, self.said, thorough))
        heard = {*self.settled, *(answer["batch"] for answer in self.said if "batch" in answer)}
        self.unheard = [batch for batch in present if batch not in heard]
        assert len(self.unheard) <= 1, "one thing at a time is under way"
        if len(self.said) == len(ACTIONS):
            assert ask(lambda: told_by(self.folder, self.library)) == self.told
            self._begin()
        return code != 0

    def _work(self, tell: Callable[[Any], None], death: Death) -> None:
        """Do again what was under way when the last worker died, undisturbed; then go on, and die."""
        left = ACTIONS[len(self.said) :]
        if self.died:
            answer = perform(self.folder, self.library, left[0])
            tell("ready")
            tell(answer)
            left = left[1:]
        else:
            tell("ready")
        for action in left:
            self.steps.arm(death.step if action.kind == death.kind else None)
            tell(perform(self.folder, self.library, action))

    def _acknowledge(self, answer: dict[str, Any]) -> None:
        """What is told must be what the city nobody killed said; a batch nobody was told of adds nothing again."""
        place, wanted = len(self.said), dict(self.expected[len(self.said)])
        for name in ("batch", "seq"):  # numbers that sending again takes
            assert wanted.pop(name, 0) is not None
        if self.unheard and ACTIONS[place].kind == "collect":
            wanted |= {"accepted": 0, "duplicates": wanted["accepted"] + wanted["duplicates"], "superseded": 0}
        got = {name: value for name, value in answer.items() if name in wanted}
        assert got == wanted, (ACTIONS[place], got, wanted, self.unheard)
        self.settled += self.unheard
        self.unheard = []
        self.said.append(answer)


def check_left(folder: Path, library: Library, said: list[dict[str, Any]], thorough: bool) -> list[int]:
    """A city some worker left: sound before anybody mends anything, all acknowledged things there, every batch whole.

    Answers the batches there are.
    """
    with City.open(folder) as city:
        problems = verify_city(city, library) if thorough else check_city(city)
        assert not (thorough and list(folder.glob("derived/*/.making-*"))), "the next question clears what was left"
        assert [one.text("en") for one in problems if one.severity is Severity.error] == []
        batches = {batch.id: batch for batch in city.batches()}
        for answer in said:
            if "batch" in answer:
                record = batches[answer["batch"]].record
                assert {name: getattr(record, name) for name in answer if name != "batch"} == {
                    name: value for name, value in answer.items() if name != "batch"
                }
            if "seq" in answer:
                assert city.journal_row(answer["seq"]) is not None
        check_batches_whole(city, library)
        check_links_whole(city)
        with city.writer("next"):
            pass
        left = [one.text("en") for one in check_city(city)]
        assert left == [], left
        assert list((folder / "staging").iterdir()) == []
    return sorted(batches)


def check_batches_whole(city: City, library: Library) -> None:
    """Of each batch exactly the facts its record counts, form by form, superseded ones included."""
    with city.workspace() as workspace:
        parts = [
            f"select '{name}' as form, seq, source_file from"
            f" ({city.all_facts_sql(workspace, table_of(library.forms[name]), city.latest_seq())})"
            for name in FORMS
        ]
        facts = workspace.rows(f"select form, seq from ({' union all '.join(parts)}) where source_file is not null")
    for batch in city.batches():
        inside = [form for form, seq in facts if batch.first_seq <= seq <= batch.last_seq]
        assert {form: inside.count(form) for form in set(inside)} == dict(batch.record.forms), batch.id
    assert len(facts) == sum(batch.record.accepted for batch in city.batches())


def check_links_whole(city: City) -> None:
    """Of each run of linking all links or none."""
    with city.workspace() as workspace:
        seqs = workspace.rows(
            f"select seq from ({city.facts_sql(workspace, LINK_TABLE, city.latest_seq())}) order by 1"
        )
    runs = [entry for entry in city.acceptance(1, city.latest_seq()) if entry.kind == "links"]
    assert [seq for (seq,) in seqs] == [seq for run in runs for seq in range(run.first_seq, run.last_seq + 1)]


def plan_deaths(rounds: Rounds, kind: str, chance: random.Random) -> list[Death]:
    """Deaths at any moment, or at steps evenly spread over all there are of each kind of action."""
    if kind == "clock":
        return [Death(seconds=chance.uniform(0.001, 0.6)) for _ in range(CLOCK_ROUNDS)]
    deaths = []
    for name, count in STEP_ROUNDS.items():
        stride = rounds.sizes[name] / count
        deaths += [Death(name, int(place * stride + chance.random() * stride) + 1) for place in range(count)]
    chance.shuffle(deaths)
    return deaths


def next_death(rounds: Rounds, deaths: list[Death]) -> Death:
    """The first planned for what comes soonest after the action that will be done again."""
    coming = [action.kind for action in ACTIONS[len(rounds.said) + rounds.died :]]
    soonest = {kind: place for place, kind in reversed(list(enumerate(coming)))}
    return min(deaths, key=lambda death: soonest.get(death.kind, len(ACTIONS)))


def main(top: Path, kind: str) -> None:
    """All rounds of a kind; says how many deaths there were."""
    rounds = Rounds(top, open_library())
    deaths = plan_deaths(rounds, kind, random.Random(20250101))
    runs = 0
    while deaths and runs < 2 * ROUNDS:
        death = next_death(rounds, deaths)
        if rounds.run(death):
            deaths.remove(death)
        runs += 1
    while rounds.said:
        rounds.run(Death())
    print(f"{rounds.deaths} deaths in {rounds.cities - 1} cities")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
