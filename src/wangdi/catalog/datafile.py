"""Reads the catalogue's YAML: every scalar is text, a key that stands twice is refused."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

_Loader: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The C library's parser where PyYAML has it: ten times as fast, and every command reads these files."""


class _TextLoader(_Loader):  # type: ignore[misc]
    """YAML with text scalars only (``01`` stays ``01``, ``no`` stays ``no``) and no repeated keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping node as a dict.

        Errors: a key that stands twice, or is no text, raises ValueError with its line.
        """
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError(f"a key that is no text, line {key.start_mark.line + 1}")
            if key.value in seen:
                raise ValueError(f"{key.value!r} stands twice, line {key.start_mark.line + 1}")
            seen.add(key.value)
        content: dict[Any, Any] = super().construct_mapping(node, deep)
        return content


def parse_data_text(text: str) -> Any:
    """The content of a YAML text, scalars as text."""
    return yaml.load(text, Loader=_TextLoader)


def read_data(name: str) -> Any:
    """The content of one file of ``catalog/data``."""
    return parse_data_text(files("wangdi.catalog").joinpath("data", name).read_text(encoding="utf-8"))


def list_data(folder: str) -> list[str]:
    """The YAML files of one folder of ``catalog/data``, as names for :func:`read_data`."""
    entries = files("wangdi.catalog").joinpath("data", folder).iterdir()
    return sorted(f"{folder}/{entry.name}" for entry in entries if entry.name.endswith(".yaml"))
