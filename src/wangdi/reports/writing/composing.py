"""Composing a report: which sections and paragraphs it has, and in which order."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from wangdi.core.periods import Period
from wangdi.reports.lexicon import load_lexicon
from wangdi.reports.writing.exhibits import show_programme
from wangdi.reports.writing.model import Commission, Paragraph, Piece, Programme, Report, Section, Sentence
from wangdi.reports.writing.notable import Noted, note_indicator
from wangdi.reports.writing.sentences import write_failing, write_next, write_note, write_problem, write_state

OPENING = "opening"
Weigh = tuple[bool, Fraction, bool, Fraction, Fraction]


def compose_report(commission: Commission) -> Report:
    """The report of a commission.

    Rule: programmes stand by what is most notable in them, and so do the indicators of each; what a pack's sentences name, and
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
    writers = {"achievements": _achievements, "problems": _problems, "next": _next}
    sections = [_free_section(commission)]
    for name in writing["order"][commission.template]:
        paragraphs = list(_paragraphs(commission, name, ranked, (noted, writers[name])))
        if paragraphs:
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
    )


def period_title(period: Period) -> str:
    """A period as a report's heading names it: the first half of a year has a name of its own."""
    half = period.kind == "ytd" and period.end.month == 6
    return f"{period.year}年上半年" if half else period.title()


def parts_of(programmes: Sequence[Programme]) -> tuple[str, ...]:
    """The parts of a report to which people may write: opening, sections, and the programmes in each."""
    sections = load_lexicon("writing")["sections"]
    return (OPENING, *(f"{name}{tail}" for name in sections for tail in ("", *(f"/{one.id}" for one in programmes))))


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
    return [one for one in ranked if first[one.counted()] is one]


def _rank(noted: Sequence[Noted]) -> Weigh:
    return max((one.weight() for one in noted), default=(False, Fraction(0), False, Fraction(0), Fraction(0)))


Write = Callable[[Commission, Programme, Sequence[Noted]], list[Sentence]]
Source = tuple[dict[str, list[Noted]], Write]


def _paragraphs(
    commission: Commission, section: str, programmes: Sequence[Programme], source: Source
) -> Iterator[Paragraph]:
    noted, write = source
    if own := _free(commission, section):
        yield Paragraph(section, "", own)
    for one in programmes:
        sentences = (*write(commission, one, noted[one.id]), *_free(commission, f"{section}/{one.id}"))
        if sentences:
            yield Paragraph(f"{section}/{one.id}", one.title, sentences)


def _achievements(commission: Commission, programme: Programme, noted: Sequence[Noted]) -> list[Sentence]:
    most: int = load_lexicon("writing")["most_notes"]
    notes = [note for one in noted if (note := write_note(commission, programme, one)) is not None]
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


def _free_section(commission: Commission) -> Section:
    opening = _free(commission, OPENING)
    return Section(OPENING, "", (Paragraph(OPENING, "", opening),) if opening else ())


def _notes(commission: Commission, noted: dict[str, list[Noted]]) -> tuple[str, ...]:
    writing = load_lexicon("writing")
    phrases, level = writing["phrases"], writing["levels"].get(commission.level, "")
    every = [one for listed in noted.values() for one in listed]
    editions = sorted({one.figure.edition for one in every})
    sources = sorted({one.figure.population_source for one in every if one.figure.population_source})
    day = f"{commission.day.year}年{commission.day.month}月{commission.day.day}日"
    found = [phrases["known"].format(day=day, known=commission.known, editions="、".join(editions))]
    if sources:
        found.append(phrases["populations"].format(sources="、".join(sources)))
    if silent := [one.title for one in commission.programmes if one.id not in noted]:
        found.append(phrases["silent"].format(titles="、".join(silent)))
    if any(one.left_out for one in every):
        found.append(phrases["few"].format(level=level, few=writing["few"]))
    return tuple(found)
