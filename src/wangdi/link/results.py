"""What a match leaves behind: who is who, the pairs, and those somebody should look at. Each file whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wangdi.core.problem import Problem, Refusal
from wangdi.link.clustering import DECISIONS, MERGE, REVIEWED, odds_bits
from wangdi.link.kin import find_kin_risks
from wangdi.link.matching import Matched
from wangdi.link.reading import Loaded
from wangdi.link.scoring import probability_of
from wangdi.store.workspace import Workspace, sql_text

SHOWN = ("name", "sex", "birth", "id_no", "phone", "division", "address", "inst_code")
"""What a reviewer sees of both records."""

SUFFIXES = {".csv": "format csv, header", ".parquet": "format parquet, compression zstd"}


def check_suffix(path: Path) -> None:
    """Refuse a file whose name does not say what it is to be. Errors: LINK-009."""
    if path.suffix.lower() not in SUFFIXES:
        raise Refusal(Problem(code="LINK-009", file=path.name))


def write_clusters(workspace: Workspace, matched: Matched, path: Path, loaded: Loaded) -> int:
    """``rec_id, person_id``. Grain: one row a record, in order of ``rec_id``; answers how many."""
    workspace.put_arrays("people", {"row": loaded.order, "person_id": matched.people.person})
    return _write(
        workspace,
        f"select cast(r.rec_id as {loaded.key_type}) as rec_id, p.person_id from records r join people p"
        " on p.row = r.rowid order by r.rec_id",
        path,
    )


def write_pairs(workspace: Workspace, matched: Matched, path: Path, loaded: Loaded) -> int:
    """``rec_a, rec_b, probability, decision, weight`` of the pairs that were weighed and are not surely two people."""
    probability = probability_of(matched.pairs.weight)
    _put_pairs(workspace, matched, loaded, np.flatnonzero(probability >= 0.01))
    return _write(
        workspace,
        f"select cast(a.rec_id as {loaded.key_type}) as rec_a, cast(b.rec_id as {loaded.key_type}) as rec_b,"
        " round(probability, 6) as probability,"
        f" {_words('decision', DECISIONS)} as decision, round(weight, 3) as weight"
        " from pairs p join records a on a.rowid = p.a join records b on b.rowid = p.b order by first, second",
        path,
    )


def write_review(workspace: Workspace, matched: Matched, path: Path, loaded: Loaded) -> int:
    """The pairs left to people, the likeliest first, with why and with both records side by side.

    ``reason``: ``kin`` they may be twins or brothers and sisters; ``rivals`` another person claims the record about as well, or
    merging would break a constraint; ``doubt`` the evidence is too thin.
    """
    _put_pairs(workspace, matched, loaded, np.flatnonzero(matched.people.decision == REVIEWED))
    both = ", ".join(f"a.{name} as {name}_a, b.{name} as {name}_b" for name in SHOWN)
    return _write(
        workspace,
        f"select cast(a.rec_id as {loaded.key_type}) as rec_a, cast(b.rec_id as {loaded.key_type}) as rec_b,"
        " round(probability, 6) as probability,"
        f" {_words('reason', ('doubt', 'rivals', 'kin'))} as reason, {both}"
        " from pairs p join records a on a.rowid = p.a join records b on b.rowid = p.b order by probability desc, first, second",
        path,
    )


def _put_pairs(workspace: Workspace, matched: Matched, loaded: Loaded, rows: np.ndarray) -> None:
    pairs = matched.pairs
    left, right = pairs.left[rows], pairs.right[rows]
    reason = np.where(pairs.weight[rows] >= odds_bits(MERGE), 1, 0)
    reason[find_kin_risks(pairs.levels[rows])] = 2
    columns = {
        "first": np.minimum(left, right),
        "second": np.maximum(left, right),
        "a": loaded.order[np.minimum(left, right)],
        "b": loaded.order[np.maximum(left, right)],
        "probability": probability_of(pairs.weight[rows]),
        "weight": pairs.weight[rows],
        "decision": matched.people.decision[rows],
        "reason": reason,
    }
    workspace.put_arrays("pairs", columns)


def _words(column: str, words: Sequence[str]) -> str:
    return f"[{', '.join(map(sql_text, words))}][{column} + 1]"


def _write(workspace: Workspace, sql: str, path: Path) -> int:
    check_suffix(path)
    draft = path.with_name(f".{path.name}.new")
    try:
        written = workspace.copy(sql, draft, SUFFIXES[path.suffix.lower()])
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return written
