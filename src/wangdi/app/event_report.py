"""The report of an investigation (流行病学调查报告): everything computed, its free paragraphs from the notes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from wangdi.app.event_summary import (
    DASH,
    curve_of,
    show_p,
    show_ratio,
    show_share,
    summarise_event,
    tell_associations,
    tell_chain,
)
from wangdi.app.events import read_event
from wangdi.app.questions import read_places
from wangdi.outbreaks.investigation.curve import DAY, HOUR
from wangdi.outbreaks.investigation.drawing import render_curve, show_start
from wangdi.outbreaks.investigation.monitoring import name_disease
from wangdi.outbreaks.investigation.saying import label_code
from wangdi.outbreaks.investigation.values import BACKGROUND, CONCLUSION, MEASURES, Investigation
from wangdi.reports.printing.event_docx import Section, Squares, Table, render_event_report
from wangdi.reports.printing.paper import Block, Drawing, Grid, Heading, Paper, Words, print_paper
from wangdi.store.city import City


@cache
def _load_words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("wangdi.app").joinpath("data", "event_report.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class _Telling:
    """The event, what it comes to on a day, and the language it is told in."""

    found: Investigation
    summary: Mapping[str, Any]
    names: Mapping[str, str]
    on: date
    lang: str

    def say(self, key: str, **args: object) -> str:
        return _load_words()[key][self.lang].format(**args)

    def head(self, key: str) -> list[str]:
        return self.say(key).split(",")

    def notes(self, kind: str) -> list[str]:
        """The paragraphs of a kind, in the order they were written."""
        notes = [one for one in self.found.notes.values() if one.kind == kind and not one.withdrawn]
        return [one.text for one in notes]


SUFFIXES = (".docx", ".pdf")


def write_report(city: City, event: str, on: date, lang: str = "zh", suffix: str = ".docx") -> bytes:
    """The report of an event on a day, as a Word file or a PDF. Errors: EVENT-001, REPORT-008, REPORT-009."""
    found = read_event(city, event)
    places = read_places(city, city.latest_seq())
    names = {**places.regions.latest_names(), **places.organisations.latest_names()}
    telling = _Telling(found, summarise_event(found, on), names, on, lang)
    lead = names.get(found.event.lead, found.event.lead)
    title = telling.say("title", title=found.event.title)
    line, sections = telling.say("by_line", lead=lead, day=on), plan_sections(telling)
    if suffix == ".pdf":
        return print_paper(Paper(title, [Words(line, centred=True), *_plan_blocks(telling, sections)], on, lang))
    return render_event_report(title, [line], sections)


def _plan_blocks(telling: _Telling, sections: Sequence[Section]) -> Iterator[Block]:
    """The same for paper, where the curve is drawn."""
    for section in sections:
        yield Heading(section.heading)
        yield from (Words(one) for one in section.paragraphs)
        if section.curve is not None and section.curve.bins:
            caption = section.curve.caption
            yield Drawing(render_curve(curve_of(telling.found), caption), caption)
        yield from (Grid(one.caption, one.header, one.rows) for one in section.tables if one.rows)


def plan_sections(telling: _Telling) -> list[Section]:
    """What the report says, section by section."""
    return [
        _tell_background(telling),
        _tell_distribution(telling),
        _tell_exposures(telling),
        _tell_transmission(telling),
        _tell_laboratory(telling),
        Section(telling.say("measures"), telling.notes(MEASURES) or [telling.say("nothing")]),
        Section(telling.say("conclusion"), telling.notes(CONCLUSION) or [telling.say("nothing")]),
    ]


def _tell_background(telling: _Telling) -> Section:
    event, counts = telling.found.event, telling.summary["counts"]
    sure = {name: counts[f"cases_{name}"] for name in ("confirmed", "clinical", "suspected")}
    said = telling.say(
        "counts",
        event=telling.found.id,
        opened=event.opened_on,
        region=telling.names.get(event.region, event.region),
        disease=name_disease(event.disease),
        grade=telling.say("grade", grade=label_code("event_grade", event.grade, telling.lang)) if event.grade else "",
        day=telling.on,
        others=counts["cases"] - sum(sure.values()),
        **sure,
        **{name: counts[name] for name in ("cases", "deaths", "contacts", "samples", "answers")},
    )
    team = [
        f"{one.name}（{one.role}）" if one.role else one.name
        for one in telling.found.team.values()
        if not one.withdrawn
    ]
    return Section(
        telling.say("background"),
        [
            said,
            *telling.notes(BACKGROUND),
            *([telling.say("team", names="、".join(team))] if team else []),
            *([telling.say("closed", day=event.closed_on)] if event.closed_on else []),
        ],
    )


def _tell_distribution(telling: _Telling) -> Section:
    curve = curve_of(telling.found)
    onsets = [case.onset for case in telling.found.cases.values() if case.onset is not None and not case.withdrawn]
    paragraphs = []
    if onsets:
        ordered = sorted(onsets, key=_text_of)
        paragraphs.append(telling.say("first_last", first=_text_of(ordered[0]), last=_text_of(ordered[-1])))
    if curve.without:
        paragraphs.append(telling.say("without_onset", count=curve.without))
    paragraphs += _tell_incubation(telling)
    width = (
        telling.say("days", n=int(curve.width / DAY))
        if curve.width >= DAY
        else telling.say("hours", n=int(curve.width / HOUR))
    )
    squares = Squares(
        telling.say("curve", width=width),
        [(show_start(one.start, curve), one.cases) for one in curve.bins],
        _load_words()["square"][telling.lang],
    )
    return Section(telling.say("distribution"), paragraphs, squares, list(_tell_tables(telling)))


def _text_of(when: date) -> str:
    return f"{when:%Y-%m-%d %H:%M}" if isinstance(when, datetime) else when.isoformat()


def _tell_incubation(telling: _Telling) -> Iterator[str]:
    found, window = telling.summary["incubation"], telling.summary["exposure_window"]
    if found is not None:
        unit = 1 if found["exact"] else DAY / HOUR
        numbers = {name: f"{found[f'{name}_hours'] / unit:.3g}" for name in ("shortest", "median", "longest")}
        yield telling.say("incubation" if found["exact"] else "incubation_days", cases=found["cases"], **numbers)
    if window is not None:
        yield telling.say("window", start=_text_of(window["from"]), end=_text_of(window["to"]))


def _tell_tables(telling: _Telling) -> Iterator[Table]:
    places = telling.summary["places"]
    if places:
        rows = [
            [
                one["place"] or telling.say("nowhere"),
                str(one["ill"]),
                DASH if one["people"] is None else str(one["people"]),
                _show_rate(one),
            ]
            for one in places
        ]
        yield Table(telling.say("places"), telling.head("places_head"), rows)
    people = telling.summary["people"]
    if people:
        rows = [
            [_show_ages(telling, one), str(one["male"]), str(one["female"]), str(one["unknown"]), str(one["cases"])]
            for one in people
        ]
        yield Table(telling.say("people"), telling.head("people_head"), rows)


def _show_ages(telling: _Telling, one: Mapping[str, Any]) -> str:
    if one["from_age"] is None:
        return telling.say("age_unknown")
    if one["to_age"] is None:
        return telling.say("ages_open", low=one["from_age"])
    return telling.say("ages", low=one["from_age"], high=one["to_age"])


def _show_rate(one: Mapping[str, Any]) -> str:
    if one["rate"] is None:
        return DASH
    return f"{100 * one['rate']:.1f}%（{100 * one['low']:.1f}–{100 * one['high']:.1f}%）"


def _tell_exposures(telling: _Telling) -> Section:
    answers = [one for one in telling.found.answers.values() if not one.withdrawn]
    found = tell_associations(answers)
    if not found:
        return Section(telling.say("exposures"), [telling.say("no_exposures")])
    rows = [
        [
            one["exposure"],
            show_share(one["exposed_ill"], one["exposed"], one["exposed_rate"]),
            show_share(one["other_ill"], one["others"], one["other_rate"]),
            show_ratio(one["risk_ratio"]),
            show_ratio(one["odds_ratio"]),
            show_p(one["p"]),
        ]
        for one in found
    ]
    table = Table(telling.say("exposure_table"), telling.head("exposure_head"), rows)
    text = telling.say("exposure_text", answers=len(answers), exposures=len(found))
    return Section(telling.say("exposures"), [text], None, [table])


def _tell_transmission(telling: _Telling) -> Section:
    told, _ = tell_chain(telling.found)
    paragraphs, tables = [], []
    if told["pairs"]:
        paragraphs.append(telling.say("chain_text", pairs=len(told["pairs"]), generations=told["generations"]))
        rows = [
            [
                str(one["infected"]),
                str(one["infector"]),
                str(one["generation"]),
                DASH if one["interval_days"] is None else f"{one['interval_days']:.3g}",
            ]
            for one in told["pairs"]
        ]
        tables.append(Table(telling.say("chain_table"), telling.head("chain_head"), rows))
    if (serial := told["serial_interval_days"]) is not None:
        numbers = {name: f"{serial[name]:.3g}" for name in ("shortest", "median", "longest")}
        paragraphs.append(telling.say("serial", pairs=serial["pairs"], **numbers))
    following = telling.summary["following"]
    if telling.summary["counts"]["contacts"]:
        numbers = {"asked": following["days_asked"], "done": following["days_done"]}
        more = {name: following[name] for name in ("finished", "followed")}
        paragraphs.append(telling.say("following", days=telling.summary["monitor_days"], **numbers, **more))
    else:
        paragraphs.append(telling.say("no_contacts"))
    for one in telling.summary["secondary"]:
        kind = label_code("contact_kind", one["kind"], telling.lang)
        paragraphs.append(
            telling.say("secondary", kind=kind, contacts=one["contacts"], ill=one["ill"], rate=_show_rate(one))
        )
    return Section(telling.say("transmission"), paragraphs, None, tables)


def _tell_laboratory(telling: _Telling) -> Section:
    samples = [one for one in telling.found.samples.values() if not one.withdrawn]
    if not samples:
        return Section(telling.say("laboratory"), [telling.say("no_samples")])
    rows = [
        [
            one.kind,
            one.of or DASH,
            f"{one.taken_on}" if one.taken_on else DASH,
            one.lab or DASH,
            one.test or DASH,
            label_code("sample_result", one.result, telling.lang),
            one.agent or DASH,
        ]
        for one in samples
    ]
    return Section(
        telling.say("laboratory"), (), None, [Table(telling.say("sample_table"), telling.head("sample_head"), rows)]
    )
