"""Nothing reads the clock or unseeded randomness but the edges: what day it is, is an argument."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.reading import Module, source_modules, texts_of

EDGES = {"cli", "web"}
ALLOWED = {
    (
        "src/wangdi/store/lock.py",
        "func.now",
    ): "tells who waits since when the writer's lock is held; nothing is computed from it",
}
CALLS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime",
    "time.gmtime", "func.now", "func.current_timestamp", "func.current_date", "func.random", "uuid.uuid1", "uuid.uuid4",
    "os.urandom", "random.SystemRandom",
}  # fmt: skip
SEEDED = {"default_rng", "Random", "PCG64", "RandomState", "SeedSequence", "Generator"}
"""Fine with a seed, not without."""
_SQL = re.compile(
    r"\b(?:current_date|current_timestamp|localtimestamp|get_current_time)\b|\b(?:now|today|random|uuid)\(\)",
    re.IGNORECASE,
)


def readings(tree: ast.Module) -> Iterator[str]:
    """What in a module asks the clock or chance."""
    names = _imported_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            called = _dotted(node, names)
            if any(called == call or called.endswith(f".{call}") for call in CALLS):
                yield _short(called)
            elif called.startswith("secrets."):
                yield called
        if isinstance(node, ast.Call):
            called = _dotted(node.func, names)
            last = called.rpartition(".")[2]
            if last in SEEDED:
                if not node.args and not node.keywords:
                    yield called
            elif re.match(r"(?:random|numpy\.random|np\.random)\.\w+$", called):
                yield called
    yield from (f"SQL {found[0]}" for _, text in texts_of(tree) for found in _SQL.finditer(text))


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """What ``from time import time as t`` makes ``t`` mean; a plain import means itself."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
    return names


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    return f"{_dotted(node.value, names)}.{node.attr}" if isinstance(node, ast.Attribute) else "?"


def _short(called: str) -> str:
    return ".".join(called.split(".")[-2:])


@pytest.mark.parametrize(
    "module", [m for m in source_modules() if m.layer not in EDGES], ids=lambda module: module.name
)
def test_only_the_edges_read_the_clock(module: Module) -> None:
    assert [found for found in readings(module.tree) if (module.name, found) not in ALLOWED] == []


def test_no_allowance_outlives_its_need() -> None:
    found = {(module.name, reading) for module in source_modules() for reading in readings(module.tree)}
    assert set(ALLOWED) <= found


@pytest.mark.parametrize(
    "source",
    [
        "import datetime\nx = datetime.datetime.now()",
        "from datetime import date as d\nx = d.today()",
        "import time\nx = time.time()",
        "from time import time\nx = time()",
        "import random\nx = random.random()",
        "from random import shuffle\nshuffle(x)",
        "import numpy as np\nx = np.random.default_rng()",
        "import numpy as np\nx = np.random.normal(0, 1)",
        "import uuid\nx = uuid.uuid4().hex",
        "import secrets\nx = secrets.token_hex()",
        "from datetime import datetime\nf(default=datetime.now)",
        "sql = 'SELECT now()'",
        "sql = 'INSERT INTO t VALUES (CURRENT_TIMESTAMP)'",
    ],
)
def test_a_reading_is_seen(source: str) -> None:
    assert list(readings(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nx = np.random.default_rng(seed)",
        "import random\nx = random.Random(7)",
        "import time\ntime.sleep(1)\nx = time.monotonic()",
        "from datetime import datetime\nx = datetime(2025, 1, 1)",
        '"""Says now() in words."""',
        "rng.normal(0, 1)",
    ],
)
def test_what_is_given_is_left_alone(source: str) -> None:
    assert list(readings(ast.parse(source))) == []
