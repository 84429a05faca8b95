"""Registers: every write is a version, what is wrong is named field by field, and the past can be asked for."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from layers.problem import Problem
from layers.roles import Actor
from layers.services.registers import declare, queries, values
from layers.services.registers.behind import Row
from layers.services.registers.declare import DeclarationError
from layers.services.registers.tables import register_row, register_version
from layers.services.registers.wanted import Condition, Wanted
from layers.services.registers.writer import Writer
from store.instant import now
from store.seal import Seal
from tests.layers.services.registers import (
    CLERK,
    COMMUNITY,
    SEAL,
    add,
    change,
    found,
    shipped,
    void,
    writer,
)

ALL_TYPES = """
name = "样样"
name_en = "Everything"
scene = "services"
label = ["title"]
key = ["title"]
first = "asked"
[[fields]]
code = "title"
name = "名称"
name_en = "Title"
type = "text"
required = true
[[fields]]
code = "story"
name = "经过"
name_en = "Story"
type = "long"
personal = true
[[fields]]
code = "count"
name = "人数"
name_en = "Count"
type = "integer"
least = 0
most = 500
[[fields]]
code = "length"
name = "时长"
name_en = "Length"
type = "number"
unit = "小时"
unit_en = "h"
[[fields]]
code = "cost"
name = "费用"
name_en = "Cost"
type = "money"
[[fields]]
code = "day"
name = "日期"
name_en = "Day"
type = "date"
[[fields]]
code = "starts"
name = "开始"
name_en = "Starts"
type = "time"
[[fields]]
code = "clock"
name = "钟点"
name_en = "Clock"
type = "clock"
[[fields]]
code = "month"
name = "月份"
name_en = "Month"
type = "month"
[[fields]]
code = "online"
name = "线上"
name_en = "Online"
type = "yes_no"
[[fields]]
code = "kind"
name = "类别"
name_en = "Kind"
type = "choice"
choices = { sport = { name = "体育", name_en = "Sport" }, art = { name = "文艺", name_en = "Art" } }
[[fields]]
code = "days"
name = "周几"
name_en = "Days"
type = "choices"
choices = { mo = { name = "周一", name_en = "Monday" }, tu = { name = "周二", name_en = "Tuesday" } }
[[fields]]
code = "area"
name = "片区"
name_en = "Area"
type = "place"
layer = "areas"
[[fields]]
code = "person"
name = "服务对象"
name_en = "Person"
type = "row"
to = "persons"
[states.asked]
name = "待办"
name_en = "Asked"
[states.asked.to]
done = "steward"
declined = "manager"
[states.done]
name = "办结"
name_en = "Done"
open = false
[states.declined]
name = "不办"
name_en = "Declined"
open = false
"""
EVERYTHING = declare.read(ALL_TYPES, "everything", "test")


@pytest.fixture
def by() -> Writer:
    return writer(EVERYTHING)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "名称：必填"),
        ({"title": "x", "nonsense": 1}, "nonsense：没有这个字段"),
        ({"title": "x" * 201}, "201 个字，最多 200 个"),
        ({"title": ["x"]}, "应为文字"),
        ({"title": "1.39E+10"}, "电子表格改写过"),
        ({"title": "\u200b"}, "必填"),
        ({"title": "x", "count": "3.5"}, "应为整数"),
        ({"title": "x", "count": -1}, "小于最小值 0"),
        ({"title": "x", "count": 501}, "大于最大值 500"),
        ({"title": "x", "count": True}, "应为数字"),
        ({"title": "x", "length": "NaN"}, "不是能记的数字"),
        ({"title": "x", "length": "1e400"}, "不是能记的数字"),
        ({"title": "x", "cost": "3.005"}, "不足一分"),
        ({"title": "x", "day": "2026-02-29"}, "没有这一天"),
        ({"title": "x", "day": "明天"}, "不是日期"),
        ({"title": "x", "starts": "18:00"}, "没有说是哪一天"),
        ({"title": "x", "clock": "25:00"}, "不是钟点"),
        ({"title": "x", "month": "2026-13"}, "不是月份"),
        ({"title": "x", "online": "大概"}, "应为是或否"),
        ({"title": "x", "kind": "睡觉"}, "不在可选之列：体育、文艺"),
        ({"title": "x", "area": "月球"}, "底图上没有"),
        ({"title": "x", "person": 999_999}, "不是已登记的一行"),
    ],
)
def test_what_cannot_be_is_named_by_field_and_why_and_nothing_is_kept(
    engine: Engine, by: Writer, given: dict[str, Any], why: str
) -> None:
    with pytest.raises(Problem) as caught:
        add(engine, by, **given)
    assert (caught.value.status, why in caught.value.detail) == (422, True), caught.value.detail
    assert found(engine, by) == []


def test_a_row_is_added_changed_and_voided_and_every_version_stays(engine: Engine, by: Writer) -> None:
    first = add(engine, by, title=" 排练 ", kind="文艺", cost="12.50", days="周二、周一", area="橙麓", online="是")
    assert first.values == {
        "title": "排练", "kind": "art", "cost": 1250, "days": ["mo", "tu"], "area": "chenglu", "online": True,
    }  # fmt: skip
    second = change(engine, by, first, reason="改期", day="2026/12/1", cost=None)
    third = void(engine, by, second)
    with engine.connect() as connection:
        versions = queries.versions(connection, SEAL, COMMUNITY, "everything", first.id)
    assert [(action, row.seq, row.reason) for action, row in versions] == [
        ("add", 1, ""), ("change", 2, "改期"), ("void", 3, "误录"),
    ]  # fmt: skip
    assert "cost" not in second.values
    assert second.values["day"] == "2026-12-01"
    assert third.is_voided
    assert found(engine, by) == []
    assert [row.id for row in found(engine, by, with_voided=True)] == [first.id]


def test_nothing_is_written_where_nothing_changes(engine: Engine, by: Writer) -> None:
    row = add(engine, by, title="排练", cost="3")
    assert change(engine, by, row, title="排练", cost="3.00") == row


def test_who_was_slower_is_told_and_changes_nothing(engine: Engine, by: Writer) -> None:
    row = add(engine, by, title="排练")
    change(engine, by, row, title="演出")
    for late in (lambda: change(engine, by, row, title="比赛"), lambda: void(engine, by, row)):
        with pytest.raises(Problem) as caught:
            late()
        assert (caught.value.status, caught.value.more["seq"]) == (409, 2)
    assert found(engine, by)[0].values["title"] == "演出"


def test_two_rows_that_stand_never_have_one_key(engine: Engine, by: Writer) -> None:
    first = add(engine, by, title="Ａbc")
    for twin in (
        lambda: add(engine, by, title="abC"),
        lambda: change(engine, by, add(engine, by, title="d"), title="abc"),
    ):
        with pytest.raises(Problem) as caught:
            twin()
        assert (caught.value.status, caught.value.more["id"]) == (409, first.id)
    void(engine, by, first)
    add(engine, by, title="abc")


def test_the_same_reference_is_the_same_row_whoever_is_quicker(engine: Engine, by: Writer) -> None:
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda n: add(engine, by, reference="a1", title=f"t{n}"), range(8)))
    assert len({row.id for row in rows}) == 1
    assert len(found(engine, by)) == 1


def test_a_step_goes_where_the_declaration_lets_it_and_for_whom(engine: Engine, by: Writer) -> None:
    row = add(engine, by, title="排练")
    with pytest.raises(Problem) as caught:
        change(engine, by, row, state="declined")
    assert caught.value.status == 403
    done = change(engine, by, row, state="done")
    assert done.state == "done"
    with pytest.raises(Problem) as caught:
        change(engine, by, done, state="asked")
    assert caught.value.status == 409


def test_a_list_is_filtered_sorted_and_turned_page_by_page(engine: Engine, by: Writer) -> None:
    for number in range(25):
        add(engine, by, title=f"第{number}场", count=number % 7, kind="sport" if number % 2 else "art", area="橙麓")
    count, kind = EVERYTHING.field("count"), EVERYTHING.field("kind")
    sport = Condition(field=kind, operator="eq", value="sport")
    many = Condition(field=count, operator="ge", value=5)
    asked: list[dict[str, Any]] = [
        {"conditions": (sport, many)},
        {"sort": count, "is_descending": True, "limit": 9, "skip": 4},
        {"conditions": (Condition(field=kind, operator="ne", value="art"),), "limit": 5},
        {"word": "第1", "limit": 50},
        {"states": ("asked",), "limit": 3},
        {"word": "文艺"},
        {"word": "SPORT"},
        {"word": "橙麓"},
        {"word": "体育馆"},
        {"word": "3"},
        {"word": f"#{found(engine, by)[0].id}"},
    ]
    for wanted in asked:
        present = found(engine, by, **wanted)
        assert [row.id for row in present] == [row.id for row in found(engine, by, at=now(), **wanted)], wanted
        assert present or wanted.get("word") == "体育馆", wanted
    assert {row.values["kind"] for row in found(engine, by, **asked[0])} == {"sport"}
    page = found(engine, by, limit=10)
    rest = found(engine, by, limit=100, before=page[-1].id)
    assert len(page) + len(rest) == 25


def test_the_past_is_as_it_was(engine: Engine, by: Writer) -> None:
    row = add(engine, by, title="排练", count=3)
    time.sleep(0.002)
    then = now()
    time.sleep(0.002)
    add(engine, by, title="比赛")
    void(engine, by, change(engine, by, row, count=4))
    assert [(one.id, one.values["count"]) for one in found(engine, by, at=then)] == [(row.id, 3)]
    assert [one.values["title"] for one in found(engine, by)] == ["比赛"]


def test_a_list_of_the_past_is_turned_page_by_page_as_it_was_filtered_or_not(engine: Engine, by: Writer) -> None:
    rows, seen, gone = list[Row](), list[tuple[int, list[int]]](), set[int]()
    for number in range(8):
        rows.append(add(engine, by, title=f"第{number}", count=number))
        if number % 3 == 1:
            rows[-1] = change(engine, by, rows[-1], count=90)
        if number % 3 == 2:
            void(engine, by, rows[number - 2])
            gone.add(rows[number - 2].id)
        time.sleep(0.002)
        seen.append((now(), [one.id for one in reversed(rows) if one.id not in gone]))
        time.sleep(0.002)
    every = [Condition(field=by.register.field("count"), operator="ge", value=0)]
    for at, numbers in seen:
        assert [one.id for one in found(engine, by, at=at)] == numbers
        assert [one.id for one in found(engine, by, at=at, conditions=every)] == numbers
        assert [one.id for one in found(engine, by, at=at, skip=1, limit=2)] == numbers[1:3]
        assert [one.id for one in found(engine, by, at=at, before=rows[3].id)] == [
            one for one in numbers if one < rows[3].id
        ]


def test_names_are_sealed_and_still_found_by_who_may_see_them(engine: Engine) -> None:
    people = writer()
    row = add(engine, people, card="C-1", name="张小明", born="1950-03-01", phone="13800000000")
    with engine.connect() as connection:
        kept = [str(connection.execute(select(table)).all()) for table in (register_row, register_version)]
        kept += [str(connection.execute(text(f"SELECT * FROM {name}")).all()) for name in ("register_value", "audit")]
    assert not [word for word in ("张小明", "1950-03", "138000000") if word in "".join(kept)]
    assert [one.id for one in found(engine, people, word="小明", sees_names=True)] == [row.id]
    assert found(engine, people, word="小明") == []


def test_who_is_named_by_another_row_is_found_in_the_past_by_the_name_of_then(engine: Engine) -> None:
    person = add(engine, writer(), card="C-1", name="李四")
    wishes = writer(shipped("wishes"))
    wish = add(engine, wishes, person=person.id, asked="2026-11-01")
    time.sleep(0.002)
    then = now()
    time.sleep(0.002)
    change(engine, writer(), person, name="王五")
    for at, name in ((then, "李四"), (None, "王五"), (now(), "王五")):
        assert [one.id for one in found(engine, wishes, at=at, word=name, sees_names=True)] == [wish.id], name
        assert found(engine, wishes, at=at, word=name) == []
    assert found(engine, wishes, at=now(), word="李四", sees_names=True) == []


def test_a_row_whose_seal_does_not_open_is_not_overwritten(engine: Engine) -> None:
    row = add(engine, writer(), card="C-1", name="张小明")
    other = Writer(register=writer().register, community=COMMUNITY, actor=CLERK, seal=Seal(_key()))
    with pytest.raises(Problem) as caught:
        change(engine, other, row, name="李四")
    assert caught.value.status == 409
    with engine.connect() as connection:
        seen = queries.row(connection, other.seal, COMMUNITY, row.register, row.id)
        mine = queries.row(connection, SEAL, COMMUNITY, row.register, row.id)
    assert seen is not None
    assert mine is not None
    assert (seen.locked, mine.locked) == ("锁定：需要封存它的密钥", "")


def _key() -> bytes:
    from cryptography.fernet import Fernet

    return Fernet.generate_key()


@pytest.mark.parametrize(
    ("text_", "why"),
    [
        ("name = 1", "name"),
        (ALL_TYPES.replace('type = "long"', 'type = "short"'), "short"),
        (ALL_TYPES.replace('key = ["title"]', 'key = ["titel"]'), "key: no field 'titel'"),
        (ALL_TYPES.replace('first = "asked"', 'first = "begun"'), "no state 'begun'"),
        (ALL_TYPES.replace('done = "steward"', 'gone = "steward"'), "no state 'gone'"),
        (ALL_TYPES.replace('to = "persons"', ""), "fields.person: to"),
        (ALL_TYPES + "\n[[fields]]\ncode='title'\nname='x'\nname_en='x'\ntype='text'", "first"),
        (ALL_TYPES.replace('code = "story"', 'code = "seq"'), "no code for a field"),
        (ALL_TYPES.replace('scene = "services"', 'scene = "services"\nbehind = "os.system"'), "os.system"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_with_where_and_why(text_: str, why: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare.read(text_, "everything", "everything.toml")
    assert "everything.toml" in str(caught.value)
    if why != "first":
        assert why in str(caught.value)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(-(10**9), 10**9))
def test_money_is_the_same_after_it_was_told_and_taken(fen: int) -> None:
    field = EVERYTHING.field("cost")
    assert values.taken(COMMUNITY, field, values.told(field, fen)) == fen
    assert values.taken(COMMUNITY, field, str(values.cell(COMMUNITY, field, fen))) == fen


@given(WORDS)
def test_a_text_is_kept_once_cleaned(words: str) -> None:
    field = EVERYTHING.field("title")
    try:
        kept = values.taken(COMMUNITY, field, words)
    except values.Unfit:
        return
    assert kept is None or values.taken(COMMUNITY, field, kept) == kept


def test_a_wall_has_no_role_that_writes(engine: Engine) -> None:
    wall = Writer(register=EVERYTHING, community=COMMUNITY, actor=Actor("墙", "wall", "display"), seal=SEAL)
    with pytest.raises(Problem) as caught:
        add(engine, wall, title="x")
    assert caught.value.status == 403
    assert Wanted().limit == 100
