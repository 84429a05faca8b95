"""The chain of the audit trail: every change of it is found, and nothing else, also while others write."""

import threading

import pytest
from sqlalchemy import Engine

from store import audit
from store.engine import writing


def filled(engine: Engine, rows: int) -> None:
    with writing(engine) as connection:
        for number in range(rows):
            audit.record(connection, "somebody", "did", "something", {"number": number})


@pytest.mark.parametrize(
    "change",
    [
        ["UPDATE audit SET actor = 'other' WHERE seq = 5"],
        ["DELETE FROM audit WHERE seq = 5"],
        ["DELETE FROM audit WHERE seq = 10"],
        ["DELETE FROM audit"],
        ["INSERT INTO audit SELECT seq + 1, at, actor, action, object, detail, hash FROM audit WHERE seq = 10"],
        ["DELETE FROM audit_head"],
        ["UPDATE audit_head SET seq = 9"],
    ],
)
def test_what_was_changed_behind_the_chain_is_found(engine: Engine, change: list[str]) -> None:
    filled(engine, 10)
    with writing(engine) as connection:
        assert audit.verify(connection).fault is None
        for statement in change:
            connection.exec_driver_sql(statement)
        assert audit.verify(connection).fault is not None


def test_a_check_while_others_write_finds_nothing_wrong(engine: Engine) -> None:
    filled(engine, 1_500)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            filled(engine, 1)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        found = []
        for _ in range(10):
            with engine.connect() as connection:
                found.append(audit.verify(connection))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert {verdict.fault for verdict in found} == {None}
    assert found[-1].length > 1_500
