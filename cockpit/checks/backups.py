"""Whether a backup could be made now, and the newest be opened here: asked of target and key, not of rows alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from cockpit.backups import kept
from cockpit.backups.encryption import HEAD, Keys, keys_of
from cockpit.backups.names import Name, newest
from cockpit.backups.targets import Target, target_of
from cockpit.checks.finding import Amiss, Finding, look, setting, wrong
from cockpit.errors import BadSetting
from cockpit.settings import Settings
from cockpit.vitals.rules import groups
from store.backup import BackupError
from store.engine import open_engine
from store.instant import HOUR, now
from store.migrate import is_current

FEW, MANY = 3, 1000
TARGET_TODO = "look at COCKPIT_BACKUP_TARGET: is it mounted, is the network to it there? Then cockpit db backup"
ROOM_TODO = "make room there, keep fewer (COCKPIT_BACKUP_KEEP), or name a larger disk"
KEY_TODO = "put the key back that was kept apart; or make one, cockpit db key, and then a backup for it"


@dataclass(frozen=True)
class _Known:
    """What the database knows, nothing after one from before was put back: the newest of all, the newest at the target,
    how many failed since, and why; who made which.
    """

    last: Row[Any] | None = None
    at_target: kept.Kept | None = None
    failed: int = 0
    why: str | None = None
    makers: Mapping[str, str] = field(default_factory=dict)


def backup(settings: Settings) -> str:
    """Whether one could be made now and the newest be opened here, how old that is and who made it."""
    target = target_of(settings)
    known = _known(settings, target.where)
    findings = [*_of_tries(known, target.where), *_of_key_file(settings)]
    try:
        names = target.names()
        free = target.look(is_first=known.at_target is None)
    except BackupError as error:
        raise Amiss(Finding(str(error), target.where, TARGET_TODO), *findings) from None
    last = newest(names, now())
    room = free // names[last] if free is not None and last is not None and names[last] else None
    findings += [*_of_target(target, known, names), *_of_room(room, target.where)]
    if not findings:
        findings += _of_fit(settings, target, last)
    findings += _of_age(_age_h(known, last, target.where), target.where)
    if findings:
        raise Amiss(*findings)
    return _said(settings, target, known, names, room)


def _known(settings: Settings, where: str) -> _Known:
    engine = open_engine(settings.database)
    try:
        if not is_current(engine):
            return _Known()
        with engine.connect() as connection:
            return _Known(
                kept.last_done(connection),
                kept.last_at(connection, where),
                kept.failed_since(connection),
                kept.why_failed(connection),
                kept.makers(connection),
            )
    finally:
        engine.dispose()


def _of_tries(known: _Known, where: str) -> Iterator[Finding]:
    if known.failed:
        why = f": {known.why}" if known.why else ""
        todo = "put right what it names, then cockpit db backup; the page /health tells of each"
        yield Finding(f"{known.failed} failed since the newest that was made{why}", where, todo)


def _of_key_file(settings: Settings) -> Iterator[Finding]:
    try:
        keys_of(settings.backup_key_file)
    except (BackupError, BadSetting) as error:
        yield Finding(f"no backup can be made: {error}", str(settings.backup_key_file), KEY_TODO)


def _of_target(target: Target, known: _Known, names: Mapping[Name, int]) -> Iterator[Finding]:
    missing = None if known.at_target is None else known.at_target.missing_in(names)
    if missing is not None:
        yield Finding(missing, target.where, TARGET_TODO)
    ahead = sorted(str(name) for name in names if name.is_ahead(now()))
    if ahead:
        what = f"{len(ahead)} dated ahead of now, as {ahead[0]}: none counts as new"
        todo = "remove what is dated so, once the clock is right (cockpit check --only clock)"
        yield Finding(what, target.where, todo, is_wrong=False)


def _of_room(room: int | None, where: str) -> Iterator[Finding]:
    if room is not None and room < FEW:
        what = f"room for {room} more like the newest" if room else "no room for one more like the newest"
        yield Finding(what, where, ROOM_TODO, is_wrong=room == 0)


def _of_fit(settings: Settings, target: Target, last: Name | None) -> Iterator[Finding]:
    """Whether the newest is for the key that is here, which only its beginning tells."""
    if last is None or not last.is_encrypted:
        return
    where, keys = target.file(last), _keys(settings)
    if not keys.encrypts:
        todo = f"name its key in {setting('backup_key_file')}"
        yield Finding("the newest is encrypted, and no key is set", where, todo, is_wrong=False)
    elif keys.opens and not keys.fit(target.head(last, HEAD)):
        yield Finding("the newest is encrypted for another key than the one here", where, KEY_TODO)


def _keys(settings: Settings) -> Keys:
    return keys_of(settings.backup_key_file)


def _age_h(known: _Known, last: Name | None, where: str) -> float | None:
    """One at the target is as old as its name says; one that went elsewhere, as what is kept of it."""
    moments = [] if last is None else [last.moment]
    if known.last is not None and not known.last.file.startswith(f"{where}/"):
        moments.append(known.last.ended)
    return max(0.0, (now() - max(moments)) / HOUR) if moments else None


def _of_age(hours: float | None, where: str) -> Iterator[Finding]:
    try:
        of_age(hours, where)
    except Amiss as amiss:
        yield from amiss.findings


def of_age(hours: float | None, where: str) -> str:
    """Judge the age of the newest backup by the limits of the page 运行状况; None: there is none.

    Raises
    ------
    Amiss
        Where it is old.
    """
    state = groups()["backup"].rows["age"].state(hours)
    todo = "run cockpit db backup; by itself one is made at COCKPIT_BACKUP_AT while the cockpit runs"
    what = "nothing was backed up yet" if hours is None else f"the newest is {hours:.0f} h old"
    if state == "high":
        raise wrong(what, where, todo)
    if state == "middle":
        raise look(what, where, todo)
    return what


def _said(settings: Settings, target: Target, known: _Known, names: Mapping[Name, int], room: int | None) -> str:
    last = newest(names, now())
    said = [of_age(_age_h(known, last, target.where), target.where)]
    if last is not None:
        unknown = "a person" if last.is_by_hand else "the cockpit itself"
        said.append(f"made by {known.makers.get(target.file(last), unknown)}")
    said.append(f"{len(names)} at {target.where}")
    if room is not None:
        said.append(f"room for {room if room < MANY else f'{MANY} and'} more")
    if last is not None and last.is_encrypted:
        said.append("opens here" if _keys(settings).opens else "encrypted, and opens only where its secret key is")
    return ", ".join(said)
