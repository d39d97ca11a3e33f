"""Whatever happens to a city in whatever order, every ``known`` answers what a plain list of events answers."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.store_cases import DAY, FOLLOWUP, Row, entry, send, stage_retirements, stage_rows
from wangdi.core.problem import Severity
from wangdi.store.city import City
from wangdi.store.records import SUPERSEDED, WITHDRAWN, BatchRecord, Withdrawal
from wangdi.store.upkeep import CompactPolicy
from wangdi.store.verify import check_city
from wangdi.store.workspace import Workspace
from wangdi.store.writer import Writer

SMALL = CompactPolicy(many=2, tier_rows=3, growth=2)


@dataclass
class Model:
    """Facts and their ends, as plain lists."""

    facts: dict[int, int] = field(default_factory=dict)
    """Number -> registration."""
    ends: dict[int, tuple[int, str]] = field(default_factory=dict)
    """Fact -> what ended it first."""
    latest: int = 0

    def everything(self, known: int) -> list[tuple[int, int, int | None, str | None]]:
        rows: list[tuple[int, int, int | None, str | None]] = []
        for seq, registration in sorted(self.facts.items()):
            if seq > known:
                continue
            by, kind = self.ends.get(seq, (known + 1, ""))
            rows.append((seq, registration, by, kind) if by <= known else (seq, registration, None, None))
        return rows

    def changed(self, since: int, known: int) -> list[int]:
        new = {registration for seq, registration in self.facts.items() if since < seq <= known}
        ended = {self.facts[seq] for seq, (by, _) in self.ends.items() if since < by <= known}
        return sorted(new | ended)

    def still_there(self) -> list[int]:
        return [seq for seq in sorted(self.facts) if seq not in self.ends]


WHAT = ("batch", "batch", "correct", "withdraw", "enter", "correct_entry", "take_back", "roll", "compact", "tidy")
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(WHAT),
        st.integers(0, 5),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=14,
)  # fmt: skip


def happen(writer: Writer, model: Model, what: str, pick: int, size: int) -> None:
    """One event, to the city and to the model."""
    held = model.still_there()
    chosen = [held[(pick + place) % len(held)] for place in range(min(size, len(held)))] if held else []
    next_seq = model.latest + 1
    if what == "batch":
        send(writer, [Row(pick + place) for place in range(size)])
        take(model, [pick + place for place in range(size)])
    elif what == "correct" and chosen:
        facts = stage_rows(writer, [Row(model.facts[seq]) for seq in chosen])
        ends = [(place, seq, SUPERSEDED) for place, seq in enumerate(chosen)]
        staged = [facts, stage_retirements(writer, ends, [FOLLOWUP.name] if pick % 2 else [])]
        writer.accept(BatchRecord(org="org", received_at=DAY), staged)
        model.ends |= {seq: (next_seq + place, SUPERSEDED) for place, seq in enumerate(chosen)}
        take(model, [model.facts[seq] for seq in chosen])
    elif what == "withdraw" and chosen:
        ends = [(place, seq, WITHDRAWN) for place, seq in enumerate(chosen)]
        writer.accept(BatchRecord(org="org", received_at=DAY), [stage_retirements(writer, ends, [FOLLOWUP.name])])
        model.ends |= {seq: (next_seq + place, WITHDRAWN) for place, seq in enumerate(chosen)}
        model.latest += len(chosen)
    elif what == "enter":
        writer.enter(entry(f"key {next_seq}", registration=pick), FOLLOWUP)
        take(model, [pick])
    elif what == "correct_entry" and chosen:
        writer.enter(entry(f"key {next_seq}", registration=pick, supersedes=chosen[0]), FOLLOWUP)
        model.ends[chosen[0]] = (next_seq, SUPERSEDED)
        take(model, [pick])
    elif what == "take_back" and chosen:
        gone = Withdrawal(form=FOLLOWUP.name, facts=tuple(chosen), reason="", actor="test", at=DAY)
        writer.withdraw(gone, FOLLOWUP)
        model.ends |= {seq: (next_seq + place, WITHDRAWN) for place, seq in enumerate(chosen)}
        model.latest += len(chosen)
    else:
        tidy(writer, what)


def take(model: Model, registrations: list[int]) -> None:
    for registration in registrations:
        model.latest += 1
        model.facts[model.latest] = registration


def tidy(writer: Writer, what: str) -> None:
    if what == "roll":
        writer.roll_journal([FOLLOWUP])
    elif what == "compact":
        writer.compact(FOLLOWUP.name)
        writer.compact("system.retirement")
    else:
        writer.maybe_compact(SMALL)


def check_against(city: City, workspace: Workspace, model: Model) -> None:
    """Every number, and every pair of numbers that matters."""
    for known in range(model.latest + 1):
        every = f"select seq, registration_id, retired_by, retired_kind from ({city.all_facts_sql(workspace, FOLLOWUP, known)})"
        expected = model.everything(known)
        assert workspace.rows(f"{every} order by 1") == expected
        holds = f"select seq, registration_id from ({city.facts_sql(workspace, FOLLOWUP, known)}) order by 1"
        assert workspace.rows(holds) == [(seq, who) for seq, who, by, _ in expected if by is None]
        for who in {0, *model.facts.values()}:
            about = city.facts_about(workspace, [who], [FOLLOWUP], known)
            found = workspace.answers({form: f"select seq from ({sql}) order by 1" for form, sql in about.items()})
            mine = [{"seq": seq} for seq, owner, by, _ in expected if owner == who and by is None]
            assert found.get(FOLLOWUP.name, []) == mine
        since = known // 2
        changed = city.changed_since(workspace, FOLLOWUP, since, known)
        assert [who for (who,) in workspace.rows(f"select * from ({changed}) order by 1")] == model.changed(
            since, known
        )


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(events=EVENTS)
def test_a_city_is_what_happened_to_it(events: list[tuple[str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Model()
        with City.create(Path(folder) / "city", name="示范县", now=DAY) as city, city.workspace() as workspace:
            with city.writer("test") as writer:
                for what, pick, size in events:
                    happen(writer, model, what, pick, size)
            assert city.latest_seq() == model.latest
            check_against(city, workspace, model)
            assert [problem for problem in check_city(city) if problem.severity is Severity.error] == []
