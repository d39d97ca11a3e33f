"""The frame every verb stands in: the options all share, help from the language's file, and the way an answer goes out."""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from wangdi.cli.answer import Answer
from wangdi.cli.ending import run_to_end
from wangdi.cli.help import render_help
from wangdi.cli.kinds import PATH, WordKind
from wangdi.cli.output import write_answer
from wangdi.cli.session import CITY_VARIABLE, FORMATS, SUFFIXES, Session, choose_lang
from wangdi.core.problem import LANGUAGES, Problem, Refusal
from wangdi.language.names import nearest_name

FRAME = ("frame_city", "frame_lang", "frame_format", "frame_json", "frame_out", "frame_quiet")


def frame_options() -> list[click.Parameter]:
    """The options that stand before or after any verb."""
    return [
        click.Option(["--city", "frame_city"], type=PATH, metavar="DIR"),
        click.Option(["--lang", "frame_lang"], type=WordKind(LANGUAGES)),
        click.Option(["--format", "frame_format"], type=WordKind(FORMATS)),
        click.Option(["--json", "frame_json"], is_flag=True, default=None),
        click.Option(["--out", "frame_out"], type=PATH, metavar="FILE"),
        click.Option(["--quiet", "frame_quiet"], is_flag=True, default=None),
    ]


def option(*names: str, **settings: Any) -> click.Option:
    """An option of a verb; what it is for stands in the language's file."""
    return click.Option(list(names), **settings)


def argument(name: str, **settings: Any) -> click.Argument:
    """An argument of a verb."""
    return click.Argument([name], **settings)


def context_lang(context: click.Context) -> str:
    """The language the call was found to be in before it was parsed."""
    found = context.find_root().obj
    return found if isinstance(found, str) else LANGUAGES[0]


def read_frame(context: click.Context) -> dict[str, Any]:
    """The frame's options: those before the verb are good, those after it better."""
    found: dict[str, Any] = {}
    step: click.Context | None = context
    while step is not None:
        for name in FRAME:
            if step.params.get(name) is not None:
                found.setdefault(name, step.params[name])
        step = step.parent
    return found


def build_session(context: click.Context, file_format: str) -> Session:
    """The session of a call. A file's name says its format where no option does."""
    given = read_frame(context)
    out: Path | None = given.get("frame_out")
    chosen = given.get("frame_format") or ("json" if given.get("frame_json") else "")
    if not chosen:
        chosen = SUFFIXES.get(out.suffix.lower(), file_format) if out else file_format
    if chosen == "parquet" and out is None:
        raise Refusal(Problem(code="CLI-008"))
    folder = given.get("frame_city") or os.environ.get(CITY_VARIABLE) or None
    return Session(
        lang=context_lang(context),
        format=chosen,
        out=out,
        quiet=bool(given.get("frame_quiet")),
        folder=Path(folder) if folder else None,
    )


def _show_help(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        click.echo(render_help(context.command, context, context_lang(context)))
        context.exit()


def help_option() -> click.Option:
    """``--help``."""
    return click.Option(["--help"], is_flag=True, is_eager=True, expose_value=False, callback=_show_help)


class Verb(click.Command):
    """One verb: ``run(session, **options)`` gives the answer. ``shape`` gathers many options into one value first.

    ``file_format``: what the answer is when neither an option nor a file's name says. ``own_out``: the verb writes the file
    of ``--out`` itself, and its answer is what it says about it.
    """

    def __init__(
        self,
        run: Callable[..., Answer],
        params: Sequence[click.Parameter] = (),
        shape: Callable[..., Any] | None = None,
        file_format: str = "table",
        own_out: bool = False,
    ) -> None:
        super().__init__(None, params=[*params, *frame_options(), help_option()], add_help_option=False)
        self.run, self.shape, self.file_format, self.own_out = run, shape, file_format, own_out

    def invoke(self, ctx: click.Context) -> None:
        """Run the verb and write its answer."""
        session = build_session(ctx, self.file_format)
        own = {name: value for name, value in ctx.params.items() if name not in FRAME}
        answer = self.run(session, self.shape(**own)) if self.shape else self.run(session, **own)
        if self.own_out:
            given = read_frame(ctx)
            said = given.get("frame_format") or ("json" if given.get("frame_json") else "table")
            session = dataclasses.replace(session, out=None, format=said)
        write_answer(session, answer, marked=self.file_format != "csv")
        if answer.exit_code:
            ctx.exit(answer.exit_code)


def _show_verbs(**_: Any) -> None:
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        click.echo(render_help(context.command, context, context_lang(context)))


class Tree(click.Group):
    """Verbs by name, each imported only when it is asked for: ``module:attribute``."""

    def __init__(self, name: str, verbs: Sequence[tuple[str, str]], params: Sequence[click.Parameter] = ()) -> None:
        super().__init__(
            name,
            params=[*params, *frame_options(), help_option()],
            add_help_option=False,
            invoke_without_command=True,
            callback=_show_verbs,
        )
        self.verbs = dict(verbs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order they are told."""
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A verb by its name."""
        if cmd_name not in self.verbs:
            return None
        module, _, name = self.verbs[cmd_name].partition(":")
        found: click.Command = getattr(importlib.import_module(module), name)
        found.name = cmd_name
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb named first. Errors: CLI-001, with the nearest verb."""
        if args[0] not in self.verbs:
            near = nearest_name(args[0], self.verbs) or "--help"
            path = ctx.command_path
            raise Refusal(Problem(code="CLI-001", args={"verb": f"{path} {args[0]}", "nearest": f"{path} {near}"}))
        return super().resolve_command(ctx, args)


class VerbTree(Tree):
    """A verb that has verbs of its own beside what it does itself: ``match FILE`` and ``match explain FILE A B``."""

    def __init__(self, name: str, verb: Verb, verbs: Sequence[tuple[str, str]]) -> None:
        super().__init__(name, verbs)
        self.verb = verb
        self.params = verb.params

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The verb's own; those that stand by their place are no part of the names of the verbs below it."""
        mine = ctx.command is self
        return [one for one in super().get_params(ctx) if mine or not isinstance(one, click.Argument)]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the verb named first, else of the verb itself."""
        command: click.Command = self.verb
        if args and args[0] in self.verbs:
            context = click.Context(self, parent=parent, info_name=info_name)
            command = self.get_command(context, args[0]) or command
            info_name, args = f"{info_name} {args[0]}", args[1:]
        return command.make_context(info_name, args, parent, **extra)


class Root(Tree):
    """The command itself: every way of ending has its message and its exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line; ends with SystemExit and its exit code, as a command does."""
        given = args[0] if args else extra.pop("args", None)
        arguments = list(sys.argv[1:] if given is None else given)
        lang = choose_lang(arguments, os.environ)
        parsed = super().main
        sys.exit(run_to_end(lambda: parsed(arguments, prog_name="wangdi", standalone_mode=False, obj=lang), lang))
