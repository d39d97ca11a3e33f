"""What is really so, for tests alone: people, registrations, and the records as they must stand in the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import NEVER, UNKNOWN, Days, Texts, date_texts
from wangdi.demo.deliveries import Inbox, Placed, received_at
from wangdi.demo.field_kinds import FIELD_KINDS
from wangdi.demo.forms import World
from wangdi.demo.population import Population
from wangdi.demo.rows import DEFECTS, DUPLICATE, REFUSED, Rows
from wangdi.demo.tables import ColumnFile, iso_days
from wangdi.demo.texts import Writing, local_id_texts

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
    """``truth/persons.csv``: one row per person."""
    people = writing.world.population
    names = (
        "person",
        "id_no",
        "sent_id_no",
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
    )
    index = np.arange(people.size, dtype=np.int32)
    following = np.where(people.next_village >= 0, writing.village_codes[people.next_village], "")
    with ColumnFile(folder / "truth" / "persons.csv", names) as file:
        file.add(
            [
                index,
                people.id_numbers,
                writing.sent_ids,
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
            ]
        )


def write_registrations(folder: Path, writing: Writing) -> None:
    """``truth/registrations.csv``: one per person and institution; ``subject``: whom the system must take it for."""
    registrations, people = writing.world.registrations, writing.world.population
    styles = [organisation.style for organisation in people.places.organisations]
    local = [
        local_id_texts(writing, styles[sender], village, serial)
        if village >= 0
        else f"p{serial}"
        if styles[sender] == "fhir"
        else ""
        for sender, village, serial in zip(
            registrations.sender.tolist(), registrations.village.tolist(), registrations.serial.tolist(), strict=True
        )
    ]
    with ColumnFile(
        folder / "truth" / "registrations.csv", ("registration", "person", "sender", "local_id", "opened_on", "subject")
    ) as file:
        file.add(
            [
                np.arange(registrations.size),
                registrations.person,
                writing.org_codes[registrations.sender],
                np.array(local, dtype=object),
                iso_days(registrations.opened, missing=UNKNOWN),
                subject_texts(writing),
            ]
        )


def subject_texts(writing: Writing) -> Texts:
    """Rule: one valid identity number is one person; any other registration is a person of its own."""
    registrations, people = writing.world.registrations, writing.world.population
    sent = writing.sent_ids[registrations.person]
    usable = sent == people.id_numbers[registrations.person]
    return np.where(usable, sent.astype("U18"), np.char.add("r", np.arange(registrations.size).astype("U10"))).astype(
        object
    )


class TruthFile:
    """``truth/<form>.csv`` of one form's final records."""

    def __init__(self, folder: Path, inbox: Inbox) -> None:
        self.folder, self.inbox = folder, inbox
        self.subjects = subject_texts(inbox.writing)

    def write(self, rows: Rows) -> None:
        """The rows that counted at some time, with the moment they were received and, if they no longer count, retired."""
        kept = rows.take(np.flatnonzero((rows.status != REFUSED) & (rows.status != DUPLICATE)))
        codes = self.inbox.writing.org_codes
        fields = [name for name in kept.columns if name not in _UNTOLD]
        names = ["registration", "person", "subject", "sender", "org", "received_on", "retired_on", *fields, "blank"]
        person, subject = _subjects(self.inbox.writing, self.subjects, kept)
        with ColumnFile(self.folder / "truth" / f"{rows.form}.csv", names) as file:
            file.add(
                [
                    kept.registration,
                    person,
                    subject,
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
    names = ("registration", "person", "subject", "sender", "received_on", "seen_on")
    with ColumnFile(inbox.folder / "truth" / "hospital.csv", names) as file:
        file.add(
            [
                registration,
                registrations.person[registration],
                subject_texts(inbox.writing)[registration],
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


def _subjects(writing: Writing, subjects: Texts, rows: Rows) -> tuple[NDArray[Any], Texts]:
    if rows.size and rows.registration[0] < 0:
        return rows.registration, np.asarray(rows.columns["code"])
    return writing.world.registrations.person[rows.registration], subjects[rows.registration]


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
        names = ("kind", "expected", "form", "file", "line", "org", "person", "subject", "occurred_on")
        self._file = ColumnFile(folder / "truth" / "defects.csv", names)
        self._writing, self._subjects = writing, subject_texts(writing)
        self.counts: dict[str, int] = {}

    def add(self, rows: Rows, placed: Placed) -> None:
        """The faults of one form."""
        marked = rows.take(placed.row)
        kinds = np.array([kind for kind, _ in DEFECTS], dtype=object)[marked.defect]
        expected = np.array([text for _, text in DEFECTS], dtype=object)[marked.defect]
        person, subject = _subjects(self._writing, self._subjects, marked)
        if marked.size:
            self._file.add(
                [
                    kinds,
                    expected,
                    np.full(marked.size, rows.form, dtype=object),
                    np.array(placed.file, dtype=object),
                    placed.line,
                    self._writing.org_codes[marked.sender],
                    person,
                    subject,
                    date_texts(marked.occurred, "iso"),
                ]
            )
        for kind in kinds.tolist():
            self.counts[kind] = self.counts.get(kind, 0) + 1

    def close(self) -> None:
        self._file.close()


def draw_sent_ids(
    rng: np.random.Generator, population: Population, world: World, shares: tuple[float, float]
) -> tuple[NDArray[np.bytes_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Identity numbers as institutions have them; who has none, and whose has a wrong check digit, by person.

    Only people one institution knows: what becomes of them must not depend on how registrations are linked.
    """
    once = np.bincount(world.registrations.person, minlength=population.size) == 1
    chance = rng.random(population.size)
    without, wrong = shares
    missing = once & (chance < without)
    mistaken = once & (chance > 1 - wrong)
    spare = np.flatnonzero(once & ~missing & ~mistaken)[:4]
    missing[spare[:2]], mistaken[spare[2:]] = True, True
    sent = population.id_numbers.copy()
    sent[missing] = b""
    digits = sent.view(np.uint8).reshape(-1, 18)
    last = digits[mistaken, 17]
    digits[mistaken, 17] = np.where(last == ord("X"), ord("1"), (last - ord("0") + 3) % 10 + ord("0"))
    return sent, missing, mistaken
