"""Values of fields: from what people and programs give to what is kept, and back; a row of functions for each type."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from geo.ground import place, places
from layers.services.registers.behind import Value
from layers.services.registers.declare import Field
from layers.sheets.out import Cell, moment
from layers.texts import one_line, words
from layers.words import told as in_words
from store.instant import SECOND, Instant, format_rfc3339, local_date, now, parse_local
from store.language import named, say

TEXT_MOST, LONG_MOST, CHOICES_MOST = 200, 5_000, 40
FOUND_BY = 200
"""Characters of a text that it is found by."""
MOST_NUMBER = 10**12
YES = frozenset({"true", "yes", "1", "是", "y"})
NO = frozenset({"false", "no", "0", "否", "n"})
SEPARATORS = re.compile(r"\s*[、,，;；\n]\s*")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?")
"""By the clock here: with an offset it would be another one."""
ROW = re.compile(r"[0-9]{1,16}")
LONGEST_BITS = 64
LATEST = parse_local("9990-01-01")
"""From then on calendars end before what recurs does."""
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
SPOILT = re.compile(r"\d(\.\d+)?[Ee]\+\d{2,}")
"""A long number as a spreadsheet shows it, which has lost its last digits: a phone, a card."""
FEN = 100


class Unfit(ValueError):
    """A value that a field cannot hold; says why, to people."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is done with values of a type.

    ``take`` makes of what was given what is kept, or raises `Unfit`; ``tell`` makes of that what programs are told,
    ``cell`` what a spreadsheet holds. ``is_number`` says what it is found and sorted by.
    """

    take: Callable[[str, Field, Any], Value]
    tell: Callable[[Any], Any] = lambda value: value
    cell: Callable[[str, Field, Any], Cell] = lambda _community, _field, value: value
    is_number: bool = False


def taken(community: str, field: Field, given: Any) -> Value:
    """What is kept of what was given; None for nothing.

    Raises
    ------
    Unfit
        With why it cannot be.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    return KINDS[field.type].take(community, field, given)


def told(field: Field, value: Value) -> Any:
    """A kept value as programs are told it."""
    return None if value is None else KINDS[field.type].tell(value)


def cell(community: str, field: Field, value: Value) -> Cell:
    """A kept value as a cell of a spreadsheet, in the language that is spoken: taken again, it is the same."""
    return None if value is None else KINDS[field.type].cell(community, field, value)


def found_by(field: Field, value: Value) -> list[tuple[str | None, float | None]]:
    """What a kept value is found by: texts or numbers; nothing for a long text or none."""
    if value is None or field.type == "long":
        return []
    if isinstance(value, list):
        return [(one, None) for one in value]
    if KINDS[field.type].is_number:
        return [(None, float(value))]
    return [(str(value).lower()[:FOUND_BY], None)]


def _text(_community: str, field: Field, given: Any) -> Value:
    text = one_line(written(given))
    if SPOILT.fullmatch(text):
        raise Unfit(say("「{given}」是电子表格改写过的长数字；请把那一列设为文本后重填", given=_short(text)))
    return _bounded(text, field, TEXT_MOST)


def _long(_community: str, field: Field, given: Any) -> Value:
    return _bounded(words(written(given)), field, LONG_MOST)


def _bounded(text: str, field: Field, most: int) -> Value:
    allowed = int(field.most or most)
    if len(text) > allowed:
        raise Unfit(say("{count} 个字，最多 {most} 个", count=len(text), most=allowed))
    return text or None


def written(given: Any) -> str:
    """What was given, as text.

    Raises
    ------
    Unfit
        Where it is neither a text nor a number, or a number so long that Python makes no text of it.
    """
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise Unfit(say("应为文字"))
    if isinstance(given, int) and given.bit_length() > LONGEST_BITS:
        raise Unfit(say("数字太长"))
    return str(given)


def _plain(given: Any) -> str:
    """The same with the digits and signs of ASCII, where somebody typed full-width ones."""
    return unicodedata.normalize("NFKC", written(given)).strip()


def _integer(_community: str, field: Field, given: Any) -> Value:
    number = _decimal(given)
    if number != number.to_integral_value():
        raise Unfit(say("「{given}」应为整数", given=_short(given)))
    return int(_within(field, number))


def _number(_community: str, field: Field, given: Any) -> Value:
    return float(_within(field, _decimal(given)))


def _money(_community: str, field: Field, given: Any) -> Value:
    number = _within(field, _decimal(given)) * FEN
    if number != number.to_integral_value():
        raise Unfit(say("「{given}」不足一分；金额最多两位小数", given=_short(given)))
    return int(number)


def _decimal(given: Any) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise Unfit(say("应为数字"))
    text = _plain(given)
    if "," in text and THOUSANDS.fullmatch(text) is None:
        # 3,50 is three and a half to some, and 350 to a program that drops the comma.
        raise Unfit(say("「{given}」里的逗号不是千位分隔；小数点请用 .", given=_short(given)))
    try:
        # Python reads 1_000 as a number; people who type it mean something else.
        number = Decimal(text.replace(",", "").replace("_", "?"))
    except InvalidOperation:
        raise Unfit(say("「{given}」不是数字", given=_short(given))) from None
    if not number.is_finite() or abs(number) > MOST_NUMBER:
        raise Unfit(say("「{given}」不是能记的数字", given=_short(given)))
    return number


def _within(field: Field, number: Decimal) -> Decimal:
    if field.least is not None and number < Decimal(str(field.least)):
        raise Unfit(say("{number} 小于最小值 {least}", number=number, least=f"{field.least:g}"))
    if field.most is not None and number > Decimal(str(field.most)):
        raise Unfit(say("{number} 大于最大值 {most}", number=number, most=f"{field.most:g}"))
    return number


def _day(_community: str, field: Field, given: Any) -> Value:
    text = _plain(given).replace("/", "-").replace(".", "-")
    if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}( 00:00(:00)?)?", text) is None:
        raise Unfit(say("「{given}」不是日期，应写作 2026-11-27", given=_short(given)))
    year, month, day = (int(part) for part in text.split(" ")[0].split("-"))
    try:
        found = date(year, month, day)
    except ValueError:
        raise Unfit(say("「{given}」没有这一天", given=_short(given))) from None
    if field.past and found > local_date(now()):
        raise Unfit(say("{day} 还没有到", day=found.isoformat()))
    if found.year < 1900:
        raise Unfit(say("「{given}」早于 1900 年", given=_short(given)))
    return found.isoformat()


def _time(_community: str, _field: Field, given: Any) -> Value:
    text = _plain(given)
    try:
        found = parse_local(text)
    except (ValueError, OverflowError) as error:
        raise Unfit(in_words(str(error))) from None
    if found < 0:
        raise Unfit(say("「{given}」早于 1970 年", given=_short(given)))
    if found >= LATEST:
        raise Unfit(say("「{given}」晚于 9989 年", given=_short(given)))
    # A register knows no less than a second, so that what a spreadsheet holds is what is kept.
    return found - found % SECOND


def _clock(_community: str, _field: Field, given: Any) -> Value:
    text = _plain(given)
    try:
        if CLOCK.fullmatch(text) is None:
            raise ValueError
        return time.fromisoformat(text.zfill(len("08:00")) if text.count(":") == 1 else text.zfill(8)).strftime("%H:%M")
    except ValueError:
        raise Unfit(say("「{given}」不是钟点，应写作 18:30", given=_short(given))) from None


def _month(_community: str, _field: Field, given: Any) -> Value:
    text = _plain(given).replace("/", "-")[:7]
    if MONTH.fullmatch(text) is None:
        raise Unfit(say("「{given}」不是月份，应写作 2026-11", given=_short(given)))
    return text


def _yes_no(_community: str, _field: Field, given: Any) -> Value:
    text = str(given).lower() if isinstance(given, bool) else _plain(given).lower()
    if text not in YES | NO:
        raise Unfit(say("「{given}」应为是或否", given=_short(given)))
    return text in YES


def _choice(_community: str, field: Field, given: Any) -> Value:
    text = written(given).strip()
    for code, word in field.choices.items():
        if text in (code, word.name, word.name_en):
            return code
    known = say("、").join(named(word) for word in field.choices.values())
    raise Unfit(say("「{given}」不在可选之列：{known}", given=_short(given), known=known))


def _choices(community: str, field: Field, given: Any) -> Value:
    parts = given if isinstance(given, list) else [one for one in SEPARATORS.split(written(given)) if one]
    if len(parts) > CHOICES_MOST:
        raise Unfit(say("最多 {most} 项", most=CHOICES_MOST))
    asked = {str(_choice(community, field, one)) for one in parts}
    return [code for code in field.choices if code in asked] or None


def _place(community: str, field: Field, given: Any) -> Value:
    text = written(given).strip()
    if place(community, field.layer, text) is not None:
        return text
    same = [one.code for one in places(community, field.layer) if text in (one.name, one.name_en)]
    if len(same) != 1:
        what = say("有 {count} 处，请用编码", count=len(same)) if same else say("底图上没有")
        raise Unfit(say("「{given}」{what}", given=_short(given), what=what))
    return same[0]


def _row(_community: str, _field: Field, given: Any) -> Value:
    """The number of a row; which row a key names, `layers.services.registers.references` finds before."""
    text = _plain(given).removeprefix("#")
    if ROW.fullmatch(text) is None or not 0 < int(text) < 2**53:
        raise Unfit(say("「{given}」不是已登记的一行", given=_short(given)))
    return int(text)


def _short(given: Any) -> str:
    text = one_line(str(given))
    return text if len(text) <= 40 else f"{text[:40]}…"


def _chosen(_community: str, field: Field, value: Any) -> Cell:
    word = field.choices.get(value)
    return named(word) if word else str(value)


def _all_chosen(community: str, field: Field, value: Any) -> Cell:
    return say("、").join(str(_chosen(community, field, one)) for one in value)


def _place_name(community: str, field: Field, value: Any) -> Cell:
    found = place(community, field.layer, value)
    name = named(found) if found else ""
    # As `_place` reads it: rooms that differ in Chinese may be one word in English.
    same = [one for one in places(community, field.layer) if name in (one.name, one.name_en)]
    return name if len(same) == 1 else str(value)


def yuan(fen: int) -> str:
    """Money as it is told: yuan with two decimals.

    >>> yuan(-5)
    '-0.05'
    """
    return f"{'-' if fen < 0 else ''}{abs(fen) // FEN}.{abs(fen) % FEN:02d}"


def _yes_word(_community: str, _field: Field, value: Any) -> Cell:
    return say("是") if value else say("否")


def _when(_community: str, _field: Field, value: Any) -> datetime | None:
    instant: Instant = value
    return moment(instant)


def _recurrence(_community: str, field: Field, given: Any) -> Value:
    return _bounded(one_line(written(given)).upper().removeprefix("RRULE:"), field, TEXT_MOST)


def _decimals(_community: str, _field: Field, value: Any) -> Cell:
    return float(value) if math.isfinite(value) else None


KINDS: Mapping[str, Kind] = {
    "text": Kind(take=_text),
    "long": Kind(take=_long),
    "integer": Kind(take=_integer, is_number=True),
    "number": Kind(take=_number, cell=_decimals, is_number=True),
    "money": Kind(take=_money, tell=yuan, cell=lambda _c, _f, value: float(yuan(value)), is_number=True),
    "date": Kind(take=_day),
    "time": Kind(take=_time, tell=format_rfc3339, cell=_when, is_number=True),
    "clock": Kind(take=_clock),
    "month": Kind(take=_month),
    "yes_no": Kind(take=_yes_no, cell=_yes_word),
    "choice": Kind(take=_choice, cell=_chosen),
    "choices": Kind(take=_choices, cell=_all_chosen),
    "place": Kind(take=_place, cell=_place_name),
    "row": Kind(take=_row, is_number=True),
    "recurrence": Kind(take=_recurrence),
}


def packed(values: Mapping[str, Value]) -> str:
    """Values as they stand in the database."""
    return msgspec.json.encode({code: value for code, value in values.items() if value is not None}).decode()


def unpacked(text: str | bytes) -> dict[str, Value]:
    """The same again."""
    found: dict[str, Value] = msgspec.json.decode(text)
    return found
