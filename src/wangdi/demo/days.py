"""Days as whole numbers since 1970-01-01, the way the whole synthetic world counts them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int32]
Texts = NDArray[np.object_]

NEVER = 2**30
"""Later than everything: a death that has not happened."""
UNKNOWN = -(2**30)
"""A date that is not there."""

_EPOCH = date(1970, 1, 1)
_FIRST_YEAR, _LAST_YEAR = 1900, 2060


def day_number(year: int, month: int = 1, day: int = 1) -> int:
    """A date as its number."""
    return (date(year, month, day) - _EPOCH).days


def date_of(day: int) -> date:
    """A number as its date."""
    return _EPOCH + timedelta(days=int(day))


def years_at(birth: Days, day: Days | int) -> NDArray[np.int32]:
    """Completed years. Missing: none; everybody here has a birth date."""
    return (
        np.asarray(
            _parts_table()[3][_index(np.asarray(day) + np.zeros_like(birth))] - _parts_table()[3][_index(birth)],
            dtype=np.int32,
        )
        // 10_000
    )


def year_month_day(days: Days) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """The three parts of each day."""
    years, months, month_days, _ = _parts_table()
    at = _index(days)
    return years[at], months[at], month_days[at]


def month_index(days: Days, year: int) -> NDArray[np.int32]:
    """0 for a day before ``year``, then 1 to 12."""
    years, months, _ = year_month_day(days)
    return np.asarray(np.where(years < year, 0, np.minimum(months, 12)), dtype=np.int32)


def quarter_ends(months: NDArray[Any]) -> NDArray[Any]:
    """The last month of each month's quarter; 0, the history, stays."""
    return (months + 2) // 3 * 3


def date_texts(days: Days, style: str) -> Texts:
    """Each day written as ``style`` says; "" for ``UNKNOWN``."""
    known = days != UNKNOWN
    texts = _text_table(style)[_index(np.where(known, days, 0))]
    texts[~known] = ""
    return np.asarray(texts, dtype=object)


def _index(days: Any) -> Any:
    return np.asarray(days) - day_number(_FIRST_YEAR)


@cache
def _parts_table() -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    days = np.arange(np.datetime64(f"{_FIRST_YEAR}-01-01"), np.datetime64(f"{_LAST_YEAR}-01-01"))
    years = days.astype("datetime64[Y]").astype(np.int32) + 1970
    months = days.astype("datetime64[M]").astype(np.int32) % 12 + 1
    month_days = (days - days.astype("datetime64[M]")).astype(np.int32) + 1
    ordered = years * 10_000 + months * 100 + month_days
    return years, months, month_days, ordered


@cache
def _text_table(style: str) -> Texts:
    years, months, month_days, _ = _parts_table()
    shapes = {
        "iso": "{0}-{1:02}-{2:02}",
        "slash": "{0}/{1}/{2}",
        "dot": "{0}.{1}.{2}",
        "chinese": "{0}年{1}月{2}日",
        "compact": "{0}{1:02}{2:02}",
    }
    shape = shapes[style]
    return np.array(
        [shape.format(y, m, d) for y, m, d in zip(years.tolist(), months.tolist(), month_days.tolist(), strict=True)],
        dtype=object,
    )
