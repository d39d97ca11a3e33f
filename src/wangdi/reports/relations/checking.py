"""Runs every search for relations over one text."""

from __future__ import annotations

from wangdi.reports.reading.claims import find_claims
from wangdi.reports.relations.comparisons import find_comparisons
from wangdi.reports.relations.ground import Ground, Relation
from wangdi.reports.relations.growth import find_growth
from wangdi.reports.relations.heads import find_heads
from wangdi.reports.relations.implied_wholes import find_implied_wholes
from wangdi.reports.relations.mortality import find_mortality
from wangdi.reports.relations.near_repeats import find_near_repeats
from wangdi.reports.relations.orders import find_orders
from wangdi.reports.relations.populations import find_populations
from wangdi.reports.relations.quotients import find_ratios
from wangdi.reports.relations.repeats import find_repeats
from wangdi.reports.relations.runs import find_runs
from wangdi.reports.relations.share_sums import find_share_sums
from wangdi.reports.relations.stocks import find_stocks
from wangdi.reports.relations.subsets import find_subsets
from wangdi.reports.relations.sums import find_sums
from wangdi.reports.relations.tabled import find_tabled_relations
from wangdi.reports.relations.unit_prices import find_unit_prices
from wangdi.reports.relations.wholes import find_wholes
from wangdi.reports.relations.wording import find_wording

SEARCHES = (
    find_sums,
    find_runs,
    find_wholes,
    find_ratios,
    find_heads,
    find_growth,
    find_orders,
    find_populations,
    find_mortality,
    find_repeats,
    find_near_repeats,
    find_wording,
    find_share_sums,
    find_comparisons,
    find_implied_wholes,
    find_unit_prices,
    find_tabled_relations,
    find_stocks,
    find_subsets,
)


def check_text(text: str) -> tuple[Ground, list[Relation]]:
    """The claims of a text and the relations between them, each once, in the order of their first claim.

    Rule: a relation is tested on intervals of displayed rounding; it fails only where no numbers that would be printed so fit.
    """
    ground = Ground(*find_claims(text))
    found: dict[tuple[str, tuple[int, ...]], Relation] = {}
    for search in SEARCHES:
        for one in search(ground):
            found.setdefault((one.relation, one.claims), one)
    return ground, sorted(found.values(), key=lambda one: (min(one.claims), one.relation, one.claims))
