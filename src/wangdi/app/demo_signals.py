"""The demo county's surveillance: its year judged day by day, and what its people did about what was found."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from wangdi.app.event_opening import open_from_signal
from wangdi.app.events import NOTE, Author, Draft, close_event, write_down
from wangdi.app.questions import stand_on
from wangdi.app.signals import Handled, StepAsked, read_signals, take_step
from wangdi.app.surveillance import RunAsked, read_city_settings, run_surveillance
from wangdi.language.library import Library
from wangdi.outbreaks.surveillance.findings import INSTITUTION
from wangdi.outbreaks.surveillance.states import CHECKED, CLOSED, CLUSTER, EXPECTED, OUTBREAK
from wangdi.store.city import City

WHO = "demo"
MANY, SEVERAL = 10, 4
"""Records from which the county calls a signal an outbreak; fewer at one school alone it calls usual."""
LEFT_OPEN = 2
"""The newest signals nobody has looked at yet."""
ANSWERED, CLOSED_AFTER = timedelta(minutes=50), timedelta(days=12)


def watch_demo_year(city: City, library: Library, year: int) -> int:
    """Judge the year after the last delivery, and close all signals but the newest; answers how many there are.

    Why after: what is accepted takes numbers in order, and the numbers of the county's records are told in its manuals.
    """
    at = city.acceptance(city.latest_seq())[0].accepted_at
    with city.workspace() as workspace:
        standing = stand_on(city, workspace, library)
        run_surveillance(standing, RunAsked(date(year, 1, 1), date(year, 12, 31), WHO, at))
    signals = read_signals(city, read_city_settings(city.folder))[::-1]
    investigated = next((one for one in signals if one.signal.urgent and len(one.signal.facts) >= MANY), None)
    for handled in signals[:-LEFT_OPEN]:
        _handle(city, library, handled, handled is investigated)
    return len(signals)


def _handle(city: City, library: Library, handled: Handled, investigate: bool) -> None:
    """What the county did about one signal: a telephone call, an investigation where it was large, and its end."""
    settings, name = read_city_settings(city.folder), handled.signal.id
    checked, closed = handled.sent_at + ANSWERED, handled.sent_at + CLOSED_AFTER
    take_step(city, settings, name, StepAsked(CHECKED, "", "电话核实，病例属实", WHO, checked))
    if investigate:
        _investigate(city, library, name, checked + timedelta(hours=3), closed)
    records, alone = len(handled.signal.facts), handled.signal.strongest.method == INSTITUTION
    outcome = OUTBREAK if records >= MANY else EXPECTED if alone and records < SEVERAL else CLUSTER
    notes = {OUTBREAK: "采取措施后未再出现新病例", CLUSTER: "聚集性病例，已处置", EXPECTED: "病例之间无联系"}
    take_step(city, settings, name, StepAsked(CLOSED, outcome, notes[outcome], WHO, closed))


def _investigate(city: City, library: Library, signal: str, opened: datetime, closed: datetime) -> None:
    """The one signal the county investigated, so that there is an event to look at."""
    author = Author(WHO, opened)
    with city.workspace() as workspace:
        event = open_from_signal(stand_on(city, workspace, library), {"signal": signal, "grade": ""}, author)
    for kind, text in (
        ("measures", "停课三天，教室和厕所终末消毒；食堂从业人员和患病学生留样检测。"),
        ("conclusion", "一起经人传播的诺如病毒感染暴发，未发现共同的食物或水来源。"),
    ):
        write_down(city, event, Draft(NOTE, {"kind": kind, "text": text}), Author(WHO, closed))
    close_event(city, event, closed.date(), Author(WHO, closed))
