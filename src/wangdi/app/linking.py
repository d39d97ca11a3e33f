"""Linking a city: whose registration each one is, found from all that institutions know, and accepted like everything else."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from wangdi.app.derivation import Standing
from wangdi.app.registered import Registered, read_registered
from wangdi.app.relations import refresh_keys
from wangdi.catalog.tables import LINK_TABLE, REGISTRATION_TABLE
from wangdi.core.problem import Problem, Refusal
from wangdi.link.clustering import REVIEWED
from wangdi.link.deciding import Decided, part_numbers
from wangdi.link.keysets import distinct
from wangdi.link.kin import find_kin_risks
from wangdi.link.levels import encode_levels
from wangdi.link.matching import Matched, match_records, tell_nobody
from wangdi.link.numbering import number_people
from wangdi.link.records import ID_KINDS, OWN, Records
from wangdi.link.scoring import Weights, parse_weights, probability_of, read_weights
from wangdi.store.city import City
from wangdi.store.derived import DerivedFolder
from wangdi.store.links import links_sql
from wangdi.store.records import APART, TOGETHER, LinkModel
from wangdi.store.workspace import Workspace, sql_text

STEPS = ("reading", "normalising", "candidates", "comparing", "learning", "scoring", "clustering", "writing")
"""What a run goes through, for whoever watches."""
MATCHER_EDITION = 1
"""Raised whenever the same registrations, decisions and weights leave other pairs to people."""
MODEL = "weights"
TEACHERS = 2_000
"""Registrations of proved number from which on weights are learnt from a city; below it the shipped ones serve."""
DECISION = "decision"
RULES = ("alone", "number", "likeness", DECISION)


@dataclass(frozen=True, slots=True)
class LinkRun:
    """Who has a city linked, and when. ``learn``: the weights are learnt anew; else only where there are none yet."""

    who: str
    at: datetime
    learn: bool = False


def link_city(standing: Standing, run: LinkRun, tell: Callable[[str], None] = tell_nobody) -> dict[str, Any]:
    """Find who is who among all registrations and accept what changed; answers what was found, in numbers.

    Rule: weights are learnt once there are enough registrations of proved number, and then stay until somebody has them
    learnt anew, so that the same registrations and decisions are the same people in whatever order they came. A person's
    number is that of the registration known first among theirs.
    Errors: LINK-020 somebody else linked meanwhile.
    """
    city, workspace = standing.city, standing.workspace
    tell("reading")
    registered = read_registered(standing, tell)
    decided = read_decided(standing, registered)
    records = part_numbers(registered.records, decided, registered.known.since)
    weights = None if _must_learn(standing, run, records) else read_city_weights(standing)
    matched = match_records(records, weights, tell, decided)
    tell("writing")
    numbers = number_people(matched.people.person, registered.known)
    changed = _put_changed(workspace, registered, numbers, _find_rules(records, matched, decided))
    learnt = None
    if weights is None:
        learnt = LinkModel(MODEL, json.dumps(matched.weights.as_json(), ensure_ascii=False), run.who)
    with city.writer(run.who) as writer:
        refuse_linked_since(standing)
        if changed or learnt is not None:
            told = f"(select * replace ([{', '.join(map(sql_text, RULES))}][rule + 1] as rule) from relinking)"
            writer.accept_links(writer.stage(LINK_TABLE, links_sql(told, run.at), workspace), learnt, run.at)
        known = city.latest_seq()
    write_review(city, known, partial(_fill_review, workspace, registered, matched))
    refresh_keys(standing)
    return {"known": known, "changed": changed, **_tell_found(records, matched, registered, numbers)}


def read_city_weights(standing: Standing) -> Weights:
    """The weights a city is linked by: those learnt from it, else those shipped."""
    model = standing.city.link_model(standing.known)
    return read_weights() if model is None else parse_weights(json.loads(model.body))


def _must_learn(standing: Standing, run: LinkRun, records: Records) -> bool:
    """Whether a run learns the weights: asked to, or none were learnt yet; and there is enough to learn from."""
    wanted = run.learn or standing.city.link_model(standing.known) is None
    return wanted and int((records.own >= 0).sum()) >= TEACHERS


def refuse_linked_since(standing: Standing) -> None:
    """What rests on links that are not the last any more is not accepted. Errors: LINK-020."""
    if any(segment.last_seq > standing.known for segment in standing.city.segments(LINK_TABLE.name)):
        raise Refusal(Problem(code="LINK-020"))


def read_decided(standing: Standing, registered: Registered) -> Decided:
    """What people decided, as places of registrations; what is about registrations nobody knows any more is left out."""
    held = [row for _, row in standing.city.link_decisions(standing.known) if row.verdict in (TOGETHER, APART)]
    left, right = registered.rows_of([row.one for row in held]), registered.rows_of([row.other for row in held])
    together = np.array([row.verdict == TOGETHER for row in held], dtype=bool)
    known = (left >= 0) & (right >= 0)
    return Decided(left[known], right[known], together[known])


def _find_rules(records: Records, matched: Matched, decided: Decided) -> np.ndarray:
    """What each registration's link rests on, as a place in ``RULES``."""
    person = matched.people.person
    rule = np.where(records.own >= 0, RULES.index("number"), RULES.index("likeness"))
    rule[np.bincount(person, minlength=1)[person] == 1] = RULES.index("alone")
    rule[np.concatenate([decided.left, decided.right])] = RULES.index(DECISION)
    return rule


def _put_changed(workspace: Workspace, registered: Registered, numbers: np.ndarray, rule: np.ndarray) -> int:
    """Registrations whose person is not what linking left last, as the table ``relinking``; answers how many."""
    rows = np.flatnonzero(numbers != registered.known.stored)
    columns = {
        "registration_id": registered.known.registration[rows],
        "person_id": numbers[rows],
        "rule": rule[rows].astype(np.int8),
    }
    workspace.put_arrays("relinking", columns)
    return len(rows)


def _tell_found(records: Records, matched: Matched, registered: Registered, numbers: np.ndarray) -> dict[str, Any]:
    """What a run found, in numbers. ``moved``: registrations that are now another person's than before."""
    kinds = np.bincount(records.id_kind, minlength=len(ID_KINDS))
    return {
        "registrations": len(records),
        "read": registered.read,
        "people": len(distinct(numbers)),
        "people_before": len(distinct(registered.person)),
        "moved": int((numbers != registered.person).sum()),
        "by_number": int((records.id_kind == OWN).sum()),
        "numbers": {name: int(count) for name, count in zip(ID_KINDS, kinds, strict=True)},
        "review": int((matched.people.decision == REVIEWED).sum()),
        "compared": matched.compared,
        "weights": matched.weights.learnt,
        "left_out": {cost.block: cost.left_out for cost in matched.costs if cost.left_out},
    }


def find_unseen(city: City) -> int:
    """The last number under which registrations came that no run of linking has seen; 0 where there are none.

    Rule: a city that was never linked waits for somebody to have it linked first.
    """
    seen = max(review_folder(city).bases(), default=0)  # 0 in a city just restored, too: what is derived is not kept
    arrived = max((segment.last_seq for segment in city.segments(REGISTRATION_TABLE.name)), default=0)
    return arrived if arrived > seen and city.segments(LINK_TABLE.name) else 0


# ---- what is left to people ------------------------------------------------------------------------------------------
def review_folder(city: City) -> DerivedFolder:
    """Where runs leave the pairs that somebody should look at; disposable, as everything derived."""
    return DerivedFolder(city.folder / "derived" / f"review-{MATCHER_EDITION}")


def write_review(city: City, known: int, fill: Callable[[Path], None]) -> None:
    """Leave the pairs of a run; those of the same number, left by a run before, are the same."""
    folder = review_folder(city)
    if known not in folder.bases():
        folder.make(folder.base(known), fill)
    folder.sweep()


def _fill_review(workspace: Workspace, registered: Registered, matched: Matched, folder: Path) -> None:
    pairs = matched.pairs
    rows = np.flatnonzero(matched.people.decision == REVIEWED)
    weight = matched.people.weight[rows]
    one, other = (registered.known.registration[end[rows]] for end in (pairs.left, pairs.right))
    columns: Mapping[str, np.ndarray] = {
        "one": np.minimum(one, other),
        "other": np.maximum(one, other),
        "probability": probability_of(weight),
        "weight": weight,
        "levels": encode_levels(pairs.levels[rows]),
        "kin": find_kin_risks(pairs.levels[rows]),
    }
    workspace.put_arrays("reviewing", columns)
    workspace.copy("select * from reviewing order by one, other", folder / "pairs.parquet")
