"""Bindings, values and cross-footing of a return, as pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.workbooks import make_workbook, two_row_template
from wangdi.catalog.figures import ToldFigure
from wangdi.returns.binding import carry_bindings, check_binding, check_bindings
from wangdi.returns.crossfooting import DIFFERS, HOLDS, OPEN, Nesting, check_formulas, check_values
from wangdi.returns.labels import find_labels
from wangdi.returns.model import (
    COMPUTED,
    FIGURE,
    REPORTED,
    SUM,
    TEXT,
    Binding,
    Checked,
    Override,
    Place,
    Template,
    Value,
    read_binding,
    read_number,
    write_binding,
)
from wangdi.returns.proposing import Vocabulary, propose_bindings
from wangdi.returns.valuing import Given, compute_values, evaluate_formulas, round_exact
from wangdi.returns.workbooks import open_template

TOWNS = {"甲镇": "A", "乙镇": "B"}


def at(cell: str, sheet: str = "表1") -> Place:
    letter, row = cell[0], int(cell[1:])
    return Place(sheet, row, ord(letter) - ord("A") + 1)


def figure(numerator: float, denominator: float | None, **more: Any) -> ToldFigure:
    return replace(
        ToldFigure(
            "i", "题", "A", "甲镇", "2025", numerator, denominator, 100.0, "percent", "people", "", "", "2017", 9
        ),
        **more,
    )


def template(data: bytes | None = None) -> Template:
    return open_template(data or two_row_template(), "表.xlsx")


def values_of(
    bound: Mapping[str, Binding],
    figures: Mapping[tuple[str, str], ToldFigure],
    overrides: Mapping[str, Override] | None = None,
    shape: Template | None = None,
) -> dict[Place, Value]:
    given = Given(
        lambda one: figures.get((one.indicator, one.area)),
        {"period": "2025年", "organisation": "测试县", "date": "2026年1月5日"},
        {at(cell): one for cell, one in (overrides or {}).items()},
    )
    return compute_values(shape or template(), {at(cell): one for cell, one in bound.items()}, given)


NEST = Nesting(lambda area: {"A": ["W"], "B": ["W"]}.get(area, []), lambda whole, part: {"A", "B"})


def states(checks: list[Checked]) -> dict[tuple[str, str], str]:
    return {(one.kind, one.place.cell): one.state for one in checks}


# ---- values ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("exact", "decimals", "printed"),
    [
        (Fraction(1, 8), 2, "0.13"),
        (Fraction(-1, 8), 2, "-0.13"),
        (Fraction(326300, 3264), 2, "99.97"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(200, 3), 4, "66.6667"),
        (Fraction(0), 2, "0.00"),
        (Fraction(10**20), 0, str(10**20)),
    ],
)
def test_rounding_is_half_away_from_zero_on_the_exact_ratio(exact: Fraction, decimals: int, printed: str) -> None:
    assert str(round_exact(exact, decimals)) == printed


def test_parts_scale_and_decimals() -> None:
    told = {("i", "A"): figure(3263, 3264)}
    bound = {
        "B4": Binding(FIGURE, "i", "numerator", "A"),
        "C4": Binding(FIGURE, "i", "denominator", "A"),
        "D4": Binding(FIGURE, "i", "value", "A"),
        "E4": Binding(FIGURE, "i", "value", "A", scale="1", decimals=4),
        "F4": Binding(FIGURE, "i", "numerator", "A", scale="0.0001", decimals=2),
        "G4": Binding(TEXT, text="period"),
    }
    printed = {place.cell: one.printed for place, one in values_of(bound, told).items()}
    assert {cell: str(value) for cell, value in printed.items()} == {
        "B4": "3263", "C4": "3264", "D4": "99.97", "E4": "0.9997", "F4": "0.33", "G4": "2025年",
    }  # fmt: skip


def test_a_cell_that_shows_per_cent_itself_holds_the_plain_ratio() -> None:
    def draw(book: Any, sheet: Any) -> None:
        sheet.write("A1", "甲")
        sheet.write_blank("B1", None, book.add_format({"border": 1, "num_format": "0.0%"}))

    found = values_of(
        {"B1": Binding(FIGURE, "i", "value", "A")}, {("i", "A"): figure(1, 3)}, shape=template(make_workbook(draw))
    )
    assert found[at("B1")].printed == Decimal("0.333")


@pytest.mark.parametrize(
    ("told", "note"),
    [
        (None, "RETURN-050"),
        (figure(0, None, denominator_kind="population"), "RETURN-051"),
        (figure(0, 0), "RETURN-052"),
    ],
)
def test_no_figure_is_an_empty_cell_with_its_reason(told: ToldFigure | None, note: str) -> None:
    figures = {} if told is None else {("i", "A"): told}
    found = values_of({"D4": Binding(FIGURE, "i", "value", "A")}, figures)
    assert (found[at("D4")].printed, found[at("D4")].note) == (None, note)


def test_what_has_no_denominator_is_a_count() -> None:
    found = values_of(
        {"B4": Binding(FIGURE, "i", "value", "A")}, {("i", "A"): figure(12, None, denominator_kind="none")}
    )
    assert found[at("B4")].printed == Decimal(12)


def test_sums_add_what_is_printed_in_whatever_order_they_stand() -> None:
    told = {("i", "A"): figure(10, 20), ("i", "B"): figure(5, 9)}
    bound = {
        "B4": Binding(FIGURE, "i", "numerator", "A"),
        "B5": Binding(FIGURE, "i", "numerator", "B"),
        "B6": Binding(SUM, over="B4:B5"),
        "A9": Binding(SUM, over="B6,C6"),
        "C6": Binding(SUM, over="C4:C5"),
    }
    found = values_of(bound, told, {"B5": Override("7", REPORTED, "系统外2人")})
    assert found[at("B6")].printed == Decimal(17)
    assert found[at("A9")].printed == Decimal(17)
    assert found[at("C6")].printed is None, "nothing was added: not 0"


def test_both_values_are_kept_and_one_is_chosen() -> None:
    bound = {"B4": Binding(FIGURE, "i", "numerator", "A")}
    told = {("i", "A"): figure(10, 20)}
    reported = values_of(bound, told, {"B4": Override("1,234", REPORTED, "理由")})[at("B4")]
    assert (reported.computed, reported.printed) == (Decimal(10), Decimal(1234))
    kept = values_of(bound, told, {"B4": Override("12", COMPUTED, "理由")})[at("B4")]
    assert (kept.printed, kept.reported) == (Decimal(10), Decimal(12))
    nothing = values_of(bound, told, {"B4": Override("0", REPORTED, "理由")})[at("B4")]
    assert nothing.printed == Decimal(0), "nought is a value"


@pytest.mark.parametrize("text", ["", "甲", "nan", "inf", "1e99", "--1"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) is None


# ---- cross-footing -----------------------------------------------------------------------------------------------------
def two_towns(whole: tuple[float, float] = (15, 29)) -> tuple[dict[str, Binding], dict[tuple[str, str], ToldFigure]]:
    bound = {}
    for row, area in ((4, "A"), (5, "B"), (6, "W")):
        for letter, part in (("B", "numerator"), ("C", "denominator"), ("D", "value")):
            bound[f"{letter}{row}"] = Binding(FIGURE, "i", part, area)  # type: ignore[arg-type]
    return bound, {("i", "A"): figure(10, 20), ("i", "B"): figure(5, 9), ("i", "W"): figure(*whole)}


def test_a_whole_is_the_sum_of_its_parts_and_a_rate_its_counts() -> None:
    checks = check_values(template(), values_of(*two_towns()), NEST)
    assert states(checks) == {
        ("whole", "B6"): HOLDS, ("whole", "C6"): HOLDS,
        ("rate", "D4"): HOLDS, ("rate", "D5"): HOLDS, ("rate", "D6"): HOLDS,
    }  # fmt: skip


def test_what_does_not_add_up_is_told_with_what_it_should_be() -> None:
    bound, told = two_towns((16, 29))
    checks = check_values(template(), values_of(bound, told, {"B5": Override("6", REPORTED, "x")}), NEST)
    found = states(checks)
    assert found["whole", "B6"] == HOLDS, "5 reported as 6 makes 16"
    assert found["rate", "D5"] == DIFFERS
    wrong = next(one for one in checks if one.state == DIFFERS)
    assert (wrong.place.cell, wrong.found, wrong.expected) == ("D5", "55.56", "66.67")
    checks = check_values(template(), values_of(bound, told), NEST)
    assert [(one.found, one.expected) for one in checks if one.state == DIFFERS] == [("16", "15")]


def test_of_a_line_that_leaves_an_area_out_nothing_is_expected() -> None:
    bound, told = two_towns()
    for cell in ("B5", "C5", "D5"):
        del bound[cell]
    assert [one for one in check_values(template(), values_of(bound, told), NEST) if one.kind == "whole"] == []


def test_levels_are_summed_apart() -> None:
    """Townships and, below them, institutions: each comes to the whole, not both together."""
    bound, told = two_towns()
    bound = {cell: one for cell, one in bound.items() if cell[0] == "B"}
    bound |= {f"B{row}": Binding(FIGURE, "i", "numerator", area) for row, area in ((7, "O1"), (8, "O2"))}
    told |= {("i", "O1"): figure(8, 20), ("i", "O2"): figure(7, 9)}
    nesting = Nesting(
        lambda area: [] if area == "W" else ["W"],
        lambda _, part: {"O1", "O2"} if part.startswith("O") else {"A", "B"},
    )
    checks = check_values(template(), values_of(bound, told), nesting)
    assert [(one.kind, one.state, one.expected) for one in checks] == [("whole", HOLDS, "15"), ("whole", HOLDS, "15")]


def test_areas_may_stand_beside_one_another() -> None:
    bound = {
        "B4": Binding(FIGURE, "i", "numerator", "W"),
        "C4": Binding(FIGURE, "i", "numerator", "A"),
        "D4": Binding(FIGURE, "i", "numerator", "B"),
    }
    told = {("i", "A"): figure(10, 20), ("i", "B"): figure(5, 9), ("i", "W"): figure(14, 29)}
    (found,) = check_values(template(), values_of(bound, told), NEST)
    assert (found.state, found.expected, found.args["way"]) == (DIFFERS, "15", "row")


def test_an_empty_part_leaves_the_test_open() -> None:
    bound, told = two_towns()
    told[("i", "B")] = figure(5, None, denominator_kind="population")
    found = states(check_values(template(), values_of(bound, told), NEST))
    assert found["whole", "C6"] == OPEN
    assert found["rate", "D5"] == OPEN


def test_a_sum_that_somebody_reported_otherwise_differs() -> None:
    bound, told = two_towns()
    bound = {**bound, "B6": Binding(SUM, over="B4:B5")}
    found = check_values(template(), values_of(bound, told, {"B6": Override("99", REPORTED, "x")}), NEST)
    assert next(one for one in found if one.kind == "sum").state == DIFFERS


# ---- formulas ----------------------------------------------------------------------------------------------------------
def evaluate(*formulas: str, filled: Mapping[str, Decimal] | None = None) -> list[tuple[str | None, str]]:
    """What formulas in column A come to beside numbers 3, 4 and an empty cell in B1 to B3."""

    def draw(book: Any, sheet: Any) -> None:
        sheet.write_column("B1", [3, 4])
        sheet.write("C1", "字")
        for row, formula in enumerate(formulas):
            sheet.write_formula(row, 0, f"={formula}")

    shape = template(make_workbook(draw))
    bound = {at(cell): Value(at(cell), Binding(TEXT), number) for cell, number in (filled or {}).items()}
    found = evaluate_formulas(shape, bound)
    return [(None if one.value is None else str(one.value), one.open_at) for _, one in sorted(found.items())]


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("SUM(B1:B3)", "7"), ("SUM(B1,B2,10)", "17"), ("B1+B2*2", "11"), ("(B1+B2)*2", "14"), ("-B1^2", "9"), ("B2/B1*3", "4"),
        ("ROUND(B1/B2*100,2)", "75.00"), ("ROUND(0.125,2)", "0.13"), ("IF(B3=0,\"\",1/B3)", ""), ("IFERROR(B1/B3,0)", "0"),
        ("AVERAGE(B1:B3)", "3.5"), ("MAX(B1:B2)-MIN(B1:B2)", "1"), ("表1!B1+$B$2", "7"), ("50%", "0.5"), ("ABS(-B1)", "3"),
        ("COUNT(B1:C3)", "2"), ("B1>B2", "0"), ("\"共\"&B1", "共3"), ("IF(B1<B2,IF(B1<>3,1,2),3)", "2"), ("SUM(B1:C1)", "3"),
    ],
)  # fmt: skip
def test_formulas_come_to_what_a_spreadsheet_shows(formula: str, value: str) -> None:
    ((found, open_at),) = evaluate(formula)
    assert open_at == ""
    assert found is not None
    assert found == value or Decimal(found) == Decimal(value)


@pytest.mark.parametrize(
    "formula",
    [
        "VLOOKUP(B1,B1:C2,2)",
        "B:B",
        "'[1]Sheet1'!A1",
        "别的!A1",
        "名称",
        "B1/B3",
        "A1",
        "B1:B2+1",
        "C1+1",
        "1E400*1",
        "(" * 200 + "1" + ")" * 200,
    ],
)
def test_what_is_not_evaluated_is_said_and_not_guessed(formula: str) -> None:
    ((found, open_at),) = evaluate(formula)
    assert found is None
    assert open_at


def test_formulas_read_what_is_filled_and_one_another() -> None:
    assert evaluate("SUM(B1:B2)", "A1*10", filled={"B1": Decimal(5)}) == [("9", ""), ("90", "")]


def test_a_chain_of_formulas_ends() -> None:
    chain = [f"A{row + 2}+1" for row in range(300)]
    assert all(open_at for _, open_at in evaluate(*chain)[:100])


def test_a_chain_of_formulas_in_brackets_is_no_crash() -> None:
    deep = [f"{'(' * 30}A{row + 2}{')' * 30}+1" for row in range(100)]
    assert all(open_at for _, open_at in evaluate(*deep)[:90])
    assert evaluate(f"{'(' * 30}B1{')' * 30}") == [("3", "")]


def test_formulas_are_told_among_the_tests() -> None:
    def draw(_: Any, sheet: Any) -> None:
        sheet.write_formula("A1", "=1+1")
        sheet.write_formula("A2", "=NOW()")

    shape = template(make_workbook(draw))
    assert states(check_formulas(evaluate_formulas(shape, {}))) == {("formula", "A1"): HOLDS, ("formula", "A2"): OPEN}


# ---- bindings ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cell", "binding", "code"),
    [
        ("B4", Binding(FIGURE, "i", "value", "A"), ""),
        ("B4", Binding(SUM, over="B5:B6"), ""),
        ("A1", Binding(TEXT, text="period"), ""),
        ("Z99", Binding(FIGURE, "i", "value", "A"), "RETURN-010"),
        ("C2", Binding(FIGURE, "i", "value", "A"), "RETURN-012"),
        ("A4", Binding(FIGURE, "i", "value", "A"), "RETURN-013"),
        ("B4", Binding(SUM, over="B4:B6"), "RETURN-014"),
        ("B4", Binding(SUM, over="B:B"), "RETURN-014"),
        ("B4", Binding(SUM, over="别的!B5"), "RETURN-014"),
        ("B4", Binding(SUM, over="A1:XFD1048576"), "RETURN-014"),
        ("B4", Binding(TEXT, text="weather"), "RETURN-015"),
        ("B4", Binding(FIGURE, "i", "value", "A", scale="0"), "RETURN-016"),
        ("B4", Binding(FIGURE, "i", "value", "A", scale="1e9"), "RETURN-016"),
        ("B4", Binding(FIGURE, "i", "value", "A", decimals=11), "RETURN-016"),
        ("B4", Binding(FIGURE, "i", "half", "A"), "RETURN-016"),  # type: ignore[arg-type]
    ],
)
def test_a_binding_is_checked_by_itself(cell: str, binding: Binding, code: str) -> None:
    problem = check_binding(template(), at(cell), binding)
    assert (problem.code if problem else "") == code


def test_a_formula_is_not_bound() -> None:
    shape = template(make_workbook(lambda _, sheet: sheet.write_formula("A1", "=1")))
    problem = check_binding(shape, at("A1"), Binding(TEXT, text="period"))
    assert problem is not None
    assert problem.code == "RETURN-011"


def test_sums_that_add_one_another_are_found() -> None:
    bound = {at("B4"): Binding(SUM, over="B5"), at("B5"): Binding(SUM, over="B4"), at("B6"): Binding(SUM, over="C4")}
    assert [(place.cell, one.code) for place, one in check_bindings(template(), bound)] == [
        ("B4", "RETURN-014"),
        ("B5", "RETURN-014"),
    ]


def test_bindings_are_carried_where_words_and_place_agree() -> None:
    old = template()
    bound = {
        place: Binding(FIGURE, "i", "numerator", "A", labels=find_labels(old, place))
        for place in (at("B4"), at("B5"), at("E4"))
    }
    carried = carry_bindings(bound, template(two_row_template(("甲镇", "丙镇"))))
    assert sorted(place.cell for place in carried.kept) == ["B4", "E4"]
    assert [(place.cell, one.code) for place, one in carried.lost] == [("B5", "RETURN-017")]
    less = carry_bindings(bound, template(two_row_template(())))
    assert {one.code for _, one in less.lost} >= {"RETURN-010"}


def test_a_binding_is_kept_and_read_again() -> None:
    binding = Binding(FIGURE, "i", "numerator", "A", "0.01", 3, labels=("甲", "乙"))
    assert read_binding(write_binding(binding)) == binding


# ---- proposals ---------------------------------------------------------------------------------------------------------
NAMES = {"高血压患者规范管理率": "htn_std", "管理人群血压控制率": "htn_ctrl"}
WORDS = Vocabulary(
    lambda text, counted: [(NAMES[text], "value")] if text in NAMES and not counted else [],
    lambda text: TOWNS.get(text),
    "W",
)


def test_headings_become_bindings() -> None:
    found = {one.place.cell: one.binding for one in propose_bindings(template(), (), WORDS)}
    assert len(found) == 18
    assert found["B4"] == Binding(FIGURE, "htn_std", "numerator", "A", labels=("甲镇", "高血压患者规范管理率", "分子"))
    told = found["G6"]
    assert told is not None
    assert (told.indicator, told.part, told.area) == ("htn_ctrl", "value", "W")
    left = propose_bindings(template(), [at("B4")], WORDS)
    assert "B4" not in {one.place.cell for one in left}


def test_who_fills_it_and_when_is_understood_by_the_words_before_the_cell() -> None:
    def draw(book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:B1", "填报单位：", None)
        sheet.write("D1", "报告期:")
        sheet.write("A2", "填表人：　　审核人：")
        sheet.write_row("D2", ["填报日期：", "已填"])
        sheet.write("F2", "所属期")

    found = {one.place.cell: one.binding for one in propose_bindings(template(make_workbook(draw)), (), WORDS)}
    told = {cell: (one.kind, one.text) for cell, one in found.items() if one is not None}
    assert told == {"C1": (TEXT, "organisation"), "E1": (TEXT, "period")}


def test_what_is_not_understood_is_named_and_not_proposed() -> None:
    found = {one.place.cell: one for one in propose_bindings(template(two_row_template(("甲镇", "某某镇"))), (), WORDS)}
    assert found["B4"].binding is not None
    assert found["B5"].binding is None
    assert found["B5"].left == ("某某镇",)


def test_indicators_may_stand_in_rows() -> None:
    def draw(book: Any, sheet: Any) -> None:
        box = book.add_format({"border": 1})
        sheet.write_row("A1", ["指标", "序号", "甲镇", "合计"], box)
        for row, name in enumerate(("一、高血压患者规范管理率", "2.管理人群血压控制率"), start=1):
            sheet.write_row(row, 0, [name, row], box)
            for column in (2, 3):
                sheet.write_blank(row, column, None, box)

    found = {one.place.cell: one.binding for one in propose_bindings(template(make_workbook(draw)), (), WORDS)}
    told = {cell: (one.indicator, one.area) for cell, one in found.items() if one is not None}
    assert told == {"C2": ("htn_std", "A"), "D2": ("htn_std", "W"), "C3": ("htn_ctrl", "A"), "D3": ("htn_ctrl", "W")}
