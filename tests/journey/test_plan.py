"""A plan from its document to the wall: read, confirmed with owners, held against figures, closed and opened, taken back."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.journey.conftest import leave_passing
from tests.journey.demo_city import OCTOBER, Demo, ask
from tests.journey.small_city import call, make_small_city
from tests.pages import check_page, open_pages, read, words_of
from wangdi.app.plan_confirming import read_sheet
from wangdi.core.problem import LANGUAGES

PLAN = """2025年基层卫生工作要点

(一)全县高血压患者规范管理率达到97%以上,老年人健康管理率达到30%以上。责任单位：基层科
(二)9月底前建成影像中心,新增急救点4个。责任单位：规划科、财务科
(三)完成设备更新投资1200万元。
"""
ON = "2025-10-31"


@pytest.fixture(scope="module")
def city(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo city with a second plan, its drafts not looked at yet."""
    folder = tmp_path_factory.mktemp("plan")
    made = Path(shutil.copytree(demo.folder, folder / "city", ignore=leave_passing))
    (folder / "plan.txt").write_text(PLAN, encoding="utf-8")
    answer = ask(made, "plan", "read", folder / "plan.txt", "--save")
    assert len(answer["items"]) == 5
    return made


def number_of(city: Path, part: str) -> str:
    """The full number of an item of the second plan."""
    listed = ask(city, "plan", "list")
    plan = next(one["plan"] for one in listed["plans"] if one["title"] == "2025年基层卫生工作要点")
    rows = [one for one in listed["rows"] if one["item"].startswith(plan)]
    return next(str(one["item"]) for one in rows if part in one["name"])


def stand_of(city: Path, item: str, *more: object) -> dict[str, Any]:
    rows = ask(city, "plan", "progress", "--on", ON, *more)["rows"]
    return next(one for one in rows if one["item"] == item)


# ---- the demo's own plan ---------------------------------------------------------------------------------------------
def test_the_demo_has_a_plan_with_owners_and_every_item_stands_somewhere(demo: Demo) -> None:
    rows = ask(demo.folder, "plan", "progress", "--on", ON)["rows"]
    assert len(rows) == 20
    assert all(one["owner"] for one in rows)
    assert len([one for one in rows if one["indicator"]]) == 16
    assert {one["light"] for one in rows} <= {"done", "green", "amber", "red"}


def test_a_value_is_the_figure_and_the_gap_is_counted_in_people(demo: Demo) -> None:
    """Held against ``figures`` and against sums done here."""
    (figure,) = ask(demo.folder, "figures", "--indicator", "htn_std", "--period", OCTOBER)["rows"]
    row = next(one for one in ask(demo.folder, "plan", "progress", "--on", ON)["rows"] if one["indicator"] == "htn_std")
    assert (row["value"], row["numerator"], row["denominator"]) == (
        figure["value"],
        figure["numerator"],
        figure["denominator"],
    )
    assert row["more"] == max(0, math.ceil(75 * figure["denominator"] / 100) - figure["numerator"])
    months = [f"2025-{month:02d}-ytd" for month in range(1, 11)]
    asked = [part for month in months for part in ("--period", month)]
    values = [one["value"] for one in ask(demo.folder, "figures", "--indicator", "htn_std", *asked)["rows"]]
    assert row["trend"] == values
    middle = sum(range(10)) / 10
    slope = sum((place - middle) * value for place, value in enumerate(values)) / sum(
        (place - middle) ** 2 for place in range(10)
    )
    assert row["a_month"] == pytest.approx(slope)
    assert row["ends_at"] == pytest.approx(min(100, values[-1] + 2 * slope))
    assert row["ends_at_last"] == pytest.approx(min(100, values[-1] + 2 * (values[-1] - values[-2])))


def test_the_gap_leads_to_the_people(demo: Demo) -> None:
    row = next(one for one in ask(demo.folder, "plan", "progress", "--on", ON)["rows"] if one["indicator"] == "htn_std")
    assert sum(one["missing"] for one in row["gaps"]) <= row["denominator"] - row["numerator"]
    gap = row["gaps"][0]
    people = ask(
        demo.folder, "people", "--indicator", "htn_std", "--period", OCTOBER, "--area", gap["org"], "--in", "missing"
    )
    assert len(people["rows"]) == gap["missing"]


def test_the_gap_is_told_by_responsible_unit_and_organisation(demo: Demo) -> None:
    found = ask(demo.folder, "plan", "gaps", "001", "--on", ON)
    (stood,) = (one for one in ask(demo.folder, "plan", "progress", "--on", ON)["rows"] if one["item"] == found["item"])
    assert found["more"] == stood["more"] > 0
    assert sum(one["missing"] for one in found["rows"]) == stood["denominator"] - stood["numerator"]
    owed = {one["area"]: one["more"] for one in stood["areas"]}
    assert {one["owner"] for one in found["rows"]} == {stood["owner"]}
    for one in found["rows"]:
        assert one["more"] == owed[one["area"]]
    told = call("plan", "gaps", "001", "--on", ON, city=demo.folder).output
    assert "wangdi people --indicator htn_std --period 2025-10-ytd" in told


def test_over_a_population_the_gap_is_the_people_we_know_of(demo: Demo) -> None:
    """The share of the elderly is over the published population, and no figure says who of it is missing."""
    (row,) = (
        one for one in ask(demo.folder, "plan", "progress", "--on", ON)["rows"] if one["indicator"] == "elder_mgmt"
    )
    assert row["gaps"] == []
    found = ask(demo.folder, "plan", "gaps", row["item"], "--on", ON)["rows"]
    assert {one["area"] for one in found} == {one["area"] for one in row["areas"]}
    for one in found[:2]:
        people = ask(demo.folder, "people", "--indicator", "elder_mgmt", "--period", OCTOBER, "--area", one["org"],
                     "--in", "missing")  # fmt: skip
        assert len(people["rows"]) == one["missing"]
    assert found


def test_what_no_organisation_holds_is_missing_at_a_village(demo: Demo) -> None:
    (row,) = (
        one
        for one in ask(demo.folder, "plan", "progress", "--on", ON)["rows"]
        if one["indicator"] == "childcare_inclusive"
    )
    assert row["more"] > 0
    assert sum(one["missing"] for one in row["gaps"]) == row["denominator"] - row["numerator"]
    assert {len(one["org"]) for one in row["gaps"]} == {12}, "codes of divisions"
    kept = call("plan", "gaps", "002", "--on", ON, city=demo.folder).output
    assert "没有缺口可列" in kept


# ---- from draft to list ----------------------------------------------------------------------------------------------
def test_a_draft_without_an_owner_is_not_confirmed(city: Path) -> None:
    money = number_of(city, "完成设备更新")
    refused = call("plan", "confirm", money, city=city)
    assert refused.exit_code == 11
    assert "PLAN-010" in refused.output
    assert ask(city, "plan", "show", money)["state"] == "draft"


def test_confirming_is_all_or_nothing(city: Path) -> None:
    owned, unowned = number_of(city, "9月底前建成"), number_of(city, "完成设备更新")
    assert call("plan", "confirm", owned, unowned, city=city).exit_code == 11
    assert ask(city, "plan", "show", owned)["state"] == "draft"


def test_a_breakdown_sums_and_areas_are_held_to_it(city: Path) -> None:
    rate = number_of(city, "高血压")
    (row,) = ask(city, "plan", "confirm", rate, "--indicator", "htn_std", "--breakdown", "gap")["rows"]
    figures = ask(city, "figures", "--indicator", "htn_std", "--period", "2025-12-ytd", "--by", "township")["rows"]
    people = sum(one["denominator"] for one in figures if one["area"] != "unallocated")
    assert sum(part["count"] for part in row["parts"]) == math.ceil(97 * people / 100)
    assert {part["area"] for part in row["parts"]} == {one["area"] for one in figures if one["area"] != "unallocated"}
    assert len(stand_of(city, rate)["areas"]) == len(row["parts"])


def test_an_item_closes_by_its_figure_opens_again_and_never_twice(city: Path) -> None:
    """High in January and falling through the year, as the standard-care rate does."""
    item = number_of(city, "高血压")
    series = [
        one["value"]
        for one in ask(city, "figures", "--indicator", "htn_std", "--period", "2025-01-ytd", "--period", OCTOBER)[
            "rows"
        ]
    ]
    between = round(sum(series) / 2, 1)
    assert series[0] > between > series[1]
    ask(city, "plan", "edit", item, "--goal", f">={between}%", "--why", "会议调整")
    turns = [
        [one["state"] for one in ask(city, "plan", "settle", "--on", day)["rows"] if one["item"] == item]
        for day in ("2025-01-31", "2025-01-31", ON, ON)
    ]
    assert turns == [["closed"], [], ["open"], []]
    told = stand_of(city, item)["turns"]
    assert [(one["state"], one["value"]) for one in told] == [("closed", series[0]), ("open", series[1])]


def test_what_was_known_before_shows_what_was_then(city: Path) -> None:
    item = number_of(city, "9月底前建成")
    before = ask(city, "plan", "show", item)["seq"]
    ask(city, "plan", "confirm", item)
    assert [one for one in ask(city, "plan", "progress", "--on", ON)["rows"] if one["item"] == item]
    old = ask(city, "plan", "progress", "--on", ON, "--known", before)["rows"]
    assert [one for one in old if one["item"] == item] == []


def test_steps_need_evidence_and_make_the_item(city: Path) -> None:
    item = number_of(city, "新增急救点")
    ask(city, "plan", "confirm", item)
    refused = call("plan", "step", item, "一号点", "--done", "2025-05-01", "--count", 2, city=city)
    assert "PLAN-018" in refused.output
    ask(city, "plan", "step", item, "一号点", "--due", "2025-06-01", "--count", 2)
    assert stand_of(city, item)["value"] == 0
    ask(city, "plan", "step", item, "一号点", "--done", "2025-05-01", "--evidence", "验收单1号")
    row = stand_of(city, item)
    assert (row["value"], row["more"], row["closed"]) == (2, 2, False)
    ask(city, "plan", "step", item, "二号点", "--done", "2025-09-01", "--evidence", "验收单2号", "--count", 2)
    assert stand_of(city, item)["closed"]


def test_what_an_indicator_measures_is_not_counted_by_hand(city: Path) -> None:
    item = number_of(city, "高血压")
    refused = call("plan", "step", item, "x", "--done", "2025-05-01", "--evidence", "y", "--count", 1, city=city)
    assert "PLAN-019" in refused.output


def test_money_by_month(city: Path) -> None:
    item = number_of(city, "完成设备更新")
    ask(city, "plan", "confirm", item, "--owner", "规划科")
    ask(city, "plan", "money", item, "2025-04", "--planned", 6_000_000)
    ask(city, "plan", "money", item, "2025-04", "--paid", 3_000_000, "--evidence", "拨款单8号")
    row = stand_of(city, item)
    assert (row["value"], row["distance"], row["light"]) == (3_000_000, 9_000_000, "red")
    assert "PLAN-017" in call("plan", "money", item, "2025-13", "--planned", 1, city=city).output


def test_what_is_counted_is_broken_down_and_told_by_area(city: Path) -> None:
    """Four points over the towns; a step says whose part it is, and a wrong one is taken away again."""
    item = number_of(city, "新增急救点")
    (row,) = ask(city, "plan", "edit", item, "--breakdown", "equal")["rows"]
    assert sum(one["count"] for one in row["parts"]) == 4
    town = next(one["area"] for one in row["parts"] if one["count"])
    ask(city, "plan", "step", item, "三号点", "--done", "2025-10-01", "--evidence", "单3", "--count", 1, "--area", town)
    stood = stand_of(city, item)
    assert {one["area"]: one["value"] for one in stood["areas"]}[town] == 1
    assert stood["value"] == 5, "what no area is named of counts for the whole"
    assert "PLAN-025" in call("plan", "step", item, "四号点", "--area", "990000000000", city=city).output
    ask(city, "plan", "step", item, "三号点", "--remove")
    assert stand_of(city, item)["value"] == 4
    assert "PLAN-031" in call("plan", "step", item, "三号点", "--remove", city=city).output


def test_a_list_filled_in_as_a_sheet_is_taken_back(demo: Demo, tmp_path: Path) -> None:
    """What the offices wrote is confirmed; what they left empty stays a draft; taken twice it changes nothing."""
    folder = Path(shutil.copytree(demo.folder, tmp_path / "city", ignore=leave_passing))
    plan, sheet = tmp_path / "plan.txt", tmp_path / "list.csv"
    plan.write_text(PLAN.replace("责任单位：基层科", ""), encoding="utf-8")
    named = ask(folder, "plan", "read", plan, "--save")["plan"]
    assert call("plan", "list", "--plan", named, "--out", sheet, city=folder).exit_code == 0
    with sheet.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert {one["owner"] for one in rows} == {"", "规划科"}
    rows[0] |= {
        "owner": "基层科",
        "cooperating": "疾控中心、财务科",
        "indicator": "htn_std",
        "deadline": "2025年11月30日",
    }
    with sheet.open("w", encoding="gb18030", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = ask(folder, "plan", "fill", sheet, "--why", "分工会议")
    assert (len(done["rows"]), len(done["left"])) == (3, 2)
    first = ask(folder, "plan", "show", f"{named}/001")
    assert (first["state"], first["owner"], first["cooperating"], first["indicator"], first["deadline"]) == (
        "confirmed", "基层科", ["疾控中心", "财务科"], "htn_std", "2025-11-30",
    )  # fmt: skip
    assert first["goal_text"] == "≥97%", "a goal said again is the same goal"
    points = next(one for one in ask(folder, "plan", "list", "--plan", named)["rows"] if one["goal_text"] == "+4个")
    assert points["state"] == "confirmed", "a sheet keeps the sign of a change apart from a formula, and reads it back"
    assert ask(folder, "plan", "fill", sheet)["rows"] == []
    sheet.write_text("事项,责任单位\n甲,乙\n", encoding="utf-8")
    assert "PLAN-027" in call("plan", "fill", sheet, city=folder).output
    sheet.write_text(f"编号,完成期限\n{named}/002,年底\n", encoding="utf-8")
    refused = call("plan", "fill", sheet, city=folder)
    assert "PLAN-028" in refused.output


def test_the_last_change_is_taken_back_and_only_the_last(city: Path) -> None:
    item = number_of(city, "老年人")
    first = ask(city, "plan", "assign", item, "--owner", "甲科")["rows"][0]["seq"]
    second = ask(city, "plan", "assign", item, "--owner", "乙科", "--with", "丙科")["rows"][0]["seq"]
    assert "PLAN-016" in call("plan", "undo", first, city=city).output
    assert ask(city, "plan", "undo", second)["rows"][0]["owner"] == "甲科"
    shown = ask(city, "plan", "show", item)
    assert len(shown["changes"]) == 4, "nothing is forgotten"
    ask(city, "plan", "drop", item, "--why", "并入另一条")
    assert ask(city, "plan", "show", item)["state"] == "dropped"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "999"), "2 PLAN-004"),
        (("show", "nowhere/001"), "2 PLAN-003"),
        (("edit", "001", "--goal", "很多"), "2 PLAN-014"),
        (("edit", "001", "--indicator", "htn_stf"), "2 FIG-001"),
        (("edit", "001", "--indicator", "childcare_places"), "11 PLAN-015"),
        (("edit", "002", "--indicator", "-", "--breakdown", "gap"), "11 PLAN-024"),
        (("assign", "001", "--owner", "甲镇", "--area", "990121100000"), "11 PLAN-025"),
        (("edit", "005", "--breakdown", "equal"), "11 PLAN-023"),
        (("undo", "1"), "2 PLAN-016"),
        (("bulletin", "--every", "month"), "2 PLAN-006"),
        (("progress", "--known", "soon"), "2 STORE-022"),
    ],
)
def test_what_cannot_be_done_says_why(demo: Demo, arguments: tuple[str, ...], code: str) -> None:
    refused = call("plan", *arguments, city=demo.folder)
    assert f"{refused.exit_code} {refused.output}".startswith(code)


def test_the_same_plan_is_kept_once(city: Path) -> None:
    refused = call("plan", "read", city.parent / "plan.txt", "--save", city=city)
    assert "PLAN-002" in refused.output


def test_drafts_go_into_a_sheet(city: Path, tmp_path: Path) -> None:
    out = tmp_path / "draft.csv"
    assert call("plan", "read", city.parent / "plan.txt", "--out", out).exit_code == 0
    with out.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [one["id"] for one in rows] == ["001", "002", "003", "004", "005"]
    assert rows[0]["suggested"].startswith("htn_std exact")


@pytest.mark.parametrize("every", ["week", "month", "quarter", "year"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_a_round_holds_by_itself(demo: Demo, tmp_path: Path, every: str, lang: str) -> None:
    out = tmp_path / f"{every}.html"
    made = call(
        "plan", "bulletin", "--every", every, "--on", ON, "--out", out, "--lang", lang, "--json", city=demo.folder
    )
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["items"] == 20
    text = out.read_text(encoding="utf-8")
    assert "高血压患者规范管理率" in text
    assert "基层卫生科" in text
    assert "http" not in text, "nothing is fetched"


# ---- the pages -------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def client(city: Path) -> Iterator[TestClient]:
    with open_pages(city) as opened:
        yield opened


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("address", ["/plan", "/plan?state=draft", "/plan?state=dropped", "/wall", "/wall?page=2"])
def test_pages_are_whole(client: TestClient, address: str, lang: str) -> None:
    check_page(read(client, f"{address}{'&' if '?' in address else '?'}lang={lang}&on={ON}"))


def test_the_wall_shows_every_item_with_sign_and_word(client: TestClient, city: Path) -> None:
    tree = check_page(read(client, f"/wall?on={ON}"))
    rows = ask(city, "plan", "progress", "--on", ON)["rows"]
    said = words_of(tree)
    assert all(one["name"] in said for one in rows)
    lamps = [one for one in tree.iter("td") if "lamp" in (one.get("class") or "")]
    assert len(lamps) == len(rows)
    words = {"red": "滞后", "amber": "注意", "green": "正常", "done": "完成", "grey": "无数据"}
    for lamp in lamps:
        light = next(
            name.removeprefix("light-") for name in str(lamp.get("class")).split() if name.startswith("light-")
        )
        assert words[light] in "".join(lamp.itertext())
    (refresh,) = (one for one in tree.iter("meta") if one.get("http-equiv") == "refresh")
    assert "page=2" in str(refresh.get("content")), "it turns without a script too"
    still = check_page(read(client, f"/wall?on={ON}&still=1"))
    assert not [one for one in still.iter("meta") if one.get("http-equiv") == "refresh"]


def test_somebody_confirms_on_the_page_and_takes_it_back(client: TestClient, demo: Demo, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(demo.folder, tmp_path / "city", ignore=leave_passing))
    plan = tmp_path / "plan.txt"
    plan.write_text(PLAN, encoding="utf-8")
    named = ask(folder, "plan", "read", plan, "--save")["plan"]
    with open_pages(folder) as pages:
        draft = f"/plan/{named}/001"
        page = words_of(check_page(read(pages, draft)))
        assert "全县高血压患者规范管理率达到97%以上" in page
        seq = ask(folder, "plan", "show", f"{named}/001")["seq"]
        form = {
            "seq": f"{seq}",
            "by": "王科长",
            "goal": ">=90%",
            "indicator": "htn_std",
            "owner": "基层科",
            "breakdown": "equal",
        }
        assert pages.post(draft, data={**form, "act": "dance"}).status_code == 400
        wrong = pages.post(draft, data={**form, "goal": "多多益善", "act": "confirm"})
        assert (wrong.status_code, "看不懂的目标" in wrong.text) == (400, True)
        done = pages.post(draft, data={**form, "act": "confirm"}, follow_redirects=False)
        assert done.status_code == 303
        assert done.headers["location"].startswith(f"/plan/{named}/002")
        held = ask(folder, "plan", "show", f"{named}/001")
        assert (held["state"], held["who"], held["goal_text"], held["breakdown"]) == (
            "confirmed",
            "web 王科长",
            "≥90%",
            "equal",
        )
        stale = pages.post(draft, data={**form, "act": "save"})
        assert (stale.status_code, "王科长" in stale.text) == (400, True)
        shown = words_of(check_page(read(pages, f"{draft}?on={ON}")))
        assert "应达到" in shown
        step = {"step": "一号点", "step_done": "2025-05-01", "step_count": "2", "act": "step"}
        assert pages.post(f"/plan/{named}/004", data=step).status_code == 400, "done without evidence"
        assert pages.post(f"/plan/{named}/004", data={**step, "step_evidence": "验收单"}).status_code == 200
        assert ask(folder, "plan", "show", f"{named}/004")["steps"][0]["count"] == 2
        pages.post(f"/plan/undo/{held['seq']}")
        assert ask(folder, "plan", "show", f"{named}/001")["state"] == "draft"


def test_a_plan_is_given_to_the_pages_assigned_by_heading_and_confirmed_at_once(demo: Demo, tmp_path: Path) -> None:
    """As the office does it: the document, a responsible unit for each heading, one button; then the pages of the items."""
    folder = Path(shutil.copytree(demo.folder, tmp_path / "city", ignore=leave_passing))
    text = PLAN.replace("(一)", "(一)做实慢病。").replace("(二)", "(二)建强网底。").replace("(三)", "(三)更新设备。")
    text = text.replace("责任单位：基层科", "").replace("责任单位：规划科、财务科", "")
    with open_pages(folder) as pages:
        check_page(read(pages, "/plan/read"))
        bad = pages.post("/plan/read", files={"file": ("要点.txt", b"\x00\x01")})
        assert bad.status_code == 400
        check_page(bad.text)
        files = {"file": ("要点.txt", text.encode())}
        sent = pages.post("/plan/read", files=files, data={"by": "李主任"}, follow_redirects=False)
        assert sent.status_code == 303
        drafts = check_page(read(pages, sent.headers["location"]))
        assert [one for one in ("(一)做实慢病", "(二)建强网底", "(三)更新设备") if one not in words_of(drafts)] == []
        ticks = [str(one.get("value")) for one in drafts.iter("input") if one.get("name") == "pick"]
        assert len(ticks) == 5
        plan = ticks[0].partition("/")[0]
        form = {"plan": plan, "pick": ticks, "owner:1": "基层科", "with:1": "财务科、医政科", "owner:3": "规划科",
                "by": "李主任", "why": "分工会议", f"indicator:{plan}/001": "htn_std"}  # fmt: skip
        told = pages.post("/plan/confirm", data=form)
        assert "已确认 3 条；2 条还没有责任单位" in words_of(check_page(told.text))
        rows = {one["item"]: one for one in ask(folder, "plan", "list", "--plan", plan)["rows"]}
        first = rows[f"{plan}/001"]
        assert (first["owner"], first["cooperating"], first["indicator"], first["who"]) == (
            "基层科", ["财务科", "医政科"], "htn_std", "web 李主任",
        )  # fmt: skip
        assert "刚被 web 李主任 改过" in pages.post("/plan/confirm", data=form).text, (
            "no change is written over another"
        )
        item, money = (
            f"/plan/{plan}/001",
            next(f"/plan/{key}" for key, one in rows.items() if one["kind"] == "investment"),
        )
        assert pages.post(item, data={"breakdown": "equal", "act": "save", "goal": ">=97%"}).status_code == 200
        parts = ask(folder, "plan", "show", f"{plan}/001")["parts"]
        owners = {f"part:{one['area']}": f"{one['area']}卫生院" for one in parts}
        shown = pages.post(item, data=owners | {"act": "parts"})
        check_page(shown.text)
        assert [one["owner"] for one in ask(folder, "plan", "show", f"{plan}/001")["parts"]] == list(owners.values())
        page = words_of(check_page(read(pages, f"{item}?on={ON}")))
        assert f"{parts[0]['area']}卫生院" in page, "the gap is told by the unit that answers there"
        months = {
            "planned:2025-03": "120万",
            "paid:2025-03": "1,000,000",
            "proof:2025-03": "拨款单8号",
            "planned:2025-04": "",
        }
        assert pages.post(money, data={**months, "paid:2025-03": "好多", "act": "money"}).status_code == 400
        assert "1,000,000" in words_of(check_page(pages.post(money, data=months | {"act": "money"}).text))
        assert ask(folder, "plan", "show", money.removeprefix("/plan/"))["payments"] == [
            {"month": "2025-03", "planned": 1_200_000, "paid": 1_000_000, "evidence": "拨款单8号"}
        ]
        left = next(f"/plan/{key}" for key, one in rows.items() if one["state"] == "draft")
        assert pages.post(left, data={"act": "drop"}).status_code == 400, "without a reason"
        pages.post(left, data={"act": "step", "step": "立项"})
        pages.post(left, data={"act": "unstep", "step": "立项"})
        assert ask(folder, "plan", "show", left.removeprefix("/plan/"))["steps"] == []


def test_a_published_plan_becomes_a_list_with_owners_on_the_wall(
    demo: Demo, shared_folder: Path, tmp_path: Path
) -> None:
    """The plan of a city as it was issued, all of its items assigned by heading, and every one of them on the wall."""
    document = shared_folder / "seeds" / "002_8ed3a5acea4fcefb.txt"
    folder = Path(shutil.copytree(demo.folder, tmp_path / "city", ignore=leave_passing))
    with open_pages(folder) as pages:
        files = {"file": ("要点.txt", document.read_bytes())}
        drafts = check_page(pages.post("/plan/read", files=files, data={"year": "2025"}).text)
        ticks = [str(one.get("value")) for one in drafts.iter("input") if one.get("name") == "pick"]
        groups = {one.rpartition("@")[2] for one in ticks}
        assert len(groups) > 10
        owners = {f"owner:{one}": f"第{one}科" for one in groups}
        plan = ticks[0].partition("/")[0]
        pages.post("/plan/confirm", data={"plan": plan, "pick": ticks, **owners})
        rows = ask(folder, "plan", "progress", "--plan", plan, "--on", ON)["rows"]
        assert len(rows) == len(ticks) > 40
        assert all(one["owner"] for one in rows)
        said = words_of(check_page(read(pages, f"/wall?on={ON}&plan={plan}")))
        assert [one["name"] for one in rows if one["name"] not in said] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_round_under_way_is_shown_as_it_stands(client: TestClient, lang: str) -> None:
    before = read(client, "/plan/rounds")
    page = words_of(check_page(read(client, f"/plan/rounds/month/now?on={ON}&lang={lang}")))
    assert "2025-10-01" in page
    assert "高血压患者规范管理率" in page
    assert read(client, "/plan/rounds") == before, "nothing of it is kept"
    read(client, "/plan/rounds/day/now", 404)


def test_the_last_screen_of_the_wall_is_map_and_ranking(client: TestClient, city: Path) -> None:
    tree = check_page(read(client, f"/wall?on={ON}&page=99"))
    (table, *_) = (one for one in tree.iter("table") if one.get("class") == "ranks")
    places = [row[0].text for row in table.iter("tr") if row[0].tag == "td"]
    towns = {one["area"] for row in ask(city, "plan", "progress", "--on", ON)["rows"] for one in row["areas"]}
    assert len(places) == len(towns)
    assert places[0] == "1"
    hidden = [one for one in tree.iter("div") if "wall-table" in (one.get("class") or "")]
    assert ["other" in str(one.get("class")) for one in hidden] == [True]


def test_a_list_of_the_pages_is_a_sheet_that_can_be_filled_in(client: TestClient, city: Path, tmp_path: Path) -> None:
    for lang in LANGUAGES:
        text = client.get(f"/plan?state=draft&format=csv&lang={lang}").text
        (tmp_path / "list.csv").write_text(text, encoding="utf-8")
        names = [one.item for one in read_sheet(tmp_path / "list.csv")]
        assert names == [one["item"] for one in ask(city, "plan", "list", "--state", "draft")["rows"]]


def test_a_city_without_data_or_plans_has_its_pages(tmp_path: Path) -> None:
    folder = make_small_city(tmp_path / "city")
    with open_pages(folder) as pages:
        assert "还没有计划" in words_of(check_page(read(pages, "/plan")))
        assert "还没有确认的目标任务" in words_of(check_page(read(pages, "/wall")))
    assert ask(folder, "plan", "progress")["rows"] == []


def test_pages_of_what_is_not_there(client: TestClient) -> None:
    read(client, "/plan/2025-zzzzzz/001", 404)
    read(client, "/wall?on=never", 400)
    assert client.post("/plan/2025-zzzzzz/001", data={"act": "drop"}).status_code == 404
