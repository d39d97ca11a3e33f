"""Write the tour of README.md and README.zh-CN.md anew from the demo city in build/demo: ``make demo docs``.

What the tour opens (a person, a record, a file, its line) is found by asking the city, so that every figure printed is the
demo's own and can be followed by hand.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.pages import run_page, write_output  # noqa: E402
from wangdi.store.disk import hash_file  # noqa: E402

DEMO = Path("build/demo")
READMES = {"README.md": "en", "README.zh-CN.md": "zh"}
BEGIN, END = "<!-- tour: made by `make demo docs` -->", "<!-- end of the tour -->"
FOLLOWUPS = "高血压随访.csv"
"""The GB18030 files of one hospital: a line of theirs can be read with sed and iconv."""
ONE_UNMET = ("class:adjust", "class:refer")


def ask(*arguments: str) -> Any:
    """The JSON a command answers about the demo city."""
    command = [str(Path(sys.executable).parent / "wangdi"), *arguments, "--json", "--quiet", "--city", str(DEMO)]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def find_tour() -> dict[str, object]:
    """Everything the tour names."""
    sender = next((ROOT / DEMO / "inbox").glob(f"*/2025-03/{FOLLOWUPS}")).parents[1].name
    with (ROOT / DEMO / "organisations.csv").open(encoding="utf-8") as handle:
        area = next(row["region"] for row in csv.DictReader(handle) if row["code"] == sender)
    figures = ask("figures", "--period", "2025", "--by", "township", "--indicator", "htn_std")["rows"]
    figure = next(row for row in figures if row["area"] == area)
    delivered = csv.DictReader((ROOT / DEMO / "inbox" / "deliveries.csv").read_text(encoding="utf-8").splitlines())
    people = (ROOT / DEMO / "truth" / "persons.csv").read_text(encoding="utf-8").splitlines()[1:]
    late = _find_late()
    return {
        "people": f"{len(people):,}",
        "files": f"{sum(len(row['paths'].split(';')) for row in delivered):,}",
        "area": area,
        "area_name": figure["area_name"],
        "missing": f"{figure['denominator'] - figure['numerator']:,}",
        **_find_person(area),
        "late_fact": late["fact"]["fact_id"],
        "late_day": late["fact"]["occurred_on"],
        "late_received": str(late["source"]["received_at"])[:10],
    }


def _find_person(area: str) -> dict[str, object]:
    """Somebody missing for one visit that a reading asked for, whose record lies in a file that can be read by hand."""
    people = ask("people", "--indicator", "htn_std", "--period", "2025", "--area", area, "--in", "missing")["rows"]
    for offset, person in enumerate(people):
        records = [record for why in person["why"] for record in why["inputs"].get("records", [])]
        if len(person["why"]) != 1 or len(records) != 1 or records[0].get("rule") not in ONE_UNMET:
            continue
        facts = ask("person", "show", person["person_id"])["facts"]
        anchor = records[0]["anchor_on"]
        same_day = [fact for fact in facts if (fact["form"], fact["occurred_on"]) == ("hypertension.followup", anchor)]
        if not same_day:
            continue
        trace = ask("trace", str(same_day[0]["fact_id"]))
        for path in find_file(trace):
            return {
                "offset": offset, "person": person["person_id"], "org": person["org"], "anchor": anchor,
                "closes": records[0]["closes"], "class_name": records[0]["rule"].partition(":")[2],
                "fact": same_day[0]["fact_id"], "file": path, "line": trace["source"]["line"],
                "received": str(trace["source"]["received_at"])[:10],
            }  # fmt: skip
    raise LookupError("the demo has nobody the tour could be about")


def find_file(trace: dict[str, Any]) -> Iterator[Path]:
    """The file of the inbox with the bytes a fact came from, if its lines can be read by hand."""
    source = trace["source"]
    if Path(source["file"]).name == FOLLOWUPS:
        for path in (ROOT / DEMO / "inbox" / source["sent_by"]).rglob(FOLLOWUPS):
            if hash_file(path) == source["sha256"]:
                yield path.relative_to(ROOT)


def _find_late() -> dict[str, Any]:
    """The first of those the tour lists whose record came after 5 November."""
    asked = ("--period", "2025-10-ytd", "--known-a", "2025-11-05", "--indicator", "htn_std")
    for person in ask("compare", *asked)["rows"][0]["people"]:
        for record in person["records"]:
            if record["kind"] == "late":
                found: dict[str, Any] = ask("trace", str(record["fact_id"]))
                return found
    raise LookupError("the demo has no late record")


def render_tours() -> dict[str, str]:
    """Each README with its tour as the demo city answers it now."""
    names = find_tour()
    pages = {}
    for name, lang in READMES.items():
        template = (ROOT / "tools" / "tour" / f"{lang}.md").read_text(encoding="utf-8")
        for key, value in names.items():
            template = template.replace(f"{{{key}}}", str(value))
        tour = write_output(template, run_page(template, ROOT), exact=True)
        text = (ROOT / name).read_text(encoding="utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        pages[name] = f"{before}{BEGIN}\n\n{tour}\n{END}{after}"
    return pages


if __name__ == "__main__":
    for name, text in render_tours().items():
        (ROOT / name).write_text(text, encoding="utf-8", newline="\n")
