"""Composing a report: which sections and paragraphs it has, and in which order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from wangdi.core.periods import Period
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.text.numerals import to_hanzi
from wangdi.reports.writing.exhibits import OPENING, show_programme
from wangdi.reports.writing.items import (
    PLAN,
    list_items,
    write_done,
    write_items,
    write_late,
    write_remaining,
    write_summary,
)
from wangdi.reports.writing.model import Commission, Paragraph, Piece, Programme, Report, Section, Sentence
from wangdi.reports.writing.notable import Noted, note_indicator
from wangdi.reports.writing.sentences import write_failing, write_next, write_note, write_problem, write_state

ITEMS, ACHIEVEMENTS = "items", "achievements"
Weigh = tuple[bool, Fraction, bool, Fraction, Fraction]


def compose_report(commission: Commission) -> Report:
    """The report of a commission.

    Rule: programmes stand by what is most notable in them, and so do the indicators of each: among the achievements what was
    reached and became better, among the problems what is missed and became worse; what a pack's sentences name, and
    what has a goal, can be notable; of two that count the same here and a year ago the first is. Nothing stands in it that is
    not worked out or written by people.
    """
    writing = load_lexicon("writing")
    noted = {one.id: note_programme(one) for one in commission.programmes if not is_silent(one)}
    told = [one for one in commission.programmes if one.id in noted]
    ranked = sorted(told, key=lambda one: _rank(noted[one.id]), reverse=True)
    title = writing["titles"][commission.template].format(
        area=commission.area_name, period=period_title(commission.period)
    )
    sections = [_opening(commission)]
    for name in order_sections(commission.template, bool(commission.plans)):
        paragraphs = [*_own_paragraph(commission, name), *_computed(commission, name, ranked, noted)]
        heading = writing["sections"][name].format(period=period_title(commission.period))
        sections.append(Section(name, heading, tuple(paragraphs)))
    kept = [one for one in sections if one.paragraphs]
    shown = [show_programme(one, noted[one.id]) for one in ranked]
    return Report(
        title=title,
        template=commission.template,
        period=commission.period.text,
        known=commission.known,
        snapshot=commission.snapshot,
        sections=tuple(kept),
        notes=_notes(commission, noted),
        day=commission.day,
        level=commission.level,
        pictures=tuple(picture for picture, _ in shown if picture is not None),
        tables=tuple(table for _, table in shown if table is not None),
        lists=tuple(list_items(one) for one in commission.plans),
    )


def order_sections(template: str, planned: bool) -> tuple[str, ...]:
    """The sections of a template in their order. ``planned``: whether the city has a confirmed plan of the year."""
    writing = load_lexicon("writing")
    instead = {} if planned else writing["instead"]
    return tuple(instead.get(name, name) for name in writing["order"][template])


def period_title(period: Period) -> str:
    """A period as a report's heading names it: the first half of a year has a name of its own, a quarter is 第三季度."""
    if period.kind == "ytd" and period.end.month == 6:
        return f"{period.year}年上半年"
    return (
        f"{period.year}年第{to_hanzi((period.end.month + 2) // 3)}季度" if period.kind == "quarter" else period.title()
    )


def parts_of(programmes: Sequence[Programme], template: str, planned: bool) -> tuple[str, ...]:
    """The parts of a report to which people may write: opening, sections, and the programmes in each."""
    tails = ("", *(f"/{one.id}" for one in programmes), f"/{PLAN}")
    sections = order_sections(template, planned)
    return (OPENING, *(f"{name}{tail}" for name in sections for tail in (tails if name != ITEMS else ("",))))


def is_silent(programme: Programme) -> bool:
    """Whether nothing is known of a programme: nobody in any numerator, and nobody of whom it could be known.

    A city that keeps no ledger of institutions has not none of them.
    """
    figures = [one.figure for one in programme.materials.values()]
    return not any(one.numerator or (one.denominator and one.denominator_kind != "population") for one in figures)


def note_programme(programme: Programme) -> list[Noted]:
    """The indicators of a programme that can be notable, the most notable first."""
    named = set(re.findall(r"\{([a-z0-9_]+)\}", "".join(programme.sentences)))
    chosen = [one for name, one in programme.materials.items() if name in named or one.goal is not None]
    ranked = sorted((note_indicator(one) for one in chosen), key=lambda one: one.weight(), reverse=True)
    first = {one.counted(): one for one in reversed(ranked)}
    rates = {_numerators(one) for one in ranked if one.figure.denominator is not None}
    return [
        one
        for one in ranked
        if one.material.goal is not None
        or (first[one.counted()] is one and (one.figure.denominator is not None or _numerators(one) not in rates))
    ]


def _numerators(noted: Noted) -> tuple[float, float | None]:
    """What is counted, now and the year before: of a count and the rate made from it the rate is told."""
    before = noted.material.before
    return noted.figure.numerator, None if before is None else before.numerator


def _rank(noted: Sequence[Noted]) -> Weigh:
    return max((one.weight() for one in noted), default=(False, Fraction(0), False, Fraction(0), Fraction(0)))


Write = Callable[[Commission, Programme, Sequence[Noted]], list[Sentence]]
WriteItems = Callable[[Commission], list[Sentence]]


def _own_paragraph(commission: Commission, section: str) -> Iterator[Paragraph]:
    if own := _free(commission, section):
        yield Paragraph(section, "", own)


def _computed(
    commission: Commission, section: str, programmes: Sequence[Programme], noted: Mapping[str, list[Noted]]
) -> Iterator[Paragraph]:
    """The paragraphs of a section: every programme's, then that of the plan's items which no indicator measures."""
    if section == ITEMS:
        yield from write_items(commission)
        return
    write, write_plan = _WRITERS[section]
    if section == ACHIEVEMENTS:
        programmes = sorted(programmes, key=lambda one: _merit(noted[one.id]), reverse=True)
    for one in programmes:
        sentences = (*write(commission, one, noted[one.id]), *_free(commission, f"{section}/{one.id}"))
        if sentences:
            yield Paragraph(f"{section}/{one.id}", one.title, sentences)
    if told := (*write_plan(commission), *_free(commission, f"{section}/{PLAN}")):
        yield Paragraph(f"{section}/{PLAN}", load_lexicon("writing")["items"]["heading"], told)


def _achievements(commission: Commission, programme: Programme, noted: Sequence[Noted]) -> list[Sentence]:
    most: int = load_lexicon("writing")["most_notes"]
    ranked = sorted(noted, key=lambda one: one.merit(), reverse=True)
    notes = [note for one in ranked if (note := write_note(commission, programme, one)) is not None]
    return [*write_state(commission, programme), *notes[:most]]


def _problems(commission: Commission, programme: Programme, noted: Sequence[Noted]) -> list[Sentence]:
    most: int = load_lexicon("writing")["most_problems"]
    found = [
        (problem, write_failing(programme, one))
        for one in noted
        if (problem := write_problem(commission, programme, one)) is not None
    ]
    return [one for pair in found[:most] for one in pair if one is not None]


def _next(commission: Commission, programme: Programme, noted: Sequence[Noted]) -> list[Sentence]:
    return [step for one in noted if (step := write_next(commission, programme, one)) is not None]


def _merit(noted: Sequence[Noted]) -> tuple[bool, Fraction, Fraction]:
    return max((one.merit() for one in noted), default=(False, Fraction(0), Fraction(0)))


_WRITERS: Mapping[str, tuple[Write, WriteItems]] = {
    "achievements": (_achievements, write_done),
    "problems": (_problems, write_late),
    "next": (_next, write_remaining),
}


def _free(commission: Commission, part: str) -> tuple[Sentence, ...]:
    """What people wrote for a part, cut into sentences, so that one that fails takes no other with it."""
    texts = [
        text for paragraph in commission.free.get(part, ()) for text in re.findall(r"[^。！？]+[。！？]?", paragraph)
    ]
    kept = dict.fromkeys(text.strip() for text in texts if text.strip())
    return tuple(
        Sentence(f"{part}/free-{hashlib.sha256(text.encode()).hexdigest()[:8]}", (Piece(text),), free=True)
        for text in kept
    )


def _opening(commission: Commission) -> Section:
    """What people wrote for it, then where the plans of the year stand."""
    opening = (*_free(commission, OPENING), *(write_summary(commission, one) for one in commission.plans))
    return Section(OPENING, "", (Paragraph(OPENING, "", opening),) if opening else ())


def _notes(commission: Commission, noted: dict[str, list[Noted]]) -> tuple[str, ...]:
    writing = load_lexicon("writing")
    phrases, level = writing["phrases"], writing["levels"].get(commission.level, "")
    every = [one for listed in noted.values() for one in listed]
    editions = sorted({one.figure.edition for one in every})
    sources = sorted({one.figure.population_source for one in every if one.figure.population_source})
    day = f"{commission.day.year}年{commission.day.month}月{commission.day.day}日"
    found = [phrases["known"].format(day=day, known=commission.known, editions="、".join(editions))]
    if commission.period.kind not in ("year", "mch") and any(one.figure.unit == "per_100000" for one in every):
        found.append(phrases["part_year"])
    if sources:
        found.append(phrases["populations"].format(sources="、".join(sources)))
    if silent := [one.title for one in commission.programmes if one.id not in noted]:
        found.append(phrases["silent"].format(titles="、".join(silent)))
    if any(one.left_out for one in every):
        found.append(phrases["few"].format(level=level, few=writing["few"]))
    if any(one.too_few for one in every):
        found.append(phrases["few_before"].format(few=writing["few"]))
    return tuple(found)
