"""The state of reading one pack: where we are, what went wrong, which names exist; and how single values are read."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wangdi.core.problem import Problem
from wangdi.language.ast import Expression
from wangdi.language.document import Value
from wangdi.language.expression import SyntaxFault, parse_expression
from wangdi.language.model import Form
from wangdi.language.names import nearest_name, resolve_terms
from wangdi.language.quality import Quality

_NOTHING = Value(0, {})


@dataclass(slots=True)
class Reading:
    """Collects problems while blocks are read one after the other."""

    path: str
    problems: list[Problem]
    foreign: Mapping[str, Form]
    pack: str = ""
    own_forms: Mapping[str, Form] = field(default_factory=dict)
    term_names: frozenset[str] = frozenset()
    spoken_forms: set[str] = field(default_factory=set)
    qualities: Mapping[str, Quality] = field(default_factory=dict)

    def tell(self, code: str, line: int, **args: str) -> None:
        """Add an error at a line."""
        self.problems.append(Problem(code=code, file=self.path, line=line, args=args))

    def close(self, part: Value, allowed: Sequence[str]) -> None:
        """Every key of a mapping must be one of ``allowed``."""
        if isinstance(part.content, dict):
            for key, value in part.entries.items():
                if key not in allowed:
                    near = nearest_name(key, allowed) or "、".join(allowed)
                    self.tell("PACK-004", value.line, name=key, nearest=near)
        elif part is not _NOTHING and part.content != "":
            self.tell("PACK-006", part.line, value=part.text[:40], expected="a mapping")

    def part(self, parent: Value, key: str) -> Value:
        """The value under a key, or an empty one."""
        return parent.entries.get(key, _NOTHING)

    def text(self, parent: Value, key: str, default: str = "") -> str:
        """The scalar under a key; a default where it is absent."""
        value = parent.entries.get(key)
        return default if value is None else value.text.strip()

    def required(self, parent: Value, key: str) -> str:
        """The scalar under a key; its absence is an error."""
        text = self.text(parent, key)
        if not text:
            self.tell("PACK-005", parent.line, name=key)
        return text

    def choice(self, parent: Value, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of a few words."""
        text = self.text(parent, key, default or "") or self.required(parent, key)
        if text and text not in allowed:
            line = parent.entries[key].line if key in parent.entries else parent.line
            self.tell("PACK-006", line, value=text, expected=" | ".join(allowed))
        return text if text in allowed else allowed[0]

    def flag(self, parent: Value, key: str) -> bool:
        """``true`` or ``false``; absent is false."""
        return self.choice(parent, key, ("true", "false"), default="false") == "true"

    def date(self, parent: Value, key: str, *, required: bool = True) -> datetime.date | None:
        """An ISO date."""
        text = self.required(parent, key) if required else self.text(parent, key)
        if not text:
            return None
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            self.tell("PACK-006", parent.entries[key].line, value=text, expected="yyyy-mm-dd")
            return None

    def numbers(self, parent: Value, key: str) -> tuple[float, float] | None:
        """A range written ``[low, high]``."""
        value = parent.entries.get(key)
        if value is None:
            return None
        try:
            low, high = (float(item.text) for item in value.items)
        except ValueError:
            self.tell("PACK-006", value.line, value=value.text, expected="[low, high]")
            return None
        return (low, high)

    def words(self, parent: Value, key: str) -> tuple[str, ...]:
        """A list of scalars, or one scalar."""
        value = parent.entries.get(key)
        if value is None:
            return ()
        return (value.text,) if value.text else tuple(item.text for item in value.items)

    def expression(self, parent: Value, key: str, *, required: bool = True) -> Expression | None:
        """An expression under a key."""
        value = parent.entries.get(key)
        if value is None:
            if required:
                self.tell("PACK-005", parent.line, name=key)
            return None
        return self.expression_of(value)

    def expression_of(self, value: Value) -> Expression | None:
        """An expression written as this scalar, with names of terms resolved."""
        parsed = parse_expression(value.text)
        if isinstance(parsed, SyntaxFault):
            args = {"text": value.text, "column": str(parsed.position + 1), "found": parsed.found}
            self.tell("PACK-007", value.line, expected=parsed.expected, **args)
            return None
        return resolve_terms(parsed, self.term_names)

    def form(self, parent: Value, key: str) -> str:
        """The name of a form, own (short) or of another pack (``pack.form``); returned as it is written."""
        name = self.required(parent, key)
        if not name:
            return name
        return self.known_form(name, parent.entries[key].line)

    def known_form(self, name: str, line: int) -> str:
        """``name`` when it is a form, otherwise an error with the nearest form."""
        if name not in self.own_forms and name not in self.foreign:
            candidates = [*self.own_forms, *self.foreign]
            self.tell(
                "PACK-008", line, name=name, nearest=nearest_name(name, candidates) or "、".join(sorted(candidates))
            )
        elif name in self.foreign:
            self.spoken_forms.add(name)
        return name

    def fields_of(self, form: str) -> set[str]:
        """Field names of a form; empty when it is not known (already told)."""
        found = self.own_forms.get(form) or self.foreign.get(form)
        return set(found.fields) if found else set()
