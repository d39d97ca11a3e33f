"""Which of a day's signals to send, so that few of those sent are false."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wangdi.outbreaks.series import Bools, Floats


def discover(probabilities: Floats, groups: Sequence[str], share: float) -> Bools:
    """The signals of one day, of every group (a disease, say) first as a whole and then within it.

    ``share``: of the signals sent, how many may be false on average.

    Rule: Benjamini and Bogomolov 2014, JRSS B 76: 297-318: groups by Simes' combined probability, then within the groups
    chosen at the level that takes the choice into account. Missing: NaN is never a signal.
    """
    sent = np.zeros(len(probabilities), dtype=bool)
    names = np.array(groups)
    known = np.isfinite(probabilities)
    kinds = [name for name in dict.fromkeys(groups) if known[names == name].any()]
    combined = np.array([_simes(probabilities[(names == name) & known]) for name in kinds])
    chosen = control_false(combined, share)
    level = share * chosen.sum() / max(len(kinds), 1)
    for name, hit in zip(kinds, chosen, strict=True):
        if hit:
            inside = np.flatnonzero((names == name) & known)
            sent[inside] = control_false(probabilities[inside], level)
    return sent


def control_false(probabilities: Floats, share: float) -> Bools:
    """Rule: Benjamini and Hochberg 1995, JRSS B 57: 289-300."""
    number = len(probabilities)
    order = np.argsort(probabilities, kind="stable")
    below = np.flatnonzero(probabilities[order] <= share * np.arange(1, number + 1) / max(number, 1))
    found = np.zeros(number, dtype=bool)
    if len(below):
        found[order[: below[-1] + 1]] = True
    return found


def _simes(probabilities: Floats) -> float:
    ordered = np.sort(probabilities)
    return float((ordered * len(ordered) / np.arange(1, len(ordered) + 1)).min())
