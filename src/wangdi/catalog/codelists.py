"""Code lists: each with its system, version and source, so that a coded value is never without them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from wangdi.catalog.datafile import list_data, read_data

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list of codes with their Chinese words, in the order of the printed list.

    ``confidence``: high, as published; medium, known from use; low, a local habit to be checked with the user.
    """

    id: str
    title: str
    system: str
    version: str
    codes: dict[str, str]
    source: str = ""
    confidence: Confidence = "high"
    english: dict[str, str] = field(default_factory=dict)
    """English words, for the lists Wangdi itself speaks in."""

    def label(self, code: str, lang: str = "zh") -> str:
        """The word of a code; the code itself where the list does not have it."""
        words = self.english if lang == "en" and code in self.english else self.codes
        return words.get(code, code)

    def code_of(self, text: str) -> str | None:
        """The code that a code or its Chinese word means; nothing where it is neither."""
        plain = text.strip()
        if plain in self.codes:
            return plain
        return next((code for code, word in self.codes.items() if word == plain), None)


@cache
def load_codelists() -> dict[str, CodeList]:
    """Every code list by id.

    Errors: an id that stands in two files, or a list without codes, raises ValueError.
    """
    lists: dict[str, CodeList] = {}
    for name in list_data("codelists"):
        for list_id, entry in read_data(name).items():
            if list_id in lists or not entry["codes"]:
                raise ValueError(f"code list {list_id} in {name} stands twice or is empty")
            lists[list_id] = CodeList(id=list_id, **entry)
    return lists
