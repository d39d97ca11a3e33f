"""Setting a long report as PDF and as a Word file: a dozen programmes with pictures and tables of twenty areas."""

from __future__ import annotations

from datetime import date

from bench.measuring import measure, tell
from wangdi.catalog.figures import ToldFigure
from wangdi.core.periods import Period, parse_period
from wangdi.reports.writing.composing import compose_report
from wangdi.reports.writing.model import Commission, Goal, Material, Programme, Report
from wangdi.reports.writing.rendered_docx import render_document
from wangdi.reports.writing.rendered_pdf import render_pdf

PROGRAMMES, INDICATORS, AREAS = 12, 4, 20
PDF_SECONDS, WORD_SECONDS = 3.0, 5.0
"""Of processor time."""
PAGES = "http://127.0.0.1:8000"


def bench_printing() -> bool:
    """How long a report's files take once its figures are known."""
    report = _compose()
    printed, cost = measure(lambda: render_pdf(report, PAGES), runs=3)
    good = tell("report: PDF", cost.cpu, PDF_SECONDS, "cpu s", f"{len(printed) / 1e3:.0f} kB, {cost.wall:.2f} s wall")
    printed, cost = measure(lambda: render_document(report, PAGES), runs=3)
    good &= tell(
        "report: Word file", cost.cpu, WORD_SECONDS, "cpu s", f"{len(printed) / 1e3:.0f} kB, {cost.wall:.2f} s wall"
    )
    return good


def _compose() -> Report:
    period = parse_period("2025")
    assert isinstance(period, Period)
    programmes = [_programme(number) for number in range(PROGRAMMES)]
    day = date(2026, 1, 20)
    return compose_report(
        Commission("work-report", "试验县", period, "township", tuple(programmes), 1000, "1000-bench", day, {})
    )


def _programme(number: int) -> Programme:
    named = [f"programme_{number}_{place}" for place in range(INDICATORS)]
    sentences = tuple(f"全县第{number + 1}项第{place + 1}率达{{{name}}}。" for place, name in enumerate(named))
    materials = {name: _material(name, number, place) for place, name in enumerate(named)}
    return Programme(f"programme_{number}", f"第{number + 1}项服务", sentences, materials)


def _material(name: str, number: int, place: int) -> Material:
    title = f"第{number + 1}项第{place + 1}率"
    counts = [400 + (area * 37 + number * 11 + place * 5) % 500 for area in range(AREAS)]
    areas = tuple(
        _figure((name, title), (f"9901010{area:02}000", f"第{area + 1}镇"), "2025", (count, 1000))
        for area, count in enumerate(counts)
    )
    whole = ("990101000000", "试验县")
    return Material(
        _figure((name, title), whole, "2025", (sum(counts), 1000 * AREAS)),
        _figure((name, title), whole, "2024", (sum(counts) - 300, 1000 * AREAS)),
        areas,
        Goal(">=", 70),
        people=True,
    )


def _figure(indicator: tuple[str, str], area: tuple[str, str], period: str, counted: tuple[int, int]) -> ToldFigure:
    return ToldFigure(
        indicator=indicator[0],
        title=indicator[1],
        area=area[0],
        area_name=area[1],
        period=period,
        numerator=float(counted[0]),
        denominator=float(counted[1]),
        per=100,
        unit="percent",
        denominator_kind="people",
        base="应服务人数",
        population_source="",
        edition="nbphs-2017",
        known=1000,
    )
