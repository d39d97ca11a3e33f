"""A word-sized trend: what moves is seen to move, what is steady is level, what is unknown is a gap."""

from __future__ import annotations

from wangdi.web.sparkline import HEIGHT, MARGIN, plot_points


def heights(values: list[float | None], target: float | None = None) -> list[float]:
    """How far down each point of the line stands."""
    lines = plot_points(values, target)["lines"]
    assert isinstance(lines, list)
    return [float(point.split(",")[1]) for line in lines for point in line.split()]


def test_what_rounding_moves_is_level() -> None:
    found = heights([96.68, 96.69, 96.68])
    assert max(found) - min(found) < 0.1
    assert abs(found[0] - HEIGHT / 2) < 0.1, "in the middle"


def test_a_rise_fills_the_height() -> None:
    assert heights([50.0, 75.0, 100.0]) == [HEIGHT - MARGIN, HEIGHT / 2, MARGIN]


def test_the_target_is_in_the_picture() -> None:
    drawn = plot_points([50.0, 60.0], 90.0)
    assert drawn["target_y"] == MARGIN
    assert heights([50.0, 60.0], 90.0)[0] == HEIGHT - MARGIN


def test_gaps_and_nothing() -> None:
    lines = plot_points([1.0, 2.0, None, 4.0, 5.0])["lines"]
    assert isinstance(lines, list)
    assert len(lines) == 2
    assert plot_points([None, 3.0]) == {}
    assert heights([0.0, 0.0]) == [HEIGHT / 2, HEIGHT / 2]
