"""Compares pairs of records field by field: the level of agreement of each, for many pairs at once.

Names are held against each other character by character, by sound and by shape. No edit distance over bytes is used: it takes
one character of Chinese for three letters.
"""

from __future__ import annotations

import numpy as np

from wangdi.link.distances import are_one_edit_apart, count_edits
from wangdi.link.hanzi import UNREADABLE, load_hanzi, look_alike
from wangdi.link.levels import AREA, BIRTH, COMMONNESS, FIELDS, HOME, MISSING, NAME, NUMBER, PHONE, SEX
from wangdi.link.lunar import may_be_lunar
from wangdi.link.names import NAMED, NEWBORN, NO_NAME, SPOKEN, NameTable
from wangdi.link.normalise import MANY, NATIONS, WORDED
from wangdi.link.records import DOCUMENT, FAMILY, GUARDIAN, ID_KINDS, INVALID, OWN, UNPROVED, Records

CHUNK = 1 << 19

_KINDS = np.arange(len(ID_KINDS))
_LENT = np.isin(_KINDS, (GUARDIAN, FAMILY))
_OWN_OR_TYPED = np.isin(_KINDS, (OWN, INVALID, UNPROVED))


def compare_pairs(one: Records, left: np.ndarray, other: Records, right: np.ndarray) -> np.ndarray:
    """Levels of agreement. Grain: one row a pair (row ``left`` of ``one``, row ``right`` of ``other``), one column a field."""
    levels = np.zeros((len(left), len(FIELDS)), dtype=np.uint8)
    for start in range(0, len(left), CHUNK):
        part = slice(start, start + CHUNK)
        _compare_chunk(one, left[part], other, right[part], levels[part])
    return levels


def _compare_chunk(one: Records, a: np.ndarray, other: Records, b: np.ndarray, levels: np.ndarray) -> None:
    levels[:, 0] = compare_names(one.names, one.name[a], other.names, other.name[b])
    levels[:, 1] = _compare_births(one, a, other, b)
    sex, sex_b = one.sex[a], other.sex[b]
    known = (sex > 0) & (sex_b > 0)
    levels[:, 2] = np.where(known, np.where(sex == sex_b, SEX.index("same"), SEX.index("different")), MISSING)
    levels[:, 3] = _compare_numbers(one, a, other, b)
    levels[:, 4] = _compare_phones(one, a, other, b)
    place, place_b = one.place[a], other.place[b]
    road, road_b = one.road[a], other.road[b]
    home = np.where((road > 0) & (road == road_b), HOME.index("same_road"), HOME.index("different"))
    home[place == place_b] = HOME.index("same")
    home[(place == 0) | (place_b == 0)] = MISSING
    levels[:, 5] = home
    levels[:, 6] = _compare_areas(one.division[a], other.division[b])


def compare_names(one: NameTable, a: np.ndarray, other: NameTable, b: np.ndarray) -> np.ndarray:
    """The level of agreement of names, by row of each table; -1 is no name."""
    level = np.full(len(a), NAME.index("different"), dtype=np.uint8)
    kind, kind_b = one.kind[a], other.kind[b]
    nothing = (a < 0) | (b < 0) | (kind == NO_NAME) | (kind_b == NO_NAME)
    same = one.key[a] == other.key[b]
    sounds = one.sound_key[a] == other.sound_key[b]
    level[sounds] = NAME.index("sound_unique") + _commonness(other.sound_people[b[sounds]])
    level[same] = NAME.index("same_unique") + _commonness(other.people[b[same]])
    newborn, newborn_b = kind == NEWBORN, kind_b == NEWBORN
    level[newborn != newborn_b] = NAME.index("newborn")
    both = newborn & newborn_b
    level[both] = np.where(sounds[both], NAME.index("same_mother"), NAME.index("other_mother"))
    level[nothing] = MISSING
    rest = np.flatnonzero((level == NAME.index("different")) & (kind == NAMED) & (kind_b == NAMED) & ~nothing)
    if len(rest):
        latin = one.latin[a[rest]] & other.latin[b[rest]]
        level[rest[~latin]] = _compare_characters(one, a[rest[~latin]], other, b[rest[~latin]])
        level[rest[latin]] = _compare_words(one, a[rest[latin]], other, b[rest[latin]])
    return level


def _commonness(people: np.ndarray) -> np.ndarray:
    return np.searchsorted(COMMONNESS, people).astype(np.uint8)


def _head(table: NameTable, rows: np.ndarray) -> np.ndarray:
    codes = np.zeros((len(rows), SPOKEN), dtype=np.int32)
    codes[:, : table.codes.shape[1]] = table.codes[rows, :SPOKEN]
    return codes


def _compare_characters(one: NameTable, a: np.ndarray, other: NameTable, b: np.ndarray) -> np.ndarray:
    codes, codes_b = _head(one, a), _head(other, b)
    sounds, sounds_b = one.sounds[a], other.sounds[b]
    length, length_b = one.length[a], other.length[b]
    there = (codes != 0) | (codes_b != 0)
    blank = (codes == UNREADABLE) | (codes_b == UNREADABLE)
    equal = (codes == codes_b) | (sounds == sounds_b)
    apart = (there & ~equal & ~blank).sum(axis=1)
    even = length == length_b
    level = np.full(len(a), NAME.index("different"), dtype=np.uint8)
    head = equal[:, 0]
    level[head] = NAME.index("surname_same")
    given = even & ~head & equal[:, 1:].all(axis=1) & (length >= 3)
    level[given] = NAME.index("given_same")
    swapped = even & head & (length == 3) & (codes[:, 1] == codes_b[:, 2]) & (codes[:, 2] == codes_b[:, 1])
    level[even & head & (apart == 1) & (length >= 3)] = NAME.index("one_differs")
    level[swapped] = NAME.index("swapped")
    level[even & (apart == 1) & _alike_where_apart(codes, codes_b, there & ~equal & ~blank)] = NAME.index("look_alike")
    level[even & _near_sounds(sounds, sounds_b)] = NAME.index("near_sound")
    short = np.abs(length - length_b) == 1
    level[short & head & _is_shortened(codes, codes_b)] = NAME.index("one_short")
    level[even & (apart == 0) & blank.any(axis=1)] = NAME.index("unreadable")
    return level


def _alike_where_apart(codes: np.ndarray, codes_b: np.ndarray, apart: np.ndarray) -> np.ndarray:
    place = apart.argmax(axis=1)
    rows = np.arange(len(codes))
    return look_alike(codes[rows, place], codes_b[rows, place])


def _near_sounds(sounds: np.ndarray, sounds_b: np.ndarray) -> np.ndarray:
    near = load_hanzi().near_sound
    one = np.where(sounds > 0, near[np.maximum(sounds, 0)], sounds)
    other = np.where(sounds_b > 0, near[np.maximum(sounds_b, 0)], sounds_b)
    return np.asarray((one == other).all(axis=1))


def _is_shortened(codes: np.ndarray, codes_b: np.ndarray) -> np.ndarray:
    """Whether one is the other with one character left out."""
    longer = (codes != 0).sum(axis=1) > (codes_b != 0).sum(axis=1)
    long = np.where(longer[:, None], codes, codes_b)
    short = np.where(longer[:, None], codes_b, codes)
    found = np.zeros(len(codes), dtype=bool)
    for left_out in range(1, SPOKEN):
        kept = np.hstack([long[:, :left_out], long[:, left_out + 1 :], np.zeros((len(codes), 1), dtype=codes.dtype)])
        found |= (kept == short).all(axis=1) & (long[:, left_out] != 0)
    return np.asarray(found & (short[:, 1] != 0))


def _compare_words(one: NameTable, a: np.ndarray, other: NameTable, b: np.ndarray) -> np.ndarray:
    """Names in letters: by edits, and by their first and last words. A name of one word has it in both places."""
    level = np.full(len(a), NAME.index("different"), dtype=np.uint8)
    first, last = one.parts[a].T
    first_b, last_b = other.parts[b].T
    worded = (first != 0) & (first_b != 0)
    level[worded & (first == first_b)] = NAME.index("letters_given")
    level[worded & (last == last_b)] = NAME.index("letters_surname")
    level[worded & ((first == last_b) | (last == first_b)) & (first != first_b) & (last != last_b)] = NAME.index(
        "letters_swapped"
    )
    edits = count_edits(one.codes[a], other.codes[b])
    longest = np.maximum(one.length[a], other.length[b])
    level[(edits <= 4) & (edits * 3 <= longest)] = NAME.index("letters_close")
    level[(edits <= 2) & (edits * 4 <= longest)] = NAME.index("letters_near")
    return level


def _compare_births(one: Records, a: np.ndarray, other: Records, b: np.ndarray) -> np.ndarray:
    """The best agreement among the dates each record gives: as recorded, and in its own number."""
    birth, birth_b = one.birth[a], other.birth[b]
    proved, proved_b = one.id_birth[a], other.id_birth[b]
    level = _compare_days(birth, birth_b, (True, True))
    for day, day_b, recorded in (
        (proved, birth_b, (False, True)),
        (birth, proved_b, (True, False)),
        (proved, proved_b, (False, False)),
    ):
        rows = np.flatnonzero((day > 0) & (day_b > 0) & (level != BIRTH.index("same")))
        if not len(rows):
            continue
        found = _compare_days(day[rows], day_b[rows], recorded)
        before = level[rows]
        level[rows] = np.where(before == MISSING, found, np.minimum(before, found))
    return level


def _compare_days(day: np.ndarray, day_b: np.ndarray, recorded: tuple[bool, bool]) -> np.ndarray:
    """Of two dates. ``recorded``: which of them are as recorded, and may be lunar; the one in a number never is."""
    level = np.full(len(day), BIRTH.index("different"), dtype=np.uint8)
    same = day == day_b
    level[same] = np.where(day[same] % 10000 == 101, BIRTH.index("same_default"), BIRTH.index("same"))
    level[(day == 0) | (day_b == 0)] = MISSING
    rows = np.flatnonzero(~same & (level != MISSING))
    if not len(rows):
        return level
    x, y = day[rows], day_b[rows]
    year, month, date = x // 10000 == y // 10000, x // 100 % 100 == y // 100 % 100, x % 100 == y % 100
    part = np.full(len(rows), BIRTH.index("different"), dtype=np.uint8)
    part[year] = BIRTH.index("same_year")
    part[month & date] = BIRTH.index("year_slip")
    part[year & date] = BIRTH.index("month_slip")
    part[year & month] = BIRTH.index("day_slip")
    part[year & ((x % 10000 == 101) | (y % 10000 == 101))] = BIRTH.index("default")
    part[year & (x // 100 % 100 == y % 100) & (x % 100 == y // 100 % 100)] = BIRTH.index("swapped")
    for may_be, taken, other in ((recorded[0], x, y), (recorded[1], y, x)):
        if may_be:
            part[may_be_lunar(taken, other)] = BIRTH.index("lunar")
    level[rows] = part
    return level


def _compare_numbers(one: Records, a: np.ndarray, other: Records, b: np.ndarray) -> np.ndarray:
    kind, kind_b = one.id_kind[a], other.id_kind[b]
    key, key_b = one.id_key[a], other.id_key[b]
    level = np.zeros(len(a), dtype=np.uint8)
    same = (key == key_b) & (key != 0)
    lent, lent_b = _LENT[kind], _LENT[kind_b]
    level[same] = NUMBER.index("same")
    level[same & (lent | lent_b)] = NUMBER.index("same_guardian")
    level[same & ((lent & (kind_b == OWN)) | (lent_b & (kind == OWN)))] = NUMBER.index("is_guardian")
    # A mistyped number is the person's own; somebody else's says nothing beside another's.
    own = _OWN_OR_TYPED[kind]
    own_b = _OWN_OR_TYPED[kind_b]
    rows = np.flatnonzero(own & own_b & ~same)
    if len(rows):
        # Two proved numbers are two people's, however alike: twins' often are.
        proved = (kind[rows] == OWN) & (kind_b[rows] == OWN)
        near = are_one_edit_apart(key[rows], key_b[rows]) & ~proved
        level[rows] = np.where(near, NUMBER.index("near"), NUMBER.index("different"))
    # Texts that are no number can be the same, and otherwise say nothing beside a number.
    level[(level == NUMBER.index("different")) & ((key >= WORDED) != (key_b >= WORDED))] = MISSING
    papers = np.flatnonzero((kind == DOCUMENT) & (kind_b == DOCUMENT) & ~same)
    level[papers] = np.where(_may_be_one_document(key[papers], key_b[papers]), MISSING, NUMBER.index("different"))
    return level


def _may_be_one_document(key: np.ndarray, key_b: np.ndarray) -> np.ndarray:
    """Whether two documents differ in nothing but that one of them does not say its nationality."""
    silent = (key & NATIONS == 0) | (key_b & NATIONS == 0)
    return np.asarray(silent & (key & ~NATIONS == key_b & ~NATIONS))


def _compare_phones(one: Records, a: np.ndarray, other: Records, b: np.ndarray) -> np.ndarray:
    phone, phone_b = one.phone[a], other.phone[b]
    level = np.full(len(a), PHONE.index("different"), dtype=np.uint8)
    same = phone == phone_b
    shared = np.maximum(one.phone_use[a], other.phone_use[b]) > MANY
    level[same] = np.where(shared[same], PHONE.index("same_shared"), PHONE.index("same"))
    level[(phone == 0) | (phone_b == 0)] = MISSING
    rows = np.flatnonzero(level == PHONE.index("different"))
    if len(rows):
        level[rows[are_one_edit_apart(phone[rows], phone_b[rows])]] = PHONE.index("near")
    return level


def _compare_areas(division: np.ndarray, division_b: np.ndarray) -> np.ndarray:
    level = np.full(len(division), AREA.index("different"), dtype=np.uint8)
    for name, unit in (("county", 10**6), ("township", 10**3), ("village", 1)):
        fine = (division // unit == division_b // unit) & (unit == 10**6 or (division % (unit * 1000) // unit > 0))
        level[fine] = AREA.index(name)
    level[(division == 0) | (division_b == 0)] = MISSING
    return level
