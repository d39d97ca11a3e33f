"""The golden record: of everything institutions say about a person, what is taken to be so, and who said it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.core.identifiers import IdNumber, check_id_number

Row = Mapping[str, Any]
IDENTITY = ("name", "sex", "birth_date", "id_type", "id_no", "nationality")
"""What a registration with a proved number knows better than others."""


def choose_golden(versions: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """For each attribute that somebody says: its value, and the registration, record and institution it is taken from.

    Rule: name, sex, birth date and number come from the latest registration whose identity number is its own (the birth date
    and sex inside are those beside it), where there is one; everything else, and all where there is none, from the latest that
    says it: people move and change their telephone, not their birthday. An institution's own number for the person is no
    attribute of theirs.
    ``versions``: rows of the registrations, every version. Missing: an attribute nobody says is left out.
    """
    rows = sorted(versions, key=lambda row: row["seq"])
    proved = {row["registration_id"] for row in rows if _is_own(row)}
    chosen: dict[str, tuple[tuple[bool, int], Row]] = {}
    names = [name for name, _ in REGISTRATION_TABLE.columns if name != "local_id"]
    for row in rows:
        for name in names:
            if row[name] is not None:
                rank = (name in IDENTITY and row["registration_id"] in proved, row["seq"])
                chosen[name] = max(chosen.get(name, (rank, row)), (rank, row), key=lambda one: one[0])
    return {
        name: {
            "value": row[name],
            "registration_id": row["registration_id"],
            "fact_id": row["seq"],
            "org": row["org"],
            "proved": row["registration_id"] in proved,
        }
        for name, (_, row) in chosen.items()
    }


def _is_own(row: Row) -> bool:
    checked = check_id_number(row["id_no"] or "")
    return (
        isinstance(checked, IdNumber)
        and row["birth_date"] in (None, checked.birth_date)
        and row["sex"] in (None, "0", "9", checked.sex)
    )
