"""A report cut at its claims, with what is said beside each paragraph: what every marked-up copy is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wangdi.reports.claims import Claim
from wangdi.reports.ground import SEVERITIES, Ground


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said in the margin. ``claims``: places of the claims it is about; ``quotes``: the sentences they stand in."""

    claims: tuple[int, ...]
    severity: str
    text: str
    hint: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text. ``claim``: what it was read as; None between claims. ``worst``: the gravest verdict on it; empty without one."""

    text: str
    claim: Claim | None = None
    worst: str = ""


@dataclass(frozen=True, slots=True)
class MarkedParagraph:
    """A paragraph in pieces. ``notes``: the verdicts whose first claim it holds, each with its number."""

    pieces: tuple[Piece, ...]
    notes: tuple[tuple[int, Verdict], ...]


def mark_paragraphs(ground: Ground, verdicts: Sequence[Verdict]) -> list[MarkedParagraph]:
    """Every paragraph that says something. Verdicts are numbered from 1 in the order they are given."""
    worst = _worst_of(verdicts)
    beside: dict[int, list[tuple[int, Verdict]]] = {}
    for number, verdict in enumerate(verdicts, start=1):
        beside.setdefault(verdict.claims[0], []).append((number, verdict))
    marked = []
    for paragraph in ground.layout.paragraphs:
        text = ground.text[paragraph.start : paragraph.end].rstrip("\r\n")
        if not text.strip():
            continue
        inside = range(ground.first_from(paragraph.start), ground.first_from(paragraph.end))
        pieces = _cut(text, paragraph.start, [(ground.claims[index], worst.get(index, "")) for index in inside])
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


def _cut(text: str, start: int, claims: Sequence[tuple[Claim, str]]) -> tuple[Piece, ...]:
    pieces, place = [], 0
    for one, worst in claims:
        low, high = one.start - start, one.end - start
        if low < place:
            continue
        pieces += [Piece(text[place:low]), Piece(text[low:high], one, worst)]
        place = high
    return tuple(piece for piece in (*pieces, Piece(text[place:])) if piece.text)


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
