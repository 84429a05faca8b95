"""What one transaction of the ingest carries, from the message to what layers are told."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from sensors.bus.message import Message
from sensors.commands.commands import Response
from sensors.devices.registry import Device
from sensors.intake.quarantine import Refusal
from sensors.readings.columns import Observations
from store.instant import Instant, now
from store.language import Word

FigureKey = tuple[str, str, str, str]
"""(community, kind of subject, subject, metric), as ("heling", "site", "fangyan", "visitors.level")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A grid event that one layer has another one open: what it is opened for, kind and ref, once for each.

    ``number`` tells one time from another of the same ref, whose event of before is done; ``also`` are further refs
    that the same event is for. ``spot`` is the deepest place that is known of it (`geo.whereabouts`).
    """

    community: str
    kind: str
    ref: str
    category: str
    severity: str
    title: Word
    detail: Word
    occurred: Instant
    lon: float | None = None
    lat: float | None = None
    spot: str | None = None
    device: str | None = None
    source: str | None = None
    number: int = 1
    also: tuple[str, ...] = ()


@dataclass(slots=True)
class Batch:
    """The decoded messages of one transaction.

    ``moved`` is the newest position of each device that sent one, ``elsewhere`` what was known of those
    that it brought to another place.

    ``observations`` are all that were sent, ``new`` those that were not stored before, ``seen`` the
    time of each device's newest message, ``of_past`` those whose newest one told only what is long over, ``connected``
    the last word of each device on its connection, ``reports`` what the layers' own decoders made of messages on their
    channels, ``responses`` the answers to commands and ``answered`` whose they are, ``clocks`` how far those clocks are
    ahead that changed, ``newest`` when the newest message came, and ``touched`` the keys that a layer asks to be
    told about, by layer and community. ``at`` is when it was begun, ``listening_since`` since when nothing can have
    been missed, None where that cannot be said now: who is silent is so from then on. ``figures``, their ``words`` and
    ``filings`` are what feeds tell those that come after them; ``own_figures`` asks how this system itself fares.
    ``is_shared``: of what a device says others may store a part.
    """

    devices: dict[str, Device] = field(default_factory=dict)
    observations: Observations = field(default_factory=Observations)
    new: Observations = field(default_factory=Observations)
    refusals: list[Refusal] = field(default_factory=list)
    seen: dict[str, Instant] = field(default_factory=dict)
    of_past: set[str] = field(default_factory=set)
    connected: dict[str, tuple[bool, Instant]] = field(default_factory=dict)
    moved: dict[str, tuple[Instant, float, float, str]] = field(default_factory=dict)
    elsewhere: dict[str, Device] = field(default_factory=dict)
    reports: dict[str, list[tuple[Device, Any]]] = field(default_factory=lambda: defaultdict(list))
    responses: list[Response] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    clocks: dict[str, int | None] = field(default_factory=dict)
    newest: Instant = 0
    touched: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    at: Instant = field(default_factory=now)
    listening_since: Instant | None = None
    figures: dict[FigureKey, tuple[Instant, float]] = field(default_factory=dict)
    words: dict[FigureKey, Word] = field(default_factory=dict)
    filings: list[Filing] = field(default_factory=list)
    own_figures: Callable[[], Mapping[str, float]] = dict
    is_shared: bool = False

    def figure(self, key: FigureKey, ts: Instant, value: float, words: Word | None = None) -> None:
        """Tell the feeds that come later what a figure is from ``ts`` on, and in ``words`` what it was made of."""
        self.figures[key] = (ts, value)
        if words is not None:
            self.words[key] = words

    def touch(self, layer: str, community: str, key: str) -> None:
        """Note that a layer's record changed, so that it goes out after the commit."""
        self.touched.setdefault(layer, {}).setdefault(community, set()).add(key)


Parts = dict[str, dict[str, dict[str, Any]]]
"""community -> key -> the fields of a record that changed."""


class Feed(Protocol):
    """What a layer does with incoming messages. ``tells_parts``: its records are told by the fields that changed."""

    layer: str
    tells_parts: bool
    channels: frozenset[str]

    def decode(self, message: Message, device: Device) -> Any:
        """Read a message on one of the layer's channels; raises `Refused` where it cannot."""

    def store(self, connection: Connection, batch: Batch) -> None:
        """Write the layer's own tables in the ingest's transaction and touch what changed."""

    def committed(self) -> None:
        """What was stored last is committed; where this is not said, it was rolled back and comes again."""

    def due(self) -> Instant | None:
        """When `store` is to be called though no message came; None: time alone brings nothing about."""

    def said(self, batch: Batch) -> Parts:
        """What of the layer's records follows from a committed batch itself, without a question to the database."""

    def records(self, connection: Connection, community: str, keys: set[str]) -> dict[str, Any]:
        """The layer's records of these keys as they now stand, for the live channel; parts of them where it `said`."""
