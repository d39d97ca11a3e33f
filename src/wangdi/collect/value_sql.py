"""SQL that turns the text of a cell into a value: what people type in, as the form's type, or null where it is not one.

Each has a quick way for what is written plainly and a thorough way that only the other rows take (``coalesce`` and ``case``
evaluate an arm only for the rows that reach it), and that is left out where a column has no such rows: for a small file an
engine takes longer to understand an expression than to work it out. A thorough way agrees with its Python oracle in ``core``
(property tests).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wangdi.catalog.codelists import load_codelists
from wangdi.catalog.tables import CODES_SEPARATOR
from wangdi.catalog.units import Conversion, find_conversion, load_unit_aliases, ucum_unit
from wangdi.collect.mapping import ColumnRule
from wangdi.language.model import FieldType
from wangdi.store.workspace import sql_text, sql_texts

ODD_BLANKS = "\t\r\n\u3000\u00a0\ufeff"
BLANKS = " " + ODD_BLANKS
Blanks = Literal["none", "spaces", "any"]
"""Which blanks a piece of a file has at all: looking for those it does not have is a third of the work."""
_WIDE = "０１２３４５６７８９．－＋，：／％（）　ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ"
_NARROW = "0123456789.-+,:/%() ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MISSING_WORDS = (
    "-", "--", "—", "——", "/", "\\", "\\N", "NULL", "null", "None", "NaN", "nan", "N/A", "NA", "#N/A", "无数据", "未测",
    "未查", "未检", "未做", "拒测", "拒查", "不详", "未知", ".",
)  # fmt: skip
"""Words that say that there is no value; never taken for one, and no problem in a field that may be empty."""
_YES = ("是", "有", "true", "t", "yes", "y", "1", "√", "✓", "阳性")
_NO = ("否", "无", "没有", "false", "f", "no", "n", "0", "×", "阴性")
_FIRST_DAY, _LAST_DAY = "1900-01-01", "2199-12-31"
"""Dates outside are slips of the pen (0204-03-01, 20225-1-1)."""
_LISTED_CODES = 20
"""Codes a list may have to be written into the expression as often as it has words."""
_LIST_SEPARATORS = "[;；,，、|/ 　]+"
_JOINTS = "[.\\s、:：_()（）-]"
"""What stands between a code and its word: ``1.门诊``, ``1 门诊``, ``门诊(1)``."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a cell goes: a field of a form or an attribute of its subject."""

    name: str
    label: str
    type: FieldType
    unit: str = ""
    codes: str = ""
    required: bool = False
    plausible: tuple[float, float] | None = None
    possible: tuple[float, float] | None = None
    identifying: bool = False
    whole_month: bool = False
    """A date that stands for its month: kept as the month's last day."""


def render_cell(rule: ColumnRule, column: str, blanks: Blanks = "any") -> str:
    """The text of a cell without the blanks around it; null when nothing is left. ``blanks``: those there may be."""
    if rule.value is not None:
        return sql_text(rule.value)
    if rule.part:
        column = f"split_part({column}, {sql_text(rule.separator or '/')}, {rule.part})"
        blanks = "any"
    if blanks == "none":
        return column
    if blanks == "spaces":
        return f"case when {column} <= '!' or suffix({column}, ' ') then nullif(trim({column}), '') else {column} end"
    ends = " or ".join(f"prefix({column}, '{blank}') or suffix({column}, '{blank}')" for blank in ODD_BLANKS)
    trimmed = f"nullif(trim({column}, {sql_text(BLANKS)}), '')"
    return f"case when {column} <= '!' or suffix({column}, ' ') or {ends} then {trimmed} else {column} end"


def render_value(target: Target, rule: ColumnRule, cell: str, *, thorough: bool = True, listed: bool = False) -> str:
    """What a cell says, in the target's unit and codes; :func:`render_sound_value` makes it the target's type.

    Two steps, because the second looks at the first several times and an engine would work it out as often.
    ``listed``: codes written plainly come as places in the list of codes, which a large file is stored from in half the
    time; a small file is not worth the longer expression.
    Missing: null when it says nothing of the kind; without ``thorough`` also when it is not written plainly.
    """
    match target.type:
        case "integer" | "decimal":
            ways = _quick_number(target, rule, cell), _thorough_number
        case "date" if target.whole_month:
            ways = f"last_day({_quick_day(cell)})", _thorough_month
        case "date":
            ways = _quick_day(cell), _thorough_day
        case "datetime":
            ways = _quick_moment(cell), _thorough_moment
        case "boolean":
            ways = _quick_boolean(rule, cell), _thorough_boolean
        case "code":
            words = _words_of(target, rule)
            if listed and not thorough and 0 < len(set(words.values())) <= _LISTED_CODES:
                return _render_listed(cell, words)
            ways = _render_case(cell, words), _thorough_code
        case "codes":
            ways = _quick_codes(target, rule, cell), _thorough_codes
        case _:
            return _render_text(rule, cell)
    quick, other = ways
    return f"coalesce({quick}, {other(target, rule, cell)})" if thorough else quick


def render_odd(target: Target, cell: str, said: str) -> str:
    """Whether only the thorough way can tell what a cell says; a word for 'not measured' is no number to either.

    It needs a column ``missing_words`` that is :data:`MISSING_WORDS`.
    """
    odd = f"{cell} is not null and {said} is null"
    if target.type in ("integer", "decimal", "date", "datetime"):
        return f"{odd} and not list_contains(missing_words, {cell})"
    return odd


def bind(value: str, name: str, body: str) -> str:
    """``body`` with ``name`` for a value that it would otherwise say, and have worked out, several times."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def render_sound_value(target: Target, rule: ColumnRule, said: str) -> str:
    """The value in the target's type; null where a number is none or a day lies outside two centuries."""
    match target.type:
        case "decimal":
            return f"case when isfinite({said}) then {said} end"
        case "integer":  # a fraction is rounded, and told
            return f"case when abs({said}) < 9e15 then cast(round({said}) as bigint) end"
        case "date":
            return f"case when {said} between date '{_FIRST_DAY}' and date '{_LAST_DAY}' then {said} end"
        case "datetime":
            last = f"timestamp '{_LAST_DAY} 23:59:59'"
            return f"case when {said} between timestamp '{_FIRST_DAY}' and {last} then {said} end"
        case "code":
            return f"cast({said} as varchar)"
        case _:
            return said


def is_converted(target: Target, rule: ColumnRule) -> bool:
    """Whether the column is in another unit than the form's: whole numbers cannot be expected then."""
    return bool(rule.unit) and ucum_unit(rule.unit) != ucum_unit(target.unit)


def narrow(cell: str) -> str:
    """Full-width digits, letters and signs as half-width ones."""
    return f"translate({cell}, {sql_text(_WIDE)}, {sql_text(_NARROW)})"


def _render_text(rule: ColumnRule, cell: str) -> str:
    # An apostrophe before = + - @ is how a spreadsheet is kept from running a cell; it is not part of the text.
    # Hardly a text begins with a sign before '(': comparing whole texts is cheaper than taking their first character.
    quoted = f"{cell} < '(' and {cell}[1] = '''' and {cell}[2] in ('=', '+', '-', '@')"
    plain = f"case when {quoted} then {cell}[2:] else {cell} end"
    if not rule.codes:
        return plain
    return f"coalesce({_render_case(cell, rule.codes)}, {plain})"


def _render_case(cell: str, words: dict[str, str]) -> str:
    arms = " ".join(f"when {sql_text(word)} then {sql_text(code)}" for word, code in words.items())
    return f"case {cell} {arms} end" if arms else "cast(null as varchar)"


def _render_listed(cell: str, words: dict[str, str]) -> str:
    kind = f"enum({', '.join(map(sql_text, dict.fromkeys(words.values())))})"
    arms = " ".join(f"when {sql_text(word)} then {sql_text(code)}::{kind}" for word, code in words.items())
    return f"case {cell} {arms} end"


# ---- numbers ----------------------------------------------------------------------------------------------------------
def _quick_number(target: Target, rule: ColumnRule, cell: str) -> str:
    return _convert(f"try_cast({cell} as double)", _conversion(target, rule.unit or target.unit))


def _conversion(target: Target, unit: str) -> Conversion | None:
    return find_conversion(target.name, unit, target.unit) if unit else None


def _convert(number: str, conversion: Conversion | None) -> str:
    if conversion is None:
        return number
    if conversion.multiply != 1:
        number = f"({number} * {conversion.multiply!r})"
    if conversion.divide != 1:
        number = f"({number} / {conversion.divide!r})"
    return f"({number} + {conversion.add!r})" if conversion.add else number


def _thorough_number(target: Target, rule: ColumnRule, cell: str) -> str:
    """Full-width digits, thousands, and a unit written behind: the field's, the mapping's, or one that converts."""
    thousands = "regexp_full_match(written, '[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]+)?')"
    plain = f"case when {thousands} then replace(written, ',', '') else written end"
    pattern = "'^([+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+))([^0-9.].*)?$'"
    text = bind(f"replace({narrow(cell)}, ' ', '')", "written", plain)
    parts = f"regexp_extract({text}, {pattern}, ['digits', 'unit'])"
    number = "try_cast(part.digits as double)"
    units: dict[str, list[str]] = {_convert(number, _conversion(target, rule.unit or target.unit)): [""]}
    for written, unit in load_unit_aliases().items() if target.unit else ():
        conversion = find_conversion(target.name, unit, target.unit)
        if conversion is not None:
            units.setdefault(_convert(number, conversion), []).append(written)
    arms = " ".join(f"when lower(part.unit) in ({_listed(words)}) then {value}" for value, words in units.items())
    return bind(parts, "part", f"case {arms} end")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(sql_text, words))


# ---- dates ------------------------------------------------------------------------------------------------------------
def _quick_day(cell: str) -> str:
    return f"case when {cell} < ':' and strlen({cell}) <= 19 then try_cast({cell} as date) end"


def _thorough_day(target: Target, rule: ColumnRule, cell: str) -> str:
    """The day a text says. Agrees with ``core.dates.parse_date_text``."""
    # Still the whole text where no pattern fits; the cast would make something even of 'epoch'.
    cast = "case when day < ':' and strlen(day) <= 10 then try_cast(day as date) end"
    return bind(_day_text(narrow(cell)), "day", cast)


def _thorough_month(target: Target, rule: ColumnRule, cell: str) -> str:
    """The last day of the month a text says. Agrees with ``core.dates.parse_month_text``."""
    written = "'^([0-9]{4})(?:[-/.]([0-9]{1,2})|年([0-9]{1,2})月份?|([0-9]{2}))$'"
    first = f"try_cast(regexp_replace(month, {written}, '\\1-\\2\\3\\4-01') as date)"
    of_month = bind(narrow(cell), "month", f"case when regexp_full_match(month, {written}) then {first} end")
    return f"last_day(coalesce({_thorough_day(target, rule, cell)}, {of_month}))"


_CLOCK = "[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?"
_TAIL = f"(?:[ T]\\s*{_CLOCK})?(?:\\s*[+]08:?00|\\s*[+]08)?"


def _day_text(cell: str) -> str:
    arms = " ".join(
        f"when contains(written, '{mark}') then regexp_replace(written, '^([0-9]{{4}}){first}([0-9]{{1,2}}){second}"
        f"([0-9]{{1,2}}){end}{_TAIL}$', '\\1-\\2-\\3')"
        for mark, first, second, end in (
            ("年", "年", "月", "日"),
            ("/", "/", "/", ""),
            ("-", "-", "-", ""),
            (".", "[.]", "[.]", ""),
        )
    )
    compact = "'^([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{4}(?:[0-9]{2})?)?$'"
    return bind(cell, "written", f"case {arms} else regexp_replace(written, {compact}, '\\1-\\2-\\3') end")


def _quick_moment(cell: str) -> str:
    return f"case when {cell} < ':' and strlen({cell}) <= 19 then try_cast({cell} as timestamp) end"


def _thorough_moment(target: Target, rule: ColumnRule, cell: str) -> str:
    """The local moment a text says; a day alone is its midnight. Agrees with ``core.dates.parse_moment_text``."""
    clock = f"regexp_extract(moment, '[ T日]\\s*({_CLOCK})', 1)"
    compact = "regexp_replace(moment, '^[0-9]{8}([0-9]{2})([0-9]{2})([0-9]{2})?$', '\\1:\\2:\\3')"
    time = f"coalesce(nullif({clock}, ''), case when {compact} <> moment then rtrim({compact}, ':') end, '')"
    cast = f"case when day < ':' and strlen(day) <= 10 then try_cast(rtrim(day || ' ' || {time}) as timestamp) end"
    return bind(narrow(cell), "moment", bind(_day_text("moment"), "day", cast))


# ---- words ------------------------------------------------------------------------------------------------------------
def _quick_boolean(rule: ColumnRule, cell: str) -> str:
    arms = (f"when {cell} in ({_listed(words)}) then {value}" for value, words in _yes_no(rule) if words)
    return f"case {' '.join(arms)} end"


def _thorough_boolean(target: Target, rule: ColumnRule, cell: str) -> str:
    arms = (f"when word in ({_listed(map(_squeeze, words))}) then {value}" for value, words in _yes_no(rule) if words)
    return bind(_squeezed(cell), "word", f"case {' '.join(arms)} end")


def _yes_no(rule: ColumnRule) -> tuple[tuple[str, tuple[str, ...]], ...]:
    yes, no = (rule.true, rule.false) if rule.true else (_YES, _NO)
    return ("true", tuple(word for word in yes if word not in no)), ("false", no)


def _words_of(target: Target, rule: ColumnRule) -> dict[str, str]:
    """Every word that means a code: the mapping's first, then the codes themselves and their words."""
    known = load_codelists().get(target.codes)
    words = dict(rule.codes)
    for code, word in known.codes.items() if known else ():
        words.setdefault(code, code)
        words.setdefault(word, code)
    for word, code in known.words.items() if known and known.also else ():
        words.setdefault(word, code)
    return words


def _thorough_code(target: Target, rule: ColumnRule, cell: str) -> str:
    return _squeezed_code(_words_of(target, rule), cell)


def _squeezed_code(words: dict[str, str], cell: str) -> str:
    return bind(_squeezed(cell), "squeezed", _render_case("squeezed", _squeezed_words(words)))


def _squeezed_words(words: dict[str, str]) -> dict[str, str]:
    squeezed: dict[str, str] = {}
    for word, code in words.items():
        squeezed.setdefault(_squeeze(word), code)
    for word, code in words.items():
        if word != code:
            squeezed.setdefault(_squeeze(code + word), code)
            squeezed.setdefault(_squeeze(word + code), code)
    return squeezed


def _quick_codes(target: Target, rule: ColumnRule, cell: str) -> str:
    """One code or its word, or several codes written as they are stored but perhaps in another order."""
    words = _words_of(target, rule)
    one = _render_case(cell, words)
    codes = list(load_codelists()[target.codes].codes) if target.codes in load_codelists() else []
    if rule.separator not in ("", CODES_SEPARATOR) or any(words.get(code) != code for code in codes):
        return one
    any_code = "|".join(map(re.escape, codes))
    plain = f"regexp_full_match({cell}, {sql_text(f'({any_code})({CODES_SEPARATOR}({any_code}))+')})"
    parts = f"string_split({cell}, '{CODES_SEPARATOR}')"
    joined = f"array_to_string(list_filter({sql_texts(codes)}, lambda code: list_contains({parts}, code)), '{CODES_SEPARATOR}')"
    return f"coalesce({one}, case when contains({cell}, '{CODES_SEPARATOR}') and {plain} then {joined} end)"


def _thorough_codes(target: Target, rule: ColumnRule, cell: str) -> str:
    """Several codes in one cell, joined in the order of the code list. One that is not known makes the whole unknown."""
    words = _words_of(target, rule)
    known = load_codelists().get(target.codes)
    order = list(known.codes) if known else list(dict.fromkeys(words.values()))
    parts = (
        f"string_split({cell}, {sql_text(rule.separator)})"
        if rule.separator
        else f"string_split_regex({cell}, {sql_text(_LIST_SEPARATORS)})"
    )
    trimmed = (
        f"list_filter(list_transform({parts}, lambda part: trim(part, {sql_text(BLANKS)})), lambda part: part <> '')"
    )
    code = f"coalesce({_render_case('part', words)}, {_squeezed_code(words, 'part')})"
    joined = f"list_filter({sql_texts(order)}, lambda code: list_contains(found, code))"
    several = (
        "case when list_bool_and(list_transform(found, lambda code: code is not null)) "
        f"then nullif(array_to_string({joined}, '{CODES_SEPARATOR}'), '') end"
    )
    return bind(f"list_transform({trimmed}, lambda part: {code})", "found", several)


def _squeeze(word: str) -> str:
    text = word.translate(str.maketrans(_WIDE, _NARROW))
    text = "".join(sign for sign in text if sign not in ".、:：_()（）-" and not sign.isspace()).lower()
    return text.lstrip("0") or text[:1]


def _squeezed(cell: str) -> str:
    text = f"lower(regexp_replace(regexp_replace({narrow(cell)}, '[.]0+$', ''), '{_JOINTS}', '', 'g'))"
    return bind(text, "text", "case when ltrim(text, '0') = '' then text[1:1] else ltrim(text, '0') end")
