"""One call of ``collect_files`` while it lasts: what is asked, what is known, and what is staged so far."""

from __future__ import annotations

from collections.abc import Mapping as Names
from dataclasses import dataclass, field
from pathlib import Path

from wangdi.collect.mapping import Mapping, find_form
from wangdi.collect.plan import Columns, FormPlan, Setting, plan_form
from wangdi.collect.request import CollectRequest, FormCount
from wangdi.collect.staging import Stage, add_problems, name_source
from wangdi.core.problem import Problem
from wangdi.language.model import Pack
from wangdi.language.record import Cell
from wangdi.store.city import City
from wangdi.store.records import BatchFile, Original
from wangdi.store.writer import Writer


@dataclass(slots=True)
class Run:
    """The state all sources share. Lives as long as the writer and the workspace."""

    city: City
    packs: Names[str, Pack]
    request: CollectRequest
    mappings: Names[str, Mapping]
    writer: Writer
    stage: Stage
    files: list[BatchFile] = field(default_factory=list)
    loose: FormCount = field(default_factory=FormCount)
    """Rows that could not be given to any form."""

    def setting(self, pack: Pack) -> Setting:
        """What the pass needs to know beside mapping and form; the city's own parameters before the pack's."""
        values: dict[str, Cell] = {name: parameter.value for name, parameter in pack.parameters.items()}
        for row in self.city.parameter_overrides():
            if row.pack == pack.id and row.name in values and row.value is not None:
                values[row.name] = _like(values[row.name], row.value)
        request = self.request
        return Setting(self.city.salt, request.org, request.received_at, values, request.any_organisation)

    def plan(self, mapping: Mapping, columns: Columns) -> FormPlan:
        """A mapping over the columns of a file as SQL."""
        found = find_form(dict(self.packs), mapping.form)
        assert found is not None, "a mapping that was read names a form there is"
        pack, form = found
        return plan_form(pack, form, mapping, columns, self.setting(pack))

    def receive(self, path: Path, name: str, encoding: str = "") -> Original:
        """Keep the bytes as they came."""
        original = self.writer.add_original(path, name, self.request.org, self.request.received_at, encoding)
        name_source(self.stage, original.id, name)
        return original

    def note(self, *problems: Problem) -> None:
        """Keep problems with the batch."""
        add_problems(self.stage, problems)


def _like(old: Cell, text: str) -> Cell:
    """A city's own value of a parameter, in the type the pack gives it."""
    if isinstance(old, bool):
        return text == "true"
    return float(text) if isinstance(old, int | float) else text
