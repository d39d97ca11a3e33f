"""A pack as JSON that names everything other tools may call by name, each sentence with its words."""

from __future__ import annotations

from datetime import date
from typing import Any

from wangdi.catalog.codelists import load_codelists
from wangdi.language.ast import Expression, as_json
from wangdi.language.courses import (
    DoseTask,
    HasRow,
    ReachesAge,
    RowsCounted,
    TaskApplies,
    TaskAsked,
    TaskDone,
    TaskDoneBefore,
)
from wangdi.language.explain_record import quality_json, say_at_age, say_latest, say_some, slips_json
from wangdi.language.explain_series import series_json
from wangdi.language.expression import render_text
from wangdi.language.model import (
    AfterTask,
    Basis,
    Clause,
    ContactTask,
    CountedClause,
    CourseClause,
    EnoughRows,
    Form,
    Indicator,
    Items,
    LatestRow,
    NotEnded,
    ObligationsMet,
    Pack,
    People,
    PopulationOf,
    RowsComplete,
    SomeRows,
    Task,
    Window,
)
from wangdi.language.words import Speech, say_expression, say_field, say_offset, say_window

RUN_PERSON = ("person_birth_date", "person_sex")
PEOPLE_COLUMNS = ("person_id", "birth_date", "sex")
EVENT_COLUMNS = ("person_id", "form", "date", "field", "value", "org")


def explain_json(pack: Pack, lang: str = "zh") -> dict[str, Any]:
    """Everything a pack says, with its names, for other programs. ``words`` is the sentence in the field's own words."""
    own, foreign = list(pack.forms.values()), list(pack.foreign_forms.values())
    speech = speech_of(pack, lang)
    return {
        "pack": pack.id,
        "edition": pack.edition,
        "valid_from": pack.valid_from.isoformat(),
        "valid_to": None if pack.valid_to is None else pack.valid_to.isoformat(),
        "title": pack.title,
        "subject": pack.subject,
        "rule_book": {"id": pack.rule_book.id, "title": pack.rule_book.title, "issuer": pack.rule_book.issuer},
        "forms": [_form_json(pack, form, lang) for form in own],
        "other_forms": [_form_json(pack, form, lang) for form in foreign],
        "parameters": [_parameter_json(pack, name) for name in pack.parameters],
        "enrol": _enrol_json(pack, lang),
        "terms": [
            {"name": term.name, "label": term.label, **_sentence(speech, term.expression, term.text)}
            for term in pack.terms.values()
        ],
        "classes": _classes_json(pack, speech),
        "series": series_json(pack, speech),
        "tasks": [_task_json(speech, task) for task in pack.schedule.values()],
        "quality": quality_json(pack, lang),
        "slips": slips_json(pack, lang),
        "indicators": [_indicator_json(pack, indicator, lang) for indicator in pack.indicators.values()],
        "report": list(pack.report),
        "run": _run_json(pack),
        "due": _due_json(pack),
    }


def speech_of(pack: Pack, lang: str, form: Form | None = None) -> Speech:
    """The words of a form: the one given, the classified one, or the pack's first."""
    if form is None and pack.classify is not None:
        form = pack.form(pack.classify.form)
    return Speech(pack, form or next(iter(pack.forms.values()), _NO_FORM), lang)


_NO_FORM = Form("", "", "", {}, (), "")


def _sentence(speech: Speech, node: Expression | None, text: str) -> dict[str, Any]:
    if node is None:
        return {"rule": text, "words": "", "tree": None}
    return {"rule": text or render_text(node), "words": say_expression(speech, node), "tree": as_json(node)}


def _form_json(pack: Pack, form: Form, lang: str) -> dict[str, Any]:
    speech = speech_of(pack, lang, form)
    fields = []
    for field in form.fields.values():
        codes = load_codelists()[field.codes] if field.codes else None
        fields.append(
            {
                "name": field.name,
                "label": say_field(speech, field.name, short=False),
                "type": field.type,
                "required": field.required,
                "unit": field.unit,
                "codes": [{"code": code, "label": codes.label(code, lang)} for code in codes.codes] if codes else [],
                "code_list": field.codes,
                "plausible": None if field.plausible is None else list(field.plausible),
                "possible": None if field.possible is None else list(field.possible),
            }
        )
    checks = [
        {"message": check.message, "refuse": check.refuse, **_sentence(speech, check.rule, check.text)}
        for check in form.checks
    ]
    named = {"name": form.name, "full_name": form.full_name, "title": form.title}
    keys = {"occurred_on": form.occurred_on, "record_key": list(form.record_key)}
    return named | keys | {"fields": fields, "checks": checks}


def _parameter_json(pack: Pack, name: str) -> dict[str, Any]:
    parameter = pack.parameters[name]
    value = parameter.value.isoformat() if isinstance(parameter.value, date) else parameter.value
    said = {"name": name, "value": value, "unit": parameter.unit}
    return said | {"source": parameter.source, "doubt": parameter.doubt}


def _enrol_json(pack: Pack, lang: str) -> dict[str, Any] | None:
    enrol = pack.enrol
    if enrol is None:
        return None
    speech = speech_of(pack, lang, pack.form(enrol.form))
    ends = []
    for end in enrol.ends:
        said = _sentence(speech_of(pack, lang, pack.form(end.form)), end.when, end.text)
        ends.append({"name": end.name, "form": end.form, "at": end.at, "by": end.by, "reason": end.reason, **said})
    return {
        "form": enrol.form,
        "fields": sorted(pack.form(enrol.form).fields),
        "person_fields": list(enrol.person_fields),
        "source": enrol.source,
        **_sentence(speech, enrol.when, enrol.text),
        "at_age": None if enrol.at_age is None else say_at_age(speech, enrol.at_age),
        "ends": ends,
    }


def _classes_json(pack: Pack, speech: Speech) -> list[dict[str, Any]]:
    rows = pack.classify.rows if pack.classify else ()
    return [
        {
            "name": row.name,
            "label": row.label,
            "refer": row.refer,
            "source": row.source,
            **_sentence(speech, row.when, row.text),
            "next": {task: _window_json(speech, window) for task, window in row.windows.items()},
        }
        for row in rows
    ]


def _window_json(speech: Speech, window: Window) -> dict[str, str]:
    edges = {"opens": window.opens.text, "due": window.due.text, "closes": window.closes.text}
    return edges | {"words": say_window(speech, window)}


def _task_json(speech: Speech, task: Task) -> dict[str, Any]:
    said: dict[str, Any] = {"name": task.name, "title": task.title, "done_by": task.done_by, "source": task.source}
    if isinstance(task, ContactTask):
        windows = {"first": _window_json(speech, task.first), "missed": _window_json(speech, task.missed)}
        return said | {"kind": "contact"} | windows
    if isinstance(task, AfterTask):
        inner = speech_of(speech.pack, speech.lang, speech.pack.form(task.form))
        asked = {"kind": "after", "form": task.form, "window": _window_json(speech, task.window)}
        return said | asked | _sentence(inner, task.when, task.text)
    if isinstance(task, DoseTask):
        return said | {"kind": "dose", "words": ""}
    return said | {"kind": "each calendar year", **_sentence(speech, task.where, "")}


def _indicator_json(pack: Pack, indicator: Indicator, lang: str) -> dict[str, Any]:
    speech = speech_of(pack, lang)
    return {
        "id": indicator.id,
        "title": indicator.title_en if lang == "en" and indicator.title_en else indicator.title,
        "unit": indicator.unit,
        "of": {"label": indicator.of_label, "words": say_basis(pack, indicator.of, lang)},
        "of_clauses": [_clause_json(speech, item) for item in indicator.of_clauses],
        "count": {"label": indicator.count_label, "words": _say_count(pack, indicator, lang)},
        "clauses": [_clause_json(speech, item) for item in indicator.clauses],
        "mean": indicator.mean,
        "attribution": indicator.attribution,
        "count_at": indicator.count_at,
        "source": indicator.source,
        "doubt": indicator.doubt,
        "watch": list(indicator.watch),
    }


def _clause_json(speech: Speech, item: CountedClause) -> dict[str, Any]:
    said = {"id": item.id, "label": item.label, "only_if": item.only_if, "source": item.source}
    return said | {"words": say_clause(speech, item.clause)}


def _say_count(pack: Pack, indicator: Indicator, lang: str) -> str:
    said = say_basis(pack, indicator.count, lang)
    if not indicator.mean:
        return said
    title = pack.quality[indicator.mean].title
    score = f"{title}，各人得分合计" if lang == "zh" else f"scores in {indicator.mean}, added up"
    return f"{said}；{score}" if said else score


def _run_json(pack: Pack) -> dict[str, Any] | None:
    """What ``pack run`` expects and answers."""
    if not pack.judged:
        scored = next(iter(pack.quality.values()), None)
        form = None if scored is None else pack.form(scored.form)
        return None if form is None else {"form": form.name, "columns": ["case", *form.fields], "classes": []}
    form = pack.form(pack.judged)
    fields = [name for name in form.fields if name != form.occurred_on]
    columns = ["case", *RUN_PERSON, "date", *fields]
    return {"form": form.name, "columns": columns, "classes": list(pack.class_names)}


def _due_json(pack: Pack) -> dict[str, Any] | None:
    """What ``pack due`` expects and answers."""
    if pack.enrol is None:
        return None
    forms = [*pack.forms, *pack.foreign_forms]
    people = [*PEOPLE_COLUMNS, *pack.enrol.person_fields]
    return {"people_columns": people, "events_columns": list(EVENT_COLUMNS), "forms": forms, "tasks": [*pack.schedule]}


def say_basis(pack: Pack, basis: Basis | None, lang: str) -> str:
    """What is counted, in words. Nothing where the numerator is the denominator's people that satisfy the clauses."""
    match basis:
        case People(_, when):
            day = {
                "any_day": ("统计期内任一天在管", "managed on any day of the period"),
                "period_end": ("期末在管", "managed at its end"),
            }
            return day[when][0 if lang == "zh" else 1]
        case Items(form, where, _, sum_field, take, by, _, having):
            speech = speech_of(pack, lang, pack.form(form))
            title = pack.form(form).title
            if take == "every":
                dated = say_field(speech, by or pack.form(form).occurred_on)
                said = speech.of(f"{dated}在统计期内的每张{title}", f"every {form} whose {dated} is in the period")
            elif take == "each_month":
                said = speech.of(
                    f"统计期内的每个月，月末前最近一次{title}",
                    f"for each month of the period the latest {form} by its end",
                )
                if having:
                    other = pack.form(having).title
                    said += speech.of(f"，且当月有{other}", f", where the month has a {having}")
            else:
                said = speech.of(f"期末前最近一次{title}", f"the latest {form} by the end of the period")
            if where is not None:
                said += speech.of(f"，{say_expression(speech, where)}", f", {say_expression(speech, where)}")
            if sum_field:
                said += speech.of(
                    f"，合计{say_field(speech, sum_field)}", f", adding up {say_field(speech, sum_field)}"
                )
            return said
        case PopulationOf(kind):
            return f"人口表 {kind}" if lang == "zh" else f"population table: {kind}"
        case None:
            return ""


def say_clause(speech: Speech, clause: Clause) -> str:
    """A clause of a numerator in words."""
    pack = speech.pack
    match clause:
        case LatestRow():
            return say_latest(speech, clause)
        case SomeRows():
            return say_some(speech, clause)
        case ObligationsMet(tasks):
            names = "、".join(pack.schedule[task].title for task in tasks or tuple(pack.schedule))
            which = ", ".join(tasks or tuple(pack.schedule))
            return speech.of(
                f"统计期内到截止日的{names}都按时完成",
                f"everything of {which} that closes in the period is done in time",
            )
        case RowsComplete(form, fields):
            inner = Speech(pack, pack.form(form), speech.lang)
            said = speech.of("、", ", ").join(say_field(inner, name) for name in fields)
            return speech.of(
                f"统计期内每次{pack.form(form).title}都填了：{said}", f"every {form} in the period has: {said}"
            )
        case EnoughRows(form, per_year, where):
            inner = Speech(pack, pack.form(form), speech.lang)
            only = (
                ""
                if where is None
                else speech.of(f"（{say_expression(inner, where)}）", f" ({say_expression(inner, where)})")
            )
            count, title = say_expression(inner, per_year), pack.form(form).title
            return speech.of(
                f"统计期内{title}{only}次数 ≥ {count} × 在管天数 ÷ 全年天数（进位取整）",
                f"{form}{only} in the period ≥ {count} × days managed ÷ days of the year, rounded up",
            )
        case NotEnded(reasons):
            said = "、".join(_REASONS.get(reason, reason) for reason in reasons)
            return speech.of(
                f"统计期内没有因{said}结束管理", f"management did not end in the period as {' or '.join(reasons)}"
            )
        case _:
            return _say_course_clause(speech, clause)


def _say_course_clause(speech: Speech, clause: CourseClause) -> str:
    pack = speech.pack
    match clause:
        case TaskApplies(tasks) | TaskAsked(tasks) | TaskDone(tasks) | TaskDoneBefore(tasks):
            names = speech.of("或", " or ").join(
                pack.schedule[task].title if speech.lang == "zh" else task for task in tasks
            )
        case ReachesAge(age):
            said = say_offset(speech, age)
            return speech.of(f"统计期内满 {said}", f"reaches {said} of age in the period")
        case RowsCounted(form):
            title = pack.form(form).title
            return speech.of(f"统计期内每条{title}都计入某一剂次", f"every {form} in the period counts")
        case HasRow(form):
            return speech.of(f"期末前有{pack.form(form).title}", f"there is a {form} by the end of the period")
    match clause:
        case TaskApplies():
            return speech.of(f"适用{names}", f"{names} applies")
        case TaskAsked():
            return speech.of(f"统计期内应做{names}", f"{names} is asked in the period")
        case TaskDone():
            return speech.of(f"统计期内完成{names}", f"{names} is done in the period")
        case TaskDoneBefore():
            said = say_offset(speech, clause.age)
            return speech.of(f"不满 {said} 时完成{names}", f"{names} is done before {said} of age")


_REASONS = {"lost": "失访", "died": "死亡", "moved": "迁出", "revoked": "撤销诊断", "refused": "拒绝"}
