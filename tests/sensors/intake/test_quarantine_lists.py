"""Lists of refused messages stay small however large these are, and so does what is played back at one time."""

import pytest
from sqlalchemy import Engine, select

from sensors.intake import quarantine
from sensors.intake.quarantine import Filter, Refusal
from sensors.refusal import Reason
from sensors.tables import quarantine as table
from store import budgets
from store.engine import writing
from store.instant import now


def keep(engine: Engine, *payloads: bytes) -> list[int]:
    refused = [Refusal(now(), "t", "heling", None, Reason.INVALID_JSON, "why", payload) for payload in payloads]
    with writing(engine) as connection:
        quarantine.store(connection, refused)
        return list(connection.scalars(select(table.c.id).order_by(table.c.id)))


def test_a_list_holds_the_beginning_of_a_payload_and_how_long_it_is(engine: Engine) -> None:
    most = budgets.current().payload_bytes
    large = bytes(range(256)) * 4096
    ids = keep(engine, b"{", large, b"")
    with engine.connect() as connection:
        found = {row.id: row for row in quarantine.find(connection, Filter("heling"), 10)}
        assert [found[number].bytes for number in ids] == [1, len(large), 0]
        assert bytes(found[ids[0]].beginning) == b"{"
        assert bytes(found[ids[1]].beginning) == large[:most]
        whole = quarantine.one(connection, ids[1])
        assert whole is not None
        assert whole.payload == large


@pytest.mark.parametrize(("room", "expected"), [(1_000_000, [3, 2]), (250, [2, 2, 1]), (10, [1, 1, 1, 1, 1])])
def test_what_is_played_back_comes_in_portions_that_fit(engine: Engine, room: int, expected: list[int]) -> None:
    ids = keep(engine, *[b"x" * 100] * 5)
    budgets.configure({"list_bytes": room})
    try:
        with engine.connect() as connection:
            found = list(quarantine.portions(connection, [*ids, 10_000], 3))
    finally:
        budgets.configure({})
    assert [len(portion) for portion in found] == expected
    assert [number for portion in found for number in portion] == ids
