"""A report as JSON, and back: what is sent to other systems, and what a signed edition keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from wangdi.catalog.figures import ToldFigure
from wangdi.reports.writing.exhibits import figures_of
from wangdi.reports.writing.model import (
    AreaTable,
    Goal,
    ItemTable,
    Month,
    Paragraph,
    Picture,
    Piece,
    Report,
    Section,
    Sentence,
)


def tell_report(report: Report) -> dict[str, Any]:
    """The report: each figure once, and the pieces of each sentence with the number of theirs."""
    figures = list(dict.fromkeys((*report.figures(), *figures_of(report))))
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
        "day": report.day.isoformat() if report.day is not None else "",
        "level": report.level,
        "pictures": [_tell_picture(one, numbers) for one in report.pictures],
        "tables": [_tell_table(one, numbers) for one in report.tables],
        "lists": [
            {"plan": one.plan, "rows": [[_tell_piece(cell, numbers) for cell in row] for row in one.rows]}
            for one in report.lists
        ],
        "figures": [asdict(figure) for figure in figures],
    }


def _tell_sentence(sentence: Sentence, numbers: Mapping[ToldFigure, int]) -> dict[str, Any]:
    pieces = [_tell_piece(piece, numbers) for piece in sentence.pieces]
    return {"id": sentence.id, "text": sentence.text, "free": sentence.free, "pieces": pieces}


def _tell_piece(piece: Piece, numbers: Mapping[ToldFigure, int]) -> dict[str, Any]:
    figure = {} if piece.figure is None else {"figure": numbers[piece.figure]}
    return {"text": piece.text} | figure | ({"page": piece.page} if piece.page else {})


def _tell_picture(picture: Picture, numbers: Mapping[ToldFigure, int]) -> dict[str, Any]:
    return {
        "programme": picture.programme,
        "areas": [numbers[one] for one in picture.areas],
        "months": [[_number(one.now, numbers), _number(one.before, numbers)] for one in picture.months],
        "goal": None if picture.goal is None else asdict(picture.goal),
    }


def _tell_table(table: AreaTable, numbers: Mapping[ToldFigure, int]) -> dict[str, Any]:
    rows = [[_number(cell, numbers) for cell in row] for row in table.rows]
    return {"programme": table.programme, "title": table.title, "rows": rows}


def _number(figure: ToldFigure | None, numbers: Mapping[ToldFigure, int]) -> int | None:
    return None if figure is None else numbers[figure]


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
    return Report(
        **head,
        sections=sections,
        notes=tuple(told["notes"]),
        day=date.fromisoformat(told["day"]) if told.get("day") else None,
        level=told.get("level", ""),
        pictures=tuple(_read_picture(one, figures) for one in told.get("pictures", ())),
        tables=tuple(_read_table(one, figures) for one in told.get("tables", ())),
        lists=tuple(
            ItemTable(one["plan"], tuple(tuple(_read_piece(cell, figures) for cell in row) for row in one["rows"]))
            for one in told.get("lists", ())
        ),
    )


def _read_picture(told: Mapping[str, Any], figures: list[ToldFigure]) -> Picture:
    return Picture(
        told["programme"],
        tuple(figures[one] for one in told["areas"]),
        tuple(Month(_figure(now, figures), _figure(before, figures)) for now, before in told["months"]),
        None if told["goal"] is None else _read_goal(told["goal"]),
    )


def _read_goal(told: Mapping[str, Any]) -> Goal:
    return Goal(**{**told, "owners": tuple(told.get("owners", ()))})


def _read_table(told: Mapping[str, Any], figures: list[ToldFigure]) -> AreaTable:
    rows = tuple(tuple(_figure(cell, figures) for cell in row) for row in told["rows"])
    return AreaTable(told["programme"], told["title"], rows)


def _figure(number: int | None, figures: list[ToldFigure]) -> ToldFigure | None:
    return None if number is None else figures[number]


def _read_sentence(told: Mapping[str, Any], figures: list[ToldFigure]) -> Sentence:
    return Sentence(told["id"], tuple(_read_piece(one, figures) for one in told["pieces"]), told["free"])


def _read_piece(told: Mapping[str, Any], figures: list[ToldFigure]) -> Piece:
    figure = figures[told["figure"]] if "figure" in told else None
    return Piece(told["text"], figure, page=told.get("page", ""))
