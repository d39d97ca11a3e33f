"""How much a packed file unpacks to, counted rather than believed, before anything unpacks it into memory."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

STEEPEST = 1032
"""No deflated byte becomes more bytes than this."""
_BLOCK = 1 << 20
_NAME_LENGTHS, _LOCAL_HEADER = 26, 30
"""Where a member's own header says how long its name and extra field are, and how long it is without them."""


def unpacks_within(data: bytes, most: int) -> bool:
    """Whether everything in a zip file unpacks to at most ``most`` bytes. What the file declares may be a lie.

    Errors: a file that is no sound zip raises ``zipfile.BadZipFile``.
    """
    if len(data) * STEEPEST <= most:
        return True
    with zipfile.ZipFile(BytesIO(data)) as archive:
        members = archive.infolist()
    if sum(member.file_size for member in members) > most:
        return False
    left = most
    for member in members:
        left -= _unpacked_size(data, member, left)
        if left < 0:
            return False
    return True


def _unpacked_size(data: bytes, member: zipfile.ZipInfo, most: int) -> int:
    """How many bytes a member unpacks to; no more are counted once it is above ``most``."""
    if member.compress_type != zipfile.ZIP_DEFLATED:
        return member.compress_size
    lengths = struct.unpack_from("<HH", data, member.header_offset + _NAME_LENGTHS)
    start = member.header_offset + _LOCAL_HEADER + sum(lengths)
    packed = memoryview(data)[start : start + member.compress_size]
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    size, place = 0, 0
    rest = b""
    while size <= most and not unpack.eof and (rest or place < len(packed)):
        if not rest:
            rest, place = bytes(packed[place : place + _BLOCK]), place + _BLOCK
        try:
            size += len(unpack.decompress(rest, _BLOCK))
        except zlib.error as error:
            raise zipfile.BadZipFile("a member cannot be unpacked") from error
        rest = unpack.unconsumed_tail
    return size
