"""Which person and which record a test may expect the demo to find by its own queries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import date_of, month_index
from wangdi.demo.rows import DEFECT_NUMBER, FINAL, Rows
from wangdi.demo.settings import load_model
from wangdi.demo.texts import Writing


def write_story(folder: Path, writing: Writing, rows: Rows, cases: dict[str, Any]) -> None:
    """``truth/story.json``: a patient whose recheck came too late, a visit sent months after it was made, and other ``cases``."""
    missing, late = _late_recheck(writing, rows), _late_record(writing, rows)
    story: dict[str, Any] = {
        "missing_person": _tell(writing, rows, missing),
        "late_record": _tell(writing, rows, late),
        **cases,
    }
    text = json.dumps(story, ensure_ascii=False, indent=1) + "\n"
    (folder / "truth" / "story.json").write_text(text, encoding="utf-8", newline="\n")


def _usable(writing: Writing, rows: Rows) -> NDArray[np.bool_]:
    """Rows of living residents with a usable number, of this year."""
    people, year = writing.world.population, writing.world.settings.year
    person = writing.world.registrations.person[rows.registration]
    sound = writing.spellings.id_numbers[rows.registration] == people.id_numbers[person]
    stays = (
        (people.died_on[person] > people.last_day)
        & (people.moved_on[person] > people.last_day)
        & people.resident[person]
    )
    return np.asarray(sound & stays & (month_index(rows.occurred, year) > 0))


def _late_recheck(writing: Writing, rows: Rows) -> int | None:
    """An unsatisfactory visit whose recheck came after more than two weeks, within two months."""
    days = load_model()["care"]["recheck"][1]
    kept = np.flatnonzero((rows.status == FINAL) & (rows.defect == 0) & (rows.send <= 12))
    person = writing.world.registrations.person[rows.registration[kept]]
    order = np.lexsort((rows.occurred[kept], person))
    kept, person = kept[order], person[order]
    gap = rows.occurred[kept[1:]] - rows.occurred[kept[:-1]]
    found = (person[1:] == person[:-1]) & (gap > days + 2) & (gap < 60) & (rows.columns["visit_class"][kept[:-1]] == 2)
    found &= _usable(writing, rows)[kept[:-1]] & (rows.send[kept[:-1]] >= 2) & (rows.send[kept[:-1]] <= 9)
    return int(kept[:-1][found][0]) if found.any() else None


def _late_record(writing: Writing, rows: Rows) -> int | None:
    found = _usable(writing, rows) & (rows.defect == DEFECT_NUMBER["late"])
    return int(np.flatnonzero(found)[0]) if found.any() else None


def _tell(writing: Writing, rows: Rows, at: int | None) -> dict[str, object] | None:
    if at is None:
        return None
    registration = int(rows.registration[at])
    return {
        "form": rows.form,
        "person": int(writing.world.registrations.person[registration]),
        "registration": registration,
        "org": writing.org_codes[rows.org[at]],
        "sender": writing.org_codes[rows.sender[at]],
        "occurred_on": date_of(int(rows.occurred[at])).isoformat(),
        "sent_in_month": int(rows.send[at]),
    }
