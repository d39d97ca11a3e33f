"""Write docs/reference/language.md from the executable chapters of the language."""

from __future__ import annotations

from pathlib import Path

from wangdi.language.manual import read_chapters, render_manual

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    page = ROOT / "docs" / "reference" / "language.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(render_manual(read_chapters(ROOT / "tests" / "spec" / "language")), encoding="utf-8")
