"""Telling people what they have to know: each notice once to each receiver, each try written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from wangdi.app.notices import find_notices
from wangdi.app.signals import CDC
from wangdi.catalog.trees import plant_tree
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.notices.notice import Text, render_notice, render_trial
from wangdi.notices.sending import fill_address, name_way, send_text, shows_secret
from wangdi.notices.settings import EVERYBODY, NotifySettings, Receiver, parse_notify_settings
from wangdi.notices.told import DUE, LATER, SENT_KIND, Delivery, Told, plan_deliveries
from wangdi.store.city import City
from wangdi.store.lock import hold_alone
from wangdi.store.records import LedgerRow

OWN_FILE = "notify.yaml"
LOCK = "notify.lock"
SENT, FAILED, SHOWN = "sent", "failed", "shown"
"""What became of a delivery that was due; ``shown`` of one that was only to be looked at."""


@dataclass(frozen=True, slots=True)
class SendAsked:
    """Who has notices sent and when. ``environment``: where the secrets of addresses are; ``dry``: nothing is sent."""

    who: str
    now: datetime
    environment: Mapping[str, str] = field(repr=False)
    dry: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one notice for one receiver. ``state``: sent, failed, shown; or why it waits: quiet, later, given_up."""

    delivery: Delivery
    text: Text
    state: str
    error: str = ""


def has_settings(city: City) -> bool:
    """Whether the city wants anybody told."""
    return (city.folder / OWN_FILE).is_file()


def check_settings(city: City, environment: Mapping[str, str]) -> tuple[NotifySettings | None, list[Problem]]:
    """A city's ``notify.yaml`` and everything wrong with it, the environment it needs included.

    Errors: NOTIFY-001 there is none, NOTIFY-002 to NOTIFY-005 and NOTIFY-009 of its fields, NOTIFY-006 an institution nobody
    knows, NOTIFY-007 a variable that is not set, NOTIFY-008 no address. Warnings: NOTIFY-010 a secret in the file, NOTIFY-013 a
    centre for disease control without a receiver.
    """
    path = city.folder / OWN_FILE
    if not path.is_file():
        return None, [Problem(code="NOTIFY-001", file=OWN_FILE)]
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = "UTF-8" if isinstance(error, ValueError) else error.strerror or "?"
        return None, [Problem(code="NOTIFY-002", file=OWN_FILE, args={"reason": reason})]
    settings, problems = parse_notify_settings(text, OWN_FILE)
    if settings is None:
        return None, problems
    known = plant_tree(city.organisations()).rows
    for number, receiver in enumerate(settings.receivers, 1):
        place = f"receivers[{number}]"
        if receiver.org != EVERYBODY and receiver.org not in known:
            args = {"org": receiver.org}
            problems.append(Problem(code="NOTIFY-006", file=OWN_FILE, field=f"{place}.org", args=args))
        problems += _check_addresses(receiver, place, environment)
    return settings, [*problems, *_check_heard(city, settings)]


def _check_addresses(receiver: Receiver, place: str, environment: Mapping[str, str]) -> Iterator[Problem]:
    for number, written in enumerate(receiver.urls, 1):
        where = f"{place}.urls[{number}]"
        address = fill_address(written, environment)
        for name in address.missing:
            yield Problem(code="NOTIFY-007", file=OWN_FILE, field=where, args={"name": name})
        if address.missing:
            continue
        if not name_way(address):
            yield Problem(code="NOTIFY-008", file=OWN_FILE, field=where)
        elif shows_secret(written, address):
            yield Problem(code="NOTIFY-010", severity=Severity.warning, file=OWN_FILE, field=where)


def _check_heard(city: City, settings: NotifySettings) -> Iterator[Problem]:
    heard = {one.org for one in settings.receivers}
    if EVERYBODY in heard:
        return
    for code, rows in plant_tree(city.organisations()).rows.items():
        if rows[-1].kind == CDC and code not in heard:
            args = {"org": code, "name": rows[-1].name}
            yield Problem(code="NOTIFY-013", severity=Severity.warning, file=OWN_FILE, args=args)


def list_ways(receiver: Receiver, environment: Mapping[str, str]) -> list[str]:
    """What kinds of address a receiver has; the addresses themselves are not shown."""
    return [name_way(fill_address(written, environment)) for written in receiver.urls]


def read_settings(city: City, environment: Mapping[str, str]) -> NotifySettings:
    """A city's settings. A variable that is not set, or an address nobody knows, is its receiver's failure, not everybody's.

    Errors: the first of what makes the file unreadable, NOTIFY-001 to NOTIFY-005 and NOTIFY-009.
    """
    settings, problems = check_settings(city, environment)
    if settings is None:
        raise Refusal(problems[0])
    return settings


def read_told(city: City, known: int | None = None) -> list[Told]:
    """Every last try, the newest first."""
    found = [Told.from_json(row.body or {}) for _, row in city.ledger(SENT_KIND, known)]
    return sorted(found, key=lambda one: (one.at, one.key), reverse=True)


def send_notices(city: City, asked: SendAsked) -> list[Outcome]:
    """Tell everybody what is due, and write down each try before the next; what waits is answered too.

    Rule: a receiver that fails is left alone for the rest of the run, and stops no other. A notice is written down after it went
    out: killed in between it goes out twice rather than never.
    Errors: NOTIFY-001 to NOTIFY-005, NOTIFY-009 of the settings; NOTIFY-011 somebody else is sending.
    """
    settings = read_settings(city, asked.environment)
    with hold_alone(city.folder / LOCK, "NOTIFY-011"):
        told = {one.key: one for one in read_told(city)}
        notices = find_notices(city, settings.limits, asked.now)
        failed: set[str] = set()
        found = []
        for delivery in plan_deliveries(notices, settings, told, asked.now):
            text = render_notice(delivery.notice, delivery.receiver.lang, settings.link)
            if delivery.state != DUE or asked.dry:
                found.append(Outcome(delivery, text, SHOWN if delivery.state == DUE else delivery.state))
            elif delivery.receiver.name not in failed:
                outcome = _tell(city, delivery, text, settings, asked)
                failed |= {delivery.receiver.name} if outcome.error else set()
                found.append(outcome)
            else:
                found.append(Outcome(delivery, text, LATER))
    return found


def _tell(city: City, delivery: Delivery, text: Text, settings: NotifySettings, asked: SendAsked) -> Outcome:
    before, receiver, notice = delivery.before, delivery.receiver, delivery.notice
    reached, error = list(before.reached) if before else [], ""
    for number, written in enumerate(receiver.urls, 1):
        if number in reached:
            continue
        address = fill_address(written, asked.environment)
        failure = send_text(address, text, notice.urgent, settings.limits.timeout_seconds)
        if failure:
            error = failure
        else:
            reached.append(number)
    tries = 1 + (before.tries if before else 0)
    told = Told(receiver.name, notice.key, notice.kind, asked.now, tries, tuple(reached), error)
    with city.writer(asked.who) as writer:
        writer.put_ledger([LedgerRow(SENT_KIND, told.key, told.to_json(), asked.who)], asked.now)
    return Outcome(replace(delivery, before=told), text, FAILED if error else SENT, error)


def send_trial(city: City, name: str, asked: SendAsked) -> list[str]:
    """Send a trial message to a receiver: for each of its addresses empty, or what failed. It is not written down.

    Errors: NOTIFY-001 to NOTIFY-005, NOTIFY-009 of the settings; NOTIFY-012 there is no such receiver.
    """
    settings = read_settings(city, asked.environment)
    receiver = next((one for one in settings.receivers if one.name == name), None)
    if receiver is None:
        known = ", ".join(one.name for one in settings.receivers)
        raise Refusal(Problem(code="NOTIFY-012", args={"name": name, "known": known}))
    text = render_trial(receiver.lang, city.name)
    addresses = [fill_address(written, asked.environment) for written in receiver.urls]
    return [send_text(one, text, False, settings.limits.timeout_seconds) for one in addresses]
