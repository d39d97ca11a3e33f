"""Lists of contacts and food questionnaires as people keep them in spreadsheets, taken into an event line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from wangdi.app.derivation import Standing
from wangdi.app.events import ANSWER, CONTACT, LATEST_DAY, NAMED, Author, Draft, read_event, write_all
from wangdi.app.line_lists import Line, read_lines
from wangdi.app.newcomer_matching import Everybody, gather_everybody, match_newcomer
from wangdi.collect.spreadsheet import header_key
from wangdi.core.problem import Problem, Refusal, Severity
from wangdi.link.clustering import DECISIONS, MERGED, REVIEWED
from wangdi.outbreaks.investigation.bodies import KINDS, read_body
from wangdi.outbreaks.investigation.saying import find_code, read_said
from wangdi.outbreaks.investigation.values import ANSWERS, UNKNOWN, Answers, Investigation, Who

CONTACT_COLUMNS: Mapping[str, Sequence[str]] = {
    "name": ("姓名", "接触者姓名", "name"),
    "id_no": ("证件号", "证件号码", "身份证号", "身份证号码", "身份证", "有效证件号", "id_no"),
    "phone": ("电话", "联系电话", "手机", "手机号", "手机号码", "phone"),
    "address": ("住址", "现住址", "地址", "家庭住址", "address"),
    "sex": ("性别", "sex"),
    "birth": ("出生日期", "出生年月日", "birth"),
    "relation": ("与病例关系", "关系", "relation"),
    "last_exposure_on": ("最后接触日期", "末次接触日期", "最后接触时间", "末次接触时间", "last_exposure_on"),
    "until": ("观察截止日期", "观察截止", "until"),
    "kind": ("接触者类型", "接触类型", "类型", "kind"),
    "of": ("病例号", "关联病例", "所接触病例", "of"),
    "org": ("负责机构", "随访机构", "org"),
}
"""What a list of contacts may say. ``sex`` and ``birth`` help to find the resident and are not kept."""
ANSWER_COLUMNS: Mapping[str, Sequence[str]] = {
    **{name: CONTACT_COLUMNS[name] for name in ("name", "id_no", "phone", "sex", "birth")},
    "ill": ("是否发病", "发病", "ill"),
    "onset": ("发病时间", "发病日期", "onset"),
    "group": ("班级", "组别", "单位", "部门", "餐桌", "桌号", "group"),
}
_ALL = {
    header_key(text): name
    for columns in (CONTACT_COLUMNS, ANSWER_COLUMNS)
    for name, texts in columns.items()
    for text in texts
}
_WHO = ("name", "id_no", "phone", "address")
_MATCHED = ("name", "sex", "birth", "id_no", "phone", "address")
_IGNORED = frozenset(map(header_key, ("序号", "编号", "备注", "no")))
PERHAPS = 3
"""Residents of whom a person is asked which it is."""


@dataclass(frozen=True, slots=True)
class Read:
    """A file as drafts of rows, each with its line, and what was wrong with the others. ``kind``: contacts or a questionnaire."""

    kind: str
    drafts: tuple[tuple[Line, Draft], ...]
    lines: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to. ``numbers``: of the rows written; ``matched``: residents known; ``perhaps``: left to a person."""

    kind: str
    lines: int
    numbers: tuple[int, ...]
    matched: int
    perhaps: int
    problems: tuple[Problem, ...]

    @property
    def refused(self) -> int:
        """Lines that were refused."""
        return len({one.line for one in self.problems if one.severity is Severity.error})


def read_file(path: Path, today: date = LATEST_DAY) -> Read:
    """The rows of a file, before any event is looked at.

    Rule: a file with a column 是否发病 is a questionnaire, another with 姓名 a list of contacts.
    Errors: EVENT-012, EVENT-013, EVENT-020, EVENT-021 as Refusal; lines that are refused are problems with file and line.
    """
    header, lines = read_lines(path, [text for texts in CONTACT_COLUMNS.values() for text in texts])
    names = {text: _ALL.get(header_key(text), "") for text in header}
    known = set(names.values())
    if "name" not in known:
        raise Refusal(Problem(code="EVENT-012", file=path.name, line=1, args={"column": "姓名"}))
    if not lines:
        raise Refusal(Problem(code="EVENT-013", file=path.name))
    kind = ANSWER if "ill" in known else CONTACT
    columns = ANSWER_COLUMNS if kind == ANSWER else CONTACT_COLUMNS
    others = [text for text in header if text and names[text] not in columns and header_key(text) not in _IGNORED]
    problems: list[Problem] = []
    if kind == CONTACT:
        shown = "、".join(texts[0] for texts in columns.values())
        problems += [
            Problem(
                code="EVENT-019",
                severity=Severity.warning,
                file=path.name,
                line=1,
                args={"column": text[:40], "known": shown},
            )
            for text in others
        ]
    drafts, seen = [], dict[str, int]()
    for line in lines:
        said = {names[text]: cell for text, cell in line.cells.items() if names[text] in columns and cell}
        foods = {text: line.cells.get(text, "") for text in others} if kind == ANSWER else {}
        draft, wrong = _read_line(kind, line, said, foods)
        number = draft.who.get("id_no", "") if draft is not None else ""
        if number and seen.setdefault(number, line.number) != line.number:
            wrong = [Problem(code="EVENT-015", field="id_no", args={"first": str(seen[number])})]
        if (
            draft is not None
            and draft.said.get("last_exposure_on", "")
            and (day := _exposure_day(draft)) > today.isoformat()
        ):
            wrong = [Problem(code="EVENT-022", field="last_exposure_on", args={"day": day})]
        problems += [replace(one, file=path.name, line=line.number) for one in wrong]
        if draft is not None and not wrong:
            drafts.append((line, draft))
    return Read(kind, tuple(drafts), len(lines), tuple(problems))


def _exposure_day(draft: Draft) -> str:
    return str(
        read_said(KINDS[draft.kind], {"last_exposure_on": draft.said["last_exposure_on"]})[0]["last_exposure_on"]
    )


def _read_line(
    kind: str, line: Line, said: dict[str, str], foods: Mapping[str, str]
) -> tuple[Draft | None, list[Problem]]:
    """Errors: EVENT-014, EVENT-016, EVENT-017, EVENT-101 to EVENT-108, ID-001 to ID-004."""
    problems = list(line.problems)
    if not any(said.get(name) for name in ("name", "id_no", "phone")):
        problems.append(Problem(code="EVENT-014", field="name"))
    own = {name: text for name, text in said.items() if name not in (*_WHO, "sex", "birth")}
    who = {name: text for name, text in said.items() if name in _WHO}
    body, wrong = read_said(KINDS[kind], own)
    about, more = read_said(Who, who)
    problems += [*wrong, *more]
    for name, text in foods.items():
        code = find_code("answers", text) if text else UNKNOWN
        if code not in ANSWERS:
            problems.append(Problem(code="EVENT-108", field=name[:40], args={"text": text[:20]}))
    if not problems:
        problems += read_body(KINDS[kind], body)[1] + read_body(Who, about)[1]
    if problems:
        return None, problems
    known = {name: str(text) for name, text in about.items()}
    return Draft(kind, own, who=known, foods=foods and _read_foods(foods)), []


def _read_foods(foods: Mapping[str, str]) -> dict[str, str]:
    return {text: find_code("answers", cell) if cell else UNKNOWN for text, cell in foods.items()}


def answers_of(read: Read) -> list[Answers]:
    """A questionnaire as values, without an event."""
    found = []
    for _, draft in read.drafts:
        value, problems = read_body(Answers, read_said(Answers, draft.said)[0] | {"foods": dict(draft.foods)})
        assert value is not None, f"a line is checked before: {problems}"
        found.append(value)
    return found


def import_file(
    standing: Standing,
    event: str,
    path: Path,
    author: Author,
    gather: Callable[[Standing], Everybody] = gather_everybody,
) -> Imported:
    """Take a list of contacts or a questionnaire into an event. Lines that are wrong are refused and named; the others are
    written together. Whoever is a resident beyond doubt is tied to them, whoever only may be is left to a person.

    ``gather``: where the index over everybody comes from.

    Errors: EVENT-001, EVENT-002, and those of :func:`read_file`.
    """
    city, read = standing.city, read_file(path, author.at.date())
    found = read_event(city, event)
    kept, known = _leave_known(read, found, path.name)
    everybody = gather(standing) if kept and _has_people(standing) else None
    drafts = [_tie(line, draft, everybody) for line, draft in kept]
    numbers = write_all(city, event, drafts, author) if drafts else []
    ties = [draft.who for draft in drafts]
    return Imported(
        read.kind,
        read.lines,
        tuple(numbers),
        sum(bool(one.get("person_id")) for one in ties),
        sum(bool(one.get("perhaps")) for one in ties),
        (*read.problems, *known),
    )


def _leave_known(read: Read, found: Investigation, file: str) -> tuple[list[tuple[Line, Draft]], list[Problem]]:
    """The lines of people the event does not have. Rule: one number is one person, else one name with one telephone."""
    held: dict[str, int] = {}
    for (whose, number), who in found.who.items():
        if whose == NAMED[read.kind]:
            held |= {key: number for key in (who.id_no, f"{who.name}/{who.phone}" if who.phone else "") if key}
    kept: list[tuple[Line, Draft]] = []
    problems: list[Problem] = []
    for line, draft in read.drafts:
        said = draft.who
        keys = (said.get("id_no", ""), f"{said.get('name', '')}/{said['phone']}" if said.get("phone") else "")
        same = next((held[key] for key in keys if key in held), None)
        if same is None:
            kept.append((line, draft))
        else:
            args = {"number": str(same)}
            problems.append(
                Problem(code="EVENT-018", severity=Severity.warning, file=file, line=line.number, args=args)
            )
    return kept, problems


def _has_people(standing: Standing) -> bool:
    return standing.workspace.one(f"SELECT 1 FROM {standing.registrations} LIMIT 1") is not None


def _tie(line: Line, draft: Draft, everybody: Everybody | None) -> Draft:
    """The draft with the resident it is, or those it may be."""
    if everybody is None:
        return draft
    named = {_ALL.get(header_key(text), ""): cell for text, cell in line.cells.items()}
    sex = find_code("case_sex", named.get("sex", ""))
    fields = {name: named.get(name) or None for name in _MATCHED} | {"sex": sex or None, **draft.who}
    likely = match_newcomer(everybody, fields, PERHAPS).likely
    sure = [one for one in likely if one.decision == DECISIONS[MERGED]]
    if len(sure) == 1:
        return replace(draft, who={**draft.who, "person_id": sure[0].person_id})
    perhaps = [one.person_id for one in likely if one.decision in (DECISIONS[MERGED], DECISIONS[REVIEWED])]
    return replace(draft, who={**draft.who, "perhaps": "、".join(perhaps)}) if perhaps else draft
