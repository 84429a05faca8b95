"""The model of a people counter: what each run of totals and counts makes of people."""

import msgspec
import pytest

from layers.visitors.counter import Gate, Said, State, Step, Trust, Verdict, count
from layers.visitors.spread import by_hour
from store.instant import DAY, HOUR, MINUTE, SECOND, Instant

START = 1_795_500_000 * SECOND
GATE = Gate(300, 60)

Told = float | tuple[float | None, float | None]
"""A total, or (total, single)."""


def said(told: Told, ts: Instant, site: str = "fangyan") -> Said:
    """What a counter said."""
    total, single = told if isinstance(told, tuple) else (told, None)
    return Said(ts, total, single, site)


def steps(run: list[Told], every: Instant = 10 * SECOND, gate: Gate = GATE) -> list[Step]:
    """The steps that a run leaves, in order."""
    state: State | None = None
    found: dict[Instant, Step] = {}
    for number, told in enumerate(run):
        state, made = count(state, said(told, START + number * every), gate)
        found |= {step.ts: step for step in made}
    return [found[ts] for ts in sorted(found)]


def people(run: list[Told], every: Instant = 10 * SECOND, gate: Gate = GATE) -> float:
    """Who is counted."""
    return sum(step.people for step in steps(run, every, gate) if step.trust < Trust.SUSPECT)


@pytest.mark.parametrize(
    ("run", "passed"),
    [
        ([5000, 5010, 5009, 5012], 12),
        ([5010, 5009, 5009, 5009, 5012], 2),
        ([1000, 999, 1000], 0),
        ([9, 8, 10], 1),
        ([1000, 0, 1001], 1),
        ([1000, 0, 0, 0, 0, 1001], 1),
        ([100000, 5, 100010], 10),
        ([1000, 5, 0, 1001], 1),
        ([1000, 1100, 1040, 1105], 105),
        ([1000, 0, 3, 5], 5),
        ([1000, 3], 3),
        ([100, 110, 3, 8], 18),
        ([1000, 40, 0, 3, 5], 45),
        ([65530, 5], 11),
        ([65530, 5, 9], 15),
        ([65530, 5, 65533], 3),
        ([4294967290, 4], 10),
        ([1000, 90000, 1005], 5),
        ([1000, 90000, 90003, 90008], 8),
        ([5000, 3000, 3005, 3010, 3020], 20),
        ([7], 0),
    ],
    ids=str,
)
def test_what_a_run_of_totals_makes_of_people(run: list[Told], passed: float) -> None:
    assert people(run) == passed
    assert [step.trust for step in steps(run)].count(Trust.SUSPECT) == (run[1:3] == [90000, 90003])


def test_a_jump_that_no_gate_can_pass_is_suspect_and_the_counter_goes_on_from_there() -> None:
    _, jump, after, _ = steps([1000, 12000, 12003, 12004])
    assert (jump.people, jump.verdict, jump.trust) == (11000, Verdict.IMPOSSIBLE, Trust.SUSPECT)
    assert (after.people, after.trust) == (3, Trust.SOUND)


def test_a_single_count_that_no_gate_can_pass_is_suspect() -> None:
    assert people([(None, 5), (None, 5000), (None, 4)]) == 9


def test_what_a_gate_can_pass_goes_with_the_time() -> None:
    assert people([1000, 6000], every=HOUR) == 5000
    assert people([1000, 6000], every=10 * MINUTE) == 0
    assert people([1000, 6000], gate=Gate(None, 60)) == 5000, "nothing is known of the gate"


@pytest.mark.parametrize(
    ("run", "passed"),
    [
        ([(1000, 5), (1005, 5), (1007, 2)], 12),
        ([(None, 5), (None, 3), (1000, None), (None, 4), (1005, None)], 13),
        ([(1000, None), (None, 4), (None, 3), (1007, None), (None, 2)], 9),
        ([(1000, None), (None, 4), (1003, None), (None, 1), (1006, None)], 6),
        ([(1000, None), (None, 2), (0, None), (None, 1), (1004, None)], 4),
    ],
    ids=str,
)
def test_who_is_told_by_single_counts_and_by_totals_is_counted_once(run: list[Told], passed: float) -> None:
    assert people(run) == passed


def test_a_fall_with_two_meanings_counts_the_fewer_and_is_doubtful() -> None:
    first, fall, back = steps([1000, 0, 1001], every=10 * MINUTE)
    assert [one.people for one in (first, fall, back)] == [0, 0, 1]
    assert (back.verdict, back.trust) == (Verdict.AMBIGUOUS, Trust.DOUBTFUL)
    _, exchanged, *_, believed = steps([5000, 3000, 3005, 3010])
    assert (exchanged.trust, believed.trust) == (Trust.DOUBTFUL, Trust.DOUBTFUL)


def test_people_of_a_silence_are_spread_over_it_in_whole_persons() -> None:
    _, step = steps([1000, 1500], every=9 * HOUR)
    assert (step.people, step.trust, step.verdict, step.since) == (500, Trust.DOUBTFUL, Verdict.SILENCE, START)
    parts = list(by_hour(step.ts, step.since, step.people))
    assert sum(people for _, people in parts) == 500
    assert max(people for _, people in parts) <= 56
    assert all(people == int(people) for _, people in parts)


def test_an_hourly_reporter_is_not_silent() -> None:
    assert steps([1000, 1200], every=HOUR, gate=Gate(300, 3600))[1].since is None


def test_after_more_than_a_month_of_silence_a_person_decides() -> None:
    _, step, after = steps([1000, 1500, 1502], every=40 * DAY)
    assert (step.people, step.trust) == (500, Trust.SUSPECT)
    assert after.people == 2


def test_a_gate_that_is_carried_to_another_site_begins_anew() -> None:
    state, _ = count(None, said(1000, START), GATE)
    state, _ = count(state, said(1010, START + MINUTE), GATE)
    state, [step] = count(state, said(1400, START + 2 * MINUTE, "square"), GATE)
    assert (step.people, step.verdict) == (0, Verdict.FIRST)


def test_what_stands_long_is_the_counters_level() -> None:
    """A dead counter's zeros must not make each reading look back for ever."""
    state: State | None = None
    for number, total in enumerate([1000, *[0] * 40]):
        state, _ = count(state, said(total, START + number * SECOND), GATE)
    assert state is not None
    assert state.is_settled


def test_a_counter_that_only_falls_grows_nothing() -> None:
    state: State | None = None
    sizes = []
    for number in range(500):
        state, _ = count(state, said(1_000_000 - 20 * number, START + number * 10 * SECOND), GATE)
        sizes.append(len(msgspec.json.encode(state)))
    assert max(sizes[100:]) <= max(sizes[:100])


def test_single_counts_after_a_total_that_is_said_no_more_leave_the_same_state() -> None:
    run: list[Told] = [(100.0, None), *[(None, 1.0)] * 40]
    without = [(100.0, None), (None, None), *[(None, 1.0)] * 39]
    states = []
    for told in (run, without):
        state: State | None = None
        for number, one in enumerate(told):
            if one != (None, None):
                state, _ = count(state, said(one, START + number * MINUTE), GATE)
        states.append(state)
    assert states[0] == states[1], "what came late at the second minute changes nothing at the fortieth"
    assert people([*run, (141.0, None)], MINUTE) == 40, "nobody is told twice by a total that comes again"
