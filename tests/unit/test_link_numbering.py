"""Numbers of people that survive, and decisions that are stronger than numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wangdi.link.numbering import Known, count_in_order, number_people


def number(person: list[int], stored: list[int], given_: list[int] | None = None) -> list[int]:
    """Numbers of registrations 100, 101 ... whose identity numbers say nothing unless they are given."""
    registration = np.arange(100, 100 + len(person))
    own = np.array(given_ if given_ is not None else registration)
    known = Known(registration, np.arange(len(person)), np.array(stored), own)
    return [int(one) for one in number_people(np.array(person), known)]


def test_a_person_goes_by_the_registration_known_first() -> None:
    assert number([1, 2, 1], [0, 0, 0]) == [100, 101, 100]
    assert number([1, 2, 1], [0, 0, 0], [7, 8, 9]) == [7, 8, 7]
    assert number([1, 2, 1], [5, 0, 8], [7, 8, 9]) == [5, 8, 5], "as linking stored it, however the number reads today"


def test_after_a_split_the_first_keeps_the_number() -> None:
    assert number([1, 2, 2], [5, 5, 5]) == [5, 101, 101]
    assert number([1, 2, 3], [5, 5, 5]) == [5, 101, 102]


def test_two_people_of_one_identity_number_have_two_numbers() -> None:
    assert number([1, 2], [0, 0], [7, 7]) == [7, 101]


def test_a_number_that_is_taken_is_not_given_again() -> None:
    assert number([1, 2, 2], [101, 101, 0], [100, 101, 102]) == [101, 102, 102], "registration 101 gave its number away"
    assert number([1, 2], [101, 101], [100, 101]) == [101, 102], "the next that is free"


def test_who_was_known_first_need_not_stand_first() -> None:
    registration = np.array([100, 101, 102])
    known = Known(registration, np.array([9, 8, 7]), np.zeros(3, dtype=np.int64), registration)
    assert number_people(np.array([1, 2, 1]), known).tolist() == [102, 101, 102]


def test_groups_are_counted_in_the_order_they_stand_in() -> None:
    assert count_in_order(np.array([7, 3, 7, 9])).tolist() == [1, 2, 1, 3]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.data())
def test_every_person_has_one_number_of_their_own(groups: list[int], data: st.DataObject) -> None:
    order = list(dict.fromkeys(groups))
    person = [order.index(group) + 1 for group in groups]
    numbers = st.integers(0, 4).map(lambda one: one and 50 + one)
    stored = data.draw(st.lists(numbers, min_size=len(person), max_size=len(person)))
    found = number(person, stored)
    assert len({*zip(person, found, strict=True)}) == len(set(person)) == len(set(found))
    assert number(person, found) == found, "numbering again changes nothing"
