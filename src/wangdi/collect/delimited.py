"""Reading a delimited text file in blocks of whole lines: its first rows, then everything after the header.

Lines are counted as an editor counts them, from 1, so that a line number leads to the line.
"""

from __future__ import annotations

import codecs
import csv
import io
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from wangdi.collect.encoding import BadBytes, Encoding, Transcoder, bad_bytes_problem
from wangdi.collect.value_sql import ODD_BLANKS, Blanks
from wangdi.core.problem import Problem
from wangdi.store.disk import naming

BLOCK_BYTES = 1 << 20
"""Bytes of the original read and turned into UTF-8 at once: few enough to stay in the processor's cache."""
CHUNK_BYTES = 64 << 20
"""Bytes of the original in a chunk: what bounds memory whatever the file's size."""
FIRST_CHUNK_BYTES = 8 << 20
"""The first chunk is small, so that whoever takes the chunks need not wait for it."""
LONGEST_LINE = 128 << 20
HEAD_BYTES = 256 << 10
HEAD_ROWS = 30
QUOTED_LINES = 200
"""Lines a row given back may be long, when its cells hold line ends."""
_ODD_BLANKS = tuple(blank.encode() for blank in ODD_BLANKS if blank not in "\r\n")
DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True, slots=True)
class HeadRow:
    """One of the first rows: where it ends, and its cells."""

    last_line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some whole lines of a file, as a UTF-8 file of their own.

    ``plain``: nothing in it says that a line might not be exactly one row (checked again when it is read).
    """

    path: Path
    first_line: int
    lines: int
    plain: bool
    blanks: Blanks
    """Which blanks are in it at all."""
    offset: int
    """Where it begins in the file, in bytes."""
    bytes_done: int


class ByteSource(Protocol):
    """A file as far as its bytes are read once, from the first on."""

    @property
    def name(self) -> str:
        """Its path."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; none at the end."""

    def tell(self) -> int:
        """Bytes read so far."""


def read_head(path: Path, encoding: Encoding, delimiter: str, rows: int = HEAD_ROWS) -> list[HeadRow]:
    """The first rows of a file read with one delimiter; title rows and blank ones included."""
    with path.open("rb") as file:
        file.seek(encoding.skip)
        raw = file.read(HEAD_BYTES)
    text = raw.decode(encoding.name, "replace").replace("\r\n", "\n").replace("\r", "\n")
    if len(raw) == HEAD_BYTES:
        text = text[: text.rfind("\n") + 1]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[HeadRow] = []
    try:
        for cells in reader:
            found.append(HeadRow(reader.line_num, tuple(cell.strip(" \t\u3000\ufeff") for cell in cells)))
            if len(found) == rows:
                break
    except csv.Error:  # a field longer than a header can be: what was read before it is all there is to recognise
        pass
    return found


@contextmanager
def open_chunks(file: ByteSource, encoding: Encoding, skip_lines: int, folder: Path) -> Iterator[Iterator[Chunk]]:
    """The lines after ``skip_lines`` as chunks written into ``folder``, made by a thread that runs ahead by one.

    ``file``: not read from yet; the thread reads it to its end.

    Errors: bytes that are no character raise :class:`UnreadableFile` at the chunk they are in. The thread ends when the
    context does, also on Ctrl-C.
    """
    ahead: queue.Queue[Chunk | BaseException | None] = queue.Queue(maxsize=1)
    stop = threading.Event()
    thread = threading.Thread(
        target=_fill, args=(ahead, stop, _chunks(file, encoding, skip_lines, folder)), name="transcode", daemon=True
    )
    thread.start()
    try:
        yield _drain(ahead)
    finally:
        stop.set()
        thread.join()


def _fill(ahead: queue.Queue[Chunk | BaseException | None], stop: threading.Event, chunks: Iterator[Chunk]) -> None:
    last: BaseException | None = None
    try:
        for chunk in chunks:
            if not _put(ahead, stop, chunk):
                return
    except BaseException as error:  # handed to the thread that can do something about it
        last = error
    _put(ahead, stop, last)


def _put(
    ahead: queue.Queue[Chunk | BaseException | None], stop: threading.Event, item: Chunk | BaseException | None
) -> bool:
    while not stop.is_set():
        try:
            ahead.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False


def _drain(ahead: queue.Queue[Chunk | BaseException | None]) -> Iterator[Chunk]:
    while (item := ahead.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        yield item


class UnreadableFile(Exception):  # noqa: N818 -- carries a Problem out of the reading thread
    """The file cannot be read to its end, with the reason."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class _Block:
    """Some whole lines: as they came, in UTF-8, and where they are."""

    data: bytes
    text: bytes
    line: int
    lines: int
    offset: int
    bytes_done: int


@dataclass(slots=True)
class _Tally:
    """What is known of the text written into a chunk so far."""

    first_line: int
    offset: int
    size: int = 0
    lines: int = 0
    quotes: int = 0
    returns: int = 0
    line_ends: int = 0
    """Carriage returns that stand before a line feed."""
    has_nulls: bool = False
    blanks: Blanks = "none"

    def add(self, block: _Block) -> None:
        """Count some whole lines."""
        data = block.data
        self.size += len(data)
        self.lines += block.lines
        if b"\r" in data:
            self.returns += data.count(b"\r")
            self.line_ends += data.count(b"\r\n")
        if b'"' in data:
            self.quotes += data.count(b'"')
        self.has_nulls = self.has_nulls or b"\0" in data
        self.blanks = _widest(self.blanks, block.text)

    @property
    def plain(self) -> bool:
        """Nothing says that a line might not be exactly one row."""
        one_kind = self.returns == 0 or self.returns == self.line_ends == self.lines
        return one_kind and not self.has_nulls and self.quotes % 2 == 0


def _chunks(source: ByteSource, encoding: Encoding, skip_lines: int, folder: Path) -> Iterator[Chunk]:
    number = 0
    blocks = _text_blocks(source, encoding, skip_lines)
    block = next(blocks, None)
    while block is not None:
        target = folder / f"chunk-{number % 3}.csv"  # three in turn: one being written, one waiting, one being read
        tally, done = _Tally(block.line, block.offset), 0
        limit = CHUNK_BYTES if number else FIRST_CHUNK_BYTES
        with naming(target), target.open("wb") as file:
            while block is not None and (tally.size == 0 or tally.size + len(block.data) <= limit):
                file.write(block.text)
                tally.add(block)
                done = block.bytes_done
                block = next(blocks, None)
        yield Chunk(target, tally.first_line, tally.lines, tally.plain, tally.blanks, tally.offset, done)
        number += 1


def _text_blocks(source: ByteSource, encoding: Encoding, skip_lines: int) -> Iterator[_Block]:
    """The lines after ``skip_lines``. Errors: raises :class:`UnreadableFile` at bytes that are no character."""
    transcode = Transcoder().to_utf8 if encoding.name == "gb18030" else None
    line, skipped = 1, 0
    for offset, block, done in _blocks(source, encoding):
        start = 0
        while skipped < skip_lines and start < len(block):
            found = block.find(b"\n", start)
            start = len(block) if found < 0 else found + 1
            skipped, line = skipped + 1, line + 1
        data = block[start:] if start else block
        if not data:
            continue
        try:
            text = transcode(data) if transcode else data
        except BadBytes as bad:
            raise UnreadableFile(bad_bytes_problem(Path(source.name), offset + start + bad.offset)) from None
        lines = count_lines(data)
        yield _Block(data, text, line, lines, offset + start, done)
        line += lines


def count_lines(data: bytes) -> int:
    """Line ends in a block; five times as fast as counting them in the bytes."""
    return int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")))


def _widest(known: Blanks, text: bytes) -> Blanks:
    # A first byte that is rare in Chinese is looked for first: that is a memchr, looking for two or three is not.
    if known == "any" or any(blank[:1] in text and blank in text for blank in _ODD_BLANKS):
        return "any"
    return "spaces" if known == "spaces" or b" " in text else "none"


def _blocks(file: ByteSource, encoding: Encoding) -> Iterator[tuple[int, bytes, int]]:
    """Blocks that end with a line: (byte offset in the file, block, bytes read so far). UTF-16 comes out as UTF-8."""
    file.read(encoding.skip)
    read = _utf16_reader(file, encoding) if encoding.name.startswith("utf-16") else file.read
    carried, offset, classic = bytearray(), encoding.skip, None
    while block := read(BLOCK_BYTES):
        if classic is None:  # line ends of before 2001: a carriage return alone
            classic = b"\n" not in block and b"\r" in block
        block = block.replace(b"\r", b"\n") if classic else block
        end = block.rfind(b"\n") + 1
        if end == 0:
            carried += block
            if len(carried) > LONGEST_LINE:
                name = Path(file.name).name
                raise UnreadableFile(Problem(code="FILE-004", file=name, args={"offset": str(offset)}))
            continue
        whole = bytes(carried) + block[:end]
        yield offset, whole, file.tell()
        offset, carried = offset + len(whole), bytearray(block[end:])
    if carried:
        yield offset, bytes(carried) + b"\n", file.tell()


def _utf16_reader(file: ByteSource, encoding: Encoding) -> Callable[[int], bytes]:
    decoder = codecs.getincrementaldecoder(encoding.name)()

    def read(size: int) -> bytes:
        block = file.read(size)
        try:
            return decoder.decode(block, final=not block).encode("utf-8")
        except UnicodeError as error:
            place = file.tell() - len(block) + (error.start if isinstance(error, UnicodeDecodeError) else 0)
            raise UnreadableFile(bad_bytes_problem(Path(file.name), place)) from None

    return read


def read_lines(path: Path, encoding: Encoding, lines: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Some lines of a file, each with the lines after it that a quoted row may go on to. ``lines`` in ascending order."""
    transcode = Transcoder().to_utf8 if encoding.name == "gb18030" else None
    waiting = list(lines)
    line = 1
    with path.open("rb") as file:
        for _, block, _ in _blocks(file, encoding):
            count = block.count(b"\n")
            if waiting and waiting[0] < line + count:
                split = (transcode(block) if transcode else block).split(b"\n")
                while waiting and waiting[0] < line + count:
                    place = waiting[0] - line
                    yield waiting.pop(0), b"\n".join(split[place : place + QUOTED_LINES]).decode("utf-8", "replace")
            line += count
            if not waiting:
                return
