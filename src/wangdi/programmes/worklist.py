"""What is due: obligations as they stand on a day."""

from __future__ import annotations

from datetime import date


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


def plan_states(obligations: str, on: date, test: str = "TRUE") -> str:
    """SQL of every obligation asked by a day with its state on that day, done and failed ones too."""
    return f"""
    SELECT o.subject_id, o.org, o.task, o.anchor_on, o.opens, o.due, o.closes, o.rule,
           CASE WHEN o.ended_on <= DATE '{on}' THEN 'cancelled'
                WHEN o.done_on <= least(DATE '{on}', o.closes) THEN 'completed'
                WHEN o.closes < DATE '{on}' THEN 'failed'
                WHEN o.opens > DATE '{on}' THEN 'draft' ELSE 'ready' END AS state,
           o.done_on, o.reason
    FROM {obligations} o WHERE {test} AND o.anchor_on <= DATE '{on}'
    """
