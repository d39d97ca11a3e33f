"""The one scorer: from the levels of a pair to its weight and probability. Batch, newcomer and explanation all read one table.

Pairs of one person fall into a few classes (somebody who stayed, who moved, a newborn), pairs of two as well (strangers of one
birthday, members of one household, namesakes). Inside a class fields are independent; between classes they are not, which is
what keeps a household's phone and address from being counted as two proofs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from wangdi.link.kin import weigh_kin_risks
from wangdi.link.levels import FIELDS, MISSING, decode_levels

VERSION = 1


@dataclass(frozen=True)
class Weights:
    """What was learnt. ``shares``: of each class among the compared pairs, those of one person first (``matching`` of them).

    ``tables``: for each field, level (without missing) by class: how often pairs of the class show it.
    ``slope`` and ``offset``: what brings the logarithm of the odds to how often pairs were right;
    ``kin``: what is added where a pair may be twins, and a multiple of it for brothers and sisters.
    """

    matching: int
    shares: np.ndarray
    tables: tuple[np.ndarray, ...]
    slope: float = 1.0
    offset: float = 0.0
    kin: float = 0.0
    learnt: str = "shipped"

    @cached_property
    def logs(self) -> tuple[np.ndarray, ...]:
        """For each field, level (with missing first: no evidence) by class, natural logarithms."""
        return tuple(np.vstack([np.zeros(len(self.shares)), np.log(table)]) for table in self.tables)

    def class_scores(self, levels: np.ndarray) -> np.ndarray:
        """Natural logarithm of share times likelihood. Grain: one row a pair, one column a class."""
        total = np.tile(np.log(self.shares), (len(levels), 1))
        for column, logs in enumerate(self.logs):
            total += logs[levels[:, column]]
        return total

    def as_json(self) -> dict[str, Any]:
        """The weights file's content."""
        return {
            "format": "wangdi-match-weights",
            "version": VERSION,
            "learnt": self.learnt,
            "matching_classes": self.matching,
            "shares": [round(float(share), 8) for share in self.shares],
            "calibration": {"slope": round(self.slope, 6), "offset": round(self.offset, 6), "kin": round(self.kin, 6)},
            "fields": {
                field.name: {
                    level: [float(f"{value:.6g}") for value in row]
                    for level, row in zip(field.levels, table.tolist(), strict=True)
                }
                for field, table in zip(FIELDS, self.tables, strict=True)
            },
        }


def _add_logs(scores: np.ndarray) -> np.ndarray:
    top = scores.max(axis=1)
    return np.asarray(top + np.log(np.exp(scores - top[:, None]).sum(axis=1)))


def score_levels(weights: Weights, levels: np.ndarray) -> np.ndarray:
    """Weight of each pair. Units: bits, the logarithm to base 2 of the odds that both are one person."""
    odds = weights.offset + weights.slope * class_odds(weights, levels)
    return np.asarray((odds + weights.kin * weigh_kin_risks(levels)) / np.log(2))


def class_odds(weights: Weights, levels: np.ndarray) -> np.ndarray:
    """Natural logarithm of the odds before calibration."""
    scores = weights.class_scores(levels)
    return np.asarray(_add_logs(scores[:, : weights.matching]) - _add_logs(scores[:, weights.matching :]))


def probability_of(weight: np.ndarray) -> np.ndarray:
    """The probability behind a weight in bits."""
    return np.asarray(1 / (1 + np.exp2(-np.clip(weight, -60, 60))))


@dataclass(frozen=True, slots=True)
class Part:
    """What one field added. ``weight`` in bits."""

    field: str
    level: str
    weight: float


def explain_levels(weights: Weights, levels: Sequence[int]) -> tuple[float, list[Part]]:
    """The weight of one pair and what each field added to it, which sums to it.

    Rule: a field's part is what it changes once the fields before it are known; ``prior`` is what stands before any of them,
    ``kin`` what is taken off where two such records may be twins or brothers and sisters.
    """
    seen = np.zeros((len(FIELDS) + 1, len(FIELDS)), dtype=np.uint8)
    for column, level in enumerate(levels):
        seen[column + 1 :, column] = level
    running = (weights.offset + weights.slope * class_odds(weights, seen)) / np.log(2)
    parts = [Part("prior", "", float(running[0]))]
    for column, field in enumerate(FIELDS):
        if levels[column] != MISSING:
            parts.append(
                Part(field.name, field.level_name(levels[column]), float(running[column + 1] - running[column]))
            )
        else:
            parts.append(Part(field.name, "missing", 0.0))
    kin = float(weigh_kin_risks(seen[-1:])[0])
    parts.append(Part("kin", "risk" if kin else "none", weights.kin * kin / float(np.log(2))))
    return sum(part.weight for part in parts), parts


def with_rivals(parts: Sequence[Part], rivals: float) -> list[Part]:
    """What was added, and what rivals take off where there are any."""
    return [*parts, *([Part("rivals", "", rivals)] if abs(rivals) > 1e-9 else [])]


def score_patterns(weights: Weights, codes: np.ndarray) -> np.ndarray:
    """Weight of each pair by its encoded levels; each pattern is worked out once."""
    patterns, place = np.unique(codes, return_inverse=True)
    return score_levels(weights, decode_levels(patterns))[place]


def read_weights(path: Path | None = None) -> Weights:
    """A weights file; without one, those shipped. Errors: as :func:`parse_weights`, and what is no JSON."""
    source = path or files("wangdi.link").joinpath("data", "weights.json")
    return parse_weights(json.loads(source.read_text(encoding="utf-8")))


def parse_weights(said: Mapping[str, Any]) -> Weights:
    """What a weights file says. Errors: ValueError when it is none of this version."""
    if said.get("format") != "wangdi-match-weights" or said.get("version") != VERSION:
        raise ValueError("not a weights file of this version")
    tables = tuple(np.array([said["fields"][field.name][level] for level in field.levels]) for field in FIELDS)
    fit = said["calibration"]
    return Weights(
        said["matching_classes"],
        np.array(said["shares"]),
        tables,
        fit["slope"],
        fit["offset"],
        fit["kin"],
        said["learnt"],
    )


def write_weights(path: Path, weights: Weights) -> None:
    """Write a weights file."""
    path.write_text(json.dumps(weights.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
