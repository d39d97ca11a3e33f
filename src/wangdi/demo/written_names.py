"""A name as somebody else wrote it down: by its sound, by its look, in the old characters, with a blank, or not yet given."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from wangdi.demo.settings import load_spellings

DOT = "·"
"""What stands between the parts of a name of several parts."""


def write_homophone(name: str, turn: int) -> str:
    """One character by another of the same sound; the surname only where nothing else can be."""
    return _write_one(name, turn, _homophones())


def write_glyph(name: str, turn: int) -> str:
    """One character by another that looks like it."""
    return _write_one(name, turn, _alike())


def write_traditional(name: str, turn: int) -> str:
    """Every character that was reformed as it was before."""
    old = _traditional()
    return "".join(old.get(one, one) for one in name)


def write_spaced(name: str, turn: int) -> str:
    """A blank or two after the first character, as forms with boxes and columns that line up bring them."""
    return f"{name[0]}{' ' * (1 + turn % 2)}{name[1:]}" if DOT not in name else name


def write_dotted(name: str, turn: int) -> str:
    """Another dot, or none."""
    dots = load_spellings()["dots"]
    return name.replace(DOT, dots[turn % len(dots)])


WAYS: dict[str, Callable[[str, int], str]] = {
    "name_homophone": write_homophone,
    "name_glyph": write_glyph,
    "name_traditional": write_traditional,
    "name_space": write_spaced,
    "name_dot": write_dotted,
}
"""How a name is written otherwise, by the word for it. ``turn`` chooses where there is a choice; a name may stay as it is."""


def name_newborn(mother: str, *, male: bool) -> str:
    """What a child is called before it has a name."""
    return mother + ("之子" if male else "之女")


def _write_one(name: str, turn: int, others: dict[str, str]) -> str:
    places = [place for place, one in enumerate(name) if one in others]
    if not places:
        return name
    given = [place for place in places if place > 0] or places
    place = given[turn % len(given)]
    choice = others[name[place]]
    return name[:place] + choice[turn // 7 % len(choice)] + name[place + 1 :]


@cache
def _homophones() -> dict[str, str]:
    return {one: group.replace(one, "") for group in load_spellings()["homophones"].split() for one in group}


@cache
def _traditional() -> dict[str, str]:
    return {pair[0]: pair[1] for pair in load_spellings()["traditional"].split()}


@cache
def _alike() -> dict[str, str]:
    return {pair[0]: pair[1] for pair in load_spellings()["glyphs"].split()}
