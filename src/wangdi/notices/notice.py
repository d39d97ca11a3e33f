"""A notice, the words it is told in, and which of them a receiver asked for.

No notice names a person: what people write freely (workplaces, notes, owners) has no place in one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from wangdi.notices.settings import BULLETIN, EVERYBODY, SIGNAL, TARGET, URGENT, Receiver


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told once. ``key``: what makes it the same; ``org``: which institution it is for, empty where there is
    none; ``unit``: of a target, who answers for it; ``path``: the page it leads to; ``words``: language -> what fills its text.
    """

    key: str
    kind: str
    org: str
    path: str
    words: Mapping[str, Mapping[str, str]]
    urgent: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """What is sent."""

    title: str
    body: str


def is_wanted(notice: Notice, receiver: Receiver) -> bool:
    """Whether a receiver asked for a notice of this kind, and it is theirs.

    Rule: bulletins are everybody's; a target is told to the responsible unit's receivers; what is nobody's goes to ``*``.
    """
    kinds = {notice.kind, URGENT} if notice.kind == SIGNAL and notice.urgent else {notice.kind}
    if not kinds & receiver.kinds:
        return False
    if notice.kind == BULLETIN or receiver.org == EVERYBODY:
        return True
    return notice.unit in receiver.units if notice.kind == TARGET else notice.org == receiver.org


@cache
def _load_texts(lang: str) -> Mapping[str, str]:
    text = files("wangdi.notices").joinpath("data", "texts.toml").read_text(encoding="utf-8")
    found: Mapping[str, str] = tomllib.loads(text)[lang]
    return found


def notice_word(lang: str, key: str) -> str:
    """One word of notices in a language."""
    return _load_texts(lang)[key]


def render_notice(notice: Notice, lang: str, link: str) -> Text:
    """A notice in a language; without a link where the city named no address of its pages."""
    texts, words = _load_texts(lang), notice.words[lang]
    name = "urgent" if notice.kind == SIGNAL and notice.urgent else notice.kind
    title = texts[f"{name}_title"].format_map(words)
    lines = [texts[f"{notice.kind}_body"].format_map(words)]
    if link:
        lines.append(f"{link}{notice.path}")
    return Text(title, "\n".join(lines))


def render_trial(lang: str, city: str) -> Text:
    """What ``wangdi notify test`` sends."""
    texts = _load_texts(lang)
    return Text(texts["trial_title"].format(city=city), texts["trial_body"].format(city=city))
