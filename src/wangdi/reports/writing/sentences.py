"""The sentences of a report, each from the figures of one programme or one indicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from wangdi.catalog.figures import ToldFigure
from wangdi.reports.text.lexicon import load_lexicon
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

    Missing: nothing of an indicator that turned for the worse, which is no achievement, unless its goal is reached all the same.
    """
    reached = noted.gap is not None and not noted.missed
    if noted.troubling or (noted.worsened and not reached):
        return None
    change = _change(commission, noted) if noted.told_change is not None and not noted.worsened else ()
    areas = _areas(commission, noted)
    if areas and not change:
        change = fill_phrase("value", {"title": noted.figure.title, "value": show_figure(noted.figure)})
    goal = fill_phrase(
        "met" if change or areas else "met_named", {"title": noted.figure.title, "goal": show_aim(noted)}
    )
    clauses = [one for one in (join([change, areas], "，"), goal if reached else ()) if one]
    if not clauses:
        return None
    return Sentence(f"achievements/{programme.id}/note/{noted.figure.indicator}", end(join(clauses, "；")))


def write_problem(commission: Commission, programme: Programme, noted: Noted) -> Sentence | None:
    """What is not well with one indicator: a goal missed, a turn for the worse, and who is missing from the numerator."""
    if not noted.troubling:
        return None
    clauses = [fill_phrase("value", {"title": noted.figure.title, "value": show_value(noted.figure)})]
    if noted.behind:
        points = noted.figure.unit == "percent"
        gap = round_half_up(noted.gap or Fraction(0))
        places = {"goal": show_aim(noted), "gap": Piece(gap, noted.figure)}
        clauses.append(fill_phrase("missed" if points and is_printed(Fraction(gap)) else "missed_share", places))
    if noted.worsened:
        clauses.append(_change(commission, noted, named=False))
    if noted.behind:
        clauses.append(_missing(commission, noted))
    return Sentence(
        f"problems/{programme.id}/{noted.figure.indicator}", end(join([one for one in clauses if one], "，"))
    )


def write_failing(programme: Programme, noted: Noted) -> Sentence | None:
    """Which conditions those fail who are missing from the numerator of a missed goal."""
    _, unit, kind = counted_over(noted.figure.base)
    named = [
        fill_phrase("fails", {"label": label, "count": Piece(str(count), noted.figure), "unit": unit})
        for label, count in noted.material.failing[: load_lexicon("writing")["most_named"]]
    ]
    if not noted.behind or not named:
        return None
    pieces = (*fill_phrase("failing", {"title": noted.figure.title, "kind": kind, "unit": unit}), *join(named, "，"))
    return Sentence(f"problems/{programme.id}/{noted.figure.indicator}/failing", end(pieces))


def write_next(commission: Commission, programme: Programme, noted: Noted) -> Sentence | None:
    """What a missed goal takes: how many more people and where most of those missing are, else how far; and who answers for it."""
    goal, needed = noted.material.goal, count_needed(noted)
    if goal is None or not noted.missed or (needed is None and not goal.owners):
        return None
    gap = round_half_up(noted.gap or Fraction(0))
    places: dict[str, Piece | str | None] = {
        "title": noted.figure.title,
        "goal": show_aim(noted),
        "gap": Piece(gap, noted.figure) if noted.figure.unit == "percent" and is_printed(Fraction(gap)) else None,
        "needed": None if needed is None else Piece(str(needed), noted.figure),
        "unit": counted_over(noted.figure.base)[1],
    }
    takes = fill_phrase("needed", places) or fill_phrase("needed_points", places) or fill_phrase("aim", places)
    areas = _named_areas("needed_areas", noted) if needed is not None else ()
    clauses = [one for one in (takes, areas, tell_owners(goal.owners)) if one]
    return Sentence(f"next/{programme.id}/{noted.figure.indicator}", end(join(clauses, "，")))


def tell_owners(owners: Sequence[str]) -> tuple[Piece, ...]:
    """责任单位为…: who answers for an item, the first leads; nothing where nobody is named."""
    return fill_phrase("owners", {"owners": "、".join(owners)}) if owners else ()


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


def show_aim(noted: Noted) -> Piece | None:
    """The goal of an indicator as printed, which leads to where it is kept."""
    goal = noted.material.goal
    if goal is None:
        return None
    return Piece(show_goal(goal.comparator, goal.value, noted.figure.unit, goal.unit), page=goal.page)


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
    """其中甲镇最高，为…，乙镇最低，为…; of two areas both."""
    if not noted.far_apart:
        return ()
    level = load_lexicon("writing")["levels"][commission.level]
    phrase = "areas_two" if len(noted.ranked) == 2 else "areas"
    places: dict[str, Piece | str | None] = {
        "best": _names(noted.best, level),
        "best_value": show_figure(noted.best[0]),
        "worst": _names(noted.worst, level),
        "worst_value": show_figure(noted.worst[0]),
    }
    return fill_phrase(phrase, places)


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
    base, unit, _ = counted_over(figure.base)
    places: dict[str, Piece | str | None] = {
        "base": base,
        "unit": unit,
        "denominator": Piece(round_half_up(Fraction(figure.denominator), 0), figure),
        "missing": Piece(str(missing_in(figure)), figure),
    }
    return join([fill_phrase("missing", places), _named_areas("missing_areas", noted)], "，")


def counted_over(label: str) -> tuple[str, str, str]:
    """A denominator's printed words without the word that says it is counted, its unit and its kind: 档案, 份, 档案."""
    endings: Mapping[str, list[str]] = load_lexicon("writing")["counted"]
    words = label.rstrip("）)")
    words, _, aside = words.replace("(", "（").partition("（") if words != label else (label, "", "")
    ending = next((one for one in endings if words.endswith(one)), "")
    unit, kind = endings[ending or "数"]
    return words.removesuffix(ending) + (f"（{aside}）" if aside else ""), unit, kind


def show_value(figure: ToldFigure) -> Piece | None:
    """A figure's value, a plain count with what is counted behind it: 112例."""
    shown = show_figure(figure)
    if shown is None or figure.unit != "count":
        return shown
    nouns: Mapping[str, str] = load_lexicon("writing")["nouns"]
    return replace(shown, text=shown.text + next((noun for word, noun in nouns.items() if word in figure.title), ""))


def _named_areas(phrase: str, noted: Noted) -> tuple[Piece, ...]:
    """The areas in which most people are missing, each with how many."""
    unit = counted_over(noted.figure.base)[1]
    named = [
        (Piece(f"{one.area_name}（"), Piece(str(missing_in(one)), one), Piece(f"{unit}）"))
        for one in _with_most_missing(noted)
    ]
    if not named:
        return ()
    text: str = load_lexicon("writing")["phrases"][phrase]
    before, _, after = text.replace("{unit}", unit).partition("{areas}")
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
