"""Reading plans against labelled ones: how many items are found, how many drafted are ones, and how long a long plan takes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.audit import Tally, labelled_folder, read_labels
from bench.measuring import measure, tell
from wangdi.app.cities import open_library
from wangdi.app.plan_drafts import read_plan_text
from wangdi.language.library import Library
from wangdi.plans.model import MILESTONE, Item

MILESTONES = Path(__file__).parents[1] / "tests" / "unit" / "references" / "plan_milestones.csv"
"""Places of milestones in three plans, labelled by hand; ``optional`` ones never count."""
STRETCHES: Mapping[str, tuple[int, int]] = {
    "000_6bd3808894ec6974": (2900, 4892),
    "001_81666edb039b5196": (5331, 7220),
    "002_8ed3a5acea4fcefb": (0, 5979),
}
"""The plans, and the stretch of each in which every milestone was labelled."""
WANTED = (("targets found", 0.95), ("targets right", 0.95), ("milestones found", 0.95), ("milestones right", 0.9))
LONG, SECONDS = 50_000, 2.0

Span = tuple[int, int]


def score_plans(folder: Path, library: Library) -> Tally:
    """Drafted items against labels: every target amount, and every milestone of the labelled stretches."""
    tally = Tally()
    claims = read_labels(folder, "claims")
    with MILESTONES.open(encoding="utf-8", newline="") as handle:
        labels = list(csv.DictReader(handle))
    for name, (low, high) in STRETCHES.items():
        text = (folder / "seeds" / f"{name}.txt").read_text(encoding="utf-8")
        items = read_plan_text(text, f"{name}.txt", library, None).items
        targets = [one for one in claims if one["file"] == f"{name}.txt" and one["status"] == "target"]
        spans = [((one["span"][0], one["span"][1]), not one.get("optional")) for one in targets]
        _score(tally, "targets", [one for one in items if one.kind != MILESTONE], spans)
        mine = [one for one in labels if one["file"] == name]
        marks = [((int(one["start"]), int(one["end"])), one["optional"] == "0") for one in mine]
        drafted = [one for one in items if one.kind == MILESTONE and low <= one.start < high]
        _score(tally, "milestones", drafted, marks)
    return tally


def _score(tally: Tally, what: str, items: list[Item], labels: list[tuple[Span, bool]]) -> None:
    for span, counts in labels:
        if counts:
            tally.add(f"{what} found", any(_overlap(one, [span]) for one in items), f"{span}")
    wanted = [span for span, counts in labels if counts]
    for one in items:
        right = _overlap(one, wanted)
        if right or not _overlap(one, [span for span, _ in labels]):
            tally.add(f"{what} right", right, one.text)


def _overlap(one: Item, spans: Iterable[Span]) -> bool:
    return any(one.start < end and start < one.end for start, end in spans)


def bench_plans() -> bool:
    """Score the labelled plans, if there are any, and time a long one."""
    library, good = open_library(), True
    folder = labelled_folder()
    if folder is None:
        print("there are no labelled plans beside this repository")
    else:
        tally = score_plans(folder, library)
        for name, least in WANTED:
            right, asked = tally.right[name], tally.asked[name]
            good &= tell(f"{name}: {right} of {asked}, missed", 1 - tally.share(name), 1 - least, "share")
        print(*tally.misses, sep="\n")
    section = (
        "(一)高血压患者规范管理率达到75%以上,6月底前建成影像中心,完成设备更新投资1200万元。责任单位：基层科、规划科\n"
    )
    text = "2031年卫生健康工作要点\n" + section * (LONG // len(section) + 1)
    drafted, cost = measure(lambda: read_plan_text(text, "long.txt", library, None), 3)
    assert len(drafted.items) >= 3 * (LONG // len(section)), "every section has three items"
    return good and tell(f"a plan of {len(text):,} characters", cost.cpu, SECONDS, "s cpu")
