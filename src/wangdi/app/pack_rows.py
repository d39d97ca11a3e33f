"""A pack held against rows of one's own: ``pack run`` judges visits, ``pack due`` says what is asked on a day.

Grain: ``run`` answers one row per row of the file; ``due`` one row per obligation of a person anchored by the day.
Errors: what cannot be read is said with its line, and the rest of the row is still used.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from wangdi.app.pack_trials import ENGINES, programme_of
from wangdi.core.dates import parse_date_text
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.language.cells import Unreadable, beyond_possible, parse_birth_date, parse_cell, parse_sex
from wangdi.language.engine import Case
from wangdi.language.examples import next_dates, parse_attribute
from wangdi.language.model import Form, FormField, Pack
from wangdi.language.names import SUBJECT_ATTRIBUTES, fields_behind, nearest_name
from wangdi.language.quality import Quality
from wangdi.language.record import Cell, Event, Judgement, Obligation, Subject, state_on
from wangdi.language.row_answers import score_row
from wangdi.language.rules import Programme, asking_rules
from wangdi.language.walks import find_form, form_names

RUN_COLUMNS = (
    "case", "date", "class", "rule", "next_opens", "next_due", "next_closes", "refer", "form_code", "clause",
)  # fmt: skip
SCORE_COLUMNS = ("case", "date", "quality", "score", "missing", "clause")
DUE_COLUMNS = ("person_id", "task", "opens", "due", "closes", "state", "rule", "reason", "clause")
_PERSON = ("birth_date", "sex", "age_years")


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows as the command line writes them, and everything that was found wrong on the way."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads cells of one file, turning what cannot be read into problems."""

    file: str
    pack: Pack
    problems: list[Problem]
    others: frozenset[str] = frozenset()

    def tell(self, code: str, line: int, severity: Severity = Severity.warning, **args: str) -> None:
        self.problems.append(Problem(code=code, severity=severity, file=self.file, line=line, args=args))

    def taken(self, value: Cell | Unreadable, line: int, name: str, text: str) -> Cell:
        """A parsed value; unreadable is told and taken as blank."""
        if isinstance(value, Unreadable):
            self.tell("PACK-052", line, value=text.strip(), name=name, expected=value.expected)
            return None
        return value

    def cell(self, field: FormField, line: int, text: str) -> Cell:
        """A field's value, with a word where it is beyond what the field can be."""
        value = self.taken(parse_cell(field, text), line, field.name, text)
        if beyond_possible(field, value):
            low, high = field.possible or (0.0, 0.0)
            self.tell("PACK-057", line, value=text.strip(), name=field.name, expected=f"{low:g}–{high:g}")
        return value

    def birth(self, line: int, text: str) -> date | None:
        value = self.taken(parse_birth_date(text), line, "birth_date", text)
        return value if isinstance(value, date) else None

    def sex(self, line: int, text: str) -> str | None:
        value = self.taken(parse_sex(text), line, "sex", text)
        return None if value is None else str(value)

    def attributes(self, line: int, cells: Mapping[str, str]) -> dict[str, Cell]:
        """What a person's row says beyond birth date and sex."""
        names = [name for name in SUBJECT_ATTRIBUTES if name in cells and name not in _PERSON]
        return {
            name: self.taken(parse_attribute(self.pack, name, cells[name]), line, name, cells[name]) for name in names
        }


def read_table(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The header and rows of a CSV file in UTF-8 or GB18030, each row with its line. Short rows are filled with blanks.

    Errors: PACK-061 when the file cannot be opened.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Refusal(Problem(code="PACK-061", args={"path": str(path), "why": why})) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    reader = csv.reader(io.StringIO(text))
    header = [name.strip() for name in next(reader, [])]
    rows: list[tuple[int, dict[str, str]]] = []
    for row in reader:
        if any(cell.strip() for cell in row):
            padded = [*row, *([""] * (len(header) - len(row)))]
            rows.append((reader.line_num, dict(zip(header, padded, strict=False))))
    return header, rows


# ---- run --------------------------------------------------------------------------------------------------------------
def run_pack(editions: Sequence[Pack], path: Path, form: str = "", engine: str = "reference") -> Answer:
    """Judge the visits of a file. ``form``: the classified form, which is also the default, or one whose rows are scored.

    Errors: PACK-056 when the pack classifies nothing, PACK-043 for another form.
    """
    pack = editions[-1]
    reader = _Reader(str(path), pack, [])
    scored = [item for item in pack.quality.values() if form in ("", item.form, pack.form(item.form).full_name)]
    if scored and (form or not pack.judged):
        return score_rows(programme_of(editions), scored[0], reader, engine)
    if not pack.judged:
        raise Refusal(Problem(code="PACK-056", args={"name": pack.id}))
    judged = pack.form(pack.judged)
    if form not in ("", judged.name, judged.full_name):
        raise Refusal(Problem(code="PACK-043", args={"name": form, "nearest": judged.name}))
    header, rows = read_table(path)
    _check_columns(reader, header, judged)
    dated = [(line, cells, parse_date_text(cells.get("date", ""))) for line, cells in rows]
    for line, cells, on in dated:
        if on is None:
            reader.tell("PACK-055", line, Severity.error, name="date", value=cells.get("date", ""))
    cases = _read_visits(reader, judged, [(line, cells, on) for line, cells, on in dated if on is not None])
    programme = programme_of(editions)
    answers: dict[int, Judgement] = {}
    for judgements in ENGINES[engine].judge(programme, cases):
        answers |= {judgement.seq: judgement for judgement in judgements}
    found = [_answer_row(reader, programme, line, (cells, on), answers.get(line)) for line, cells, on in dated]
    return Answer(RUN_COLUMNS, found, reader.problems)


def score_rows(programme: Programme, quality: Quality, reader: _Reader, engine: str) -> Answer:
    """The score of each row of a file and the words for what it lacks: how complete one's own records are."""
    form = reader.pack.form(quality.form)
    header, rows = read_table(Path(reader.file))
    for name in header:
        if name not in ("case", *form.fields):
            reader.tell("PACK-053", 1, name=name, nearest=nearest_name(name, form.fields) or form.occurred_on)
    labels = {item.id: item.label for item in quality.items}
    found: list[dict[str, Any]] = []
    for line, cells in rows:
        values = {
            name: reader.cell(form.fields[name], line, text) for name, text in cells.items() if name in form.fields
        }
        on = values.get(form.occurred_on)
        day = on if isinstance(on, date) else reader.pack.valid_from
        case = Case(Subject("row"), (Event("row", form.full_name, day, line, values),))
        told = score_row(ENGINES[engine].evaluate, programme.in_force(day) or programme.newest, quality, case)
        missing = "；".join(labels[name] for name in told.missing)
        found.append({"case": cells.get("case", ""), "date": on, "quality": quality.name, "score": told.score})
        found[-1] |= {"missing": missing, "clause": quality.source}
    return Answer(SCORE_COLUMNS, found, reader.problems)


def _check_columns(reader: _Reader, header: Sequence[str], form: Form) -> None:
    known = [
        "case", "person_birth_date", "person_sex", "date", *form.fields, *(SUBJECT_ATTRIBUTES.keys() - set(_PERSON)),
    ]  # fmt: skip
    for name in header:
        if name not in known:
            reader.tell("PACK-053", 1, name=name, nearest=nearest_name(name, known) or "、".join(known[:4]))
    classify, series = reader.pack.classify, reader.pack.series
    asked = {name for row in (classify.rows if classify else ()) for name in fields_behind(reader.pack, row.when)}
    asked |= {series.product, "age_years"} if series is not None else set()
    if "age_years" in asked:
        asked = (asked - {"age_years"}) | {"person_birth_date"}
    for name in sorted({"case", "date"} | asked):
        if name not in header:
            reader.tell("PACK-054", 1, name=name)


def _read_visits(reader: _Reader, form: Form, dated: Sequence[tuple[int, dict[str, str], date]]) -> list[Case]:
    """One case per name; rows without a name are each a case of their own."""
    groups: dict[str, list[tuple[int, dict[str, str], date]]] = {}
    for line, cells, on in dated:
        groups.setdefault(cells.get("case", "").strip() or f"line {line}", []).append((line, cells, on))
    cases: list[Case] = []
    for name, members in groups.items():
        person = _merge_person(reader, name, [(line, cells) for line, cells, _ in members])
        line = members[0][0]
        birth, sex = reader.birth(line, person["person_birth_date"]), reader.sex(line, person["person_sex"])
        subject = Subject(name, birth, sex, reader.attributes(line, person))
        events: list[Event] = []
        for at, cells, on in members:
            written = {key: field for key, field in form.fields.items() if key in cells and key != form.occurred_on}
            values = {key: reader.cell(field, at, cells[key]) for key, field in written.items()}
            events.append(Event(name, form.full_name, on, at, values | {form.occurred_on: on}))
        cases.append(Case(subject, tuple(events)))
    return cases


def _merge_person(reader: _Reader, name: str, members: Sequence[tuple[int, dict[str, str]]]) -> dict[str, str]:
    """What the rows of a case say of the person: the first that says something; another word later is told."""
    person: dict[str, str] = {"person_birth_date": "", "person_sex": ""}
    fields = reader.pack.form(reader.pack.judged).fields if reader.pack.judged else {}
    names = [key for key in SUBJECT_ATTRIBUTES if key not in _PERSON and key not in fields]
    for line, cells in members:
        for key in ("person_birth_date", "person_sex", *names):
            said = cells.get(key, "").strip()
            if said and person.get(key, "") not in ("", said):
                reader.tell("PACK-044", line, case=name, name=key)
            elif said or key in cells:
                person[key] = person.get(key, "") or said
    return person


def _answer_row(
    reader: _Reader,
    programme: Programme,
    line: int,
    row: tuple[Mapping[str, str], date | None],
    judgement: Judgement | None,
) -> dict[str, Any]:
    cells, on = row
    found: dict[str, Any] = dict.fromkeys(RUN_COLUMNS)
    found |= {"case": cells.get("case", ""), "date": on or cells.get("date", "")}
    rules = None if on is None else programme.in_force(on)
    if on is not None and rules is None:
        reader.tell("PACK-062", line, on=on.isoformat())
    if judgement is None or rules is None:
        return found
    dates = next_dates(judgement)
    found |= {"class": judgement.class_name, "refer": judgement.refer, "form_code": judgement.form_code}
    if dates is not None:
        found |= {"next_opens": dates.opens, "next_due": dates.due, "next_closes": dates.closes}
    if rules.pack.series is not None:
        found |= _say_verdict(rules.pack, judgement)
    for class_row in rules.pack.classify.rows if rules.pack.classify is not None else ():
        if class_row.name == judgement.class_name:
            found |= {"rule": f"{rules.pack.id}/classify/{class_row.name}", "clause": class_row.source}
    return found


def _say_verdict(pack: Pack, judgement: Judgement) -> dict[str, Any]:
    """The dose a thing given counts for, or the reason it does not, with the clause of its course."""
    words = str(judgement.form_code or "").split()
    tasks = [f"{word.partition(':')[0]}_1" if ":" in word else word for word in words]
    sources = [pack.schedule[task].source for task in tasks if task in pack.schedule]
    return {"rule": f"{pack.id}/series/{judgement.class_name}", "clause": "；".join(dict.fromkeys(sources))}


# ---- due --------------------------------------------------------------------------------------------------------------
def due_pack(
    editions: Sequence[Pack],
    files: tuple[Path, Path],
    on: date,
    engine: str = "reference",
    others: frozenset[str] = frozenset(),
) -> Answer:
    """What is asked of the people of a file on a day. ``files``: the people and their events in long form.

    ``others``: full names of forms of other packs; their rows mean nothing here and are passed over.
    Rule: events after the day are not seen. Errors: PACK-058 when the pack enrols nobody.
    """
    pack = editions[-1]
    if pack.enrol is None:
        raise Refusal(Problem(code="PACK-058", args={"name": pack.id}))
    people_file, events_file = files
    problems: list[Problem] = []
    subjects = _read_people(_Reader(str(people_file), pack, problems), people_file)
    events = _read_events(_Reader(str(events_file), pack, problems, others), events_file, subjects)
    cases = [
        Case(subject, tuple(event for event in events.get(name, []) if event.on <= on))
        for name, subject in subjects.items()
    ]
    programme = programme_of(editions)
    rows: list[dict[str, Any]] = []
    for _, obligations in ENGINES[engine].build(programme, cases, date(on.year, 12, 31)):
        rows += [_due_row(programme, item, on) for item in obligations if item.anchor_on <= on]
    rows.sort(key=lambda row: (row["person_id"], row["task"], row["opens"], row["due"], row["closes"], row["rule"]))
    return Answer(DUE_COLUMNS, rows, problems)


def _due_row(programme: Programme, item: Obligation, on: date) -> dict[str, Any]:
    pack = asking_rules(programme, item.task, (item.anchor_on, item.opens)).pack
    state = state_on(item, on)
    clause = pack.schedule[item.task].source
    if item.rule.startswith("class:") and pack.classify is not None:
        name = item.rule.removeprefix("class:")
        clause = next((row.source for row in pack.classify.rows if row.name == name), clause)
    return {
        "person_id": item.subject_id,
        "task": item.task,
        "opens": item.opens,
        "due": item.due,
        "closes": item.closes,
        "state": state,
        "rule": f"{pack.id}/{item.task}/{item.rule}",
        "reason": item.reason if state == "cancelled" else "",
        "clause": clause,
    }


def _read_people(reader: _Reader, path: Path) -> dict[str, Subject]:
    header, rows = read_table(path)
    enrol = reader.pack.enrol
    assert enrol is not None
    known = ["person_id", *(name for name in SUBJECT_ATTRIBUTES if name != "age_years")]
    for name in header:
        if name not in known:
            reader.tell("PACK-053", 1, name=name, nearest=nearest_name(name, known) or "、".join(known))
    for name in ("person_id", "birth_date", *enrol.person_fields):
        if name not in header:
            reader.tell("PACK-054", 1, name=name)
    found: dict[str, Subject] = {}
    for line, cells in rows:
        name = cells.get("person_id", "").strip()
        birth, sex = reader.birth(line, cells.get("birth_date", "")), reader.sex(line, cells.get("sex", ""))
        if not name:
            reader.tell("PACK-055", line, Severity.error, name="person_id", value="")
            continue
        if name in found:
            reader.tell("PACK-044", line, case=name, name="person_id")
        found.setdefault(name, Subject(name, birth, sex, reader.attributes(line, cells)))
    return found


def _read_events(reader: _Reader, path: Path, subjects: Mapping[str, Subject]) -> dict[str, list[Event]]:
    """Rows of one person, form, date, org and ``row`` are one event; a field that comes again begins the next one."""
    header, rows = read_table(path)
    known = ("person_id", "form", "date", "field", "value", "org", "row")
    for name in header:
        if name not in known:
            reader.tell("PACK-053", 1, name=name, nearest=nearest_name(name, known) or "、".join(known))
    open_rows: dict[tuple[str, ...], dict[str, Cell]] = {}
    found: dict[str, list[Event]] = {}
    for line, cells in rows:
        person = cells.get("person_id", "").strip()
        placed = _place_event(reader, line, cells)
        if placed is None:
            continue
        if person not in subjects:
            reader.tell("PACK-059", line, value=person)
            continue
        form, on = placed
        org = cells.get("org", "").strip()
        key = (person, form.full_name, on.isoformat(), org, cells.get("row", "").strip())
        field = cells.get("field", "").strip()
        if key not in open_rows or (field and field in open_rows[key] and field != form.occurred_on):
            open_rows[key] = {form.occurred_on: on}
            found.setdefault(person, []).append(Event(person, form.full_name, on, line, open_rows[key], org))
        if field and field not in form.fields:
            reader.tell("PACK-043", line, Severity.error, name=field, nearest=nearest_name(field, form.fields))
        elif field:
            open_rows[key][field] = reader.cell(form.fields[field], line, cells.get("value", ""))
    return found


def _place_event(reader: _Reader, line: int, cells: Mapping[str, str]) -> tuple[Form, date] | None:
    name = cells.get("form", "").strip()
    form, on = find_form(reader.pack, name), parse_date_text(cells.get("date", ""))
    known_elsewhere = name in reader.others or any(other.endswith(f".{name}") for other in reader.others)
    if form is None and known_elsewhere:
        return None
    if form is None:
        names = form_names(reader.pack)
        near = nearest_name(name, [*names, *(each.rpartition(".")[2] for each in names)])
        reader.tell("PACK-043", line, Severity.error, name=name, nearest=near or "、".join(names))
    if on is None:
        reader.tell("PACK-055", line, Severity.error, name="date", value=cells.get("date", ""))
    return None if form is None or on is None else (form, on)


def write_csv(answer: Answer) -> str:
    """The answer as CSV text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, answer.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_plain(answer))
    return out.getvalue()


def _plain(answer: Answer) -> Iterator[dict[str, Any]]:
    for row in answer.rows:
        yield {name: "" if row[name] is None else row[name] for name in answer.columns}
