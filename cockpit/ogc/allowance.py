"""What one request of a program of others may take, over all that it asks: counted, refused by what is too much."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from layers.problem import Problem
from store import budgets
from store.patience import TooLong, patience

TITLE = "too much at once"


class TooMuch(Problem):
    """More is asked for than one answer holds: 400."""

    def __init__(self, detail: str) -> None:
        super().__init__(400, TITLE, detail)


class Allowance:
    """What is left of the budgets of one answer: entities that are written, readings that are looked at."""

    def __init__(self) -> None:
        numbers = budgets.current()
        self.entities = numbers.open_entities
        self.readings = numbers.open_readings

    def write(self, entities: int, name: str) -> None:
        """Count entities of a set that an answer holds once more; 400 where they are too many."""
        self.entities -= entities
        if self.entities < 0:
            most = budgets.current().open_entities
            raise TooMuch(f"{name}: more than {most} entities in one answer; ask for fewer by $top, or expand less")

    def look(self, readings: int) -> None:
        """Count readings that are looked at, those that are passed over too; 400 where they are too many."""
        self.readings -= readings
        if self.readings < 0:
            most = budgets.current().open_readings
            raise TooMuch(
                f"Observations: more than {most} readings to look at for one answer, those that $skip passes over too;"
                " ask for fewer Datastreams or by phenomenonTime instead of $skip",
            )


def check_size(size: int, name: str) -> None:
    """400 where what stands below others does not fit into one answer."""
    most = budgets.current().list_bytes
    if size > most:
        raise TooMuch(f"{name}: more than {most} bytes in one answer; ask for fewer by $top, or $select less")


@contextmanager
def in_time(connection: Connection) -> Iterator[None]:
    """What is asked within takes as long as one answer may; 400 where it would take longer."""
    seconds = budgets.current().open_seconds
    try:
        with patience(connection, seconds):
            yield
    except TooLong:
        raise TooMuch(f"it takes longer than {seconds:g} s; ask for less, or by what narrows it") from None
