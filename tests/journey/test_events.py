"""An investigation as typed: from opening to erasing, with lists as people send them: Chinese, GBK, broken, empty, hostile."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from docx import Document
from pypdf import PdfReader

from tests.cities import CLINIC_A1, CLINIC_A2, COUNTY, HOSPITAL, TestCity, id_number
from tests.journey.small_city import ask, call
from tests.journey.visited_city import born, make_visited_city
from wangdi.app.cities import open_library
from wangdi.app.contact_checks import find_day, tell_day
from wangdi.app.derivation import Standing
from wangdi.app.event_import import import_file
from wangdi.app.events import Author, Draft, open_event, read_event, write_check, write_down
from wangdi.app.questions import stand_on
from wangdi.core.problem import Refusal

AT = datetime(2025, 7, 10, 9)
TODAY = AT.date()
BY = Author("cdc", AT)
OPENING = ["--title", "甲一村腹泻", "--disease", "3900", "--region", COUNTY, "--lead", HOSPITAL, "--on", "2025-07-01"]
HEADER = "姓名,证件号,电话,与病例关系,最后接触日期,备注"
FOODS = "姓名,证件号,是否发病,发病时间,班级,冰淇淋,米饭"


@pytest.fixture
def made(tmp_path: Path) -> TestCity:
    return make_visited_city(tmp_path / "city")


@pytest.fixture
def city(made: TestCity) -> Path:
    ask(made.city.folder, "event", "open", *OPENING)
    return made.city.folder


@contextmanager
def standing_on(made: TestCity, on: date = TODAY) -> Iterator[Standing]:
    with made.city.workspace("1GB") as workspace:
        yield stand_on(made.city, workspace, open_library(made.city), None, on)


def send(made: TestCity, file: Path, text: str | bytes) -> Any:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with standing_on(made) as standing:
        return import_file(standing, "E2025-001", file, BY)


def test_an_event_from_opening_to_erasing(city: Path, tmp_path: Path) -> None:
    first = ("--name", "王小明", "--class", "确诊病例", "--sex", "男", "--age", "8", "--place", "三班")
    assert (
        ask(city, "event", "case", "E2025-001", *first, "--onset", "2025-07-01 14:30", "--card", "99-1")["number"] == 1
    )
    ask(
        city,
        "event",
        "case",
        "E2025-001",
        "--name",
        "李雷",
        "--class",
        "疑似",
        "--onset",
        "2025-07-02 20:00",
        "--place",
        "三班",
    )
    ask(city, "event", "case", "E2025-001", 2, "--infector", 1, "--class", "临床")
    ask(city, "event", "case", "E2025-001", "--name", "认错")
    ask(city, "event", "case", "E2025-001", 3, "--withdraw", "检测阴性")
    ask(city, "event", "place", "E2025-001", "--name", "三班", "--people", 40)
    ask(
        city,
        "event",
        "contact",
        "E2025-001",
        "--name",
        "赵四",
        "--phone",
        "13900000001",
        "--of",
        1,
        "--last-exposure",
        "2025-07-01",
    )
    ask(
        city,
        "event",
        "check",
        "E2025-001",
        1,
        "--on",
        "2025-07-02",
        "--temperature",
        "36.8",
        "--symptoms",
        "咳嗽、乏力",
    )
    ask(city, "event", "sample", "E2025-001", "--kind", "粪便", "--of", "病例 1", "--taken", "2025-07-02")
    ask(city, "event", "sample", "E2025-001", 1, "--result", "阳性", "--agent", "诺如病毒 GII")
    ask(city, "event", "team", "E2025-001", "--name", "张工", "--role", "组长", "--shift", "白班")
    ask(city, "event", "note", "E2025-001", "--kind", "结论", "--text", "由王小明引起的聚集性疫情。")
    ask(city, "event", "note", "E2025-001", "--kind", "处置措施", "--text", "停课三天。")
    said = ask(city, "event", "show", "E2025-001", "--on", "2025-07-02")
    assert {name: said["counts"][name] for name in ("cases", "cases_confirmed", "contacts", "checks", "samples_positive")} == {
        "cases": 2, "cases_confirmed": 1, "contacts": 1, "checks": 1, "samples_positive": 1,
    }  # fmt: skip
    assert said["checks_today"] == {"ready": 0, "completed": 1, "failed": 0}
    assert said["curve"]["width_hours"] == 8
    assert [(one["place"], one["ill"], one["people"]) for one in said["places"]] == [("三班", 2, 40)]
    chain = ask(city, "event", "chain", "E2025-001", "--svg", tmp_path / "chain.svg", "--curve", tmp_path / "curve.svg")
    assert chain["pairs"] == [
        {"infector": 1, "infected": 2, "generation": 1, "interval_days": pytest.approx(29.5 / 24)}
    ]
    assert (tmp_path / "chain.svg").read_text(encoding="utf-8").startswith("<svg")
    report = tmp_path / "report.docx"
    ask(city, "event", "report", "E2025-001", "--on", "2025-07-03", "--out", report)
    text = "\n".join(one.text for one in Document(str(report)).paragraphs)
    assert "共有病例 2 例（确诊 1，临床诊断 1，疑似 0，其他 0）" in text
    assert "由王小明引起的聚集性疫情。" in text
    assert "停课三天。" in text
    printed = tmp_path / "report.pdf"
    ask(city, "event", "report", "E2025-001", "--on", "2025-07-03", "--out", printed)
    text = "".join(page.extract_text() for page in PdfReader(printed).pages).replace("\n", "").replace(" ", "")
    assert "共有病例2例（确诊1，临床诊断1，疑似0，其他0）" in text
    assert "停课三天。" in text
    assert call("event", "report", "E2025-001", "--out", tmp_path / "r.odt", city=city).exit_code == 2
    closed = ask(city, "event", "close", "E2025-001", "--on", "2025-07-20")
    assert closed["erase_on"] == "2026-01-16"
    assert call("event", "note", "E2025-001", "--text", "晚了", city=city).exit_code == 11
    assert ask(city, "event", "erase", "--on", "2026-01-15")["rows"] == []
    assert ask(city, "event", "erase", "--on", "2026-01-16")["rows"] == [
        {"event": "E2025-001", "erased": 4, "covered": 1}
    ]
    assert ask(city, "event", "erase", "--on", "2026-02-16")["rows"] == []
    after = ask(city, "event", "show", "E2025-001", "--on", "2025-07-02")
    assert {one["name"] for one in after["case_list"]} == {""}
    for name in ("counts", "curve", "places", "following", "secondary"):
        assert after[name] == said[name], name
    assert call("event", "close", "E2025-001", "--reopen", city=city).exit_code == 11
    actions = [(one["kind"], one["action"]) for one in ask(city, "event", "show", "E2025-001", "--timeline")["rows"]]
    assert ("event.case", "withdrawn") in actions
    assert ("event.who", "erased") in actions
    assert "王小明" not in json.dumps(ask(city, "event", "show", "E2025-001", "--timeline"), ensure_ascii=False)


def test_what_held_before_is_still_known(city: Path) -> None:
    ask(city, "event", "case", "E2025-001", "--onset", "2025-07-01")
    before = ask(city, "event", "show", "E2025-001", "--timeline")["rows"][-1]["known"]
    ask(city, "event", "case", "E2025-001", 1, "--onset", "2025-06-30", "--place", "家")
    ask(city, "event", "case", "E2025-001", 1, "--place", "")
    (now,) = ask(city, "event", "show", "E2025-001")["case_list"]
    (then,) = ask(city, "event", "show", "E2025-001", "--known", before)["case_list"]
    assert (now["onset"], now["place"], then["onset"]) == ("2025-06-30", "", "2025-07-01")
    assert [one["event"] for one in ask(city, "event", "list")["rows"]] == ["E2025-001"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "E2025-002"), 2, "E2025-001"),
        (("show", "E2025-001/"), 2, "EVENT-001"),
        (("case", "E2025-001", "9", "--age", "3"), 2, "EVENT-004"),
        (("case", "E2025-001", "--age", "三"), 2, "EVENT-107"),
        (("case", "E2025-001", "--class", "很确定"), 2, "EVENT-104"),
        (("case", "E2025-001", "--infector", "4"), 2, "EVENT-004"),
        (("case", "E2025-001", "--withdraw", "x"), 2, "CLI-003"),
        (("contact", "E2025-001", "--name", "甲", "--org", "没有"), 2, "FIG-002"),
        (("contact", "E2025-001", "--id-no", "990101199003071530"), 2, "ID-004"),
        (("contact", "E2025-001", "--person", "P1"), 2, "FIG-004"),
        (("check", "E2025-001", "1"), 2, "EVENT-004"),
        (("change", "E2025-001"), 2, "EVENT-005"),
        (("change", "E2025-001", "--lead", "H9"), 2, "FIG-002"),
        (("close", "E2025-001", "--on", "2025-06-01"), 11, "EVENT-006"),
        (("close", "E2025-001", "--reopen"), 11, "EVENT-003"),
        (("erase", "E2025-001"), 11, "EVENT-009"),
        (("open", "--title", "x"), 2, "EVENT-102"),
        (("open", "--signal", "S1"), 2, "SIGNAL-003"),
        (("import", "E2025-001", "没有.csv"), 20, "EVENT-020"),
        (("report", "E2025-001"), 2, "docx"),
        (("rates",), 2, "EVENT"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(city: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = call("event", *arguments, city=city)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


# ---- lists ------------------------------------------------------------------------------------------------------------
def contacts_text() -> str:
    return "\n".join(
        [
            HEADER,
            f"钱二,{id_number(born(2), 2)},13900000002,同事,2025-07-08,",
            "周生,,13900000077,同学,2025年7月8日,不在辖区",
            f"吴坏,{id_number(born(3), 3)[:-1]}A,13900000003,,2025-07-08,",
            "郑坏,,13900000004,,七月,",
            ",,,,2025-07-08,",
            "王晚,,13900000005,,2030-07-08,",
            f"又一个,{id_number(born(2), 2)},,,2025-07-08,",
        ]
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_of_contacts_is_taken_line_by_line(city: Path, made: TestCity, tmp_path: Path, encoding: str) -> None:
    found = send(made, tmp_path / "密接.csv", contacts_text().encode(encoding))
    assert (found.kind, found.lines, len(found.numbers), found.refused) == ("event.contact", 7, 2, 5)
    wrong = {one.line: one.code for one in found.problems}
    assert wrong == {4: "ID-002", 5: "EVENT-106", 6: "EVENT-014", 7: "EVENT-022", 8: "EVENT-015"}
    assert all(one.hint("zh") for one in found.problems if one.code.startswith("EVENT"))
    known = read_event(made.city, "E2025-001")
    first, second = known.who["contact", 1], known.who["contact", 2]
    assert (found.matched, first.person_id != "", second.person_id) == (1, True, "")
    assert known.contacts[2].last_exposure_on == date(2025, 7, 8)
    again = send(made, tmp_path / "密接.csv", contacts_text())
    assert (len(again.numbers), again.refused) == (0, 5)
    assert {one.code for one in again.problems} >= {"EVENT-018"}


def test_who_only_may_be_a_resident_is_left_to_a_person(city: Path, made: TestCity, tmp_path: Path) -> None:
    text = f"{HEADER},性别,出生日期\n钱二,,14200100002,,2025-07-08,,{sex_of(2)},{born(2)}\n"
    send(made, tmp_path / "密接.csv", text)
    who = read_event(made.city, "E2025-001").who["contact", 1]
    assert who.person_id or who.perhaps, "a name, a birthday and a telephone are not nobody's"
    if who.perhaps:
        write_down(made.city, "E2025-001", Draft("event.contact", {}, 1, {"person_id": who.perhaps[0]}), BY)
        after = read_event(made.city, "E2025-001").who["contact", 1]
        assert (after.person_id, after.perhaps) == (who.perhaps[0], ())


def sex_of(number: int) -> str:
    return "男" if int(id_number(born(number), number)[16]) % 2 else "女"


def test_a_workbook_is_a_list_too(city: Path, made: TestCity, tmp_path: Path) -> None:
    path = tmp_path / "密接.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["某事件密切接触者名单"])
        sheet.write_row(1, 0, HEADER.split(","))
        sheet.write_row(2, 0, ["周生", "", "13900000077", "同学"])
        sheet.write_datetime(2, 4, datetime(2025, 7, 8), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_row(3, 0, ["冯生", 990101199003071536.0, "13900000078", "同学", "2025-07-08"])
    with standing_on(made) as standing:
        found = import_file(standing, "E2025-001", path, BY)
    assert (len(found.numbers), [one.code for one in found.problems]) == (1, ["EVENT-016"])
    assert read_event(made.city, "E2025-001").contacts[1].last_exposure_on == date(2025, 7, 8)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EVENT-012"),
        (HEADER.encode(), "EVENT-013"),
        ("号码,日期\n1,2\n".encode(), "EVENT-012"),
        (b"\x00\x01\x02\xff\xfe" * 40, "EVENT-020"),
        (b"PK\x03\x04 nothing", "SHEET-"),
        (("姓名\n" + "甲\n" * 20_001).encode(), "EVENT-021"),
    ],
)
def test_a_file_that_is_no_list_is_refused(
    city: Path, made: TestCity, tmp_path: Path, content: bytes, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        send(made, tmp_path / "x.csv", content)
    assert refused.value.problem.code.startswith(code)
    assert read_event(made.city, "E2025-001").contacts == {}


def test_a_hostile_list_does_no_harm(city: Path, made: TestCity, tmp_path: Path) -> None:
    rows = [
        f"{HEADER},x\n",
        '"=cmd|calc","",1,<script>alert(1)</script>,2025-07-08,,\x07\n',
        f"{'长' * 5000},,2,,2025-07-08,,\n",
    ]
    found = send(made, tmp_path / "x.csv", "".join(rows))
    assert [(one.code, one.line) for one in found.problems] == [("EVENT-019", 1), ("EVENT-105", 3)]
    shown = call("event", "show", "E2025-001", "--format", "csv", city=city)
    assert shown.exit_code == 0
    ask(city, "event", "report", "E2025-001", "--out", tmp_path / "r.docx")


# ---- questionnaires ---------------------------------------------------------------------------------------------------
def foods_text(broken: bool = False) -> str:
    rows = [FOODS]
    for ice, ill, count in (("是", "是", 43), ("是", "否", 11), ("否", "是", 3), ("否", "否", 18)):
        rows += [
            f"人{len(rows) + place},,{ill},,{'甲乙'[place % 2]}班,{ice},{'是' if place % 3 else '不详'}"
            for place in range(count)
        ]
    if broken:
        rows += ["坏一,,也许,,甲班,是,是", "坏二,,是,昨天,甲班,是,是", "坏三,,是,,甲班,大概,是"]
    return "\n".join([*rows, ""])


def test_a_questionnaire_without_any_city(tmp_path: Path) -> None:
    file = tmp_path / "食物问卷.csv"
    file.write_bytes(foods_text(broken=True).encode("gb18030"))
    result = call("event", "rates", "--file", file, "--within", "group", "--json")
    assert result.exit_code == 11
    said = json.loads(result.stdout)
    assert [(one["line"], one["code"]) for one in said["problems"]] == [
        (77, "EVENT-108"),
        (78, "EVENT-106"),
        (79, "EVENT-108"),
    ]
    ice = said["rows"][0]
    assert (ice["exposure"], ice["exposed_ill"], ice["exposed"], ice["other_ill"], ice["others"]) == (
        "冰淇淋",
        43,
        54,
        3,
        21,
    )
    assert ice["risk_ratio"]["value"] == pytest.approx(5.574074, rel=1e-6)
    assert ice["adjusted_odds_ratio"]["value"] > 5
    table = call("event", "rates", "--file", file).stdout
    assert "5.57 (1.94–16)" in table
    assert (
        next(
            csv.reader(io.StringIO(call("event", "rates", "--file", file, "--format", "csv").stdout.lstrip("\ufeff")))
        )[0]
        == "exposure"
    )
    list_of_contacts = tmp_path / "密接.csv"
    list_of_contacts.write_text(f"{HEADER}\n甲,,1,,2025-07-01,\n", encoding="utf-8")
    assert call("event", "rates", "--file", list_of_contacts).exit_code == 11


def test_a_questionnaire_of_an_event(city: Path, made: TestCity, tmp_path: Path) -> None:
    found = send(made, tmp_path / "食物问卷.csv", foods_text())
    assert (found.kind, len(found.numbers), found.refused) == ("event.answer", 75, 0)
    said = ask(city, "event", "rates", "E2025-001")
    assert [one["exposure"] for one in said["rows"]] == ["冰淇淋", "米饭"]
    assert said["rows"][1]["unknown"] == 75 - said["rows"][1]["exposed"] - said["rows"][1]["others"]


# ---- worklists --------------------------------------------------------------------------------------------------------
def test_checks_stand_on_the_worklist_of_whoever_is_in_charge(city: Path, made: TestCity) -> None:
    with standing_on(made) as standing:
        two = find_day(standing, CLINIC_A1, date(2025, 6, 30))[0].person_id
    drafts = [
        ({"last_exposure_on": "2025-07-08"}, {"name": "住户", "phone": "13900000001", "person_id": two}),
        ({"last_exposure_on": "2025-07-08"}, {"name": "外人"}),
        ({"last_exposure_on": "2025-07-08", "org": CLINIC_A2}, {"name": "指派"}),
    ]
    for said, who in drafts:
        write_down(made.city, "E2025-001", Draft("event.contact", said, None, who), BY)
    with standing_on(made) as standing:
        lists = {org: find_day(standing, org, AT.date()) for org in (HOSPITAL, CLINIC_A1, CLINIC_A2)}
        checks = {org: [row for row in rows if row.task == "contact_check"] for org, rows in lists.items()}
        told = tell_day(standing, lists[CLINIC_A1], AT.date())
    assert [row.person_id for row in checks[CLINIC_A1]] == [two]
    assert [row.person_id for row in checks[CLINIC_A2]] == [""]
    assert len(checks[HOSPITAL]) == 3, "its own, and those of the clinics under it"
    assert (told[0].who.name, told[0].due.state, told[0].due.programme) == ("住户", "ready", "outbreak")
    assert told[0].why["inputs"]["days"] == 3
    own = [row for row in lists[CLINIC_A1] if row.person_id == two]
    assert len({row.trip for row in own}) == 1, "one trip serves the check and what the packs ask for"
    assert len(own) > 1
    write_check(made.city, "E2025-001", 1, {"temperature_c": "36.6"}, BY)
    rows = ask(city, "worklist", "--org", CLINIC_A1, "--on", "2025-07-10")["rows"]
    assert (rows[0]["task"], rows[0]["state"], rows[0]["name"]) == ("contact_check", "completed", "住户")
    assert rows[0]["why"]["inputs"]["contact"] == 1
    assert "接触者每日随访" in call("worklist", "--org", CLINIC_A1, "--on", "2025-07-10", city=city).stdout


def test_a_check_belongs_to_a_day_of_following(city: Path, made: TestCity) -> None:
    write_down(made.city, "E2025-001", Draft("event.contact", {"last_exposure_on": "2025-07-05"}), BY)
    for day in ("2025-07-05", "2025-07-09", "2025-07-11"):
        with pytest.raises(Refusal) as refused:
            write_check(made.city, "E2025-001", 1, {"day": day}, BY)
        assert refused.value.problem.code == "EVENT-007"
    write_check(made.city, "E2025-001", 1, {"day": "2025-07-08", "state": "failed"}, BY)
    write_check(made.city, "E2025-001", 1, {"day": "2025-07-08", "temperature_c": "37.1"}, BY)
    (check,) = read_event(made.city, "E2025-001").checks[1]
    assert (check.state, check.temperature_c) == ("done", 37.1)


def test_numbers_are_never_given_twice(made: TestCity) -> None:
    said = {"title": "甲", "disease": "麻疹", "region": COUNTY, "lead": HOSPITAL}
    first = open_event(made.city, said, BY)
    assert [write_down(made.city, first, Draft("event.case", {}), BY) for _ in range(3)] == [1, 2, 3]
    assert open_event(made.city, said, BY) == "E2025-002"
    assert open_event(made.city, {**said, "opened_on": "2024-12-31"}, BY) == "E2024-001"
