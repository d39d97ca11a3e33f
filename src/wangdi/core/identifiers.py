"""Identity numbers of people, organisations and places: shape, check character, and what they say.

Every check answers a value or a :class:`Problem` whose message does not repeat the number. No list of regions is
consulted: region codes are cancelled and merged every year, and a number issued under an old one stays good for life.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from wangdi.core.problem import Problem

IdKind = Literal["resident", "hmt_residence", "foreign_permanent", "other"]
DivisionLevel = Literal["province", "city", "county", "township", "village"]

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_DIVISION_PARTS: tuple[tuple[int, int, DivisionLevel], ...] = (
    (0, 2, "province"),
    (2, 4, "city"),
    (4, 6, "county"),
    (6, 9, "township"),
    (9, 12, "village"),
)
"""Where each part of a division code begins and ends."""


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A valid 18-character identity number and what it says.

    ``region`` is where it was first issued, not where the person lives. ``sex``: GB/T 2261.1, 1 male, 2 female.
    """

    number: str
    region: str
    birth_date: date
    sex: Literal["1", "2"]
    kind: IdKind
    upgraded: bool
    """Written as an old 15-digit number."""


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A valid unified social credit code."""

    code: str
    region: str
    organisation_code: str


@dataclass(frozen=True, slots=True)
class HealthRecordNumber:
    """A 17-digit health record number: county (6), township (3), village or neighbourhood (3), serial (5)."""

    number: str
    county: str
    township: str
    village: str
    serial: str

    @property
    def short(self) -> str:
        """The last eight digits, which is what the paper forms show."""
        return self.village + self.serial


@dataclass(frozen=True, slots=True)
class Division:
    """A 12-digit statistical division code. Missing: a province has no parent."""

    code: str
    level: DivisionLevel
    parent: str | None


def _plain(text: str) -> str:
    """Full-width characters, inner blanks and hyphens are how people type the same number."""
    return re.sub(r"[\s\-‐–—'’]", "", unicodedata.normalize("NFKC", text)).upper()


def id_check_character(first17: str) -> str:
    """The 18th character of an identity number.

    Rule: GB 11643, ISO 7064 MOD 11-2.
    """
    total = sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11]


def upgrade_15_to_18(number: str) -> str:
    """The 18-character form of a 15-digit number: 19 before the year, and a check character.

    Errors: anything but 15 ASCII digits raises ValueError; use :func:`check_id_number` on what people typed.
    """
    if not re.fullmatch(r"[0-9]{15}", number):
        raise ValueError("an old identity number is 15 digits")
    first17 = f"{number[:6]}19{number[6:]}"
    return first17 + id_check_character(first17)


def _id_kind(number: str) -> IdKind:
    """Residents begin with their province 1-7, residence permits of Hong Kong, Macau and Taiwan with 81, 82, 83.

    Foreign permanent residents begin with 9.
    """
    if number[:2] in ("81", "82", "83"):
        return "hmt_residence"
    if number[0] == "9":
        return "foreign_permanent"
    return "resident" if number[0] in "1234567" else "other"


def check_id_number(text: str) -> IdNumber | Problem:
    """What an identity number says, or what is wrong with it.

    Rule: GB 11643; 15-digit numbers are upgraded.
    Errors: ID-001 length, ID-002 characters, ID-003 birth date, ID-004 check.
    """
    plain = _plain(text)
    if len(plain) not in (15, 18):
        return Problem(code="ID-001", args={"length": str(len(plain))})
    digits = plain if len(plain) == 15 else plain[:17]
    for position, character in enumerate(digits, start=1):
        if character not in "0123456789":
            return Problem(code="ID-002", args={"position": str(position)})
    if len(plain) == 18 and plain[17] not in "0123456789X":
        return Problem(code="ID-002", args={"position": "18"})
    number = upgrade_15_to_18(plain) if len(plain) == 15 else plain
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return Problem(code="ID-003")
    if id_check_character(number[:17]) != number[17]:
        return Problem(code="ID-004")
    sex: Literal["1", "2"] = "1" if int(number[16]) % 2 else "2"
    return IdNumber(number, number[:6], birth, sex, _id_kind(number), len(plain) == 15)


def organisation_check_character(first8: str) -> str:
    """The ninth character of an organisation code.

    Rule: GB 11714; letters count from A = 10.
    """
    total = sum(int(character, 36) * weight for character, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True))
    return "0X987654321"[total % 11]


def check_organisation_code(text: str) -> str | Problem:
    """The nine characters of an organisation code (a hyphen is dropped), or what is wrong.

    Rule: GB 11714. Errors: ID-007 shape, ID-008 check.
    """
    plain = _plain(text)
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", plain):
        return Problem(code="ID-007")
    return plain if organisation_check_character(plain[:8]) == plain[8] else Problem(code="ID-008")


def credit_check_character(first17: str) -> str:
    """The 18th character of a unified social credit code.

    Rule: GB 32100.
    """
    values = (_CREDIT_ALPHABET.index(character) for character in first17)
    total = sum(value * weight for value, weight in zip(values, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[-total % 31]


def check_credit_code(text: str) -> CreditCode | Problem:
    """What a unified social credit code says, or what is wrong with it.

    Rule: GB 32100. Errors: ID-005 shape, ID-006 check of the whole, ID-008 check of the organisation code inside.
    """
    plain = _plain(text)
    if not re.fullmatch(r"[0-9ABCDEFGHJKLMNPQRTUWXY]{2}[0-9]{6}[0-9ABCDEFGHJKLMNPQRTUWXY]{10}", plain):
        return Problem(code="ID-005")
    if credit_check_character(plain[:17]) != plain[17]:
        return Problem(code="ID-006")
    inner = check_organisation_code(plain[8:17])
    return inner if isinstance(inner, Problem) else CreditCode(plain, plain[2:8], inner)


def check_health_record_number(text: str) -> HealthRecordNumber | Problem:
    """The parts of a 17-digit health record number, or what is wrong with it.

    Errors: ID-009. There is no check digit; 001-099 neighbourhood, 101-199 village, 901-999 other are not enforced.
    """
    plain = _plain(text)
    if not re.fullmatch(r"[0-9]{17}", plain):
        return Problem(code="ID-009", args={"length": str(len(plain))})
    return HealthRecordNumber(plain, plain[:6], plain[6:9], plain[9:12], plain[12:])


def parse_division(text: str) -> Division | Problem:
    """Level and parent of a division code; 6 and 9 digits are filled up with zeros to 12.

    Rule: 2 province, 2 city, 2 county, 3 township, 3 village. A city without counties has townships directly under it.
    Errors: ID-010 shape, ID-011 a zero province above something.
    """
    plain = _plain(text)
    if not re.fullmatch(r"[0-9]{6}|[0-9]{9}|[0-9]{12}", plain):
        return Problem(code="ID-010")
    code = plain.ljust(12, "0")
    if code[:2] == "00":
        return Problem(code="ID-011")
    given = [(end, level) for start, end, level in _DIVISION_PARTS if code[start:end].strip("0")]
    parent = code[: given[-2][0]].ljust(12, "0") if len(given) > 1 else None
    return Division(code, given[-1][1], parent)
