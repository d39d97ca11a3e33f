"""``city.toml``: which database belongs to a city's folder. No secret needs to stand in it."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from wangdi.core.problem import Problem, Refusal
from wangdi.store.disk import write_synced

CITY_FILE = "city.toml"


@dataclass(frozen=True, slots=True)
class CityFile:
    """What ``city.toml`` says. ``database``: ``sqlite``, a URL, or ``env:NAME`` for a URL in an environment variable.

    A password belongs into the environment variable; a URL that holds one makes the file readable by its owner only.
    """

    id: str
    name: str
    database: str


def read_city_file(folder: Path) -> CityFile:
    """The city of a folder.

    Errors: STORE-001 when the folder is no city or its file cannot be read.
    """
    path = folder / CITY_FILE
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
        return CityFile(id=str(entries["id"]), name=str(entries["name"]), database=str(entries["database"]))
    except (OSError, ValueError, KeyError) as error:
        raise Refusal(Problem(code="STORE-001", file=CITY_FILE, args={"folder": folder.name})) from error


def write_city_file(folder: Path, city: CityFile) -> None:
    """Write ``city.toml``: the last step of making a city, so that a folder with one is whole."""
    path = folder / CITY_FILE
    write_synced(path, render_city_file(city))
    if "@" in city.database:
        path.chmod(0o600)


def render_city_file(city: CityFile) -> str:
    """The text of ``city.toml``."""
    entries = {"id": city.id, "name": city.name, "database": city.database}
    # A JSON text is a TOML basic string as long as nothing is written as a surrogate pair.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
    return "\n".join(
        ["# A Wangdi city. Its facts, identities and originals are the folders beside this file.", *lines, ""]
    )
