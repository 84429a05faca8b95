"""Numbers of a workbook as the text that people see: without the noise of floating point, and dates as dates.

A date is a number of days with a format that says so (ECMA-376, 18.8.30); times are those of the clock on the wall,
with no zone.
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum

DIGITS = 15
"""So many a spreadsheet keeps of a number, and shows; what comes behind them is noise."""
SMALLEST = -9
"""The power of ten from which on a number is written out."""
DAY_S = 86_400
EPOCH_1900, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - of no zone, as the cells
LAST_DAY = 2_950_000
"""Late in the year 9976: further on no day is meant."""
LEAP_DAY_1900 = 60
"""A day that never was, and that spreadsheets count (ECMA-376, 18.17.4.1)."""


class Rounded(Exception):
    """A number, most likely of a card or an account, whose last digits are lost."""


class Form(Enum):
    """What a number is by its format."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    MOMENT = "moment"
    SPAN = "span"


@dataclass(frozen=True)
class Format:
    """How a number is shown: what it is, and with how many digits at least (codes with zeros before them)."""

    form: Form = Form.NUMBER
    digits: int = 0


BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17), Form.DATE),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), Form.TIME),
    22: Form.MOMENT,
    46: Form.SPAN,
    # Those of a Chinese system, which no workbook spells out: 2026年11月27日, 下午6时00分.
    **dict.fromkeys((27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), Form.DATE),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), Form.TIME),
}
"""Formats by number (ECMA-376, 18.8.30); all others that have no text of their own are numbers."""
QUIET = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
"""What a format says literally, its colours, conditions and places."""
SPAN = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)


def format_of(number: int, code: str | None) -> Format:
    """A format by its number, or by its own text where it has one."""
    if code is None:
        return Format(BUILT_IN.get(number, Form.NUMBER))
    shown = QUIET.sub("", code).partition(";")[0].lower()
    if re.fullmatch("0{2,}", shown):
        return Format(digits=len(shown))
    if SPAN.search(shown):
        return Format(Form.SPAN)
    has_time = bool(re.search("[hs]", shown))
    has_date = bool(re.search("[yd]", shown)) or ("m" in shown and not has_time)
    if not (has_date or has_time):
        return Format()
    return Format(Form.MOMENT if has_date and has_time else Form.DATE if has_date else Form.TIME)


def number(raw: str, shown: Format, *, is_1904: bool) -> str:
    """The text of a number of a workbook.

    Raises
    ------
    Rounded
        If it had more digits once.
    ValueError
        If it is none.
    """
    value = float(raw)
    if not math.isfinite(value):
        raise ValueError(f"{raw[:40]!r} is not a finite number")
    if shown.form is not Form.NUMBER and (told := _moment(value, shown.form, is_1904=is_1904)):
        return told
    if abs(value) >= 10**DIGITS:
        raise Rounded(raw)
    text = _decimal(value)
    return text.zfill(shown.digits) if text.isdecimal() else text


def iso(raw: str, shown: Format) -> str:
    """The text of a date that a workbook holds as ISO 8601; as it is where it is none."""
    try:
        when = datetime.fromisoformat(raw).replace(tzinfo=None)
    except ValueError:
        return raw
    form = shown.form if shown.form in (Form.DATE, Form.MOMENT) else Form.MOMENT if "T" in raw else Form.DATE
    return _told(when, form)


def _decimal(value: float) -> str:
    rounded = Decimal(f"{value:.{DIGITS}g}").normalize()
    if not rounded:
        return "0"
    return f"{rounded:f}" if rounded.adjusted() >= SMALLEST else f"{rounded:E}"


def _moment(days: float, form: Form, *, is_1904: bool) -> str:
    """A number of days as date or time; "" where there is no such."""
    if not 0 <= days < LAST_DAY:
        return ""
    # Who sees the day only does not see it rounded up.
    seconds = int(days) * DAY_S if form is Form.DATE else round(days * DAY_S)
    if form is Form.SPAN:
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if form is Form.TIME or (form is Form.MOMENT and days < 1):
        return _told(EPOCH_1904 + timedelta(seconds=seconds % DAY_S), Form.TIME)
    if is_1904:
        return _told(EPOCH_1904 + timedelta(seconds=seconds), form)
    if days < 1:
        return ""
    return _told(EPOCH_1900 + timedelta(days=int(days < LEAP_DAY_1900), seconds=seconds), form)


def _told(when: datetime, form: Form) -> str:
    if form is Form.TIME:
        return f"{when:%H:%M:%S}"
    day = when.date().isoformat()
    return day if form is Form.DATE else f"{day} {when:%H:%M:%S}"
