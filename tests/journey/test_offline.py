"""With the network cable out: a demo city is made and asked in a network of its own that leads nowhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import go_without

ROOT = Path(__file__).parents[2]
GUARDED = """
import sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.bind") and isinstance(arguments[1], (str, bytes)):
        return  # a socket in the file system
    if event in ("socket.connect", "socket.sendto", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname"):
        sys.__stderr__.write(f"ASKED FOR THE NETWORK: {event} {arguments[1:]}\\n")
        sys.__stderr__.flush()
        raise OSError("no network")

sys.addaudithook(refuse)
from wangdi.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def no_network() -> list[str]:
    """What to put before a command so that it has no network but its own loopback, which is down."""
    command = ["unshare", "-n"] if os.getuid() == 0 else ["unshare", "-rn"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], capture_output=True).returncode:
        go_without("unshare cannot take the network away here")
    return command


def test_there_is_no_network(no_network: list[str]) -> None:
    """The test itself: in there, not even this machine can be reached."""
    trial = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=2)"
    found = subprocess.run([*no_network, sys.executable, "-c", trial], capture_output=True, text=True, check=False)
    assert "unreachable" in found.stderr


def test_a_demo_is_made_told_and_asked_without_a_network(no_network: list[str], tmp_path: Path) -> None:
    city = tmp_path / "city"
    env = {**os.environ, "WANGDI_CITY": str(city)}
    calls = [
        ("demo", city, "--people", "500", "--no-serve", "--quiet"),
        ("figures", "--period", "2025", "--by", "township"),
        ("pack", "test", "childcare"),
        ("export", tmp_path / "export"),
        ("backup", tmp_path / "backup.tar"),
        ("restore", tmp_path / "backup.tar", tmp_path / "again"),
        ("verify",),
    ]
    for arguments in calls:
        command = [*no_network, sys.executable, "-c", GUARDED, *map(str, arguments)]
        found = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stderr
        assert "ASKED FOR THE NETWORK" not in found.stderr
        assert found.stdout
