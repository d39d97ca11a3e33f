"""Quality and slips as JSON and as lines of the page; ages, tasks that follow a row and clauses about records in words."""

from __future__ import annotations

from typing import Any

from wangdi.language.ast import Parameter, as_json
from wangdi.language.expression import render_text
from wangdi.language.model import AtAge, LatestRow, Pack, SomeRows
from wangdi.language.quality import QualityItem
from wangdi.language.slip import Slip
from wangdi.language.words import Speech, say_expression, say_field, say_offset


def speech_about(pack: Pack, form: str, lang: str) -> Speech:
    """The words of a form's fields."""
    return Speech(pack, pack.form(form), lang)


def quality_json(pack: Pack, lang: str) -> list[dict[str, Any]]:
    """Every way of scoring a record, each item with its words."""
    found = []
    for quality in pack.quality.values():
        speech = speech_about(pack, quality.form, lang)
        said: dict[str, Any] = {"name": quality.name, "title": quality.title, "form": quality.form}
        said |= {"source": quality.source, "doubt": quality.doubt}
        found.append(said | {"items": [_item_json(speech, item) for item in quality.items]})
    return found


def _item_json(speech: Speech, item: QualityItem) -> dict[str, Any]:
    said: dict[str, Any] = {"id": item.id, "label": item.label, "weight": item.weight, "fields": list(item.fields)}
    said["only_when"] = None if item.only_when is None else item.when_text or render_text(item.only_when)
    said["rule"] = None if item.rule is None else item.rule_text or render_text(item.rule)
    return said | {"words": _say_item(speech, item), "source": item.source}


def _say_item(speech: Speech, item: QualityItem) -> str:
    names = speech.of("、", ", ").join(say_field(speech, name) for name in item.fields)
    parts = [speech.of(f"填了{names}", f"{names} filled")] if names else []
    parts += [say_expression(speech, item.rule)] if item.rule is not None else []
    said = speech.of("，并且", " and ").join(parts)
    if item.only_when is None:
        return said
    when = say_expression(speech, item.only_when)
    return speech.of(f"{said}（只在{when}时要求）", f"{said} (asked only if {when})")


def slips_json(pack: Pack, lang: str) -> list[dict[str, Any]]:
    """Every slip with its lines."""
    return [_slip_json(speech_about(pack, slip.form, lang), slip) for slip in pack.slips.values()]


def _slip_json(speech: Speech, slip: Slip) -> dict[str, Any]:
    lines = [
        {
            "id": line.id,
            "rule": line.text,
            "words": say_expression(speech, line.when),
            "tree": as_json(line.when),
            "finding": line.finding,
            "advice": line.advice,
            "values": list(line.values),
            "refer": line.refer,
            "programme": line.programme,
            "source": line.source,
        }
        for line in slip.lines
    ]
    said: dict[str, Any] = {"name": slip.name, "title": slip.title, "form": slip.form, "values": list(slip.values)}
    return said | {"lines": lines, "otherwise": slip.otherwise, "closing": slip.closing, "source": slip.source}


def say_at_age(speech: Speech, at_age: AtAge) -> str:
    """From what day an age counts."""
    years = _say_years(speech, at_age)
    if not at_age.whole_year:
        return speech.of(f"自满 {years}之日起", f"from the day of the age {years}")
    whole = at_age.whole_year
    return speech.of(
        f"自满 {years}的当年 1 月 1 日起（参数 {whole} 为否时自满龄之日起）",
        f"from 1 January of the year of the age {years} (from the birthday where {whole} is false)",
    )


def _say_years(speech: Speech, at_age: AtAge) -> str:
    """An age, with its clause where a parameter gives it."""
    if not isinstance(at_age.years, Parameter):
        return speech.of(f"{say_expression(speech, at_age.years)} 岁", say_expression(speech, at_age.years))
    parameter = speech.pack.parameters[at_age.years.name]
    return speech.of(f"{parameter.value} 岁（{parameter.source}）", f"{parameter.value} ({parameter.source})")


def say_latest(speech: Speech, clause: LatestRow) -> str:
    """The latest row holds something, in words."""
    pack = speech.pack
    inner = Speech(pack, pack.form(clause.form), speech.lang)
    which = speech.of("最近" if clause.take == "latest" else "最早", clause.take)
    only = _say_only(inner, clause)
    title = pack.form(clause.form).title
    when = (
        speech.of("到期末为止", "by the end of the period") if clause.by_end else speech.of("统计期内", "in the period")
    )
    return speech.of(
        f"{when}{which}一次{title}{only}：{_say_held(inner, clause)}",
        f"the {which} {clause.form} {when}{only}: {_say_held(inner, clause)}",
    )


def _say_only(speech: Speech, clause: LatestRow | SomeRows) -> str:
    if clause.where is None:
        return ""
    said = say_expression(speech, clause.where)
    return speech.of(f"（只看{said}）", f" ({said})")


def _say_held(speech: Speech, clause: LatestRow) -> str:
    if clause.fields:
        names = speech.of("、", ", ").join(say_field(speech, name) for name in clause.fields)
        return speech.of(f"填了{names}", f"has {names}")
    if clause.level is not None:
        level, title = say_expression(speech, clause.level), speech.pack.quality[clause.quality].title
        return speech.of(f"{title}不低于 {level} 分", f"scores at least {level} in {clause.quality}")
    return say_expression(speech, clause.holds)


def say_some(speech: Speech, clause: SomeRows) -> str:
    """So many rows, in words."""
    pack = speech.pack
    inner = Speech(pack, pack.form(clause.forms[0]), speech.lang)
    count = say_expression(inner, clause.count)
    titles = "、".join(pack.form(form).title for form in clause.forms)
    names = ", ".join(clause.forms)
    when = speech.of("统计期内", "in the period")
    if clause.span is not None:
        span = say_offset(speech, clause.span)
        when = speech.of(f"期末前 {span}内", f"in the last {span} by the end of the period")
    filled = ""
    if clause.fields:
        said = speech.of("、", ", ").join(say_field(inner, name) for name in clause.fields)
        filled = speech.of(f"，填了{said}", f", with {said}")
    only = "" if clause.where is None else _say_only(inner, clause)
    return speech.of(f"{when}至少 {count} 次{titles}{only}{filled}", f"at least {count} {names} {when}{only}{filled}")


def quality_lines(told: dict[str, Any], speech: Speech) -> list[str]:
    """The page's sections on completeness."""
    lines: list[str] = []
    for item in told["quality"]:
        lines += [f"## {item['title']}（`{item['name']}`）", "", f"{speech.of('依据', 'Source')}：{item['source']}", ""]
        rule = "得分 = 符合各项的权重 ÷ 应填各项的权重 × 100，只取整数，不进位"
        lines += [
            speech.of(
                rule,
                "score = weights of the items met ÷ weights of the items asked × 100, whole points, never rounded up",
            ),
            "",
        ]
        lines += [speech.of("| 项目 | 权重 | 要求 |", "| item | weight | asked |"), "|---|---|---|"]
        lines += [
            f"| {part['label']}（`{part['id']}`） | {part['weight']} | {part['words']} |" for part in item["items"]
        ]
        lines += ["", *([f"{speech.of('存疑', 'Doubt')}：{item['doubt']}", ""] if item["doubt"] else [])]
    return lines


def slip_lines(told: dict[str, Any], speech: Speech) -> list[str]:
    """The page's sections on slips."""
    lines: list[str] = []
    for slip in told["slips"]:
        lines += [f"## {slip['title']}（`{slip['name']}`）", ""]
        for line in slip["lines"]:
            lines.append(f"- **{line['finding']}**（`{line['id']}`，{line['source']}）：{line['words']}")
            lines.append(f"   - {line['advice']}")
        lines += [f"- {speech.of('都没有', 'Otherwise')}：{slip['otherwise']}", ""]
        lines += [slip["closing"], ""] if slip["closing"] else []
    return lines
