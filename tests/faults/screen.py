"""A screen on the live channel: what stands on it is what it was told, applied as assets/js/10-live.js does."""

import threading
import time
import zlib
from typing import Any

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.running import until

SILENCE_S = 4.5
"""The server beats every 2 s: a channel that says nothing for so long is as good as cut."""
RETRY_S = 0.5
BY_KEY = ("latest", "metrics")
ASKED = msgspec.json.encode({"type": "snapshot"}).decode()

State = dict[str, dict[str, Any]]
"""layer -> key -> record."""


class Page:
    """What a page knows: a snapshot replaces it, a delta is merged into it, record by record and field by field."""

    def __init__(self) -> None:
        self.layers: State = {}
        self.seq: int | None = None
        self.snapshots = 0
        self.deltas = 0

    def take(self, frame: dict[str, Any]) -> bool:
        """Take a frame; returns whether one was missed, so that a snapshot is to be asked for."""
        if frame["type"] == "snapshot":
            self.seq, self.layers = frame["seq"], frame["layers"]
            self.snapshots += 1
            return False
        if self.seq is None:
            return False
        is_delta = frame["type"] == "delta"
        if frame["seq"] != self.seq + is_delta:
            self.seq = None
            return True
        self.seq = frame["seq"]
        if is_delta:
            self.deltas += 1
            for layer, records in frame["layers"].items():
                self._merge(self.layers.setdefault(layer, {}), records)
        return False

    @staticmethod
    def _merge(known: dict[str, Any], records: dict[str, Any]) -> None:
        for key, record in records.items():
            if record is None:
                known.pop(key, None)
            else:
                known[key] = merged(known.get(key), record)


def merged(known: dict[str, Any] | None, told: dict[str, Any]) -> dict[str, Any]:
    """A record with the fields that were told of it."""
    if known is None:
        return told
    one = known | told
    for name in BY_KEY:
        if name in known and name in told:
            both = known[name] | told[name]
            one[name] = {key: value for key, value in both.items() if told[name].get(key, value) is not None}
    if "latest" in told:
        one["suspect"] = any(reading[2] == "suspect" for reading in one["latest"].values())
    return one


class Screen:
    """A page with its connection, in a thread of its own; it comes back when it is cut off."""

    def __init__(self, port: int, *, is_packed: bool = False) -> None:
        self._url = f"ws://127.0.0.1:{port}/live/heling{'?packed=deflate' if is_packed else ''}"
        self.page = Page()
        self.failed: BaseException | None = None
        self.connections = 0
        self._changed_at = time.monotonic()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        until(lambda: self.page.seq is not None, 30)

    def close(self) -> None:
        """Watch no longer."""
        self._ended.set()
        self._thread.join(SILENCE_S + 5)
        assert not self._thread.is_alive()
        if self.failed is not None:
            raise self.failed

    @property
    def quiet_s(self) -> float:
        """For how long nothing has changed on it."""
        return time.monotonic() - self._changed_at

    def shown(self) -> tuple[int | None, State]:
        """The number of the newest frame, and what stands on the screen with it."""
        with self._lock:
            return self.page.seq, msgspec.json.decode(msgspec.json.encode(self.page.layers))

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with connect(self._url, max_size=None, compression=None, open_timeout=30) as socket:
                    self.connections += 1
                    self._watch(socket)
            except (OSError, ConnectionClosed, TimeoutError):
                self._ended.wait(RETRY_S)
            except BaseException as error:  # noqa: BLE001 - a frame that no page could take
                self.failed = error
                return
            with self._lock:
                self.page.seq = None

    def _watch(self, socket: ClientConnection) -> None:
        while not self._ended.is_set():
            told = socket.recv(timeout=SILENCE_S)
            text = zlib.decompress(told, -zlib.MAX_WBITS) if isinstance(told, bytes) else told
            frame = msgspec.json.decode(text)
            with self._lock:
                is_missed = self.page.take(frame)
            if frame["type"] != "heartbeat":
                self._changed_at = time.monotonic()
            if is_missed:
                socket.send(ASKED)
