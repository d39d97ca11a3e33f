"""Making very many small things at once."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def making_many() -> Iterator[None]:
    """For a stretch that makes a million small things which all stay.

    Looking through them again and again for what may go is a third of the work, and finds nothing. What is no longer referred
    to is given back as ever; only rings of things wait until the end.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
