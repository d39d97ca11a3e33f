"""The first pages, asked without a browser: from the board to the line of a file, and what every page keeps."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from tests.cities import id_number
from tests.journey.small_city import COUNTY, FOLLOWUP_HEADER, HOSPITAL, TOWN, ask, make_small_city
from tests.pages import check_page, open_pages, read, words_of
from wangdi.app.people import parts_of
from wangdi.language.library import load_library
from wangdi.language.model import Items

PERSON = "赵<b>一</b>"
"""A name that would be markup if it were not escaped."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("web")
    city = make_small_city(place / "city")
    people = [(1, PERSON, date(1955, 3, 1)), (2, "钱二", date(1960, 7, 2)), (3, "孙三", date(1970, 1, 5))]
    resident = ["档案编号,身份证号,姓名,村代码,常住,建档日期"]
    diagnosis = ["档案编号,病种,确诊日期"]
    followup = [FOLLOWUP_HEADER]
    for number, name, birth in people:
        resident.append(f"R{number},{id_number(birth, number)},{name},990101001101,是,2024-01-02")
        diagnosis.append(f"R{number},essential_hypertension,2024-12-20")
        followup.append(f"R{number},2025-01-02,{130 + 10 * number},80,1,")
    for name, lines in (("r.csv", resident), ("d.csv", diagnosis), ("f.csv", followup)):
        (place / name).write_text("\n".join(lines) + "\n", encoding="gb18030")
        ask(city, "collect", place / name, "--org", HOSPITAL, "--received-at", "2026-01-05T08:00")
    return city


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    with open_pages(folder) as opened:
        yield opened


def test_the_board_shows_every_programme_and_leads_on(client: TestClient) -> None:
    tree = check_page(read(client, "/?period=2025"))
    said = words_of(tree)
    assert "高血压患者规范管理率" in said
    assert "2型糖尿病患者健康管理" in said
    links = {one.get("href") for one in tree.iter("a")}
    assert any(link and link.startswith("/indicator/htn_ctrl") for link in links)


def test_figures_on_pages_are_those_of_the_command_line(client: TestClient, folder: Path) -> None:
    rows = ask(folder, "figures", "--period", "2025", "--by", "township", "--indicator", "htn_ctrl")["rows"]
    table = list(csv.reader(io.StringIO(read(client, "/indicator/htn_ctrl?period=2025&format=csv").lstrip("\ufeff"))))
    shown = {row[0]: (float(row[1]), float(row[2])) for row in table[1:]}
    for row in rows:
        if row["area"] != "unallocated":
            assert shown[row["area_name"]] == (row["numerator"], row["denominator"])
    assert shown["试验县"] == (sum(row["numerator"] for row in rows), sum(row["denominator"] for row in rows))


def test_from_a_rate_to_the_line_of_the_file(client: TestClient, folder: Path) -> None:
    page = read(client, f"/people?indicator=htn_ctrl&area={COUNTY}&period=2025&part=missing")
    tree = check_page(page)
    assert "<b>一</b>" not in page
    assert "最近一次随访血压达标" in words_of(tree)
    person = re.search(r"/person/(P[0-9A-F]{16})", page)
    assert person is not None
    there = read(client, f"/person/{person[1]}")
    assert "高血压患者随访服务记录表" in words_of(check_page(there))
    seen = ask(folder, "person", "show", person[1])
    fact = next(one for one in seen["facts"] if one["form"] == "hypertension.followup")
    source = read(client, f"/fact/{fact['fact_id']}")
    said = words_of(check_page(source))
    assert "f.csv" in said
    assert f"第 {ask(folder, 'trace', fact['fact_id'])['source']['line']} 行" in said
    sha256 = re.search(r"/original/([0-9a-f]{64})", source)
    assert sha256 is not None
    original = client.get(f"/original/{sha256[1]}")
    assert original.content.decode("gb18030").splitlines()[0] == FOLLOWUP_HEADER
    assert "attachment" in original.headers["content-disposition"]


def test_english_by_a_switch_that_is_remembered(client: TestClient) -> None:
    assert "Indicators" in words_of(check_page(read(client, "/?period=2025&lang=en")))
    client.cookies.set("wangdi_lang", "en")
    try:
        tree = check_page(read(client, "/indicator/htn_std?period=2025"))
    finally:
        client.cookies.clear()
    assert tree.get("lang") == "en" or next(tree.iter("html")).get("lang") == "en"
    assert "Hypertension standard-care rate" in words_of(tree)


def test_the_panel_is_only_the_content(client: TestClient) -> None:
    address = f"/people?indicator=htn_ctrl&area={COUNTY}&period=2025"
    panel = client.get(address, headers={"HX-Request": "true", "HX-Target": "aside#panel"}).text
    assert "<html" not in panel
    assert "最近一次随访血压达标" in panel
    whole = client.get(address, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}).text
    assert "<html" in whole


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/nothing", 404, "没有这一页"),
        ("/indicator/htn_stt", 404, "htn_std"),
        ("/?area=999999999999", 404, "999999999999"),
        ("/?period=2025-13", 400, "2025-13"),
        ("/?known=tomorrow", 400, "tomorrow"),
        ("/person/P0000000000000000", 404, "P0000000000000000"),
        ("/person/Zhang", 404, "Zhang"),
        ("/fact/999999", 404, "999999"),
        ("/original/" + "0" * 64, 400, "没有收到过"),
    ],
)
def test_a_wrong_address_says_what_to_do(client: TestClient, address: str, status: int, says: str) -> None:
    assert says in words_of(check_page(read(client, address, status)))


@pytest.mark.parametrize("address", ["/", "/indicator/htn_std", f"/people?indicator=htn_std&area={COUNTY}"])
def test_every_answer_carries_its_guards(client: TestClient, address: str) -> None:
    headers = client.get(address).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_another_name_or_another_site_is_turned_away(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert client.post("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/", headers={"Origin": "http://testserver"}).status_code == 405


def test_assets_are_kept_and_nothing_else_is_sent(client: TestClient) -> None:
    page = read(client, "/?period=2025")
    asset = re.search(r'href="(/assets/[^"]+wangdi\.css)"', page)
    assert asset is not None
    answer = client.get(asset[1])
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/assets/0/data/zh/page.toml").status_code == 404
    assert client.get("/assets/0/static/..%2Fapp.py").status_code == 404


def test_a_city_without_records_says_so_and_does_not_stumble(tmp_path: Path) -> None:
    with open_pages(make_small_city(tmp_path / "empty")) as empty:
        for address in (
            "/",
            "/indicator/htn_std",
            "/people?indicator=htn_std",
            "/compare",
            "/worklist",
            "/deliveries",
            "/data",
        ):
            tree = check_page(read(empty, address))
            assert words_of(tree)
        assert "2026年1月" in words_of(check_page(read(empty, "/")))


def test_the_people_behind_a_cell_bear_the_three_controls(client: TestClient) -> None:
    address = f"/people?indicator=htn_ctrl&area={TOWN}&period=2025&part=denominator"
    tree = check_page(read(client, address))
    (where,) = (nav for nav in tree.iter("nav") if nav.get("class") == "where")
    (up,) = where.iter("a")
    assert up.get("href") == f"/people?area={COUNTY}&period=2025&indicator=htn_ctrl&part=denominator"
    (when,) = (form for form in tree.iter("form") if form.get("class") == "when")
    kept = {field.get("name"): field.get("value") for field in when.iter("input") if field.get("type") == "hidden"}
    assert kept == {"area": TOWN, "indicator": "htn_ctrl", "part": "denominator"}


def test_the_search_asks_what_the_page_knows(client: TestClient) -> None:
    tree = check_page(read(client, f"/people?indicator=htn_ctrl&area={COUNTY}&period=2025&known=1"))
    (search,) = (form for form in tree.iter("form") if form.get("class") == "search")
    assert [field.get("value") for field in search.iter("input") if field.get("name") == "known"] == ["1"]
    (plain,) = (form for form in check_page(read(client, "/")).iter("form") if form.get("class") == "search")
    assert [field.get("name") for field in plain.iter("input")] == ["q"]


def test_known_shows_what_was_known_then(client: TestClient) -> None:
    tree = check_page(read(client, f"/people?indicator=htn_ctrl&area={COUNTY}&period=2025&known=1&part=denominator"))
    assert "没有人" in words_of(tree)


def test_a_file_is_safe_to_open_in_a_spreadsheet(client: TestClient) -> None:
    book = client.get(f"/people?indicator=htn_ctrl&area={COUNTY}&period=2025&part=denominator&format=xlsx")
    assert book.content[:2] == b"PK"
    assert "attachment" in book.headers["content-disposition"]


def kinds_of_indicators() -> list[str]:
    """One indicator of each kind of each pack: the kind decides which parts of a figure open."""
    found: dict[tuple[object, ...], str] = {}
    for name, pack in load_library().newest.items():
        for indicator in pack.indicators.values():
            sums = isinstance(indicator.count, Items) and bool(indicator.count.sum_field)
            found.setdefault((name, parts_of(indicator), type(indicator.of), sums, indicator.mean), indicator.id)
    return list(found.values())


@pytest.mark.parametrize("indicator", kinds_of_indicators())
def test_every_part_of_a_figure_lists_as_many_as_it_says(client: TestClient, indicator: str) -> None:
    tree = check_page(read(client, f"/people?indicator={indicator}&area={COUNTY}&period=2025"))
    tabs = [
        one
        for one in tree.iter("a")
        if f"indicator={indicator}" in (one.get("href") or "") and "part=" in one.get("href")
    ]
    parts = {parse_qs(urlsplit(one.get("href")).query)["part"][0]: "".join(one.itertext()).split() for one in tabs}
    assert parts
    for part, (_, *said) in parts.items():
        rows = read(client, f"/people?indicator={indicator}&area={COUNTY}&period=2025&part={part}&format=csv")
        listed = len(list(csv.reader(io.StringIO(rows)))) - 1
        assert not said or int(said[0].replace(",", "")) == listed, (part, said, listed)
    page = check_page(read(client, f"/indicator/{indicator}?area={COUNTY}&period=2025"))
    opened = [one.get("href") for one in page.iter("a") if "/people?" in (one.get("href") or "")]
    assert {parse_qs(urlsplit(one).query).get("part", [next(iter(parts))])[0] for one in opened} <= parts.keys()
