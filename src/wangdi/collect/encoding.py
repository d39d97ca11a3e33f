"""Which characters a file's bytes are, and turning them into UTF-8 at the speed of the disk.

GB18030 is split at line ends before it is decoded: no byte of a multi-byte character is a line end, a quote, a comma or a
tab, so that blocks can be cut and counted as they are. UTF-16 is turned into UTF-8 first.
"""

from __future__ import annotations

import codecs
import ctypes
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wangdi.core.problem import Problem

EncodingName = Literal["utf-8", "gb18030", "utf-16-le", "utf-16-be"]

_BLOCK = 1 << 20
_ENOUGH = 4096
"""Bytes beyond ASCII after which text that is valid UTF-8 is not GB18030 by accident."""
_BYTE_ORDER_MARKS: tuple[tuple[bytes, EncodingName], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How to read a file: its encoding and how many bytes of byte order mark to pass over."""

    name: EncodingName
    skip: int = 0


class BadBytes(Exception):  # noqa: N818 -- carries a place out of the reading thread; it becomes a Problem
    """Bytes that are no character of the encoding, ``offset`` bytes into the block given."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def detect_encoding(path: Path) -> Encoding | Problem:
    """The encoding of a file, from its byte order mark or from its first Chinese characters.

    Rule: valid UTF-8 is UTF-8, else valid GB18030 is GB18030. A few characters can be both by accident (the word 联通 is
    famous for it), so reading goes on until one is excluded or the evidence is long.
    Errors: FILE-002 neither, with the offset and line of the first byte that is neither.
    """
    with path.open("rb") as file:
        head = file.read(4)
        for mark, name in _BYTE_ORDER_MARKS:
            if head.startswith(mark):
                return Encoding(name, len(mark))
        file.seek(0)
        trials = {name: _Trial(name) for name in ("utf-8", "gb18030")}
        beyond = 0
        while (block := file.read(_BLOCK)) and beyond < _ENOUGH:
            if block.isascii() and not any(trial.pending for trial in trials.values()):
                for trial in trials.values():
                    trial.skip_ascii(block)
                continue
            beyond += len(block) - len(block.decode("ascii", "ignore"))
            for trial in trials.values():
                trial.feed(block)
            if trials["utf-8"].failed_at is not None and trials["gb18030"].failed_at is None:
                return Encoding("gb18030")
            if trials["utf-8"].failed_at is not None:
                return _neither(path, trials)
    return Encoding("utf-8")


def _neither(path: Path, trials: dict[str, _Trial]) -> Problem:
    furthest = max(trial.failed_at or 0 for trial in trials.values())
    return bad_bytes_problem(path, furthest)


def bad_bytes_problem(path: Path, offset: int) -> Problem:
    """FILE-002 for a byte offset of a file, with the line it is on."""
    lines, remaining = 1, offset
    with path.open("rb") as file:
        while remaining > 0 and (block := file.read(min(_BLOCK, remaining))):
            lines += block.count(b"\n")
            remaining -= len(block)
    return Problem(code="FILE-002", file=path.name, line=lines, args={"offset": str(offset)})


class _Trial:
    """One encoding tried on a file, block after block."""

    def __init__(self, name: str) -> None:
        self._decoder = codecs.getincrementaldecoder(name)()
        self._seen = 0
        self.failed_at: int | None = None

    @property
    def pending(self) -> bool:
        """A character begun in the last block is not finished."""
        return bool(self._decoder.getstate()[0])

    def skip_ascii(self, block: bytes) -> None:
        self._seen += len(block)

    def feed(self, block: bytes) -> None:
        if self.failed_at is not None:
            return
        begun = len(self._decoder.getstate()[0])
        try:
            self._decoder.decode(block)
        except UnicodeDecodeError as error:
            self.failed_at = self._seen - begun + error.start
        self._seen += len(block)


class Transcoder:
    """Turns whole GB18030 lines into UTF-8.

    The C library's ``iconv`` does 550 MB/s without holding the interpreter, Python's codec 140 MB/s holding it; where the
    library has none (Windows, musl without tables) the codec is used. Both agree but for two dozen characters that moved out
    of the private use area in GB 18030-2022.
    """

    def __init__(self) -> None:
        self._iconv = _open_iconv()
        self._lock = threading.Lock()

    def to_utf8(self, block: bytes) -> bytes:
        """The same text in UTF-8. Errors: raises :class:`BadBytes`."""
        if block.isascii():
            return block
        if self._iconv is not None:
            with self._lock:
                return self._iconv.convert(block)
        try:
            return block.decode("gb18030").encode("utf-8")
        except UnicodeDecodeError as error:
            raise BadBytes(error.start) from None


class _Iconv:
    """The C library's converter from GB18030 to UTF-8. Lives as long as the process."""

    def __init__(self, library: ctypes.CDLL, handle: int) -> None:
        self._library, self._handle = library, handle
        self._target = bytearray()
        # Kept between blocks: a fresh one of this size costs as much as converting into it.

    def convert(self, block: bytes) -> bytes:
        size = len(block) * 2 + 16  # two bytes become at most three, four at most four
        if len(self._target) < size:
            self._target = bytearray(size + size // 8)
        target = (ctypes.c_char * len(self._target)).from_buffer(self._target)
        source = ctypes.c_char_p(block)
        start = ctypes.cast(source, ctypes.c_void_p)
        from_place, from_left = ctypes.c_void_p(start.value), ctypes.c_size_t(len(block))
        to_place, to_left = ctypes.c_void_p(ctypes.addressof(target)), ctypes.c_size_t(len(target))
        self._library.iconv(self._handle, None, None, None, None)  # forget any earlier failure's half character
        self._library.iconv(
            self._handle,
            ctypes.byref(from_place),
            ctypes.byref(from_left),
            ctypes.byref(to_place),
            ctypes.byref(to_left),
        )
        if from_left.value:
            raise BadBytes(len(block) - from_left.value)
        written = len(target) - to_left.value
        del target  # so that the bytes may be resized again
        return bytes(memoryview(self._target)[:written])


def _open_iconv() -> _Iconv | None:
    try:
        library = ctypes.CDLL(None)
        library.iconv_open.restype = ctypes.c_void_p
        library.iconv.restype = ctypes.c_size_t
        library.iconv.argtypes = [ctypes.c_void_p] * 5
        handle = library.iconv_open(b"UTF-8", b"GB18030")
    except (AttributeError, OSError, TypeError):
        return None
    if handle is None or handle == ctypes.c_void_p(-1).value:
        return None
    converter = _Iconv(library, handle)
    try:
        sound = converter.convert("户籍𠮷".encode("gb18030")).decode("utf-8") == "户籍𠮷"
    except BadBytes:
        return None
    return converter if sound else None
