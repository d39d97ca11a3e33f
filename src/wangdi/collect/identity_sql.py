"""Whom a row is about: the registration's number, the identity number's check, and the Python that says the same.

A registration is one institution's knowledge of a person. Its number is made of the city's salt, the sender and the key the
institution itself uses, so that the same person in the same institution's files is always the same registration, whatever
the order in which files arrive, and nobody outside can make the number from a name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

from wangdi.collect.value_sql import bind, narrow
from wangdi.core.identifiers import IdNumber, check_id_number
from wangdi.store.workspace import sql_text

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_OWN_BITS = 55
"""Of a registration's 63 bits, those that come from the key; the rest from the sender."""
_OWN = (1 << _OWN_BITS) - 1
ROUNDED = "^[0-9][.]?[0-9]*[eE][+]?[0-9]+$"
"""What a spreadsheet makes of a long number: 1.1E+17."""
_MARKS = r"[\s''‘’`=\"\-‐–—]"


def registration_number(salt: str, sender: str, key: str) -> int:
    """The number of a registration.

    Rule: 8 bits of the sender, so that one institution's people stand together in every sorted file, then 55 bits of the MD5 of
    salt, sender and key (an index, not a protection: of five million registrations from 185 senders two have one number with a
    chance of three in a million). A ledger's subject (an institution, a case) is the same whoever sends it: its sender is empty.
    """
    digest = hashlib.md5(f"{key_prefix(salt, sender)}{key}".encode(), usedforsecurity=False).digest()
    return numbers_begin(salt, sender) | (int.from_bytes(digest[:8], "little") & _OWN)


def numbers_begin(salt: str, sender: str) -> int:
    """Where the numbers of a sender's registrations begin. Two senders may share the stretch, not the numbers in it."""
    return int(key_prefix(salt, sender)[:2], 16) << _OWN_BITS


def registration_key(said: Mapping[str, str], birth_date: date | None = None) -> str | None:
    """The key of a person in an institution's files.

    Rule: its own number for the person; else a valid identity number; else name, birth date and telephone together.
    Missing: None when not even a name is there.
    """
    if said.get("local_id"):
        return f"L{said['local_id']}"
    checked = check_id_number(said.get("id_no", ""))
    if isinstance(checked, IdNumber):
        return f"I{checked.number}"
    if not said.get("name"):
        return None
    return f"N{said['name']}|{birth_date.isoformat() if birth_date else ''}|{said.get('phone', '')}"


def key_prefix(salt: str, sender: str) -> str:
    """What stands before the key when a registration's number is made: salt and sender in 16 characters.

    Short, because MD5 works in blocks of 55 bytes and a key that fits into one costs half.
    """
    return hashlib.md5(f"{salt}|{sender}".encode(), usedforsecurity=False).hexdigest()[:16]


def render_registration(prefixed_key: str, begin: int) -> str:
    """:func:`registration_number` in SQL; the key bears its prefix already (one concatenation a row, not two)."""
    # md5_number_upper gives the same bits five times as slowly.
    return f"{begin} + cast(md5_number({prefixed_key}) & {_OWN} as bigint)"


def render_key(prefix: str, said: Mapping[str, str], birth_date: str, *, thorough: bool = True) -> str:
    """:func:`registration_key` in SQL with its prefix; ``said``: SQL of what the row says of its subject.

    ``thorough``: identity numbers may be others than those of 18 characters (so in every function here). Beside an
    ``id_no`` it needs the column ``id_digits`` (:func:`render_id_digits`).
    """
    parts = []
    if "code" in said:
        parts.append(f"{sql_text(prefix + 'C')} || {said['code']}")
    if "local_id" in said:
        parts.append(f"{sql_text(prefix + 'L')} || {said['local_id']}")
    if "id_no" in said:
        number = said["id_no"]
        valid = f"{sql_text(prefix + 'I')} || {render_id_upgraded(number) if thorough else number}"
        parts.append(f"case when {render_id_valid(number, 'id_digits', thorough=thorough)} then {valid} end")
    if "name" in said:
        phone, birth = said.get("phone", "null"), f"coalesce(cast({birth_date} as varchar), '')"
        parts.append(f"{sql_text(prefix + 'N')} || {said['name']} || '|' || {birth} || '|' || coalesce({phone}, '')")
    return f"coalesce({', '.join(parts)})" if parts else "cast(null as varchar)"


def render_id_number(cell: str, *, thorough: bool = True) -> str:
    """An identity number as written, without the blanks, hyphens and quotes people put into it, in capitals."""
    plain = f"case when strlen({cell}) = 18 and {render_id_plain(cell)} then {cell}"
    if not thorough:
        return f"{plain} end"
    tidied = f"nullif(upper(regexp_replace({narrow(cell)}, {sql_text(_MARKS)}, '', 'g')), '')"
    return f"{plain} else {tidied} end"


def render_id_plain(cell: str) -> str:
    """Whether a number needs no tidying."""
    return f"regexp_full_match({cell}, '[0-9]{{17}}[0-9X]')"


def render_id_upgraded(number: str) -> str:
    """The 18 characters of a valid number; 15 digits get their century and check character."""
    longer = f"{number}[1:6] || '19' || {number}[7:15]"
    upgraded = bind(
        longer, "longer", bind(render_id_digits("longer"), "digits", f"longer || {_check_character('digits')}")
    )
    return f"case when strlen({number}) = 15 then {upgraded} else {number} end"


def render_id_digits(number: str) -> str:
    """The first 17 digits of a number as an integer; a column of its own, because the check looks at it 17 times."""
    return f"try_cast(left({number}, 17) as bigint)"


def render_id_valid(number: str, digits: str, birth: str = "", *, thorough: bool = True) -> str:
    """Whether a tidied number is one. Agrees with ``core.identifiers.check_id_number``.

    ``birth``: a column that is :func:`render_id_birth` already, where there is one.
    """
    valid = f"{_check_character(digits)} = {number}[18] and {birth or render_id_birth(number)} is not null"
    if not thorough:
        return f"coalesce({valid}, false)"
    short = f"try_cast('19' || {number}[7:8] || '-' || {number}[9:10] || '-' || {number}[11:12] as date)"
    return (
        f"coalesce(case when {render_id_plain(number)} then {valid} "
        f"when regexp_full_match({number}, '[0-9]{{15}}') then {short} is not null end, false)"
    )


def render_id_birth(number: str) -> str:
    """The birth date inside a valid 18-character number."""
    return f"cast(try_strptime({number}[7:14], '%Y%m%d') as date)"


def render_id_sex(number: str) -> str:
    """The sex a valid 18-character number says, as GB/T 2261.1."""
    return f"case when cast({number}[17] as integer) % 2 = 1 then '1' else '2' end"


def _check_character(digits: str) -> str:
    terms = [f"({digits} // {10 ** (16 - place)}) % 10 * {weight}" for place, weight in enumerate(_WEIGHTS)]
    return f"{sql_text(_CHECKS)}[({' + '.join(terms)}) % 11 + 1]"
