"""Writes what becomes of the shipped packs under test, so that their pages can show it without running it."""

from __future__ import annotations

from pathlib import Path

from wangdi.app.pack_scores import KEPT_FILE, try_library, write_results
from wangdi.language.library import load_library

TARGET = Path(__file__).parents[1] / "src" / "wangdi" / "app" / "data" / KEPT_FILE

if __name__ == "__main__":
    TARGET.write_text(write_results(try_library(load_library())), encoding="utf-8")
    print(TARGET.name)
