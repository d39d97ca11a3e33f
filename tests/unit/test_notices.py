"""Who is told what: the file that says so, quiet hours, tries, and that no message says more than it may."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time
from importlib.resources import files
from string import Formatter

import pytest

from wangdi.app.signals import Handled, find_centre_above
from wangdi.catalog.datafile import parse_data_text
from wangdi.catalog.trees import Organisation, Region, plant_tree
from wangdi.notices.notice import Notice, is_wanted, render_notice
from wangdi.notices.sending import fill_address, name_way, shows_secret
from wangdi.notices.settings import (
    ASKED,
    LONGEST_FILE,
    NotifySettings,
    Quiet,
    Receiver,
    parse_notify_settings,
    read_limits,
)
from wangdi.notices.told import Delivery, Told, plan_deliveries, told_key
from wangdi.outbreaks.surveillance.signals import Signal

WHOLE = """
link: http://10.1.2.3:8000/
receivers:
  - name: 县疾控值班群
    org: "99012100C"
    urls: ["wecombot://${WECOM_KEY}", "json://127.0.0.1"]
    lang: en
    kinds: [urgent, overdue]
    quiet: 22:00-07:00
    units: [基层科]
  - {name: 委办, org: "*", urls: "json://127.0.0.1"}
limits: {news_days: 3}
"""
NOW = datetime(2025, 11, 20, 8)


def codes_of(text: str) -> list[tuple[str, str | None]]:
    settings, problems = parse_notify_settings(text, "notify.yaml")
    assert settings is None
    assert problems, "what is refused is told"
    assert {one.file for one in problems} == {"notify.yaml"}
    return [(one.code, one.field) for one in problems]


def receiver(**more: object) -> Receiver:
    return replace(Receiver("r", "C1", ("json://127.0.0.1",)), **more)  # type: ignore[arg-type]


def notice(key: str = "signal/S1", kind: str = "signal", org: str = "C1", **more: object) -> Notice:
    words = {"title": "麻疹", "places": "上渡镇"}
    return replace(Notice(key, kind, org, "/signals/S1", {"zh": words, "en": words}), **more)  # type: ignore[arg-type]


def settings_of(*receivers: Receiver, **limits: float) -> NotifySettings:
    return NotifySettings("", receivers, replace(read_limits(), **limits))


def test_a_whole_file_is_read() -> None:
    settings, problems = parse_notify_settings(WHOLE, "notify.yaml")
    assert problems == []
    assert settings is not None
    first, second = settings.receivers
    assert settings.link == "http://10.1.2.3:8000"
    assert (first.name, first.org, first.lang, first.units) == ("县疾控值班群", "99012100C", "en", ("基层科",))
    assert first.urls == ("wecombot://${WECOM_KEY}", "json://127.0.0.1")
    assert first.kinds == {"urgent", "overdue"}
    assert first.quiet == Quiet(time(22), time(7))
    assert (second.urls, second.kinds, second.quiet) == (("json://127.0.0.1",), ASKED, None)
    assert (settings.limits.news_days, settings.limits.tries) == (3, read_limits().tries)


ONE = "receivers: [{{name: a, org: '*', urls: [json://127.0.0.1]{more}}}]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("NOTIFY-002", "")]),
        ("just a text", [("NOTIFY-002", "")]),
        ("receivers: []", [("NOTIFY-004", None)]),
        ("recievers: [{}]", [("NOTIFY-003", ""), ("NOTIFY-004", None)]),
        ("receivers: [text]", [("NOTIFY-002", "receivers[1]")]),
        ("receivers: [{name: a}]", [("NOTIFY-004", "receivers[1]")] * 2),
        (ONE.format(more=", lang: fr"), [("NOTIFY-005", "receivers[1].lang")]),
        (ONE.format(more=", kinds: [all]"), [("NOTIFY-005", "receivers[1].kinds")]),
        (ONE.format(more=", quiet: 22:00"), [("NOTIFY-005", "receivers[1].quiet")]),
        (ONE.format(more=", quiet: 25:00-07:00"), [("NOTIFY-005", "receivers[1].quiet")]),
        (ONE.format(more=", quiet: 07:00-07:00"), [("NOTIFY-005", "receivers[1].quiet")]),
        (ONE.format(more=", color: red"), [("NOTIFY-003", "receivers[1]")]),
        (ONE.format(more=", units: {a: b}"), [("NOTIFY-005", "receivers[1].units")]),
        (ONE.format(more="") + "\nlimits: {tries: 0}", [("NOTIFY-005", "limits.tries")]),
        (ONE.format(more="") + "\nlimits: {tries: many}", [("NOTIFY-005", "limits.tries")]),
        (ONE.format(more="") + "\nlimits: {tries: inf}", [("NOTIFY-005", "limits.tries")]),
        (ONE.format(more="") + "\nlink: 10.1.2.3", [("NOTIFY-005", "link")]),
        ("receivers: [{name: a/b, org: '*', urls: [x]}]", [("NOTIFY-005", "receivers[1].name")]),
        ("receivers: [{name: a, org: '*', urls: [x]}, {name: a, org: '*', urls: [x]}]", [("NOTIFY-009", "receivers[2].name")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert codes_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "receivers: [",
        "receivers: {a: 1, a: 2}",
        "? [a]\n: b",
        "\0",
        "[" * 20_000,
        "#" * (LONGEST_FILE + 1),
    ],
)
def test_a_broken_or_hostile_file_is_refused(text: str) -> None:
    assert [code for code, _ in codes_of(text)] == ["NOTIFY-002"]


def test_a_file_that_doubles_itself_is_not_written_out() -> None:
    doubling = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))])
    codes = codes_of(f"{doubling}\nreceivers: [{{name: *a59, org: *a59, urls: [*a59], kinds: *a59, quiet: *a59}}]")
    assert ("NOTIFY-005", "receivers[1].org") in codes


def test_no_message_quotes_an_address() -> None:
    _, problems = parse_notify_settings("receivers: [{name: a, org: '*', urls: [{mailto: s3cret}]}]", "notify.yaml")
    assert problems
    assert not any("s3cret" in one.text(lang) for one in problems for lang in ("zh", "en"))


def test_limits_say_where_they_come_from() -> None:
    text = files("wangdi.notices").joinpath("data", "limits.yaml").read_text(encoding="utf-8")
    for name, said in parse_data_text(text).items():
        assert said["source"], name
        assert said["doubt"], name


def test_both_languages_say_the_same_of_the_same() -> None:
    texts = tomllib.loads(files("wangdi.notices").joinpath("data", "texts.toml").read_text(encoding="utf-8"))
    assert texts["zh"].keys() == texts["en"].keys()
    for key, text in texts["zh"].items():
        places = [{name for _, name, _, _ in Formatter().parse(one) if name} for one in (text, texts["en"][key])]
        assert places[0] == places[1], key


@pytest.mark.parametrize(
    ("hour", "minute", "covered"), [(21, 59, False), (22, 0, True), (3, 0, True), (6, 59, True), (7, 0, False)]
)
def test_quiet_hours_run_over_midnight(hour: int, minute: int, covered: bool) -> None:
    assert Quiet(time(22), time(7)).covers(datetime(2025, 1, 1, hour, minute)) is covered
    assert Quiet(time(7), time(22)).covers(datetime(2025, 1, 1, hour, minute)) is not covered


@pytest.mark.parametrize(
    ("more", "about", "wanted"),
    [
        ({}, notice(), True),
        ({"org": "C2"}, notice(), False),
        ({"org": "*"}, notice(org=""), True),
        ({}, notice(org=""), False),
        ({"kinds": frozenset({"urgent"})}, notice(), False),
        ({"kinds": frozenset({"urgent"})}, notice(urgent=True), True),
        ({"kinds": frozenset({"urgent"})}, notice(kind="overdue", urgent=True), False),
        ({"kinds": frozenset({"overdue"})}, notice(), False),
        ({}, notice(kind="bulletin", org=""), True),
        ({}, notice(kind="target", org="", unit="基层科"), False),
        ({"units": ("基层科",)}, notice(kind="target", org="", unit="基层科"), True),
        ({"org": "*"}, notice(kind="target", org="", unit="基层科"), True),
    ],
)
def test_everybody_hears_what_they_asked_for(more: dict[str, object], about: Notice, wanted: bool) -> None:
    assert is_wanted(about, receiver(**more)) is wanted


def told(tries: int, error: str, name: str = "r") -> dict[str, Told]:
    one = Told(name, "signal/S1", "signal", NOW, tries, (), error)
    assert Told.from_json(one.to_json()) == one
    return {told_key(name, "signal/S1"): one}


def states(found: Sequence[Delivery]) -> list[tuple[str, str]]:
    return [(one.notice.key, one.state) for one in found]


def test_a_notice_told_is_not_told_again_and_one_that_failed_is_up_to_a_limit() -> None:
    settings = settings_of(receiver(), tries=3)
    assert states(plan_deliveries([notice()], settings, {}, NOW)) == [("signal/S1", "due")]
    assert plan_deliveries([notice()], settings, told(1, ""), NOW) == []
    assert states(plan_deliveries([notice()], settings, told(2, "failed"), NOW)) == [("signal/S1", "due")]
    assert states(plan_deliveries([notice()], settings, told(3, "failed"), NOW)) == [("signal/S1", "given_up")]


def test_quiet_hours_hold_back_what_can_wait() -> None:
    settings = settings_of(receiver(quiet=Quiet(time(22), time(9))))
    both = [notice(), notice("signal/S2", urgent=True)]
    assert states(plan_deliveries(both, settings, {}, NOW)) == [("signal/S2", "due"), ("signal/S1", "quiet")]


def test_urgent_ones_go_first_then_what_was_tried_least_and_the_rest_waits() -> None:
    settings = settings_of(receiver(), receiver(name="s"), most_a_run=2)
    many = [notice(), notice("signal/S2"), notice("signal/S3", urgent=True)]
    found = plan_deliveries(many, settings, told(1, "failed"), NOW)
    mine = [(one.notice.key, one.state) for one in found if one.receiver.name == "r"]
    assert mine == [("signal/S3", "due"), ("signal/S2", "due"), ("signal/S1", "later")]
    assert [one.state for one in found if one.receiver.name == "s"] == ["due", "due", "later"]


def test_an_address_is_filled_from_the_environment_and_a_password_may_hold_any_sign() -> None:
    filled = fill_address("mailtos://${USER}:${PASSWORD}@smtp.example.cn", {"USER": "a", "PASSWORD": "p@:/ ?#"})
    assert filled.missing == ()
    assert filled.url == "mailtos://a:p%40%3A%2F%20%3F%23@smtp.example.cn"
    assert fill_address("${WHOLE}", {"WHOLE": "json://127.0.0.1/x"}).url == "json://127.0.0.1/x"
    assert fill_address("json://${HOST}/${PATH_}", {"HOST": "h"}).missing == ("PATH_",)
    assert fill_address("json://${HOST}", {"HOST": ""}).missing == ("HOST",)


@pytest.mark.parametrize(
    "url", ["", "nonsense://x", "json", "json://", "://", "json://[::1", "\0", "json://" + "x" * 9_000 + ":99999999"]
)
def test_what_is_no_address_is_known_before_anything_is_sent(url: str) -> None:
    assert name_way(fill_address(url, {})) == ""


def test_a_secret_in_the_file_is_seen() -> None:
    def seen(written: str, **environment: str) -> bool:
        return shows_secret(written, fill_address(written, environment))

    assert seen("json://user:password@127.0.0.1/")
    assert seen("wecombot://0123456789abcdef0123456789abcdef")
    assert not seen("json://127.0.0.1/")
    assert not seen("wecombot://${KEY}", KEY="0123456789abcdef0123456789abcdef")


def test_the_level_above_a_county_is_its_city() -> None:
    regions = plant_tree([Region("CITY", "市", "city", None), Region("A", "甲县", "county", "CITY")])
    centres = [Organisation(f"CDC-{code}", "疾控", "cdc", "county", code, None) for code in ("CITY", "A")]

    def above(org: str, *organisations: Organisation) -> str:
        signal = Signal("S20250301-01", 20_148, ("1000",), ("A",), (), ())
        handled = Handled(signal, NOW, (), "county", org, None)
        return find_centre_above(handled, regions, plant_tree(organisations))

    assert above("CDC-A", *centres) == "CDC-CITY"
    assert above("CDC-CITY", *centres) == ""
    assert above("CDC-A", centres[1]) == "", "a county without a city above it"
    assert above("", *centres) == ""


def test_a_notice_has_a_link_only_where_the_city_has_an_address() -> None:
    words = dict.fromkeys(
        ("title", "places", "day", "observed", "expected", "reasons", "records", "due", "signal"), "x"
    )
    one = notice(words={"zh": words, "en": words})
    assert render_notice(one, "zh", "http://h").body.endswith("\nhttp://h/signals/S1")
    assert "http" not in render_notice(one, "en", "").body
