"""What was sent: the bytes of a period's return kept for good, and what of them would read differently today, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wangdi.app.derivation import Standing
from wangdi.app.link_decisions import By
from wangdi.app.return_filling import Filled, asked_by, figures_of, plain, read_source, tell_value, write_filled
from wangdi.app.returns import LOCK, find_return, keep_file, list_editions, open_return, read_kept, read_place
from wangdi.app.signing import MovedFigure, find_moved
from wangdi.core.periods import Period
from wangdi.core.problem import Problem, Refusal
from wangdi.returns.model import FIGURE, Binding, Override, Place, read_binding, write_binding
from wangdi.returns.valuing import Given, compute_values
from wangdi.store.city import City
from wangdi.store.records import LedgerRow


@dataclass(frozen=True, slots=True)
class Locked:
    """A return as it was sent. ``edition``: counts the times its period was locked. ``cells``: as :func:`tell_value` has them.

    Missing: ``reopened`` is empty while the period is locked; else it says by whom, when and why it was opened again.
    """

    name: str
    period: str
    edition: int
    seq: int
    who: str
    locked_at: str
    sha256: str
    size: int
    known: int
    snapshot: str
    template: str
    template_edition: int
    reason: str
    cells: tuple[Mapping[str, Any], ...]
    bindings: Mapping[str, Any]
    reopened: Mapping[str, str]


def lock_return(city: City, filled: Filled, by: By) -> Locked:
    """Keep the bytes of a filled return as what was sent; the period is closed until it is reopened.

    Errors: RETURN-030 it is locked already, RETURN-031 it does not add up and no reason is given.
    """
    if filled.wrong and not by.why.strip():
        args = {"number": str(len(filled.wrong)), "cell": str(filled.wrong[0].place)}
        raise Refusal(Problem(code="RETURN-031", args=args))
    name, period = filled.kept.name, filled.period
    refuse_locked(city, name, period)
    data = write_filled(city, filled)
    sha256 = keep_file(city, data)
    with city.writer(by.who) as writer:
        # Looked up again while nobody else can lock.
        refuse_locked(city, name, period)
        body = {
            "edition": len(list_locked(city, name, period.text)) + 1,
            "locked_at": by.at.isoformat(),
            "sha256": sha256,
            "size": len(data),
            "known": filled.known,
            "snapshot": filled.snapshot,
            "template": filled.kept.sha256,
            "template_edition": filled.kept.edition,
            "reason": by.why.strip(),
            "cells": [tell_value(one, period) for one in filled.values.values()],
            "bindings": {str(place): write_binding(one.binding) for place, one in filled.values.items()},
            "reopened": {},
        }
        writer.put_ledger([LedgerRow(LOCK, _key(name, period.text, body["edition"]), body, by.who)], by.at)
    return find_locked(city, name, period)


def _key(name: str, period: str, edition: Any) -> str:
    return f"{name}/{period}/{edition:04d}"


def list_locked(city: City, name: str, period: str = "") -> list[Locked]:
    """Every edition that was sent, of a period or of all, oldest first."""
    beginning = f"{name}/{period}/" if period else f"{name}/"
    found = [_read(seq, row) for seq, row in city.ledger(LOCK, None, beginning)]
    return sorted(found, key=lambda one: (one.period, one.edition))


def _read(seq: int, row: LedgerRow) -> Locked:
    name, period, _ = row.key.split("/")
    body = dict(row.body or {})
    who = body.pop("locked_by", row.who)
    return Locked(**{**body, "cells": tuple(body["cells"])}, name=name, period=period, seq=seq, who=who)


def find_locked(city: City, name: str, period: Period, edition: int | None = None) -> Locked:
    """What was sent for a period: its newest edition, or one of them. Errors: RETURN-020, RETURN-032 nothing was."""
    find_return(city, name)
    found = [one for one in list_locked(city, name, period.text) if edition in (None, one.edition)]
    if not found:
        raise Refusal(Problem(code="RETURN-032", args={"name": name, "period": period.text}))
    return found[-1]


def refuse_locked(city: City, name: str, period: Period) -> None:
    """Refuse to change a period that was sent. Errors: RETURN-030."""
    found = list_locked(city, name, period.text)
    if found and not found[-1].reopened:
        args = {"name": name, "period": period.text, "edition": str(found[-1].edition), "who": found[-1].who}
        raise Refusal(Problem(code="RETURN-030", args=args))


def reopen_return(city: City, name: str, period: Period, by: By) -> Locked:
    """Open a locked period again; what was sent stays, the next lock is another edition.

    Errors: RETURN-032 nothing was sent, RETURN-033 it is open already, RETURN-026 no reason.
    """
    last = find_locked(city, name, period)
    if last.reopened:
        raise Refusal(Problem(code="RETURN-033", args={"name": name, "period": period.text}))
    if not by.why.strip():
        raise Refusal(Problem(code="RETURN-026", args={"cell": period.text}))
    with city.writer(by.who) as writer:
        key = _key(name, period.text, last.edition)
        held = next(row for _, row in city.ledger(LOCK, None, key) if row.key == key)
        reopened = {"who": by.who, "at": by.at.isoformat(), "why": by.why.strip()}
        body = {**(held.body or {}), "reopened": reopened, "locked_by": last.who}
        writer.put_ledger([LedgerRow(LOCK, key, body, by.who)], by.at)
    return find_locked(city, name, period)


def read_sent(city: City, one: Locked) -> bytes:
    """Exactly the bytes that were sent. Errors: RETURN-025."""
    return read_kept(city, one.sha256)


# ---- what would read differently ---------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ChangedCell:
    """A cell that would be computed differently today. ``sent``: what went up, which may be a value reported by people.

    ``moved`` is None where no figure of it moved: it adds cells that did, or the rules of its figure are others.
    """

    place: Place
    sent: Any
    before: Any
    after: Any
    binding: Binding
    moved: MovedFigure | None


def compare_locked(one: Locked, period: Period, then: Standing, now: Standing) -> list[ChangedCell]:
    """The cells of a sent return that would be computed differently now, and who moved them.

    Rule: bound as they were when it was sent, in the workbook of that day, with the values reported then.
    ``then``: the city at the number it was sent at.
    """
    city = now.city
    bindings = {read_place(place): read_binding(body) for place, body in one.bindings.items()}
    edition = next(each for each in list_editions(city, one.name) if each.sha256 == one.template)
    sent = {read_place(cell["cell"]): cell for cell in one.cells}
    found = figures_of(read_source(now), bindings, period)
    given = Given(
        lambda binding: found.get(asked_by(binding, period)),
        {cell["text"]: cell["computed"] for cell in one.cells if "text" in cell},
        {
            place: Override(str(cell["reported"]), cell["chosen"], cell["reason"])
            for place, cell in sent.items()
            if cell["reported"] is not None
        },
    )
    today = compute_values(open_return(city, edition), bindings, given)
    changed = {place: one for place, one in today.items() if plain(one.computed) != sent[place]["computed"]}
    asked = {asked_by(value.binding, period) for value in changed.values() if value.binding.kind == FIGURE}
    moved = find_moved(then, now, asked)
    return [
        ChangedCell(
            place,
            sent[place]["printed"],
            sent[place]["computed"],
            plain(value.computed),
            value.binding,
            moved.get(asked_by(value.binding, period)) if value.binding.kind == FIGURE else None,
        )
        for place, value in changed.items()
    ]
