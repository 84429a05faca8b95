"""Erasure: all that is a person's goes, nothing that is another's; what was kept long enough goes by itself."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, select, text, update

from layers.problem import Problem
from layers.services.registers import erasure, queries, retention, traces
from layers.services.registers.behind import Row
from layers.services.registers.erasure import Number, Proof
from layers.services.registers.tables import register_row, register_version
from layers.services.registers.traces import Sought, Trace
from layers.services.registers.writer import Writer
from store.engine import writing
from store.instant import Instant, now, parse_local
from store.seal import Seal
from tests.layers.services.registers import COMMUNITY, MANAGER, SEAL, add, change, found, one, shipped, void, writer

ASKED = "本人申请"


@pytest.fixture
def cases() -> Writer:
    return writer(shipped("social_cases"))


@pytest.fixture
def clubs() -> Writer:
    return writer(shipped("clubs"))


def case(engine: Engine, by: Writer, person: Row, account: str | None = None) -> Row:
    return add(engine, by, person=person.id, kind="other", opened="2026-01-02", account=account)


def club(engine: Engine, by: Writer, name: str, **more: Any) -> Row:
    return add(engine, by, name=name, kind=next(iter(by.register.field("kind").choices)), **more)


def sought(engine: Engine, person: Row, name: str = "", seal: Seal = SEAL) -> Sought:
    with engine.connect() as connection:
        who = traces.sought(connection, seal, COMMUNITY, person.register, person.id, name)
    assert who is not None
    return who


def dry(engine: Engine, person: Row, name: str = "", seal: Seal = SEAL) -> list[Trace]:
    who = sought(engine, person, name, seal)
    with engine.connect() as connection:
        certain = traces.certain(connection, seal, COMMUNITY, who)
        return certain + traces.mentions(connection, seal, COMMUNITY, who)


def erase(
    engine: Engine, person: Row, *mentions: Number, name: str = "", seal: Seal = SEAL, reason: str = ASKED
) -> Proof:
    who = sought(engine, person, name, seal)
    with writing(engine) as connection:
        return erasure.erase(connection, seal, COMMUNITY, who, mentions, MANAGER, reason)[1]


def told(trace: Trace) -> tuple[str, int, bool]:
    return trace.register, trace.id, trace.is_certain


def values_of(engine: Engine, by: Writer, row: Row) -> dict[str, Any]:
    with engine.connect() as connection:
        standing = one(connection, by, row.id)
    assert standing is not None
    return dict(standing.values)


def everything(engine: Engine, seal: Seal = SEAL) -> str:
    """All versions of all rows, what is sealed in them opened."""
    with engine.connect() as connection:
        kept = connection.execute(select(register_version)).all()
        rows = connection.execute(text("SELECT key, reference, data FROM register_row")).all()
        audit = connection.execute(text("SELECT * FROM audit")).all()
    opened = [seal.open(one.sealed) for one in kept if one.sealed]
    return f"{[(one.data, one.reason) for one in kept]}{opened}{rows}{audit}"


def test_what_is_a_persons_goes_out_of_every_version_and_a_proof_says_what_was_done(
    engine: Engine, cases: Writer
) -> None:
    person = add(engine, writer(), card="C-1", name="张小名", phone="13855500123")
    person = change(engine, writer(), person, reason="张小明来电，改正姓名", name="张小明", phone="13955500123")
    visit = case(engine, cases, person, "张小明独居，腿脚不便")
    visit = change(engine, cases, visit, office="张小明的网格", reason="张小名要求")
    assert [told(one) for one in dry(engine, person)] == [
        ("persons", person.id, True), ("social_cases", visit.id, True),
    ]  # fmt: skip
    assert [one.fields for one in dry(engine, person)] == [("name", "phone", "reason"), ("office", "account", "reason")]
    assert [one.versions for one in dry(engine, person)] == [2, 2]
    proof = erase(engine, person, reason="张小明书面申请")
    assert proof.rows == (f"persons/{person.id}", f"social_cases/{visit.id}")
    assert (proof.versions, len(proof.digest)) == (4, 64)
    said = everything(engine)
    assert not [word for word in ("张小明", "张小名", "13855500123", "腿脚") if word in said]
    assert values_of(engine, writer(), person) == {"card": "C-1"}
    assert values_of(engine, cases, visit) == {
        "person": person.id, "kind": "other", "opened": "2026-01-02", "office": "▇▇的网格",
    }  # fmt: skip
    with engine.connect() as connection:
        known = queries.versions(connection, SEAL, COMMUNITY, "social_cases", visit.id)
        assert [action for action, _ in known] == ["add", "change", "erase"]
        assert proof.digest in str(connection.execute(text("SELECT * FROM audit")).all())


def test_whoever_has_the_name_or_a_longer_one_loses_nothing(engine: Engine, cases: Writer) -> None:
    wei = add(engine, writer(), card="1001", name="王伟", born="1950-01-02")
    longer = add(engine, writer(), card="1002", name="王伟明", born="1949-05-06", phone="13955500123")
    same = add(engine, writer(), card="1003", name="王伟", born="1980-02-02")
    story = case(engine, cases, longer, "摔倒住院；邻居王伟帮忙叫的救护车。用药：华法林。")
    rows = ((writer(), longer), (writer(), same), (cases, story))
    before = [values_of(engine, *row) for row in rows]
    listed = [told(one) for one in dry(engine, wei)]
    assert listed == [
        ("persons", wei.id, True), ("persons", longer.id, False), ("persons", same.id, False),
        ("social_cases", story.id, False),
    ]  # fmt: skip
    erase(engine, wei)
    assert values_of(engine, writer(), wei) == {"card": "1001"}
    assert [values_of(engine, *row) for row in rows] == before


def test_of_a_mention_that_is_listed_the_name_alone_goes(engine: Engine, cases: Writer) -> None:
    wei = add(engine, writer(), card="1001", name="王伟", born="1950-01-02")
    other = add(engine, writer(), card="1002", name="李四")
    story = case(engine, cases, other, "邻居王伟帮忙叫的救护车。用药：华法林。")
    untold = case(engine, cases, other, "王伟是邻居")
    before = everything(engine).count("王伟")
    proof = erase(engine, wei, ("social_cases", story.id))
    assert proof.rows == (f"persons/{wei.id}", f"social_cases/{story.id}")
    assert values_of(engine, cases, story)["account"] == "邻居▇▇帮忙叫的救护车。用药：华法林。"
    assert values_of(engine, cases, untold)["account"] == "王伟是邻居"
    assert everything(engine).count("王伟") == before - 2
    with pytest.raises(Problem) as caught:
        erase(engine, wei, ("social_cases", story.id), name="王伟")
    assert caught.value.status == 422


def test_of_a_row_that_was_moved_the_versions_that_name_the_person_go(engine: Engine, cases: Writer) -> None:
    wrong = add(engine, writer(), card="1001", name="欧阳震华")
    right = add(engine, writer(), card="1002", name="李四")
    moved = case(engine, cases, wrong, "欧阳震华借高利贷")
    moved = change(engine, cases, moved, person=right.id, account="李四咨询低保", reason="误登在欧阳震华名下")
    assert [told(one) for one in dry(engine, wrong)] == [
        ("persons", wrong.id, True), ("social_cases", moved.id, True), ("social_cases", moved.id, False),
    ]  # fmt: skip
    erase(engine, wrong)
    assert "高利贷" not in everything(engine)
    assert values_of(engine, cases, moved)["account"] == "李四咨询低保"
    assert "误登在欧阳震华名下" in everything(engine)
    erase(engine, wrong, ("social_cases", moved.id), name="欧阳震华")
    assert "欧阳震华" not in everything(engine)
    assert values_of(engine, cases, moved)["account"] == "李四咨询低保"


def test_why_a_row_was_voided_is_a_mention(engine: Engine, cases: Writer) -> None:
    wei = add(engine, writer(), card="1001", name="欧阳震华")
    other = add(engine, writer(), card="1002", name="李四")
    void(engine, cases, row := case(engine, cases, other, "咨询低保"), reason="误录，应为欧阳震华")
    (_, mention) = dry(engine, wei)
    assert (told(mention), mention.fields) == (("social_cases", row.id, False), ("reason",))
    erase(engine, wei, ("social_cases", row.id))
    assert "应为▇▇" in everything(engine)
    assert "欧阳震华" not in everything(engine)
    assert values_of(engine, cases, row)["account"] == "咨询低保"


def test_a_key_in_which_the_name_stood_is_that_of_what_is_left(engine: Engine, clubs: Writer) -> None:
    wei = add(engine, writer(), card="1001", name="欧阳震华")
    other = add(engine, writer(), card="1002", name="诸葛孔明")
    rows = [club(engine, clubs, "欧阳震华书画社"), club(engine, clubs, "诸葛孔明书画社")]
    erase(engine, wei, ("clubs", rows[0].id))
    erase(engine, other, ("clubs", rows[1].id))
    assert "欧阳震华" not in everything(engine)
    assert [values_of(engine, clubs, row)["name"] for row in rows] == ["▇▇书画社", "▇▇▇书画社"]
    with pytest.raises(Problem) as caught:
        club(engine, clubs, "▇▇书画社")
    assert caught.value.status == 409
    club(engine, clubs, "欧阳震华书画社")


def test_dates_and_codes_are_no_texts_and_one_character_is_no_name(engine: Engine, cases: Writer) -> None:
    person = add(engine, writer(), card="X-1", name="甲")
    other = add(engine, writer(), card="X-2", name="甲乙")
    case(engine, cases, other, "甲某来访")
    assert [told(one) for one in dry(engine, person)] == [("persons", person.id, True)]
    assert [one for one in dry(engine, person, name="20") if not one.is_certain] == []
    assert [one for one in dry(engine, person, name="other") if not one.is_certain] == []
    row = case(engine, cases, person)
    erase(engine, person, name="20")
    assert values_of(engine, cases, row)["opened"] == "2026-01-02"


def test_what_does_not_open_is_not_erased(engine: Engine, cases: Writer) -> None:
    person = add(engine, writer(), card="C-1", name="张小明")
    case(engine, cases, person, "独居")
    before = everything(engine)
    foreign = Seal(Fernet.generate_key())
    who = sought(engine, person)
    with writing(engine) as connection, pytest.raises(Problem) as caught:
        erasure.erase(connection, foreign, COMMUNITY, who, [], MANAGER, ASKED)
    assert caught.value.status == 409
    with pytest.raises(Problem) as caught:
        dry(engine, person, seal=foreign)
    assert caught.value.status == 409
    assert everything(engine) == before


def aged(engine: Engine, row: Row, at: Instant) -> None:
    with writing(engine) as connection:
        connection.execute(update(register_row).where(register_row.c.id == row.id).values(at=at))
        connection.execute(update(register_version).where(register_version.c.row_id == row.id).values(at=at))


def pass_time(engine: Engine, at: Instant) -> int:
    with engine.connect() as connection:
        is_due = retention.is_due(connection, COMMUNITY, at)
    with writing(engine) as connection:
        count = retention.pass_time(connection, COMMUNITY, at)
    assert is_due == (count > 0)
    return count


def test_what_was_kept_long_enough_is_erased_by_itself(engine: Engine) -> None:
    row = add(engine, writer(), card="C-1", name="张小明")
    aged(engine, row, parse_local("2026-01-31 09:00"))
    assert pass_time(engine, parse_local("2029-01-31 23:00")) == 0
    assert pass_time(engine, parse_local("2029-02-01 00:01")) == 1
    assert pass_time(engine, parse_local("2029-02-01 00:01")) == 0
    assert found(engine, writer())[0].values == {"card": "C-1"}
    assert found(engine, writer())[0].id == row.id


def test_months_are_those_of_the_calendar() -> None:
    assert retention.months_before(parse_local("2027-03-31 08:00"), 1) == parse_local("2027-02-28 00:00")
    assert retention.months_before(parse_local("2027-03-01 00:30"), 36) == parse_local("2024-03-01 00:00")


def test_who_is_served_is_not_forgotten_nor_what_is_kept_of_them(engine: Engine) -> None:
    served, gone = (add(engine, writer(), card=card, name=name) for card, name in (("S-1", "周福根"), ("S-2", "李四")))
    alone = writer(shipped("living_alone"))
    watched, left = (
        add(engine, alone, person=one.id, every_days=2, since="2020-01-01", account="心脏病") for one in (served, gone)
    )
    old = parse_local("2020-01-01 09:00")
    for row in (served, gone, watched, left):
        aged(engine, row, old)
    visits = writer(shipped("check_ins"))
    how = next(iter(visits.register.field("how").choices))
    add(engine, visits, person=served.id, seen="2026-11-27 07:00", how=how)
    at = now()
    assert pass_time(engine, at) == 2
    assert pass_time(engine, at) == 0
    assert values_of(engine, writer(), served)["name"] == "周福根"
    assert values_of(engine, alone, watched)["account"] == "心脏病"
    assert "name" not in values_of(engine, writer(), gone)
    assert "account" not in values_of(engine, alone, left)


def test_an_erasure_is_no_change_that_keeps_anything_longer(engine: Engine, cases: Writer) -> None:
    person = add(engine, writer(), card="S-1", name="周福根")
    story = case(engine, cases, person, "独居")
    aged(engine, person, parse_local("2026-01-01 09:00"))
    aged(engine, story, parse_local("2025-01-01 09:00"))
    with writing(engine) as connection:
        erasure.erase_rows(connection, COMMUNITY, [("social_cases", story.id)], retention.ACTOR, "retention")
    assert pass_time(engine, parse_local("2029-01-02 09:00")) == 1
