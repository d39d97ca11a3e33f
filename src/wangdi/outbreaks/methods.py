"""The methods by name, and their parameters as users write them: R's names where R has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wangdi.core.problem import Problem, Refusal
from wangdi.language.names import nearest_name
from wangdi.outbreaks.alarms import Alarms
from wangdi.outbreaks.detectors.cusum import TRANSFORMATIONS, CusumSettings, detect_cusum
from wangdi.outbreaks.detectors.ears import EarsSettings, detect_ears
from wangdi.outbreaks.detectors.farrington import (
    POWERS,
    THRESHOLD_METHODS,
    ClassicSettings,
    FlexibleSettings,
    detect_farrington,
    detect_farrington_flexible,
)
from wangdi.outbreaks.detectors.fixed_value import FixedSettings, detect_fixed_value
from wangdi.outbreaks.detectors.glr import GlrSettings, detect_glr
from wangdi.outbreaks.detectors.moving_percentile import PercentileSettings, detect_moving_percentile
from wangdi.outbreaks.diseases import find_criteria, find_disease, read_disease_settings
from wangdi.outbreaks.evidence.alarm import EvidenceSettings, detect_by_evidence
from wangdi.outbreaks.evidence.neighbourhood import Links
from wangdi.outbreaks.series import DAILY, MONTHLY, WEEKLY, Ints, Panel

COMPAT = "surveillance"
"""The peer whose outputs are reproduced on demand: R's surveillance 1.20.3."""

MOST = 10_000
"""No whole number is larger: nobody looks back so many years."""

Check = Callable[[Any], Any]
"""From what was written to what is used; None is refused."""


def number_from(low: float, high: float = np.inf, open_ends: bool = False) -> Check:
    """A number within bounds."""

    def check(value: Any) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        inside = low < value < high if open_ends else low <= value <= high
        return float(value) if inside else None

    return check


def whole_from(low: int, also: tuple[int, ...] = ()) -> Check:
    """A whole number from ``low`` on, or one of a few others."""

    def check(value: Any) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST or value % 1:
            return None
        return int(value) if value >= low or value in also else None

    return check


def one_of(words: Sequence[Any]) -> Check:
    """One of a few words."""
    return lambda value: value if isinstance(value, str) and value in words else None


def with_percentile(value: Any) -> str | None:
    """The code of a disease that has a percentile of its own, by code, name or alias."""
    found = find_disease(value) if isinstance(value, str) else None
    return found.code if found is not None and found.code in read_disease_settings().percentiles else None


def word_for(words: Mapping[Any, Any]) -> Check:
    """What a word stands for."""
    return lambda value: words.get(value) if isinstance(value, str | bool) else None


def pair(value: Any) -> tuple[float, int] | None:
    """Cases and periods."""
    if not (isinstance(value, list | tuple) and len(value) == 2):
        return None
    cases, periods = number_from(0)(value[0]), whole_from(1)(value[1])
    return None if cases is None or periods is None else (cases, periods)


def shares(value: Any) -> tuple[float, ...] | None:
    """Shares between 0 and 1."""
    if not isinstance(value, list | tuple):
        return None
    found = tuple(number_from(0, 1)(one) for one in value)
    return None if any(one is None for one in found) else tuple(float(one or 0.0) for one in found)


flag = word_for({True: True, False: False, "TRUE": True, "FALSE": False, "true": True, "false": False})
PROBABILITY = number_from(0, 1, open_ends=True)
LEFT_OUT = {"breaks": ("breaks", lambda value: value if isinstance(value, list) else None)}
KNOWN = {"knownOutbreaks": ("leave_known_out", word_for({"exclude": True, "keep": False}))}
COMPATIBLE = {"compat": ("compat", word_for({COMPAT: True}))}

FLEXIBLE: dict[str, tuple[str, Check]] = {
    "b": ("b", whole_from(1)),
    "w": ("w", whole_from(0)),
    "noPeriods": ("blocks", whole_from(1)),
    "pastWeeksNotIncluded": ("recent", whole_from(0)),
    "reweight": ("reweight", flag),
    "weightsThreshold": ("weights_threshold", number_from(0)),
    "trend": ("trend", flag),
    "pThresholdTrend": ("p_threshold_trend", number_from(0, 1)),
    "alpha": ("alpha", PROBABILITY),
    "limit54": ("limit54", pair),
    "powertrans": ("powertrans", one_of(tuple(POWERS))),
    "thresholdMethod": ("threshold_method", one_of(THRESHOLD_METHODS)),
    "populationOffset": ("population_offset", flag),
    **COMPATIBLE, **LEFT_OUT, **KNOWN,
}  # fmt: skip
CLASSIC_NAMES = (
    "b", "w", "reweight", "trend", "alpha", "limit54", "powertrans", "populationOffset", "compat", "breaks", "knownOutbreaks",
)  # fmt: skip
BASELINE_NAMES = ("b", "w", "noPeriods", "pastWeeksNotIncluded", "populationOffset", "breaks", "knownOutbreaks")
CLASSIC = {name: FLEXIBLE[name] for name in CLASSIC_NAMES}
EARS: dict[str, tuple[str, Check]] = {
    "baseline": ("baseline", whole_from(3)),
    "minSigma": ("min_sigma", number_from(0)),
    "alpha": ("alpha", PROBABILITY),
    **COMPATIBLE,
}
CUSUM: dict[str, tuple[str, Check]] = {
    "k": ("k", number_from(0)),
    "h": ("h", number_from(0, open_ends=True)),
    "m": ("mean", lambda value: value if value == "glm" else number_from(0, open_ends=True)(value)),
    "trans": ("trans", one_of(tuple(TRANSFORMATIONS))),
    "alpha": ("alpha", number_from(0)),
    "compat": ("compat", word_for({COMPAT: True})),
}
GLR: dict[str, tuple[str, Check]] = {
    "c.ARL": ("c_arl", number_from(0, open_ends=True)),
    "theta": ("theta", number_from(0, open_ends=True)),
    "alpha": ("alpha", number_from(0)),
    "Mtilde": ("m_tilde", whole_from(1)),
    "M": ("m", whole_from(1, also=(-1,))),
    "dir": ("increase", word_for({"inc": True, "dec": False})),
    "S": ("harmonics", whole_from(0)),
    "trend": ("trend", flag),
    "ret": ("cases", word_for({"cases": True, "value": False})),
    "change": ("change", one_of(("intercept",))),
    "compat": ("compat", word_for({COMPAT: True})),
}
PERCENTILE: dict[str, tuple[str, Check]] = {
    "b": ("b", whole_from(1)),
    "w": ("w", whole_from(0)),
    "percentile": ("percentile", number_from(0, 1)),
    "fewestYears": ("fewest_years", whole_from(1)),
    "minimum": ("minimum", number_from(0)),
    "disease": ("disease", with_percentile),
    **LEFT_OUT, **KNOWN,
}  # fmt: skip
FIXED: dict[str, tuple[str, Check]] = {
    "value": ("value", number_from(0, open_ends=True)),
    "days": ("days", whole_from(0)),
    "disease": ("disease", lambda value: value if isinstance(value, str) else None),
    "place": ("place", lambda value: value if isinstance(value, str) else None),
    "counts": ("counts", one_of(("cases", "deaths", "hospitalised"))),
}
EVIDENCE: dict[str, tuple[str, Check]] = {
    "alpha": ("alpha", PROBABILITY),
    "shareFalse": ("share_false", number_from(0, 1)),
    "late": ("late", shares),
    "seed": ("seed", whole_from(0)),
    **{name: FLEXIBLE[name] for name in BASELINE_NAMES},
}

METHODS: dict[str, dict[str, tuple[str, Check]]] = {
    "farrington": CLASSIC,
    "farrington_flexible": FLEXIBLE,
    "ears_c1": EARS,
    "ears_c2": EARS,
    "ears_c3": EARS,
    "cusum": CUSUM,
    "glr_nb": GLR,
    "moving_percentile": PERCENTILE,
    "fixed": FIXED,
    "evidence": EVIDENCE,
}
"""Every method with its parameters: the name written, the name used here, what it may be."""

NOT_SETTINGS = frozenset({"freq", "glmWarnings", "verbose", "fitFun", "method", "range"})
"""Understood and without effect on a single method; ``freq`` is a matter of the series."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a panel does not say of its series: who is next to whom, and what each is of."""

    links: Links
    groups: tuple[str, ...]


def check_params(method: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a method, checked, under the names used here; what only one peer has is left out.

    Errors: DETECT-010 no such parameter, DETECT-011 not what it may be.
    """
    allowed = METHODS[method]
    found: dict[str, Any] = {}
    for name, value in params.items():
        if name in NOT_SETTINGS:
            continue
        if name not in allowed:
            nearest = nearest_name(name, allowed) or ", ".join(allowed)
            raise Refusal(Problem(code="DETECT-010", args={"name": name, "method": method, "nearest": nearest}))
        field, check = allowed[name]
        used = check(value) if value is not None else None
        if used is None and value is not None:
            raise Refusal(Problem(code="DETECT-011", args={"name": name, "value": str(value), "method": method}))
        if value is not None:
            found[field] = used
    return found


def check_freq(params: Mapping[str, Any]) -> int | None:
    """Periods a year, where the parameters say so. Errors: DETECT-011."""
    freq = params.get("freq")
    if freq is None:
        return None
    if freq not in (WEEKLY, MONTHLY, DAILY):
        raise Refusal(Problem(code="DETECT-011", args={"name": "freq", "value": str(freq), "method": "detect"}))
    return int(freq)


def run_method(method: str, panel: Panel, weeks: Ints, params: Mapping[str, Any], beside: Beside) -> Alarms:
    """One method on one panel. ``params``: as ``check_params`` gives them.

    Errors: DETECT-011 for breaks that are no periods; DETECT-012 no criterion for the disease.
    """
    given = dict(params)
    if "breaks" in given:
        given["breaks"] = tuple(_break_of(panel, one) for one in given["breaks"])
    if method == "farrington":
        return detect_farrington(panel, weeks, ClassicSettings(**_as_r_begins(given, {})))
    if method == "farrington_flexible":
        return detect_farrington_flexible(panel, weeks, FlexibleSettings(**_as_r_begins(given, R_FLEXIBLE)))
    if method in ("ears_c1", "ears_c2", "ears_c3"):
        return detect_ears(
            panel, weeks, EarsSettings(method=method[-2:].upper(), **_as_r_begins(given, {"min_sigma": 0.0}))
        )
    if method == "cusum":
        given.pop("compat", None)
        return detect_cusum(panel, weeks, CusumSettings(**given))
    if method == "glr_nb":
        given = _as_r_begins(given, {"cases": False})
        given.pop("compat", None)
        given.pop("change", None)
        return detect_glr(panel, weeks, GlrSettings(**given))
    if method == "moving_percentile":
        disease = given.pop("disease", None)
        if disease is not None:
            given.setdefault("percentile", read_disease_settings().percentiles[disease])
        return detect_moving_percentile(panel, weeks, PercentileSettings(**given))
    if method == "fixed":
        return detect_fixed_value(panel, weeks, _fixed_settings(given))
    own = {name: given.pop(name) for name in ("alpha", "share_false", "late", "seed") if name in given}
    settings = EvidenceSettings(**own, baseline=FlexibleSettings(**given))
    return detect_by_evidence(panel, weeks, settings, beside.links, beside.groups)


R_FLEXIBLE = {
    "blocks": 1,
    "recent": None,
    "p_threshold_trend": 0.05,
    "alpha": 0.05,
    "threshold_method": "delta",
}
"""What R's farringtonFlexible begins with, where it is not what is begun with here."""


def _as_r_begins(given: Mapping[str, Any], begins: Mapping[str, Any]) -> dict[str, Any]:
    """What is not given is R's with ``compat``, ours without."""
    return {**begins, **given} if given.get("compat") else dict(given)


def _break_of(panel: Panel, written: Any) -> tuple[int, int]:
    """First and last index of a break: two periods counted from 1, or two dates of a dated series."""
    if isinstance(written, list | tuple) and len(written) == 2:
        first, last = written
        if all(isinstance(one, int) and not isinstance(one, bool) for one in written) and first <= last:
            return int(first) - 1, int(last) - 1
        if panel.dates is not None and all(isinstance(one, str) for one in written):
            try:
                days = np.array(written, dtype="datetime64[D]")
            except ValueError:
                days = np.array([], dtype="datetime64[D]")
            if len(days) == 2 and days[0] <= days[1]:
                # A week that has one day in the break is of the break.
                before = int(np.searchsorted(panel.dates, days[0], side="right")) - 1
                return max(before, 0), int(np.searchsorted(panel.dates, days[1], side="right")) - 1
    raise Refusal(Problem(code="DETECT-011", args={"name": "breaks", "value": str(written), "method": "detect"}))


def _fixed_settings(given: Mapping[str, Any]) -> FixedSettings:
    """A value as given, or the one a disease has: its outbreak criterion, else a single case where that is the rule."""
    disease = given.get("disease")
    if disease is None:
        return FixedSettings(**{name: given[name] for name in ("value", "days") if name in given})
    criteria = [
        one
        for one in find_criteria(disease, given.get("counts", "cases"), given.get("place"))
        if one.level == "outbreak"
    ]
    if criteria:
        strictest = min(criteria, key=lambda one: one.value)
        return FixedSettings(given.get("value", strictest.value), given.get("days", strictest.days))
    found = find_disease(disease)
    if found is not None and found.code in read_disease_settings().single_case:
        return FixedSettings(given.get("value", 1), given.get("days", 0))
    raise Refusal(Problem(code="DETECT-012", args={"disease": disease, "place": str(given.get("place", ""))}))
