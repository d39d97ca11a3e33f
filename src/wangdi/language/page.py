"""A pack as a page in Markdown that a physician can read beside the printed norm, in Chinese or English."""

from __future__ import annotations

from typing import Any

from wangdi.language.explain import explain_json, speech_of
from wangdi.language.explain_record import quality_lines, slip_lines
from wangdi.language.explain_series import series_lines
from wangdi.language.model import Pack
from wangdi.language.words import Speech, say_unit


def explain_page(pack: Pack, lang: str = "zh") -> str:
    """The pack as Markdown, in the order of the printed norm."""
    told = explain_json(pack, lang)
    speech = speech_of(pack, lang)
    parts = [
        *_head_lines(told, speech),
        *_parameter_lines(pack, speech),
        *_enrol_lines(pack, told, speech),
        *_form_lines(told, speech),
        *_rule_lines(told, speech),
        *series_lines(told["series"], speech),
        *_task_lines(pack, told, speech),
        *quality_lines(told, speech),
        *slip_lines(told, speech),
        *_indicator_lines(told, speech),
        *_use_lines(told, speech),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _head_lines(told: dict[str, Any], speech: Speech) -> list[str]:
    until = told["valid_to"] or speech.of("至今", "today")
    book = told["rule_book"]
    issuer = f"（{book['issuer']}）" if book["issuer"] else ""
    edition = speech.of("；版本", "; edition")
    return [
        f"# {told['title']}（{told['pack']}）",
        "",
        f"{book['title']}{issuer}{edition} {told['edition']}{speech.of('，适用', ', in force')} {told['valid_from']} – {until}",
        "",
    ]


def _parameter_lines(pack: Pack, speech: Speech) -> list[str]:
    if not pack.parameters:
        return []
    header = speech.of("| 参数 | 值 | 依据 | 存疑 |", "| parameter | value | clause | doubt |")
    lines = [speech.of("## 数值", "## Numbers"), "", header, "|---|---|---|---|"]
    for item in pack.parameters.values():
        value = str(item.value).lower() if isinstance(item.value, bool) else str(item.value)
        unit = say_unit(speech, item.unit)
        lines.append(f"| `{item.name}` | {f'{value} {unit}'.strip()} | {item.source} | {item.doubt} |")
    return [*lines, ""]


def _enrol_lines(pack: Pack, told: dict[str, Any], speech: Speech) -> list[str]:
    enrol = told["enrol"]
    if enrol is None:
        return []
    title = pack.form(enrol["form"]).title
    opens = speech.of(
        f"有一条{title}（`{enrol['form']}`）：{enrol['words']}", f"a row of `{enrol['form']}` with: {enrol['words']}"
    )
    lines = [speech.of(f"## 服务对象（{enrol['source']}）", f"## Whom ({enrol['source']})"), "", opens, ""]
    lines += [enrol["at_age"], ""] if enrol["at_age"] else []
    at = {"day": speech.of("当日结束", "ends that day"), "year": speech.of("当年年末结束", "ends with that year")}
    by = {
        "anyone": "",
        "managing_org": speech.of("（只认管理机构所报）", " (only the managing institution can say so)"),
    }
    lines += [f"- {end['name']}：{end['words']}，{at[end['at']]}{by[end['by']]}" for end in enrol["ends"]]
    return [*lines, ""]


def _form_lines(told: dict[str, Any], speech: Speech) -> list[str]:
    lines: list[str] = []
    for form in told["forms"]:
        header = speech.of(
            "| 字段 | 名称 | 类型 | 单位 | 代码 | 合理范围 | 可能范围 |",
            "| field | label | type | unit | codes | plausible | possible |",
        )
        lines += [f"## {form['title']}（`{form['full_name']}`）", "", header, "|---|---|---|---|---|---|---|"]
        for field in form["fields"]:
            codes = " ".join(f"{item['code']} {item['label']}" for item in field["codes"])
            required = speech.of("，必填", ", required") if field["required"] else ""
            limits = " | ".join(_limits(field[name]) for name in ("plausible", "possible"))
            unit = say_unit(speech, field["unit"])
            lines.append(
                f"| `{field['name']}` | {field['label']} | {field['type']}{required} | {unit} | {codes} | {limits} |"
            )
        lines.append("")
        for check in form["checks"]:
            refused = speech.of("拒收", "refused") if check["refuse"] else speech.of("提醒", "warned")
            lines.append(f"- {check['words']}{speech.of('；否则', '; otherwise ')}{refused}：{check['message']}")
        if form["checks"]:
            lines.append("")
    return lines


def _limits(pair: list[float] | None) -> str:
    return "" if pair is None else f"{pair[0]:g}–{pair[1]:g}"


def _rule_lines(told: dict[str, Any], speech: Speech) -> list[str]:
    lines: list[str] = []
    if told["terms"]:
        lines += [speech.of("## 用语", "## Terms"), ""]
        lines += [
            f"- **{term['label'] or term['name']}**（`{term['name']}`）：{term['words']}" for term in told["terms"]
        ]
        lines.append("")
    if told["classes"]:
        lines += [speech.of("## 分类（从上往下，第一条成立的为准）", "## Classes (the first that holds)"), ""]
        refer = {
            "urgent": speech.of("；紧急转诊", "; refer at once"),
            "advise": speech.of("；建议转诊", "; advise referral"),
            "none": "",
        }
        for place, item in enumerate(told["classes"], 1):
            lines.append(
                f"{place}. **{item['label']}**（`{item['name']}`，{item['source']}）：{item['words']}{refer[item['refer']]}"
            )
            lines += [f"   - {task}：{window['words']}" for task, window in item["next"].items()]
        lines.append("")
    return lines


def _task_lines(pack: Pack, told: dict[str, Any], speech: Speech) -> list[str]:
    tasks = [task for task in told["tasks"] if task["kind"] != "dose"]
    if not tasks:
        return []
    lines = [speech.of("## 应做事项", "## What is asked"), ""]
    for task in tasks:
        title = pack.form(task["done_by"]).title
        done = speech.of(f"以{title}完成", f"done by {title}")
        lines.append(f"- **{task['title']}**（`{task['name']}`，{task['source']}）：{done}")
        if task["kind"] == "contact":
            lines.append(f"   - {speech.of('纳入管理后', 'after enrolment')}：{task['first']['words']}")
            lines.append(
                f"   - {speech.of('过期未做，自截止日起', 'when missed, counted from its last day')}：{task['missed']['words']}"
            )
        elif task["kind"] == "after":
            after = pack.form(task["form"]).title
            said = f"（{task['words']}）" if task["words"] else ""
            lines.append(f"   - {speech.of('每次', 'after each ')}{after}{said}：{task['window']['words']}")
        else:
            only = f"（{task['words']}）" if task["words"] else ""
            lines.append(
                f"   - {speech.of('在管期间每个日历年一次', 'once in each calendar year while managed')}{only}"
            )
    return [*lines, ""]


def _indicator_lines(told: dict[str, Any], speech: Speech) -> list[str]:
    lines: list[str] = []
    for item in told["indicators"]:
        lines += [f"## {item['title']}（`{item['id']}`）", "", f"{speech.of('依据', 'Source')}：{item['source']}", ""]
        for key, word in (("count", speech.of("分子", "Numerator")), ("of", speech.of("分母", "Denominator"))):
            side = item[key]
            said = f"（{side['words']}）" if side["words"] else ""
            if side["label"] or said:
                lines.append(f"- {word}：{side['label']}{said}")
            if key == "of":
                lines += [_clause_line(clause, speech) for clause in item["of_clauses"]]
        if item["of_clauses"] and item["clauses"]:
            lines.append(f"- {speech.of('分子还要', 'And for the numerator')}：")
        lines += [_clause_line(clause, speech) for clause in item["clauses"]]
        if item["watch"]:
            families = speech.of("、", ", ").join(item["watch"])
            said = speech.of(
                f"按日计数，监测暴发（{families}）", f"Counted by day and watched for outbreaks ({families})"
            )
            lines.append(f"- {said}")
        if item["doubt"]:
            lines.append(f"- {speech.of('存疑', 'Doubt')}：{item['doubt']}")
        lines.append("")
    return lines


def _clause_line(clause: dict[str, Any], speech: Speech) -> str:
    only = ""
    if clause["only_if"]:
        only = speech.of(f"（仅当参数 {clause['only_if']} 为是）", f" (only if {clause['only_if']})")
    return f"   - {clause['label']}（`{clause['id']}`）{only}：{clause['words']}"


def _use_lines(told: dict[str, Any], speech: Speech) -> list[str]:
    lines: list[str] = []
    if told["run"] is not None:
        classes = ", ".join(f"`{name}`" for name in told["run"]["classes"])
        columns = ", ".join(f"`{name}`" for name in told["run"]["columns"])
        lines += [
            speech.of("## pack run 用到的列", "## Columns of pack run"),
            "",
            columns,
            "",
        ]
        scores = ", ".join(f"`{item['name']}`" for item in told["quality"])
        lines += [
            f"{speech.of('答出的类别', 'Classes')}：{classes}"
            if classes
            else f"{speech.of('评分', 'Scores')}：{scores}",
            "",
        ]
    if told["due"] is not None:
        people = ", ".join(f"`{name}`" for name in told["due"]["people_columns"])
        events = ", ".join(f"`{name}`" for name in told["due"]["events_columns"])
        forms = ", ".join(f"`{name}`" for name in told["due"]["forms"])
        lines += [
            speech.of("## pack due 用到的列", "## Columns of pack due"),
            "",
            f"people：{people}",
            "",
            f"events：{events}",
            "",
        ]
        lines += [f"{speech.of('表单', 'Forms')}：{forms}", ""]
    return lines
