"""Follow pages of docs/tutorial, docs/how-to and docs/explanation and write what their commands print into them.

``python tools/follow_pages.py [PAGE...]``; all that can be followed without a database server when none is named.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.pages import DOCS, asking_pages, find_before, read_blocks, run_page, write_output  # noqa: E402

NEEDS_A_SERVER = ("postgresql",)


def follow(page: Path, folder: Path) -> bool:
    """Follow one page in a folder and write it; says where it stopped, if it did."""
    text = page.read_text(encoding="utf-8")
    ran = run_page(text, folder)
    if len(ran) < sum(len(block.to_run()) for block in read_blocks(text)):
        last = ran[-1]
        print(f"{page.name} stopped at: {last.command}", *last.printed[-5:], sep="\n", file=sys.stderr)
        return False
    page.write_text(write_output(text, ran), encoding="utf-8", newline="\n")
    return True


def follow_all(pages: list[Path]) -> bool:
    """Follow pages, each in a folder of its own; a page that goes on from another begins in that one's folder."""
    right = True
    with tempfile.TemporaryDirectory() as base:
        ended: dict[Path, Path] = {}
        for page in pages:
            before = find_before(page)
            folder = Path(base) / page.stem
            if before is None:
                folder.mkdir()
                ended[page] = folder
            else:
                if before not in ended:
                    first = ended[before] = Path(base) / f"before-{before.stem}"
                    first.mkdir()
                    right &= follow(before, first)
                shutil.copytree(ended[before], folder)
            right &= follow(page, folder)
    return right


if __name__ == "__main__":
    named = [Path(name).resolve() for name in sys.argv[1:]]
    every = [*sorted((DOCS / "tutorial").glob("*.md")), *sorted((DOCS / "how-to").glob("*.md"))]
    every += asking_pages(DOCS / "explanation")
    sys.exit(0 if follow_all(named or [page for page in every if page.stem not in NEEDS_A_SERVER]) else 1)
