"""What of an indicator is worth saying, and how much: missed goals before falls, those before large changes and differences."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from wangdi.catalog.figures import ToldFigure
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.model import Material
from wangdi.reports.writing.phrases import round_half_up


@dataclass(frozen=True, slots=True)
class Noted:
    """What there is to say of one indicator, worked out. Missing: a part is None where it cannot be worked out.

    ``change``: percentage points of a share, per cent of anything else. ``gap``: how far its goal is away, negative where it is
    reached. ``best`` and ``worst``: all areas that are printed alike.
    """

    material: Material
    change: Fraction | None
    gap: Fraction | None
    best: tuple[ToldFigure, ...]
    worst: tuple[ToldFigure, ...]
    ranked: tuple[ToldFigure, ...]
    """Areas with enough people to be compared, the highest first."""
    left_out: int
    """Areas with too few."""
    too_few: bool = False
    """Whether a change is not worked out because there were too few now or the year before."""

    @property
    def figure(self) -> ToldFigure:
        """The figure of the whole area."""
        return self.material.figure

    @property
    def missed(self) -> bool:
        """Whether there is a goal that is not reached."""
        return self.gap is not None and self.gap > 0

    @property
    def behind(self) -> bool:
        """Whether there is a goal that is not reached, nor will be at today's pace."""
        return self.missed and self.material.goal is not None and not self.material.goal.on_course

    @property
    def worsened(self) -> bool:
        """Whether it is worse than the year before, as far as it is printed; so many to one is neither better nor worse.

        Rule: fewer of something counted is not worse by itself; more cases of a disease are.
        """
        if self.change is None or not is_printed(self.change) or self.figure.unit == "ratio":
            return False
        if low_is_good(self.material):
            return self.change > 0
        return self.change < 0 and self.figure.unit != "count"

    @property
    def told_change(self) -> Fraction | None:
        """The change where it is large enough to be told."""
        least = Fraction(str(load_lexicon("writing")["least_told"]))
        return self.change if self.change is not None and abs(self.change) >= least else None

    @property
    def far_apart(self) -> bool:
        """Whether the highest and the lowest area differ by more than a flutter: of a share in points, else in per cent of all."""
        whole = Fraction(100) if self.figure.unit == "percent" else value_of(self.figure)
        least = Fraction(load_lexicon("writing")["least_change"])
        return bool(self.best and self.worst and whole) and self.spread / whole * 100 >= least

    @property
    def troubling(self) -> bool:
        """Whether it belongs among the problems: a goal missed, or a turn for the worse that is more than a flutter."""
        least = Fraction(load_lexicon("writing")["least_change"])
        return self.behind or (self.worsened and abs(self.change or Fraction(0)) >= least)

    def counted(self) -> tuple[float | None, ...]:
        """Its numbers, now and the year before."""
        before = self.material.before
        was = (None, None) if before is None else (before.numerator, before.denominator)
        return (self.figure.numerator, self.figure.denominator, *was)

    def weight(self) -> tuple[bool, Fraction, bool, Fraction, Fraction]:
        """By what it is ranked: a missed goal and how far, a turn for the worse, how large a change, how far areas are apart."""
        return (
            self.behind,
            max(self.gap or Fraction(0), Fraction(0)) if self.behind else Fraction(0),
            self.worsened,
            abs(self.change or Fraction(0)),
            self.spread,
        )

    def merit(self) -> tuple[bool, Fraction, Fraction]:
        """By what it is ranked among the achievements: a goal reached, how much better it became, how far areas are apart."""
        reached = self.gap is not None and not self.missed
        better = Fraction(0) if self.worsened or self.behind else abs(self.told_change or Fraction(0))
        return reached, better, self.spread

    @property
    def spread(self) -> Fraction:
        """How far the highest and the lowest area are apart; 0 where none are compared."""
        return value_of(self.best[0]) - value_of(self.worst[0]) if self.best and self.worst else Fraction(0)


def note_indicator(material: Material) -> Noted:
    """Work out what there is to say of an indicator.

    Rule: areas with fewer in the denominator than ``few`` are not ranked; areas that are printed alike share a rank; where all
    are, there is no best and no worst.
    """
    few = load_lexicon("writing")["few"]
    rates = [one for one in material.areas if one.exact is not None and one.denominator is not None]
    ranked = sorted((one for one in rates if (one.denominator or 0) >= few), key=lambda one: (-value_of(one), one.area))
    best = tuple(one for one in ranked if printed(one) == printed(ranked[0]))
    worst = tuple(one for one in ranked if printed(one) == printed(ranked[-1]))
    compared = bool(ranked) and printed(ranked[0]) != printed(ranked[-1])
    return Noted(
        material,
        _change(material),
        _gap(material),
        best if compared else (),
        worst if compared else (),
        tuple(ranked),
        len(rates) - len(ranked),
        _has_few(material),
    )


def value_of(figure: ToldFigure) -> Fraction:
    """A figure's value; 0 where it has none."""
    return figure.exact or Fraction(0)


def printed(figure: ToldFigure) -> str:
    """A figure's value as printed."""
    return round_half_up(value_of(figure))


def is_printed(change: Fraction) -> bool:
    """Whether a change is to be seen in what is printed."""
    return float(round_half_up(change)) != 0


def low_is_good(material: Material) -> bool:
    """Whether less is better: by its goal, else by its name."""
    if material.goal is not None:
        return material.goal.comparator == "<="
    return any(word in material.figure.title for word in load_lexicon("writing")["low_is_good"])


def _has_few(material: Material) -> bool:
    """Whether there are so few that one more or less would move the change far: in either year of a share, in both of a count."""
    few: int = load_lexicon("writing")["few"]
    before = material.before
    if before is None:
        return False
    if material.figure.unit == "percent":
        return 0 < min(material.figure.denominator or 0, before.denominator or 0) < few
    return max(material.figure.numerator, before.numerator) < few


def _change(material: Material) -> Fraction | None:
    now = material.figure.exact
    was = None if material.before is None else material.before.exact
    if now is None or was is None or _has_few(material):
        return None
    if material.figure.unit == "percent":
        return now - was
    return (now - was) / was * 100 if was else None


def _gap(material: Material) -> Fraction | None:
    now, goal = material.figure.exact, material.goal
    if now is None or goal is None:
        return None
    far = Fraction(str(goal.value)) - now
    return far if goal.comparator == ">=" else -far
