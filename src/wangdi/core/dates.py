"""Calendar arithmetic as the norm means it. One table of cases (``tests/spec/dates.csv``) holds for every engine."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date, datetime, timedelta

_DAY = re.compile(
    r"(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})/(\d{1,2})/(\d{1,2})|(\d{4})\.(\d{1,2})\.(\d{1,2})"
    r"|(\d{4})年(\d{1,2})月(\d{1,2})日|(\d{4})(\d{2})(\d{2}))"
)
_MONTH = re.compile(r"(\d{4})(?:[-/.](\d{1,2})|年(\d{1,2})月份?|(\d{2}))")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?|(\d{2})(\d{2})(\d{2})?")
_CHINA_ZONE = re.compile(r"\s*(?:\+08:?00|\+08)$")


def add_months(day: date, months: int) -> date:
    """The day so many calendar months later (earlier when negative).

    Rule: where that month has no such day, its last day (31 January + 1 month = 28 or 29 February).
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def month_end(day: date) -> date:
    """The last day of the month ``day`` is in."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_ends(first: date, last: date) -> list[date]:
    """The last days of months that lie between two days, both included."""
    found, end = [], month_end(first)
    while end <= last:
        found.append(end)
        end = month_end(add_months(end, 1))
    return found


def age_months(birth: date, on: date) -> int:
    """Completed months of age on a day.

    Rule: a month is completed on the day :func:`add_months` gives. Negative before birth.
    """
    months = (on.year - birth.year) * 12 + on.month - birth.month
    return months if add_months(birth, months) <= on else months - 1


def age_years(birth: date, on: date) -> int:
    """Completed years of age (周岁) on a day.

    Rule: a year is completed on the birthday; who was born on 29 February has it on 28 February in common years.
    Negative before birth.
    """
    return age_months(birth, on) // 12


def days_in_year(year: int) -> int:
    """365 or 366."""
    return 366 if calendar.isleap(year) else 365


def parse_date_text(text: str) -> date | None:
    """The day a text says, or nothing: 2025-03-01, 2025/3/1, 2025.3.1, 20250301, 2025年3月1日, a time may follow.

    Missing: an empty text, a day that does not exist, a two-digit year, or a day-first or month-first order gives None:
    nothing is guessed.
    """
    moment = parse_moment_text(text)
    return None if moment is None else moment.date()


def parse_month_text(text: str) -> date | None:
    """The last day of the month a text says, or nothing: 2025-03, 2025/3, 2025.3, 202503, 2025年3月, or any day of it.

    Missing: an empty text and a month that does not exist give None.
    """
    day = parse_date_text(text)
    found = _MONTH.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if day is None and found is not None:
        year, month = (int(part) for part in found.groups() if part is not None)
        day = date(year, month, 1) if year and 1 <= month <= 12 else None
    return None if day is None else month_end(day)


def parse_moment_text(text: str) -> datetime | None:
    """The local moment a text says, or nothing; a day alone is its midnight.

    Rule: China has one zone: ``+08:00`` may be written and is dropped; any other zone is not understood (None).
    """
    plain = _CHINA_ZONE.sub("", unicodedata.normalize("NFKC", text).strip())
    found = _DAY.match(plain)
    if found is None:
        return None
    rest = plain[found.end() :]
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        midnight = datetime(year, month, day)  # local time by definition
    except ValueError:
        return None
    if not rest:
        return midnight
    compact = found.group(13) is not None
    if not compact and rest[0] not in "Tt ":
        return None
    clock = _parse_clock(rest.lstrip("Tt ") if not compact else rest, compact=compact)
    return None if clock is None else midnight + clock


def _parse_clock(text: str, *, compact: bool) -> timedelta | None:
    """The time of day; ``compact`` allows 20250301083000, as HL7 v2 and CDA write it."""
    found = _TIME.fullmatch(text)
    if found is None or (found.group(5) is not None and not compact):
        return None
    hour, minute, second = (int(found.group(place) or found.group(place + 4) or 0) for place in (1, 2, 3))
    if hour > 23 or minute > 59 or second > 59:
        return None
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=int((found.group(4) or "").ljust(6, "0")))
