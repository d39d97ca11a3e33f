"""The demo county's yearly return: the made-up workbook, kept and bound as somebody of the county would."""

from __future__ import annotations

from wangdi.app.link_decisions import By
from wangdi.app.return_tables import draw_example
from wangdi.app.returns import add_template, bind_cells, draft_bindings
from wangdi.language.library import Library
from wangdi.store.city import City

FILE, NAME = "yearly-return.xlsx", "年报"


def keep_demo_return(city: City, library: Library) -> int:
    """Write the workbook into the city's folder, keep it and bind what its headings say; answers how many cells are bound.

    Why last: what is accepted takes numbers in order, and the numbers of what came before are told in manuals.
    """
    path = city.folder / FILE
    path.write_bytes(draw_example(city, library))
    by = By("demo", "按表头草拟", city.acceptance(city.latest_seq())[0].accepted_at)
    add_template(city, NAME, path, by)
    proposals = draft_bindings(city, library, NAME)
    found = {str(one.place): one.binding for one in proposals if one.binding is not None}
    return len(bind_cells(city, library, NAME, found, by))
