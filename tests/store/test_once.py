"""Who would be alone leaves those who share in peace."""

import threading
import time

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from store import once
from store.engine import writing

WHAT = "a test of this"


@pytest.mark.parametrize("make", ["postgresql"])
def test_who_would_be_alone_makes_nobody_wait_who_shares(engine: Engine, make: str) -> None:
    is_alone = threading.Event()

    def be_alone() -> None:
        with writing(engine) as connection:
            once.alone_in_between(connection, WHAT)
            is_alone.set()

    waiting = threading.Thread(target=be_alone)
    with engine.connect() as slow:
        once.together(slow, WHAT)
        waiting.start()
        for _ in range(5):
            began = time.monotonic()
            with engine.connect() as other:
                once.together(other, WHAT)
            assert time.monotonic() - began < 0.4
            assert not is_alone.wait(once.PAUSE_S)
    assert is_alone.wait(5)
    waiting.join()


@pytest.mark.parametrize("make", ["postgresql"])
def test_it_is_given_up_where_others_never_let_go(engine: Engine, make: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "QUEUED_MS", 20)
    with engine.connect() as slow:
        once.together(slow, WHAT)
        with pytest.raises(OperationalError), writing(engine) as connection:
            once.alone_in_between(connection, WHAT, patience_s=0.1)
    with writing(engine) as connection:
        once.alone_in_between(connection, WHAT, patience_s=0)
