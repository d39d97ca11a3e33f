"""Help that teaches: what a verb is for, how it is called, an example, and the shape of its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from wangdi.cli.tables import fold_text, pad_text, terminal_width
from wangdi.cli.words import load_words, option_text, word

PLAIN_WIDTH = 100


def verb_name(context: click.Context) -> str:
    """A verb as its texts are filed: ``pack check``; empty for the command itself."""
    return " ".join(context.command_path.split()[1:])


def render_help(command: click.Command, context: click.Context, lang: str) -> str:
    """The help page of a verb, or of a group of verbs."""
    verb = verb_name(context)
    said: Mapping[str, Any] = load_words(lang)["verbs"][verb or "wangdi"]
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    own = [param for param in command.params if not param.name or not param.name.startswith("frame_")]
    own = [param for param in own if param.name != "help"]
    frame = [param for param in command.params if param not in own]
    parts = [f"{word(lang, 'usage')}{usage}", said["purpose"]]
    if isinstance(command, click.Group):
        names = [(name, short_text(lang, f"{verb} {name}".strip())) for name in command.list_commands(context)]
        parts.append(_section(word(lang, "verbs"), names))
    if own:
        parts.append(_section(word(lang, "options"), [_told(param, context, lang, verb) for param in own]))
    if said.get("examples"):
        parts.append("\n".join([word(lang, "examples"), *(f"  {line}" for line in said["examples"])]))
    if said.get("json"):
        parts.append("\n".join([word(lang, "json"), *(f"  {line}" for line in said["json"].splitlines())]))
    parts.append(_section(word(lang, "frame"), [_told(param, context, lang, verb) for param in frame]))
    if said.get("after"):
        parts.append(said["after"])
    return "\n\n".join(parts)


def short_text(lang: str, verb: str) -> str:
    """One line about a verb."""
    text: str = load_words(lang)["verbs"][verb]["short"]
    return text


def _told(param: click.Parameter, context: click.Context, lang: str, verb: str) -> tuple[str, str]:
    """How a parameter is written, and what it is for."""
    text = option_text(lang, verb, param.name or "")
    if isinstance(param, click.Argument):
        return param.make_metavar(context), text
    assert isinstance(param, click.Option)
    written = ", ".join([*param.opts, *param.secondary_opts])
    if not param.is_flag:
        written += f" {param.make_metavar(context)}"
    if param.multiple:
        text += word(lang, "repeatable")
    if param.required:
        text += word(lang, "required")
    default = param.default if isinstance(param.default, str | int | float) and not param.is_flag else None
    return written, text + (word(lang, "default", value=default) if default is not None else "")


def _section(title: str, entries: list[tuple[str, str]]) -> str:
    from rich.cells import cell_len

    longest = min(34, max((cell_len(name) for name, _ in entries), default=0))
    width = max(30, (terminal_width() or PLAIN_WIDTH) - longest - 4)
    lines = [title]
    for name, text in entries:
        first, *rest = fold_text(text, width)
        if cell_len(name) > longest:
            lines += [f"  {name}", f"  {pad_text('', longest)}  {first}"]
        else:
            lines.append(f"  {pad_text(name, longest)}  {first}")
        lines += [f"  {pad_text('', longest)}  {line}" for line in rest]
    return "\n".join(line.rstrip() for line in lines)
