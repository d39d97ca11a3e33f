"""Characters: how each is read, which is the simplified one, and which look alike. Tables over the first 65,536."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

PLANE = 0x10000
"""Characters beyond the first plane stand for themselves: no reading, no simplified form."""

UNREADABLE = 1
"""What stands for a character that a system could not write: ? * □ 〇 某."""

_UNREADABLE_SIGNS = "?？*＊□■〇○●◇◆�某囗"
_DROPPED = " \t\r\n\u3000·・•‧∙．.,，。、'’‘`´\"“”-‐–—_/\\()（）[]【】<>《》:：;；|!！+#~\u200b\ufeff\u00a0"


@dataclass(frozen=True, slots=True)
class Hanzi:
    """``plain``: character -> what is compared (0 where it is dropped). ``sound``: character -> syllable number, 0 unknown.

    ``near_sound``: syllable -> the number it shares with those often taken for it. ``surname_sound``: as ``sound``, at the head
    of a name. ``compounds``: two-character surnames -> their two syllables.
    """

    plain: np.ndarray
    sound: np.ndarray
    near_sound: np.ndarray
    surname_sound: np.ndarray
    syllables: tuple[str, ...]
    compounds: dict[str, tuple[int, int]]
    alike: np.ndarray
    """Sorted ``a * PLANE + b`` of every two characters that look alike, either way round."""


def read_table(name: str) -> list[str]:
    """The lines of one of this package's tables, without its comments."""
    text = files("wangdi.link").joinpath("data", name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@cache
def load_hanzi() -> Hanzi:
    """The tables, read once."""
    syllables, sound = _read_sounds()
    numbers = {syllable: number for number, syllable in enumerate(syllables)}
    surname_sound, compounds = sound.copy(), dict[str, tuple[int, int]]()
    for line in read_table("surnames.txt"):
        characters, *said = line.split()
        if len(characters) == 1:
            surname_sound[ord(characters)] = numbers[said[0]]
        else:
            compounds[characters] = (numbers[said[0]], numbers[said[1]])
    near: dict[str, int] = {}
    near_sound = np.array([near.setdefault(_blur(one), number) for number, one in enumerate(syllables)], dtype=np.int16)
    return Hanzi(_read_plain(), sound, near_sound, surname_sound, syllables, compounds, _read_alike())


def _read_sounds() -> tuple[tuple[str, ...], np.ndarray]:
    syllables = [""]
    sound = np.zeros(PLANE, dtype=np.int16)
    for line in read_table("readings.txt"):
        syllable, characters = line.split(" ", 1)
        syllables.append(syllable)
        sound[[ord(one) for one in characters]] = len(syllables) - 1
    return tuple(syllables), sound


def _blur(syllable: str) -> str:
    """A syllable as those speak it who do not tell zh from z, n from l, or -ng from -n."""
    for heard, said in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l")):
        if syllable.startswith(heard):
            syllable = said + syllable.removeprefix(heard)
            break
    return syllable.removesuffix("g") if syllable.endswith(("ang", "eng", "ing")) else syllable


def _read_plain() -> np.ndarray:
    plain = np.arange(PLANE, dtype=np.uint32)
    for start, end in ((0xFF01, 0xFF5F), (0x2E80, 0x2FE0), (0xF900, 0xFB00), (0x61, 0x7B), (0xC0, 0x250)):
        for code in range(start, end):
            folded = unicodedata.normalize("NFKD", chr(code)).upper()
            if folded and ord(folded[0]) < PLANE and (len(folded) == 1 or code < 0x250):
                plain[code] = ord(folded[0])
    for line in read_table("simplified.txt"):
        for traditional, simplified in zip(line[::2], line[1::2], strict=True):
            plain[ord(traditional)] = ord(simplified)
    plain[:32] = 0
    plain[[ord(sign) for sign in _DROPPED]] = 0
    plain[[ord(sign) for sign in _UNREADABLE_SIGNS]] = UNREADABLE
    return plain


def _read_alike() -> np.ndarray:
    both: set[int] = set()
    for line in read_table("shapes.txt"):
        codes = [ord(one) for one in line]
        both |= {one * PLANE + other for one in codes for other in codes if one != other}
    return np.array(sorted(both), dtype=np.int64)


def look_alike(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether two characters look alike, element by element."""
    alike = load_hanzi().alike
    asked = one.astype(np.int64) * PLANE + other.astype(np.int64)
    place = np.minimum(np.searchsorted(alike, asked), len(alike) - 1)
    return np.asarray(alike[place] == asked)
