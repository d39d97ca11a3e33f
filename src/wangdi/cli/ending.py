"""How a call ends: what went wrong as a message in the user's language, and its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click

from wangdi.cli.answer import ENVIRONMENT, INTERRUPTED, NOT_PERMITTED, OK, REFUSED, USAGE, WRONG_PACK
from wangdi.cli.words import word
from wangdi.core.problem import Problem, Refusal

EXIT_CODES: tuple[tuple[str, int], ...] = (
    ("CLI-010", ENVIRONMENT),
    ("CLI-011", ENVIRONMENT),
    ("CLI-012", ENVIRONMENT),
    ("CLI-016", ENVIRONMENT),
    ("CLI-017", ENVIRONMENT),
    ("CLI-02", NOT_PERMITTED),
    ("CLI-", USAGE),
    ("DATE-", USAGE),
    ("FIG-", USAGE),
    ("WAY-032", USAGE),
    ("WAY-03", ENVIRONMENT),
    ("WAY-010", ENVIRONMENT),
    ("WAY-011", ENVIRONMENT),
    ("WAY-", USAGE),
    ("CITY-0", USAGE),
    ("CITY-1", REFUSED),
    ("STORE-003", USAGE),
    ("STORE-020", REFUSED),
    ("STORE-021", REFUSED),
    ("STORE-022", USAGE),
    ("FILE-008", USAGE),
    ("MAP-", USAGE),
    ("PACK-030", USAGE),
    ("PACK-031", USAGE),
    ("PACK-043", USAGE),
    ("PACK-056", USAGE),
    ("PACK-060", USAGE),
    ("PACK-061", ENVIRONMENT),
    ("PACK-", WRONG_PACK),
    ("DETECT-001", ENVIRONMENT),
    ("DETECT-002", REFUSED),
    ("DETECT-003", REFUSED),
    ("DETECT-004", REFUSED),
    ("DETECT-005", REFUSED),
    ("DETECT-006", REFUSED),
    ("DETECT-007", REFUSED),
    ("DETECT-013", REFUSED),
    ("DETECT-", USAGE),
    ("LINK-001", ENVIRONMENT),
    ("LINK-006", USAGE),
    ("LINK-008", USAGE),
    ("LINK-009", USAGE),
    ("LINK-", REFUSED),
    ("ID-", USAGE),
    ("EVENT-001", USAGE),
    ("EVENT-004", USAGE),
    ("EVENT-005", USAGE),
    ("EVENT-020", ENVIRONMENT),
    ("EVENT-1", USAGE),
    ("EVENT-", REFUSED),
    ("SIGNAL-001", USAGE),
    ("SIGNAL-002", USAGE),
    ("SIGNAL-003", USAGE),
    ("SIGNAL-009", USAGE),
    ("SIGNAL-", REFUSED),
    ("AUDIT-001", ENVIRONMENT),
    ("AUDIT-007", USAGE),
    ("AUDIT-008", USAGE),
    ("AUDIT-", REFUSED),
    ("SPREAD-001", ENVIRONMENT),
    ("SPREAD-010", USAGE),
    ("SPREAD-011", USAGE),
    ("SPREAD-013", USAGE),
    ("SPREAD-016", USAGE),
    ("SPREAD-", REFUSED),
    ("SPACE-004", USAGE),
    ("SPACE-006", USAGE),
    ("SPACE-007", USAGE),
    ("SPACE-", REFUSED),
    ("PLAN-001", USAGE),
    ("PLAN-003", USAGE),
    ("PLAN-004", USAGE),
    ("PLAN-006", USAGE),
    ("PLAN-007", ENVIRONMENT),
    ("PLAN-008", USAGE),
    ("PLAN-009", USAGE),
    ("PLAN-014", USAGE),
    ("PLAN-016", USAGE),
    ("PLAN-017", USAGE),
    ("PLAN-027", USAGE),
    ("PLAN-028", USAGE),
    ("PLAN-031", USAGE),
    ("PLAN-032", USAGE),
    ("PLAN-026", USAGE),
    ("PLAN-", REFUSED),
    ("NOTIFY-001", USAGE),
    ("NOTIFY-011", ENVIRONMENT),
    ("NOTIFY-012", USAGE),
    ("NOTIFY-", REFUSED),
    ("NIGHT-", USAGE),
    ("RETURN-007", ENVIRONMENT),
    ("RETURN-025", ENVIRONMENT),
    ("RETURN-008", USAGE),
    ("RETURN-01", USAGE),
    ("RETURN-02", USAGE),
    ("RETURN-04", USAGE),
    ("RETURN-", REFUSED),
    ("CAT-001", ENVIRONMENT),
    ("CAT-", REFUSED),
)
"""Exit code by the beginning of a problem's code, the first that fits; anything else is the environment."""


def exit_code_of(problem: Problem) -> int:
    """The exit code that a refusal ends with."""
    return next((code for start, code in EXIT_CODES if problem.code.startswith(start)), ENVIRONMENT)


def run_to_end(call: Callable[[], object], lang: str) -> int:
    """Run a call to its end; answers the exit code. A bug of ours is the only thing that still shows a traceback."""
    try:
        return _code(call())
    except click.exceptions.Exit as end:
        return end.exit_code
    except Refusal as refusal:
        return _tell(refusal.problem, lang)
    except click.ClickException as error:
        return _tell(usage_problem(error), lang)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"\n{word(lang, 'interrupted')}", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (``| head``); nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except PermissionError as error:
        return _tell(Problem(code="CLI-020", file=str(error.filename or "")), lang)
    except OSError as error:
        args = {"reason": error.strerror or type(error).__name__}
        return _tell(Problem(code="CLI-012", file=str(error.filename or "") or None, args=args), lang)


def _code(value: object) -> int:
    return value if isinstance(value, int) else OK


def _tell(problem: Problem, lang: str) -> int:
    click.echo(problem.text(lang), err=True)
    return exit_code_of(problem)


def usage_problem(error: click.ClickException) -> Problem:
    """What click found wrong with a command line, as one of our problems."""
    if isinstance(error, click.NoSuchOption):
        near = (sorted(error.possibilities) if error.possibilities else []) or ["--help"]
        return Problem(code="CLI-002", args={"option": error.option_name, "nearest": near[0]})
    if isinstance(error, click.MissingParameter) and error.param is not None:
        param = error.param
        name = param.opts[0] if isinstance(param, click.Option) else param.make_metavar(error.ctx or _no_context())
        path = error.ctx.command_path if error.ctx else "wangdi"
        return Problem(code="CLI-003", args={"name": name.strip("[]."), "verb": path})
    return Problem(code="CLI-004", args={"reason": error.format_message()})


def _no_context() -> click.Context:
    return click.Context(click.Command("wangdi"))
