"""The forms of an event's page: their fields, and what they say taken apart into a row and who it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

ABOUT = ("name", "id_no", "phone", "person_id", "address")
NAMED = ("case", "contact")
"""Forms about somebody, whose names are kept apart."""


@dataclass(frozen=True, slots=True)
class Box:
    """A field. ``group``: the list it chooses from. ``kind``: how it is typed."""

    name: str
    kind: str = "text"
    group: str = ""
    default: str = ""
    required: bool = False


_WHO = (Box("name"), Box("id_no"), Box("phone", "tel"), Box("person_id"))
FORMS: Mapping[str, tuple[Box, ...]] = {
    "event": (
        Box("title", required=True),
        Box("disease", required=True),
        Box("region", required=True),
        Box("lead", required=True),
        Box("grade", group="event_grade"),
        Box("signal"),
        Box("monitor_days", "number"),
        Box("erase_days", "number"),
    ),
    "case": (
        *_WHO,
        Box("card"),
        Box("case_class", group="case_case_class"),
        Box("sex", group="case_sex"),
        Box("age", "number"),
        Box("onset"),
        Box("exposed_at"),
        Box("place"),
        Box("infector", "number"),
        Box("died_on", "date"),
        Box("withdrawn"),
    ),
    "contact": (
        *_WHO,
        Box("address"),
        Box("kind", group="contact_kind", default="close"),
        Box("of", "number"),
        Box("relation"),
        Box("last_exposure_on", "date"),
        Box("until", "date"),
        Box("org"),
        Box("became", "number"),
        Box("withdrawn"),
    ),
    "place": (Box("name", required=True), Box("kind"), Box("region"), Box("people", "number"), Box("withdrawn")),
    "sample": (
        Box("kind", required=True),
        Box("of"),
        Box("taken_on", "date"),
        Box("lab"),
        Box("test"),
        Box("result", group="sample_result", default="pending"),
        Box("agent"),
        Box("result_on", "date"),
        Box("withdrawn"),
    ),
    "team": (
        Box("name", required=True),
        Box("role"),
        Box("org"),
        Box("first_on", "date"),
        Box("last_on", "date"),
        Box("shift"),
        Box("withdrawn"),
    ),
    "note": (
        Box("kind", group="note_kind", default="remark"),
        Box("text", "long", required=True),
        Box("on", "date"),
        Box("withdrawn"),
    ),
}


async def read_form(request: Request) -> dict[str, str]:
    """The texts of a form. Missing: what is no text."""
    async with request.form(max_files=0, max_fields=100) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def split_form(form: str, said: Mapping[str, str], new: bool) -> tuple[dict[str, str], dict[str, str]]:
    """What a form says of the row, and of whom. A new row leaves out what is empty; a correction clears it."""
    names = [one.name for one in FORMS[form]]
    texts = {name: said[name].strip() for name in names if name in said and (said[name].strip() or not new)}
    about = {name: text for name, text in texts.items() if form in NAMED and name in ABOUT}
    return {name: text for name, text in texts.items() if name not in about}, about
