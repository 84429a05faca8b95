"""Names of ingesters that share a broker's work."""

import multiprocessing
from pathlib import Path

from sensors.intake.slots import Slots


def take_and_die(folder: Path) -> None:
    """Another process takes a slot and ends without giving it back."""
    Slots(folder, "ingest").take()


def test_each_takes_the_least_number_that_nobody_holds(tmp_path: Path) -> None:
    first, second = (Slots(tmp_path, "ingest").take() for _ in range(2))
    assert first.name.endswith("-0")
    assert second.name.endswith("-1")
    first.give_back()
    assert Slots(tmp_path, "ingest").take().name == first.name


def test_those_who_subscribe_to_something_else_count_for_themselves(tmp_path: Path) -> None:
    one, other = Slots(tmp_path, "ingest").take(), Slots(tmp_path, "ingest-heling").take()
    assert one.name != other.name
    assert list(Slots(tmp_path, "ingest").orphans()) == []


def test_a_session_of_a_dead_process_is_an_orphan_until_it_is_drained(tmp_path: Path) -> None:
    mine = Slots(tmp_path, "ingest").take()
    dead = multiprocessing.get_context("spawn").Process(target=take_and_die, args=[tmp_path])
    dead.start()
    dead.join()
    slots = Slots(tmp_path, "ingest")
    [orphan] = slots.orphans()
    assert orphan.name.endswith("-1")
    assert list(slots.orphans()) == [], "it is held now"
    orphan.give_back()
    [again] = slots.orphans()
    again.give_back(drained=True)
    assert list(slots.orphans()) == []
    mine.give_back()
