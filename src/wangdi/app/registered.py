"""Every registration of a city as linking reads it.

What a registration says by itself, and the person it would be by its number alone, is kept beside the city: the next run reads
only the registrations about which something came since. What depends on others is worked out anew each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wangdi.app.changed_numbers import read_number_changes
from wangdi.app.derivation import RESIDENT_FORM, Standing, link_sources
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.engines.tables import table_of
from wangdi.link.matching import tell_nobody
from wangdi.link.normalise import normalise_texts
from wangdi.link.numbering import Known
from wangdi.link.people import plan_held, plan_own, plan_succeeded
from wangdi.link.records import Records
from wangdi.link.successions import NumberChanges
from wangdi.link.texts import put_texts
from wangdi.store.derived import DerivedFolder, Layers, hold_layers
from wangdi.store.workspace import Workspace

KEPT_EDITION = 1
"""Raised whenever the same registrations are read otherwise, so that what an older Wangdi kept is not taken up."""
RENEW_SHARE = 0.05
"""Above this share of registrations read anew, all are kept anew."""

_REGISTERED = """
    select registration_id, arg_max(name, seq) as name, arg_max(sex, seq) as sex,
      cast(arg_max(birth_date, seq) as varchar) as birth, arg_max(id_type, seq) as id_type, arg_max(id_no, seq) as id_no,
      arg_max(phone, seq) as phone, arg_max(address, seq) as address, arg_max(nationality, seq) as nationality
    from ({registrations}) group by registration_id
"""
"""Each thing from the latest version that has it."""

_RECORDS = """
    select r.*, h.division from ({registered}) r left join (
        select registration_id, arg_max(division, seq) as division from ({residents}) group by registration_id
    ) h using (registration_id)
"""


@dataclass(frozen=True, slots=True)
class Registered:
    """Every registration, in order of its number. ``person``: whose it is held to be now. ``changes``: of identity numbers."""

    known: Known
    person: np.ndarray
    records: Records
    changes: NumberChanges
    read: int
    """How many were read for this; the others were kept."""

    def rows_of(self, registrations: Sequence[int]) -> np.ndarray:
        """The place of each; -1 for one that is not known."""
        numbers, wanted = self.known.registration, np.array(registrations, dtype=np.int64)
        if not len(numbers):
            return np.full(len(wanted), -1)
        place = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
        return np.where(numbers[place] == wanted, place, -1)


def read_registered(standing: Standing, tell: Callable[[str], None] = tell_nobody) -> Registered:
    """Every registration as it is known, ready to be compared."""
    workspace = standing.workspace
    layers, read = _keep(standing)
    own = plan_succeeded(f"({_as_it_is(layers, read)})", link_sources(standing))
    workspace.run(f"create or replace temp view texts as {own}")
    stored = standing.stored_links or "(select 0 as registration_id, 0 as person_id, 0 as seq where false)"
    held = plan_held("(select *, row as registration_id from texts)", stored)
    links = workspace.arrays(
        "select t.row, h.person_id, coalesce(h.stored, 0)::bigint as stored, t.given, t.first_seq"
        f" from texts t join ({held}) h on h.registration_id = t.row order by 1"
    )
    tell("normalising")
    changes = read_number_changes(standing)
    records = normalise_texts(workspace, np.arange(len(links["row"])), changes.keys())
    workspace.drop_table("fresh")
    known = Known(links["row"], links["first_seq"], links["stored"], links["given"])
    return Registered(known, links["person_id"], records, changes, read)


def _keep(standing: Standing) -> tuple[Layers, int]:
    """What is kept and holds, with table ``fresh`` of what came since; answers how many registrations were read."""
    folder = DerivedFolder(standing.city.folder / "derived" / f"registrations-{KEPT_EDITION}")
    layers: Layers | None = None
    while layers is None:  # again where somebody swept away this moment what was found
        layers, read = _find_kept(standing, folder)
    folder.sweep()
    return layers, read


def _find_kept(standing: Standing, folder: DerivedFolder) -> tuple[Layers | None, int]:
    workspace = standing.workspace
    before = [known for known in folder.bases() if known <= standing.known]
    kept = hold_layers(folder.base(before[-1]), None) if before else None
    if before and kept is None:
        return None, 0
    _read(standing, before[-1] if before else None)
    read = _count(workspace, "fresh")
    everybody = _count(workspace, kept.table_sql("text")) if kept else 0
    if kept and read <= RENEW_SHARE * everybody:
        return kept, read
    whole = _as_it_is(kept, read) if kept else "select * from fresh"

    def fill(path: Path) -> None:
        workspace.copy(f"select * from ({whole}) order by row", path / "text.parquet")

    made = folder.make(folder.base(standing.known), fill)
    workspace.run("create or replace table fresh as select * from fresh where false")
    return hold_layers(made, None), read


def _count(workspace: Workspace, relation: str) -> int:
    found = workspace.one(f"select count(*) from {relation}")
    return found[0] if found else 0


def _as_it_is(kept: Layers, read: int) -> str:
    """SQL of all registrations: those kept, and table ``fresh`` instead of some of them."""
    old = kept.table_sql("text")
    if not read:
        return f"select * from {old}"
    return f"select o.* from {old} o anti join fresh f on f.row = o.row union all by name select * from fresh"


def _read(standing: Standing, since: int | None) -> None:
    """Registrations about which something came since a number, or all, as the table ``fresh``."""
    workspace = standing.workspace
    only = ""
    if since is not None:
        only = "touched_registration"
        tables = (REGISTRATION_TABLE, table_of(standing.form(RESIDENT_FORM)))
        touched = " union ".join(
            standing.city.changed_since(workspace, table, since, standing.known) for table in tables
        )
        workspace.run(f"create or replace temp table {only} as {touched}")
    sources = link_sources(standing, only)
    registered = _REGISTERED.format(registrations=sources.registrations)
    workspace.run(
        f"create or replace table records as {_RECORDS.format(registered=registered, residents=sources.residents)}"
    )
    put_texts(workspace, "registration_id")
    workspace.run(
        "create or replace table fresh as select t.*, o.first_seq, o.given, o.keyed from texts t"
        f" join ({plan_own(replace(sources, successions=''))}) o on o.registration_id = t.row"
    )
    workspace.drop_table("records")
