"""What a programme makes of its records: every visit judged, who is managed, what is asked and what became of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from wangdi.engines.duck.classify import Relations
from wangdi.engines.duck.judging import plan_judgements
from wangdi.engines.duck.obligations import plan_obligations
from wangdi.engines.duck.spells import plan_spells
from wangdi.language.rules import Programme
from wangdi.store.workspace import Workspace

PROGRAMME_TABLES = ("visit", "spell", "obligation")
_AS_TEXT = "* REPLACE (t.org::VARCHAR AS org)"
"""Sorted as one of a list, written as text: of a listed column a reader cannot tell which pages to pass over."""


def write_programme(
    workspace: Workspace, programme: Programme, relations: Relations, horizon: date, folder: Path
) -> None:
    """Work out a programme's tables and write them as ``<folder>/<programme>.<table>.parquet``.

    Spells and obligations are sorted by who has to act, so that one institution's day touches few pages. A spell that
    begins after the horizon (a child's old age) is left out: no question is asked of it.
    """
    workspace.run(f"CREATE OR REPLACE TEMP TABLE visit AS {plan_judgements(programme, relations)}")
    begun = f"SELECT * FROM ({plan_spells(programme, relations)}) WHERE start <= DATE '{horizon}'"
    workspace.run(f"CREATE OR REPLACE TEMP TABLE spell AS {begun}")
    # Each institution stands in millions of rows: as one of a list it sorts and writes in half the time.
    # (DuckDB knows no list of nothing: the empty text stands for "nobody".)
    orgs = "SELECT org FROM spell WHERE org IS NOT NULL UNION SELECT '' ORDER BY org"
    workspace.run(f"CREATE OR REPLACE TYPE org_of_spell AS ENUM ({orgs})")
    workspace.run("ALTER TABLE spell ALTER org TYPE org_of_spell")
    obligations = plan_obligations(programme, relations, "visit", "spell", horizon)
    for name, sql, order in (
        ("visit", "SELECT * FROM visit", "subject_id"),
        ("spell", f"SELECT {_AS_TEXT} FROM spell t", "t.org, subject_id"),
        ("obligation", f"SELECT {_AS_TEXT} FROM ({obligations}) t", "t.org, subject_id"),
    ):
        workspace.copy(f"{sql} ORDER BY {order}", folder / f"{programme.id}.{name}.parquet")
    workspace.run("DROP TABLE visit")
    workspace.run("DROP TABLE spell")
    workspace.run("DROP TYPE org_of_spell")
