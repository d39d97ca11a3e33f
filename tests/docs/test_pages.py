"""The pages' commands run, print what the pages say, and their links lead somewhere."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.house.reading import ROOT
from tools.pages import DOCS, Ran, asking_pages, find_before, read_blocks, run_page, same_output, write_output

FIRST_CITY = DOCS / "tutorial" / "first-city.md"
FOLLOWED = sorted(
    {*(DOCS / "tutorial").glob("*.md"), *(DOCS / "how-to").glob("*.md"), *asking_pages(DOCS / "explanation")}
    - {FIRST_CITY}
)
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
REFRESH = "follow the page with: python tools/follow_pages.py PAGE"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def asked_of(text: str) -> list[str]:
    """Every command of a page."""
    return [command for block in read_blocks(text) for command in block.to_run()]


def hold_against(page: Path, ran: list[Ran]) -> None:
    """Everything ran to the end, and printed what the page says."""
    text = page.read_text(encoding="utf-8")
    last = "\n".join([f"$ {ran[-1].command}", *ran[-1].printed]) if ran else "its first command"
    assert len(ran) == len(asked_of(text)), f"stopped at\n{last}"
    told, said = text.splitlines(), write_output(text, ran).splitlines()
    differing = [line for line in said if line not in set(told)]
    assert same_output(told, said), "\n".join([REFRESH, *differing])


@pytest.fixture(scope="session")
def first_city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Ran]]:
    """The folder in which the first tutorial was followed, and what it printed; once, also where several workers run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / "first-city", shared / "first-city.json"
    with (shared / "first-city.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            folder.mkdir()
            ran = run_page(FIRST_CITY.read_text(encoding="utf-8"), folder)
            done.write_text(json.dumps([asdict(one) for one in ran]), encoding="utf-8")
    return folder, [Ran(**one) for one in json.loads(done.read_text(encoding="utf-8"))]


def test_the_first_tutorial_can_be_followed(first_city: tuple[Path, list[Ran]]) -> None:
    hold_against(FIRST_CITY, first_city[1])


@pytest.mark.parametrize("page", FOLLOWED, ids=name_of)
def test_a_page_can_be_followed(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    before = find_before(page)
    assert before in (None, FIRST_CITY), "a page begins in an empty folder or where the first tutorial ends"
    folder = tmp_path / "followed"
    if before is None:
        folder.mkdir()
    else:
        shutil.copytree(request.getfixturevalue("first_city")[0], folder)
    more: dict[str, str] = {}
    if page.stem == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("make_postgres")
        more["WANGDI_DB"] = make()
    hold_against(page, run_page(page.read_text(encoding="utf-8"), folder, more))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(without_fences(page)):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def test_every_page_is_reached_from_the_index() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = [link.partition("#")[0] for link in LINK.findall(without_fences(page)) if "://" not in link]
        waiting += [(page.parent / target).resolve() for target in targets if target.endswith(".md")]
    own = {path for path in DOCS.rglob("*.md") if "decisions" not in path.parts}
    assert own - seen == set()


def test_functions_named_in_the_explanations_are_there() -> None:
    named = [
        found
        for page in (DOCS / "explanation").glob("*.md")
        for found in re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", page.read_text(encoding="utf-8"))
    ]
    assert len(named) > 10
    for path, function in named:
        text = (ROOT / "src" / "wangdi" / path).read_text(encoding="utf-8")
        assert not function or re.search(rf"^\s*(def|class) {function}\b", text, re.MULTILINE), f"{path}::{function}"


def test_make_targets_that_are_named_are_there() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    named = {
        name
        for text in texts
        for told in re.findall(r"(?:`|^)make ([a-z ]+)(?:`|$|#)", text, re.M)
        for name in told.split()
    }
    assert {"demo", "docs", "bundle"} <= named <= targets
    assert len(targets) <= 12


def without_fences(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The headings of a page as a link names them."""
    heads = re.findall(r"^#+ (.+)$", without_fences(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def test_what_is_wrong_is_seen() -> None:
    text = "```console\n$ echo a\na\n$ false\n```\n"
    ran = run_page(text, ROOT)
    assert [(one.code, one.printed) for one in ran] == [(0, ["a"]), (1, [])]
    assert same_output(["P0123456789ABCDEF  x"], ["PFEDCBA9876543210 x"])
    assert not same_output(["12 of 13"], ["12 of 14"])
    assert write_output("```console\n$ echo b\na\n```\n", run_page("```console\n$ echo b\n```\n", ROOT)) == (
        "```console\n$ echo b\nb\n```\n"
    )
