"""What is written down beside the records: the newest holds, ``known`` sees what held then, erasing takes the text alone."""

from __future__ import annotations

from datetime import datetime

from wangdi.store.city import City
from wangdi.store.records import LedgerRow, ParameterOverride
from wangdi.store.verify import check_city

AT = datetime(2025, 3, 1, 9)


def row(key: str, **body: object) -> LedgerRow:
    return LedgerRow("event.contact", key, body, "cdc")


def test_the_newest_of_a_key_holds_and_known_sees_what_held_then(city: City) -> None:
    with city.writer("cdc") as writer:
        first = writer.put_ledger([row("e1/1", name="王"), row("e1/2", name="李"), row("e10/1", name="赵")], AT)
        second = writer.put_ledger([row("e1/1", name="王建国")], AT)
    assert second == first + 3
    held = [(found.key, found.body) for _, found in city.ledger("event.contact", beginning="e1/")]
    assert held == [("e1/1", {"name": "王建国"}), ("e1/2", {"name": "李"})]
    assert [found.body for _, found in city.ledger("event.contact", known=first, beginning="e1/")] == [{"name": "王"}]
    assert [number for number, _ in city.ledger_history("event.contact", beginning="e1/1")] == [first, second]
    assert city.ledger("event") == []
    assert city.latest_seq() == second
    assert check_city(city) == []


def test_what_is_written_down_moves_no_fact(city: City) -> None:
    before = city.facts_known(city.latest_seq())
    with city.writer("cdc") as writer:
        first = writer.put_ledger([row("e1/1"), row("e1/2")], AT)
        writer.put_parameter_override(ParameterOverride("hypertension", "bp", "150", "cdc", "agreed"), AT)
        last = writer.put_ledger([row("e1/3")], AT)
    assert city.facts_known(first + 1) == before
    assert city.facts_known(last) == last - 1
    assert city.facts_known(0) == 0


def test_nothing_to_write_takes_no_number(city: City) -> None:
    before = city.latest_seq()
    with city.writer("cdc") as writer:
        writer.put_ledger([], AT)
    assert city.latest_seq() == before


def test_erasing_takes_every_version_of_what_it_names_and_nothing_else(city: City) -> None:
    with city.writer("cdc") as writer:
        writer.put_ledger([row("e1_/1", name="王"), row("e1_/1", name="王二"), row("e1x/1", name="李")], AT)
        keys = [("event.contact", "e1_/"), ("event.check", "e1_/")]
        assert writer.forget_ledger(keys, [], "closed 30 days ago", AT) == 2
    assert [found.key for _, found in city.ledger("event.contact")] == ["e1x/1"]
    assert [found.body for _, found in city.ledger_history("event.contact", beginning="e1_/")] == [None, None]
    assert [one.detail for one in city.audit(3) if one.action == "erase"] != []


def test_forgetting_puts_other_rows_in_the_stead_of_what_it_takes_in_one_go(city: City) -> None:
    with city.writer("cdc") as writer:
        writer.put_ledger([row("e1/1/", name="王"), row("e1/10/", name="李"), row("e1/1/", name="王二")], AT)
        before = city.latest_seq()
        assert writer.forget_ledger([("event.contact", "e1/1/")], [row("e1/1/", name="×")], "closed", AT) == 2
    assert [(found.key, found.body) for _, found in city.ledger("event.contact")] == [
        ("e1/1/", {"name": "×"}),
        ("e1/10/", {"name": "李"}),
    ]
    assert city.latest_seq() == before + 1
    assert city.ledger("event.contact", known=before) != []
    assert [found.body for _, found in city.ledger_history("event.contact", beginning="e1/1/")] == [
        None,
        None,
        {"name": "×"},
    ]
    with city.writer("cdc") as writer:
        assert writer.forget_ledger([("event.contact", "e1/1/")], [], "closed", AT) == 1
    assert [found.key for _, found in city.ledger("event.contact")] == ["e1/10/"]
    assert check_city(city) == []
