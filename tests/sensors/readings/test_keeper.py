"""What is older than it need be kept goes; what is younger, and every sum, stays."""

import threading

from sqlalchemy import Engine, func, insert, select, update

from sensors.intake import quarantine
from sensors.intake.quarantine import Refusal
from sensors.readings.columns import Observation, Observations, SeriesIndex
from sensors.readings.history import aggregate, history
from sensors.readings.keeper import ROWS_AT_ONCE, Keeper, Kept
from sensors.readings.observations import store
from sensors.refusal import Reason
from sensors.tables import quarantine as quarantine_table
from store.engine import writing
from store.instant import DAY, HOUR
from store.notices import Notice, delivery, notice, notice_read, tell, webhook
from tests.database import add, ensure_months

NOW = 1_796_000_000_000_000


def fill(engine: Engine, ages: list[int], device: str = "air-01") -> None:
    """Readings of these ages."""
    observations = [Observation(device, "pm2_5", NOW - age, 1.0, 0) for age in ages]
    ensure_months(engine, [o.ts for o in observations])
    with writing(engine) as connection:
        index = SeriesIndex()
        store(connection, index, Observations.of(index, observations))


def left(engine: Engine) -> list[int]:
    """The ages of the readings that are left, in days."""
    with engine.connect() as connection:
        return [(NOW - r.ts) // DAY for r in history(connection, "air-01", "pm2_5", 0, NOW, 20_000)]


def test_old_readings_go_and_their_sums_stay(engine: Engine) -> None:
    add(engine, "air-01")
    fill(engine, [DAY, 20 * DAY, 200 * DAY, 300 * DAY])
    Keeper(engine, Kept(readings=100), lambda: True).clear(NOW)
    assert left(engine) == [1, 20]
    with engine.connect() as connection:
        for every in (HOUR, DAY):
            steps = aggregate(connection, "air-01", "pm2_5", NOW - 400 * DAY, NOW, every, 100)
            assert sum(step.count for step in steps) == 4


def test_any_number_of_old_readings_goes_in_portions(engine: Engine) -> None:
    add(engine, "air-01")
    fill(engine, [DAY, *(400 * DAY + i for i in range(2 * ROWS_AT_ONCE + 7))])
    Keeper(engine, Kept(readings=100), lambda: True).clear(NOW)
    assert left(engine) == [1]


def test_nothing_goes_where_all_is_to_be_kept(engine: Engine) -> None:
    add(engine, "air-01")
    fill(engine, [DAY, 2000 * DAY])
    assert Keeper(engine, Kept(), lambda: True).clear(NOW) == {}
    assert left(engine) == [1, 2000]


def test_old_refused_messages_go(engine: Engine) -> None:
    ages = [DAY, 89 * DAY, 91 * DAY, 400 * DAY]
    refusals = [Refusal(NOW - age, "t", None, None, Reason.BAD_TOPIC, "", b"x") for age in ages]
    with writing(engine) as connection:
        quarantine.store(connection, refusals)
    assert Keeper(engine, Kept(quarantine=90), lambda: True).clear(NOW) == {"quarantine": 2}
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(quarantine_table)) == 2


def test_one_that_stands_by_clears_nothing(engine: Engine) -> None:
    asked = threading.Event()

    def is_active() -> bool:
        asked.set()
        return False

    keeper = Keeper(engine, Kept(1, 1, 2), is_active)
    keeper.start()
    keeper.stop()
    assert not keeper._thread.is_alive()


def test_old_notices_go_with_what_was_sent_and_what_still_waits_stays(engine: Engine) -> None:
    hook = {"community": "heling", "name": "钩", "format": "json", "kinds": "*", "url": b"sealed", "created": NOW}
    with writing(engine) as connection:
        connection.execute(insert(webhook).values(hook))
        for mark, age in (("sent", 200), ("waits", 200), ("young", 100)):
            tell(
                connection,
                Notice(community="heling", at=NOW - age * DAY, kind="late", subject="e", title="路灯", mark=mark),
            )
        number = {row.mark: row.id for row in connection.execute(select(notice.c.mark, notice.c.id))}
        connection.execute(update(delivery).where(delivery.c.notice_id == number["sent"]).values(state="done"))
        connection.execute(insert(notice_read).values(reader="user:王", notice_id=number["sent"]))
    assert Keeper(engine, Kept(notices=180), lambda: True).clear(NOW) == {"notices": 1}
    with engine.connect() as connection:
        assert set(connection.scalars(select(notice.c.mark))) == {"waits", "young"}
        assert connection.scalar(select(func.count()).select_from(delivery)) == 2
        assert connection.scalar(select(func.count()).select_from(notice_read)) == 0
