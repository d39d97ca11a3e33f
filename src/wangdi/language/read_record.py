"""The ``quality`` and ``slip`` blocks: how complete a record is, and what is handed over after an examination."""

from __future__ import annotations

from wangdi.language.document import Value
from wangdi.language.names import nearest_name
from wangdi.language.quality import Quality, QualityItem
from wangdi.language.reading import Reading
from wangdi.language.slip import Slip, SlipLine

_QUALITY = ("title", "each", "items", "source", "doubt")
_ITEM = ("id", "label", "weight", "fields", "rule", "only_when", "source")
_SLIP = ("title", "each", "values", "lines", "otherwise", "closing", "source")
_LINE = ("id", "when", "finding", "advice", "values", "refer", "programme", "source")


def read_quality(reading: Reading, block: Value) -> dict[str, Quality]:
    """Every way of scoring a record, by name."""
    found: dict[str, Quality] = {}
    for name, part in block.entries.items():
        reading.close(part, _QUALITY)
        form = reading.form(part, "each")
        source = reading.required(part, "source")
        items = [_read_item(reading, item, form, source) for item in reading.part(part, "items").items]
        title, doubt = reading.required(part, "title"), reading.text(part, "doubt")
        kept = tuple(item for item in items if item is not None)
        if not kept:
            reading.tell("PACK-005", part.line, name="items")
        _tell_repeated(reading, [(item.id, item.line) for item in kept])
        found[name] = Quality(name, title, form, kept, source, doubt, part.line)
    return found


def _read_item(reading: Reading, part: Value, form: str, source: str) -> QualityItem | None:
    reading.close(part, _ITEM)
    name, weight = reading.required(part, "id"), reading.text(part, "weight", "1")
    fields = reading.words(part, "fields")
    _tell_unknown(reading, part, form, fields)
    rule = reading.expression(part, "rule", required=False)
    if not weight.isdigit() or int(weight) == 0:
        reading.tell("PACK-006", part.line, value=weight, expected="1, 2, 3 …")
        return None
    if not fields and rule is None:
        reading.tell("PACK-005", part.line, name="fields")
        return None
    return QualityItem(
        id=name,
        label=reading.required(part, "label"),
        weight=int(weight),
        fields=fields,
        rule=rule,
        rule_text=reading.text(part, "rule"),
        only_when=reading.expression(part, "only_when", required=False),
        when_text=reading.text(part, "only_when"),
        source=reading.text(part, "source") or source,
        line=part.line,
    )


def read_slips(reading: Reading, block: Value) -> dict[str, Slip]:
    """Every slip, by name."""
    found: dict[str, Slip] = {}
    for name, part in block.entries.items():
        reading.close(part, _SLIP)
        form, source = reading.form(part, "each"), reading.required(part, "source")
        shown = reading.words(part, "values")
        _tell_unknown(reading, part, form, shown)
        lines = [_read_line(reading, line, form, source) for line in reading.part(part, "lines").items]
        kept = tuple(line for line in lines if line is not None)
        _tell_repeated(reading, [(line.id, line.line) for line in kept])
        title, closing = reading.required(part, "title"), reading.text(part, "closing")
        otherwise = reading.required(part, "otherwise")
        found[name] = Slip(name, title, form, shown, kept, otherwise, closing, source, part.line)
    return found


def _read_line(reading: Reading, part: Value, form: str, source: str) -> SlipLine | None:
    reading.close(part, _LINE)
    when = reading.expression(part, "when")
    name, shown = reading.required(part, "id"), reading.words(part, "values")
    _tell_unknown(reading, part, form, shown)
    if when is None or not name:
        return None
    return SlipLine(
        id=name,
        when=when,
        text=reading.text(part, "when"),
        finding=reading.required(part, "finding"),
        advice=reading.required(part, "advice"),
        values=shown,
        refer=reading.choice(part, "refer", ("urgent", "advise", "none"), default="none"),
        programme=reading.text(part, "programme"),
        source=reading.text(part, "source") or source,
        line=part.line,
    )


def _tell_unknown(reading: Reading, part: Value, form: str, names: tuple[str, ...]) -> None:
    known = reading.fields_of(form)
    for name in names:
        if known and name not in known:
            reading.tell("PACK-014", part.line, name=name, nearest=nearest_name(name, known))


def _tell_repeated(reading: Reading, named: list[tuple[str, int]]) -> None:
    seen: set[str] = set()
    for name, line in named:
        if name in seen:
            reading.tell("PACK-003", line, name=name)
        seen.add(name)
