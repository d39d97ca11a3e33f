"""Which indicator of the catalogue a goal may mean, and how sure that is. Never more than a proposal."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from wangdi.plans.model import Suggestion

EXACT, LIKELY, POSSIBLE = "exact", "likely", "possible"
DAYS = ("天", "日")
PER_HEAD = {"千": "per_1000", "万": "per_10000"}
RATE_UNITS = {"%": "percent", "‰": "per_mille", "/10万": "per_100000"}


@dataclass(frozen=True, slots=True)
class Title:
    """An indicator that could be meant: its title, and the unit its values are in."""

    indicator: str
    title: str
    unit: str


@cache
def load_names() -> Mapping[str, Any]:
    """How names are compared (``data/suggesting.toml``)."""
    return tomllib.loads(files("wangdi.plans").joinpath("data", "suggesting.toml").read_text(encoding="utf-8"))


def suggest_indicators(name: str, unit: str, titles: Sequence[Title]) -> tuple[Suggestion, ...]:
    """The indicators a goal of this name and unit may mean, the surest first.

    Rule: the same name, or another name of it, is ``exact``; else by the pairs of characters both share, never across
    words that keep indicators apart (规范管理 and 健康管理) and never across a rate and a count. What is added in a year
    (新增) is never the same as what there is.
    """
    rules = load_names()["sure"]
    found: list[tuple[float, Suggestion]] = []
    for one in titles:
        if not _units_agree(name, unit, one.unit):
            continue
        names = (one.title, *load_names()["aliases"].get(one.indicator, ()))
        score = max(compare_names(name, other) for other in names)
        if score >= rules["possible"]:
            same = score >= 1 and not name.startswith(tuple(load_names()["flows"]))
            sure = EXACT if same else LIKELY if score >= rules["likely"] else POSSIBLE
            found.append((score, Suggestion(one.indicator, one.title, sure)))
    found.sort(key=lambda pair: (-pair[0], len(pair[1].title), pair[1].indicator))
    return tuple(one for _, one in found[: rules["most"]])


def compare_names(one: str, other: str) -> float:
    """How alike two names are: 1 the same once told alike, 0 where a word keeps them apart or they share nothing."""
    first, second = tidy_name(one), tidy_name(other)
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    if _kept_apart(first, second):
        return 0.0
    pairs = [{text[place : place + 2] for place in range(len(text) - 1)} for text in (first, second)]
    shared = 2 * len(pairs[0] & pairs[1]) / max(1, len(pairs[0]) + len(pairs[1]))
    return min(shared, 0.99)


@lru_cache(maxsize=4096)
def tidy_name(name: str) -> str:
    """A name without marks, brackets and words that say nothing of what is measured."""
    rules = load_names()
    text = re.sub(r"[（()）“”\"《》、,，\s]", "", name)
    for said, same in rules["same"].items():
        text = text.replace(said, same) if same not in text else text
    for word in rules["noise"]:
        text = text.replace(word, "")
    return text


def _kept_apart(one: str, other: str) -> bool:
    for group in load_names()["apart"]:
        words = sorted(group["words"], key=len, reverse=True)
        mine, theirs = (next((word for word in words if word in name), "") for name in (one, other))
        if mine != theirs:
            return True
    return False


def _units_agree(name: str, unit: str, indicator_unit: str) -> bool:
    if unit in RATE_UNITS:
        return indicator_unit == RATE_UNITS[unit]
    if unit == "个百分点":
        return indicator_unit == "percent"
    if unit in DAYS:
        return indicator_unit == "days"
    if name.endswith("比") and not unit:  # 1:1.25
        return indicator_unit == "ratio"
    per = re.search(r"每([千万])|([千万])人口", name)
    if per is not None:
        return indicator_unit == PER_HEAD[per[1] or per[2]]
    return indicator_unit in ("count", "")
