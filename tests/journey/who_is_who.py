"""Who is who: what a city makes of the registrations that truth tells of, and how near that comes to truth.

A recount of figures takes from here whose record each is, and nothing else: it judges the figures, not the linking.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import comb
from pathlib import Path

from tests.journey.independent_figures import Who, read
from wangdi.app.derivation import derive
from wangdi.app.questions import stand_on
from wangdi.collect.identity_sql import registration_key, registration_number
from wangdi.language.library import load_library
from wangdi.store.city import City


def number_registration(salt: str, row: Mapping[str, str]) -> int:
    """The number under which a city holds a line of ``truth/registrations.csv``."""
    born = date.fromisoformat(row["birth_date"]) if row["birth_date"] else None
    key = registration_key(row, born)
    assert key is not None, row
    return registration_number(salt, row["sender"], key)


def ask_who(city: City, truth: Path, known: str | int | None = None) -> Who:
    """Whom the city takes each registration for, and when it thinks each of these people was born."""
    with city.workspace() as workspace:
        derived = derive(stand_on(city, workspace, load_library(), known))
        links: dict[int, int] = dict(workspace.rows(f"SELECT registration_id, person_id FROM {derived.links}"))
        births: dict[int, date] = dict(workspace.rows(f"SELECT person_id, birth_date FROM {derived.people}"))
    people = {
        row["registration"]: links[number]
        for row in read(truth / "registrations.csv")
        if (number := number_registration(city.salt, row)) in links
    }
    return Who(people, births)


@dataclass(frozen=True)
class PairScore:
    """How many pairs of registrations are told to be one person, are one, and both."""

    told: int
    true: int
    both: int

    @property
    def precision(self) -> float:
        return self.both / self.told

    @property
    def recall(self) -> float:
        return self.both / self.true

    @property
    def f1(self) -> float:
        return 2 * self.both / (self.told + self.true)


def score_links(rows: Iterable[Mapping[str, str]], people: Mapping[str, int]) -> PairScore:
    """A city's links against truth, over pairs of registrations."""
    told: Counter[int] = Counter()
    true: Counter[str] = Counter()
    both: Counter[tuple[str, int]] = Counter()
    for row in rows:
        person, found = row["person"], people[row["registration"]]
        told[found] += 1
        true[person] += 1
        both[person, found] += 1
    pairs = (sum(comb(count, 2) for count in counts.values()) for counts in (told, true, both))
    return PairScore(*pairs)


def main(folder: Path) -> None:
    """Print how near the links of a demonstration city come to its truth."""
    with City.open(folder) as city:
        score = score_links(list(read(folder / "truth" / "registrations.csv")), ask_who(city, folder / "truth").people)
    print(f"precision {score.precision:.4f}, recall {score.recall:.4f}, F1 {score.f1:.4f} over {score.true} pairs")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
