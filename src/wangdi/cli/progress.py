"""Progress of long work, on stderr: seen on a terminal, silent elsewhere and with ``--quiet``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wangdi.cli.session import Session, is_watched

Advance = Callable[[str, int, int], None]
"""Called with a name, what is done and what there is."""


@contextmanager
def show_bytes(session: Session) -> Iterator[Advance]:
    """A bar over the bytes of each file."""
    if session.quiet or not is_watched():
        yield lambda name, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks = {}

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done, total=total)

        yield advance


@contextmanager
def show_steps(session: Session, total: int, title: str) -> Iterator[Callable[[str], None]]:
    """A bar over the steps of one piece of work; called with the name of each step as it begins."""
    if session.quiet or not is_watched():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total or None, step="")
        begun = [0]

        def step(name: str) -> None:
            progress.update(task, completed=begun[0], step=name)
            begun[0] += 1

        yield step
