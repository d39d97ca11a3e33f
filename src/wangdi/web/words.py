"""What pages say, as data: a folder per language, a file per page, the same keys in each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def load_words(lang: str) -> Mapping[str, str]:
    """Every text of a language by ``page.key``."""
    found: dict[str, str] = {}
    for entry in files("wangdi.web").joinpath("data", lang).iterdir():
        if entry.name.endswith(".toml"):
            page = entry.name.removesuffix(".toml")
            texts = tomllib.loads(entry.read_text(encoding="utf-8"))
            found |= {f"{page}.{key}": text for key, text in texts.items()}
    return found


def word(lang: str, key: str, **args: object) -> str:
    """One text, its places filled."""
    text = load_words(lang)[key]
    return text.format(**args) if args else text
