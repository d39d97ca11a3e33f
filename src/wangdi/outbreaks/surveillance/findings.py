"""What one method says of one place on one day."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

UNUSUAL, INSTITUTION, CRITERION, SINGLE, EACH, SCAN, STREAM = (
    "unusual", "institution", "criterion", "single_case", "each_case", "scan", "stream",
)  # fmt: skip
PERCENTILE = "moving_percentile"
"""Not one of the run's own: what it is held against."""
METHODS = (SINGLE, CRITERION, EACH, INSTITUTION, UNUSUAL, SCAN, STREAM, PERCENTILE)
"""From the most urgent to the least."""
URGENT = (SINGLE, CRITERION)


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason for a signal.

    ``subject``: the code of a disease, or of a stream. ``places``: townships, or a county alone; ``site``: an institution.
    ``first`` to ``day``: what was looked at, days from 1970-01-01. ``bound``: the most that would have said nothing.
    ``facts``: the cards behind it, or the counts of a stream.

    Missing: a method that has no expectation, bound or probability gives None.
    """

    method: str
    subject: str
    places: tuple[str, ...]
    site: str
    first: int
    day: int
    observed: float
    expected: float | None
    bound: float | None
    probability: float | None
    facts: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """As it is written down."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Finding:
        """As it was written down."""
        return cls(**body | {"places": tuple(body["places"]), "facts": tuple(body["facts"])})
