"""Finding people, places, indicators and records by what somebody has in hand: a name, part of a number, a code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from wangdi.app.derivation import Standing, derive
from wangdi.app.name_sounds import Heard, hear_words
from wangdi.catalog.trees import Organisation, PlaceTree, Region
from wangdi.core.identifiers import upgrade_15_to_18
from wangdi.indicators.figures import Places
from wangdi.language.library import Library
from wangdi.link.people import parse_person, show_person
from wangdi.store.workspace import sql_name, sql_text

ID_15, ID_18 = 15, 18
"""How long identity numbers were and are."""
MOST_PEOPLE = 50
MOST_PLACES = 30
SHORTEST_NUMBER = 4
"""Digits from which on part of a number is looked for: fewer would find everybody."""
MATCHED = ("name", "id_no", "phone", "local_id")
"""What a person is found by, in the order in which a match is told; last, by how the name sounds (``sound``)."""


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """Somebody found.

    ``matched``: by which of :data:`MATCHED` (or ``sound``, ``person``); ``id_tail``: the last four of the number.
    """

    person_id: str
    name: str
    sex: str
    birth_date: date | None
    division: str
    id_tail: str
    matched: str


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """People found, and whether there are more than are listed."""

    people: tuple[FoundPerson, ...] = ()
    more: bool = False


def read_words(text: str) -> tuple[str, ...]:
    """What was typed as words: full-width letters and digits as plain ones, runs of spaces as one."""
    return tuple(unicodedata.normalize("NFKC", text).split())


def find_people(standing: Standing, words: Sequence[str], places: Places) -> FoundPeople:
    """The people every word fits. Missing: nothing asked finds nobody.

    Rule: one word at least is part of a name, its initials or its sound in letters (wjg, wangjianguo), a person number, an
    identity number (15 digits also find the 18 they became and the reverse, fewer are looked for at the end), the end or the
    beginning of a telephone number, or an institution's own number. Other words may also be part of the address or of the
    name of the village.
    """
    if not words:
        return FoundPeople()
    if len(words) == 1 and words[0][:1].upper() == "P" and (number := parse_person(words[0])) is not None:
        return _find(standing, f"l.person_id = {number}", "'person'")
    heard = hear_words(standing, words)
    by_self = [_fits(word, heard) for word in words]
    tests = [f"({own} OR {_lives(word, places)})" for own, word in zip(by_self, words, strict=True)]
    some = " OR ".join(by_self)
    matched = " ".join(
        f"WHEN {' OR '.join(_fits_column(word, name) for word in words)} THEN '{name}'" for name in MATCHED
    )
    for sounds in (heard.together, *heard.words.values()):
        matched += f" WHEN {sounds} THEN 'sound'" if sounds else ""
    fits = f"({some}) AND {' AND '.join(tests)}" if len(words) > 1 else some
    if heard.together:
        fits = f"({fits}) OR {heard.together}"
    found = _find(standing, fits, f"CASE {matched} END", heard.joins)
    return replace(found, more=found.more or heard.cut)


def _find(standing: Standing, test: str, matched: str, joins: str = "") -> FoundPeople:
    derived, workspace = derive(standing), standing.workspace
    joins += f" LEFT JOIN {derived.people} p USING (person_id)" if "p.division" in test else ""
    workspace.run(
        "CREATE OR REPLACE TEMP TABLE found_person AS WITH hit AS (SELECT l.person_id, f.seq, f.name, f.id_no, "
        f"{matched} AS matched FROM {standing.registrations} f JOIN {derived.links} l USING (registration_id){joins}"
        f" WHERE {test}) SELECT * FROM (SELECT person_id, arg_max(name, seq) AS name, arg_max(right(id_no, 4), seq) AS tail,"
        " any_value(matched) AS matched FROM hit GROUP BY 1)"
        f" ORDER BY length(name) NULLS LAST, name, person_id LIMIT {MOST_PEOPLE + 1}"
    )
    rows = workspace.rows(
        "SELECT w.person_id, w.name, p.sex, p.birth_date, p.division, w.tail, w.matched FROM found_person w"
        f" LEFT JOIN (SELECT * FROM {derived.people} SEMI JOIN found_person USING (person_id)) p USING (person_id)"
        " ORDER BY length(w.name) NULLS LAST, w.name, p.birth_date, w.person_id"
    )
    people = tuple(
        FoundPerson(show_person(number), name or "", sex or "", born, division or "", tail or "", by or "")
        for number, name, sex, born, division, tail, by in rows[:MOST_PEOPLE]
    )
    return FoundPeople(people, len(rows) > MOST_PEOPLE)


def _fits(word: str, heard: Heard) -> str:
    tests = [test for name in MATCHED if (test := _fits_column(word, name)) != "FALSE"]
    tests += [heard.words[word]] if heard.words.get(word) else []
    return f"({' OR '.join(tests)})"


def _fits_column(word: str, name: str) -> str:
    """SQL: whether a word is what a registration says in a column, or enough of it."""
    column, text = f"f.{sql_name(name)}", word.upper()
    if name == "name":
        return f"contains({column}, {sql_text(word)})" if not word.isascii() or word.isalpha() else "FALSE"
    if name == "local_id":
        return f"{column} = {sql_text(word)}" if word.isascii() else "FALSE"
    digits = bool(re.fullmatch(r"\d{3,17}[\dX]", text, re.ASCII)) and len(text) >= SHORTEST_NUMBER
    if not digits:
        return "FALSE"
    if name == "phone":
        if not text.isdigit() or len(text) > 12:
            return "FALSE"
        return f"({column} LIKE {sql_text('%' + text)} OR {column} LIKE {sql_text(text + '%')})"
    if len(text) in (ID_15, ID_18):
        return f"{column} IN ({', '.join(sql_text(one) for one in same_numbers(text))})"
    return f"{column} LIKE {sql_text('%' + text)}"


def same_numbers(number: str) -> tuple[str, ...]:
    """An identity number with the other one, of 15 or 18 digits, that the same person has or had."""
    if len(number) == ID_15:
        return (number, upgrade_15_to_18(number)) if number.isdigit() else (number,)
    return (number, number[:6] + number[8:17]) if number[6:8] == "19" else (number,)


def _lives(word: str, places: Places) -> str:
    codes = [code for code, rows in places.regions.rows.items() if any(word in row.name for row in rows)]
    listed = ", ".join(sql_text(code) for code in codes[:MOST_PLACES])
    village = f" OR p.division IN ({listed})" if listed else ""
    return f"(contains(f.address, {sql_text(word)}){village})"


def find_regions(places: Places, words: Sequence[str], on: date) -> list[Region]:
    """Areas by part of their name or the beginning of their code, the widest first; those of a day, else the last there was."""
    return _find_places(places.regions, words, on)


def find_organisations(places: Places, words: Sequence[str], on: date) -> list[Organisation]:
    """Organisations by part of their name or the beginning of their code."""
    return _find_places(places.organisations, words, on)


def _find_places(tree: PlaceTree[Any], words: Sequence[str], on: date) -> list[Any]:
    if not words:
        return []
    found = []
    for code, rows in tree.rows.items():
        row = tree.find(code, on) or rows[-1]
        if all(word in row.name or (len(word) > 1 and code.upper().startswith(word.upper())) for word in words):
            found.append(row)
    levels = ("city", "county", "township", "village")
    return sorted(found, key=lambda row: (levels.index(row.level) if row.level in levels else 0, row.code))


def find_indicator_titles(library: Library, words: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """Indicators by part of their title in either language, or their id: id, title, English title, title of the pack."""
    wanted = [word.casefold() for word in words]
    return [
        (item.id, item.title, item.title_en, pack.title)
        for pack in library.newest.values()
        for item in pack.indicators.values()
        if wanted and _all_in(wanted, (item.id, item.title, item.title_en))
    ]


def _all_in(wanted: Sequence[str], texts: Iterable[str]) -> bool:
    folded = " ".join(texts).casefold()
    return all(word in folded for word in wanted)


def find_record(standing: Standing, words: Sequence[str]) -> dict[str, Any] | None:
    """The record of a number, where what was typed is one."""
    if len(words) != 1 or not re.fullmatch(r"[1-9][0-9]{0,17}", words[0]):
        return None
    number = int(words[0])
    if number > standing.known:
        return None
    return standing.city.find_fact(standing.workspace, number)
