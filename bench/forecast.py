"""How good the forecast is: rolling origin over held-out days of the packaged recording, the model beside the baseline.

The recording is of streets: who enters was counted, how long they stay is assumed (recordings.toml). The errors
are kept in layers/visitors/forecast/recorded.json, which the page and the documents show.
"""

import json
import time
from datetime import date, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from layers.visitors.capacity import rules as visitor_rules
from layers.visitors.forecast.days import weekly
from layers.visitors.forecast.measure import BASELINE, MODEL, Measured, measure, told
from layers.visitors.forecast.model import HOURS, History
from sensors.replay.sources import plan

KEPT = files("layers.visitors.forecast") / "recorded.json"


def measure_all(_folder: Path) -> list[str]:
    """Measure each site, print what was found, and keep it."""
    lines, kept = [], []
    for site in plan()["gates"]["residence_minutes"]:
        begun = time.perf_counter()
        found = measured(site)
        took = time.perf_counter() - begun
        answer = told(found)
        kept.append({"site": site} | answer)
        lines.append(f"{site}, {answer['from']} to {answer['to']}, {took * 1000:.0f} ms; better: {found.better}")
        lines += [_line(row) for row in answer["horizons"]]
    with as_file(KEPT) as path:
        content = {"source": plan()["gates"]["source"], "sites": kept}
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return lines


def measured(site: str) -> Measured:
    """The errors on the recording of a site."""
    history = recorded(site)
    # The place of the recording kept no holiday of ours, and had none of its own in that month.
    found = measure(history, weekly, len(history.days) - 1, visitor_rules()["reset_hour"])
    assert found is not None
    return found


def recorded(site: str) -> History:
    """The recording of a site's gates as a history, with a day to come at its end."""
    form = plan()["gates"]
    names = [row["series"] for row in form["devices"] if row["site"] == site]
    with as_file(files("sensors.replay") / "recordings" / form["file"]) as path:
        table = pd.read_csv(path)
    own = table[table["counter_name"].isin(names)]
    sums = own.groupby("time_local")["count"].sum()
    first, last = (date.fromisoformat(str(text)[:10]) for text in (sums.index.min(), sums.index.max()))
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 2))
    counts = np.full(len(days) * HOURS, np.nan)
    for text, people in sums.items():
        counts[(date.fromisoformat(str(text)[:10]) - first).days * HOURS + int(str(text)[11:13])] = people
    return _walked(days, counts, form["residence_minutes"][site] // 60)


def _walked(days: tuple[date, ...], entered: np.ndarray, stay: int) -> History:
    """With those who leave so many hours later, and the people inside as the cockpit counts them."""
    left = np.concatenate([np.zeros(stay), entered[:-stay]])
    begun, ended = np.full_like(entered, np.nan), np.full_like(entered, np.nan)
    people = 0.0
    for hour in range(len(entered)):
        people = 0.0 if hour % HOURS == visitor_rules()["reset_hour"] else people
        if np.isfinite(entered[hour]) and np.isfinite(left[hour]):
            begun[hour] = people
            people = max(0.0, people + entered[hour] - left[hour])
            ended[hour] = people
    shape = (len(days), HOURS)
    return History(days, entered.reshape(shape), left.reshape(shape), begun.reshape(shape), ended.reshape(shape))


def _line(row: dict[str, Any]) -> str:
    model, baseline = row[MODEL], row[BASELINE]
    gain = 1 - model["mae"] / baseline["mae"]
    return (
        f"{row['hours']} h ahead: MAE {model['mae']:.0f} people, baseline {baseline['mae']:.0f} ({gain:+.0%} better); "
        f"within the interval {model['coverage']:.0%}, baseline {baseline['coverage']:.0%} ({row['n']} hours)"
    )
