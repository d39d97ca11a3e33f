"""How well each institution knows whom it registers: what is missing, wrong or somebody else's, so that a clerk can mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wangdi.app.derivation import Standing
from wangdi.app.registered import Registered, read_registered
from wangdi.app.reviewing import read_said
from wangdi.core.problem import Problem, Refusal
from wangdi.link.names import NEWBORN, NO_NAME
from wangdi.link.normalise import MANY
from wangdi.link.people import show_person
from wangdi.link.records import FAMILY, GUARDIAN, INVALID, NO_ID, PLACEHOLDER, Records

FLAWS = (
    "no_number",
    "invalid",
    "placeholder",
    "guardian",
    "family",
    "fifteen",
    "no_birth",
    "first_january",
    "no_phone",
    "shared_phone",
    "no_name",
    "newborn",
    "likeness",
)
"""What can be wrong with a registration, each a bit of ``Quality.flaws`` by its place here. ``fifteen``: the number is the old
one, without a check character; ``first_january``: born on 1 January, and no number of their own says so; ``shared_phone``: a
phone that more people have than a household; ``newborn``: called after the mother; ``likeness``: joined to others by nothing
but likeness."""
_BIT = {name: 1 << place for place, name in enumerate(FLAWS)}
DAYS_OF_YEAR = 365.25
CHANCE = 3
"""Standard deviations that chance may bring."""

_OF_KIND = {NO_ID: "no_number", INVALID: "invalid", PLACEHOLDER: "placeholder", GUARDIAN: "guardian", FAMILY: "family"}
_FIFTEEN = "length(id_no) >= 15 AND regexp_full_match(regexp_replace(id_no, '[^0-9A-Za-z]', '', 'g'), '[0-9]{15}')"


@dataclass(frozen=True, slots=True)
class OrgQuality:
    """One institution. ``counts``: by :data:`FLAWS`. ``expected``: how many of those without a birthday proved by their own
    number are born on 1 January by chance.
    """

    org: str
    registrations: int
    counts: Mapping[str, int]
    expected: float

    @property
    def beyond(self) -> int:
        """Birthdays on 1 January that chance does not explain: so many were filled in by default."""
        more = self.counts["first_january"] - self.expected
        return round(more) if more > CHANCE * self.expected**0.5 else 0


@dataclass(frozen=True, slots=True)
class Quality:
    """Every registration of a city with what is wrong with it. Grain: one row a registration, in order of its number.

    ``org``: place in ``orgs``. ``flaws``: bits of :data:`FLAWS`. ``expected``: of each institution, as in :class:`OrgQuality`.
    """

    registration: np.ndarray
    person: np.ndarray
    org: np.ndarray
    flaws: np.ndarray
    orgs: tuple[str, ...]
    expected: np.ndarray

    def by_org(self) -> tuple[OrgQuality, ...]:
        """The institutions that sent registrations, in order of their codes."""
        many = len(self.orgs)
        sent = np.bincount(self.org, minlength=many)
        counts = {name: np.bincount(self.org[self.flaws & bit > 0], minlength=many) for name, bit in _BIT.items()}
        return tuple(
            OrgQuality(
                code,
                int(sent[place]),
                {name: int(found[place]) for name, found in counts.items()},
                self.expected[place],
            )
            for place, code in enumerate(self.orgs)
        )

    def rows_of(self, org: str, flaw: str = "") -> np.ndarray:
        """Rows of an institution's registrations that have a flaw, or any. Missing: none of an institution unknown here."""
        wanted = _BIT[flaw] if flaw else (1 << len(FLAWS)) - 1
        place = self.orgs.index(org) if org in self.orgs else -1
        return np.flatnonzero((self.org == place) & (self.flaws & wanted > 0))

    def flaws_of(self, row: int) -> tuple[str, ...]:
        """What is wrong with the registration of a row."""
        return tuple(name for name, bit in _BIT.items() if self.flaws[row] & bit)


@dataclass(frozen=True, slots=True)
class Flawed:
    """One registration that an institution should look at. Missing: empty texts."""

    registration: int
    person_id: str
    name: str
    local_id: str
    flaws: tuple[str, ...]


def judge_registrations(standing: Standing) -> Quality:
    """What is wrong with each registration. It reads every registration: keep the answer.

    Rule: whose number it is, and how many people have a phone, is what linking goes by
    (:func:`wangdi.link.normalise.normalise_records`). A birthday is missing where the own number does not say it either.
    """
    registered = read_registered(standing)
    orgs, org, fifteen = _read_senders(standing)
    records = registered.records
    flaws = _find_flaws(records)
    flaws[fifteen] |= _BIT["fifteen"]
    flaws[_find_likeness(standing, registered)] |= _BIT["likeness"]
    open_birthday = (records.birth > 0) & (records.id_birth != records.birth)
    expected = np.bincount(org[open_birthday], minlength=len(orgs)) / DAYS_OF_YEAR
    return Quality(registered.known.registration, registered.person, org, flaws, orgs, expected)


def check_flaw(name: str) -> str:
    """The name of a flaw, or empty for any. Errors: LINK-040 there is no such thing."""
    if name and name not in _BIT:
        raise Refusal(Problem(code="LINK-040", args={"name": name[:40], "known": ", ".join(FLAWS)}))
    return name


def list_flawed(standing: Standing, quality: Quality, rows: Sequence[int] | np.ndarray) -> list[Flawed]:
    """Registrations of these rows as a clerk finds them again: name and the institution's own number."""
    numbers = [int(quality.registration[row]) for row in rows]
    said = read_said(standing, numbers)
    return [
        Flawed(
            number,
            show_person(int(quality.person[row])),
            said.get(number, {}).get("name") or "",
            said.get(number, {}).get("local_id") or "",
            quality.flaws_of(int(row)),
        )
        for row, number in zip(rows, numbers, strict=True)
    ]


def _find_flaws(records: Records) -> np.ndarray:
    """What the records themselves tell."""
    flaws = np.zeros(len(records), dtype=np.uint16)

    def mark(name: str, rows: np.ndarray) -> None:
        flaws[rows] |= np.uint16(_BIT[name])

    for kind, name in _OF_KIND.items():
        mark(name, records.id_kind == kind)
    kinds = np.where(records.name >= 0, records.names.kind[records.name], NO_NAME)
    mark("no_name", kinds == NO_NAME)
    mark("newborn", kinds == NEWBORN)
    mark("no_birth", records.best_birth() == 0)
    mark("first_january", (records.birth % 10000 == 101) & (records.id_birth != records.birth))
    mark("no_phone", records.phone == 0)
    mark("shared_phone", records.phone_use > MANY)
    return flaws


def _read_senders(standing: Standing) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """The institutions; by registration, in order of its number, the place of whose it is, and whether its number has 15 digits."""
    workspace = standing.workspace
    sent = f"SELECT DISTINCT coalesce(org, '') AS org FROM {standing.registrations} ORDER BY 1"
    orgs = tuple(str(code) for (code,) in workspace.rows(sent))
    workspace.create_table("sender", {"org": "VARCHAR", "place": "INTEGER"}, [(one, at) for at, one in enumerate(orgs)])
    found = workspace.arrays(
        "WITH latest AS (SELECT registration_id, arg_min(coalesce(org, ''), seq) AS org, arg_max(id_no, seq) AS id_no"
        f" FROM {standing.registrations} GROUP BY 1)"
        f" SELECT place, coalesce({_FIFTEEN}, FALSE) AS fifteen FROM latest JOIN sender USING (org) ORDER BY registration_id"
    )
    workspace.drop_table("sender")
    return orgs, found["place"], found["fifteen"].astype(bool)


def _find_likeness(standing: Standing, registered: Registered) -> np.ndarray:
    """Rows of registrations that linking joined to others by likeness only, and that nothing has proved since."""
    if not standing.stored_links:
        return np.zeros(0, dtype=np.int64)
    numbers = standing.workspace.numbers(
        f"SELECT registration_id FROM {standing.stored_links} GROUP BY 1 HAVING arg_max(rule, seq) = 'likeness'"
    )
    rows = registered.rows_of(numbers.tolist())
    rows = rows[rows >= 0]
    _, place, several = np.unique(registered.person, return_inverse=True, return_counts=True)
    return np.asarray(rows[(several[place[rows]] > 1) & (registered.records.own[rows] < 0)])
