"""Killed at any moment of collecting, linking and deriving: nothing acknowledged is lost, nothing is half there.

A hundred deaths: at steps spread over everything that touches the disk or the database, and by the clock.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journey.kill_rounds import CLOCK_ROUNDS, STEP_ROUNDS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("kind", "planned"), [("steps", sum(STEP_ROUNDS.values())), ("clock", CLOCK_ROUNDS)])
def test_a_city_killed_again_and_again_is_the_city_nobody_killed(tmp_path: Path, kind: str, planned: int) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.journey.kill_rounds", str(tmp_path), kind],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    found = re.fullmatch(r"(\d+) deaths in (\d+) cities\n", run.stdout)
    assert found, run.stdout
    assert int(found[1]) >= planned
    assert int(found[2]) >= 2, "each city was killed until it had done everything"


def test_there_are_a_hundred_of_them() -> None:
    assert CLOCK_ROUNDS + sum(STEP_ROUNDS.values()) >= 100
