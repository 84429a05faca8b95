"""The people inside with the doubt about them: what gates err by, and what a count on the spot sets straight."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from layers.roles import Actor
from layers.visitors import corrections, errors
from layers.visitors.band import Band, band
from layers.visitors.capacity import versions
from layers.visitors.capacity.versions import Entered
from layers.visitors.errors import Error
from store.engine import writing
from store.instant import HOUR, MINUTE, SECOND, now
from tests.database import add
from tests.layers.counting import send, site

MANAGER = Actor("m", "manager", "user")
COUNTERS = st.dictionaries(
    st.tuples(st.sampled_from(["g1", "g2", "g3"]), st.sampled_from(["entered", "left"])), st.integers(0, 5000)
)


@given(st.integers(0, 5000), COUNTERS, st.floats(0, 20))
def test_the_band_holds_the_count_and_is_no_wider_than_the_worst(
    people: int, through: dict[tuple[str, str], int], percent: float
) -> None:
    known = {gate: Error(percent) for gate in ("g1", "g2", "g3")}
    found = band(people, through, known)
    worst = sum(through.values()) * percent / 100
    assert 0 <= found.low <= people <= found.high
    assert found.high - people <= math.ceil(worst)
    assert not found.is_default


@given(COUNTERS, st.sampled_from([("g1", "entered"), ("g2", "left")]), st.integers(1, 500))
def test_the_doubt_grows_with_whoever_passes(
    through: dict[tuple[str, str], int], counter: tuple[str, str], more: int
) -> None:
    after = through | {counter: through.get(counter, 0) + more}
    before_band, after_band = band(1000, through, {}), band(1000, after, {})
    assert after_band.high >= before_band.high
    assert after_band.low <= before_band.low
    assert after_band.is_default


def test_one_counters_error_adds_up_as_it_is_and_those_of_several_by_their_squares() -> None:
    assert band(1000, {("g1", "entered"): 1000}, {"g1": Error(5)}) == Band(950, 1050, False)
    four = {(f"g{n}", "entered"): 1000 for n in range(4)}
    assert band(4000, four, {f"g{n}": Error(5) for n in range(4)}) == Band(3900, 4100, False)


@pytest.fixture
def gate(engine: Engine) -> str:
    """A gate of the scenic area."""
    return add(engine, "gate-1", "gate", site="fangyan").id


def test_the_default_error_counts_and_says_so_until_somebody_measures(engine: Engine, gate: str) -> None:
    send(engine, gate, [(now() - SECOND, {"enter": 1000})])
    found = site(engine, None)
    assert (found["inside"], found["low"], found["high"], found["error_is_default"]) == (1000, 950, 1050, True)
    with writing(engine) as connection:
        errors.add(connection, "heling", gate, 1.0, now() - MINUTE, "500 counted by hand", "user:m")
    found = site(engine, None)
    assert (found["low"], found["high"], found["error_is_default"]) == (990, 1010, False)
    with engine.connect() as connection:
        [told] = errors.listed(connection, "heling", [(gate, "south")], None)
    assert (told["percent"], told["default"], told["how"]) == (1.0, False, "500 counted by hand")


def test_what_is_entered_later_with_an_earlier_beginning_counts_for_no_time_before_it_was_known(
    engine: Engine, gate: str
) -> None:
    send(engine, gate, [(now() - MINUTE, {"enter": 1000})])
    before = now()
    with writing(engine) as connection:
        errors.add(connection, "heling", gate, 1.0, now() - HOUR, "500 counted by hand", "user:m")
        new = Entered(instant=2000, daily=None, since=now() - HOUR)
        versions.add(connection, "heling", "fangyan", new, "user:m")
    found, present = site(engine, before), site(engine, None)
    assert (found["low"], found["high"], found["capacity"]) == (950, 1050, None)
    assert (present["low"], present["high"], present["capacity"]) == (990, 1010, 2000)


def test_a_count_on_the_spot_narrows_the_band_and_says_how_far_off_the_gates_were(engine: Engine, gate: str) -> None:
    send(engine, gate, [(now() - SECOND, {"enter": 1000})])
    with writing(engine) as connection:
        counted = corrections.set_inside(connection, "heling", "fangyan", 960, "by hand", MANAGER)
    assert [counted[name] for name in ("inside", "gates", "off", "low", "high")] == [960, 1000, 40, 950, 1050]
    assert [site(engine, None)[name] for name in ("inside", "low", "high")] == [960, 960, 960]
    send(engine, gate, [(now(), {"enter": 100})])
    assert [site(engine, None)[name] for name in ("inside", "low", "high")] == [1060, 1055, 1065]
    with engine.connect() as connection:
        [row] = corrections.counts(connection, "heling", "fangyan", 5)
    assert row["off"] == 40


def test_where_no_gate_ever_counted_nothing_is_said_of_gates(engine: Engine) -> None:
    with writing(engine) as connection:
        counted = corrections.set_inside(connection, "heling", "square", 120, "by hand", MANAGER)
    assert [counted[name] for name in ("inside", "gates", "off")] == [120, None, None]


def test_a_past_band_is_that_of_then(engine: Engine, gate: str) -> None:
    at = now() - 2 * HOUR
    send(engine, gate, [(at, {"enter": 100}), (at + HOUR, {"enter": 900})])
    then, today = site(engine, at + MINUTE), site(engine, at + HOUR + MINUTE)
    assert then["high"] - then["inside"] == 5
    assert today["high"] - today["inside"] >= then["high"] - then["inside"]
