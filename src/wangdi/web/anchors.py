"""Where a rule stands on the page of its pack: addresses that stay the same as long as the rule has its name.

On ``/packs/<pack>``:

- ``#<indicator>`` an indicator, ``#<indicator>.<clause>`` a clause of its numerator;
- ``#enrol`` whom the pack serves, ``#class.<class>`` a class, ``#task.<task>`` a task;
- ``#term.<term>`` a named sentence, ``#parameter.<name>`` a number, ``#form.<form>`` a form.

A rule as it is named elsewhere (``<pack>/<indicator>/<clause>``, ``<pack>/enrol``, ``<pack>/classify/<class>``,
``<pack>/<task>/class:<class>``) leads there by :func:`rule_link`.
"""

from __future__ import annotations

from wangdi.web.view import View


def rule_link(view: View, rule: str, edition: str = "") -> str:
    """The address of a rule by the name it bears in a reason. ``edition``: that of the figure; empty is the newest."""
    pack, _, rest = rule.partition("/")
    return f"{view.link(f'/packs/{pack}', edition=edition)}#{anchor_of(rest)}"


def anchor_of(rule: str) -> str:
    """The anchor of a rule within its pack."""
    block, _, name = rule.partition("/")
    if block == "classify":
        return f"class.{name}"
    if name.startswith("class:"):
        return f"class.{name.removeprefix('class:')}"
    return f"{block}.{name}" if name else block


def task_anchor(task: str, rule: str) -> str:
    """The anchor of what asked a task: the class of the visit before, else the task's own sentence."""
    return anchor_of(f"{task}/{rule}") if rule.startswith("class:") else f"task.{task}"
