"""Names by how they are typed in Latin letters: the first letter of each character, or the whole sound.

A character read in several ways is found by each of them; the tables are those by which names are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from wangdi.link.hanzi import PLANE, load_hanzi, read_table
from wangdi.link.names import read_codes, tidy_codes

SHORTEST, LONGEST = 2, 4
"""Letters that may be the initials of a name, one for each character."""
SPELT = 8
"""Characters of a name that are spelt; hardly a name has more."""
MOST_WAYS = 64
"""Ways to part a word into syllables that are looked for; a word of letters without end has many."""
_BASE = 27
_LONGEST_SYLLABLE = 6


@dataclass(frozen=True, slots=True)
class SpeltNames:
    """Names and how they sound. Grain: ``sounds`` one row a way to read a name, ``name`` whose it is (its place in ``texts``).

    ``initials`` and ``initials_row``: the initials of short names as numbers, sorted, and the rows that have them. ``spoken``,
    ``spoken_row``, ``spoken_at``: every syllable, sorted, with where it stands; syllable ``n`` begins at ``starts[n]``.
    """

    texts: tuple[str, ...]
    sounds: np.ndarray
    name: np.ndarray
    initials: np.ndarray
    initials_row: np.ndarray
    spoken_row: np.ndarray
    spoken_at: np.ndarray
    starts: np.ndarray

    def find(self, word: str) -> np.ndarray:
        """Places of the names that a word of letters fits: their initials, or the sound of all or some of their characters.

        Missing: a word that is neither fits none.
        """
        letters = fold_letters(word)
        rows = [self._with_initials(letters), *(self._with_sound(way) for way in part_syllables(letters))]
        return np.unique(self.name[np.concatenate(rows)])

    def _with_initials(self, letters: str) -> np.ndarray:
        if not SHORTEST <= len(letters) <= LONGEST:
            return self.initials_row[:0]
        key = _fold_initials(np.array([[ord(one) - 96 for one in letters]]))[0]
        first, last = np.searchsorted(self.initials, [key, key + 1])
        return self.initials_row[first:last]

    def _with_sound(self, syllables: Sequence[int]) -> np.ndarray:
        """Rows in which these syllables follow each other."""
        head = slice(self.starts[syllables[0]], self.starts[syllables[0] + 1])
        rows, places = self.spoken_row[head], self.spoken_at[head]
        for further, syllable in enumerate(syllables[1:], start=1):
            inside = places + further < self.sounds.shape[1]
            rows, places = rows[inside], places[inside]
            said = self.sounds[rows, places + further] == syllable
            rows, places = rows[said], places[said]
        return rows


def fold_letters(word: str) -> str:
    """A word as syllables are written: small letters, ``v`` for ``ü``, without the apostrophe of xi'an."""
    return word.lower().replace("ü", "v").replace("'", "").replace("’", "")


def is_lettered(word: str) -> bool:
    """Whether a word may be pinyin: Latin letters only."""
    letters = fold_letters(word)
    return len(letters) >= SHORTEST and letters.isascii() and letters.isalpha()


def part_syllables(letters: str) -> list[tuple[int, ...]]:
    """The ways to part a word into syllables, as their numbers: xian is xian, and xi an."""
    numbers = _syllable_numbers()

    def part(rest: str, depth: int) -> Iterator[tuple[int, ...]]:
        if not rest:
            yield ()
        if not rest or depth == SPELT:
            return
        for length in range(min(_LONGEST_SYLLABLE, len(rest)), 0, -1):
            for number in numbers.get(rest[:length], ()):
                yield from ((number, *tail) for tail in part(rest[length:], depth + 1))

    if not letters or len(letters) > SPELT * _LONGEST_SYLLABLE:
        return []
    return [way for _, way in zip(range(MOST_WAYS), part(letters, 0), strict=False)]


@cache
def _syllable_numbers() -> dict[str, tuple[int, ...]]:
    """By how a syllable is typed; lü and nü are also typed lu, lyu and nu, nyu."""
    found: dict[str, tuple[int, ...]] = {}
    for number, syllable in enumerate(load_hanzi().syllables):
        typed = [syllable, syllable.replace("v", "u"), syllable.replace("v", "yu")] if "v" in syllable else [syllable]
        for one in typed if syllable else ():
            found[one] = (*found.get(one, ()), number)
    return found


@cache
def _other_sounds() -> np.ndarray:
    """Up to two further syllables of each character, 0 beyond them."""
    numbers = {syllable: number for number, syllable in enumerate(load_hanzi().syllables)}
    other = np.zeros((PLANE, 2), dtype=np.int16)
    for line in read_table("readings_other.txt"):
        character, *said = line.split()
        other[ord(character), : len(said)] = [numbers[one] for one in said[:2]]
    return other


def spell_names(texts: Sequence[str]) -> SpeltNames:
    """How names sound, once for all of them; each text should stand once."""
    codes = tidy_codes(read_codes(texts or [""]))[:, :SPELT]
    sounds, name = _read_aloud(np.minimum(codes, PLANE - 1))
    length = (codes != 0).sum(axis=1)[name]
    short = np.flatnonzero((length >= SHORTEST) & (length <= LONGEST) & ((sounds != 0).sum(axis=1) == length))
    first_letters = np.array([ord(one[0]) - 96 if one else 0 for one in load_hanzi().syllables], dtype=np.int64)
    keys = _fold_initials(first_letters[sounds[short][:, :LONGEST]])
    order = np.argsort(keys, kind="stable")
    rows, places = np.nonzero(sounds)
    spoken = sounds[rows, places]
    by_sound = np.argsort(spoken, kind="stable")
    starts = np.searchsorted(spoken[by_sound], np.arange(len(load_hanzi().syllables) + 1))
    return SpeltNames(
        texts=tuple(texts),
        sounds=sounds,
        name=name,
        initials=keys[order],
        initials_row=short[order].astype(np.int32),
        spoken_row=rows[by_sound].astype(np.int32),
        spoken_at=places[by_sound].astype(np.int8),
        starts=starts,
    )


def _fold_initials(letters: np.ndarray) -> np.ndarray:
    """Up to four letters (1 to 26, 0 beyond the end) as one number."""
    folded = np.zeros(len(letters), dtype=np.int64)
    for column in range(LONGEST):
        folded = folded * _BASE + (letters[:, column] if column < letters.shape[1] else 0)
    return folded


def _read_aloud(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The syllables of every way to read each name, and whose name it is. What is no character of the tables is silent."""
    hanzi, other = load_hanzi(), _other_sounds()
    sounds = hanzi.sound[codes]
    sounds[:, 0] = hanzi.surname_sound[codes[:, 0]]
    settled = np.zeros(len(codes), dtype=bool)
    for surname, said in hanzi.compounds.items():
        if codes.shape[1] > 1:
            rows = (codes[:, 0] == ord(surname[0])) & (codes[:, 1] == ord(surname[1]))
            sounds[rows, :2] = said
            settled |= rows
    name = np.arange(len(codes), dtype=np.int32)
    for place in range(codes.shape[1]):
        plain = hanzi.sound[codes[name, place]]
        further = np.column_stack([plain, other[codes[name, place]]])
        more = [
            np.flatnonzero((said != 0) & (said != sounds[:, place]) & ~(settled[name] & (place < 2)))
            for said in further.T
        ]
        added = [sounds[rows].copy() for rows in more]
        for block, rows, said in zip(added, more, further.T, strict=True):
            block[:, place] = said[rows]
        sounds = np.vstack([sounds, *added])
        name = np.concatenate([name, *(name[rows] for rows in more)])
    return sounds, name
