"""The demo city that tests ask, through the command line as a user types it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journey.small_city import call

YEAR = "2025"
OCTOBER, PUBLISHED = "2025-10-ytd", "2025-11-05"


def ask(city: Path, *arguments: object, code: int = 0) -> Any:
    """The JSON a verb answers; its exit code must be the one expected."""
    result = call(*arguments, "--json", "--quiet", city=city)
    assert result.exit_code == code, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo city and what the command told when it made it."""

    folder: Path
    told: str
