"""Pages of events: the list, one event, its forms, checks from its contacts, a list sent by a form; without a script."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader
from starlette.testclient import TestClient

from tests.cities import CLINIC_A1, COUNTY, HOSPITAL, TestCity
from tests.journey.visited_city import make_visited_city
from tests.pages import NOW, check_page, open_pages, read, words_of
from wangdi.app.event_erasing import erase_event
from wangdi.app.event_summary import tell_timeline
from wangdi.app.events import Author, Draft, open_event, read_event, write_down
from wangdi.core.problem import LANGUAGES
from wangdi.outbreaks.investigation.bodies import KINDS
from wangdi.outbreaks.investigation.values import Case, Contact, Event, Member, Note, Place, Sample, Who
from wangdi.web.pages.event_forms import FORMS
from wangdi.web.words import load_words

BY = Author("test", datetime(2025, 7, 2, 9))
SAID = {"title": "甲一村<b>腹泻</b>", "disease": "3900", "region": COUNTY, "lead": HOSPITAL, "opened_on": "2025-07-01"}


@pytest.fixture
def made(tmp_path: Path) -> TestCity:
    made = make_visited_city(tmp_path / "city")
    open_event(made.city, SAID, BY)
    rows: list[tuple[str, dict[str, str], dict[str, str]]] = [
        (
            "event.case",
            {"case_class": "confirmed", "onset": "2025-07-01 14:30", "place": "三班"},
            {"name": "<i>王</i>"},
        ),
        ("event.case", {"case_class": "suspected", "onset": "2025-07-02 08:00", "infector": "1"}, {"name": "李雷"}),
        ("event.contact", {"of": "1", "last_exposure_on": "2026-01-31"}, {"name": "赵四", "phone": "13900000001"}),
        ("event.place", {"name": "三班", "people": "40"}, {}),
        ("event.sample", {"kind": "粪便", "of": "病例1"}, {}),
        ("event.team", {"name": "张工", "role": "组长"}, {}),
        ("event.note", {"kind": "conclusion", "text": "结束"}, {}),
    ]
    for kind, said, who in rows:
        write_down(made.city, "E2025-001", Draft(kind, said, None, who), BY)
    return made


@pytest.fixture
def client(made: TestCity) -> Iterator[TestClient]:
    with open_pages(made.city.folder) as opened:
        yield opened


def test_the_list_leads_to_an_event_and_opens_one(client: TestClient, made: TestCity) -> None:
    said = words_of(check_page(read(client, "/events")))
    assert "甲一村<b>腹泻</b>" in said
    assert "处置中" in said
    assert "E2025-001" in read(client, "/events?format=csv")
    answer = client.post("/events", data={**SAID, "title": "乙镇麻疹", "disease": "麻疹", "by": "王工"})
    assert answer.url.path == "/event/E2026-001"
    assert "乙镇麻疹" in words_of(check_page(answer.text))
    assert tell_timeline(made.city, "E2026-001")[0].who == "web 王工"


def test_what_is_wrong_with_a_form_is_said_beside_what_was_written(client: TestClient) -> None:
    answer = client.post("/events", data={**SAID, "lead": "没有", "title": "第二起"})
    assert answer.status_code == 400
    assert "没有代码为“没有" in words_of(check_page(answer.text))
    assert 'value="第二起"' in answer.text
    answer = client.post("/event/E2025-001/write/case", data={"name": "新", "onset": "昨天"})
    assert answer.status_code == 400
    assert "不是日期或时间" in words_of(check_page(answer.text))
    assert 'value="昨天"' in answer.text
    assert client.post("/event/E2025-001/write/nothing", data={}).status_code in (400, 404)
    assert client.post("/event/E9/write/case", data={"name": "x"}).status_code == 404
    assert client.get("/event/E9").status_code == 404
    assert client.get("/event/E2025-001?on=morgen").status_code == 400


def test_an_event_shows_everything_and_no_markup_of_others(client: TestClient) -> None:
    for lang in LANGUAGES:
        text = read(client, f"/event/E2025-001?lang={lang}")
        assert "<i>王</i>" not in text
        assert "<b>腹泻</b>" not in text
        tree = check_page(text)
        assert sum(str(one.tag).endswith("circle") for one in tree.iter()) == 2, "both cases are in the chain"
        assert sum(str(one.tag).endswith("rect") for one in tree.iter()) == 2
    said = words_of(check_page(read(client, "/event/E2025-001")))
    for part in ("甲一村<b>腹泻</b>", "李雷", "赵四", "三班", "粪便", "张工", "结束", "待随访 1", "甲镇卫生院"):
        assert part in said, part


def test_a_check_is_recorded_in_its_row_and_leaves_the_list(client: TestClient, made: TestCity) -> None:
    answer = client.post(
        "/event/E2025-001/check/1",
        data={"day": f"{NOW:%Y-%m-%d}", "temperature_c": "36.9", "state": "done", "by": "钱"},
    )
    assert answer.status_code == 200
    assert "已随访 1" in words_of(check_page(answer.text))
    (check,) = read_event(made.city, "E2025-001").checks[1]
    assert (check.day, check.temperature_c) == (NOW.date(), 36.9)
    wrong = client.post("/event/E2025-001/check/1", data={"day": "2026-02-09"})
    assert wrong.status_code == 400
    assert "观察期" in words_of(check_page(wrong.text))


def test_a_row_is_corrected_by_its_number(client: TestClient, made: TestCity) -> None:
    page = read(client, "/event/E2025-001?edit=case-2")
    assert "更正第 2 号" in words_of(check_page(page))
    assert 'value="2025-07-02 08:00"' in page
    client.post(
        "/event/E2025-001/write/case",
        data={"number": "2", "name": "李蕾", "onset": "2025-07-02 10:00", "place": "四班"},
    )
    found = read_event(made.city, "E2025-001")
    assert found.cases[2] == Case(case_class="suspected", onset=datetime(2025, 7, 2, 10), place="四班", infector=1)
    assert found.who["case", 2].name == "李蕾"
    for wanted in ("case-99", "case-", "case-x", "nothing-1", "case-99999999999999999999"):
        assert "更正第" not in words_of(check_page(read(client, f"/event/E2025-001?edit={wanted}"))), wanted
    client.post("/event/E2025-001/write/event", data={**SAID, "grade": "IV"})
    assert read_event(made.city, "E2025-001").event.grade == "IV"


@pytest.mark.parametrize("form", sorted(set(FORMS) - {"event"}))
def test_every_form_adds_a_row(client: TestClient, made: TestCity, form: str) -> None:
    data = {"case": {"age": "9"}, "note": {"text": "记"}, "sample": {"kind": "水"}}.get(form, {"name": "新"})
    answer = client.post(f"/event/E2025-001/write/{form}", data=data)
    assert answer.status_code == 200
    check_page(answer.text)
    assert tell_timeline(made.city, "E2025-001")[-1].at == NOW


def test_a_list_sent_by_the_form_names_the_lines_it_refuses(client: TestClient, made: TestCity) -> None:
    text = "姓名,电话,最后接触日期\n周生,13900000077,2026-01-30\n坏,1,某日\n"
    answer = client.post(
        "/event/E2025-001/import", files={"file": ("密接.csv", text.encode("gb18030"))}, data={"by": "孙"}
    )
    assert answer.status_code == 200
    said = words_of(check_page(answer.text))
    assert "2 行：登记 1，拒收 1" in said
    assert "密接.csv:3" in said
    assert read_event(made.city, "E2025-001").who["contact", 2].name == "周生"
    none = client.post("/event/E2025-001/import", files={"file": ("", b"")})
    assert none.status_code == 400
    broken = client.post("/event/E2025-001/import", files={"file": ("x.xlsx", b"PK\x03\x04broken")})
    assert broken.status_code == 400
    check_page(broken.text)


def test_a_contact_who_may_be_a_resident_is_confirmed(client: TestClient, made: TestCity) -> None:
    draft = Draft(
        "event.contact", {"last_exposure_on": "2026-01-31"}, None, {"name": "钱二", "perhaps": "P0000000000000001"}
    )
    write_down(made.city, "E2025-001", draft, BY)
    assert "就是此人" in read(client, "/event/E2025-001")
    client.post("/event/E2025-001/write/contact", data={"number": "2", "person_id": "P0000000000000001"})
    assert read_event(made.city, "E2025-001").who["contact", 2] == Who(name="钱二", person_id="P0000000000000001")
    assert "就是此人" not in read(client, "/event/E2025-001")


def test_closing_reopening_and_erasing(client: TestClient, made: TestCity) -> None:
    said = words_of(check_page(client.post("/event/E2025-001/state", data={"state": "closed"}).text))
    assert "已结案" in said
    assert "个人信息将清除 2026-07-31" in said
    assert "登记病例" not in said
    assert client.post("/event/E2025-001/write/note", data={"text": "晚了"}).status_code == 400
    assert "处置中" in words_of(check_page(client.post("/event/E2025-001/state", data={"state": "open"}).text))
    client.post("/event/E2025-001/state", data={"state": "closed"})
    erase_event(made.city, "E2025-001", NOW.date(), Author("daily", NOW))
    text = read(client, "/event/E2025-001")
    said = words_of(check_page(text))
    assert "赵四" not in said
    assert "李雷" not in said
    assert "个人信息已清除" in said
    assert "重新打开" not in said


def test_the_report_is_a_word_file(client: TestClient) -> None:
    answer = client.get("/event/E2025-001/report.docx")
    assert answer.status_code == 200
    document = Document(io.BytesIO(answer.content))
    assert any("三间分布" in one.text for one in document.paragraphs)
    assert client.get("/event/E9/report.docx").status_code == 404


@pytest.mark.parametrize(("lang", "heading"), [("zh", "三间分布"), ("en", "Distribution")])
def test_the_report_is_a_pdf_too(client: TestClient, lang: str, heading: str) -> None:
    assert 'href="/event/E2025-001/report.pdf' in read(client, "/event/E2025-001")
    answer = client.get(f"/event/E2025-001/report.pdf?lang={lang}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert heading in text
    assert client.get("/event/E9/report.pdf").status_code == 404


def test_the_worklist_page_shows_checks_beside_what_packs_ask_for(client: TestClient, made: TestCity) -> None:
    said = words_of(check_page(read(client, f"/worklist?org={HOSPITAL}&on=2026-02-01")))
    assert "接触者每日随访" in said
    assert "赵四" in said
    assert "聚集与暴发处置" in said
    assert "contact_check" not in said
    only = words_of(check_page(read(client, f"/worklist?org={HOSPITAL}&on=2026-02-01&programme=outbreak")))
    assert "1 人，1 件事" in only
    assert "赵四" in read(client, f"/worklist?org={HOSPITAL}&on=2026-02-01&format=csv")
    assert "赵四" in read(client, f"/worklist/sheet?org={HOSPITAL}&on=2026-02-01")
    assert "赵四" not in read(client, f"/worklist?org={CLINIC_A1}&on=2026-02-01")


def test_an_earlier_day_of_knowledge_takes_no_forms(client: TestClient) -> None:
    tree = check_page(read(client, "/event/E2025-001?known=2025-07-02"))
    assert not [form for form in tree.iter("form") if "/event/" in (form.get("action") or "")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_field_and_kind_has_its_words(lang: str) -> None:
    from dataclasses import fields

    words: Any = load_words(lang)
    kinds = (Event, Case, Contact, Member, Note, Place, Sample)
    names = {f"event.f_{one.name}" for kind in kinds for one in fields(kind)}
    names |= {f"event.f_{one.name}" for form in FORMS.values() for one in form}
    names |= {f"event.kind_{kind.replace('event.', '')}" for kind in KINDS}
    assert sorted(name for name in names if name not in words) == []


def test_strata_are_chosen_on_the_page_and_stand_beside_the_crude_ratios(client: TestClient, made: TestCity) -> None:
    """Ice did nothing in either class; one class ate more of it and was iller: 3.64 by itself, 1 within the classes."""
    assert "还没有问卷" in words_of(check_page(read(client, "/event/E2025-001")))
    lines = ["姓名,是否发病,班级,冰淇淋,米饭"]
    for group, ill, well in (("甲<班>", (32, 8), (8, 2)), ("乙班", (2, 8), (8, 32))):
        for said, (sick, fine) in (("是", ill), ("否", well)):
            lines += [f"某,是,{group},{said},是"] * sick + [f"某,否,{group},{said},是"] * fine
    sent = {"file": ("问卷.csv", "\n".join(lines).encode(), "text/csv")}
    answer = client.post("/event/E2025-001/import", files=sent)
    assert "100 行：登记 100，拒收 0" in words_of(check_page(answer.text)), words_of(check_page(answer.text))
    plain = words_of(check_page(read(client, "/event/E2025-001")))
    assert "按什么分层" in plain
    assert "M-H 合并" not in plain
    held = words_of(check_page(read(client, "/event/E2025-001?within=group")))
    assert "34/50 (68.0%)" in held, "the crude rates stay"
    assert "甲<班> 32/40 (80.0%) 8/10 (80.0%) 1 (" in held
    assert "乙班 2/10 (20.0%) 8/40 (20.0%) 1 (" in held
    assert "M-H 合并" in held
    by_rice = words_of(check_page(read(client, "/event/E2025-001?within=米饭&lang=en")))
    assert "米饭 yes 34/50 (68.0%) 16/50 (32.0%)" in by_rice
    assert words_of(check_page(read(client, "/event/E2025-001?within=%3Cb%3E"))).count("M-H 合并") == 0
