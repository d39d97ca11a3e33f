"""What is sent, made safe to write: names that only name, and packed files that cannot leave their folder or fill the disk."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from wangdi.app.archives import MOST_FILES, NAME_BYTES, clean_name, free_path, unpack_archives
from wangdi.core.problem import Refusal


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("随访.csv", "随访.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\数据\\随访.xlsx", "随访.xlsx"),
        ("..", "unnamed"),
        ("", "unnamed"),
        (".隐藏.csv", "隐藏.csv"),
        ("一\n二\x1b.csv", "一\ufffd二\ufffd.csv"),
        ("a/b/.. .csv", "csv"),
    ],
)
def test_a_name_only_names(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


def test_a_long_name_keeps_its_ending() -> None:
    name = clean_name("长" * 300 + ".xlsx")
    assert name.endswith("长.xlsx")
    assert len(name.encode()) <= NAME_BYTES


def test_the_second_of_one_name_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    (tmp_path / "a (2).csv").touch()
    assert free_path(tmp_path, "a.csv") == tmp_path / "a (3).csv"


def pack(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_members_land_in_one_folder_under_their_own_names(tmp_path: Path) -> None:
    plain = tmp_path / "b.csv"
    plain.write_text("x", encoding="utf-8")
    packed = pack(tmp_path / "a.zip", {"../../x/一.csv": b"1", "/二.csv": b"2", "x/一.csv": b"3", "x/.DS_Store": b""})
    files = unpack_archives([packed, plain], 1000)
    assert [path.name for path in files] == ["一.csv", "二.csv", "一 (2).csv", "b.csv"]
    assert {path.parent for path in files[:3]} == {tmp_path / "a.zip.files"}
    assert not packed.exists()


def test_names_of_windows_in_china_are_read(tmp_path: Path) -> None:
    packed = tmp_path / "a.zip"
    pack(packed, {"abcd.csv": b"1"})
    packed.write_bytes(packed.read_bytes().replace(b"abcd.csv", "随访".encode("gb18030") + b".csv"))
    assert [path.name for path in unpack_archives([packed], 1000)] == ["随访.csv"]


def test_a_workbook_stays_whole(tmp_path: Path) -> None:
    book = pack(tmp_path / "a.xlsx", {"[Content_Types].xml": b"", "xl/workbook.xml": b""})
    assert unpack_archives([book], 1000) == (book,)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"a.csv": b"\0" * 5000}, "FILE-020"),
        ({f"{number}.csv": b"" for number in range(MOST_FILES + 1)}, "FILE-020"),
        ({"__MACOSX/a": b"1"}, "FILE-021"),
    ],
)
def test_too_much_or_nothing_is_refused(tmp_path: Path, members: dict[str, bytes], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        unpack_archives([pack(tmp_path / "a.zip", members)], 4000)
    assert refused.value.problem.code == code


@pytest.mark.parametrize(("spoil", "code"), [("flag", "FILE-019"), ("data", "FILE-018")])
def test_what_cannot_be_unpacked_is_refused(tmp_path: Path, spoil: str, code: str) -> None:
    packed = pack(tmp_path / "a.zip", {"a.csv": bytes(range(256)) * 9})
    data = bytearray(packed.read_bytes())
    place = data.rindex(b"PK\x01\x02") + 8 if spoil == "flag" else 50
    data[place] ^= 1 if spoil == "flag" else 0xFF
    packed.write_bytes(bytes(data))
    with pytest.raises(Refusal) as refused:
        unpack_archives([packed], 100_000)
    assert refused.value.problem.code == code
