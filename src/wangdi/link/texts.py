"""What each record's texts say by themselves: dates, numbers and places, read by the database for all rows at once.

Nothing here depends on another record: what was read once can be kept.
"""

from __future__ import annotations

from wangdi.catalog.codelists import load_codelists
from wangdi.core.dates import parse_date_text
from wangdi.store.workspace import Workspace

_IDENTITY_TYPES = "'01', '1', '居民身份证', '身份证', '户口簿', '02'"

ADDRESS = "(..)(?:大道|[路街巷道村弄里屯庄组坊])[^0-9]*(?:[0-9]+[^0-9]+)*?(?:([0-9]+)[^0-9]+)?([0-9]+)[^0-9]*$"
"""The road's last two characters, then the last two numbers: building and room."""

_APART = f"""
select r.$row as row, r.name, coalesce(b.day, 0)::integer as birth,
  case upper(r.sex) when '1' then 1 when '2' then 2 when '男' then 1 when '女' then 2 when 'M' then 1 when 'F' then 2
    when 'MALE' then 1 when 'FEMALE' then 2 when '男性' then 1 when '女性' then 2 else 0 end::tinyint as sex,
  coalesce(regexp_full_match(r.id_no, '[0-9]{{17}}[0-9X]'), false) as plain,
  case when r.id_no is null then '' when plain then r.id_no
    else upper(regexp_replace(translate(r.id_no, '０１２３４５６７８９Ｘｘ', '0123456789XX'), '[^0-9A-Za-z]', '', 'g')) end as id,
  case when r.id_type is null or r.id_type in ({_IDENTITY_TYPES}) then '' else r.id_type end as id_type,
  coalesce(c.place, 0) as nation,
  case when r.phone is null then '' when regexp_full_match(r.phone, '1[0-9]{{10}}') then r.phone
    else regexp_replace(regexp_replace(r.phone, '[^0-9]', '', 'g'), '^(?:0086|86|0)([1-9][0-9]{{9,}})$', '\\1') end as phone,
  r.division, r.address,
  regexp_extract(r.address, '{ADDRESS}', ['road', 'building', 'room']) as place
from records r left join births b on b.text = r.birth
  left join nations c on c.text = r.nationality
"""

_READ = """
select row, name, birth, sex,
  case when plain then left(id, 17)::bigint
    when regexp_full_match(id, '[0-9]{17}[0-9X]') then left(id, 17)::bigint
    when regexp_full_match(id, '[0-9]{15}') then (left(id, 6) || '19' || right(id, 9))::bigint else 0 end as digits,
  case when length(id) <> 18 then -1 when id[18] = 'X' then 10 else coalesce(try_cast(id[18] as tinyint), -1) end::tinyint as tail,
  case when plain then 1 when id = '' then 0 when regexp_full_match(id, '[0-9]{17}[0-9X]|[0-9]{15}') then 1
    else 2 end::tinyint as shape,
  length(id) = 18 as long,
  case when plain or id = '' then 0 when id_type = '' and regexp_full_match(id, '[0-9]{4,14}') then id::bigint
    when regexp_full_match(id, '[0-9]{17}[0-9X]') then 0
    else ((md5_number_lower(id || '|' || id_type) >> 13 << 10)::bigint | nation | (1::bigint << 61)) end as text_key,
  (id_type <> '' or (not plain and regexp_full_match(id, '[A-Z]{1,2}[0-9]{6,10}')))::tinyint as other,
  coalesce(try_cast(case when length(phone) between 7 and 14 then phone end as bigint), 0) as phone,
  case when length(division) between 4 and 12 then coalesce(try_cast(rpad(division, 12, '0') as bigint), 0) else 0 end as division,
  coalesce(unicode(place.road[1]), 0) as road_head, coalesce(unicode(place.road[2]), 0) as road_tail,
  coalesce(try_cast(place.building as bigint), -1) as building, coalesce(try_cast(place.room as bigint), -1) as room,
  case when address is null or place.building <> '' then 0
    else (md5_number_lower(regexp_replace(address, '\\s', '', 'g')) >> 3)::bigint end as whole,
  case when address is null or place.road <> '' or not regexp_matches(address, '[A-Za-z]{4}') then 0
    else (md5_number_lower(lower(regexp_extract(address, '[A-Za-z]{4,5}'))) >> 3)::bigint end as street
from texts_apart
"""


def put_texts(workspace: Workspace, row: str = "rowid") -> None:
    """Table ``records`` as the view ``texts``. ``row``: the column that tells its rows apart, ascending where it can be.

    Grain: one row a record: ``row``, ``name`` as written, the rest as numbers. Missing: what cannot be read is missing (0, of
    ``tail``, ``building`` and ``room`` -1); it stays readable in the table.
    """
    _read_births(workspace)
    _read_nations(workspace)
    workspace.run(f"create or replace temp view texts_apart as {_APART.replace('$row', row)}")
    workspace.run(f"create or replace temp view texts as {_READ}")


def _read_births(workspace: Workspace) -> None:
    rows = workspace.rows("select distinct birth from records where birth is not null")
    days = [(text, parse_date_text(text[:10] if text[10:11] in (" ", "T") else text)) for (text,) in rows]
    read = [(text, day.year * 10000 + day.month * 100 + day.day) for text, day in days if day is not None]
    workspace.create_table("births", {"text": "VARCHAR", "day": "INTEGER"}, read)


def _read_nations(workspace: Workspace) -> None:
    rows = workspace.rows("select distinct nationality from records where nationality is not null")
    read = [(text, place) for (text,) in rows if (place := nation_place(text))]
    workspace.create_table("nations", {"text": "VARCHAR", "place": "BIGINT"}, read)


def nation_place(text: str) -> int:
    """The place of a nationality among the countries, from 1; 0 where it is none that is known."""
    countries = load_codelists()["country"]
    code = countries.code_of(text.strip().upper())
    return 0 if code is None else 1 + list(countries.codes).index(code)
