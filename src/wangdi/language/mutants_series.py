"""The small wrong turns of a ``series`` block: each length, product, dose, course and hold, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from wangdi.language.check_series import about_days, subject_form
from wangdi.language.courses import Course, Dose, Hold, Series
from wangdi.language.model import Offset, OffsetPart, Pack
from wangdi.language.rules import Rules, bind_pack, measure_offset
from wangdi.language.variants import vary_expression

Turn = tuple[str, str, int, Series, bool]
"""Place, change, line, the block that took it, and whether rows over boundary values can prove that it changes nothing."""


def vary_series(pack: Pack) -> Iterator[Turn]:
    """Every small change of the block."""
    series = pack.series
    if series is None:
        return
    for course in series.courses.values():
        place = f"series.{course.name}"
        rest = {name: other for name, other in series.courses.items() if name != course.name}
        yield place, "−", course.line, replace(series, courses=rest), False
        for change, line, changed, by_rows in _vary_course(pack, course):
            courses = series.courses | {course.name: changed}
            yield place, change, line, replace(series, courses=courses), by_rows
    yield from _swap(series)
    for hold in series.holds.values():
        place = f"series.holds.{hold.name}"
        rest_holds = {name: other for name, other in series.holds.items() if name != hold.name}
        yield place, "−", hold.line, replace(series, holds=rest_holds), False
        for change, other_hold, by_rows in _vary_hold(pack, hold):
            yield place, change, hold.line, replace(series, holds=series.holds | {hold.name: other_hold}), by_rows


def _swap(series: Series) -> Iterator[Turn]:
    """In a group, another course is listed first."""
    for courses in series.groups().values():
        plain = [course for course in courses if not course.form]
        if len(plain) > 1:
            one, other = plain[0].name, plain[1].name
            names = [{one: other, other: one}.get(name, name) for name in series.courses]
            swapped = replace(series, courses={name: series.courses[name] for name in names})
            yield f"series.{one}", f"{one} ⇄ {other}", plain[0].line, swapped, False


def vary_length(offset: Offset) -> Iterator[tuple[str, Offset]]:
    """A day less and more, and one unit less and more where it is written in weeks, months or years."""
    for days in (-1, 1):
        yield f"{offset.text} {days:+d} day", replace(offset, parts=(*offset.parts, OffsetPart(days, "day")))
    for at, part in enumerate(offset.parts):
        if part.unit != "day" and not part.parameter:
            for count in (part.count - 1, part.count + 1):
                parts = (*offset.parts[:at], replace(part, count=count), *offset.parts[at + 1 :])
                yield f"{part.count} → {count} {part.unit}", replace(offset, parts=parts)


def _vary_course(pack: Pack, course: Course) -> Iterator[tuple[str, int, Course, bool]]:
    for change, until in vary_length(course.until):
        yield f"until: {change}", course.line, replace(course, until=until), False
    if len(course.doses) > 1:
        ages = "day" if course.ages == "begun" else "begun"
        if course.ages == "begun":
            yield f"ages: {course.ages} → {ages}", course.line, replace(course, ages=ages), False  # type: ignore[arg-type]
        yield f"− {len(course.doses)}", course.doses[-1].line, replace(course, doses=course.doses[:-1]), False
    if course.whom is not None:
        yield "− whom", course.line, replace(course, whom=None), False
        for change, whom in vary_expression(pack, course.whom, subject_form(pack)):
            yield f"whom: {change}", course.line, replace(course, whom=whom), True
    if course.when is not None:
        for change, when in vary_expression(pack, course.when, pack.form(course.form)):
            yield f"when: {change}", course.line, replace(course, when=when), True
    yield from _vary_products(course)
    for at, dose in enumerate(course.doses):
        for change, changed in _vary_dose(pack, course, dose):
            doses = (*course.doses[:at], changed, *course.doses[at + 1 :])
            yield f"{dose.number} {change}", dose.line, replace(course, doses=doses), False


def _vary_products(course: Course) -> Iterator[tuple[str, int, Course, bool]]:
    for at, product in enumerate(course.products):
        before, after = course.products[:at], course.products[at + 1 :]
        if before or after:
            yield f"− {product.code}", product.line, replace(course, products=before + after), False
        for key in ("since", "until"):
            offset: Offset | None = getattr(product, key)
            for change, other in vary_length(offset) if offset is not None else ():
                changed = replace(product, **{key: other})  # type: ignore[arg-type]
                products = (*before, changed, *after)
                yield f"{product.code} {key}: {change}", product.line, replace(course, products=products), False


def possible(rules: Rules, course: Course, key: str, offset: Offset) -> bool:
    """Nothing is given before birth, and ``check`` refuses a limit beyond the day from which nothing is asked."""
    length = measure_offset(offset, rules)
    if key == "by":
        return about_days(length) <= about_days(measure_offset(course.until, rules))
    return about_days(length) >= 0


def _vary_dose(pack: Pack, course: Course, dose: Dose) -> Iterator[tuple[str, Dose]]:
    rules = bind_pack(pack)
    for key in ("since", "after", "after_first", "by", "by_first"):
        offset: Offset | None = getattr(dose, key)
        if offset is None or (key == "since" and not dose.own_since):
            continue
        for change, other in vary_length(offset):
            if not possible(rules, course, key, other):
                continue
            yield f"{key}: {change}", replace(dose, **{key: other})  # type: ignore[arg-type]
        last = dose.number == len(course.doses)
        if key in ("after", "after_first") or (key == "by" and not last):
            yield f"− {key}", replace(dose, **{key: None})  # type: ignore[arg-type]
    for at, code in enumerate(dose.give if len(dose.give) > 1 else ()):
        yield f"give: − {code}", replace(dose, give=dose.give[:at] + dose.give[at + 1 :])


def _vary_hold(pack: Pack, hold: Hold) -> Iterator[tuple[str, Hold, bool]]:
    if hold.lasts is not None:
        for change, lasts in vary_length(hold.lasts):
            yield f"for: {change}", replace(hold, lasts=lasts), False
    if hold.until:
        yield f"− until {hold.until}", replace(hold, until=""), False
    for at, code in enumerate(hold.products if len(hold.products) > 1 else ()):
        yield f"− {code}", replace(hold, products=hold.products[:at] + hold.products[at + 1 :]), False
    if hold.product_field:
        yield f"− product {hold.product_field}", replace(hold, product_field=""), False
    yield (
        f"meanwhile: {'counted → not counted' if hold.counts else 'not counted → counted'}",
        replace(hold, counts=not hold.counts),
        False,
    )
    if not hold.counts:
        said = "allowed → not allowed" if hold.same_day else "not allowed → allowed"
        yield f"same_day: {said}", replace(hold, same_day=not hold.same_day), False
    if hold.when is not None:
        for change, when in vary_expression(pack, hold.when, pack.form(hold.form)):
            yield f"when: {change}", replace(hold, when=when), True
