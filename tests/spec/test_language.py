"""Every case of the language's manual, on every engine; and the page is what the chapters say."""

from __future__ import annotations

from pathlib import Path

import pytest

from wangdi.app.pack_trials import ENGINES, check_classes
from wangdi.language.check import check_pack
from wangdi.language.examples import read_examples, run_examples
from wangdi.language.manual import (
    Chapter,
    SpecCase,
    expression_cases,
    expression_of,
    expression_pack,
    read_chapters,
    render_manual,
)
from wangdi.language.model import Form, Pack
from wangdi.language.overlay import read_documents
from wangdi.language.reader import read_document_forms, read_pack, read_pack_document
from wangdi.language.record import Cell
from wangdi.language.rules import Programme, bind_pack
from wangdi.language.walking import run_walks
from wangdi.language.walks import read_walks

ROOT = Path(__file__).parents[2]
CHAPTERS = read_chapters(Path(__file__).parent / "language")
CASES = [(chapter, case) for chapter in CHAPTERS for case in chapter.cases]


def _named(pair: tuple[Chapter, SpecCase]) -> str:
    return f"{pair[0].path.removesuffix('.yaml')}:{pair[1].line}"


def _of_kind(kind: str) -> list[tuple[Chapter, SpecCase]]:
    return [pair for pair in CASES if getattr(pair[1], kind)]


def _read(case: SpecCase, path: str) -> list[Pack]:
    documents = read_documents({f"{path}#{place}": text for place, text in enumerate(case.packs)})
    forms: dict[str, Form] = {}
    for name, (root, _, _) in documents.items():
        forms |= read_document_forms(root, name, [])
    packs = []
    for name, (root, found, whole) in documents.items():
        pack, problems = read_pack_document(root, (name, whole), forms, found)
        assert problems == []
        assert pack is not None
        packs.append(pack)
    return packs


def _same(one: Cell, other: Cell) -> bool:
    """Equal and of one kind: true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def test_every_case_shows_exactly_one_thing() -> None:
    for chapter, case in CASES:
        shown = [bool(part) for part in (case.rows, case.walks, case.examples, case.problems)]
        assert sum(shown) == 1, f"{chapter.path}:{case.line}"
        assert case.title


@pytest.mark.parametrize("pair", _of_kind("rows"), ids=_named)
@pytest.mark.parametrize("engine", ENGINES)
def test_an_expression_gives_what_the_manual_says(engine: str, pair: tuple[Chapter, SpecCase]) -> None:
    chapter, case = pair
    pack = expression_pack(chapter, case)
    rows = expression_cases(chapter, case, pack)
    told = ENGINES[engine].evaluate(bind_pack(pack), "spec.row", expression_of(case, pack), rows)
    values = [value for values in told for value in values]
    wrong = [
        (row.line, row.gives, value)
        for row, value in zip(case.rows, values, strict=True)
        if not _same(row.gives, value)
    ]
    assert wrong == []


@pytest.mark.parametrize("pair", _of_kind("walks"), ids=_named)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_walk_ends_where_the_manual_says(engine: str, pair: tuple[Chapter, SpecCase]) -> None:
    chapter, case = pair
    packs = _read(case, chapter.path)
    assert [problem.text() for pack in packs for problem in check_pack(pack) if problem.severity == "error"] == []
    walks, problems = read_walks(case.walks, chapter.path, packs[-1])
    assert [problem.text() for problem in problems] == []
    assert walks
    programme = Programme(packs[-1].id, tuple(bind_pack(pack) for pack in packs))
    assert run_walks(ENGINES[engine], programme, walks) == []


@pytest.mark.parametrize("pair", _of_kind("examples"), ids=_named)
@pytest.mark.parametrize("engine", ENGINES)
def test_rows_get_the_class_the_manual_says(engine: str, pair: tuple[Chapter, SpecCase]) -> None:
    chapter, case = pair
    packs = _read(case, chapter.path)
    examples, problems = read_examples(case.examples, chapter.path, packs[-1])
    assert [problem.text() for problem in problems] == []
    programme = Programme(packs[-1].id, tuple(bind_pack(pack) for pack in packs))
    assert list(run_examples(ENGINES[engine], programme, examples)) == []


@pytest.mark.parametrize("pair", _of_kind("problems"), ids=_named)
def test_a_wrong_pack_is_told_so(pair: tuple[Chapter, SpecCase]) -> None:
    chapter, case = pair
    found: list[str] = []
    for text in case.packs:
        pack, problems = read_pack(text, chapter.path, {})
        said = [] if pack is None or problems else check_pack(pack)
        told = [*problems, *said]
        if pack is not None and not told:
            told = check_classes(pack)
        found += [problem.code for problem in told]
    assert found == list(case.problems)


def test_the_page_is_what_the_chapters_say() -> None:
    page = ROOT / "docs" / "reference" / "language.md"
    assert page.read_text(encoding="utf-8") == render_manual(CHAPTERS), "run: make docs"
