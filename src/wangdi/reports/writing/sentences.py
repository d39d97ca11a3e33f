"""The sentences of a report, each from the figures of one programme or one indicator."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from wangdi.catalog.figures import ToldFigure
from wangdi.reports.lexicon import load_lexicon
from wangdi.reports.writing.model import Commission, Piece, Programme, Sentence
from wangdi.reports.writing.notable import Noted, is_printed, value_of
from wangdi.reports.writing.phrases import (
    end,
    fill_phrase,
    fill_sentence,
    join,
    round_half_up,
    show_figure,
    show_goal,
)


def write_state(commission: Commission, programme: Programme) -> list[Sentence]:
    """A pack's own sentences with the figures of the area."""
    places = {name: show_figure(one.figure) for name, one in programme.materials.items()}
    scope = scope_of(commission.area_name)
    found = []
    for number, text in enumerate(programme.sentences, start=1):
        pieces = fill_sentence(text.replace("全市", scope), places)
        if pieces:
            found.append(Sentence(f"achievements/{programme.id}/state-{number}", pieces))
    return found


def write_note(commission: Commission, programme: Programme, noted: Noted) -> Sentence | None:
    """What is notable of one indicator: its change, its best and worst area, its goal where that is reached.

    Missing: nothing of an indicator that turned for the worse, which is no achievement.
    """
    if noted.worsened:
        return None
    reached = noted.gap is not None and not noted.missed
    goal = fill_phrase("met", {"goal": _goal(noted)}) if reached else ()
    clauses = [_change(commission, noted), _areas(commission, noted), goal]
    if not any(clauses):
        return None
    if not clauses[0]:
        clauses[0] = fill_phrase("value", {"title": noted.figure.title, "value": show_figure(noted.figure)})
    pieces = join([one for one in clauses if one], "；")
    return Sentence(f"achievements/{programme.id}/note/{noted.figure.indicator}", end(pieces))


def write_problem(commission: Commission, programme: Programme, noted: Noted) -> Sentence | None:
    """What is not well with one indicator: a goal missed, a turn for the worse, and who is missing from the numerator."""
    if not noted.troubling:
        return None
    clauses = [fill_phrase("value", {"title": noted.figure.title, "value": show_figure(noted.figure)})]
    if noted.missed:
        points = noted.figure.unit == "percent"
        gap = round_half_up(noted.gap or Fraction(0))
        places = {"goal": _goal(noted), "gap": Piece(gap, noted.figure)}
        clauses.append(fill_phrase("missed" if points and is_printed(Fraction(gap)) else "missed_share", places))
    if noted.worsened:
        clauses.append(_change(commission, noted, named=False))
    if noted.missed:
        clauses.append(_missing(commission, noted))
    return Sentence(
        f"problems/{programme.id}/{noted.figure.indicator}", end(join([one for one in clauses if one], "，"))
    )


def write_failing(programme: Programme, noted: Noted) -> Sentence | None:
    """Which conditions those fail who are missing from the numerator of a missed goal."""
    named = [
        fill_phrase("fails", {"label": label, "count": Piece(str(count), noted.figure)})
        for label, count in noted.material.failing[: load_lexicon("writing")["most_named"]]
    ]
    if not noted.missed or not named:
        return None
    pieces = (*fill_phrase("failing", {"title": noted.figure.title}), *join(named, "，"))
    return Sentence(f"problems/{programme.id}/{noted.figure.indicator}/failing", end(pieces))


def write_next(commission: Commission, programme: Programme, noted: Noted) -> Sentence | None:
    """How many more people a missed goal takes, and where most of those missing are."""
    needed = count_needed(noted)
    if needed is None:
        return None
    places = {"title": noted.figure.title, "goal": _goal(noted), "needed": Piece(str(needed), noted.figure)}
    clauses = [fill_phrase("needed", places), _named_areas("needed_areas", noted)]
    return Sentence(f"next/{programme.id}/{noted.figure.indicator}", end(join([one for one in clauses if one], "，")))


def count_needed(noted: Noted) -> int | None:
    """How many more people must come into the numerator. Missing: None where the goal is reached, or more are not the remedy.

    Rule: the smallest whole number that makes the value reach its goal on the denominator there is.
    """
    figure, goal = noted.figure, noted.material.goal
    counts = noted.material.people and figure.denominator and figure.unit == "percent"
    if goal is None or not noted.missed or goal.comparator != ">=" or not counts:
        return None
    asked = Fraction(str(goal.value)) / Fraction(figure.per) * Fraction(figure.denominator or 0)
    needed = -((Fraction(figure.numerator) - asked) // 1)
    return int(needed) if needed <= missing_in(figure) else None


def missing_in(figure: ToldFigure) -> int:
    """How many are in the denominator and not in the numerator."""
    return int((figure.denominator or 0) - figure.numerator)


def scope_of(area_name: str) -> str:
    """How a report speaks of its whole area: 全县."""
    scope: str = load_lexicon("writing")["scopes"].get(area_name[-1:], area_name)
    return scope


def _goal(noted: Noted) -> str | None:
    goal = noted.material.goal
    return None if goal is None else show_goal(goal.comparator, goal.value, noted.figure.unit)


def _change(commission: Commission, noted: Noted, named: bool = True) -> tuple[Piece, ...]:
    """较上年提高2.10个百分点; whose rules changed in between is said beside it."""
    figure, before = noted.figure, noted.material.before
    if noted.change is None or before is None or not is_printed(noted.change):
        return ()
    places: dict[str, Piece | str | None] = {
        "title": figure.title if named else "",
        "than": load_lexicon("writing")["than"]["year" if commission.period.kind == "year" else "other"],
        "change": Piece(round_half_up(abs(noted.change)), figure),
    }
    unit = "points" if figure.unit == "percent" else "share"
    way = "up" if noted.change > 0 else "down"
    return (
        *fill_phrase(f"{way}_{unit}", places),
        *(fill_phrase("editions", {}) if before.edition != figure.edition else ()),
    )


def _areas(commission: Commission, noted: Noted) -> tuple[Piece, ...]:
    """分乡镇看，最高的为…（…），最低的为…（…）."""
    if not noted.best or not noted.worst:
        return ()
    level = load_lexicon("writing")["levels"][commission.level]
    places: dict[str, Piece | str | None] = {
        "level": level,
        "best": _names(noted.best, level),
        "best_value": show_figure(noted.best[0]),
        "worst": _names(noted.worst, level),
        "worst_value": show_figure(noted.worst[0]),
    }
    return fill_phrase("areas", places)


def _names(areas: Sequence[ToldFigure], level: str) -> str:
    writing = load_lexicon("writing")
    if len(areas) <= writing["most_named"]:
        return "、".join(one.area_name for one in areas)
    phrase: str = writing["phrases"]["many"]
    return phrase.format(names=areas[0].area_name, count=len(areas), level=level)


def _missing(commission: Commission, noted: Noted) -> tuple[Piece, ...]:
    """…人中，尚有…人未达到要求，人数最多的为…: of indicators that count people who are all known."""
    figure = noted.figure
    if not noted.material.people or not figure.denominator or missing_in(figure) <= 0 or noted.material.goal is None:
        return ()
    if noted.material.goal.comparator != ">=":
        return ()
    places: dict[str, Piece | str | None] = {
        "base": people_of(figure.base),
        "denominator": Piece(round_half_up(Fraction(figure.denominator), 0), figure),
        "missing": Piece(str(missing_in(figure)), figure),
    }
    return join([fill_phrase("missing", places), _named_areas("missing_areas", noted)], "，")


def people_of(label: str) -> str:
    """A denominator's printed words without the word that says it is counted: 年内已管理的高血压患者."""
    for counted in ("人数", "总数", "数"):
        if label.endswith(counted):
            return label.removesuffix(counted)
    return label


def _named_areas(phrase: str, noted: Noted) -> tuple[Piece, ...]:
    """The areas in which most people are missing, each with how many."""
    named = [
        (Piece(f"{one.area_name}（"), Piece(str(missing_in(one)), one), Piece("人）"))
        for one in _with_most_missing(noted)
    ]
    if not named:
        return ()
    text: str = load_lexicon("writing")["phrases"][phrase]
    before, _, after = text.partition("{areas}")
    return tuple(piece for piece in (Piece(before), *join(named, "、"), Piece(after)) if piece.text)


def _with_most_missing(noted: Noted) -> list[ToldFigure]:
    """The areas with most people missing: no more than half of all, and none that as many others equal."""
    ranked = sorted(
        (one for one in noted.material.areas if one.denominator and missing_in(one) > 0),
        key=lambda one: (-missing_in(one), value_of(one), one.area),
    )
    most = min(load_lexicon("writing")["most_named"], len(noted.material.areas) // 2)
    if len(ranked) > most:
        ranked = [one for one in ranked[:most] if missing_in(one) > missing_in(ranked[most])]
    return ranked[:most]
