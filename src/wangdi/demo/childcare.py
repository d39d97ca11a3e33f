"""Childcare institutions (3 岁以下托育机构) and their monthly reports."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.core.identifiers import credit_check_character, organisation_check_character
from wangdi.demo.days import NEVER, UNKNOWN, day_number
from wangdi.demo.places import Places
from wangdi.demo.rows import Rows
from wangdi.demo.settings import WorldSettings, load_model, random_stream


def childcare_rows(settings: WorldSettings, places: Places) -> Rows:
    """Form ``childcare.institution``: what each institution reports at each month's end; some reports never come."""
    rng = random_stream(settings, "childcare")
    model = load_model()["childcare"]
    share = model["institutions"] * settings.people / model["people"]
    affordable = max(1, round(share * model["places"][0] / model["fewest_places"]))
    count = max(min(model["least"], affordable), round(share))
    village = np.sort(rng.integers(0, len(places.villages), count))
    month_ends = _month_ends(settings)
    kinds = rng.choice(len(model["kinds"]), count, p=[kind[2] for kind in model["kinds"]])
    start = day_number(settings.year - settings.history_years)
    filed_on = np.where(
        rng.random(count) < model["filed"], start + rng.integers(-900, 330 * len(month_ends) // 12, count), NEVER
    )
    closes = np.where(rng.random(count) < model["closing_a_year"], month_ends[-1] - rng.integers(1, 300, count), NEVER)
    size = _draw_sizes(rng, model, count, min(1.0, share / count))
    use = np.clip(rng.normal(model["use"][0], model["use"][1], count), 0.15, 1.0)
    which = np.repeat(np.arange(count), len(month_ends))
    day = np.tile(month_ends, count)
    season = np.where((np.arange(len(day)) % 12) < 6, 1.0, 0.93)
    enrolled = np.minimum(np.round(size[which] * use[which] * season * rng.normal(1, 0.04, len(day))), size[which])
    sent = (rng.random(len(day)) >= model["report_missing"]) & (day <= closes[which] + 31)
    filed = filed_on[which] <= day
    columns: dict[str, NDArray[Any]] = {
        "reported_on": day,
        "code": _credit_codes(places, village)[which],
        "name": _institution_names(model, rng, count, kinds)[which],
        "division": village[which].astype(np.int32),
        "kind": np.array([kind[0] for kind in model["kinds"]], dtype=object)[kinds[which]],
        "filed": filed,
        "filed_on": np.where(filed, filed_on[which], UNKNOWN).astype(np.int32),
        "closed_on": np.where(closes[which] <= day, closes[which], UNKNOWN).astype(np.int32),
        "inclusive": (rng.random(count) < model["inclusive"])[which],
        "places": size[which],
        "enrolled": np.where(closes[which] <= day, 0, enrolled).astype(np.int32),
    }
    centre = np.array(places.children_centres)[places.county_of_township[places.village_township[village]]][which]
    years = settings.year - settings.history_years + np.arange(len(month_ends)) // 12
    month = np.where(years < settings.year, 0, np.arange(len(month_ends)) % 12 + 1)
    zeros = np.zeros(len(day), dtype=np.int8)
    rows = Rows(
        form="childcare.institution",
        registration=np.full(len(day), -1, dtype=np.int32),
        sender=centre.astype(np.int32),
        org=centre.astype(np.int32),
        occurred=day,
        entered=day + 2,
        send=np.tile(month, count).astype(np.int8),
        status=zeros,
        retired=zeros - 1,
        defect=zeros.copy(),
        columns=columns,
    )
    return rows.take(np.flatnonzero(sent))


def _draw_sizes(rng: np.random.Generator, model: Any, count: int, smaller: float) -> NDArray[np.int32]:
    """Places of each institution, by fives. ``smaller``: where there are more institutions than so few people would have."""
    mean, deviation = (each * smaller for each in model["places"])
    fives = np.round(rng.normal(mean, deviation, count) / 5) * 5
    return np.clip(fives, model["fewest_places"], model["most_places"]).astype(np.int32)


def _month_ends(settings: WorldSettings) -> NDArray[np.int32]:
    months = [
        (year, month)
        for year in range(settings.year - settings.history_years, settings.year + 1)
        for month in range(1, 13)
    ]
    return np.array([day_number(y + m // 12, m % 12 + 1) - 1 for y, m in months], dtype=np.int32)


def _credit_codes(places: Places, village: NDArray[Any]) -> NDArray[np.object_]:
    """Rule: GB 32100: 52 = a private non-enterprise unit, region, organisation code, check character."""
    codes = []
    for number, where in enumerate(village.tolist()):
        body = f"MJ{number + 1:06}"
        first17 = f"52{places.villages[where][:6]}{body}{organisation_check_character(body)}"
        codes.append(first17 + credit_check_character(first17))
    return np.array(codes, dtype=object)


def _institution_names(model: Any, rng: np.random.Generator, count: int, kinds: NDArray[Any]) -> NDArray[np.object_]:
    words = model["words"]
    serials = ["" if k < len(words) else f"第{k // len(words) + 1}" for k in range(count)]
    order = rng.permutation(count)
    return np.array(
        [words[order[k] % len(words)] + serials[order[k]] + model["kinds"][kinds[k]][1] for k in range(count)],
        dtype=object,
    )
