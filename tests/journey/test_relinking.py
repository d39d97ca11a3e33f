"""Linking that follows deliveries: by itself while pages are served, after a watcher's round, or when somebody presses."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.cities import CLINIC_A1, TestCity
from tests.journey.test_linking import DAY, HOME, link, made, people_of, rows_of
from tests.pages import NOW, check_page, open_pages, read, words_of
from wangdi.app import linking
from wangdi.app.linking import find_unseen
from wangdi.cli.main import main
from wangdi.core.problem import Problem, Refusal
from wangdi.store.city import City
from wangdi.web.door import Clock, Door
from wangdi.web.relinking import ACTOR, Relinker, Relinking

__all__ = ["made"]
NEW = {"name": "王建国", "sex": "1", "birth_date": "1952-03-04", "phone": "13900000001", "address": HOME}


def deliver(made: TestCity, number: int = 20) -> None:
    """An institution registers somebody the city knows, without a number."""
    made.accept(rows_of([(number, CLINIC_A1, NEW)]), DAY + timedelta(days=number))


def wait_for(done: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.02)


@pytest.fixture
def linked(made: TestCity) -> TestCity:
    link(made)
    return made


def test_what_no_run_has_seen(made: TestCity) -> None:
    assert find_unseen(made.city) == 0, "a city that was never linked waits for somebody"
    link(made)
    assert find_unseen(made.city) == 0
    deliver(made)
    assert find_unseen(made.city) > 0


def test_a_button_links_and_says_how_far_it_has_come(linked: TestCity) -> None:
    deliver(linked)
    with open_pages(linked.city.folder) as client:
        page = words_of(check_page(read(client, "/who")))
        assert "上次归并之后又来了登记" in page
        assert "现在归并" in page
        assert "现在归并" not in read(client, "/who?known=2025-03-01"), "the past is not linked anew"
        answer = client.post("/who/linking", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/who")
        wait_for(lambda: has_ended(client))
        page = words_of(check_page(read(client, "/who?lang=en")))
        assert "Just linked" in page
        assert "Registrations came" not in page
    assert people_of(linked)[20] == people_of(linked)[1]


def has_ended(client: TestClient) -> bool:
    piece = client.get("/who/linking")
    assert piece.status_code == 200
    return "HX-Redirect" in piece.headers


def test_it_links_by_itself_once_it_is_quiet(linked: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wangdi.web.relinking.REST", 0.0)
    door = Door(linked.city.folder, Clock(lambda: NOW))
    relinker = Relinker(door, quiet=0.05)
    try:
        relinker.follow()
        for number in (20, 21):
            deliver(linked, number)
            wait_for(lambda: find_unseen(linked.city) == 0)
        wait_for(lambda: (relinker.last() or Relinking()).ended)
    finally:
        relinker.close()
        door.close()
    assert people_of(linked)[21] == people_of(linked)[1]
    last = linked.city.acceptance(linked.city.latest_seq())
    assert [entry.actor for entry in last] == [ACTOR]


def test_a_run_that_fails_is_said(linked: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = iter((Refusal(Problem(code="LINK-020")), ZeroDivisionError()))

    def fail(*_: object) -> None:
        raise next(problems)

    monkeypatch.setattr("wangdi.web.relinking.link_city", fail)
    with open_pages(linked.city.folder) as client:
        for code in ("LINK-020", "WEB-049"):
            client.post("/who/linking")
            wait_for(lambda: has_ended(client))
            assert Problem(code=code).message("zh") in words_of(check_page(read(client, "/who")))


def test_a_server_that_stops_gives_a_run_up(linked: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(linked)
    known, begun = linked.city.latest_seq(), []

    def keep_on(_standing: object, _run: object, tell: Callable[[str], None]) -> None:
        while True:
            begun.append(1)
            tell("reading")
            time.sleep(0.01)

    monkeypatch.setattr("wangdi.web.relinking.link_city", keep_on)
    with open_pages(linked.city.folder) as client:
        client.post("/who/linking")
        wait_for(lambda: bool(begun))
        assert "正在归并：读取" in words_of(check_page(read(client, "/who")))
    assert linked.city.latest_seq() == known


@pytest.mark.parametrize("asked", [True, False])
def test_a_watcher_links_after_its_round(linked: TestCity, asked: bool, tmp_path: Path) -> None:
    deliver(linked)
    dropped = tmp_path / "dropped"
    dropped.mkdir()
    where = ["--org", CLINIC_A1, "--once", "--settle", "0", "--city", str(linked.city.folder)]
    code = main(["watch", str(dropped), *where, *([] if asked else ["--no-link"])])
    assert code == 0
    assert (find_unseen(linked.city) == 0) is asked


def test_steps_are_told_in_both_languages(linked: TestCity) -> None:
    with open_pages(linked.city.folder) as client:
        for step in linking.STEPS:
            client.app.state.relinker._last = Relinking(step)  # type: ignore[attr-defined]
            for lang in ("zh", "en"):
                check_page(read(client, f"/who?lang={lang}"))


def test_a_watcher_never_takes_the_city_itself(linked: TestCity, capsys: pytest.CaptureFixture[str]) -> None:
    folder = linked.city.folder
    for watched in (folder.parent, folder):
        assert main(["watch", str(watched), "--org", CLINIC_A1, "--once", "--settle", "0", "--city", str(folder)]) == 20
        assert "WAY-037" in capsys.readouterr().err
    assert (folder / "city.toml").is_file()


def test_a_look_that_fails_is_not_the_last(linked: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = [True, True]

    def look(city: City) -> int:
        if failing:
            failing.pop()
            raise OSError("the database is busy")
        return find_unseen(city)

    monkeypatch.setattr("wangdi.web.relinking.find_unseen", look)
    deliver(linked)
    door = Door(linked.city.folder, Clock(lambda: NOW))
    relinker = Relinker(door, quiet=0.05)
    try:
        relinker.follow()
        wait_for(lambda: find_unseen(linked.city) == 0)
    finally:
        relinker.close()
        door.close()
    assert not failing
