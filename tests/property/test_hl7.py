"""Whatever stands in a field, whatever the marks and characters: written as HL7 v2 and read again it is the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from wangdi.collect.hl7 import Delimiters, Message, escape, read_messages
from wangdi.collect.hl7_paths import parse_path, read_path
from wangdi.core.problem import Problem

CHARACTERS = {"UNICODE UTF-8": "utf-8", "GB 18030-2000": "gb18030"}
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("|^~\\&\r\n王侊"), max_size=12).filter(
    lambda text: text == text.strip() and text != '""'
)
marks = st.lists(st.sampled_from("|^~\\&#$%!@*"), min_size=5, max_size=5, unique=True)


@settings(max_examples=150, deadline=None)
@given(
    marks,
    st.sampled_from(list(CHARACTERS)),
    st.sampled_from(["\r", "\n", "\r\n"]),
    st.lists(st.lists(texts, min_size=1, max_size=4), min_size=1, max_size=4),
)
def test_what_is_written_is_read(chosen: list[str], declared: str, end: str, said: list[list[str]]) -> None:
    """Each inner list is a field of repetitions; each of them also stands in a second component and a second subcomponent."""
    delimiters = Delimiters(*chosen)
    field, component, repetition, _, subcomponent = chosen
    head = field.join(["MSH", "".join(chosen[1:]), *[""] * 15, declared])
    fields = []
    for number, listed in enumerate(said, 1):
        ones = [escape(text, delimiters) for text in listed]
        fields.append(
            repetition.join(
                f"{one}{component}k{number}{subcomponent}{one}{component}r{place}" for place, one in enumerate(ones)
            )
        )
    content = end.join([head, field.join(["OBX", *fields]), ""]).encode(CHARACTERS[declared])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.hl7"
        path.write_bytes(content)
        (message,) = read_messages(path, "a.hl7")
    assert isinstance(message, Message)
    for number, listed in enumerate(said, 1):
        for place, text in enumerate(listed):
            for spot in (f"OBX-{number}[3=r{place}]", f"OBX-{number}[3=r{place}].2.2"):
                parsed = parse_path(spot)
                assert parsed is not None
                assert read_path(message, 1, parsed) == text


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(
        st.sampled_from([b"MSH|^~\\&|", b"\r", b"\n", b"BHS|", b"BTS|1", b"OBX|1", b"\x0b", b"\xd6", b"\\", b"|"]),
        max_size=30,
    ).map(b"".join)
)
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.hl7"
        path.write_bytes(content)
        found = list(read_messages(path, "a.hl7"))
    assert found or content.strip(), "something is said of every file"
    assert all(isinstance(one, Message | Problem) for one in found)
    assert all(one.text("zh") for one in found if isinstance(one, Problem))
