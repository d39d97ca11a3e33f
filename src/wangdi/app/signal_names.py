"""What the codes of a signal are called: diseases, streams, places and institutions."""

from __future__ import annotations

from wangdi.app.watched_rows import find_watched
from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.trees import plant_tree
from wangdi.language.library import Library
from wangdi.store.city import City


def name_subjects_and_places(city: City, library: Library, lang: str, known: int | None = None) -> dict[str, str]:
    """Code -> name, of everything a signal can name: diseases, streams, indicators that are watched, places and institutions."""
    lists = load_codelists()
    subjects = {
        code: lists[name].label(code, lang)
        for name in ("notifiable_disease", "surveillance_stream")
        for code in lists[name].codes
    }
    subjects |= {
        name: one.title_en if lang == "en" and one.title_en else one.title
        for name, (_, one) in find_watched(library).items()
    }
    regions, organisations = plant_tree(city.regions(known)), plant_tree(city.organisations(known))
    return subjects | regions.latest_names() | organisations.latest_names()
