"""Rows as the text an institution's export would hold, column by column, faults included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Texts, date_texts, day_number, year_month_day
from wangdi.demo.field_kinds import FIELD_KINDS, TWO_DECIMALS
from wangdi.demo.forms import World
from wangdi.demo.rows import DEFECT_NUMBER, Rows
from wangdi.demo.spellings import Spellings

UNKNOWN_ORGANISATION = "X00000000"
NO_SUCH_WAY = {"code": "7", "word": "网络"}

_INTEGERS = np.array([str(number) for number in range(20_000)] + [""], dtype=object)
_TENTHS = np.array([f"{number / 10:.1f}" for number in range(8_000)] + [""], dtype=object)
_HUNDREDTHS = np.array([f"{number / 100:.2f}" for number in range(4_000)] + [""], dtype=object)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export. ``words``: code -> the institution's word. ``unit``: where it is not the form's own.

    ``source``: "-" for a running number; a source that begins with ~ is exported and nobody reads it.
    """

    header: str
    source: str
    words: Mapping[str, str]
    unit: str = ""

    @property
    def name(self) -> str:
        """The lowest row of the header, which is what a mapping calls the column."""
        return self.header.rpartition("|")[2]

    @property
    def unread(self) -> bool:
        return self.source[0] in "-~"


@dataclass(frozen=True, slots=True)
class Style:
    """How one kind of institution exports."""

    id: str
    title: str
    suffix: str
    encoding: str
    date: str
    yes: str
    no: str
    separator: str
    forms: Mapping[str, FormExport]


@dataclass(frozen=True, slots=True)
class FormExport:
    """One form's file in one style. ``recognise``: the columns that tell it from every other file."""

    form: str
    file: str
    recognise: tuple[str, ...]
    columns: tuple[Column, ...]
    also: Mapping[str, str]
    """Field -> a column that stands for something else as well: the record's number is what the institution files by."""


def read_styles(exports: Mapping[str, Any]) -> dict[str, Style]:
    """The styles of ``data/exports.toml``."""
    styles = {}
    for id_, data in exports.items():
        forms = {
            form: FormExport(
                form,
                entry["file"],
                tuple(entry["recognise"]),
                tuple(_column(c) for c in entry["columns"]),
                entry.get("also", {}),
            )
            for form, entry in data["forms"].items()
        }
        styles[id_] = Style(
            id=id_,
            title=data["title"],
            suffix=data["suffix"],
            encoding=data.get("encoding", ""),
            date=data["date"],
            yes=data["yes"],
            no=data["no"],
            separator=data.get("separator", "、"),
            forms=forms,
        )
    return styles


def _column(parts: list[Any]) -> Column:
    words = {str(code): str(word) for code, word in parts[2].items()} if len(parts) > 2 else {}
    return Column(parts[0], parts[1], words, parts[3] if len(parts) > 3 else "")


@dataclass(frozen=True, slots=True)
class Writing:
    """What every row's text needs beside the row: the people, the institutions' words, who people are as each has it."""

    world: World
    spellings: Spellings
    org_codes: Texts
    org_names: Texts
    village_codes: Texts
    addresses: Texts


_NEXT_HOUSE = 101
"""How far apart the houses are that one household has in two villages."""


def make_writing(world: World, spellings: Spellings) -> Writing:
    """Look up once what every file needs."""
    places = world.population.places
    names = {region.code: region for region in places.regions}
    addresses = []
    for code in places.villages:
        village = names[code]
        township = names[village.parent]
        addresses.append(names[township.parent].name + township.name + village.name)
    return Writing(
        world=world,
        spellings=spellings,
        org_codes=np.array([organisation.code for organisation in places.organisations], dtype=object),
        org_names=np.array([organisation.name for organisation in places.organisations], dtype=object),
        village_codes=np.array(places.villages, dtype=object),
        addresses=np.array(addresses, dtype=object),
    )


def column_texts(writing: Writing, style: Style, column: Column, rows: Rows) -> Texts:
    """The cells of one column, one per row, as they are written down."""
    if column.source == "-":
        return _INTEGERS[np.arange(1, rows.size + 1) % 20_000].copy()
    cells = _subject_texts(writing, style, column, rows)
    if cells is None:
        cells = _field_texts(writing, style, column, rows)
    return _spoil(style, column, rows, cells)


def _subject_texts(writing: Writing, style: Style, column: Column, rows: Rows) -> Texts | None:
    source = column.source
    if source == "org":
        return writing.org_codes[rows.org]
    if source in ("recorder", "responsible_doctor"):
        return writing.world.traits.doctors[rows.org]
    if source == "opened_by":
        return writing.world.traits.doctors[rows.sender]
    if source == "opened_org":
        return writing.org_names[rows.sender]
    if source == "entered_at":
        return _moments(style, rows)
    if rows.registration.size and rows.registration[0] < 0:
        return None
    if source == "birth_date":
        return _dates(style, writing.spellings.birth[rows.registration])
    if source == "sex":
        words = np.array([column.words.get("2", "2"), column.words.get("1", "1")], dtype=object)
        person = writing.world.registrations.person[rows.registration]
        return np.asarray(words[writing.world.population.male[person].astype(np.int8)])
    if source == "id_type":
        none = writing.spellings.id_numbers[rows.registration] == b""
        return np.where(none, "", column.words.get("01", "01")).astype(object)
    if source == "address":
        return address_texts(writing, rows.registration, rows.columns["division"])
    if source == "local_id":
        return _local_ids(writing, rows)
    return person_texts(writing, source, rows.registration)


def person_texts(writing: Writing, source: str, registration: NDArray[Any]) -> Texts | None:
    """What every institution writes alike of a person: ``name``, ``id_no`` or ``phone``; None for anything else."""
    if source == "name":
        return writing.spellings.names(registration)
    if source == "id_no":
        return np.asarray(writing.spellings.id_numbers[registration].astype("U18").astype(object))
    if source == "phone":
        phones = writing.spellings.phones[registration].tolist()
        return np.array([str(phone) if phone else "" for phone in phones], dtype=object)
    return None


def address_texts(writing: Writing, registration: NDArray[Any], village: NDArray[Any]) -> Texts:
    """The addresses of people who live in these villages, as they are written down. Who lives together has one address."""
    house = np.array([f"{group}组{number}号" for group in range(1, 13) for number in range(1, 60)], dtype=object)
    at = writing.spellings.addressed_village(registration, village)
    world = writing.world
    household = world.population.families.household[world.registrations.person[registration]]
    return np.asarray(writing.addresses[at] + house[(household + at * _NEXT_HOUSE) % len(house)])


def _local_ids(writing: Writing, rows: Rows) -> Texts:
    registrations, organisations = writing.world.registrations, writing.world.population.places.organisations
    village, serial = registrations.village[rows.registration], registrations.serial[rows.registration]
    parts = zip(rows.sender.tolist(), village.tolist(), serial.tolist(), strict=True)
    return np.array(
        [local_id_text(writing, organisations[by].style, v, number) for by, v, number in parts], dtype=object
    )


def local_id_text(writing: Writing, style_id: str, village: int, serial: int) -> str:
    """One registration's number in its institution; "" where the style has none.

    Rule: fhir: a patient number; a: the 17-digit health record number; c: a number of the institution's own. Who does not live
    there (``village`` -1) has a number of another kind.
    """
    if style_id == "fhir":
        return f"p{serial}"
    if style_id not in ("a", "c"):
        return ""
    if village < 0:
        return f"LD{serial:06}"
    return (
        f"{writing.world.population.places.villages[village]}{serial:05}"
        if style_id == "a"
        else f"JK{village:04}{serial:05}"
    )


def _field_texts(writing: Writing, style: Style, column: Column, rows: Rows) -> Texts:
    values = rows.columns[column.source]
    kind = FIELD_KINDS.get(column.source, "text")
    if column.source == "division":
        return np.asarray(writing.village_codes[values])
    if kind == "date":
        return _dates(style, values)
    if kind == "integer":
        return _integers(values)
    if kind == "decimal":
        return _decimals(column, values)
    if kind == "flag":
        words = np.array([column.words.get("false", style.no), column.words.get("true", style.yes), ""], dtype=object)
        return np.asarray(words[values.astype(np.int8)])
    if kind == "code":
        return _codes(style, column, values)
    return np.asarray(values, dtype=object).copy()


def _integers(values: NDArray[Any]) -> Texts:
    if values.max(initial=0) < len(_INTEGERS) - 1:
        return np.asarray(_INTEGERS[np.where(values < 0, -1, values)])
    return np.where(values < 0, "", values.astype("U20")).astype(object)


def _decimals(column: Column, values: NDArray[Any]) -> Texts:
    missing = np.isnan(values)
    known = np.where(missing, 0.0, values).astype(np.float64)
    if column.unit == "mg/dL":
        return np.asarray(_INTEGERS[np.where(missing, -1, np.round(known * 18)).astype(np.int64)])
    table, scale = (_HUNDREDTHS, 100) if column.source in TWO_DECIMALS else (_TENTHS, 10)
    return np.asarray(table[np.where(missing, -1, np.round(known * scale)).astype(np.int64)])


def _codes(style: Style, column: Column, values: NDArray[Any]) -> Texts:
    if values.dtype == object:
        table = {
            code: style.separator.join(column.words.get(part, part) for part in code.split(";"))
            for code in set(values.tolist())
        }
        return np.array([table[code] for code in values.tolist()], dtype=object)
    words = np.array([column.words.get(str(code), str(code)) for code in range(20)] + [""], dtype=object)
    return np.asarray(words[np.where(values < 0, -1, values)])


def _dates(style: Style, days: NDArray[np.int32]) -> Texts:
    if style.date != "mixed":
        return date_texts(days, style.date)
    turn = (days * 7 + np.arange(len(days))) % 4
    shapes = ("iso", "dot", "chinese", "slash")
    return np.asarray(np.choose(turn, [date_texts(days, shape) for shape in shapes]), dtype=object)


def _moments(style: Style, rows: Rows) -> Texts:
    minute = (rows.registration.astype(np.int64) * 7919 + rows.occurred * 31) % 570 + 480
    times = np.array([f" {m // 60:02}:{m % 60:02}:00" for m in range(24 * 60)], dtype=object)
    return np.asarray(date_texts(rows.entered, "slash" if style.date == "slash" else "iso") + times[minute])


def _spoil(style: Style, column: Column, rows: Rows, cells: Texts) -> Texts:
    """Write the fault into the cells of the rows that carry one."""
    source = column.source
    faults = {
        "contact_date": ("missing_required", "impossible_date", "future_date"),
        "fpg": ("glucose_in_mg_dl",),
        "way": ("unknown_code",),
        "org": ("unknown_organisation",),
        "exam_date": ("future_examination",),
        "height": ("height_in_metres",),
    }.get(source, ())
    for kind in faults:
        for at in np.flatnonzero(rows.defect == DEFECT_NUMBER[kind]).tolist():
            cells[at] = _wrong_cell(kind, style, column, rows.take(slice(at, at + 1)))
    return cells


def _wrong_cell(kind: str, style: Style, column: Column, row: Rows) -> str:
    if kind == "missing_required":
        return ""
    if kind == "impossible_date":
        year = int(year_month_day(row.occurred)[0][0])
        return f"{year}/2/30" if style.date == "slash" else f"{year}-02-30"
    if kind in ("future_date", "future_examination"):
        later = row.occurred + (day_number(2002) - day_number(2000))
        return str(date_texts(later, "slash" if style.date == "slash" else "iso")[0])
    if kind == "glucose_in_mg_dl":
        return str(round(float(row.columns["fpg"][0]) * 18))
    if kind == "height_in_metres":
        return f"{float(row.columns['height'][0]) / 100:.2f}"
    if kind == "unknown_code":
        return NO_SUCH_WAY["word" if column.words else "code"]
    return UNKNOWN_ORGANISATION
