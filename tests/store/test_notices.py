"""Of what is written as of a past time only what is fresh calls anybody."""

from pathlib import Path

from sqlalchemy import select

from store.engine import open_engine, writing
from store.instant import DAY, HOUR, Instant, clock_at, now
from store.migrate import upgrade
from store.notices import Notice, notice, tell


def told_at(at: Instant) -> Notice:
    """A notice of a moment."""
    return Notice(community="heling", at=at, kind="reported", subject="one", title="演示", mark=f"event:{at}")


def test_a_past_that_is_filled_in_stands_unread_for_nobody_but_for_its_last_hours(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'cockpit.db'}")
    upgrade(engine)
    fresh, old = now() - HOUR, now() - DAY
    with writing(engine) as connection:
        for moment in (old, fresh):
            with clock_at(moment):
                tell(connection, told_at(moment))
        tell(connection, told_at(old + 1))
        assert list(connection.scalars(select(notice.c.at).order_by(notice.c.at))) == [old + 1, fresh]
    engine.dispose()
