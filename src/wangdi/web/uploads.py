"""Files sent by a form: written to a folder of the city as they come, never whole in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from wangdi.app.archives import clean_name, free_path
from wangdi.core.problem import Problem, Refusal

DOCUMENT_BYTES = 20 << 20
"""What a form that takes documents of people's may bring: reports, plans."""
FIELD_BYTES = 10_000
"""What a field that is no file may hold."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What a form said, and the files it brought, each under a name that is safe to write."""

    fields: Mapping[str, str]
    files: tuple[Path, ...]


class _Receiver:
    """The form as the parser reads it. Lives for one request."""

    def __init__(self, folder: Path, most: int) -> None:
        self.fields: dict[str, bytearray] = {}
        self.files: list[Path] = []
        self.left = most
        self._folder = folder
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._field: bytearray | None = None
        self._out: BinaryIO | None = None

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": self._write,
                "on_part_end": self.close,
            },
        )

    def _begin(self) -> None:
        self._disposition, self._field = b"", None

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _open(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"filename" not in options:
            name = options.get(b"name", b"").decode("utf-8", "replace")
            self._field = self.fields.setdefault(name, bytearray())
        elif options[b"filename"]:  # an input in which nothing was chosen sends an empty name
            name = clean_name(options[b"filename"].decode("utf-8", "replace"))
            self.files.append(free_path(self._folder, name))
            self._out = self.files[-1].open("wb")

    def _write(self, data: bytes, start: int, end: int) -> None:
        if self._field is not None:
            self._field.extend(data[start : min(end, start + FIELD_BYTES - len(self._field))])
        elif self._out is not None:
            self.left -= end - start
            if self.left >= 0:  # past the limit the rest is heard out, so that the answer is read, and not kept
                self._out.write(data[start:end])

    def close(self) -> None:
        """Nothing more comes of this part."""
        if self._out is not None:
            self._out.close()
            self._out = None


async def receive_upload(request: Request, folder: Path, most: int) -> Upload:
    """Take a form's fields and files; the caller removes the folder, whatever happens.

    Errors: WEB-041 the files are larger than ``most`` bytes together, WEB-042 the form broke off or is none, STORE-005 the
    disk does not take it.
    """
    _, options = parse_options_header(request.headers.get("content-type", ""))
    receiver = _Receiver(folder, most)
    try:
        parser = receiver.parser(options.get(b"boundary", b""))
        async for chunk in request.stream():
            parser.write(chunk)
            if receiver.left < -most:
                break  # not a mistake any more
        parser.finalize()
    except (FormParserError, ClientDisconnect) as error:
        raise Refusal(Problem(code="WEB-042")) from error
    except OSError as error:
        raise Refusal(Problem(code="STORE-005", args={"file": folder.name, "reason": error.strerror or "?"})) from error
    finally:
        receiver.close()
    if receiver.left < 0:
        raise Refusal(Problem(code="WEB-041", args={"most": show_size(most)}))
    fields = {name: value.decode("utf-8", "replace").strip() for name, value in receiver.fields.items()}
    return Upload(fields, tuple(receiver.files))


def show_size(size: int) -> str:
    """Bytes as people say them."""
    for unit, power in (("GB", 30), ("MB", 20), ("KB", 10)):
        if size >= 1 << power:
            return f"{size / (1 << power):.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} B"
