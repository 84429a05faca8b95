"""A canteen of the tests: guests of an age, meals, closings, at a clock of its own."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from typing import Any
from unittest import mock

from sqlalchemy import Engine, func, select

from layers.roles import Actor
from layers.services.canteen import closings
from layers.services.canteen.tables import canteen_meal, canteen_posting
from layers.services.registers import write
from layers.services.registers.behind import Row
from layers.services.registers.write import Asked
from layers.services.registers.writer import Writer
from store.engine import writing
from store.instant import HOUR, Instant, midnight
from tests.layers.services.registers import CLERK, MANAGER, add, change, shipped, void, writer

SOURCE = {"price": 10, "senior_from": 70, "senior_pays": 3, "oldest_from": 80, "oldest_pays": 0}
"""What the source says: 10 yuan, 3 from 70 on, nothing from 80 on."""

_cards, _communities = count(1), count(1)


def noon(day: str) -> Instant:
    """Noon of a day in Asia/Shanghai."""
    return midnight(date.fromisoformat(day)) + 12 * HOUR


_clocks: list[str] = []
_turn = threading.Lock()


@contextmanager
def clock(day: str) -> Iterator[None]:
    """Let rows be written at noon of a day; threads that do so at once do it on the same day."""
    with _turn:
        assert set(_clocks) <= {day}
        if not _clocks:
            patched.start()
        _clocks.append(day)
    try:
        yield
    finally:
        with _turn:
            _clocks.pop()
            if not _clocks:
                patched.stop()


def _now() -> Instant:
    return noon(_clocks[0])


patched = mock.patch.object(write, "now", new=_now)


@dataclass
class Kitchen:
    """A canteen of a community of its own; each meal is entered at noon of ``today``."""

    engine: Engine
    today: str = "2026-11-27"
    community: str = field(default_factory=lambda: f"kitchen-{next(_communities)}")

    def writer(self, register: str, actor: Actor = CLERK) -> Writer:
        """Who writes into a register of this community."""
        return replace(writer(shipped(register), actor), community=self.community)

    def price(self, since: str, until: str | None = None, **terms: Any) -> Row:
        """A price that begins on a day; as the source says where nothing else is."""
        given = {"from": since, "until": until, "part_payer": "cooperative"} | SOURCE | terms
        with clock(self.today):
            return add(self.engine, self.writer("meal_prices", MANAGER), **given)

    def changed(self, row: Row, **terms: Any) -> Row:
        """A price as somebody changes it."""
        with clock(self.today):
            return change(self.engine, self.writer("meal_prices", MANAGER), row, **terms)

    def voided_price(self, row: Row) -> Row:
        """A price that counts no more."""
        with clock(self.today):
            return void(self.engine, self.writer("meal_prices", MANAGER), row)

    def guest(self, born: str | None) -> int:
        """Somebody who eats."""
        return self.guests([born])[0]

    def guests(self, born: Iterable[str | None]) -> list[int]:
        """People who eat, by their birthdays."""
        by = self.writer("persons")
        with writing(self.engine) as connection:
            given = [{"card": f"K{next(_cards)}", "name": "来客", "born": one} for one in born]
            return [write.add(connection, by, Asked(given=one))[0].id for one in given]

    def eats(self, guest: int, day: str | None = None, meal: str = "lunch", **more: Any) -> Row:
        """A meal, today where no day is said."""
        with clock(self.today):
            return add(self.engine, self.writer("meals"), guest=guest, day=day or self.today, meal=meal, **more)

    def takes_back(self, row: Row) -> Row:
        """A meal that was entered by mistake."""
        with clock(self.today):
            return void(self.engine, self.writer("meals"), row)

    def closes(self, period: str) -> Any:
        """A day or a month closed."""
        kind = "day" if len(period) == 10 else "month"
        with writing(self.engine) as connection:
            return closings.close(connection, self.community, kind, period, noon(self.today), "user:经理")[0]

    def posted(self, row: Row) -> dict[str, int]:
        """What is in the books for a meal, by payer."""
        columns = canteen_posting.c
        query = select(columns.payer, func.sum(columns.fen)).where(columns.meal_id == row.id).group_by(columns.payer)
        with self.engine.connect() as connection:
            return {payer: int(fen) for payer, fen in connection.execute(query)}

    def difference(self) -> int:
        """By how many fen books and standing meals differ, over all days."""
        with self.engine.connect() as connection:
            posted = connection.scalar(select(func.coalesce(func.sum(canteen_posting.c.fen), 0)))
            standing = select(func.coalesce(func.sum(canteen_meal.c.price), 0))
            return int(posted or 0) - int(connection.scalar(standing.where(canteen_meal.c.voided_day.is_(None))) or 0)
