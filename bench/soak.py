"""``python -m bench.soak [MINUTES]``: hours of load, watched for what grows: memory, files, threads, lag."""

import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.latency import Sender
from tests.running import Cockpit

MINUTES = 60
DEVICES = 10
MESSAGES_A_SECOND = 100
WARM_UP_MINUTES = 5
MAY_GROW = 1.2
"""Memory at the end may be so much of what it was after the warm-up."""


def main(minutes: int) -> None:
    """Run, print a line a minute, and fail if memory grew, a reading is missing, or the cockpit is not ready."""
    with tempfile.TemporaryDirectory(prefix="cockpit-soak-") as folder:
        cockpit = Cockpit(Path(folder), settings={"COCKPIT_LOG_LEVEL": "warning"}).start("--replay")
        processes = cockpit.processes
        senders = [Sender(cockpit.add_device(f"soak-{n}"), cockpit.mqtt) for n in range(DEVICES)]
        sent, memory = 0, []
        for minute in range(1, minutes + 1):
            end = time.monotonic() + 60
            while time.monotonic() < end:
                senders[sent % DEVICES].send(sent)
                sent += 1
                time.sleep(1 / MESSAGES_A_SECOND)
            ready = httpx.get(f"{cockpit.url}/readyz")
            # What the two share is counted once.
            memory.append(sum(one.memory_full_info().pss for one in processes) >> 20)
            lag = ready.json()["checks"]["lag"]["seconds"]
            print(
                f"{minute:4d} min  {memory[-1]:5d} MiB  {sum(one.num_fds() for one in processes):4d} files"
                f"  {sum(one.num_threads() for one in processes):3d} threads  lag {lag} s  {sent} sent",
                flush=True,
            )
            if ready.status_code != 200:
                sys.exit(f"not ready: {ready.text}")
        took = [one for sender in senders for one in sender.took()]
        cockpit.stop()
    if len(took) != sent:
        sys.exit(f"{sent - len(took)} messages were not acknowledged")
    settled = memory[min(WARM_UP_MINUTES, len(memory)) - 1]
    if memory[-1] > MAY_GROW * settled:
        sys.exit(f"memory grew from {settled} to {memory[-1]} MiB")
    print(f"{sent} messages acknowledged, memory {settled} -> {memory[-1]} MiB")


main(int(sys.argv[1]) if len(sys.argv) > 1 else MINUTES)
