"""Report cards one by one: reported in time or not, entered twice, and what registers hold that was never reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Literal, Protocol, TypeVar

from wangdi.outbreaks.diseases import DiseaseEdition, are_one_illness, read_diseases

DELETED = "deleted"
CASE_CLASSES = ("clinical", "confirmed")
"""Those that are counted as cases; suspected cases are counted apart, carriers and positive tests not at all."""


@dataclass(frozen=True, slots=True)
class ReportCard:
    """One card as the national system's last export has it. ``fact`` opens to its line.

    Missing: any moment or day but ``diagnosed_on`` may be null.
    """

    fact: int
    person: int
    card_no: str
    state: str | None
    disease: str
    case_class: str | None
    onset_on: date | None
    diagnosed_on: date
    diagnosed_at: datetime | None
    reported_at: datetime | None
    died_on: date | None
    reporting_unit: str | None
    address_code: str | None
    org: str

    @property
    def begun_on(self) -> date:
        """Onset, or the diagnosis where nobody wrote the onset."""
        return self.onset_on or self.diagnosed_on


@dataclass(frozen=True, slots=True)
class Timeliness:
    """Whether a card was in time. Units: hours. Missing: ``hours`` is null without both moments, ``is_late`` then true."""

    limit_hours: int
    hours: float | None
    is_late: bool

    @property
    def late_hours(self) -> float | None:
        """By how much the limit was missed; 0 where it was kept."""
        return None if self.hours is None else max(0.0, self.hours - self.limit_hours)


def judge_timeliness(card: ReportCard) -> Timeliness | None:
    """Hold a card against the limit of its disease on the day of diagnosis; None where it was not notifiable.

    Rule: 传染病信息报告管理规范（2015年版）: from diagnosis to entry of the card; exactly the limit is in time.
    A card without the moment of diagnosis counts as late; one that was never entered cannot be judged: None as well.
    """
    edition = edition_of(card.disease, card.diagnosed_on)
    if edition is None or card.reported_at is None:
        return None
    hours = None
    if card.diagnosed_at is not None:
        hours = (card.reported_at - card.diagnosed_at).total_seconds() / 3600
    return Timeliness(edition.limit_hours, hours, hours is None or hours > edition.limit_hours)


def edition_of(disease: str, on: date) -> DiseaseEdition | None:
    """How a disease was notifiable on a day; None where it was not."""
    return read_diseases()[disease].edition_on(on)


def find_duplicates(cards: Iterable[ReportCard]) -> list[tuple[ReportCard, ...]]:
    """Cards that are one case entered more than once: each group in order of onset, groups in order of their first card.

    Rule: same person, same illness, onset within the disease's window of the card before; deleted cards do not count.
    """
    groups = (tuple(group) for group in group_cases(card for card in cards if card.state != DELETED) if len(group) > 1)
    return sorted(groups, key=lambda group: (group[0].begun_on, group[0].fact))


def _may_be_one_case(one: str, other: str, days: int) -> bool:
    """Whether two diseases so many days apart may be one illness: within the longer of their windows."""
    window = max(read_diseases()[code].window_days for code in (one, other))
    return are_one_illness(one, other) and abs(days) <= window


Reason = Literal["no_card", "card_not_found", "card_deleted"]


@dataclass(frozen=True, slots=True)
class Registered:
    """One line of an institution's register that names a disease."""

    fact: int
    person: int
    org: str
    register: str
    registered_no: str
    found_on: date
    disease: str
    card_no: str | None

    @property
    def begun_on(self) -> date:
        """The day it was registered: registers know no onset."""
        return self.found_on


def find_unreported(
    rows: Iterable[Registered], cards: Sequence[ReportCard]
) -> Iterator[tuple[Registered, Reason | None]]:
    """Each notifiable registered row with why it counts as unreported; None where a card was found.

    Rule: found is a card that is not deleted, of the number the register names, or of the same person and illness, diagnosed or
    with its onset within the disease's window of the day it was registered.
    """
    by_number = {card.card_no: card for card in cards}
    by_person: dict[int, list[ReportCard]] = {}
    for card in cards:
        if card.state != DELETED:
            by_person.setdefault(card.person, []).append(card)
    for row in rows:
        if edition_of(row.disease, row.found_on) is None:
            continue
        yield row, _why_unreported(row, by_number, by_person.get(row.person, ()))


def _why_unreported(row: Registered, by_number: Mapping[str, ReportCard], own: Sequence[ReportCard]) -> Reason | None:
    named = by_number.get(row.card_no or "")
    if (named is not None and named.state != DELETED) or any(_is_of(card, row) for card in own):
        return None
    if named is not None:
        return "card_deleted"
    return "card_not_found" if row.card_no else "no_card"


def _is_of(card: ReportCard, row: Registered) -> bool:
    apart = min(abs((row.found_on - day).days) for day in (card.diagnosed_on, card.begun_on))
    return _may_be_one_case(card.disease, row.disease, apart)


def count_registered_cases(rows: Iterable[Registered]) -> int:
    """How many cases registered rows come to: rows of one person and illness within the disease's window are one."""
    return len(group_cases(rows))


class Dated(Protocol):
    """Something written of a person's illness, with when it began."""

    @property
    def person(self) -> int: ...
    @property
    def disease(self) -> str: ...
    @property
    def begun_on(self) -> date: ...


Entry = TypeVar("Entry", bound=Dated)


def group_cases(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Entries by case, each case in order of time: an entry belongs to the case whose last entry it may be one illness with."""
    ordered = sorted(entries, key=lambda entry: (entry.person, entry.begun_on))
    groups: list[list[Entry]] = []
    for _, mine in groupby(ordered, key=lambda entry: entry.person):
        own: list[list[Entry]] = []
        for entry in mine:
            for group in reversed(own):
                if _may_be_one_case(group[-1].disease, entry.disease, (entry.begun_on - group[-1].begun_on).days):
                    group.append(entry)
                    break
            else:
                own.append([entry])
        groups += own
    return groups
