"""The ``series`` block: things given in order, with their ages and intervals, and what puts them off."""

from __future__ import annotations

from wangdi.language.courses import Course, Dose, DoseTask, Hold, Product, Series
from wangdi.language.document import Value
from wangdi.language.model import Offset
from wangdi.language.read_schedule import parse_offset
from wangdi.language.reading import Reading

_SERIES = ("given", "product", "courses", "holds")
_COURSE = ("title", "task", "group", "on", "when", "whom", "products", "until", "ages", "doses", "source", "doubt")
_DOSE = ("from", "after", "after_first", "by", "by_first", "give", "source", "doubt")
_HOLD = ("title", "on", "when", "for", "until", "products", "product", "meanwhile", "same_day", "source", "doubt")


def read_series(reading: Reading, block: Value | None) -> Series | None:
    """The courses and holds of a pack, in the order of the file."""
    if block is None:
        return None
    reading.close(block, _SERIES)
    courses = {key: _read_course(reading, key, part) for key, part in reading.part(block, "courses").entries.items()}
    holds = {key: _read_hold(reading, key, part) for key, part in reading.part(block, "holds").entries.items()}
    return Series(
        form=reading.form(block, "given"),
        product=reading.required(block, "product"),
        courses={key: course for key, course in courses.items() if course is not None},
        holds=holds,
        line=block.line,
    )


def dose_tasks(series: Series | None, title: str = "{course}第{number}剂") -> dict[str, DoseTask]:
    """What the schedule lists for each dose of each course; courses that share a task name share its doses."""
    found: dict[str, DoseTask] = {}
    for course in series.by_task() if series is not None else ():
        for dose in course.doses:
            name = f"{course.task}_{dose.number}"
            said = title.format(course=course.title, number=dose.number)
            task = DoseTask(name, said, series.form if series else "", dose.number, dose.source, dose.line)
            found.setdefault(name, task)
    return found


def _offset(reading: Reading, part: Value, key: str) -> Offset | None:
    text = reading.text(part, key)
    if not text:
        return None
    offset = parse_offset(text)
    if offset is None:
        reading.tell("PACK-011", part.entries[key].line, text=text)
    return offset


def _required_offset(reading: Reading, part: Value, key: str) -> Offset:
    if not reading.required(part, key):
        return Offset((), "")
    return _offset(reading, part, key) or Offset((), "")


def _read_course(reading: Reading, name: str, part: Value) -> Course | None:
    reading.close(part, _COURSE)
    source = reading.required(part, "source")
    products = [_read_product(reading, key, value) for key, value in reading.part(part, "products").entries.items()]
    doses: list[Dose] = []
    for key, value in reading.part(part, "doses").entries.items():
        if key != str(len(doses) + 1):
            reading.tell("PACK-083", value.line, name=key, expected=str(len(doses) + 1))
        given = (products[0].code if products else "", source)
        doses.append(_read_dose(reading, doses[-1] if doses else None, value, given))
    if not products or not doses:
        reading.tell("PACK-005", part.line, name="products" if not products else "doses")
        return None
    return Course(
        name=name,
        task=reading.text(part, "task") or name,
        title=reading.required(part, "title"),
        group=reading.text(part, "group") or name,
        form=reading.form(part, "on") if "on" in part.entries else "",
        when=reading.expression(part, "when", required="on" in part.entries),
        when_text=reading.text(part, "when"),
        whom=reading.expression(part, "whom", required=False),
        whom_text=reading.text(part, "whom"),
        products=tuple(products),
        until=_required_offset(reading, part, "until"),
        ages=reading.choice(part, "ages", ("day", "begun"), default="day"),  # type: ignore[arg-type]
        doses=tuple(doses),
        source=source,
        doubt=reading.text(part, "doubt"),
        line=part.line,
    )


def _read_product(reading: Reading, code: str, part: Value) -> Product:
    reading.close(part, ("from", "until"))
    return Product(code, _offset(reading, part, "from"), _offset(reading, part, "until"), part.line)


def _read_dose(reading: Reading, before: Dose | None, part: Value, given: tuple[str, str]) -> Dose:
    """``given``: the product and the source where the dose names none of its own. The first must say its age."""
    said = before is None or "from" in part.entries
    own_since = "from" in part.entries and part.entries["from"].line > 0
    reading.close(part, _DOSE)
    return Dose(
        number=1 if before is None else before.number + 1,
        since=_required_offset(reading, part, "from") if before is None or said else before.since,
        after=_offset(reading, part, "after"),
        after_first=_offset(reading, part, "after_first"),
        by=_offset(reading, part, "by"),
        by_first=_offset(reading, part, "by_first"),
        give=reading.words(part, "give") or (given[0],),
        source=reading.text(part, "source") or given[1],
        doubt=reading.text(part, "doubt"),
        line=part.line,
        own_since=own_since,
    )


def _read_hold(reading: Reading, name: str, part: Value) -> Hold:
    reading.close(part, _HOLD)
    meanwhile = reading.choice(part, "meanwhile", ("not counted", "counted"))
    same_day = reading.choice(part, "same_day", ("allowed", "not allowed"), default="not allowed")
    return Hold(
        name=name,
        title=reading.required(part, "title"),
        form=reading.form(part, "on"),
        when=reading.expression(part, "when", required=False),
        when_text=reading.text(part, "when"),
        lasts=_offset(reading, part, "for"),
        until=reading.text(part, "until"),
        products=reading.words(part, "products"),
        product_field=reading.text(part, "product"),
        counts=meanwhile == "counted",
        same_day=same_day == "allowed",
        source=reading.required(part, "source"),
        doubt=reading.text(part, "doubt"),
        line=part.line,
    )
