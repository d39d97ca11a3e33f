"""How a report is laid out: sections with what they tell (results or plans) and when, their sentences and clauses."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from wangdi.reports.text.lexicon import cue, one_of
from wangdi.reports.text.when import Period, find_year

_SENTENCE_END = re.compile(r"[。！？!?；;\n\t]")
_FULL_STOP = re.compile(r"[。！？\n\t]")
_CLAUSE_END = re.compile(r"[,，。；;！？!?\n\t：:]")
_TOP = re.compile(r"\s*(?:[一二三四五六七八九十]{1,3}[、.．]|第[一二三四五六七八九十]{1,3}[部章]分?)")
_NEXT = re.compile(r"\s*[(（][一二三四五六七八九十]{1,3}[)）]")
_LISTED = re.compile(r"\d{1,2}(?:[.、．)）]|$)")
_TITLED = re.compile(
    r"\s*(?:[(（][一二三四五六七八九十]{1,3}[)）]|[一二三四五六七八九十]{1,3}[是、]|\d{1,2}[.、．])(?P<title>\w{2,18})[。:：]"
)
_COMING = re.compile(r"下一?(?:步|阶段)|今后|接下来|[(（][一二三四五六七八九十]{1,2}[)）]下一?步")
_HAN, _FEW = "[一二三四五六七八九十]{1,3}", r"\d{1,2}"
_NUMBER = rf"(?:[(（](?:{_HAN}|{_FEW})[)）][、.]?|(?:{_HAN}|{_FEW})[是、.．]\s?|第{_HAN}[,，、])"
_RUN_IN = re.compile(rf"\s*(?:{_NUMBER}(?P<title>[\w“”]{{2,18}})[。:：]|【(?P<boxed>[^】]{{2,12}})】)")
_OWN_LINE = re.compile(rf"{_NUMBER}(?P<title>[\w“”]{{2,18}})")
_HEADED = 8
"""How many paragraphs under a heading still stand under it."""
_LONGEST_HEADING = 44
_LONGEST_CLAUSE, _LONGEST_SENTENCE = 300, 4000
"""Longer ones are none that anybody wrote; they are cut, so that no text takes longer than its length allows."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``start`` to before ``end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under one heading. ``status``: ``actual`` or ``target``; ``period``: the year its heading names."""

    start: int
    status: str
    period: Period | None


class Layout:
    """A text with its sections, paragraphs and sentences, asked by place."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.paragraphs = tuple(_cut(text, re.compile(r"\n"), len(text)))
        self.sentences = tuple(_cut(text, _SENTENCE_END, _LONGEST_SENTENCE))
        self.clauses = tuple(_cut(text, _CLAUSE_END, _LONGEST_CLAUSE))
        self.statements = tuple(_cut(text, _FULL_STOP, _LONGEST_SENTENCE))
        self.sections = tuple(_find_sections(text, self.paragraphs))
        self.parts = tuple(_find_parts(text))
        self._starts = {
            kind: [one.start for one in stretches]
            for kind, stretches in (
                ("paragraph", self.paragraphs),
                ("sentence", self.sentences),
                ("clause", self.clauses),
                ("statement", self.statements),
                ("section", self.sections),
                ("part", self.parts),
            )
        }

    def _index(self, kind: str, place: int) -> int:
        return max(0, bisect_right(self._starts[kind], place) - 1)

    def paragraph_at(self, place: int) -> Stretch:
        """The paragraph that a place is in."""
        return self.paragraphs[self._index("paragraph", place)]

    def sentence_at(self, place: int) -> Stretch:
        """The sentence that a place is in; a semicolon ends one."""
        return self.sentences[self._index("sentence", place)]

    def statement_at(self, place: int) -> Stretch:
        """All up to the full stop around a place: names are taken over semicolons."""
        return self.statements[self._index("statement", place)]

    def clause_at(self, place: int) -> Stretch:
        """The clause that a place is in; a comma ends one."""
        return self.clauses[self._index("clause", place)]

    def section_at(self, place: int) -> Section:
        """The section that a place is in."""
        return self.sections[self._index("section", place)]

    def part_at(self, place: int) -> Stretch:
        """The report that a place is in, where a text holds several under numbered titles."""
        return self.parts[self._index("part", place)]

    def heading_of(self, place: int) -> str:
        """What the numbered heading that a paragraph begins with is about, without its verb: 抓实, 推进; empty without one."""
        paragraph = self.paragraph_at(place)
        found = _TITLED.match(self.text[paragraph.start : place])
        return re.sub(rf"^{one_of('heading_verbs')}+", "", found["title"]) if found else ""

    def title_over(self, place: int) -> str:
        """The heading nearest over a place, without its number: run into its paragraph, or a line of its own before it."""
        index = self._index("paragraph", place)
        paragraph = self.paragraphs[index]
        found = _RUN_IN.match(self.text[paragraph.start : place])
        for back in range(index - 1, max(-1, index - 1 - _HEADED), -1):
            if found:
                break
            line = self.text[self.paragraphs[back].start : self.paragraphs[back].end].strip()
            found = _OWN_LINE.fullmatch(line)
        return next((one for one in found.groups() if one), "") if found else ""


def _find_parts(text: str) -> Iterator[Stretch]:
    """A collection repeats its title with a number: 情况汇报1, 情况汇报2."""
    titles = [(match.group(1), match.start()) for match in re.finditer(r"(?m)^(.{4,40}?)\d{1,2}$", text)]
    named = Counter(name for name, _ in titles)
    starts = [0, *(start for name, start in titles if named[name] > 1 and start)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield Stretch(start, end)


def _cut(text: str, ends: re.Pattern[str], longest: int) -> Iterator[Stretch]:
    start = 0
    for end in [*(match.end() for match in ends.finditer(text)), len(text)]:
        while end - start > longest > 0:
            yield Stretch(start, start + longest)
            start += longest
        yield Stretch(start, end)
        start = end


def _find_sections(text: str, paragraphs: tuple[Stretch, ...]) -> Iterator[Section]:
    """A top heading begins a section; so does the line that says what follows. A lower heading leaves the status alone."""
    title, current, to_come = "", Section(0, "actual", None), False
    yield current
    for one in paragraphs:
        line = text[one.start : one.end].strip()
        if not line:
            continue
        heading = _heading_of(line)
        status = _status_of(heading) if heading else None
        if heading and _TOP.match(line):
            to_come = _is_mixed(heading)
            status = "actual" if to_come else status or _status_of(title) or "actual"
            current = Section(one.start, status, find_year(heading) or find_year(title))
            yield current
        elif heading and not _NEXT.match(line) and not _LISTED.match(line):
            title = heading
            current = Section(one.start, status or "actual", find_year(heading) or current.period)
            yield current
        elif to_come and _COMING.match(line):
            to_come, current = False, Section(one.start, "target", current.period)
            yield current
        elif (told := _announced(line)) is not None:
            current = Section(one.start + told[0], told[1], find_year(line[: told[0] + 1]) or current.period)
            yield current


def _heading_of(line: str) -> str:
    """A short line without a full stop, or the bold beginning of a paragraph; a title line before a bar."""
    if line.startswith("#"):
        return line.split("|")[0]
    if len(line) <= _LONGEST_HEADING and not re.search(r"[。；;]", line):
        return line
    if _TOP.match(line):
        return re.split(r"[。\s]", line)[0][:_LONGEST_HEADING]
    return ""


def _status_of(heading: str) -> str | None:
    """What a heading says its section tells; the last word counts (完成情况 after 目标)."""
    found = [(match.end(), "target") for match in cue("section_target").finditer(heading)]
    found += [(match.end(), "actual") for match in cue("section_actual").finditer(heading)]
    return max(found)[1] if found else None


def _is_mixed(heading: str) -> bool:
    """Whether a heading names what was and then what is to come: 存在的问题和下一步打算. The first comes first."""
    was, come = cue("section_actual").search(heading), list(cue("section_target").finditer(heading))
    return was is not None and bool(come) and bool(re.search(r"[和及与、,，]", heading[was.end() : come[-1].start()]))


def _announced(line: str) -> tuple[int, str] | None:
    """Where a sentence of a paragraph says what follows: 总体思路是…, 推进情况如下:, 主要目标:, 项目安排方面。"""
    found = []
    for name, status in (("section_target", "target"), ("section_actual", "actual")):
        for match in cue(name).finditer(line):
            tail = line[match.end() : match.end() + 3]
            outlined = match.group().startswith("总体") and tail.startswith(("是", "为"))
            if tail.startswith(("：", ":")) or outlined or (match.start() == 0 and tail == "方面。"):
                found.append((match.end(), status))
    return max(found) if found else None
