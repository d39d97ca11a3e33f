"""A sentence of a pack in the words of the field, Chinese or English, so that a physician can check it against the norm."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.fields import load_fields
from wangdi.language.ast import (
    Among,
    Arithmetic,
    Call,
    Case,
    Compare,
    Constant,
    Expression,
    Field,
    IsNull,
    Logic,
    Not,
    Parameter,
    Previous,
    Term,
)
from wangdi.language.model import Form, Offset, Pack, Window
from wangdi.language.model import Parameter as Number

_BRACKET = re.compile("[（：]")
_SIGNS = {"=": "=", "<>": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_ATTRIBUTES = {
    "zh": {
        "age_years": "年龄（周岁）",
        "birth_date": "出生日期",
        "sex": "性别",
        "is_resident": "常住居民（居住半年以上）",
        "resident_kind": "常住类型",
    },
    "en": {
        "age_years": "age in completed years",
        "birth_date": "birth date",
        "sex": "sex",
        "is_resident": "permanent resident (half a year or more)",
        "resident_kind": "kind of residence",
    },
}
_UNITS = {
    "zh": {
        "1": "",
        "/a": "次/年",
        "/min": "次/分",
        "/wk": "次/周",
        "mm[Hg]": "mmHg",
        "Cel": "℃",
        "liang/d": "两/日",
        "{cigarettes}/d": "支/日",
        "{place}": "个",
        "{person}": "人",
        "date": "",
        "day": "天",
        "week": "周",
        "month": "个月",
        "year": "年",
    },
    "en": {
        "1": "",
        "date": "",
        "/a": "a year",
        "/min": "a minute",
        "/wk": "a week",
        "mm[Hg]": "mmHg",
        "Cel": "°C",
        "liang/d": "liang (50 g) a day",
        "{cigarettes}/d": "cigarettes a day",
        "{place}": "places",
        "{person}": "people",
        "day": "days",
        "week": "weeks",
        "month": "months",
        "year": "years",
    },
}


@dataclass(frozen=True, slots=True)
class Speech:
    """Whose words: the pack, the form whose rows are spoken of, and the language (``zh`` or ``en``)."""

    pack: Pack
    form: Form
    lang: str

    def of(self, zh: str, en: str) -> str:
        """The one of two wordings that is spoken."""
        return zh if self.lang == "zh" else en


def say_expression(speech: Speech, node: Expression) -> str:
    """The expression in words."""
    match node:
        case Logic():
            return _say_logic(speech, node)
        case Not():
            return _say_not(speech, node)
        case Compare():
            return _say_compare(speech, node)
        case Among(operand, choices):
            said = speech.of("或", " or ").join(_say_value(speech, operand, choice) for choice in choices)
            return f"{_name(speech, operand)}{speech.of('为', ' is ')}{said}"
        case IsNull(operand):
            unknown = "不能判断" if isinstance(operand, Term | Previous) else "未填或不详"
            return speech.of(f"{_name(speech, operand)}{unknown}", f"{_name(speech, operand)} is not known")
        case Case():
            return _say_case(speech, node)
        case Field() | Term() | Previous():
            return _say_yes(speech, node)
        case _:
            return _name(speech, node)


def _say_yes(speech: Speech, node: Expression) -> str:
    """A yes/no standing for itself."""
    if isinstance(node, Field):
        return speech.of(f"{_name(speech, node)}为“是”", f"{_name(speech, node)}: yes")
    return _name(speech, node)


def _say_not(speech: Speech, node: Not) -> str:
    match node.operand:
        case IsNull(operand):
            known = "能判断" if isinstance(operand, Term | Previous) else "已填"
            return speech.of(f"{_name(speech, operand)}{known}", f"{_name(speech, operand)} is known")
        case Among(operand, choices):
            said = speech.of("、", ", ").join(_say_value(speech, operand, choice) for choice in choices)
            return f"{_name(speech, operand)}{speech.of('不是', ' is none of ')}{said}"
        case Field() as field:
            return speech.of(f"{_name(speech, field)}为“否”", f"{_name(speech, field)}: no")
        case operand:
            said = _inside(speech, operand)
            return speech.of(f"不是（{said}）" if "「" not in said else f"不符合{said}", f"not {said}")


def _say_logic(speech: Speech, node: Logic) -> str:
    word = speech.of("，并且", " and ") if node.operator == "and" else speech.of("，或者", " or ")
    return word.join(_inside(speech, part) for part in node.operands)


def _inside(speech: Speech, node: Expression) -> str:
    said = say_expression(speech, node)
    if isinstance(node, Logic | Case):
        return speech.of(f"（{said}）", f"({said})")
    return said


def _say_compare(speech: Speech, node: Compare) -> str:
    left, right = node.left, node.right
    if isinstance(right, Constant) and isinstance(right.value, str):
        is_not = node.comparator == "<>"
        word = speech.of("不是" if is_not else "为", " is not " if is_not else " is ")
        return f"{_name(speech, left)}{word}{_say_value(speech, left, right)}"
    return f"{_name(speech, left)} {_SIGNS[node.comparator]} {_name(speech, right)}"


def _say_case(speech: Speech, node: Case) -> str:
    parts = []
    for when, then in node.arms:
        condition, result = say_expression(speech, when), _result(speech, then)
        parts.append(speech.of(f"若{condition}，则{result}", f"if {condition} then {result}"))
    last = _result(speech, node.otherwise)
    return speech.of("；".join([*parts, f"否则{last}"]), "; ".join([*parts, f"otherwise {last}"]))


def _result(speech: Speech, node: Expression) -> str:
    if isinstance(node, Constant) and node.value is None:
        return speech.of("不能判断", "unknown")
    if isinstance(node, Constant | Parameter | Field):
        return _name(speech, node)
    return say_expression(speech, node)


def _name(speech: Speech, node: Expression) -> str:
    """What an operand is called."""
    match node:
        case Field(name):
            return say_field(speech, name)
        case Term(name):
            return f"「{say_term(speech, name)}」"
        case Previous(name):
            return speech.of(f"上一次「{say_term(speech, name)}」", f"previous row: “{say_term(speech, name)}”")
        case Parameter(name):
            return say_parameter(speech, speech.pack.parameters[name], source=True)
        case Constant(value):
            return _say_constant(speech, value)
        case Arithmetic(sign, left, right):
            symbol = {"+": "＋", "-": "－", "*": "×"}[sign]
            return f"{_name(speech, left)} {symbol} {_name(speech, right)}"
        case Call(function, arguments):
            return _say_call(speech, function, [_name(speech, part) for part in arguments])
        case _:
            said = say_expression(speech, node)
            return speech.of(f"（{said}）", f"({said})")


def _say_call(speech: Speech, function: str, said: list[str]) -> str:
    if function == "digits":
        return speech.of(f"{said[0]}的数字位数", f"number of digits of {said[0]}")
    return speech.of(f"从{said[0]}到{said[1]}的小时数", f"hours from {said[0]} to {said[1]}")


def _say_constant(speech: Speech, value: object) -> str:
    if value is None:
        return speech.of("不详", "unknown")
    if isinstance(value, bool):
        return speech.of("是" if value else "否", "yes" if value else "no")
    return f"“{value}”" if isinstance(value, str) else str(value)


def _say_value(speech: Speech, operand: Expression, choice: Expression) -> str:
    """A code with its label where the operand is a coded field."""
    value = choice.value if isinstance(choice, Constant) else None
    if isinstance(operand, Field) and isinstance(value, str):
        field = speech.form.fields.get(operand.name)
        if field is not None and field.codes:
            return f"“{load_codelists()[field.codes].label(value, speech.lang)}”"
    return _name(speech, choice)


def say_field(speech: Speech, name: str, *, short: bool = True) -> str:
    """A field's label; ``short`` leaves out what stands in brackets."""
    field = speech.form.fields.get(name)
    if field is None:
        return _ATTRIBUTES[speech.lang].get(name, name)
    if speech.lang == "en":
        entry = load_fields().get(name)
        return entry.label_en if entry is not None and entry.label_en else name
    return _BRACKET.split(field.label)[0] if short else field.label


def say_term(speech: Speech, name: str) -> str:
    """A term's label without what stands in brackets; its name in English, where packs carry no label."""
    label = speech.pack.terms[name].label
    return name if speech.lang == "en" or not label else _BRACKET.split(label)[0]


def say_parameter(speech: Speech, parameter: Number, *, source: bool = False) -> str:
    """A number with its unit and, where asked for, its clause."""
    value: object = parameter.value
    if isinstance(value, bool):
        value = speech.of("是" if value else "否", "yes" if value else "no")
    unit = say_unit(speech, parameter.unit)
    said = f"{value} {unit}".strip()
    return f"{said}{speech.of(f'（{parameter.source}）', f' ({parameter.source})')}" if source else said


def say_unit(speech: Speech, unit: str) -> str:
    """A unit in everyday writing."""
    return _UNITS[speech.lang].get(unit, unit)


def say_offset(speech: Speech, offset: Offset) -> str:
    """A length of time in words: ``3 个月 + 7 天``."""
    parts = []
    for part in offset.parts:
        if part.parameter:
            parts.append(say_parameter(speech, speech.pack.parameters[part.parameter]))
        else:
            parts.append(f"{part.count} {say_unit(speech, part.unit)}")
    return " + ".join(parts)


def say_window(speech: Speech, window: Window) -> str:
    """A window in words, counted from its anchor."""
    opens, due, closes = (say_offset(speech, offset) for offset in (window.opens, window.due, window.closes))
    if speech.lang == "en":
        return f"from {opens} on, due {due}, failed after {closes}"
    return f"{opens}后可做，{due}到期，过 {closes}未做即失败"
