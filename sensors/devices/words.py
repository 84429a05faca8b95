"""Other words for metrics: what a device, or every one of a kind, calls a metric that we know by another name.

A word is looked up once for each (device, name), when the series of a name is first sought, and never for a message.
Every change raises the revision `REVISION`, and that of the registry, by which who reads messages comes to look here.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, select

from sensors.devices import registry
from sensors.devices.registry import Device
from sensors.tables import metric_word
from store import revision
from store.engine import upsert
from store.instant import Instant
from store.once import alone, together

REVISION = "words"


class Scope(StrEnum):
    """Whose word it is."""

    DEVICE = "device"
    KIND = "kind"


class Key(NamedTuple):
    """A word and whose it is: ``subject`` is a device's id or a kind's code."""

    community: str
    scope: str
    subject: str
    word: str


class Word(NamedTuple):
    """What a word means, since when, and who said so."""

    key: Key
    metric: str
    since: Instant
    actor: str


class Changed(Exception):
    """What words mean was changed after messages were read by them: they are to be read again."""


class Words:
    """The words as a process that reads messages keeps them."""

    def __init__(self) -> None:
        self._revision = -1
        self._meant: dict[Key, str] = {}
        self.is_read = False
        """Whether they were read since they are known to be others."""

    @property
    def is_any(self) -> bool:
        """Whether any device has another word for a metric."""
        return bool(self._meant)

    def refresh(self, connection: Connection) -> bool:
        """Read what changed; returns whether any word was touched, even if it means again what it meant before."""
        at = revision.current(connection, REVISION)
        is_new = at != self._revision
        if is_new:
            self._meant = {one.key: one.metric for one in read(connection)}
        self._revision, self.is_read = at, True
        return is_new

    def hold(self, connection: Connection) -> None:
        """Keep the words as they are until the transaction ends.

        Raises
        ------
        Changed
            If they are others than those last read.
        """
        together(connection, REVISION)
        if revision.current(connection, REVISION) != self._revision:
            self.is_read = False
            raise Changed

    def meant(self, device: Device, name: str) -> str:
        """The metric that a device means by a name; its own word goes before its kind's."""
        if not self._meant:
            return name
        its_own = self._meant.get(Key(device.community, Scope.DEVICE, device.id, name))
        return its_own or self._meant.get(Key(device.community, Scope.KIND, device.kind, name), name)

    def twice(
        self, device: Device, said: Iterable[tuple[Instant, Iterable[str]]]
    ) -> dict[tuple[Instant, str], list[str]]:
        """(time, metric) -> the names by which a message says it, of those that it says by several."""
        if not self._meant:
            return {}
        seen: dict[tuple[Instant, str], list[str]] = {}
        for ts, names in said:
            for name in names:
                known = seen.setdefault((ts, self.meant(device, name)), [])
                if name not in known:
                    known.append(name)
        return {key: names for key, names in seen.items() if len(names) > 1}


def read(connection: Connection, community: str | None = None) -> list[Word]:
    """Every word, or those of a community, in the order of their key."""
    c = metric_word.c
    query = select(metric_word).order_by(c.community, c.scope, c.subject, c.word)
    rows = connection.execute(query if community is None else query.where(c.community == community))
    return [Word(Key(*row[:4]), row.metric, row.since, row.actor) for row in rows]


def of_device(connection: Connection, device: Device) -> list[Word]:
    """The words that count for a device: its own, and those of its kind."""
    subjects = {(Scope.DEVICE, device.id), (Scope.KIND, device.kind)}
    return [one for one in read(connection, device.community) if (one.key.scope, one.key.subject) in subjects]


def means(connection: Connection, key: Key, metric: str) -> bool:
    """Whether a word means a metric."""
    return connection.scalar(select(metric_word.c.metric).where(*_is(key))) == metric


def put(connection: Connection, word: Word) -> None:
    """Have a word mean a metric from now on; nobody who reads by the words as they were can store meanwhile."""
    _change(connection)
    row = {**word.key._asdict(), "metric": word.metric, "since": word.since, "actor": word.actor}
    changed = {name: row[name] for name in ("metric", "since", "actor")}
    statement = upsert(connection, metric_word).values(row)
    connection.execute(statement.on_conflict_do_update(index_elements=list(Key._fields), set_=changed))


def take_out(connection: Connection, key: Key) -> bool:
    """Have a word mean nothing any more; whether it meant something."""
    _change(connection)
    return connection.execute(delete(metric_word).where(*_is(key))).rowcount > 0


def _change(connection: Connection) -> None:
    alone(connection, REVISION)
    for name in (REVISION, registry.REVISION):
        revision.bump(connection, name)


def _is(key: Key) -> Sequence[ColumnElement[bool]]:
    return [metric_word.c[name] == value for name, value in key._asdict().items()]
