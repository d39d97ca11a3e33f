"""The three controls of every page, which stand in its address: where, when, and as known on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.requests import Request

from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import LANGUAGES, Problem, Refusal

SEQ_DIGITS = 18
"""Digits a number of acceptance may have."""
LANG_COOKIE = "wangdi_lang"


@dataclass(frozen=True, slots=True)
class View:
    """Where, when and as known on; empty is the whole city, the last complete period, everything accepted."""

    lang: str
    area: str = ""
    period: str = ""
    known: str = ""
    panel: bool = False
    """Only the content is asked for, to stand beside the page one came from."""

    def link(self, path: str, **changes: object) -> str:
        """The address of another page with the same controls; an empty value is left out."""
        kept: dict[str, object] = {"area": self.area, "period": self.period, "known": self.known, **changes}
        query = urlencode({name: str(value) for name, value in kept.items() if value not in ("", None)})
        return f"{path}?{query}" if query else path

    def at(self, **changes: str) -> View:
        """The same view elsewhere."""
        return replace(self, **changes)  # type: ignore[arg-type]


def read_view(request: Request) -> View:
    """The controls of a request. The language: ``?lang=``, else the cookie, else what the browser prefers, else Chinese."""
    asked = request.query_params
    return View(
        lang=_choose_lang(request),
        area=asked.get("area", "").strip(),
        period=asked.get("period", "").strip(),
        known=asked.get("known", "").strip(),
        panel=_is_panel(request),
    )


def _is_panel(request: Request) -> bool:
    """Whether a script asked for the content alone; going back asks for the whole page again."""
    restoring = "hx-history-restore-request" in request.headers
    return request.headers.get("hx-target", "").endswith("#panel") and not restoring


def _choose_lang(request: Request) -> str:
    for given in (request.query_params.get("lang", ""), request.cookies.get(LANG_COOKIE, "")):
        if given in LANGUAGES:
            return given
    return LANGUAGES[0]


def read_whole(text: str, default: int, digits: int = 5) -> int:
    """A whole number of the address; the default where it is none, or has more digits than any of its kind."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else default


def read_period(text: str) -> Period:
    """A period of the address. Errors: DATE-001."""
    found = parse_period(text)
    if isinstance(found, Problem):
        raise Refusal(found)
    return found
