"""The figures of vitals.toml as gauges for Prometheus: set when it asks, NaN where nobody knows one."""

import math
from collections.abc import Mapping
from importlib.metadata import version

from prometheus_client import Gauge

from cockpit.vitals.measured import Measured, everywhere
from cockpit.vitals.rules import Vital, groups

GAUGES: Mapping[str, tuple[Vital, Gauge]] = {
    f"{code}.{name}": (vital, Gauge(vital.metric, f"{group.name_en}: {vital.name_en}"))
    for code, group in groups().items()
    for name, vital in group.rows.items()
    if vital.metric is not None and vital.factor is not None
}
for _, _gauge in GAUGES.values():
    # Of two processes one never asks: a 0 of its own would be told as the figure that the other does not know.
    _gauge.set(math.nan)
BUILD = Gauge("cockpit_build_info", "Which version runs", ["version"])


def set_gauges(found: Measured) -> None:
    """Take the figures of now, of all communities together."""
    BUILD.labels(version("cim-cockpit")).set(1)
    figures = found.figures | everywhere(found)
    for code, (vital, gauge) in GAUGES.items():
        value, _ = figures.get(code, (None, None))
        gauge.set(value * (vital.factor or 1) if isinstance(value, int | float) else math.nan)
