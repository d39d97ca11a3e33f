"""Where a record came from: the file as received, and the place in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceRef:
    """One place in one file as received.

    Missing: ``line`` is null for a resource of a JSON or XML document, ``pointer`` for a line of a text file.
    """

    file: str
    sha256: str
    line: int | None = None
    pointer: str | None = None
    """JSON pointer, XPath, or sheet name, where a line number does not say enough."""

    def text(self) -> str:
        """``file:line`` or ``file#pointer``, as a person would look it up."""
        line = "" if self.line is None else f":{self.line}"
        pointer = "" if self.pointer is None else f"#{self.pointer}"
        return f"{self.file}{line}{pointer}"
