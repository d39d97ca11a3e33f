"""Which rows a programme judges: those of the form it classifies, or the things given in order."""

from __future__ import annotations

from wangdi.engines.duck.classify import Relations, plan_judged
from wangdi.engines.duck.given import plan_verdicts
from wangdi.language.rules import Programme
from wangdi.language.stretches import has_series


def judges(programme: Programme) -> bool:
    """Whether there are rows to judge at all."""
    return has_series(programme) or programme.newest.pack.classify is not None


def plan_judgements(programme: Programme, relations: Relations) -> str:
    """Every judged row: subject_id, seq, occurred_on, org, edition, class, form_code, refer, and the windows it opens."""
    return plan_verdicts(programme, relations) if has_series(programme) else plan_judged(programme, relations)
