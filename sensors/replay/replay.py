"""Replay: recordings published by devices through the broker, like anyone else's.

The hour that is played is held: every message of an air station within it carries the same
values, since nothing finer was recorded. A gate spreads the people of an hour evenly over it, in
whole persons. First the past of a device is filled in, hour by hour, the last one finer, from where the database ends;
from then on it plays, also while others are being filled: none is there and says nothing.
"""

import heapq
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, TypedDict

import msgspec
import structlog
from sqlalchemy import Engine, func, select

from geo.ground import places
from sensors.bus.client import BrokerAddress, Client
from sensors.codecs.sample import MAX_VALUES
from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.errors import RecordingError
from sensors.replay.recording import Recording, Track, Values
from sensors.tables import latest, series
from sensors.topics import base
from sensors.unforeseen import endlessly
from store.instant import DAY, HOUR, MILLISECOND, MINUTE, SHANGHAI, Instant, from_datetime, now, to_datetime

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT_S = 30
STORED_TIMEOUT_S = 60
STATION_OFFSET = (0.0016, -0.0013)
"""Degrees from the middle of its area to a replayed station."""
STATUS_QOS = TELEMETRY_QOS = 1
RECENT: Instant = 5 * MINUTE
"""The last hour of the past is filled in as finely as this: rules judge it, so that delays have passed when it ends."""


class Sample(TypedDict):
    """Values of one moment, as a device sends them: ms since 1970, and metric -> value."""

    ts: int
    values: Values


class Clock:
    """The time that is played: now at the start, then faster or slower."""

    def __init__(self, start: Instant, speed: float) -> None:
        self._start, self._speed = start, speed

    def played(self, instant: Instant) -> Instant:
        """The played time at a real one."""
        return self._start + round((instant - self._start) * self._speed)


class Player:
    """One device of a recording, connected with credentials of its own."""

    def __init__(self, track: Track, address: BrokerAddress, secret: str, clock: Clock) -> None:
        self.track = track
        self.device = track.device
        self._clock = clock
        self._topic = base(self.device.community, self.device.id)
        own = replace(address, username=self.device.id, password=secret)
        self._client = Client(own, f"replay-{self.device.id}")
        self._client.will(f"{self._topic}/status", b"offline", STATUS_QOS)
        self._sent_until: Instant = 0

    def start(self) -> None:
        """Connect.

        Raises
        ------
        RecordingError
            If the broker does not let the device in.
        """
        self._client.start()
        if not self._client.wait_connected(CONNECT_TIMEOUT_S):
            raise RecordingError(f"{self.device.id}: no connection to the broker within {CONNECT_TIMEOUT_S} s")
        if not self.is_silent:
            self._publish("status", b"online", STATUS_QOS, retain=True)

    @property
    def is_silent(self) -> bool:
        """Whether it said its last word already: then it has a past, and not even a status."""
        return self.track.until is not None and self.track.until <= now()

    def stop(self) -> None:
        """Say that the device goes, and disconnect."""
        if not self.is_silent:
            self._publish("status", b"offline", STATUS_QOS, retain=True)
        self._client.stop()

    def fill(self, since: Instant, until: Instant) -> Iterator[None]:
        """Publish what of the past is not stored yet; comes back after each message that was."""
        for samples in _filled(self._past(since, until)):
            self._publish("telemetry", msgspec.json.encode(samples), wait=True)
            yield
        self._sent_until = until

    def play(self) -> None:
        """Publish what is due now."""
        at = now()
        if self.is_silent:
            return
        played = self._clock.played(at)
        if self.track.is_gate:
            values: Values | None = self._flow(self._clock.played(self._sent_until), played)
        else:
            values = self.track.at(played)
        self._sent_until = at
        if values:
            self._publish("telemetry", msgspec.json.encode({"ts": at // MILLISECOND, "values": values}))

    def _past(self, since: Instant, until: Instant) -> Iterator[Sample]:
        for begin, end in parts_of_past(since, until, self.track.fill_every):
            if self.track.until is not None and begin >= self.track.until:
                return
            values = self._flow(max(begin, since), end) if self.track.is_gate else self.track.at(begin)
            # A count belongs to the time that it ends, a measured value to the time that it begins.
            ts = end // MILLISECOND - 1 if self.track.is_gate else begin // MILLISECOND
            if values:
                yield {"ts": ts, "values": values}

    def _flow(self, since: Instant, until: Instant) -> Values | None:
        """People who entered and left in (since, until]; None where the recording has no such hour."""
        found = self.track.at(until - 1)
        if found is None:
            return None
        entered = people_passed(self.track, since, until)
        if "leave" in found:
            return {"enter": entered, "leave": people_passed(self.track, since, until, "leave")}
        residence = self.track.residence
        return {"enter": entered, "leave": people_passed(self.track, since - residence, until - residence)}

    def _publish(
        self,
        channel: str,
        payload: bytes,
        qos: int = TELEMETRY_QOS,
        *,
        retain: bool = False,
        wait: bool = False,
    ) -> None:
        self._client.publish(f"{self._topic}/{channel}", payload, qos, retain, STORED_TIMEOUT_S if wait else None)


class Replay:
    """All devices of the recordings, in a thread of their own."""

    def __init__(self, engine: Engine, address: BrokerAddress, recordings: Sequence[Recording], speed: float) -> None:
        self._engine = engine
        self._address = address
        self._tracks = [track for recording in recordings for track in recording.tracks]
        self._speed = speed
        self._stop = threading.Event()
        self._players: list[Player] = []
        # When, by the monotonic clock, which of the players that play has its turn.
        self._turns: list[tuple[float, int]] = []
        self._thread = threading.Thread(target=self._in_background, name="replay", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Take every device off in good order."""
        self._stop.set()
        self._thread.join(timeout=10)

    def run(self) -> None:
        """Register, fill the past, then play until told to stop.

        Raises
        ------
        RecordingError
            If a device of the recording is taken, or the broker does not let it in.
        """
        clock, began = Clock(now(), self._speed), time.monotonic()
        players = [self._player(track, clock) for track in self._tracks]
        self._players, self._turns = [], []
        try:
            for place, player in enumerate(sorted(players, key=lambda one: one.track.is_gate)):
                self._players.append(player)
                player.start()
                self._fill(player)
                if self._stop.is_set():
                    return
                player.play()
                # Evenly staggered, so that the screens do not move in jerks.
                every_s = player.track.every_s
                heapq.heappush(self._turns, (_next_turn(began + every_s * place / len(players), every_s), place))
            while not self._stop.wait(max(0.0, self._turns[0][0] - time.monotonic())):
                self._take_turns()
        finally:
            for player in self._players:
                player.stop()

    def _in_background(self) -> None:
        endlessly("replay", self._run_again, self._stop)

    def _run_again(self) -> None:
        try:
            self.run()
        except RecordingError as error:
            log.error("replay_ended", error=str(error))
            self._stop.set()

    def _player(self, track: Track, clock: Clock) -> Player:
        device = _placed(track.device)
        with self._engine.connect() as connection:
            known = {d.id: d for d in registry.read_all(connection)}
        if device.id in known and known[device.id].source is None:
            raise RecordingError(f"{device.id} is a real device here; a replay does not take its credentials")
        secret = registry.add(self._engine, device, reissue=True)
        return Player(replace(track, device=device), self._address, secret, clock)

    def _fill(self, player: Player) -> None:
        """Fill the past of one, while those before it play."""
        until = now()
        for _ in player.fill(self._known_until(player.track, until), until):
            if self._stop.is_set():
                return
            self._take_turns()
        log.info("replay_filled", device=player.device.id)

    def _known_until(self, track: Track, at: Instant) -> Instant:
        """Where the stored readings of a device end: there the replay goes on."""
        query = (
            select(func.max(latest.c.ts))
            .join(series, series.c.id == latest.c.series_id)
            .where(series.c.device_id == track.device.id)
        )
        with self._engine.connect() as connection:
            stored = connection.scalar(query)
        if track.backfill_days is None:
            local = to_datetime(at).astimezone(SHANGHAI)
            earliest = from_datetime(local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0))
        else:
            earliest = at - at % HOUR - track.backfill_days * DAY
        return max(earliest, stored + 1 if stored is not None else 0)

    def _take_turns(self) -> None:
        """Let those play whose turn it is."""
        while self._turns and self._turns[0][0] <= time.monotonic():
            due, place = self._turns[0]
            self._players[place].play()
            heapq.heapreplace(self._turns, (_next_turn(due, self._players[place].track.every_s), place))


def _next_turn(turn: float, every: float) -> float:
    """The next time from now on that lies whole intervals after a turn."""
    return turn + every * max(0.0, (time.monotonic() - turn) // every + 1)


def people_passed(track: Track, since: Instant, until: Instant, way: Literal["enter", "leave"] = "enter") -> int:
    """Whole persons who passed one way in (since, until], the people of each hour spread evenly over it."""
    people = 0
    for hour in _hours(since, until):
        in_hour = round((track.at(hour) or {}).get(way, 0))
        first, last = max(since, hour) - hour, min(until, hour + HOUR) - hour
        people += in_hour * last // HOUR - in_hour * first // HOUR
    return people


def _filled(samples: Iterator[Sample]) -> Iterator[list[Sample]]:
    """Messages as full as they may be."""
    message: list[Sample] = []
    room = MAX_VALUES
    for sample in samples:
        if len(sample["values"]) > room:
            yield message
            message, room = [], MAX_VALUES
        message.append(sample)
        room -= len(sample["values"])
    if message:
        yield message


def parts_of_past(since: Instant, until: Instant, every: Instant) -> Iterator[tuple[Instant, Instant]]:
    """The parts that (since, until] touches, each from its beginning to its end: whole ones of ``every``, and finer
    ones of the last hour.
    """
    recent = until - until % RECENT - (HOUR - RECENT)
    begin = since - since % (every if since < recent else min(every, RECENT))
    while begin < until:
        end = min(begin + every, recent) if begin < recent else min(begin + min(every, RECENT), until)
        yield begin, end
        begin = end


def _hours(since: Instant, until: Instant) -> Iterable[Instant]:
    """The starts of the hours that (since, until] touches."""
    return range(since - since % HOUR, until, HOUR)


def _placed(device: Device) -> Device:
    """A station that was given an area stands at a point inside it."""
    if device.area is None:
        return device
    place = next(place for place in places(device.community, "areas") if place.code == device.area)
    # Beside the area's name on the map, not under it.
    lon, lat = place.label[0] + STATION_OFFSET[0], place.label[1] + STATION_OFFSET[1]
    return replace(device, raw_lon=lon, raw_lat=lat)
