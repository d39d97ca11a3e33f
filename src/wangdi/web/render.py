"""Pages from templates: every number, link and word they use is made here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from wangdi.app.numbers import NOTHING, show_number, show_rate, show_value, unit_sign
from wangdi.core.periods import Period, parse_period
from wangdi.core.problem import LANGUAGES, Problem
from wangdi.web.assets import asset_url
from wangdi.web.tables import plain, show
from wangdi.web.view import View, read_view
from wangdi.web.words import word

_templates = Environment(
    loader=PackageLoader("wangdi.web"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def show_moment(value: object) -> str:
    """A day or a moment, without seconds; nothing as ``—``."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return NOTHING if value is None else str(value)


def with_format(address: str, form: str) -> str:
    """The same page as a file."""
    return address.replace("lang=LANG", f"format={form}")


def nearby(period: Period) -> list[Period]:
    """Periods somebody who looks at one may want next: this year and the year before, by year, quarter and month."""
    texts = []
    for year in (period.year, period.year - 1):
        texts += [str(year), *(f"{year}Q{quarter}" for quarter in range(1, 5))]
        texts += [f"{year}-{month:02d}-ytd" for month in range(1, 13)]
    return [one for text in texts if isinstance(one := parse_period(text), Period)]


def show_reading(value: object) -> str:
    """What a record says, as it was written: 51.3 and not 51.30, yes and no as signs."""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return f"{value:g}" if isinstance(value, float) else show_moment(value)


_templates.filters |= {"number": show_number, "moment": show_moment, "reading": show_reading}
_templates.globals |= {"text_of": show, "plain": plain, "with_format": with_format, "nearby": nearby}


def render_page(
    request: Request, template: str, context: Mapping[str, Any], *, view: View | None = None, status: int = 200
) -> HTMLResponse:
    """A page, or only its content where it is to stand in the side panel."""
    seen = view or read_view(request)
    door = request.app.state.door
    said = {
        "view": seen,
        "lang": seen.lang,
        "languages": LANGUAGES,
        "t": partial(word, seen.lang),
        "rate": partial(show_rate, lang=seen.lang),
        "value": show_value,
        "sign": partial(unit_sign, seen.lang),
        "link": seen.link,
        "asset": asset_url,
        "here": request.url.path,
        "address": str(request.url.include_query_params(lang="LANG")).replace(str(request.base_url), "/"),
        "city_name": door.city.name,
        "layout": "panel.html" if seen.panel else "page.html",
        **context,
    }
    text = _templates.get_template(template).render(said)
    headers = {"Vary": "HX-Target, Cookie"}
    return HTMLResponse(text, status, headers)


def tell_problem(view: View, problem: Problem | None) -> dict[str, str]:
    """What is wrong and what to do next, as a form's template names them; empty where nothing is."""
    if problem is None:
        return {"message": "", "hint": "", "code": "", "at": ""}
    return {
        "message": problem.message(view.lang),
        "hint": problem.hint(view.lang),
        "code": problem.code,
        "at": problem.file or "",
    }


def form_status(problem: Problem | None) -> int:
    """The answer's status for a form that is shown again: 413 where what it brought is too large."""
    return 200 if problem is None else 413 if problem.code == "WEB-041" else 400


def render_problem(request: Request, problem: Problem, status: int) -> HTMLResponse:
    """A page that says what is wrong and what to do next."""
    view = read_view(request)
    context = {"problem": problem, **tell_problem(view, problem)}
    return render_page(request, "problem.html", context, view=view, status=status)


def english_or(figure_title: str, title_en: str, lang: str) -> str:
    """A title in the reader's language, where the pack has it."""
    return title_en if lang == "en" and title_en else figure_title
