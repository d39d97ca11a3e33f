"""What the frame of every verb knows: language, form of the answer, the city, and whether to be quiet."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wangdi.cli.words import word
from wangdi.core.problem import LANGUAGES, Problem, Refusal

if TYPE_CHECKING:
    from wangdi.app.derivation import Standing
    from wangdi.store.city import City

FORMATS = ("table", "json", "csv", "parquet")
SUFFIXES = {f".{name}": name for name in FORMATS[1:]}
LANG_VARIABLE, CITY_VARIABLE = "WANGDI_LANG", "WANGDI_CITY"


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command."""

    lang: str = LANGUAGES[0]
    format: str = ""
    """Empty where nobody said: what the verb or the file's name suggests."""
    out: Path | None = None
    quiet: bool = False
    folder: Path | None = None

    def word(self, key: str, **args: object) -> str:
        """A sentence in the session's language."""
        return word(self.lang, key, **args)

    def say(self, text: str) -> None:
        """Something for whoever watches: to stderr, unless quiet."""
        if not self.quiet:
            click.echo(text, err=True)

    def tell(self, problem: Problem) -> None:
        """A problem met on the way, that stops nothing."""
        self.say(problem.text(self.lang))

    def city_folder(self) -> Path:
        """The city asked about. Errors: CLI-010 none was named, CLI-011 there is none."""
        if self.folder is None:
            raise Refusal(Problem(code="CLI-010"))
        if not (self.folder / "city.toml").is_file():
            raise Refusal(Problem(code="CLI-011", args={"folder": str(self.folder)}))
        return self.folder

    @contextmanager
    def open_city(self) -> Iterator[City]:
        """The city, open as long as the verb runs."""
        from wangdi.store.city import City

        with City.open(self.city_folder(), tell=self.tell) as city:
            yield city

    @contextmanager
    def standing(self, city: City, known: str | None = None) -> Iterator[Standing]:
        """What a question about the city stands on, at what was known."""
        from wangdi.app.cities import open_library
        from wangdi.app.questions import stand_on

        with city.workspace() as workspace:
            yield stand_on(city, workspace, open_library(city), known)


def actor_name() -> str:
    """Who is at the keyboard, for the audit record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def read_clock() -> datetime:
    """Now, to the second, in local time."""
    return datetime.now().replace(microsecond=0)


def choose_lang(arguments: list[str], environment: Mapping[str, str]) -> str:
    """The language of this call, known before anything is parsed so that even a wrong option is answered in it."""
    wanted = environment.get(LANG_VARIABLE, "")
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == "--lang" and place + 1 < len(arguments):
            wanted = arguments[place + 1]
        elif argument.startswith("--lang="):
            wanted = argument.removeprefix("--lang=")
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def is_watched() -> bool:
    """Whether somebody sees stderr move."""
    return sys.stderr.isatty()
