"""Reading YAML strictly: every scalar is text, every value knows its line, duplicate keys, anchors and tags are refused.

PyYAML only parses; it never decides that ``no`` is false or ``2025-01-01`` a date. What a text means is decided by whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from wangdi.core.problem import Problem

Content: TypeAlias = "str | list[Value] | dict[str, Value]"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Value:
    """A part of a document with the line it starts on."""

    line: int
    content: Content

    @property
    def text(self) -> str:
        """The scalar text; empty for a list or mapping (the reader has complained before)."""
        return self.content if isinstance(self.content, str) else ""

    @property
    def entries(self) -> Mapping[str, Value]:
        return self.content if isinstance(self.content, dict) else {}

    @property
    def items(self) -> list[Value]:
        return self.content if isinstance(self.content, list) else []


@dataclass(slots=True)
class DocumentPass:
    """Where the reading of a document is and what was found wrong."""

    path: str
    problems: list[Problem] = field(default_factory=list)

    def tell(self, code: str, line: int, **args: str) -> None:
        """Keep a problem with its line."""
        self.problems.append(Problem(code=code, file=self.path, line=line, args=args))


def parse_document(text: str, path: str) -> tuple[Value, list[Problem]]:
    """A YAML document as values with lines. On a syntax error the value is empty and the problem names the line."""
    problems: list[Problem] = []
    try:
        for token in yaml.scan(text, Loader=_Loader):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
                line = token.start_mark.line + 1
                problems.append(Problem(code="PACK-002", file=path, line=line, args={"what": token.id}))
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return Value(1, {}), [Problem(code="PACK-001", file=path, line=line, args={"why": str(error.problem)})]
    except yaml.YAMLError as error:
        return Value(1, {}), [Problem(code="PACK-001", file=path, line=1, args={"why": str(error)})]
    if node is None:
        return Value(1, {}), [Problem(code="PACK-001", file=path, line=1, args={"why": "empty"})]
    return _value(node, path, problems), problems


def _value(node: yaml.Node, path: str, problems: list[Problem]) -> Value:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return Value(line, str(node.value))
    if isinstance(node, yaml.SequenceNode):
        return Value(line, [_value(item, path, problems) for item in node.value])
    assert isinstance(node, yaml.MappingNode)
    entries: dict[str, Value] = {}
    for key, item in node.value:
        name = str(key.value)
        if name in entries:
            place = key.start_mark.line + 1
            problems.append(Problem(code="PACK-003", file=path, line=place, field=name, args={"name": name}))
        entries[name] = _value(item, path, problems)
    return Value(line, entries)
