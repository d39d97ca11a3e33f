"""From the text of a ``pack.yaml`` to a :class:`Pack`, closed-world: every unknown key is an error with its nearest name.

The order of this file is the order of a pack: head, parameters, enrol, forms, terms, classify, schedule, indicators.
Meaning that spans blocks (names, types, missing values, exhaustive classes) is judged in ``check``, not here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from wangdi.core.problem import Problem
from wangdi.language.document import Value
from wangdi.language.model import AtAge, Ending, Enrol, Form, NamedTerm, Pack, Parameter, RuleBook
from wangdi.language.names import resolve_terms, used_fields
from wangdi.language.overlay import read_documents
from wangdi.language.read_forms import read_forms
from wangdi.language.read_indicators import read_indicators
from wangdi.language.read_record import read_quality, read_slips
from wangdi.language.read_schedule import read_classify, read_schedule
from wangdi.language.read_series import dose_tasks, read_series
from wangdi.language.reading import Reading

_HEAD = ("pack", "edition", "valid_from", "valid_to", "title", "subject", "rule_book", "description", "based_on")
_BLOCKS = (
    "parameters", "enrol", "forms", "terms", "classify", "series", "schedule", "quality", "slip", "indicators", "report",
    "examples",
)  # fmt: skip
_SUBJECTS = ("person", "episode", "organisation", "place", "case", "item")


def read_document_forms(root: Value, path: str, problems: list[Problem]) -> dict[str, Form]:
    """The forms of a pack whose document has been read."""
    reading = Reading(path, problems, {})
    forms = read_forms(reading, reading.part(root, "forms"), reading.text(root, "pack"))
    return {form.full_name: form for form in forms.values()}


def read_pack(text: str, path: str, foreign: Mapping[str, Form]) -> tuple[Pack | None, list[Problem]]:
    """Read one edition of one pack. ``foreign``: forms of other packs by full name.

    Errors: everything found at once; no pack when the text is no YAML or the head is missing.
    """
    root, problems, whole = read_documents({path: text})[path]
    return read_pack_document(root, (path, whole), foreign, problems)


def read_pack_document(
    root: Value, origin: tuple[str, str], foreign: Mapping[str, Form], problems: list[Problem]
) -> tuple[Pack | None, list[Problem]]:
    """A pack from its document. ``origin``: its path, and every text it rests on."""
    path, text = origin
    reading = Reading(path, problems, foreign)
    if not root.entries:
        return None, problems
    reading.close(root, (*_HEAD, *_BLOCKS))
    name = reading.required(root, "pack")
    valid_from = reading.date(root, "valid_from")
    if not name or valid_from is None:
        return None, problems
    forms = read_forms(reading, reading.part(root, "forms"), name)
    reading.own_forms = forms
    pack = Pack(
        id=name,
        edition=reading.required(root, "edition"),
        valid_from=valid_from,
        valid_to=reading.date(root, "valid_to", required=False),
        title=reading.required(root, "title"),
        subject=reading.choice(root, "subject", _SUBJECTS),  # type: ignore[arg-type]
        rule_book=_read_rule_book(reading, root),
        path=path,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        forms=forms,
        examples=reading.text(root, "examples"),
        based_on=reading.text(root, "based_on").rpartition("/")[2],
        report=tuple(line.text for line in reading.part(root, "report").items),
    )
    pack = replace(pack, parameters=_read_parameters(reading, reading.part(root, "parameters")))
    terms = _read_terms(reading, reading.part(root, "terms"))
    reading.term_names = frozenset(terms)
    terms = {key: replace(term, expression=resolve_terms(term.expression, terms.keys())) for key, term in terms.items()}
    reading.qualities = read_quality(reading, reading.part(root, "quality"))
    series = read_series(reading, root.entries.get("series"))
    pack = replace(
        pack,
        terms=terms,
        quality=dict(reading.qualities),
        slips=read_slips(reading, reading.part(root, "slip")),
        enrol=_read_enrol(reading, root),
        classify=read_classify(reading, root.entries.get("classify")),
        series=series,
        schedule=read_schedule(reading, reading.part(root, "schedule"), name) | dose_tasks(series),
        indicators=read_indicators(reading, reading.part(root, "indicators"), series),
    )
    spoken = {key: form for key, form in foreign.items() if key in reading.spoken_forms}
    return replace(pack, foreign_forms=spoken), problems


def _read_rule_book(reading: Reading, root: Value) -> RuleBook:
    part = reading.part(root, "rule_book")
    reading.close(part, ("id", "title", "issuer"))
    return RuleBook(reading.required(part, "id"), reading.required(part, "title"), reading.text(part, "issuer"))


def _read_parameters(reading: Reading, block: Value) -> dict[str, Parameter]:
    parameters: dict[str, Parameter] = {}
    for name, part in block.entries.items():
        reading.close(part, ("value", "unit", "source", "doubt"))
        text, unit = reading.required(part, "value"), reading.required(part, "unit")
        value = reading.date(part, "value") or "" if unit == "date" else _parse_scalar(text)
        decimals = len(text.partition(".")[2])
        parameters[name] = Parameter(
            name=name,
            value=value,
            unit=unit,
            source=reading.required(part, "source"),
            doubt=reading.text(part, "doubt"),
            line=part.line,
            step=float(10**-decimals),
        )
    return parameters


def _parse_scalar(text: str) -> float | int | bool | str:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _read_terms(reading: Reading, block: Value) -> dict[str, NamedTerm]:
    terms: dict[str, NamedTerm] = {}
    for name, part in block.entries.items():
        label = ""
        rule = part
        if part.entries:
            reading.close(part, ("rule", "label"))
            label, rule = reading.text(part, "label"), reading.part(part, "rule")
        expression = reading.expression_of(rule)
        if expression is not None:
            terms[name] = NamedTerm(name, expression, rule.text, label, part.line)
    return terms


def _read_enrol(reading: Reading, root: Value) -> Enrol | None:
    part = root.entries.get("enrol")
    if part is None:
        return None
    reading.close(part, ("on", "when", "age_at", "at_age", "ends", "source"))
    reading.choice(part, "age_at", ("event",), default="event")
    form = reading.form(part, "on")
    when = reading.expression(part, "when", required=False)
    own = reading.fields_of(form)
    named = (used_fields(when) if when is not None else set()) - own - {"age_years", "birth_date", "sex"}
    return Enrol(
        form=form,
        when=when,
        text=reading.text(part, "when"),
        ends=tuple(_read_ending(reading, key, end) for key, end in reading.part(part, "ends").entries.items()),
        person_fields=tuple(sorted(named)),
        source=reading.required(part, "source"),
        line=part.line,
        at_age=_read_at_age(reading, part.entries.get("at_age")),
    )


def _read_at_age(reading: Reading, part: Value | None) -> AtAge | None:
    if part is None:
        return None
    reading.close(part, ("years", "whole_year"))
    years = reading.expression(part, "years")
    return None if years is None else AtAge(years, reading.text(part, "whole_year").removeprefix(":"), part.line)


def _read_ending(reading: Reading, name: str, part: Value) -> Ending:
    reading.close(part, ("on", "when", "at", "by", "reason"))
    return Ending(
        name=name,
        form=reading.form(part, "on"),
        when=reading.expression(part, "when", required=False),
        text=reading.text(part, "when"),
        at=reading.choice(part, "at", ("day", "year"), default="day"),  # type: ignore[arg-type]
        by=reading.choice(part, "by", ("anyone", "managing_org"), default="anyone"),  # type: ignore[arg-type]
        reason=reading.choice(part, "reason", ("moved", "died", "lost", "revoked", "refused")),
        line=part.line,
    )
