"""When a booking takes place: a beginning, an end, a rule of RFC 5545, and the days that are otherwise.

A rule is one of wall-clock days in Asia/Shanghai. It says when it ends, by COUNT or UNTIL, and its parts are those by
which a room is booked; all others are refused, since some of them (BYSETPOS, a 30 February) let the search for the next
occurrence run to the year 9999.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from store.instant import DAY, SHANGHAI, Instant, from_datetime, to_datetime
from store.language import say

OCCURRENCES_MOST = 400
YEARS_MOST = 2
LONGEST = 31 * DAY
INTERVAL_MOST = 366
LATEST = from_datetime(datetime(9990, 1, 1, tzinfo=SHANGHAI))
"""A calendar ends with the year 9999, and what recurs needs some years yet."""
FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST")
WEEKDAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
EXCEPTIONS = re.compile(r"[,，、;；\n]+")
MOVED = re.compile(r"\s*(?:->|→|＞|>|改到|改至|moved to)\s*", re.IGNORECASE)


class Unclear(ValueError):
    """A booking whose times cannot be; says why, to people."""


@dataclass(frozen=True, order=True)
class Span:
    """A time from ``starts`` up to, not with, ``ends``."""

    starts: Instant
    ends: Instant


def occurrences(starts: Instant, ends: Instant, rule: str = "", exceptions: str = "") -> list[Span]:
    """Every time at which a booking takes place, in order.

    Parameters
    ----------
    rule
        An RRULE without its name, "" for once: ``FREQ=WEEKLY;BYDAY=MO;UNTIL=20270131``. UNTIL without a Z is by the
        clock in Asia/Shanghai, a day alone counts whole.
    exceptions
        Days that are left out, ``2026-12-01``, and days that are moved, ``2026-12-03 -> 2026-12-04 20:00``, with commas
        or line breaks between them.

    Raises
    ------
    Unclear
        Where it does not end, has more than `OCCURRENCES_MOST`, lasts longer than `YEARS_MOST` years, meets itself, or
        an exception names a day on which nothing is.
    """
    if ends <= starts:
        raise Unclear(say("结束要晚于开始"))
    if ends > LATEST:
        raise Unclear(say("年份太晚"))
    if ends - starts > LONGEST:
        raise Unclear(say("一次最长 {days} 天", days=LONGEST // DAY))
    first = to_datetime(starts).astimezone(SHANGHAI).replace(tzinfo=None)
    begins = _excepted(_begins(first, rule), exceptions)
    if not begins:
        raise Unclear(say("每一次都停办了；请作废这项预约"))
    found = [Span(begin, begin + ends - starts) for begin in sorted(map(_instant, begins))]
    for one, following in pairwise(found):
        if following.starts < one.ends:
            raise Unclear(say("同一项预约的两次时间相重"))
    return found


def _instant(wall: datetime) -> Instant:
    return from_datetime(wall.replace(tzinfo=SHANGHAI))


def _begins(first: datetime, rule: str) -> list[datetime]:
    if not rule:
        return [first]
    parts = _parts(rule)
    frequency = parts["FREQ"]
    by_day = _weekdays(parts.get("BYDAY", ""), frequency)
    by_month_day = _numbers(parts, "BYMONTHDAY", -31, 31)
    by_month = _numbers(parts, "BYMONTH", 1, 12)
    if not _is_in(first.date(), by_day, by_month_day, by_month):
        raise Unclear(say("开始的那天不在重复规则之内"))
    count, until = _end(parts)
    horizon = first.replace(year=first.year + YEARS_MOST, day=min(first.day, 28))
    if until is not None and until > horizon:
        raise Unclear(say("重复最长 {years} 年", years=YEARS_MOST))
    if until is not None and until < first:
        raise Unclear(say("重复规则在开始之前就结束了"))
    made = rrule(
        FREQUENCIES[frequency], dtstart=first, interval=_number(parts, "INTERVAL", 1, INTERVAL_MOST) or 1,
        wkst=WEEKDAYS.index(parts.get("WKST", "MO")), until=until or horizon, byweekday=by_day or None,
        bymonthday=by_month_day or None, bymonth=by_month or None,
    )  # fmt: skip
    found = list(islice(made, min(count or OCCURRENCES_MOST + 1, OCCURRENCES_MOST + 1)))
    if len(found) > OCCURRENCES_MOST:
        raise Unclear(say("最多重复 {most} 次", most=OCCURRENCES_MOST))
    if count is not None and len(found) < count:
        raise Unclear(say("重复最长 {years} 年", years=YEARS_MOST))
    return found


def _parts(rule: str) -> Mapping[str, str]:
    found = dict[str, str]()
    for part in filter(None, rule.upper().removeprefix("RRULE:").strip().rstrip(";").split(";")):
        name, _, value = (one.strip() for one in part.partition("="))
        if name not in PARTS or name in found or not value:
            known = say("、").join(PARTS)
            raise Unclear(say("重复规则里的「{part}」不能用；可用：{known}，各一次", part=part[:40], known=known))
        found[name] = value
    if found.get("FREQ") not in FREQUENCIES:
        raise Unclear(say("重复规则要写明 FREQ：{known}", known=say("、").join(FREQUENCIES)))
    if ("COUNT" in found) == ("UNTIL" in found):
        raise Unclear(say("重复规则要写明何时结束：COUNT 或 UNTIL，只写一个"))
    if found.get("WKST", "MO") not in WEEKDAYS:
        raise Unclear(say("重复规则里的「{part}」不能用", part=f"WKST={found['WKST'][:20]}"))
    return found


def _number(parts: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    if name not in parts:
        return None
    text = parts[name]
    if re.fullmatch(r"[+-]?[0-9]{1,4}", text) is None or not least <= int(text) <= most or int(text) == 0:
        what = f"{name}={text[:20]}"
        raise Unclear(say("重复规则里的「{part}」应在 {least} 到 {most} 之间", part=what, least=least, most=most))
    return int(text)


def _numbers(parts: Mapping[str, str], name: str, least: int, most: int) -> list[int]:
    if name not in parts:
        return []
    return [_number({name: one}, name, least, most) or 0 for one in parts[name].split(",")]


def _weekdays(text: str, frequency: str) -> list[weekday]:
    found = []
    for part in filter(None, text.split(",")):
        match = WEEKDAY.fullmatch(part)
        # Which of its month a weekday is means something to a rule of months only (RFC 5545, 3.3.10).
        if match is None or (match[1] and frequency != "MONTHLY"):
            raise Unclear(say("重复规则里的「{part}」不能用", part=f"BYDAY={part[:20]}"))
        found.append(weekday(WEEKDAYS.index(match[2]), int(match[1]) if match[1] else None))
    return found


def _is_in(day: date, by_day: list[weekday], by_month_day: list[int], by_month: list[int]) -> bool:
    """Whether a rule's parts hold for its first day. Where they do not, no occurrence may ever come."""
    length = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    from_end = length - day.day
    nth = {None, (day.day - 1) // 7 + 1, -(from_end // 7 + 1)}
    return (
        (not by_month or day.month in by_month)
        and (not by_month_day or day.day in by_month_day or -(from_end + 1) in by_month_day)
        and (not by_day or any(one.weekday == day.weekday() and one.n in nth for one in by_day))
    )


def _end(parts: Mapping[str, str]) -> tuple[int | None, datetime | None]:
    if "COUNT" in parts:
        return _number(parts, "COUNT", 1, OCCURRENCES_MOST), None
    match = UNTIL.fullmatch(parts["UNTIL"])
    try:
        if match is None:
            raise ValueError
        until = datetime.strptime(match[1] + (match[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - a wall clock's
        if match[3]:
            until = until.replace(tzinfo=to_datetime(0).tzinfo).astimezone(SHANGHAI).replace(tzinfo=None)
    except (ValueError, OverflowError):
        what = f"UNTIL={parts['UNTIL'][:20]}"
        raise Unclear(say("「{part}」不是日期，应写作 UNTIL=20270131", part=what)) from None
    return None, until


def _excepted(begins: list[datetime], exceptions: str) -> list[datetime]:
    of_day: dict[date, list[datetime]] = {}
    for begin in begins:
        of_day.setdefault(begin.date(), []).append(begin)
    more = []
    for day, moved in _exceptions(exceptions):
        if day not in of_day:
            raise Unclear(say("{day} 没有这项预约，不能停办或改期", day=day.isoformat()))
        del of_day[day]
        if moved is not None:
            more.append(moved)
    found = [begin for same in of_day.values() for begin in same] + more
    if begins and any(abs(one - begins[0]) > timedelta(days=366 * YEARS_MOST) for one in more):
        raise Unclear(say("重复最长 {years} 年", years=YEARS_MOST))
    return found


def _exceptions(text: str) -> Iterator[tuple[date, datetime | None]]:
    for entry in filter(None, (one.strip() for one in EXCEPTIONS.split(text))):
        day, *moved = MOVED.split(entry)
        try:
            if len(moved) > 1:
                raise ValueError
            yield date.fromisoformat(day), _wall(moved[0]) if moved else None
        except ValueError:
            what = say(
                "「{entry}」应写作 2026-12-01（停办）或 2026-12-03 -> 2026-12-04 20:00（改期）", entry=entry[:40]
            )
            raise Unclear(what) from None


def _wall(text: str) -> datetime:
    found: Any = datetime.fromisoformat(text.replace("：", ":"))
    if found.tzinfo is not None or len(text) <= len("2026-12-04"):
        raise ValueError
    wall: datetime = found
    return wall
