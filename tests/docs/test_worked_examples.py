"""The worked examples of an explanation page are Python sessions, and print what the page says."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from tools.pages import DOCS

PAGES = [page for page in sorted((DOCS / "explanation").glob("*.md")) if ">>> " in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_an_example_prints_what_the_page_says(page: Path) -> None:
    ended = doctest.testfile(
        str(page), module_relative=False, encoding="utf-8", optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert ended.attempted > 3
    assert ended.failed == 0


def test_there_are_examples() -> None:
    assert [page.stem for page in PAGES]
