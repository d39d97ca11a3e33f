"""The national system's export, registers and counted streams, from the file to figures and lists."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.cities import id_number
from tests.journey.small_city import COUNTY, HOSPITAL, TOWN, ask, call, make_small_city

COLUMNS = (
    "卡片ID,卡片编号,卡片状态,患者姓名,患儿家长姓名,有效证件号,性别,出生日期,年龄,患者工作单位,联系电话,病人属于,现住地址国标,现住详细地址,人群分类,病例分类,病例分类2,"
    "发病日期,诊断时间,死亡日期,疾病名称,订正前病种,订正前诊断时间,订正前终审时间,填卡医生,医生填卡日期,报告单位地区编码,报告单位,单位类型,报告卡录入时间,录卡用户,"
    "录卡用户所属单位,县区审核时间,地市审核时间,省市审核时间,审核状态,订正报告时间,订正终审时间,终审死亡时间,订正用户,删除时间,删除原因,备注"
)
REGISTER_COLUMNS = (
    "登记种类,登记号,姓名,证件号码,性别,出生日期,联系电话,现住址,登记时间,疾病名称,结果,医生,登记卡片编号"
)
STREAM_COLUMNS = "统计日期,数据流,来源代码,来源名称,所在区划,疾病,数量,总数,测量值,备注"
HEADER, REGISTER, STREAM = (columns.split(",") for columns in (COLUMNS, REGISTER_COLUMNS, STREAM_COLUMNS))
CARD = {
    "卡片状态": "有效",
    "患者姓名": "患者一",
    "有效证件号": id_number(date(1980, 1, 1), 1),
    "病人属于": "1.本县区",
    "现住地址国标": "99010101",
    "病例分类": "确诊病例",
    "发病日期": "2025-03-01",
    "诊断时间": "2025-03-03 08:30:00",
    "疾病名称": "麻疹",
    "医生填卡日期": "2025-03-03",
    "报告单位": "甲镇卫生院",
    "报告卡录入时间": "2025-03-03 10:00:00",
    "县区审核时间": "2025-03-03 11:00:00",
}
RECEIVED = ("--received-at", "2025-06-01T09:00:00")


def person(number: int) -> dict[str, str]:
    """Somebody of the tests, by number."""
    return {"患者姓名": f"患者{number}", "有效证件号": id_number(date(1980, 1, 1), number)}


def write(path: Path, header: list[str], rows: list[dict[str, str]], encoding: str = "gb18030") -> Path:
    """A CSV file as the system writes it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def card(number: str, **changed: str) -> dict[str, str]:
    """A card like the first with other values."""
    return {**CARD, "卡片编号": number, **changed}


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return make_small_city(tmp_path / "city")


def collect(city: Path, path: Path, code: int = 0, org: str = HOSPITAL, *more: str) -> dict[str, Any]:
    """What became of a file."""
    found: dict[str, Any] = ask(city, "collect", path, "--org", org, *RECEIVED, *more, code=code)
    return found


def figure(
    city: Path, indicator: str, period: str = "2025-03", area: str = COUNTY, by: str = "county"
) -> dict[str, Any]:
    """One figure."""
    rows = ask(city, "figures", "--indicator", indicator, "--period", period, "--by", by)["rows"]
    (found,) = [row for row in rows if row["area"] == area]
    assert isinstance(found, dict)
    return found


def test_an_export_is_read_as_it_is_sent(city: Path, tmp_path: Path) -> None:
    rows = [
        card("990001"),
        card(
            "990002",
            **person(2),
            疾病名称="其它感染性腹泻病",
            病例分类="1.疑似病例",
            地市审核时间="2025-04-02 09:00:00",
        ),
        card("990003", **person(3), 疾病名称="病毒性肝炎-乙型", 病例分类2="慢性", 现住地址国标="990101002101"),
    ]
    said = collect(city, write(tmp_path / "报告卡.csv", HEADER, rows))
    assert (said["accepted"], said["refused"], said["problems"]) == (3, 0, [])
    listed = {row["card_no"]: row for row in ask(city, "cards", "list")["rows"]}
    assert listed["990001"]["disease_name"] == "麻疹"
    assert listed["990001"]["hours"] == 1.5
    assert listed["990002"]["disease"] == "3900"
    assert listed["990002"]["case_class"] == "suspected"
    assert listed["990003"]["disease_name"] == "乙型肝炎"
    assert figure(city, "idr_ab_cases")["numerator"] == 2
    assert figure(city, "idr_ab_cases", area=TOWN, by="township")["numerator"] == 1
    assert figure(city, "idr_suspected")["numerator"] == 0
    assert figure(city, "idr_suspected", "2025-04")["numerator"] == 1  # reviewed last by the city, in April
    cell = ("--indicator", "idr_ab_cases", "--period", "2025-03", "--area", TOWN, "--in", "numerator")
    (opened,) = ask(city, "people", *cell)["rows"]
    assert opened["why"][0]["inputs"]["card_no"] == "990001"
    assert opened["person_id"] == listed["990001"]["person_id"]


def test_the_same_from_a_spreadsheet(city: Path, tmp_path: Path) -> None:
    path = tmp_path / "报告卡.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("导出")
        row = card("990001")
        for column, title in enumerate(HEADER):
            sheet.write_string(0, column, title)
            sheet.write_string(1, column, row.get(title, ""))
    assert collect(city, path, 0, HOSPITAL, "--as", "national-report-cards")["accepted"] == 1
    assert [row["card_no"] for row in ask(city, "cards", "list")["rows"]] == ["990001"]


def test_a_later_export_supersedes_a_card(city: Path, tmp_path: Path) -> None:
    collect(city, write(tmp_path / "一.csv", HEADER, [card("990001"), card("990002", **person(2))]))
    later = [card("990001", 疾病名称="风疹", 订正前病种="麻疹", 卡片状态="已订正"), card("990002", **person(2))]
    later += [card("990003", **person(3), 卡片状态="已删除", 删除原因="重复")]
    said = collect(city, write(tmp_path / "二.csv", HEADER, later))
    assert (said["superseded"], said["duplicates"], said["accepted"]) == (1, 1, 2)
    assert figure(city, "idr_ab_cases")["numerator"] == 1
    assert figure(city, "idr_c_cases")["numerator"] == 1
    counted = {row["disease_name"]: row["cases"] for row in ask(city, "cards", "count")["rows"]}
    assert counted == {"麻疹": 1, "风疹": 1}


def test_what_is_wrong_with_a_card_is_told(city: Path, tmp_path: Path) -> None:
    rows = [
        card("990001", 疾病名称="艾滋病病毒感染"),
        card("990002", **person(2), 疾病名称="没有这种病"),
        card("990003", **person(3), 诊断时间=""),
        card("", **person(4)),
        card("990005", **person(5), 发病日期="2025-03-09"),
        card("990006", **person(6), 现住地址国标="9901"),
        card("990007", 患者姓名="患者7", 有效证件号="", 出生日期="2019-03-03", 患儿家长姓名=""),
        card("990008", 患者姓名="患者8", 有效证件号="", 出生日期="2019-03-04", 患儿家长姓名="某家长"),
    ]
    said = collect(city, write(tmp_path / "报告卡.csv", HEADER, rows), 11)
    assert (said["accepted"], said["refused"]) == (4, 4)
    told = {(problem["line"], problem["severity"]): problem["message"] for problem in said["problems"]}
    assert "艾滋病个案" in told[2, "error"]
    assert "没有这种病" in told[3, "error"]
    assert "诊断" in told[4, "error"]
    assert "卡片编号" in told[5, "error"]
    assert "发病日期晚于诊断日期" in told[6, "warning"]
    assert "8 至 12 位" in told[7, "warning"]
    assert "家长姓名" in told[8, "warning"]
    assert (9, "warning") not in told
    assert "某家长" not in str(ask(city, "cards", "list"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE"),
        (b"\x00\x01\x02\xff\xfe\x00", ""),
        (",".join(HEADER).encode("gb18030"), ""),
        (",".join(HEADER).encode("gb18030")[:-1], ""),
        ("卡片编号,疾病名称\n990001,麻疹\n".encode(), "MAP-021"),
    ],
)
def test_broken_and_empty_files_are_no_cards(city: Path, tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "报告卡.csv"
    path.write_bytes(content)
    result = call("collect", path, "--org", HOSPITAL, *RECEIVED, "--json", "--quiet", city=city)
    assert result.exit_code in (0, 11), result.output
    assert code in result.output
    assert ask(city, "cards", "list")["rows"] == []
    assert "没有" in call("cards", "late", city=city).output


def test_late_cards_and_cards_entered_twice(city: Path, tmp_path: Path) -> None:
    rows = [
        card("990001", 报告卡录入时间="2025-03-05 08:30:00"),
        card("990002", **person(2), 疾病名称="霍乱", 报告卡录入时间="2025-03-03 11:00:00", 报告单位="县医院"),
        card("990003", 发病日期="2025-03-20", 诊断时间="2025-03-21 09:00:00", 报告卡录入时间="2025-04-01 09:00:00"),
        card("990004", **person(4)),
    ]
    collect(city, write(tmp_path / "报告卡.csv", HEADER, rows))
    late = ask(city, "cards", "late", "--from", "2025-03-01", "--to", "2025-03-31")
    assert [(row["card_no"], row["late_hours"]) for row in late["rows"]] == [("990001", 24.0), ("990002", 0.5)]
    assert late["units"] == [
        {"reporting_unit": "县医院", "cards": 1, "in_time": 0, "late": 1},
        {"reporting_unit": "甲镇卫生院", "cards": 2, "in_time": 1, "late": 1},
    ]
    assert (figure(city, "idr_timely")["numerator"], figure(city, "idr_timely")["denominator"]) == (1, 3)
    twice = ask(city, "cards", "duplicates", "--from", "2025-04-01")["rows"]
    assert [(row["group"], row["card_no"], row["days"]) for row in twice] == [(1, "990001", 0), (1, "990003", 19)]
    assert ask(city, "cards", "duplicates", "--from", "2025-05-01")["rows"] == []
    assert "990001" in call("cards", "duplicates", city=city).output
    assert ask(city, "cards", "late", "--known", "1")["rows"] == []


def registered(number: str, **changed: str) -> dict[str, str]:
    """A line of the hospital's outpatient log."""
    said = {"登记种类": "门诊日志", "登记号": number, "姓名": "患者一", "证件号码": CARD["有效证件号"]}
    return {**said, "登记时间": "2025-03-03 08:00:00", "疾病名称": "麻疹", **changed}


def test_registers_show_what_was_never_reported(city: Path, tmp_path: Path) -> None:
    collect(city, write(tmp_path / "报告卡.csv", HEADER, [card("990001")]))
    second = {"姓名": "患者2", "证件号码": id_number(date(1980, 1, 1), 2)}
    lines = [
        registered("1", 登记卡片编号="990001"),
        registered("2", 登记种类="检验", 登记时间="2025-03-04"),
        registered("3", **second, 疾病名称="流行性感冒", 登记卡片编号="990099"),
        registered("4", **second, 疾病名称="乙肝", 登记种类="检验登记"),
        registered("5", **second, 疾病名称="水痘"),
    ]
    collect(city, write(tmp_path / "登记.csv", REGISTER, lines))
    found = ask(city, "cards", "missing", "--from", "2025-03-01", "--to", "2025-03-31")
    assert [(row["registered_no"], row["reason"]) for row in found["rows"]] == [
        ("3", "card_not_found"),
        ("4", "no_card"),
    ]
    assert found["organisations"] == [
        {"org": HOSPITAL, "registered": 4, "reported": 2, "unreported": 2, "unreported_cases": 2}
    ]
    traced = ask(city, "trace", found["rows"][0]["fact_id"])
    assert traced["source"]["line"] == 4
    rate = figure(city, "idr_report_rate")
    assert (rate["numerator"], rate["denominator"]) == (2, 4)  # by the numbers written in the register
    table = call("cards", "missing", city=city).output
    assert "没有填卡" in table
    assert "登记的卡号查不到" in table
    assert ask(city, "cards", "missing", "--from", "2025-04-01")["rows"] == []


def test_numbers_of_two_institutions_do_not_collide(city: Path, tmp_path: Path) -> None:
    extra = tmp_path / "more.csv"
    extra.write_text(
        f"code,name,kind,level,region,parent,valid_from,valid_to\nH2,第二医院,hospital,county,{COUNTY},,,\n"
    )
    assert call("update", "--organisations", extra, city=city).exit_code == 0
    lines = [registered("1")]
    collect(city, write(tmp_path / "一.csv", REGISTER, lines))
    said = collect(city, write(tmp_path / "二.csv", REGISTER, lines), 0, "H2")
    assert said["superseded"] == 0
    assert [row["registered"] for row in ask(city, "cards", "missing")["organisations"]] == [1, 1]


def test_streams_are_counted_where_they_are(city: Path, tmp_path: Path) -> None:
    rows = [
        {
            "统计日期": "2025-03-03",
            "数据流": "学校缺课",
            "来源代码": "S1",
            "来源名称": "某小学",
            "所在区划": TOWN[:9],
            "数量": "6",
            "总数": "300",
        },
        {
            "统计日期": "2025-03-04",
            "数据流": "学校因病缺课",
            "来源代码": "S1",
            "所在区划": TOWN[:9],
            "数量": "9",
            "总数": "300",
        },
        {
            "统计日期": "2025-03-31",
            "数据流": "病例汇总数",
            "来源代码": "H1",
            "所在区划": COUNTY,
            "疾病": "HIV",
            "数量": "3",
        },
        {"统计日期": "2025-03-31", "数据流": "污水", "来源代码": "W1", "所在区划": TOWN, "测量值": "12000.5"},
        {"统计日期": "2025-03-31", "数据流": "电话", "来源代码": "X1", "数量": "1"},
        {"统计日期": "2025-03-31", "数据流": "退热药", "来源代码": "D1", "数量": "-1"},
    ]
    said = collect(city, write(tmp_path / "监测.csv", STREAM, rows, "utf-8"), 11)
    assert (said["accepted"], said["refused"]) == (4, 2)
    absent = figure(city, "stream_school_absence", area=TOWN, by="township")
    assert (absent["numerator"], absent["denominator"]) == (15, 600)
    assert figure(city, "stream_hiv")["numerator"] == 3
    again = collect(city, write(tmp_path / "更正.csv", STREAM, [{**rows[0], "数量": "7"}], "utf-8"))
    assert again["superseded"] == 1
    assert figure(city, "stream_school_absence", area=TOWN, by="township")["numerator"] == 16


def test_a_citys_own_mapping_goes_before_the_shipped_one(city: Path, tmp_path: Path) -> None:
    own = "mapping: our-cards\nform: disease_report.card\nrecognise: [卡片编号, 疾病名称]\n"
    own += "subject: {name: 患者姓名, birth_date: 出生日期}\n"
    own += "fields: {card_no: 卡片编号, disease: {column: 疾病名称, codes: {麻疹: '3700'}}, diagnosed_on: 诊断时间}\n"
    (city / "mappings" / "cards.yaml").write_text(own, encoding="utf-8")
    row = card("990001", 出生日期="1980-01-01")
    collect(city, write(tmp_path / "报告卡.csv", HEADER, [row]))
    assert [one["disease"] for one in ask(city, "cards", "list")["rows"]] == ["3700"]
    assert {"our-cards", "national-report-cards"} <= {one["mapping"] for one in ask(city, "mapping", "list")["rows"]}
