"""Plain text files as their senders save them: UTF-8 with or without a mark, GBK, and what is neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from wangdi.core import encodings
from wangdi.core.encodings import decode_text, find_utf8

TEXT = "姓名,病种\n王建国,痢疾\n"
NEITHER = b"\xff\xfe\xff\x80\x80"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_text_in_use_is_read(encoding: str, tmp_path: Path) -> None:
    assert decode_text(TEXT.encode(encoding)) == TEXT
    path, copy = tmp_path / "sent.csv", tmp_path / "copy.csv"
    path.write_bytes(TEXT.encode(encoding))
    found = find_utf8(path, copy)
    assert found == (path if encoding.startswith("utf") else copy)
    assert found is not None
    assert found.read_text(encoding="utf-8-sig") == TEXT


def test_a_character_may_lie_across_two_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "_BLOCK", 3)
    path, copy = tmp_path / "sent.csv", tmp_path / "copy.csv"
    path.write_bytes(TEXT.encode("gb18030"))
    assert find_utf8(path, copy) == copy
    assert copy.read_text(encoding="utf-8") == TEXT


def test_what_is_no_text_is_none(tmp_path: Path) -> None:
    assert decode_text(NEITHER) is None
    path = tmp_path / "sent.csv"
    path.write_bytes(NEITHER)
    assert find_utf8(path, tmp_path / "copy.csv") is None
    assert decode_text(b"") == ""
