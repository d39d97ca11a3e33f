"""Headings with their numbers, as official documents have them: 一、 for a section, （一） for a paragraph."""

from __future__ import annotations

from collections.abc import Iterator

from wangdi.reports.printing.official_layout import TITLE_CHARACTERS
from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.text.numerals import to_hanzi
from wangdi.reports.writing.model import Paragraph, Report, Section

_LATIN = 0x2000
Headed = tuple[str, Section, list[tuple[str, Paragraph]]]


def number_headings(report: Report) -> Iterator[Headed]:
    """Every section with its heading and those of its paragraphs; empty where there is none."""
    number = 0
    for section in report.sections:
        number += bool(section.heading)
        heading = f"{to_hanzi(number)}、{section.heading}" if section.heading else ""
        yield heading, section, list(_number_paragraphs(section))


def _number_paragraphs(section: Section) -> Iterator[tuple[str, Paragraph]]:
    number = 0
    for one in section.paragraphs:
        number += bool(one.heading)
        yield (f"（{to_hanzi(number)}）{one.heading}。" if one.heading else ""), one


def title_lines(report: Report) -> list[str]:
    """The title in one line, or where it is longer cut between what it is of and what it is.

    Rule: a line of a title is not broken within a word (GB/T 9704—2012, 7.3.1).
    """
    what = load_lexicon("writing")["titles"].get(report.template, "").rpartition("}")[2]
    whose = report.title.removesuffix(what)
    wide = sum(1 if ord(one) > _LATIN else 0.5 for one in report.title)
    return [whose, what] if what and whose and wide > TITLE_CHARACTERS else [report.title]
