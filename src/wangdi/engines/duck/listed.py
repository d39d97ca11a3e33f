"""Texts that are one of a short list. DuckDB carries them as numbers: millions of rows are sorted and written in half the time.

Files and answers hold the texts themselves, and they sort as texts do.
"""

from __future__ import annotations

from collections.abc import Iterable

from wangdi.store.workspace import sql_text


def listed_type(words: Iterable[str]) -> str:
    """The SQL type of a text that is one of ``words``; of none, where there is no such text."""
    return f"ENUM({', '.join(map(sql_text, sorted(set(words) or {''})))})"


def listed_text(word: str, kind: str) -> str:
    """SQL of a text of a listed type."""
    return f"{sql_text(word)}::{kind}"
