"""The reference is what the code holds: every verb, message, pack, field and code is in it, and it is up to date."""

from __future__ import annotations

import pytest

from tests.house.reading import ROOT
from tools.render_reference import CITY_FOLDER, MAPPING_KEYS, MESSAGE_AREAS, REFERENCE, RULE_KEYS, render_reference
from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.fields import load_fields
from wangdi.cli.main import VERBS, event, mapping, owner, pack, parameter, person, source
from wangdi.collect import mapping_reading
from wangdi.core.problem import load_messages
from wangdi.language.library import load_library
from wangdi.store import schema

PAGES = render_reference()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    path = REFERENCE / name
    assert path.is_file(), "run: make docs"
    assert path.read_text(encoding="utf-8") == PAGES[name], "run: make docs"


def test_nothing_else_is_there() -> None:
    there = {path.relative_to(REFERENCE).as_posix() for path in REFERENCE.rglob("*.md")}
    assert there == set(PAGES), "run: make docs"


@pytest.mark.parametrize("name", ["commands.md", "commands.zh-CN.md"])
def test_every_verb_is_told(name: str) -> None:
    verbs = [verb for verb, _ in VERBS]
    verbs += ["match explain"]
    verbs += [
        f"{tree.name} {verb}"
        for tree in (person, event, pack, mapping, source, owner, parameter)
        for verb in tree.verbs
    ]
    lines = set(PAGES[name].splitlines())
    assert [verb for verb in verbs if f"## wangdi {verb}" not in lines] == []


def test_every_message_is_told() -> None:
    assert [code for code in load_messages() if f"| `{code}` |" not in PAGES["messages.md"]] == []
    assert {code.rpartition("-")[0] for code in load_messages()} == set(MESSAGE_AREAS)


def test_every_pack_with_its_indicators_is_told() -> None:
    for name, one in load_library().newest.items():
        for page in (f"packs/{name}.md", f"packs/{name}.en.md"):
            assert [wanted for wanted in one.indicators if f"`{wanted}`" not in PAGES[page]] == []
        assert f"({name}.md)" in PAGES["packs/README.md"]


def test_every_field_and_code_list_is_told() -> None:
    assert [name for name in load_fields() if f"| `{name}` |" not in PAGES["fields.md"]] == []
    assert [name for name in load_codelists() if f"\n## {name}\n" not in PAGES["codes.md"]] == []


def test_the_keys_of_a_mapping_are_those_that_are_read() -> None:
    assert {key for key, _ in MAPPING_KEYS} == set(mapping_reading._KEYS)
    assert {key for key, _ in RULE_KEYS} == set(mapping_reading._RULE_KEYS)


def test_the_database_and_the_folder_are_told() -> None:
    assert [name for name in schema.metadata.tables if f"| `{name}` |" not in PAGES["city-folder.md"]] == []
    made = {name.rstrip("/") for name, _ in CITY_FOLDER}
    demo = ROOT / "build" / "demo"
    own = {"inbox", "truth", "regions.csv", "organisations.csv", "populations.csv"}
    if demo.is_dir():
        there = {path.name for path in demo.iterdir() if not path.name.endswith(("-wal", "-shm"))}
        assert there - own - made == set()
