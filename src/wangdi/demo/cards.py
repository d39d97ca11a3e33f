"""Report cards as the units enter them, with the faults of real life: second cards of a case, a week entered twice."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wangdi.demo.days import Texts, day_number, year_month_day
from wangdi.demo.places import Places
from wangdi.demo.planted import Outbreak
from wangdi.demo.reporting import DAY, NO_MOMENT, Minutes, Reports
from wangdi.demo.rows import DEFECT_NUMBER
from wangdi.demo.seasons import is_holiday, weekday
from wangdi.demo.settings import WorldSettings, load_epidemics, random_stream

_TYPING = 4
"""Minutes from one card entered again to the next."""


@dataclass(frozen=True, slots=True)
class Cards:
    """Grain: one element per card, in the order of entry. ``of``: the case in ``Reports``; ``outbreak``: -1 for none.

    Units: minutes since 1970-01-01.
    """

    of: NDArray[np.int64]
    number: Texts
    unit: NDArray[np.int32]
    onset: NDArray[np.int32]
    entered: Minutes
    reviews: Minutes
    state: NDArray[np.int8]
    changed: Minutes
    """When a card was revised or deleted."""
    outbreak: NDArray[np.int16]
    defect: NDArray[np.int8]

    @property
    def size(self) -> int:
        return len(self.of)

    def take(self, index: NDArray[Any]) -> Cards:
        return replace(self, **{one.name: getattr(self, one.name)[index] for one in fields(self)})


def make_cards(
    settings: WorldSettings, places: Places, reports: Reports, outbreaks: tuple[Outbreak, ...]
) -> tuple[Cards, tuple[Outbreak, ...]]:
    """A card of every case that is reported, the cards that should not be there, and the outbreak that is none."""
    rng, model = random_stream(settings, "cards"), load_epidemics()["reporting"]
    cards = _first_cards(reports, rng, model)
    _mark_onsets(settings, reports, cards, rng, model["onset_after"])
    again, fault = _enter_week_again(settings, places, reports, cards, len(outbreaks))
    second = _report_twice(settings, places, reports, cards, rng)
    cards = Cards(*(np.concatenate([getattr(c, f.name) for c in (cards, second, again)]) for f in fields(Cards)))
    cards = cards.take(np.lexsort((cards.unit, cards.of, cards.entered)))
    return _number_cards(places, reports, cards), (*outbreaks, *fault)


def _first_cards(reports: Reports, rng: np.random.Generator, model: Any) -> Cards:
    of = np.flatnonzero(reports.carded)
    lot, size = rng.random(len(of)), len(of)
    planted = reports.cases.outbreak[of]
    free = planted < 0
    state = np.where(free & (lot < model["deleted"]), 2, np.where(free & (lot > 1 - model["revised"]), 1, 0))
    changed = reports.entered[of] + rng.integers(DAY, 3 * DAY, size)
    return Cards(
        of=of,
        number=np.full(size, "", dtype=object),
        unit=reports.facility[of],
        onset=reports.cases.onset[of].copy(),
        entered=reports.entered[of],
        reviews=reports.reviews[of],
        state=state.astype(np.int8),
        changed=np.where(state > 0, changed, NO_MOMENT),
        outbreak=planted.copy(),
        defect=np.where(reports.late[of], DEFECT_NUMBER["late_card"], 0).astype(np.int8),
    )


def _sound(settings: WorldSettings, cards: Cards) -> NDArray[np.intp]:
    """Cards of the year and of no planted outbreak, with which nothing is wrong yet, early enough for a second to come."""
    first, last = day_number(settings.year) * DAY, day_number(settings.year, 12, 1) * DAY
    inside = (cards.entered >= first) & (cards.entered < last)
    return np.flatnonzero(inside & (cards.outbreak < 0) & (cards.defect == 0) & (cards.state == 0))


def _some(free: NDArray[np.intp], rng: np.random.Generator, model: tuple[float, int]) -> NDArray[np.intp]:
    share, least = model
    return np.sort(rng.choice(free, min(len(free), max(least, round(share * len(free)))), replace=False))


def _mark_onsets(
    settings: WorldSettings, reports: Reports, cards: Cards, rng: np.random.Generator, model: tuple[float, int]
) -> None:
    """The onset is written some days after the diagnosis."""
    chosen = _some(_sound(settings, cards), rng, model)
    day = reports.diagnosed[cards.of[chosen]] // DAY
    cards.onset[chosen] = day + rng.integers(1, 6, len(chosen))
    cards.defect[chosen] = DEFECT_NUMBER["onset_after_diagnosis"]


def _report_twice(
    settings: WorldSettings, places: Places, reports: Reports, cards: Cards, rng: np.random.Generator
) -> Cards:
    """Another unit reports the same case some days later."""
    chosen = _some(_sound(settings, cards), rng, tuple(load_epidemics()["reporting"]["duplicated"]))
    second = _copy(cards, chosen, cards.entered[chosen] + rng.integers(DAY, 5 * DAY, len(chosen)), "duplicate_card")
    township = places.village_township[reports.village[second.of]]
    hospital = np.array(places.hospitals)[places.county_of_township[township]]
    own = places.township_hospital[township]
    return replace(second, unit=np.where(second.unit == own, hospital, own).astype(np.int32))


def _enter_week_again(
    settings: WorldSettings, places: Places, reports: Reports, cards: Cards, number: int
) -> tuple[Cards, list[Outbreak]]:
    """One unit enters the cards of a whole week again, under new numbers: a rise that is none.

    Rule: the unit and week of the year's most cards, outside the holidays and the planted outbreaks; none where no week has
    the model's least.
    """
    model = load_epidemics()["outbreak"]["data_fault"]
    free = _sound(settings, cards)
    free = free[~is_holiday((cards.entered[free] // DAY).astype(np.int32))]
    monday = cards.entered[free] // DAY - weekday(cards.entered[free] // DAY)
    keys, inverse, count = np.unique(
        monday * len(places.organisations) + cards.unit[free], return_inverse=True, return_counts=True
    )
    if not len(keys) or count.max() < model["least"]:
        return cards.take(np.zeros(0, dtype=np.int64)), []
    chosen = free[inverse == np.argmax(count)]
    day = cards.entered[chosen] // DAY
    moment = (day - weekday(day) + model["after"]) * DAY + load_epidemics()["reporting"]["clinic_hours"][0]
    again = _copy(cards, chosen, moment + np.arange(len(chosen)) * _TYPING, "entered_twice")
    unit, disease = int(again.unit[0]), reports.cases.disease[again.of]
    organisation = places.organisations[unit]
    most = int(np.bincount(disease).argmax())
    fault = Outbreak(
        "data_fault", model["title"], most, organisation.region, note=f"{model['note']}：{organisation.name}"
    )
    return replace(again, outbreak=np.full(again.size, number, dtype=np.int16)), [fault]


def _copy(cards: Cards, chosen: NDArray[np.intp], entered: NDArray[np.int64], defect: str) -> Cards:
    """More cards of the same cases; the first ones are sound and nothing else may happen to them."""
    cards.defect[chosen] = -1
    copy = cards.take(chosen)
    later = np.where(copy.reviews == NO_MOMENT, NO_MOMENT, copy.reviews + (entered - copy.entered)[:, None])
    return replace(
        copy, entered=entered, reviews=later, defect=np.full(len(chosen), DEFECT_NUMBER[defect], dtype=np.int8)
    )


def _number_cards(places: Places, reports: Reports, cards: Cards) -> Cards:
    """Rule: the county's code, the year of entry, a running number."""
    county = places.county_of_township[places.village_township[reports.village[cards.of]]]
    year, _, _ = year_month_day((cards.entered // DAY).astype(np.int32))
    order = np.lexsort((np.arange(cards.size), year, county))
    group = county[order].astype(np.int64) * 10_000 + year[order]
    first = np.concatenate([[True], group[1:] != group[:-1]])[: len(group)]
    serial = np.empty(cards.size, dtype=np.int64)
    serial[order] = np.arange(cards.size) - np.maximum.accumulate(np.where(first, np.arange(cards.size), 0)) + 1
    parts = zip(county.tolist(), year.tolist(), serial.tolist(), strict=True)
    numbers = [f"{places.counties[c]}00-{y}-{n:05}" for c, y, n in parts]
    defect = np.maximum(cards.defect, 0).astype(np.int8)
    return replace(cards, number=np.array(numbers, dtype=object), defect=defect)
