"""Sentences with places: filled with numbers that keep their figure; what has no value drops its clause."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

from wangdi.catalog.figures import ToldFigure
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.model import Piece

_PLACE = re.compile(r"\{([a-z0-9_]+)\}")
_ASIDE = re.compile(r"（[^（）]*）")
SIGNS = {"percent": "%", "per_mille": "‰", "per_100000": "/10万", "days": "天"}
FRONT_SIGNS = {"ratio": "1:"}

Places = Mapping[str, Piece | None]


def fill_phrase(name: str, places: Mapping[str, Piece | str | None]) -> tuple[Piece, ...]:
    """A phrase of ``writing.toml`` with its places filled; nothing where one of them has no value."""
    given = {key: Piece(value) if isinstance(value, str) else value for key, value in places.items()}
    return _fill(load_lexicon("writing")["phrases"][name], given) or ()


def fill_sentence(text: str, places: Places) -> tuple[Piece, ...]:
    """A pack's sentence with its places filled. A clause, or a part of a parenthesis, with a place without a value drops out.

    Rule: where the clause that drops out is the first of those with places, whose subject the others share, each of the others is
    told by its indicator's own title. Missing: nothing, where every clause with a place drops out.
    """
    clauses = re.split(r"(?:，|；)(?![^（）]*）)", text.rstrip("。"))
    filled = [_fill(_ASIDE.sub(lambda aside: _keep(aside.group(), places), clause), places) for clause in clauses]
    kept = [one for one in filled if one is not None]
    figures = [piece for one in kept for piece in one if piece.figure is not None]
    if not figures:
        return ()
    first = next(one for one, clause in zip(filled, clauses, strict=True) if _PLACE.search(clause))
    if first is None:
        titles = [(piece, piece.figure.title) for piece in figures if piece.figure is not None]
        kept = [fill_phrase("value", {"title": title, "value": piece}) for piece, title in titles]
    return end(join(kept, "，"))


def _keep(aside: str, places: Places) -> str:
    parts = [part for part in aside[1:-1].split("，") if all(places.get(name) for name in _PLACE.findall(part))]
    return f"（{'，'.join(parts)}）" if parts else ""


def _fill(text: str, places: Places) -> tuple[Piece, ...] | None:
    pieces, place = [], 0
    for match in _PLACE.finditer(text):
        value = places.get(match[1])
        if value is None:
            return None
        pieces += [Piece(text[place : match.start()]), value]
        place = match.end()
    return tuple(piece for piece in (*pieces, Piece(text[place:])) if piece.text)


def join(clauses: Sequence[tuple[Piece, ...]], mark: str) -> tuple[Piece, ...]:
    """Clauses in a row, without those that are empty."""
    joined: list[Piece] = []
    for clause in clauses:
        joined += [Piece(mark), *clause] if joined and clause else clause
    return tuple(joined)


def end(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """A sentence with its full stop."""
    return (*pieces, Piece("。")) if pieces else ()


def show_figure(figure: ToldFigure | None) -> Piece | None:
    """A figure's value as a report prints it: rates to two decimals with their sign, counts whole. Missing: None."""
    exact = None if figure is None else figure.exact
    return None if exact is None or figure is None else Piece(show(exact, figure.unit), figure)


def show(value: Fraction, unit: str) -> str:
    """A value of a unit as printed, half up."""
    number = round_half_up(value, 0 if unit == "count" and value.denominator == 1 else 2)
    return f"{FRONT_SIGNS.get(unit, '')}{number}{SIGNS.get(unit, '')}"


def round_half_up(value: Fraction, places: int = 2) -> str:
    """A number to some decimals; a half goes up, on the exact number and not on a float beside it."""
    whole = floor(abs(value) * 10**places + Fraction(1, 2))
    digits = str(whole).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{text}" if value < 0 and whole else text


def show_goal(comparator: str, value: float, unit: str, printed: str = "") -> str:
    """A goal in words: 85%以上. ``printed``: what the plan counts in, where the unit has no sign (4个以上)."""
    phrases = load_lexicon("writing")["phrases"]
    phrase: str = phrases["at_least" if comparator == ">=" else "at_most"]
    plain = format(Decimal(str(value)).normalize(), "f")
    return phrase.format(value=f"{FRONT_SIGNS.get(unit, '')}{plain}{SIGNS.get(unit) or printed}")
