"""A problem in somebody's data, as a value: where it is, what it is, and the next step."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

LANGUAGES = ("zh", "en")
"""What everything said to people is said in, the first unless another is asked for."""


class Severity(StrEnum):
    """``error`` refuses the row, pack or file it is about; the others let it pass and say something."""

    error = "error"
    warning = "warning"
    info = "info"


@cache
def load_messages() -> Mapping[str, Mapping[str, str]]:
    """Every message text by code: ``zh``, ``en`` and, where there is a next step, ``zh_hint``, ``en_hint``.

    Errors: a code that stands twice raises ValueError.
    """
    texts: dict[str, Mapping[str, str]] = {}
    for entry in sorted(files("wangdi.core").joinpath("messages").iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        for code, text in tomllib.loads(entry.read_text(encoding="utf-8")).items():
            if code in texts:
                raise ValueError(f"message {code} stands twice; second in {entry.name}")
            texts[code] = text
    return texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing found wrong, or worth saying. Collected, never raised.

    ``args`` fill the message's places; they carry no personal data (no names, no identity numbers).
    Errors: a code without a message is a programmer's error and raises LookupError at once.
    """

    code: str
    severity: Severity = Severity.error
    file: str | None = None
    line: int | None = None
    field: str | None = None
    args: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.code not in load_messages():
            raise LookupError(f"no message text for {self.code}: add it to core/messages/*.toml")

    def message(self, lang: str = "zh") -> str:
        """What is wrong, in a sentence."""
        return load_messages()[self.code][lang].format_map(self.args)

    def hint(self, lang: str = "zh") -> str:
        """The next step; empty where there is none to give."""
        return load_messages()[self.code].get(f"{lang}_hint", "").format_map(self.args)

    def place(self) -> str:
        """``file:line field``, as much of it as is known."""
        where = self.file or ""
        if self.line is not None:
            where = f"{where}:{self.line}" if where else f":{self.line}"
        return " ".join(part for part in (where, self.field or "") if part)

    def text(self, lang: str = "zh") -> str:
        """The whole problem on one line: code, place, message, next step."""
        parts = (self.code, self.place(), self.message(lang), self.hint(lang))
        return " ".join(part for part in parts if part)

    def as_json(self, lang: str = "zh") -> dict[str, str | int | None]:
        """The problem as the command line and the web answer it."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "file": self.file,
            "line": self.line,
            "field": self.field,
            "message": self.message(lang),
            "hint": self.hint(lang),
        }


class Refusal(Exception):  # noqa: N818 -- a refusal is answered, not an error of ours
    """The surroundings do not allow it: a file cannot be opened, somebody else is writing. Carries the reason."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text("en"))
        self.problem = problem
