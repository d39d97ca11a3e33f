"""People whom institutions know under several names: what linking brought together, and where one number has two names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wangdi.app.derivation import Standing, derive
from wangdi.app.registered import Registered, read_registered
from wangdi.link.comparing import compare_names
from wangdi.link.levels import NAME
from wangdi.link.names import NAMED
from wangdi.link.people import show_person

SEVERAL = 3
"""From so many spellings somebody is listed."""
MOST = 500
_TWO_NAMES = [NAME.index(level) for level in ("one_differs", "surname_same", "different")]
_SPELT = f"""
    WITH said AS (
        SELECT registration_id, arg_max(name, seq) AS name, arg_max(id_no, seq) AS id_no, coalesce(arg_min(org, seq), '') AS org
        FROM {{registrations}} GROUP BY 1
    ),
    whose AS (SELECT person_id, said.* FROM {{links}} JOIN said USING (registration_id)),
    listed AS (
        SELECT person_id FROM whose GROUP BY 1 HAVING count(DISTINCT name) >= {SEVERAL}
        UNION SELECT person_id FROM two_named
    )
    SELECT person_id, list(DISTINCT name ORDER BY name) FILTER (name IS NOT NULL) AS names,
           list(DISTINCT org ORDER BY org) AS orgs, count(*) AS registrations,
           count(*) FILTER (id_no IS NULL) AS without_number, map_from_entries(list((registration_id, name))) AS said
    FROM whose SEMI JOIN listed USING (person_id) GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Doubted:
    """A registration that bears the same number as another under a really different name.

    ``namesake``: somebody else who is called so; empty where there is nobody.
    """

    registration: int
    name: str
    namesake: str


@dataclass(frozen=True, slots=True)
class Spelt:
    """One person under several names. ``without_number``: registrations at which no number was written down."""

    person_id: str
    names: tuple[str, ...]
    orgs: tuple[str, ...]
    registrations: int
    without_number: int
    doubted: Doubted | None


def find_spellings(standing: Standing) -> list[Spelt]:
    """Who is known under one number and two names, and who under three spellings and more. It reads every registration.

    Rule: a number under two names comes first where somebody else is called by the second: he may have come with a number that
    is not his. Then the most spellings, the most institutions. Traditional characters and blanks are spellings, no other name.
    """
    odd = _find_two_names(read_registered(standing))
    workspace = standing.workspace
    workspace.create_table("two_named", {"person_id": "BIGINT"}, [(person,) for person in sorted(odd)])
    rows = workspace.dicts(_SPELT.format(registrations=standing.registrations, links=derive(standing).links))
    found = [
        Spelt(
            show_person(row["person_id"]),
            tuple(row["names"]),
            tuple(row["orgs"]),
            row["registrations"],
            row["without_number"],
            _tell_doubted(row["said"], *odd[row["person_id"]]) if row["person_id"] in odd else None,
        )
        for row in rows
    ]
    return sorted(found, key=_rank)[:MOST]


def _rank(one: Spelt) -> tuple[bool, bool, int, int, bool, str]:
    claimed = one.doubted is not None and one.doubted.namesake != ""
    return not claimed, one.doubted is None, -len(one.names), -len(one.orgs), not one.without_number, one.person_id


def _tell_doubted(said: Mapping[int, str], registration: int, namesake: int) -> Doubted:
    return Doubted(registration, said[registration], show_person(namesake) if namesake else "")


def _find_two_names(registered: Registered) -> dict[int, tuple[int, int]]:
    """By person: a registration with a number under another name than the first one of that number, and who is called so.

    Missing: 0 where nobody else is.
    """
    records, known = registered.records, registered.known
    named = (records.name >= 0) & (records.names.kind[np.maximum(records.name, 0)] == NAMED)
    rows = np.flatnonzero((records.own >= 0) & named)
    rows = rows[np.lexsort((known.since[rows], records.own[rows]))]
    _, start, count = np.unique(records.own[rows], return_index=True, return_counts=True)
    first = np.repeat(rows[start], count)
    level = compare_names(records.names, records.name[first], records.names, records.name[rows])
    together = registered.person[first] == registered.person[rows]
    bearers = _Bearers(records.name, records.sex)
    found: dict[int, tuple[int, int]] = {}
    for row in rows[together & np.isin(level, _TWO_NAMES)].tolist():
        person = int(registered.person[row])
        others = registered.person[bearers.like(row)]
        namesake = int(next(iter(others[others != person]), 0))
        if namesake or person not in found:
            found[person] = int(known.registration[row]), namesake
    return found


class _Bearers:
    """Who is called alike, by name and sex; looked up by one who is."""

    def __init__(self, name: np.ndarray, sex: np.ndarray) -> None:
        self._key = name.astype(np.int64) * 4 + sex
        self._order = np.argsort(self._key, kind="stable")
        self._sorted = self._key[self._order]

    def like(self, row: int) -> np.ndarray:
        """Rows of the same name and sex, itself among them."""
        ends = np.searchsorted(self._sorted, [self._key[row], self._key[row] + 1])
        return np.asarray(self._order[ends[0] : ends[1]])
