"""What a report says of the city's confirmed plan: how many items stand where, and each item in a sentence or a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction

from wangdi.reports.text.lexicon import load_lexicon
from wangdi.reports.writing.model import Commission, Item, ItemTable, Paragraph, Piece, Plan, Sentence
from wangdi.reports.writing.phrases import end, fill_phrase, join, round_half_up, show_figure, show_goal
from wangdi.reports.writing.sentences import tell_owners
from wangdi.reports.writing.table import NOTHING

PLAN = "plan"
"""The part of a section in which items stand that no indicator measures."""
REACHED, OPEN, MISSED = "reached", "open", "missed"
STATES = (REACHED, OPEN, MISSED)
COLUMNS = ("name", "goal", "now", "state", "deadline", "owners")
MYRIAD = 10_000
Clause = tuple[Piece, ...]


# ---- how many ---------------------------------------------------------------------------------------------------------
def write_summary(commission: Commission, plan: Plan) -> Sentence:
    """How many items a plan has, and how many of them stand where."""
    places: dict[str, Piece | str | None] = {
        "title": plan.title,
        "count": Piece(str(len(plan.items)), page=plan.page),
        "day": show_day(commission.period.end),
    }
    states = Counter(one.state for one in plan.items)
    told = (
        fill_phrase(f"plan_{one}", {"count": Piece(str(states[one]), page=plan.page)}) for one in STATES if states[one]
    )
    clauses = [fill_phrase("plan", places), *told]
    return Sentence(f"opening/{plan.page}", end(join(clauses, "，")))


# ---- one section of all, by who answers -------------------------------------------------------------------------------
def write_items(commission: Commission) -> Iterator[Paragraph]:
    """Every item in a sentence of its own, under the unit that answers for it."""
    every = items_of(commission)
    for owner in dict.fromkeys(one.owners[:1] for one in every):
        told = (_sentence("items", one, _tell_brief(commission, one)) for one in every if one.owners[:1] == owner)
        yield Paragraph(f"items/{''.join(owner)}", "".join(owner), tuple(told))


def items_of(commission: Commission) -> list[Item]:
    """The items of every plan of the year."""
    return [one for plan in commission.plans for one in plan.items]


def _tell_brief(commission: Commission, item: Item) -> Sequence[Clause]:
    """Where an item stands, in a clause or two."""
    if is_measured(item):
        return [_tell_figure(commission, item)]
    if item.asked is not None:
        return [_tell_counted(item)]
    if item.state == REACHED:
        return [_tell_done(item)]
    return [fill_phrase("waiting", {"text": aim_piece(item, item.text)}), *_tell_due(item)]


# ---- the items no indicator measures ----------------------------------------------------------------------------------
def write_done(commission: Commission) -> list[Sentence]:
    """Among the achievements: what is done, and what was begun and still has time."""
    told = [one for one in _unmeasured(commission) if one.state == REACHED or (one.state == OPEN and _has_begun(one))]
    return [_sentence("achievements", one, _tell_progress(one)) for one in told]


def write_late(commission: Commission) -> list[Sentence]:
    """Among the problems: what is not done though its day has come."""
    return [
        _sentence(
            "problems", one, [*_tell_progress(one), *_tell_late(commission, one), *_tell_waiting(one, dated=False)]
        )
        for one in _unmeasured(commission)
        if one.state == MISSED
    ]


def write_remaining(commission: Commission) -> list[Sentence]:
    """Among what comes next: what is still to be done, by when, and who answers for it."""
    return [
        _sentence(
            "next", one, [*_tell_remaining(one), *_tell_waiting(one, dated=one.state == OPEN), tell_owners(one.owners)]
        )
        for one in _unmeasured(commission)
        if one.state != REACHED
    ]


def is_measured(item: Item) -> bool:
    """Whether an indicator tells where an item stands."""
    return item.goal is not None and item.asked is None


def _unmeasured(commission: Commission) -> list[Item]:
    return [one for one in items_of(commission) if not is_measured(one)]


def _has_begun(item: Item) -> bool:
    return bool(item.counted) or any(one.done_on is not None for one in item.steps)


def _tell_progress(item: Item) -> Sequence[Clause]:
    if item.asked is not None:
        return [_tell_counted(item)]
    if item.state == REACHED:
        return [_tell_done(item)]
    if not item.steps:
        return [fill_phrase("waiting", {"text": aim_piece(item, item.text)})]
    done = sum(one.done_on is not None for one in item.steps)
    numbers = {"all": Piece(str(len(item.steps)), page=item.page), "done": Piece(str(done), page=item.page)}
    return [fill_phrase("steps_done", {"text": Piece(item.text), **numbers})]


def _tell_remaining(item: Item) -> Sequence[Clause]:
    if item.asked is not None:
        return [_tell_counted(item)]
    return [(aim_piece(item, item.text),), *(_tell_due(item) if item.state == OPEN and not item.steps else ())]


def _tell_done(item: Item) -> Clause:
    days = [one.done_on for one in item.steps if one.done_on is not None]
    if not days:
        return fill_phrase("done", {"text": aim_piece(item, item.text)})
    return fill_phrase("done_on", {"text": Piece(item.text), "day": Piece(show_day(max(days)), page=item.page)})


def _tell_late(commission: Commission, item: Item) -> Sequence[Clause]:
    days = (commission.period.end - item.deadline).days if item.deadline is not None else 0
    return [fill_phrase("late", {"days": Piece(str(days), page=item.page)})] if days > 0 else []


def _tell_due(item: Item) -> Sequence[Clause]:
    if item.deadline is None:
        return []
    return [fill_phrase("due", {"day": Piece(show_day(item.deadline), page=item.page)})]


def _tell_waiting(item: Item, dated: bool) -> Sequence[Clause]:
    """The steps still to be taken, each with its day where that is still to come."""
    waiting = [one for one in item.steps if one.done_on is None]
    named = [
        (Piece(one.name), *((Piece(f"（{show_day(one.due)}前）", page=item.page),) if dated and one.due else ()))
        for one in waiting[: load_lexicon("writing")["most_named"]]
    ]
    if not named:
        return []
    before, _, after = load_lexicon("writing")["phrases"]["next_steps"].partition("{steps}")
    return [tuple(piece for piece in (Piece(before), *join(named, "、"), Piece(after)) if piece.text)]


# ---- what is counted or measured --------------------------------------------------------------------------------------
def _tell_figure(commission: Commission, item: Item) -> Clause:
    assert item.goal is not None, "what is measured has a goal"
    value = show_figure(item.figure)
    # A month or a quarter tells where the year stands, and says so.
    other = item.figure is not None and item.figure.period != commission.period.text
    name = f"1—{commission.period.end.month}月{item.name}" if other else item.name
    places: dict[str, Piece | str | None] = {"name": name, "value": value, "goal": _show_aim(item)}
    if value is None:
        return fill_phrase("item_unknown", places)
    if item.state == REACHED:
        return fill_phrase("item_reached", places)
    if item.figure is None or item.figure.unit != "percent" or item.figure.exact is None:
        return fill_phrase("item_missed", places)
    gap = round_half_up(abs(Fraction(str(item.goal.value)) - item.figure.exact))
    return fill_phrase("item_gap", {**places, "gap": Piece(gap, item.figure)})


def _tell_counted(item: Item) -> Clause:
    counted, asked = item.counted or 0.0, item.asked or 0.0
    unit = "" if item.goal is None else item.goal.unit
    places: dict[str, Piece | str | None] = {
        "name": item.name,
        "value": Piece(show_amount(counted, unit), page=item.page),
        "goal": Piece(show_amount(asked, unit), page=item.page),
        "gap": Piece(show_amount(max(0.0, asked - counted), unit), page=item.page),
    }
    return fill_phrase("counted_reached" if item.state == REACHED else "counted", places)


def show_amount(value: float, unit: str) -> str:
    """An amount as printed, money in 万元: 3个, 120万元."""
    exact = Fraction(str(value))
    if unit.endswith("元") and exact >= MYRIAD:
        exact, unit = exact / MYRIAD, f"万{unit}"
    return f"{round_half_up(exact, 0 if exact.denominator == 1 else 2)}{unit}"


def _show_aim(item: Item) -> Piece:
    assert item.goal is not None, "only what has a goal is shown with it"
    unit = "" if item.figure is None else item.figure.unit
    return aim_piece(item, show_goal(item.goal.comparator, item.goal.value, unit, item.goal.unit))


def aim_piece(item: Item, text: str) -> Piece:
    """A text that leads to its item."""
    return Piece(text, page=item.page)


def show_day(day: date) -> str:
    """A day as it is printed: 2025年9月30日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _sentence(section: str, item: Item, clauses: Iterable[Clause]) -> Sentence:
    return Sentence(f"{section}/{PLAN}/{item.id}", end(join([one for one in clauses if one], "，")))


# ---- the list ---------------------------------------------------------------------------------------------------------
def list_items(plan: Plan) -> ItemTable:
    """The items of a plan as the rows of a table."""
    return ItemTable(plan.title, tuple(_row(one) for one in plan.items))


def _row(item: Item) -> tuple[Piece, ...]:
    measured = is_measured(item) or item.asked is not None
    states = load_lexicon("writing")["states"]["measured" if measured else "task"]
    cells = {
        "name": aim_piece(item, item.name if measured else item.text),
        "goal": Piece(NOTHING),
        "now": Piece(NOTHING),
        "state": Piece(states[item.state]),
        "deadline": Piece(NOTHING if item.deadline is None else f"{item.deadline:%Y-%m-%d}"),
        "owners": Piece("、".join(item.owners) or NOTHING),
    }
    if is_measured(item):
        cells |= {"goal": _show_aim(item), "now": show_figure(item.figure) or Piece(NOTHING)}
    elif item.asked is not None and item.goal is not None:
        cells["goal"] = Piece(show_amount(item.asked, item.goal.unit))
        cells["now"] = Piece(show_amount(item.counted or 0.0, item.goal.unit))
    elif item.steps:
        done = sum(one.done_on is not None for one in item.steps)
        steps: str = load_lexicon("writing")["items"]["steps"]
        cells["now"] = Piece(steps.format(all=len(item.steps), done=done))
    return tuple(cells[name] for name in COLUMNS)
