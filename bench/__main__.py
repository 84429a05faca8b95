"""``python -m bench [NAME ...]``: run the named benchmarks, or all, and print what they measured."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import (
    alarms,
    archive,
    backup,
    chart,
    commit,
    counting,
    devices,
    events,
    events_list,
    forecast,
    frames,
    latency,
    live,
    map,
    overload,
    pixel,
    present,
    registers,
    reload,
    replay,
    reports,
    throughput,
    volume,
)

BENCHES: dict[str, Callable[[Path], list[str]]] = {
    "throughput": throughput.measure,
    "commit": commit.measure,
    "latency": latency.measure,
    "live": live.measure,
    "pixel": pixel.measure,
    "map": map.measure,
    "frames": frames.measure,
    "reload": reload.measure,
    "events": events.measure,
    "events-list": events_list.measure,
    "forecast": forecast.measure_all,
    "volume": volume.measure,
    "counting": counting.measure,
    "overload": overload.measure,
    "devices": devices.measure,
    "chart": chart.measure,
    "present": present.measure,
    "replay": replay.measure,
    "alarms": alarms.measure,
    "registers": registers.measure,
    "reports": reports.measure,
    "backup": backup.measure,
    "archive": archive.measure,
}


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        sys.exit(f"bench: {', '.join(unknown)}: not one of {', '.join(BENCHES)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load generators on the same cores")
    for name in names or BENCHES:
        with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
            print(f"\n{name}")
            for line in BENCHES[name](Path(folder)):
                print(f"  {line}")


main(sys.argv[1:])
