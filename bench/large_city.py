"""A city of any size, made of columns rather than of files: for benchmarks of what comes after collecting."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from wangdi.app.demo import ask_only_the_young
from wangdi.catalog.tables import REGISTRATION_TABLE, FormTable
from wangdi.catalog.trees import Organisation, Region
from wangdi.engines.tables import table_of
from wangdi.language.library import Library
from wangdi.link.people import CHECK_DIGITS, WEIGHTS
from wangdi.store.city import City
from wangdi.store.records import BatchRecord
from wangdi.store.workspace import sql_name

MADE_AT = datetime(2026, 1, 5, 12)
_DOSES = (
    ("hepb", (0, 1, 6)), ("bcg", (0,)), ("ipv", (2, 3)), ("bopv", (4, 48)), ("dtap", (3, 4, 5, 18, 72)), ("mmr", (8, 18)),
    ("je_l", (8, 24)), ("mpsv_a", (6, 9)), ("mpsv_ac", (36, 72)), ("hepa_l", (18,)),
)  # fmt: skip
"""Months of age at which children are brought; one dose in fifty is missed."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large: residents, villages (each with a clinic), visits a patient, the first year of visits."""

    people: int
    villages: int
    visits: int
    examinations: int
    hypertension: int = 5
    """Of the residents born before 1980, one in how many has hypertension under management."""
    diabetes: int = 13
    first_year: int = 2021

    @property
    def towns(self) -> int:
        """Townships, of eleven villages each."""
        return max(1, self.villages // 11)


COUNTY = Size(people=640_000, villages=217, visits=20, examinations=1, hypertension=3)
"""2.2 million hypertension follow-ups: the size of the peer's published benchmark."""
CITY = Size(people=2_500_000, villages=1_000, visits=16, examinations=3, hypertension=4, diabetes=11, first_year=2022)
"""2.5 million residents and their 20 million facts."""


def make_city(folder: Path, size: Size, library: Library) -> City:
    """A city with residents, diagnoses, follow-ups, examinations and vaccinations over clinics and years. Deterministic."""
    city = City.create(folder, name="bench", now=MADE_AT, salt="bench")
    with city.writer("bench") as writer:
        writer.put_regions(_regions(size), MADE_AT)
        writer.put_organisations(_organisations(size), MADE_AT)
        workspace = writer.workspace
        workspace.run(f"CREATE OR REPLACE TEMP TABLE resident AS {_residents(size)}")
        forms = {name: table_of(form) for name, form in library.forms.items()}
        number = 0
        staged = []
        for table, sql in [(REGISTRATION_TABLE, _REGISTRATIONS), *((forms[name], sql) for name, sql in _facts(size))]:
            staged.append(writer.stage(table, _columns(table, sql, number), workspace))
            number += staged[-1].rows
        rows = sum(segment.rows for segment in staged)
        record = BatchRecord(org="990101001", received_at=MADE_AT, received=rows, accepted=rows)
        writer.accept(record, staged, ())
    ask_only_the_young(city, library, MADE_AT)
    return city


def _regions(size: Size) -> list[Region]:
    regions = [Region("990100000000", "基准市", "city", None)]
    for place in range(1, 7):
        code = f"99010{place}000000"
        regions.append(Region(code, f"第{place}县", "county", "990100000000"))
    for town in range(size.towns):
        county = f"99010{town % 6 + 1}"
        regions.append(Region(f"{county}{town + 1:03d}000", f"第{town + 1}镇", "township", f"{county}000000"))
    for village in range(size.villages):
        town = village % size.towns
        parent = f"99010{town % 6 + 1}{town + 1:03d}"
        regions.append(
            Region(f"{parent}{village // size.towns + 101:03d}", f"第{village + 1}村", "village", f"{parent}000")
        )
    return regions


def _organisations(size: Size) -> list[Organisation]:
    villages = [region for region in _regions(size) if region.level == "village"]
    return [
        Organisation(f"C{place:05d}", f"{region.name}卫生室", "D6", "village", region.code, None)
        for place, region in enumerate(villages)
    ]


def _columns(table: FormTable, sql: str, first: int) -> str:
    """Rows as the store wants them, sorted as a merged segment is; what ``sql`` does not give is null."""
    given = set(re.findall(r" AS (\w+)", sql))
    listed = [f"{first} + row_number() OVER () - 1 AS seq_offset"]
    for name, kind in table.all_columns()[1:]:
        listed.append(
            f"{sql_name(name)}::{kind} AS {sql_name(name)}" if name in given else f"NULL::{kind} AS {sql_name(name)}"
        )
    return f"SELECT {', '.join(listed)} FROM (SELECT * FROM ({sql}) ORDER BY registration_id, occurred_on)"


def _residents(size: Size) -> str:
    """One row per resident with everything the forms need. Identity numbers begin 99 and have their check digit."""
    weighted = " + ".join(f"key[{place}:{place}]::INTEGER * {weight}" for place, weight in enumerate(WEIGHTS, 1))
    villages = ", ".join(f"'{region.code}'" for region in _regions(size) if region.level == "village")
    return f"""
    SELECT *, key || '{CHECK_DIGITS}'[(({weighted}) % 11) + 1 : (({weighted}) % 11) + 1] AS id_no FROM (
        SELECT i, hash(i) % 1000003 AS h, {_registration(size)} AS registration_id, i % {size.villages} AS village,
               'C' || lpad((i % {size.villages})::VARCHAR, 5, '0') AS org, ([{villages}])[i % {size.villages} + 1] AS division,
               DATE '1936-01-01' + (hash(i + 1) % 32850)::INTEGER AS birth_date,
               '990101' || strftime(birth_date, '%Y%m%d') || lpad((i % 1000)::VARCHAR, 3, '0') AS key,
               CASE WHEN i % 2 = 1 THEN '1' ELSE '2' END AS sex
        FROM range({size.people}) t(i)
    )
    """


def _registration(size: Size) -> str:
    """A number as collecting would give it: a township's hospital sends what its clinics keep, and its numbers stand together."""
    town = f"(i % {size.villages}) % {size.towns}"
    return f"((hash('town' || {town}) & 255)::BIGINT << 55) | (hash(i) & {(1 << 55) - 1})::BIGINT"


_REGISTRATIONS = """
    SELECT registration_id AS registration_id, DATE '2020-01-01' AS occurred_on, org AS org, '居民' AS name, '01' AS id_type,
           id_no AS id_no, sex AS sex, birth_date AS birth_date FROM resident
"""


def _facts(size: Size) -> list[tuple[str, str]]:
    facts = [
        (
            "health_record.resident",
            """SELECT registration_id AS registration_id, DATE '2020-01-01' AS occurred_on, org AS org, TRUE AS is_resident,
            '1' AS resident_kind, division AS division, DATE '2020-01-01' AS opened_on FROM resident""",
        ),
        ("health_record.diagnosis", " UNION ALL ".join(_diagnoses(*patients) for patients in _patients(size))),
        (
            "health_record.examination",
            f"""SELECT registration_id AS registration_id, make_date(2025 - k::INTEGER, 1 + (h % 12)::INTEGER, 5) AS occurred_on,
            org AS org, occurred_on AS exam_date FROM resident, range({size.examinations}) e(k) WHERE h % 3 > 0""",
        ),
        ("vaccination.dose", _doses()),
        (
            "vaccination.certificate",
            f"""SELECT registration_id AS registration_id, birth_date + 20 AS occurred_on, org AS org,
            occurred_on AS certificate_on, '1' AS certificate_kind FROM ({_CHILDREN}) WHERE h % 40 > 0""",
        ),
    ]
    return facts + [(f"{pack}.followup", _followups(size, pack, chosen)) for pack, _, chosen in _patients(size)]


_CHILDREN = "SELECT * FROM resident WHERE birth_date >= DATE '2019-01-01'"


def _doses() -> str:
    """Every child comes as many days after the age as ever, so that intervals are kept."""
    steps = ", ".join(
        f"('{vaccine}', {months}, '{number}')" for vaccine, ages in _DOSES for number, months in enumerate(ages, 1)
    )
    day = "(birth_date + to_months(months))::DATE + CASE WHEN months = 0 THEN 0 ELSE (h % 12)::INTEGER END"
    return f"""
    SELECT registration_id AS registration_id, day AS occurred_on, org AS org, day AS given_on, vaccine AS vaccine,
           dose AS dose_no, 'B' || (h % 90)::VARCHAR AS batch_no, '1' AS payment
    FROM (SELECT *, {day} AS day, hash(i * 37 + months) % 50 AS chance
          FROM ({_CHILDREN}), (VALUES {steps}) v(vaccine, months, dose))
    WHERE day < DATE '2026-01-01' AND chance > 0
    """


def _patients(size: Size) -> list[tuple[str, str, str]]:
    """Programme, disease, and SQL of the residents who have it."""
    born = "birth_date < DATE '1980-01-01'"
    return [
        ("hypertension", "essential_hypertension", f"{born} AND h % {size.hypertension} = 0"),
        ("diabetes", "type_2_diabetes", f"{born} AND h % {size.diabetes} = 3"),
    ]


def _diagnoses(pack: str, disease: str, chosen: str) -> str:
    return f"""SELECT registration_id AS registration_id, DATE '2019-01-01' + (h % 2400)::INTEGER AS occurred_on, org AS org,
    '{disease}' AS disease, occurred_on AS diagnosed_on, FALSE AS revoked FROM resident WHERE {chosen}"""


def _followups(size: Size, pack: str, chosen: str) -> str:
    """Visits every three months with some early, late and missed, readings around the goals."""
    days = (date(2026, 1, 1) - date(size.first_year, 1, 1)).days
    step = days // size.visits
    readings = "fpg" if pack == "diabetes" else "heart_rate"
    reading = "round(4.5 + (noise % 50) / 10.0, 1)" if pack == "diabetes" else "60 + noise % 40"
    return f"""
    SELECT registration_id AS registration_id,
           DATE '{size.first_year}-01-01' + (k * {step} + noise % {step})::INTEGER AS occurred_on, org AS org,
           occurred_on AS contact_date, CASE noise % 5 WHEN 0 THEN '3' WHEN 1 THEN '2' ELSE '1' END AS way,
           118 + noise % 45 AS sbp, 65 + noise % 35 AS dbp, {reading} AS {readings}, noise % 997 = 0 AS danger_sign,
           noise % 83 = 0 AS adverse_reaction, noise % 211 = 0 AS new_complication, '1' AS medication_adherence
    FROM (SELECT *, (hash(i * 131 + k) % 100000)::BIGINT AS noise FROM resident, range({size.visits}) v(k)
          WHERE {chosen})
    """
