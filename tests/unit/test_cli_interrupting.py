"""Ctrl-C reaches the work wherever it falls."""

from __future__ import annotations

import subprocess
import sys

IN_A_DESTRUCTOR = """
import os, signal, time
from wangdi.cli.interrupting import always_hear_interruptions

class Asked:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

always_hear_interruptions()
try:
    Asked()
    print("went on")
    time.sleep(10)
    print("not stopped")
except KeyboardInterrupt:
    print("stopped")
"""

WRONG_IN_A_DESTRUCTOR = """
from wangdi.cli.interrupting import always_hear_interruptions

class Wrong:
    def __del__(self):
        raise ValueError("told as ever")

always_hear_interruptions()
Wrong()
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)


def test_an_interruption_lost_in_a_destructor_is_raised_again() -> None:
    ended = run(IN_A_DESTRUCTOR)
    assert ended.stdout.split("\n")[:2] == ["went on", "stopped"]
    assert ended.stderr == ""


def test_other_errors_of_a_destructor_are_told_as_ever() -> None:
    assert "told as ever" in run(WRONG_IN_A_DESTRUCTOR).stderr
