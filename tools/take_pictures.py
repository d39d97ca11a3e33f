"""Take the README's pictures from the running pages of the demo city in build/demo: ``make demo docs``.

The walk is the tour's: the board, one rate by area, who is missing from it and why, that person, the line of the file.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.pages import open_browser, serve  # noqa: E402

DEMO = ROOT / "build" / "demo"
PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 760}
INDICATOR = "/indicator/htn_std"


def take_pictures(page: Any, url: str, lang: str) -> None:
    """Walk the tour once in a language, a picture at every stop."""

    def settle() -> None:
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)

    def take(name: str) -> None:
        settle()
        page.screenshot(path=PICTURES / f"{name}-{lang}.png")

    page.goto(f"{url}/?lang={lang}")
    page.context.add_cookies([{"name": "wangdi_lang", "value": lang, "url": url}])
    take("board")
    page.goto(f"{url}{INDICATOR}")
    page.wait_for_selector("canvas")
    take("rate")
    page.click("table.data tbody td.gap a >> nth=0")
    page.wait_for_selector("#panel table.data")
    take("missing")
    page.click("#panel table.data tbody tr td a >> nth=0")
    page.wait_for_selector("#panel ol.timeline")
    take("person")
    page.click("#panel ol.timeline li:has(dl.readings div) a >> nth=0")
    page.wait_for_selector("#panel table.raw, #panel pre.raw")
    take("line")


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder
    ):  # serving works things out in the city's folder; the demo stays as it is
        city = Path(folder) / "demo"
        shutil.copytree(DEMO, city)
        with serve(city) as served, open_browser() as browser:
            for lang in ("en", "zh"):
                context = browser.new_context(viewport=SIZE, locale="zh-CN" if lang == "zh" else "en-GB")
                take_pictures(context.new_page(), served.url, lang)
                context.close()


if __name__ == "__main__":
    main()
