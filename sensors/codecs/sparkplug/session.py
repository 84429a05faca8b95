"""What a host keeps of each edge node: the names behind its aliases, its sequence, what it asks for.

The certificate of birth is kept in the database, in the transaction of the readings: an ingester that
is restarted, or takes over, knows the names without a new birth. Where a sequence number is missing
or an alias is unknown, the host asks the edge node to be born again (Sparkplug 3.0.0, section 5.5).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, select

from sensors.bus.message import Message
from sensors.codecs.declare import DeviceOf, Said
from sensors.codecs.sample import Sample, checked, values_of
from sensors.codecs.sparkplug import names
from sensors.codecs.sparkplug.names import Name, Type
from sensors.codecs.sparkplug.payload import BOOLEAN, Metric, Payload, decode, encode
from sensors.devices.registry import Device
from sensors.jsonin import instant_of
from sensors.metrics import metrics
from sensors.refusal import Reason, Refused
from sensors.tables import sparkplug_birth
from store.bulk import upsert_all
from store.instant import SECOND, Instant

log = structlog.get_logger(__name__)

BD_SEQ = "bdSeq"
REBIRTH = "Node Control/Rebirth"
OWN_NAMES = frozenset({BD_SEQ})
OWN_PREFIXES = ("Node Control/", "Device Control/", "Properties/", "Node Info/")
SEQUENCE = 256
ASK_AGAIN = 30 * SECOND
BIRTHS = (Type.NBIRTH, Type.DBIRTH)
DEATHS = (Type.NDEATH, Type.DDEATH)


@dataclass(slots=True)
class Birth:
    """A certificate of birth: alias -> name, alias -> datatype, the number that its death will carry, name -> metric,
    and when it came.

    What a name means stays so from its first birth on, whatever later births add beside it.
    """

    names: dict[int, str] = field(default_factory=dict)
    types: dict[int, int] = field(default_factory=dict)
    bd_seq: int | None = None
    metrics: dict[str, str] = field(default_factory=dict)
    born: Instant = 0


@dataclass(slots=True)
class Edge:
    """An edge node. ``births`` has its own under "", and those of its devices."""

    community: str
    births: dict[str, Birth] = field(default_factory=dict)
    seq: int | None = None
    asked: Instant = 0


class HostSession:
    """The host's side, for one ingester."""

    def __init__(self) -> None:
        self._edges: dict[str, Edge] = {}
        self._born: dict[tuple[str, str], Birth] = {}
        self._requests: list[tuple[str, bytes]] = []

    def take(self, connection: Connection, message: Message, device_of: DeviceOf) -> Iterable[Said]:
        """Read a message; see `Session`."""
        name = names.parse(message.topic)
        node = device_of(name.community, name.edge)
        device = node if name.device is None else _behind(device_of(name.community, name.device), node)
        edge = self._edges.get(name.edge) or self._load(connection, name)
        if name.type in DEATHS:
            return self._death(edge, name, message, device, device_of)
        birth = edge.births.get(name.device or "")
        payload = decode(message.payload, birth.types if birth else None)
        self._follow(edge, name, payload, message.received)
        if name.type in BIRTHS:
            if birth is None:
                birth = self._load(connection, name).births.get(name.device or "")
            birth = self._birth(edge, name, payload, birth, message.received)
            said = Said(device, connected=True)
            said.samples, said.fault = self._what_can_be_read(payload, birth, message.received)
            return [said]
        if birth is None or self._unknown(payload, birth):
            # Another ingester may have taken the birth.
            edge.births = self._load(connection, name).births
            birth = edge.births.get(name.device or "", Birth())
            payload = decode(message.payload, birth.types)
        unknown = self._unknown(payload, birth)
        if unknown:
            self._ask_for_birth(edge, name, message.received, unknown=unknown[:10])
            raise Refused(Reason.UNKNOWN_ALIAS, f"no birth of {device.id!r} named the aliases {unknown[:10]}")
        return [Said(device, checked(self._samples(payload, birth, message.received)))]

    def store(self, connection: Connection) -> None:
        """Keep new certificates of birth."""
        rows = [
            {"edge": edge, "device": device, "certificate": msgspec.json.encode(birth).decode(), "born": birth.born}
            for (edge, device), birth in sorted(self._born.items())
        ]
        upsert_all(connection, sparkplug_birth, rows, _replaced)
        self._born = {}

    def forget(self) -> None:
        """What was taken is not committed: the births come again with their messages."""
        self._edges = {}
        self._born = {}

    def requests(self) -> list[tuple[str, bytes]]:
        """Rebirths to ask for."""
        wanted, self._requests = self._requests, []
        return wanted

    def _load(self, connection: Connection, name: Name) -> Edge:
        edge = self._edges.setdefault(name.edge, Edge(name.community))
        query = select(sparkplug_birth).where(sparkplug_birth.c.edge == name.edge)
        for row in connection.execute(query):
            if (name.edge, row.device) not in self._born:
                kept = replace(msgspec.json.decode(row.certificate, type=Birth), born=row.born)
                # Those of earlier versions did not say what their names mean.
                kept.metrics = kept.metrics or meanings(filter(_is_foreign, kept.names.values()), {})
                edge.births[row.device] = kept
        return edge

    def _birth(self, edge: Edge, name: Name, payload: Payload, before: Birth | None, received: Instant) -> Birth:
        """The certificate of a birth; it counts from now on, unless a newer one came before it."""
        birth = Birth(born=received)
        born = [m.name for m in payload.metrics if m.name is not None and _is_foreign(m.name)]
        birth.metrics = meanings(born, before.metrics if before is not None else {})
        for metric in payload.metrics:
            if metric.name == BD_SEQ and isinstance(metric.value, int):
                birth.bd_seq = metric.value
            if metric.alias is not None and metric.name is not None:
                birth.names[metric.alias] = metric.name
                if metric.datatype is not None:
                    birth.types[metric.alias] = metric.datatype
        if before is None or before.born <= received:
            edge.births[name.device or ""] = birth
            self._born[name.edge, name.device or ""] = birth
        return birth

    def _death(self, edge: Edge, name: Name, message: Message, device: Device, device_of: DeviceOf) -> Iterable[Said]:
        said = [Said(device, connected=False)]
        if name.type is Type.DDEATH:
            return said
        own = edge.births.get("", Birth())
        sent = next((m.value for m in decode(message.payload).metrics if m.name == BD_SEQ), None)
        if sent is not None and own.bd_seq is not None and sent != own.bd_seq:
            # The will of an earlier connection, which came after the new birth (section 5.4).
            log.info("sparkplug_late_death", edge=name.edge, bd_seq=sent)
            return []
        edge.seq = None
        for behind in edge.births:
            if behind:
                said.append(Said(device_of(name.community, behind), connected=False))
        return said

    def _follow(self, edge: Edge, name: Name, payload: Payload, received: Instant) -> None:
        """Count the sequence of an edge node; a gap means that something of it never came."""
        expected = None if edge.seq is None else (edge.seq + 1) % SEQUENCE
        edge.seq = 0 if name.type is Type.NBIRTH else payload.seq
        if name.type is not Type.NBIRTH and expected is not None and payload.seq not in (None, expected):
            self._ask_for_birth(edge, name, received, expected=expected, got=payload.seq)

    def _ask_for_birth(self, edge: Edge, name: Name, received: Instant, **why: Any) -> None:
        if received - edge.asked < ASK_AGAIN:
            return
        edge.asked = received
        log.warning("sparkplug_rebirth_asked", edge=name.edge, **why)
        wish = Metric(REBIRTH, None, None, BOOLEAN, True)
        topic = names.node_command(name.community, name.edge)
        self._requests.append((topic, encode(Payload(received // 1_000, None, [wish]))))

    def _unknown(self, payload: Payload, birth: Birth) -> list[int]:
        return [
            m.alias for m in payload.metrics if m.name is None and m.alias is not None and m.alias not in birth.names
        ]

    def _what_can_be_read(
        self, payload: Payload, birth: Birth, received: Instant
    ) -> tuple[list[Sample], Refused | None]:
        """The samples of a birth, and what is wrong with the rest of it: the node is born all the same."""
        good: list[Metric] = []
        fault: Refused | None = None
        for metric in payload.metrics:
            try:
                self._samples(replace(payload, metrics=[metric]), birth, received)
            except Refused as refused:
                fault = fault or Refused(refused.reason, f"{refused.detail}; the rest of the birth is taken")
            else:
                good.append(metric)
        return self._samples(replace(payload, metrics=good), birth, received), fault

    def _samples(self, payload: Payload, birth: Birth, received: Instant) -> list[Sample]:
        by_time: dict[tuple[Instant, bool], dict[str, Any]] = {}
        for metric in payload.metrics:
            name = metric.name if metric.name is not None else birth.names.get(metric.alias or 0)
            if name is None or metric.value is None or not _is_foreign(name):
                continue
            stamp = metric.timestamp if metric.timestamp is not None else payload.timestamp
            ts = received if stamp is None else instant_of(stamp, received, f"{name}: timestamp")
            by_time.setdefault((ts, stamp is None), {})[birth.metrics.get(name, name)] = metric.value
        return [Sample(ts, values_of(values.items(), ""), by_us=by_us) for (ts, by_us), values in by_time.items()]


def meanings(names: Iterable[str], before: Mapping[str, str]) -> dict[str, str]:
    """The metric that each name of a birth means.

    One that ends in a metric that we know is that metric, where no other name of the birth ends so: two
    folders keep their names apart by the whole of them. What a name meant ``before``, it means for ever.

    >>> meanings(["Inputs/pm2_5", "Floor1/noise", "Floor2/noise", "mode"], {})
    {'Inputs/pm2_5': 'pm2_5', 'Floor1/noise': 'Floor1/noise', 'Floor2/noise': 'Floor2/noise', 'mode': 'mode'}
    """
    found = dict(before)
    new = [name for name in dict.fromkeys(names) if name not in found]
    taken = set(found.values())
    ends = Counter(_last(name) for name in new)
    for name in new:
        last = _last(name)
        is_one = last in metrics() and ends[last] == 1 and last not in taken
        found[name] = last if is_one or name == last else name
    return found


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _is_foreign(name: str) -> bool:
    """Whether a name is one of the edge node's own choosing, not of the protocol."""
    return name not in OWN_NAMES and not name.startswith(OWN_PREFIXES)


def _behind(device: Device, node: Device) -> Device:
    if device.gateway != node.id:
        raise Refused(Reason.TOPIC_NOT_PERMITTED, f"device {device.id!r} is not registered behind {node.id!r}")
    return device


def _replaced(insert: Any) -> Any:
    changed = {name: insert.excluded[name] for name in ("certificate", "born")}
    is_newer = sparkplug_birth.c.born <= insert.excluded.born
    return insert.on_conflict_do_update(index_elements=["edge", "device"], set_=changed, where=is_newer)
