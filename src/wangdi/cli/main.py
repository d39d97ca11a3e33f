"""The command: every verb with the module that holds it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from wangdi.cli.frame import Root, Tree
from wangdi.cli.interrupting import always_hear_interruptions

VERBS: tuple[tuple[str, str], ...] = (
    ("demo", "wangdi.cli.demonstration:demo"),
    ("serve", "wangdi.cli.serving:serve"),
    ("init", "wangdi.cli.cities:init"),
    ("update", "wangdi.cli.cities:update"),
    ("collect", "wangdi.cli.collecting:collect"),
    ("problems", "wangdi.cli.collecting:problems"),
    ("validate", "wangdi.cli.validating:validate"),
    ("source", "wangdi.cli.main:source"),
    ("watch", "wangdi.cli.watching:watch"),
    ("reconcile", "wangdi.cli.collecting:reconcile"),
    ("figures", "wangdi.cli.figures:figures"),
    ("people", "wangdi.cli.persons:people"),
    ("person", "wangdi.cli.main:person"),
    ("trace", "wangdi.cli.persons:trace"),
    ("compare", "wangdi.cli.figures:compare"),
    ("worklist", "wangdi.cli.persons:worklist"),
    ("link", "wangdi.cli.linking:link"),
    ("match", "wangdi.cli.matching:match"),
    ("report", "wangdi.cli.reporting:report"),
    ("return", "wangdi.cli.return_periods:returns"),
    ("audit", "wangdi.cli.auditing:audit"),
    ("signals", "wangdi.cli.main:signals"),
    ("plan", "wangdi.cli.main:plan"),
    ("notify", "wangdi.cli.main:notify"),
    ("nightly", "wangdi.cli.nightly:nightly"),
    ("detect", "wangdi.cli.detecting:detect"),
    ("clusters", "wangdi.cli.clusters:clusters"),
    ("reproduction", "wangdi.cli.spreading:reproduction"),
    ("nowcast", "wangdi.cli.spreading:nowcast"),
    ("cards", "wangdi.cli.main:cards"),
    ("event", "wangdi.cli.main:event"),
    ("pack", "wangdi.cli.main:pack"),
    ("mapping", "wangdi.cli.main:mapping"),
    ("enter", "wangdi.cli.entries:enter"),
    ("withdraw", "wangdi.cli.entries:withdraw"),
    ("owner", "wangdi.cli.main:owner"),
    ("parameter", "wangdi.cli.main:parameter"),
    ("backup", "wangdi.cli.cities:backup"),
    ("restore", "wangdi.cli.cities:restore"),
    ("export", "wangdi.cli.cities:export"),
    ("verify", "wangdi.cli.cities:verify"),
    ("compact", "wangdi.cli.cities:compact"),
)

person = Tree(
    "person",
    (
        ("show", "wangdi.cli.persons:show"),
        ("search", "wangdi.cli.linking:search"),
        ("slip", "wangdi.cli.persons:slip"),
        ("review", "wangdi.cli.linking:review"),
        ("decide", "wangdi.cli.linking:decide"),
        ("merge", "wangdi.cli.linking:merge"),
        ("split", "wangdi.cli.linking:split"),
        ("succeed", "wangdi.cli.linking:succeed"),
        ("successions", "wangdi.cli.linking:successions"),
        ("decisions", "wangdi.cli.linking:decisions"),
        ("undo", "wangdi.cli.linking:undo"),
        ("quality", "wangdi.cli.linking:quality"),
    ),
)
cards = Tree(
    "cards",
    (
        ("list", "wangdi.cli.report_cards:list_cards"),
        ("late", "wangdi.cli.report_cards:late"),
        ("duplicates", "wangdi.cli.report_cards:duplicates"),
        ("count", "wangdi.cli.report_cards:count"),
        ("missing", "wangdi.cli.report_cards:missing"),
    ),
)
event = Tree(
    "event",
    (
        ("open", "wangdi.cli.events:open_verb"),
        ("list", "wangdi.cli.events:list_events"),
        ("show", "wangdi.cli.events:show"),
        ("change", "wangdi.cli.events:change"),
        ("case", "wangdi.cli.event_rows:case"),
        ("contact", "wangdi.cli.event_rows:contact"),
        ("check", "wangdi.cli.event_rows:check"),
        ("place", "wangdi.cli.event_rows:place"),
        ("sample", "wangdi.cli.event_rows:sample"),
        ("team", "wangdi.cli.event_rows:team"),
        ("note", "wangdi.cli.event_rows:note"),
        ("import", "wangdi.cli.event_rows:import_verb"),
        ("rates", "wangdi.cli.event_results:rates"),
        ("chain", "wangdi.cli.event_results:chain"),
        ("report", "wangdi.cli.event_results:report"),
        ("close", "wangdi.cli.events:close"),
        ("erase", "wangdi.cli.events:erase"),
    ),
)
pack = Tree(
    "pack",
    (
        ("list", "wangdi.cli.packs:list_packs"),
        ("check", "wangdi.cli.packs:check"),
        ("test", "wangdi.cli.packs:test"),
        ("explain", "wangdi.cli.packs:explain"),
        ("propose", "wangdi.cli.packs:propose"),
        ("new", "wangdi.cli.packs:new"),
        ("fields", "wangdi.cli.field_lists:fields"),
        ("run", "wangdi.cli.packs:run"),
        ("due", "wangdi.cli.packs:due"),
    ),
)
plan = Tree(
    "plan",
    (
        ("read", "wangdi.cli.plans:read"),
        ("list", "wangdi.cli.plans:list_plan"),
        ("show", "wangdi.cli.plans:show"),
        ("confirm", "wangdi.cli.plan_changes:confirm"),
        ("fill", "wangdi.cli.plan_changes:fill"),
        ("edit", "wangdi.cli.plan_changes:edit"),
        ("assign", "wangdi.cli.plan_changes:assign"),
        ("step", "wangdi.cli.plan_changes:step"),
        ("money", "wangdi.cli.plan_changes:money"),
        ("drop", "wangdi.cli.plan_changes:drop"),
        ("undo", "wangdi.cli.plan_changes:undo"),
        ("progress", "wangdi.cli.plan_progress:progress"),
        ("gaps", "wangdi.cli.plan_progress:gaps"),
        ("settle", "wangdi.cli.plan_progress:settle"),
        ("bulletin", "wangdi.cli.plan_progress:bulletin"),
        ("rounds", "wangdi.cli.plan_rounds:rounds"),
    ),
)
mapping = Tree(
    "mapping",
    (
        ("list", "wangdi.cli.mappings:list_mappings"),
        ("check", "wangdi.cli.mappings:check"),
        ("draft", "wangdi.cli.mappings:draft"),
        ("standard", "wangdi.cli.field_lists:standard"),
    ),
)
source = Tree(
    "source",
    (
        ("list", "wangdi.cli.sources:list_sources"),
        ("check", "wangdi.cli.sources:check"),
        ("draft", "wangdi.cli.sources:draft"),
        ("pull", "wangdi.cli.sources:pull"),
    ),
)
signals = Tree(
    "signals",
    (
        ("run", "wangdi.cli.signals:run"),
        ("list", "wangdi.cli.signals:list_signals"),
        ("show", "wangdi.cli.signals:show"),
        ("step", "wangdi.cli.signals:step"),
        ("undo", "wangdi.cli.signals:undo"),
        ("record", "wangdi.cli.signals:record"),
        ("try", "wangdi.cli.signals:try_out"),
    ),
)
notify = Tree(
    "notify",
    (
        ("send", "wangdi.cli.notifying:send"),
        ("list", "wangdi.cli.notifying:list_told"),
        ("test", "wangdi.cli.notifying:trial"),
        ("check", "wangdi.cli.notifying:check"),
    ),
)
owner = Tree("owner", (("list", "wangdi.cli.settings:list_owners"), ("set", "wangdi.cli.settings:set_owner")))
parameter = Tree(
    "parameter", (("list", "wangdi.cli.settings:list_parameters"), ("set", "wangdi.cli.settings:set_parameter"))
)


def show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Say the version and stop."""
    if value and not context.resilient_parsing:
        from wangdi import __version__

        click.echo(f"wangdi {__version__}")
        context.exit()


wangdi = Root(
    "wangdi",
    VERBS,
    [click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show_version)],
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line, without one the process's own, and answer its exit code."""
    if arguments is None:
        always_hear_interruptions()
    try:
        wangdi.main(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0
