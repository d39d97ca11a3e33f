"""Person records ready to be compared: every field a number or a row of a table of names. Originals stay where they were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wangdi.link.names import NameTable

NO_ID, OWN, GUARDIAN, FAMILY, INVALID, PLACEHOLDER, DOCUMENT, UNPROVED = range(8)
"""Whose number a record carries. ``OWN``: its birth date and sex are the record's. ``UNPROVED``: valid, and nothing on the
record says for or against it. ``DOCUMENT``: a permit or passport, keyed with its type and nationality."""

ID_KINDS = ("none", "own", "guardian", "family", "invalid", "placeholder", "document", "unproved")


@dataclass(frozen=True, slots=True)
class Records:
    """Grain: one row a registration, in order of ``rec_id``. Missing: 0 everywhere (-1 in ``name``).

    ``name``: row of ``names``. ``birth``: as recorded, ``id_birth``: in an own number, both yyyymmdd. ``id_key``: the number
    itself where ``id_kind`` says whose it is (own ones: 17 digits and check character as one integer). ``phone_use``: how many
    birth dates the phone is given for. ``own``: the group of records that share a proved number, -1 without one.
    """

    names: NameTable
    name: np.ndarray
    birth: np.ndarray
    id_birth: np.ndarray
    sex: np.ndarray
    id_kind: np.ndarray
    id_key: np.ndarray
    own: np.ndarray
    phone: np.ndarray
    phone_use: np.ndarray
    division: np.ndarray
    place: np.ndarray
    road: np.ndarray

    def __len__(self) -> int:
        return len(self.name)

    def best_birth(self) -> np.ndarray:
        """The birth date of the number where it is the person's own, else the recorded one."""
        return np.where(self.id_birth > 0, self.id_birth, self.birth)

    def take(self, rows: np.ndarray) -> Records:
        """Some of the records, the names shared."""
        columns = {name: getattr(self, name)[rows] for name in self.__slots__ if name != "names"}
        return Records(names=self.names, **columns)


def join_records(one: Records, other: Records) -> Records:
    """Records of one file, and then others of it."""
    columns = {
        name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in one.__slots__ if name != "names"
    }
    return Records(names=one.names, **columns)
