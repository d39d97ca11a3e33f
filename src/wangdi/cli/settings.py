"""``owner`` and ``parameter``: what a city decides for itself, with who and why."""

from __future__ import annotations

from datetime import datetime

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import MOMENT
from wangdi.cli.session import Session, actor_name, read_clock
from wangdi.core.problem import Problem, Refusal


def run_list_owners(session: Session, known: str | None) -> Answer:
    """Which system keeps each form's record."""
    from wangdi.app.choices import list_owners
    from wangdi.app.cities import open_library

    with session.open_city() as city:
        rows = list_owners(city, open_library(city), city.seq_known(known))
    return Answer(payload={"rows": rows}, grids=(Grid(("form", "title", "owner", "own"), rows),))


list_owners = Verb(run_list_owners, [option("--known", metavar="DATE|N")])


def run_set_owner(session: Session, form: str, owner: str, at: datetime | None) -> Answer:
    """Decide which system keeps a form's record."""
    from wangdi.app.choices import choose_owner
    from wangdi.app.cities import open_library
    from wangdi.store.records import FormOwner

    with session.open_city() as city:
        number = choose_owner(city, open_library(city), FormOwner(form, owner), actor_name(), at or read_clock())
    said = {"form": form, "owner": owner, "seq": number}
    return Answer(payload=said, text=session.word("owner_set", **said))


set_owner = Verb(
    run_set_owner,
    [argument("form", metavar="FORM"), argument("owner", metavar="OWNER"), option("--at", type=MOMENT)],
)


def run_list_parameters(session: Session, pack: str | None, known: str | None) -> Answer:
    """Every number of the norm, and the city's own values."""
    from wangdi.app.choices import find_pack, list_parameters
    from wangdi.app.cities import open_library

    with session.open_city() as city:
        library = open_library(city)
        if pack is not None:
            find_pack(library, pack)
        rows = list_parameters(city, library, city.seq_known(known))
    rows = [row for row in rows if pack in (None, row["pack"])]
    columns = ("pack", "parameter", "value", "norm", "unit", "own", "who", "reason", "source", "doubt")
    return Answer(payload={"rows": rows}, grids=(Grid(columns, rows, ("doubt", "source", "reason", "who")),))


list_parameters = Verb(
    run_list_parameters, [argument("pack", required=False, metavar="[PACK]"), option("--known", metavar="DATE|N")]
)


def run_set_parameter(session: Session, pack: str, name: str, value: str | None, why: str) -> Answer:
    """Give a city's own value, or go back to the norm's."""
    from wangdi.app.choices import ParameterChoice, choose_parameter
    from wangdi.app.cities import open_library

    if not why.strip():
        raise Refusal(Problem(code="CLI-003", args={"name": "--why", "verb": "wangdi parameter set"}))
    choice = ParameterChoice(pack, name, value, actor_name(), why.strip())
    with session.open_city() as city:
        number = choose_parameter(city, open_library(city), choice, read_clock())
    said = {"pack": pack, "parameter": name, "value": value, "who": choice.who, "reason": choice.why, "seq": number}
    text = session.word("parameter_reset" if value is None else "parameter_set", **said)
    return Answer(payload=said, text=text)


set_parameter = Verb(
    run_set_parameter,
    [
        argument("pack", metavar="PACK"),
        argument("name", metavar="NAME"),
        argument("value", required=False, metavar="[VALUE]"),
        option("--why", required=True),
    ],
)
