"""A word that a device uses becomes another word for a metric that we know: what was stored under it follows.

The word counts at once; its readings follow in pieces (`sensors.readings.moving`), and go back the same way where it is
taken back. Whoever is interrupted is followed by `go_on`. Readings are judged by what is known of the metric now; sums
of hours and days follow from that, and so does what others made of readings (``followers``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Engine, delete, select

from sensors.devices import registry, words
from sensors.devices.registry import Device
from sensors.devices.words import Key, Scope, Word
from sensors.errors import WordError
from sensors.metrics import metrics
from sensors.readings import moving, newest
from sensors.readings.archive.thawing import is_filled
from sensors.readings.moving import Followed, Follower, counted, series_of
from sensors.tables import series, word_return
from store import audit, revision
from store.bulk import as_it_was, upsert_all
from store.engine import writing
from store.instant import now
from store.once import alone


def declare(engine: Engine, key: Key, metric: str, by: str, followers: Sequence[Follower] = ()) -> Followed:
    """Have a word mean a metric, from now on and in what is stored.

    Raises
    ------
    WordError
        If there is no such metric, the word is one itself, or a device says both at once.
    """
    if metric not in metrics():
        raise WordError(f"metric {metric!r} is not one of {', '.join(metrics())}")
    if key.word in metrics():
        raise WordError(f"{key.word!r} is a metric itself")
    with engine.connect() as connection:
        awaited = foreseen(connection, key, metric)
    with writing(engine) as connection:
        alone(connection, words.REVISION)
        before = _meant(connection, key)
        words.put(connection, Word(key, metric, now(), by))
        _note_returns(connection, key, before)
        for device in concerned(connection, key):
            _refuse_both(connection, device, key.word, metric)
        told = _told(key) | {"metric": metric} | asdict(awaited)
        audit.record(connection, by, "device.word", key.subject, told)
    put_back(engine, followers)
    return follow(engine, key, metric, followers) + Followed(twice=awaited.twice)


def foreseen(connection: Connection, key: Key, metric: str) -> Followed:
    """What would follow if a word meant a metric; how much of it is suspect is not foreseen."""
    found = Followed()
    for device in concerned(connection, key):
        under, known = series_of(connection, device.id, key.word), series_of(connection, device.id, metric)
        if under is None or not (newest.of(connection, under.id) or is_filled(connection, under.id)):
            continue
        all_, twice = counted(connection, under.id, None if known is None else known.id)
        found += Followed(1, all_ - twice, twice)
    return found


def follow(engine: Engine, key: Key, metric: str, followers: Sequence[Follower] = ()) -> Followed:
    """Move what is still stored under a word to the metric, piece by piece, as long as the word means that."""
    with engine.connect() as connection:
        devices = concerned(connection, key)
    return _shown(engine, _sum([moving.move(engine, key, device, metrics()[metric], followers) for device in devices]))


def put_back(engine: Engine, followers: Sequence[Follower] = ()) -> Followed:
    """Move back what came by names that do not mean its metric any more."""
    with engine.connect() as connection:
        waiting = list(moving.returning(connection))
        known = {one.id: one for one in registry.read_all(connection, ids={device for device, _, _ in waiting})}
    back = [
        moving.move_back(engine, known[device], said, number, followers)
        for device, said, number in waiting
        if device in known
    ]
    return _shown(engine, _sum(back))


def go_on(engine: Engine, followers: Sequence[Follower] = ()) -> Followed:
    """Move what is left because whoever moved it was interrupted: back first, then to what words mean."""
    back = put_back(engine, followers)
    with engine.connect() as connection:
        known = words.read(connection)
    return back + _sum([follow(engine, one.key, one.metric, followers) for one in known if one.metric in metrics()])


def withdraw(engine: Engine, key: Key, by: str, followers: Sequence[Follower] = ()) -> Followed:
    """Have a word mean nothing more; what came by it goes back to its own name, and only that.

    Raises
    ------
    WordError
        If it meant nothing.
    """
    with writing(engine) as connection:
        alone(connection, words.REVISION)
        before = _meant(connection, key)
        if not words.take_out(connection, key):
            raise WordError(f"{key.word!r} is no word of {key.subject!r}")
        _note_returns(connection, key, before)
        audit.record(connection, by, "device.word_withdrawn", key.subject, _told(key))
    back = put_back(engine, followers)
    # What its kind means by the word is what the device means now.
    with engine.connect() as connection:
        others = [one for one in words.read(connection, key.community) if one.key.word == key.word]
    for one in others:
        follow(engine, one.key, one.metric, followers)
    return back


def concerned(connection: Connection, key: Key) -> list[Device]:
    """The devices whose word it is; of a kind's those that have no own meaning of it."""
    if key.scope == Scope.DEVICE:
        return registry.read_all(connection, key.community, ids=[key.subject])
    known = words.read(connection, key.community)
    own = {one.key.subject for one in known if one.key.scope == Scope.DEVICE and one.key.word == key.word}
    of_kind = registry.read_all(connection, key.community, kind=key.subject)
    return [device for device in of_kind if device.id not in own]


def _shown(engine: Engine, moved: Followed) -> Followed:
    """Have screens read devices anew: what they read when the word was given may lack what followed it since."""
    if moved.readings:
        with writing(engine) as connection:
            revision.bump(connection, registry.REVISION)
    return moved


def _meant(connection: Connection, key: Key) -> dict[str, str]:
    """Device -> the metric that it means by the word, of those that mean any."""
    known = [one for one in words.read(connection, key.community) if one.key.word == key.word]
    # A kind's first: a device's own word goes before it.
    ordered = sorted(known, key=lambda one: one.key.scope == Scope.DEVICE)
    return {device.id: one.metric for one in ordered for device in concerned(connection, one.key)}


def _note_returns(connection: Connection, key: Key, before: dict[str, str]) -> None:
    """Note what is to go back since devices meant something else by the word, or do so again."""
    after = _meant(connection, key)
    changed = {device: metric for device, metric in before.items() if after.get(device) != metric}
    rows = _pairs(connection, key.word, changed)
    upsert_all(connection, word_return, rows, as_it_was)
    waiting = {(said, number) for _, said, number in moving.returning(connection)} if after else set()
    for row in _pairs(connection, key.word, after) if waiting else ():
        if (row["said"], row["series_id"]) in waiting:
            is_row = (word_return.c.said == row["said"], word_return.c.series_id == row["series_id"])
            connection.execute(delete(word_return).where(*is_row))


def _pairs(connection: Connection, word: str, meant: dict[str, str]) -> list[dict[str, Any]]:
    """The series of the word and of the metric, of each device that has both."""
    under, known = series.alias("under").c, series.alias("known").c
    query = select(under.device_id, known.metric, under.id.label("said"), known.id.label("series_id"))
    query = query.where(under.device_id == known.device_id, under.metric == word, known.metric.in_(meant.values()))
    rows = connection.execute(query.order_by(under.id, known.id)).all()
    return [{"said": row.said, "series_id": row.series_id} for row in rows if meant.get(row.device_id) == row.metric]


def _told(key: Key) -> dict[str, Any]:
    return {"word": key.word, "scope": str(key.scope), "community": key.community}


def _refuse_both(connection: Connection, device: Device, word: str, metric: str) -> None:
    under, known = series_of(connection, device.id, word), series_of(connection, device.id, metric)
    times = [None if one is None else newest.of(connection, one.id) for one in (under, known)]
    if times[0] is not None and times[0] == times[1]:
        raise WordError(f"device {device.id!r} says {word!r} and {metric!r} at the same time: they are two")


def _sum(all_: Iterable[Followed]) -> Followed:
    return sum(all_, Followed())
