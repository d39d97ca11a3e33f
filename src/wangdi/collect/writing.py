"""Writing segments in a thread of its own, while the next rows are typed."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from wangdi.store.manifest import PARQUET
from wangdi.store.workspace import Workspace


class SegmentWriter:
    """Writes one segment after the other from the tables of a workspace. Lives shorter than the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace.beside()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="segments")
        self._last: Future[int] | None = None

    def write(self, sql: str, path: Path) -> None:
        """Begin to write a query's rows once the segment before is written; its tables must stay until ``wait``.

        Errors: what went wrong with the segment before, as every ``wait`` raises it.
        """
        self.wait()
        self._last = self._thread.submit(self._workspace.copy, sql, path, PARQUET)

    def wait(self) -> None:
        """Return when everything begun is on the disk. Errors: STORE-007, as every statement of a workspace."""
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()
        self._workspace.close()
