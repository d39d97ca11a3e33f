"""Code lists: each with its system, version and source, so that a coded value is never without them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal

from wangdi.catalog.datafile import list_data, read_data

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True)
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
    also: dict[str, list[str]] = field(default_factory=dict)
    """Other ways in which systems write a code."""

    @cached_property
    def words(self) -> dict[str, str]:
        """Everything that means a code -> the code: the codes, their Chinese words, what else is written for them."""
        said = {word: code for code, words in self.also.items() for word in words}
        return said | {word: code for code, word in reversed(self.codes.items())} | {code: code for code in self.codes}

    def label(self, code: str, lang: str = "zh") -> str:
        """The word of a code; the code itself where the list does not have it."""
        words = self.english if lang == "en" and code in self.english else self.codes
        return words.get(code, code)

    def code_of(self, text: str) -> str | None:
        """The code that a text means: a code, its Chinese word or another way of writing it; else nothing."""
        return self.words.get(text.strip())


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
