"""Records and the yearly examination of the elderly in a small county: from exports in GB18030 to rates, people and slips."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.cities import id_number
from tests.journey.small_city import ask, call

COUNTY, TOWN_A, TOWN_B = "990101000000", "990101001000", "990101002000"
VILLAGE_A, VILLAGE_B = "990101001101", "990101002101"
REGIONS = f"""\
code,name,level,parent,valid_from,valid_to,successor
{COUNTY},试验县,county,,2010-01-01,,
{TOWN_A},甲镇,township,{COUNTY},2010-01-01,,
{TOWN_B},乙镇,township,{COUNTY},2010-01-01,,
{VILLAGE_A},甲一村,village,{TOWN_A},2010-01-01,,
{VILLAGE_B},乙一村,village,{TOWN_B},2010-01-01,,
"""
ORGANISATIONS = f"""\
code,name,kind,level,region,parent,valid_from,valid_to
W1,甲镇卫生院,township_centre,township,{TOWN_A},,2010-01-01,
W2,乙镇卫生院,township_centre,township,{TOWN_B},,2010-01-01,
"""
POPULATIONS = f"""\
area,year,kind,value,source,published_on
{COUNTY},2025,residents_year_end,10,县统计局,2026-01-10
{COUNTY},2025,aged_65_plus,5,县统计局,2026-01-10
{TOWN_A},2025,aged_65_plus,4,县统计局,2026-01-10
{TOWN_B},2025,aged_65_plus,1,县统计局,2026-01-10
"""
# The 17-digit number is the institution's own number and stands on the form too: one column, two places.
# This vendor writes 1 for Rh positive: the form's 1 is negative.
RESIDENT = """\
mapping: archive
form: health_record.resident
recognise: [健康档案编号, 建档日期, RH]
subject: {local_id: 健康档案编号, name: 姓名, id_no: 身份证号, phone: 本人电话, address: 现住址}
fields:
  record_no: 健康档案编号
  sex: 性别
  birth_date: 出生日期
  opened_on: 建档日期
  division: 村代码
  is_resident: {column: 常住, "true": [是], "false": [否]}
  electronic: {column: 电子档案, "true": [是], "false": [否]}
  blood_rh: {column: RH, codes: {"1": "2", "2": "1", "3": "3"}}
  past_diseases: {column: 既往史, separator: "、"}
  had_surgery: {column: 手术, "true": ["2"], "false": ["1"]}
  opened_org: 建档单位
  opened_by: 建档人
  responsible_doctor: 责任医生
  contact_name: 联系人
  contact_phone: 联系人电话
  resident_kind: 常住类型
  ethnic_kind: 民族
  blood_abo: 血型
  education: 文化程度
  occupation: 职业
  marital_status: 婚姻
  payment: 支付方式
  drug_allergies: 过敏史
  exposures: 暴露史
  had_injury: {column: 外伤, "true": ["2"], "false": ["1"]}
  had_transfusion: {column: 输血, "true": ["2"], "false": ["1"]}
  father_history: 父亲
  mother_history: 母亲
  siblings_history: 兄弟姐妹
  children_history: 子女
  genetic_disease: {column: 遗传病, "true": ["2"], "false": ["1"]}
  disabilities: 残疾
"""
FILLED = {
    "建档单位": "甲镇卫生院", "建档人": "王医生", "责任医生": "王医生", "联系人": "李四", "联系人电话": "13900000001",
    "常住类型": "1", "民族": "01", "血型": "1", "文化程度": "7", "职业": "4", "婚姻": "2", "支付方式": "3",
    "过敏史": "1", "暴露史": "1", "外伤": "1", "输血": "1", "父亲": "2", "母亲": "1", "兄弟姐妹": "1", "子女": "1",
    "遗传病": "1", "残疾": "1", "RH": "1", "既往史": "2、3", "手术": "2", "电子档案": "", "性别": "1",
}  # fmt: skip
CHECKED = {
    "self_care_level": "1", "health_self_rating": "1", "cognition_screen": "1", "mood_screen": "1",
    "exercise_frequency": "1", "diet": "1", "smoking_status": "1", "drinking_frequency": "1", "sbp": "130", "dbp": "80",
    "height": "165", "weight": "60", "waist": "80", "haemoglobin": "140", "wbc": "6.0", "platelets": "200",
    "urine_protein": "-", "urine_glucose": "-", "fpg": "5.2", "alt": "20", "ast": "20", "tbil": "10", "scr": "70",
    "bun": "5", "tc": "4.5", "tg": "1.2", "ldl": "2.5", "hdl": "1.3", "hba1c": "5.5", "ecg": "1",
    "abdominal_ultrasound": "1", "chest_xray": "1", "conclusion": "1", "guidance": "2",
}  # fmt: skip
SELF_CARE = """\
mapping: self-care
form: elderly.self_care
recognise: [健康档案编号, 评估日期]
subject: {local_id: 健康档案编号}
fields: {assessed_on: 评估日期, feeding: 进餐, total_score: 总分}
"""
EXAMINATION = "\n".join(
    [
        "mapping: examination",
        "form: health_record.examination",
        "recognise: [健康档案编号, 体检日期]",
        "subject: {local_id: 健康档案编号}",
        "fields:",
        "  exam_date: 体检日期",
        *(f"  {name}: {name}" for name in CHECKED),
        "",
    ]
)


def record_no(place: int, village: str = VILLAGE_A) -> str:
    return f"{village}{place:05}"


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    """A file as a system in China writes it: GB18030 with a header."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\n".join([*lines, ""]).encode("gb18030"))


def resident(place: int, born: date, village: str = VILLAGE_A, **said: str) -> dict[str, str]:
    number = record_no(place, village)
    head = {"健康档案编号": number, "姓名": f"居民{place}", "身份证号": id_number(born, 2 * place + 1)}
    head |= {"出生日期": born.isoformat(), "本人电话": f"1390000{place:04}", "现住址": "甲一村", "村代码": village}
    return head | {"常住": "是", "建档日期": "2020-03-01"} | FILLED | said


def examination(place: int, day: str, **said: str) -> dict[str, str]:
    return {"健康档案编号": record_no(place), "体检日期": day} | CHECKED | said


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six residents of town A and one of town B, with what happened to them in 2025."""
    base = tmp_path_factory.mktemp("records")
    for name, text in (("regions", REGIONS), ("organisations", ORGANISATIONS), ("populations", POPULATIONS)):
        (base / f"{name}.csv").write_text(text, encoding="utf-8")
    city = base / "city"
    lists = [
        part for name in ("regions", "organisations", "populations") for part in (f"--{name}", base / f"{name}.csv")
    ]
    made = call("init", city, *lists)
    assert made.exit_code == 0, made.output
    (city / "mappings").mkdir()
    for name, text in (("archive", RESIDENT), ("examination", EXAMINATION), ("self-care", SELF_CARE)):
        (city / "mappings" / f"{name}.yaml").write_text(text, encoding="utf-8")
    old = date(1950, 5, 1)
    write_csv(
        base / "w1" / "居民.csv",
        [
            resident(1, old),  # everything right
            resident(2, old),  # no guidance
            resident(3, old, 过敏史=""),  # a box of the form left blank, never examined
            resident(4, date(1960, 12, 31)),  # 65 on the last day of 2025; high blood pressure, positive screen
            resident(5, date(1961, 1, 1), 电子档案="否"),  # 65 a day later; paper only
            resident(6, old, 常住="否"),  # lives elsewhere
        ],
    )
    write_csv(base / "w2" / "居民.csv", [resident(7, old, VILLAGE_B)])
    write_csv(
        base / "w1" / "体检.csv",
        [
            examination(1, "2025-04-01"),
            examination(2, "2025-04-02", guidance=""),
            examination(4, "2025-04-03", sbp="150", cognition_screen="2"),
            examination(5, "2024-12-31"),
        ],
    )
    write_csv(
        base / "w1" / "自理.csv", [{"健康档案编号": record_no(3), "评估日期": "2024-06-01", "进餐": "3", "总分": "3"}]
    )
    for org, folder in (("W1", "w1"), ("W2", "w2")):
        sent = call(
            "collect", base / folder, "--org", org, "--received-at", "2026-01-05T08:00:00", "--quiet", city=city
        )
        assert sent.exit_code == 0, sent.output
    return city


def figure(city: Path, indicator: str, area: str = COUNTY, by: str = "county") -> dict[str, Any]:
    rows = ask(city, "figures", "--period", "2025", "--indicator", indicator, "--by", by)["rows"]
    (found,) = [row for row in rows if row["area"] == area]
    assert isinstance(found, dict)
    return found


def people(city: Path, indicator: str, part: str = "missing", area: str = COUNTY) -> dict[str, list[Any]]:
    """By name of the person: the reasons."""
    listed = ask(city, "people", "--indicator", indicator, "--period", "2025", "--area", area, "--in", part)["rows"]
    found = {}
    for row in listed:
        shown = ask(city, "person", "show", row["person_id"])
        found[shown["registrations"][0]["name"]] = row["why"]
    return found


@pytest.mark.parametrize(
    ("indicator", "numerator", "denominator"),
    [
        ("ehr_rate", 6, 10),
        ("eehr_rate", 5, 10),
        ("ehr_std_cover", 4, 10),
        ("ehr_use", 3, 6),
        ("ehr_use_electronic", 3, 5),
        ("ehr_quality_pass", 6, 6),
        ("elder_mgmt", 2, 5),
        ("elder_base_std", 2, 5),
        ("elder_tb_screen", 0, 5),
    ],
)
def test_the_county_figures(county: Path, indicator: str, numerator: int, denominator: int) -> None:
    found = figure(county, indicator)
    assert (found["numerator"], found["denominator"]) == (numerator, denominator)


def test_the_mean_score_of_an_institution(county: Path) -> None:
    """Five records of 100 and one without allergies, 87 of 95 points: 91 whole ones. Parts add up exactly."""
    whole, one = figure(county, "ehr_quality"), figure(county, "ehr_quality", "W1", "org")
    assert whole["denominator"] == 6
    assert whole["numerator"] == 591
    assert one["denominator"] == 5
    assert one["numerator"] == 491


def test_who_is_missing_and_by_which_clause(county: Path) -> None:
    found = people(county, "elder_mgmt")
    assert set(found) == {"居民2", "居民3", "居民7"}
    assert [why["rule"] for why in found["居民2"]] == ["elderly/elder_mgmt/guided"]
    assert [why["rule"].rpartition("/")[2] for why in found["居民3"]] == ["checked", "guided", "complete"]
    (looked,) = found["居民2"][0]["inputs"]["records"]
    assert (looked["found"], looked["asked"]) == (0, 1)
    assert set(people(county, "elder_mgmt", area=TOWN_A)) == {"居民2", "居民3"}


def test_a_population_does_not_open_to_people(county: Path) -> None:
    asked = ("people", "--indicator", "elder_mgmt", "--period", "2025", "--area", COUNTY, "--in", "denominator")
    assert call(*asked, city=county).exit_code != 0


def test_what_a_record_lacks_is_listed(county: Path) -> None:
    """The paper-only person has everything filled; the other lacks one box, and is told which."""
    found = people(county, "ehr_std_cover")
    assert set(found) == {"居民3", "居民5"}
    (lacking,) = found["居民3"][0]["inputs"]["records"]
    assert (lacking["score"], lacking["missing"]) == (91, ["药物过敏史"])
    assert [why["rule"] for why in found["居民5"]] == ["health_record/ehr_std_cover/electronic"]


def test_the_score_of_everybody_averaged_is_shown(county: Path) -> None:
    found = people(county, "ehr_quality", "denominator")
    scores = {name: why["inputs"]["records"][0]["score"] for name, reasons in found.items() for why in reasons[:1]}
    assert scores == {"居民3": 91} | {f"居民{place}": 100 for place in (1, 2, 4, 5, 7)}


def test_rules_never_see_who_somebody_is(county: Path) -> None:
    """Derived tables say that a name is there, not what it is."""
    for path in (county / "derived").rglob("*.parquet"):
        content = path.read_bytes()
        assert "居民1".encode() not in content
        assert b"13900000001" not in content
    told = json.dumps(people(county, "ehr_std_cover"), ensure_ascii=False)
    assert "李四" not in told


def test_the_swapped_rh_codes_were_put_right(county: Path) -> None:
    (row,) = ask(
        county, "people", "--indicator", "ehr_std_cover", "--period", "2025", "--area", TOWN_B, "--in", "numerator"
    )["rows"]
    shown = ask(county, "person", "show", row["person_id"])
    (form,) = [fact["fields"] for fact in shown["facts"] if fact["form"] == "health_record.resident"]
    assert (form["blood_rh"], form["past_diseases"], form["had_surgery"]) == ("2", "2;3", True)
    assert form["record_no"] == record_no(7, VILLAGE_B)


def test_the_worklist_asks_for_the_questionnaire(county: Path) -> None:
    rows = ask(county, "worklist", "--org", "W1", "--on", "2025-04-10")["rows"]
    (test,) = [row for row in rows if row["task"] == "cognition_test"]
    assert (test["name"], test["opens"], test["closes"]) == ("居民4", "2025-04-03", "2025-04-17")
    assert test["why"]["source"] == "附件 健康体检表 填表说明"
    assert {row["name"] for row in rows if row["task"] == "annual_check"} == {"居民3"}


def test_the_slip_says_what_was_found(county: Path) -> None:
    (row,) = [
        row
        for row in ask(county, "worklist", "--org", "W1", "--on", "2025-04-10")["rows"]
        if row["task"] == "cognition_test"
    ]
    slip = ask(county, "person", "slip", row["person_id"])
    assert (slip["on"], slip["edition"]) == ("2025-04-03", "nbphs-2025")
    assert [line["id"] for line in slip["sentences"]] == ["bp_high", "cognition"]
    high = slip["sentences"][0]
    assert [value["said"] for value in high["values"]] == ["150 mmHg", "80 mmHg"]
    assert (high["refer"], high["programme"], high["source"]) == (
        "advise",
        "hypertension",
        "高血压患者健康管理 二（一）",
    )
    printed = call("person", "slip", row["person_id"], city=county)
    assert printed.exit_code == 0
    assert "血压偏高" in printed.stdout
    assert "明年再来体检" in printed.stdout


def test_somebody_without_an_examination_gets_no_slip(county: Path) -> None:
    (row,) = [
        row for row in ask(county, "worklist", "--org", "W1", "--on", "2025-04-10")["rows"] if row["name"] == "居民3"
    ]
    refused = call("person", "slip", row["person_id"], city=county)
    assert refused.exit_code != 0
    assert "FIG-007" in refused.stderr
