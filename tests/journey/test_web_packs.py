"""Rules as pages: the list, a pack with a city's own edition, its cases tried in the background, and a visit as it is typed."""

from __future__ import annotations

import csv
import io
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.journey.small_city import COUNTY, HOSPITAL, ask, call, make_small_city, write_people
from tests.pages import check_page, open_pages, read, words_of
from wangdi.app.pack_scores import kept_results
from wangdi.language.explain import explain_json
from wangdi.language.library import load_library, shipped_packs
from wangdi.web.anchors import anchor_of, rule_link, task_anchor
from wangdi.web.view import View

LATER = "city-2025"
PAGES = ("", "/examples", "/try")


def add_edition(packs: Path) -> None:
    """The city's own edition of the hypertension pack from 2025 on: a lower goal, another word for the first clause."""
    folder = packs / "hypertension"
    shutil.copytree(shipped_packs() / "hypertension", folder)
    whole = (folder / "pack.yaml").read_text(encoding="utf-8")
    first = whole.replace("valid_from: 2017-02-28", "valid_from: 2017-02-28\nvalid_to:   2024-12-31")
    (folder / "pack.yaml").write_text(first, encoding="utf-8")
    later = whole.replace("edition:    nbphs-2017", f"edition:    {LATER}").replace("2017-02-28", "2025-01-01")
    later = later.replace("sbp_goal:         {value: 140", "sbp_goal:         {value: 135")
    (folder / f"{LATER}.pack.yaml").write_text(later, encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    city = make_small_city(tmp_path_factory.mktemp("packs") / "city")
    add_edition(city / "packs")
    set_to = ("parameter", "set", "diabetes", "grace", "10", "--why", "<山区>")
    assert call(*set_to, city=city).exit_code == 0
    return city


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    with open_pages(folder) as opened:
        yield opened


def by_id(tree: Any, name: str) -> Any:
    found = [element for element in tree.iter() if element.get("id") == name]
    assert found, f"no #{name}"
    return found[0]


def names(tree: Any) -> set[str]:
    return {element.get("id") for element in tree.iter() if element.get("id")}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("pack", sorted(load_library().packs))
@pytest.mark.parametrize("part", PAGES)
def test_every_shipped_pack_has_its_pages(client: TestClient, pack: str, part: str, lang: str) -> None:
    tree = check_page(read(client, f"/packs/{pack}{part}?lang={lang}"))
    title = load_library().newest[pack].title
    assert title in words_of(tree)
    if lang == "en":
        chinese = [element for element in tree.iter() if element.get("lang") == "zh-CN" and title in words_of(element)]
        assert chinese, "the pack's words are marked as Chinese"


def test_the_list_says_what_holds_and_how_it_is_tested(client: TestClient) -> None:
    said = words_of(check_page(read(client, "/packs")))
    for words in ("2型糖尿病患者健康管理", "国家基本公共卫生服务规范（第三版）", "原国家卫生计生委", "另有 1 个版本"):
        assert words in said
    rows = {row[0]: row for row in csv.reader(io.StringIO(client.get("/packs?format=csv").text.lstrip("\ufeff")))}
    shipped = load_library().newest["diabetes"]
    row = rows[shipped.title]
    assert shipped.classify is not None
    held = (shipped.classify.rows, shipped.schedule, shipped.indicators, shipped.parameters)
    assert row[3:7] == [str(len(part)) for part in held]
    killed, total = map(int, row[8].split(" / "))
    assert killed == total > 0
    assert row[9] == "1", "one number of diabetes is the city's own"
    assert rows["高血压患者健康管理"][8] == "尚未检验", "the city's own edition has not been tried"


def test_a_pack_can_be_read_beside_the_norm(client: TestClient) -> None:
    tree = check_page(read(client, "/packs/diabetes"))
    told = explain_json(load_library().newest["diabetes"])
    order = [element.get("id") for element in tree.iter("h2")]
    expected = ["enrol", "forms", "terms", "classes", "tasks", "indicators", "parameters", "report", "readme"]
    assert [name for name in order if name in expected] == expected
    said = words_of(tree)
    assert told["enrol"]["words"] in said
    for row in told["classes"]:
        line = words_of(by_id(tree, f"class.{row['name']}"))
        assert row["words"] in line
        assert row["source"] in line
        assert all(window["words"] in line for window in row["next"].values())
    for item in told["indicators"]:
        assert item["title"] in words_of(by_id(tree, item["id"]))
        for clause in item["clauses"]:
            assert clause["words"] in words_of(by_id(tree, f"{item['id']}.{clause['id']}"))
    for term in told["terms"]:
        assert term["words"] in words_of(by_id(tree, f"term.{term['name']}"))
    for form in told["forms"]:
        line = words_of(by_id(tree, f"form.{form['name']}"))
        assert all(field["label"] in line for field in form["fields"])
    assert {f"task.{task['name']}" for task in told["tasks"]} <= names(tree)


def test_a_number_stands_beside_the_citys_own(client: TestClient) -> None:
    tree = check_page(read(client, "/packs/diabetes"))
    line = words_of(by_id(tree, "parameter.grace"))
    assert re.search(r"7 天.*10 天.*<山区>", line), line
    assert "另有规定" in words_of(tree)
    before = words_of(by_id(check_page(read(client, "/packs/diabetes?known=1")), "parameter.grace"))
    assert "10 天" not in before, "what was set later was not known then"


def test_a_window_is_drawn_as_long_as_it_is(client: TestClient) -> None:
    tree = check_page(read(client, "/packs/hypertension"))
    boxes = {
        name: next(
            (float(one.get("x")), float(one.get("width")))
            for one in by_id(tree, f"class.{name}").iter("{http://www.w3.org/2000/svg}rect")
            if one.get("class") == "opens"
        )
        for name in ("adjust", "satisfactory")
    }
    assert boxes["adjust"][0] == 0
    assert boxes["satisfactory"][0] > boxes["adjust"][1], "sixty days in, after the fortnight has ended"


def test_two_editions_stand_side_by_side(client: TestClient) -> None:
    tree = check_page(read(client, "/packs/hypertension"))
    changes = [words_of(row) for row in tree.iter("tr") if "sbp_goal" in words_of(row) and "135" in words_of(row)]
    assert any("140 135" in line for line in changes), changes
    assert "35 年" not in " ".join(changes)
    older = read(client, "/packs/hypertension?edition=nbphs-2017")
    assert "140 mmHg" in older
    assert "2017-02-28 – 2024-12-31" in older
    assert "与另一版本的不同" not in older
    assert "nbphs-2017" in read(client, "/packs/hypertension?edition=1999", 404)
    assert "hypertension" in read(client, "/packs/hypertensoin", 404)


def test_a_block_the_page_does_not_know_is_told_all_the_same(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_more(pack: Any, lang: str = "zh") -> dict[str, Any]:
        told = explain_json(pack, lang)
        told["tasks"].append(
            {"name": "dose_1", "title": "第一剂", "kind": "dose", "done_by": "dose", "source": "表1",
             "ages": [{"opens": "2 months", "words": "满 2 月龄"}]}
        )  # fmt: skip
        told["indicators"][0]["of_clauses"] = [{"id": "born", "words": "统计期内出生"}]
        doses = [{"name": "1", "words": "出生 24 小时内"}]
        return told | {"series": [{"name": "hepb", "label": "乙肝疫苗", "doses": doses}], "none": []}

    monkeypatch.setattr("wangdi.web.pages.packs.explain_json", with_more)
    with open_pages(client.app.state.door.city.folder) as again:  # type: ignore[attr-defined]
        tree = check_page(read(again, "/packs/diabetes"))
    said = words_of(tree)
    for words in ("接种程序", "乙肝疫苗", "出生 24 小时内", "满 2 月龄", "统计期内出生"):
        assert words in said
    assert {"block.series", "task.dose_1"} <= names(tree)
    assert "block.none" not in names(tree)


# ---- cases ------------------------------------------------------------------------------------------------------------
def test_examples_stand_as_they_were_written_and_hold_on_both_engines(client: TestClient) -> None:
    text = client.get("/packs/diabetes/examples?format=csv").text.lstrip("\ufeff")
    header, *rows = csv.reader(io.StringIO(text))
    source = (shipped_packs() / "diabetes" / "examples.csv").read_text(encoding="utf-8")
    assert len(rows) == len(list(csv.reader(io.StringIO(source)))) - 1
    engines = [place for place, title in enumerate(header) if title.startswith("是否相符")]
    assert len(engines) == 2
    assert {row[place] for row in rows for place in engines} == {"相符"}


def test_a_walk_is_told_day_by_day(client: TestClient) -> None:
    tree = check_page(read(client, "/packs/diabetes/examples"))
    story = by_id(tree, "walk.not-resident")
    said = words_of(story)
    assert "不是常住居民" in said
    days = [element.text for element in story.iter("time") if element.text]
    assert days == sorted(days)
    order = [
        "2025-01-10 诊断记录",
        "2型糖尿病",
        "2025-01-20 不应要求 糖尿病随访",
        "统计 2025 2型糖尿病患者规范管理率",
        "不在其内",
    ]
    assert re.search(".*".join(order), said)


def test_what_is_equivalent_says_why(client: TestClient) -> None:
    said = words_of(check_page(read(client, "/packs/diabetes/examples?lang=en")))
    assert "Changing nothing 2" in said
    kept = kept_results().values()
    assert all(one.en in said for result in kept if result.pack == "diabetes" for one in result.equivalents)


def test_a_trial_runs_in_the_background_and_tells_what_fails(client: TestClient) -> None:
    address = f"/packs/hypertension/examples?edition={LATER}"
    assert "现在检验" in read(client, address)
    assert client.post(address, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    begun = client.post(address, follow_redirects=False)
    assert begun.status_code == 303
    asked = {"HX-Target": "div#trial"}
    under_way = client.get(begun.headers["location"], headers=asked)
    for _ in range(600):
        if under_way.headers.get("HX-Refresh") == "true":
            break
        assert 'id="trial"' in under_way.text
        assert "<html" not in under_way.text
        time.sleep(0.1)
        under_way = client.get(address, headers=asked)
    else:
        raise AssertionError("the trial does not end")
    tree = check_page(read(client, address))
    row = next(words_of(row) for row in tree.iter("tr") if "goal-139-89" in words_of(row))
    assert "不符" in row, "139 is no longer at goal"
    assert "class: adjust" in row
    assert "先改正不符的案例" in words_of(tree)
    assert "例不符" in words_of(check_page(read(client, "/packs"))), "the list knows it as well"


def test_a_wrong_pack_of_the_citys_own_is_told(tmp_path: Path) -> None:
    city = make_small_city(tmp_path / "city")
    add_edition(city / "packs")
    with open_pages(city) as client:
        assert "本市自有规则" not in read(client, "/packs")
        file = city / "packs" / "hypertension" / f"{LATER}.pack.yaml"
        file.write_text(
            file.read_text(encoding="utf-8").replace("dbp < :dbp_goal", "dbp < :dbp_gaol"), encoding="utf-8"
        )
        said = words_of(check_page(read(client, "/packs")))
        assert "本市自有规则：hypertension" in said
        assert "dbp_goal" in said, "with the nearest name"
        assert "重新启动" in said
        assert "135 mmHg" in read(client, "/packs/hypertension"), "what was read at first is still in use"


# ---- trying -----------------------------------------------------------------------------------------------------------
def test_a_visit_is_judged_as_it_is_typed(client: TestClient) -> None:
    typed = "/packs/diabetes/try?now.date=2025-03-03&now.fpg=6.9&birth_date=1960-01-02&sex=1"
    asked = {"HX-Target": "div#tried"}
    answer = client.get(typed, headers=asked).text
    assert "<html" not in answer
    said = words_of(check_page(read(client, typed)))
    assert "控制满意" in said
    assert "6.9 mmol/L" in said
    assert "2025-06-13" in said, "three months and the city's own ten days"
    began = time.perf_counter()
    client.get(typed, headers=asked)
    assert time.perf_counter() - began < 0.5


def test_the_visit_before_counts(client: TestClient) -> None:
    now = "/packs/hypertension/try?now.date=2025-03-03&now.sbp=152&now.dbp=80&birth_date=1970-01-02"
    assert "第一次控制不满意" in words_of(by_id(check_page(read(client, now)), "tried")).split("所据")[0]
    twice = words_of(by_id(check_page(read(client, f"{now}&before.date=2025-01-03&before.sbp=130")), "tried"))
    assert "第一次控制不满意" in twice.split("所据")[0], "a pressure that was not measured whole says nothing"
    twice = words_of(
        by_id(check_page(read(client, f"{now}&before.date=2025-01-03&before.sbp=160&before.dbp=80")), "tried")
    )
    assert "建议转诊" in twice.split("所据")[0]
    later = words_of(by_id(check_page(read(client, f"{now}&before.date=2025-04-03&before.sbp=160")), "tried"))
    assert "≤ 2025-03-03" in later


def test_each_day_has_its_edition(client: TestClient) -> None:
    visit = "/packs/hypertension/try?now.sbp=137&now.dbp=80&birth_date=1970-01-02&now.date="
    assert "血压控制满意" in words_of(by_id(check_page(read(client, f"{visit}2024-12-31")), "tried")).split("所据")[0]
    assert (
        "第一次控制不满意" in words_of(by_id(check_page(read(client, f"{visit}2025-01-01")), "tried")).split("所据")[0]
    )


def test_what_cannot_be_is_said_and_taken_as_blank(client: TestClient) -> None:
    impossible = "/packs/hypertension/try?now.sbp=9999&now.dbp=abc&now.date=2025-03-03"
    said = words_of(by_id(check_page(read(client, impossible)), "tried"))
    assert "50–300" in said
    assert "整数" in said
    assert "血压未测全" in said
    turned = words_of(by_id(check_page(read(client, "/packs/hypertension/try?now.sbp=80&now.dbp=120")), "tried"))
    assert "收缩压应高于舒张压" in turned
    assert "拒收" in turned
    unusual = words_of(by_id(check_page(read(client, "/packs/hypertension/try?now.sbp=265&now.dbp=90")), "tried"))
    assert "60–260" in unusual


def test_a_blank_visit_asks_to_begin_and_phones_get_a_keypad(client: TestClient) -> None:
    tree = check_page(read(client, "/packs/hypertension/try"))
    assert "填几项" in words_of(by_id(tree, "tried"))
    assert by_id(tree, "now.sbp").get("inputmode") == "numeric"
    assert by_id(tree, "now.weight").get("inputmode") == "decimal"
    assert by_id(tree, "now.date").get("value") == "2026-02-01"


def test_nothing_typed_is_kept(client: TestClient, folder: Path) -> None:
    city = client.app.state.door.city  # type: ignore[attr-defined]
    before = city.latest_seq(), city.audit(), {path for path in folder.rglob("*") if path.is_file()}
    assert "建议转诊" in read(client, "/packs/hypertension/try?now.new_complication=true")
    assert (city.latest_seq(), city.audit(), {path for path in folder.rglob("*") if path.is_file()}) == before


# ---- anchors ----------------------------------------------------------------------------------------------------------
def test_a_reason_leads_to_its_sentence() -> None:
    view = View("zh", area="99")
    assert rule_link(view, "hypertension/htn_std/on_time") == "/packs/hypertension?area=99#htn_std.on_time"
    assert rule_link(view, "hypertension/enrol", "old") == "/packs/hypertension?area=99&edition=old#enrol"
    assert anchor_of("classify/adjust") == anchor_of("contact/class:adjust") == "class.adjust"
    assert task_anchor("contact", "first") == "task.contact"
    assert task_anchor("contact", "class:refer") == "class.refer"


def test_the_address_holds_what_was_typed_and_nothing_else(client: TestClient) -> None:
    typed = "/packs/hypertension/try?now.sbp=150&now.dbp=&now.symptoms=2&now.symptoms=3"
    answer = client.get(typed, headers={"HX-Target": "div#tried"})
    assert answer.headers["HX-Replace-Url"] == "/packs/hypertension/try?now.sbp=150&now.symptoms=2%3B3"
    again = check_page(read(client, answer.headers["HX-Replace-Url"]))
    chosen = [
        one.get("value") for one in by_id(again, "now.symptoms").iter("option") if one.get("selected") is not None
    ]
    assert chosen == ["2", "3"]


def test_the_people_of_a_gap_lead_to_the_clause_they_fail(tmp_path: Path) -> None:
    city = make_small_city(tmp_path / "city")
    sent = tmp_path / "sent"
    write_people(sent, range(1, 4))
    lines = ["档案编号,病种,确诊日期", *(f"R{one},essential_hypertension,2024-12-20" for one in range(1, 4))]
    (sent / "诊断.csv").write_text("\n".join([*lines, ""]), encoding="utf-8-sig")
    for file in sorted(sent.iterdir()):
        ask(city, "collect", file, "--org", HOSPITAL, "--received-at", "2026-01-05T08:00")
    with open_pages(city) as client:
        tree = check_page(read(client, f"/people?indicator=htn_std&area={COUNTY}&period=2025&part=missing"))
        doors = [link for link in tree.iter("a") if "#htn_std.on_time" in (link.get("href") or "")]
        assert len(doors) == 3
        for name in ("href", "data-hx-get"):
            assert doors[0].get(name) == f"/packs/hypertension?area={COUNTY}&period=2025#htn_std.on_time"
        rule = by_id(check_page(read(client, doors[0].get("href"))), "htn_std.on_time")
        assert "都按时完成" in words_of(rule)
        person = next(link.get("href") for link in tree.iter("a") if "/person/" in (link.get("href") or ""))
        due = check_page(read(client, person))
        rules = [link.get("href") for link in due.iter("a") if "/packs/hypertension" in (link.get("href") or "")]
        assert rules
        pack = check_page(read(client, "/packs/hypertension"))
        assert {address.partition("#")[2] for address in rules} <= names(pack)
