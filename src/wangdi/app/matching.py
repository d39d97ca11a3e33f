"""Matching a plain file of person records: who is who, and why two records are held to be one person or two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from wangdi.app.changed_numbers import number_successions, read_changes
from wangdi.core.problem import Problem, Refusal
from wangdi.link.clustering import DECISIONS, MERGED, REVIEWED, SEPARATE
from wangdi.link.matching import Matched, match_records, tell_nobody, weigh_pair
from wangdi.link.normalise import normalise_records
from wangdi.link.reading import Loaded, load_records
from wangdi.link.records import ID_KINDS, OWN, Records
from wangdi.link.results import check_suffix, write_clusters, write_pairs, write_review
from wangdi.link.scoring import Weights, explain_levels, probability_of, read_weights, write_weights
from wangdi.store.workspace import Workspace

MEMORY = "2GB"

STEPS = ("reading", "normalising", "candidates", "comparing", "learning", "scoring", "clustering", "writing")
"""What a match goes through, for whoever watches."""


@dataclass(frozen=True, slots=True)
class MatchAsked:
    """Which file, what else is known, and what is to be written.

    ``weights``: a weights file to be used as it is; without one the weights are learnt from the file. ``successions``: a CSV
    ``old_id, new_id`` of numbers that were legitimately changed.
    """

    records: Path
    out: Path | None = None
    review: Path | None = None
    pairs: Path | None = None
    weights: Path | None = None
    save_weights: Path | None = None
    successions: Path | None = None


def match_file(asked: MatchAsked, tell: Callable[[str], None] = tell_nobody) -> dict[str, Any]:
    """Match a file and write what was asked for; answers what was found, in numbers.

    Errors: LINK-001 to LINK-012.
    """
    for path in (asked.out, asked.review, asked.pairs):
        if path is not None:
            check_suffix(path)
    with TemporaryDirectory(prefix="wangdi-match-") as folder, Workspace(MEMORY, temp_dir=folder) as workspace:
        loaded, records, matched = _run(workspace, asked, tell)
        tell("writing")
        if asked.out is not None:
            write_clusters(workspace, matched, asked.out, loaded)
        if asked.review is not None:
            write_review(workspace, matched, asked.review, loaded)
        if asked.pairs is not None:
            write_pairs(workspace, matched, asked.pairs, loaded)
        if asked.save_weights is not None:
            write_weights(asked.save_weights, matched.weights)
    return _tell_found(records, matched)


def explain_pair(
    asked: MatchAsked, rec_a: str, rec_b: str, tell: Callable[[str], None] = tell_nobody
) -> dict[str, Any]:
    """Why two records of a file are one person or two: weight, probability, decision and what each field added.

    Units: bits. Errors: LINK-006 there is no such record; LINK-001 to LINK-008 as for the whole file.
    """
    with TemporaryDirectory(prefix="wangdi-match-") as folder, Workspace(MEMORY, temp_dir=folder) as workspace:
        loaded, records, matched = _run(workspace, asked, tell)
        rows = [_find_row(workspace, asked.records, loaded, one) for one in (rec_a, rec_b)]
    weight, parts = explain_levels(matched.weights, weigh_pair(records, rows[0], rows[1]))
    return {
        "rec_a": rec_a,
        "rec_b": rec_b,
        "weight": round(weight, 4),
        "probability": round(float(probability_of(np.array([weight]))[0]), 6),
        "decision": DECISIONS[_decide(matched, rows[0], rows[1])],
        "same_number": bool(records.own[rows[0]] >= 0 and records.own[rows[0]] == records.own[rows[1]]),
        "parts": [{**asdict(part), "weight": round(part.weight, 4)} for part in parts],
    }


def _run(workspace: Workspace, asked: MatchAsked, tell: Callable[[str], None]) -> tuple[Loaded, Records, Matched]:
    weights = _read_weights(asked.weights) if asked.weights else None
    successions = number_successions(read_changes(asked.successions)) if asked.successions else {}
    tell("reading")
    loaded = load_records(workspace, asked.records)
    tell("normalising")
    records = normalise_records(workspace, loaded.order, successions)
    return loaded, records, match_records(records, weights, tell)


def _decide(matched: Matched, one: int, other: int) -> int:
    person = matched.people.person
    if person[one] == person[other]:
        return MERGED
    pairs = matched.pairs
    found = ((pairs.left == one) & (pairs.right == other)) | ((pairs.left == other) & (pairs.right == one))
    decided = matched.people.decision[found]
    return REVIEWED if len(decided) and decided[0] == REVIEWED else SEPARATE


def _find_row(workspace: Workspace, path: Path, loaded: Loaded, rec_id: str) -> int:
    found = workspace.one("select rowid from records where rec_id = ?", [rec_id])
    if found is None:
        raise Refusal(Problem(code="LINK-006", file=path.name, args={"record": rec_id}))
    return int(np.flatnonzero(loaded.order == found[0])[0])


def _read_weights(path: Path) -> Weights:
    try:
        return read_weights(path)
    except OSError as error:
        raise Refusal(Problem(code="LINK-001", file=path.name, args={"reason": error.strerror or ""})) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(Problem(code="LINK-008", file=path.name)) from error


def _tell_found(records: Records, matched: Matched) -> dict[str, Any]:
    kinds = np.bincount(records.id_kind, minlength=len(ID_KINDS))
    decisions = np.bincount(matched.people.decision, minlength=len(DECISIONS))
    return {
        "records": len(records),
        "people": int(matched.people.person.max(initial=0)),
        "by_number": int((records.id_kind == OWN).sum()),
        "numbers": {name: int(count) for name, count in zip(ID_KINDS, kinds, strict=True)},
        "compared": matched.compared,
        "pairs": {name: int(count) for name, count in zip(DECISIONS, decisions, strict=True)},
        "weights": matched.weights.learnt,
        "blocks": [asdict(cost) for cost in matched.costs],
    }
