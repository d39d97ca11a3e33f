"""Ctrl-C that is always heard.

Python raises KeyboardInterrupt wherever the program happens to be. In a destructor or a weak reference's callback nobody
can catch it: it would be printed with a traceback, and the work would go on as if nothing had been asked.
"""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SOON = 0.01
"""Seconds until an interruption that got lost is raised again: by then the callback that swallowed it has ended."""


def always_hear_interruptions() -> None:
    """From now on an interruption that nobody could catch is raised again a moment later. For the main thread of a command."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    sys.unraisablehook = _raise_again


def _raise_again(lost: UnraisableHookArgs) -> None:
    if isinstance(lost.exc_value, KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, SOON)
    else:
        sys.__unraisablehook__(lost)
