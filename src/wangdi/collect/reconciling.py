"""Our counts held against those the owner of a form declares: what the upstream system says it sent, and what is here."""

from __future__ import annotations

from collections.abc import Mapping as Names
from dataclasses import dataclass

from wangdi.core.periods import parse_period
from wangdi.core.problem import Problem
from wangdi.engines.tables import table_of
from wangdi.language.model import Form
from wangdi.store.city import City
from wangdi.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One declared count and ours. Grain: one row per form, organisation and period. ``owner``: who keeps the form's record.

    Missing: ``declared`` is None where the owner declared nothing for a month we have records of.
    """

    form: str
    org: str
    period: str
    owner: str
    ours: int
    declared: int | None

    @property
    def difference(self) -> int | None:
        """Ours less the declared; None where nothing was declared."""
        return None if self.declared is None else self.ours - self.declared


def reconcile_counts(city: City, forms: Names[str, Form], known: int | None = None) -> list[Reconciled]:
    """Every declared count beside ours, then our months for which nothing was declared.

    Rule: a record counts for the organisation and the day it names, as it holds at ``known``; a period that contains others
    is held against their sum.
    """
    seq = city.seq_known(known)
    owners = {row.form: row.owner for row in city.form_owners(seq)}
    declared = city.declared_counts(seq)
    found: list[Reconciled] = []
    with city.workspace() as workspace:
        for name, form in sorted(forms.items()):
            months = count_months(city, workspace, form, seq)
            owner = owners.get(name, form.owner_default)
            asked = [(row.org, row.period, row.count) for row in declared if row.form == name]
            for org, period, count in asked:
                ours = sum(number for (who, month), number in months.items() if who == org and month in _months(period))
                found.append(Reconciled(name, org, period, owner, ours, count))
            covered = {(org, month) for org, period, _ in asked for month in _months(period)}
            found += [
                Reconciled(name, org, month, owner, number, None)
                for (org, month), number in sorted(months.items())
                if (org, month) not in covered
            ]
    return found


def count_months(city: City, workspace: Workspace, form: Form, known: int) -> dict[tuple[str, str], int]:
    """Records of a form by organisation and month (``2025-03``)."""
    facts = city.facts_sql(workspace, table_of(form), known)
    counted = workspace.rows(
        f"select org, strftime(occurred_on, '%Y-%m'), count(*) from ({facts}) where org is not null group by all"
    )
    return {(org, month): number for org, month, number in counted}


def _months(text: str) -> set[str]:
    period = parse_period(text)
    if isinstance(period, Problem):
        return set()
    first = period.start.year * 12 + period.start.month - 1
    last = period.end.year * 12 + period.end.month - 1
    return {f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, last + 1)}
