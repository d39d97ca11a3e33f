"""Numbers as reports write them: 1,234.5, 三十二, 十余, two-digit rounding, and what a written number leaves open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from wangdi.reports.text.lexicon import load_lexicon

DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_HANZI = "零一二三四五六七八九"
POWERS = {"十": 10, "百": 100, "千": 1000}
HANZI_NUMBER = "(?<![零〇一二两三四五六七八九十百千])[零〇一二两三四五六七八九十百千]{1,12}"

_WIDE = str.maketrans("０１２３４５６７８９％．／＋＜＞：", "0123456789%./+<>:")


@dataclass(frozen=True, slots=True)
class Interval:
    """Every value that would be written as this number. ``high`` is None where there is no upper end."""

    low: Fraction
    high: Fraction | None

    def meets(self, other: Interval) -> bool:
        """Whether some value is in both."""
        below = self.high is not None and self.high < other.low
        above = other.high is not None and other.high < self.low
        return not below and not above

    def plus(self, other: Interval) -> Interval:
        """What the sum can be."""
        high = None if self.high is None or other.high is None else self.high + other.high
        return Interval(self.low + other.low, high)

    def minus(self, other: Interval) -> Interval | None:
        """What the difference can be; None where one side has no end."""
        if self.high is None or other.high is None:
            return None
        return Interval(self.low - other.high, self.high - other.low)

    def over(self, other: Interval) -> Interval | None:
        """What the quotient of two positive numbers can be; None where it has no end."""
        if self.high is None or other.high is None or other.low <= 0:
            return None
        return Interval(self.low / other.high, self.high / other.low)

    def times(self, factor: Fraction) -> Interval:
        """Everything multiplied by a positive factor."""
        return Interval(self.low * factor, None if self.high is None else self.high * factor)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written. ``more``: 余 or 多 stands in it; ``rank``: it says a place in an order.

    ``step``: what a number in words is rounded to (九成: ten per cent); none where its last digit says it.
    """

    start: int
    end: int
    value: Decimal
    value_hi: Decimal | None
    scale: int
    scale_name: str
    unit: str
    more: bool = False
    rank: bool = False
    step: Decimal | None = None

    @property
    def written_unit(self) -> str:
        """Scale and unit as one: 万人次."""
        return self.scale_name + self.unit


def scale_of(name: str) -> int:
    """What 万 or 亿 multiplies by; one for no scale."""
    return int(load_lexicon("units")["scales"].get(name, 1))


def narrow_digits(text: str) -> str:
    """Full-width digits and signs as their ASCII ones; every character stays at its place."""
    return text.translate(_WIDE)


def parse_hanzi(text: str) -> int | None:
    """A number written in Chinese below ten thousand (三十二, 两百, 一〇五); None where it is none."""
    if not re.fullmatch(HANZI_NUMBER, text):
        return None
    if not any(sign in POWERS for sign in text):
        return int("".join(str(DIGITS[sign]) for sign in text))
    total, digit = 0, None
    for sign in text:
        if sign in POWERS:
            total += (1 if digit is None else digit) * POWERS[sign]
            digit = None
        else:
            digit = DIGITS[sign]
    return total + (digit or 0)


def to_hanzi(number: int) -> str:
    """A number from 1 to 99 in Chinese: 十二, 二十."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{_HANZI[tens]}十") + (_HANZI[ones] if ones else "")


def parse_spelled(text: str) -> Decimal | None:
    """A number in digits, or in words with or without 点: 九十二点三; None where it is none."""
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return Decimal(text)
    whole, _, rest = text.partition("点")
    value = parse_hanzi(whole)
    if value is None or not all(sign in DIGITS for sign in rest):
        return None
    return Decimal(f"{value}." + "".join(str(DIGITS[sign]) for sign in rest)) if rest else Decimal(value)


def parse_decimal(text: str) -> Decimal:
    """A number in digits, with or without thousands separators and sign."""
    return Decimal(re.sub(r"[ ,，\u00a0\u2009\u202f]", "", text).replace("−", "-").replace("－", "-"))


def rounding_interval(value: Decimal, scale: int, whole: bool) -> Interval:
    """What a printed number may stand for: half a unit of its last digit either way.

    ``whole``: things that are counted one by one, which an unscaled integer gives exactly.
    """
    exponent = value.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    exact = Fraction(value) * scale
    if whole and places == 0 and scale == 1:
        return Interval(exact, exact)
    half = Fraction(scale, 2 * 10**places)
    return Interval(exact - half, exact + half)


def open_interval(value: Decimal, scale: int) -> Interval:
    """What 余 and 多 leave open: from the number itself to the next round one (4120余 is below 4130, 4000余 below 5000)."""
    exact = Fraction(value) * scale
    digits = str(abs(value).normalize().as_tuple().exponent)
    step = Fraction(10) ** int(digits) * scale
    return Interval(exact, exact + step)


@lru_cache(maxsize=65536)
def slips_of(printed: str) -> tuple[float, ...]:
    """Every number that one slip of the pen turns into a printed one, in order.

    Rule: one digit wrong, left out or too many, two neighbours interchanged, or the decimal point elsewhere.
    """
    places = [place for place, sign in enumerate(printed) if sign.isdecimal()]
    found = {printed[:place] + digit + printed[place + 1 :] for place in places for digit in "0123456789"}
    found |= {printed[:place] + printed[place + 1 :] for place in places}
    found |= {printed[:place] + digit + printed[place:] for place in range(len(printed) + 1) for digit in "0123456789"}
    for one, other in pairwise(places):  # neighbours also across the point
        found.add(printed[:one] + printed[other] + printed[one + 1 : other] + printed[one] + printed[other + 1 :])
    digits = printed.replace(".", "")
    found |= {digits[:place] + "." + digits[place:] for place in range(1, len(digits))} | {digits, digits + "0"}
    values = {float(one) for one in found if one[:1].isdecimal() and one[-1:].isdecimal() and not re.match(r"0\d", one)}
    return tuple(sorted(values - {float(printed)}))
