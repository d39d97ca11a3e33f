"""The README's tour is the demo's: its commands run on build/demo and print what stands there, in both languages."""

from __future__ import annotations

import re

import pytest

from tests.conftest import go_without
from tests.house.reading import ROOT
from tools.render_readme import BEGIN, DEMO, END, READMES, render_tours


def test_the_tour_is_what_the_demo_answers() -> None:
    if not (ROOT / DEMO / "city.toml").is_file():
        go_without("there is no build/demo: make demo")
    for name, text in render_tours().items():
        assert (ROOT / name).read_text(encoding="utf-8") == text, "run: make demo docs"


@pytest.mark.parametrize("name", READMES)
def test_the_tour_leads_from_the_board_to_a_line(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    tour = text[text.index(BEGIN) : text.index(END)]
    for verb in ("figures", "people", "person show", "trace", "compare", "worklist", "pack explain"):
        assert f"$ wangdi {verb} " in tour, verb
    command = re.search(r"^\$ sed -n (\d+)p (\S+) \| iconv -f GB18030 -t UTF-8\n(.+)$", tour, re.MULTILINE)
    assert command, "the line is followed by hand"
    line, file, raw = command.groups()
    path = ROOT / file
    if path.is_file():
        assert path.read_bytes().decode("gb18030").splitlines()[int(line) - 1] == raw
    assert raw.split(",")[3].startswith("99"), "nobody real"


def test_both_languages_tell_the_same_figures() -> None:
    tours = []
    for name in READMES:
        text = (ROOT / name).read_text(encoding="utf-8")
        tour = text[text.index(BEGIN) : text.index(END)]
        tours.append(sorted(set(re.findall(r" \d[\d,]*/\d[\d,]* | \d+\.\d\d%", tour))))
    assert tours[0] == tours[1]
    assert len(tours[0]) >= 5
