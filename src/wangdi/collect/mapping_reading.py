"""Reading mapping files, closed-world: an unknown key, form, field or code is an error with the nearest name and its line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Names
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.units import find_conversion
from wangdi.collect.hl7_paths import Column, parse_column
from wangdi.collect.mapping import (
    LEDGER_KEY,
    SUBJECT_ATTRIBUTES,
    SUBJECT_CODES,
    ColumnRule,
    Mapping,
    MessageRule,
    find_form,
)
from wangdi.core.problem import Problem
from wangdi.language.document import DocumentPass, Value, parse_document
from wangdi.language.library import shipped_packs
from wangdi.language.model import Form, FormField, Pack
from wangdi.language.names import nearest_name

_KEYS = (
    "mapping", "form", "recognise", "sheet", "subject", "organisation", "entered_at", "occurred_at", "recorder",
    "fields", "ignore", "notes", "hl7",
)  # fmt: skip
_MESSAGE_KEYS = ("message", "row", "where")
_RULE_KEYS = ("column", "value", "codes", "true", "false", "separator", "unit", "part", "otherwise")


class _Pass(DocumentPass):
    def unknown(self, code: str, line: int, name: str, known: Iterable[str]) -> None:
        names = list(known)
        self.tell(code, line, name=name, nearest=nearest_name(name, names) or "、".join(names[:12]))


def read_mappings(folders: Sequence[Path], packs: Names[str, Pack]) -> tuple[dict[str, Mapping], list[Problem]]:
    """Every mapping of some folders by name; one that is wrong is left out and its problems told.

    Errors: MAP-009 a name that stands twice.
    """
    found: dict[str, Mapping] = {}
    problems: list[Problem] = []
    for path in [path for folder in folders for path in sorted(folder.glob("*.yaml"))]:
        mapping, wrong = read_mapping(path, packs)
        problems.extend(wrong)
        if mapping is None:
            continue
        if mapping.name in found:
            other = found[mapping.name].path
            problems.append(
                Problem(code="MAP-009", file=str(path), line=1, args={"name": mapping.name, "other": other})
            )
        else:
            found[mapping.name] = mapping
    return found, problems


def read_every_mapping(folders: Sequence[Path], packs: Names[str, Pack]) -> tuple[dict[str, Mapping], list[Problem]]:
    """Those of some folders and those that come with packs, unless a folder has one of that name.

    Missing: a shipped mapping that does not fit its pack as a city has changed it.
    """
    found, problems = read_mappings(folders, packs)
    for path in sorted(shipped_packs().glob("*/mappings/*.yaml")):
        mapping, _ = read_mapping(path, packs)
        if mapping is not None:
            found.setdefault(mapping.name, replace(mapping, shipped=True))
    return found, problems


def read_mapping(path: Path, packs: Names[str, Pack]) -> tuple[Mapping | None, list[Problem]]:
    """One mapping file. Errors: MAP-001 .. MAP-008; any of them leaves no mapping."""
    return parse_mapping(path.read_text(encoding="utf-8-sig"), str(path), packs)


def parse_mapping(text: str, path: str, packs: Names[str, Pack]) -> tuple[Mapping | None, list[Problem]]:
    """The text of a mapping file as a checked mapping."""
    document, problems = _parse_document(text, path)
    if problems:
        return None, list(problems)
    reading = _Pass(path)
    _close(reading, document, _KEYS)
    name = _required(reading, document, "mapping")
    form_name = _required(reading, document, "form")
    found = find_form(dict(packs), form_name)
    if found is None:
        forms = [form.full_name for pack in packs.values() for form in pack.forms.values()]
        reading.unknown("MAP-003", _line(document, "form"), form_name, forms)
        return None, reading.problems
    pack, form = found
    mapping = Mapping(
        name=name,
        form=form_name,
        recognise=_words(document, "recognise"),
        subject=_read_subject(reading, document, pack),
        fields=_read_fields(reading, document, form),
        organisation=_single(reading, document, "organisation"),
        entered_at=_single(reading, document, "entered_at"),
        occurred_at=_single(reading, document, "occurred_at"),
        recorder=_single(reading, document, "recorder"),
        sheet=_text(document, "sheet"),
        ignore=_words(document, "ignore"),
        notes=_text(document, "notes"),
        path=path,
        body=text,
        message=_read_message(reading, document),
    )
    _check_whole(reading, document, mapping, form)
    return (None if reading.problems else mapping), reading.problems


@lru_cache(maxsize=256)
def _parse_document(text: str, path: str) -> tuple[Value, list[Problem]]:
    """A city's mapping files are the same for every sending of a process; nobody changes what comes out."""
    return parse_document(text, path)


def _read_subject(reading: _Pass, document: Value, pack: Pack) -> dict[str, ColumnRule]:
    known = SUBJECT_ATTRIBUTES if pack.subject == "person" else (LEDGER_KEY,)
    rules: dict[str, ColumnRule] = {}
    block = document.entries.get("subject")
    for name, value in block.entries.items() if block else ():
        if name in known:
            rules[name] = _read_rule(reading, value)
            _check_codes(reading, rules[name], SUBJECT_CODES.get(name, ""))
        else:
            reading.unknown("MAP-004", value.line, name, known)
    return rules


def _read_fields(reading: _Pass, document: Value, form: Form) -> dict[str, ColumnRule]:
    rules: dict[str, ColumnRule] = {}
    block = document.entries.get("fields")
    for name, value in block.entries.items() if block else ():
        if name not in form.fields:
            reading.unknown("MAP-004", value.line, name, form.fields)
            continue
        rules[name] = _read_rule(reading, value)
        _check_rule(reading, rules[name], form.fields[name])
    return rules


def _read_rule(reading: _Pass, value: Value) -> ColumnRule:
    if value.text:
        return ColumnRule(column=value.text.strip(), line=value.line)
    _close(reading, value, _RULE_KEYS)
    part = _text(value, "part")
    if part and not part.isdecimal():
        reading.tell("MAP-007", value.line, key="part", value=part)
    constant = value.entries.get("value")
    column = _text(value, "column")
    if bool(column) == (constant is not None):
        reading.tell("MAP-002", value.line, name="column | value")
    codes = value.entries.get("codes")
    return ColumnRule(
        column=column,
        value=None if constant is None else constant.text,
        codes={word: code.text for word, code in codes.entries.items()} if codes else {},
        true=_words(value, "true"),
        false=_words(value, "false"),
        separator=value.entries["separator"].text if "separator" in value.entries else "",
        unit=_text(value, "unit"),
        part=int(part) if part.isdecimal() else 0,
        otherwise=_words(value, "otherwise"),
        line=value.line,
    )


def _check_rule(reading: _Pass, rule: ColumnRule, target: FormField) -> None:
    _check_codes(reading, rule, target.codes)
    for key, given, kinds in (
        ("codes", rule.codes, ("code", "codes", "text")),
        ("true/false", rule.true or rule.false, ("boolean",)),
        ("unit", rule.unit, ("integer", "decimal")),
    ):
        if given and target.type not in kinds:
            reading.tell("MAP-006", rule.line, key=key, field=target.name, type=target.type)
    if (
        rule.unit
        and target.type in ("integer", "decimal")
        and find_conversion(target.name, rule.unit, target.unit) is None
    ):
        reading.tell("MAP-008", rule.line, unit=rule.unit, field=target.name, target=target.unit or "-")
    if bool(rule.true) != bool(rule.false):
        reading.tell("MAP-002", rule.line, name="true | false")


def _check_codes(reading: _Pass, rule: ColumnRule, codelist: str) -> None:
    known = load_codelists().get(codelist)
    if known is not None:
        wrong = [code for code in rule.codes.values() if code not in known.codes]
        if wrong:
            choices = [f"{code} {word}" for code, word in known.codes.items()]
            reading.tell("MAP-005", rule.line, name=wrong[0], list=known.id, codes="、".join(choices[:20]))


def _check_whole(reading: _Pass, document: Value, mapping: Mapping, form: Form) -> None:
    for rule in mapping.rules() if mapping.message is not None else ():
        for place in (rule.column, *rule.otherwise):
            if place:
                _read_place(reading, rule.line, place)
    required = [name for name, field in form.fields.items() if field.required or name == form.occurred_on]
    for name in required:
        if name not in mapping.fields and name not in mapping.subject:
            reading.tell("MAP-010", _line(document, "fields"), field=name, label=form.fields[name].label)
    if not mapping.subject and LEDGER_KEY not in mapping.fields:
        reading.tell("MAP-002", document.line, name="subject")
    read = set(mapping.columns())
    for column in mapping.recognise if not reading.problems else ():  # a rule that is wrong reads no column
        if column not in read and column not in mapping.ignore:
            reading.unknown("MAP-011", _line(document, "recognise"), column, [*read, *mapping.ignore])


def _read_message(reading: _Pass, document: Value) -> MessageRule | None:
    """What makes a mapping one for HL7 v2 messages."""
    block = document.entries.get("hl7")
    if block is None:
        return None
    _close(reading, block, _MESSAGE_KEYS)
    row = _required(reading, block, "row")
    where = []
    listed = block.entries.get("where")
    for place, values in listed.entries.items() if listed else ():
        column = _read_place(reading, values.line, place)
        if column is not None:
            kept = (values.text,) if not values.items else tuple(item.text for item in values.items)
            where.append((column, frozenset(one.strip() for one in kept)))
    messages = _words(block, "message")
    if not messages:
        reading.tell("MAP-002", block.line, name="message")
    return MessageRule(messages, row, tuple(where))


def _read_place(reading: _Pass, line: int, text: str) -> Column | None:
    column = parse_column(text)
    if column is None:
        reading.tell("MAP-012", line, place=text)
    return column


def _single(reading: _Pass, document: Value, key: str) -> ColumnRule | None:
    value = document.entries.get(key)
    return None if value is None else _read_rule(reading, value)


def _close(reading: _Pass, part: Value, allowed: Sequence[str]) -> None:
    for key, value in part.entries.items():
        if key not in allowed:
            reading.unknown("MAP-001", value.line, key, allowed)


def _required(reading: _Pass, part: Value, key: str) -> str:
    text = _text(part, key)
    if not text:
        reading.tell("MAP-002", part.line, name=key)
    return text


def _text(part: Value, key: str) -> str:
    value = part.entries.get(key)
    return "" if value is None else value.text.strip()


def _words(part: Value, key: str) -> tuple[str, ...]:
    value = part.entries.get(key)
    if value is None:
        return ()
    return (value.text.strip(),) if value.text else tuple(item.text.strip() for item in value.items)


def _line(part: Value, key: str) -> int:
    value = part.entries.get(key)
    return part.line if value is None else value.line
