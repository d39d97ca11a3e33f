"""Made-up registrations of made-up residents, with the errors institutions make and the truth behind them.

Written in SQL over hashed row numbers: the same seed gives the same people, and five million rows take seconds. Identity
numbers begin with 99, which no region has. Twins have names and numbers of their own.
"""
# ruff: noqa: E501 -- one expression a line reads better than SQL broken in the middle of a case

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from wangdi.link.hanzi import load_hanzi
from wangdi.link.lunar import convert_lunar
from wangdi.store.workspace import Workspace, sql_text

RATES: Mapping[str, float] = {
    "id_missing": 0.13, "id_mother": 0.45, "id_family": 0.004, "id_typo": 0.01, "id_15": 0.035, "id_placeholder": 0.012,
    "nm_homo": 0.016, "nm_sim": 0.007, "nm_drop": 0.003, "nm_space": 0.012, "nm_infant": 0.35, "nm_change": 0.008, "nm_q": 0.003,
    "dob_missing": 0.02, "dob_slip": 0.012, "dob_swap": 0.004, "dob_year": 0.006, "dob_jan1": 0.012, "dob_lunar": 0.22,
    "ph_missing": 0.16, "ph_change": 0.12, "ph_typo": 0.006, "ph_inst": 0.01, "sex_wrong": 0.004, "sex_missing": 0.006,
    "ad_missing": 0.17, "ad_trunc": 0.18, "ad_move": 0.08, "twin": 0.005,
}  # fmt: skip
"""Shares of registrations (of people for ``_change``, ``_move``, ``twin`` and ``dob_lunar``) with each error."""

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛段郝顾龚邵"
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂香玉萍红玲芬燕梅建华国庆志文春生海波云飞龙鹏辉斌宇浩然子轩梓涵欣怡雨泽一诺佳琪"
    "俊豪思远晨曦嘉瑞雪莲凤珍淑兴旺福贵德成立新民荣光宏达永康健康宁安泰祥和顺利昌盛学智慧颖莹洁琳珊瑶婷媛倩薇蕾菲露月星阳旭东南北山川江河"
    "松柏竹菊桃李杏林森木石铁钢银宝珠翠碧青蓝紫彩虹霜露冰寒冬夏秋景天宗祖先继承业振邦治邦定乾坤元亨利贞仁义礼信忠孝廉耻温良恭俭让友善爱"
)
ROADS = (
    "中山",
    "人民",
    "解放",
    "建设",
    "和平",
    "胜利",
    "朝阳",
    "文化",
    "青年",
    "幸福",
    "光明",
    "团结",
    "长江",
    "黄河",
    "新华",
    "学府",
)

_SETUP = """
create or replace macro rnd(a, b, c) as (hash(a * 1000003 + b * 7919 + c) >> 24)::double / 1099511627776;
create or replace macro pick(text, x) as text[1 + floor(x * length(text))::integer];
create or replace macro check_of(first) as '10X98765432'[1 + list_sum([first[i]::integer * (power(2, 18 - i)::integer % 11) for i in range(1, 18)])::integer % 11];
"""

_PEOPLE = """
create or replace table people as
with seats as (select h, role from range({households}) t(h), range(4) r(role)
    where role < 2 or (role = 2 and rnd(h, {seed}, 1) < 0.55) or (role = 3 and rnd(h, {seed}, 2) < {twin} * 3 and rnd(h, {seed}, 1) < 0.55)),
born as (select *, h * 4 + role as person,
    case when role < 2 then date '1935-01-01' + (rnd(h, {seed}, 3) * 22500 + rnd(h * 4 + role, {seed}, 4) * 1500)::integer
      else date '2004-01-01' + (rnd(h, {seed}, 5) * 7300)::integer end as birth,
    case role when 0 then 1 when 1 then 2 when 2 then 1 + (rnd(h, {seed}, 6) < 0.48)::integer
      else 1 + (rnd(h, {seed}, case when rnd(h, {seed}, 66) < 0.7 then 6 else 7 end) < 0.48)::integer end as sex from seats),
named as (select *, pick({surnames}, pow(rnd(case when role = 1 then h * 4 + 1 else h * 4 end, {seed}, 8), 2.0)) as surname,
    pick({given}, case role when 3 then (pow(rnd(h * 4 + 2, {seed}, 9), 1.6) + 0.1 + 0.8 * rnd(person, {seed}, 9)) % 1 else pow(rnd(person, {seed}, 9), 1.6) end) as first,
    case when rnd(person, {seed}, 10) < 0.86 then pick({given}, pow(rnd(person, {seed}, 11), 1.3)) else '' end as second from born),
numbered as (select *, '99' || lpad((10 + (rnd(h, {seed}, 12) * 9)::integer)::varchar, 2, '0') || lpad((1 + (rnd(h, {seed}, 13) * 12)::integer)::varchar, 2, '0')
    || strftime(birth, '%Y%m%d') || lpad((case role when 3 then (floor(rnd(h * 4 + 2, {seed}, 14) * 98)::integer + 1 + floor(rnd(person, {seed}, 14) * 97)::integer) % 99 else floor(rnd(person, {seed}, 14) * 98)::integer end)::varchar, 2, '0')
    || (floor(rnd(person, {seed}, 15) * 5)::integer * 2 + sex % 2)::varchar as first17 from named)
select *, surname || first || second as name, first17 || check_of(first17) as id_no,
  '1' || (30 + (rnd(h, {seed}, 16) * 69)::integer) || lpad(((rnd(case when role > 1 or rnd(person, {seed}, 18) < 0.2 then h * 4 else person end, {seed}, 17)) * 99999999)::bigint::varchar, 8, '0') as phone,
  '99' || lpad((10 + (rnd(h, {seed}, 12) * 9)::integer)::varchar, 2, '0') || lpad((1 + (rnd(h, {seed}, 13) * 12)::integer)::varchar, 2, '0')
    || lpad((1 + (rnd(h, {seed}, 19) * 12)::integer)::varchar, 3, '0') || lpad((1 + (rnd(h, {seed}, 20) * 18)::integer)::varchar, 3, '0') as division,
  {roads}[1 + (rnd(h, {seed}, 21) * 15)::integer] as road, 1 + (rnd(h, {seed}, 22) * 199)::integer as gate, 1 + (rnd(h, {seed}, 23) * 29)::integer as house,
  101 + (rnd(h, {seed}, 24) * 5)::integer * 100 + (rnd(h, {seed}, 25) * 3)::integer as room
from numbered
"""

_REGISTRATIONS = """
create or replace table drawn as
with visits as (select p.*, v, p.person * 32 + v as reg from people p, lateral (select unnest(range(1 + least(20, floor(-1.4 * ln(1 - rnd(person, {seed}, 30)))::integer))) as v))
select v.*, m.name as mother, m.id_no as mother_id, f.id_no as family_id, l.lunar,
  rnd(reg, {seed}, 40) as a, rnd(reg, {seed}, 41) as b, rnd(reg, {seed}, 42) as c, rnd(reg, {seed}, 43) as d, rnd(reg, {seed}, 44) as e, rnd(reg, {seed}, 45) as g,
  rnd(reg, {seed}, 46) as x, rnd(reg, {seed}, 47) as y, rnd(reg, {seed}, 48) as z, rnd(v.person, {seed}, 49) as pa, rnd(v.person, {seed}, 50) as pb, rnd(v.person, {seed}, 51) as pc,
  date '2014-01-01' + (rnd(reg, {seed}, 52) * 4000)::integer as day
from visits v left join people m on m.person = v.h * 4 + 1 left join people f on f.person = v.h * 4
left join lunar l on l.solar = v.birth and rnd(v.person, {seed}, 53) < {dob_lunar} and v.birth < date '1975-01-01'
"""

_TEXTS = """
create or replace table registrations as
with named as (select *, row_number() over (order by hash(reg)) - 1 as rec_id, role >= 2 and birth > date '2013-01-01' as infant,
  case when pc < {nm_change} and rnd(reg, {seed}, 60) < 0.5 then surname || pick({given}, pb) || pick({given}, pa) else name end as called,
  1 + least(length(name) - 1, floor(x * (length(name) - 0.01))::integer) as spot from drawn),
slipped as (select n.*, case when infant and a < {nm_infant} * 0.5 then mother || case sex when 1 then '之子' else '之女' end
    when a > 1 - {nm_homo} and h.other is not null then left(called, spot - 1) || h.other[1 + (y * (length(h.other) - 1))::integer] || substr(called, spot + 1)
    when b < {nm_sim} then left(called, spot - 1) || pick({given}, z) || substr(called, spot + 1)
    when b < {nm_sim} + {nm_drop} and length(called) = 3 then left(called, 2)
    when b < {nm_sim} + {nm_drop} + {nm_q} then left(called, spot - 1) || '?' || substr(called, spot + 1)
    when b < {nm_sim} + {nm_drop} + {nm_q} + {nm_space} then left(called, 1) || '  ' || substr(called, 2) else called end as written
  from named n left join homophones h on h.one = n.called[n.spot])
select rec_id, person, h, role, infant, lpad((1 + (g * 184)::integer)::varchar, 3, '0') as inst_code, written as name,
  case when d < {sex_missing} then '0' when d > 1 - {sex_wrong} then (3 - sex)::varchar else sex::varchar end as sex,
  case when c < {dob_missing} then null when c < {dob_missing} + {dob_jan1} then strftime(birth, '%Y-01-01')
    when c < {dob_missing} + {dob_jan1} + {dob_slip} then strftime(birth + (1 + y * 3)::integer, '%Y-%m-%d')
    when c < {dob_missing} + {dob_jan1} + {dob_slip} + {dob_swap} and day(birth) <= 12 then strftime(birth, '%Y-%d-%m')
    when c < {dob_missing} + {dob_jan1} + {dob_slip} + {dob_swap} + {dob_year} then strftime(birth + to_years((1 + y * 9)::integer), '%Y/%m/%d')
    when lunar is not null and e < 0.4 then lunar when z < 0.4 then strftime(birth, '%Y-%m-%d') when z < 0.7 then strftime(birth, '%Y%m%d') else strftime(birth, '%Y/%-m/%-d') end as birth,
  '01' as id_type,
  case when infant and e < {id_mother} * 0.5 then mother_id when e > 1 - {id_missing} then null when g < {id_placeholder} then '000000000000000000'
    when g > 1 - {id_family} then family_id when x < {id_15} and birth < date '1999-01-01' then left(id_no, 6) || substr(id_no, 9, 9)
    when x > 1 - {id_typo} then left(id_no, 8 + (y * 8)::integer) || ((id_no[9 + (y * 8)::integer]::integer + 1 + (z * 8)::integer) % 10)::varchar || substr(id_no, 10 + (y * 8)::integer) else id_no end as id_no,
  case when y < {ph_missing} then null when pa < {ph_change} and b > 0.5 then '1' || (pb * 8999999999 + 1000000000)::bigint
    when a < {ph_inst} then '0531' || (60000000 + (g * 184)::integer) when y > 1 - {ph_typo} then left(phone, 9) || '00' else phone end as phone,
  case when d between 0.2 and 0.2 + {ad_missing} then null when d > 1 - {ad_trunc} / 2 then left(division, 6) || '000000' when d > 1 - {ad_trunc} then left(division, 9) || '000' else division end as division,
  case when d between 0.1 and 0.1 + {ad_missing} then null when pb < {ad_move} and c > 0.5 then '解放路' || (1 + pc * 200)::integer || '号' || (1 + pa * 30)::integer || '-' || (101 + pb * 9000)::integer
    when b < 0.5 then road || '路' || gate || '号' || house || '-' || room else road || '路家园' || house || '栋' || room end as address,
  day as rec_date
from slipped
"""


def write_registrations(path: Path, people: int, seed: int = 1, rates: Mapping[str, float] = RATES) -> int:
    """Write ``records.parquet`` and ``truth.parquet`` into a folder; answers how many registrations."""
    with Workspace(memory="3GB", temp_dir=path) as workspace:
        for statement in _SETUP.strip().split(";\n"):
            workspace.run(statement.rstrip(";"))
        _put_tables(workspace)
        texts = {
            "surnames": sql_text(SURNAMES),
            "given": sql_text(GIVEN),
            "roads": "[" + ", ".join(map(sql_text, ROADS)) + "]",
        }
        values = {**texts, **rates, "seed": seed, "households": round(people / 2.56)}
        for statement in (_PEOPLE, _REGISTRATIONS, _TEXTS):
            workspace.run(statement.format(**values))
        workspace.copy(
            "select rec_id, person as person_id, h as household_id, role >= 2 and h in (select h from people where role = 3) as twin"
            " from registrations",
            path / "truth.parquet",
        )
        return workspace.copy("select * exclude (person, h, role, infant) from registrations", path / "records.parquet")


def _put_tables(workspace: Workspace) -> None:
    hanzi = load_hanzi()
    letters = sorted(set(SURNAMES + GIVEN))
    by_sound: dict[int, str] = {}
    for code in np.flatnonzero(hanzi.sound[0x4E00:0x9FA6]) + 0x4E00:
        by_sound[int(hanzi.sound[code])] = by_sound.get(int(hanzi.sound[code]), "") + chr(code)
    rows = [(one, by_sound[int(hanzi.sound[ord(one)])].replace(one, "")[:40]) for one in letters]
    workspace.create_table("homophones", {"one": "VARCHAR", "other": "VARCHAR"}, [row for row in rows if row[1]])
    lunar = np.array([y * 10000 + m * 100 + d for y in range(1934, 1976) for m in range(1, 13) for d in range(1, 31)])
    solar = convert_lunar(lunar)
    days = [
        (f"{d // 10000}-{d // 100 % 100:02}-{d % 100:02}", f"{s // 10000}-{s // 100 % 100:02}-{s % 100:02}")
        for d, s in zip(lunar.tolist(), solar.tolist(), strict=True)
        if s
    ]
    workspace.create_table("lunar", {"lunar": "VARCHAR", "solar": "DATE"}, days)
