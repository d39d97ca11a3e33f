"""Identity numbers that were legitimately changed: read from a list, and found among what registrations carry."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from wangdi.app.derivation import Standing, link_sources
from wangdi.core.encodings import decode_text
from wangdi.core.identifiers import IdNumber, check_id_number
from wangdi.core.problem import Problem, Refusal
from wangdi.link.normalise import number_key
from wangdi.link.numbers import number_keys
from wangdi.link.people import plan_carried
from wangdi.link.successions import NumberChanges, follow_successions

Change = tuple[str, str]
"""A number given up, and the one that came in its place; both of 18 characters."""


def read_changes(path: Path) -> list[Change]:
    """A list of changed numbers, CSV: the old number and the new one in each line, perhaps under a header.

    Errors: LINK-001 not readable, LINK-010 a line is not two valid numbers, LINK-011 a number has two successors, LINK-012
    numbers follow each other in a circle.
    """
    found: dict[str, str] = {}
    for line, row in enumerate(_read_rows(path), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (line == 1 and not any(one.isdecimal() for one in "".join(cells))):
            continue
        change = _check_change(cells[:2])
        if change is None:
            raise Refusal(Problem(code="LINK-010", file=path.name, line=line))
        if found.setdefault(*change) != change[1]:
            raise Refusal(Problem(code="LINK-011", file=path.name, line=line))
    changes = list(found.items())
    number_successions(changes)
    return changes


def number_successions(changes: Iterable[Change]) -> dict[int, int]:
    """Changes as keys of records -> the key of the last number. Errors: LINK-012 they go round in a circle."""
    return follow({number_key(old): number_key(new) for old, new in changes})


def check_change(old: str, new: str) -> Change:
    """Two numbers typed as a change. Errors: LINK-013 not two different valid numbers."""
    change = _check_change([old, new])
    if change is None:
        raise Refusal(Problem(code="LINK-013"))
    return change


def read_number_changes(standing: Standing) -> NumberChanges:
    """The numbers that were changed, with the keys under which registrations carry them."""
    sources = link_sources(standing)
    if not sources.successions:
        return NumberChanges()
    rows = standing.workspace.arrays(plan_carried(sources))
    carried = zip(number_keys(rows["digits"]).tolist(), rows["person"].tolist(), strict=True)
    return NumberChanges(standing.city.salt, standing.successions, dict(carried))


def follow(changed: Mapping[int, int]) -> dict[int, int]:
    """Each number given up -> the last one of its holder. Errors: LINK-012 they go round in a circle."""
    try:
        return follow_successions(changed)
    except ValueError as error:
        raise Refusal(Problem(code="LINK-012")) from error


def _check_change(cells: Sequence[str]) -> Change | None:
    numbers = [one.number for cell in cells if isinstance(one := check_id_number(cell), IdNumber)]
    return (numbers[0], numbers[1]) if len(numbers) == 2 and numbers[0] != numbers[1] else None


def _read_rows(path: Path) -> list[list[str]]:
    try:
        text = decode_text(path.read_bytes())
        if text is None:
            raise Refusal(Problem(code="LINK-001", file=path.name, args={"reason": "UTF-8 / GB 18030"}))
        return list(csv.reader(text.splitlines()))
    except (OSError, csv.Error) as error:
        reason = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
        raise Refusal(Problem(code="LINK-001", file=path.name, args={"reason": reason})) from error
