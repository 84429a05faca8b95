"""The calendar: what is on, for everybody; lunar dates, terms, holidays and weekends that are worked on."""

from datetime import date
from typing import Any

from sqlalchemy import Engine

from layers.almanac import almanac
from layers.services.activities import calendar
from layers.services.activities.calendar import Asked
from layers.working_time import DayKind
from store.instant import DAY, HOUR, Instant, format_rfc3339, local_date, midnight, now
from tests.layers.services.activities.test_activities import activity, by, come, person
from tests.layers.services.registers import COMMUNITY, SEAL, add, change, void


def told(engine: Engine, first: date, last: date, at: Instant | None = None) -> dict[str, Any]:
    asked = Asked(community=COMMUNITY, first=first, last=last, moment=at or now(), at=at, seal=SEAL)
    with engine.connect() as connection:
        return calendar.told(connection, asked)


def titles(day: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["what"], one["title"]) for one in day["entries"]]


def test_a_day_has_its_lunar_date_term_festival_and_how_it_is_worked() -> None:
    solstice = almanac(date(2026, 12, 22))
    assert (solstice.lunar.name, solstice.term and solstice.term.name) == ("冬月十四", "冬至")
    eve = almanac(date(2026, 2, 16))
    assert (eve.festival and eve.festival.name, eve.kind) == ("除夕", DayKind.HOLIDAY)
    new_year = almanac(date(2026, 2, 17))
    assert (new_year.lunar.short, new_year.holiday and new_year.holiday.name_en) == ("正月", "Spring Festival")
    assert almanac(date(2026, 2, 14)).kind is DayKind.WORKING_WEEKEND
    assert almanac(date(2026, 11, 28)).kind is DayKind.WEEKEND
    assert almanac(date(2025, 7, 25)).lunar.short == "闰六月"
    every = [almanac(date.fromordinal(date(2026, 1, 1).toordinal() + number)) for number in range(365)]
    assert len([one for one in every if one.term]) == 24
    assert len({one.term.name_en for one in every if one.term}) == 24


def test_a_venue_in_words_that_is_a_place_of_the_map_is_told_in_both_languages(engine: Engine) -> None:
    first = local_date(now() + 10 * DAY)
    for hour, venue in ((9, "中心广场"), (10, "Square"), (11, "村口大树下")):
        activity(engine, midnight(first) + hour * HOUR, title="放映", venue=venue)
    entries = told(engine, first, first)["days"][0]["entries"]
    places = [(one["place"], one["place_en"]) for one in entries]
    assert places == [("中心广场", "Square"), ("中心广场", "Square"), ("村口大树下", "村口大树下")]


def test_all_that_is_public_is_on_its_days_and_nobody_is_named(engine: Engine) -> None:
    first = local_date(now() + 10 * DAY)
    begin = midnight(first) + 9 * HOUR
    club = add(engine, by("clubs"), name="太极拳社", kind="tai_chi")
    fair = activity(engine, begin, 30, title="邻里市集", kind="fair", club=club.id, places=1, site="square", venue=None)
    come(engine, fair, person(engine))
    course = add(
        engine, by("courses"), name="软笔书法", hall="evergreen", subject="calligraphy", places=9,
        room="centre-2-calligraphy",
    )  # fmt: skip
    times = {"starts": format_rfc3339(begin + HOUR), "ends": format_rfc3339(begin + 2 * HOUR)}
    add(engine, by("sessions"), course=course.id, topic="临帖", **times)
    booking = {"purpose": "rehearsal", "club": "十八蝴蝶舞团", "recurrence": "FREQ=DAILY;COUNT=2"} | times
    booking |= {"afterwards": True}
    add(engine, by("bookings"), room="centre-2-tea", title="夜排", public=True, **booking)
    add(engine, by("bookings"), room="centre-1-study", title="内部会议", **booking)
    days = told(engine, first, local_date(begin + DAY))["days"]
    assert sorted(titles(days[0])) == [("activity", "邻里市集"), ("booking", "夜排"), ("lesson", "软笔书法")]
    assert sorted(titles(days[1])) == [("activity", "邻里市集"), ("booking", "夜排")]
    shown = days[0]["entries"][0]
    assert (shown["club"], shown["kind"], shown["full"], shown["cancelled"]) == ("太极拳社", "庙会", True, False)
    assert shown["place"]
    assert "某某" not in str(days)
    assert "内部会议" not in str(days)
    assert "临帖" not in str(days)


def test_of_a_past_time_it_is_as_it_was_known_then(engine: Engine) -> None:
    first = local_date(now() + 20 * DAY)
    tea = activity(engine, midnight(first) + 9 * HOUR, title="茶会")
    before = now()
    tea = change(engine, by("activities"), tea, title="茶会（改）", state="cancelled")
    [day] = told(engine, first, first)["days"]
    assert [(one["title"], one["cancelled"]) for one in day["entries"]] == [("茶会（改）", True)]
    [day] = told(engine, first, first, before)["days"]
    assert [(one["title"], one["cancelled"]) for one in day["entries"]] == [("茶会", False)]
    [day] = told(engine, first, first, tea.at - DAY)["days"]
    assert day["entries"] == []
    void(engine, by("activities"), tea)
    assert told(engine, first, first)["days"][0]["entries"] == []


def test_the_temple_fair_is_on_its_lunar_days(engine: Engine) -> None:
    days = told(engine, date(2026, 9, 10), date(2026, 9, 24))["days"]
    on = {one["day"]: [(fair["name"], fair["is_peak"]) for fair in one["festivals"]] for one in days}
    assert on["2026-09-10"] == []
    assert on["2026-09-11"] == [("方岩庙会", False)]
    assert {one["lunar"] for one in days if one["day"] == "2026-09-23"} == {"八月十三"}
    assert on["2026-09-23"][0][0] == "方岩庙会"
