"""Who sends what when: the inbox, and the list of deliveries in the order they are received."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import date_of
from wangdi.demo.fhir import write_bundle_lines
from wangdi.demo.files import write_export
from wangdi.demo.hospital import HospitalVisits, Patients
from wangdi.demo.rows import FINAL, REPLACEMENT, Rows
from wangdi.demo.tables import write_rows
from wangdi.demo.texts import Style, Writing

REPORTING = "cdc"
"""The style in which cards, registers and counts are written, whoever sends them."""


@dataclass(slots=True)
class Inbox:
    """The folder ``inbox/`` while it fills. ``paths``: files by (sender, send)."""

    folder: Path
    writing: Writing
    styles: dict[str, Style]
    year: int
    paths: dict[tuple[int, int], list[Path]] = field(default_factory=dict)
    replaced: dict[int, int] = field(default_factory=dict)
    """Sender -> the month it sent again."""
    counts: dict[str, int] = field(default_factory=dict)
    told: Told = field(init=False)

    def __post_init__(self) -> None:
        size = self.writing.world.registrations.size
        self.told = Told(np.zeros(size, dtype=bool), np.zeros(size, dtype=bool), np.full(size, -1, dtype=np.int32))


@dataclass(frozen=True, slots=True)
class Told:
    """What the files have said. Grain: one element per registration.

    ``known``: there is a row about it; ``reported``: one in the style of reporting; ``village``: where its owner lives by the
    last record that stands, -1 for none.
    """

    known: NDArray[np.bool_]
    reported: NDArray[np.bool_]
    village: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the faulty rows of a form stand. Grain: one element per row that carries a defect."""

    row: NDArray[np.intp]
    file: list[str]
    line: NDArray[np.int64]


def received_at(year: int, sender: int, send: int, replaced: int = 0) -> datetime:
    """When a delivery arrives: history in January, a month early in the next, a replacement in its middle."""
    minute = sender * 7 % 60
    if send == 0:
        return datetime(year, 1, 8, 9, minute)
    month = replaced if send == REPLACEMENT else send
    day = 16 if send == REPLACEMENT else 2 + sender % 4
    after = (year + 1, 1) if month == 12 else (year, month + 1)
    return datetime(*after, day, 8 + sender % 9, minute)


def write_form(inbox: Inbox, rows: Rows) -> Placed:
    """Write every file of one form; the rows must stand in the order of :func:`order_rows`."""
    keys = rows.sender.astype(np.int64) * 100 + rows.send
    bounds = (
        np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1], [True]])) if rows.size else np.zeros(1, dtype=int)
    )
    found: list[NDArray[np.intp]] = []
    files: list[str] = []
    lines: list[NDArray[np.int64]] = []
    organisations = inbox.writing.world.population.places.organisations
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        sender, send = int(rows.sender[start]), int(rows.send[start])
        part = rows.take(slice(start, stop))
        style = find_style(inbox.styles, organisations[sender].style, rows.form)
        export = style.forms[rows.form]
        if send == REPLACEMENT:
            inbox.replaced[sender] = date_of(int(part.occurred[0])).month
        path = _new_path(inbox, sender, send, f"{export.file}.{style.suffix}")
        first = write_export(path, inbox.writing, style, export, part)
        marked = np.flatnonzero(part.defect > 0)
        found.append(start + marked)
        lines.append(first + marked)
        files += [path.relative_to(inbox.folder).as_posix()] * len(marked)
    inbox.counts[rows.form] = inbox.counts.get(rows.form, 0) + rows.size
    _note_told(inbox, rows)
    empty = [np.zeros(0, dtype=np.int64)]
    return Placed(np.concatenate(found or empty), files, np.concatenate(lines or empty))


def _note_told(inbox: Inbox, rows: Rows) -> None:
    told = inbox.told
    if rows.size and rows.registration[0] >= 0:
        told.known[rows.registration] = True
        if rows.form in inbox.styles[REPORTING].forms:
            told.reported[rows.registration] = True
        if rows.form in ("health_record.resident", "disease_report.card"):
            stands = rows.status == FINAL
            told.village[rows.registration[stands]] = rows.columns["division"][stands]


def find_style(styles: dict[str, Style], own: str, form: str) -> Style:
    """How an institution exports a form: in its own style, or as everybody exports what is reported of diseases."""
    return styles[own] if own in styles and form in styles[own].forms else styles[REPORTING]


def order_rows(rows: Rows) -> Rows:
    """By sender, delivery and day; a repeated row stands right after the one it repeats."""
    return rows.take(np.lexsort((rows.registration, rows.occurred, rows.send, rows.sender)))


def write_hospital_files(inbox: Inbox, visits: HospitalVisits, patients: Patients) -> None:
    """NDJSON of each hospital and quarter; who is on file from before comes with the first."""
    registrations, people = inbox.writing.world.registrations, inbox.writing.world.population
    known = np.union1d(patients.of_visit, patients.on_file)
    inbox.told.known[known] = True
    inbox.told.village[known] = people.village_on_of(registrations.person[known], registrations.opened[known])
    order = np.lexsort((visits.day, visits.send, visits.hospital))
    keys = visits.hospital[order].astype(np.int64) * 100 + visits.send[order]
    of_file = registrations.sender[patients.on_file].astype(np.int64) * 100
    for key in np.union1d(keys, of_file).tolist():
        index = order[slice(*np.searchsorted(keys, [key, key + 1]).tolist())]
        sender, send = key // 100, key % 100
        folder = _new_path(inbox, sender, send, "Patient.ndjson").parent
        inbox.paths[sender, send].pop()
        quarter = Patients(patients.of_visit, patients.on_file[of_file == key])
        counts = write_bundle_lines(folder, inbox.writing, visits, index, quarter)
        for kind, count in counts.items():
            inbox.paths[sender, send].append(folder / f"{kind}.ndjson")
            inbox.counts[f"fhir.{kind}"] = inbox.counts.get(f"fhir.{kind}", 0) + count


def write_delivery_list(inbox: Inbox) -> int:
    """``inbox/deliveries.csv``: delivery, org, received_at, mode, paths (joined by ;), in the order of receiving."""
    organisations = inbox.writing.world.population.places.organisations
    listed = []
    for (sender, send), paths in inbox.paths.items():
        when = received_at(inbox.year, sender, send, inbox.replaced.get(sender, 0))
        mode = "replace-period" if send == REPLACEMENT else "add"
        listed.append(
            (
                when,
                organisations[sender].code,
                mode,
                sorted(path.relative_to(inbox.folder).as_posix() for path in paths),
            )
        )
    listed.sort()
    return write_rows(
        inbox.folder / "inbox" / "deliveries.csv",
        ("delivery", "org", "received_at", "mode", "paths"),
        (
            {"delivery": number, "org": org, "received_at": when.isoformat(), "mode": mode, "paths": ";".join(paths)}
            for number, (when, org, mode, paths) in enumerate(listed, start=1)
        ),
    )


def _new_path(inbox: Inbox, sender: int, send: int, name: str) -> Path:
    code = inbox.writing.world.population.places.organisations[sender].code
    month = f"{inbox.year - 1}-12" if send == 0 else f"{inbox.year}-{send:02}"
    if send == REPLACEMENT:
        month = f"{inbox.year}-{inbox.replaced[sender]:02}-again"
    path = inbox.folder / "inbox" / code / month / name
    path.parent.mkdir(parents=True, exist_ok=True)
    inbox.paths.setdefault((sender, send), []).append(path)
    return path
