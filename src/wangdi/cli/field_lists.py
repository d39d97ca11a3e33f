"""``pack fields`` and ``mapping standard``: what an export has to hold, and the mapping that goes with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wangdi.cli.answer import Answer, Grid
from wangdi.cli.frame import Verb, argument, option
from wangdi.cli.kinds import PATH
from wangdi.cli.output import replace_text
from wangdi.cli.session import Session

if TYPE_CHECKING:
    from wangdi.language.library import Library

COLUMNS = ("name", "label", "means", "about", "type", "unit", "required", "plausible", "possible", "code_list", "codes")
SHOWN_CODES = 6
ABOUT = {"subject": "about_subject", "record": "about_record", "row": "about_row"}


def _library(session: Session) -> Library:
    """The city's packs where a city is named, else those shipped."""
    from wangdi.app.cities import open_library

    if session.folder is None:
        return open_library()
    with session.open_city() as city:
        return open_library(city)


def run_fields(session: Session, form: str, example: Path | None) -> Answer:
    """A form's field list, and an example where one is asked for."""
    from wangdi.app.field_lists import describe_fields, write_example

    library = _library(session)
    said = describe_fields(library, form, session.lang)
    notes: tuple[str, ...] = ()
    if example is not None:
        replace_text(example, write_example(library, form), "utf-8-sig")
        notes = (session.word("written", file=example),)
    return Answer(
        payload=said,
        grids=(
            Grid(
                COLUMNS,
                [_shown(session, row, SHOWN_CODES) for row in said["fields"]],
                ("code_list", "plausible", "about", "means", "codes"),
                f"{said['form']}　{said['title']}",
            ),
        ),
        rows=Grid(COLUMNS, [_shown(session, row, None) for row in said["fields"]]),
        footer=(session.word("fields_subject"), *(check["message"] for check in said["checks"] if check["message"])),
        notes=notes,
    )


def _shown(session: Session, row: dict[str, Any], codes: int | None) -> dict[str, Any]:
    words = [f"{code['code']} {code['label']}" for code in row["codes"]]
    more = ["…"] if codes is not None and len(words) > codes else []
    ranges = {
        name: "" if row[name] is None else " – ".join(f"{end:g}" for end in row[name])
        for name in ("plausible", "possible")
    }
    separator = session.word("list") if codes is not None else "; "
    return {
        **row,
        "about": session.word(ABOUT[row["about"]]),
        "required": session.word("yes") if row["required"] else "",
        "codes": separator.join([*words[:codes], *more]),
        **ranges,
    }


fields = Verb(run_fields, [argument("form", metavar="FORM"), option("--example", type=PATH, metavar="FILE.csv")])


def run_standard(session: Session, form: str) -> Answer:
    """The mapping for an export by the field list."""
    from wangdi.app.field_lists import standard_mapping

    text = standard_mapping(_library(session), form)
    return Answer(payload={"mapping": text}, text=text.rstrip())


standard = Verb(run_standard, [argument("form", metavar="FORM")])
