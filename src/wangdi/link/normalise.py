"""From texts as institutions export them to records that can be compared. The table of texts is left as it is.

What can be said of a text alone is worked out once for each different text, or by the database for all rows at once; nothing
here goes row by row in Python.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wangdi.link.keysets import are_among, distinct, may_be_among
from wangdi.link.names import NAMED, NameTable, fold_codes, fold_columns, tidy_names
from wangdi.link.numbers import Judged, RawNumbers, judge_numbers
from wangdi.link.records import FAMILY, GUARDIAN, INVALID, OWN, PLACEHOLDER, UNPROVED, Records
from wangdi.link.texts import put_texts
from wangdi.store.workspace import Workspace

WORDED = 1 << 61
"""Keys from here on stand for a text, not for a number."""
NATIONS = np.int64((1 << 10) - 1)
"""The bits of such a key that hold the nationality; all 0 where it is not said."""

MANY = 6
"""Birth dates that one number or phone can come with before it belongs to more than a household."""


@dataclass(frozen=True, slots=True)
class Callers:
    """Who calls himself what: by which it is told whether two records of one number mean one person."""

    sound: np.ndarray
    named: np.ndarray
    birth: np.ndarray


def normalise_records(workspace: Workspace, order: np.ndarray, successions: Mapping[int, int] | None = None) -> Records:
    """Table ``records`` as records that can be compared, in the ``order`` given: row numbers of the table.

    ``successions``: keys of numbers that were legitimately changed (:func:`number_key`) -> of the last one of their holder.
    Missing: what cannot be read is missing; it stays readable in the table.
    """
    put_texts(workspace)
    return normalise_texts(workspace, order, successions)


def normalise_texts(workspace: Workspace, order: np.ndarray, successions: Mapping[int, int] | None = None) -> Records:
    """The same of relation ``texts``, as :func:`wangdi.link.texts.put_texts` makes it."""
    names, place = _tidy_all_names(workspace)
    columns = workspace.arrays(
        "select t.* replace (coalesce(n.id, -1)::integer as name) from texts t left join names n on n.text = t.name"
    )
    row = columns.pop("row")
    if not (row[1:] > row[:-1]).all():
        order = np.argsort(row)[order]
    raw = {name: column[order] for name, column in columns.items()}
    name = np.where(raw["name"] >= 0, place[raw["name"]], -1).astype(np.int32)
    birth = raw["birth"].astype(np.int32)
    numbers = RawNumbers(raw["digits"], raw["tail"], raw["shape"], raw["text_key"], raw["other"], raw["long"])
    named = (name >= 0) & (names.kind[name] == NAMED)
    callers = Callers(np.where(name >= 0, names.sound_key[name], 0), named, birth)
    judged = _settle(judge_numbers(numbers, birth, raw["sex"]), numbers.long, callers, successions or {})
    kind = judged.kind
    own = np.full(len(kind), -1, dtype=np.int64)
    is_own = kind == OWN
    road = road_key(raw["road_head"], raw["road_tail"], raw["street"])
    own[is_own] = np.unique(judged.key[is_own], return_inverse=True)[1]
    return Records(
        names=count_people(names, name, birth),
        name=name,
        birth=birth,
        id_birth=np.where(is_own, judged.birth, 0).astype(np.int32),
        sex=raw["sex"],
        id_kind=kind,
        id_key=judged.key,
        own=own,
        phone=raw["phone"],
        phone_use=count_phone_use(raw["phone"], birth),
        division=raw["division"],
        place=place_key(road, raw["building"], raw["room"], raw["whole"]),
        road=road,
    )


def _tidy_all_names(workspace: Workspace) -> tuple[NameTable, np.ndarray]:
    workspace.run(
        "create or replace table names as select text, (row_number() over (order by text) - 1)::integer as id"
        " from (select distinct name as text from texts where name is not null)"
    )
    texts = workspace.arrays("select text from names order by id")["text"]
    return tidy_names(list(texts) or [""])


def _settle(judged: Judged, written: np.ndarray, callers: Callers, successions: Mapping[int, int]) -> Judged:
    """Kinds once all records of one number have been seen together.

    Rule: a valid number that the record itself does not prove is own where somebody of that name has it as his own, or where
    nobody has it and nothing speaks against it. A number of 15 digits has no check character: it is own only where it is also
    written with 18 (``written``). A number for many birth dates, none of them its own, is a placeholder.
    """
    key = judged.key.copy()
    _follow(key, successions)
    kind = judged.kind.copy()
    _complete_nations(key)
    proved = kind == OWN
    short = np.flatnonzero(proved & ~written)
    kind[short[~are_among(key[short], key[proved & written])]] = UNPROVED
    proved = kind == OWN
    weak = np.flatnonzero((kind == UNPROVED) | (kind == FAMILY) | (kind == GUARDIAN))
    held = are_among(key[weak], key[proved])
    # Told by number and sound together; only records whose number is at stake are looked at.
    stake = np.flatnonzero(proved & callers.named & may_be_among(key, key[weak]))
    together = (key * np.int64(31)) ^ callers.sound
    agrees = callers.named[weak] & are_among(together[weak], together[stake])
    nobody = (kind[weak] == UNPROVED) & written[weak] & ~held
    kind[weak[agrees | nobody]] = OWN
    loose = np.flatnonzero((kind == FAMILY) | (kind == GUARDIAN) | (kind == INVALID))
    shared, births = _distinct_births(key[loose], callers.birth[loose])
    many = loose[are_among(key[loose], shared[births > MANY])]
    kind[many[~are_among(key[many], key[kind == OWN])]] = PLACEHOLDER
    key[kind == PLACEHOLDER] = 0
    return Judged(kind, key, judged.birth)


def _follow(key: np.ndarray, successions: Mapping[int, int]) -> None:
    """Put the last number of its holder in place of each that was changed."""
    old = np.array(sorted(successions), dtype=np.int64)
    last = np.array([successions[number] for number in old.tolist()], dtype=np.int64)
    rows = np.flatnonzero(are_among(key, old))
    key[rows] = last[np.searchsorted(old, key[rows])]


def _complete_nations(key: np.ndarray) -> None:
    """Give a document whose nationality is not said that of the others of its type and number, where these have but one."""
    worded = np.flatnonzero(key >= WORDED)
    documents = distinct(key[worded])
    documents = documents[documents & NATIONS > 0]
    numbers, first, count = np.unique(documents & ~NATIONS, return_index=True, return_counts=True)
    numbers, whole = numbers[count == 1], documents[first[count == 1]]
    silent = worded[are_among(key[worded], numbers)]
    key[silent] = whole[np.searchsorted(numbers, key[silent])]


def road_key(head: np.ndarray, tail: np.ndarray, street: np.ndarray) -> np.ndarray:
    """A number for a road, from the last two characters of its name; else the one of a street in letters."""
    return np.where(head > 0, (head.astype(np.int64) << 21) | tail, street)


def place_key(road: np.ndarray, building: np.ndarray, room: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """A number for a home: road, building and room, else the one of the whole text."""
    return np.where(building >= 0, fold_columns(road, building, room), whole)


def number_key(text: str) -> int:
    """The key of an 18-digit number, as :class:`Records` has it. Errors: ValueError when it is none."""
    return int(text[:17]) * 11 + (10 if text[17] in "Xx" else int(text[17]))


def _short_day(day: np.ndarray) -> np.ndarray:
    return np.where(day > 0, (day // 10000 - 1800) * 416 + day // 100 % 100 * 32 + day % 100, 0).astype(np.int64)


def _distinct_births(key: np.ndarray, birth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each key with how many birth dates it comes with."""
    known = birth > 0
    mixed = np.stack([key[known], _short_day(birth[known])], axis=1)
    folded = fold_codes(mixed)
    _, first = np.unique(folded, return_index=True)
    keys, counts = np.unique(mixed[first, 0], return_counts=True)
    return keys, counts


def count_people(names: NameTable, name: np.ndarray, birth: np.ndarray) -> NameTable:
    """The table with how many people have each name, and each sound: told apart by birth date."""
    known = (name >= 0) & (birth > 0)
    rows = distinct((name[known].astype(np.int64) << 24) | _short_day(birth[known])) >> 24
    people = np.maximum(np.bincount(rows, minlength=len(names.key)), 1)
    _, sound = np.unique(names.sound_key, return_inverse=True)
    alike = np.bincount(sound, weights=people)[sound] if len(sound) else people
    return dataclasses.replace(names, people=people.astype(np.int32), sound_people=alike.astype(np.int32))


def count_phone_use(phone: np.ndarray, birth: np.ndarray) -> np.ndarray:
    """How many birth dates each record's phone is given for: a household's few, a clinic's many."""
    use = np.zeros(len(phone), dtype=np.int32)
    rows = np.flatnonzero(phone > 0)
    if not len(rows):
        return use
    pairs = distinct((phone[rows] << 17) | _short_day(birth[rows]))
    numbers = pairs[(pairs & 0x1FFFF) > 0] >> 17
    starts = np.flatnonzero(np.concatenate([[True], numbers[1:] != numbers[:-1]]))
    counts = np.diff(np.append(starts, len(numbers)))
    if len(numbers):
        numbers = numbers[starts]
        place = np.minimum(np.searchsorted(numbers, phone[rows]), len(numbers) - 1)
        use[rows] = np.where(numbers[place] == phone[rows], counts[place], 1)
    return use
