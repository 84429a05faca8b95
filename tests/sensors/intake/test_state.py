"""Whether a device is connected: the newest word counts, whichever ingester stores it last."""

from collections.abc import Callable
from itertools import permutations

import pytest
from sqlalchemy import Engine, delete, select

from sensors.intake import state
from sensors.intake.batch import Batch
from sensors.tables import device_state
from store.engine import writing
from store.instant import SECOND, Instant, now

Make = Callable[[Instant], Batch]


def speaks(at: Instant) -> Batch:
    """A batch in which it said something."""
    return Batch(seen={"air-01": at})


def comes(at: Instant) -> Batch:
    """A batch in which it said that it is there."""
    return Batch(seen={"air-01": at}, connected={"air-01": (True, at)})


def goes(at: Instant) -> Batch:
    """A batch in which its last will came."""
    return Batch(seen={"air-01": at}, connected={"air-01": (False, at)})


@pytest.mark.parametrize(
    ("words", "is_connected"),
    [((speaks, goes), False), ((goes, speaks), True), ((comes, speaks, goes), False), ((goes, comes, speaks), True)],
)
def test_the_newest_word_counts_in_whatever_order_batches_are_stored(
    engine: Engine, words: tuple[Make, ...], is_connected: bool
) -> None:
    begun = now() - SECOND
    for order in permutations([make(begun + place) for place, make in enumerate(words)]):
        with writing(engine) as connection:
            connection.execute(delete(device_state))
        for batch in order:
            with writing(engine) as connection:
                state.store(connection, batch)
        with engine.connect() as connection:
            assert connection.scalar(select(device_state.c.connected)) is is_connected
