"""An event in a real browser: opened, a case and a contact added, a check by keys, closed; held against axe and widths."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.journey.conftest import leave_passing
from tests.journey.demo_city import Demo, ask
from tests.journey.test_browser import AXE, WIDTHS
from tests.journey.visiting import Visit
from tests.pages import Served, check_page, serve


@pytest.fixture(scope="module")
def served(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("events") / "city"
    shutil.copytree(demo.folder, folder, ignore=leave_passing)
    with serve(folder) as server:
        yield server


def codes_of(served: Served) -> tuple[str, str]:
    """The county, and an organisation."""
    rows = (served.folder / "regions.csv").read_text(encoding="utf-8").splitlines()
    organisations = (served.folder / "organisations.csv").read_text(encoding="utf-8").splitlines()
    return rows[1].partition(",")[0], organisations[1].partition(",")[0]


def test_an_event_is_worked_from_opening_to_closing(visit: Visit, served: Served) -> None:
    region, org = codes_of(served)
    visit.go("/events")
    for name, text in (
        ("title", "第一小学腹泻"),
        ("disease", "3900"),
        ("region", region),
        ("lead", org),
        ("by", "张工"),
    ):
        visit.page.fill(f"#event-{name}", text)
    visit.page.press("#event-lead", "Enter")
    visit.page.wait_for_url("**/event/E*")
    for number in (1, 2):
        visit.page.click("#case-form summary")
        visit.page.fill("#case-name", f"学生{number}")
        visit.page.fill("#case-onset", f"{2025 + number % 2}-01-0{number} 08:00")
        if number > 1:
            visit.page.fill("#case-infector", "1")
        visit.page.press("#case-name", "Enter")
        visit.page.wait_for_selector(f"#case-{number}")
    visit.page.focus("#contact-form summary")
    visit.page.keyboard.press("Enter")
    visit.page.fill("#contact-name", "家长甲")
    visit.page.press("#contact-name", "Enter")
    visit.page.wait_for_selector("#contact-1 form.check")
    visit.page.fill("#contact-1 input[name=temperature_c]", "36.6")
    visit.page.press("#contact-1 input[name=temperature_c]", "Enter")
    visit.page.wait_for_selector("#contact-1 form.check", state="detached")
    assert "已随访" in visit.page.inner_text("#contact-1")
    assert visit.page.locator(".drawing circle").count() == 2
    event = visit.page.url.partition("/event/")[2].partition("?")[0].partition("#")[0]
    told = ask(served.folder, "event", "show", event)
    assert (told["counts"]["cases"], told["counts"]["checks"]) == (2, 1)
    hold_against_axe(visit, ["/events", f"/event/{event}", f"/event/{event}?edit=case-1"])
    visit.go(f"/event/{event}")
    visit.page.click("button[name=state][value=closed]")
    visit.page.wait_for_selector("button[name=state][value=open]")
    assert "已结案" in visit.text()
    assert visit.page.locator("#case-form").count() == 0


def hold_against_axe(visit: Visit, addresses: list[str]) -> None:
    """The same as every page is held against."""
    axe, wrong = AXE.read_text(encoding="utf-8"), []
    for address in addresses:
        for lang, width in (("zh", WIDTHS[0]), ("en", WIDTHS[0]), ("zh", WIDTHS[1]), ("zh", WIDTHS[2])):
            visit.page.set_viewport_size({"width": width, "height": 900})
            visit.go(f"{address}{'&' if '?' in address else '?'}lang={lang}")
            if (wide := visit.page.evaluate("document.documentElement.scrollWidth")) > width:
                wrong.append(f"{address} at {width} is {wide} wide")
            check_page(visit.page.request.get(visit.page.url).text())
            visit.page.evaluate(axe)
            found = visit.page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})")
            wrong += [
                f"{address} {lang} {width}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found["violations"]
            ]
    visit.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    visit.go("/events?lang=zh")
    assert wrong == []
