"""What makes a file survive a power cut: synced before it is named, named before it is acknowledged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from wangdi.store.disk import (
    INTENT,
    Copying,
    Move,
    clear_intent,
    empty_folder,
    hash_file,
    make_folder,
    run_moves,
    undo_unfinished,
    write_synced,
)


def nothing(_paths: Iterable[str]) -> set[str]:
    return set()


def staged(folder: Path, name: str) -> Path:
    path = folder / "staging" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(name)
    return path


def test_the_order_that_a_power_cut_cannot_break(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    real_sync, real_rename, real_replace = os.fsync, Path.rename, Path.replace

    def name(path: str | Path) -> str:
        return Path(path).resolve().relative_to(tmp_path.resolve()).as_posix()

    def sync(handle: int) -> None:
        steps.append(f"sync {name(Path(f'/proc/self/fd/{handle}').resolve())}")
        real_sync(handle)

    def rename(self: Path, target: Path) -> Path:
        steps.append(f"rename {name(target)}")
        return real_rename(self, target)

    def replace(self: Path, target: Path) -> Path:
        steps.append(f"rename {name(target)}")
        return real_replace(self, target)

    moves = [Move(staged(tmp_path, letter), f"facts/base=1/{letter}") for letter in "ab"]
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(Path, "replace", replace)
    run_moves(tmp_path, moves)
    assert sorted(steps[:2]) == ["sync staging/a", "sync staging/b"], "several at once, in any order"
    assert steps[2:] == [
        "sync intent.json.new", "rename intent.json", "sync .",
        "sync .", "sync facts", "rename facts/base=1/a", "rename facts/base=1/b",
        "sync facts/base=1",
    ]  # fmt: skip


def test_an_unfinished_intent_is_undone(tmp_path: Path) -> None:
    run_moves(tmp_path, [Move(staged(tmp_path, letter), f"facts/base=1/{letter}") for letter in "ab"])
    assert undo_unfinished(tmp_path, lambda paths: {path for path in paths if path.endswith("a")}) == ["facts/base=1/b"]
    assert (tmp_path / "facts/base=1/a").exists()
    assert not (tmp_path / INTENT).exists()
    run_moves(tmp_path, [Move(staged(tmp_path, "c"), "facts/base=2/c")])
    assert undo_unfinished(tmp_path, nothing) == ["facts/base=2/c"]
    assert not (tmp_path / "facts/base=2").exists()


def test_a_finished_intent_is_forgotten(tmp_path: Path) -> None:
    run_moves(tmp_path, [Move(staged(tmp_path, "a"), "facts/a")])
    clear_intent(tmp_path)
    clear_intent(tmp_path)
    assert undo_unfinished(tmp_path, nothing) == []
    assert (tmp_path / "facts/a").exists()
    run_moves(tmp_path, [])
    assert not (tmp_path / INTENT).exists()


@pytest.mark.parametrize("torn", ["", '["facts/', "\x00\x00"])
def test_an_intent_that_was_never_finished_names_nothing(tmp_path: Path, torn: str) -> None:
    (tmp_path / INTENT).write_text(torn)
    (tmp_path / f"{INTENT}.new").write_text("[")
    assert undo_unfinished(tmp_path, nothing) == []
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_was_not_reached_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / INTENT).write_text(json.dumps(["facts/base=1/never"]))
    assert undo_unfinished(tmp_path, nothing) == []


@pytest.mark.parametrize("size", [0, 3_000_000, 40_000_000])
def test_what_is_read_is_copied_and_hashed_and_the_rest_too(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "a").write_bytes(content)
    copying = Copying(tmp_path / "a", tmp_path / "b")
    assert copying.expected == size
    assert copying.read(1000) == content[:1000]
    assert copying.tell() == min(size, 1000)
    assert copying.finish() == (hash_file(tmp_path / "a"), size)
    assert (tmp_path / "b").read_bytes() == content


def test_a_disk_that_fails_while_a_large_copy_is_made_safe_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(bytes(40_000_000))

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space") as caught:
        Copying(tmp_path / "a", tmp_path / "b").finish()
    assert caught.value.filename == str(tmp_path / "b")


def test_small_files_are_whole_or_the_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_synced(tmp_path / "city.toml", "old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_synced(tmp_path / "city.toml", "new")
    assert (tmp_path / "city.toml").read_text() == "old"


def test_folders(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c", tmp_path)
    (tmp_path / "a" / "b" / "file").write_text("x")
    empty_folder(tmp_path / "a")
    assert list((tmp_path / "a").iterdir()) == []
    empty_folder(tmp_path / "new")
    assert (tmp_path / "new").is_dir()
