"""Which characters a file is written in, and where it stops being text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.collect.encoding import BadBytes, Encoding, Transcoder, detect_encoding
from wangdi.core.problem import Problem


def _detect(tmp_path: Path, data: bytes) -> Encoding | Problem:
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    return detect_encoding(path)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("姓名,收缩压\n".encode(), Encoding("utf-8")),
        ("姓名,收缩压\n".encode("utf-8-sig"), Encoding("utf-8", 3)),
        ("姓名,收缩压\n".encode("gb18030"), Encoding("gb18030")),
        ("姓名,收缩压\n".encode("utf-16-le"), Encoding("gb18030")),
        (b"\xff\xfe" + "姓名\n".encode("utf-16-le"), Encoding("utf-16-le", 2)),
        (b"\xfe\xff" + "姓名\n".encode("utf-16-be"), Encoding("utf-16-be", 2)),
        (b"name,sbp\n1,2\n", Encoding("utf-8")),
        (b"", Encoding("utf-8")),
    ],
)
def test_an_encoding_is_found_from_the_bytes(tmp_path: Path, data: bytes, expected: Encoding) -> None:
    found = _detect(tmp_path, data)
    if data.startswith(
        "姓".encode("utf-16-le")
    ):  # without its mark UTF-16 is not promised; it must only not be taken for UTF-8
        assert not (isinstance(found, Encoding) and found.name == "utf-8")
    else:
        assert found == expected


def test_the_famous_word_that_is_both_is_decided_by_what_follows(tmp_path: Path) -> None:
    both = "联通".encode("gb18030")
    assert both.decode("utf-8", "replace") != "联通"
    assert _detect(tmp_path, both + b",1\n" + "姓名".encode("gb18030")) == Encoding("gb18030")


def test_chinese_that_begins_after_megabytes_of_ascii_is_found(tmp_path: Path) -> None:
    assert _detect(tmp_path, b"a,b\n" * 600_000 + "张,1\n".encode("gb18030")) == Encoding("gb18030")


def test_bytes_that_are_neither_are_named_with_offset_and_line(tmp_path: Path) -> None:
    found = _detect(tmp_path, "姓名,a\n".encode("gb18030") * 3 + b"x,\xff\xff\n")
    assert isinstance(found, Problem)
    assert (found.code, found.line, found.args["offset"]) == ("FILE-002", 4, "23")


@given(st.text(st.characters(exclude_categories=("Cs", "Co", "Cn"), max_codepoint=0xFFFF), max_size=60))
def test_transcoding_agrees_with_pythons_codec(text: str) -> None:
    data = text.encode("gb18030")
    got = Transcoder().to_utf8(data).decode("utf-8")
    # GB 18030-2022 moved two dozen characters out of the private use area; the C library may have them at either place.
    assert [
        now for now, then in zip(got, text, strict=True) if now != then and not _moved(now) and not _moved(then)
    ] == []


def _moved(sign: str) -> bool:
    return any(low <= sign <= high for low, high in (("\ue000", "\uf8ff"), ("\u9fb4", "\u9fbb"), ("\ufe10", "\ufe19")))


@pytest.mark.parametrize("data", [b"ab\xff\xffcd", b"abc\x81", b"a\x81\x20b"])
def test_transcoding_says_where_it_stopped(data: bytes) -> None:
    with pytest.raises(BadBytes) as stopped:
        Transcoder().to_utf8(data)
    assert data[: stopped.value.offset].isascii()
    assert Transcoder().to_utf8("好".encode("gb18030")) == "好".encode()
