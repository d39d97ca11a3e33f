"""Random histories of arrivals, corrections, merges, splits, second thoughts and runs of linking keep what linking promises."""

from __future__ import annotations

import random
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cities import CLINIC_A1, CLINIC_A2, CLINIC_B1, HOSPITAL, TestCity, id_number, make_city
from wangdi.app import derivation, registered
from wangdi.app.changed_numbers import check_change
from wangdi.app.derivation import link_sources
from wangdi.app.link_decisions import By, Outcome, decide_pair, merge_people, split_person, undo_decision
from wangdi.app.linking import LinkRun, link_city
from wangdi.app.questions import stand_on
from wangdi.app.rebuilding import check_derived
from wangdi.app.registered import read_registered
from wangdi.app.successions import record_changes
from wangdi.core.problem import Refusal
from wangdi.language.library import load_library
from wangdi.link.people import plan_links
from wangdi.link.records import Records
from wangdi.store.derived import remove_derived
from wangdi.store.records import APART, TOGETHER

LIBRARY = load_library()
ORGS = (CLINIC_A1, CLINIC_A2, CLINIC_B1, HOSPITAL)
NAMES = ("王建国", "王健国", "王建國", "李秀英", "李秀兰", "张伟", "赵敏之子")
REFUSED = ("LINK-011", "LINK-012", "LINK-021", "LINK-022", "LINK-023", "LINK-024", "LINK-025")
PEOPLE = 5
Links = dict[int, int]


class History:
    """A city to which things happen, a day after each other."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.made: TestCity = make_city(folder, LIBRARY)
        self.day = datetime(2025, 3, 1, 9)
        self.registrations: list[int] = []
        self.corrected: set[int] = set()
        self.decided: list[int] = []

    def step(self) -> None:
        """Let one thing happen."""
        self.day += timedelta(days=1)
        happenings = (
            self.arrive, self.arrive, self.correct, self.link, self.merge, self.split, self.decide, self.succeed, self.undo,
        )  # fmt: skip
        self.chance.choice(happenings)()

    def arrive(self) -> None:
        """Institutions register people they may know already."""
        fresh = [len(self.registrations) + place for place in range(1, self.chance.randrange(2, 5))]
        self.registrations += fresh
        self.made.accept({"system.registration": [self.said(number) for number in fresh]}, self.day)

    def correct(self) -> None:
        """An institution says something else of somebody it knows."""
        if self.registrations:
            chosen = self.chance.choice(self.registrations)
            self.corrected.add(chosen)
            self.made.accept({"system.registration": [self.said(chosen)]}, self.day)

    def said(self, number: int) -> dict[str, Any]:
        """What an institution says: one of a few people, more or less well written."""
        who = self.chance.randrange(PEOPLE)
        said = {"birth_date": born_on(who), "sex": "1" if who % 2 else "2", "phone": f"1390000000{who}"}
        if self.chance.random() < 0.5:
            said["id_no"] = number_of(who)
        common = {"registration_id": number, "org": ORGS[number % len(ORGS)], "occurred_on": date(2024, 1, 1)}
        return {**common, "name": self.chance.choice(NAMES), **said}

    def link(self) -> None:
        """Linking runs; what people decided holds, and a second run finds nothing new."""
        self.ask(lambda standing: link_city(standing, LinkRun("test", self.day)))
        known = self.made.city.latest_seq()
        again = self.ask(lambda standing: link_city(standing, LinkRun("test", self.day)))
        assert again["changed"] == 0
        assert self.made.city.latest_seq() == known
        self.check_honoured()

    def merge(self) -> None:
        """Somebody holds two people to be one."""
        people = sorted(set(self.links().values()))
        if len(people) > 1:
            one, other = self.chance.sample(people, 2)
            self.act(lambda standing: merge_people(standing, one, other, self.by()))

    def split(self) -> None:
        """Somebody holds a part of a person's registrations to be somebody else's."""
        links = self.links()
        if links:
            person = self.chance.choice(sorted(links.values()))
            own = sorted(one for one, whose in links.items() if whose == person)
            chosen = self.chance.sample(own, self.chance.randrange(1, len(own) + 1))
            self.act(lambda standing: split_person(standing, person, chosen, self.by()))

    def decide(self) -> None:
        """Somebody judges a pair."""
        if len(self.registrations) > 1:
            one, other = self.chance.sample(self.registrations, 2)
            verdict = self.chance.choice(("together", "apart", "unsure"))
            self.act(lambda standing: decide_pair(standing, (one, other), verdict, self.by()))

    def succeed(self) -> None:
        """Somebody's identity number was changed: to another's that is known here, or to one that nobody has yet."""
        old, new = self.chance.sample(range(PEOPLE + 1), 2)
        change = check_change(number_of(old), number_of(new))
        self.act(lambda standing: record_changes(standing, [change], self.by()))

    def undo(self) -> None:
        """Somebody takes a decision back."""
        if self.decided:
            number = self.chance.choice(self.decided)
            self.act(lambda standing: undo_decision(standing, number, self.by()))

    def by(self) -> By:
        return By("test", "因为", self.day)

    def act(self, action: Any) -> None:
        """Decide something; what cannot be decided is refused and changes nothing."""
        known = self.made.city.latest_seq()
        outcome: Outcome | None = None
        try:
            outcome = self.ask(action)
        except Refusal as refusal:
            if refusal.problem.code not in REFUSED:
                raise
        if outcome is None:
            assert self.made.city.latest_seq() == known
            return
        self.decided.append(outcome.number)
        links = self.links()
        assert all(links[one] == person for one, person in outcome.moved.items()), "a decision takes effect at once"

    def ask(self, question: Any) -> Any:
        with self.made.city.workspace("500MB") as workspace:
            return question(stand_on(self.made.city, workspace, LIBRARY))

    def links(self, known: int | None = None) -> Links:
        """Registration -> person."""
        with self.made.city.workspace("500MB") as workspace:
            standing = stand_on(self.made.city, workspace, LIBRARY, known)
            rows = workspace.rows(f"SELECT registration_id, person_id FROM ({plan_links(link_sources(standing))})")
        assert len({one for one, _ in rows}) == len(rows), "a registration is one person's"
        return dict(rows)

    def check_honoured(self) -> None:
        """Those held apart are two, always; those held to be one are one, unless somebody held two of theirs apart."""
        links = self.links()
        held = [row for _, row in self.made.city.link_decisions() if row.verdict in (TOGETHER, APART)]
        parted = {frozenset((links[row.one], links[row.other])) for row in held if row.verdict != TOGETHER}
        assert all(len(people) == 2 for people in parted)
        for row in held:
            whose = frozenset((links[row.one], links[row.other]))
            assert row.verdict != TOGETHER or len(whose) == 1 or whose in parted, f"{row} is not honoured"
        apart = {end for row in held if row.verdict == APART for end in (row.one, row.other)}
        for number, bearers in self.bearers().items():
            people = {links[one] for one in bearers - self.corrected - apart}
            assert len(people) <= 1, f"{number} is not one person's"

    def bearers(self) -> dict[int, set[int]]:
        """The registrations that bear each number, or one it was changed from."""
        found: dict[int, set[int]] = {}
        with self.made.city.workspace("500MB") as workspace:
            links = plan_links(link_sources(stand_on(self.made.city, workspace, LIBRARY)))
            for registration, given in workspace.rows(f"SELECT registration_id, given FROM ({links}) WHERE keyed"):
                found.setdefault(given, set()).add(registration)
        return found

    def check_registered(self) -> None:
        """What was kept, with what came since, is what reading everything gives."""
        kept = self.ask(read_registered)
        remove_derived(self.made.city.folder)
        whole = self.ask(read_registered)
        assert kept.read < whole.read == len(whole.person), "most were kept"
        assert np.array_equal(kept.person, whole.person)
        for name in ("registration", "since", "stored", "given"):
            assert np.array_equal(getattr(kept.known, name), getattr(whole.known, name)), name
        for name in [name for name in Records.__slots__ if name != "names"]:
            assert np.array_equal(getattr(kept.records, name), getattr(whole.records, name)), name
        assert np.array_equal(kept.records.names.key, whole.records.names.key)

    def check_tables(self) -> None:
        """What was derived step by step is what a rebuild derives."""
        with self.made.city.workspace("500MB") as workspace:
            assert check_derived(self.made.city, workspace, LIBRARY) == []


def born_on(who: int) -> date:
    return date(1950 + who, 1 + who, 3)


def number_of(who: int) -> str:
    return id_number(born_on(who), 10 + who)


@pytest.mark.parametrize("seed", range(8))
def test_histories(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "REBUILD_SHARE", 1.0)
    monkeypatch.setattr(registered, "RENEW_SHARE", 1.0 if seed % 2 else 0.3)
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder) / "city", seed)
        history.arrive()
        seen: dict[int, Links] = {}
        for _ in range(12):
            history.step()
            seen[history.made.city.latest_seq()] = history.links()
        history.check_tables()
        history.link()
        history.check_registered()
        history.link()
        remove_derived(history.made.city.folder)
        for known, links in seen.items():
            assert history.links(known) == links, "what was known then is known so for ever"
        history.made.city.close()


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_arrival_does_not_change_who_is_one(seed: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        histories = [History(Path(folder) / name, seed) for name in ("one", "other")]
        rows = [histories[0].said(number) for number in range(1, 16)]
        mixed = chance.sample(rows, len(rows))
        found = []
        for history, order, size in zip(histories, (rows, mixed), (15, 4), strict=True):
            for start in range(0, len(order), size):
                history.made.accept({"system.registration": order[start : start + size]}, history.day)
                history.ask(lambda standing, at=history.day: link_city(standing, LinkRun("test", at)))
            groups: dict[int, set[int]] = {}
            for registration, person in history.links().items():
                groups.setdefault(person, set()).add(registration)
            found.append({frozenset(group) for group in groups.values()})
            history.made.city.close()
        assert found[0] == found[1]
