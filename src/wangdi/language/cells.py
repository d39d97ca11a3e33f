"""A written value as a cell of its field: what is typed in an example, a walk or a file of one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from wangdi.catalog.codelists import CodeList, load_codelists
from wangdi.catalog.tables import CODES_SEPARATOR
from wangdi.core.dates import parse_date_text, parse_moment_text, parse_month_text
from wangdi.language.model import FieldType, FormField
from wangdi.language.record import Cell

_TRUE = frozenset(("true", "1", "是", "有", "yes"))
_FALSE = frozenset(("false", "0", "否", "无", "no"))
_SEX = {"男": "1", "女": "2", "male": "1", "female": "2", "m": "1", "f": "2"}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a text is not a value of its field: what would have been."""

    expected: str


def parse_cell(field: FormField, text: str) -> Cell | Unreadable:
    """The value a text means in a field. Missing: an empty text is null."""
    plain = text.strip()
    if not plain:
        return None
    if field.type in ("code", "codes"):
        return _parse_codes(field, plain)
    if field.whole_month:
        return parse_month_text(plain) or Unreadable("yyyy-mm")
    return _PARSERS[field.type](plain)


def parse_boolean(text: str) -> bool | Unreadable:
    """``true``/``1``/``是`` or ``false``/``0``/``否``."""
    word = text.strip().lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else Unreadable("true | false | 1 | 0 | 是 | 否")


def parse_sex(text: str) -> str | Unreadable | None:
    """The code of GB/T 2261.1 that a code or word means. Missing: an empty text is null."""
    plain = text.strip().lower()
    if not plain:
        return None
    code = _SEX.get(plain) or load_codelists()["sex"].code_of(plain)
    return code if code is not None else Unreadable("1 | 2 | 男 | 女 | male | female")


def parse_birth_date(text: str) -> date | Unreadable | None:
    """A birth date. Missing: an empty text is null."""
    plain = text.strip()
    if not plain:
        return None
    return parse_date_text(plain) or Unreadable("yyyy-mm-dd")


def beyond_possible(field: FormField, value: Cell) -> bool:
    """Whether a number lies outside what the field can be at all."""
    if field.possible is None or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    low, high = field.possible
    return not low <= value <= high


def _parse_integer(text: str) -> Cell | Unreadable:
    try:
        number = float(text)
    except ValueError:
        return Unreadable("整数 a whole number")
    return int(number) if number.is_integer() else Unreadable("整数 a whole number")


def _parse_decimal(text: str) -> Cell | Unreadable:
    try:
        number = float(text)
    except ValueError:
        return Unreadable("数 a number")
    return number if abs(number) < float("inf") else Unreadable("数 a number")


def _parse_day(text: str) -> Cell | Unreadable:
    return parse_date_text(text) or Unreadable("yyyy-mm-dd")


def _parse_moment(text: str) -> Cell | Unreadable:
    return parse_moment_text(text) or Unreadable("yyyy-mm-dd hh:mm")


def _parse_text(text: str) -> Cell | Unreadable:
    return text


_PARSERS: dict[FieldType, Callable[[str], Cell | Unreadable]] = {
    "integer": _parse_integer,
    "decimal": _parse_decimal,
    "boolean": parse_boolean,
    "text": _parse_text,
    "date": _parse_day,
    "datetime": _parse_moment,
}


def _parse_codes(field: FormField, text: str) -> Cell | Unreadable:
    codes = load_codelists()[field.codes]
    if field.type == "code":
        code = codes.code_of(text)
        return code if code is not None else _no_code(codes)
    words = text.replace("；", ";").replace("、", ";").replace(",", ";").replace("|", ";").split(";")
    found = [codes.code_of(word) for word in words if word.strip()]
    if None in found:
        return _no_code(codes)
    return CODES_SEPARATOR.join(code for code in codes.codes if code in found)


def _no_code(codes: CodeList) -> Unreadable:
    return Unreadable(" | ".join(f"{code} {label}" for code, label in codes.codes.items()))
