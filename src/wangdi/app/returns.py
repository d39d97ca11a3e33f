"""A city's returns in its ledger: the superior's workbooks, kept by hash, and what their cells are bound to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from wangdi.app.link_decisions import By
from wangdi.app.questions import read_places
from wangdi.app.told_figures import find_root, name_areas, name_indicators
from wangdi.core.problem import Problem, Refusal
from wangdi.language.library import Library
from wangdi.language.names import nearest_name
from wangdi.returns.binding import carry_bindings, check_binding, check_bindings
from wangdi.returns.filling import fill_template
from wangdi.returns.labels import find_labels
from wangdi.returns.model import (
    FIGURE,
    PARTS,
    Binding,
    Place,
    Template,
    parse_cell,
    parse_place,
    read_binding,
    write_binding,
)
from wangdi.returns.proposing import Named, Proposal, Vocabulary, propose_bindings
from wangdi.returns.workbooks import open_template
from wangdi.store.city import City
from wangdi.store.disk import make_folder, write_synced
from wangdi.store.records import LedgerRow

TEMPLATE, BINDING, LOCK = "return.template", "return.binding", "return.lock"
RETURNS_FOLDER = "returns"
_NAME = re.compile(r"[^\s/!:\\?*\[\]][^/!:\\?*\[\]\x00-\x1f]{0,59}")
_XLS = (".xls", ".et", ".xlsm", ".xlsb", ".ods")


@dataclass(frozen=True, slots=True)
class Return:
    """A return: its name, and the edition of the superior's workbook that holds now."""

    name: str
    edition: int
    file: str
    sha256: str
    who: str
    added_at: str
    seq: int


@dataclass(frozen=True, slots=True)
class Added:
    """What keeping a workbook came to: how many bindings were carried over, and which were not with the reason."""

    kept: Return
    template: Template
    carried: int
    lost: tuple[tuple[Place, Problem], ...]


# ---- workbooks ---------------------------------------------------------------------------------------------------------
def add_template(city: City, name: str, path: Path, by: By) -> Added:
    """Keep a workbook as a return's template; one of a name that is there already becomes its next edition.

    Errors: RETURN-001 to RETURN-006 of the workbook, RETURN-007 the file cannot be read, RETURN-008 no name, RETURN-009 it is
    the edition that holds already.
    """
    if not _NAME.fullmatch(name):
        raise Refusal(Problem(code="RETURN-008", args={"name": name}))
    data = _read_file(path)
    template = open_template(data, path.name)
    fill_template(data, {}, {})  # what cannot be written again is refused now and not on the last day of the year
    sha256 = keep_file(city, data)
    with city.writer(by.who) as writer:
        # Counted while nobody else can add one.
        before = {one.name: one for one in list_returns(city)}.get(name)
        if before is not None and before.sha256 == sha256:
            raise Refusal(Problem(code="RETURN-009", file=path.name, args={"edition": str(before.edition)}))
        old = list_bindings(city, name)
        carried = carry_bindings(old, template)
        edition = 1 if before is None else before.edition + 1
        body = {"edition": edition, "file": path.name, "sha256": sha256, "added_at": by.at.isoformat(), "why": by.why}
        rows = [LedgerRow(TEMPLATE, name, body, by.who)]
        rows += [_binding_row(name, place, None, by) for place, _ in carried.lost]
        seq = writer.put_ledger(rows, by.at)
    kept = Return(name, edition, path.name, sha256, by.who, by.at.isoformat(), seq)
    return Added(kept, template, len(carried.kept), carried.lost)


def _read_file(path: Path) -> bytes:
    if path.suffix.lower() in _XLS:
        code = "RETURN-003" if path.suffix.lower() in (".xlsm", ".xlsb") else "RETURN-001"
        raise Refusal(Problem(code=code, file=path.name))
    try:
        return path.read_bytes()
    except OSError as error:
        args = {"reason": error.strerror or type(error).__name__}
        raise Refusal(Problem(code="RETURN-007", file=path.name, args=args)) from error


def keep_file(city: City, data: bytes) -> str:
    """Keep a workbook in the city's folder under its SHA-256, which is answered; the same bytes once."""
    sha256 = hashlib.sha256(data).hexdigest()
    folder = city.folder / RETURNS_FOLDER
    make_folder(folder, city.folder)
    path = folder / f"{sha256}.xlsx"
    if not path.exists():
        write_synced(path, data)
    return sha256


def read_kept(city: City, sha256: str) -> bytes:
    """The bytes kept under a hash. Errors: RETURN-025 they are gone or not what was kept."""
    try:
        data = (city.folder / RETURNS_FOLDER / f"{sha256}.xlsx").read_bytes()
    except OSError as error:
        raise Refusal(Problem(code="RETURN-025", args={"sha256": sha256})) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Refusal(Problem(code="RETURN-025", args={"sha256": sha256}))
    return data


def list_returns(city: City, known: int | None = None) -> list[Return]:
    """The returns of a city by name, each with its edition that holds."""
    return [_return(seq, row) for seq, row in city.ledger(TEMPLATE, known)]


def list_editions(city: City, name: str) -> list[Return]:
    """Every edition of a return's workbook, oldest first."""
    history = city.ledger_history(TEMPLATE, beginning=name)
    return [_return(seq, row) for seq, row in history if row.key == name and row.body is not None]


def _return(seq: int, row: LedgerRow) -> Return:
    body = row.body or {}
    return Return(row.key, body["edition"], body["file"], body["sha256"], row.who, body["added_at"], seq)


def find_return(city: City, name: str) -> Return:
    """A return by its name. Errors: RETURN-020 there is none, with the nearest."""
    found = {one.name: one for one in list_returns(city)}
    if name not in found:
        raise Refusal(Problem(code="RETURN-020", args={"name": name, "nearest": nearest_name(name, found) or "—"}))
    return found[name]


def open_return(city: City, one: Return) -> Template:
    """The cells of a return's workbook. Errors: RETURN-025."""
    return _open_once(read_kept(city, one.sha256), one.file)


_open_once = lru_cache(maxsize=8)(open_template)


# ---- bindings ----------------------------------------------------------------------------------------------------------
def list_bindings(city: City, name: str, known: int | None = None) -> dict[Place, Binding]:
    """What the cells of a return are bound to, in order of place."""
    found: dict[Place, Binding] = {}
    for _, row in city.ledger(BINDING, known, f"{name}/"):
        body = row.body or {}
        if body.get("binding") is not None:
            found[read_place(row.key.removeprefix(f"{name}/"))] = read_binding(body["binding"])
    return dict(sorted(found.items()))


def read_place(text: str) -> Place:
    """A place as it is kept: ``Sheet!B5``."""
    sheet, _, cell = text.rpartition("!")
    found = parse_cell(cell)
    assert found is not None, "a kept place is one"
    return Place(sheet, *found)


def find_place(template: Template, text: str) -> Place:
    """The cell a text names. Errors: RETURN-010."""
    found = parse_place(text, template)
    if found is None:
        raise Refusal(Problem(code="RETURN-010", args={"cell": text}))
    return found


def bind_cells(city: City, library: Library, name: str, wanted: Mapping[str, Binding], by: By) -> list[Place]:
    """Bind cells together or not at all; a cell bound before is bound anew.

    Errors: RETURN-010 to RETURN-018, RETURN-020, FIG-001 no such indicator, FIG-002 no such area.
    """
    kept = find_return(city, name)
    template = open_return(city, kept)
    found = {find_place(template, text): binding for text, binding in wanted.items()}
    meanings = read_meanings(city, library)
    for place, binding in found.items():
        if problem := check_binding(template, place, binding) or check_meaning(meanings, place, binding):
            raise Refusal(problem)
    told = {place: _with_labels(template, place, binding) for place, binding in found.items()}
    for place, problem in check_bindings(template, {**list_bindings(city, name), **told}):
        if place in told:
            raise Refusal(problem)
    with city.writer(by.who) as writer:
        writer.put_ledger([_binding_row(name, place, one, by) for place, one in told.items()], by.at)
    return sorted(told)


@dataclass(frozen=True, slots=True)
class Meanings:
    """What bindings can mean: the indicators of the packs in use, those of them with a denominator, areas and organisations."""

    indicators: AbstractSet[str]
    ratios: AbstractSet[str]
    areas: AbstractSet[str]


def read_meanings(city: City, library: Library) -> Meanings:
    """What bindings of a city can mean now."""
    found = [one for pack in library.newest.values() for one in pack.indicators.values()]
    places = read_places(city, city.latest_seq())
    return Meanings(
        {one.id for one in found},
        {one.id for one in found if one.of is not None},
        {*places.regions.rows, *places.organisations.rows},
    )


def check_meaning(meanings: Meanings, place: Place, binding: Binding) -> Problem | None:
    """Whether an indicator and an area of a binding are there. Errors: FIG-001, FIG-002; RETURN-018 the part is not."""
    name = binding.indicator
    if binding.kind != FIGURE:
        return None
    if name not in meanings.indicators:
        return Problem(code="FIG-001", args={"name": name, "nearest": nearest_name(name, meanings.indicators) or "…"})
    if name not in meanings.ratios and binding.part == PARTS[1]:
        return Problem(code="RETURN-018", args={"cell": str(place), "indicator": name})
    if binding.area not in meanings.areas:
        return Problem(code="FIG-002", args={"code": binding.area})
    return None


def _with_labels(template: Template, place: Place, binding: Binding) -> Binding:
    """A binding with the words that stand beside its cell; a proposal has them already."""
    return binding if binding.labels else replace(binding, labels=find_labels(template, place))


def unbind_cells(city: City, name: str, cells: Sequence[str], by: By) -> list[Place]:
    """Take bindings away. Errors: RETURN-020, RETURN-010, RETURN-022 a cell is not bound."""
    template = open_return(city, find_return(city, name))
    bound = list_bindings(city, name)
    places = [find_place(template, text) for text in cells]
    for place in places:
        if place not in bound:
            raise Refusal(Problem(code="RETURN-022", args={"cell": str(place)}))
    with city.writer(by.who) as writer:
        writer.put_ledger([_binding_row(name, place, None, by) for place in places], by.at)
    return sorted(places)


def _binding_row(name: str, place: Place, binding: Binding | None, by: By) -> LedgerRow:
    told: dict[str, Any] | None = None if binding is None else write_binding(binding)
    return LedgerRow(BINDING, f"{name}/{place}", {"binding": told, "why": by.why}, by.who)


def draft_bindings(city: City, library: Library, name: str) -> list[Proposal]:
    """What the cells that are not bound yet seem to ask, from the words beside them. Errors: RETURN-020, FIG-006."""
    template = open_return(city, find_return(city, name))
    places = read_places(city, city.latest_seq())
    root, _ = find_root(places)
    names, areas = name_indicators(library), name_areas(places, root)

    def named(text: str, counted: bool) -> Sequence[Named]:
        return [(one.indicator, one.part) for one in names.find(text, counted)]

    def area(text: str) -> str | None:
        codes = areas.names.get(text, ())
        return codes[0] if len(codes) == 1 else None

    return propose_bindings(template, list_bindings(city, name), Vocabulary(named, area, root))


def check_files(city: City) -> Iterable[Problem]:
    """Whether every workbook a return stands on, and every one that was sent, is what was kept. Errors: RETURN-025."""
    kept = [(row.body or {}).get("sha256") for _, row in city.ledger_history(TEMPLATE)]
    kept += [(row.body or {}).get("sha256") for _, row in city.ledger_history(LOCK)]
    for sha256 in dict.fromkeys(one for one in kept if one):
        try:
            read_kept(city, sha256)
        except Refusal as refusal:
            yield refusal.problem
