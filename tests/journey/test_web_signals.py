"""One outbreak followed on the pages: the board, its reasons and pictures, the steps taken, its closing, the record."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.journey.demo_city import Demo, ask
from tests.pages import check_page, open_pages, read, words_of
from wangdi.store.records import LedgerRow
from wangdi.web.words import load_words


@pytest.fixture
def client(own_city: Path) -> Iterator[TestClient]:
    with open_pages(own_city) as opened:
        yield opened


@pytest.fixture
def school(own_city: Path) -> str:
    rows = ask(own_city, "signals", "list", "--state", "all")["rows"]
    return next(str(row["signal"]) for row in rows if "institution" in row["methods"])


def test_the_board_has_the_signals_their_clock_and_where_it_is_quiet(client: TestClient) -> None:
    said = words_of(check_page(read(client, "/signals?state=all")))
    assert "疫情信号" in said
    assert "单位聚集" in said
    assert "哪里安静" in said
    rows = list(csv.reader(io.StringIO(read(client, "/signals?state=all&format=csv").lstrip("\ufeff"))))
    assert rows[0][0] == "信号"
    assert len(rows) > 3
    assert "Signals" in words_of(check_page(read(client, "/signals?lang=en")))
    for state in ("open", "overdue", "closed"):
        check_page(read(client, f"/signals?state={state}"))


def test_a_signal_shows_curve_map_people_and_reasons(client: TestClient, school: str) -> None:
    tree = check_page(read(client, f"/signals/{school}"))
    said = words_of(tree)
    assert "各乡镇病例" in said
    assert "病例清单" in said
    assert "单位聚集" in said
    assert sum(str(one.tag).endswith("rect") for one in tree.iter()) > 5, "bars of the curve"
    titles = [str(one.text) for one in tree.iter() if str(one.tag).endswith("title") and "·" in str(one.text)]
    assert any("因病缺" in title for title in titles), f"a curve of the absences: {titles}"
    assert sum(str(one.tag).endswith("polygon") for one in tree.iter()) >= len(titles), "each with its bound"
    links = [str(one.get("href")) for one in tree.iter() if one.get("href")]
    assert any(link.startswith("/fact/") for link in links), "every card opens to its line"
    assert any(link.startswith("/person/") for link in links)
    check_page(read(client, f"/signals/{school}?lang=en"))


def test_a_signal_is_closed_on_its_page_and_opened_again(client: TestClient, own_city: Path) -> None:
    name = next(str(row["signal"]) for row in ask(own_city, "signals", "list")["rows"])
    bad = client.post(f"/signals/{name}/step", data={"state": "closed", "note": ""})
    assert bad.status_code == 400
    assert "结案须写明结论" in words_of(check_page(bad.text))
    said = {"state": "closed", "outcome": "cluster", "note": "<b>同班</b> 四例", "by": "王医生"}
    answer = client.post(f"/signals/{name}/step", data=said)
    page = words_of(check_page(answer.text))
    assert "聚集" in page
    assert "<b>同班</b> 四例" in page
    assert "web 王医生" in page
    assert client.post(f"/signals/{name}/step", data=said).status_code == 400
    assert client.post(f"/signals/{name}/undo").status_code == 200
    assert ask(own_city, "signals", "show", name)["outcome"] == ""
    record = words_of(check_page(read(client, "/watch/record")))
    assert "单凭偶然" in record
    for by in ("place", "method"):
        check_page(read(client, f"/watch/record?by={by}"))


def test_a_disease_and_a_place_have_their_pages(client: TestClient, demo: Demo) -> None:
    text = (demo.folder / "regions.csv").read_text(encoding="utf-8-sig")
    regions = list(csv.DictReader(io.StringIO(text)))
    county, township = (
        next(row["code"] for row in regions if row["level"] == level) for level in ("county", "township")
    )
    disease = check_page(read(client, "/watch/disease/3900"))
    assert "五年逐周" in words_of(disease)
    assert sum(str(one.tag).endswith("polyline") for one in disease.iter()) >= 4
    check_page(read(client, f"/watch/disease/3900?area={township}&lang=en"))
    for place in (county, township):
        assert "近 28 天" in words_of(check_page(read(client, f"/watch/place/{place}")))
    assert client.get("/watch/disease/9999").status_code == 404
    assert client.get("/watch/place/1").status_code == 404
    assert client.get("/signals/S1").status_code == 404


def test_a_day_is_judged_from_the_board(client: TestClient) -> None:
    answer = client.post("/signals/run", data={"on": "2025-03-01"})
    assert "疫情信号" in words_of(check_page(answer.text))


def test_the_board_as_known_earlier_has_no_forms(client: TestClient) -> None:
    early = check_page(read(client, "/signals?known=2025-01-02"))
    assert not [one for one in early.iter("form") if one.get("method") == "post"]


def test_both_languages_have_the_same_words() -> None:
    assert load_words("zh").keys() == load_words("en").keys()


def test_a_step_taken_has_no_figure_counted_anew_that_day(client: TestClient) -> None:
    door = client.app.state.door  # type: ignore[attr-defined]
    known = door.number()
    period, at = door.default_period(known), door.city.acceptance(known)[0].accepted_at
    counted = door.counted(known, period)
    with door.city.writer("cdc") as writer:
        same_day = writer.put_ledger([LedgerRow("signal.step", "S1/1", {}, "cdc")], at)
        next_day = writer.put_ledger([LedgerRow("signal.step", "S1/2", {}, "cdc")], at + timedelta(days=1))
    assert door.counted(same_day, period) is counted
    assert door.counted(next_day, period).as_of == counted.as_of + timedelta(days=1)
