"""Working out the derived tables a question needs: people, then what each programme makes of them.

`link` and `programmes` do not know of each other; here their plans meet, over the tables both are given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from wangdi.catalog.tables import DUCKDB_TYPES, LINK_TABLE, REGISTRATION_TABLE
from wangdi.engines.duck.classify import Relations
from wangdi.engines.duck.run import forms_of
from wangdi.engines.tables import table_of
from wangdi.language.library import Library
from wangdi.language.model import Form
from wangdi.language.record import Cell
from wangdi.language.rules import Programme, bind_pack
from wangdi.link.people import LinkSources, plan_links, plan_own, plan_people
from wangdi.link.successions import follow_successions, numbers_around
from wangdi.programmes.tables import write_programme
from wangdi.store.city import City
from wangdi.store.derived import DerivedFolder, Layers, hold_layers
from wangdi.store.facts import FactSources, Range, current_sql
from wangdi.store.manifest import PARQUET
from wangdi.store.records import SUCCEEDED
from wangdi.store.workspace import Workspace, sql_name

RESIDENT_FORM = "health_record.resident"
TABLES_EDITION = 3
"""Raised whenever the same facts and rules make other tables, so that those an older Wangdi made are not read."""
REBUILD_SHARE = 0.2
"""Above this share of changed people a whole rebuild is quicker than a change."""
SUBJECT_SQL = "SELECT person_id AS subject_id, birth_date, sex, is_resident, resident_kind, division, org"


@dataclass(frozen=True)
class Standing:
    """What a question stands on: a city read at one number, its rules with the city's own parameters, a horizon."""

    city: City
    workspace: Workspace
    library: Library
    known: int
    horizon: date

    @cached_property
    def programmes(self) -> dict[str, Programme]:
        """Every pack as a programme, parameters as the city had them at ``known``."""
        overrides: dict[str, dict[str, Cell]] = {}
        for row in self.city.parameter_overrides(self.known):
            overrides.setdefault(row.pack, {})[row.name] = _parse_value(row.value)
        return {
            name: Programme(name, tuple(bind_pack(pack, overrides.get(name)) for pack in editions))
            for name, editions in self.library.packs.items()
        }

    @cached_property
    def enrolling(self) -> dict[str, Programme]:
        """The programmes that manage people."""
        return {name: item for name, item in self.programmes.items() if item.newest.pack.enrol is not None}

    @cached_property
    def successions(self) -> dict[int, int]:
        """Identity numbers given up -> the last one of their holder, as the persons they make by themselves."""
        return follow_successions(self.city.successions(self.known))

    @cached_property
    def rules_key(self) -> str:
        """A short name of everything but facts that the derived tables depend on."""
        said = {
            name: [[rules.pack.digest, sorted(rules.values.items())] for rules in item.editions]
            for name, item in self.enrolling.items()
        }
        text = json.dumps([TABLES_EDITION, said, self.horizon.isoformat(), self.city.salt], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def _forms(self) -> dict[str, FactSources]:
        tables = [REGISTRATION_TABLE, LINK_TABLE, *(table_of(form) for form in self.library.forms.values())]
        return self.city.every_form(self.workspace, tables, self.known)

    def facts(self, form: Form, fields: Iterable[str] | None = None, near: Sequence[Range] = ()) -> str:
        """SQL, to stand in FROM, of a form's current facts; of its own fields only these where they are given.

        ``near``: at least the facts of registrations in these stretches are asked for; others need not be read.
        """
        return f"({current_sql(replace(self._forms[form.full_name], near=near), fields)})"

    @property
    def registrations(self) -> str:
        """SQL, to stand in FROM, of what each institution knows of each person: every version of it."""
        return self.registrations_near(())

    @property
    def stored_links(self) -> str:
        """SQL, to stand in FROM, of what linking found, every version of it; empty where linking never ran."""
        sources = self._forms[LINK_TABLE.name]
        return f"({current_sql(sources)})" if sources.segments else ""

    def registrations_near(self, near: Sequence[Range]) -> str:
        """The same, at least of the registrations in these stretches."""
        return f"({current_sql(replace(self._forms[REGISTRATION_TABLE.name], near=near))})"

    def registrations_since(self, number: int) -> str:
        """The same, of the versions accepted after a number."""
        sources = self._forms[REGISTRATION_TABLE.name]
        recent = [segment for segment in sources.segments if segment.last_seq > number]
        return f"(SELECT * FROM ({current_sql(replace(sources, segments=recent))}) WHERE seq > {number})"

    def registrations_about(self, registrations: Sequence[int], fields: Iterable[str]) -> str:
        """The same, of some registrations, and of what they say only some fields."""
        return f"({current_sql(replace(self._forms[REGISTRATION_TABLE.name], about=registrations), fields)})"

    def count_registrations(self, number: int) -> int:
        """How many versions of registrations may be newer than a number: those of files that hold one, and of the journal."""
        sources = self._forms[REGISTRATION_TABLE.name]
        return sum(one.rows for one in sources.segments if one.last_seq > number) + (sources.entries is not None)

    def form(self, name: str) -> Form:
        """A form by its full name."""
        return self.library.forms[name]


@dataclass(frozen=True, slots=True)
class Confined:
    """Some people's records only.

    ``table``: their registrations, a table of the workspace (registration_id, person_id). ``near``: the few stretches of
    numbers they are in, so that files are not read whole; none where that is not known. ``fields``: by full name of a form,
    the fields that will be asked for, where fewer than all are.
    """

    table: str
    near: tuple[Range, ...] = ()
    fields: Mapping[str, Collection[str]] = field(default_factory=dict)


EVERYBODY = Confined("")


@dataclass(frozen=True)
class Derived:
    """The derived tables at one number, as SQL to stand in FROM."""

    standing: Standing
    layers: Layers

    @property
    def links(self) -> str:
        """``link.people.LINK_COLUMNS``."""
        return self.layers.table_sql("link", "registration_id")

    @property
    def people(self) -> str:
        """person_id, birth_date, sex, is_resident, resident_kind, division, org, registrations."""
        return self.layers.table_sql("person", "person_id")

    def table(self, programme: str, name: str) -> str:
        """``visit``, ``spell`` or ``obligation`` of a programme."""
        return self.layers.table_sql(f"{programme}.{name}")

    def relations(self, programme: Programme) -> Relations:
        """What an engine reads: the people, and the programme's forms by person (by registration in a ledger)."""
        return _relations(self.standing, programme, self.links, self.people, EVERYBODY)


def relations_for(derived: Derived, programme: Programme, confined: Confined) -> Relations:
    """The same, confined to some people."""
    return _relations(derived.standing, programme, confined.table, derived.people, confined)


def derive(standing: Standing, tell: Callable[[str], None] | None = None) -> Derived:
    """Find or work out the derived tables of a question. Incremental equals rebuild: a changed person is done anew, whole.

    ``tell`` hears what is being worked out.
    """
    folder = DerivedFolder(standing.city.folder / "derived" / standing.rules_key)
    layers: Layers | None = None
    while layers is None:  # again where somebody swept away this moment what was found
        layers = _find_layers(standing, folder, tell)
    return Derived(standing, layers)


def _find_layers(standing: Standing, folder: DerivedFolder, tell: Callable[[str], None] | None) -> Layers | None:
    before = [known for known in folder.bases() if known <= standing.known]
    if before and before[-1] == standing.known:
        return hold_layers(folder.base(standing.known), None)
    if before:
        base = folder.base(before[-1])
        held = hold_layers(base, None)
        if held is None:
            return None
        change = folder.change(before[-1], standing.known)
        if change.exists() or _few_changed(standing, base, before[-1]):
            folder.make(change, lambda path: _fill_change(standing, base, path, before[-1]))
            return _hold_and_sweep(folder, base, change)
    if tell is not None:
        tell("derive")
    made = folder.make(folder.base(standing.known), lambda path: fill_base(standing, path))
    return _hold_and_sweep(folder, made, None)


def _hold_and_sweep(folder: DerivedFolder, base: Path, change: Path | None) -> Layers | None:
    layers = hold_layers(base, change)
    folder.sweep()
    return layers


def link_sources(standing: Standing, only: str = "") -> LinkSources:
    """What says who is who. ``only``: a table of registration_id to which it is confined."""
    confined = f" SEMI JOIN {only} USING (registration_id)" if only else ""
    registrations = f"SELECT f.* FROM {standing.registrations} f{confined}"
    residents = f"SELECT f.* FROM {standing.facts(standing.form(RESIDENT_FORM))} f{confined}"
    stored = f"SELECT f.* FROM {standing.stored_links} f{confined}" if standing.stored_links else ""
    return LinkSources(registrations, residents, standing.city.salt, stored, _put_successions(standing))


def _put_successions(standing: Standing) -> str:
    """The identity numbers that were changed as a table of the workspace; an empty name where none were."""
    if not standing.successions:
        return ""
    name = f"succession_{standing.known}"
    standing.workspace.create_table(name, {"person": "BIGINT", "last": "BIGINT"}, standing.successions.items())
    return name


def fill_base(standing: Standing, folder: Path) -> None:
    """Work everything out whole into a folder."""
    fill_people(standing, folder)
    _fill_programmes(standing, folder, "link", "person", EVERYBODY)
    standing.workspace.run("DROP TABLE link")  # a city's worth of people; they are on the disk now
    standing.workspace.run("DROP TABLE person")


def fill_people(standing: Standing, folder: Path) -> None:
    """Who is who, into a folder and into the tables ``link`` and ``person``."""
    workspace = standing.workspace
    sources = link_sources(standing)
    workspace.run(f"CREATE OR REPLACE TEMP TABLE link AS {plan_links(sources)}")
    workspace.run(f"CREATE OR REPLACE TEMP TABLE person AS {plan_people(sources, 'link')}")
    # Both by person: one person's page is then one row group of each.
    workspace.copy("SELECT * FROM link ORDER BY person_id", folder / "link.parquet", PARQUET)
    workspace.copy("SELECT * FROM person ORDER BY person_id", folder / "person.parquet", PARQUET)


def _fill_programmes(standing: Standing, folder: Path, links: str, people: str, confined: Confined) -> None:
    for programme in standing.enrolling.values():
        relations = _relations(standing, programme, links, people, confined)
        write_programme(standing.workspace, programme, relations, standing.horizon, folder)


def _relations(standing: Standing, programme: Programme, links: str, people: str, confined: Confined) -> Relations:
    forms = {form.full_name: _rows_of(standing, programme, form, links, confined) for form in forms_of(programme)}
    return Relations(f"({SUBJECT_SQL} FROM {people})", forms)


def _rows_of(standing: Standing, programme: Programme, form: Form, links: str, confined: Confined) -> str:
    """SQL of a form's facts by subject."""
    asked = confined.fields.get(form.full_name, form.fields)
    facts = standing.facts(form, [*asked, *_tells_records(form)], confined.near)
    if confined.table:
        facts = f"(SELECT f.* FROM {facts} f SEMI JOIN {confined.table} o USING (registration_id))"
    of_people = programme.newest.pack.subject == "person"
    subject = "coalesce(l.person_id, f.registration_id)" if of_people else "f.registration_id"
    join = f" LEFT JOIN {links} l USING (registration_id)" if of_people else ""
    return (
        f"(SELECT {subject} AS subject_id, f.seq, f.occurred_on, f.org, f.registration_id{_fields_sql(form, asked)}"
        f" FROM {facts} f{join}{_only_records(form)})"
    )


def _only_records(form: Form) -> str:
    """A hospital's Patient says who somebody is; it is no record, and must not stand for the one the township keeps.

    Rule: a row that says neither its own day nor whether somebody lives here is not seen by rules.
    """
    told = " OR ".join(f"f.{sql_name(name)} IS NOT NULL" for name in _tells_records(form))
    return f" WHERE {told}" if told else ""


def _tells_records(form: Form) -> tuple[str, ...]:
    return (form.occurred_on, "is_resident") if form.identifying and "is_resident" in form.fields else ()


def _fields_sql(form: Form, asked: Collection[str]) -> str:
    """The fields asked for as rules see them: of one that says who somebody is only whether it is filled, never what it says.

    A form that is not identifying itself does not hold such a field at all.
    """
    said = []
    for name, asked_field in form.fields.items():
        column = f"f.{sql_name(name)}"
        if name not in asked:
            continue
        if not asked_field.identifying:
            said.append(f", {column}")
        elif form.identifying:
            kind = DUCKDB_TYPES[asked_field.type]
            filled = "DATE '0001-01-01'" if kind == "DATE" else f"'*'::{kind}"
            said.append(f", CASE WHEN {column} IS NOT NULL THEN {filled} END AS {sql_name(name)}")
    return "".join(said)


def _followed_forms(standing: Standing) -> list[Form]:
    """Every form a change of which may change a derived table."""
    found = {form.full_name: form for item in standing.enrolling.values() for form in forms_of(item)}
    found[RESIDENT_FORM] = standing.form(RESIDENT_FORM)
    return list(found.values())


def _changed_registrations(standing: Standing, base: int) -> str:
    """SQL of the registrations about which anything was accepted or retired since the base."""
    tables = [REGISTRATION_TABLE, LINK_TABLE, *(table_of(form) for form in _followed_forms(standing))]
    parts: Iterable[str] = (
        standing.city.changed_since(standing.workspace, table, base, standing.known) for table in tables
    )
    return " UNION ".join(f"SELECT registration_id FROM ({part})" for part in parts)


def _few_changed(standing: Standing, folder: Path, base: int) -> bool:
    """Whether a change is worth it: counted once, and kept for the filling."""
    workspace = standing.workspace
    workspace.run(f"CREATE OR REPLACE TEMP TABLE touched AS {_changed_registrations(standing, base)}")
    _touch_changed_numbers(standing, Layers(folder, None).table_sql("link"), base)
    if standing.stored_links:
        _touch_same_numbers(standing, Layers(folder, None).table_sql("link"))
    changed = workspace.one("SELECT count(*) FROM touched")
    everybody = workspace.one(f"SELECT count(*) FROM {Layers(folder, None).table_sql('link')}")
    return changed is not None and everybody is not None and changed[0] <= REBUILD_SHARE * max(1, everybody[0])


def _touch_changed_numbers(standing: Standing, old: str, base: int) -> None:
    """Whoever bears a number whose succession was recorded or taken back since the base makes another person now."""
    every = standing.city.every_link_decision(standing.known)
    ever = {(row.one, row.other) for _, row in every if row.verdict == SUCCEEDED}
    ends = {end for seq, row in every if seq > base and (row.one, row.other) in ever for end in (row.one, row.other)}
    if not ends:
        return
    touched = numbers_around(ends, replace(standing, known=base).successions, standing.successions)
    standing.workspace.create_table("touched_person", {"given": "BIGINT"}, [(number,) for number in sorted(touched)])
    standing.workspace.run(
        f"INSERT INTO touched SELECT l.registration_id FROM {old} l SEMI JOIN touched_person USING (given)"
        " ANTI JOIN touched t ON t.registration_id = l.registration_id WHERE l.keyed"
    )


def _touch_same_numbers(standing: Standing, old: str) -> None:
    """Whoever bears a number goes where linking put the first who bore it: so all who bear one are touched together."""
    workspace = standing.workspace
    workspace.run(
        f"CREATE OR REPLACE TEMP TABLE touched_number AS SELECT given FROM ({plan_own(link_sources(standing, 'touched'))})"
        f" WHERE keyed UNION SELECT l.given FROM {old} l SEMI JOIN touched USING (registration_id) WHERE l.keyed"
    )
    workspace.run(
        f"INSERT INTO touched SELECT l.registration_id FROM {old} l SEMI JOIN touched_number USING (given)"
        " ANTI JOIN touched t ON t.registration_id = l.registration_id WHERE l.keyed"
    )


def _fill_change(standing: Standing, base_folder: Path, folder: Path, base: int) -> None:
    """Everybody touched, whole: their registrations old and new, and all their facts.

    A registration whose number was corrected leaves one person and joins another: both are done anew.
    """
    workspace = standing.workspace
    old = Layers(base_folder, None).table_sql("link")
    # 1. Links of the registrations touched, as they are now.
    workspace.run(f"CREATE OR REPLACE TEMP TABLE relinked AS {plan_links(link_sources(standing, 'touched'))}")
    # 2. The people they were and are.
    workspace.run(
        "CREATE OR REPLACE TEMP TABLE changed AS SELECT person_id FROM relinked"
        f" UNION SELECT l.person_id FROM {old} l SEMI JOIN touched USING (registration_id)"
    )
    # 3. Every registration of these people.
    workspace.run(
        "CREATE OR REPLACE TEMP TABLE relink AS SELECT * FROM relinked"
        f" UNION ALL SELECT l.* FROM {old} l SEMI JOIN changed USING (person_id) ANTI JOIN touched t"
        " ON t.registration_id = l.registration_id"
    )
    workspace.run("CREATE OR REPLACE TEMP TABLE only_these AS SELECT registration_id FROM relink")
    workspace.run(
        f"CREATE OR REPLACE TEMP TABLE repeople AS {plan_people(link_sources(standing, 'only_these'), 'relink')}"
    )
    workspace.copy("SELECT * FROM relink", folder / "link.parquet")
    workspace.copy("SELECT * FROM repeople", folder / "person.parquet")
    workspace.copy("SELECT registration_id FROM relink", folder / "changed_registration_id.parquet")
    workspace.copy("SELECT person_id FROM changed", folder / "changed_person_id.parquet")
    workspace.copy("SELECT person_id AS subject_id FROM changed", folder / "changed_subject_id.parquet")
    _fill_programmes(standing, folder, "relink", "repeople", Confined("only_these"))


def _parse_value(text: str | None) -> Cell:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text or "")
        except ValueError:
            continue
    return text
