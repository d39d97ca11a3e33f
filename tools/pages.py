"""The commands of a page: found, run one after another in a folder of their own, and their output written back.

A fence says what it is. ``console``: commands after ``$``, and below them what they print. ``bash``: commands, one a line.
``csv NAME``, ``yaml NAME``, ``text NAME``: a file of that name, written before what follows runs. ``sh`` and everything else is not
run: it is for what needs another machine. ``<!-- after: PAGE -->`` at the top: the page goes on where that one ended.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FENCE = re.compile(r"^```(\w*) ?(.*)$")
AFTER = re.compile(r"^<!-- after: (\S+) -->$", re.MULTILINE)
WRITTEN = ("csv", "yaml", "json", "text")
MAY_END_WITH = (0, 11)
"""11: something was refused, the rest is kept. A page that shows another ending asks for it with ``|| echo $?``."""
COLUMNS = "110"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. ``start``: the line of its fence, counted from 0."""

    kind: str
    name: str
    start: int
    lines: tuple[str, ...]

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Each command of a ``console`` block with the lines it prints."""
        command: list[str] = []
        printed: list[str] = []
        for line in self.lines:
            if command and command[-1].endswith("\\") and not printed:
                command.append(line)
            elif line.startswith("$ "):
                if command:
                    yield "\n".join(command), trim(printed)
                command, printed = [line[2:]], []
            else:
                printed.append(line)
        if command:
            yield "\n".join(command), printed

    def to_run(self) -> list[str]:
        """The commands of the block, in order; none where it is of a kind that is not run."""
        if self.kind == "console":
            return [command for command, _ in self.commands()]
        if self.kind != "bash":
            return []
        return "\n".join(self.lines).replace("\\\n", "\0").replace("\n", "\1").replace("\0", "\\\n").split("\1")


@dataclass(frozen=True, slots=True)
class Ran:
    """One command as it ended."""

    command: str
    code: int
    printed: list[str]


def trim(lines: list[str]) -> list[str]:
    """Without the blank lines at the end."""
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def read_blocks(text: str) -> list[Block]:
    """Every fenced block of a page."""
    blocks: list[Block] = []
    opened: tuple[str, str, int] | None = None
    inside: list[str] = []
    for number, line in enumerate(text.splitlines()):
        found = FENCE.match(line)
        if opened is None and found:
            opened, inside = (found[1], found[2].strip(), number), []
        elif opened is not None and line == "```":
            blocks.append(Block(*opened, tuple(inside)))
            opened = None
        else:
            inside.append(line)
    return blocks


def find_before(page: Path) -> Path | None:
    """The page that has to be followed first."""
    found = AFTER.search(page.read_text(encoding="utf-8"))
    return (page.parent / found[1]).resolve() if found else None


def asking_pages(folder: Path) -> list[Path]:
    """The pages of a folder that show commands."""
    return [page for page in sorted(folder.glob("*.md")) if read_blocks(page.read_text(encoding="utf-8"))]


def run_page(text: str, folder: Path, more: Mapping[str, str] | None = None) -> list[Ran]:
    """Run a page's commands in a folder, in one shell, in the page's order; stops at the first that fails."""
    script, commands = _write_script(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("WANGDI", "PYTEST"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    environment |= {"PATH": path, "COLUMNS": COLUMNS, "LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai", **(more or {})}
    bash = shutil.which("bash")
    assert bash, "the pages are followed in bash"
    ended = subprocess.run(
        [bash, "-c", script], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    parts = re.split(r"\n@@ended (\d+)\n", "\n" + ended.stdout.decode("utf-8"))
    printed, codes = parts[0::2], parts[1::2]
    return [
        Ran(command, int(code), said.strip("\n").splitlines())
        for command, code, said in zip(commands, codes, printed, strict=False)
    ]


def _write_script(text: str) -> tuple[str, list[str]]:
    allowed = " || ".join(f"[ $ended = {code} ]" for code in MAY_END_WITH)
    lines, commands = [], []
    for block in read_blocks(text):
        if block.kind in WRITTEN and block.name:
            lines += [
                f"mkdir -p \"$(dirname '{block.name}')\"",
                f"cat > '{block.name}' <<'@@file'",
                *block.lines,
                "@@file",
            ]
        for command in block.to_run():
            commands.append(command)
            lines += [command, "ended=$?", 'printf "\\n@@ended %d\\n" $ended', f"{allowed} || exit $ended"]
    return "\n".join(lines), commands


def write_output(text: str, ran: list[Ran], *, exact: bool = False) -> str:
    """The page with what its commands printed. What differs only by lot stays as it is, unless ``exact``."""
    lines = text.splitlines()
    for block, new in _backwards(text, iter(ran), exact):
        lines[block.start + 1 : block.start + 1 + len(block.lines)] = new
    return "\n".join(lines) + "\n"


def _backwards(text: str, results: Iterator[Ran], exact: bool) -> list[tuple[Block, list[str]]]:
    """Each ``console`` block with its new lines, the last first, so that line numbers stay true."""
    told: list[tuple[Block, list[str]]] = []
    for block in read_blocks(text):
        if block.kind == "bash":
            for _ in block.to_run():
                next(results)
        if block.kind != "console":
            continue
        new: list[str] = []
        for command, printed in block.commands():
            one = next(results)
            said = printed if same_output(printed, one.printed) and not exact else one.printed
            new += [*f"$ {command}".splitlines(), *said, *([""] if said else [])]
        told.append((block, new[:-1] if new and not new[-1] else new))
    return told[::-1]


VARYING = (
    (re.compile(r"\bP[0-9A-F]{16}\b"), "P…"),  # a city's salt is drawn when it is made
    (re.compile(r"\b(\d+)-[0-9a-f]{16}\b"), r"\1-…"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "…"),
    (re.compile(r"\b\d{15,20}\b(?!\d)"), "…"),
    (re.compile(r" +"), " "),
    (re.compile(r"─+"), "─"),
)


def same_output(one: list[str], other: list[str]) -> bool:
    """Whether two outputs say the same, but for what is drawn by lot in each city."""
    return _plain(one) == _plain(other)


def _plain(lines: list[str]) -> list[str]:
    told = []
    for line in trim(lines):
        for pattern, by in VARYING:
            line = pattern.sub(by, line)
        told.append(line.strip())
    return told
