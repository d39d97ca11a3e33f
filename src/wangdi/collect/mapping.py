"""Mapping files: which column of an institution's file is which field of a form. Data, one per source format and form."""

from __future__ import annotations

from dataclasses import dataclass, field

from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.collect.hl7_paths import Column
from wangdi.language.model import Form, Pack

SUBJECT_ATTRIBUTES: tuple[str, ...] = tuple(name for name, _ in REGISTRATION_TABLE.columns)
"""What a file may say of the person a row is about: the columns of ``system.registration``."""
SUBJECT_CODES = {"sex": "sex", "id_type": "id_type", "nationality": "country"}
"""Those of them that are coded, with their code lists."""
LEDGER_KEY = "code"
"""The one attribute of a subject that is not a person (an institution, a case): its own code."""


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """How one column becomes one field. A ``value`` stands for every row instead of a column.

    ``codes``: the source's words -> our codes, before the code list's own codes and words.
    ``true``/``false``: the source's words for yes and no, instead of the usual ones.
    ``otherwise``: columns that stand for an empty cell, the first that is filled.
    ``part``: which part of the cell, counted from 1 (``130/85``), when it holds several, parted by ``separator``.
    Units: ``unit`` is the source's; values are converted into the form's.
    """

    column: str = ""
    value: str | None = None
    codes: dict[str, str] = field(default_factory=dict)
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    separator: str = ""
    unit: str = ""
    part: int = 0
    otherwise: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class MessageRule:
    """Which segments of which HL7 v2 messages are rows. ``messages``: as MSH-9 names them (``ORU^R01``); ``row``: the segment's
    name; ``where``: places with the values they may hold, all of which must.
    """

    messages: tuple[str, ...]
    row: str
    where: tuple[tuple[Column, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file, read and checked. The columns of a mapping for messages are places in them."""

    name: str
    form: str
    recognise: tuple[str, ...]
    subject: dict[str, ColumnRule]
    fields: dict[str, ColumnRule]
    organisation: ColumnRule | None = None
    entered_at: ColumnRule | None = None
    occurred_at: ColumnRule | None = None
    recorder: ColumnRule | None = None
    sheet: str = ""
    ignore: tuple[str, ...] = ()
    notes: str = ""
    path: str = ""
    body: str = ""
    """The file's text, kept with every batch it read."""
    message: MessageRule | None = None
    """Set where it reads HL7 v2 messages instead of tables."""
    shipped: bool = False
    """It comes with Wangdi: a city's own of the same name, or for the same columns, goes before it."""

    def rules(self) -> list[ColumnRule]:
        """Every rule of the mapping."""
        single = (self.organisation, self.entered_at, self.occurred_at, self.recorder)
        return [*self.subject.values(), *self.fields.values(), *(rule for rule in single if rule is not None)]

    def columns(self) -> list[str]:
        """Every column the mapping reads, once, in its order."""
        rules = self.rules()
        return list(dict.fromkeys(name for rule in rules for name in (rule.column, *rule.otherwise) if name))


def find_form(packs: dict[str, Pack], full_name: str) -> tuple[Pack, Form] | None:
    """A form by its full name, with the pack it belongs to."""
    owner, _, name = full_name.partition(".")
    pack = packs.get(owner)
    return (pack, pack.forms[name]) if pack is not None and name in pack.forms else None


def all_forms(packs: dict[str, Pack]) -> dict[str, Form]:
    """Every form by its full name."""
    return {form.full_name: form for pack in packs.values() for form in pack.forms.values()}
