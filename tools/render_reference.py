"""Write docs/reference/ anew, from what the code holds: ``make docs`` calls it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from wangdi.app.packs import explain_pack_page, list_packs  # noqa: E402
from wangdi.catalog.codelists import load_codelists  # noqa: E402
from wangdi.catalog.datafile import read_data  # noqa: E402
from wangdi.catalog.fields import load_fields  # noqa: E402
from wangdi.catalog.populations import load_population_kinds  # noqa: E402
from wangdi.catalog.tables import FACT_COLUMNS, REGISTRATION_TABLE, RETIREMENT_TABLE, FormTable  # noqa: E402
from wangdi.cli.help import render_help  # noqa: E402
from wangdi.cli.main import wangdi  # noqa: E402
from wangdi.collect.mapping import LEDGER_KEY, SUBJECT_ATTRIBUTES  # noqa: E402
from wangdi.core.problem import load_messages  # noqa: E402
from wangdi.engines.tables import table_of  # noqa: E402
from wangdi.language.library import load_library  # noqa: E402
from wangdi.language.manual import read_chapters, render_manual  # noqa: E402
from wangdi.store.schema import metadata  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"
MADE = "<!-- Made by `make docs` from {source}. Change that, not this page. -->"

MESSAGE_AREAS = {
    "CAT": "places, populations and units",
    "CITY": "what a city is asked",
    "CLI": "the command line",
    "DATE": "dates and periods",
    "DETECT": "outbreaks in series of counts",
    "FHIR": "FHIR files",
    "MSG": "HL7 v2 messages",
    "FIG": "figures, people, traces",
    "FILE": "files as a whole",
    "ID": "identifiers",
    "LINK": "matching person records",
    "AUDIT": "checking reports",
    "REPORT": "writing reports",
    "RETURN": "statistical returns",
    "PLAN": "plans, their items and lights",
    "SIGNAL": "the daily run and its signals",
    "NOTIFY": "who is told what, and sending it",
    "NIGHT": "the nightly run",
    "EVENT": "investigations of events, and the lists sent into them",
    "SPREAD": "incidence, serial intervals, line lists and other plain files of outbreaks",
    "SPACE": "zones and their cases, for clusters",
    "MAP": "mapping files",
    "PACK": "packs and their examples",
    "ROW": "rows of a file",
    "SHEET": "spreadsheets",
    "STORE": "the city's folder and database",
    "WEB": "pages",
    "WAY": "ways in: sources, watched folders, deliveries over HTTP",
}

CITY_FOLDER: tuple[tuple[str, str], ...] = (
    (
        "city.toml",
        "the city's name and which database is its own (`sqlite`, a URL, or `env:NAME`); a folder with this file is a city",
    ),
    ("city.sqlite", "the relational database, where it is SQLite: the one commit point"),
    ("facts/", "`<form>/base=<n>/<id>.parquet`: the facts, never changed once written"),
    ("identities/", "the same for forms that say who somebody is, kept apart so that they can be protected as one"),
    ("originals/", "every file received, byte for byte, named by its SHA-256"),
    ("problems/", "`<batch>.parquet`: what was found while collecting each batch"),
    ("derived/", "spells, obligations, links: worked out from the rest; may be deleted at any time"),
    ("mappings/", "the city's mapping files (you make it)"),
    ("packs/", "the city's own packs (you make it, where there are any)"),
    (
        "sources/",
        "the city's source files; `.last/` says what the last pull of each was (you make it, where there are any)",
    ),
    (
        "surveillance.yaml",
        "the city's own settings of the daily run, laid over those shipped (you make it, where there are any)",
    ),
    ("notify.yaml", "who is told what, without secrets (you make it, where anybody is)"),
    ("targets.csv", "the year's targets, shown beside the indicators (you make it, where there are any)"),
    (
        "reports/",
        "`<template>-<period>.md`: what people write for a report, kept on every run (you make it, where there is any)",
    ),
    ("returns/", "`<sha256>.xlsx`: templates of returns, and the workbooks that were sent"),
    ("yearly-return.xlsx", "of a demo: a made-up return, kept and bound as 年报"),
    ("try/", "of a demo: a late record and a sheet with mistakes, to send in"),
    ("incoming/", "`<organisation>/`: what `wangdi watch` takes in, with `done/` and `refused/`; not part of a backup"),
    ("deliveries/", "what was acknowledged over HTTP and is not a batch yet; not part of a backup"),
    ("staging/", "what a writer has under way; becomes real by a rename, or is removed by the next writer"),
    ("tmp/", "room for large sorts"),
    ("writer.lock", "who is writing, and since when"),
    ("notify.lock", "held while notices are sent"),
)

MAPPING_KEYS: tuple[tuple[str, str], ...] = (
    ("mapping", "its name, for `--as`"),
    ("form", "the form its rows become, `<pack>.<form>`"),
    ("recognise", "columns that must all be there for a file to be read with it unasked"),
    ("sheet", "of a workbook: which sheet"),
    (
        "subject",
        f"whom a row is about: {', '.join(f'`{name}`' for name in SUBJECT_ATTRIBUTES)}; in a ledger `{LEDGER_KEY}`",
    ),
    ("organisation", "the column of the organisation that did it; otherwise the sender"),
    ("entered_at", "when the source says it was typed in"),
    ("occurred_at", "the moment, where hours count"),
    ("recorder", "who filled the form in"),
    ("fields", "field: column, or field: {column: ..., ...} as below"),
    ("ignore", "columns known and not wanted, so that they are not told as unknown"),
    (
        "hl7",
        "it reads HL7 v2 messages, its columns are [places in them](../how-to/collect-hl7.md): `message`, `row`, `where`",
    ),
    ("notes", "free text"),
)

RULE_KEYS: tuple[tuple[str, str], ...] = (
    ("column", "the column"),
    ("value", "a fixed value in place of a column"),
    ("codes", "what the file writes: the code of the field's list"),
    ("true", "what the file writes for yes"),
    ("false", "what the file writes for no"),
    ("separator", "between several codes in one cell"),
    ("unit", "the column's unit where it is not the field's; converted by the table below"),
    ("otherwise", "columns to be read where the cell is empty, the first that is filled"),
    ("part", "which part of a cell that holds several, counted from 1 and parted by `separator` (136/84)"),
)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_cell(item) for item in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(item: object) -> str:
    return str("" if item is None else item).replace("|", "\\|").replace("\n", " ")


def page(title: str, source: str, *parts: str) -> str:
    """A page with its title, what it is made from, and its parts."""
    return "\n\n".join([f"# {title}", MADE.format(source=source), *parts]) + "\n"


def walk_verbs(command: click.Command, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """A command and every command under it."""
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield from walk_verbs(found, click.Context(found, info_name=name, parent=context))


def render_commands(lang: str) -> str:
    """The help of every command."""
    title = {"en": "Commands", "zh": "命令"}[lang]
    parts = []
    for command, context in walk_verbs(wangdi, click.Context(wangdi, info_name="wangdi")):
        with patch("wangdi.cli.help.terminal_width", return_value=None):  # the same whatever terminal this runs in
            told = _without_frame(render_help(command, context, lang), context)
        parts.append(f"## {context.command_path}\n\n```text\n{told}\n```")
    return page(title, "the help of the commands", *parts)


def _without_frame(text: str, context: click.Context) -> str:
    """The options of every command are told once, with the command itself."""
    if context.parent is None:
        return text
    kept = [part for part in text.split("\n\n") if "--quiet" not in part]
    return "\n\n".join(kept)


def render_messages() -> str:
    """Every message with its remedy, by area."""
    parts = ["A place in braces is filled in. The next step stands in italics."]
    for area, about in MESSAGE_AREAS.items():
        rows = [
            (f"`{code}`", _told(text, "zh"), _told(text, "en"))
            for code, text in sorted(load_messages().items())
            if code.rpartition("-")[0] == area
        ]
        parts.append(f"## {area}: {about}\n\n{table(('code', '中文', 'English'), rows)}")
    return page("Messages", "`src/wangdi/core/messages/*.toml`", *parts)


def _told(text: Mapping[str, str], lang: str) -> str:
    hint = text.get(f"{lang}_hint")
    said = text[lang] + (f"<br>*{hint}*" if hint else "")
    return said.replace("<", "&lt;").replace("&lt;br>", "<br>")


def render_fields() -> str:
    """The field dictionary."""
    rows = [
        (
            f"`{key}`", entry.label, entry.type, entry.unit and f"`{entry.unit}`",
            entry.codes and f"[{entry.codes}](codes.md#{entry.codes})",
            _limits(entry.plausible), _limits(entry.possible), entry.description,
        )
        for key, entry in load_fields().items()
    ]  # fmt: skip
    about = (
        "A field of a pack without a type of its own takes its entry here. A value outside *possible* refuses the row "
        "(`ROW-006`), one outside *plausible* is kept and told (`ROW-007`). The limits are Wangdi's, to catch slips of the "
        "pen; no norm gives them. Units are UCUM."
    )
    head = ("field", "中文", "type", "unit", "codes", "plausible", "possible", "description")
    return page("Fields", "`src/wangdi/catalog/data/fields.yaml`", about, table(head, rows))


def _limits(pair: tuple[float, float] | None) -> str:
    return "" if pair is None else f"{pair[0]:g} – {pair[1]:g}"


def render_codes() -> str:
    """Every code list with its system, version and source."""
    parts = []
    for one in load_codelists().values():
        rows = [
            (f"`{code}`", word, one.english.get(code, "") or ", ".join(one.also.get(code, ())))
            for code, word in one.codes.items()
        ]
        source = (
            f"System: {one.system}; version: {one.version}; source: {one.source or '—'}; confidence: {one.confidence}."
        )
        head = f"{one.title}. {source}"
        parts.append(f"## {one.id}\n\n{head}\n\n{table(('code', '中文', 'English'), rows)}")
    return page("Code lists", "`src/wangdi/catalog/data/codelists/*.yaml`", *parts)


PLACES = """## Regions

`code,name,level,parent,valid_from,valid_to,successor,lon,lat`. 6 or 9 digits are filled up to 12. An empty level or parent is
taken from the code. Levels: city, county, township, village. A region that was merged names its `successor`. `lon` and `lat`
are its centre in degrees, for distances and maps; they may be empty.

## Organisations

`code,name,kind,level,region,parent,valid_from,valid_to`. `kind`: [institution_kind](codes.md#institution_kind)."""

DECLARED = """## Declared counts

`form,org,period,count`: how many records the upstream system holds of an organisation's month. For
`wangdi reconcile --declared`."""

PERIODS = """## Periods

`2025`, `2025Q3`, `2025-10`, `2025-10-ytd` (January to October), `2025-mch` (the maternal and child health year, 1 October
2024 to 30 September 2025)."""


def render_files() -> str:
    """The files somebody gives to Wangdi: places, populations, mappings."""
    kinds = [(f"`{kind.id}`", kind.zh, kind.en, kind.note) for kind in load_population_kinds().values()]
    columns = "`area,year,kind,value,source,published_on`. An area is a region or an organisation. Kinds:"
    return page(
        "Files you give to Wangdi",
        "`src/wangdi/catalog/data` and `tools/render_reference.py`",
        "CSV in UTF-8 or GB18030. The Chinese column names in use are understood as well.",
        PLACES,
        f"## Populations\n\n{columns}\n\n{table(('kind', '中文', 'English', 'note'), kinds)}",
        DECLARED,
        f"## Mappings\n\nYAML, one file per source and form, in the city's `mappings/`.\n\n{_keys(MAPPING_KEYS)}",
        f"A field's column may carry more:\n\n{_keys(RULE_KEYS)}",
        f"### Units that are converted\n\n```yaml\n{_units()}\n```",
        PERIODS,
    )


def _keys(keys: Iterable[tuple[str, str]]) -> str:
    return table(("key", "what it says"), ((f"`{key}`", said) for key, said in keys))


def _units() -> str:
    return (ROOT / "src" / "wangdi" / "catalog" / "data" / "units.yaml").read_text(encoding="utf-8").strip()


def render_city_folder() -> str:
    """What lies in a city's folder, and the columns of its tables."""
    folder = "\n".join(f"{name:<14}{about}" for name, about in CITY_FOLDER).replace("`", "")
    forms = [table_of(form) for form in load_library().forms.values()]
    parts = [f"## {one.name}\n\n{_columns(one)}" for one in (REGISTRATION_TABLE, RETIREMENT_TABLE, *forms)]
    tables = [
        (f"`{one.name}`", ", ".join(f"`{column.name}`" for column in one.columns)) for one in metadata.tables.values()
    ]
    return page(
        "The folder of a city",
        "the form tables and `src/wangdi/store/schema.py`",
        f"```text\n{folder}\n```",
        "A copy of the folder is not a backup while somebody writes: use `wangdi backup`.",
        "## Columns of every segment\n\nA row's number (`fact_id`) is the `base` of its folder plus `seq_offset`.\n\n"
        + table(("column", "type"), ((f"`{name}`", kind) for name, kind in FACT_COLUMNS)),
        *parts,
        "## The relational database\n\n" + table(("table", "columns"), tables),
    )


def _columns(one: FormTable) -> str:
    where = "identities/" if one.identifying else "facts/"
    return f"In `{where}`. " + ", ".join(f"`{name}` {kind}" for name, kind in one.columns) + "."


def render_packs() -> dict[str, str]:
    """Each pack as the page `wangdi pack explain` writes, in both languages."""
    names = sorted({row["pack"] for row in list_packs()})
    pages: dict[str, str] = {}
    for name in names:
        for lang, ending in (("zh", ""), ("en", ".en")):
            text = explain_pack_page(name, lang)
            head, _, rest = text.partition("\n")
            source = f"`src/wangdi/packs/{name}/pack.yaml` (`wangdi pack explain {name}`)"
            pages[f"packs/{name}{ending}.md"] = f"{head}\n\n{MADE.format(source=source)}\n{rest.rstrip()}\n"
    rows = [_pack_row(row) for row in list_packs()]
    head_row = ("pack", "edition", "title", "forms", "classes", "tasks", "indicators")
    pages["packs/README.md"] = page("Packs", "`src/wangdi/packs`", table(head_row, rows))
    return pages


def _pack_row(row: Mapping[str, Any]) -> Sequence[object]:
    name = row["pack"]
    link = f"[{name}]({name}.md) ([English]({name}.en.md))"
    return (link, row["edition"], row["title"], *(row[key] for key in ("forms", "classes", "tasks", "indicators")))


def render_reference() -> dict[str, str]:
    """Every page of docs/reference by its path there."""
    assert read_data("units.yaml"), "the units are told as they are written"
    return {
        "language.md": render_manual(read_chapters(ROOT / "tests" / "spec" / "language")),
        "commands.md": render_commands("en"),
        "commands.zh-CN.md": render_commands("zh"),
        "messages.md": render_messages(),
        "fields.md": render_fields(),
        "codes.md": render_codes(),
        "files.md": render_files(),
        "city-folder.md": render_city_folder(),
        **render_packs(),
    }


def write_reference() -> None:
    """Write what differs; remove what is no longer made."""
    pages = render_reference()
    for path in REFERENCE.rglob("*.md"):
        if path.relative_to(REFERENCE).as_posix() not in pages:
            path.unlink()
    for name, text in pages.items():
        path = REFERENCE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_reference()
