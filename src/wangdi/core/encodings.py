"""The characters of plain text files: UTF-8, else GB 18030 (which holds GBK and GB 2312)."""

from __future__ import annotations

import codecs
from pathlib import Path

ENCODINGS = ("utf-8", "gb18030")
_BLOCK = 1 << 22


def decode_text(raw: bytes) -> str | None:
    """The text of some bytes, without a byte order mark. Missing: None where they are no text of either."""
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    return None


def find_utf8(path: Path, copy: Path) -> Path | None:
    """The file itself if it is UTF-8, else ``copy``, written in it; a file of any size.

    Missing: None where it is no text of either. Errors: raises OSError as reading and writing do.
    """
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file, copy.open("w", encoding="utf-8", newline="") as out:
                while block := file.read(_BLOCK):
                    text = decoder.decode(block)
                    if encoding != "utf-8":
                        out.write(text)
                decoder.decode(b"", final=True)
            return path if encoding == "utf-8" else copy
        except UnicodeDecodeError:
            continue
    return None
