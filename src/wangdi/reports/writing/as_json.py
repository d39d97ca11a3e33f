"""A report as JSON, and back: what is sent to other systems, and what a signed edition keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from wangdi.catalog.figures import ToldFigure
from wangdi.reports.writing.model import Paragraph, Piece, Report, Section, Sentence


def tell_report(report: Report) -> dict[str, Any]:
    """The report: each figure once, and the pieces of each sentence with the number of theirs."""
    figures = report.figures()
    numbers = {figure: number for number, figure in enumerate(figures)}
    return {
        "title": report.title,
        "template": report.template,
        "period": report.period,
        "known": report.known,
        "snapshot": report.snapshot,
        "sections": [
            {
                "id": section.id,
                "heading": section.heading,
                "paragraphs": [
                    {
                        "id": one.id,
                        "heading": one.heading,
                        "sentences": [_tell_sentence(sentence, numbers) for sentence in one.sentences],
                    }
                    for one in section.paragraphs
                ],
            }
            for section in report.sections
        ],
        "notes": list(report.notes),
        "figures": [asdict(figure) for figure in figures],
    }


def _tell_sentence(sentence: Sentence, numbers: Mapping[ToldFigure, int]) -> dict[str, Any]:
    pieces = [
        {"text": piece.text} | ({} if piece.figure is None else {"figure": numbers[piece.figure]})
        for piece in sentence.pieces
    ]
    return {"id": sentence.id, "text": sentence.text, "free": sentence.free, "pieces": pieces}


def read_report(told: Mapping[str, Any]) -> Report:
    """The report that :func:`tell_report` told."""
    figures = [ToldFigure(**one) for one in told["figures"]]
    sections = tuple(
        Section(
            section["id"],
            section["heading"],
            tuple(
                Paragraph(one["id"], one["heading"], tuple(_read_sentence(each, figures) for each in one["sentences"]))
                for one in section["paragraphs"]
            ),
        )
        for section in told["sections"]
    )
    head = {name: told[name] for name in ("title", "template", "period", "known", "snapshot")}
    return Report(**head, sections=sections, notes=tuple(told["notes"]))


def _read_sentence(told: Mapping[str, Any], figures: list[ToldFigure]) -> Sentence:
    pieces = (Piece(one["text"], figures[one["figure"]] if "figure" in one else None) for one in told["pieces"])
    return Sentence(told["id"], tuple(pieces), told["free"])
