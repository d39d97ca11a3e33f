"""What a cell of a spreadsheet says, as plain text: one spelling for numbers, dates and letters of any width."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

from wangdi.core.dates import parse_moment_text

Raw: TypeAlias = int | float | str | bool | time | date | datetime | timedelta
Mark: TypeAlias = Literal["rounded", "error"]
Cell: TypeAlias = tuple[str | None, Mark | None]

EXACT_DIGITS = 15
"""A spreadsheet keeps so many digits of a number; what is longer has lost its end."""
FIRST_SERIAL, LAST_SERIAL = 2200, 80000
"""Day numbers read as dates in a column of dates: 1906 to 2119. Below lie years written as numbers (1949, 2025)."""
_SERIAL_ZERO = datetime(1899, 12, 30)

# Only letters, digits and signs that carry values; Chinese punctuation stays, because code lists are written with it.
_HALF_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_HALF_WIDTH |= {
    ord("．"): ".",
    ord("－"): "-",
    ord("／"): "/",
    ord("％"): "%",
    ord("＋"): "+",
    ord("＜"): "<",
    ord("＞"): ">",
}
_HALF_WIDTH |= dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_ODD = re.compile(r"[\u200b-\u200d\u2060\ufeff\uff00-\uffef\u3000\xa0\s]")
_QUOTED = re.compile(r"""="(.*)"|'(\d.*)""", re.DOTALL)
_SCIENTIFIC = re.compile(r"\d(?:\.(\d+))?[Ee]\+?(\d{1,3})")
_ERRORS = frozenset(
    {"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)

_NUMERALS = {**{sign: index for index, sign in enumerate("〇一二三四五六七八九")}, "零": 0, "○": 0, "Ｏ": 0, "O": 0}
_CHINESE_DAY = re.compile(
    r"([〇零○O一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]?"
)


def normal_text(text: str) -> str:
    """A text without outer blanks, invisible signs and full-width letters and digits; runs of blanks become one.

    Rule: ``="0123"`` and a leading apostrophe, which exports use to keep digits as text, are taken off.
    """
    if text.isascii() and text.isalnum():
        return text
    if _ODD.search(text):
        text = " ".join(text.translate(_HALF_WIDTH).split())
    quoted = _QUOTED.fullmatch(text)
    return text if quoted is None else (quoted.group(1) or quoted.group(2) or "").strip()


def header_key(text: str) -> str:
    """How column names are compared: compatibility forms folded, no blanks, brackets and letters of one kind."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_HALF_WIDTH).split()).casefold()


def is_rounded_number(text: str) -> bool:
    """Whether a text is a long number in scientific notation that has lost its last digits (``1.10105E+17``)."""
    found = _SCIENTIFIC.fullmatch(text.strip())
    if found is None:
        return False
    return int(found.group(2)) >= 9 and len(found.group(1) or "") < int(found.group(2))


def read_cell(value: Raw) -> Cell:
    """A cell as text, and a mark where it does not say what was meant.

    Missing: an empty cell is None. Errors: ``#N/A`` and the like are None and marked.
    """
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), None
    if isinstance(value, int | float):
        return _read_number(value)
    return _read_moment(value), None


def _read_text(value: str) -> Cell:
    text = normal_text(value)
    if not text:
        return None, None
    if text[0] == "#" and text.upper() in _ERRORS:
        return None, "error"
    return text, "rounded" if "E" in text.upper() and is_rounded_number(text) else None


def _read_number(value: float) -> Cell:
    if value != value or value in (float("inf"), float("-inf")):
        return None, "error"
    if abs(value) >= 10**EXACT_DIGITS:
        return f"{value:.5E}", "rounded"
    if value == int(value):
        return str(int(value)), None
    return f"{value:.{EXACT_DIGITS}g}", None


def _read_moment(value: date | time | datetime | timedelta) -> str:
    if isinstance(value, datetime):
        if (value.hour, value.minute, value.second) == (0, 0, 0):
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="minutes" if value.second == 0 else "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat(timespec="minutes" if value.second == 0 else "seconds")
    minutes = int(value.total_seconds()) // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def date_text(text: str) -> str:
    """A cell of a column of dates in ISO form; the text itself where it says no day.

    Rule: understands day numbers (45717), 20250301, 2025/3/1, 2025.3.1, 2025年3月1日, 2025年3月1号 and
    二〇二五年三月一日, with or without a time. A two-digit year or a missing day is left as it is, to be refused.
    """
    serial = _serial_text(text)
    if serial is not None:
        return serial
    moment = parse_moment_text(_plain_date(text))
    return text if moment is None else _read_moment(moment)


def _serial_text(text: str) -> str | None:
    whole, _, rest = text.partition(".")
    if len(whole) > 5 or not whole.isdecimal() or not (rest == "" or rest.isdecimal()):
        return None
    if not FIRST_SERIAL <= int(whole) < LAST_SERIAL:
        return None
    moment = _SERIAL_ZERO + timedelta(days=float(text))
    return _read_moment((moment + timedelta(milliseconds=500)).replace(microsecond=0))


def _plain_date(text: str) -> str:
    """Signs people put between year, month and day, made one kind."""
    chinese = _CHINESE_DAY.fullmatch("".join(text.split()))
    if chinese is not None:
        year = "".join(str(_NUMERALS[sign]) for sign in chinese.group(1))
        return f"{year}-{_chinese_number(chinese.group(2))}-{_chinese_number(chinese.group(3))}"
    plain = re.sub(r"\s*([年月])\s*", r"\1", text).replace("号", "日").replace("：", ":")
    plain = re.sub(r"\s*日\s*", "日 ", plain).rstrip()
    plain = re.sub(r"(?<=\d)\s*[、。，,]\s*(?=\d)", ".", plain)
    if "年" in plain and plain.endswith(tuple("0123456789")) and "日" not in plain:
        plain += "日"
    return plain.rstrip(".")


def _chinese_number(text: str) -> int:
    """一 to 三十一."""
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return _NUMERALS[text] if len(text) == 1 else 0
    return (_NUMERALS.get(tens, 1) if tens else 1) * 10 + (_NUMERALS[ones] if len(ones) == 1 else 0)
