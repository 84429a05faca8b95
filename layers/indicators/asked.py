"""What requests say of indicators: bodies, and how they become what is kept."""

from typing import Any, Literal

import msgspec
from pydantic import BaseModel, Field

from layers.indicators.declare import Indicator
from layers.indicators.kept import Entry
from layers.problem import Problem
from layers.texts import one_line, words
from store.instant import DAY, Instant, day_of, now, parse_local
from store.language import say

MOST = 1e12
FARTHEST: Instant = 36_600 * DAY
FORMULA = 4_000
"""Characters of a formula, as JSON."""


class NewIndicator(BaseModel):
    """An indicator that a manager adds; the same code again is its next version."""

    code: str = Field(max_length=40)
    scene: str = Field(max_length=40)
    name: str = Field(max_length=40)
    name_en: str = Field("", max_length=80)
    unit: str = Field("", max_length=20)
    unit_en: str = Field("", max_length=40)
    formula: dict[str, Any] = Field(description="kind, and what its source takes (docs/scenes.md)")
    period: Literal["day", "week", "month", "year", "now"] = "month"
    target: float | None = Field(None, ge=-MOST, le=MOST)
    better: Literal["more", "less", ""] = ""
    sees: Literal["everybody", "steward", "manager", "admin"] = "steward"
    digits: int = Field(0, ge=0, le=6)
    about: str = Field("", max_length=500)
    about_en: str = Field("", max_length=500)
    factor: str = Field("", max_length=40)
    withdrawn: bool = False
    reason: str = Field("", max_length=500)


class NewValue(BaseModel):
    """A value that is entered: null takes back what was entered of that day."""

    value: float | None = Field(ge=-MOST, le=MOST)
    date: str = Field(max_length=40, description="the day that it is of, as 2026-11-27")
    source: str = Field(max_length=200)
    note: str = Field("", max_length=500)
    reference: str | None = Field(None, max_length=128, description="one's own id; the same id is the same entry")


class NewTarget(BaseModel):
    """A target, for a period of the indicator: null takes it away."""

    value: float | None = Field(ge=-MOST, le=MOST)
    date: str | None = Field(None, max_length=40, description="from which day on; left out: from today on")
    reason: str = Field("", max_length=500)


def indicator_of(body: NewIndicator) -> Indicator:
    """The indicator that a body describes.

    Raises
    ------
    Problem
        422 with what it cannot be.
    """
    if len(msgspec.json.encode(body.formula)) > FORMULA:
        raise Problem(422, "bad request", say("公式太长"))
    name = _said("name", body.name)
    rows = body.model_dump(exclude={"reason"}) | {"name": name, "name_en": one_line(body.name_en) or name}
    rows |= {key: one_line(rows[key]) for key in ("unit", "unit_en")}
    rows |= {key: words(rows[key]) for key in ("about", "about_en")}
    rows["unit_en"] = rows["unit_en"] or rows["unit"]
    rows["about_en"] = rows["about_en"] or rows["about"]
    try:
        return msgspec.convert(rows, Indicator)
    except msgspec.ValidationError as error:
        raise Problem(422, "bad request", say("内容有误：{why}", why=str(error))) from None


def entry_of(body: NewValue) -> Entry:
    """The entry that a body describes.

    Raises
    ------
    Problem
        422 without a source, or for a day that is none.
    """
    source, note = _said("source", body.source), one_line(body.note)
    reference = None if body.reference is None else _said("reference", body.reference)
    return Entry(day=day("date", body.date), value=body.value, source=source, note=note, reference=reference)


def day(name: str, text: str | None) -> Instant:
    """The first instant of a day in Asia/Shanghai; today where nothing is said.

    Raises
    ------
    Problem
        422 where it is none.
    """
    if text is None:
        return day_of(now())
    try:
        found = parse_local(text)
    except (ValueError, OverflowError):
        found = -1
    if not 0 <= found <= now() + FARTHEST:
        told = one_line(text)
        raise Problem(422, "bad request", say("{name}: 「{text}」不是日期，应写作 2026-11-27", name=name, text=told))
    return day_of(found)


def _said(name: str, text: str) -> str:
    found = one_line(text)
    if not found:
        raise Problem(422, "bad request", say("{name}: 不能为空", name=name))
    return found
