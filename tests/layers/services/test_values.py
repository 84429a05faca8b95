"""Values as people and programs give them: what could be read in two ways is refused, what is plain is taken."""

import re
from typing import Any, get_args

import msgspec
import pytest
from sqlalchemy import Engine

from geo.ground import places
from layers.problem import Problem
from layers.services.bookings.recurrence import Unclear, occurrences
from layers.services.registers import values
from layers.services.registers.declare import Field, Type
from store.instant import HOUR, parse_rfc3339
from store.language import LANGUAGES, speaking
from tests.layers.services.registers import COMMUNITY, add, shipped, writer

LONG, HUGE = "1" * 5_000, 10**5_000


def field(type_: Type) -> Field:
    return Field(code="a", name="甲", name_en="A", type=type_, layer="areas", to="persons")


@pytest.mark.parametrize(
    ("type_", "given", "kept"),
    [
        ("money", "1,234.50", 123_450),
        ("money", "１２．５０", 1_250),
        ("money", "1，234，567", 123_456_700),
        ("number", "-1,000", -1000.0),
        ("integer", "３", 3),
        ("clock", "8:05", "08:05"),
        ("clock", "１８：３０", "18:30"),
        ("clock", "8:00:00", "08:00"),
        ("date", "２０２６/２/９", "2026-02-09"),
        ("month", "２０２６-02", "2026-02"),
        ("time", "２０２６-11-27 18:00", parse_rfc3339("2026-11-27T10:00:00Z")),
        ("row", "＃１２", 12),
        ("yes_no", "１", True),
    ],
)
def test_what_is_plain_is_taken_with_digits_of_any_width(type_: Type, given: str, kept: Any) -> None:
    assert values.taken(COMMUNITY, field(type_), given) == kept


@pytest.mark.parametrize(
    ("type_", "given", "why"),
    [
        ("money", "3,50", "逗号不是千位分隔"),
        ("money", "3，50", "逗号不是千位分隔"),
        ("number", "1,2345", "逗号不是千位分隔"),
        ("number", "0,5", "逗号不是千位分隔"),
        ("number", "1_000", "不是数字"),
        ("integer", "1_000", "不是数字"),
        ("clock", "18:30+05:00", "不是钟点"),
        ("clock", "24:00", "不是钟点"),
        ("clock", "T18:30", "不是钟点"),
        ("time", "9998-03-01 10:00", "晚于"),
        ("time", "9999-12-31T23:59:59-12:00", "晚于"),
        ("row", LONG, "不是已登记的一行"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(type_: Type, given: str, why: str) -> None:
    with pytest.raises(values.Unfit, match=re.escape(why)):
        values.taken(COMMUNITY, field(type_), given)


@pytest.mark.parametrize("type_", get_args(Type))
@pytest.mark.parametrize("given", [HUGE, LONG, [HUGE], {"a": HUGE}], ids=["int", "text", "list", "map"])
def test_whatever_is_given_is_taken_or_refused_with_words(type_: Type, given: Any) -> None:
    if type_ == "long" and given == LONG:
        assert values.taken(COMMUNITY, field(type_), given) == LONG
        return
    with pytest.raises(values.Unfit, match=r".+"):
        values.taken(COMMUNITY, field(type_), given)


@pytest.mark.parametrize("person", [LONG, HUGE, [1], True, "#" + LONG], ids=["text", "int", "list", "yes", "#"])
def test_a_person_that_cannot_be_is_a_fault_of_its_field(engine: Engine, person: Any) -> None:
    with pytest.raises(Problem) as caught:
        add(engine, writer(shipped("wishes")), person=person, asked="2026-11-01")
    assert caught.value.status == 422
    assert "许愿人" in caught.value.detail


def test_a_booking_of_the_last_years_of_the_calendar_is_refused_with_words() -> None:
    starts = parse_rfc3339("9998-03-01T10:00:00Z")
    for rule, exceptions in (("FREQ=DAILY;COUNT=2", ""), ("", ""), ("", "9998-03-01 -> 9999-12-31 23:00")):
        with pytest.raises(Unclear, match="年份太晚"):
            occurrences(starts, starts + HOUR, rule, exceptions)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_room_of_a_file_is_read_again_as_that_room(tag: str) -> None:
    rooms = msgspec.structs.replace(field("place"), layer="rooms")
    with speaking(tag):
        for room in places(COMMUNITY, "rooms"):
            assert values.taken(COMMUNITY, rooms, values.cell(COMMUNITY, rooms, room.code)) == room.code
