"""The pages on which a report is written, signed, and seen to have changed."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader
from starlette.testclient import TestClient

from tests.cities import CLINIC_A1, TestCity, make_city, resident
from tests.pages import check_page, open_pages, read, words_of
from wangdi.core.problem import LANGUAGES
from wangdi.language.library import load_library

YEAR = "/reports?period=2025"


@pytest.fixture(scope="module")
def test_city(tmp_path_factory: pytest.TempPathFactory) -> TestCity:
    made = make_city(tmp_path_factory.mktemp("reports") / "city", load_library())
    rows: dict[str, list[dict[str, object]]] = {}
    for number in range(1, 41):
        for form, listed in resident(number, date(1950, 2, 3)).items():
            rows.setdefault(form, []).extend(listed)
        common = {"registration_id": number, "org": CLINIC_A1, "occurred_on": date(2025, 1, 5)}
        said = {"diagnosed_on": date(2025, 1, 5), "disease": "essential_hypertension"}
        rows.setdefault("health_record.diagnosis", []).append({**common, **said})
        rows.setdefault("hypertension.followup", []).append(
            _visit(number, date(2025, 1, 6), 130 if number % 2 else 170)
        )
    made.accept(rows, datetime(2026, 1, 5))
    return made


def _visit(number: int, day: date, sbp: int) -> dict[str, object]:
    common = {"registration_id": number, "org": CLINIC_A1, "occurred_on": day}
    return {**common, "contact_date": day, "way": "1", "sbp": sbp, "dbp": 78}


@pytest.fixture(scope="module")
def client(test_city: TestCity) -> Iterator[TestClient]:
    with open_pages(test_city.city.folder) as opened:
        yield opened


def said_by(page: str) -> str:
    """What a page says, without the spaces that stand around its links."""
    return words_of(check_page(page)).replace(" ", "")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("template", ["work-report", "progress", "no-such"])
def test_a_report_is_written_and_every_number_is_a_door(client: TestClient, lang: str, template: str) -> None:
    page = read(client, f"{YEAR}&template={template}&lang={lang}")
    said = said_by(page)
    assert "测试县2025年卫生健康" in said
    assert "管理人群血压控制率达50.00%" in said
    links = re.findall(r'<a href="(/indicator/\w+\?[^"]+)">[\d.]+%?</a>', page)
    assert links
    for link in set(links[:3]):
        read(client, link.replace("&amp;", "&"))


def test_it_is_handed_out_as_a_file(client: TestClient) -> None:
    word_file = client.get(f"{YEAR}&format=docx")
    with zipfile.ZipFile(io.BytesIO(word_file.content)) as parts:
        assert "血压控制率" in parts.read("word/document.xml").decode()
    pdf = client.get(f"{YEAR}&format=pdf")
    assert pdf.headers["content-disposition"].endswith(".pdf")
    assert "血压控制率" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
    page = client.get(f"{YEAR}&format=html")
    assert "attachment" in page.headers["content-disposition"]
    assert "/indicator/htn_ctrl" in page.text


def test_paragraphs_of_people_are_taken_in_at_once(client: TestClient, test_city: TestCity) -> None:
    folder: Path = test_city.city.folder / "reports"
    folder.mkdir()
    (folder / "work-report-2025.md").write_text("## opening\n<b>开头</b>一段。全县血压控制率99%。\n", encoding="utf-8")
    said = said_by(read(client, YEAR))
    assert "<b>开头</b>一段。" in said
    assert said.index("没有印出的") < said.index("全县血压控制率99%。") < said.index("<b>开头</b>一段。")
    (folder / "work-report-2025.md").unlink()
    assert "开头" not in read(client, YEAR)


def test_it_is_signed_and_shows_what_moved(client: TestClient, test_city: TestCity) -> None:
    assert "还没有签发过报告" in read(client, YEAR)
    answer = client.post(YEAR, data={"by": "张三"}, follow_redirects=False)
    assert answer.status_code == 303
    address = answer.headers["location"]
    assert "/reports/work-report-2025-1" in address
    signed = said_by(read(client, address))
    assert "张三" in signed
    assert "管理人群血压控制率达50.00%" in signed
    changes = "/reports/work-report-2025-1/changes"
    assert "每一句都相同" in read(client, changes)

    rows = [_visit(number, date(2025, 12, 20), 130) for number in (2, 4)]
    test_city.accept({"hypertension.followup": rows}, datetime(2026, 1, 9))
    for lang in LANGUAGES:
        moved = said_by(read(client, f"{changes}?lang={lang}"))
        assert "管理人群血压控制率达50.00%" in moved
        assert "管理人群血压控制率达55.00%" in moved
        assert "20/40→22/40" in moved
    assert "管理人群血压控制率达50.00%" in said_by(read(client, address)), "an edition never changes"
    assert client.get(f"{address}&format=docx").content[:2] == b"PK"
    assert "work-report-2025-1" in read(client, YEAR)


def test_what_is_not_there_is_answered(client: TestClient) -> None:
    assert "REPORT-006" in read(client, "/reports/work-report-1999-1", 404)
    assert "REPORT-006" in read(client, "/reports/no/changes", 404)
    assert "REPORT-001" in read(client, "/reports?period=1901", 400)
    assert "DATE-001" in read(client, "/reports?period=x", 400)


def test_anybodys_report_is_held_against_the_data(client: TestClient) -> None:
    text = "2025年工作总结\n全县管理人群血压控制率99%。乙镇管理人群血压控制率50%。\n".encode()
    answer = client.post("/audit", files=[("files", ("总结.txt", text))], data={"data": "1", "period": "2025"})
    said = words_of(check_page(answer.text))
    assert "与数据相符 0 与数据不符 1 对不上指标 1" in said
    assert "文中 99%，数据为" in said
