"""A report before it is printed: held against itself and against the data, as anybody's is; what fails is left out, and why."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace

from wangdi.core.problem import Problem
from wangdi.reports.matching.against_data import DIFFERS, Held
from wangdi.reports.relations.checking import check_text
from wangdi.reports.relations.ground import ARITHMETIC, IMPOSSIBLE, Ground
from wangdi.reports.writing.composing import compose_report
from wangdi.reports.writing.headings import number_headings
from wangdi.reports.writing.model import Commission, Piece, Report, Sentence

Hold = Callable[[Ground], list[Held]]


@dataclass(frozen=True, slots=True)
class Dropped:
    """What is not printed, and what was found wrong. ``indicator``: withheld throughout; empty where but a sentence is."""

    sentence: Sentence
    indicator: str
    why: Problem


@dataclass(frozen=True, slots=True)
class Passed:
    """A report of which every sentence passed, and what did not."""

    report: Report
    dropped: tuple[Dropped, ...]


def pass_report(commission: Commission, hold: Hold) -> Passed:
    """Compose a report and leave out of it whatever is impossible, wrong arithmetic, or other than the data.

    Rule: where several claims fail together, what people wrote is left out before what was worked out, the later before the
    earlier. A figure that fails is withheld from the whole report. All is checked again until nothing fails.
    """
    dropped: list[Dropped] = []
    while True:
        report = compose_report(_withhold(commission, {one.indicator for one in dropped}))
        report = report.without([one.sentence.id for one in dropped if not one.indicator])
        found = _find_failing(report, hold)
        if not found:
            return Passed(report, tuple(dropped))
        dropped += found


def _withhold(commission: Commission, indicators: set[str]) -> Commission:
    programmes = tuple(
        replace(one, materials={name: part for name, part in one.materials.items() if name not in indicators})
        for one in commission.programmes
    )
    return replace(commission, programmes=programmes)


def _find_failing(report: Report, hold: Hold) -> list[Dropped]:
    laid = lay_text(report)
    ground, relations = check_text(laid.text)
    failing = [(one.claims, one.told) for one in relations if one.severity in (IMPOSSIBLE, ARITHMETIC)]
    failing += [((one.claim,), one.relation.told) for one in hold(ground) if one.verdict == DIFFERS and one.relation]
    found: dict[str, Dropped] = {}
    for claims, told in failing:
        places = sorted(ground.claims[claim].start for claim in claims)
        concerned = [one for place in places if (one := laid.at(place)) is not None]
        if concerned and not any(_key(one) in found for one in concerned):
            worst = max(enumerate(concerned), key=lambda each: (each[1][0].free, each[0]))[1]
            found[_key(worst)] = Dropped(worst[0], _indicator(worst[1]), told)
    return list(found.values())


def _key(concerned: tuple[Sentence, Piece]) -> str:
    return _indicator(concerned[1]) or concerned[0].id


def _indicator(piece: Piece) -> str:
    return "" if piece.figure is None else piece.figure.indicator


@dataclass(frozen=True, slots=True)
class Laid:
    """A report as plain text. ``starts``: where each piece of a sentence begins."""

    text: str
    starts: tuple[int, ...]
    pieces: tuple[tuple[Sentence, Piece], ...]

    def at(self, place: int) -> tuple[Sentence, Piece] | None:
        """The sentence and the piece of it that stand at a place; None in a heading."""
        index = bisect_right(self.starts, place) - 1
        inside = index >= 0 and place < self.starts[index] + len(self.pieces[index][1].text)
        return self.pieces[index] if inside else None


def lay_text(report: Report) -> Laid:
    """The report as plain text, as it is printed."""
    text, starts, pieces = f"{report.title}\n", list[int](), list[tuple[Sentence, Piece]]()
    for heading, _, paragraphs in number_headings(report):
        text += f"{heading}\n" if heading else ""
        for begins, paragraph in paragraphs:
            text += begins
            for one in paragraph.sentences:
                for piece in one.pieces:
                    starts.append(len(text))
                    pieces.append((one, piece))
                    text += piece.text
            text += "\n"
    return Laid(text, tuple(starts), tuple(pieces))
