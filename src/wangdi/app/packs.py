"""What one does with packs from the command line: list, check, test, explain, propose, run, due, new.

Every function takes a library (or opens the shipped one) and gives back plain values; the command line prints them.
A pack is named by its id or by the folder it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

from wangdi.app.pack_rows import Answer, write_csv
from wangdi.app.pack_rows import due_pack as _due_pack
from wangdi.app.pack_rows import run_pack as _run_pack
from wangdi.app.pack_trials import Tell, Trial, check_classes, propose_cases, try_pack
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.language.check import check_pack
from wangdi.language.explain import explain_json
from wangdi.language.library import Library, load_beside_shipped, load_library
from wangdi.language.model import Pack
from wangdi.language.names import nearest_name
from wangdi.language.page import explain_page
from wangdi.language.proposals import Proposal

__all__ = [
    "Answer",
    "Proposal",
    "Trial",
    "check_packs",
    "due_pack",
    "explain_pack",
    "explain_pack_page",
    "list_packs",
    "new_pack",
    "propose_rows",
    "run_pack",
    "trials_as_json",
    "try_packs",
    "write_csv",
]
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")
_TEMPLATE = ("pack.yaml", "examples.csv", "walks.yaml")


def find_pack(name: str) -> tuple[Library, str]:
    """The library that holds a pack and its id. ``name``: an id, a folder with a ``pack.yaml``, or that file.

    Errors: PACK-030 for a folder without one, PACK-031 for an unknown id.
    """
    folder = Path(name).parent if name.endswith("pack.yaml") else Path(name)
    if "/" in name or name.endswith("pack.yaml") or name in (".", ".."):
        if not (folder / "pack.yaml").is_file():
            raise Refusal(Problem(code="PACK-030", args={"path": str(folder)}))
        library = load_beside_shipped(folder)
        for pack_id, editions in library.packs.items():
            if any(Path(pack.path).parent.resolve() == folder.resolve() for pack in editions):
                return library, pack_id
        raise Refusal(
            next(item for item in library.problems if Path(item.file or "").parent.resolve() == folder.resolve())
        )
    library = load_library()
    if name not in library.packs:
        known = nearest_name(name, library.packs) or "、".join(library.packs)
        raise Refusal(Problem(code="PACK-031", args={"name": name, "known": known}))
    return library, name


def _editions(names: Sequence[str]) -> list[tuple[Library, tuple[Pack, ...]]]:
    if names:
        found = [find_pack(name) for name in names]
        return [(library, library.packs[pack_id]) for library, pack_id in found]
    library = load_library()
    return [(library, editions) for editions in library.packs.values()]


def list_packs() -> list[dict[str, Any]]:
    """Every edition of every shipped pack: id, edition, title, subject, validity, and how much it holds."""
    return [
        {
            "pack": pack.id,
            "edition": pack.edition,
            "title": pack.title,
            "subject": pack.subject,
            "valid_from": pack.valid_from,
            "valid_to": pack.valid_to,
            "forms": list(pack.forms),
            "classes": list(pack.class_names),
            "tasks": list(pack.schedule),
            "indicators": list(pack.indicators),
        }
        for editions in load_library().packs.values()
        for pack in editions
    ]


def check_packs(names: Sequence[str] = ()) -> list[Problem]:
    """Everything wrong with the packs named (or all): reading, names, types, missing values, windows, classes."""
    found: list[Problem] = []
    for library, editions in _editions(names):
        paths = {pack.path for pack in editions}
        read = [problem for problem in library.problems if problem.file in paths]
        found += read
        for pack in editions:
            said = check_pack(pack)
            found += said
            broken = any(item.severity is Severity.error for item in (*said, *read))
            found += [] if broken else check_classes(pack)
    if not names:
        found += [problem for problem in load_library().problems if problem not in found]
    return found


def try_packs(names: Sequence[str] = (), tell: Tell | None = None) -> list[Trial]:
    """Run the examples, walks and mutants of the packs named (or all)."""
    return [try_pack(editions, pack, tell) for _, editions in _editions(names) for pack in editions]


def trials_as_json(trials: Sequence[Trial], lang: str = "zh") -> dict[str, Any]:
    """The contract's answer of ``pack test --json``."""
    return {"packs": [trial.as_json(lang) for trial in trials]}


def explain_pack(name: str, lang: str = "zh") -> dict[str, Any]:
    """The newest edition of a pack as JSON: every name, rule, window and indicator."""
    library, pack_id = find_pack(name)
    return explain_json(library.newest[pack_id], lang)


def explain_pack_page(name: str, lang: str = "zh") -> str:
    """The newest edition of a pack as a page in Markdown."""
    library, pack_id = find_pack(name)
    return explain_page(library.newest[pack_id], lang)


def propose_rows(name: str) -> Proposal:
    """Boundary rows the newest edition's examples do not have yet, and what would catch its surviving mutants."""
    library, pack_id = find_pack(name)
    return propose_cases(library.packs[pack_id], library.newest[pack_id])


def run_pack(name: str, rows: Path, form: str = "", engine: str = "reference") -> Answer:
    """Hold a pack against visits of one's own: one answer per row of the file."""
    library, pack_id = find_pack(name)
    return _run_pack(library.packs[pack_id], rows, form, engine)


def due_pack(name: str, files: tuple[Path, Path], on: date, engine: str = "reference") -> Answer:
    """What a pack asks on a day of the people in a file. ``files``: people and events."""
    library, pack_id = find_pack(name)
    return _due_pack(library.packs[pack_id], files, on, engine, frozenset(library.forms))


def new_pack(name: str, folder: Path) -> Path:
    """Write a small working pack to start from; answers its folder.

    Errors: PACK-060 for a name that is none or is taken.
    """
    target = folder / name
    if not _NAME.match(name) or target.exists() or name in load_library().packs:
        raise Refusal(Problem(code="PACK-060", args={"name": name}))
    target.mkdir(parents=True)
    for part in _TEMPLATE:
        text = files("wangdi.app").joinpath("data/new_pack", part).read_text(encoding="utf-8")
        (target / part).write_text(text.replace("NEW_PACK", name), encoding="utf-8")
    return target
