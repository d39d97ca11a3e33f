"""A report cut at its claims, with what is said beside each paragraph: what every marked-up copy is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from wangdi.reports.reading.claims import Claim
from wangdi.reports.relations.ground import SEVERITIES, Ground


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said in the margin. ``claims``: places of the claims it is about; ``quotes``: the sentences they stand in."""

    claims: tuple[int, ...]
    severity: str
    text: str
    hint: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A result beside the data. ``claimed``: its name and number; ``verdict``: agrees, differs or unmatched; ``told``: why."""

    claimed: str
    verdict: str
    told: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text. ``claim``: what it was read as; None between claims. ``worst``: the gravest verdict on it; empty without one.

    ``notes``: the numbers of the verdicts on it. ``data``: how it stands against the data, and what they say; empty without a city.
    """

    text: str
    claim: Claim | None = None
    worst: str = ""
    notes: tuple[int, ...] = ()
    data: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class MarkedParagraph:
    """A paragraph in pieces. ``notes``: the verdicts whose first claim it holds, each with its number."""

    pieces: tuple[Piece, ...]
    notes: tuple[tuple[int, Verdict], ...]

    @property
    def cells(self) -> tuple[tuple[Piece, ...], ...]:
        """A row of a table as its cells; a paragraph is one."""
        cells: list[list[Piece]] = [[]]
        for one in self.pieces:
            first, *others = [one.text] if one.claim else one.text.split("\t")
            cells[-1].append(replace(one, text=first))
            cells += [[Piece(text)] for text in others]
        return tuple(tuple(piece for piece in cell if piece.text) for cell in cells)


def group_rows(paragraphs: Iterable[MarkedParagraph]) -> list[list[MarkedParagraph]]:
    """Paragraphs, with the rows of one table together."""
    groups: list[list[MarkedParagraph]] = []
    width = 1
    for one in paragraphs:
        cells = len(one.cells)
        if cells == 1 or cells != width:
            groups.append([])
        groups[-1].append(one)
        width = cells
    return groups


def mark_paragraphs(
    ground: Ground, verdicts: Sequence[Verdict], data: Mapping[int, tuple[str, str]] | None = None
) -> list[MarkedParagraph]:
    """Every paragraph that says something. Verdicts are numbered from 1 in the order they are given.

    ``data``: of a claim, how it stands against a city's data and what they say, where there is one.
    """
    worst, said = _worst_of(verdicts), data or {}
    numbers: dict[int, list[int]] = {}
    for number, verdict in enumerate(verdicts, start=1):
        for claim in verdict.claims:
            numbers.setdefault(claim, []).append(number)
    beside: dict[int, list[tuple[int, Verdict]]] = {}
    for number, verdict in enumerate(verdicts, start=1):
        beside.setdefault(verdict.claims[0], []).append((number, verdict))
    marked = []
    for paragraph in ground.layout.paragraphs:
        text = ground.text[paragraph.start : paragraph.end].rstrip("\r\n")
        if not text.strip():
            continue
        inside = range(ground.first_from(paragraph.start), ground.first_from(paragraph.end))
        marks = [
            Piece(
                "", ground.claims[index], worst.get(index, ""), tuple(numbers.get(index, ())), said.get(index, ("", ""))
            )
            for index in inside
        ]
        pieces = _cut(text, paragraph.start, marks)
        marked.append(MarkedParagraph(pieces, tuple(note for index in inside for note in beside.get(index, ()))))
    return marked


def _worst_of(verdicts: Sequence[Verdict]) -> dict[int, str]:
    """The gravest severity that a claim is part of."""
    worst: dict[int, str] = {}
    for one in verdicts:
        for claim in one.claims:
            known = worst.get(claim)
            if known is None or SEVERITIES.index(one.severity) < SEVERITIES.index(known):
                worst[claim] = one.severity
    return worst


def _cut(text: str, start: int, marks: Sequence[Piece]) -> tuple[Piece, ...]:
    pieces, place = [], 0
    for one in marks:
        if one.claim is None or one.claim.start - start < place:
            continue
        low, high = one.claim.start - start, one.claim.end - start
        pieces += [Piece(text[place:low]), replace(one, text=text[low:high])]
        place = high
    return tuple(piece for piece in (*pieces, Piece(text[place:])) if piece.text)


def tell_piece(piece: Piece, words: Mapping[str, str]) -> str:
    """What the pointer on a claim shows: how it was read, and what the data say of it."""
    reading = tell_reading(piece.claim, words) if piece.claim is not None else ""
    return f"{reading}\n{words['data']}: {piece.data[1]}" if piece.data[1] else reading


def tell_reading(one: Claim, words: Mapping[str, str]) -> str:
    """A claim as it was read, a line for each part. ``words``: one for each part, and ``actual`` and ``target``."""
    per = f" / {one.per}" if one.per else ""
    lines = (
        (words["indicator"], one.indicator),
        (
            words["value"],
            f"{one.comparator} {one.value:g}{'' if one.value_hi is None else f'—{one.value_hi:g}'} {one.unit}{per}",
        ),
        (words["status"], words[one.status]),
        (words["period"], one.period.text()),
        (words["region"], one.region),
    )
    return "\n".join(f"{name}: {value}" for name, value in lines if value.strip())
