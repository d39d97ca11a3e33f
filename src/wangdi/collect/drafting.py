"""A first draft of a mapping from a sample file: what the columns are called, and what stands in them.

A draft is to be read by a person. What it could not tell is in it as ``?``, so that a mapping that nobody has looked at is
refused by the check.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Names
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.datafile import parse_data_text
from wangdi.catalog.units import ucum_unit
from wangdi.collect.delimited import DELIMITERS, read_head
from wangdi.collect.encoding import Encoding, detect_encoding
from wangdi.collect.files import judge_kind
from wangdi.collect.mapping import LEDGER_KEY, SUBJECT_ATTRIBUTES
from wangdi.collect.spreadsheet import read_sheets
from wangdi.collect.spreadsheet_cells import header_key
from wangdi.core.problem import Problem, Refusal
from wangdi.language.model import Form, FormField, Pack

_NEAR = 0.78
_UNIT = re.compile(r"^(.*?)[(（\[]\s*([^)）\]]+)\s*[)）\]]$")
_SHOWN_WORDS = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """The header of a file and its first rows."""

    columns: tuple[str, ...]
    rows: tuple[Sequence[str], ...]

    def words(self, column: str) -> list[str]:
        """What stands in a column, each word once."""
        place = self.columns.index(column)
        return list(dict.fromkeys(row[place].strip() for row in self.rows if place < len(row) and row[place].strip()))


@cache
def load_aliases() -> dict[str, Any]:
    """What institutions call their columns."""
    return dict(parse_data_text(files("wangdi.collect").joinpath("data", "aliases.yaml").read_text(encoding="utf-8")))


def draft_mapping(path: Path, packs: Names[str, Pack]) -> str:
    """A mapping file for a sample, as YAML with comments.

    Errors: raises Refusal when the sample is no table (FILE-005) or not readable (FILE-002).
    """
    sample = read_sample(path)
    form = max((form for pack in packs.values() for form in pack.forms.values()), key=lambda form: _score(sample, form))
    person = packs[form.pack].subject in ("person", "episode")
    return render_draft(path.stem, sample, form, person=person)


def read_sample(path: Path) -> Sample:
    """The header and the first rows of a file."""
    kind = judge_kind(path)
    if kind == "spreadsheet":
        sheets, _ = read_sheets(path, [name for names in _all_names() for name in names])
        if sheets:
            widest = max(sheets, key=lambda sheet: len(sheet.rows))
            return Sample(widest.header, tuple(tuple(cell or "" for cell in row.cells) for row in widest.rows[:500]))
    if kind != "delimited":
        raise Refusal(Problem(code="FILE-005", file=path.name))
    encoding = detect_encoding(path)
    if not isinstance(encoding, Encoding):
        raise Refusal(encoding)
    readings = [read_head(path, encoding, delimiter, rows=500) for delimiter in DELIMITERS]
    rows = max(readings, key=lambda reading: max((len(row.cells) for row in reading[:20]), default=0))
    if not rows:
        raise Refusal(Problem(code="FILE-001", file=path.name))
    width = max(len(row.cells) for row in rows[:20])
    header = next(place for place, row in enumerate(rows) if sum(map(bool, row.cells)) * 2 > width)
    return Sample(rows[header].cells, tuple(row.cells for row in rows[header + 1 :]))


def _all_names() -> Iterable[list[str]]:
    aliases = load_aliases()
    yield from aliases["subject"].values()
    yield from aliases["fields"].values()


def _names_of(field: FormField) -> list[str]:
    return [field.label, field.name, *load_aliases()["fields"].get(field.name, [])]


def _find_column(sample: Sample, names: Sequence[str], taken: Iterable[str] = ()) -> str | None:
    """The column that bears one of the names, a unit behind it not counted; else the one most like one of them."""
    used = set(taken)
    free = {header_key(_plain(column)): column for column in reversed(sample.columns) if column and column not in used}
    for name in names:
        if header_key(name) in free:
            return free[header_key(name)]
    for name in names:
        near = difflib.get_close_matches(header_key(name), free, n=1, cutoff=_NEAR)
        if near:
            return free[near[0]]
    return None


def _plain(column: str) -> str:
    found = _UNIT.match(column)
    return found.group(1) if found else column


def _score(sample: Sample, form: Form) -> float:
    required = form.fields[form.occurred_on]
    found = sum(_find_column(sample, _names_of(field)) is not None for field in form.fields.values())
    return found + (3 if _find_column(sample, _names_of(required)) else 0) - 0.01 * len(form.fields)


def render_draft(name: str, sample: Sample, form: Form, *, person: bool) -> str:
    """The draft's text."""
    aliases, taken = load_aliases(), set[str]()
    subject: list[str] = []
    for attribute in SUBJECT_ATTRIBUTES if person else (LEDGER_KEY,):
        names = aliases["subject"].get(attribute) or aliases["fields"].get(attribute, [attribute])
        column = _find_column(sample, names, taken)
        if column is not None:
            taken.add(column)
            subject.append(f"  {attribute}: {_text(column)}")
    frame = []
    for key in ("organisation", "entered_at", "recorder"):
        column = _find_column(sample, aliases[key], taken)
        if column is not None:
            taken.add(column)
            frame.append(f"{key}: {_text(column)}")
    fields, recognised = [], []
    shared = taken if person else set[str]()
    for field in form.fields.values():
        column = _find_column(sample, _names_of(field), shared)
        if column is not None:
            taken.add(column)
            recognised.append(column)
            fields.append(f"  {field.name}: {_rule(sample, column, field)}  # {field.label}")
        elif field.required:
            fields.append(f'  {field.name}: "?"  # {field.label}：必填，未找到对应的列')
    ignored = [column for column in sample.columns if column and column not in taken]
    head = [f"mapping: {_text(name)}", f"form: {form.full_name}  # {form.title}"]
    head.append(f"recognise: [{', '.join(map(_text, recognised[:4]))}]")
    body = ["subject:", *(subject or ['  name: "?"']), *frame, "fields:", *fields]
    tail = [f"ignore: [{', '.join(map(_text, ignored))}]", "notes: 由样本起草，请逐行核对"]
    return "\n".join([*head, *body, *tail]) + "\n"


def _rule(sample: Sample, column: str, field: FormField) -> str:
    """A column's rule: its words where they are not the code list's, its unit where the header says another."""
    parts = [f"column: {_text(column)}"]
    if field.type == "code":
        known = load_codelists()[field.codes]
        unknown = [word for word in sample.words(column) if known.code_of(word) is None][:_SHOWN_WORDS]
        if unknown:
            parts.append("codes: {" + ", ".join(f'{_text(word)}: "?"' for word in unknown) + "}")
    unit = _UNIT.match(column)
    if (
        unit
        and field.type in ("integer", "decimal")
        and field.unit
        and ucum_unit(unit.group(2)) != ucum_unit(field.unit)
    ):
        parts.append(f"unit: {_text(unit.group(2))}")
    return _text(column) if len(parts) == 1 else "{" + ", ".join(parts) + "}"


def _text(text: str) -> str:
    """A YAML scalar: plain where that is safe, else in quotes."""
    return (
        text if re.fullmatch(r"[\w\u4e00-\u9fff][\w\u4e00-\u9fff.-]*", text) else json.dumps(text, ensure_ascii=False)
    )
