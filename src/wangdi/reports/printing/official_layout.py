"""The layout of official documents, which both writers of a report follow.

Rule: GB/T 9704—2012: A4 with a type area of 156 × 225 mm, 22 lines of 28 characters; title in 小标宋 of size 二号; headings in 黑体
and 楷体, body in 仿宋, all of 三号; page numbers of 四号 between dashes, on the outer side, 7 mm below the type area.
"""

from __future__ import annotations

WIDTH, HEIGHT = 210, 297
TOP, LEFT, RIGHT, BOTTOM = 37, 28, 26, 35
NUMBER_BELOW = 7
"""Units: millimetres."""
LINES, CHARACTERS = 22, 28
TITLE_SIZE, BODY_SIZE, NUMBER_SIZE, CAPTION_SIZE, TABLE_SIZE = 22, 16, 14, 12, 9
"""Units: points."""
TITLE_CHARACTERS = 20
"""Of a line of the title."""
TITLE_HEIGHT = 1.6
"""Of a line of the title, in its size."""
FIGURE_WIDTHS = (48, 22, 20, 20, 20, 20, 46, 20, 16)
"""The columns of the table of figures, on a page across. Units: millimetres."""
ITEM_WIDTHS = (46, 18, 20, 26, 18, 28)
"""The columns of the table of a plan's items. Units: millimetres."""
AREA_WIDTH = 36
"""The first column of a table by area. Units: millimetres."""
TYPE_WIDTH, TYPE_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
