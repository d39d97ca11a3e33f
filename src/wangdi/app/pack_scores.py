"""What became of packs under test, kept: shipped packs' results come with Wangdi, a city's own are worked out when asked.

A result is known by :func:`trial_key`, which names everything it rests on: another rule or another example is another key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from wangdi.app.pack_trials import ENGINES, Tell, Trial, case_files, try_pack
from wangdi.language.library import Library
from wangdi.language.model import Pack
from wangdi.language.mutants import Mutant

KEPT_FILE = "pack_trials.json"


@dataclass(frozen=True, slots=True)
class Unnoticed:
    """A mutant that changes no answer or that nobody noticed: where, what, and why or what to do, in both languages."""

    place: str
    change: str
    line: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An expectation that does not hold on an engine."""

    line: int
    case: str
    engine: str
    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class TrialResult:
    """One edition under test. ``total`` counts the mutants that change an answer; none are tried while a case fails.

    ``problems``: what could not be read of the cases, in Chinese and in English.
    """

    key: str
    pack: str
    edition: str
    cases: int
    failed: int
    failures: tuple[Failed, ...]
    engines: tuple[str, ...]
    total: int
    killed: int
    survivors: tuple[Unnoticed, ...]
    equivalents: tuple[Unnoticed, ...]
    problems: tuple[tuple[str, str], ...]

    @property
    def passed(self) -> int:
        """Examples and walks that hold on every engine."""
        return self.cases - self.failed

    def failures_of(self, case: str, engine: str) -> tuple[Failed, ...]:
        """What of a case does not hold on an engine."""
        return tuple(one for one in self.failures if one.case == case and one.engine == engine)


def trial_key(editions: Sequence[Pack], pack: Pack) -> str:
    """A short name of everything a result rests on: every edition, the forms they speak of, the examples and walks."""
    spoken = {
        name: {key: (field.type, field.codes, field.required) for key, field in form.fields.items()}
        for edition in editions
        for name, form in sorted(edition.foreign_forms.items())
    }
    written = [hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for path in case_files(pack)]
    parts = [pack.edition, *(one.digest for one in editions), json.dumps(spoken, sort_keys=True), *written]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def try_edition(editions: Sequence[Pack], pack: Pack, tell: Tell | None = None) -> TrialResult:
    """Run one edition's examples and walks on every engine, and its mutants. Takes seconds to minutes."""
    return _result(trial_key(editions, pack), try_pack(editions, pack, tell))


def _result(key: str, trial: Trial) -> TrialResult:
    failures = tuple(
        Failed(one.line, one.case, one.engine, one.what, _said(one.expected), _said(one.got)) for one in trial.failures
    )
    score = trial.score
    return TrialResult(
        key=key,
        pack=trial.pack.id,
        edition=trial.pack.edition,
        cases=len(trial.cases.examples) + len(trial.cases.walks),
        failed=len({one.case for one in failures}),
        failures=failures,
        engines=tuple(ENGINES),
        total=score.total,
        killed=score.killed,
        survivors=tuple(_unnoticed(one.mutant, one.advice("zh"), one.advice("en")) for one in score.survivors),
        equivalents=tuple(_unnoticed(one.mutant, one.reason("zh"), one.reason("en")) for one in score.equivalents),
        problems=tuple((one.message("zh"), one.message("en")) for one in trial.cases.problems),
    )


def _said(value: object) -> str:
    return "" if value is None else str(value)


def _unnoticed(mutant: Mutant, zh: str, en: str) -> Unnoticed:
    return Unnoticed(mutant.place, mutant.change, mutant.line, zh, en)


# ---- kept results -----------------------------------------------------------------------------------------------------
@cache
def kept_results() -> dict[str, TrialResult]:
    """The results that come with Wangdi, by key. One whose key no pack has any more is of an older text, and never found."""
    text = files("wangdi.app").joinpath("data", KEPT_FILE).read_text(encoding="utf-8")
    return {row["key"]: _read(row) for row in json.loads(text)}


def _read(row: dict[str, Any]) -> TrialResult:
    said = {
        **row,
        "failures": tuple(Failed(**one) for one in row["failures"]),
        "engines": tuple(row["engines"]),
        "survivors": tuple(Unnoticed(**one) for one in row["survivors"]),
        "equivalents": tuple(Unnoticed(**one) for one in row["equivalents"]),
        "problems": tuple((zh, en) for zh, en in row["problems"]),
    }
    return TrialResult(**said)


def try_library(library: Library) -> list[TrialResult]:
    """Every edition of every pack of a library under test, in the order of their ids."""
    return [try_edition(editions, pack) for _, editions in sorted(library.packs.items()) for pack in editions]


def write_results(results: Iterable[TrialResult]) -> str:
    """The text of the kept file: one edition after the other, the same text for the same results."""
    rows = [asdict(one) for one in results]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
