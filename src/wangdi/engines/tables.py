"""The table of a form: how a pack's form stands in segments and in an engine's relations."""

from __future__ import annotations

from wangdi.catalog.tables import FormTable, form_table
from wangdi.language.model import Form


def table_of(form: Form) -> FormTable:
    """Columns and types of a form's facts. Identifying fields of a form that is not itself identifying are left out:
    they go to the registration.
    """
    fields = [(field.name, field.type) for field in form.fields.values() if form.identifying or not field.identifying]
    return form_table(form.full_name, fields, identifying=form.identifying)
