"""What a city has to tell: signals to whoever is in charge, clocks that ran out, rounds that came out, targets that turned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wangdi.app.cities import open_library
from wangdi.app.numbers import show_number, show_value
from wangdi.app.plan_items import Held, list_items
from wangdi.app.plan_progress import read_turns
from wangdi.app.plan_rounds import Edition, Stood, edition_key, list_editions
from wangdi.app.signal_names import name_subjects_and_places
from wangdi.app.signals import Handled, find_centre_above, read_signals, tell_signal
from wangdi.app.surveillance import read_city_settings
from wangdi.catalog.trees import plant_tree
from wangdi.core.problem import LANGUAGES
from wangdi.notices.notice import Notice, notice_word
from wangdi.notices.settings import BULLETIN, ESCALATED, OVERDUE, SIGNAL, TARGET, Limits
from wangdi.outbreaks.surveillance.states import CLOSED, SENT
from wangdi.plans.bulletin_page import title_of
from wangdi.plans.goals import show_goal
from wangdi.plans.model import CONFIRMED
from wangdi.plans.standing import RED
from wangdi.plans.turns import OPEN, Turn
from wangdi.store.city import City

MINUTE = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class News:
    """From when to when something is news."""

    since: datetime
    now: datetime

    def has(self, moment: datetime) -> bool:
        """Whether something that happened then is to be told."""
        return self.since <= moment <= self.now


def find_notices(city: City, limits: Limits, now: datetime) -> list[Notice]:
    """Everything to be told at a moment, told already or not.

    Rule: what is older than ``news_days`` is not told: who was set up today does not hear of last year.
    """
    news = News(now - timedelta(days=limits.news_days), now)
    return [*_signal_notices(city, limits, news), *_plan_notices(city, news)]


def _signal_notices(city: City, limits: Limits, news: News) -> Iterator[Notice]:
    signals = [one for one in read_signals(city, read_city_settings(city.folder)) if one.state != CLOSED]
    if not signals:
        return
    library = open_library(city)
    names = {lang: name_subjects_and_places(city, library, lang) for lang in LANGUAGES}
    regions, organisations = plant_tree(city.regions()), plant_tree(city.organisations())
    for one in signals:
        words = {lang: _signal_words(one, names[lang], lang, news.now) for lang in LANGUAGES}
        path, urgent = f"/signals/{one.signal.id}", one.signal.urgent
        if one.state == SENT and news.has(one.sent_at):
            yield Notice(f"signal/{one.signal.id}", SIGNAL, one.org, path, words, urgent)
        if one.due_at is None:
            continue
        clock = f"{one.signal.id}/{one.state}/{one.due_at.isoformat()}"
        if one.is_overdue(news.now) and news.has(one.due_at):
            yield Notice(f"overdue/{clock}", OVERDUE, one.org, path, words, urgent)
        if news.has(one.due_at + timedelta(hours=limits.escalate_hours)):
            above = find_centre_above(one, regions, organisations)
            yield Notice(f"escalated/{clock}", ESCALATED, above, path, words, urgent)


def _signal_words(one: Handled, names: Mapping[str, str], lang: str, now: datetime) -> dict[str, str]:
    """What a message may say of a signal: no site and no note, for people write names into them."""
    told = tell_signal(one, names, now)
    comma = notice_word(lang, "comma")
    late = now - one.due_at if one.due_at is not None else timedelta()
    return {
        "signal": told["signal"],
        "title": told["title"],
        "day": told["day"],
        "places": comma.join(told["place_names"]) or notice_word(lang, "nowhere"),
        "observed": f"{told['observed']:g}",
        "expected": notice_word(lang, "unknown") if told["expected"] is None else show_value(told["expected"], "count"),
        "reasons": comma.join(notice_word(lang, f"method_{method}") for method in told["methods"]),
        "records": f"{told['records']}",
        "due": f"{one.due_at:{MINUTE}}" if one.due_at is not None else notice_word(lang, "unknown"),
        "state": notice_word(lang, f"state_{one.state}") if one.due_at is not None else "",
        "org": names.get(one.org, one.org) or notice_word(lang, "nobody"),
        "hours": f"{int(late.total_seconds() // 3600)}",
    }


def _plan_notices(city: City, news: News) -> Iterator[Notice]:
    editions = _newest_editions(city)
    for one in editions:
        if news.has(one.at):
            yield _bulletin_notice(one)
    yield from _fallen_behind(editions, news)
    held = {one.key: one for one in list_items(city, "", (CONFIRMED,))}
    for key, turns in read_turns(city).items():
        for turn in turns:
            if key in held and turn.state == OPEN and news.has(datetime.combine(turn.on, datetime.min.time())):
                yield _turn_notice(held[key], turn)


def _newest_editions(city: City) -> list[Edition]:
    """The newest edition of each round, the newest round first: what was corrected is told as corrected."""
    found: dict[str, Edition] = {}
    for one in list_editions(city):
        found.setdefault(edition_key(one.every, one.last), one)
    return list(found.values())


def _bulletin_notice(edition: Edition) -> Notice:
    key = edition_key(edition.every, edition.last)
    counts = {light: f"{count}" for light, count in edition.count_lights().items()}
    told = {"first": f"{edition.first}", "last": f"{edition.last}", "items": f"{len(edition.items)}", **counts,
            "closed": f"{edition.closed}", "reopened": f"{edition.reopened}"}  # fmt: skip
    again = edition.number > 1
    words = {
        lang: told
        | {
            "heading": title_of(edition.pages[lang], lang),
            "edition": notice_word(lang, "corrected").format(number=edition.number) if again else "",
        }
        for lang in LANGUAGES
    }
    name = f"bulletin/{key}/{edition.number}" if again else f"bulletin/{key}"
    return Notice(name, BULLETIN, "", f"/plan/rounds/{key}", words)


def _fallen_behind(editions: Sequence[Edition], news: News) -> Iterator[Notice]:
    """Items that are behind in the newest edition of a round and were not in the one before it.

    Rule: an item is told once for a day, however many rounds end on it.
    """
    told: set[str] = set()
    for newest in editions:
        before = next((one for one in editions if one.every == newest.every and one.last < newest.last), None)
        if before is None or not news.has(newest.at):
            continue
        for key, one in newest.items.items():
            was = before.items.get(key)
            notice = f"red/{key}/{newest.last}"
            if one.light != RED or was is None or was.light == RED or notice in told:
                continue
            told.add(notice)
            words = {lang: _target_words(lang, "turn_red", key, one) | {"on": f"{newest.last}"} for lang in LANGUAGES}
            yield Notice(notice, TARGET, "", f"/plan/{key}", words, unit=one.owner)


def _turn_notice(held: Held, turn: Turn) -> Notice:
    goal = show_goal(held.item.goal) if held.item.goal is not None else ""
    stood = Stood(held.item.name, "", show_number(turn.value), goal, held.item.owner)
    words = {lang: _target_words(lang, "turn_open", held.key, stood) | {"on": f"{turn.on}"} for lang in LANGUAGES}
    return Notice(f"reopened/{held.key}/{turn.on}", TARGET, "", f"/plan/{held.key}", words, unit=held.item.owner)


def _target_words(lang: str, turn: str, number: str, stood: Stood) -> dict[str, str]:
    """What a message may say of a target: not its owner, who may be a person."""
    return {
        "turn": notice_word(lang, turn),
        "number": number,
        "name": stood.name,
        "value": stood.value,
        "goal": stood.goal or notice_word(lang, "unknown"),
    }
