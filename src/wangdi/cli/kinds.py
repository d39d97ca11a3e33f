"""What an option's text may be: a period, a day, a moment. What is not understood is answered in the user's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from wangdi.core.dates import parse_date_text
from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import Problem, Refusal


class PeriodKind(click.ParamType[Period]):
    """``2025``, ``2025Q3``, ``2025-10``, ``2025-10-ytd``, ``2025-mch``. Errors: DATE-001."""

    name = "period"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        """The period a text names."""
        found = value if isinstance(value, Period) else parse_period(str(value))
        if isinstance(found, Problem):
            raise Refusal(found)
        return found


class DayKind(click.ParamType[date]):
    """A day, as ``2025-11-05`` or one of the ways people write it. Errors: CLI-005."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day a text names."""
        found = value if isinstance(value, date) else parse_date_text(str(value))
        if found is None:
            raise Refusal(Problem(code="CLI-005", args={"option": option_name(param), "text": str(value)}))
        return found


class MomentKind(click.ParamType[datetime]):
    """A moment: ``2025-11-05T09:30:00``, or a day for its beginning; with an offset it is turned into local time.

    Errors: CLI-006.
    """

    name = "timestamp"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment a text names."""
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise Refusal(Problem(code="CLI-006", args={"option": option_name(param), "text": str(value)})) from error
        return found.astimezone().replace(tzinfo=None) if found.tzinfo else found


class WordKind(click.ParamType[str]):
    """One of a few words. Errors: CLI-007, with all of them."""

    name = "word"

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word itself."""
        if value not in self.words:
            args = {"option": option_name(param), "text": str(value), "known": ", ".join(self.words)}
            raise Refusal(Problem(code="CLI-007", args=args))
        return str(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """The words, as the usage line shows them."""
        return "|".join(self.words)


def option_name(param: click.Parameter | None) -> str:
    """How a parameter is written on the command line."""
    if param is None:
        return ""
    return next((name for name in param.opts if name.startswith("--")), param.human_readable_name)


PERIOD, DAY, MOMENT = PeriodKind(), DayKind(), MomentKind()
PATH = click.Path(path_type=Path)
"""A path; whether it is there is for the use case to say."""
