"""The mapping files a city would keep for these exports, rendered from the columns they are written with."""

from __future__ import annotations

import json
from pathlib import Path

from wangdi.demo.field_kinds import FIELD_KINDS, SEVERAL
from wangdi.demo.texts import Column, FormExport, Style

_SUBJECT = ("local_id", "id_type", "id_no", "name", "sex", "birth_date", "phone", "address")
_LEDGER_KEYS = {
    "childcare.institution": "code",
    "disease_streams.count": "source",
    "resources.institution": "code",
    "resources.month": "code",
    "resources.contract": "code",
    "achievements.award": "code",
}
"""The column that says which institution a row of a ledger is about."""
_FRAME = {"org": "organisation", "entered_at": "entered_at", "recorder": "recorder"}


def write_mappings(folder: Path, styles: dict[str, Style]) -> list[Path]:
    """One file per style and form."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for style in styles.values():
        for export in style.forms.values():
            path = folder / f"{mapping_name(style, export)}.yaml"
            path.write_text(render_mapping(style, export), encoding="utf-8", newline="\n")
            written.append(path)
    return written


def mapping_name(style: Style, export: FormExport) -> str:
    """``township-a-hypertension-followup``."""
    kind = f"township-{style.id}" if len(style.id) == 1 else style.id
    return f"{kind}-{export.form}".replace(".", "-").replace("_", "-")


def render_mapping(style: Style, export: FormExport) -> str:
    """A mapping file as text."""
    key = _LEDGER_KEYS.get(export.form)
    subject = [column for column in export.columns if column.source in _SUBJECT and key is None]
    frame = [column for column in export.columns if column.source in _FRAME]
    ignored = [column.name for column in export.columns if column.unread]
    taken = {column.header for column in (*subject, *frame)}
    fields = [column for column in export.columns if column.header not in taken and not column.unread]
    lines = [
        f"# {style.title}：{export.file}",
        f"mapping: {mapping_name(style, export)}",
        f"form: {export.form}",
        f"recognise: [{', '.join(_quote(name) for name in export.recognise)}]",
    ]
    if subject:
        lines += ["subject:", *(f"  {column.source}: {_render_rule(style, column)}" for column in subject)]
    if key is not None:
        code = next((column.name for column in fields if column.source == key), export.also.get(key, ""))
        lines += ["subject:", f"  code: {_quote(code)}"]
    lines += [f"{_FRAME[column.source]}: {_quote(column.name)}" for column in frame]
    lines += ["fields:", *(f"  {column.source}: {_render_rule(style, column)}" for column in fields)]
    lines += [f"  {field}: {_quote(name)}" for field, name in export.also.items()]
    if ignored:
        lines.append(f"ignore: [{', '.join(_quote(name) for name in ignored)}]")
    return "\n".join(lines) + "\n"


def _render_rule(style: Style, column: Column) -> str:
    parts = [f"column: {_quote(column.name)}"]
    kind = FIELD_KINDS.get(column.source, "text")
    if kind == "flag":
        parts.append(f'"true": [{_quote(column.words.get("true", style.yes))}]')
        parts.append(f'"false": [{_quote(column.words.get("false", style.no))}]')
    elif column.words:
        codes = ", ".join(f"{_quote(word)}: {_quote(code)}" for code, word in column.words.items())
        parts.append(f"codes: {{{codes}}}")
    if column.source in SEVERAL:
        parts.append(f"separator: {_quote(style.separator)}")
    if column.unit:
        parts.append(f"unit: {column.unit}")
    return _quote(column.name) if len(parts) == 1 else f"{{{', '.join(parts)}}}"


def _quote(text: str) -> str:
    """A JSON string is a YAML string."""
    return json.dumps(text, ensure_ascii=False)
