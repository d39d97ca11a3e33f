"""What the codes of a signal are called: diseases, streams, places and institutions."""

from __future__ import annotations

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.trees import plant_tree
from wangdi.store.city import City


def name_subjects_and_places(city: City, lang: str, known: int | None = None) -> dict[str, str]:
    """Code -> name, of everything a signal can name."""
    lists = load_codelists()
    subjects = {
        code: lists[name].label(code, lang)
        for name in ("notifiable_disease", "surveillance_stream")
        for code in lists[name].codes
    }
    regions, organisations = plant_tree(city.regions(known)), plant_tree(city.organisations(known))
    return subjects | regions.latest_names() | organisations.latest_names()
