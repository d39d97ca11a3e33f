"""The frame of every verb: help in both languages, options before and after the verb, and how a call ends."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from wangdi.cli.answer import ENVIRONMENT, INTERRUPTED, NOT_PERMITTED, OK, REFUSED, USAGE, WRONG_PACK, Answer
from wangdi.cli.ending import exit_code_of, run_to_end
from wangdi.cli.frame import Verb
from wangdi.cli.help import verb_name
from wangdi.cli.main import main, wangdi
from wangdi.cli.session import Session, choose_lang
from wangdi.cli.words import load_words
from wangdi.core.problem import LANGUAGES, Problem, Refusal


def call(*arguments: str, env: dict[str, str] | None = None) -> Result:
    cleared = {"WANGDI_CITY": None, "WANGDI_LANG": None, "COLUMNS": None}
    return CliRunner().invoke(wangdi, list(arguments), env={**cleared, **(env or {})})


def every_command(command: click.Command = wangdi, parent: click.Context | None = None) -> Iterator[click.Context]:
    context = click.Context(command, parent=parent, info_name=command.name)
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from every_command(found, context)


COMMANDS = list(every_command())


def keys_of(table: dict[str, object], above: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in table.items():
        found |= keys_of(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}"}
    return found


def test_both_languages_say_the_same_things() -> None:
    chinese, english = (keys_of(dict(load_words(lang))) for lang in LANGUAGES)
    assert chinese == english


@pytest.mark.parametrize("context", COMMANDS, ids=lambda context: context.command_path)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_verb_teaches(context: click.Context, lang: str) -> None:
    """A purpose, an example that begins with the command, the shape of its JSON, and a text for each option."""
    said = load_words(lang)["verbs"][verb_name(context) or "wangdi"]
    assert said["purpose"]
    assert said["short"]
    assert all(line.startswith("wangdi ") for line in said["examples"])
    if not isinstance(context.command, click.Group):
        assert said["json"].startswith(("{", "["))
        assert any(line.startswith(context.command_path) for line in said["examples"])
    page = call(*context.command_path.split()[1:], "--help", "--lang", lang)
    assert page.exit_code == 0, page.output
    assert said["purpose"] in page.output
    for param in context.command.params:
        written = param.opts[0] if isinstance(param, click.Option) else param.make_metavar(context)
        assert written in page.output


def test_no_text_is_left_of_a_verb_that_is_gone() -> None:
    names = {verb_name(context) or "wangdi" for context in COMMANDS}
    own = {verb_name(context): {str(param.name) for param in context.command.params} for context in COMMANDS}
    for lang in LANGUAGES:
        assert set(load_words(lang)["verbs"]) == names
        for verb, said in load_words(lang)["verbs"].items():
            assert set(said.get("options", {})) <= own["" if verb == "wangdi" else verb]


def test_every_word_is_said_somewhere() -> None:
    folder = Path(sys.modules["wangdi.cli"].__path__[0])
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    made = ("cause_", "move_", "refer_", "state_", "step_", "unmatched_")
    words = [key for key in load_words("zh")["words"] if not key.startswith(made)]
    unused = [key for key in words if f'"{key}"' not in source and f"'{key}'" not in source]
    assert unused == []


def test_chinese_unless_asked_otherwise() -> None:
    assert "用法" in call("--help").output
    assert "Usage" in call("--help", "--lang", "en").output
    assert "Usage" in call("--lang=en").output
    assert "Usage" in call("--help", env={"WANGDI_LANG": "en"}).output
    assert "用法" in call("--help", "--lang", "zh", env={"WANGDI_LANG": "en"}).output
    assert choose_lang(["--", "--lang", "en"], {}) == "zh"
    assert choose_lang(["--lang", "fr"], {}) == "zh"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("figurs",), USAGE, "CLI-001"),
        (("pack", "chek"), USAGE, "wangdi pack check"),
        (("figures", "--preiod", "2025"), USAGE, "--period"),
        (("people",), USAGE, "CLI-003"),
        (("trace",), USAGE, "FACT_ID"),
        (("trace", "x"), USAGE, "CLI-004"),
        (("figures", "--period", "25"), USAGE, "DATE-001"),
        (("figures", "--by", "street"), USAGE, "county"),
        (("worklist", "--org", "X", "--on", "2025-02-30"), USAGE, "CLI-005"),
        (("collect", "x", "--org", "X", "--received-at", "noon"), USAGE, "CLI-006"),
        (("figures", "--format", "xml"), USAGE, "CLI-007"),
        (("figures", "--format", "parquet"), USAGE, "CLI-008"),
        (("update",), USAGE, "CLI-009"),
        (("figures",), ENVIRONMENT, "wangdi init"),
        (("figures", "--city", "nowhere"), ENVIRONMENT, "nowhere"),
        (("figures", "--lang", "fr"), USAGE, "zh, en"),
        (("pack", "explain", "hypertensoin"), USAGE, "hypertension"),
        (("pack", "run", "hypertension", "missing.csv"), ENVIRONMENT, "PACK-061"),
        (("mapping", "draft", "missing.csv"), ENVIRONMENT, "FILE-006"),
        (("init", "x", "--regions", "missing.csv", "--organisations", "m.csv"), ENVIRONMENT, "CAT-001"),
        (("init", "x", "--regions", "r", "--organisations", "o", "--database", "oracle:x"), USAGE, "STORE-003"),
    ],
)
def test_what_is_wrong_is_said_with_the_next_step(arguments: tuple[str, ...], code: int, said: str) -> None:
    result = call(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_messages_come_in_english_too() -> None:
    assert "There is no command" in call("figurs", "--lang", "en").stderr


def test_options_are_good_before_and_after_the_verb() -> None:
    seen: list[Session] = []

    def run(session: Session) -> Answer:
        seen.append(session)
        return Answer(payload={})

    probe = Verb(run)
    tree = type(wangdi)("wangdi", [("probe", "")])
    tree.get_command = lambda ctx, cmd_name: probe  # type: ignore[method-assign]
    for arguments in (
        ["--city", "a", "--json", "--quiet", "probe"],
        ["probe", "--city", "a", "--json", "--quiet"],
        ["--city", "b", "probe", "--city", "a", "--format", "json", "--quiet"],
    ):
        assert CliRunner().invoke(tree, arguments).exit_code == 0
    assert {(str(one.folder), one.format, one.quiet) for one in seen} == {("a", "json", True)}


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("DATE-001", USAGE), ("FIG-001", USAGE), ("CITY-001", USAGE), ("CITY-100", REFUSED), ("CAT-001", ENVIRONMENT),
        ("CAT-002", REFUSED), ("PACK-001", WRONG_PACK), ("PACK-031", USAGE), ("STORE-005", ENVIRONMENT), ("STORE-021", REFUSED),
        ("CLI-010", ENVIRONMENT), ("CLI-013", USAGE), ("CLI-020", NOT_PERMITTED), ("FILE-008", USAGE), ("FILE-006", ENVIRONMENT),
    ],
)  # fmt: skip
def test_each_refusal_has_its_exit_code(code: str, exit_code: int) -> None:
    class Bare:
        def __init__(self) -> None:
            self.code = code

    assert exit_code_of(Bare()) == exit_code  # type: ignore[arg-type]


def raising(error: BaseException) -> int:
    def fail() -> None:
        raise error

    return run_to_end(fail, "zh")


def test_every_way_of_ending_has_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_to_end(lambda: None, "zh") == OK
    assert raising(KeyboardInterrupt()) == INTERRUPTED
    assert "没有留下做了一半" in capsys.readouterr().err
    assert raising(PermissionError(13, "denied", "x.csv")) == NOT_PERMITTED
    assert "x.csv" in capsys.readouterr().err
    assert raising(OSError(28, "No space left on device")) == ENVIRONMENT
    assert raising(Refusal(Problem(code="STORE-006"))) == ENVIRONMENT
    with pytest.raises(ZeroDivisionError):
        raising(ZeroDivisionError())


def test_the_command_starts_fast_and_as_a_module() -> None:
    begun = time.perf_counter()
    first = subprocess.run([sys.executable, "-m", "wangdi", "--help"], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    assert first.returncode == 0
    assert "figures" in first.stdout
    assert seconds < 3, "a help page reads no pack, no database and no engine"
    code = (
        "import sys; from wangdi.cli.main import main; main(['--help']);"
        "print(sorted({'duckdb', 'sqlalchemy', 'numpy', 'yaml'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.splitlines()[-1] == "[]"


def test_main_answers_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("wangdi ")
    assert main(["nothing"]) == USAGE
