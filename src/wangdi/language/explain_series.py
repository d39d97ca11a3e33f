"""The ``series`` block in words: each course as a table of doses, and what puts doses off."""

from __future__ import annotations

from typing import Any

from wangdi.catalog.codelists import load_codelists
from wangdi.language.check_series import subject_form
from wangdi.language.courses import Course, Dose, Hold, Product, Series
from wangdi.language.model import Offset, Pack
from wangdi.language.words import Speech, say_expression, say_field, say_offset


def series_json(pack: Pack, speech: Speech) -> dict[str, Any] | None:
    """The block as names and words for other programs."""
    series = pack.series
    if series is None:
        return None
    return {
        "given": series.form,
        "product": series.product,
        "courses": [_course_json(pack, speech, series, course) for course in series.courses.values()],
        "holds": [_hold_json(pack, speech, series, hold) for hold in series.holds.values()],
    }


def _product_word(pack: Pack, speech: Speech, series: Series, code: str) -> str:
    codes = load_codelists().get(pack.form(series.form).fields[series.product].codes)
    return code if codes is None else codes.label(code, speech.lang)


def _length(speech: Speech, offset: Offset | None) -> str:
    return "" if offset is None else say_offset(speech, offset)


def _course_json(pack: Pack, speech: Speech, series: Series, course: Course) -> dict[str, Any]:
    chosen = ""
    if course.form:
        form = pack.form(course.form)
        said = "" if course.when is None else say_expression(Speech(pack, form, speech.lang), course.when)
        chosen = speech.of(f"有{form.title}：{said}", f"there is a row of {course.form}: {said}")
    subject = Speech(pack, subject_form(pack), speech.lang)
    return {
        "name": course.name,
        "task": course.task,
        "title": course.title,
        "group": course.group,
        "chosen": chosen,
        "whom": "" if course.whom is None else say_expression(subject, course.whom),
        "products": [_product_json(pack, speech, series, product) for product in course.products],
        "until": _length(speech, course.until),
        "ages": course.ages,
        "doses": [_dose_json(pack, speech, series, (course, dose)) for dose in course.doses],
        "source": course.source,
        "doubt": course.doubt,
    }


def _product_json(pack: Pack, speech: Speech, series: Series, product: Product) -> dict[str, str]:
    return {
        "code": product.code,
        "label": _product_word(pack, speech, series, product.code),
        "from": _length(speech, product.since),
        "until": _length(speech, product.until),
    }


def _dose_json(pack: Pack, speech: Speech, series: Series, placed: tuple[Course, Dose]) -> dict[str, Any]:
    course, dose = placed
    return {
        "task": f"{course.task}_{dose.number}",
        "number": dose.number,
        "from": _length(speech, dose.since),
        "after": _length(speech, dose.after),
        "after_first": _length(speech, dose.after_first),
        "by": _length(speech, dose.by),
        "by_first": _length(speech, dose.by_first),
        "give": [_product_word(pack, speech, series, code) for code in dose.give],
        "source": dose.source,
        "doubt": dose.doubt,
    }


def _hold_json(pack: Pack, speech: Speech, series: Series, hold: Hold) -> dict[str, Any]:
    form = pack.form(hold.form)
    inner = Speech(pack, form, speech.lang)
    lasts = speech.of("此后一直", "for good")
    if hold.lasts is not None:
        lasts = speech.of(f"{_length(speech, hold.lasts)}内", f"for {_length(speech, hold.lasts)}")
    elif hold.until:
        field = say_field(inner, hold.until)
        lasts = speech.of(f"到{field}（不填为一直）", f"until {field} (empty: for good)")
    products = [_product_word(pack, speech, series, code) for code in hold.products]
    if hold.product_field:
        products = [speech.of("该条记录所写的（不填为全部）", "those the row names (empty: all)")]
    return {
        "name": hold.name,
        "title": hold.title,
        "form": hold.form,
        "when": "" if hold.when is None else say_expression(inner, hold.when),
        "lasts": lasts,
        "products": products,
        "meanwhile": "counted" if hold.counts else "not counted",
        "same_day": hold.same_day,
        "source": hold.source,
        "doubt": hold.doubt,
    }


def series_lines(told: dict[str, Any] | None, speech: Speech) -> list[str]:
    """The block as Markdown."""
    if told is None:
        return []
    lines = [speech.of("## 程序：逐剂次", "## Courses, dose by dose"), ""]
    for course in told["courses"]:
        lines += _course_lines(course, speech)
    if told["holds"]:
        lines += [speech.of("## 推迟与不计", "## What puts a dose off"), ""]
        lines += [_hold_line(hold, speech) for hold in told["holds"]]
        lines.append("")
    return lines


def _course_lines(course: dict[str, Any], speech: Speech) -> list[str]:
    products = speech.of("、", ", ").join(_product_words(item, speech) for item in course["products"])
    lines = [
        f"### {course['title']}（`{course['name']}`，{course['source']}）",
        "",
        f"- {speech.of('计入的疫苗', 'Products that count')}：{products}",
    ]
    said = (
        ("chosen", speech.of("适用于", "Applies where")),
        ("whom", speech.of("对象", "Whom")),
        ("until", speech.of("满此年龄后不再要求", "Not asked from this age on")),
        ("doubt", speech.of("存疑", "Doubt")),
    )
    lines += [f"- {word}：{course[key]}" for key, word in said if course[key]]
    if course["ages"] == "begun":
        words = ("已开始的，起始年龄按开始时的版本", "once begun, ages are those of the edition it began under")
        lines.append(f"- {speech.of(*words)}")
    header = speech.of(
        "| 剂次 | 接种 | 起始年龄 | 距上一剂 | 距第一剂 | 应于此年龄前完成 | 依据 | 存疑 |",
        "| dose | give | from age | after the one before | after the first | complete before age | clause | doubt |",
    )
    lines += ["", header, "|---|---|---|---|---|---|---|---|"]
    for dose in course["doses"]:
        limit = dose["by"] or (
            speech.of(f"第一剂后 {dose['by_first']} 内", f"within {dose['by_first']} of the first")
            if dose["by_first"]
            else ""
        )
        give = speech.of("或", " or ").join(dose["give"])
        cells = (
            f"{dose['number']}（`{dose['task']}`）",
            give,
            dose["from"],
            dose["after"],
            dose["after_first"],
            limit,
            dose["source"],
            dose["doubt"],
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return [*lines, ""]


def _product_words(item: dict[str, str], speech: Speech) -> str:
    ages = []
    if item["from"]:
        ages.append(speech.of(f"满 {item['from']}起", f"from {item['from']}"))
    if item["until"]:
        ages.append(speech.of(f"不满 {item['until']}", f"under {item['until']}"))
    return f"{item['label']}（{'，'.join(ages)}）" if ages else item["label"]


def _hold_line(hold: dict[str, Any], speech: Speech) -> str:
    products = speech.of("、", ", ").join(hold["products"])
    spoiled = hold["meanwhile"] == "not counted"
    meanwhile = speech.of("，期间所种不计", ", what is given meanwhile does not count") if spoiled else ""
    same = speech.of("（同日可种）", " (the same day is right)") if hold["same_day"] else ""
    when = f"：{hold['when']}" if hold["when"] else ""
    doubt = speech.of(f"；存疑：{hold['doubt']}", f"; doubt: {hold['doubt']}") if hold["doubt"] else ""
    held = speech.of(f"{hold['lasts']}推迟{products}", f"{hold['lasts']}: {products}")
    return f"- **{hold['title']}**（`{hold['name']}`，{hold['source']}）{when}；{held}{same}{meanwhile}{doubt}"
