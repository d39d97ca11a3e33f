"""Where a claim holds: the institution or area its paragraph names, else what the report speaks of."""

from __future__ import annotations

import re
from bisect import bisect_left

from wangdi.reports.text.layout import Layout

_SCOPE = re.compile(r"全(?:国|省|市|县|区|州|镇|乡|院|校|系统)|我(?:国|省|市|县|区|院|校)")
_PLACE = re.compile(
    r"(?<![\u4e00-\u9fff])(?![年全我各本])[\u4e00-\u9fff]{2,4}(?:省|市|县|区|州)(?=卫|20|[\dxX]{4}年|全)"
)
_FRONT = 400


class Regions:
    """The scopes a text names, asked by place."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.scopes = [(match.start(), match.group()) for match in _SCOPE.finditer(layout.text)]
        named = _PLACE.search(layout.text[:_FRONT])
        self.own = named.group() if named else self.scopes[0][1] if self.scopes else ""

    def at(self, place: int) -> str:
        """The last scope named in the paragraph before a place, else the report's own area, else nothing."""
        last = bisect_left(self.scopes, (place, "")) - 1
        if last >= 0 and self.scopes[last][0] >= self.layout.paragraph_at(place).start:
            return self.scopes[last][1]
        return self.own
