"""A city that knows people by their registrations alone, as many as are wanted: for benchmarks of linking."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from bench.registrations import write_registrations
from wangdi.catalog.tables import REGISTRATION_TABLE
from wangdi.catalog.trees import Organisation, Region
from wangdi.store.city import City
from wangdi.store.records import BatchRecord
from wangdi.store.workspace import sql_name, sql_text

MADE_AT = datetime(2026, 1, 5, 12)
SENDER_BITS = 55
"""Below them a registration's number is that of its record; above, its sender."""
_COUNTY = "990101000000"


def make_registered_city(folder: Path, people: int) -> City:
    """A city without any registration, and beside it the registrations of so many people. Deterministic."""
    folder.mkdir(parents=True, exist_ok=True)
    write_registrations(folder, people)
    city = City.create(folder / "city", name="bench", now=MADE_AT, salt="bench")
    with city.writer("bench") as writer:
        writer.put_regions([Region(_COUNTY, "基准县", "county", None)], MADE_AT)
        organisations = [
            Organisation(f"{place:03d}", f"{place}", "C", "township", _COUNTY, None) for place in range(1, 186)
        ]
        writer.put_organisations(organisations, MADE_AT)
    return city


def deliver(city: City, records: Path, first: int, last: int, at: datetime) -> int:
    """Accept the registrations numbered from ``first`` to before ``last``; answers how many."""
    rows = f"""
        select ((hash(inst_code) & 255)::bigint << {SENDER_BITS}) | rec_id as registration_id, inst_code as org,
          rec_date as occurred_on, name, id_type, id_no, sex,
          try_strptime(birth, ['%Y-%m-%d', '%Y%m%d', '%Y/%m/%d'])::date as birth_date, phone, rec_id::varchar as local_id, address
        from {sql_text(records)} where rec_id >= {first} and rec_id < {last}
    """
    given = (
        "registration_id", "org", "occurred_on", "name", "id_type", "id_no", "sex", "birth_date", "phone", "local_id", "address",
    )  # fmt: skip
    listed = ["row_number() over (order by registration_id) - 1 as seq_offset"]
    for name, kind in REGISTRATION_TABLE.all_columns()[1:]:
        listed.append(f"{sql_name(name) if name in given else 'null'}::{kind} as {sql_name(name)}")
    with city.writer("bench") as writer:
        staged = writer.stage(
            REGISTRATION_TABLE, f"select {', '.join(listed)} from ({rows}) order by registration_id", writer.workspace
        )
        writer.accept(BatchRecord(org="001", received_at=at, received=staged.rows, accepted=staged.rows), [staged], ())
    return staged.rows
