"""How the cockpit itself fares: states by limits that stand in a table, rates of two looks, since when."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from cockpit.beside import Figures
from cockpit.health import Probes
from cockpit.settings import Settings
from cockpit.vitals.api import Since
from cockpit.vitals.measured import NO_STATEMENTS, NOT_KEPT, Measure
from cockpit.vitals.rates import GROWS_AFTER_S, Rates
from cockpit.vitals.rules import groups
from layers.alarms.rules import defaults
from sensors.tables import quarantine
from store.databases import Databases
from store.engine import writing
from store.instant import HOUR, SECOND, now
from store.notices import Notice, tell, webhook

ALL = {f"{code}.{name}": vital for code, group in groups().items() for name, vital in group.rows.items()}


class Clock:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        """What it says."""
        return self.now


def figures(messages: float, commits: float = 0, seconds: float = 0) -> Figures:
    """What the process that takes from devices tells of its counters."""
    commit = "cockpit_commit_seconds"
    return {
        "cockpit_messages_received": [("cockpit_messages_received_total", {}, messages)],
        commit: [(f"{commit}_count", {}, commits), (f"{commit}_sum", {}, seconds)],
    }


@pytest.mark.parametrize(
    ("code", "value", "state"),
    [
        ("disk.free", 20.0, "well"),
        ("disk.free", 19.9, "middle"),
        ("disk.free", 9.9, "high"),
        ("ingest.lag", 10.0, "well"),
        ("ingest.lag", 30.1, "high"),
        ("backup.age", None, "middle"),
        ("certificate.days", None, "well"),
        ("certificate.days", 20.0, "high"),
        ("broker.connected", 0.0, "high"),
        ("broker.connected", None, "high"),
        ("displays.silent", 1.0, "middle"),
        ("versions.python", "3.11", "well"),
    ],
)
def test_a_figure_is_as_its_limits_say(code: str, value: float | str | None, state: str) -> None:
    assert ALL[code].state(value) == state


def test_whoever_may_be_ill_is_told_what_to_do() -> None:
    for code, vital in ALL.items():
        limits = (vital.middle_above, vital.high_above, vital.middle_below, vital.high_below)
        is_told = any(limit is not None for limit in limits) or vital.missing in ("middle", "high")
        assert bool(vital.todo) == bool(vital.todo_en) == is_told, code


def test_the_limits_are_those_of_the_alarms_that_they_name() -> None:
    named = {vital.alarm: vital for vital in ALL.values() if vital.alarm is not None}
    assert named.keys() == {code for code in defaults() if code.startswith("system.")}
    for code, vital in named.items():
        limit = vital.high_above if defaults()[code].op == ">" else vital.high_below
        assert limit == defaults()[code].value, code


def test_messages_and_commits_are_told_of_the_last_minute() -> None:
    clock = Clock()
    rates = Rates(clock)
    rates.look(figures(100))
    assert rates.messages_a_second() is None
    clock.now = 10
    rates.look(figures(150, commits=10, seconds=0.2))
    assert rates.messages_a_second() == 5
    assert rates.commit_ms() == pytest.approx(20)
    for clock.now in range(20, 140, 10):
        rates.look(figures(150, commits=10, seconds=0.2))
    assert rates.messages_a_second() == 0
    assert rates.commit_ms() is None


def test_a_process_that_was_begun_again_is_counted_anew() -> None:
    clock = Clock()
    rates = Rates(clock)
    rates.look(figures(1_000))
    clock.now = 10
    rates.look(figures(5))
    assert rates.messages_a_second() is None
    clock.now = 20
    rates.look(figures(25))
    assert rates.messages_a_second() == 2


def test_growth_is_told_after_an_hour_of_watching() -> None:
    clock = Clock()
    rates = Rates(clock)
    assert rates.growth_a_day(100.0) is None
    clock.now = GROWS_AFTER_S
    assert rates.growth_a_day(101.0) == pytest.approx(24)


def test_since_when_is_kept_until_the_state_is_another() -> None:
    since, seen = Since(), frozenset({"heling"})
    assert since.of("disk.free", seen, "well", 1 * SECOND) == 1 * SECOND
    assert since.of("disk.free", seen, "well", 2 * SECOND) == 1 * SECOND
    assert since.of("disk.free", seen, "high", 3 * SECOND) == 3 * SECOND
    assert since.of("disk.free", frozenset({"tahai"}), "high", 4 * SECOND) == 4 * SECOND


def test_what_a_database_holds_and_how_it_fares_is_known_of_either_make(engine: Engine, tmp_path: Path) -> None:
    moment = now()
    with writing(engine) as connection:
        refused = {"received": moment, "topic": "t", "reason": "json", "detail": "", "payload": b"x"}
        connection.execute(insert(quarantine), [refused | {"community": "heling"}, refused | {"community": None}])
        hook = {"id": 1, "community": "heling", "name": "h", "format": "json", "kinds": "*", "created": 1}
        connection.execute(insert(webhook).values(hook | {"url": b"", "secret": b""}))
        told = {"community": "heling", "at": moment, "kind": "canteen.month", "title": "甲", "title_en": "a"}
        tell(connection, Notice(**told, subject="s", mark="m"))  # type: ignore[arg-type]
    is_sqlite = engine.dialect.name == "sqlite"
    found = Measure(Databases(engine), Probes(), Settings(data_dir=tmp_path), lambda: 3)()
    figures = found.figures
    assert figures["database.answers"] == (1, None)
    assert float(str(figures["database.size"][0])) > 0.1
    assert figures["database.slowest"] == (None, NOT_KEPT if is_sqlite else NO_STATEMENTS)
    assert str(figures["versions.database"][0]).startswith("SQLite 3" if is_sqlite else "PostgreSQL ")
    assert figures["queues.browsers"] == (3, None)
    assert found.quarantined == {("heling", moment // HOUR): 1, (None, moment // HOUR): 1}
    assert found.deliveries == {("heling", "waiting"): 1}
    assert figures.keys() | {"broker.connected"} >= {
        code for code in ALL if code.startswith(("database.", "versions.", "disk.", "backup."))
    }
