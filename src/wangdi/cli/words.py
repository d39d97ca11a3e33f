"""What the command line says, as data: one file per language, the same keys in each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load_words(lang: str) -> Mapping[str, Any]:
    """Every text of a language: ``words``, ``columns``, ``options``, ``verbs``, ``story``."""
    return tomllib.loads(files("wangdi.cli").joinpath("data", f"{lang}.toml").read_text(encoding="utf-8"))


def word(lang: str, key: str, **args: object) -> str:
    """One sentence or word, its places filled."""
    text: str = load_words(lang)["words"][key]
    return text.format(**args) if args else text


def column_title(lang: str, name: str) -> str:
    """The heading of a column; a field a pack brings is called by its own name."""
    title: str = load_words(lang)["columns"].get(name, name)
    return title


def option_text(lang: str, verb: str, name: str) -> str:
    """What a verb's option or argument is for: its own words, else those all verbs share."""
    texts = load_words(lang)
    own: str | None = texts["verbs"].get(verb, {}).get("options", {}).get(name)
    return own or texts["options"][name]
