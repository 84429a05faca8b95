"""Governance: what may be done by whom, what is sealed, and totals that agree with a count by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select, text

from layers.governance import figures, matters, registers
from layers.governance.matters import Opening
from layers.governance.rules import bodies, fields, kinds
from layers.governance.tables import council_member, matter_step, partner
from layers.problem import Problem
from layers.roles import ROLES, Actor, may
from store import audit
from store.engine import writing
from store.instant import DAY, now
from store.seal import Seal

SEAL = Seal(Fernet.generate_key())
MANAGER = Actor("王经理", "manager")
PARTIES = "三单元张某与四单元李某"


@contextmanager
def refused(status: int, why: str = "") -> Iterator[None]:
    with pytest.raises(Problem) as caught:
        yield
    assert caught.value.status == status, caught.value
    assert why in caught.value.detail


def opened(engine: Engine, community: str = "heling", **more: Any) -> str:
    with writing(engine) as connection:
        return matters.open_matter(connection, SEAL, community, Opening(**more), MANAGER)


def advance(engine: Engine, number: str, *steps: str, actor: Actor = MANAGER, note: str = "") -> None:
    for to in steps:
        with writing(engine) as connection:
            matters.advance(connection, SEAL, "heling", number, to, note, None, actor)


def totals(engine: Engine, community: str = "heling", at: int | None = None) -> Any:
    with engine.connect() as connection:
        return figures.totals(connection, community, at)


def test_what_is_written_has_nothing_in_it_that_no_database_holds(engine: Engine) -> None:
    number = opened(engine, kind="hard", title="东\x00城\x0b街口")
    advance(engine, number, "in_hand", note="已\x00派\x1b人")
    with engine.connect() as connection:
        assert matters.one(connection, "heling", number).title == "东城 街口"
        assert matters.steps(connection, number)[-1]["note"] == "已派人"


def test_who_quarrels_is_in_no_list_no_total_and_not_in_the_database(engine: Engine) -> None:
    number = opened(engine, kind="mediation", topic="light", parties=PARTIES, account="走廊加高挡光")
    advance(engine, number, "talks", note="李某同意降低")
    with engine.connect() as connection:
        listed = matters.listed(connection, "heling", "mediation", 10)
        steps = matters.steps(connection, number)
        kept = [str(row) for table in ("matter", "matter_step", "audit") for row in everything(connection, table)]
    for shown in (listed, steps, totals(engine), kept):
        for word in ("张某", "李某", "走廊", "单元"):
            assert word not in str(shown)
    with writing(engine) as connection:
        content = matters.unsealed(connection, SEAL, "heling", number, MANAGER)
        assert content == {"parties": PARTIES, "account": "走廊加高挡光", "notes": {2: "李某同意降低"}}
        (row,) = [row for row in audit.rows(connection, 5) if row["action"] == "matter.unseal"]
        assert (row["actor"], row["object"]) == ("token:王经理", number)
        with refused(409):
            matters.unsealed(connection, Seal(Fernet.generate_key()), "heling", number, MANAGER)


def everything(connection: Connection, table: str) -> list[Any]:
    return list(connection.execute(text(f"SELECT * FROM {table}")))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(kinds())),
    walk=st.lists(st.tuples(st.sampled_from([s for k in kinds().values() for s in k.states]), st.sampled_from(ROLES))),
)
def test_no_forbidden_step_succeeds_and_no_permitted_one_fails(
    engine: Engine, kind: str, walk: list[tuple[str, str]]
) -> None:
    topic = {"topic": "noise"} if kinds()[kind].sealed else {"title": "一件事"}
    number = opened(engine, kind=kind, **topic)
    state, taken = kinds()[kind].first, 1
    for to, role in walk:
        least = kinds()[kind].states[state].to.get(to)
        if least is None:
            with refused(409):
                advance(engine, number, to, actor=Actor("某人", role))
        elif not may(role, least):
            with refused(403):
                advance(engine, number, to, actor=Actor("某人", role))
        else:
            advance(engine, number, to, actor=Actor("某人", role))
            state, taken = to, taken + 1
        with engine.connect() as connection:
            row = matters.one(connection, "heling", number)
            replayed = list(
                connection.scalars(
                    select(matter_step.c.state).where(matter_step.c.matter_id == number).order_by(matter_step.c.seq)
                )
            )
        assert (row.state, row.seq, replayed[-1], len(replayed)) == (state, taken, state, taken)


def test_totals_of_matters_agree_with_a_count_by_hand(engine: Engine) -> None:
    before = totals(engine)["matters"]["mediation"]
    done = opened(engine, kind="mediation", topic="parking")
    advance(engine, done, "talks", "talks", "agreement", "restored", "ended")
    passed_on = opened(engine, kind="mediation", topic="parking")
    advance(engine, passed_on, "referred")
    opened(engine, kind="mediation", topic="parking")
    found = totals(engine)["matters"]["mediation"]
    assert (found["ended"] - before["ended"], found["good"] - before["good"], found["open"] - before["open"]) == (
        2,
        1,
        1,
    )
    assert found["by_topic"]["parking"] - before["by_topic"].get("parking", 0) == 3
    assert found["good_rate"] == found["good"] / found["ended"]


def test_everybody_is_told_no_small_total_of_people() -> None:
    states = dict.fromkeys(kinds()["mediation"].states, 0)
    of = {"open": 2, "ended": 30, "good": 28, "good_rate": 28 / 30, "mean_days": 3.0, "by_topic": {"parking": 32}}
    hard = {"by_state": {"open": 1}, "open": 1, "ended": 0, "good": 0, "good_rate": None, "mean_days": None}
    partners = {"deeds_this_year": 3, "people_this_year": 4}
    whole = {
        "matters": {"mediation": of | {"by_state": states | {"talks": 2, "ended": 28, "referred": 2}}, "hard": hard}
    }
    told = figures.told_to_everybody(whole | {"partners": partners})
    shown = told["matters"]["mediation"]
    assert (shown["open"], shown["ended"], shown["good"], shown["good_rate"]) == (None, None, None, None)
    assert shown["by_state"]["talks"] is None
    assert shown["by_topic"]["parking"] == 32
    assert told["matters"]["hard"] == hard
    assert told["partners"]["people_this_year"] is None
    nothing = figures.told_to_everybody(
        {"matters": {"mediation": of | {"by_state": states, "by_topic": {}}}} | {"partners": partners}
    )
    assert nothing["matters"]["mediation"]["ended"] == 0


def test_a_hard_matter_of_a_past_month_is_overdue_until_it_is_solved(engine: Engine) -> None:
    number = opened(engine, "tahai", kind="hard", title="东城街口积水")
    assert totals(engine, "tahai")["hard"]["overdue"] == 0
    assert totals(engine, "tahai", now() + 32 * DAY)["hard"]["overdue"] == 1
    for to in ("in_hand", "solved"):
        with writing(engine) as connection:
            matters.advance(connection, SEAL, "tahai", number, to, "", None, MANAGER)
    found = totals(engine, "tahai")["hard"]
    assert (found["solved"], found["open"], found["overdue"]) == (1, 0, 0)
    assert totals(engine, "tahai", now() + 32 * DAY)["hard"]["overdue"] == 0


def test_attendance_counts_who_was_a_member_then(engine: Engine) -> None:
    with writing(engine) as connection:
        first, second = (
            registers.add_member(connection, "tahai", body, f"单位 {body}", MANAGER, now() - 2 * DAY)
            for body in list(bodies())[:2]
        )
        registers.hold(connection, "tahai", now() - DAY, "停车位", [first, second], MANAGER)
        registers.hold(connection, "tahai", now(), "路灯", [first], MANAGER)
        registers.end(connection, council_member, "tahai", second, MANAGER)
        third = registers.add_member(connection, "tahai", "property", "物业", MANAGER)
        registers.hold(connection, "tahai", now(), "电梯", [third], MANAGER)
        members = {row["id"]: (row["invited"], row["came"]) for row in registers.members(connection, "tahai")}
        assert members == {first: (3, 2), third: (1, 1)}
        assert [(one["invited"], one["came"]) for one in registers.meetings(connection, "tahai", 9)][-1] == (2, 2)
        assert figures.totals(connection, "tahai")["council"]["attendance_rate"] == 4 / 6
        with refused(400, "「单位 co_building」在会议时不是成员"):
            registers.hold(connection, "tahai", now(), "缺席者", [second], MANAGER)
        with refused(400, "没有编号为 999 的成员"):
            registers.hold(connection, "tahai", now(), "缺席者", [999], MANAGER)
        with refused(400):
            registers.hold(connection, "tahai", now() + DAY, "将来", [], MANAGER)
        with refused(404):
            registers.end(connection, council_member, "heling", first, MANAGER)


def test_a_meeting_that_is_written_down_late_is_of_those_who_were_members_when_it_was_held(engine: Engine) -> None:
    with writing(engine) as connection:
        left, stays, later = (
            registers.add_member(connection, "tahai", "property", name, MANAGER, now() - days * DAY)
            for name, days in (("已退出", 30), ("一直在", 30), ("后来的", 1))
        )
        registers.end(connection, council_member, "tahai", left, MANAGER)
        held = now() - 7 * DAY
        assert {row["id"] for row in registers.members(connection, "tahai", held)} == {left, stays}
        with refused(400, "「后来的」在会议时不是成员"):
            registers.hold(connection, "tahai", held, "停车", [stays, later], MANAGER)
        registers.hold(connection, "tahai", held, "停车", [left, stays], MANAGER)
        (meeting,) = registers.meetings(connection, "tahai", 9)
        assert (meeting["invited"], meeting["came"]) == (2, 2)
        present = {row["name"]: (row["invited"], row["came"]) for row in registers.members(connection, "tahai")}
        assert present == {"一直在": (1, 1), "后来的": (0, 0)}
        council = figures.totals(connection, "tahai")["council"]
        assert (council["invited"], council["came"]) == (2, 2)
        with refused(400):
            registers.add_member(connection, "tahai", "property", "将来的", MANAGER, now() + DAY)


def test_the_ledger_tells_what_each_partner_did(engine: Engine) -> None:
    with writing(engine) as connection:
        number = registers.add_partner(connection, "tahai", next(iter(fields())), "某某电器", MANAGER)
        registers.add_deed(connection, "tahai", number, now(), "慰问困难户", 12, MANAGER)
        registers.add_deed(connection, "tahai", number, now(), "捐建长椅", None, MANAGER)
        (row,) = registers.partners(connection, "tahai")
        assert [one["what"] for one in row["deeds"]] == ["捐建长椅", "慰问困难户"]
        found = figures.totals(connection, "tahai")["partners"]
        assert (found["deeds_this_year"], found["people_this_year"]) == (2, 12)
        registers.end(connection, partner, "tahai", number, MANAGER)
        assert registers.partners(connection, "tahai") == []


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "party"},
        {"kind": "mediation", "topic": "weather"},
        {"kind": "mediation", "topic": "light", "title": "张某与李某"},
        {"kind": "hard"},
        {"kind": "hard", "title": "一件", "parties": "张某"},
        {"kind": "hard", "title": "一件", "area": "nowhere"},
    ],
)
def test_what_will_not_do_is_refused(engine: Engine, asked: dict[str, str]) -> None:
    with refused(400):
        opened(engine, **asked)
