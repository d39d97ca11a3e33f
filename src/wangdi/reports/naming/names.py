"""The name of an indicator as a sentence gives it, and what is at hand to find it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wangdi.reports.text.layout import Layout
from wangdi.reports.text.numerals import Quantity


@dataclass(frozen=True, slots=True)
class Name:
    """An indicator as the sentence calls it.

    ``own``: the noun of this claim alone, without predicate and without what it takes from before. ``head``: the last name in
    the sentence that stood for itself. ``behind``: the noun stands behind the number. ``subject``: the institution it is told of.
    ``topic``: the people or disease that it, or a claim before it, is told of. ``part_of``: the place of the value it is a part of.
    ``shared``: what the members of its list have at their end without saying it (报告发病 of 居前三位的是甲病5例、乙病4例).
    """

    text: str
    own: str
    head: str = ""
    per: str = ""
    behind: bool = False
    subject: str = ""
    topic: str = ""
    part_of: int | None = None
    shared: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """What is at hand to name one quantity: the text around it, and the claims before it.

    ``names``: of every quantity before it. ``before``: of the claim before it in its statement. ``earlier``: in its paragraph.
    """

    layout: Layout
    quantities: Sequence[Quantity]
    names: Sequence[Name]
    before: Name | None
    earlier: Name | None = None

    @property
    def index(self) -> int:
        """The place of the quantity to be named."""
        return len(self.names)

    @property
    def one(self) -> Quantity:
        """The quantity to be named."""
        return self.quantities[self.index]

    def back_to(self, start: int, far: int | None = None) -> Iterator[tuple[int, Quantity, Name]]:
        """The values before this one with their places, the last first: as far as a place in the text, and at most so many."""
        last = -1 if far is None else max(-1, self.index - far)
        for place in range(self.index - 1, last, -1):
            if self.quantities[place].start < start:
                return
            yield place, self.quantities[place], self.names[place]
