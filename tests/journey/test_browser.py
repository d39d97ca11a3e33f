"""Journeys in a real browser over the demonstration county: what a newcomer, a planner and a reader with keys alone do.

Nothing may be written to the browser's console: that is where a broken content-security policy shows.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import axe_playwright_python
import pytest

from tests.journey.small_city import call
from tests.journey.visiting import Visit
from tests.pages import Served, check_page, serve

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
PEOPLE = 1_500
WIDTHS = (1280, 800, 390)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("browser") / "demo"
    made = call("demo", folder, "--people", PEOPLE, "--seed", 3, "--no-serve", "--quiet", "--json")
    assert made.exit_code == 0, made.output
    with serve(folder) as server:
        yield replace(server, story=json.loads(made.stdout))


def test_a_newcomers_first_minutes(visit: Visit) -> None:
    visit.go("/")
    assert "高血压患者规范管理率" in visit.text()
    assert "只在本机" in visit.page.inner_text("footer")
    visit.page.click("text=高血压患者规范管理率 >> nth=0")
    visit.page.wait_for_selector("canvas")
    whole = visit.page.inner_text("table.data tfoot tr")
    assert re.search(r"\d", whole)
    visit.page.click("nav.tabs a:has-text('村居')")
    visit.page.wait_for_selector("table.data tbody tr")
    visit.page.click("table.data tbody tr td.gap a >> nth=0")
    assert "到期的随访和年度体检都按时完成" in visit.panel()
    visit.page.go_back()
    visit.wait_for_closed_panel()
    assert visit.page.locator("table.data tfoot").count() == 1


def test_a_planner_goes_from_a_rate_to_the_line_of_a_file(visit: Visit) -> None:
    visit.go("/indicator/htn_std")
    start = visit.page.url
    visit.page.click(".headline .figure a")
    assert "未计入" in visit.panel()
    name = visit.page.inner_text("#panel table.data tbody tr td a >> nth=0")
    visit.page.click("#panel table.data tbody tr td a >> nth=0")
    visit.page.wait_for_selector("#panel ol.timeline")
    assert visit.page.inner_text("#panel h1") == name
    visit.page.click("#panel ol.timeline a:has-text('高血压患者随访服务记录表') >> nth=0")
    visit.page.wait_for_selector("#panel table.raw, #panel pre.raw")
    assert re.search(r"第 \d+ 行", visit.panel())
    address = visit.page.url
    assert "/fact/" in address
    visit.page.keyboard.press("Escape")
    visit.wait_for_closed_panel()
    visit.page.wait_for_url(start)
    visit.go(address.removeprefix(visit.url))  # the address of the panel is a page that can be sent to a colleague
    assert "SHA-256" in visit.text()


def test_keys_alone(visit: Visit) -> None:
    visit.go("/indicator/htn_std")
    visit.page.keyboard.press("j")
    visit.page.keyboard.press("j")
    visit.page.keyboard.press("k")
    at = visit.page.locator("table.data tr.at")
    assert at.count() == 1
    assert visit.page.evaluate("document.activeElement.closest('tr.at') !== null")
    visit.page.keyboard.press("?")
    assert visit.page.is_visible("#keys")
    visit.page.keyboard.press("Escape")
    assert not visit.page.is_visible("#keys")
    visit.page.keyboard.press("/")
    assert visit.page.evaluate("document.activeElement.id") == "q"


def test_a_table_sorts_both_ways_and_keeps_its_total_last(visit: Visit) -> None:
    visit.go("/indicator/htn_std?level=village")
    rate = "table.data tbody td.rate"
    for order in ("descending", "ascending"):
        visit.page.click("table.data thead th.rate button")
        assert visit.page.get_attribute("table.data thead th.rate", "aria-sort") == order
        values = [
            float(one)
            for one in visit.page.eval_on_selector_all(rate, "all => all.map(one => one.dataset.value)")
            if one
        ]
        assert values == sorted(values, reverse=order == "descending")
    assert visit.page.locator("table.data tfoot tr").count() == 1


def upload(visit: Visit, org: str, file: Path) -> str:
    """Send a file by the form and wait for its batch; answers what the batch's page says."""
    visit.go("/deliveries/new")
    visit.page.fill("#org", org)
    visit.page.set_input_files("#files", file)
    visit.page.click("form.sheet button")
    visit.page.wait_for_url(re.compile(r"/deliveries/\d+"), timeout=60_000)
    visit.page.wait_for_selector("#moved .loading", state="detached", timeout=60_000)
    return visit.text()


def test_a_late_record_moves_a_figure_and_the_page_says_which_and_why(visit: Visit, served: Served) -> None:
    tryout = served.story["try"]
    visit.go("/indicator/htn_ctrl")
    period = visit.page.input_value("input[name=period]")
    before = visit.page.inner_text(".headline .of >> nth=0")
    said = upload(visit, tryout["org"], served.folder / "try" / "late-record.csv")
    assert "管理人群血压控制率" in said
    assert "迟到" in said
    visit.page.click(f"#moved a[href*='{tryout['person']}'] >> nth=0")
    assert tryout["person"] in visit.panel()
    visit.go(f"/indicator/htn_ctrl?period={period}")
    after = visit.page.inner_text(".headline .of >> nth=0")
    counts = [int(re.sub(r"\D", "", text.split("/")[0])) for text in (before, after)]
    assert counts[1] == counts[0] + 1


def test_a_clerk_sends_a_bad_sheet_reads_why_mends_and_sends_again(
    visit: Visit, served: Served, tmp_path: Path
) -> None:
    said = upload(visit, served.story["try"]["org"], served.folder / "try" / "with-mistakes.xlsx")
    assert re.search(r"退回\D*3", said)
    with visit.page.expect_download() as begun:
        visit.page.click("a.button[href$='/refused']")
    refused = tmp_path / "refused.csv"
    begun.value.save_as(refused)
    rows = list(csv.DictReader(io.StringIO(refused.read_bytes().decode("utf-8-sig"))))
    assert len(rows) == 3
    for place, row in enumerate(rows):
        row["随访日期"] = f"2025-12-{place + 10}"
        high, low = sorted((float(row["收缩压"]), float(row["舒张压"])), reverse=True)
        row["收缩压"], row["舒张压"] = f"{high:g}", f"{low:g}"
    mended = tmp_path / "mended.csv"
    with mended.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    visit.page.set_input_files("#files", mended)
    visit.page.click("form.sheet button")
    visit.page.wait_for_url(re.compile(r"/deliveries/\d+"), timeout=60_000)
    visit.page.wait_for_selector("#moved .loading", state="detached", timeout=60_000)
    assert re.search(r"退回\D*0", visit.text())


def test_an_engineer_pushes_fhir_and_reads_the_receipt(visit: Visit, served: Served) -> None:
    visit.go("/api")
    assert "/api/v1/orgs/" in visit.text()
    org = next((served.folder / "inbox").glob("H*")).name
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": {"resourceType": "Patient", "id": "push-1", "gender": "female", "birthDate": "1950-05-05",
                          "name": [{"text": "试推"}]}},
            {"resource": {"resourceType": "Observation", "id": "push-2", "status": "final", "effectiveDateTime": "2025-12-01",
                          "subject": {"reference": "Patient/push-1"},
                          "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
                          "component": [
                              {"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
                               "valueQuantity": {"value": 131, "code": "mm[Hg]", "system": "http://unitsofmeasure.org"}},
                              {"code": {"coding": [{"system": "http://loinc.org", "code": "8462-4"}]},
                               "valueQuantity": {"value": 81, "code": "mm[Hg]", "system": "http://unitsofmeasure.org"}}]}},
        ],
    }  # fmt: skip
    headers = {"Content-Type": "application/fhir+json", "Idempotency-Key": "journey-1"}
    address = f"{visit.url}/api/v1/orgs/{org}/deliveries"
    answer = visit.page.request.post(address, data=json.dumps(bundle), headers=headers)
    assert answer.status in (201, 202), answer.text()
    receipt = visit.page.request.get(f"{address}/{answer.json()['id']}").json()
    assert receipt["state"] == "done"
    assert receipt["accepted"] >= 1
    assert visit.page.request.post(address, data=json.dumps(bundle), headers=headers).json()["id"] == receipt["id"]
    visit.go(f"/deliveries/{receipt['batch']}")
    assert "体征测量记录" in visit.text()


def addresses(served: Served) -> list[str]:
    """Every kind of page, with what the county holds."""
    from tests.journey.small_city import ask

    missing = ask(
        served.folder,
        "people",
        "--indicator",
        "htn_std",
        "--period",
        "2025",
        "--area",
        "990121000000",
        "--in",
        "missing",
    )
    person = missing["rows"][0]["person_id"]
    fact = ask(served.folder, "person", "show", person)["facts"][0]["fact_id"]
    org = missing["rows"][0]["org"]
    item = ask(served.folder, "plan", "list")["rows"][0]["item"]
    signal = ask(served.folder, "signals", "list", "--state", "all")["rows"][0]["signal"]
    return [
        "/", "/?area=990121000000&period=2024", "/indicator/htn_std", "/indicator/childcare_places_per_1000",
        "/people?indicator=htn_std&part=missing", "/people?indicator=htn_std&part=numerator&page=2",
        f"/person/{person}", f"/fact/{fact}", "/worklist", f"/worklist?org={org}&on=2025-12-15",
        f"/worklist/sheet?org={org}&on=2025-12-15",
        "/search?q=王", "/search?q=没有这个人", "/places", "/populations", "/populations?kind=residents", "/data", "/api",
        "/search?q=wjg", "/who/quality", f"/who/quality/list?org={org}", f"/who/quality/list?org={org}&flaw=no_phone",
        "/deliveries", "/deliveries?refused=1", "/deliveries/3", "/deliveries/3/problems", "/deliveries/new", "/deliveries/silent",
        "/compare", "/compare?a=2025-11-05", "/who", "/who/spellings", "/audit", "/packs", "/packs/hypertension",
        "/packs/hypertension/examples",
        "/packs/hypertension/try", "/packs/childcare", "/plan", "/plan?on=2025-10-31", "/plan?state=dropped",
        f"/plan/{item}?on=2025-10-31", "/signals?state=all", f"/signals/{signal}", "/watch/disease/3900", "/watch/record",
        "/wall?on=2025-10-31", "/wall?on=2025-10-31&page=9", "/plan/read", "/plan/rounds/month/now?on=2025-10-31",
        "/returns", "/returns/table?indicator=htn_std&period=2025", "/return/年报?period=2025",
        "/return/年报?period=2025&cell=年报!C5", "/nowhere",
    ]  # fmt: skip


WALL_TEXTS = """() => {
  const sizes = [];
  for (const one of document.querySelectorAll("#wall *")) {
    const style = getComputedStyle(one), drawing = one.closest("svg");
    const box = one.getBoundingClientRect();
    if (!box.width || style.position === "absolute") continue;
    if (![...one.childNodes].some((part) => part.nodeType === Node.TEXT_NODE && part.textContent.trim())) continue;
    const scale = drawing ? drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width : 1;
    sizes.push([parseFloat(style.fontSize) * scale / innerWidth * 100, one.textContent.trim().slice(0, 20)]);
  }
  return sizes;
}"""


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160)])
def test_the_wall_is_read_from_five_metres_and_nobody_scrolls_it(visit: Visit, width: int, height: int) -> None:
    """A letter is never under 1.4 % of the width (17 mm on a screen of 1.2 m), and every screen shows all it holds."""
    visit.page.set_viewport_size({"width": width, "height": height})
    for lang in ("zh", "en"):
        for page in (1, 2, 9):
            visit.go(f"/wall?on=2025-10-31&lang={lang}&page={page}&still=1")
            sizes = visit.page.evaluate(WALL_TEXTS)
            assert len(sizes) > 20
            assert [one for one in sizes if one[0] < 1.4] == []
            shown = visit.page.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
            assert shown[0] <= height
            assert shown[1] <= width


def test_every_page_is_valid_fits_and_can_be_used_by_everybody(visit: Visit, served: Served) -> None:
    axe = AXE.read_text(encoding="utf-8")
    wrong: list[str] = []
    for address in addresses(served):
        for lang, width in (("zh", WIDTHS[0]), ("en", WIDTHS[0]), ("zh", WIDTHS[1]), ("zh", WIDTHS[2])):
            visit.page.set_viewport_size({"width": width, "height": 900})
            visit.go(f"{address}{'&' if '?' in address else '?'}lang={lang}")
            wide = visit.page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                wrong.append(f"{address} at {width} is {wide} wide")
            if width != WIDTHS[0]:
                continue
            check_page(visit.page.request.get(visit.page.url).text())
            visit.page.evaluate(axe)
            found = visit.page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})")
            wrong += [f"{address} {lang}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found["violations"]]
    visit.said[:] = [one for one in visit.said if "404" not in one]  # the page that is not there
    assert wrong == []
