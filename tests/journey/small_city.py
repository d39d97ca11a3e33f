"""A county of two townships made through the command line, and the command as tests call it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tests.cities import id_number
from wangdi.app.questions import stand_on
from wangdi.cli.main import wangdi
from wangdi.language.library import load_library
from wangdi.store.city import City

COUNTY, TOWN, HOSPITAL = "990101000000", "990101001000", "H1"
VILLAGES = ("990101001101", "990101001102", "990101002101")
REGIONS = f"""\
code,name,level,parent,valid_from,valid_to,successor
{COUNTY},试验县,county,,2010-01-01,,
990101001000,甲镇,township,{COUNTY},2010-01-01,,
990101002000,乙镇,township,{COUNTY},2010-01-01,,
990101001101,甲一村,village,990101001000,2010-01-01,,
990101001102,甲二村,village,990101001000,2010-01-01,,
990101002101,乙一村,village,990101002000,2010-01-01,,
"""
ORGANISATIONS = f"""\
code,name,kind,level,region,parent,valid_from,valid_to
{HOSPITAL},试验县医院,hospital,county,{COUNTY},,2010-01-01,
"""
MAPPINGS = {
    "resident": """\
mapping: resident
form: health_record.resident
recognise: [档案编号, 建档日期]
subject: {local_id: 档案编号, id_no: 身份证号, name: 姓名}
fields: {division: 村代码, is_resident: 常住, opened_on: 建档日期}
""",
    "diagnosis": """\
mapping: diagnosis
form: health_record.diagnosis
recognise: [档案编号, 确诊日期]
subject: {local_id: 档案编号}
fields: {disease: 病种, diagnosed_on: 确诊日期}
""",
    "followup": """\
mapping: followup
form: hypertension.followup
recognise: [档案编号, 随访日期]
subject: {local_id: 档案编号}
fields: {contact_date: 随访日期, sbp: 收缩压, dbp: 舒张压, way: 方式, other_signs: 其他体征}
""",
}
FOLLOWUP_HEADER = "档案编号,随访日期,收缩压,舒张压,方式,其他体征"


def call(*arguments: object, city: Path | None = None, env: Mapping[str, str] | None = None) -> Result:
    """Run the command in this process."""
    cleared = {"WANGDI_LANG": None, "COLUMNS": None, "WANGDI_CITY": str(city) if city else None}
    return CliRunner().invoke(wangdi, [str(one) for one in arguments], env={**cleared, **(env or {})})


def ask(city: Path, *arguments: object, code: int = 0) -> Any:
    """The JSON a verb answers; its exit code must be the one expected."""
    result = call(*arguments, "--json", "--quiet", city=city)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def make_small_city(folder: Path, database: str = "sqlite") -> Path:
    """Make an empty city with its mapping files; the files it stands on lie beside it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    regions, organisations = folder.with_name("regions.csv"), folder.with_name("organisations.csv")
    regions.write_text(REGIONS, encoding="utf-8")
    organisations.write_text(ORGANISATIONS, encoding="utf-8")
    made = call("init", folder, "--regions", regions, "--organisations", organisations, "--database", database)
    assert made.exit_code == 0, made.output
    write_mappings(folder / "mappings")
    return folder


def write_mappings(folder: Path) -> None:
    """The mapping files of the three forms."""
    folder.mkdir(parents=True)
    for name, text in MAPPINGS.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def write_people(sent: Path, people: range) -> None:
    """Residents with their diagnoses, as two files."""
    sent.mkdir(parents=True, exist_ok=True)
    rows = ["档案编号,身份证号,姓名,村代码,常住,建档日期"]
    rows += [
        f"R{one},{id_number(date(1950, 1, 1 + one % 28), one)},居民{one},{VILLAGES[one % 3]},是,2020-01-01"
        for one in people
    ]
    (sent / "居民.csv").write_text("\n".join([*rows, ""]), encoding="utf-8-sig")
    rows = ["档案编号,病种,确诊日期", *(f"R{one},essential_hypertension,2024-06-{one % 28 + 1:02}" for one in people)]
    (sent / "确诊.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")


def followup(person: int, day: date | str, sbp: int = 138, signs: str = "") -> str:
    """One line of follow-ups."""
    return f"R{person},{day},{sbp},{80 + person % 15},1,{signs}"


def facts_of(city: Path, form: str) -> list[dict[str, Any]]:
    """The current facts of a form, each as ``trace`` tells it, with its registration."""
    library = load_library()
    with City.open(city) as opened, opened.workspace() as workspace:
        standing = stand_on(opened, workspace, library)
        rows = workspace.rows(
            f"SELECT seq, registration_id FROM {standing.facts(standing.form(form), [])} ORDER BY seq"
        )
    return [
        {**json.loads(call("trace", seq, "--json", city=city).stdout), "registration": registration}
        for seq, registration in rows
    ]
