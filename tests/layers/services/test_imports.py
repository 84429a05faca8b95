"""Files taken into registers: what is sent twice is entered once, and nobody waits long for a long one."""

from typing import Any

import pytest
from sqlalchemy import Engine, event

from layers.problem import Problem
from layers.services.registers import imports, queries
from layers.services.registers.imports import Plan
from layers.services.registers.wanted import Condition
from layers.services.registers.writer import Writer
from layers.sheets.sheet import SheetRow
from tests.layers.services.registers import COMMUNITY, SEAL, add, change, found, shipped, void, writer


def take(engine: Engine, by: Writer, columns: str, *lines: str, is_rehearsal: bool = False) -> Plan:
    rows = [SheetRow(line=number, cells=line.split(",")) for number, line in enumerate(lines, 2)]
    return imports.take(engine, by, columns.split(","), rows, {}, is_rehearsal=is_rehearsal)


def counts(plan: Plan) -> tuple[int, int, int]:
    return plan.count("add"), plan.count("change"), plan.count("same")


def faults(caught: pytest.ExceptionInfo[Problem]) -> list[tuple[int, str]]:
    assert caught.value.status == 422
    return [(one["line"], one["why"]) for one in caught.value.more["faults"]]


@pytest.fixture
def wishes(engine: Engine) -> Writer:
    add(engine, writer(), card="1001", name="李四")
    return writer(shipped("wishes"))


@pytest.mark.parametrize("state", ["已实现", "没有这个状态"])
def test_a_new_row_begins_in_the_first_state_only(engine: Engine, wishes: Writer, state: str) -> None:
    first = wishes.register.states[wishes.register.first]
    with pytest.raises(Problem) as caught:
        take(
            engine,
            wishes,
            "许愿人,提出日期,心愿,状态",
            "1001,2026-11-02,轮椅," + first.name,
            f"1001,2026-11-02,,{state}",
        )
    assert [(line, first.name in why) for line, why in faults(caught)] == [(3, True)]
    head, line = "许愿人,提出日期,心愿,状态", "1001,2026-11-02,轮椅,"
    for word in (first.name, first.name_en.upper(), ""):
        assert take(engine, wishes, head, line + word).count("add") == 1, word
    assert {row.state for row in found(engine, wishes)} == {wishes.register.first}


def test_a_register_without_states_has_no_such_column(engine: Engine) -> None:
    with pytest.raises(Problem) as caught:
        take(engine, writer(), "卡号,姓名,状态", "1,甲,在册")
    assert "不认识这一列" in faults(caught)[0][1]


def test_a_file_sent_twice_is_entered_once(engine: Engine, wishes: Writer) -> None:
    head, lines = "许愿人,提出日期,心愿", ("1001,2026-11-01,老花镜", "1001,2026-11-01,老花镜")
    assert counts(take(engine, wishes, head, *lines)) == (2, 0, 0)
    first = found(engine, wishes)[-1]
    change(engine, wishes, first, asked="2026-11-03")
    void(engine, wishes, found(engine, wishes)[0])
    assert counts(take(engine, wishes, head, *lines, is_rehearsal=True)) == (0, 0, 2)
    assert counts(take(engine, wishes, head, *lines)) == (0, 0, 2)
    assert [row.values["asked"] for row in found(engine, wishes, with_voided=True)] == ["2026-11-01", "2026-11-03"]
    assert counts(take(engine, wishes, head, *lines, "1001,2026-11-02,轮椅")) == (3, 0, 0)


def test_so_it_is_where_something_stands_behind_the_register(engine: Engine) -> None:
    goods = writer(shipped("goods"))
    required = {one.code: one for one in goods.register.fields if one.required}
    given = {"name": "油豆腐", "kind": "food", "origin": "三港", "unit": "袋", "price": "10"}
    columns = ",".join(code for code in given if code in required)
    line = ",".join(given[code] for code in given if code in required)
    assert counts(take(engine, goods, columns, line)) == (1, 0, 0)
    assert counts(take(engine, goods, columns, line)) == (0, 0, 1)
    assert len(found(engine, goods)) == 1


def test_a_file_writes_no_more_lines_than_others_can_wait_for(
    engine: Engine, wishes: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert imports.WRITES_MOST == 5_000
    monkeypatch.setattr(imports, "WRITES_MOST", 2)
    head, lines = "许愿人,提出日期,心愿", [f"1001,2026-11-0{day},轮椅" for day in range(1, 4)]
    with pytest.raises(Problem) as caught:
        take(engine, wishes, head, *lines)
    assert [(line, "要写入 3 行，一次最多 2 行" in why) for line, why in faults(caught)] == [(1, True)]
    take(engine, wishes, head, *lines[:2])
    assert found(engine, wishes, word="2026-11-03") == []
    assert counts(take(engine, wishes, head, *lines[:2])) == (0, 0, 2)


def people(engine: Engine, count: int) -> list[Any]:
    take(engine, writer(), "卡号,姓名,片区", *[f"{n},人{n},橙麓" for n in range(count)])
    return sorted(found(engine, writer(), limit=1000), key=lambda row: row.id)


def test_many_rows_are_changed_in_few_statements_each_a_version_more(engine: Engine) -> None:
    rows = people(engine, 60)
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    lines = [f"{row.id},新人{n},19{n + 10}-01-02" for n, row in enumerate(rows)]
    event.listen(engine, "before_cursor_execute", count)
    try:
        assert counts(take(engine, writer(), "编号,姓名,出生日期", *lines)) == (0, 60, 0)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(statements) < 20, statements
    now = sorted(found(engine, writer(), limit=1000, sees_names=True), key=lambda row: row.id)
    assert [(row.seq, row.values["name"], row.values["card"]) for row in now] == [
        (2, f"新人{n}", str(n)) for n in range(60)
    ]
    with engine.connect() as connection:
        known = queries.versions(connection, SEAL, COMMUNITY, "persons", rows[7].id)
    assert [(action, row.values["name"]) for action, row in known] == [("add", "人7"), ("change", "新人7")]
    assert [row.id for row in found(engine, writer(), word="新人7", sees_names=True)] == [rows[7].id]
    card = writer().register.field("card")
    found_by = Condition(field=card, operator="eq", value="7")
    assert [row.id for row in found(engine, writer(), conditions=(found_by,))] == [rows[7].id]


def test_keys_move_on_in_the_order_of_the_lines_and_never_meet(engine: Engine) -> None:
    one, two, _ = people(engine, 3)
    assert counts(take(engine, writer(), "编号,卡号", f"{two.id},9", f"{one.id},1")) == (0, 2, 0)
    with pytest.raises(Problem) as caught:
        take(engine, writer(), "编号,卡号", f"{one.id},2", f"{two.id},10")
    assert [(line, "卡号相同的已登记" in why) for line, why in faults(caught)] == [(2, True)]
    assert {row.values["card"] for row in found(engine, writer())} == {"1", "9", "2"}


def test_who_changed_a_row_meanwhile_is_not_overwritten(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, _ = people(engine, 3)
    planned = imports.plan

    def plan(*given: Any) -> Plan:
        made = planned(*given)
        change(engine, writer(), one, name="另改")
        void(engine, writer(), two)
        return made

    monkeypatch.setattr(imports, "plan", plan)
    with pytest.raises(Problem) as caught:
        take(engine, writer(), "编号,姓名", f"{one.id},甲", f"{two.id},乙")
    assert [("改过" in why, "作废" in why) for _, why in faults(caught)] == [(True, False), (False, True)]
