"""What a device waits for its PUBACK while 120 ask at once without end, or 12 strangers guess passwords.

Whoever asks runs in a process of its own, on the same cores.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from bench.figures import percentiles
from bench.latency import Sender
from tests.running import Cockpit, Credentials

RATE = 200
SECONDS = 15
DEVICES = 10
ASKING, GUESSING = 120, 12
PATHS = ("/api/v1/heling/state", "/api/v1/heling/devices", "/api/v1/heling/events", "/_dash-layout")
SITUATIONS = {
    "idle": None,
    f"{ASKING} strangers ask": "-",
    f"{ASKING} signed in ask": "token",
    f"{GUESSING} strangers guess passwords": "?",
}


def measure(folder: Path) -> list[str]:
    """PUBACK times in each situation, and what those who asked were answered."""
    cockpit = Cockpit(folder, settings={"COCKPIT_LOG_LEVEL": "error"}).start()
    try:
        token = cockpit.answer("token", "add", "--role", "manager", "--name", "bench")["token"]
        devices = [cockpit.add_device(f"bench-{number}") for number in range(DEVICES)]
        found = []
        for name, how in SITUATIONS.items():
            with _asking(cockpit.url, token if how == "token" else how) as told:
                time.sleep(2)
                took = _send(cockpit, devices)
            found.append(f"{name}: PUBACK {percentiles(took, 50, 99)}{told()}")
        return found
    finally:
        cockpit.stop()


def _send(cockpit: Cockpit, devices: list[Credentials]) -> list[float]:
    senders = [Sender(device, cockpit.mqtt) for device in devices]
    began = time.monotonic()
    for number in range(RATE * SECONDS):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        senders[number % DEVICES].send(number)
    return [seconds for sender in senders for seconds in sender.took()]


@contextmanager
def _asking(url: str, how: str | None) -> Iterator[Callable[[], str]]:
    if how is None:
        yield lambda: ""
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.overload", url, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def told() -> str:
        return f"; answers {process.communicate()[0].strip()}"

    # communicate() ends its input, which is its end.
    yield told


async def _ask(url: str, how: str) -> None:
    """Ask without a pause until there is no input any more; prints how often each status came."""
    statuses: Counter[str] = Counter()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, stop.set)
    headers = {"Authorization": f"Bearer {how}"} if how not in "-?" else {}
    limits = httpx.Limits(max_connections=ASKING)

    async def one(client: httpx.AsyncClient, number: int) -> None:
        while not stop.is_set():
            try:
                if how == "?":
                    guess = {"name": f"person-{number}", "password": "not the password of anybody"}
                    answer = await client.post(f"{url}/api/v1/session", json=guess)
                else:
                    answer = await client.get(url + PATHS[number % len(PATHS)])
                statuses[str(answer.status_code)] += 1
            except httpx.HTTPError as error:
                statuses[type(error).__name__] += 1

    async with httpx.AsyncClient(headers=headers, limits=limits, timeout=30) as client:
        await asyncio.gather(*(one(client, number) for number in range(GUESSING if how == "?" else ASKING)))
    print(msgspec.json.encode(statuses).decode())


if __name__ == "__main__":
    asyncio.run(_ask(sys.argv[1], sys.argv[2]))
