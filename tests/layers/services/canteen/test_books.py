"""Whatever is eaten, taken back, priced anew and closed, in whatever order: the books balance, to the fen."""

from contextlib import suppress
from datetime import date, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine, func, select

from layers.problem import Problem
from layers.services.ages import age_on
from layers.services.canteen import closings, figures, postings
from layers.services.canteen.tables import canteen_meal, canteen_posting
from layers.services.registers.behind import Row
from tests.layers.services.canteen.kitchen import Kitchen

# The trial ends on 28 February, a price follows on 1 March, another may from 2 March on.
FIRST, TRIAL_ENDS, ANEW = date(2028, 2, 25), date(2028, 2, 28), date(2028, 3, 2)
BORN = (
    None,
    "1958-02-28",
    "1958-03-01",
    "1948-02-29",
    "1948-02-28",
    "1948-03-01",
    "1958-03-02",
    "1958-03-03",
    "1948-03-02",
    "2000-02-29",
    "1949-03-01",
)
DAYS = st.integers(0, 12).map(lambda number: FIRST + timedelta(number))
GUESTS = st.integers(0, len(BORN) - 1)
MEALS = st.sampled_from(["breakfast", "lunch", "dinner"])


class Books(RuleBasedStateMachine):
    """Meals, voids, closings and prices in any order, at a day that goes on."""

    engine: ClassVar[Engine]

    @initialize()
    def begin(self) -> None:
        """A canteen that is open since yesterday."""
        self.kitchen = Kitchen(self.engine, today=str(FIRST))
        self.standing: list[Row] = []
        self.anew: list[date] = []
        self.closed: dict[int, Any] = {}
        self.kitchen.price(str(FIRST), str(TRIAL_ENDS), full_pays=0)
        self.kitchen.price(str(TRIAL_ENDS + timedelta(1)))
        self.guests = self.kitchen.guests(BORN)

    @rule(days=st.integers(1, 4))
    def time_goes_on(self, days: int) -> None:
        """Some days later."""
        self.kitchen.today = str(date.fromisoformat(self.kitchen.today) + timedelta(days))

    @rule(guests=st.lists(GUESTS, min_size=1, max_size=6), back=st.integers(0, 3), meal=MEALS, second=st.booleans())
    def eat(self, guests: list[int], back: int, meal: str, second: bool) -> None:
        """Meals of today, or such as are entered late."""
        day = max(date.fromisoformat(self.kitchen.today) - timedelta(back), FIRST)
        for who in guests:
            with suppress(Problem):
                row = self.kitchen.eats(self.guests[who], str(day), meal, second=second)
                self._check(row, BORN[who], day)
                self.standing.append(row)

    def _check(self, row: Row, born: str | None, day: date) -> None:
        age = None if born is None else age_on(born, day)
        price = 1200 if any(one <= day for one in self.anew) else 1000
        tier = "full" if age is None or age < 70 else "senior" if age < 80 else "oldest"
        pays = {"full": price, "senior": 300, "oldest": 0}[tier]
        if day <= TRIAL_ENDS:
            tier, pays = "trial", 0
        values = row.values
        assert (values["tier"], values["price"], values["by_guest"]) == (tier, price, pays)
        assert sum(self.kitchen.posted(row).values()) == price

    @rule(place=st.integers(0, 50))
    def take_back(self, place: int) -> None:
        """A meal that was a mistake."""
        if self.standing:
            row = self.standing.pop(place % len(self.standing))
            self.kitchen.takes_back(row)
            assert set(self.kitchen.posted(row).values()) == {0}

    @rule(back=st.integers(0, 2))
    def close_day(self, back: int) -> None:
        """A day, where the order lets it be closed."""
        self._close(str(date.fromisoformat(self.kitchen.today) - timedelta(back)))

    @rule()
    def close_all_days(self) -> None:
        """Every day until yesterday, in its order."""
        day = FIRST
        while str(day) < self.kitchen.today:
            self._close(str(day))
            day += timedelta(1)

    @rule()
    def close_february(self) -> None:
        """The month of the trial, where all of its days are closed."""
        self._close("2028-02")

    def _close(self, period: str) -> None:
        with suppress(Problem):
            closing = self.kitchen.closes(period)
            self.closed.setdefault(closing.id, closings.told(closing))

    @rule(day=DAYS)
    def price_anew(self, day: date) -> None:
        """Another price from some day on; refused where somebody ate on it."""
        with suppress(Problem):
            self.kitchen.price(str(max(day, ANEW)), price=12)
            self.anew.append(max(day, ANEW))

    @invariant()
    def books_are_the_meals(self) -> None:
        """Postings add up to the price of each meal that stands, and to nothing for one that does not."""
        assert self.kitchen.difference() == 0
        meal, posting = canteen_meal.c, canteen_posting.c
        query = (
            select(meal.row_id, meal.price, meal.voided_day, func.sum(posting.fen), func.sum(posting.meals))
            .join(canteen_posting, posting.meal_id == meal.row_id)
            .where(meal.community == self.kitchen.community)
            .group_by(meal.row_id, meal.price, meal.voided_day)
        )
        with self.engine.connect() as connection:
            for _, price, voided_day, fen, meals in connection.execute(query):
                assert (fen, meals) == ((price, 1) if voided_day is None else (0, 0))

    def teardown(self) -> None:
        """Every closing is as it was told, and so are its books."""
        with self.engine.connect() as connection:
            for one in closings.listed(connection, self.kitchen.community, 100):
                assert closings.is_intact(connection, one)
                assert closings.told(one) == self.closed[one.id]

    @invariant()
    def tables_of_a_month_add_up(self) -> None:
        """Tiers, payers and meals are three ways to part the same money."""
        with self.engine.connect() as connection:
            sums = figures.summed(figures.lines(connection, self.kitchen.community, "2028-01-01", "2028-12-31"))
            closed = postings.closed_through(connection, self.kitchen.community)
        assert sum(sums["payers"].values()) == sums["fen"]
        for parts in ("tiers", "by_meal"):
            assert sum(one["fen"] for one in sums[parts].values()) == sums["fen"]
            assert sum(one["meals"] for one in sums[parts].values()) == sums["meals"]
        assert closed <= self.kitchen.today


def test_the_books_balance_whatever_happens(shared_engine: Engine) -> None:
    machine = type("BooksHere", (Books,), {"engine": shared_engine})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=6, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    )


def test_a_month_is_closed_once_its_last_day_is_over(shared_engine: Engine) -> None:
    kitchen = Kitchen(shared_engine, today="2028-02-29")
    kitchen.price("2028-02-01")
    kitchen.eats(kitchen.guest(None))
    kitchen.closes("2028-02-29")
    with pytest.raises(Problem, match="2028-02-29 过完才能月结"):
        kitchen.closes("2028-02")
    kitchen.today = "2028-03-01"
    assert kitchen.closes("2028-02").through == "2028-02-29"
