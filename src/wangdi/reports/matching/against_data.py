"""A report against a city's data: each result matched to an indicator, recomputed for its period and area, and compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from wangdi.catalog.figures import FigureAsked, Recompute, ToldFigure
from wangdi.core.periods import Period
from wangdi.core.problem import Problem
from wangdi.reports.matching.indicator_names import IndicatorNames, Named
from wangdi.reports.matching.whereabouts import Areas, Mentions, find_period, year_before
from wangdi.reports.reading.claims import Claim
from wangdi.reports.reading.telling import ACTUAL, CHANGE, COUNT, RATE, VALUE
from wangdi.reports.relations.ground import ARITHMETIC, BASES, Ground, Relation, unit_of, written, written_claim
from wangdi.reports.text.lexicon import load_lexicon, ratio_units
from wangdi.reports.text.numerals import Interval

NOT_THEN = "not_then"
"""Why a claim is not matched: its number is known now, and was not at the time of the report."""
REASONS = {
    "measure": "AUDIT-210",
    "name": "AUDIT-211",
    "area": "AUDIT-212",
    "period": "AUDIT-213",
    "no_value": "AUDIT-214",
    "ambiguous": "AUDIT-215",
    NOT_THEN: "AUDIT-216",
}
"""Why a claim cannot be matched, with what is said of it."""
AGREES, DIFFERS, UNMATCHED = VERDICTS = "agrees", "differs", "unmatched"
_THAN_LAST_YEAR = re.compile(r"(?:较|比|与)(?:上一?年|去年)(?:同期)?|同比")
_EXTREME = re.compile(r"^(?:其中)?(?:最[高低多少大小好差]|[较偏][高低])的?(?:依次)?(?:为|是|有)?")
"""最高的为甲镇, 81.2%: of the indicator told before."""
_CHANGED = re.compile(r"(?:[较比与](?:上年|(?:19|20)\d{2}年)(?:同期)?|同比)?(?:升幅|增幅|降幅|增加|减少)$")
_BACK = 4
"""How many numbers back of its sentence an indicator that is not named again may stand."""
_WRITTEN_UNITS = {"points": ("分",), "ratio": ("",), "days": ("天", "日")}
"""How reports write values of a unit of the packs; of a ratio (1:1.25) the number of the second for one of the first."""
_PER = {"千": 1000, "万": 10_000, "十万": 100_000, "10万": 100_000, "百万": 1_000_000}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a report is held against. ``about``: the period of the whole report; ``own``: the city itself wrote it."""

    names: IndicatorNames
    areas: Areas
    about: Period | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """A claim with every figure it can be. ``change``: it tells what changed since the year before."""

    claim: int
    named: tuple[Named, ...]
    area: str
    period: Period
    change: bool

    def asked(self) -> Iterator[FigureAsked]:
        """The figures that decide it."""
        before = year_before(self.period) if self.change else None
        for indicator in dict.fromkeys(one.indicator for one in self.named):
            yield FigureAsked(indicator, self.area, self.period)
            if before is not None:
                yield FigureAsked(indicator, self.area, before)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What a claim comes to in the data. ``value``: in the claim's own unit. ``gap``: claimed less recomputed; None: it agrees.

    ``before``: the figure of the year before, where the claim tells what changed since.
    """

    named: Named
    figure: ToldFigure
    value: Fraction
    gap: Fraction | None
    before: ToldFigure | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A claim held against the data. ``then``: as known on the report's date; ``today``: with everything accepted.

    Missing: ``then`` is None, and ``reason`` says why, where it cannot be matched; ``today`` too, unless it became known since.
    """

    claim: int
    verdict: str
    reason: str = ""
    period: str = ""
    then: Recomputed | None = None
    today: Recomputed | None = None
    relation: Relation | None = None


def hold_claims(ground: Ground, catalogue: Catalogue, then: Recompute, today: Recompute) -> list[Held]:
    """Every result of a report beside what the data say.

    Rule: a claim agrees where the recomputed number would be printed so. One that differs is a question, unless the report
    is the city's own and its sentence names the base the figure is counted over.
    """
    names, mentions = _name_claims(ground, catalogue.areas), Mentions(catalogue.areas, ground)
    found = [
        match_claim(mentions, catalogue, (index, names[index]))
        for index, one in enumerate(ground.claims)
        if one.status == ACTUAL
    ]
    asked = {figure for one in found if isinstance(one, Matched) for figure in one.asked()}
    known = then(asked)
    figures = known, known if today == then else today(asked)
    return [one if isinstance(one, Held) else _hold(ground, catalogue, one, figures) for one in found]


def _name_claims(ground: Ground, areas: Areas) -> list[str]:
    """The indicator of each claim without the area in front of it: 甲镇为… after 甲镇高血压规范管理率… has the same one."""
    names: list[str] = []
    for index, one in enumerate(ground.claims):
        name = areas.strip(_EXTREME.sub("", one.indicator))
        for last in range(index - 1, max(-1, index - 1 - _BACK), -1) if not name else ():
            other = ground.claims[last]
            if not ground.same_sentence(last, index):
                break
            alike = other.norm_unit == one.norm_unit and other.measure == one.measure
            if alike or (other.measure == CHANGE and one.measure == RATE):
                name = _CHANGED.sub("", names[last]) if other.measure == CHANGE else names[last]
                break
        names.append(name)
    return names


def match_claim(mentions: Mentions, catalogue: Catalogue, told: tuple[int, str]) -> Matched | Held:
    """What a claim is in the catalogue, or why it is nothing there. ``told``: its place, and its name without an area."""
    (index, name), ground = told, mentions.ground
    one = ground.claims[index]
    if one.measure not in (RATE, COUNT, CHANGE, VALUE):
        return Held(index, UNMATCHED, "measure")
    change = one.measure == CHANGE
    if change and not _THAN_LAST_YEAR.search(ground.text[ground.layout.statement_at(one.start).start : one.start]):
        return Held(index, UNMATCHED, "measure")
    name = _CHANGED.sub("", name) if change else name
    named = catalogue.names.find(name, one.measure == COUNT) or catalogue.names.find_part(name)
    if not named and one.cell is not None:  # what a title above the table adds to its headers is no part of a name
        own = catalogue.areas.strip(one.own)
        named = catalogue.names.find(own, one.measure == COUNT) or catalogue.names.find_part(own)
    if not named and (change or one.measure == VALUE):
        named = catalogue.names.find(name, counted=True)
    named = tuple(each for each in named if change or _unit_fits(one, each, catalogue.names.units[each.indicator]))
    if not named:
        return Held(index, UNMATCHED, "name")
    area, period = mentions.area_of(one), find_period(one, catalogue.about)
    if area is None or period is None:
        return Held(index, UNMATCHED, "area" if area is None else "period")
    return Matched(index, named, area, period, change)


def _unit_fits(one: Claim, named: Named, unit: str) -> bool:
    if named.part != "value" or unit == "count":
        return one.norm_unit not in ratio_units()
    if unit in _WRITTEN_UNITS:
        return one.norm_unit in _WRITTEN_UNITS[unit]
    return one.norm_unit in ratio_units() or _per_head(one) == load_lexicon("units")["pack_units"].get(unit)


def _per_head(one: Claim) -> int | None:
    found = re.match(r"每?(十万|10万|百万|千|万)", one.per)
    return _PER[found[1]] if found else None


Both = tuple[Mapping[FigureAsked, ToldFigure], Mapping[FigureAsked, ToldFigure]]


def _hold(ground: Ground, catalogue: Catalogue, one: Matched, figures: Both) -> Held:
    claim = ground.claims[one.claim]
    then, today = (_recompute(claim, one, side) for side in figures)
    now = None if isinstance(today, str) else today
    if isinstance(then, str):
        reason = then if now is None else NOT_THEN
        return Held(one.claim, UNMATCHED, reason, one.period.text, today=now)
    verdict = AGREES if then.gap is None else DIFFERS
    relation = _relate(ground, catalogue, one, (then, now))
    return Held(one.claim, verdict, "", one.period.text, then, now, relation)


def _recompute(claim: Claim, one: Matched, figures: Mapping[FigureAsked, ToldFigure]) -> Recomputed | str:
    """The claim's number as the data have it, or why there is none."""
    found: list[Recomputed] = []
    for named in one.named:
        figure = figures.get(FigureAsked(named.indicator, one.area, one.period))
        before = _before(one, named, figures) if one.change else None
        value = None if figure is None else _value_of(claim, named, figure, before)
        if figure is not None and value is not None:
            found.append(Recomputed(named, figure, value, _gap(claim, value, one.change), before))
    if not found:
        return "no_value"
    return found[0] if len({each.value for each in found}) == 1 else "ambiguous"


def _before(one: Matched, named: Named, figures: Mapping[FigureAsked, ToldFigure]) -> ToldFigure | None:
    before = year_before(one.period)
    return figures.get(FigureAsked(named.indicator, one.area, before)) if before is not None else None


def _value_of(claim: Claim, named: Named, figure: ToldFigure, before: ToldFigure | None) -> Fraction | None:
    """The number a claim tells, in the claim's unit. Missing: None where the data have none."""
    if claim.measure == CHANGE:
        return _change(claim, figure, before)
    if named.part == "numerator":
        return None if figure.counted is None else Fraction(figure.counted)
    if named.part == "denominator":
        return None if figure.denominator is None else Fraction(figure.denominator)
    exact = figure.exact
    if exact is None or claim.norm_unit not in ratio_units():
        return exact
    return exact / Fraction(figure.per) / unit_of(claim)


def _change(claim: Claim, figure: ToldFigure, before: ToldFigure | None) -> Fraction | None:
    """What changed since the year before: percentage points, or the growth of what is counted."""
    now, was = figure.exact, None if before is None else before.exact
    if now is None or was is None:
        return None
    if claim.norm_unit in load_lexicon("units")["points"]["units"]:
        return now - was if figure.unit == "percent" and claim.norm_unit != "个千分点" else None
    if claim.norm_unit == "%":
        return (now - was) / was * 100 if was else None
    return now - was if figure.unit == "count" else None


def _gap(claim: Claim, value: Fraction, change: bool) -> Fraction | None:
    """How far the claimed number is from the recomputed one; None where the second would be printed as the first."""
    told, claimed = claim.interval, claim.exact
    if change and claim.direction == "down":
        low = None if told.high is None else -told.high
        inside = (low is None or low <= value) and value <= -told.low
        return None if inside else -claimed - value
    return None if told.meets(Interval(value, value)) else claimed - value


def _relate(
    ground: Ground, catalogue: Catalogue, one: Matched, found: tuple[Recomputed, Recomputed | None]
) -> Relation:
    then, today = found
    claim = ground.claims[one.claim]
    args = {
        "name": catalogue.names.title_of(then.named, then.figure.title),
        "claimed": written_claim(claim),
        "area": then.figure.area_name,
        "period": one.period.title(),
        "counted": count_out(claim, then),
        "base": then.figure.base or "—",
        "known": str(then.figure.known),
        "today": f"{written(today.value)}{claim.norm_unit}" if today is not None else "—",
        "gap": written(then.gap or Fraction(0), 4),
    }
    if then.gap is None:
        return Relation("data", (one.claim,), True, "", Problem(code="AUDIT-200", args=args))
    if catalogue.own and _names_base(ground, claim, then.figure):
        return Relation("data", (one.claim,), False, ARITHMETIC, Problem(code="AUDIT-202", args=args))
    return Relation("data", (one.claim,), False, BASES, Problem(code="AUDIT-201", args=args))


def count_out(claim: Claim, found: Recomputed) -> str:
    """How the data come to a claim's number: numerator / denominator = value; of a change what it was and what it is."""
    value = f"{written(found.value)}{claim.norm_unit}"
    now, was = found.figure, found.before
    if was is not None and now.exact is not None and was.exact is not None:
        return f"{written(was.exact)} → {written(now.exact)}（{'+' if found.value >= 0 else ''}{value}）"
    if now.denominator is None or found.named.part != "value":
        return value
    return f"{written(Fraction(now.numerator))} / {written(Fraction(now.denominator))} = {value}"


def _names_base(ground: Ground, claim: Claim, figure: ToldFigure) -> bool:
    """Whether the sentence of a claim says what its figure is counted over: by name, or by the number itself."""
    stretch = ground.layout.statement_at(claim.start)
    if figure.base and figure.base in ground.text[stretch.start : stretch.end]:
        return True
    return any(
        other.measure == COUNT and other.exact == figure.denominator
        for other in ground.claims[ground.first_from(stretch.start) : ground.first_from(stretch.end)]
    )


def tell_data(held: Held, claim: Claim) -> Problem:
    """What the data say of a claim, in words."""
    if held.relation is not None:
        return held.relation.told
    today = count_out(claim, held.today) if held.today is not None else "—"
    return Problem(code=REASONS[held.reason], args={"today": today})


def relations_of(held: Sequence[Held]) -> list[Relation]:
    """What the data say, as relations beside those a report has with itself."""
    return [one.relation for one in held if one.relation is not None]
