"""What is really so, for tests alone: people, registrations, and the records as they must stand in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import NEVER, UNKNOWN, Days, Texts, date_texts
from wangdi.demo.deliveries import REPORTING, Inbox, Placed, received_at
from wangdi.demo.field_kinds import FIELD_KINDS
from wangdi.demo.registrations import OTHER
from wangdi.demo.rows import DEFECTS, DUPLICATE, REFUSED, Rows
from wangdi.demo.tables import ColumnFile, iso_days
from wangdi.demo.texts import Writing, address_texts, local_id_text, person_texts

_UNTOLD = ("referral_org", "note", "handed_over_to")
"""Texts nothing depends on."""
_BLANKABLE = (
    "way",
    "symptoms",
    "sbp",
    "dbp",
    "fpg",
    "smoking",
    "drinking",
    "salt",
    "staple_food",
    "mind",
    "compliance",
    "medication_adherence",
    "visit_class",
)


def write_people(folder: Path, writing: Writing) -> None:
    """``truth/persons.csv``: one row per person. ``mother``, ``father``, ``partner``, ``twin``: another's number, "" for nobody."""
    people = writing.world.population
    names = (
        "person",
        "id_no",
        "name",
        "phone",
        "sex",
        "birth_date",
        "village",
        "next_village",
        "moved_on",
        "entered_on",
        "died_on",
        "hukou",
        "resident",
        "household",
        "mother",
        "father",
        "partner",
        "twin",
    )
    index = np.arange(people.size, dtype=np.int32)
    following = np.where(people.next_village >= 0, writing.village_codes[people.next_village], "")
    with ColumnFile(folder / "truth" / "persons.csv", names) as file:
        file.add(
            [
                index,
                people.id_numbers,
                people.names(index),
                np.where(people.phones > 0, people.phones.astype("U11"), "").astype(object),
                np.where(people.male, 1, 2),
                iso_days(people.birth, missing=UNKNOWN),
                writing.village_codes[people.village],
                np.where(people.moved_on == NEVER, "", following).astype(object),
                iso_days(people.moved_on, missing=NEVER),
                iso_days(people.entered, missing=UNKNOWN),
                iso_days(people.died_on, missing=NEVER),
                people.hukou,
                people.resident,
                people.families.household,
                *(
                    np.where(other >= 0, other.astype("U10"), "").astype(object)
                    for other in (
                        people.families.mother,
                        people.families.father,
                        people.families.partner,
                        people.families.twin,
                    )
                ),
            ]
        )


def write_registrations(inbox: Inbox) -> None:
    """``truth/registrations.csv``: who each is that an institution has told of, what it has said of them and what is wrong with it.

    Grain: one row per person and institution. Sender and ``local_id``, or else number, or else name, birthday and telephone,
    are what the city numbers a registration by. Missing: "" for what the institution does not export.
    """
    writing = inbox.writing
    world, spellings = writing.world, writing.spellings
    told = np.flatnonzero(inbox.told.known)
    sender, village = world.registrations.sender[told], world.registrations.village[told]
    styles = [organisation.style for organisation in world.population.places.organisations]
    local = [
        local_id_text(writing, styles[by], at, serial)
        for by, at, serial in zip(
            sender.tolist(), village.tolist(), world.registrations.serial[told].tolist(), strict=True
        )
    ]
    lives = inbox.told.village[told]
    exported = {name: _exported(inbox, told, name) for name in ("phone", "birth_date", "sex")}
    columns: dict[str, NDArray[Any]] = {
        "registration": told,
        "person": world.registrations.person[told],
        "sender": writing.org_codes[sender],
        "local_id": np.array(local, dtype=object),
        "opened_on": iso_days(world.registrations.opened[told], missing=UNKNOWN),
        **{name: np.asarray(person_texts(writing, name, told)) for name in ("name", "id_no", "phone")},
        "birth_date": iso_days(spellings.birth[told], missing=UNKNOWN),
        "sex": np.where(world.population.male[world.registrations.person[told]], "1", "2").astype(object),
        "address": np.where(lives >= 0, address_texts(writing, told, np.maximum(lives, 0)), "").astype(object),
        "defects": spellings.told_defects(told, {"phone_": ~exported["phone"], "address_": lives < 0}),
    }
    for name, said in exported.items():
        columns[name] = np.where(said, columns[name], "").astype(object)
    with ColumnFile(inbox.folder / "truth" / "registrations.csv", tuple(columns)) as file:
        file.add(list(columns.values()))


def _exported(inbox: Inbox, registration: NDArray[Any], source: str) -> NDArray[np.bool_]:
    """Whether each registration's institution exports this of who somebody is, in the form it tells of them with."""
    registrations, places = inbox.writing.world.registrations, inbox.writing.world.population.places
    forms = {"deaths": "health_record.departure"}
    told = np.ones((2, len(places.organisations)), dtype=bool)
    for number, organisation in enumerate(places.organisations):
        style = inbox.styles.get(organisation.style)
        for visiting in (0, 1) if style is not None else ():
            form = forms.get(organisation.style, "vaccination.dose" if visiting else "health_record.resident")
            export = style.forms.get(form) if style is not None else None
            told[visiting, number] = export is not None and any(c.source == source for c in export.columns)
    visiting = (registrations.why[registration] >= OTHER).astype(np.int8)
    reported = any(c.source == source for form in inbox.styles[REPORTING].forms.values() for c in form.columns)
    return np.asarray(
        told[visiting, registrations.sender[registration]] | (inbox.told.reported[registration] & reported)
    )


class TruthFile:
    """``truth/<form>.csv`` of one form's final records."""

    def __init__(self, folder: Path, inbox: Inbox) -> None:
        self.folder, self.inbox = folder, inbox

    def write(self, rows: Rows) -> None:
        """The rows that counted at some time, with the moment they were received and, if they no longer count, retired."""
        kept = rows.take(np.flatnonzero((rows.status != REFUSED) & (rows.status != DUPLICATE)))
        codes = self.inbox.writing.org_codes
        fields = [name for name in kept.columns if name not in _UNTOLD and not name.startswith("~")]
        names = ["registration", "person", "sender", "org", "received_on", "retired_on", *fields, "blank"]
        with ColumnFile(self.folder / "truth" / f"{rows.form}.csv", names) as file:
            file.add(
                [
                    kept.registration,
                    _persons(self.inbox.writing, kept),
                    codes[kept.sender],
                    codes[kept.org],
                    _received_texts(self.inbox, kept.sender, kept.send),
                    _received_texts(self.inbox, kept.sender, kept.retired),
                    *(_plain(self.inbox.writing, name, kept.columns[name]) for name in fields),
                    _blanks(kept),
                ]
            )


def write_hospital_truth(inbox: Inbox, registration: NDArray[np.int32], day: Days, send: NDArray[np.int8]) -> None:
    """``truth/hospital.csv``: who was seen in a hospital on which day, and when the county was told."""
    registrations, codes = inbox.writing.world.registrations, inbox.writing.org_codes
    sender = registrations.sender[registration]
    names = ("registration", "person", "sender", "received_on", "seen_on")
    with ColumnFile(inbox.folder / "truth" / "hospital.csv", names) as file:
        file.add(
            [
                registration,
                registrations.person[registration],
                codes[sender],
                _received_texts(inbox, sender, send),
                iso_days(day, missing=UNKNOWN),
            ]
        )


def _received_texts(inbox: Inbox, sender: NDArray[np.int32], send: NDArray[np.int8]) -> Texts:
    """When the deliveries numbered ``send`` of each row's sender came; "" for -1."""
    keys = np.where(send < 0, -1, sender.astype(np.int64) * 100 + send)
    unique, inverse = np.unique(keys, return_inverse=True)
    texts = [
        "" if key < 0 else received_at(inbox.year, key // 100, key % 100, inbox.replaced.get(key // 100, 0)).isoformat()
        for key in unique.tolist()
    ]
    return np.array(texts, dtype=object)[inverse]


def _persons(writing: Writing, rows: Rows) -> NDArray[np.int32]:
    """Whom each row is about; -1 where that is no person."""
    if rows.size and rows.registration[0] < 0:
        return rows.registration
    return writing.world.registrations.person[rows.registration]


def _plain(writing: Writing, name: str, values: NDArray[Any]) -> NDArray[Any]:
    kind = FIELD_KINDS.get(name, "text")
    if name == "division":
        return np.asarray(writing.village_codes[values])
    if kind == "date":
        return date_texts(values, "iso")
    if kind in ("integer", "code", "flag") and values.dtype.kind == "i":
        texts = values.astype("U6").astype(object)
        texts[values < 0] = ""
        return np.asarray(texts)
    if kind == "decimal":
        digits = ".10g" if values.dtype == np.float64 else ".6g"
        return np.array(["" if value != value else format(value, digits) for value in values.tolist()], dtype=object)
    return values


def _blanks(rows: Rows) -> Texts:
    """Names of the boxes left empty, joined by ;."""
    texts = np.full(rows.size, "", dtype=object)
    for name in _BLANKABLE:
        values = rows.columns.get(name)
        if values is None or values.dtype == object:
            continue
        empty = np.isnan(values) if values.dtype.kind == "f" else values < 0
        texts[empty] = [f"{text};{name}" if text else name for text in texts[empty].tolist()]
    return texts


class DefectFile:
    """``truth/defects.csv``: every planted fault with its place."""

    def __init__(self, folder: Path, writing: Writing) -> None:
        names = ("kind", "expected", "form", "file", "line", "org", "person", "registration", "occurred_on")
        self._file = ColumnFile(folder / "truth" / "defects.csv", names)
        self._writing = writing
        self.counts: dict[str, int] = {}

    def add(self, rows: Rows, placed: Placed) -> None:
        """The faults of one form."""
        marked = rows.take(placed.row)
        kinds = np.array([kind for kind, _ in DEFECTS], dtype=object)[marked.defect]
        expected = np.array([text for _, text in DEFECTS], dtype=object)[marked.defect]
        if marked.size:
            self._file.add(
                [
                    kinds,
                    expected,
                    np.full(marked.size, rows.form, dtype=object),
                    np.array(placed.file, dtype=object),
                    placed.line,
                    self._writing.org_codes[marked.sender],
                    _persons(self._writing, marked),
                    marked.registration,
                    date_texts(marked.occurred, "iso"),
                ]
            )
        for kind in kinds.tolist():
            self.counts[kind] = self.counts.get(kind, 0) + 1

    def close(self) -> None:
        self._file.close()
