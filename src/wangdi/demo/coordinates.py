"""Where the made-up places lie on a map of no place at all."""

from __future__ import annotations

import numpy as np

from wangdi.demo.places import DemoRegion
from wangdi.demo.settings import WorldSettings, load_model, random_stream

_KM_PER_DEGREE = 111.2
_TURN = 2.399963229728653
"""The golden angle: whatever their number, townships spread evenly around a seat."""


def lay_out(settings: WorldSettings, regions: tuple[DemoRegion, ...]) -> dict[str, tuple[float, float]]:
    """Longitude and latitude of every region, by its code: counties in a row, townships around the seat, villages around those.

    Units: degrees. Rule: open sea far from any land, at the latitude of central China, where a degree of longitude is as short
    as there: a county of the demonstration is nowhere, and distances are as they would be.
    """
    model, rng = load_model()["map"], random_stream(settings, "coordinates")
    placed: dict[str, tuple[float, float]] = {}
    counts: dict[str, int] = {}
    for region in regions:
        serial = counts.get(region.parent, 0)
        counts[region.parent] = serial + 1
        if region.level in ("city", "county"):
            east = 0.0 if region.level == "city" else serial * model["between_counties"]
            placed[region.code] = _move((model["lon"], model["lat"]), east, 0.0)
            continue
        nearest, reach = model[region.level]
        # The first of each stands beside its seat.
        far = (nearest + reach * np.sqrt(serial)) * rng.uniform(0.85, 1.15)
        angle = serial * _TURN + rng.uniform(-0.3, 0.3)
        placed[region.code] = _move(placed[region.parent], float(far * np.cos(angle)), float(far * np.sin(angle)))
    return placed


def _move(start: tuple[float, float], east: float, north: float) -> tuple[float, float]:
    """So many kilometres east and north."""
    lon, lat = start
    across = _KM_PER_DEGREE * float(np.cos(np.radians(lat)))
    return round(lon + east / across, 5), round(lat + north / _KM_PER_DEGREE, 5)
