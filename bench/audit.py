"""Checking reports against labelled ones: how much is found, how much of it is right, and how long a long report takes."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.measuring import measure, tell
from wangdi.reports.reading.claims import Claim, find_claims
from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC, IMPOSSIBLE

Label = Mapping[str, Any]

FOLDER_VARIABLE = "WANGDI_LABELLED_REPORTS"
"""The folder that holds ``reports/`` and ``seeds/``; else ``shared`` beside the repository."""

_NOISE = re.compile(r"[的“”\"、,，()（）·及和与\s]")
_TAIL = re.compile(r"(?:人数|人次|数量|总数|数|金额|份|处|次|期|条|件|场|吨|户|量|人口)+$")


OWN = Path(__file__).parents[1] / "tests" / "data" / "labelled"
"""Labelled reports of the repository itself."""


def labelled_folder() -> Path | None:
    """Where the labelled reports are; None where there are none."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named) if named else Path(__file__).parents[2] / "shared"
    return folder if (folder / "reports").is_dir() else None


@dataclass(slots=True)
class Tally:
    """What was right out of how many, by name."""

    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def add(self, name: str, right: bool, said: str = "") -> None:
        """One more asked."""
        self.asked[name] += 1
        self.right[name] += right
        if not right and said:
            self.misses.append(f"{name}: {said}")

    def share(self, name: str) -> float:
        """Right over asked."""
        return self.right[name] / self.asked[name] if self.asked[name] else 1.0


def read_labels(folder: Path, name: str) -> list[Label]:
    """All lines of one kind of label, of every set of documents."""
    paths = sorted((folder / "reports").glob(f"*_{name}.jsonl"), reverse=True)
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]


def read_report(folder: Path, file: str) -> str:
    """The text that a label is about."""
    path = folder / "reports" / file
    return (path if path.exists() else folder / "seeds" / file).read_text(encoding="utf-8")


def labelled_stretch(text: str, labels: Iterable[Label]) -> tuple[int, int]:
    """The part of a text that is labelled whole: from its first line's end to the end, or to the last numbered report labelled."""
    last = max(label["span"][1] for label in labels)
    starts = [match.start() for match in re.finditer(r"(?m)^.{2,30}?\d{1,2}\n", text)]
    after = [start for start in starts if start > last and len(starts) > 3]
    start = text.find("\n") if text.startswith("#") else 0
    return start, min(after, default=len(text))


def score_claims(folder: Path, files: Iterable[str] | None = None) -> Tally:
    """Claims against labels. ``optional`` labels never count."""
    tally = Tally()
    by_file: dict[str, list[Label]] = {}
    for label in read_labels(folder, "claims"):
        by_file.setdefault(label["file"], []).append(label)
    for file, labels in by_file.items():
        if files is not None and file not in files:
            continue
        text = read_report(folder, file)
        start, end = labelled_stretch(text, labels)
        claims = [one for one in find_claims(text)[1] if start <= one.start < end]
        _score_text(tally, text, claims, labels)
    return tally


def _score_text(tally: Tally, text: str, claims: list[Claim], labels: list[Label]) -> None:
    for label in labels:
        low, high = label["span"]
        met = [one for one in claims if one.start < high and one.end > low]
        found = next((one for one in met if _same_value(one, label)), None)
        if label["optional"]:
            continue
        tally.add("value", found is not None, f"{label['id']} {label['text']}")
        if found is None:
            continue
        tally.add("unit", found.unit == label["unit"], f"{label['id']} {found.unit} for {label['unit']}")
        _score_reading(tally, text, found, label)
    for one in claims:
        near = [label for label in labels if one.start < label["span"][1] and one.end > label["span"][0]]
        if not near or not near[0]["optional"]:
            right = bool(near) and _same_value(one, near[0])
            tally.add("precision", right, text[max(0, one.start - 8) : one.end + 4])


def _same_value(one: Claim, label: Label) -> bool:
    return abs(one.norm_value - label["norm_value"]) <= 1e-9 * abs(label["norm_value"]) and one.value_hi == label.get(
        "value_hi"
    )


def _score_reading(tally: Tally, text: str, one: Claim, label: Label) -> None:
    said = f"{label['id']} {label['text']}"
    tally.add("status", one.status == label["status"], f"{said} {one.status}")
    tally.add("comparator", one.comparator == label["comparator"], f"{said} {one.comparator} for {label['comparator']}")
    tally.add("kind", one.kind == label["kind"], f"{said} {one.kind} for {label['kind']}")
    tally.add("measure", one.measure == label["measure"], f"{said} {one.measure} for {label['measure']}")
    tally.add(
        "indicator",
        same_indicator(one.indicator, label["indicator"]),
        f"{said} {one.indicator} for {label['indicator']}",
    )
    same = plain_period(one.period.text()) == plain_period(label["period"])
    paragraph = text[text.rfind("\n", 0, one.start) + 1 : one.start]
    tally.add("period, all", same)
    if plain_period(label["period"]) in plain_period(paragraph):
        tally.add("period", same, f"{said} {one.period.text()} for {label['period']}")


def plain_period(text: str) -> str:
    """A period without the ways to write one."""
    text = re.sub(r"[-–—~～至]{1,2}", "-", re.sub(r"截止|截至", "", text))
    return re.sub(r"到|底|末|份|\s", "", text)


def same_indicator(said: str, label: str) -> bool:
    """Same head noun and qualifiers: three quarters of the label's characters, in order, and its head among them."""
    one, other = _TAIL.sub("", _NOISE.sub("", said)), _TAIL.sub("", _NOISE.sub("", label))
    if not one or not other:
        return one == other
    common = _common_length(one, other)
    head = other[-2:] in one or other[:2] in one
    return head and common >= 0.6 * len(other) and common >= 0.4 * len(one)


def _common_length(one: str, other: str) -> int:
    """The most characters both have in the same order, counting transposed halves once: a bag for a label's own order."""
    left, right = Counter(one), Counter(other)
    return sum((left & right).values())


def score_relations(folder: Path, files: Iterable[str] | None = None) -> Tally:
    """Relations against labels: found where one of the same kind and outcome holds all its claims.

    Every verdict of ``impossible`` or ``arithmetic`` on claims that no failing label holds counts as wrong; a label whose
    ``holds`` is null must not be flagged.
    """
    tally = Tally()
    spans = {label["id"]: tuple(label["span"]) for label in read_labels(folder, "claims")}
    by_file: dict[str, list[Label]] = {}
    for label in read_labels(folder, "relations"):
        by_file.setdefault(label["file"], []).append(label)
    for file, labels in by_file.items():
        if files is None or file in files:
            _score_relations(tally, read_report(folder, file), labels, spans)
    return tally


def _score_relations(tally: Tally, text: str, labels: list[Label], spans: Mapping[str, tuple[int, int]]) -> None:
    ground, relations = check_text(text)
    said = [
        (one, {(ground.claims[place].start, ground.claims[place].end) for place in one.claims}) for one in relations
    ]
    failing = []
    for label in labels:
        members = {spans[claim] for claim in label["claims"]}
        told = f"{label['relation']} {label['values']} {label['holds']}"
        if label["holds"] is None:
            flagged = any(one.holds is False and members <= claims for one, claims in said)
            tally.add("traps left alone", not flagged, told)
            continue
        found = any(
            one.relation == label["relation"] and one.holds == label["holds"] and members <= claims
            for one, claims in said
        )
        tally.add("relations found", found, told)
        tally.add("true found" if label["holds"] else "false found", found)
        if not label["holds"]:
            failing.append(members)
    for one, claims in said:
        if one.severity in (IMPOSSIBLE, ARITHMETIC):
            right = any(claims <= members or members <= claims for members in failing)
            tally.add("accusations right", right, f"{one.relation} {one.told.text('en')}")


def score_edits(folder: Path, files: Iterable[str] | None = None) -> Tally:
    """One-number edits: caught where a relation that fails holds the edited claim."""
    tally = Tally()
    for label in read_labels(folder, "perturbed"):
        if files is not None and label["file"] not in files:
            continue
        edit = label["edit"]
        text = read_report(folder, label["file"])
        start, end = edit["span"]
        ground, relations = check_text(text[:start] + edit["new"] + text[end:])
        caught = [
            one
            for one in relations
            if one.holds is False
            and any(ground.claims[place].start <= start + 1 <= ground.claims[place].end for place in one.claims)
        ]
        told = f"{label['relation']} {edit['old']} -> {edit['new']}"
        tally.add("edits caught", bool(caught), told)
        accused = any(one.severity in (IMPOSSIBLE, ARITHMETIC) for one in caught)
        tally.add("edits caught, accused", accused, told)
    return tally


LONG = 50_000
"""Characters of the long report that is timed."""

WANTED = (
    ("value", 0.98),
    ("unit", 0.97),
    ("precision", 0.95),
    ("indicator", 0.85),
    ("status", 0.97),
    ("comparator", 0.95),
    ("period", 0.9),
    ("true found", 0.9),
    ("false found", 0.9),
    ("edits caught", 0.9),
    ("traps left alone", 1.0),
)
"""The least share of each that is right."""

ACCUSED_WRONGLY = 1


MANY = 25_000
"""Claims of a report of nothing but numbers: its time must grow with its length alone."""


def bench_audit() -> bool:
    """What of the labelled reports is right, over all and over each half of the documents; and a long report's time."""
    for name in sorted({file.split("/")[0] for file in _files(OWN)}):
        _tell_scores(name, OWN, [file for file in _files(OWN) if file.startswith(name)])
    good = [_tell_time("shares beside their counts", _many_shares())]
    folder = labelled_folder()
    if folder is None:
        print(f"skip audit: no labelled reports beside the repository; set {FOLDER_VARIABLE}")
        return all(good)
    files = _files(folder)
    good.append(_tell_scores("all", folder, files))
    for name, half in (("one half", files[::2]), ("the other", files[1::2])):
        _tell_scores(name, folder, half)
    texts = "".join(read_report(folder, file) for file in files)
    text = (texts * (LONG // len(texts) + 1))[:LONG]
    check_text(text[:100])
    (ground, _), cost = measure(lambda: check_text(text), runs=3)
    good.append(tell("audit: a report of 50,000 characters", cost.cpu, 2, "cpu s", f"{len(ground.claims)} claims"))
    return all(good)


def _files(folder: Path) -> list[str]:
    return sorted({label["file"] for label in read_labels(folder, "claims")})


def _many_shares() -> str:
    """Counts of one noun with shares that fit none of them: each share might be held against every count."""
    rows = range(MANY // 2)
    return "。".join(f"医院床位{1000 + row * 7919 % 9000}张,占比{10 + row * 31 % 80}.{row % 100:02d}%" for row in rows)


def _tell_time(name: str, text: str) -> bool:
    (ground, _), cost = measure(lambda: check_text(text), runs=1)
    note = f"{len(ground.claims)} claims in {len(text):,} characters"
    return tell(f"audit: {name}", cost.cpu, 20, "cpu s", note)


def _tell_scores(name: str, folder: Path, files: list[str]) -> bool:
    """Print every share of one set of documents beside what is wanted."""
    tallies = [score(folder, files) for score in (score_claims, score_relations, score_edits)]
    good = True
    for what, least in WANTED:
        tally = next((one for one in tallies if one.asked[what]), None)
        if tally is not None:
            note = f"{tally.right[what]} of {tally.asked[what]}"
            good &= tell(f"audit, {name}: {what}, wrong", 1 - tally.share(what), round(1 - least, 4), "", note)
    wrong = tallies[1].asked["accusations right"] - tallies[1].right["accusations right"]
    return tell(f"audit, {name}: accused wrongly", wrong, ACCUSED_WRONGLY, "") and good
