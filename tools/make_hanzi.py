"""Make the tables of src/wangdi/link/data that come from elsewhere anew: readings, simplified characters, lunar years.

    python -m venv build/tables
    build/tables/bin/pip install pypinyin==0.55.0 opencc-python-reimplemented==0.1.7 borax==4.1.3
    build/tables/bin/python tools/make_hanzi.py [--check]

In an environment of its own, since nothing else needs these packages. ``--check`` writes nothing and names the tables that
differ. shapes.txt was sorted by hand and the others are our own: SOURCES.txt says so.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import defaultdict
from importlib import import_module
from importlib.resources import files
from pathlib import Path

DATA = Path(__file__).parents[1] / "src/wangdi/link/data"
FIRST, LAST = 0x3400, 0x9FFF
"""Characters that a name is written with."""
YEARS_IN_A_LINE, SIGNS_IN_A_LINE = 16, 80


def make_readings() -> str:
    """Each syllable without its tone, then the characters first read so."""
    spoken: dict[str, list[str]] = defaultdict(list)
    for code, readings in sorted(import_module("pypinyin.constants").PINYIN_DICT.items()):
        if FIRST <= code <= LAST:
            spoken[_without_tone(readings.split(",")[0])].append(chr(code))
    return "".join(f"{syllable} {''.join(spoken[syllable])}\n" for syllable in sorted(spoken))


def _without_tone(syllable: str) -> str:
    letters = unicodedata.normalize("NFD", syllable).replace("u\N{COMBINING DIAERESIS}", "v")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def make_simplified() -> str:
    """Each traditional character and its first simplified one."""
    table = files("opencc").joinpath("dictionary/TSCharacters.txt").read_text(encoding="utf-8")
    pairs = [line.replace("\t", " ").split(" ")[:2] for line in table.splitlines()]
    signs = "".join(one + other for one, other in pairs if one != other and max(one, other) < "\U00010000")
    return _in_lines(signs, SIGNS_IN_A_LINE)


def _in_lines(signs: str, width: int) -> str:
    return "".join(f"{signs[start : start + width]}\n" for start in range(0, len(signs), width))


def make_lunar() -> str:
    """The shape of each lunar year from 1900."""
    years = [f"{year:05x}" for year in import_module("borax.calendars.lunardate").YEAR_INFOS]
    lines = [years[start : start + YEARS_IN_A_LINE] for start in range(0, len(years), YEARS_IN_A_LINE)]
    return "".join(" ".join(line) + "\n" for line in lines)


TABLES = {"readings.txt": make_readings, "simplified.txt": make_simplified, "lunar.txt": make_lunar}


def main(check: bool) -> int:
    """Write the tables below the comments they have; answers how many differed."""
    differing = 0
    for name, make in TABLES.items():
        path = DATA / name
        before = path.read_text(encoding="utf-8")
        comments = "".join(line for line in before.splitlines(keepends=True) if line.startswith("#"))
        after = comments + make()
        if after != before:
            differing += 1
            print(f"{name} {'differs' if check else 'written'}")
            if not check:
                path.write_text(after, encoding="utf-8")
    return differing


if __name__ == "__main__":
    check = "--check" in sys.argv[1:]
    sys.exit(1 if main(check) and check else 0)
