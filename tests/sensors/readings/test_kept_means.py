"""Means that are kept by difference are those that somebody finds who adds all of them up."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.readings.kept_means import KeptMeans

METRICS = ("pm2_5", "temperature", "enter_total")
SILENCE = 30

readings = st.tuples(
    st.integers(0, 120),
    st.one_of(st.floats(-1e6, 1e6, allow_nan=False), st.integers(-5, 5)),
    st.sampled_from(["good", "good", "good", "suspect", "unknown_metric"]),
    st.booleans(),
)
records = st.fixed_dictionaries(
    {
        "area": st.sampled_from(["a", "b", None]),
        "source": st.sampled_from([None, None, "回放一", "回放二"]),
        "connected": st.sampled_from([True, None, False]),
        "silence": st.just(SILENCE),
        "latest": st.dictionaries(
            st.sampled_from(METRICS), readings.map(lambda r: [*r[:3], *([] if r[3] else [False])])
        ),
    }
)
changes = st.lists(
    st.tuples(st.sampled_from(["d1", "d2", "d3", "d4"]), st.one_of(st.none(), records), st.integers(0, 40)), max_size=25
)


def counted(known: dict[str, dict[str, Any]], area: str | None, metric: str, now: int, whole: bool) -> Any:
    """The mean, by a reader who looks at every device."""
    measuring = [
        (one, one["latest"][metric])
        for one in known.values()
        if metric in one["latest"] and one["area"] is not None and (whole or one["area"] == area)
    ]
    if any(one["source"] is None for one, _ in measuring):
        measuring = [(one, said) for one, said in measuring if one["source"] is None]
    counting = [(one, said) for one, said in measuring if said[2] == "good" and len(said) == 3]
    if not counting or metric == "enter_total":
        return None
    present = [(o, s) for o, s in counting if o["connected"] is not False and s[0] + SILENCE >= now]
    if whole and not present and len(counting) > 1:
        return None
    shown = present or [max(counting, key=lambda pair: pair[1][0])]
    until = max(said[0] for _, said in shown) + SILENCE
    return {
        "value": sum(float(said[1]) for _, said in shown) / len(shown),
        "n": len(present),
        "of": len(counting),
        "sources": sorted({one["source"] for one, _ in shown if one["source"]}),
        "ts": max(said[0] for _, said in shown),
        "stale_at": until if present else min(until, now - 1),
    }


def is_the_same(kept: Any, read: Any) -> bool:
    if kept is None or read is None:
        return kept is read
    if kept["n"] == 0:  # of two that spoke last at once either may stand for both
        return all(kept[name] == read[name] for name in ("n", "of", "ts", "stale_at"))
    return abs(kept["value"] - read["value"]) <= 1e-9 * max(1.0, abs(read["value"])) and all(
        kept[name] == read[name] for name in ("n", "of", "sources", "ts", "stale_at")
    )


@given(st.booleans(), changes)
@settings(max_examples=300, deadline=None)
def test_kept_means_are_those_of_all_devices_after_every_change(whole: bool, history: list[Any]) -> None:
    kept, known, now = KeptMeans(whole=whole, drawn=True), {}, 0
    told: dict[tuple[str | None, str], Any] = {}
    for device, record, passes in history:
        now += passes
        if record is None:
            known.pop(device, None)
        else:
            known[device] = record
        kept.put(device, record, now)
        kept.pass_time(now)
        for area, means in kept.changed(now).items():
            told |= {(area, metric): mean for metric, mean in means.items()}
        for area in [None] if whole else ["a", "b"]:
            every = kept.of(area, now)
            for metric in METRICS:
                read = counted(known, area, metric, now, whole)
                assert is_the_same(every.get(metric), read)
                mine = told.get((area, metric))
                # What was told last still stands, but for the end of what is stale, which moves with the clock.
                assert (mine is None) == (read is None)
                if read is not None and read["n"]:
                    assert is_the_same(mine, read)


def test_what_was_put_in_comes_out_to_the_last_bit() -> None:
    kept = KeptMeans(whole=True, drawn=False)
    record = {"area": None, "source": None, "connected": True, "silence": 10**9}
    for number in range(1_000):
        kept.put("d1", record | {"latest": {"pm2_5": [number, 0.1 * number, "good"]}}, 0)
        kept.put("d2", record | {"latest": {"pm2_5": [number, 1e9 / (number + 1), "good"]}}, 0)
    kept.put("d2", None, 0)
    assert kept.of(None, 0)["pm2_5"]["value"] == 0.1 * 999
