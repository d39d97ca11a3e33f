"""Who is who in a real browser: a wrong merge is found, parted, seen in the figure, and taken back; the queue is worked by keys."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest

from tests.journey.conftest import leave_passing
from tests.journey.demo_city import YEAR, Demo, ask
from tests.journey.visiting import Visit
from tests.pages import Served, serve

FIGURE = f"/indicator/ehr_use?period={YEAR}"


@pytest.fixture(scope="module")
def served(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("who") / "city"
    shutil.copytree(demo.folder, folder, ignore=leave_passing)
    ask(folder, "link")
    with serve(folder) as server:
        yield server


def latest_number(served: Served) -> int:
    return int(ask(served.folder, "figures", "--period", YEAR)["rows"][0]["known"])


def read_figure(visit: Visit) -> tuple[int, int]:
    """Numerator and denominator of the figure that the wrong merge is counted in."""
    visit.go(FIGURE)
    found = re.findall(r"[\d,]+", visit.page.inner_text(".headline .of >> nth=0"))
    return int(found[0].replace(",", "")), int(found[1].replace(",", ""))


def test_a_wrong_merge_is_two_clicks_away_and_parting_it_moves_the_figure_until_it_is_undone(
    visit: Visit, served: Served
) -> None:
    before, known = read_figure(visit), latest_number(served)
    visit.go("/who")
    visit.page.click("main a[href^='/who/spellings']")
    row = visit.page.locator("table.data tbody tr").first
    called = row.locator("td >> nth=2").inner_text()
    assert "同一证件号，两个姓名" in row.inner_text()
    row.locator("a").first.click()
    visit.page.wait_for_url(re.compile(r"/person/P"))
    person = visit.page.url.rpartition("/")[2]
    borrowed = visit.page.locator("form.verdict tbody tr", has_text=called)
    assert borrowed.count() == 1
    borrowed.locator("input[type=checkbox]").check()
    visit.page.click("form.verdict summary")
    visit.page.fill("form.verdict input[name=why]", "借用哥哥的身份证")
    visit.page.fill("form.verdict input[name=by]", "王 医生")
    visit.page.click("form.verdict button")
    visit.page.wait_for_url(re.compile(r"done=\d+"))
    assert visit.page.inner_text("h1") == called
    assert person not in visit.page.url
    after = read_figure(visit)
    assert after == (before[0] - 1, before[1])

    compared = ask(served.folder, "compare", "--period", YEAR, "--known-a", known, "--indicator", "ehr_use")
    (moved,) = compared["rows"]
    assert [(one["person_id"], one["cause"]) for one in moved["people"]] == [(person, "relinked")]
    visit.go(f"/compare?before={known}&period={YEAR}")
    visit.page.click("table.data tbody tr:has-text('健康档案使用率') a >> nth=0")
    assert "重新归人" in visit.panel()
    assert person in visit.panel()

    visit.go("/who")
    assert "web 王 医生" in visit.text()
    assert "借用哥哥的身份证" in visit.text()
    visit.page.click("ul.due form button >> nth=0")
    visit.page.wait_for_load_state("networkidle")
    assert "借用哥哥的身份证" not in visit.text()
    assert read_figure(visit) == before


def test_the_queue_is_worked_with_keys(visit: Visit, served: Served) -> None:
    waiting, known = ask(served.folder, "person", "review"), latest_number(served)
    visit.go("/who")
    assert f"待判 {waiting['total']} 对" in visit.text()
    visit.page.click("a.button:has-text('从第一对开始判断')")
    visit.page.wait_for_selector("table.pair")
    first = waiting["rows"][0]
    heads = visit.page.locator("table.pair thead th").all_inner_texts()
    assert str(first["one"]["registration"]) in heads[1]
    assert str(first["other"]["registration"]) in heads[2]
    name = visit.page.locator("table.pair tbody tr").first.inner_text()
    assert first["one"]["name"] in name
    assert first["other"]["name"] in name
    steps = visit.page.locator("table.evidence svg rect")
    assert steps.count() >= 4
    boxes = [steps.nth(place).bounding_box() for place in range(steps.count())]
    assert all(box is not None and box["width"] >= 1 for box in boxes)
    bits = [float(text) for text in visit.page.locator("table.evidence tbody td.number").all_inner_texts()]
    total = float(visit.page.inner_text("table.evidence tfoot td.number"))
    assert sum(bits) == pytest.approx(total, abs=0.1 * len(bits))

    visit.page.fill("input[name=by]", "李医生")
    visit.page.fill("input[name=why]", "")
    visit.page.type("input[name=why]", "aru")
    assert visit.page.input_value("input[name=why]") == "aru", "keys typed into a field answer nothing"
    visit.page.keyboard.press("Escape")
    for key in ("u", "r", "a"):
        address = visit.page.url
        visit.page.keyboard.press(key)
        visit.page.wait_for_url(lambda url, left=address: url != left and "done=" in url)
        visit.page.wait_for_load_state("networkidle")
    held = [row for row in ask(served.folder, "person", "decisions")["rows"] if row["number"] > known]
    assert {row["verdict"] for row in held} == {"unsure", "apart", "together"}
    assert {row["who"] for row in held} == {"web 李医生"}, "the name is remembered from pair to pair"
    assert sorted({row["reason"] for row in held}) == ["aru", "凭对照表判断"]
    assert ask(served.folder, "person", "review")["total"] <= waiting["total"] - 2

    visit.page.click(".notice button")
    visit.page.wait_for_load_state("networkidle")
    left = [row for row in ask(served.folder, "person", "decisions")["rows"] if row["number"] > known]
    assert {row["verdict"] for row in left} == {"unsure", "apart"}


def test_the_pages_fit_a_telephone_and_can_be_read_in_both_languages(visit: Visit, served: Served) -> None:
    row = ask(served.folder, "person", "review")["rows"][0]
    pair = f"/who/pair/{row['one']['registration']}-{row['other']['registration']}"
    for address in ("/who", pair, f"/person/{row['one']['person_id']}", "/who/spellings", "/who/quality"):
        for lang in ("zh", "en"):
            for width in (1280, 390):
                visit.page.set_viewport_size({"width": width, "height": 900})
                visit.go(f"{address}?lang={lang}")
                assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, (address, lang, width)
