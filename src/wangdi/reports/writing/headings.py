"""Headings with their numbers, as official documents have them: 一、 for a section, （一） for a paragraph."""

from __future__ import annotations

from collections.abc import Iterator

from wangdi.reports.writing.model import Paragraph, Report, Section

_DIGITS = "零一二三四五六七八九"
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


def to_hanzi(number: int) -> str:
    """A number from 1 to 99 in Chinese: 十二, 二十."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十") + (_DIGITS[ones] if ones else "")
