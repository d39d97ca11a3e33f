"""Holding what was derived against a rebuild: the tables on disk must be those that would be worked out again."""

from __future__ import annotations

import shutil
from pathlib import Path

from wangdi.app.derivation import Derived, derive, fill_base
from wangdi.app.questions import stand_on
from wangdi.core.problem import Problem
from wangdi.language.library import Library
from wangdi.programmes.tables import PROGRAMME_TABLES
from wangdi.store.city import City
from wangdi.store.derived import Layers
from wangdi.store.workspace import Workspace

ASIDE = "rebuilt"


def check_derived(city: City, workspace: Workspace, library: Library) -> list[Problem]:
    """Work everything out anew beside what there is and compare row by row.

    Errors: CITY-050 for each table that differs, with the number of rows only one of the two has.
    """
    standing = stand_on(city, workspace, library)
    if not standing.known:
        return []
    kept = derive(standing)
    aside = city.folder / "tmp" / ASIDE
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        fill_base(standing, aside)
        return _compare(kept, aside)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _compare(kept: Derived, aside: Path) -> list[Problem]:
    keys = {"link": "registration_id", "person": "person_id"}
    keys |= {f"{name}.{table}": "subject_id" for name in kept.standing.enrolling for table in PROGRAMME_TABLES}
    problems = []
    for name, key in keys.items():
        old = f"SELECT * FROM {kept.layers.table_sql(name, key)}"
        new = f"SELECT * FROM {Layers(aside, None).table_sql(name, key)}"
        found = kept.standing.workspace.one(
            f"SELECT count(*) FROM (({old} EXCEPT ALL {new}) UNION ALL ({new} EXCEPT ALL {old}))"
        )
        if found is not None and found[0]:
            problems.append(Problem(code="CITY-050", args={"table": name, "rows": str(found[0])}))
    return problems
