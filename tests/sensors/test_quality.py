"""Quality flags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.metrics import Kind, metrics
from sensors.quality import CLOCK_TOLERANCE, Quality, judge, judge_time

NOW = 1_764_000_000_000_000


@pytest.mark.parametrize(
    ("metric", "value", "flags", "word"),
    [
        ("pm2_5", 35.0, Quality.GOOD, "good"),
        ("pm2_5", -1, Quality.OUT_OF_RANGE, "suspect"),
        ("pm2_5", 1000.1, Quality.OUT_OF_RANGE, "suspect"),
        ("temperature", -60, Quality.OUT_OF_RANGE, "suspect"),
        ("humidity", 100, Quality.GOOD, "good"),
        ("humidity", "50", Quality.WRONG_TYPE, "suspect"),
        ("humidity", True, Quality.WRONG_TYPE, "suspect"),
        ("smoke", True, Quality.GOOD, "good"),
        ("smoke", 1, Quality.GOOD, "good"),
        ("smoke", 2, Quality.WRONG_TYPE, "suspect"),
        ("radon", 3, Quality.UNKNOWN_METRIC, "unknown_metric"),
    ],
)
def test_what_is_doubtful_is_flagged(metric: str, value: float | bool | str, flags: Quality, word: str) -> None:
    found = judge(metrics().get(metric), value)
    assert (found, Quality(found).word) == (flags, word)


def test_doubts_add_up() -> None:
    found = judge(metrics()["pm2_5"], -1, foreign_unit=True) | judge_time(
        NOW + CLOCK_TOLERANCE + 1, NOW, wrong_clock=False
    )
    assert found == Quality.OUT_OF_RANGE | Quality.CLOCK_AHEAD | Quality.FOREIGN_UNIT


@given(st.sampled_from([m for m in metrics().values() if m.kind is Kind.NUMBER]), st.floats(allow_nan=False))
def test_good_is_just_what_lies_in_the_range_of_the_table(metric: object, value: float) -> None:
    assert isinstance(metric, type(metrics()["pm2_5"]))
    inside = (metric.low is None or value >= metric.low) and (metric.high is None or value <= metric.high)
    assert (judge(metric, value) == Quality.GOOD) is inside


def test_every_metric_of_the_contract_is_in_the_table() -> None:
    contract = (
        "pm2_5 pm10 so2 no2 co o3 temperature humidity pressure wind_speed rain noise water_level power energy"
        " battery smoke enter leave enter_total leave_total"
    )
    assert set(contract.split()) <= metrics().keys()
    for metric in metrics().values():
        assert metric.name
        assert metric.name_en
        assert list(metric.levels) == sorted(metric.levels)
