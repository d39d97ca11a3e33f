"""Who somebody is, as each institution has written it down: names, numbers, birthdays, telephones, with the faults of real life."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import NEVER, UNKNOWN, Days, Texts, day_number, year_month_day, years_at
from wangdi.demo.forms import World
from wangdi.demo.lunar import write_lunar
from wangdi.demo.registrations import OWN
from wangdi.demo.settings import load_model, random_stream
from wangdi.demo.written_names import WAYS, name_newborn

WORDS = (
    "id_missing", "id_15", "id_mistyped", "id_guardian", "id_family", "name_homophone", "name_glyph",
    "name_traditional", "name_space", "name_dot", "name_newborn", "birth_lunar", "birth_january", "birth_swapped",
    "birth_of_number", "phone_missing", "phone_shared", "phone_changed", "phone_clinic", "address_old",
)  # fmt: skip
"""What can be wrong with a registration. The place of a word is its bit."""
_OWN_NUMBER = ("a", "c")
"""Styles of institutions to which a person is a number of their own, and nothing else."""
_CLINIC_PHONES = 14_299_900_000
_LEAST = 2
"""At least so many at home lack a number, and have a mistyped one, however few people there are."""


@dataclass(slots=True)
class Spellings:
    """What is sent of who somebody is. The same institution writes the same about the same person every time.

    Grain: one element per registration. Missing: b"" for a number, 0 for a telephone.
    """

    world: World
    owner: NDArray[np.int32]
    """Whose identity number it is; -1 for nobody's."""
    id_numbers: NDArray[np.bytes_]
    birth: Days
    phones: NDArray[np.int64]
    defects: NDArray[np.uint32]
    renamed: dict[int, str] = field(default_factory=dict)
    """Names otherwise written, by registration."""

    def names(self, registration: NDArray[Any]) -> Texts:
        """The names as they are written."""
        names = self.world.population.names(self.world.registrations.person[registration])
        for at in np.flatnonzero(
            self.has(registration, *(word for word in WORDS if word.startswith("name_")))
        ).tolist():
            names[at] = self.renamed[int(registration[at])]
        return names

    def addressed_village(self, registration: NDArray[Any], village: NDArray[Any]) -> NDArray[Any]:
        """The village that is written down of somebody who lives in ``village``."""
        old = self.world.population.village[self.world.registrations.person[registration]]
        return np.where(self.has(registration, "address_old"), old, village)

    def has(self, registration: NDArray[Any] | slice, *words: str) -> NDArray[np.bool_]:
        """Whether each has one of these defects."""
        return np.asarray(self.defects[registration] & _bits(words) > 0)

    def told_defects(self, registration: NDArray[Any], unsaid: Mapping[str, NDArray[np.bool_]]) -> Texts:
        """The words of each, joined by ;. ``unsaid``: how the words begin for what an institution does not export at all."""
        defects = self.defects[registration]
        for beginning, silent in unsaid.items():
            defects[silent] &= ~np.uint32(_bits(word for word in WORDS if word.startswith(beginning)))
        values, inverse = np.unique(defects, return_inverse=True)
        texts = [";".join(word for bit, word in enumerate(WORDS) if value >> bit & 1) for value in values.tolist()]
        return np.array(texts, dtype=object)[inverse]

    def mark(self, registration: NDArray[Any] | int, word: str) -> None:
        """Note a defect."""
        self.defects[registration] |= np.uint32(_bits((word,)))

    def clean(self, registration: NDArray[Any] | int) -> None:
        """Write of these people what is so."""
        at = np.atleast_1d(registration)
        people, person = self.world.population, self.world.registrations.person[at]
        self.owner[at], self.id_numbers[at] = person, people.id_numbers[person]
        self.birth[at], self.phones[at], self.defects[at] = people.birth[person], people.phones[person], 0
        for one in at.tolist():
            self.renamed.pop(one, None)

    def borrow(self, registration: NDArray[Any], owner: NDArray[Any], word: str) -> None:
        """Write down somebody else's number."""
        self.owner[registration] = owner
        self.id_numbers[registration] = self.world.population.id_numbers[owner]
        self.mark(registration, word)

    def drop_number(self, registration: NDArray[Any]) -> None:
        """Write down no number."""
        self.owner[registration], self.id_numbers[registration] = -1, b""
        self.mark(registration, "id_missing")

    def drop_phone(self, registration: NDArray[Any]) -> None:
        """Write down no telephone."""
        self.phones[registration] = 0
        self.mark(registration, "phone_missing")

    def change_phone(self, registration: NDArray[Any], rng: np.random.Generator) -> None:
        """Write down a telephone given up since."""
        self.phones[registration] = 14_200_000_000 + rng.integers(0, 10**8 - 10**6, len(registration))
        self.mark(registration, "phone_changed")

    def swap_birthday(self, registration: NDArray[Any]) -> None:
        """Write the day where the month stands; it must be one that there is."""
        year, month, day = year_month_day(self.birth[registration])
        self.birth[registration] = _days(year, day, month)
        self.mark(registration, "birth_swapped")

    def default_birthday(self, registration: NDArray[Any]) -> None:
        """Write 1 January, as of somebody of whom only the year is known."""
        year, month, day = year_month_day(self.birth[registration])
        self.birth[registration] = _days(year, 1, 1)
        self.mark(registration[(month > 1) | (day > 1)], "birth_january")

    def rename(self, registration: int, word: str, turn: int) -> bool:
        """Write the name otherwise; answers whether that can be done with this name."""
        (name,) = self.world.population.names(self.world.registrations.person[[registration]]).tolist()
        written = WAYS[word](name, turn)
        if written == name:
            return False
        self.renamed[registration] = written
        self.mark(registration, word)
        return True


def make_spellings(world: World) -> Spellings:
    """Draw what each institution has written down; :func:`keep_apart` comes after whatever else is changed."""
    people, registrations = world.population, world.registrations
    person = registrations.person
    spellings = Spellings(
        world=world,
        owner=person.copy(),
        id_numbers=people.id_numbers[person],
        birth=people.birth[person],
        phones=people.phones[person],
        defects=np.zeros(registrations.size, dtype=np.uint32),
    )
    _write_numbers(spellings)
    _write_birthdays(spellings)
    _write_phones(spellings)
    _write_names(spellings)
    _keep_old_addresses(spellings)
    return spellings


def _bits(words: Iterable[str]) -> int:
    return sum(1 << WORDS.index(word) for word in words)


def _shares(world: World, word: str) -> NDArray[np.float64]:
    """By registration: of who lives there, and of the others."""
    home, elsewhere = load_model()["spelling"][word]
    return np.asarray(np.where(world.registrations.why == OWN, home, elsewhere))


def _newborn(world: World) -> NDArray[np.bool_]:
    registrations = world.registrations
    age = registrations.opened - world.population.birth[registrations.person]
    return np.asarray(age < load_model()["spelling"]["newborn_days"])


def _choose(chance: NDArray[np.float64], shares: Iterable[NDArray[np.float64]]) -> list[NDArray[np.intp]]:
    """For each share those to whom it falls; nobody to two."""
    found, low = [], np.zeros(len(chance))
    for share in shares:
        found.append(np.flatnonzero((chance >= low) & (chance < low + share)))
        low += share
    return found


def _write_numbers(spellings: Spellings) -> None:
    world, model = spellings.world, load_model()["spelling"]
    people, registrations = world.population, world.registrations
    person, rng = registrations.person, random_stream(world.settings, "spelling numbers")
    families = people.families
    guardian = np.where(families.mother >= 0, families.mother, families.father)[person]
    small = years_at(people.birth[person], registrations.opened) < model["small_child"]
    # Who has their number since before 2000 was born in a year that is 19 and two digits.
    old = people.birth[person] < day_number(model["old_number_before"])
    missing = np.where(_newborn(world), _shares(world, "no_number_yet"), _shares(world, "id_missing"))
    shares = (
        missing,
        _shares(world, "id_15") * old,
        _shares(world, "id_mistyped"),
        _shares(world, "id_guardian") * (small & (guardian >= 0)),
        _shares(world, "id_family") * (families.partner[person] >= 0),
    )
    chosen = _choose(rng.random(registrations.size), shares)
    sound = np.setdiff1d(np.flatnonzero(registrations.why == OWN), np.concatenate(chosen))[: 2 * _LEAST]
    without, shortened, mistyped, childish, family = chosen
    spellings.drop_number(np.union1d(without, sound[:_LEAST]))
    spellings.id_numbers[shortened] = [number[:6] + number[8:17] for number in spellings.id_numbers[shortened].tolist()]
    spellings.mark(shortened, "id_15")
    _mistype(spellings, rng, np.union1d(mistyped, sound[_LEAST:]))
    spellings.borrow(childish, guardian[childish], "id_guardian")
    spellings.borrow(family, families.partner[person[family]], "id_family")


def _mistype(spellings: Spellings, rng: np.random.Generator, registration: NDArray[Any]) -> None:
    """One digit of the last ones is another: the check character no longer fits."""
    numbers = spellings.id_numbers[registration]
    digits = numbers.view(np.uint8).reshape(-1, 18)
    row, place = np.arange(len(registration)), rng.integers(12, 17, len(registration))
    typed = (digits[row, place] - ord("0") + rng.integers(1, 10, len(registration))) % 10 + ord("0")
    digits[row, place] = typed.astype(np.uint8)
    spellings.id_numbers[registration], spellings.owner[registration] = numbers, -1
    spellings.mark(registration, "id_mistyped")


def _write_birthdays(spellings: Spellings) -> None:
    """Only of grown people without a number: a number would say the birthday, and what a child is given comes after birth."""
    world = spellings.world
    rng = random_stream(world.settings, "spelling birthdays")
    birth = spellings.birth
    _, month, day = year_month_day(birth)
    able = spellings.has(slice(None), "id_missing") & (years_at(birth, world.population.first_day) >= 18)
    lunar = write_lunar(birth)
    shares = (
        _shares(world, "birth_lunar") * (able & (lunar != UNKNOWN)),
        _shares(world, "birth_january") * (able & ((month > 1) | (day > 1))),
        _shares(world, "birth_swapped") * (able & (day <= 12) & (day != month)),
    )
    lunars, firsts, swapped = _choose(rng.random(len(birth)), shares)
    birth[lunars] = lunar[lunars]
    spellings.mark(lunars, "birth_lunar")
    spellings.default_birthday(firsts)
    spellings.swap_birthday(swapped)


def _days(year: NDArray[Any], month: NDArray[Any] | int, day: NDArray[Any] | int) -> Days:
    months = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    return np.asarray(months.astype("datetime64[D]").astype(np.int64) + day - 1, dtype=np.int32)


def _write_phones(spellings: Spellings) -> None:
    world = spellings.world
    people, registrations = world.population, world.registrations
    person, rng = registrations.person, random_stream(world.settings, "spelling phones")
    families, known = people.families, spellings.phones > 0
    relative = np.where(families.partner >= 0, families.partner, families.mother)[person]
    able = known & (relative >= 0) & (people.phones[relative] > 0) & (people.phones[relative] != spellings.phones)
    words = ("phone_missing", "phone_shared", "phone_changed", "phone_clinic")
    shares = [_shares(world, word) * (able if word == "phone_shared" else known) for word in words]
    missing, shared, changed, clinic = _choose(rng.random(registrations.size), shares)
    spellings.drop_phone(missing)
    spellings.phones[shared] = people.phones[relative[shared]]
    spellings.change_phone(changed, rng)
    spellings.phones[clinic] = _CLINIC_PHONES + registrations.sender[clinic].astype(np.int64)
    spellings.mark(shared, "phone_shared")
    spellings.mark(clinic, "phone_clinic")


def _write_names(spellings: Spellings) -> None:
    world = spellings.world
    people, registrations = world.population, world.registrations
    person, rng = registrations.person, random_stream(world.settings, "spelling names")
    mother = people.families.mother[person]
    whole = people.of_minority(person)
    newborn = _shares(world, "name_newborn") * (_newborn(world) & (mother >= 0) & ~people.of_minority(mother))
    words = tuple(WAYS)
    shares = [_shares(world, word) * (whole if word == "name_dot" else ~whole) for word in words]
    unnamed, *taken = _choose(rng.random(registrations.size), (newborn, *shares))
    turns = rng.integers(0, 1 << 20, registrations.size)
    for word, chosen in zip(words, taken, strict=True):
        for one in chosen.tolist():
            spellings.rename(one, word, int(turns[one]))
    mothers, male = people.names(mother[unnamed]), people.male[person[unnamed]]
    for one, name, boy in zip(unnamed.tolist(), mothers.tolist(), male.tolist(), strict=True):
        spellings.renamed[one] = name_newborn(name, male=boy)
    spellings.mark(unnamed, "name_newborn")


def _keep_old_addresses(spellings: Spellings) -> None:
    world = spellings.world
    people, registrations = world.population, world.registrations
    person, rng = registrations.person, random_stream(world.settings, "spelling addresses")
    moved = (people.next_village >= 0) & (people.moved_on < NEVER)
    able = moved[person] & (registrations.opened >= people.moved_on[person])
    spellings.mark(np.flatnonzero(rng.random(registrations.size) < _shares(world, "address_old") * able), "address_old")


def keep_apart(spellings: Spellings) -> None:
    """Two people whom one institution could not tell apart itself get back what is so, until there are none.

    An institution that does not number its people knows a person by a valid number, else by name, birthday and telephone; in
    FHIR a patient may be referred to by the identity number, so that two with one contradict each other.
    """
    registrations, people = spellings.world.registrations, spellings.world.population
    styles = np.array([organisation.style for organisation in people.places.organisations])
    theirs = np.flatnonzero(~np.isin(styles[registrations.sender], _OWN_NUMBER))
    for find in (_same_names, _same_numbers):
        while len(same := find(spellings, theirs)):
            spellings.clean(same)


def _same_names(spellings: Spellings, theirs: NDArray[np.intp]) -> NDArray[np.intp]:
    hospitals = spellings.world.population.places.hospitals
    nameless = theirs[(spellings.owner[theirs] < 0) & ~np.isin(spellings.world.registrations.sender[theirs], hospitals)]
    sender, birth = spellings.world.registrations.sender[nameless], spellings.birth[nameless]
    # The death register has no telephones.
    phones = np.where(np.isin(sender, spellings.world.population.places.disease_centres), 0, spellings.phones[nameless])
    keys = list(zip(sender.tolist(), spellings.names(nameless).tolist(), birth.tolist(), phones.tolist(), strict=True))
    count = Counter(keys)
    return np.asarray(nameless[np.array([count[key] > 1 for key in keys], dtype=bool)])


def _same_numbers(spellings: Spellings, theirs: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those with a number of somebody else whom the institution knows by it as well."""
    numbered = theirs[spellings.owner[theirs] >= 0]
    sender = spellings.world.registrations.sender[numbered]
    keys = sender.astype(np.int64) * spellings.world.population.size + spellings.owner[numbered]
    _, inverse, count = np.unique(keys, return_inverse=True, return_counts=True)
    same = numbered[count[inverse] > 1]
    return np.asarray(same[spellings.owner[same] != spellings.world.registrations.person[same]])
