"""The exact way through text that is not one row a line."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from wangdi.collect.exact import LONGEST_RECORD, ExactReader


def _read(text: str, columns: int = 2, *, cuts: int = 1) -> tuple[list[tuple[int, list[str]]], list[tuple[int, str]]]:
    reader = ExactReader(1, "f.csv", ",", columns)
    lines = text.splitlines(keepends=True)
    size = max(1, -(-len(lines) // cuts))
    rows = []
    for start in range(0, len(lines), size):
        rows += [
            (row.line, list(row.cells))
            for row in reader.read("".join(lines[start : start + size]), start + 1, last=False)
        ]
    rows += [(row.line, list(row.cells)) for row in reader.read("", 0, last=True)]
    return rows, [(problem.line or 0, problem.code) for problem in reader.refused]


def test_quoted_line_ends_blank_lines_and_widths_keep_their_lines() -> None:
    rows, refused = _read('a,b\n"c\nd",e\n\n , \nf,g,h\ni\nj,k,,\n')
    assert rows == [(1, ["a", "b"]), (2, ["c\nd", "e"]), (8, ["j", "k"])]
    assert refused == [(6, "FILE-010"), (7, "FILE-010")]


def test_a_row_cut_by_the_end_of_a_chunk_is_finished_with_the_next() -> None:
    text = 'a,"b\nc\nd"\ne,f\n'
    assert _read(text, cuts=1) == _read(text, cuts=3) == ([(1, ["a", "b\nc\nd"]), (4, ["e", "f"])], [])


def test_a_quotation_mark_never_closed_costs_one_row_only() -> None:
    rows, refused = _read('a,b\n"c,d\ne,f\ng,h\n')
    assert refused == [(2, "FILE-011")]
    assert rows == [(1, ["a", "b"]), (3, ["e", "f"]), (4, ["g", "h"])]


def test_nul_and_huge_rows_are_refused_alone() -> None:
    rows, refused = _read("a,b\x00\n" + "x" * (LONGEST_RECORD + 1) + ",y\nc,d\n")
    assert refused == [(1, "FILE-012"), (2, "FILE-013")]
    assert rows == [(3, ["c", "d"])]


@given(
    st.lists(st.tuples(st.text('ab,"\n;张', max_size=6), st.text('ab,"\n;张', max_size=6)), max_size=12),
    st.integers(1, 5),
)
def test_what_csv_writes_is_read_back_wherever_it_is_cut(rows: list[tuple[str, str]], cuts: int) -> None:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows(rows)
    text = target.getvalue()
    lines, refused = _read(text, cuts=cuts)
    assert not refused
    assert [tuple(cells) for _, cells in lines] == [row for row in rows if any(cell.strip() for cell in row)]
    starts = text.split("\n")
    assert all(starts[line - 1] != "" for line, _ in lines)
