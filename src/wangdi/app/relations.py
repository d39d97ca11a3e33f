"""Whose mother, guardian or family somebody is, and why: found for one person when it is asked, out of what is known that day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wangdi.app.derivation import Standing, derive
from wangdi.app.rolls import read_roll
from wangdi.link.names import NAMED
from wangdi.link.people import show_person
from wangdi.link.relations import (
    ROLES,
    SIGNS,
    Sign,
    Stated,
    find_signs,
    kin_keys_of,
    plan_kin_keys,
    plan_near,
    read_stated,
)
from wangdi.store.city import City
from wangdi.store.derived import DerivedFolder, Layers, hold_layers
from wangdi.store.workspace import sql_text

Row = dict[str, Any]
MOST_BEARERS = 100
"""Registrations with one key, at most: what more have, a clinic's telephone or a filler, makes nobody kin."""
KEYS_EDITION = 1
"""Raised whenever the same registrations have other keys."""
LARGE = 200_000
"""Versions of registrations from which on their keys are kept in order; fewer are looked through as quickly."""
STALE_SHARE = 0.05
"""Above this share of newer ones the keys are worked out anew."""
_KEYED = ("registration_id", "name", "id_no", "phone", "address")
_SAYING = ("name", "id_type", "id_no", "nationality", "sex", "birth_date", "phone", "address")
_SAID_IN = {"newborn_name": "name", "guardian_number": "id_no", "family_number": "id_no", "household": "phone"}
"""The attribute whose line says it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One registration: who sent it, the latest it says of each attribute, and the fact that says it."""

    org: str
    said: Mapping[str, Any]
    facts: Mapping[str, int]


def find_relations(standing: Standing, person: int) -> list[Row]:
    """Everybody related to a person: ``person_id``, ``name``, ``role`` (what they are to the person) and the ``evidence``.

    Rule: :func:`wangdi.link.relations.find_signs`; of several roles the closest. Whose a registration is follows the links.
    Grain: one row a person; ``evidence``: one row a sign and pair of registrations, with the facts that say it on both sides.
    """
    roll = read_roll(derive(standing))
    mine = [registration for registration, _ in roll.registrations_of([person])]
    versions = _read_versions(standing, mine)
    hits = _find_hits(standing, versions) - set(mine)
    if not hits:
        return []
    whose = roll.people_of(hits)
    own, others = _read_lines(versions), _read_lines(_read_versions(standing, sorted(whose)))
    stated = read_stated(
        [(one, person, _texts(line)) for one, line in own.items()]
        + [(one, whose[one], _texts(line)) for one, line in others.items()]
    )
    signs = find_signs(stated[: len(own)], stated[len(own) :])
    return _tell(signs, own | others)


def refresh_keys(standing: Standing) -> None:
    """Have the keys of a large city's registrations in order, so that one person's kin are found at once.

    They are only where to look: what is newer is looked through, and without them everything is.
    """
    base = _kept_keys(standing)
    if standing.count_registrations(base) <= max(LARGE, STALE_SHARE * standing.count_registrations(0)):
        return
    folder = _keys_folder(standing.city)
    folder.make(folder.base(standing.known), lambda path: _fill_keys(standing, path))
    folder.sweep()


def _keys_folder(city: City) -> DerivedFolder:
    return DerivedFolder(city.folder / "derived" / f"kin-{KEYS_EDITION}")


def _kept_keys(standing: Standing) -> int:
    """The number of the keys to look in; 0 where there are none."""
    return max((known for known in _keys_folder(standing.city).bases() if known <= standing.known), default=0)


def _fill_keys(standing: Standing, folder: Path) -> None:
    keys = plan_kin_keys(f"SELECT * FROM {standing.registrations}")
    standing.workspace.copy(f"SELECT DISTINCT key, registration_id FROM ({keys}) ORDER BY key", folder / "keys.parquet")


def _find_hits(standing: Standing, versions: Sequence[Row]) -> set[int]:
    """Registrations that have a key in common with some of these, unless too many have it."""
    keys = kin_keys_of(versions)
    if not keys:
        return set()
    wanted = f"key IN ({', '.join(map(str, sorted(keys)))})"
    base, held = _hold_keys(standing)
    found = []
    if held is None or standing.count_registrations(base):
        near = f"SELECT {', '.join(_KEYED)} FROM {standing.registrations_since(base)} WHERE {plan_near(versions)}"
        newer = f"WITH newer AS MATERIALIZED ({near}) {plan_kin_keys('FROM newer')}"
        found.append(f"SELECT key, registration_id FROM ({newer}) WHERE {wanted}")
    if held is not None:
        kept = sql_text(held.base / "keys.parquet")
        found.append(f"SELECT key, registration_id FROM read_parquet({kept}) WHERE {wanted}")
    bearers = f"SELECT DISTINCT key, registration_id FROM ({' UNION ALL '.join(found)})"
    rows = standing.workspace.rows(
        f"SELECT registration_id FROM ({bearers}) QUALIFY count(*) OVER (PARTITION BY key) <= {MOST_BEARERS}"
    )
    return {registration for (registration,) in rows}


def _hold_keys(standing: Standing) -> tuple[int, Layers | None]:
    """The keys that are kept, and their number; none where there are none, or somebody swept them this moment."""
    base = _kept_keys(standing)
    held = hold_layers(_keys_folder(standing.city).base(base), None) if base else None
    return (base, held) if held is not None else (0, None)


def _read_versions(standing: Standing, registrations: Sequence[int]) -> list[Row]:
    """Every version of some registrations that holds."""
    return standing.workspace.dicts(f"SELECT * FROM {standing.registrations_about(registrations, _SAYING)}")


def _read_lines(versions: Iterable[Row]) -> dict[int, _Line]:
    found: dict[int, tuple[str, Row, dict[str, int]]] = {}
    for row in sorted(versions, key=lambda row: int(row["seq"])):
        _, said, facts = found.setdefault(row["registration_id"], (row["org"] or "", {}, {}))
        told = {name: row[name] for name in _SAYING if row[name] is not None}
        said.update(told)
        facts.update(dict.fromkeys(told, int(row["seq"])))
    return {registration: _Line(*line) for registration, line in found.items()}


def _texts(line: _Line) -> dict[str, str | None]:
    """What a registration says, called as in a file of records."""
    texts: dict[str, str | None] = {name: str(value) for name, value in line.said.items()}
    return {**texts, "birth": texts.get("birth_date")}


def _tell(signs: Iterable[Sign], lines: Mapping[int, _Line]) -> list[Row]:
    by_person: dict[int, list[Sign]] = {}
    for sign in signs:
        by_person.setdefault(sign.other.person, []).append(sign)
    rows = [
        {
            "person_id": show_person(person),
            "name": _name_of({sign.other for sign in found}, lines),
            "role": min((sign.role for sign in found), key=ROLES.index),
            "evidence": [_tell_sign(sign, lines) for sign in sorted(found, key=_order)],
        }
        for person, found in by_person.items()
    ]
    return sorted(rows, key=lambda row: (ROLES.index(row["role"]), row["person_id"]))


def _name_of(stated: Iterable[Stated], lines: Mapping[int, _Line]) -> str | None:
    """The latest name on these registrations, one of their own rather than the mother's."""
    said = [
        (one.named == NAMED, lines[one.registration].facts["name"], lines[one.registration].said["name"])
        for one in stated
        if "name" in lines[one.registration].said
    ]
    return max(said)[2] if said else None


def _order(sign: Sign) -> tuple[int, int, int]:
    return SIGNS.index(sign.name), sign.own.registration, sign.other.registration


def _tell_sign(sign: Sign, lines: Mapping[int, _Line]) -> Row:
    attribute = _SAID_IN[sign.name]

    def side(one: Stated) -> Row:
        line = lines[one.registration]
        return {"registration_id": one.registration, "org": line.org, "fact_id": line.facts[attribute]}

    return {"sign": sign.name, "shared": list(sign.shared), "own": side(sign.own), "other": side(sign.other)}
