"""The faults of real life, planted and counted: each row knows which it carries and what will become of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import month_index
from wangdi.demo.places import Places
from wangdi.demo.registrations import SECOND, Registrations
from wangdi.demo.rows import (
    DEFECT_NUMBER,
    DUPLICATE,
    FINAL,
    REFUSED,
    REPLACEMENT,
    SUPERSEDED,
    WITHDRAWN,
    Rows,
    join_rows,
)
from wangdi.demo.settings import WorldSettings, load_model, random_stream
from wangdi.demo.spellings import Spellings

FOLLOWUPS = ("hypertension.followup", "diabetes.followup")

_WRONG_CELLS: tuple[tuple[str, str, tuple[str, ...], int], ...] = (
    # kind, form, export styles in which it can happen, how many in one month of one institution; all but one are refused
    ("glucose_in_mg_dl", "diabetes.followup", ("a", "c"), 4),
    ("missing_required", "hypertension.followup", ("a", "b", "c"), 2),
    ("impossible_date", "hypertension.followup", ("a", "b"), 2),
    ("future_date", "hypertension.followup", ("a", "b"), 1),
    ("unknown_code", "hypertension.followup", ("a", "b"), 2),
    ("rounded_id_number", "hypertension.followup", ("c",), 1),
    ("unknown_organisation", "hypertension.followup", ("a", "b"), 2),
    ("ragged_line", "hypertension.followup", ("a",), 1),
    ("height_in_metres", "health_record.examination", ("a", "b", "c"), 2),
    ("future_examination", "health_record.examination", ("a", "b"), 1),
)
"""Faults in one row. Months are dealt out in turn, so that no file is nothing but faults."""


def plant_defects(settings: WorldSettings, places: Places, rows: Rows) -> Rows:
    """Follow-ups with faults: late, corrected, repeated, refused rows; the month one institution sent again."""
    rng = random_stream(settings, f"defects {rows.form}")
    model = load_model()["sending"]
    rows = _make_late(settings, rows, rng, model["late"])
    parts = [rows]
    free = _free_rows(settings, rows)
    chosen = free[rng.random(len(free)) < model["corrected"]]
    parts.append(_correct(rows, _at_least(chosen, free, 2), rng))
    for kind, later in (("repeated_in_file", 0), ("repeated_later", 1)):
        free = _free_rows(settings, rows)
        chosen = _at_least(free[rng.random(len(free)) < model[kind]], free, 2)
        copies = rows.take(chosen)
        copies.send[:] += later
        parts.append(_mark(copies, slice(None), DUPLICATE, kind))
        rows.defect[chosen] = -1  # the original is sound, but nothing else may happen to it
    for turn, (kind, form, styles, count) in enumerate(_WRONG_CELLS):
        if form == rows.form:
            _write_wrong(settings, places, rows, (kind, styles, count, turn))
    if rows.form == "hypertension.followup":
        parts += _replace_month(settings, places, rows)
    for part in parts:
        part.defect[part.defect < 0] = 0
    return join_rows(parts)


def plant_in_examinations(settings: WorldSettings, places: Places, rows: Rows) -> None:
    """Examinations with faults: typed in months later, a height in metres, a day that has not come yet."""
    rng = random_stream(settings, f"defects {rows.form}")
    _make_late(settings, rows, rng, load_model()["elderly"]["late"])
    for turn, (kind, form, styles, count) in enumerate(_WRONG_CELLS):
        if form == rows.form:
            _write_wrong(settings, places, rows, (kind, styles, count, turn))


def mark_registrations(rows: Rows, registrations: Registrations, spellings: Spellings) -> None:
    """Name on their resident rows the people without a number, with a wrong one, and those two institutions know."""
    kinds = (
        ("no_id_number", spellings.has(rows.registration, "id_missing")),
        ("wrong_check_digit", spellings.has(rows.registration, "id_mistyped")),
        ("registered_twice", registrations.why[rows.registration] == SECOND),
    )
    for kind, marked in kinds:
        rows.defect[marked & (rows.defect == 0)] = DEFECT_NUMBER[kind]


def _mark(rows: Rows, index: Any, status: int, kind: str) -> Rows:
    rows.status[index] = status
    rows.defect[index] = DEFECT_NUMBER[kind]
    return rows


def _free_rows(settings: WorldSettings, rows: Rows) -> NDArray[np.intp]:
    """Rows of this year's first ten months to which nothing has happened yet."""
    of_year = month_index(rows.occurred, settings.year) > 0
    return np.flatnonzero(of_year & (rows.send <= 10) & (rows.status == FINAL) & (rows.defect == 0))


def _at_least(chosen: NDArray[np.intp], pool: NDArray[np.intp], least: int) -> NDArray[np.intp]:
    return chosen if len(chosen) >= least else pool[:: max(1, len(pool) // (least + 1))][:least]


def _make_late(settings: WorldSettings, rows: Rows, rng: np.random.Generator, share: float) -> Rows:
    """Some visits are typed in two months later: the file of May brings a visit of March."""
    free = _free_rows(settings, rows)
    free = free[month_index(rows.occurred[free], settings.year) <= 9]
    chosen = _at_least(free[rng.random(len(free)) < share], free, 3)
    rows.entered[chosen] = rows.occurred[chosen] + rng.integers(62, 85, len(chosen))
    rows.send[chosen] = month_index(rows.entered[chosen], settings.year)
    rows.defect[chosen] = DEFECT_NUMBER["late"]
    return rows


def _correct(rows: Rows, chosen: NDArray[np.intp], rng: np.random.Generator) -> Rows:
    """The same visit again with another reading, a month or two later."""
    fresh = rows.take(chosen)
    fresh.send[:] = np.minimum(fresh.send + rng.integers(1, 3, len(chosen)), 12)
    change_reading(fresh, rng)
    _mark(rows, chosen, SUPERSEDED, "superseded").retired[chosen] = fresh.send
    return _mark(fresh, slice(None), FINAL, "corrected")


def change_reading(rows: Rows, rng: np.random.Generator) -> None:
    """Another systolic reading, still above the diastolic one."""
    shift = rng.choice(np.array([-16, -12, 12, 16]), rows.size)
    rows.columns["sbp"][:] = np.maximum(rows.columns["sbp"] + shift, rows.columns["dbp"] + 12)


def _write_wrong(
    settings: WorldSettings, places: Places, rows: Rows, fault: tuple[str, Sequence[str], int, int]
) -> None:
    """One institution makes this mistake in one month of each year; large cities have one such institution in ten."""
    kind, styles, count, turn = fault
    free = _free_rows(settings, rows)
    style = np.array([organisation.style for organisation in places.organisations])[rows.sender[free]]
    free = free[np.isin(style, styles)]
    if kind == "ragged_line":
        free = free[rows.columns["contact_date"][free] > 0]
    senders = np.unique(rows.sender[free])
    for sender in senders[turn % max(1, min(10, len(senders))) :: 10]:
        mine = free[rows.sender[free] == sender]
        months = np.unique(rows.send[mine])
        mine = mine[rows.send[mine] == months[(turn * 3 + 1) % len(months)]]
        if kind == "unknown_code":
            rows.columns["way"][mine[:count]] = -1
        _mark(rows, mine[:count], FINAL if kind == "unknown_code" else REFUSED, kind)


def _replace_month(settings: WorldSettings, places: Places, rows: Rows) -> list[Rows]:
    """One institution sends a whole month again: one reading is different, one visit is no longer there."""
    month = month_index(rows.occurred, settings.year)
    accepted = (rows.status == FINAL) | (
        rows.status == SUPERSEDED
    )  # a correction of the month comes after the replacement
    for sender in places.senders:
        if places.organisations[sender].style != "a":
            continue
        for chosen_month in (6, 7, 5, 4, 8):
            known = np.flatnonzero(
                (rows.sender == sender) & (month == chosen_month) & accepted & (rows.send <= chosen_month)
            )
            plain = known[(rows.defect[known] == 0)]
            if len(plain) >= 6:
                return _send_again(settings, rows, known, plain)
    return []


def _send_again(settings: WorldSettings, rows: Rows, known: NDArray[np.intp], plain: NDArray[np.intp]) -> list[Rows]:
    rng = random_stream(settings, "replace a month")
    withdrawn, corrected = plain[len(plain) // 2], plain[len(plain) // 3]
    unchanged = rows.take(known[(known != withdrawn) & (known != corrected)])
    unchanged.status[:] = DUPLICATE
    unchanged.defect[:] = -1
    changed = rows.take(np.array([corrected]))
    change_reading(changed, rng)
    for part in (unchanged, changed):
        part.send[:] = REPLACEMENT
    _mark(rows, [withdrawn], WITHDRAWN, "withdrawn")
    _mark(rows, [corrected], SUPERSEDED, "superseded")
    rows.retired[[withdrawn, corrected]] = REPLACEMENT
    return [unchanged, _mark(changed, slice(None), FINAL, "corrected")]
