"""What is due: obligations as they stand on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from wangdi.language.courses import DoseTask
from wangdi.language.model import ContactTask, Pack
from wangdi.language.rules import Rules


def plan_due(obligations: str, on: date, until: date, test: str = "TRUE") -> str:
    """SQL of what is to be done: open on the day, or opening by ``until``; not done, replaced or ended by that day.

    Grain: one row per obligation. Columns: subject_id, org, task, anchor_on, opens, due, closes, state (ready | draft),
    overdue, rule. Rule: the states of ``language.record.state_on``; a window that closed unanswered is failed, and the task
    is asked again by an obligation of its own, which is listed.
    """
    return f"""
    SELECT o.subject_id, o.org, o.task, o.anchor_on, o.opens, o.due, o.closes,
           CASE WHEN o.opens <= DATE '{on}' THEN 'ready' ELSE 'draft' END AS state, o.due < DATE '{on}' AS overdue, o.rule
    FROM {obligations} o
    WHERE {test} AND o.anchor_on <= DATE '{on}' AND o.closes >= DATE '{on}' AND o.opens <= DATE '{until}'
      AND (o.ended_on IS NULL OR o.ended_on > DATE '{on}') AND (o.done_on IS NULL OR o.done_on > DATE '{on}')
    """


def explain_due(rules: Rules, row: Mapping[str, Any], reading: Mapping[str, Any]) -> dict[str, Any]:
    """The sentence that asks for it, with its clause and the reading it rests on."""
    pack, rule = rules.pack, str(row["rule"])
    task = pack.schedule[row["task"]]
    label, source = task.title, task.source
    inputs: dict[str, Any] = {"anchor_on": row["anchor_on"]}
    if rule.startswith("class:") and pack.classify is not None:
        judged = next((item for item in pack.classify.rows if item.name == rule.removeprefix("class:")), None)
        if judged is not None:
            label, source = judged.label, judged.source or pack.classify.source
        inputs |= reading
    elif isinstance(task, DoseTask):
        label = _dose_label(pack, task, rule)
    elif isinstance(task, ContactTask):
        label = {"first": f"纳入管理后的首次{task.title}", "missed": f"上一次{task.title}过期未做，须补做"}[rule]
    return {"rule": f"{pack.id}/{row['task']}/{rule}", "label": label, "source": source, "inputs": inputs}


def _dose_label(pack: Pack, task: DoseTask, rule: str) -> str:
    """What is asked, and what put it off where something did."""
    name = rule.removeprefix("hold:")
    hold = pack.series.holds.get(name) if pack.series is not None and rule.startswith("hold:") else None
    return task.title if hold is None else f"{task.title}（{hold.title}，推迟至此）"
