"""China's moving percentile over the same cases: what the daily run is held against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wangdi.outbreaks.detectors.moving_percentile import PercentileSettings, detect_moving_percentile
from wangdi.outbreaks.diseases import read_disease_settings
from wangdi.outbreaks.series import DAILY, Panel
from wangdi.outbreaks.surveillance.cases import WEEK, Cases, find_cases
from wangdi.outbreaks.surveillance.findings import PERCENTILE, Finding


def find_by_percentile(cases: Cases, days: Sequence[int]) -> list[Finding]:
    """The signals of the national system's method: every disease in every county, at its own percentile.

    Rule: docs/explanation/detectors.md, China's moving percentile. Missing: nothing with less than three years before a day.
    """
    if not len(cases.day) or not cases.places or not len(days):
        return []
    first, last = int(cases.day[0]), max(days)
    percentiles = read_disease_settings().percentiles
    dates = np.datetime64(0, "D") + np.arange(first, last + 1)
    columns = np.array(days, dtype=np.int64) - first
    found: list[Finding] = []
    for disease, code in enumerate(cases.diseases):
        settings = PercentileSettings(percentile=percentiles.get(code, PercentileSettings().percentile))
        counts = np.zeros((len(cases.counties), last - first + 1))
        entries = find_cases(cases, disease, first, last)
        entries = entries[cases.place[entries] >= 0]
        np.add.at(counts, (cases.county_of[cases.place[entries]], cases.day[entries] - first), 1)
        alarms = detect_moving_percentile(Panel(cases.counties, counts, DAILY, dates), columns, settings)
        for row, column in np.argwhere(alarms.alarm == 1):
            day = int(days[column])
            inside = entries[(cases.day[entries] > day - WEEK) & (cases.day[entries] <= day)]
            inside = inside[cases.county_of[cases.place[inside]] == row]
            now, bound = float(alarms.more["now"][row, column]), float(alarms.upperbound[row, column])
            expected = float(alarms.expected[row, column])
            facts = tuple(int(number) for number in cases.number[inside])
            found.append(
                Finding(
                    PERCENTILE, code, (cases.counties[row],), "", day - WEEK + 1, day, now, expected, bound, None, facts
                )
            )
    return sorted(found, key=lambda one: (one.day, one.subject, one.places))
