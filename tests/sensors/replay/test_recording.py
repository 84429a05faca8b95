"""The recordings that ship, and what a recording's file must be."""

import math
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from sensors.errors import RecordingError
from sensors.replay.recording import Recording, Track, packaged, read, relative_humidity
from sensors.replay.replay import people_passed
from store.instant import DAY, HOUR, MINUTE, SHANGHAI, Instant, from_datetime

YEAR = range(
    from_datetime(datetime(2026, 1, 1, tzinfo=SHANGHAI)), from_datetime(datetime(2027, 1, 1, tzinfo=SHANGHAI)), HOUR
)


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """What ships."""
    return packaged()


def tracks(recordings: list[Recording], kind: str) -> list[Track]:
    """The tracks of one kind of device."""
    return [track for recording in recordings for track in recording.tracks if track.device.kind == kind]


def test_there_is_a_station_in_every_area_and_six_gates(recordings: list[Recording]) -> None:
    stations, gates = tracks(recordings, "air"), tracks(recordings, "gate")
    assert {track.device.area for track in stations} == {"chenglu", "yanshang", "yanxia", "liangtoumen"}
    assert [track.device.site for track in gates] == ["fangyan"] * 4 + ["centre"] * 2
    assert all(track.device.source for track in stations + gates)


def test_a_year_at_the_scenic_area_gives_about_a_million_visits(recordings: list[Recording]) -> None:
    at_fangyan = [track for track in tracks(recordings, "gate") if track.device.site == "fangyan"]
    visits = sum(people_passed(track, YEAR[0], YEAR[-1] + HOUR) for track in at_fangyan)
    assert 950_000 < visits < 1_050_000


def test_na_is_a_missing_value_and_not_zero(recordings: list[Recording]) -> None:
    (track,) = [t for t in tracks(recordings, "air") if t.device.id == "demo-air-chenglu"]
    missing = [values for values in track.hours.values() if "co" not in values]
    assert missing
    assert all(math.isfinite(value) for values in track.hours.values() for value in values.values())


def test_an_hour_is_played_at_the_same_hour_of_the_clock(recordings: list[Recording]) -> None:
    (track,) = [t for t in tracks(recordings, "air") if t.device.id == "demo-air-chenglu"]
    midday = from_datetime(datetime(2026, 11, 24, 12, 30, tzinfo=SHANGHAI))
    day = next(day for (day, hour), values in track.hours.items() if values == track.at(midday) and hour == 12)
    assert track.at(midday + DAY) == track.hours[date(day.year, day.month, day.day % 31 + 1), 12]


def test_a_gate_plays_the_same_weekday(recordings: list[Recording]) -> None:
    for track in tracks(recordings, "gate"):
        for weekday, days in enumerate(track.days):
            assert {day.weekday() for day in days} == {weekday}


def test_people_add_up_however_the_time_is_cut(recordings: list[Recording]) -> None:
    track = tracks(recordings, "gate")[0]
    start = from_datetime(datetime(2026, 11, 24, 9, 7, 13, tzinfo=SHANGHAI))
    whole = people_passed(track, start, start + 3 * HOUR)
    cuts: list[Instant] = [start + n * 7 * MINUTE for n in range(26)]
    cuts = [cut for cut in cuts if cut < start + 3 * HOUR] + [start + 3 * HOUR]
    assert whole > 0
    assert sum(people_passed(track, a, b) for a, b in pairwise(cuts)) == whole


def test_humidity_by_the_magnus_formula() -> None:
    # WMO-No. 8 (volume I, annex 4.B): saturation over water 23.39 hPa at 20 °C, 12.28 hPa at 10 °C.
    assert relative_humidity(20, 10) == round(100 * 12.28 / 23.39)
    assert relative_humidity(5, 5) == 100
    assert relative_humidity(5, 5.2) == 100
    assert math.isnan(relative_humidity(math.nan, 5))
    assert math.isnan(relative_humidity(5, math.nan))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,b\n1,2\n", "columns a, b; a recording has station, time_local or counter_id"),
        ("station,time_local\nNowhere,2016-12-01T00:00\n", "no station of recordings.toml is in the file"),
        ("", "No columns to parse"),
        ("station,time_local\nDongsi,gestern\n", "time_local: Invalid isoformat string: 'gestern'"),
    ],
)
def test_a_file_that_is_no_recording_is_named_with_the_reason(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(RecordingError, match=why) as caught:
        read(path)
    assert str(path) in str(caught.value)
