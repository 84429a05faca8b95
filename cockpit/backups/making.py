"""Making a backup: copies of the databases and their folders, packed, brought to the target, and opened there."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec
import structlog
from filelock import FileLock, Timeout
from sqlalchemy import Engine

from cockpit.backups import archive, beside
from cockpit.backups.archive import Database, Manifest, Member
from cockpit.backups.encryption import Keys, keys_of
from cockpit.backups.names import Name, Rule, named, staying
from cockpit.backups.targets import Target, target_of
from cockpit.settings import Settings
from store import seal
from store.backup import BackupError, Progress, check_room
from store.copies import ENDINGS, Copied, copy
from store.databases import Databases
from store.engine import SHARED
from store.instant import Instant, format_rfc3339, now

log = structlog.get_logger(__name__)

WORK = "backups.making"
"""The folder in the data folder that a backup is made in: room for a copy of all, and for it packed."""

AGE = b"age-encryption.org/v1"

Tell = Callable[[Progress], None]


@dataclass(frozen=True)
class Made:
    """A backup that is at the target as it was sent. ``rows`` were counted in the copies, of all tables.

    ``is_opened``: whether it was opened there too; no machine opens what is encrypted for a key that it lacks.
    ``lacks`` tells which files its databases name that are missing or damaged; None where it is whole.
    """

    name: Name
    file: str
    bytes: int
    rows: int
    lacks: str | None
    is_opened: bool


def databases_by_name(databases: Databases, only: str = "") -> dict[str, Engine]:
    """Each once: the shared one by the empty name, one of its own by its first community; ``only`` is such a name."""
    found = {} if only else {"": databases.shared}
    for code, engine in databases.own.items():
        if engine not in found.values() and only in ("", code):
            found[code] = engine
    return found


def make(
    settings: Settings,
    engines: Mapping[str, Engine],
    tell: Tell,
    *,
    is_first: bool,
    scope: str = "",
    target: Target | None = None,
    is_by_hand: bool = False,
) -> Made:
    """Make a backup of databases by their names, bring it to the target, open it there, and let old ones go.

    One that lacks what its databases name stays, since it is all that there is of the rest; and all older ones stay,
    since they may have what it lacks.

    Parameters
    ----------
    tell
        Hears how far it is; what it raises ends it.
    is_first
        Whether no backup was ever made to this target.
    scope
        The community whose database alone it is of.
    target
        Another than that of the settings.
    is_by_hand
        Whether a person asked for it; such stay longer.

    Raises
    ------
    BackupError, OSError
        Nothing of it is left then, at the target or here.
    BadSetting
        If the settings of the target or of the keys will not do.
    """
    target, keys = target or target_of(settings), keys_of(settings.backup_key_file)
    target.prepare(is_first=is_first)
    with working(settings.data_dir) as work:
        packed, moment, manifest = _packed(settings, engines, work, tell, scope)
        schema = manifest.databases[0].schema
        name = named(moment, schema, scope, is_encrypted=keys.encrypts, is_by_hand=is_by_hand)
        made = _brought(target, keys, packed, name, manifest, work, tell)
    if made.lacks is None:
        _let_go(target, settings.backup_keep_rule)
    else:
        log.error("backup_not_whole", backup=str(made.name), lacks=made.lacks)
    return made


@contextlib.contextmanager
def working(data_dir: Path) -> Iterator[Path]:
    """A new folder to work in, for one at a time of a data folder; what one that was killed left is cleared away.

    Raises
    ------
    BackupError
        If another process is at it.
    """
    folder = data_dir / WORK
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        with FileLock(f"{folder}.lock", timeout=0):
            for left in folder.iterdir():
                shutil.rmtree(left, ignore_errors=True)
            with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as made:
                yield Path(made)
    except Timeout:
        raise BackupError("another process of this machine is making a backup or taking one back") from None


def _packed(
    settings: Settings, engines: Mapping[str, Engine], work: Path, tell: Tell, scope: str
) -> tuple[Path, Instant, Manifest]:
    copies = work / "copies"
    copies.mkdir()
    # Twice: a file that came while a database was copied may be what its rows speak of, and one that went too.
    folders = beside.folders(engines, is_of_one=bool(scope))
    apart = [path for path in (settings.seal_key, settings.backup_key_file) if path is not None]
    content = beside.held(settings.data_dir, work, folders, apart)
    databases, copies_made, moment = [], {}, now()
    for name, engine in engines.items():
        file = f"{name or SHARED}.{ENDINGS[engine.dialect.name]}"
        moment = now()
        copied = copies_made[name] = copy(engine, copies / file, tell, beside.naming())
        databases.append(Database(name, engine.dialect.name, file, copied.schema, dict(copied.rows)))
    content |= beside.held(settings.data_dir, work, folders, apart)
    content |= {one.file: copies / one.file for one in databases}
    keys = seal.fingerprints(settings.seal_key)
    made = Manifest(archive.FORMAT, format_rfc3339(moment), version("cim-cockpit"), keys, databases, {})
    manifest = _written(work / "packed", made, content, copies_made, tell)
    shutil.rmtree(copies)
    return work / "packed", moment, manifest


def _written(
    packed: Path, manifest: Manifest, content: Mapping[str, Path], copies: Mapping[str, Copied], tell: Tell
) -> Manifest:
    """Pack it; a file that somebody writes to meanwhile is taken as it is at one moment, by a copy of its own."""
    members: dict[str, Member] = {name: archive.member_of(path) for name, path in content.items()}
    while True:
        lacks = [one for name, copied in copies.items() for one in beside.lacking(name, copied, members, content)]
        manifest = msgspec.structs.replace(manifest, members=members, lacks=lacks)
        tell(Progress("pack", 0, sum(one.bytes for one in members.values())))
        try:
            archive.pack(packed, manifest, content)
        except archive.Changed as changed:
            log.warning("file_changed_while_packed", file=changed.name)
            packed.unlink()
            members[changed.name] = archive.member_of(beside.own_copy(content[changed.name]))
        else:
            return manifest


def _brought(target: Target, keys: Keys, packed: Path, name: Name, manifest: Manifest, work: Path, tell: Tell) -> Made:
    if keys.encrypts:
        plain, packed = packed, work / "encrypted"
        keys.encrypt(plain, packed)
        plain.unlink()
    sent = archive.member_of(packed)
    target.put(name, packed, lambda done: tell(Progress("put", done, sent.bytes)))
    packed.unlink()
    try:
        tell(Progress("open", 0, sent.bytes))
        is_opened = _open(target, keys, name, manifest, sent, work)
    except BaseException:
        with contextlib.suppress(BackupError):
            target.remove(name)
        raise
    return Made(name, target.file(name), sent.bytes, manifest.rows, _said(manifest.lacks), is_opened)


def _said(lacks: list[str]) -> str | None:
    return f"{lacks[0]} ({len(lacks)} in all)" if lacks else None


def _open(target: Target, keys: Keys, name: Name, manifest: Manifest, sent: Member, work: Path) -> bool:
    """Make sure that what is at the target is what was counted here; whether it could be opened for that."""
    back = work / "back"
    if target.get(name, back) != sent.sha256:
        raise BackupError(f"{name} at {target.where} is not as it was sent")
    if keys.encrypts and not keys.opens:
        return False
    if opened(back, keys, name, None) != manifest:
        raise BackupError(f"{name} at {target.where} has another list")
    return True


def opened(file: Path, keys: Keys, name: Name | None, into: Path | None) -> Manifest:
    """What is in a backup's file, read to its end, and written into a folder where one is given.

    Raises
    ------
    BackupError
        If it is not whole, or no key fits.
    """
    is_encrypted = name.is_encrypted if name is not None else begins_with(file, AGE)
    if not is_encrypted:
        return archive.unpack(file, into)
    plain = file.with_name(f"{file.name}.plain")
    check_room(plain.parent, file.stat().st_size, "what it holds")
    try:
        keys.decrypt(file, plain)
        return archive.unpack(plain, into)
    finally:
        plain.unlink(missing_ok=True)


def begins_with(file: Path, mark: bytes) -> bool:
    """Whether a file is of the kind that begins so."""
    with file.open("rb") as given:
        return given.read(len(mark)) == mark


def _let_go(target: Target, rule: Rule) -> None:
    """Old ones go only after a new one was opened; one that cannot be taken away is left for the next time."""
    found = target.names()
    for name in sorted(found.keys() - staying(found, rule, now())):
        try:
            target.remove(name)
        except BackupError as error:
            log.warning("old_backup_stays", backup=str(name), reason=str(error))
        else:
            log.info("old_backup_gone", backup=str(name))
