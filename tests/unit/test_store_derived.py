"""A derived folder is there whole or not at all, and what a killed process left aside does not stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from wangdi.store.derived import KEEP_BASES, MAKING, DerivedFolder, hold_layers


def fill(folder: Path) -> None:
    (folder / "person.parquet").write_text("people", encoding="utf-8")


def test_what_was_left_aside_goes_with_the_next_making(tmp_path: Path) -> None:
    derived = DerivedFolder(tmp_path / "rules")
    left = derived.root / f"{MAKING}left"
    left.mkdir(parents=True)
    fill(left)
    made = derived.make(derived.base(7), fill)
    assert [path.name for path in derived.root.iterdir()] == [made.name]
    assert (made / "person.parquet").read_text(encoding="utf-8") == "people"


def test_what_somebody_is_still_filling_stays(tmp_path: Path) -> None:
    derived = DerivedFolder(tmp_path / "rules")

    def fill_both(folder: Path) -> None:
        derived.make(derived.base(8), fill)
        assert folder.is_dir(), "the other one left it alone"
        fill(folder)

    derived.make(derived.base(7), fill_both)
    assert derived.bases() == [7, 8]
    assert not list(derived.root.glob(f"{MAKING}*"))


def test_somebody_elses_is_as_good_and_a_failure_leaves_nothing(tmp_path: Path) -> None:
    derived = DerivedFolder(tmp_path / "rules")

    def beaten(folder: Path) -> None:
        fill(folder)
        derived.base(7).mkdir()
        fill(derived.base(7))

    assert derived.make(derived.base(7), beaten) == derived.base(7)

    def fail(folder: Path) -> None:
        fill(folder)
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        derived.make(derived.base(9), fail)
    assert [path.name for path in derived.root.iterdir()] == [derived.base(7).name]


def test_what_is_asked_stays_until_nobody_asks_it(tmp_path: Path) -> None:
    derived = DerivedFolder(tmp_path / "rules")
    numbers = list(range(1, KEEP_BASES + 3))
    for number in numbers:
        derived.make(derived.base(number), fill)
    change = derived.make(derived.change(numbers[-1], 99), fill)
    asked = hold_layers(derived.base(1), None)
    layered = hold_layers(derived.base(2), change)
    derived.sweep()
    assert derived.bases() == numbers[:2] + numbers[-KEEP_BASES:]
    del asked, layered
    derived.sweep()
    assert derived.bases() == numbers[-KEEP_BASES:]
    assert change.is_dir(), "its base is one of the last"
    assert hold_layers(derived.base(1), None) is None


def test_an_older_question_keeps_the_change_it_has_just_made(tmp_path: Path) -> None:
    derived = DerivedFolder(tmp_path / "rules")
    derived.make(derived.base(1), fill)
    for known in range(20, 20 + KEEP_BASES + 1):
        derived.make(derived.change(1, known), fill)
    older = derived.make(derived.change(1, 10), fill)
    asked = hold_layers(derived.base(1), older)
    derived.sweep()
    assert older.is_dir()
    assert asked is not None
