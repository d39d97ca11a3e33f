"""HL7 v2 files: messages, batches, characters, places in a message; and what is broken or hostile."""

from __future__ import annotations

from pathlib import Path

import pytest

from wangdi.collect import hl7
from wangdi.collect.files import judge_kind
from wangdi.collect.hl7 import Message, read_messages
from wangdi.collect.hl7_paths import parse_column, parse_path, read_column
from wangdi.collect.mapping_reading import parse_mapping
from wangdi.collect.taking_hl7 import write_moment
from wangdi.core.problem import Problem
from wangdi.language.library import load_library

MSH = r"MSH|^~\&|LIS|YY01||CDC|20250315093000+0800||ORU^R01^ORU_R01|1|P|2.5.1"
RESULT = (
    MSH + "||||||UNICODE UTF-8",
    r"PID|1||D-1^^^YY01^MR~990101198001010015^^^^NI||王\T\小明||19800101|M",
    "PV1|1|O",
    "ORC|RE",
    "OBR|1||L-9|94500-6^新冠核酸^LN|||20250314",
    "OBX|1|CWE|94500-6^新冠核酸^LN||P^阳性|||A|||F",
    "NTE|1||复查",
    "OBX|2|NM|ct^Ct 值||31.5|1",
    "OBR|2||L-10|80382-5^甲流抗原^LN|||20250315",
    'OBX|1|CWE|80382-5^甲流抗原^LN||""',
)


def write(path: Path, text: str | bytes, name: str = "a.hl7") -> Path:
    file = path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return file


def split(path: Path, text: str | bytes) -> tuple[list[Message], list[tuple[str, int | None]]]:
    """The messages of a file, and what is wrong with it."""
    found = list(read_messages(write(path, text), "a.hl7"))
    problems = [(one.code, one.line) for one in found if isinstance(one, Problem)]
    return [one for one in found if isinstance(one, Message)], problems


def said(message: Message, row: int, column: str) -> str:
    parsed = parse_column(column)
    assert parsed is not None, column
    return read_column(message, row, parsed)


@pytest.fixture
def message(tmp_path: Path) -> Message:
    (one,), problems = split(tmp_path, "\r".join(RESULT) + "\r")
    assert problems == []
    return one


@pytest.mark.parametrize(
    ("row", "column", "text"),
    [
        (5, "OBX-3", "94500-6"),
        (5, "OBX-3.3", "LN"),
        (5, "OBX-5.2", "阳性"),
        (5, "OBX-11", "F"),
        (5, "OBX-40", ""),
        (5, "OBR-3", "L-9"),
        (5, "NTE-3", "复查"),
        (7, "OBX-5", "31.5"),
        (7, "NTE-3", ""),
        (7, "OBR-4.2", "新冠核酸"),
        (9, "OBR-3", "L-10"),
        (9, "OBX-5", ""),
        (9, "PID-5", "王&小明"),
        (9, "PID-3", "D-1"),
        (9, "PID-3[5=NI].1", "990101198001010015"),
        (9, "PID-3[5=ID|NI]", "990101198001010015"),
        (9, "PID-3[5=PP]", ""),
        (9, "PV1-2", "O"),
        (9, "MSH-1", "|"),
        (9, "MSH-4", "YY01"),
        (9, "MSH-9.2", "R01"),
        (9, "SPM-4", ""),
        (4, "OBX[3.1=ct]-5", "31.5"),
        (4, "OBX[3=94500-6]-8", "A"),
        (4, "OBX[3=80382-5]-5", ""),
        (8, "OBX[3.1=ct]-5", ""),
        (1, "OBR[4=80382-5]-3", "L-10"),
        (0, "OBX-3", "94500-6"),
        (5, "OBR-3 + '/' + OBX-1", "L-9/1"),
        (5, "SPM-4 + '/' + SPM-2", ""),
        (5, "OBR-3 + '+' + OBX-1", "L-9+1"),
    ],
)
def test_a_place_is_seen_from_its_row(message: Message, row: int, column: str, text: str) -> None:
    assert said(message, row, column) == text


@pytest.mark.parametrize(
    "text", ["", "PID", "PID5", "pid-5", "PID-0", "PID-5.0", "PID-5.1.1.1", "PID-3[5]", "'x'", "PID-5 +", "PID-5+PID-6"]
)
def test_what_is_no_place_is_none(text: str) -> None:
    assert parse_column(text) is None


def test_every_frame_and_line_end_gives_the_same_messages(tmp_path: Path) -> None:
    plain, _ = split(tmp_path, "\r".join(RESULT))
    texts = [one.text for one in plain[0].segments]
    for end in ("\r", "\n", "\r\n", "\n\n"):
        framed, problems = split(
            tmp_path, "\ufeff\x0b" + end.join(RESULT) + end + "\x1c\r\x0b" + end.join(RESULT) + end + "\x1c\r"
        )
        assert problems == [], repr(end)
        assert [[one.text for one in message.segments] for message in framed] == [texts, texts], repr(end)
    lines, _ = split(tmp_path, "\n".join(("", *RESULT, "", *RESULT)))
    assert [one.line for one in lines] == [2, 13], "as an editor counts"


def test_a_line_end_on_the_edge_of_a_block_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\r\n".join(RESULT * 3).encode()
    whole, _ = split(tmp_path, text)
    for size in (1, 2, 3, 7, 64):
        monkeypatch.setattr(hl7, "_BLOCK", size)
        pieces, problems = split(tmp_path, text)
        assert pieces == whole, size
        assert problems == []


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("GB 18030-2000", "gb18030"),
        ("gbk", "gb18030"),
        ("BIG-5", "big5"),
        ("GB 18030-2000~ASCII", "gb18030"),
    ],
)
def test_characters_are_those_a_message_declares(tmp_path: Path, declared: str, codec: str) -> None:
    """Also where a Chinese character of the header holds the byte of the field separator (侊 is 0x81 0x7C in GB 18030)."""
    sender = "侊" if codec != "big5" else "院"
    head = MSH.replace("YY01", sender) + f"||||||{declared}"
    (one,), problems = split(tmp_path, f"{head}\rPID|1||||王小明".encode(codec))
    assert problems == []
    assert (one.codec, said(one, 1, "PID-5"), said(one, 0, "MSH-4"), said(one, 0, "MSH-18")) == (
        codec, "王小明", sender, declared.split("~")[0],
    )  # fmt: skip


def test_undeclared_characters_are_found_out_and_said_once(tmp_path: Path) -> None:
    text = f"{MSH}\rPID|1||||王小明\r".encode("gb18030") * 2
    found, problems = split(tmp_path, text)
    assert [said(one, 1, "PID-5") for one in found] == ["王小明", "王小明"]
    assert problems == [("MSG-006", 1)]
    assert split(tmp_path, f"{MSH}\rPID|1||||WANG\r")[1] == []


@pytest.mark.parametrize(
    ("text", "problems", "left"),
    [
        (b"", [("MSG-009", None)], 0),
        (b"\r\r\n\x0b\x1c\r", [("MSG-009", None)], 0),
        (b"PID|1\rOBR|2\r", [("MSG-001", 1)], 0),
        (b"PID|1\rOBR|2\r" + MSH.encode(), [("MSG-001", 1)], 1),
        (b"name,age\nx,3\n", [("MSG-001", 1)], 0),
        (b"MSH", [("MSG-003", 1)], 0),
        (b"MSH|", [("MSG-003", 1)], 0),
        (b"MSH|^~\\|LIS", [("MSG-003", 1)], 0),
        (b"MSH|^^\\&|LIS", [("MSG-003", 1)], 0),
        (b"MSH|^~|&|LIS", [("MSG-003", 1)], 0),
        (b"MSHa^~\\&aLIS", [("MSG-003", 1)], 0),
        (b"MSH|^~\\&#|LIS|YY01", [], 1),
        (b"MSH$%~\\&$LIS$YY01", [], 1),
        ((MSH + "\rPID|1\rtext went on").encode(), [("MSG-002", 3)], 0),
        ((MSH + "\rPID 1").encode(), [("MSG-002", 2)], 0),
        ((MSH + "||||||KLINGON\rPID|1").encode(), [("MSG-005", 1)], 0),
        ((MSH + "||||||UNICODE UTF-16\rPID|1").encode(), [("MSG-005", 1)], 0),
        ((MSH + "||||||UNICODE UTF-8\rPID|1||||").encode() + b"\xff\xfe\r", [("MSG-010", 1)], 0),
        ((MSH + "\rPID|1||||").encode() + b"\xff\x00\r", [("MSG-010", 1)], 0),
    ],
)
def test_what_is_broken_is_said_and_the_rest_is_read(
    tmp_path: Path, text: bytes, problems: list[tuple[str, int]], left: int
) -> None:
    good = f"\r{MSH}\rPID|2".encode()
    found, told = split(tmp_path, text)
    assert (told, len(found)) == (problems, left)
    if text.startswith(b"MSH") or left:
        after, told = split(tmp_path, text + good)
        assert len(after) == left + 1
        assert said(after[-1], 1, "PID-1") == "2"


def test_batches_count_their_messages(tmp_path: Path) -> None:
    whole = [
        "FHS|^~\\&|LIS",
        "BHS|^~\\&|LIS",
        *RESULT,
        *RESULT,
        "BTS|2",
        "BHS|^~\\&|LIS",
        *RESULT,
        "BTS|1|end",
        "FTS|2",
    ]
    found, problems = split(tmp_path, "\r".join(whole))
    assert (len(found), problems) == (3, [])
    found, problems = split(tmp_path, "\r".join(whole).replace("BTS|2", "BTS|3"))
    assert (len(found), problems) == (3, [("MSG-008", 23)])
    found, problems = split(tmp_path, "\r".join(whole[:15]))
    assert (len(found), problems) == (2, [("MSG-007", 1), ("MSG-007", 2)])


def test_what_is_too_long_is_refused_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hl7, "LONGEST_SEGMENT", 1000)
    monkeypatch.setattr(hl7, "_BLOCK", 100)
    document = f"{MSH}\rOBX|1|ED|x||{'A' * 5000}\rOBX|2\r{MSH}\rPID|1\r"
    found, problems = split(tmp_path, document)
    assert ([one.line for one in found], problems) == ([4], [("MSG-004", 2)])
    found, problems = split(tmp_path, f"{MSH}|{'A' * 5000}\r{MSH}\r")
    assert ([one.line for one in found], problems) == ([2], [("MSG-004", 1)])
    monkeypatch.setattr(hl7, "MOST_SEGMENTS", 10)
    found, problems = split(tmp_path, f"{MSH}\r" + "NTE|1\r" * 50 + f"{MSH}\rPID|1\r")
    assert ([one.line for one in found], problems) == ([52], [("MSG-004", 11)])


@pytest.mark.parametrize(
    ("text", "plain"),
    [("a\\F\\b", "a|b"), ("\\H\\x\\N\\", "x"), ("1\\.br\\2", "1 2"), ("\\XCEC4\\", "文"), ("\\E\\", "\\")],
)
def test_escapes_stand_for_what_they_stand_for(tmp_path: Path, text: str, plain: str) -> None:
    (one,), _ = split(tmp_path, f"{MSH}||||||GB 18030-2000\rPID|1||||{text}")
    assert said(one, 1, "PID-5") == plain


@pytest.mark.parametrize("text", ["a\\b", "\\Q\\", "\\XZZ\\", "\\X81\\"])
def test_escapes_that_mean_nothing_raise(tmp_path: Path, text: str) -> None:
    (one,), _ = split(tmp_path, f"{MSH}||||||GB 18030-2000\rPID|1||||{text}")
    with pytest.raises(hl7.Unescapable):
        said(one, 1, "PID-5")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20250315", "2025-03-15"),
        ("2025031509", "2025-03-15 09:00:00"),
        ("202503150930", "2025-03-15 09:30:00"),
        ("20250315093001.25+0800", "2025-03-15 09:30:01"),
        ("20250315+0800", "2025-03-15"),
        ("202503", "202503"),
        ("2025-03-15", "2025-03-15"),
        ("", ""),
    ],
)
def test_days_and_moments_are_written_as_iso(text: str, moment: str) -> None:
    assert write_moment(text) == moment


def test_a_file_is_known_by_its_first_segment_or_its_name(tmp_path: Path) -> None:
    assert judge_kind(write(tmp_path, MSH, "export.txt")) == "hl7"
    assert judge_kind(write(tmp_path, "\x0b" + MSH, "export")) == "hl7"
    assert judge_kind(write(tmp_path, "FHS|^~\\&|LIS\r", "export.dat")) == "hl7"
    assert judge_kind(write(tmp_path, "nothing", "export.HL7")) == "hl7"
    assert judge_kind(write(tmp_path, "MSH|编号|姓名\n1|2|3\n", "export.txt")) == "delimited"
    assert judge_kind(write(tmp_path, "MSH,b\n1,2\n", "export.csv")) == "delimited"


WRONG = """
mapping: lab
form: disease_report.register
hl7:
  message: ORU^R01
  row: OBX
  where: {OBX-3: [a, b], obx: c}
  wehre: {}
subject: {name: PID-5, id_no: "PID-3[5=NI"}
fields:
  register: {value: laboratory}
  registered_no: OBR-3
  found_on: {column: OBR-7, otherwise: [OBX14]}
"""


def test_a_mapping_says_which_of_its_places_are_none() -> None:
    mapping, problems = parse_mapping(WRONG, "lab.yaml", load_library().newest)
    assert mapping is None
    assert sorted((one.code, one.line) for one in problems) == [
        ("MAP-001", 8),
        ("MAP-012", 7),
        ("MAP-012", 9),
        ("MAP-012", 13),
    ]
    _, problems = parse_mapping(
        WRONG.replace("  message: ORU^R01\n  row: OBX\n", "  message: []\n"), "lab.yaml", load_library().newest
    )
    assert [(one.code, one.line) for one in problems if one.code == "MAP-002"] == [("MAP-002", 5), ("MAP-002", 5)]


def test_paths_have_defaults() -> None:
    path = parse_path("OBX[3=x]-5")
    assert path is not None
    assert (path.spot, path.of and path.of.spot) == ((5, 1, 1), (3, 1, 1))


def test_a_place_far_down_a_long_message_is_found_without_looking_at_all_of_it(tmp_path: Path) -> None:
    """Twenty thousand results of one patient; each finds its order and patient."""
    lines = [
        MSH,
        "PID|1||||王",
        "OBR|1||L-1",
        *(f"OBX|{place}|ST|x||{place}" for place in range(hl7.MOST_SEGMENTS - 3)),
    ]
    (one,), problems = split(tmp_path, "\r".join(lines).encode("gb18030"))
    assert problems == [("MSG-006", 1)]
    last = len(one.segments) - 1
    assert [said(one, last, column) for column in ("PID-5", "OBR-3", "OBX-5")] == ["王", "L-1", f"{last - 3}"]
    assert said(one, 2, f"OBX[1={last - 3}]-5") == f"{last - 3}"
    assert said(one, last, "SPM-1") == ""
