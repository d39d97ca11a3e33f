"""An investigation opened from a signal: what the signal says is taken over, its cards become the first cases."""

from __future__ import annotations

from collections.abc import Mapping

from wangdi.app.derivation import Standing
from wangdi.app.events import CASE, Author, Draft, open_event, write_all
from wangdi.app.signal_names import name_subjects_and_places
from wangdi.app.signal_views import CardLine, list_cards
from wangdi.app.signals import Handled, StepAsked, find_signal, take_step
from wangdi.app.surveillance import read_city_settings
from wangdi.outbreaks.diseases import read_diseases
from wangdi.outbreaks.surveillance.states import CHECKED, INVESTIGATED, SENT


def open_from_signal(standing: Standing, said: Mapping[str, str], author: Author) -> str:
    """Open an event from the signal that ``said`` names, with what else is said; answers its id.

    Title, disease, place and who is in charge are the signal's where nothing else is said; its report cards are the first cases;
    the signal goes to its field investigation, unless it was there.
    Errors: SIGNAL-003 no such signal, and those of :func:`open_event`.
    """
    city, name = standing.city, said["signal"]
    settings = read_city_settings(city.folder)
    handled = find_signal(city, settings, name)
    cards = list_cards(standing, handled.signal.facts)
    known = _read_signal(handled, name_subjects_and_places(city, standing.library, "zh"))
    event = open_event(city, known | {key: text for key, text in said.items() if text}, author)
    if cards:
        write_all(city, event, [_draft(card) for card in cards], author)
    if handled.state in (SENT, CHECKED):
        take_step(city, settings, name, StepAsked(INVESTIGATED, "", event, author.who, author.at, event))
    return event


def _read_signal(handled: Handled, names: Mapping[str, str]) -> dict[str, str]:
    """What a signal says of an event. A stream names no disease: somebody has to."""
    signal = handled.signal
    disease = next((subject for subject in signal.subjects if subject in read_diseases()), "")
    where = next(iter(signal.sites), "") or names.get(next(iter(signal.places), ""), "")
    title = f"{where}{names.get(disease or signal.subjects[0], '')}"
    found = {"title": title, "disease": disease, "region": next(iter(signal.places), ""), "lead": handled.org}
    return {key: text for key, text in found.items() if text}


def _draft(card: CardLine) -> Draft:
    """A report card as a case."""
    said = {
        "card": card.card_no,
        "case_class": card.case_class or "",
        "sex": card.sex or "",
        "age": "" if card.age is None else f"{card.age}",
        "onset": "" if card.onset_on is None else f"{card.onset_on}",
        "place": card.workplace or "",
    }
    who = {"person_id": card.person} if card.person else {}
    return Draft(CASE, {key: text for key, text in said.items() if text}, who=who)
