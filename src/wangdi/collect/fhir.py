"""Reads FHIR R4 files that belong together: first who there is, then every resource, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wangdi.collect.fhir_frame import Context, FhirRow
from wangdi.collect.fhir_json import is_fhir, read_resources
from wangdi.collect.fhir_people import NEEDED, SubjectKey, read_people
from wangdi.collect.fhir_raw import raw_resource
from wangdi.collect.fhir_rows import read_rows
from wangdi.collect.fhir_rules import FhirSettings, load_fhir_rules
from wangdi.collect.fhir_walk import Located
from wangdi.core.problem import Problem, Severity

__all__ = [
    "FhirReading",
    "FhirRow",
    "FhirSettings",
    "SubjectKey",
    "Tally",
    "is_fhir",
    "load_fhir_rules",
    "raw_resource",
    "read_fhir",
]


class Tally:
    """How many resources came and what became of them. ``received`` is the sum of the others.

    Grain: resources (and lines that should have been one). ``taken`` gave a row, ``refused`` an error,
    ``not_taken`` is of a type, code or status that no form wants.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.refused = 0
        self.not_taken = 0

    @property
    def received(self) -> int:
        """Everything that was sent."""
        return self.taken + self.refused + self.not_taken

    def count(self, outcome: Sequence[FhirRow | Problem]) -> None:
        """Notes what became of one resource."""
        if any(isinstance(one, FhirRow) for one in outcome):
            self.taken += 1
        elif any(isinstance(one, Problem) and one.severity is Severity.error for one in outcome):
            self.refused += 1
        else:
            self.not_taken += 1


class FhirReading:
    """Rows and problems in the order of the files, made while they are asked for.

    Memory is bounded by the patients (and one document), not by the observations. Iterating again reads again.
    """

    def __init__(self, paths: Sequence[Path], settings: FhirSettings, names: Mapping[Path, str]) -> None:
        self.paths = tuple(paths)
        self.settings = settings
        self.names = {path: names.get(path, path.name) for path in paths}
        self.tally = Tally()
        """Complete when the iteration has ended."""

    def __iter__(self) -> Iterator[FhirRow | Problem]:
        self.tally = tally = Tally()
        people = read_people(self._people(), self.settings)
        for path in self.paths:
            context = Context(self.settings, people, path, self.names[path])
            found = 0
            for item in read_resources(path, self.names[path]):
                found += 1
                if isinstance(item, Located):
                    outcome = read_rows(item, context)
                    tally.count(outcome)
                    yield from outcome
                    continue
                if item.counts:
                    tally.count([item.problem])
                yield item.problem
            if not found:
                yield Problem(code="FHIR-017", severity=Severity.warning, file=self.names[path])

    def lists(self) -> tuple[list[FhirRow], list[Problem]]:
        """Everything at once, for small inputs."""
        rows: list[FhirRow] = []
        problems: list[Problem] = []
        for item in self:
            if isinstance(item, FhirRow):
                rows.append(item)
            else:
                problems.append(item)
        return rows, problems

    def _people(self) -> Iterator[Located]:
        for path in self.paths:
            for item in read_resources(path, self.names[path], NEEDED):
                if isinstance(item, Located):
                    yield item


def read_fhir(
    paths: Sequence[Path], settings: FhirSettings | None = None, names: Mapping[Path, str] | None = None
) -> FhirReading:
    """The FHIR files that were sent together, ready to be iterated.

    ``names``: what each file is called, in messages and to tell lines from documents; else its own name.
    Errors: data that is wrong comes as problems; a file that cannot be opened raises ``Refusal`` while iterating.
    """
    return FhirReading(paths, settings or FhirSettings(), names or {})
